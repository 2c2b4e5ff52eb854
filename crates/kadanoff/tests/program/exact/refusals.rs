//! What `exact` refuses: exit code 2, nothing printed, one sentence that names the option or file and the value.

use super::{Room, run};
use std::fs;

fn assert_refused(room: &Room, arguments: &str, words: &[&str]) {
    let arguments = ["exact"].into_iter().chain(arguments.split(' ')).chain(["--json"]);
    room.refuse(arguments, 2, words);
}

/// Arguments, and what the sentence says of them.
const WRONG: [(&str, &[&str]); 66] = [
    ("nonsense", &["nonsense"]),
    ("ring --coupling 1", &["--sites"]),
    ("ring --sites 8", &["--coupling"]),
    ("ring --sites 8 --coupling 1 --nonsense", &["--nonsense"]),
    ("ring --sites 0 --coupling 1", &["--sites", "'0'", "2 to 10000000"]),
    ("ring --sites 1 --coupling 1", &["--sites", "'1'", "2 to 10000000"]),
    ("ring --sites -8 --coupling 1", &["--sites", "'-8'"]),
    ("ring --sites 8.5 --coupling 1", &["--sites", "'8.5'"]),
    ("ring --sites eight --coupling 1", &["--sites", "'eight'"]),
    ("ring --sites 10000001 --coupling 1", &["--sites", "'10000001'"]),
    ("ring --sites 99999999999999999999 --coupling 1", &["'99999999999999999999'"]),
    ("ring --sites 8 --coupling nan", &["--coupling", "'nan'", "inf"]),
    ("ring --sites 8 --coupling -inf", &["--coupling", "'-inf'"]),
    ("ring --sites 8 --coupling cold", &["--coupling", "'cold'"]),
    ("ring --sites 8 --coupling 1e999", &["--coupling", "'1e999'"]),
    ("ring --sites 8 --coupling -2e100", &["--coupling", "'-2e100'", "-1e100"]),
    ("ring --sites 8 --coupling 1,5", &["--coupling", "'1,5'"]),
    ("decimate --coupling 1", &["--steps"]),
    ("decimate --coupling inf --steps 1", &["--coupling", "'inf'"]),
    ("decimate --coupling 1 --constant nan --steps 1", &["--constant", "'nan'"]),
    ("decimate --coupling 1 --factor 1 --steps 1", &["--factor", "'1'", "from 2"]),
    ("decimate --coupling 1 --factor -2 --steps 1", &["--factor", "'-2'"]),
    ("decimate --coupling 1 --steps -1", &["--steps", "'-1'"]),
    ("decimate --coupling 1 --steps 1000001", &["--steps", "'1000001'", "1000000"]),
    ("weight --visible 8 --hidden 4", &["--coupling", "--range", "--temperatures"]),
    ("weight --visible 8 --hidden 4 --coupling 1 --range 1,2", &["--coupling", "--range"]),
    ("weight --visible 8 --hidden 4 --range 1,2 --temperatures 1", &["--temperatures"]),
    ("weight --visible 0 --hidden 4 --coupling 1", &["--visible", "'0'"]),
    ("weight --visible 8 --hidden 0 --coupling 1", &["--hidden", "'0'", "from 1"]),
    ("weight --visible 8 --hidden 10000001 --coupling 1", &["--hidden", "'10000001'"]),
    ("weight --visible 8 --hidden 4 --coupling nan", &["--coupling", "'nan'"]),
    ("weight --visible 8 --hidden 4 --range 1", &["--range", "'1'", "T1,T2"]),
    ("weight --visible 8 --hidden 4 --range 1,2,3", &["--range", "'1,2,3'"]),
    ("weight --visible 8 --hidden 4 --range -1,2", &["--range", "'-1,2'"]),
    ("weight --visible 8 --hidden 4 --range 1,nan", &["--range", "'1,nan'"]),
    ("weight --visible 8 --hidden 4 --range 3,2", &["--range 3.0,2.0", "lower", "is 3"]),
    ("weight --visible 8 --hidden 4 --range 2,2", &["--range 2.0,2.0"]),
    ("weight --visible 8 --hidden 4 --range 0,inf", &["--range 0.0,inf", "finite"]),
    ("weight --visible 8 --hidden 4 --temperatures 1,-2", &["--temperatures", "'-2'"]),
    ("weight --visible 8 --hidden 4 --temperatures 1,,2", &["--temperatures", "''"]),
    ("weight --visible 8 --hidden 4 --temperatures 1,x", &["--temperatures", "'x'"]),
    ("partition --visible 8 --hidden 4", &["--weight"]),
    ("partition --visible 8 --hidden 4 --weight nan", &["--weight", "'nan'"]),
    ("partition --visible 1 --hidden 4 --weight 1", &["--visible", "'1'"]),
    ("threshold --visible 8", &["--hidden"]),
    ("threshold --visible 8 --hidden -4", &["--hidden", "'-4'"]),
    ("flow --visible 2 --hidden 4", &["--visible", "'2'", "3 to 2000"]),
    ("flow --visible 2001 --hidden 4", &["--visible", "'2001'", "2000"]),
    (
        "flow --visible 8 --hidden 4 --train-coupling inf --start-coupling 1 --steps 1",
        &["--train-coupling", "'inf'"],
    ),
    (
        "flow --visible 8 --hidden 4 --train-coupling 1 --start-coupling nan --steps 1",
        &["--start-coupling", "'nan'", "1e100"],
    ),
    (
        "flow --visible 2000 --hidden 4 --train-coupling 1 --start-coupling 1 --steps 25001",
        &["--steps", "25001", "25000", "--visible 2000"],
    ),
    ("torus --side 0 --temperature 1", &["--side", "'0'", "1 to 1024"]),
    ("torus --side 1025 --temperature 1", &["--side", "'1025'"]),
    ("torus --side 8 --temperature -1", &["--temperature", "'-1'"]),
    ("torus --side 8 --temperature NaN", &["--temperature", "'NaN'"]),
    ("torus --side 8 --temperature -inf", &["--temperature", "'-inf'"]),
    ("torus --side 8 --temperature 1e-300", &["--temperature", "'1e-300'", "1e-100"]),
    ("torus --side 8 --temperature hot", &["--temperature", "'hot'"]),
    ("rbm", &["--file"]),
    ("minimum --visible 15 --hidden 2", &["--visible", "'15'", "14"]),
    ("minimum --visible 8 --hidden 0", &["--hidden", "'0'"]),
    (
        "minimum --visible 14 --hidden 10 --coupling 1 --starts 1 --seed 1",
        &["--visible 14", "--hidden 10", "140", "128"],
    ),
    ("minimum --visible 4 --hidden 2 --coupling inf", &["--coupling", "'inf'"]),
    ("minimum --visible 4 --hidden 2 --coupling 1 --starts 0", &["--starts", "'0'"]),
    ("minimum --visible 4 --hidden 2 --coupling 1 --starts 100001", &["'100001'"]),
    (
        "minimum --visible 4 --hidden 2 --coupling 1 --starts 1 --seed -1",
        &["--seed", "'-1'", "18446744073709551615"],
    ),
];

