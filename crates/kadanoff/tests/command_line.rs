//! What the command line says: wrong input costs one sentence, exit code 2 and nothing else; right input is as documented.

mod common;

use common::{EXPERIMENTS, Project, Said, read_all};
use serde_json::Value;
use std::fs;

/// Exit code 2, one line on standard error that holds all of `words`, no output, nothing written.
fn assert_refused(project: &Project, said: &Said, words: &[&str]) {
    assert_eq!(said.code, Some(2), "{said:?}");
    assert_eq!(said.out, "", "{said:?}");
    assert_eq!(said.err.lines().count(), 1, "{said:?}");
    assert!(said.err.starts_with("error: ") && said.err.ends_with('\n'), "{said:?}");
    for word in words {
        assert!(said.err.contains(word), "no {word:?} in {said:?}");
    }
    assert!(!project.path("target").exists(), "{said:?} wrote something");
}

#[test]
fn wrong_arguments_are_refused() {
    let project = Project::new();
    let cases: [(&[&str], &[&str]); 14] = [
        (&[], &["reproduce", "list"]),
        (&["nonsense"], &["nonsense"]),
        (&["reproduce", "flow-rign"], &["flow-rign", "flow-ring", "decimation"]),
        (&["reproduce", "decimation", "flow\nring"], &["flow\\nring"]),
        (&["reproduce", ""], &["\"\"", "flow-ring"]),
        (&["reproduce", "--nonsense"], &["--nonsense"]),
        (&["reproduce", "--threads", "0"], &["--threads", "'0'"]),
        (&["reproduce", "--threads", "two"], &["--threads", "'two'"]),
        (&["reproduce", "--seed", "x"], &["--seed", "'x'"]),
        (&["reproduce", "--seed=-1"], &["--seed", "'-1'"]),
        (&["reproduce", "--profile", "y"], &["--profile", "'y'", "quick, standard, paper"]),
        (&["reproduce", "--out"], &["--out"]),
        (&["list", "--profile", "y"], &["--profile", "'y'", "quick, standard, paper"]),
        (&["list", "more"], &["more"]),
    ];
    for (arguments, words) in cases {
        assert_refused(&project, &project.run(arguments), words);
    }
}

