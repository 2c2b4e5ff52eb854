//! The sampled rule of RBMs of any weights against its exact kernel, and its stationary distribution against p(v).

mod common;

use common::{close, counts, narrow, p_value, random_rbm, state};
use exact::{Rbm64, decimation, enumerate};
use flow::chain::{MAX_UNITS, Transition, transition};
use flow::mean::in_f64;
use flow::{Error, Flow, Rule};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rbm::{Rbm, partition};

/// Family-wise level of the random comparisons of this file, at most 40 of them: 2.5e-8 each, z = 5.6.
const LEVEL: f64 = 1e-6 / 40.0;
const Z: f64 = 5.6;

fn exact_chain(rbm: &Rbm) -> Transition {
    transition(&in_f64(rbm).expect("finite")).expect("few units")
}

proptest! {
    #[test]
    fn detailed_balance_and_a_spectrum_between_0_and_1(
        (m, n) in (1usize..6, 0usize..6), size in 0.0..2.0f32, bias in 0.0..1.0f32, seed: u64,
    ) {
        let rbm = in_f64(&random_rbm(m, n, size, bias, seed)).expect("finite");
        let chain = transition(&rbm).expect("few units");
        let states = 1 << m;
        for v in 0..states {
            prop_assert!((chain.matrix.row(v).sum() - 1.0).abs() < 1e-13);
            // The oracle's own step, from this state alone.
            let mut distribution = vec![0.0; states];
            distribution[v] = 1.0;
            let expected = enumerate::sampled_step(&rbm, &distribution).expect("few units");
            for (w, expected) in expected.into_iter().enumerate() {
                prop_assert!((chain.matrix[(v, w)] - expected).abs() < 1e-14);
                let flux = |v: usize, w: usize| chain.stationary[v] * chain.matrix[(v, w)];
                prop_assert!((flux(v, w) - flux(w, v)).abs() < 1e-14);
            }
        }
        prop_assert!((chain.step(&chain.stationary) - &chain.stationary).amax() < 1e-14);
        let values = chain.eigenvalues();
        prop_assert!((values[0] - 1.0).abs() < 1e-13);
        // The trace is the sum of the eigenvalues: none was negative, or it would be missing here.
        prop_assert!((chain.matrix.trace() - values.iter().sum::<f64>()).abs() < 1e-12);
        prop_assert!(values.iter().skip(1 << n).all(|&x| x < 1e-13));
    }

    #[test]
    fn autocorrelation_times_are_sums_over_powers(
        (m, n) in (1usize..5, 1usize..5), size in 0.0..1.0f32, seed: u64,
    ) {
        let chain = exact_chain(&random_rbm(m, n, size, 0.5, seed));
        let observable = common::cube(1 << m, 1, seed ^ 1).column(0).into_owned();
        let mean = observable.dot(&chain.stationary);
        let centred = observable.add_scalar(-mean);
        let weighted = centred.component_mul(&chain.stationary);
        let (mut tau, mut later) = (0.5, centred.clone());
        let variance = weighted.dot(&centred);
        for _ in 0..4000 {
            later = &chain.matrix * later;
            let rho = weighted.dot(&later) / variance;
            // Positive, whatever the observable.
            prop_assert!(rho > -1e-12);
            tau += rho;
        }
        let lambda = chain.eigenvalues()[1];
        prop_assume!(lambda < 0.99);
        let found = chain.autocorrelation_time(&observable).expect("not constant");
        prop_assert!((found - tau).abs() < 1e-9 * tau, "{found} {tau}");
        prop_assert!(found <= 0.5 * (1.0 + lambda) / (1.0 - lambda) * (1.0 + 1e-9));
    }
}

/// Both orientations, with biases and without.
fn rbms() -> [Rbm; 4] {
    [
        random_rbm(6, 3, 0.8, 0.4, 1),
        random_rbm(6, 3, 0.8, 0.4, 1).transpose(),
        random_rbm(5, 7, 0.5, 0.0, 2),
        narrow(&decimation::pinned(6, 0.5, 1.5).expect("an RBM")),
    ]
}

#[test]
fn one_step_from_every_state_has_the_distribution_of_the_kernel() {
    const STARTS: usize = 250_000;
    for (index, rbm) in rbms().into_iter().enumerate() {
        let (chain, m) = (exact_chain(&rbm), rbm.visible());
        let states = 1 << m;
        let start = random_rbm(m, STARTS, 1.0, 0.0, 10 + index as u64).weights.map(f32::signum);
        let mut rng = stats::stream(1, "kernel", index as u64);
        let end = Flow { rbm: &rbm, rule: Rule::Sampled }.step(&start, &mut rng);
        let mut pairs = vec![0.0; states * states];
        for (v, w) in start.column_iter().zip(end.column_iter()) {
            pairs[state(v) * states + state(w)] += 1.0;
        }
        // Starts are coins: every state is as likely.
        let p = chain.matrix.transpose() / states as f64;
        let found = p_value(&pairs, p.as_slice());
        assert!(found > LEVEL, "RBM {index}: p = {found:e}");
        // The kernel of another RBM, with one weight moved by 0.1, is seen.
        let mut other = rbm.clone();
        other.weights[(0, 0)] += 0.1;
        let p = exact_chain(&other).matrix.transpose() / states as f64;
        assert!(p_value(&pairs, p.as_slice()) < 1e-9, "RBM {index}");
    }
}

