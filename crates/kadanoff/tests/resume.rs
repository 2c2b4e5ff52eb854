//! A run that is killed loses no finished stage, and the next one ends with the bytes of an undisturbed run.

// Killing by signal, and pipes that stop a run at a known place.
#![cfg(unix)]

mod common;

use common::{BIN, Files, Project, Running, assert_same};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

const RUN: [&str; 2] = ["reproduce", "flow-square"];

fn undisturbed(project: &Project) -> (Files, Files) {
    project.succeed(RUN);
    (project.store(), project.report())
}

/// Starts a run after `preparation`, shell commands in which `$$` is the process number that the run will have.
fn start_after(project: &Project, preparation: &str, arguments: &[&str]) -> Running {
    let script = format!("set -e; {preparation}; exec \"$0\" \"$@\"");
    let run = Command::new("sh")
        .args(["-c", &script, BIN])
        .args(arguments)
        .env("CARGO_MANIFEST_DIR", project.path("xtask"))
        .current_dir(project.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Running(run.expect("a process"))
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
/// comes too late, however busy the machine is. One thread, or the others would go on.
fn kill_after(project: &Project, entries: usize) {
    let before = project.store().len();
    let pipe = format!("mkdir -p target/store; mkfifo target/store/.tmp-$$-{entries}");
    let mut run = start_after(project, &pipe, &[RUN[0], RUN[1], "--threads", "1"]);
    let name = format!("target/store/.tmp-{}-{entries}", run.0.id());
    let stopped = run
        .wait_until(|| project.path(&name).exists() && project.store().len() == before + entries);
    assert!(stopped, "the run ended before its entry {entries}");
    assert!(kill(run), "the run ended in spite of the pipe");
    assert_eq!(project.store().len(), before + entries);
    // What a kill in the middle of writing leaves there.
    fs::remove_file(project.path(&name)).expect("the pipe");
    fs::write(project.path(&name), b"kadanoff\x01half").expect("a file");
}

#[test]
fn killed_after_any_number_of_stages() {
    let (store, report) = undisturbed(&Project::new());
    for entries in [0, 1, 3, 6, 11, store.len() / 2, store.len() - 1] {
        let project = Project::new();
        kill_after(&project, entries);
        assert!(!project.path("target/reproduce").exists(), "{entries}: a report");
        let left = project.store();
        assert!(left.iter().all(|(name, bytes)| store.get(name) == Some(bytes)), "{entries}");
        project.succeed(RUN);
        assert_same(&project.store(), &store, "store");
        assert_same(&project.report(), &report, "report");
    }
}

#[test]
fn killed_again_and_again() {
    let (store, report) = undisturbed(&Project::new());
    let project = Project::new();
    for _ in 0..8 {
        kill_after(&project, 4);
    }
    project.succeed(RUN);
    assert_same(&project.store(), &store, "store");
    assert_same(&project.report(), &report, "report");
}

#[test]
fn killed_at_random_under_all_threads() {
    // Some 700 stages, so that a kill after a few of them finds the run still at work.
    let long = || {
        let project = Project::new();
        project.edit("flow-square", "\nepochs = 4", "\nepochs = 40");
        project
    };
    let (store, report) = undisturbed(&long());
    let project = long();
    let mut kills = 0;
    for step in [1, 3, 6, 10, 20, 40] {
        let goal = project.store().len() + step;
        let mut run = start_after(&project, "true", &RUN);
        run.wait_until(|| project.store().len() >= goal);
        if !kill(run) {
            // It was faster than this test: it must have done all of its work.
            assert_eq!(project.store().len(), store.len());
            break;
        }
        kills += 1;
        assert!(!project.path("target/reproduce/latest/claims.json").exists());
        let left = project.store();
        assert!(left.iter().all(|(name, bytes)| store.get(name) == Some(bytes)), "{step}");
    }
    assert!(kills > 0, "no run was killed");
    project.succeed(RUN);
    assert_same(&project.store(), &store, "store");
    assert_same(&project.report(), &report, "report");
}

#[test]
fn a_report_is_there_whole_or_not_at_all() {
    let project = Project::new();
    let (_, complete) = undisturbed(&project);
    let latest = project.path("target/reproduce/latest");
    for replaces in [false, true].repeat(5) {
        if !replaces {
            fs::remove_dir_all(project.path("target/reproduce")).expect("the report");
        }
        let mut run = start_after(&project, "true", &RUN);
        let new = project.path(&format!("target/reproduce/.latest.new-{}", run.0.id()));
        run.wait_until(|| new.exists());
        // In the middle of writing the report, or just after: either way nothing half done is visible.
        kill(run);
        if latest.exists() {
            assert_same(&project.report(), &complete, "report");
        }
        project.succeed(RUN);
        assert_same(&project.report(), &complete, "report");
    }
}

#[test]
fn what_a_killed_run_with_the_same_process_number_left_is_not_in_the_report() {
    let project = Project::new();
    let (_, complete) = undisturbed(&project);
    // In containers process numbers come again soon.
    let leftovers = "cd target/reproduce; mkdir .latest.new-$$ .latest.old-$$; \
        echo stale > .latest.new-$$/stale.svg; echo stale > .latest.old-$$/stale.svg; cd ../..";
    assert!(start_after(&project, leftovers, &RUN).wait().success());
    assert_same(&project.report(), &complete, "report");
    let left: Vec<_> =
        fs::read_dir(project.path("target/reproduce")).expect("the reports").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
