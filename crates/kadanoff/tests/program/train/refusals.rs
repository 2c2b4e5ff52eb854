//! What `train` refuses: one sentence, exit code 2, nothing written.

use super::{GOOD, rings, run};
use crate::common::Room;
use crate::common::numpy::{npy, npz, spins};
use std::fs;
use zip::CompressionMethod::{Deflated, Stored};

fn assert_refused(room: &Room, arguments: &str, code: i32, words: &[&str]) {
    room.refuse(arguments.split(' '), code, words);
}

/// What is replaced by what, and what the sentence says of it.
const WRONG: [(&str, &str, &[&str]); 42] = [
    ("--hidden 3", "--hidden 0", &["--hidden", "'0'", "1 to 1048576"]),
    ("--hidden 3", "--hidden -3", &["--hidden", "'-3'"]),
    ("--hidden 3", "--hidden many", &["'many'"]),
    ("--hidden 3", "--hidden 1048577", &["'1048577'"]),
    ("--epochs 3", "--epochs 0", &["--epochs", "'0'", "from 1"]),
    ("--epochs 3", "--epochs 1.5", &["'1.5'"]),
    ("--batch 50", "--batch 0", &["--batch", "'0'"]),
    ("--batch 50", "--batch -1", &["--batch", "'-1'"]),
    ("--batch 50", "--batch 1001", &["--batch 1001", "at most 1000", "a.npz"]),
    ("--rate 0.1", "--rate 0", &["--rate", "'0'", "1e-30"]),
    ("--rate 0.1", "--rate -0.1", &["--rate", "'-0.1'"]),
    ("--rate 0.1", "--rate nan", &["--rate", "'nan'"]),
    ("--rate 0.1", "--rate inf", &["--rate", "'inf'"]),
    ("--rate 0.1", "--rate 1e-40", &["'1e-40'"]),
    ("--gradient cd:1", "--gradient cd:0", &["--gradient", "'cd:0'", "pcd:chains:k"]),
    ("--gradient cd:1", "--gradient cd", &["'cd'"]),
    ("--gradient cd:1", "--gradient cd:1000001", &["1000000"]),
    ("--gradient cd:1", "--gradient pcd:5", &["'pcd:5'"]),
    ("--gradient cd:1", "--gradient pcd:0:1", &["'pcd:0:1'"]),
    ("--gradient cd:1", "--gradient ptt:2", &["'ptt:2'"]),
    ("--gradient cd:1", "--gradient gibbs", &["'gibbs'", "exact"]),
    ("--gradient cd:1", "--gradient cd:1 --momentum 1", &["--momentum", "'1'", "0.9999"]),
    ("--gradient cd:1", "--gradient cd:1 --momentum -0.1", &["--momentum", "'-0.1'"]),
    ("--gradient cd:1", "--gradient cd:1 --adam --momentum 0.5", &["--adam", "--momentum"]),
    ("--gradient cd:1", "--gradient cd:1 --l1 -1", &["--l1", "'-1'", "from 0"]),
    ("--gradient cd:1", "--gradient cd:1 --l2 nan", &["--l2", "'nan'"]),
    ("--gradient cd:1", "--gradient cd:1 --init 0", &["--init", "'0'"]),
    ("--gradient cd:1", "--gradient cd:1 --init x", &["--init", "'x'"]),
    ("--seed 1", "--seed -1", &["--seed", "'-1'", "18446744073709551615"]),
    ("--seed 1", "--seed 1 --seed 2", &["--seed"]),
    ("--seed 1", "--seed 1 --held-out c.npz", &["--held-out c.npz", "5 sites", "6", "a.npz"]),
    ("--seed 1", "--seed 1 --held-out none.npz", &["--held-out none.npz", "cannot be read"]),
    ("--seed 1", "--seed 1 --threads 2", &["--threads"]),
    ("--seed 1", "--seed 1 more", &["more"]),
    ("m.safetensors", "m.npz", &["--out m.npz", ".safetensors"]),
    ("m.safetensors", "none/m.safetensors", &["--out none/m.safetensors", "no folder none"]),
    ("m.safetensors", "folder.safetensors", &["--out folder.safetensors", "no file"]),
    ("m.safetensors", "n.safetensors", &["--out n.safetensors", "no file"]),
    ("--data a.npz", "--data none.npz", &["--data none.npz", "cannot be read"]),
    ("--data a.npz", "--data folder.safetensors", &["--data folder.safetensors", "directory"]),
    ("--data a.npz", "--data text.toml", &["text.toml", ".npz"]),
    (
        "--data a.npz --hidden 3",
        "--data wide.npz --hidden 1000000",
        &["1000000", "30 sites", "30000000", "16777216"],
    ),
];

