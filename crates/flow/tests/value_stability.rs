//! What thermometers and the sampled flow give for a seed, number by number: a change here breaks stored results.
//!
//! Spins are compared bit by bit. Products differ between processors in their last bits: what goes through them is compared
//! to so many decimals.

mod common;

use common::random_rbm;
use flow::{Calibration, Flow, IsingCurves, Readings, Rule, Thermometers};
use ising::{Algorithm, Configurations, Coupling, Lattice, Request, Samples, draw};
use nalgebra::DMatrix;
use nn::TrainConfig;
use serde_json::Value;
use std::ops::ControlFlow;

const GRID: [f64; 5] = [0.0, 2.0, 2.5, 4.0, f64::INFINITY];

fn curves() -> IsingCurves {
    IsingCurves::measure(4, &GRID, 2000, 1).expect("a grid")
}

/// Configurations of the 4 x 4 torus, exact and independent.
fn torus(temperature: f64, count: u32, seed: u64) -> Samples {
    let request = Request {
        count,
        algorithm: Some(Algorithm::Transfer),
        field: 0.0,
        symmetrise: false,
        least_effective: 0.0,
    };
    let lattice = Lattice::square(4).expect("a torus");
    let coupling = Coupling::from_temperature(temperature).expect("a temperature");
    draw(&lattice, coupling, &request, seed).expect("draws").samples
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    let close = |(x, y): (&f64, &f64)| (x - y).abs() <= tolerance;
    let all = found.len() == expected.len() && found.iter().zip(expected).all(close);
    assert!(all, "{found:?}");
}

/// At each temperature `<|m|>`, `<m^2>`, `<S(k)> / N`, `<G(1)^2>`, `<G(1)>` and `<G(2)>`, then their slopes by `e^{-2K}`, and
/// the sum of all covariances of both.
#[test]
fn the_curves_of_a_torus_do_not_change() {
    let curves = serde_json::to_value(curves()).expect("numbers");
    let nodes = curves["nodes"].as_array().expect("a list of temperatures");
    // A matrix is a list of its numbers and its two sides.
    let numbers = |matrix: &Value| -> Vec<f64> {
        matrix[0].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
    };
    let of = |field: &str| nodes.iter().map(|node| numbers(&node[field])).collect::<Vec<_>>();
    assert_close(
        &of("mean").concat(),
        &[
            1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.9189433, 0.8689217, 0.0131042, 0.8081858, 0.8776901,
            0.855953, 0.7647124, 0.6548258, 0.0375739, 0.5548378, 0.6895582, 0.6219573, 0.4181792,
            0.2482162, 0.077974, 0.1578354, 0.3127431, 0.1815263, 0.1963806, 0.0625, 0.0622572,
            0.03125, 0.0, -0.0084799,
        ],
        1e-7,
    );
    assert_close(
        &of("slope").concat(),
        &[
            0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.2323243, -1.8417284, 0.2038536, -2.3986831,
            -1.6460084, -2.0298655, -2.4595319, -3.2257281, 0.3709694, -3.5534079, -2.8254467,
            -3.5466423, -1.4606656, -1.4846072, 0.0841912, -1.2614846, -1.583489, -1.6323,
            -0.2133831, -0.125012, -0.0612772, 0.0070489, -0.5, -0.0071184,
        ],
        1e-7,
    );
    let errors: Vec<f64> = of("error").iter().map(|all| all.iter().sum()).collect();
    assert_close(&errors, &[0.0, 0.001312151, 0.002450972, 0.002324123, 0.000794102], 1e-9);
}

#[test]
fn the_readings_of_an_ensemble_do_not_change() {
    let curves = curves();
    let thermometers = Thermometers { network: None, curves: &curves };
    let read = thermometers.read(&torus(2.4, 300, 2), 300).expect("readings");
    let Readings { energy, magnetisation, correlation_length, two_point, agreement, .. } = read;
    let readings =
        [energy, magnetisation, correlation_length, two_point.reading, agreement.reading];
    let mut found = Vec::new();
    for reading in readings {
        let estimate = reading.estimate().expect("a temperature of the scale");
        found.extend([estimate.mean, estimate.error]);
    }
    found.extend([
        two_point.chi_square,
        two_point.p_value,
        agreement.chi_square,
        agreement.p_value,
    ]);
    // The searches end within 1e-8 of the scale.
    assert_close(
        &found,
        &[
            2.411032, 0.039543, 2.411052, 0.041925, 2.416451, 0.046065, 2.401769, 0.039497,
            2.402091, 0.039891, 1.870842, 0.172406, 2.567367, 0.467468,
        ],
        2e-6,
    );
}

