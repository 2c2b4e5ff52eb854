//! Every golden value about RBMs of unequal weights, from `data/golden/` (see its README for their origin).

mod common;

use common::brute::{numbers as numbers_in, spin};
use common::{CLOSED, ROOT, Tally, count, golden, label, list, number, numbers};
use exact::enumerate::{self, moments, sampled_step, visible_probabilities};
use exact::ring::decimate;
use exact::{Rbm64, Ring, decimation, divergence, likelihood, minimum, symmetric};
use nalgebra::{DMatrix, DVector};
use serde_json::Value;

/// Minima found by descent; the golden ones were found numerically too.
const MINIMUM: f64 = 1e-8;
/// Long trajectories, which amplify rounding by less than 1e4 (measured when they were made).
const TRAJECTORY: f64 = 1e-8;
/// The golden flows have 14 digits (and fifty steps lose a few roundings each), couplings read from them 12.
const PRINTED: f64 = 1e-13;
const READ: f64 = 1e-11;

/// A matrix written by rows.
fn matrix(case: &Value, key: &str) -> DMatrix<f64> {
    let rows = list(case, key);
    let at = |i: usize, a: usize| rows[i][a].as_f64().expect("a number");
    DMatrix::from_fn(rows.len(), rows[0].as_array().expect("a row").len(), at)
}

fn ring_states(m: usize, k: f64) -> Vec<f64> {
    let ring = Ring::new(m, k).expect("a ring");
    enumerate::ring(&ring).expect("few sites").probabilities
}

fn mean(p: &[f64], f: impl Fn(usize) -> f64) -> f64 {
    p.iter().enumerate().map(|(state, p)| p * f(state)).sum()
}

/// `<v_i v_{i+1}>` averaged over the ring, and `<V^2> / M`.
fn correlations(p: &[f64], m: usize) -> (f64, f64) {
    let pair = |s: usize| (0..m).map(|i| spin(s, i) * spin(s, (i + 1) % m)).sum::<f64>() / m as f64;
    let square = |s: usize| (2.0 * f64::from(s.count_ones()) - m as f64).powi(2) / m as f64;
    (mean(p, pair), mean(p, square))
}

#[test]
fn rbms_of_any_weights() {
    let mut tally = Tally::default();
    for (i, case) in list(&golden("general_rbm"), "cases").iter().enumerate() {
        let name = format!("case {i}: ");
        let vector = |key: &str| DVector::from_vec(numbers(case, key));
        let rbm = Rbm64::new(matrix(case, "W"), vector("b_visible"), vector("c_hidden")).unwrap();
        let ln_z = enumerate::ln_z(&rbm).unwrap();
        tally.relative(&format!("{name}ln Z"), ln_z, number(case, "lnZ"), CLOSED);
        let p = visible_probabilities(&rbm).unwrap();
        tally.all(&format!("{name}p(v)"), &p, &numbers(case, "P_v"), CLOSED);
        for found in [moments(&rbm).unwrap(), transposed_moments(&rbm)] {
            tally.relative(&format!("{name}ln Z"), found.ln_z, number(case, "lnZ"), CLOSED);
            let mut each = |key: &str, found: &[f64], expected: &[f64]| {
                tally.all_cancelling(&format!("{name}{key}"), found, expected);
            };
            each("<v>", found.mean_v.as_slice(), &numbers(case, "mean_v"));
            each("<h>", found.mean_h.as_slice(), &numbers(case, "mean_h"));
            each("<vh>", found.mean_vh.as_slice(), matrix(case, "mean_vh").as_slice());
        }
        let m = rbm.visible();
        let pairs = DMatrix::from_fn(m, m, |i, j| mean(&p, |s| spin(s, i) * spin(s, j)));
        let expected = matrix(case, "mean_vv");
        tally.all_cancelling(&format!("{name}<vv>"), pairs.as_slice(), expected.as_slice());
        data(&mut tally, &name, case, &rbm);
    }
    assert_eq!(tally.0, 1130, "comparisons");
}

fn transposed_moments(rbm: &Rbm64) -> enumerate::Moments {
    let found = moments(&rbm.transpose()).expect("a valid case");
    enumerate::Moments {
        mean_v: found.mean_h,
        mean_h: found.mean_v,
        mean_vh: found.mean_vh.transpose(),
        ..found
    }
}

