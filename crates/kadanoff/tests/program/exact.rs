//! `exact`: every quantity against the golden values, in both forms, and every kind of bad input.

mod refusals;

use crate::common::{Room, Said};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Closed forms and sums, as in the tests of the library.
const CLOSED: f64 = 1e-12;
/// Roots: rounding divided by the slope at the root.
const ROOT: f64 = 1e-10;
/// Absolute, for differences of terms of order 10 that may cancel.
const CANCELS: f64 = 1e-13;

fn golden(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../data/golden/{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).expect("golden values")).expect("JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list {key} in {value}"))
}

/// A case of a golden list that has these values, exactly.
fn case(cases: &[Value], keys: &[(&str, f64)]) -> Value {
    let fits = |case: &&Value| keys.iter().all(|(key, value)| case[key].as_f64() == Some(*value));
    cases.iter().find(fits).unwrap_or_else(|| panic!("no case {keys:?}")).clone()
}

/// Runs `exact` with arguments in one string.
fn run(room: &Room, arguments: &str) -> Said {
    room.run(["exact"].into_iter().chain(arguments.split(' ')))
}

/// What `exact` prints as JSON, whose names must be these in this order.
fn json(room: &Room, arguments: &str, names: &[&str]) -> Value {
    let said = run(room, &format!("{arguments} --json"));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    let value: Value = serde_json::from_str(&said.out).expect("one document");
    assert_eq!(value.as_object().expect("an object").len(), names.len(), "{arguments}: {value}");
    // A map of serde_json is sorted: the order is that of the lines.
    let keys = said.out.lines().filter_map(|line| line.trim().split('"').nth(1));
    assert_eq!(keys.collect::<Vec<_>>(), names, "{arguments}");
    shows_the_same(room, arguments, &value);
    value
}

/// The text has the numbers of the JSON, to 12 digits, wherever it does not shorten.
fn shows_the_same(room: &Room, arguments: &str, json: &Value) {
    let said = run(room, arguments);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    let mut shown: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in said.out.lines() {
        let mut words = line.split_whitespace();
        if !line.starts_with(' ') {
            shown.push((words.next().expect("a name"), Vec::new()));
        }
        shown.last_mut().expect("a name").1.extend(words);
    }
    assert_eq!(shown.len(), json.as_object().expect("an object").len(), "{said:?}");
    for (name, words) in shown {
        let numbers = numbers(&json[name]);
        if let Some(at) = words.iter().position(|word| *word == "..") {
            assert_eq!(words[at + 3], format!("({}", numbers.len()), "{words:?}");
            same_digits(&words[..at], &numbers[..at]);
        } else {
            same_digits(&words, &numbers);
        }
    }
}

fn same_digits(words: &[&str], numbers: &[Option<f64>]) {
    assert_eq!(words.len(), numbers.len(), "{words:?}");
    for (word, number) in words.iter().zip(numbers) {
        match number {
            Some(x) => {
                let shown: f64 = word.parse().expect("a number");
                assert!((shown - x).abs() <= 5.1e-12 * x.abs(), "{word} {x:e}");
            }
            None => assert!(["infinite", "-infinite", "undefined", "none"].contains(word)),
        }
    }
}

/// All numbers of a value, row by row; null is none.
fn numbers(value: &Value) -> Vec<Option<f64>> {
    match value {
        Value::Array(entries) => entries.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64()],
    }
}

fn assert_close(found: &Value, expected: &Value, relative: f64, floor: f64) {
    let (found, expected) = (numbers(found), numbers(expected));
    assert_eq!(found.len(), expected.len(), "{found:?} {expected:?}");
    for (a, b) in found.iter().zip(&expected) {
        let (a, b) = (a.expect("a number"), b.expect("a number"));
        assert!((a - b).abs() <= relative * b.abs() + floor, "{a:e}, not {b:e}");
    }
}

/// Values by name of the found and of the expected document.
fn assert_agree(found: &Value, expected: &Value, names: &[(&str, &str)], relative: f64) {
    for (name, key) in names {
        assert!(!expected[key].is_null(), "no {key}");
        assert_close(&found[name], &expected[key], relative, CANCELS);
    }
}

