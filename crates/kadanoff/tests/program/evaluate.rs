//! `evaluate`: its numbers against sums over all states, the form of its document, and bad input.

use crate::common::json::{document, number};
use crate::common::numpy::spins;
use crate::common::{Room, Said};
use nalgebra::DMatrix;
use rbm::{Rbm, file};
use serde_json::Value;
use std::fs;
use std::process::Stdio;

fn run(room: &Room, arguments: &str) -> Said {
    room.run(["evaluate"].into_iter().chain(arguments.split(' ')))
}

fn json(room: &Room, arguments: &str) -> Value {
    document(run(room, &format!("{arguments} --json")))
}

/// An RBM of random weights with biases, in `m.safetensors`.
fn random_rbm(room: &Room, visible: usize, hidden: usize, std: f32) -> Rbm {
    let rng = &mut stats::stream(5, "evaluate::test", visible as u64);
    let mut rbm = Rbm::random(visible, hidden, std, rng);
    rbm.visible_bias.copy_from(&Rbm::random(visible, 1, 0.3, rng).weights);
    rbm.hidden_bias.copy_from(&Rbm::random(hidden, 1, 0.3, rng).weights);
    let bytes = file::to_bytes(&rbm, &file::Metadata::new());
    fs::write(room.path("m.safetensors"), bytes).expect("a file");
    rbm
}

/// Samples without a rule, in `a.npz`.
fn samples(room: &Room, sites: usize, count: usize) -> Vec<Vec<i8>> {
    let rng = &mut stats::stream(6, "evaluate::test", 0);
    let units = Rbm::uniform(sites, 1, 0.0).sample_visible(&DMatrix::zeros(1, count), rng);
    let samples = units.column_iter().map(|v| v.iter().map(|&v| v as i8).collect());
    let samples: Vec<Vec<i8>> = samples.collect();
    spins(&room.path("a.npz"), &samples);
    samples
}

/// `b v + c h + v W h` of a state by its bits.
fn weight(rbm: &Rbm, v: &[f64], h: usize) -> f64 {
    let spin = |a: usize| if h >> a & 1 == 1 { 1.0 } else { -1.0 };
    let mut exponent = 0.0;
    for (i, v) in v.iter().enumerate() {
        exponent += f64::from(rbm.visible_bias[i]) * v;
        let field = |a: usize| f64::from(rbm.weights[(i, a)]) * spin(a);
        exponent += v * (0..rbm.hidden()).map(field).sum::<f64>();
    }
    let biases = (0..rbm.hidden()).map(|a| f64::from(rbm.hidden_bias[a]) * spin(a));
    f64::exp(exponent + biases.sum::<f64>())
}

fn marginal(rbm: &Rbm, v: &[f64]) -> f64 {
    (0..1 << rbm.hidden()).map(|h| weight(rbm, v, h)).sum()
}

#[test]
fn the_form_of_the_document() {
    let room = Room::new();
    random_rbm(&room, 5, 3, 0.8);
    samples(&room, 5, 40);
    let document = json(&room, "--rbm m.safetensors --data a.npz");
    let keys = |value: &Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let scores = ["pseudo_log_likelihood", "reconstruction_error"];
    let top = ["errors", "log_likelihood", "log_partition", scores[0], scores[1], "warning"];
    assert_eq!(keys(&document), top);
    assert_eq!(keys(&document["log_likelihood"]), ["error", "mean"]);
    assert_eq!(keys(&document["errors"]), scores);
    let bounds = [
        "effective_chains",
        "error",
        "estimate",
        "exact",
        "upper",
        "upper_effective_chains",
        "upper_error",
    ];
    assert_eq!(keys(&document["log_partition"]), bounds);
    assert_eq!(document["warning"], Value::Null);
}