/// What depends on the data of a case.
fn data(tally: &mut Tally, name: &str, case: &Value, rbm: &Rbm64) {
    let data = matrix(case, "data").transpose();
    let mut each = |key: &str, found: &[f64], expected: &[f64]| {
        tally.all_cancelling(&format!("{name}{key}"), found, expected);
    };
    let found = likelihood::log_likelihood_gradient(rbm, &data).expect("a valid case");
    each("ln p", &found.per_datum, &numbers(case, "log_likelihood_per_datum"));
    each("mean ln p", &[found.mean], &[number(case, "mean_log_likelihood")]);
    each("dW", found.gradient.weights.as_slice(), matrix(case, "grad_W").as_slice());
    each("db", found.gradient.visible_bias.as_slice(), &numbers(case, "grad_b"));
    each("dc", found.gradient.hidden_bias.as_slice(), &numbers(case, "grad_c"));
    let free_energy = likelihood::free_energy(rbm, &data).expect("a valid case");
    each("F", &free_energy, &numbers(case, "free_energy_per_datum"));
    let pseudo = likelihood::pseudo_log_likelihood(rbm, &data).expect("a valid case");
    each("pseudo", &pseudo, &numbers(case, "pseudo_log_likelihood_per_datum"));

    // The negative statistics of CD-1: one exact step of the chain from the data.
    if !case["expected_cd1_negative_vh"].is_array() {
        return;
    }
    let mut start = vec![0.0; 1 << rbm.visible()];
    for v in data.column_iter() {
        let state: usize = v.iter().enumerate().map(|(i, &v)| usize::from(v > 0.0) << i).sum();
        start[state] += 1.0 / data.ncols() as f64;
    }
    let next = sampled_step(rbm, &start).expect("a valid case");
    let hidden_mean = |state: usize, a: usize| -> f64 {
        let fields = rbm.weights.column(a);
        let field: f64 = fields.iter().enumerate().map(|(i, w)| w * spin(state, i)).sum();
        (rbm.hidden_bias[a] + field).tanh()
    };
    let gradient = DMatrix::from_fn(rbm.visible(), rbm.hidden(), |i, a| {
        mean(&next, |s| spin(s, i) * hidden_mean(s, a))
    });
    each("CD-1", gradient.as_slice(), matrix(case, "expected_cd1_negative_vh").as_slice());
}

#[test]
fn constructions() {
    let golden = golden("general_kl_constructions");
    let mut tally = Tally::default();
    for case in list(&golden, "locked") {
        let name = label(case, &["M", "K", "L"]);
        let (m, k) = (count(case, "M"), number(case, "K"));
        let rbm = decimation::pinned(m, k, number(case, "L")).unwrap();
        let hidden = decimation::hidden_coupling(&rbm).unwrap();
        tally.cancelling(&format!("{name}K'"), hidden.coupling, number(case, "K_hidden"));
        assert!(hidden.is_ring && hidden.sign == 1.0 && hidden.largest_other < 1e-13, "{hidden:?}");
        reached(&mut tally, &name, case, &rbm, "nn_corr_visible");
    }
    for case in list(&golden, "exact_N_eq_M") {
        let name = label(case, &["M", "K"]);
        let (m, k) = (count(case, "M"), number(case, "K"));
        let rbm = decimation::bonds(m, k).unwrap();
        tally.relative(&format!("{name}w"), rbm.weights[(0, 0)], number(case, "w"), CLOSED);
        reached(&mut tally, &name, case, &rbm, "nn_corr");
    }
    assert_eq!(tally.0, 32 * 4 + 4 * 4, "comparisons");
}

fn reached(tally: &mut Tally, name: &str, case: &Value, rbm: &Rbm64, pair: &str) {
    let m = rbm.visible();
    let q = ring_states(m, number(case, "K"));
    let p = visible_probabilities(rbm).expect("a valid case");
    tally.cancelling(&format!("{name}nn"), correlations(&p, m).0, number(case, pair));
    let ln_z = enumerate::ln_z(rbm).expect("a valid case");
    tally.relative(&format!("{name}ln Z"), ln_z, number(case, "lnZ"), CLOSED);
    // Far below what the sum over q ln(q / p) resolves.
    let (kl, _) = divergence::kl_gradient(&q, &rbm.weights).expect("a valid case");
    tally.compare(&format!("{name}KL"), kl, number(case, "KL"), 1e-8, 1e-20);
}

fn start(m: usize, n: usize, seed: u64) -> DMatrix<f64> {
    let mut number = numbers_in(seed, 0.5);
    DMatrix::from_fn(m, n, |_, _| number())
}

