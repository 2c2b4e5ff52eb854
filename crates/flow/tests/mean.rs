//! The mean rule: the closed map on equal weights, the written-out map on any, and its symmetry.

mod common;

use common::random_rbm;
use exact::{Ring, symmetric};
use flow::{Flow, Rule};
use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::RngExt;
use rbm::Rbm;

/// The f32 error of one step relative to the result: products of up to 30 terms and two tanh of 1e-6 each.
const STEP: f64 = 4e-6;

fn trajectory(rbm: &Rbm, start: DMatrix<f32>, steps: usize) -> Vec<DMatrix<f32>> {
    let mut all = Vec::new();
    let flow = Flow { rbm, rule: Rule::Mean };
    flow.run(start, steps, &mut stats::stream(1, "unused", 0), |step, v| {
        assert_eq!(step, all.len());
        all.push(v.clone());
    });
    assert_eq!(all.len(), steps + 1);
    all
}

/// Follows `symmetric::mean_step` from `m`, with the error that the f32 flow may have: each step adds its own and passes
/// on the rest by the slope, which on m > 0 is largest at the smaller end.
fn closed_map(size: (usize, usize), w: f64, m: f64, steps: usize) -> Vec<(f64, f64)> {
    let (mut m, mut error) = (m, 0.0_f64);
    let mut all = vec![(m, error)];
    for _ in 0..steps {
        let least = (m.abs() - error).max(0.0);
        let hidden = (size.0 as f64 * w * least).tanh();
        let after = (size.1 as f64 * w * hidden).tanh();
        let slope =
            symmetric::gain(size.0, size.1, w) * (1.0 - hidden * hidden) * (1.0 - after * after);
        m = symmetric::mean_step(size.0, size.1, w, m);
        // Where f32 leaves its normal numbers the relative error ends.
        error = error * slope + STEP * m.abs() + f64::from(f32::MIN_POSITIVE);
        all.push((m, error));
    }
    all
}

#[test]
fn trajectories_of_equal_weights_are_the_closed_map() {
    let (visible, hidden) = (8, 4);
    // Below, at and above the bifurcation at W = 1 / sqrt(32), and the trained weights of some couplings.
    let trained = [0.4, 1.0, 2.0]
        .map(|k| symmetric::best_weight(&Ring::new(visible, k).unwrap().into(), hidden).unwrap());
    for w in [0.05, 32f64.sqrt().recip(), 0.3, -0.3].into_iter().chain(trained) {
        // The weight as the RBM has it.
        let weight = w as f32;
        let rbm = Rbm::uniform(visible, hidden, weight);
        let starts: Vec<usize> = (0..=visible).collect();
        let v = DMatrix::from_fn(visible, starts.len(), |i, k| if i < k { 1.0 } else { -1.0 });
        let found = trajectory(&rbm, v, 60);
        for k in starts {
            let m = (2.0 * k as f64 - visible as f64) / visible as f64;
            let expected = closed_map((visible, hidden), f64::from(weight), m, 60);
            for (step, (m, error)) in expected.into_iter().enumerate().skip(1) {
                let apart = found[step].column(k).map(|v| (f64::from(v) - m).abs()).max();
                assert!(apart <= error, "W = {w}, {k} up, step {step}: {apart} > {error}");
            }
        }
    }
}

#[test]
fn the_bound_of_the_closed_map_is_not_idle() {
    // A tolerance that grew to the size of the magnetisation would test nothing.
    for w in [0.05, 0.1768, 0.3063, 0.8] {
        for k in 5..=8 {
            let m = (2.0 * k as f64 - 8.0) / 8.0;
            let worst = closed_map((8, 4), w, m, 60).into_iter().map(|(_, error)| error);
            assert!(worst.fold(0.0, f64::max) < 1e-3);
        }
    }
}

