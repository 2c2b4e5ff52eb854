//! A run that is killed loses no finished stage, and the next one ends with the bytes of an undisturbed run.

use crate::common::small::RUN;
use crate::common::{BIN, Files, PLACES, Room, Running, assert_same};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

fn undisturbed(room: &Room) -> (Files, Files) {
    room.reproduce(&RUN);
    (room.store(), room.report())
}

/// Starts a run after `preparation`, shell commands in which `$$` is the process number that the run will have.
fn start_after(room: &Room, preparation: &str, arguments: &[&str]) -> Running {
    let script = format!("set -e; {preparation}; exec \"$0\" reproduce \"$@\"");
    let mut command = Command::new("sh");
    room.furnish(&mut command);
    command.args(["-c", &script, BIN]).args(RUN).args(PLACES).args(arguments);
    Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process"))
}

/// Kills a run as kill -9 does; whether that came before its end.
fn kill(run: Running) -> bool {
    let status = run.kill();
    assert!(status.success() || status.signal() == Some(9), "{status:?}");
    status.signal() == Some(9)
}

/// Kills a run when it has written exactly `entries` new entries.
///
/// Where it would write the next one there is a pipe that nobody reads: opening it waits for ever, so that no kill
/// comes too late, however busy the computer is. One thread, or the others would go on.
fn kill_after(room: &Room, entries: usize) {
    let before = room.store().len();
    let pipe = format!("mkdir -p store; mkfifo store/.tmp-$$-{entries}");
    let mut run = start_after(room, &pipe, &["--threads", "1"]);
    let name = format!("store/.tmp-{}-{entries}", run.0.id());
    let stopped =
        run.wait_until(|| room.path(&name).exists() && room.store().len() == before + entries);
    assert!(stopped, "the run ended before its entry {entries}");
    assert!(kill(run), "the run ended in spite of the pipe");
    assert_eq!(room.store().len(), before + entries);
    // What a kill in the middle of writing leaves there.
    fs::remove_file(room.path(&name)).expect("the pipe");
    fs::write(room.path(&name), b"kadanoff\x01half").expect("a file");
}

#[test]
fn killed_after_any_number_of_stages() {
    let (store, report) = undisturbed(&Room::with_small_settings());
    for entries in [0, 1, 3, 6, 11, store.len() / 2, store.len() - 1] {
        let room = Room::with_small_settings();
        kill_after(&room, entries);
        assert!(!room.path("report").exists(), "{entries}: a report");
        let left = room.store();
        assert!(left.iter().all(|(name, bytes)| store.get(name) == Some(bytes)), "{entries}");
        room.reproduce(&RUN);
        assert_same(&room.store(), &store, "store");
        assert_same(&room.report(), &report, "report");
    }
}

#[test]
fn killed_again_and_again() {
    let (store, report) = undisturbed(&Room::with_small_settings());
    let room = Room::with_small_settings();
    for _ in 0..8 {
        kill_after(&room, 4);
    }
    room.reproduce(&RUN);
    assert_same(&room.store(), &store, "store");
    assert_same(&room.report(), &report, "report");
}

#[test]
fn killed_at_random_under_all_threads() {
    // Some 700 stages, so that a kill after a few of them finds the run still at work.
    let long = || {
        let room = Room::with_small_settings();
        room.edit("\nepochs = 4", "\nepochs = 40");
        room
    };
    let (store, report) = undisturbed(&long());
    let room = long();
    let mut kills = 0;
    for step in [1, 3, 6, 10, 20, 40] {
        let goal = room.store().len() + step;
        let mut run = start_after(&room, "true", &[]);
        run.wait_until(|| room.store().len() >= goal);
        if !kill(run) {
            // It was faster than this test: it must have done all of its work.
            assert_eq!(room.store().len(), store.len());
            break;
        }
        kills += 1;
        assert!(!room.path("report/claims.json").exists());
        let left = room.store();
        assert!(left.iter().all(|(name, bytes)| store.get(name) == Some(bytes)), "{step}");
    }
    assert!(kills > 0, "no run was killed");
    room.reproduce(&RUN);
    assert_same(&room.store(), &store, "store");
    assert_same(&room.report(), &report, "report");
}

#[test]
fn a_report_is_there_whole_or_not_at_all() {
    let room = Room::with_small_settings();
    let (_, complete) = undisturbed(&room);
    let report = room.path("report");
    for replaces in [false, true].repeat(5) {
        if !replaces {
            fs::remove_dir_all(&report).expect("the report");
        }
        let mut run = start_after(&room, "true", &[]);
        let new = room.path(&format!(".report.new-{}", run.0.id()));
        run.wait_until(|| new.exists());
        // In the middle of writing the report, or just after: either way nothing half done is visible.
        kill(run);
        if report.exists() {
            assert_same(&room.report(), &complete, "report");
        }
        room.reproduce(&RUN);
        assert_same(&room.report(), &complete, "report");
    }
}

#[test]
fn what_a_killed_run_with_the_same_process_number_left_is_not_in_the_report() {
    let room = Room::with_small_settings();
    let (_, complete) = undisturbed(&room);
    // In containers process numbers come again soon.
    let leftovers = "mkdir .report.new-$$ .report.old-$$; \
        echo stale > .report.new-$$/stale.svg; echo stale > .report.old-$$/stale.svg";
    assert!(start_after(&room, leftovers, &[]).wait().success());
    assert_same(&room.report(), &complete, "report");
    assert!(room.names().iter().all(|name| !name.contains("stale")), "{:?}", room.names());
}
