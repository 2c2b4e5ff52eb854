//! `train`: the RBM and its scores, the same bytes by any way, and every kind of bad input.

mod refusals;
mod stops;

use crate::common::json::{document, number};
use crate::common::numpy::{npy, npy_in_order, npz};
use crate::common::{Room, Said};
use rbm::{Rbm, file};
use serde_json::Value;
use std::fs;
use std::process::Stdio;
use zip::CompressionMethod::{Deflated, Stored};

/// Runs with arguments in one string.
fn run(room: &Room, arguments: &str) -> Said {
    room.run(arguments.split(' '))
}

/// A run that must succeed, and what it prints as JSON.
fn json(room: &Room, arguments: &str) -> Value {
    document(run(room, &format!("{arguments} --json")))
}

/// 1000 rings of 6 spins at T = 1 in `a.npz`, 500 others in `b.npz`.
fn rings() -> Room {
    let room = Room::new();
    for (count, seed, out) in [("1000", "1", "a.npz"), ("500", "2", "b.npz")] {
        let options = "sample --lattice ring:6 --temperature 1 --count";
        let said = run(&room, &format!("{options} {count} --seed {seed} --out {out}"));
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    room
}

const GOOD: &str =
    "train --data a.npz --hidden 3 --epochs 3 --batch 50 --rate 0.1 --gradient cd:1 --seed 1";

fn random_rbm(room: &Room, name: &str) -> (Rbm, file::Metadata) {
    file::from_bytes(&fs::read(room.path(name)).expect("a file")).expect("an RBM")
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// `ln Z + K <E>` of 6 spins at K = 1, Z = (2 cosh K)^6 + (2 sinh K)^6.
fn entropy_of_the_ring() -> f64 {
    let ln_z = ((2.0 * 1_f64.cosh()).powi(6) + (2.0 * 1_f64.sinh()).powi(6)).ln();
    let tanh = 1_f64.tanh();
    let energy = -6.0 * (tanh + tanh.powi(5)) / (1.0 + tanh.powi(6));
    ln_z + energy
}

#[test]
fn a_rbm_learns_what_can_be_known_and_evaluate_agrees() {
    let room = rings();
    let options =
        "--hidden 3 --epochs 60 --batch 50 --rate 0.2 --gradient exact --init 0.3 --seed 4";
    let document =
        json(&room, &format!("train --data a.npz --held-out b.npz {options} --out m.safetensors"));
    assert_eq!(keys(&document), ["curve", "final", "seconds", "settings", "updates", "visible"]);
    assert_eq!((&document["updates"], &document["visible"]), (&1200.into(), &6.into()));
    let settings = &document["settings"];
    for (key, value) in [
        ("hidden", Value::from(3)),
        ("epochs", 60.into()),
        ("rate", 0.2.into()),
        ("init", 0.3.into()),
        ("gradient", "exact".into()),
        ("no_bias", false.into()),
        ("seed", 4.into()),
    ] {
        assert_eq!(settings[key], value, "{key}");
    }
    assert_eq!(
        (&settings["data"]["samples"], &settings["held_out"]["samples"]),
        (&1000.into(), &500.into())
    );

    let curve = document["curve"].as_array().expect("a list");
    let epochs: Vec<&Value> = curve.iter().map(|point| &point["epoch"]).collect();
    assert_eq!(epochs, (0..=60).map(Value::from).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    assert_eq!(curve.last(), Some(&document["final"]));
    let likelihood = |scores: &Value| number(&scores["log_likelihood"]["mean"]);
    assert!(likelihood(&curve[0]) < likelihood(&curve[10]) - 0.5);
    // Decimation: three hidden units can have the distribution of six spins.
    let entropy = entropy_of_the_ring();
    let held_out = &document["final"]["held_out"];
    for scores in [&document["final"], held_out] {
        let error = number(&scores["log_likelihood"]["error"]);
        assert!((likelihood(scores) + entropy).abs() < 5.0 * error, "{scores} {entropy}");
    }

    // With so few samples all are scored.
    for (data, scores) in [("a.npz", &document["final"]), ("b.npz", held_out)] {
        let judged =
            json(&room, &format!("evaluate --rbm m.safetensors --data {data} --ais-steps 100"));
        for key in ["pseudo_log_likelihood", "reconstruction_error"] {
            assert!((number(&judged[key]) - number(&scores[key])).abs() < 1e-12, "{key} {data}");
        }
        for key in ["mean", "error"] {
            let [one, other] = [&judged, scores].map(|from| number(&from["log_likelihood"][key]));
            assert!((one - other).abs() < 1e-12, "{key} {data}");
        }
        let exact = json(&room, "exact rbm --file m.safetensors");
        let found = number(&judged["log_partition"]["exact"]);
        assert!((number(&exact["ln_z"]) - found).abs() < 1e-5, "{exact}");
    }
    assert_eq!(room.names(), ["a.npz", "b.npz", "m.safetensors", "m.safetensors.run"]);
}

#[test]
fn the_file_has_the_rbm_and_where_it_came_from() {
    let room = rings();
    let document = json(&room, &format!("{GOOD} --no-bias --out m.safetensors"));
    let (rbm, metadata) = random_rbm(&room, "m.safetensors");
    assert_eq!((rbm.visible(), rbm.hidden()), (6, 3));
    assert!(rbm.visible_bias.iter().chain(&rbm.hidden_bias).all(|&bias| bias == 0.0));
    let names: Vec<&String> = metadata.keys().collect();
    assert_eq!(names, ["seed", "settings", "updates", "version"]);
    assert_eq!((metadata["seed"].as_str(), metadata["updates"].as_str()), ("1", "60"));
    let settings: Value = serde_json::from_str(&metadata["settings"]).expect("JSON");
    assert_eq!(settings, document["settings"]);
    // A smaller layer of at most 20 units has a likelihood, a larger one has none.
    assert!(document["final"]["log_likelihood"].is_object());
    assert_eq!(document["final"]["held_out"], Value::Null);
}

#[test]
fn every_way_to_learn_and_the_table() {
    let room = rings();
    let mut rbms = Vec::new();
    for options in [
        "--gradient cd:1",
        "--gradient cd:3",
        "--gradient pcd:20:2",
        "--gradient ptt",
        "--gradient exact",
        "--gradient cd:1 --adam",
        "--gradient cd:1 --momentum 0.5",
        "--gradient cd:1 --l1 0.1",
        "--gradient cd:1 --l2 0.1",
        "--gradient cd:1 --no-bias",
        "--gradient cd:1 --init 0.1",
        "--gradient cd:1 --seed 2",
    ] {
        let rest =
            "train --data a.npz --held-out b.npz --hidden 3 --epochs 3 --batch 50 --rate 0.1";
        let seed = if options.contains("--seed") { "" } else { " --seed 1" };
        let said = run(&room, &format!("{rest} {options}{seed} --out m.safetensors"));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        for word in ["epoch", "ln p", "held-out", "free-energy gap", "6 x 3 units, 60 updates"] {
            assert!(said.out.contains(word), "no {word:?} in {said:?}");
        }
        assert!(said.out.contains("--resume m.safetensors.run"), "{said:?}");
        assert!(
            said.out.contains("scores of 1000 of 1000 samples and 500 of 500 held out"),
            "{said:?}"
        );
        rbms.push(random_rbm(&room, "m.safetensors").0);
    }
    for (i, one) in rbms.iter().enumerate() {
        assert!(rbms[..i].iter().all(|other| other != one), "RBM {i} is another's twin");
    }
}

#[test]
fn a_rbm_without_enumeration_and_a_long_run() {
    let room = Room::new();
    let sample = "sample --lattice square:5 --temperature 3 --count 60 --seed 1 --out a.npz";
    assert_eq!(run(&room, sample).code, Some(0));
    let rest = "--batch 7 --rate 0.01 --gradient cd:1 --seed 1 --out m.safetensors";
    let document = json(&room, &format!("train --data a.npz --hidden 21 --epochs 2 {rest}"));
    assert_eq!(
        (&document["final"]["log_likelihood"], &document["updates"]),
        (&Value::Null, &16.into())
    );
    let document = json(&room, &format!("train --data a.npz --hidden 2 --epochs 250 {rest}"));
    let curve = document["curve"].as_array().expect("a list");
    let even = |(i, point): (usize, &Value)| point["epoch"] == 4 * i;
    assert!(curve.iter().enumerate().all(even) && curve.len() == 63, "{curve:?}");
    assert_eq!(document["final"]["epoch"], 250);
}

#[test]
fn all_files_of_numpy_are_the_same() {
    let room = Room::new();
    let spin = |sample: usize, site: usize| {
        if (sample * 7 + site * site).is_multiple_of(3) { 1_i8 } else { -1 }
    };
    let rows: Vec<i8> = (0..40 * 4).map(|i| spin(i / 4, i % 4)).collect();
    let columns: Vec<i8> = (0..40 * 4).map(|i| spin(i % 40, i / 40)).collect();
    let bytes = |spins: &[i8], of: &dyn Fn(i8) -> Vec<u8>| -> Vec<u8> {
        spins.iter().flat_map(|&spin| of(spin)).collect()
    };
    let small = npy("|i1", "(40, 4)", &bytes(&rows, &|s| s.to_le_bytes().to_vec()));
    let other = npy("<U2", "(1,)", b"a\0\0\0b\0\0\0");
    let double = npy("<f8", "(40, 4)", &bytes(&rows, &|s| f64::from(s).to_le_bytes().to_vec()));
    let single = |s: i8| f32::from(s).to_be_bytes().to_vec();
    let arrays = |spins: &Vec<u8>| vec![("other", other.clone()), ("spins", spins.clone())];
    npz(&room.path("1.npz"), &arrays(&small), Stored);
    npz(&room.path("2.npz"), &arrays(&small), Deflated);
    npz(&room.path("3.npz"), &arrays(&double), Deflated);
    for (name, array) in [
        ("4.npy", small),
        ("5.npy", npy_in_order(">f4", "(40, 4)", "True", &bytes(&columns, &single))),
        ("6.npy", npy("<i8", "(40, 4)", &bytes(&rows, &|s| i64::from(s).to_le_bytes().to_vec()))),
        ("7.npy", npy(">i2", "(40, 4)", &bytes(&rows, &|s| i16::from(s).to_be_bytes().to_vec()))),
        ("8.npy", npy("<i4", "(40, 4)", &bytes(&rows, &|s| i32::from(s).to_le_bytes().to_vec()))),
    ] {
        fs::write(room.path(name), array).expect("a file");
    }
    let train = |data: &str| {
        let rest = "--hidden 2 --epochs 2 --batch 10 --rate 0.1 --gradient cd:1 --seed 1";
        let said = run(&room, &format!("train --data {data} {rest} --out m.safetensors"));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{data} {said:?}");
        fs::read(room.path("m.safetensors")).expect("a file")
    };
    let first = train("1.npz");
    for data in ["2.npz", "3.npz", "4.npy", "5.npy", "6.npy", "7.npy", "8.npy"] {
        assert!(train(data) == first, "{data}");
    }
}

#[test]
fn threads_change_no_byte_and_no_score() {
    let room = rings();
    for gradient in ["cd:2", "pcd:500:1", "ptt", "exact"] {
        let train = |threads: &str| {
            let rest = "--hidden 30 --epochs 2 --batch 500 --rate 0.1 --seed 1 --out m.safetensors";
            let arguments =
                format!("train --data a.npz --held-out b.npz {rest} --json --gradient {gradient}");
            let mut command = room.command();
            command.env("RAYON_NUM_THREADS", threads).args(arguments.split(' '));
            let output = command.stdin(Stdio::null()).output().expect("a process");
            assert!(output.status.success(), "{output:?}");
            let mut document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            document["seconds"] = Value::Null;
            (document, room.files())
        };
        let one = train("1");
        assert!(train("2") == one && train("5") == one, "{gradient}");
    }
}

#[test]
fn help_says_what_is_assumed() {
    let said = Room::new().succeed(["train", "--help"]);
    for word in [
        "Example: kadanoff train",
        "[default: 0.01]",
        "1000 samples",
        "pcd:chains:k",
        "F.safetensors.run",
        "free_energy_gap",
    ] {
        assert!(said.out.contains(word), "no {word:?} in {said:?}");
    }
}
