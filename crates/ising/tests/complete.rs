//! Draws of the complete graph have the distribution of all its configurations.

use ising::{Coupling, Error, Samples, complete_graph, magnetisations};
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Family-wise level of the five chi-square tests of this file.
const LEVEL: f64 = 1e-6 / 5.0;
const SITES: usize = 5;
const DRAWS: usize = 100_000;

/// How often each of the 32 configurations was drawn.
fn counts(samples: &Samples) -> Vec<f64> {
    let mut counts = vec![0.0; 1 << SITES];
    for row in 0..samples.len() {
        let state = (0..SITES).filter(|&i| samples.spin(row, i) > 0).map(|i| 1 << i);
        counts[state.sum::<usize>()] += 1.0;
    }
    counts
}

/// `exp(K sum over all pairs s_i s_j / N)`: the weight without the constant.
fn distribution(coupling: f64) -> Vec<f64> {
    let weight = |state: usize| {
        let spin = |i: usize| if state >> i & 1 == 1 { 1.0 } else { -1.0 };
        let pairs = (0..SITES).flat_map(|i| (0..i).map(move |j| spin(i) * spin(j)));
        (coupling * pairs.sum::<f64>() / SITES as f64).exp()
    };
    let weights: Vec<f64> = (0..1 << SITES).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| w / sum).collect()
}

fn p_value(coupling: f64, drawn_at: f64) -> f64 {
    let coupling_drawn = Coupling::new(drawn_at).expect("a number");
    let rng = &mut stats::stream(1, "complete", 0);
    let samples = complete_graph(SITES, coupling_drawn, DRAWS, rng).expect("few spins");
    let term = |(count, p): (f64, f64)| (count - p * DRAWS as f64).powi(2) / (p * DRAWS as f64);
    let sum: f64 = counts(&samples).into_iter().zip(distribution(coupling)).map(term).sum();
    ChiSquared::new(31.0).expect("degrees of freedom").sf(sum)
}

#[test]
fn draws_have_the_distribution_of_all_pairs() {
    for coupling in [0.0, 0.4, 1.0, 2.5, -1.5] {
        let p = p_value(coupling, coupling);
        assert!(p > LEVEL, "K = {coupling}: {p:e}");
    }
    // Power: a coupling that is off by a twentieth.
    assert!(p_value(1.0, 1.05) < 1e-12);
}

#[test]
fn the_limits_of_temperature() {
    let draw = |sites, coupling: f64| {
        let coupling = Coupling::new(coupling).expect("a number");
        complete_graph(sites, coupling, 200, &mut stats::stream(2, "complete", 0))
            .expect("few spins")
    };
    for sites in [1, 2, 7, 300] {
        let ground = magnetisations(&draw(sites, f64::INFINITY));
        assert!(ground.iter().all(|m| m.abs() == 1.0));
        assert!(ground.contains(&1.0) && ground.contains(&-1.0));
        let least = (sites % 2) as f64 / sites as f64;
        let anti = magnetisations(&draw(sites, f64::NEG_INFINITY));
        assert!(anti.iter().all(|m| m.abs() == least), "{sites}");
    }
    // Deep in the ordered phase m is the positive or negative root of m = tanh K m.
    let ordered = magnetisations(&draw(60_000, 1.5));
    assert!(ordered.iter().all(|m| (m.abs() - 0.858_560).abs() < 0.02), "{:?}", &ordered[..9]);
    assert!(matches!(
        complete_graph(0, Coupling::new(1.0).unwrap(), 1, &mut stats::stream(1, "x", 0)),
        Err(Error::Side(0))
    ));
}