const RING: [&str; 9] = [
    "ln_z",
    "free_energy_per_spin",
    "energy_per_spin",
    "heat_capacity_per_spin",
    "v2",
    "v4",
    "p_v",
    "p_walls",
    "correlation",
];

#[test]
fn rings() {
    let room = Room::new();
    let golden = golden("ising1d");
    for (m, k) in [(2, 1.0), (8, 0.1), (8, 1.0), (8, 3.0), (100, 5.0)] {
        let expected = case(list(&golden, "cases"), &[("M", f64::from(m)), ("K", k)]);
        let found = json(&room, &format!("ring --sites {m} --coupling {k}"), &RING);
        assert_agree(&found, &expected, &[("ln_z", "lnZ"), ("v2", "V2"), ("v4", "V4")], CLOSED);
        let free = -expected["lnZ"].as_f64().expect("ln Z") / (f64::from(m) * k);
        assert_close(&found["free_energy_per_spin"], &json!(free), CLOSED, 0.0);
        if expected["P_V"].is_array() {
            let names = [
                ("p_v", "P_V"),
                ("p_walls", "P_D"),
                ("correlation", "corr_r"),
                ("heat_capacity_per_spin", "heat_capacity_per_spin"),
            ];
            assert_agree(&found, &expected, &names, CLOSED);
            let alpha = expected["mean_alpha"].as_f64().expect("<alpha>");
            assert_close(&found["energy_per_spin"], &json!(-alpha / f64::from(m)), CLOSED, CANCELS);
        }
    }
    let frozen = json(&room, "ring --sites 4 --coupling inf", &RING);
    assert!(frozen["ln_z"].is_null());
    assert_eq!(frozen["p_v"], json!([0.5, 0.0, 0.0, 0.0, 0.5]));
    let hot = json(&room, "ring --sites 4 --coupling -0", &RING);
    assert!(hot["free_energy_per_spin"].is_null());
    let said = run(&room, "ring --sites 4 --coupling 0");
    assert!(said.out.contains("free_energy_per_spin    -infinite\n"), "{said:?}");
    json(&room, "ring --sites 4096 --coupling -1", &RING);
    json(&room, "ring --sites 4097 --coupling -1", &RING[..6]);
    json(&room, "ring --sites 4097 --coupling -1 --full", &RING);
}

#[test]
fn decimations() {
    let room = Room::new();
    let names = ["couplings", "constants"];
    for flow in list(&golden("decimation"), "flows") {
        let steps = list(flow, "steps");
        let of = |key: &str| Value::from_iter(steps.iter().map(|step| step[key].clone()));
        let arguments =
            format!("decimate --coupling {} --steps {}", flow["K_start"], steps.len() - 1);
        let found = json(&room, &arguments, &names);
        // Below 1e-300 nothing is left of K but that it vanishes.
        assert_close(&found["couplings"], &of("K"), CLOSED, 1e-300);
        assert_close(&found["constants"], &of("K0"), CLOSED, 0.0);
    }
    let arguments = "decimate --coupling -1 --constant -0.5 --factor 3 --steps 1";
    let found = json(&room, arguments, &names);
    let k = (-1f64).tanh().powi(3).atanh();
    assert_close(&found["couplings"], &json!([-1.0, k]), CLOSED, 0.0);
    let found = json(&room, "decimate --coupling 1 --steps 0", &names);
    assert_eq!(found, json!({ "couplings": [1.0], "constants": [0.0] }));
    let found = json(&room, "decimate --coupling 1 --steps 2000", &names);
    assert!(found["constants"][2000].is_null() && found["couplings"][2000] == 0.0);
}

const WEIGHT: [&str; 4] = ["weight", "kl", "gain", "fixed_point"];

