//! Runs that are stopped, killed and prolonged end with the bytes of a run that was not.

use super::{GOOD, json, number, rings, run};
use crate::common::numpy::damage;
use crate::common::{Room, Running, assert_same};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// A training that takes long enough to be killed several times.
const LONG: &str = "train --data a.npz --held-out b.npz --hidden 12 --batch 20 --rate 0.01 --gradient ptt --adam --l2 0.001 --seed 3 --out m.safetensors --epochs 400";

fn start(room: &Room, arguments: &str) -> Running {
    let mut command = room.command();
    command.args(arguments.split(' ')).stdout(Stdio::null()).stderr(Stdio::null());
    Running(command.spawn().expect("a process"))
}

fn without_seconds(mut document: Value) -> Value {
    assert!(number(&document["seconds"]) >= 0.0);
    document["seconds"] = Value::Null;
    document
}

#[test]
fn killed_again_and_again() {
    let straight = rings();
    let expected = without_seconds(json(&straight, LONG));
    let room = rings();
    let save = room.path("m.safetensors.run");
    let mut kills = 0;
    let mut arguments = LONG.to_owned();
    for _ in 0..4 {
        let before = fs::read(&save).ok();
        let mut run = start(&room, &arguments);
        run.wait_until(|| fs::read(&save).ok() != before);
        if run.kill().success() {
            break;
        }
        kills += 1;
        assert!(save.exists() && !room.path("m.safetensors").exists());
        arguments = format!("{LONG} --resume m.safetensors.run");
    }
    assert!(kills > 1, "{kills} runs were killed: the training is too short");
    let found = without_seconds(json(&room, &arguments));
    // The curve too is that of a run that was never stopped.
    assert!(found == expected);
    assert_same(&room.files(), &straight.files(), "files");
}

#[test]
fn a_run_that_is_not_finished_is_not_written_over() {
    let room = rings();
    let mut other = start(&room, LONG);
    assert!(other.wait_until(|| room.path("m.safetensors.run").exists()));
    assert!(!other.kill().success(), "the training is too short");
    json(&room, &format!("{GOOD} --out n.safetensors"));
    let to = "--out ./m.safetensors";
    for arguments in
        [LONG.to_owned(), format!("{GOOD} {to}"), format!("{GOOD} {to} --resume n.safetensors")]
    {
        let words = ["m.safetensors.run is in epoch ", " of 400 ", "--resume", "remove it"];
        room.refuse(arguments.split(' '), 2, &words);
    }
    // The RBM stands for its run; other options are another matter.
    let others = format!("{GOOD} {to} --resume m.safetensors");
    room.refuse(others.split(' '), 2, &["--adam false", "was begun with true"]);
    fs::write(room.path("m.safetensors.run"), "mine").expect("a file");
    room.refuse(LONG.split(' '), 2, &["m.safetensors.run", "no run", "truncated", "remove it"]);
    fs::remove_file(room.path("m.safetensors.run")).expect("a file");
    for _ in 0..2 {
        json(&room, &format!("{GOOD} {to}"));
    }
}

/// Replaces text in what a saved run says of itself, with the checksum that belongs to it.
fn rewrite(path: &Path, old: &str, new: &str) {
    const HASH: usize = 8 + 1 + 8;
    const CONTENT: usize = HASH + 32;
    let mut bytes = fs::read(path).expect("a run");
    let at = bytes.windows(old.len()).position(|part| part == old.as_bytes()).expect("the text");
    bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    let length = u64::from_le_bytes(bytes[HASH - 8..HASH].try_into().expect("8 bytes"));
    let hash = blake3::hash(&bytes[CONTENT..CONTENT + length as usize]);
    bytes[HASH..CONTENT].copy_from_slice(hash.as_bytes());
    fs::write(path, bytes).expect("a file");
}

#[test]
fn another_version_of_the_training_does_not_go_on() {
    let room = rings();
    let settings = json(&room, &format!("{GOOD} --out m.safetensors"))["settings"].clone();
    let version = number(&settings["training_version"]);
    let path = room.path("m.safetensors.run");
    rewrite(&path, &format!("\"training_version\":{version}"), "\"training_version\":0");
    let other = format!("{GOOD} --out m.safetensors --resume m.safetensors.run");
    let words = ["--resume m.safetensors.run", "version 0", &version.to_string(), "other RBMs"];
    room.refuse(other.split(' '), 2, &words);
    // Also where other settings differ, and where nothing else can be read.
    room.refuse(other.replace("--batch 50", "--batch 10").split(' '), 2, &words);
    let bytes = fs::read(&path).expect("a run");
    fs::write(&path, &bytes[..bytes.len() - 10]).expect("a file");
    room.refuse(other.split(' '), 2, &words);
}