#[test]
fn sums_over_all_states_say_the_same() {
    let room = Room::new();
    let rbm = random_rbm(&room, 5, 3, 0.8);
    let data = samples(&room, 5, 40);
    let document = json(&room, "--rbm m.safetensors --data a.npz");
    let state = |bits: usize| -> Vec<f64> {
        (0..5).map(|i| if bits >> i & 1 == 1 { 1.0 } else { -1.0 }).collect()
    };
    let ln_z = (0..32).map(|bits| marginal(&rbm, &state(bits))).sum::<f64>().ln();
    let data: Vec<Vec<f64>> =
        data.iter().map(|sample| sample.iter().map(|&spin| f64::from(spin)).collect()).collect();
    let ln_p: Vec<f64> = data.iter().map(|v| marginal(&rbm, v).ln() - ln_z).collect();
    let mean = ln_p.iter().sum::<f64>() / 40.0;
    let variance = ln_p.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 39.0;
    let pseudo = |v: &Vec<f64>| -> f64 {
        let of_unit = |i: usize| {
            let mut flipped = v.clone();
            flipped[i] = -v[i];
            let (here, there) = (marginal(&rbm, v), marginal(&rbm, &flipped));
            (here / (here + there)).ln()
        };
        (0..5).map(of_unit).sum()
    };
    let pseudo = data.iter().map(pseudo).sum::<f64>() / 40.0;
    let wrong = |v: &Vec<f64>| -> f64 {
        let w = |i: usize, a: usize| f64::from(rbm.weights[(i, a)]);
        let h = |a: usize| {
            (f64::from(rbm.hidden_bias[a]) + (0..5).map(|i| w(i, a) * v[i]).sum::<f64>()).tanh()
        };
        let back = |i: usize| {
            (f64::from(rbm.visible_bias[i]) + (0..3).map(|a| w(i, a) * h(a)).sum::<f64>()).tanh()
        };
        (0..5).map(|i| (1.0 - v[i] * back(i)) / 2.0).sum::<f64>() / 5.0
    };
    let wrong = data.iter().map(wrong).sum::<f64>() / 40.0;
    let partition = &document["log_partition"];
    for (found, expected) in [
        (&document["log_likelihood"]["mean"], mean),
        (&document["log_likelihood"]["error"], (variance / 40.0).sqrt()),
        (&partition["exact"], ln_z),
        (&document["pseudo_log_likelihood"], pseudo),
        (&document["reconstruction_error"], wrong),
    ] {
        assert!((number(found) - expected).abs() < 1e-5, "{found} {expected}");
    }
    // At five standard errors the three are right but for one run in a million.
    for (bound, error, chains) in [
        ("estimate", "error", "effective_chains"),
        ("upper", "upper_error", "upper_effective_chains"),
    ] {
        let [bound, error, chains] = [bound, error, chains].map(|key| number(&partition[key]));
        assert!(error > 0.0 && error < 0.05, "{partition}");
        assert!((bound - ln_z).abs() < 5.0 * error, "{partition}");
        assert!(chains > 256.0 && chains < 512.0, "{partition}");
    }
}

#[test]
fn document_and_table_warn_of_bounds_that_do_not_meet() {
    let room = Room::new();
    samples(&room, 64, 100);
    let mut warnings = Vec::new();
    for (std, steps) in [(0.05, 100), (0.4, 0), (3.0, 10)] {
        random_rbm(&room, 64, 40, std);
        let arguments =
            format!("--rbm m.safetensors --data a.npz --ais-chains 100 --ais-steps {steps}");
        let document = json(&room, &arguments);
        let said = run(&room, &arguments);
        match document["warning"].as_str() {
            None => assert!(!said.out.contains("estimate"), "{said:?}"),
            Some(warning) => assert!(said.out.contains(&format!("\n{warning}\n")), "{said:?}"),
        }
        let partition = &document["log_partition"];
        let [lower, upper, error, other] =
            ["estimate", "upper", "error", "upper_error"].map(|key| number(&partition[key]));
        let apart = (upper - lower).abs() > 5.0 * error.hypot(other);
        let mut few = false;
        for key in ["effective_chains", "upper_effective_chains"] {
            let chains = number(&partition[key]);
            few |= chains < 30.0;
            let chains = format!("{chains:.0} of 100 chains count");
            assert!(said.out.contains(&chains), "no {chains:?} in {said:?}");
        }
        assert_eq!(document["warning"].is_string(), apart || few, "{document}");
        warnings.push(document["warning"].clone());
    }
    assert_eq!(warnings[0], Value::Null);
    assert!(warnings[1..].iter().all(Value::is_string), "{warnings:?}");
}

#[test]
fn a_sum_that_would_be_too_long() {
    let room = Room::new();
    random_rbm(&room, 2, (1 << 16) + 1, 0.001);
    samples(&room, 2, 10);
    let arguments = "--rbm m.safetensors --data a.npz --ais-chains 2 --ais-steps 1";
    assert_eq!(json(&room, arguments)["log_partition"]["exact"], Value::Null);
    let said = run(&room, arguments);
    assert!(said.out.contains("would be too long"), "{said:?}");
}

#[test]
fn a_rbm_that_cannot_be_enumerated() {
    let room = Room::new();
    random_rbm(&room, 30, 26, 0.05);
    samples(&room, 30, 100);
    let document = json(&room, "--rbm m.safetensors --data a.npz --ais-chains 100 --ais-steps 100");
    let partition = &document["log_partition"];
    assert_eq!(partition["exact"], Value::Null);
    let [estimate, error, upper] =
        ["estimate", "error", "upper"].map(|key| number(&partition[key]));
    assert!((upper - estimate).abs() < 10.0 * error, "{partition}");
    // With fewer steps ln Z is less certain, and the likelihood with it.
    let rough = json(&room, "--rbm m.safetensors --data a.npz --ais-chains 4 --ais-steps 0");
    let [fine, rough] = [document, rough].map(|from| {
        (number(&from["log_likelihood"]["error"]), number(&from["log_partition"]["error"]))
    });
    let of_samples = (fine.0.powi(2) - fine.1.powi(2)).sqrt();
    assert!(rough.1 > 2.0 * fine.1, "{rough:?} {fine:?}");
    assert!((rough.0.powi(2) - rough.1.powi(2) - of_samples.powi(2)).abs() < 1e-9);
}