#[test]
fn weights() {
    let room = Room::new();
    let uniform = golden("uniform_rbm");
    let flow = golden("flow");
    for (m, n, k) in [(8, 4, 1.0), (4, 2, 5.0), (9, 5, 0.1)] {
        let keys = [("M", f64::from(m)), ("N", f64::from(n)), ("K", k)];
        let arguments = format!("weight --visible {m} --hidden {n} --coupling {k}");
        let found = json(&room, &arguments, &WEIGHT);
        let expected = case(list(&uniform, "wstar"), &keys);
        let names = [("weight", "Wstar"), ("gain", "NMW2"), ("kl", "KL_at_Wstar")];
        assert_agree(&found, &expected, &names, ROOT);
    }
    let expected = case(list(&flow, "fixed_points"), &[("M", 8.0), ("N", 4.0), ("K", 1.5)]);
    let found = json(&room, "weight --visible 8 --hidden 4 --coupling 1.5", &WEIGHT);
    assert_agree(&found, &expected, &[("fixed_point", "m_star")], ROOT);
    let expected = case(list(&uniform, "large"), &[("M", 10_000.0), ("K", 1.0)]);
    let found = json(&room, "weight --visible 10000 --hidden 5000 --coupling 1", &WEIGHT);
    assert_agree(&found, &expected, &[("weight", "Wstar"), ("gain", "NMW2")], 1e-9);
    let ranges = golden("temperature_range");
    for expected in &list(&ranges, "cases")[..3] {
        let [m, n, low, high] = ["M", "N", "T1", "T2"].map(|key| &expected[key]);
        let arguments = format!("weight --visible {m} --hidden {n} --range {low},{high}");
        let found = json(&room, &arguments, &WEIGHT);
        assert_agree(&found, expected, &[("weight", "Wstar"), ("kl", "KL_at_Wstar")], ROOT);
    }
    let grid: Vec<String> = (0..=24).map(|i| (0.25 * f64::from(i)).to_string()).collect();
    let expected = case(list(&ranges, "discrete_grid"), &[("M", 8.0), ("N", 4.0)]);
    let arguments = format!("weight --visible 8 --hidden 4 --temperatures {}", grid.join(","));
    let found = json(&room, &arguments, &WEIGHT);
    assert_agree(&found, &expected, &[("weight", "Wstar"), ("kl", "KL_at_Wstar")], ROOT);
    for data in ["--coupling inf", "--temperatures 0,0"] {
        let found = json(&room, &format!("weight --visible 8 --hidden 4 {data}"), &WEIGHT);
        assert_eq!(found, json!({ "weight": null, "kl": 0.0, "gain": null, "fixed_point": 1.0 }));
    }
    let found = json(&room, "weight --visible 8 --hidden 4 --coupling -1", &WEIGHT);
    assert_eq!(found["weight"], 0.0);
}

#[test]
fn partitions_and_thresholds() {
    let room = Room::new();
    let names = ["ln_z", "dln_z_dw", "p_v", "p_h", "v2", "neighbour_correlation"];
    let keys = ["lnZ", "dlnZ_dW", "P_V", "P_H", "V2", "nn_corr"]
        .into_iter()
        .zip(names)
        .map(|(a, b)| (b, a));
    let uniform = golden("uniform_rbm");
    for (m, n, w) in [(8, 4, 0.3), (9, 5, 1.0), (8, 1, 0.0)] {
        let of = [("M", f64::from(m)), ("N", f64::from(n)), ("W", w)];
        let expected = case(list(&uniform, "partition"), &of);
        let arguments = format!("partition --visible {m} --hidden {n} --weight {w}");
        let found = json(&room, &arguments, &names);
        assert_agree(&found, &expected, &keys.clone().collect::<Vec<_>>(), CLOSED);
    }
    let found = json(&room, "partition --visible 4 --hidden 2 --weight inf", &names);
    assert!(found["ln_z"].is_null() && found["neighbour_correlation"] == 1.0);
    let found = json(&room, "partition --visible 4 --hidden 2 --weight -0.3", &names);
    assert!(found["dln_z_dw"].as_f64() < Some(0.0));
    for expected in
        list(&golden("flow"), "Kc").iter().filter(|case| case["M"].as_u64() < Some(1000))
    {
        let arguments = format!("threshold --visible {} --hidden {}", expected["M"], expected["N"]);
        let found = json(&room, &arguments, &["coupling", "weight"]);
        assert_agree(&found, expected, &[("coupling", "Kc"), ("weight", "W_at_Kc")], ROOT);
    }
}

