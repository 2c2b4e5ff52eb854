//! The store: a second run computes nothing, damage is noticed and mended, and neither changes a byte of the result.

mod common;

use common::{Files, Project, Running, assert_same};
use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

const RUN: [&str; 2] = ["reproduce", "flow-square"];

/// A project after a run, with its store and its report.
fn after_a_run() -> (Project, Files, Files) {
    let project = Project::new();
    project.succeed(RUN);
    let (store, report) = (project.store(), project.report());
    assert_eq!(store.len(), 164);
    (project, store, report)
}

fn modified(project: &Project) -> BTreeMap<String, SystemTime> {
    let time = |name: &String| {
        let path = project.path("target/store").join(name);
        fs::metadata(path).and_then(|metadata| metadata.modified()).expect("a time")
    };
    project.store().keys().map(|name| (name.clone(), time(name))).collect()
}

/// Leaves a mark on every entry: a time long past, which only rewriting removes.
fn date_back(project: &Project) {
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for name in project.store().keys() {
        let file = fs::File::options().write(true).open(project.path("target/store").join(name));
        file.and_then(|file| file.set_modified(past)).expect("a file");
    }
}

#[test]
fn a_second_run_is_served_from_the_store() {
    let (project, store, report) = after_a_run();
    date_back(&project);
    let before = modified(&project);
    project.succeed(RUN);
    assert_eq!(modified(&project), before);
    assert_same(&project.store(), &store, "store");
    assert_same(&project.report(), &report, "report");
}

#[test]
fn another_seed_shares_nothing_and_returns_to_the_same_bytes() {
    let (project, store, report) = after_a_run();
    project.succeed(["reproduce", "flow-square", "--seed", "2"]);
    assert_ne!(project.report()["claims.json"], report["claims.json"]);
    assert_eq!(project.store().len(), 2 * store.len());
    project.succeed(RUN);
    assert_same(&project.report(), &report, "report");
}

#[test]
fn more_epochs_go_on_from_the_segments_that_are_there() {
    let (project, store, _) = after_a_run();
    date_back(&project);
    let before = modified(&project);
    project.edit("flow-square", "\nepochs = 4", "\nepochs = 5");
    project.succeed(RUN);
    let after = modified(&project);
    assert!(before.iter().all(|(name, time)| after[name] == *time));
    // One more segment for each of 12 machines, 4 new ends of each, and new flows of the 6 of the size shown, 2 of them read by
    // all thermometers.
    assert_eq!(after.len(), store.len() + 12 + 48 + 24 + 8);
}

#[test]
fn damaged_entries_are_set_aside_and_computed_again() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 5] = [
        ("truncated", |bytes| bytes.truncate(bytes.len() / 2)),
        ("cut within its header", |bytes| bytes.truncate(10)),
        ("empty", |bytes| bytes.clear()),
        ("a bit flipped", |bytes| *bytes.last_mut().expect("a byte") ^= 0x10),
        ("longer", |bytes| bytes.push(0)),
    ];
    let (project, store, report) = after_a_run();
    for (index, (what, damage)) in damages.into_iter().enumerate() {
        // Another entry each time, from the whole chain of stages.
        let name = store.keys().nth(index * store.len() / 5).expect("an entry");
        let path = project.path("target/store").join(name);
        let mut bytes = store[name].clone();
        damage(&mut bytes);
        fs::write(&path, &bytes).expect("a file");

        let said = project.run(RUN);
        assert_eq!(said.code, Some(0), "{what}: {said:?}");
        assert_eq!(said.err.lines().count(), 1, "{what}: {said:?}");
        assert!(said.err.starts_with("warning: "), "{what}: {said:?}");
        assert!(said.err.contains(path.to_str().expect("UTF-8")), "{what}: {said:?}");
        let aside = path.with_extension("damaged");
        assert_eq!(fs::read(&aside).expect("the damaged file"), bytes, "{what}");
        assert_same(&project.store(), &store, what);
        assert_same(&project.report(), &report, what);
        project.succeed(RUN);
    }
}

#[test]
fn fresh_computes_everything_anew_with_the_same_bytes() {
    let (project, store, report) = after_a_run();
    date_back(&project);
    let before = modified(&project);
    project.succeed(["reproduce", "flow-square", "--fresh"]);
    let after = modified(&project);
    assert!(before.iter().all(|(name, time)| after[name] > *time));
    assert_same(&project.store(), &store, "store");
    assert_same(&project.report(), &report, "report");
}

#[test]
fn stray_temporary_files_do_not_disturb_and_go_after_a_day() {
    let (project, store, report) = after_a_run();
    let [young, old] = [".tmp-1-0", ".tmp-1-1"].map(|name| project.path("target/store").join(name));
    for path in [&young, &old] {
        fs::write(path, b"kadanoff, half written").expect("a file");
    }
    let two_days_ago = SystemTime::now() - Duration::from_secs(2 * 24 * 3600);
    let file = fs::File::options().write(true).open(&old).expect("a file");
    file.set_modified(two_days_ago).expect("a time");
    project.succeed(RUN);
    assert!(young.exists() && !old.exists());
    assert_same(&project.store(), &store, "store");
    assert_same(&project.report(), &report, "report");
}

#[test]
fn two_runs_at_once_share_a_store() {
    let (_, store, report) = after_a_run();
    let project = Project::new();
    let start = |out: &str| {
        let mut command = project.command();
        command.args(RUN).args(["--out", out]).stdout(Stdio::null());
        Running(command.spawn().expect("a process"))
    };
    for run in [start("first"), start("second")] {
        assert!(run.wait().success());
    }
    assert_same(&project.store(), &store, "store");
    for out in ["first", "second"] {
        let found = common::without_footer(common::read_all(&project.path(out)));
        assert_same(&found, &report, out);
    }
}
