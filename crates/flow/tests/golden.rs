//! Golden values of both flows: the mean map, its fixed points and slopes, the sampled kernel and its steps.

mod common;

use common::{close, golden, list, number, numbers};
use exact::{Rbm64, Ring, decimation, enumerate, symmetric};
use flow::chain::{Transition, transition};
use flow::fixed_point::{FixedPoint, descend, newton};
use flow::mean::{hidden_mean, mean_step, multipliers, spectral_radius, unstable_directions};
use nalgebra::DVector;
use serde_json::Value;

/// A few hundred roundings of 1e-16.
const CLOSED: f64 = 1e-12;
/// Rounding over the slope at a root; the weights of the file are such roots.
const ROOT: f64 = 1e-10;

fn size(case: &Value) -> (usize, usize) {
    (number(case, "M") as usize, number(case, "N") as usize)
}

fn uniform(case: &Value, weight: &str) -> Rbm64 {
    let (m, n) = size(case);
    Rbm64::uniform(m, n, number(case, weight)).expect("an RBM")
}

#[test]
fn fixed_points_and_slopes_of_equal_weights() {
    let file = golden("flow");
    let mut compared = 0;
    // The largest, 10,000 x 5000, is one for the closed map.
    for case in list(&file, "fixed_points").iter().filter(|case| number(case, "M") <= 16.0) {
        let rbm = uniform(case, "W");
        let ones = DVector::from_element(rbm.visible(), 1.0);
        let expected = number(case, "m_star");
        let name = format!("{} x {}, W = {}", case["M"], case["N"], case["W"]);
        let by_flow = descend(&rbm, &ones, 4096).unwrap();
        // Uphill of the fixed point, where the map is concave, Newton's method cannot miss it.
        let by_newton = newton(&rbm, &ones).unwrap();
        for FixedPoint { v, multipliers, residual, .. } in [by_flow, by_newton] {
            // Rounding comes back enlarged by one over one minus the slope.
            let slope = number(case, "slope_at_m_star");
            let rounding = 1e-15 / (1.0 - slope);
            assert!(residual < 1e-13, "{name}: {residual:e}");
            for &m in v.iter() {
                close(&name, m, expected, CLOSED, rounding.max(1e-13));
            }
            close(&name, multipliers[0], slope, ROOT, 1e2 * rounding);
            // All other directions are no directions: J has rank one.
            assert!(multipliers[1..].iter().all(|&x| x < 1e-14 * multipliers[0].max(1.0)));
            let h = hidden_mean(&rbm, &v);
            close(&name, h[0], number(case, "h_star"), CLOSED, 1e2 * rounding);
        }
        let zero = DVector::zeros(rbm.visible());
        let gain = number(case, "NMW2");
        close(&name, spectral_radius(&rbm, &zero), gain, CLOSED, 0.0);
        assert_eq!(unstable_directions(&rbm, &zero), usize::from(gain > 1.0), "{name}");
        compared += 1;
    }
    assert!(compared >= 40, "{compared} RBMs");
}

#[test]
fn the_flow_bifurcates_at_the_critical_coupling() {
    let file = golden("flow");
    for case in list(&file, "Kc").iter().filter(|case| number(case, "M") <= 64.0) {
        let (m, n) = size(case);
        let zero = DVector::zeros(m);
        close("the gain", spectral_radius(&uniform(case, "W_at_Kc"), &zero), 1.0, ROOT, 0.0);
        for (factor, ordered) in [(0.98, false), (1.02, true)] {
            let weight = factor * number(case, "W_at_Kc");
            let rbm = Rbm64::uniform(m, n, weight).unwrap();
            let end = descend(&rbm, &DVector::from_element(m, 1.0), 4096).unwrap();
            let expected = symmetric::mean_fixed_point(m, n, weight);
            close("m*", end.magnetisation(), expected, 1e-10, 1e-12);
            assert_eq!(end.magnetisation() > 0.01, ordered, "{m} x {n}");
            assert!(end.is_stable());
        }
    }
}

#[test]
fn trajectories_of_the_mean_rule() {
    let file = golden("flow");
    for case in list(&file, "trajectories") {
        let rbm = uniform(case, "W");
        let mut v = DVector::from_element(rbm.visible(), number(case, "m0"));
        for (step, expected) in numbers(case, "m").into_iter().enumerate() {
            let name = format!("W = {}, step {step}", case["W"]);
            v.iter().for_each(|&m| close(&name, m, expected, CLOSED, 0.0));
            v = mean_step(&rbm, &v);
        }
    }
}

/// `P(V)`, k = 0..=M, of a distribution over all states.
fn of_sums(distribution: &DVector<f64>) -> Vec<f64> {
    let m = distribution.len().trailing_zeros() as usize;
    let mut sums = vec![0.0; m + 1];
    distribution.iter().enumerate().for_each(|(state, p)| sums[state.count_ones() as usize] += p);
    sums
}

/// `<v_i v_{i+1}>` averaged over i, and `<V^2> / M`.
fn moments(distribution: &DVector<f64>) -> [f64; 2] {
    let m = distribution.len().trailing_zeros() as usize;
    let equal = |state: usize, i: usize| (state >> i ^ state >> ((i + 1) % m)) & 1 == 0;
    let bond = |state, i| if equal(state, i) { 1.0 } else { -1.0 };
    let bonds = |state| (0..m).map(|i| bond(state, i)).sum::<f64>() / m as f64;
    let pair = distribution.iter().enumerate().map(|(state, p)| p * bonds(state)).sum();
    [pair, symmetric::second_moment(&of_sums(distribution)) / m as f64]
}