#[test]
fn flows() {
    let room = Room::new();
    let names = [
        "v2",
        "neighbour_correlation",
        "coupling_from_correlation",
        "coupling_from_v2",
        "eigenvalues",
        "relaxation_time_odd",
        "relaxation_time_even",
    ];
    let flow = golden("flow");
    for expected in &list(&flow, "stochastic_flow")[..3] {
        let [m, n, train, start] = ["M", "N", "K1", "K0"].map(|key| &expected[key]);
        // The golden file skips steps: those that follow each other from the start are compared.
        let steps = list(expected, "steps").iter().enumerate();
        let steps: Vec<&Value> =
            steps.take_while(|(i, step)| step["step"] == *i).map(|(_, step)| step).collect();
        assert!(steps.len() > 2, "{expected}");
        let arguments = format!(
            "flow --visible {m} --hidden {n} --train-coupling {train} --start-coupling {start} --steps {}",
            steps.len() - 1
        );
        let found = json(&room, &arguments, &names);
        let of = |key: &str, factor: f64| {
            Value::from_iter(
                steps.iter().map(|step| factor * step[key].as_f64().expect("a number")),
            )
        };
        let sites = m.as_f64().expect("M");
        assert_close(&found["v2"], &of("V2_over_M", sites), ROOT, 0.0);
        assert_close(&found["neighbour_correlation"], &of("nn_corr", 1.0), ROOT, CANCELS);
        assert_close(&found["coupling_from_correlation"], &of("Keff_nn", 1.0), ROOT, 1e-12);
        assert_close(&found["coupling_from_v2"], &of("Keff_V2", 1.0), ROOT, 1e-12);
    }
    let expected = case(list(&flow, "kernel"), &[("M", 8.0)]);
    let arguments = "flow --visible 8 --hidden 4 --train-coupling 1 --start-coupling inf --steps 2";
    let found = json(&room, arguments, &names);
    assert_close(&found["eigenvalues"], &expected["eigenvalues"], ROOT, CANCELS);
    let times = ["relaxation_time_odd", "relaxation_time_even"].map(|name| (name, name));
    assert_agree(&found, &expected, &times, ROOT);
    assert!(found["coupling_from_v2"][0].is_null() && found["coupling_from_v2"][1].is_number());
}

#[test]
fn tori() {
    let room = Room::new();
    let (few, all) =
        (["ln_z", "energy_per_spin", "specific_heat"], ["abs_m", "m2", "m4", "binder"]);
    let all = [&few[..], &all].concat();
    let golden = golden("ising2d");
    let renamed = |names: &[&'static str]| -> Vec<(&str, &str)> {
        names.iter().map(|&name| (name, if name == "ln_z" { "lnZ" } else { name })).collect()
    };
    for expected in list(&golden, "exact_small").iter().step_by(3) {
        let arguments = format!("torus --side {} --temperature {}", expected["L"], expected["T"]);
        let found = json(&room, &arguments, &all);
        assert_agree(&found, expected, &renamed(&all), 1e-11);
    }
    let expected = case(list(&golden, "kaufman"), &[("L", 64.0)]);
    let found = json(&room, &format!("torus --side 64 --temperature {}", expected["T"]), &few);
    assert_agree(&found, &expected, &renamed(&few), CLOSED);
    let cold = json(&room, "torus --side 4 --temperature 0", &all);
    assert!(cold["ln_z"].is_null() && cold["m2"] == 1.0 && cold["specific_heat"] == 0.0);
    let hot = json(&room, "torus --side 4 --temperature inf", &all);
    assert_close(&hot["ln_z"], &json!(16.0 * 2f64.ln()), CLOSED, 0.0);
}

const RBM: [&str; 6] = ["ln_z", "p_v", "mean_v", "mean_h", "mean_vh", "pseudo_log_likelihood"];