#[test]
fn the_end_is_the_stable_fixed_point() {
    for (w, steps) in [(0.1_f32, 60), (0.3, 100), (0.6, 30)] {
        let rbm = Rbm::uniform(8, 4, w);
        let mostly_up = DMatrix::from_fn(8, 1, |i, _| if i < 5 { 1.0 } else { -1.0 });
        let end = trajectory(&rbm, mostly_up, steps).pop().unwrap();
        let fixed = symmetric::mean_fixed_point(8, 4, f64::from(w));
        // The last step's error over one minus the slope there; at W = 0.3 the slope is 0.3.
        assert!(end.iter().all(|v| (f64::from(*v) - fixed).abs() < 1e-5), "{w}: {end} {fixed}");
    }
    // V = 0 stays at 0 however strong the weights.
    let balanced = DMatrix::from_fn(8, 1, |i, _| if i % 2 == 0 { 1.0 } else { -1.0 });
    let end = trajectory(&Rbm::uniform(8, 4, 5.0), balanced, 3).pop().unwrap();
    assert_eq!(end, DMatrix::zeros(8, 1));
}

proptest! {
    #[test]
    fn any_weights_follow_the_written_out_map(
        (m, n) in (1usize..12, 1usize..12), size in 0.0..2.0f32, bias in 0.0..2.0f32, seed: u64,
    ) {
        let rbm = random_rbm(m, n, size, bias, seed);
        let v = random_rbm(m, 3, 1.0, 0.0, seed ^ 1).weights;
        let found = Flow { rbm: &rbm, rule: Rule::Mean }.step(&v, &mut stats::stream(1, "unused", 0));
        let (w, b, c) = (rbm.weights.map(f64::from), rbm.visible_bias.map(f64::from), rbm.hidden_bias.map(f64::from));
        for (v, found) in v.column_iter().zip(found.column_iter()) {
            let h = (&c + w.transpose() * v.map(f64::from)).map(f64::tanh);
            let expected = (&b + &w * h).map(f64::tanh);
            // 13 numbers up to 2 each summed in f32, twice, the first error passed on by |W| of up to 24.
            let tolerance = 26.0 * (1.0 + 2.0 * n as f64) * 2.0 * f64::from(f32::EPSILON) + (1.0 + 2.0 * n as f64) * 1e-6;
            prop_assert!((expected - found.map(f64::from)).amax() < tolerance);
        }
    }

    #[test]
    fn without_biases_the_flow_is_odd(
        (m, n) in (1usize..40, 1usize..40), size in 0.0..2.0f32, seed: u64,
    ) {
        // Exactly: rounding is symmetric and the tanh is odd to the bit.
        let rbm = random_rbm(m, n, size, 0.0, seed);
        let v = random_rbm(m, 5, 1.0, 0.0, seed ^ 1).weights;
        for (plus, minus) in trajectory(&rbm, v.clone(), 10).into_iter().zip(trajectory(&rbm, -v, 10)) {
            prop_assert_eq!(plus, -minus);
        }
    }
}

#[test]
fn with_biases_it_is_not() {
    let rbm = random_rbm(6, 4, 1.0, 1.0, 3);
    let v = random_rbm(6, 5, 1.0, 0.0, 4).weights;
    let plus = trajectory(&rbm, v.clone(), 1).pop().unwrap();
    let minus = trajectory(&rbm, -v, 1).pop().unwrap();
    assert!((plus + minus).amax() > 0.1);
}

#[test]
fn the_mean_rule_uses_no_random_numbers() {
    let rbm = random_rbm(6, 4, 1.0, 1.0, 3);
    let v = random_rbm(6, 5, 1.0, 0.0, 4).weights;
    let mut rng = stats::stream(1, "untouched", 0);
    Flow { rbm: &rbm, rule: Rule::Mean }.step(&v, &mut rng);
    assert_eq!(rng.random::<u64>(), stats::stream(1, "untouched", 0).random::<u64>());
}

#[test]
fn rules_have_their_names_in_files() {
    assert_eq!(serde_json::to_string(&Rule::Mean).unwrap(), r#""mean""#);
    assert_eq!(serde_json::from_str::<Rule>(r#""sampled""#).unwrap(), Rule::Sampled);
}
