//! Settings of one's own: printed to start from, changed, run, and refused where they are wrong.

use crate::common::small::{RUN, experiments};
use crate::common::{PLACES, Room};
use std::fs;

/// What `settings` prints, in `mine.toml`.
fn start_from(room: &Room, arguments: &str) -> String {
    let text = room.succeed(["settings"].into_iter().chain(arguments.split(' '))).out;
    room.write("mine.toml", &text);
    text
}

#[test]
fn what_is_printed_runs_to_the_same_numbers() {
    let room = Room::new();
    let text = start_from(&room, "decimation");
    assert!(text.starts_with("experiment = \"decimation\"\n"), "{text}");
    room.reproduce(&["decimation"]);
    let committed = room.report();
    room.reproduce(&["--settings", "mine.toml"]);
    let mut own = room.report();
    let page = String::from_utf8(own.remove("index.html").expect("a page")).expect("UTF-8");
    // Only the page says whose settings they are, at its top.
    assert!(own.iter().all(|(name, bytes)| committed[name] == *bytes));
    let said =
        "Settings of one&#39;s own, mine.toml; what it leaves out is that of the profile quick.";
    let (at, claims) = (page.find(said), page.find("<table class=\"findings\">"));
    assert!(
        at.is_some() && at < claims,
        "{}",
        &page[page.find("<header>").expect("a header")..][..500]
    );
}

#[test]
fn a_changed_key_changes_the_report_and_others_stay() {
    let room = Room::new();
    room.write("mine.toml", "experiment = \"decimation\"\nsteps = 3\n");
    let said = room.reproduce(&["--settings", "mine.toml", "--profile", "standard"]);
    assert!(said.out.contains("mine.toml") && said.out.contains("profile standard"), "{said:?}");
    let page = String::from_utf8(room.report()["index.html"].clone()).expect("UTF-8");
    assert!(page.contains("steps = 3</pre>") && page.contains("1000000"), "{page}");
    assert!(room.names().iter().all(|name| !name.contains("weight-of-coupling")));
}

#[test]
fn all_settings_are_printed_in_every_profile() {
    let room = Room::new();
    for name in experiments() {
        for profile in ["tiny", "quick", "standard", "paper"] {
            let text = start_from(&room, &format!("{name} --profile {profile}"));
            let table: toml::Table = toml::from_str(&text).expect("TOML");
            assert_eq!(table["experiment"].as_str(), Some(name.as_str()));
            assert!(!text.contains(&format!("[{profile}")), "{text}");
        }
    }
}

#[test]
fn wrong_files_are_refused() {
    let room = Room::new();
    fs::create_dir(room.path("folder")).expect("a folder");
    room.write("bytes.toml", [0xff, 0xfe]);
    room.write("large.toml", vec![b'#'; (1 << 20) + 1]);
    for (file, word) in [
        ("none.toml", "cannot be read"),
        ("folder", "cannot be read"),
        ("bytes.toml", "no text"),
        ("large.toml", "1048576 bytes"),
    ] {
        room.refuse(["reproduce", "--settings", file], 2, &[file, word]);
    }
    room.write("mine.toml", "experiment = \"decimation\"\n");
    let both = ["reproduce", "decimation", "--settings", "mine.toml"];
    room.refuse(both, 2, &["--settings", "EXPERIMENT"]);
}

#[test]
fn what_is_no_settings_is_refused() {
    let name = "experiment = \"decimation\"\n";
    let deep = format!("{name}steps = {}", "[".repeat(100_000));
    let room = Room::new();
    let cases: [(&str, &[&str]); 14] = [
        ("", &["must name its experiment", "experiment = \"decimation\""]),
        ("steps = 3\n", &["must name its experiment"]),
        ("experiment = 3\n", &["must name its experiment"]),
        ("experiment = \"decimatoin\"\n", &["\"decimatoin\"", "decimation, weight-of-coupling"]),
        ("experiment = \"decimation\nsteps = 3", &["line 1"]),
        (&format!("{name}sied = 4"), &["line 2", "`sied`", "`steps`"]),
        (&format!("{name}steps = "), &["line 2"]),
        (&format!("{name}\n\n[steps"), &["line 4"]),
        (&format!("{name}steps = 3\nsteps = 4"), &["line 3", "duplicate"]),
        (&format!("{name}steps = \"many\""), &["line 2", "key steps", "\"many\"", "whole number"]),
        (&format!("{name}steps = -1"), &["line 2", "key steps", "-1", "whole number"]),
        (&format!("{name}sites = 4"), &["line 2", "key sites", "a list"]),
        (&format!("{name}[quick]\nsteps = 3"), &["line 2", "`quick`"]),
        (&deep, &["line 2"]),
    ];
    for (text, words) in cases {
        room.write("mine.toml", text);
        let words = [&["mine.toml"], words].concat();
        room.refuse(["reproduce", "--settings", "mine.toml"], 2, &words);
    }
}