// tidy: long because it is a table of cases.
#[test]
fn wrong_settings_are_refused() {
    // Experiment, what is replaced by what, and what the sentence names. The settings start at line 4.
    let cases: [(&str, &str, &str, &[&str]); 49] = [
        ("flow-square", "side = 4", "sied = 4", &["flow-square.toml", "line 5", "sied"]),
        ("flow-square", "biases", "bias", &["line 23", "`bias`"]),
        ("flow-square", "{ hidden", "{ hiden", &["line 23", "hiden"]),
        ("flow-square", "[quick]", "[quik]", &["line 4", "quik"]),
        ("flow-square", "[quick]", "[quick", &["line 4"]),
        ("flow-square", "side = 4", "side = ", &["line 5"]),
        ("flow-square", "side = 4", "", &["side"]),
        ("flow-square", "side = 4", "side = 0", &["[quick]", "side", "0"]),
        ("flow-square", "side = 4", "side = -1", &["line 5", "-1"]),
        ("flow-square", "side = 4", "side = 70000", &["side", "70000"]),
        ("flow-square", "[0.0, 2.0, 4.0]", "[-0.5, 2.0, 4.0]", &["temperature", "-0.5"]),
        ("flow-square", "[0.0, 2.0, 4.0]", "[0.0, nan, 4.0]", &["temperature", "NaN"]),
        ("flow-square", "[0.0, 2.0, 4.0]", "[0.0, 4.0, inf]", &["inf", "finite"]),
        ("flow-square", "[0.0, 2.0, 4.0]", "[4.0, 2.0, 0.0]", &["[4.0, 2.0, 0.0]", "ascending"]),
        ("flow-square", "[0.0, 2.0, 4.0]", "[]", &["temperatures"]),
        ("flow-square", "samples = 30", "samples = 0", &["samples", "0"]),
        ("flow-square", "hidden = [4, 8]", "hidden = []", &["hidden", "empty"]),
        ("flow-square", "hidden = [4, 8]", "hidden = [8, 0]", &["hidden", "0"]),
        ("flow-square", "starts = [0.0, 4.0]", "starts = []", &["starts"]),
        ("flow-square", "starts = [0.0, 4.0]", "starts = [0.0, 5.0]", &["starts", "5"]),
        ("flow-square", "[\"mean\", \"sampled\"]", "[]", &["rules", "empty"]),
        ("flow-square", "\"sampled\"]", "\"mode\"]", &["line 22", "mode", "sampled"]),
        ("temperature-ranges", "high = 6.0", "high = 0.5", &["high", "0.5"]),
        ("temperature-ranges", "[0.0, 6.0]", "[6.0, 6.0]", &["lower temperature", "6"]),
        ("decimation-theorem", "visible = 8", "visible = 6", &["visible", "6", "multiple of 4"]),
        ("decimation-theorem", "[[40, 0.2]", "[[40, -0.2]", &["learning rate", "-0.2"]),
        ("variational-rg", "visible = 8", "visible = 7", &["visible", "7", "even"]),
        ("flow-square", "batch = 10", "batch = 91", &["train.batch", "91", "90"]),
        ("flow-square", "[6], batch = 10", "[6], batch = 91", &["thermometer.batch", "91", "90"]),
        ("flow-square", "rate = 0.01, schedule", "rate = nan, schedule", &["learning rate", "NaN"]),
        ("flow-square", "rate = 0.01, schedule", "rate = inf, schedule", &["learning rate", "inf"]),
        ("flow-square", "initial_std = 0.01", "initial_std = -1", &["initial", "-1"]),
        ("flow-square", "\nepochs = 4", "\nepochs = 0", &["epochs", "0"]),
        ("flow-square", "high_from = 4.0", "high_from = 5.0", &["training set H", "0"]),
        ("flow-square", "low_to = 0.0", "low_to = -1.0", &["training set L", "0"]),
        (
            "decimation",
            "couplings = [0.0,",
            "couplings = [inf,",
            &["decimation.toml", "couplings", "inf"],
        ),
        ("decimation", "constants = [0.0, 0.7, -1.3]", "constants = []", &["constants", "empty"]),
        ("decimation", "sites = [4,", "sites = [5,", &["sites", "5", "even"]),
        ("weight-of-coupling", "locking = 3.0", "locking = nan", &["locking", "NaN"]),
        (
            "weight-of-coupling",
            "architectures = [[",
            "architectures = [] # [[",
            &["architectures", "empty"],
        ),
        ("weight-of-coupling", "visible = 8", "visible = 200", &["visible", "200"]),
        ("flow-ring", "shown_coupling = 1.0", "shown_coupling = 1.1", &["shown_coupling", "1.1"]),
        ("dynamics", "runs = 2", "runs = 1", &["runs", "1", "2 to 1000"]),
        ("dynamics", "[[8, 500], [12,", "[[12, 500], [12,", &["Metropolis", "ascend"]),
        ("equilibrium", "sides = [8, 16]", "sides = [8, 8]", &["sides", "8", "twice"]),
        ("equilibrium", "draws = 2048", "draws = 2000", &["draws", "2000", "512"]),
        ("equilibrium", "side = 128", "side = 100", &["plane", "100", "128"]),
        (
            "flow-controls",
            "/m-star-mean-field",
            "/m-star-mean",
            &["flow-controls.toml", "veiga-2020/m-star-mean"],
        ),
        ("equilibrium", "\"wolff\"", "\"wolf\"", &["equilibrium.toml", "wolf"]),
    ];
    for (experiment, old, new, words) in cases {
        let project = Project::new();
        project.edit(experiment, old, new);
        // All settings are read before anything runs, whatever the order of the names.
        let said = project.run(["reproduce", "decimation", experiment]);
        assert_refused(&project, &said, words);
        assert_eq!(project.run(["list"]).code, Some(2), "{experiment}: {new}");
    }
}

#[test]
fn a_missing_table_is_named() {
    let project = Project::new();
    let text = fs::read_to_string(project.settings("flow-square")).expect("settings");
    let quick = text.find("[quick]").expect("a table");
    let standard = text.find("[standard]").expect("a table");
    let without = format!("{}{}", &text[..quick], &text[standard..]);
    fs::write(project.settings("flow-square"), without).expect("settings");
    let said = project.run(["reproduce", "flow-square", "--profile", "standard"]);
    assert_refused(&project, &said, &["flow-square.toml", "quick"]);
}