#[test]
fn wrong_options() {
    let room = Room::new();
    for (arguments, words) in WRONG {
        assert_refused(&room, arguments, words);
    }
    let said = room.run(["exact"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    assert!(said.err.lines().count() == 1 && said.err.contains("minimum"), "{said:?}");
}

#[test]
fn wrong_json() {
    let room = Room::new();
    let good = r#"{ "M": 2, "N": 1, "W": [[0.5], [-1]], "b_visible": [0, 0], "c_hidden": [0], "data": [[1, -1]], "x": 0 }"#;
    let path = room.path("rbm.json");
    fs::write(&path, good).expect("a file");
    assert_eq!(run(&room, "rbm --file rbm.json").code, Some(0));
    let cases: [(&str, &str, &[&str]); 23] = [
        (" }", "", &["line 1"]),
        (good, "", &["line 1"]),
        (good, "[1, 2]", &["map"]),
        ("0.5", "NaN", &["line 1"]),
        ("0.5", "1e999", &["line 1"]),
        ("\"M\"", "\"m\"", &["key M", "missing"]),
        ("\"b_visible\"", "\"b\"", &["key b_visible", "missing"]),
        ("\"M\": 2", "\"M\": 0", &["key M", "0", "at least 1"]),
        ("\"M\": 2", "\"M\": -2", &["key M", "-2"]),
        ("\"M\": 2", "\"M\": 2.5", &["key M", "2.5"]),
        ("\"M\": 2", "\"M\": 3", &["key W", "2 rows", "M is 3"]),
        ("\"N\": 1", "\"N\": 0", &["key N", "0"]),
        ("[0.5]", "[0.5, 7]", &["key W", "row 1", "2 entries", "N is 1"]),
        ("[-1]", "[]", &["key W", "row 2", "0 entries"]),
        ("0.5", "\"half\"", &["key W", "half"]),
        ("0.5", "null", &["key W", "null"]),
        ("[[0.5], [-1]]", "[0.5, -1]", &["key W", "0.5"]),
        ("\"b_visible\": [0, 0]", "\"b_visible\": [0]", &["key b_visible", "1 entries", "M is 2"]),
        ("\"c_hidden\": [0]", "\"c_hidden\": [0, 4]", &["key c_hidden", "2 entries", "N is 1"]),
        ("[1, -1]", "[1, 0.25]", &["key data", "0.25", "+1 or -1"]),
        ("[1, -1]", "[1, -1, 1]", &["key data", "row 1", "3 entries", "M is 2"]),
        ("[[1, -1]]", "7", &["key data", "7"]),
        ("0.5], [-1", "1e308], [1e308", &["ln Z"]),
    ];
    for (old, new, words) in cases {
        fs::write(&path, good.replacen(old, new, 1)).expect("a file");
        assert_refused(&room, "rbm --file rbm.json", &[&["rbm.json"], words].concat());
    }
    let wide = |m: usize, n: usize| {
        let (b, c, w) = (vec![0; m], vec![0; n], vec![vec![0; n]; m]);
        let rbm = serde_json::json!({ "M": m, "N": n, "W": w, "b_visible": b, "c_hidden": c });
        fs::write(&path, rbm.to_string()).expect("a file");
    };
    wide(25, 26);
    assert_refused(&room, "rbm --file rbm.json", &["rbm.json", "25 units", "24"]);
    wide(25, 1);
    assert_refused(&room, "rbm --file rbm.json --full", &["--full", "25 units", "24"]);
    assert_refused(&room, "rbm --file missing.json", &["missing.json"]);
    assert_refused(&room, "rbm --file .", &["--file .", "cannot be read"]);
    #[cfg(unix)]
    assert_refused(&room, "rbm --file /dev/zero", &["/dev/zero", "bytes"]);
}

#[test]
fn wrong_tensors() {
    let room = Room::new();
    // Eight bytes for the length of the header, the header, the data: 48 zeros.
    let write = |header: &str| {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend([0; 48]);
        fs::write(room.path("rbm.safetensors"), bytes).expect("a file");
    };
    let tensor = |name: &str, dtype: &str, shape: &str, from: usize, to: usize| {
        format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{from},{to}]}}"#)
    };
    let weights = tensor("weights", "F64", "[2,2]", 0, 32);
    write(&format!("{{{weights},{}}}", tensor("other", "U8", "[16]", 32, 48)));
    assert_eq!(run(&room, "rbm --file rbm.safetensors").code, Some(0));
    let with = |bias: String| format!("{{{weights},{bias}}}");
    let cases: [(String, &[&str]); 9] = [
        ("nonsense".to_owned(), &["invalid"]),
        (format!("{{{weights}}}"), &["incomplete"]),
        (format!("{{{}}}", tensor("W", "F64", "[6]", 0, 48)), &["no tensor weights"]),
        (format!("{{{}}}", tensor("weights", "F64", "[6]", 0, 48)), &["tensor weights", "[6]"]),
        (format!("{{{}}}", tensor("weights", "I64", "[2,3]", 0, 48)), &["weights", "I64", "F32"]),
        (format!("{{{}}}", tensor("weights", "F64", "[2,4]", 0, 48)), &["invalid shape"]),
        (with(tensor("visible_bias", "F64", "[1,2]", 32, 48)), &["visible_bias", "[1, 2]", "[2]"]),
        (with(tensor("hidden_bias", "F32", "[4]", 32, 48)), &["hidden_bias", "[4]", "[2]"]),
        (with(tensor("hidden_bias", "I32", "[4]", 32, 48)), &["hidden_bias", "I32", "F32 or F64"]),
    ];
    for (header, words) in cases {
        write(&header);
        let words = [&["rbm.safetensors"], words].concat();
        assert_refused(&room, "rbm --file rbm.safetensors", &words);
    }
}

#[test]
fn every_quantity_has_help_with_an_example_that_runs() {
    let room = Room::new();
    let rbm = r#"{ "M": 1, "N": 1, "W": [[0.5]], "b_visible": [0], "c_hidden": [0] }"#;
    fs::write(room.path("rbm.json"), rbm).expect("a file");
    let help = room.succeed(["exact", "--help"]).out;
    for quantity in
        ["ring", "decimate", "weight", "partition", "threshold", "flow", "torus", "rbm", "minimum"]
    {
        assert!(help.contains(quantity), "{help}");
        let said = room.succeed(["exact", quantity, "--help"]);
        let example = said.out.lines().find_map(|line| line.strip_prefix("Example: kadanoff "));
        room.succeed(example.expect("an example").split(' '));
    }
}
