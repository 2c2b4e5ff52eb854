//! The verb `bench`: its JSON document, and names that it does not know.

use serde_json::Value;
use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().expect("a process")
}

/// What `bench` prints as JSON, the yardsticks checked.
fn document(names: &[&str]) -> Value {
    let output = xtask(&[&["bench"], names, &["--json"]].concat());
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for name in ["sgemm_gflops", "logic_gops", "copy_gbs", "exp_gcalls"] {
        let rate = document["yardstick"][name].as_f64();
        assert!(rate.is_some_and(|rate| rate > 1e-6), "{name}: {document}");
    }
    assert_eq!(document["yardstick"].as_object().map(|rates| rates.len()), Some(4));
    document
}

fn number(figure: &Value, key: &str) -> f64 {
    figure[key].as_f64().unwrap_or_else(|| panic!("no number {key} in {figure}"))
}

#[test]
fn a_time_as_json() {
    let document = document(&["kaufman"]);
    let figures = document["figures"].as_array().expect("a list");
    assert_eq!(figures.len(), 1, "{document}");
    let figure = &figures[0];
    for (key, word) in [("name", "kaufman"), ("unit", "s"), ("yardstick", "exp_gcalls")] {
        assert_eq!(figure[key], word, "{figure}");
    }
    assert_eq!(figure["threads"], 1);
    assert!(0.0 < number(figure, "min") && number(figure, "min") <= number(figure, "value"));
    assert!(number(figure, "value") <= number(figure, "max"), "{figure}");
    assert!(figure["repetitions"].as_u64().is_some_and(|n| n >= 5), "{figure}");
    let product = number(figure, "value") * number(&document["yardstick"], "exp_gcalls");
    assert!((number(figure, "of_yardstick") / product - 1.0).abs() < 1e-12, "{document}");
    for key in ["met", "target", "target_of_yardstick", "relative_error", "tau"] {
        assert!(figure[key].is_null(), "{key} of {figure}");
    }
}

#[test]
fn a_rate_as_json() {
    let document = document(&["multispin_updates_per_ns"]);
    let figures = document["figures"].as_array().expect("a list");
    let threads: Vec<&Value> = figures.iter().map(|figure| &figure["threads"]).collect();
    assert_eq!(threads, [1, 2], "{document}");
    for figure in figures {
        assert_eq!(figure["name"], "multispin_updates_per_ns");
        assert_eq!(figure["unit"], "updates/ns");
        let ratio = number(figure, "value") / number(&document["yardstick"], "logic_gops");
        assert!((number(figure, "of_yardstick") / ratio - 1.0).abs() < 1e-12, "{document}");
        assert!(number(figure, "target_of_yardstick") > 0.0 && figure["target"].is_null());
        assert!(figure["met"].is_boolean(), "{figure}");
    }
}

#[test]
fn two_threads_against_one() {
    let document = document(&["rbm_speedup_two_threads_100x64_b100"]);
    let figure = &document["figures"][0];
    assert_eq!((&figure["threads"], &figure["unit"]), (&2.into(), &"1".into()), "{figure}");
    assert_eq!(figure["target"], 1.7, "{figure}");
    assert!(figure["repetitions"].as_u64().is_some_and(|n| n >= 5), "{figure}");
    assert!(figure["of_yardstick"].is_null() && figure["met"].is_boolean(), "{figure}");
    let [min, value, max] = ["min", "value", "max"].map(|key| number(figure, key));
    assert!(0.0 < min && min <= value && value <= max, "{figure}");
}

#[test]
fn an_unknown_name_is_refused_before_anything_is_measured() {
    let output = xtask(&["bench", "kaufman", "kaufmann"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{output:?}");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in ["error: ", "\"kaufmann\"", "groups exact, ising, rbm, flow ", "ln-z", "kaufman,"] {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
}