#[test]
fn rbms_from_files() {
    let room = Room::new();
    let path = room.path("rbm.json");
    for expected in list(&golden("general_rbm"), "cases") {
        fs::write(&path, expected.to_string()).expect("a file");
        let found = json(&room, "rbm --file rbm.json", &RBM);
        let keys = ["lnZ", "P_v", "mean_v", "mean_h", "mean_vh", "pseudo_log_likelihood_per_datum"];
        assert_agree(&found, expected, &RBM.into_iter().zip(keys).collect::<Vec<_>>(), CLOSED);
        assert_eq!(
            found["mean_vh"].as_array().map(Vec::len),
            found["mean_v"].as_array().map(Vec::len)
        );
        write_tensors(&room.path("rbm.safetensors"), expected);
        let tensors = json(&room, "rbm --file rbm.safetensors", &RBM[..5]);
        for name in &RBM[..5] {
            assert_eq!(tensors[name], found[name], "{name}");
        }
    }
    let wide = json!({ "M": 13, "N": 1, "W": vec![[0.1]; 13], "b_visible": vec![0.0; 13], "c_hidden": [0] });
    fs::write(&path, wide.to_string()).expect("a file");
    json(&room, "rbm --file rbm.json", &["ln_z", "mean_v", "mean_h", "mean_vh"]);
    let found = json(&room, "rbm --file rbm.json --full", &RBM[..5]);
    assert_eq!(found["p_v"].as_array().map(Vec::len), Some(1 << 13));
}

/// The RBM of a golden case: weights as F64, the visible bias as F32 (its values are dyadic), the hidden one as F64.
fn write_tensors(path: &Path, case: &Value) {
    let all = |key: &str| numbers(&case[key]).into_iter().flatten();
    let [w, c] =
        ["W", "c_hidden"].map(|key| all(key).flat_map(f64::to_le_bytes).collect::<Vec<u8>>());
    let b: Vec<u8> = all("b_visible").flat_map(|b| (b as f32).to_le_bytes()).collect();
    let [m, n] = ["M", "N"].map(|key| case[key].as_u64().expect("a size") as usize);
    let tensors = [
        ("weights", Dtype::F64, vec![m, n], &w),
        ("visible_bias", Dtype::F32, vec![m], &b),
        ("hidden_bias", Dtype::F64, vec![n], &c),
    ];
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        (*name, TensorView::new(*dtype, shape.clone(), bytes).expect("a tensor"))
    });
    fs::write(path, safetensors::serialize(views, None).expect("a file")).expect("a file");
}

#[test]
fn minima() {
    let room = Room::new();
    let names = [
        "kl_best",
        "kl_uniform",
        "fraction_reaching_best",
        "weights",
        "hidden_coupling",
        "hidden_spread",
        "hidden_largest_other",
    ];
    let expected = case(list(&golden("general_kl_min"), "cases"), &[("M", 4.0), ("K", 0.5)]);
    let arguments = "minimum --visible 4 --hidden 2 --coupling 0.5 --starts 8 --seed 1";
    let found = json(&room, arguments, &names);
    assert_agree(&found, &expected, &[("kl_uniform", "KL_uniform")], CLOSED);
    assert_close(&found["kl_best"], &expected["KL_best"], 0.0, 1e-8);
    assert_eq!(found["fraction_reaching_best"], 1.0);
    assert_eq!(found["weights"].as_array().map(Vec::len), Some(4));
    // The best RBM decimates.
    assert_close(&found["hidden_coupling"], &json!(0.5 * 1f64.cosh().ln()), 0.0, 1e-5);
    let expected = case(list(&golden("general_kl_min_smallN"), "cases"), &[("M", 4.0), ("N", 1.0)]);
    let arguments = "minimum --visible 4 --hidden 1 --coupling 0.5 --starts 4 --seed 2";
    let found = json(&room, arguments, &names);
    assert_close(&found["kl_best"], &expected["KL_best"], 0.0, 1e-8);
    assert!(found["hidden_coupling"].is_null());
    let arguments = "minimum --visible 2 --hidden 25 --coupling 0.5 --starts 1 --seed 1";
    assert!(run(&room, arguments).out.contains("hidden_coupling         none\n"));
}