#[test]
fn the_flow_leaves_the_rbms_own_distribution_as_it_is() {
    const DRAWS: usize = 300_000;
    for (index, rbm) in rbms().into_iter().enumerate() {
        let p = partition::visible_probabilities(&rbm).expect("few units");
        let mut rng = stats::stream(2, "stationary", index as u64);
        let start = partition::draws(&rbm, DRAWS, &mut rng).expect("few units");
        let before = p_value(&counts(&start), &p);
        let end = Flow { rbm: &rbm, rule: Rule::Sampled }.run(start, 7, &mut rng, |_, _| ());
        let after = p_value(&counts(&end), &p);
        assert!(before > LEVEL && after > LEVEL, "RBM {index}: {before:e}, {after:e}");
        // Signs of means are no samples, and leave the distribution at once.
        let mean = Flow { rbm: &rbm, rule: Rule::Mean }.step(&end, &mut rng);
        let signs = mean.map(|m| if m > 0.0 { 1.0 } else { -1.0 });
        assert!(p_value(&counts(&signs), &p) < 1e-12, "RBM {index}");
        // An RBM a little off is told from this one.
        let mut other = rbm.clone();
        other.weights *= 1.05;
        let p = partition::visible_probabilities(&other).expect("few units");
        assert!(p_value(&counts(&end), &p) < 1e-9, "RBM {index}");
    }
}

#[test]
fn measured_autocorrelation_times_are_those_of_the_kernel() {
    const CHAINS: usize = 200;
    for (index, rbm) in rbms().into_iter().enumerate() {
        let chain = exact_chain(&rbm);
        let (m, states) = (rbm.visible(), chain.stationary.len());
        let magnetisation = |s: usize| (2.0 * s.count_ones() as f64 - m as f64) / m as f64;
        let exact = DVector::from_fn(states, |s, _| magnetisation(s));
        let tau = chain.autocorrelation_time(&exact).expect("not constant");
        assert!(tau > 0.6, "independent states test nothing: {tau}");
        let mut rng = stats::stream(3, "tau", index as u64);
        let start = partition::draws(&rbm, CHAINS, &mut rng).expect("few units");
        let flow = Flow { rbm: &rbm, rule: Rule::Sampled };
        let found = flow.estimate(start, (3, 2000), &mut rng, |v| f64::from(v.sum()) / m as f64);
        assert_eq!(found.count, (CHAINS * 2000) as u64);
        assert!(found.sigmas_from(exact.dot(&chain.stationary)) < Z, "{index}: {found:?}");
        // The window of six tau gives tau a relative error of sqrt(2 (2 * 6 tau + 1) / n), and cuts e^-6 of it.
        let spread = (2.0 * (12.0 * tau + 1.0) / found.count as f64).sqrt() + (-6_f64).exp();
        assert!((found.tau / tau - 1.0).abs() < Z * spread, "{index}: {} {tau}", found.tau);
    }
}

#[test]
fn estimates_take_the_steps_after_burn_in_chain_by_chain() {
    let rbm = Rbm::uniform(3, 2, 0.0);
    let mut rng = stats::stream(4, "order", 0);
    // The mean rule is at 0 after a step: only what is burnt in shows the start.
    let flow = Flow { rbm: &rbm, rule: Rule::Mean };
    let start = DMatrix::from_element(3, 5, 1.0);
    let seen = flow.estimate(start.clone(), (0, 4), &mut rng, |v| f64::from(v[0]));
    assert_eq!((seen.mean, seen.error, seen.count), (0.0, 0.0, 20));
    let frozen = Rbm::uniform(3, 2, 1e9);
    let flow = Flow { rbm: &frozen, rule: Rule::Sampled };
    assert_eq!(flow.estimate(start, (2, 3), &mut rng, |v| f64::from(v.sum())).mean, 3.0);
}

#[test]
fn what_has_no_time_and_what_is_too_large() {
    let coins = transition(&Rbm64::uniform(3, 2, 0.0).unwrap()).unwrap();
    assert!(coins.relaxation_time() < 0.03, "{}", coins.relaxation_time());
    assert_eq!(coins.autocorrelation_time(&DVector::from_element(8, 2.0)), None);
    let tau = coins.autocorrelation_time(&DVector::from_fn(8, |s, _| s as f64)).unwrap();
    close("tau", tau, 0.5, 1e-12, 0.0);
    let [m, n] = MAX_UNITS;
    let many = transition(&Rbm64::uniform(m + 1, 1, 0.0).unwrap());
    assert_eq!(many, Err(Error::TooManyStates { layer: "visible", units: m + 1, limit: m }));
    let many = transition(&Rbm64::uniform(1, n + 1, 0.0).unwrap());
    assert_eq!(many, Err(Error::TooManyStates { layer: "hidden", units: n + 1, limit: n }));
}
