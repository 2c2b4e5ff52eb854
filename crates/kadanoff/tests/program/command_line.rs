//! What the command line says: wrong input costs one sentence, exit code 2 and nothing else; right input is as documented.

use crate::common::Room;
use crate::common::small::{RUN, experiments};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

#[test]
fn wrong_arguments_are_refused() {
    let room = Room::new();
    let profiles = "tiny, quick, standard, paper";
    let cases: [(&str, &[&str]); 19] = [
        ("", &["reproduce", "list"]),
        ("nonsense", &["nonsense"]),
        ("reproduce flow-rign", &["flow-rign", "flow-ring", "decimation"]),
        ("reproduce decimation flow\nring", &["flow\\nring"]),
        ("reproduce --nonsense", &["--nonsense"]),
        ("reproduce --threads 0", &["--threads", "'0'", "1 to 1024"]),
        ("reproduce --threads two", &["--threads", "'two'"]),
        ("reproduce --threads -2", &["--threads", "'-2'"]),
        ("reproduce --seed x", &["--seed", "'x'"]),
        ("reproduce --seed -1", &["--seed", "'-1'"]),
        ("reproduce --profile y", &["--profile", "'y'", profiles]),
        ("reproduce --out", &["--out"]),
        ("reproduce --store", &["--store"]),
        ("reproduce --settings", &["--settings"]),
        ("list --profile y", &["--profile", "'y'", profiles]),
        ("list more", &["more"]),
        ("settings", &["EXPERIMENT"]),
        ("settings flow-rign", &["flow-rign", "flow-ring", "decimation"]),
        ("settings decimation --profile y", &["--profile", "'y'", profiles]),
    ];
    for (arguments, words) in cases {
        room.refuse(arguments.split(' ').filter(|word| !word.is_empty()), 2, words);
    }
    room.refuse(["reproduce", ""], 2, &["\"\"", "flow-ring"]);
}

#[test]
fn a_report_takes_no_place_that_is_taken() {
    let room = Room::new();
    let put = |name: &str, content: &str| {
        let path = room.path(name);
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
    for out in ["file", "file/below", "thesis", "mixed", "deep", ".", "..", "thesis/.."] {
        room.refuse(["reproduce", "decimation", "--out", out], 2, &["--out", out]);
    }
    for store in ["file", "file/below"] {
        room.refuse(["reproduce", "decimation", "--store", store], 2, &["--store", store]);
    }
    // The report would replace what is in the store.
    for (out, store) in
        [("new", "new"), ("new", "new/store"), ("./new/", "new"), ("a/../new", "new")]
    {
        let arguments = ["reproduce", "decimation", "--out", out, "--store", store];
        room.refuse(arguments, 2, &["--out", "replace the store"]);
    }
}

#[cfg(unix)]
#[test]
fn a_report_replaces_no_socket() {
    let room = Room::new();
    let socket = room.path("socket");
    // Kept open while the run is refused, as /dev/null would be.
    let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    room.refuse(["reproduce", "decimation", "--out", "socket"], 2, &["--out", "socket"]);
    assert!(socket.exists() && !socket.is_dir());
}

#[test]
fn a_report_replaces_an_earlier_one_and_fills_an_empty_place() {
    let room = Room::new();
    fs::create_dir(room.path("empty")).expect("a folder");
    for out in ["new/below", "slash/", "empty/."] {
        let reproduce = |name| room.succeed(["reproduce", name, "--out", out, "--store", "store"]);
        reproduce("weight-of-coupling");
        let prefix = out.trim_end_matches(['/', '.']);
        let of = |name: &str| {
            room.names().iter().any(|file| file.starts_with(&format!("{prefix}/{name}")))
        };
        assert!(of("weight-of-coupling"));
        reproduce("decimation");
        assert!(of("decimation") && of("index.html") && of("claims.json"));
        assert!(!of("weight-of-coupling"), "{:?}", room.names());
    }
}

#[test]
fn without_options_a_report_is_here_and_results_are_among_the_caches() {
    let room = Room::with_small_settings();
    room.succeed([&["reproduce"], &RUN[..]].concat());
    let of = |name: &str| {
        ["small.toml", "kadanoff-report/", "home/.cache/kadanoff/store/"]
            .into_iter()
            .position(|place| name.starts_with(place))
    };
    let places: BTreeSet<Option<usize>> = room.names().iter().map(|name| of(name)).collect();
    assert_eq!(places.into_iter().collect::<Vec<_>>(), [Some(0), Some(1), Some(2)]);
    let mut command = room.command();
    command.args(["reproduce", "decimation", "--out", "report"]);
    let output = command.env("XDG_CACHE_HOME", room.path("caches")).output().expect("a process");
    assert!(output.status.success(), "{output:?}");
    assert!(room.path("caches/kadanoff/store").is_dir());
}

#[test]
fn a_checkout_has_both_below_its_target() {
    let room = Room::new();
    let crates = room.path("crates/kadanoff");
    fs::create_dir_all(&crates).expect("a folder");
    fs::write(crates.join("Cargo.toml"), "").expect("a file");
    let mut command = room.command();
    let output = command.current_dir(&crates).args(["reproduce", "weight-of-coupling"]).output();
    assert!(output.expect("a process").status.success());
    assert!(room.path("target/reproduce/latest/claims.json").is_file());
    assert!(room.path("target/store").is_dir());
    assert!(!room.path("home").exists() && !crates.join("kadanoff-report").exists());
}

#[test]
fn every_verb_has_help_with_an_example() {
    let room = Room::new();
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
    ] {
        for arguments in [[verb, "--help"], ["help", verb]] {
            let said = room.succeed(arguments);
            assert!(said.out.contains(&format!("Example: kadanoff {verb}")), "{said:?}");
            assert!(said.out.contains(&format!("Usage: kadanoff {verb}")), "{said:?}");
            assert!(!said.out.contains("xtask"), "{said:?}");
        }
    }
    let said = room.succeed(["--help"]);
    assert!(said.out.contains("reproduce") && said.out.contains("list"));
    assert!(room.succeed(["--version"]).out.contains(env!("CARGO_PKG_VERSION")));
    assert!(room.files().is_empty());
}

#[test]
fn the_list_names_every_experiment() {
    let room = Room::new();
    for profile in ["tiny", "quick", "standard", "paper"] {
        let list = ["list", "--profile", profile];
        let json = room.succeed([&list[..], &["--json"]].concat());
        let json: Value = serde_json::from_str(&json.out).expect("JSON");
        let text = room.succeed(list).out;
        let entries = json.as_array().expect("a list");
        let names = entries.iter().filter_map(|entry| entry["name"].as_str());
        let mut names: Vec<&str> = names.collect();
        for entry in entries {
            assert!(entry["redoes"].is_string() && entry["seconds"].is_number(), "{entry}");
        }
        assert!(names.iter().all(|name| text.contains(name)), "{text}");
        names.sort_unstable();
        let mut expected = experiments();
        expected.sort_unstable();
        assert_eq!(names, expected);
    }
    assert!(room.files().is_empty());
}

#[test]
fn an_experiment_named_twice_runs_once() {
    let room = Room::new();
    let twice = room.reproduce(&["decimation", "decimation", "--json"]).out;
    assert_eq!(twice, room.reproduce(&["decimation", "--json"]).out);
}
