//! The sampled rule on equal weights: the exact distribution of the visible sum after n steps, from several starts.

mod common;

use common::p_value;
use exact::{Ring, symmetric};
use flow::{Flow, Rule};
use nalgebra::DMatrix;
use rbm::Rbm;

/// Family-wise level of the chi-square tests of this file, 22 of them.
const LEVEL: f64 = 1e-6;
const TESTS: f64 = 22.0;
const VISIBLE: usize = 8;
const HIDDEN: usize = 5;
const CHAINS: usize = 100_000;

/// The trained weight at K = 1: above the bifurcation of the mean rule.
fn weight() -> f32 {
    trained(1.0)
}

fn trained(coupling: f64) -> f32 {
    let ring = Ring::new(VISIBLE, coupling).expect("a ring");
    symmetric::best_weight(&ring.into(), HIDDEN).expect("a best weight") as f32
}

/// The number of up spins of each column, all of which must be +-1.
fn counts(v: &DMatrix<f32>) -> Vec<f64> {
    let mut counts = vec![0.0; v.nrows() + 1];
    for column in v.column_iter() {
        assert!(column.iter().all(|v| v.abs() == 1.0));
        counts[column.iter().filter(|v| **v > 0.0).count()] += 1.0;
    }
    counts
}

fn passes(what: &str, p: f64) {
    assert!(p > LEVEL / TESTS, "{what}: p = {p:e}");
}

/// Many copies of one configuration with `up` spins up, at alternating places as far as they go.
fn start(up: usize) -> DMatrix<f32> {
    let place = |i: usize| if i < VISIBLE / 2 { 2 * i } else { 2 * i + 1 - VISIBLE };
    let mut one = [-1.0_f32; VISIBLE];
    (0..up).for_each(|i| one[place(i)] = 1.0);
    DMatrix::from_fn(VISIBLE, CHAINS, |i, _| one[i])
}

#[test]
fn the_distribution_after_every_step_from_every_start() {
    let rbm = Rbm::uniform(VISIBLE, HIDDEN, weight());
    let flow = Flow { rbm: &rbm, rule: Rule::Sampled };
    for up in [0, 2, 4, 5, 8] {
        let mut distribution = vec![0.0; VISIBLE + 1];
        distribution[up] = 1.0;
        let mut rng = stats::stream(1, "sampled", up as u64);
        flow.run(start(up), 10, &mut rng, |step, v| {
            if [1, 2, 5, 10].contains(&step) {
                passes(&format!("{up} up, {step} steps"), p_value(&counts(v), &distribution));
            }
            distribution = symmetric::sampled_step(&distribution, HIDDEN, f64::from(weight()));
        });
    }
}

#[test]
fn the_stationary_distribution_is_the_rbms_own() {
    // K = 1 would take some hundred steps to forget its start; at K = 0.5 the mean rule still orders.
    let w = f64::from(trained(0.5));
    assert!(symmetric::gain(VISIBLE, HIDDEN, w) > 1.0);
    let rbm = Rbm::uniform(VISIBLE, HIDDEN, w as f32);
    let stationary = symmetric::visible_sum_probabilities(VISIBLE, HIDDEN, w);
    let mut distribution = vec![0.0; VISIBLE + 1];
    distribution[VISIBLE] = 1.0;
    let steps = 100;
    for _ in 0..steps {
        distribution = symmetric::sampled_step(&distribution, HIDDEN, w);
    }
    // What is left of the start is far below the 3e-3 that these chains can see.
    assert!(
        distribution.iter().zip(&stationary).all(|(a, b)| (a - b).abs() < 1e-5),
        "{distribution:?}"
    );
    let flow = Flow { rbm: &rbm, rule: Rule::Sampled };
    let v = flow.run(start(VISIBLE), steps, &mut stats::stream(2, "stationary", 0), |_, _| ());
    passes("stationary", p_value(&counts(&v), &stationary));
    // All spins are equivalent, wherever they stood: pairs agree as exchangeable ones do.
    let agree = v.column_iter().filter(|v| v[0] == v[5]).count() as f64;
    let p = 0.5 * (1.0 + symmetric::pair_correlation(&stationary));
    passes("pairs", p_value(&[agree, CHAINS as f64 - agree], &[p, 1.0 - p]));
}

#[test]
fn the_test_tells_the_rules_and_a_wrong_number_of_steps_apart() {
    let rbm = Rbm::uniform(VISIBLE, HIDDEN, weight());
    let mut distribution = vec![0.0; VISIBLE + 1];
    distribution[5] = 1.0;
    let one = symmetric::sampled_step(&distribution, HIDDEN, f64::from(weight()));
    let two = symmetric::sampled_step(&one, HIDDEN, f64::from(weight()));
    let mut rng = stats::stream(3, "power", 0);
    let sampled = Flow { rbm: &rbm, rule: Rule::Sampled }.step(&start(5), &mut rng);
    assert!(p_value(&counts(&sampled), &two) < 1e-12);
    // Signs of means are another thing than samples.
    let mean = Flow { rbm: &rbm, rule: Rule::Mean }.step(&start(5), &mut rng);
    assert!(p_value(&counts(&mean.map(f32::signum)), &one) < 1e-12);
}

#[test]
fn a_seed_determines_the_flow() {
    let rbm = Rbm::uniform(VISIBLE, HIDDEN, weight());
    let flow = Flow { rbm: &rbm, rule: Rule::Sampled };
    let end = |seed| flow.step(&start(4), &mut stats::stream(seed, "seed", 0));
    assert_eq!(end(1), end(1));
    assert_ne!(end(1), end(2));
    let mut shown = 0;
    flow.run(start(4), 0, &mut stats::stream(1, "seed", 0), |step, v| {
        assert_eq!((step, v), (0, &start(4)));
        shown += 1;
    });
    assert_eq!(shown, 1);
}
