//! What `calibrate` and `flow` refuse: one sentence, exit code 2, nothing written.

use super::{CALIBRATE, FLOW, json, squares, write};
use crate::common::Room;
use crate::common::numpy::{damage, npy, npz, spins};
use rbm::Rbm;
use std::fs;
use zip::CompressionMethod::Stored;

fn assert_refused(room: &Room, arguments: &str, words: &[&str]) {
    room.refuse(arguments.split(' '), 2, words);
}

/// What is replaced by what, and what the sentence says of it.
type Wrong = (&'static str, &'static str, &'static [&'static str]);

const FLOWS: [Wrong; 18] = [
    ("--steps 3", "--steps -1", &["--steps", "'-1'", "0 to 1000000"]),
    ("--steps 3", "--steps many", &["--steps", "'many'"]),
    ("--steps 3", "--steps 1000000", &["--steps 1000000", "400 samples", "1073741824"]),
    ("--rule mean", "--rule modal", &["--rule", "'modal'", "mean, sampled"]),
    ("--seed 1", "--seed -1", &["--seed", "'-1'"]),
    ("--seed 1", "--seed 1 more", &["more"]),
    ("f.npz", "f.npy", &["--out f.npy", ".npz"]),
    ("f.npz", "none/f.npz", &["--out none/f.npz", "no folder none"]),
    ("f.npz", "b.npz", &["--out b.npz", "replace", "--start"]),
    (
        "--rbm m.safetensors",
        "--rbm none.safetensors",
        &["--rbm none.safetensors", "cannot be read"],
    ),
    ("--rbm m.safetensors", "--rbm a.npz", &["--rbm a.npz"]),
    ("--rbm m.safetensors", "--rbm wide.safetensors", &["--start b.npz", "16 sites", "9 visible"]),
    ("--rbm m.safetensors", "--rbm huge.safetensors", &["--rbm huge.safetensors", "so large"]),
    ("--start b.npz", "--start none.npz", &["--start none.npz", "cannot be read"]),
    ("--start b.npz", "--start m.safetensors", &["--start m.safetensors", ".npz"]),
    ("--seed 1", "--seed 1 --thermometer none", &["--thermometer none", "cannot be read"]),
    ("--seed 1", "--seed 1 --thermometer m.safetensors", &["m.safetensors", "no thermometer"]),
    (
        "--seed 1",
        "--seed 1 --thermometer other.safetensors",
        &["reads 9 sites", "16 visible units"],
    ),
];

#[test]
fn wrong_flows() {
    let room = squares();
    write(&room, "wide.safetensors", &Rbm::uniform(9, 2, 0.1));
    write(&room, "huge.safetensors", &Rbm::uniform(16, 2, 1e38));
    let nine = "sample --lattice square:3 --temperatures 2,3 --count 60 --seed 1 --out c.npz";
    assert_eq!(room.run(nine.split(' ')).code, Some(0));
    json(&room, "calibrate --data c.npz --epochs 1 --out other.safetensors");
    let good = format!("{FLOW} --rule mean --out f.npz");
    for (old, new, words) in FLOWS {
        assert!(good.contains(old), "{old}");
        assert_refused(&room, &good.replace(old, new), words);
    }
    for missing in ["--rbm m.safetensors", "--start b.npz", "--steps 3", "--seed 1", "--rule mean"]
    {
        let left = good.replace(&format!(" {missing}"), "");
        assert_refused(&room, &left, &missing.split(' ').take(1).collect::<Vec<_>>());
    }
    // One byte of a thermometer's curves, which are its end.
    json(&room, "calibrate --data a.npz --epochs 1 --draws 100 --out t.safetensors");
    let path = room.path("t.safetensors");
    damage(&path, fs::read(&path).expect("a file").len() - 1);
    let damaged = format!("{good} --thermometer t.safetensors");
    assert_refused(&room, &damaged, &["t.safetensors", "curves", "checksum"]);
}