fn ring_distribution(sites: usize, coupling: f64) -> DVector<f64> {
    let ring = Ring::new(sites, coupling).expect("a ring");
    enumerate::ring(&ring).expect("all states").probabilities.into()
}

#[test]
fn kernel_and_relaxation_times() {
    let file = golden("flow");
    for case in list(&file, "kernel") {
        let rbm = uniform(case, "W");
        let (m, _) = size(case);
        let chain = transition(&rbm).unwrap();
        for (k, row) in list(case, "T").iter().enumerate() {
            // Any state with k spins up, here the first k.
            let found = of_sums(&chain.matrix.row((1 << k) - 1).transpose());
            for (p, expected) in found.iter().zip(row.as_array().unwrap()) {
                close("T", *p, expected.as_f64().unwrap(), CLOSED, 0.0);
            }
        }
        let stationary = of_sums(&chain.stationary);
        for (p, expected) in stationary.iter().zip(numbers(case, "stationary")) {
            close("p(V)", *p, expected, CLOSED, 0.0);
        }
        let [pair, square] = moments(&chain.stationary);
        close("nn", pair, number(case, "nn_inf"), CLOSED, 0.0);
        close("V2", square, number(case, "V2_over_M_inf"), CLOSED, 0.0);
        let expected = numbers(case, "eigenvalues");
        let found = chain.eigenvalues();
        assert_eq!(found.len(), 1 << m);
        for (index, value) in found.iter().enumerate() {
            close("eigenvalue", *value, expected.get(index).copied().unwrap_or(0.0), 0.0, 1e-13);
        }
        // 1 - lambda has lost two digits.
        close("tau", chain.relaxation_time(), number(case, "relaxation_time_odd"), ROOT, 0.0);
        let own = enumerate::relaxation_time(&rbm).unwrap();
        close("tau", chain.relaxation_time(), own, ROOT, 0.0);
    }
}

#[test]
fn steps_of_the_sampled_rule() {
    let file = golden("flow");
    for case in list(&file, "stochastic_flow") {
        let (m, _) = size(case);
        let chain = transition(&uniform(case, "W")).unwrap();
        let mut distribution = ring_distribution(m, number(case, "K0"));
        for step in list(case, "steps") {
            let name = format!("{} from {}, step {}", case["K1"], case["K0"], step["step"]);
            let [pair, square] = moments(&distribution);
            close(&name, pair, number(step, "nn_corr"), ROOT, 1e-13);
            close(&name, square, number(step, "V2_over_M"), ROOT, 0.0);
            if step["P_V"].is_array() {
                for (p, expected) in of_sums(&distribution).iter().zip(numbers(step, "P_V")) {
                    close(&name, *p, expected, ROOT, 0.0);
                }
            }
            distribution = chain.step(&distribution);
        }
    }
}

/// Follows the rows of a case, whose steps may be far apart.
fn follow(case: &Value, chain: &Transition) {
    let (m, _) = size(case);
    let mut distribution = ring_distribution(m, number(case, "K0"));
    let mut at = 0;
    for (index, step) in numbers(case, "steps").into_iter().enumerate() {
        while at < step as usize {
            distribution = chain.step(&distribution);
            at += 1;
        }
        let name = format!("{} from {}, step {step}", case["K1"], case["K0"]);
        let [pair, square] = moments(&distribution);
        // The file prints 14 digits.
        close(&name, pair, numbers(case, "nn_corr")[index], ROOT, 1e-13);
        if case["V2_over_M"].is_array() {
            close(&name, square, numbers(case, "V2_over_M")[index], ROOT, 0.0);
        }
    }
}

#[test]
fn rbms_that_are_steps_of_the_renormalization_group() {
    let file = golden("flow_exact");
    for case in list(&file, "exact_rbm_flow") {
        let (m, _) = size(case);
        let rbm = decimation::bonds(m, number(case, "K1")).unwrap();
        // The mean flow's largest singular value is 2w, whatever the ring's own distribution is.
        let zero = DVector::zeros(m);
        let largest = 2.0 * number(case, "w");
        close("2w", multipliers(&rbm, &zero)[0], largest * largest, ROOT, 0.0);
        follow(case, &transition(&rbm).unwrap());
    }
    let mut pinned = 0;
    for case in list(&file, "locked_rbm_flow") {
        let Some(pinning) = case["L"].as_f64() else { continue };
        let (m, _) = size(case);
        let rbm = decimation::pinned(m, number(case, "K1"), pinning).unwrap();
        follow(case, &transition(&rbm).unwrap());
        pinned += 1;
    }
    assert_eq!(pinned, 12);
    for case in list(&file, "K_infinity_uniform").iter().filter(|case| case["M"] == 8) {
        let [pair, square] = moments(&transition(&uniform(case, "W")).unwrap().stationary);
        close("nn", pair, number(case, "nn_inf"), ROOT, 0.0);
        close("V2", square, number(case, "V2_over_M_inf"), ROOT, 0.0);
    }
}
