//! `cargo xtask` has every verb of the program and its own, under the name by which it was called.

use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().expect("a process")
}

#[test]
fn every_verb_has_help_with_an_example() {
    for verb in [
        "reproduce",
        "list",
        "settings",
        "exact",
        "sample",
        "train",
        "evaluate",
        "calibrate",
        "flow",
        "bench",
        "compare",
        "tidy",
    ] {
        let output = xtask(&[verb, "--help"]);
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success(), "{verb}");
        for word in ["Usage: cargo xtask ", "Example: cargo xtask "] {
            assert!(said.contains(&format!("{word}{verb}")), "{said}");
        }
        assert!(!said.contains("kadanoff "), "{said}");
    }
}

#[test]
fn the_same_verbs_say_the_same() {
    let arguments = ["exact", "threshold", "--visible", "8", "--hidden", "4"];
    let output = xtask(&arguments);
    assert!(output.status.success() && output.stdout.starts_with(b"coupling  0.444199612316"));
    let output = xtask(&["compare", "none", "neither"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.starts_with("error: none holds no report") && said.lines().count() == 1, "{said}");
}