const CALIBRATIONS: [Wrong; 22] = [
    ("--epochs 20", "--epochs 0", &["--epochs", "'0'"]),
    ("--epochs 20", "--epochs 1.5", &["'1.5'"]),
    ("--epochs 20", "--batch 0", &["--batch", "'0'"]),
    ("--epochs 20", "--batch 1801", &["--batch 1801", "at most 1800"]),
    ("--epochs 20", "--rate 0", &["--rate", "'0'"]),
    ("--epochs 20", "--rate nan", &["--rate", "'nan'"]),
    ("--epochs 20", "--hidden 0", &["--hidden", "'0'", "65536"]),
    ("--epochs 20", "--hidden 80,", &["--hidden", "'80,'"]),
    ("--epochs 20", "--hidden 65536,65536", &["--hidden", "weights", "16777216"]),
    ("--epochs 20", "--seed x", &["--seed", "'x'"]),
    ("--draws 500", "--draws 99", &["--draws", "'99'", "from 100"]),
    ("--draws 500", "--draws 20000000", &["--draws", "10000000"]),
    ("--data a.npz", "--data none.npz", &["--data none.npz", "cannot be read"]),
    ("--data a.npz", "--data b.npz", &["--data b.npz", "1 temperatures", "2 to"]),
    ("--data a.npz", "--data plain.npz", &["--data plain.npz", "no array temperature"]),
    ("--data a.npz", "--data hot.npz", &["--data hot.npz", "inf", "finite"]),
    ("--data a.npz", "--data short.npz", &["shape", "[3]", "[4]", "temperature"]),
    ("--data a.npz", "--data cold.npz", &["temperature -1 for sample 1 "]),
    ("--data a.npz", "--data whole.npz", &["type", "temperature", "float64"]),
    ("--held-out b.npz", "--held-out good.npz", &["--held-out good.npz", "4 sites", "16"]),
    ("--held-out b.npz", "--held-out five.npz", &["--held-out five.npz", "temperature 5", "none"]),
    ("t.safetensors", "t.npz", &["--out t.npz", ".safetensors"]),
];

#[test]
fn wrong_calibrations() {
    let room = squares();
    spins(&room.path("plain.npz"), &vec![vec![1; 4]; 4]);
    let f64s =
        |numbers: &[f64]| -> Vec<u8> { numbers.iter().flat_map(|x| x.to_le_bytes()).collect() };
    for (name, kind, shape, numbers) in [
        ("good", "<f8", "(4,)", f64s(&[2.0, 2.0, 3.0, 3.0])),
        ("hot", "<f8", "(4,)", f64s(&[1.0, 1.0, f64::INFINITY, f64::INFINITY])),
        ("short", "<f8", "(3,)", f64s(&[1.0, 1.0, 2.0])),
        ("cold", "<f8", "(4,)", f64s(&[1.0, -1.0, 2.0, 2.0])),
        ("whole", "<i8", "(4,)", vec![0; 32]),
        ("single", "<f8", "(4,)", f64s(&[1.0, 1.0, 2.0, 3.0])),
    ] {
        let arrays = [
            ("spins", npy("|i1", "(4, 4)", &[1; 16])),
            ("temperature", npy(kind, shape, &numbers)),
        ];
        npz(&room.path(&format!("{name}.npz")), &arrays, Stored);
    }
    let five = "sample --lattice square:4 --temperature 5 --count 20 --seed 1 --out five.npz";
    assert_eq!(room.run(five.split(' ')).code, Some(0));
    let good = format!("{CALIBRATE} --out t.safetensors");
    for (old, new, words) in CALIBRATIONS {
        assert!(good.contains(old), "{old}");
        assert_refused(&room, &good.replace(old, new), words);
    }
    let single = "calibrate --data single.npz --out t.safetensors";
    assert_refused(&room, single, &["temperature 2", "one sample", "--held-out"]);
    assert_refused(&room, "calibrate --data a.npz", &["--out"]);
    fs::copy(room.path("a.npz"), room.path("a.safetensors")).expect("a copy");
    let over = "calibrate --data a.safetensors --out a.safetensors";
    assert_refused(&room, over, &["replace", "--data"]);
}