#[test]
fn wrong_options() {
    let room = rings();
    spins(&room.path("c.npz"), &vec![vec![1; 5]; 100]);
    spins(&room.path("wide.npz"), &vec![vec![1; 30]; 100]);
    fs::create_dir(room.path("folder.safetensors")).expect("a folder");
    fs::create_dir(room.path("n.safetensors.run")).expect("a folder");
    fs::write(room.path("m.safetensors"), "mine").expect("a file");
    fs::write(room.path("text.toml"), "steps = 3").expect("a file");
    let good = format!("{GOOD} --out m.safetensors");
    for (old, new, words) in WRONG {
        assert!(good.contains(old), "{old}");
        assert_refused(&room, &good.replace(old, new), 2, words);
    }
    let wide = good.replace("a.npz", "wide.npz");
    let exact = wide.replace("cd:1", "exact").replace("--hidden 3", "--hidden 30");
    assert_refused(&room, &exact, 2, &["--gradient exact", "30 units", "24"]);
    let long = good.replace("cd:1", "exact").replace("--hidden 3", "--hidden 65537");
    assert_refused(&room, &long, 2, &["--gradient exact", "64 states", "65537 units"]);
    let chains = good.replace("cd:1", "pcd:1048576:1").replace("--hidden 3", "--hidden 400");
    assert_refused(&room, &chains, 2, &["--gradient pcd:1048576:1", "268435456"]);
    for missing in GOOD.split(" --").skip(1) {
        let left = good.replace(&format!(" --{missing}"), "");
        let name = missing.split(' ').next().expect("a name");
        assert_refused(&room, &left, 2, &[&format!("--{name}")]);
    }
    assert_refused(&room, GOOD, 2, &["--out"]);
}

#[test]
fn no_samples_are_replaced() {
    let room = rings();
    for name in ["d.safetensors", "e.safetensors.run"] {
        fs::copy(room.path("a.npz"), room.path(name)).expect("a file");
    }
    let as_data = GOOD.replace("a.npz", "d.safetensors");
    for (arguments, words) in [
        (format!("{as_data} --out d.safetensors"), ["d.safetensors would replace", "--data"]),
        (format!("{as_data} --out ./d.safetensors"), ["d.safetensors would replace", "--data"]),
        (
            format!("{GOOD} --held-out e.safetensors.run --out e.safetensors"),
            ["e.safetensors.run would replace", "--held-out"],
        ),
    ] {
        assert_refused(&room, &arguments, 2, &words);
    }
}

