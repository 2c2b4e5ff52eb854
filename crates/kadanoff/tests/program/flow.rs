//! `calibrate` and `flow`: readings against what is known, the form of documents and files, and bad input.

mod refusals;

use crate::common::json::{document, number};
use crate::common::numpy::{numbers, settings_of, spins_of, temperatures_of};
use crate::common::{Room, Running, Said};
use flow::{Flow, Rule};
use nalgebra::{DMatrix, DVector};
use rbm::{Rbm, file};
use safetensors::SafeTensors;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// Standard errors of 400 samples allowed in some 15 tests: family-wise below 1e-6.
const SIGMAS: f64 = 6.0;

fn run(room: &Room, arguments: &str) -> Said {
    room.run(arguments.split(' '))
}

/// A run that must succeed, and what it prints as JSON.
fn json(room: &Room, arguments: &str) -> Value {
    document(run(room, &format!("{arguments} --json")))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Squares of 4 x 4 at T = 2, 3 and 4, 600 each, in `a.npz`, at T = 3, 400 others, in `b.npz`, and an RBM of random weights
/// in `m.safetensors`.
fn squares() -> Room {
    let room = Room::new();
    for options in [
        "--lattice square:4 --temperatures 2,3,4 --count 600 --seed 1 --symmetrise --out a.npz",
        "--lattice square:4 --temperature 3 --count 400 --seed 2 --symmetrise --out b.npz",
    ] {
        let said = run(&room, &format!("sample {options}"));
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    let rng = &mut stats::stream(1, "flow::test", 0);
    write(&room, "m.safetensors", &Rbm::random(16, 6, 0.4, rng));
    room
}

fn write(room: &Room, name: &str, rbm: &Rbm) {
    let bytes = file::to_bytes(rbm, &file::Metadata::new());
    fs::write(room.path(name), bytes).expect("a file");
}

const FLOW: &str = "flow --rbm m.safetensors --start b.npz --steps 3 --seed 1";
const CALIBRATE: &str = "calibrate --data a.npz --held-out b.npz --epochs 20 --draws 500";

/// Energy per spin in J of a 4 x 4 torus.
fn energy(spins: &[f64]) -> f64 {
    let at = |x: usize, y: usize| spins[y % 4 * 4 + x % 4];
    let bonds = |i: usize| at(i % 4, i / 4) * (at(i + 1, i / 4) + at(i % 4, i / 4 + 1));
    -(0..16).map(bonds).sum::<f64>() / 16.0
}

fn abs_m(spins: &[f64]) -> f64 {
    spins.iter().sum::<f64>().abs() / 16.0
}

fn assert_mean(found: &Value, samples: &[Vec<f64>], of: fn(&[f64]) -> f64) {
    let values: Vec<f64> = samples.iter().map(|sample| of(sample)).collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    assert!((number(&found["mean"]) - mean).abs() < 1e-6, "{found} {mean}");
    assert!((number(&found["error"]) - (variance / n).sqrt()).abs() < 1e-6, "{found}");
}

const READINGS: [&str; 8] = [
    "abs_m",
    "agreement",
    "chi_square",
    "degrees_of_freedom",
    "energy_per_spin",
    "p_value",
    "thermometers",
    "verdict",
];

#[test]
fn the_sampled_flow_and_its_document() {
    let room = squares();
    let document = json(&room, &format!("{FLOW} --rule sampled --out f.npz"));
    assert_eq!(keys(&document), ["note", "seconds", "steps", "verdict"]);
    assert_eq!(document["note"], Value::Null);
    let path = room.path("f.npz");
    let (shape, spins) = spins_of(&path);
    assert_eq!(shape, [4, 400, 16]);
    assert_eq!(spins[..6400], spins_of(&room.path("b.npz")).1);
    assert_eq!(temperatures_of(&path), [3.0; 400]);
    let settings = settings_of(&path);
    assert_eq!((&settings["rule"], &settings["steps"]), (&"sampled".into(), &3.into()));
    assert_eq!(
        (&settings["start"]["samples"], &settings["rbm"]["hidden"]),
        (&400.into(), &6.into())
    );

    let steps = document["steps"].as_array().expect("a list");
    assert_eq!((steps.len(), &document["verdict"]), (4, &steps[3]["verdict"]));
    for (number_of, (step, spins)) in steps.iter().zip(spins.chunks(6400)).enumerate() {
        assert_eq!(step["step"], number_of);
        assert_eq!(
            keys(step).into_iter().filter(|&key| key != "step").collect::<Vec<_>>(),
            READINGS
        );
        let samples: Vec<Vec<f64>> =
            spins.chunks(16).map(|v| v.iter().map(|&s| f64::from(s)).collect()).collect();
        assert_mean(&step["energy_per_spin"], &samples, energy);
        assert_mean(&step["abs_m"], &samples, abs_m);
        let thermometers = &step["thermometers"];
        let names = ["correlation", "energy", "magnetisation", "network", "two-point"];
        assert_eq!(keys(thermometers), names);
        assert_eq!(thermometers["network"], Value::Null);
        assert!(number(&step["chi_square"]) >= 0.0, "{step}");
    }
    // The start is an Ising ensemble at T = 3; RBMs of random weights know no lattice.
    assert_eq!(
        (&steps[0]["verdict"], &steps[3]["verdict"]),
        (&"one-temperature".into(), &"no-temperature".into())
    );
    for name in ["energy", "magnetisation", "correlation", "two-point"] {
        let read = &steps[0]["thermometers"][name];
        let (t, error) = (number(&read["temperature"]), number(&read["error"]));
        assert!((t - 3.0).abs() < SIGMAS * error && error < 0.3, "{name}: {read}");
    }
}

#[test]
fn the_mean_flow_is_that_of_the_library_and_is_read_after_sampling() {
    let room = squares();
    json(&room, &CALIBRATE.replace("calibrate", "calibrate --out t.safetensors"));
    let options = "--rule mean --thermometer t.safetensors --out f.npz";
    let document = json(&room, &format!("{FLOW} {options}"));
    let (shape, units) = numbers(&room.path("f.npz"), "spins", "<f4", f32::from_le_bytes);
    assert_eq!(shape, [4, 400, 16]);
    let (rbm, _) = file::from_bytes(&fs::read(room.path("m.safetensors")).unwrap()).unwrap();
    let flow = Flow { rbm: &rbm, rule: Rule::Mean };
    let mut v = DMatrix::from_column_slice(16, 400, &units[..6400]);
    for (number_of, (step, units)) in
        document["steps"].as_array().unwrap().iter().zip(units.chunks(6400)).enumerate()
    {
        if number_of > 0 {
            v = flow.step(&v, &mut stats::stream(0, "not used", 0));
        }
        assert_eq!(v.as_slice(), units);
        if number_of == 0 {
            assert!(step.get("of_means").is_none());
            continue;
        }
        let samples: Vec<Vec<f64>> =
            units.chunks(16).map(|v| v.iter().map(|&s| f64::from(s)).collect()).collect();
        let of_means = &step["of_means"];
        assert_mean(&of_means["energy_per_spin"], &samples, energy);
        assert_mean(&of_means["abs_m"], &samples, abs_m);
        // Independent units have the energy of their means, on average, and more |m|.
        let [(one, error), (other, _)] = [step, of_means].map(|from| {
            let found = &from["energy_per_spin"];
            (number(&found["mean"]), number(&found["error"]))
        });
        assert!((one - other).abs() < SIGMAS * error, "{step}");
        let thermometers = &step["thermometers"];
        let [means, sampled] =
            ["network", "network-sampled"].map(|name| number(&thermometers[name]["temperature"]));
        assert!(means != sampled && (2.0..=4.0).contains(&means), "{thermometers}");
    }
}

#[test]
fn a_rbm_without_weights_ends_at_infinite_temperature_and_a_strong_one_at_zero() {
    let room = squares();
    let mut up = Rbm::uniform(16, 2, 0.0);
    write(&room, "m.safetensors", &up);
    let hot = json(&room, &format!("{FLOW} --rule sampled --out f.npz"));
    let energy = &hot["steps"][3]["energy_per_spin"];
    assert!(number(&energy["mean"]).abs() < SIGMAS * number(&energy["error"]), "{energy}");
    assert_ne!(hot["verdict"], "no-temperature", "{hot}");
    up.visible_bias.fill(50.0);
    write(&room, "m.safetensors", &up);
    let cold = json(&room, &format!("{FLOW} --rule sampled --out f.npz"));
    assert_eq!(cold["verdict"], "at-most");
    let last = &cold["steps"][3];
    for name in ["energy", "magnetisation", "correlation", "two-point"] {
        let read = &last["thermometers"][name];
        assert_eq!((&read["temperature"], &read["error"]), (&Value::Null, &Value::Null));
        assert!((0.1..1.5).contains(&number(&read["at_most"])), "{name}: {read}");
    }
    assert_eq!(last["abs_m"], serde_json::json!({ "mean": 1.0, "error": 0.0 }));
    let said = run(&room, &format!("{FLOW} --rule sampled --out f.npz"));
    for word in ["T: energy", "≤ ", "after 3 steps it looks like the Ising model at T ≤", "f.npz"]
    {
        assert!(said.out.contains(word), "no {word:?} in {said:?}");
    }
}

/// The network's mean temperature, from the tensors alone.
fn by_tensors(path: &Path, samples: &[i8]) -> f64 {
    let bytes = fs::read(path).expect("a file");
    let tensors = SafeTensors::deserialize(&bytes).expect("safetensors");
    let f32s = |name: &str| -> Vec<f32> {
        let data = tensors.tensor(name).expect("a tensor").data();
        data.as_chunks::<4>().0.iter().map(|&x| f32::from_le_bytes(x)).collect()
    };
    let scale = tensors.tensor("scale").expect("a tensor").data();
    let scale: Vec<f64> = scale.as_chunks::<8>().0.iter().map(|&x| f64::from_le_bytes(x)).collect();
    let layer = |depth: usize, x: &DVector<f32>| {
        let bias = f32s(&format!("bias.{depth}"));
        let weights = f32s(&format!("weights.{depth}"));
        DMatrix::from_row_slice(bias.len(), x.len(), &weights) * x + DVector::from_vec(bias)
    };
    let read = |sample: &[i8]| {
        let x = DVector::from_iterator(16, sample.iter().map(|&s| f32::from(s)));
        let p = layer(1, &layer(0, &x).map(f32::tanh)).map(|x| f64::from(x).exp());
        p.iter().zip(&scale).map(|(p, t)| p * t).sum::<f64>() / p.sum()
    };
    let read: Vec<f64> = samples.chunks(16).map(read).collect();
    read.iter().sum::<f64>() / read.len() as f64
}

#[test]
fn thermometers_are_tested_and_read_the_same_in_a_flow() {
    let room = squares();
    let document = json(&room, &format!("{CALIBRATE} --out t.safetensors"));
    let names = ["accuracy", "confusion", "curves", "held_out", "loss", "note", "scale", "seconds"];
    assert_eq!((keys(&document), &document["note"]), (names.to_vec(), &Value::Null));
    assert_eq!(document["scale"], serde_json::json!([2.0, 3.0, 4.0]));
    assert_eq!(
        (&document["curves"]["side"], &document["curves"]["draws"]),
        (&4.into(), &500.into())
    );
    assert!(number(&document["curves"]["energy_error"]) < 1e-3);
    // Better than chance; of T = 3 all samples are taken for something.
    assert!(number(&document["loss"]) < 3f64.ln());
    let taken: Vec<u64> =
        document["confusion"][1].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    assert_eq!(taken.iter().sum::<u64>(), 400);
    assert_eq!(number(&document["accuracy"]), taken[1] as f64 / 400.0);
    let held_out = document["held_out"].as_array().expect("a list");
    assert_eq!((held_out.len(), &held_out[0]["count"]), (1, &400.into()));
    let test = &held_out[0];
    for name in ["energy", "magnetisation", "correlation", "two-point"] {
        let read = &test["thermometers"][name];
        let miss = number(&read["temperature"]) - number(&test["temperature"]);
        assert!(miss.abs() < SIGMAS * number(&read["error"]), "{name}: {read}");
    }
    let spins = spins_of(&room.path("b.npz")).1;
    let expected = by_tensors(&room.path("t.safetensors"), &spins);
    let found = number(&test["thermometers"]["network"]["temperature"]);
    assert!((found - expected).abs() < 1e-5, "{found} {expected}");

    let options = "--rule sampled --thermometer t.safetensors --out f.npz";
    let flow = json(&room, &format!("{FLOW} {options}"));
    for key in READINGS {
        assert_eq!(flow["steps"][0][key], test[key], "{key}");
    }
    // Without other samples the last tenth is held out.
    let own = json(&room, "calibrate --data a.npz --epochs 1 --draws 100 --out u.safetensors");
    let counts: Vec<&Value> =
        own["held_out"].as_array().unwrap().iter().map(|test| &test["count"]).collect();
    assert_eq!(counts, [60, 60, 60]);
    let said = run(&room, &format!("{CALIBRATE} --out t.safetensors"));
    for word in ["held out", "T: network", "cross-entropy", "right", "500 draws", "t.safetensors"] {
        assert!(said.out.contains(word), "no {word:?} in {said:?}");
    }
}

#[test]
fn what_is_no_square_has_no_physical_thermometers() {
    let room = Room::new();
    let sample = "sample --lattice ring:6 --temperatures 1,3 --count 50 --seed 1 --out a.npz";
    assert_eq!(run(&room, sample).code, Some(0));
    write(&room, "m.safetensors", &Rbm::uniform(6, 2, 0.3));
    let calibrated = json(&room, "calibrate --data a.npz --batch 10 --out t.safetensors");
    assert_eq!(calibrated["curves"], Value::Null);
    let flow = "flow --rbm m.safetensors --start a.npz --steps 1 --rule sampled --seed 1 --out f.npz --thermometer t.safetensors";
    let document = json(&room, flow);
    for document in [&calibrated, &document] {
        let note = document["note"].as_str().expect("a sentence");
        assert!(note.contains("squares of 4 x 4"), "{note}");
    }
    let last = &document["steps"][1];
    assert_eq!((&last["energy_per_spin"], &last["verdict"]), (&Value::Null, &Value::Null));
    assert!(last["abs_m"]["mean"].is_number());
    assert!(last["thermometers"]["network"]["temperature"].is_number(), "{last}");
    assert!(run(&room, flow).out.contains("squares of 4 x 4"));
    // Few samples of a square are too few for a covariance.
    let room = squares();
    let sample = "sample --lattice square:4 --temperature 2 --count 11 --seed 1 --out b.npz";
    assert_eq!(run(&room, sample).code, Some(0));
    let document = json(&room, &format!("{FLOW} --rule mean --out f.npz"));
    assert!(document["note"].as_str().expect("a sentence").contains("12 samples"), "{document}");
    assert!(document["steps"][3]["energy_per_spin"]["mean"].is_number());
}

#[test]
fn help_has_an_example_and_the_options() {
    let room = Room::new();
    for (verb, words) in [
        ("flow", ["Example: kadanoff flow", "mean", "at_least", "seconds up", "--thermometer"]),
        ("calibrate", ["Example: kadanoff calibrate", "weights.0", "512,256,64", "60", "--draws"]),
    ] {
        let said = run(&room, &format!("{verb} --help"));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        for word in words {
            assert!(said.out.contains(word), "no {word:?} in {said:?}");
        }
    }
}

#[test]
fn threads_change_no_byte_and_seeds_do() {
    let room = squares();
    let result = |threads: &str, seed: &str, arguments: &str, out: &str| {
        let mut command = room.command();
        command.env("RAYON_NUM_THREADS", threads).args(arguments.split(' '));
        command.args(["--out", out, "--seed", seed, "--json"]);
        let said = command.stdin(Stdio::null()).output().expect("a process");
        assert!(said.status.success(), "{said:?}");
        let text = String::from_utf8(said.stdout).expect("UTF-8");
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains("\"seconds\"")).collect();
        (fs::read(room.path(out)).expect("a file"), lines.concat())
    };
    let flow = FLOW.replace(" --seed 1", "");
    for (arguments, out) in [
        (CALIBRATE.to_owned(), "t.safetensors"),
        (format!("{flow} --rule sampled"), "f.npz"),
        (format!("{flow} --rule mean"), "f.npz"),
    ] {
        let one = result("1", "1", &arguments, out);
        assert!(one == result("2", "1", &arguments, out), "{arguments}");
        assert!(one == result("5", "1", &arguments, out), "{arguments}");
        assert!(one.1 != result("1", "2", &arguments, out).1, "{arguments}");
    }
}

#[test]
fn what_is_stopped_leaves_the_old_file() {
    let room = squares();
    let out = room.path("f.npz");
    fs::write(&out, "mine").expect("a file");
    let mut command = room.command();
    let arguments = FLOW.replace("--steps 3", "--steps 100000");
    command.args(arguments.split(' ')).args(["--rule", "sampled", "--out", "f.npz"]);
    let mut run_of = Running(command.stdout(Stdio::null()).spawn().expect("a process"));
    let written = || {
        let files = room.files();
        files.iter().any(|(name, bytes)| name.starts_with(".f.npz.tmp-") && bytes.len() > 10_000)
    };
    assert!(run_of.wait_until(written));
    assert!(!run_of.kill().success());
    assert_eq!(fs::read(&out).expect("a file"), b"mine");
    json(&room, &format!("{FLOW} --rule sampled --out f.npz"));
    assert!(!room.names().iter().any(|name| name.contains(".tmp-")));
}
