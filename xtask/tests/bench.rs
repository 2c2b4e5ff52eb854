//! The verb `bench`: its JSON document, and names that it does not know.

mod common;

use common::Project;
use serde_json::Value;

#[test]
fn one_figure_as_json() {
    let project = Project::new();
    let said = project.succeed(["bench", "kaufman", "--json"]);
    let document: Value = serde_json::from_str(&said.out).expect("JSON");
    let names = |list: &str| -> Vec<String> {
        let entries = document[list].as_array().expect("a list").iter();
        entries.map(|entry| entry["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names("yardsticks"), ["flop", "byte", "logic", "exp"]);
    assert_eq!(names("figures"), ["kaufman"]);
    for yardstick in document["yardsticks"].as_array().expect("a list") {
        assert!(yardstick["per_second"].as_f64().is_some_and(|rate| rate > 1e3), "{yardstick}");
    }
    let figure = &document["figures"][0];
    assert_eq!((&figure["unit"], &figure["yardstick"]), (&"mode".into(), &"exp".into()));
    let seconds = |which: &str| figure["seconds"][which].as_f64().expect("a time");
    assert!(0.0 < seconds("min") && seconds("min") <= seconds("median"), "{figure}");
    assert!(seconds("median") <= seconds("max"), "{figure}");
    assert!(figure["repetitions"].as_u64().is_some_and(|n| n >= 5), "{figure}");
    assert!(figure["cost"].as_f64().is_some_and(|cost| cost > 0.0), "{figure}");
    assert!(figure["met"].is_null() && figure["target_seconds"].is_null(), "{figure}");
    assert!(!project.path("target").exists());
}

#[test]
fn an_unknown_name_is_refused_before_anything_is_measured() {
    let project = Project::new();
    let said = project.run(["bench", "kaufman", "kaufmann"]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    assert_eq!(said.err.lines().count(), 1, "{said:?}");
    for word in ["error: ", "\"kaufmann\"", "weight", "ln-z", "torus-draws", "kaufman,"] {
        assert!(said.err.contains(word), "no {word:?} in {said:?}");
    }
}