#[test]
fn wrong_arrays() {
    let room = rings();
    let ones = [1; 80];
    let mut zero = ones;
    zero[13] = 0;
    let nan = [f32::NAN.to_le_bytes(), 1_f32.to_le_bytes()].concat();
    let numpy = |kind, shape, numbers: &[u8]| npy(kind, shape, numbers);
    let cases: [(&str, Vec<u8>, &[&str]); 16] = [
        ("x", numpy("|i1", "(20, 4)", &ones), &["no array spins"]),
        ("spins", numpy("|i1", "(80,)", &ones), &["shape", "[80]", "[samples, sites]"]),
        ("spins", numpy("|i1", "(5, 4, 4)", &ones), &["[5, 4, 4]"]),
        ("spins", numpy("|i1", "()", &ones[..1]), &["shape", "[]"]),
        ("spins", numpy("|i1", "(0, 4)", &[]), &["[0, 4]", "at least 1"]),
        ("spins", numpy("|u1", "(20, 4)", &ones), &["'|u1'", "int8"]),
        ("spins", numpy("|b1", "(20, 4)", &ones), &["'|b1'"]),
        ("spins", numpy("<f2", "(20, 2)", &ones), &["'<f2'", "float32"]),
        ("spins", numpy("<U1", "(20, 1)", &ones), &["'<U1'"]),
        ("spins", npy("i1', 'x': '", "(20, 4)", &ones), &["spins has no head"]),
        ("spins", numpy("|i1", "(20, 4)", &zero), &["is 0 at site 1 of sample 3", "1 or -1"]),
        ("spins", numpy("<f4", "(1, 2)", &nan), &["site 0 of sample 0", "NaN"]),
        ("spins", numpy("<f8", "(1, 1)", &1e300_f64.to_le_bytes()), &["is 1e300 at"]),
        ("spins", numpy("|i1", "(30, 4)", &ones), &["ends too early"]),
        ("spins", numpy("|i1", "(10, 4)", &ones), &["more numbers", "[10, 4]"]),
        ("spins", numpy("|i1", "(1000000, 1000000)", &ones), &["1000000000000", "1073741824"]),
    ];
    let train = GOOD.replace("a.npz", "w.npz");
    let held_out = format!("{GOOD} --held-out w.npz");
    for (name, array, words) in cases {
        for method in [Stored, Deflated] {
            npz(&room.path("w.npz"), &[(name, array.clone())], method);
            assert_refused(
                &room,
                &format!("{train} --out m.safetensors"),
                2,
                &[&["--data w.npz"], words].concat(),
            );
            assert_refused(
                &room,
                &format!("{held_out} --out m.safetensors"),
                2,
                &[&["--held-out w.npz"], words].concat(),
            );
        }
    }
    npz(&room.path("w.npz"), &[("spins", b"none".to_vec())], Stored);
    assert_refused(&room, &format!("{train} --out m.safetensors"), 2, &["--data w.npz", "spins"]);
}

#[test]
fn damaged_files() {
    let room = rings();
    let whole = fs::read(room.path("a.npz")).expect("a file");
    let refused = |bytes: &[u8], words: &[&str]| {
        fs::write(room.path("w.npz"), bytes).expect("a file");
        let train = GOOD.replace("a.npz", "w.npz");
        assert_refused(&room, &format!("{train} --out m.safetensors"), 2, words);
    };
    for length in [0, 1, 5, 100, whole.len() / 2, whole.len() - 1] {
        refused(&whole[..length], &["--data w.npz", ".npz or .npy"]);
    }
    // Another spin where the first was: only the checksum tells.
    let at = whole.windows(8).position(|b| b.iter().all(|&b| [1, 255].contains(&b)));
    let mut other = whole.clone();
    other[at.expect("spins")] ^= 254;
    refused(&other, &["--data w.npz", "spins", "hecksum"]);
    let array = npy("|i1", "(20, 4)", &[1; 80]);
    for length in [7, 40, 127, 150] {
        refused(&array[..length], &["--data w.npz", "array"]);
    }
}

#[test]
fn a_run_that_leaves_the_finite_numbers() {
    let room = rings();
    let wild = GOOD.replace("--rate 0.1", "--rate 1e6 --l2 1e6");
    let said =
        run(&room, &format!("{wild} --epochs 50 --out m.safetensors").replace("--epochs 3 ", ""));
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said:?}");
    for word in ["--rate", "finite", "update"] {
        assert!(said.err.contains(word), "no {word:?} in {said:?}");
    }
    assert!(!room.path("m.safetensors").exists());
}
