//! Reports that are the same and reports that are not.

use super::*;

const CLAIMS: &str = r#"[{ "id": "e/s/a", "verdict": "reproduced", "evidence": [
    { "quantity": "T", "found": { "mean": 2.0, "error": 0.5 } },
    { "quantity": "W", "found": { "mean": 0.25, "error": 0.0 } },
    { "quantity": "none", "found": null } ] }]"#;
const FIGURE: &str = "panel,series,x,y,error\nL,\"a, b\",1.0,2.0,0.1\nL,\"a, b\",2.0,3.0,0.1\n";
const TABLE: &str = "L,T,T_error\n8.0,2.0,0.1\n∞,,\n";

fn report(claims: &str, figure: &str, svg: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("claims.json", claims),
        ("f.csv", figure),
        ("f.svg", svg),
        ("t.csv", TABLE),
        ("index.html", "never the same"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// What differs from the report above.
fn against(claims: &str, figure: &str, svg: &str, errors: bool) -> Vec<String> {
    let [one, other] = [report(CLAIMS, FIGURE, "<svg/>"), report(claims, figure, svg)];
    differences(&read(one.path()).unwrap(), &read(other.path()).unwrap(), errors)
}

#[test]
fn the_same_report() {
    assert!(against(CLAIMS, FIGURE, "<svg/>", true).is_empty());
}

#[test]
fn claims() {
    let claims = |old: &str, new: &str, errors| {
        assert!(CLAIMS.contains(old));
        against(&CLAIMS.replace(old, new), FIGURE, "<svg/>", errors)
    };
    assert_eq!(claims("reproduced", "corrected", false), ["e/s/a: reproduced, then corrected"]);
    assert_eq!(claims("2.0", "3.0", false), ["e/s/a: T: 2 ± 0.5, then 3 ± 0.5"]);
    assert_eq!(claims("2.0", "3.0", true), ["e/s/a: T: 2 ± 0.5, then 3 ± 0.5, 1.4 errors apart"]);
    assert_eq!(claims("0.25", "0.5", true), ["e/s/a: W: 0.25, then 0.5"]);
    assert_eq!(claims("0.25", "null", true), ["e/s/a: W: 0.25, then null"]);
    assert_eq!(claims("\"W\"", "\"V\"", true), ["e/s/a: V: after only", "e/s/a: W: before only"]);
    assert_eq!(claims("e/s/a", "e/s/b", false), ["e/s/a: before only", "e/s/b: after only"]);
}

#[test]
fn files() {
    let figure = |old: &str, new: &str, errors| {
        assert!(FIGURE.contains(old));
        against(CLAIMS, &FIGURE.replace(old, new), "<svg/>", errors)
    };
    assert_eq!(figure("3.0,0.1", "3.5,0.1", false), ["f.csv: 1 of 10 cells differ"]);
    let words = "combined errors, 0 have no error";
    let within = format!("f.csv: 1 of 10 cells differ: 0 by more than 5 {words}");
    assert_eq!(figure("3.0,0.1", "3.5,0.1", true), [within]);
    let beyond = format!("f.csv: 1 of 10 cells differ: 1 by more than 5 {words}");
    assert_eq!(figure("3.0,0.1", "4.0,0.1", true), [beyond]);
    // Neither an abscissa nor an error has an error.
    let none = "f.csv: 2 of 10 cells differ: 0 by more than 5 combined errors, 2 have no error";
    assert_eq!(figure("2.0,3.0,0.1", "2.5,3.0,0.2", true), [none]);
    assert_eq!(figure("L,\"a, b\",1.0,2.0,0.1\n", "", true), ["f.csv: 2 rows, then 1"]);
    assert_eq!(figure("series", "curve", true), ["f.csv: other columns"]);
    assert_eq!(against(CLAIMS, FIGURE, "<svg></svg>", true), ["f.svg: other bytes"]);
}

#[test]
fn a_file_that_is_there_once_and_a_folder_without_a_report() {
    let [one, other] = [report(CLAIMS, FIGURE, "<svg/>"), report(CLAIMS, FIGURE, "<svg/>")];
    fs::remove_file(one.path().join("t.csv")).unwrap();
    let found = differences(&read(one.path()).unwrap(), &read(other.path()).unwrap(), false);
    assert_eq!(found, ["t.csv: after only"]);
    for damage in ["", "{}", "[{}]"] {
        fs::write(one.path().join("claims.json"), damage).unwrap();
        let error = read(one.path()).err().unwrap();
        assert!(error.is::<BadInput>() && error.to_string().contains("holds no report"), "{error}");
    }
}