#[test]
fn threads_change_nothing_and_seeds_do() {
    let room = Room::new();
    random_rbm(&room, 30, 26, 0.1);
    samples(&room, 30, 300);
    let judge = |threads: &str, seed: &str| {
        let arguments = "evaluate --rbm m.safetensors --data a.npz --ais-chains 200 --ais-steps 20 --json --seed";
        let mut command = room.command();
        command.env("RAYON_NUM_THREADS", threads).args(arguments.split(' ')).arg(seed);
        command.stdin(Stdio::null()).output().expect("a process").stdout
    };
    let one = judge("1", "1");
    assert!(!one.is_empty() && one == judge("2", "1") && one == judge("5", "1"));
    assert!(one != judge("1", "2"));
}

#[test]
fn the_table_and_the_help() {
    let room = Room::new();
    random_rbm(&room, 4, 2, 0.5);
    samples(&room, 4, 1);
    let said = run(&room, "--rbm m.safetensors --data a.npz");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    for word in [
        "log-likelihood",
        "ln Z, annealed",
        "of 512 chains",
        "exact draws",
        "4 x 2 units, 1 samples",
    ] {
        assert!(said.out.contains(word), "no {word:?} in {said:?}");
    }
    // One sample has no error.
    let document = json(&room, "--rbm m.safetensors --data a.npz");
    assert_eq!(document["log_likelihood"]["error"], Value::Null);
    let said = room.succeed(["evaluate", "--help"]);
    for word in ["Example: kadanoff evaluate", "[default: 512]", "[default: 1000]", "Gibbs chains"]
    {
        assert!(said.out.contains(word), "no {word:?} in {said:?}");
    }
}

#[test]
fn a_rbm_beyond_the_finite_numbers() {
    let room = Room::new();
    let mut rbm = random_rbm(&room, 5, 3, 0.8);
    rbm.weights.fill(f32::MAX);
    let bytes = file::to_bytes(&rbm, &file::Metadata::new());
    fs::write(room.path("m.safetensors"), bytes).expect("a file");
    samples(&room, 5, 40);
    room.refuse(
        "evaluate --rbm m.safetensors --data a.npz".split(' '),
        2,
        &["--rbm m.safetensors", "so large"],
    );
}

#[test]
fn wrong_input_costs_a_sentence() {
    let room = Room::new();
    random_rbm(&room, 4, 2, 0.5);
    samples(&room, 4, 10);
    spins(&room.path("b.npz"), &[vec![1; 5]]);
    let mut rbm = Rbm::uniform(4, 2, 0.5);
    rbm.weights[(3, 1)] = f32::NAN;
    let bytes = file::to_bytes(&rbm, &file::Metadata::new());
    fs::write(room.path("nan.safetensors"), &bytes).expect("a file");
    fs::write(room.path("half.safetensors"), &bytes[..bytes.len() / 2]).expect("a file");
    let good = "--rbm m.safetensors --data a.npz";
    let cases: [(&str, &str, &[&str]); 15] = [
        ("m.safetensors", "none.safetensors", &["--rbm none.safetensors", "cannot be read"]),
        ("m.safetensors", "a.npz", &["--rbm a.npz", "safetensors"]),
        ("m.safetensors", "half.safetensors", &["--rbm half.safetensors", "safetensors"]),
        ("m.safetensors", "nan.safetensors", &["--rbm nan.safetensors", "weights", "NaN"]),
        ("m.safetensors", "folder", &["--rbm folder", "cannot be read"]),
        ("a.npz", "b.npz", &["--data b.npz", "5 sites", "m.safetensors", "4 visible"]),
        ("a.npz", "m.safetensors", &["--data m.safetensors", ".npz"]),
        ("a.npz", "a.npz --ais-chains 1", &["--ais-chains", "'1'", "from 2"]),
        ("a.npz", "a.npz --ais-chains 1000001", &["'1000001'"]),
        ("a.npz", "a.npz --ais-steps -1", &["--ais-steps", "'-1'", "from 0"]),
        ("a.npz", "a.npz --seed x", &["--seed", "'x'"]),
        ("a.npz", "a.npz --nonsense", &["--nonsense"]),
        ("a.npz", "a.npz more", &["more"]),
        ("--rbm m.safetensors ", "", &["--rbm"]),
        (" --data a.npz", "", &["--data"]),
    ];
    fs::create_dir(room.path("folder")).expect("a folder");
    for (old, new, words) in cases {
        let arguments = format!("evaluate {}", good.replace(old, new));
        room.refuse(arguments.split(' '), 2, words);
    }
}