#[test]
fn the_reading_of_a_calibrated_network_does_not_change() {
    let scale = [1.0, 2.4, 6.0];
    let mut training = Samples::new(16);
    for (seed, t) in scale.into_iter().enumerate() {
        training.append(&torus(t, 100, 10 + seed as u64)).expect("one size");
    }
    let temperatures: Vec<f64> = training.couplings().iter().map(|k| k.temperature()).collect();
    let config = TrainConfig { hidden: vec![12], batch: 25, learning_rate: 0.01 };
    let mut calibration = Calibration::new(&scale, 16, config, 1).expect("good settings");
    let go_on = |_| ControlFlow::Continue(());
    calibration.train(&training.to_matrix(), &temperatures, 20, go_on).expect("a run");
    let thermometer = calibration.thermometer();
    let held_out = torus(2.4, 50, 20);
    let mut found = thermometer.read(&held_out.to_matrix()).distribution;
    let read = thermometer.temperature(&held_out, 50).expect("a reading");
    found.extend([read.mean, read.error]);
    assert_close(&found, &[0.430849, 0.337036, 0.232115, 2.632426, 0.176608], 1e-5);
}

/// Spin i of a row is bit i.
fn words(v: &DMatrix<f32>) -> Vec<u64> {
    let configurations = Configurations::from_matrix(v).expect("spins");
    let word =
        |row: Vec<i8>| row.iter().enumerate().fold(0, |word, (i, &s)| word | u64::from(s > 0) << i);
    (0..configurations.len()).map(|row| word(configurations.row(row))).collect()
}

/// Weights are whole multiples of 1/8 and biases 0, so that every field is exact.
#[test]
fn the_sampled_flow_does_not_change() {
    let mut rbm = random_rbm(64, 24, 1.0, 0.0, 1);
    rbm.weights.apply(|w| *w = (*w * 4.0).round() / 8.0);
    let flow = Flow { rbm: &rbm, rule: Rule::Sampled };
    let start = DMatrix::from_element(64, 3, 1.0);
    let mut steps = Vec::new();
    let rng = &mut stats::stream(1, "value-stability", 0);
    flow.run(start, 4, rng, |step, v| {
        if step > 0 {
            steps.push(words(v));
        }
    });
    assert_eq!(
        steps,
        [
            [0xeacf5b1775ccafb9, 0xea57f63e63e4afb9, 0x6a746fbf26e1afbd],
            [0xfad652176f48e7b1, 0xefffe33e67ccbfb9, 0x6a7676d76ac0edad],
            [0xeab4121767c05739, 0xeff6fbb667ccb4bd, 0x6a7467762ae02dad],
            [0xaac3f2f76b44d73d, 0xea56faa463c8fefd, 0xab36676520c0a9ad]
        ]
    );
}

/// Real units after three steps of expectations.
#[test]
fn the_mean_flow_does_not_change() {
    let rbm = random_rbm(6, 4, 0.8, 0.2, 1);
    let start = DMatrix::from_fn(6, 2, |i, s| if (i + s) % 3 == 0 { 1.0 } else { -1.0 });
    let flow = Flow { rbm: &rbm, rule: Rule::Mean };
    let end = flow.run(start, 3, &mut stats::stream(1, "value-stability", 0), |_, _| ());
    let found: Vec<f64> = end.iter().map(|&v| f64::from(v)).collect();
    assert_close(
        &found,
        &[
            0.829521, -0.964267, 0.036437, -0.686537, 0.764425, -0.951222, -0.851532, 0.883715,
            0.191963, 0.740777, -0.339403, 0.83156,
        ],
        1e-5,
    );
}
