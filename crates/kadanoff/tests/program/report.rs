//! What a run leaves: the claims as documented, one file for each figure and table, a page that needs nothing else.

use crate::common::small::experiments;
use crate::common::{Files, Room, read_all};
use serde_json::Value;
use std::collections::HashSet;

fn text<'a>(files: &'a Files, name: &str) -> &'a str {
    std::str::from_utf8(&files[name]).expect("UTF-8")
}

/// The values of `attribute` in the elements `<element attribute="value"`.
fn ids<'a>(page: &'a str, opening: &str) -> Vec<&'a str> {
    let rest = page.split(opening).skip(1);
    rest.map(|rest| rest.split('"').next().unwrap_or_default()).collect()
}

fn assert_claim(claim: &Value) {
    let experiment = claim["experiment"].as_str().expect("an experiment");
    let id = claim["id"].as_str().expect("an id");
    let (of, name) = id.split_once('/').expect("experiment/name");
    assert!(of == experiment && !name.is_empty(), "{claim}");
    for key in ["statement", "source"] {
        assert!(claim[key].as_str().is_some_and(|text| !text.is_empty()), "{key} of {claim}");
    }
    let object = claim.as_object().expect("an object");
    assert!(object["published"].is_null() || object["published"].is_number(), "{claim}");
    let evidence = claim["evidence"].as_array().expect("what was found");
    assert!(!evidence.is_empty(), "{claim}");
    for part in evidence {
        assert!(part["quantity"].as_str().is_some_and(|text| !text.is_empty()), "{claim}");
        // A reading off its scale has no value.
        if let Some(found) = part["found"].as_object() {
            assert_eq!(found.keys().collect::<Vec<_>>(), ["error", "mean"], "{claim}");
            assert!(found["mean"].is_number(), "{claim}");
            assert!(found["error"].as_f64().is_some_and(|error| error >= 0.0), "{claim}");
        }
    }
    let verdicts = ["reproduced", "contradicted", "corrected", "undecided", "not comparable"];
    assert!(claim["verdict"].as_str().is_some_and(|v| verdicts.contains(&v)), "{claim}");
}

#[test]
fn json_is_one_document_and_nothing_else() {
    let room = Room::new();
    let said = room.reproduce(&["decimation", "--json"]);
    let printed: Value = serde_json::from_str(&said.out).expect("one JSON document");
    let files = read_all(&room.path("report"));
    let written: Value = serde_json::from_slice(&files["claims.json"]).expect("JSON");
    assert_eq!(printed, written);
    let claims = printed.as_array().expect("a list");
    assert!(claims.len() >= 4 && claims.iter().all(|claim| claim["experiment"] == "decimation"));
}

#[test]
fn a_run_of_everything_is_as_documented() {
    let room = Room::new();
    let names = experiments();
    let experiments: Vec<&str> = names.iter().map(String::as_str).collect();
    let said = room.reproduce(&[&experiments[..], &["--profile", "tiny"]].concat());
    assert!(said.out.contains("index.html"), "{said:?}");
    let files = read_all(&room.path("report"));
    let claims: Value = serde_json::from_slice(&files["claims.json"]).expect("JSON");
    let claims = claims.as_array().expect("a list");
    claims.iter().for_each(assert_claim);
    let names: HashSet<&str> = claims.iter().filter_map(|claim| claim["id"].as_str()).collect();
    assert_eq!(names.len(), claims.len(), "an id occurs twice");
    for experiment in experiments {
        assert!(claims.iter().any(|claim| claim["experiment"] == experiment), "{experiment}");
    }

    let page = text(&files, "index.html");
    for name in names {
        assert!(page.contains(&format!("id=\"{name}\"")), "{name} is not on the page");
    }
    assert_needs_nothing_else(page);
    assert_files_of(page, &files);
}

fn assert_needs_nothing_else(page: &str) {
    assert!(!page.contains("<script"));
    assert!(!page.contains("<link") && !page.contains("@import"));
    // Drawings refer to their own parts.
    assert_eq!(page.matches("url(").count(), page.matches("url(#").count());
    for (at, _) in page.match_indices("://") {
        let start = page[..at].rfind(['"', '\'', ' ', '>', '(']).map_or(0, |quote| quote + 1);
        let address: String =
            page[start..].chars().take_while(|c| !"\"' )<".contains(*c)).collect();
        let before = page[..start].trim_end_matches(['"', '\'']);
        let attribute = before.rsplit([' ', '\n']).next().unwrap_or_default();
        assert!(attribute.starts_with("xmlns"), "{attribute}{address} leads elsewhere");
    }
}

/// Each figure has a CSV, an SVG and its drawing on the page, each table a CSV, and there are no other files.
fn assert_files_of(page: &str, files: &Files) {
    let figures = ids(page, "<figure id=\"");
    let tables = ids(page, "<div class=\"data\" id=\"");
    assert!(!figures.is_empty() && !tables.is_empty());
    assert_eq!(page.matches("<svg").count(), figures.len());
    let lists = ["index.html", "claims.json", "checks.json"];
    let mut expected: HashSet<String> = lists.map(String::from).into();
    expected.extend(figures.iter().flat_map(|id| [format!("{id}.svg"), format!("{id}.csv")]));
    expected.extend(tables.iter().map(|id| format!("{id}.csv")));
    assert_eq!(files.keys().cloned().collect::<HashSet<_>>(), expected);
    for figure in figures {
        let svg = text(files, &format!("{figure}.svg"));
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{figure}");
        let csv = text(files, &format!("{figure}.csv"));
        assert!(csv.starts_with("panel,series,x,y,error\n") && csv.lines().count() > 1, "{figure}");
    }
    for table in tables {
        let csv = text(files, &format!("{table}.csv"));
        assert!(csv.lines().count() > 1, "{table}");
    }
}