/// The lowest divergence reached from a few starts.
fn best(q: &[f64], m: usize, n: usize) -> minimum::Minimum {
    let ends = (0..12).map(|seed| minimum::descend(q, &start(m, n, seed), 1e-12, 3000));
    ends.map(|end| end.expect("a valid case"))
        .min_by(|a, b| a.kl.total_cmp(&b.kl))
        .expect("a valid case")
}

#[test]
fn minima() {
    let mut tally = Tally::default();
    for file in ["general_kl_min", "general_kl_min_smallN"] {
        for case in list(&golden(file), "cases") {
            let name = label(case, &["M", "N", "K"]);
            let (m, n, k) = (count(case, "M"), count(case, "N"), number(case, "K"));
            let (ring, q) = (Ring::new(m, k).unwrap(), ring_states(m, k));
            let weight = symmetric::best_weight(&ring.into(), n).unwrap();
            let equal = DMatrix::from_element(m, n, weight);
            tally.relative(&format!("{name}W"), weight, number(case, "W_uniform"), ROOT);
            let (kl, _) = divergence::kl_gradient(&q, &equal).unwrap();
            tally.cancelling(&format!("{name}KL"), kl, number(case, "KL_uniform"));
            let found = best(&q, m, n);
            let expected = number(case, "KL_best");
            tally.compare(&format!("{name}best KL"), found.kl, expected, 0.0, MINIMUM);
            let eigenvalues = divergence::hessian_eigenvalues(&q, &equal).unwrap();
            let gradient = eigenvalues.iter().filter(|x| **x < -1e-12).count();
            assert_eq!(gradient, count(case, "n_negative_hessian_uniform"), "{name}");
            if case["hessian_uniform_eigenvalues"].is_array() {
                let expected = numbers(case, "hessian_uniform_eigenvalues");
                for (i, (a, b)) in eigenvalues.iter().zip(&expected).enumerate() {
                    tally.compare(&format!("{name}eigenvalue {i}"), *a, *b, ROOT, CLOSED);
                }
                decimates(&name, k, &found);
            }
            let there = matrix(case, "best_W_rows_visible");
            let (kl, gradient) = divergence::kl_gradient(&q, &there).unwrap();
            tally.compare(&format!("{name}KL there"), kl, expected, 0.0, CLOSED);
            tally.compare(&format!("{name}gradient there"), gradient.amax(), 0.0, 0.0, CLOSED);
        }
    }
    assert_eq!(tally.0, 13 * 5 + 2 * 8 + 18 + 2 * 32, "comparisons");
}

/// With N = M/2 the best RBM's hidden layer is the decimated ring.
fn decimates(name: &str, k: f64, best: &minimum::Minimum) {
    let rbm = Rbm64::without_biases(best.weights.clone()).expect("a valid case");
    let hidden = decimation::hidden_coupling(&rbm).expect("a valid case");
    // The visible marginal differs from the ring by the square root of KL.
    let tolerance = 1e3 * best.kl.sqrt() + 1e-10;
    assert!((hidden.coupling - decimate(k)).abs() < tolerance, "{name}{hidden:?}");
    assert!(hidden.spread.max(hidden.largest_other) < tolerance, "{name}{hidden:?}");
    assert!(hidden.is_ring && hidden.sign == 1.0, "{name}{hidden:?}");
}

#[test]
fn trajectories() {
    let mut tally = Tally::default();
    for case in list(&golden("gd_trajectory"), "cases") {
        let name = label(case, &["M", "N", "K"]);
        let q = ring_states(count(case, "M"), number(case, "K"));
        let points = list(case, "trajectory");
        let steps = count(points.last().unwrap(), "step");
        let mut expected = points.iter();
        let mut next = expected.next();
        let start = matrix(case, "W0_rows_visible");
        let observe = |step: usize, kl: f64, weights: &DMatrix<f64>| {
            let Some(point) = next.filter(|point| count(point, "step") == step) else { return };
            let norm = weights.norm();
            let rows = weights.row_mean();
            let uniform = weights.nrows() as f64 * rows.norm_squared() / weights.norm_squared();
            let name = format!("{name}step {step}: ");
            tally.relative(&format!("{name}KL"), kl, number(point, "KL"), TRAJECTORY);
            tally.relative(&format!("{name}norm"), norm, number(point, "frobenius"), TRAJECTORY);
            let fraction = number(point, "uniform_fraction");
            tally.relative(&format!("{name}uniform"), uniform, fraction, TRAJECTORY);
            next = expected.next();
        };
        let rate = number(case, "eta");
        let end = minimum::gradient_descent(&q, &start, rate, steps + 1, observe).unwrap();
        // The final weights were written after the update that follows the last entry.
        let last = matrix(case, "W_final_rows_visible");
        let largest = (end.weights - last).amax();
        tally.compare(&format!("{name}final W"), largest, 0.0, 0.0, TRAJECTORY);
    }
    assert_eq!(tally.0, 3 * (16 * 3 + 1), "comparisons");
}