/// Experiments with a changed key, and what the sentence names.
const WRONG: [(&str, &str, &[&str]); 36] = [
    ("flow-square", "side = 0", &["side", "0"]),
    ("flow-square", "side = 70000", &["side", "70000"]),
    ("flow-square", "temperatures = [-0.5, 2.0, 4.0]\nstarts = [2.0]", &["temperature", "-0.5"]),
    ("flow-square", "temperatures = [0.0, nan, 4.0]\nstarts = [0.0]", &["temperature", "NaN"]),
    ("flow-square", "temperatures = [0.0, 4.0, inf]\nstarts = [0.0, 4.0]", &["inf", "finite"]),
    (
        "flow-square",
        "temperatures = [4.0, 2.0, 0.0]\nstarts = [2.0]",
        &["line 2", "4.0 comes before 2.0", "ascend"],
    ),
    ("flow-square", "temperatures = []", &["temperatures"]),
    ("flow-square", "samples = 0", &["samples", "0"]),
    ("flow-square", "hidden = []", &["hidden", "empty"]),
    ("flow-square", "hidden = [64, 0]", &["hidden", "0"]),
    ("flow-square", "starts = []", &["starts"]),
    ("flow-square", "starts = [0.0, 50.0]", &["starts", "50"]),
    ("flow-square", "rules = []", &["rules", "empty"]),
    ("flow-square", "rules = [\"mean\", \"mode\"]", &["mode", "sampled"]),
    ("flow-square", "train = { bias = true }", &["`bias`"]),
    ("flow-square", "train = { batch = 25001 }", &["train.batch", "25001", "25000"]),
    ("flow-square", "thermometer = { batch = 25001 }", &["thermometer.batch", "25001", "25000"]),
    ("flow-square", "train = { learning_rate = nan }", &["learning rate", "NaN"]),
    ("flow-square", "train = { learning_rate = inf }", &["learning rate", "inf"]),
    ("flow-square", "train = { initial_std = -1 }", &["initial", "-1"]),
    ("flow-square", "epochs = 0", &["epochs", "0"]),
    ("flow-square", "high_from = 7.0", &["training set H", "0"]),
    ("temperature-ranges", "high = 0.0", &["high", "0"]),
    ("decimation-theorem", "visible = 6", &["visible", "6", "multiple of 4"]),
    ("variational-rg", "visible = 7", &["visible", "7", "even"]),
    ("decimation", "couplings = [inf]", &["couplings", "inf"]),
    ("decimation", "constants = []", &["constants", "empty"]),
    ("decimation", "sites = [5]", &["sites", "5", "even"]),
    ("weight-of-coupling", "pinning = nan", &["pinning", "NaN"]),
    ("weight-of-coupling", "architectures = []", &["architectures", "empty"]),
    ("flow-ring", "shown_coupling = 1.1", &["shown_coupling", "1.1"]),
    ("dynamics", "runs = 1", &["runs", "1", "2 to 1000"]),
    ("equilibrium", "sides = [8, 8]", &["sides", "8", "twice"]),
    ("equilibrium", "draws = 2000", &["draws", "2000", "512"]),
    ("equilibrium", "large_torus = { side = 100 }", &["large_torus", "100", "128"]),
    ("flow-ring", "seeds = 1", &["seeds", "1"]),
];

#[test]
fn what_an_experiment_cannot_do_is_refused_before_anything_runs() {
    let room = Room::new();
    for (experiment, changed, words) in WRONG {
        room.write("mine.toml", format!("experiment = \"{experiment}\"\n{changed}\n"));
        let words = [&["mine.toml"], words].concat();
        let run = [&["reproduce", "--settings", "mine.toml"], &PLACES[..]].concat();
        room.refuse(run, 2, &words);
    }
}

#[test]
fn other_settings_have_results_of_their_own() {
    let room = Room::with_small_settings();
    room.reproduce(&RUN);
    let (store, report) = (room.store(), room.report());
    room.edit("samples = 30", "samples = 31");
    room.reproduce(&RUN);
    assert_ne!(room.report()["claims.json"], report["claims.json"]);
    assert!(store.keys().all(|name| room.store().contains_key(name)));
    room.edit("samples = 31", "samples = 30");
    room.reproduce(&RUN);
    assert_eq!(room.report()["claims.json"], report["claims.json"]);
}
