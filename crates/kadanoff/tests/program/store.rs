//! The store: a second run computes nothing, damage is noticed and mended, and neither changes a byte of the result.

use crate::common::small::RUN;
use crate::common::{Files, PLACES, Room, Running, assert_same, read_all, without_footer};
use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

/// A room after a run, with its store and its report.
fn after_a_run() -> (Room, Files, Files) {
    let room = Room::with_small_settings();
    room.reproduce(&RUN);
    let (store, report) = (room.store(), room.report());
    assert!(store.len() > 100);
    (room, store, report)
}

fn modified(room: &Room) -> BTreeMap<String, SystemTime> {
    let time = |name: &String| {
        let path = room.path("store").join(name);
        fs::metadata(path).and_then(|metadata| metadata.modified()).expect("a time")
    };
    room.store().keys().map(|name| (name.clone(), time(name))).collect()
}

/// Leaves a mark on every entry: a time long past, which only rewriting removes.
fn date_back(room: &Room) {
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for name in room.store().keys() {
        let file = fs::File::options().write(true).open(room.path("store").join(name));
        file.and_then(|file| file.set_modified(past)).expect("a file");
    }
}

#[test]
fn a_second_run_is_served_from_the_store() {
    let (room, store, report) = after_a_run();
    date_back(&room);
    let before = modified(&room);
    room.reproduce(&RUN);
    assert_eq!(modified(&room), before);
    assert_same(&room.store(), &store, "store");
    assert_same(&room.report(), &report, "report");
}

#[test]
fn another_seed_shares_nothing_and_returns_to_the_same_bytes() {
    let (room, store, report) = after_a_run();
    room.reproduce(&[&RUN[..], &["--seed", "2"]].concat());
    assert_ne!(room.report()["claims.json"], report["claims.json"]);
    assert_eq!(room.store().len(), 2 * store.len());
    room.reproduce(&RUN);
    assert_same(&room.report(), &report, "report");
}

#[test]
fn more_epochs_go_on_from_the_segments_that_are_there() {
    let (room, store, _) = after_a_run();
    date_back(&room);
    let before = modified(&room);
    room.edit("\nepochs = 4", "\nepochs = 5");
    room.reproduce(&RUN);
    let after = modified(&room);
    assert!(before.iter().all(|(name, time)| after[name] == *time));
    // One more segment for each of 12 RBMs, 4 new ends of each, and new flows of the 6 of the size shown, 2 of them read by
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
    let (room, store, report) = after_a_run();
    for (index, (what, damage)) in damages.into_iter().enumerate() {
        // Another entry each time, from the whole chain of stages.
        let name = store.keys().nth(index * store.len() / 5).expect("an entry");
        let path = room.path("store").join(name);
        let mut bytes = store[name].clone();
        damage(&mut bytes);
        fs::write(&path, &bytes).expect("a file");

        let said = room.run([&["reproduce"], &RUN[..], &PLACES].concat());
        assert_eq!(said.code, Some(0), "{what}: {said:?}");
        assert_eq!(said.err.lines().count(), 1, "{what}: {said:?}");
        assert!(said.err.starts_with("warning: "), "{what}: {said:?}");
        assert!(said.err.contains("store/"), "{what}: {said:?}");
        let aside = path.with_extension("damaged");
        assert_eq!(fs::read(&aside).expect("the damaged file"), bytes, "{what}");
        assert_same(&room.store(), &store, what);
        assert_same(&room.report(), &report, what);
        room.reproduce(&RUN);
    }
}

#[test]
fn fresh_computes_everything_anew_with_the_same_bytes() {
    let (room, store, report) = after_a_run();
    date_back(&room);
    let before = modified(&room);
    room.reproduce(&[&RUN[..], &["--fresh"]].concat());
    let after = modified(&room);
    assert!(before.iter().all(|(name, time)| after[name] > *time));
    assert_same(&room.store(), &store, "store");
    assert_same(&room.report(), &report, "report");
}

#[test]
fn stray_temporary_files_do_not_disturb_and_go_after_a_day() {
    let (room, store, report) = after_a_run();
    let [young, old] = [".tmp-1-0", ".tmp-1-1"].map(|name| room.path("store").join(name));
    for path in [&young, &old] {
        fs::write(path, b"kadanoff, half written").expect("a file");
    }
    let two_days_ago = SystemTime::now() - Duration::from_secs(2 * 24 * 3600);
    let file = fs::File::options().write(true).open(&old).expect("a file");
    file.set_modified(two_days_ago).expect("a time");
    room.reproduce(&RUN);
    assert!(young.exists() && !old.exists());
    assert_same(&room.store(), &store, "store");
    assert_same(&room.report(), &report, "report");
}

#[test]
fn two_runs_at_once_share_a_store() {
    let (_, store, report) = after_a_run();
    let room = Room::with_small_settings();
    let start = |out: &str| {
        let mut command = room.command();
        command.arg("reproduce").args(RUN).args(["--store", "store", "--out", out]);
        command.stdout(Stdio::null());
        Running(command.spawn().expect("a process"))
    };
    for run in [start("first"), start("second")] {
        assert!(run.wait().success());
    }
    assert_same(&room.store(), &store, "store");
    for out in ["first", "second"] {
        let found = without_footer(read_all(&room.path(out)));
        assert_same(&found, &report, out);
    }
}