#[test]
fn a_missing_or_wrong_file_is_named() {
    let project = Project::new();
    let source = project.path("data/published/misspelt.toml");
    fs::write(&source, "key = \"x\"\nshrt = \"y\"\n").expect("a source");
    let said = project.run(["reproduce", "decimation"]);
    assert_refused(&project, &said, &["misspelt.toml", "line 2", "shrt"]);
    fs::remove_file(project.settings("decimation")).expect("settings");
    let said = project.run(["reproduce", "decimation"]);
    assert_refused(&project, &said, &["decimation.toml"]);
}

#[test]
fn a_report_takes_no_place_that_is_taken() {
    let project = Project::new();
    let put = |name: &str, content: &str| {
        let path = project.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    };
    put("file", "mine");
    put("thesis/chapter.tex", "mine");
    // A folder with claims.json is not yet a report.
    put("mixed/claims.json", "[]");
    put("mixed/notes.txt", "mine");
    put("deep/claims.json", "[]");
    put("deep/more/notes.csv", "mine");
    let before = read_all(&project.path(""));
    for out in ["file", "file/below", "thesis", "mixed", "deep", ".", "..", "thesis/.."] {
        let said = project.run(["reproduce", "decimation", "--out", out]);
        assert_refused(&project, &said, &["--out", out]);
        assert_eq!(read_all(&project.path("")), before, "{out}");
    }
}

#[cfg(unix)]
#[test]
fn a_report_replaces_no_socket() {
    let project = Project::new();
    let socket = project.path("socket");
    // Kept open while the run is refused, as /dev/null would be.
    let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    let said = project.run(["reproduce", "decimation", "--out", "socket"]);
    assert_refused(&project, &said, &["--out", "socket"]);
    assert!(socket.exists() && !socket.is_dir());
}

#[test]
fn a_report_replaces_an_earlier_one_and_fills_an_empty_place() {
    let project = Project::new();
    fs::create_dir(project.path("empty")).expect("a folder");
    for out in ["new/below", "slash/", "empty/."] {
        project.succeed(["reproduce", "weight-of-coupling", "--out", out]);
        let first = read_all(&project.path(out));
        assert!(first.keys().any(|name| name.starts_with("weight-of-coupling")));
        project.succeed(["reproduce", "decimation", "--out", out]);
        let second = read_all(&project.path(out));
        assert!(second.keys().all(|name| !name.starts_with("weight-of-coupling")), "{second:?}");
        assert!(second.contains_key("index.html") && second.contains_key("claims.json"));
    }
    assert!(!project.path("target/reproduce").exists());
}

#[test]
fn every_verb_has_help_with_an_example() {
    let project = Project::new();
    for verb in ["reproduce", "list", "exact", "sample", "train", "evaluate", "bench", "tidy"] {
        for arguments in [[verb, "--help"], ["help", verb]] {
            let said = project.succeed(arguments);
            assert!(said.out.contains("Example: cargo xtask"), "{said:?}");
        }
    }
    let said = project.succeed(["--help"]);
    assert!(said.out.contains("reproduce") && said.out.contains("list"));
    assert!(project.succeed(["--version"]).out.contains(env!("CARGO_PKG_VERSION")));
    assert!(!project.path("target").exists());
}

#[test]
fn the_list_names_every_experiment() {
    let project = Project::new();
    let json: Value = serde_json::from_str(&project.succeed(["list", "--json"]).out).expect("JSON");
    let text = project.succeed(["list"]).out;
    let entries = json.as_array().expect("a list");
    let names: Vec<&str> = entries.iter().filter_map(|entry| entry["name"].as_str()).collect();
    assert_eq!(names, EXPERIMENTS);
    for entry in entries {
        assert!(entry["redoes"].is_string() && entry["seconds"].is_number(), "{entry}");
        assert!(text.contains(entry["name"].as_str().expect("a name")));
    }
    assert!(!project.path("target").exists());
}