#[test]
fn a_finished_run_is_prolonged() {
    let room = rings();
    for gradient in ["cd:1", "pcd:20:1", "ptt", "exact --adam", "cd:1 --momentum 0.9"] {
        let train = |epochs: &str, rest: &str| {
            let fixed = "train --data a.npz --hidden 3 --batch 50 --rate 0.1 --seed 1";
            json(&room, &format!("{fixed} --gradient {gradient} --epochs {epochs} {rest}"))
        };
        let straight = without_seconds(train("7", "--out s.safetensors"));
        train("3", "--out m.safetensors");
        // From the run, and from the RBM that stands for it; to another place.
        train("5", "--out m.safetensors --resume m.safetensors.run");
        let prolonged = train("7", "--out n.safetensors --resume m.safetensors");
        assert!(without_seconds(prolonged) == straight, "{gradient}");
        // What is finished is written once more.
        let again = train("7", "--out n.safetensors --resume ./n.safetensors.run");
        assert!(without_seconds(again) == straight, "{gradient}");
        for end in ["safetensors", "safetensors.run"] {
            let [one, other] = ["s", "n"]
                .map(|name| fs::read(room.path(&format!("{name}.{end}"))).expect("a file"));
            assert!(one == other, "{gradient} {end}");
        }
    }
}

#[test]
fn the_data_may_move() {
    let room = rings();
    run(&room, &format!("{GOOD} --out m.safetensors"));
    fs::rename(room.path("a.npz"), room.path("c.npz")).expect("a file");
    let moved = GOOD.replace("a.npz", "c.npz");
    json(&room, &format!("{moved} --out m.safetensors --resume m.safetensors.run"));
}

#[test]
fn another_run_is_not_gone_on_with() {
    let room = rings();
    assert_eq!(run(&room, &format!("{GOOD} --held-out b.npz --out m.safetensors")).code, Some(0));
    fs::copy(room.path("m.safetensors.run"), room.path("d.run")).expect("a copy");
    damage(&room.path("d.run"), 100);
    fs::write(room.path("short.run"), b"kadanoff").expect("a file");
    let before = room.files();
    let cases: [(&str, &str, &[&str]); 15] = [
        ("--data a.npz", "--data b.npz", &["--data", "other samples", "m.safetensors.run"]),
        (" --held-out b.npz", "", &["--held-out", "other samples"]),
        ("--held-out b.npz", "--held-out a.npz", &["--held-out", "other samples"]),
        ("--hidden 3", "--hidden 4", &["--hidden 4", "begun with 3", "only --epochs"]),
        ("--batch 50", "--batch 10", &["--batch 10", "50"]),
        ("--rate 0.1", "--rate 0.2", &["--rate 0.2", "0.1"]),
        ("cd:1", "cd:2", &["--gradient", "cd:2", "cd:1"]),
        ("--seed 1", "--seed 2", &["--seed 2", "1"]),
        ("--seed 1", "--seed 1 --adam", &["--adam true", "false"]),
        ("--seed 1", "--seed 1 --no-bias", &["--no-bias true", "false"]),
        ("--seed 1", "--seed 1 --l1 0.5", &["--l1 0.5"]),
        ("--epochs 3", "--epochs 2", &["--epochs 2", "epoch 3"]),
        ("m.safetensors.run", "none.run", &["--resume none.run", "cannot be read"]),
        ("m.safetensors.run", "d.run", &["--resume d.run", "checksum"]),
        ("m.safetensors.run", "short.run", &["--resume short.run", "truncated"]),
    ];
    let good = format!("{GOOD} --held-out b.npz --out n.safetensors --resume m.safetensors.run");
    for (old, new, words) in cases {
        assert!(good.contains(old), "{old}");
        let said = run(&room, &good.replace(old, new));
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{new}: {said:?}");
        assert_eq!(said.err.lines().count(), 1, "{new}: {said:?}");
        for word in words {
            assert!(said.err.contains(word), "no {word:?} in {said:?}");
        }
        assert_same(&room.files(), &before, new);
    }
}