/// The coupling of the ring of 8 sites with this value, as the golden flows were read.
fn read(of: impl Fn(&Ring) -> f64, value: f64) -> f64 {
    exact::root::bisect(|k| of(&Ring::new(8, k).expect("a valid case")) - value, 0.0, 5.0)
        .expect("a valid case")
}

#[test]
fn flows_of_unequal_weights() {
    let golden = golden("flow_exact");
    let mut tally = Tally::default();
    for case in list(&golden, "exact_rbm_flow").iter().chain(list(&golden, "locked_rbm_flow")) {
        let name = label(case, &["M", "N", "K1", "K0", "L"]);
        let (m, k1, k0) = (count(case, "M"), number(case, "K1"), number(case, "K0"));
        let rbm = match case["L"].as_f64() {
            Some(pinning) => decimation::pinned(m, k1, pinning).unwrap(),
            None if case["L"].is_string() => {
                infinite_pinning(&mut tally, &name, case);
                continue;
            }
            None => decimation::bonds(m, k1).unwrap(),
        };
        let mut p = ring_states(m, k0);
        let steps: Vec<usize> = numbers(case, "steps").iter().map(|&s| s as usize).collect();
        for step in 0..=steps[steps.len() - 1] {
            if let Some(at) = steps.iter().position(|&s| s == step) {
                let (pair, square) = correlations(&p, m);
                let name = format!("{name}step {step}: ");
                let expected = |key: &str| numbers(case, key)[at];
                tally.compare(&format!("{name}nn"), pair, expected("nn_corr"), CLOSED, PRINTED);
                let by_pair = read(|ring| ring.correlation(1), pair);
                tally.compare(&format!("{name}K"), by_pair, expected("Keff_nn"), 0.0, READ);
                if case["V2_over_M"].is_array() {
                    tally.compare(
                        &format!("{name}V2"),
                        square,
                        expected("V2_over_M"),
                        CLOSED,
                        PRINTED,
                    );
                }
            }
            p = sampled_step(&rbm, &p).unwrap();
        }
    }
    for case in list(&golden, "K_infinity_uniform") {
        let name = label(case, &["M", "N", "K1"]);
        let (m, n, k) = (count(case, "M"), count(case, "N"), number(case, "K1"));
        let weight = symmetric::best_weight(&Ring::new(m, k).unwrap().into(), n).unwrap();
        tally.relative(&format!("{name}W"), weight, number(case, "W"), ROOT);
        let p = visible_probabilities(&Rbm64::uniform(m, n, weight).unwrap()).unwrap();
        let (pair, square) = correlations(&p, m);
        tally.relative(&format!("{name}nn"), pair, number(case, "nn_inf"), ROOT);
        tally.relative(&format!("{name}V2"), square, number(case, "V2_over_M_inf"), ROOT);
    }
    assert_eq!(tally.0, 6 * 22 * 3 + 12 * 6 * 2 + 6 * 6 * 2 + 10 * 3, "comparisons");
}

/// Pinned for ever, the even sites keep the ring of K0 and their neighbours follow them at K1:
/// `(1 + c_2) tanh(2 K1) / 2`.
fn infinite_pinning(tally: &mut Tally, name: &str, case: &Value) {
    let ring = Ring::new(count(case, "M"), number(case, "K0")).expect("a valid case");
    let frozen = 0.5 * (1.0 + ring.correlation(2)) * (2.0 * number(case, "K1")).tanh();
    for (step, (pair, k)) in
        numbers(case, "nn_corr").into_iter().zip(numbers(case, "Keff_nn")).enumerate()
    {
        let found = if step == 0 { ring.correlation(1) } else { frozen };
        tally.compare(&format!("{name}entry {step}: nn"), found, pair, 0.0, PRINTED);
        let by_pair = read(|ring| ring.correlation(1), found);
        tally.compare(&format!("{name}entry {step}: K"), by_pair, k, 0.0, READ);
    }
}
