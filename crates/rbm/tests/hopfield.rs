//! The Hopfield network: Hebb's couplings, an energy that never rises, patterns that are kept and too many that are not.

#[path = "common/states.rs"]
mod states;

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rbm::Error;
use rbm::hopfield::{Hopfield, corrupt, overlap, random_patterns};
use states::states;
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, StudentsT};
use stats::Estimate;
use std::collections::BTreeSet;

/// Family-wise level of the two statistical tests of this file.
const LEVEL: f64 = 1e-6;

fn patterns(units: usize, count: usize, seed: u64) -> DMatrix<f32> {
    random_patterns(units, count, &mut stats::stream(seed, "patterns", 0))
}

fn network(patterns: &DMatrix<f32>) -> Hopfield {
    Hopfield::store(patterns).expect("patterns of +-1")
}

fn column(patterns: &DMatrix<f32>, mu: usize) -> DVector<f32> {
    patterns.column(mu).into_owned()
}

proptest! {
    #[test]
    fn couplings_and_energy_are_their_sums(n in 1usize..30, p in 0usize..12, seed: u64) {
        let xi = patterns(n, p, seed);
        let network = network(&xi);
        let w = network.couplings();
        let x = column(&patterns(n, 1, seed ^ 1), 0);
        let mut energy = 0.0;
        for i in 0..n {
            for j in 0..n {
                let sum: f32 = (0..p).map(|mu| xi[(i, mu)] * xi[(j, mu)]).sum();
                let expected = if i == j { 0.0 } else { f64::from(sum) / n as f64 };
                prop_assert_eq!(w[(i, j)], expected);
                energy -= if j < i { expected * f64::from(x[i] * x[j]) } else { 0.0 };
            }
        }
        prop_assert!((network.energy(&x) - energy).abs() < 1e-10);
    }

    #[test]
    fn an_update_never_raises_the_energy(n in 2usize..60, p in 1usize..20, seed: u64) {
        let network = network(&patterns(n, p, seed));
        let w = network.couplings();
        let mut x = column(&patterns(n, 1, seed ^ 1), 0);
        let mut energy = network.energy(&x);
        for i in 0..n {
            let field: f64 = (0..n).map(|j| w[(i, j)] * f64::from(x[j])).sum();
            // Whole numbers over n: nothing is closer to a tie than 1 / n.
            x[i] = if field > -0.5 / n as f64 { 1.0 } else { -1.0 };
            let next = network.energy(&x);
            prop_assert!(next <= energy);
            energy = next;
        }
        let mut rng = stats::stream(seed, "recall", 0);
        let recall = network.recall(&mut x, &mut rng);
        let end = network.energy(&x);
        prop_assert!(end <= energy && network.is_stable(&x));
        // No single flip leads lower.
        for i in 0..n {
            let mut flipped = x.clone();
            flipped[i] = -x[i];
            prop_assert!(network.energy(&flipped) >= end);
        }
        // A stable state stays, and one sweep says so.
        let again = network.recall(&mut x, &mut rng);
        prop_assert_eq!((again.sweeps, again.flips), (1, 0));
        prop_assert!(recall.sweeps >= 1);
    }

    #[test]
    fn a_single_pattern_or_its_opposite_is_always_found(n in 3usize..200, fraction in 0.0..1.0f64, seed: u64) {
        let xi = patterns(n, 1, seed);
        let network = network(&xi);
        let xi = column(&xi, 0);
        let mut rng = stats::stream(seed, "single", 0);
        let mut x = corrupt(&xi, fraction, &mut rng).unwrap();
        let m = overlap(&x, &xi);
        let wrong = (fraction * n as f64).round() / n as f64;
        prop_assert!((m - (1.0 - 2.0 * wrong)).abs() < 1e-12);
        let recall = network.recall(&mut x, &mut rng);
        if m.abs() * n as f64 > 1.0 {
            prop_assert_eq!(overlap(&x, &xi), m.signum());
            prop_assert_eq!(recall.sweeps, 1 + usize::from(wrong > 0.0 && wrong < 1.0));
        }
    }
}

/// States that single updates lead to from `start`, in any order, and that change no more.
fn ends(network: &Hopfield, start: usize) -> BTreeSet<usize> {
    let n = network.units();
    let w = network.couplings();
    let (all, unit) = (states(n), |s: usize, i: usize| if s >> i & 1 == 1 { 1.0 } else { -1.0 });
    let update = |s: usize, i: usize| {
        let field: f64 = (0..n).map(|j| w[(i, j)] * unit(s, j)).sum();
        if field > -1e-9 { s | 1 << i } else { s & !(1 << i) }
    };
    let mut seen = BTreeSet::from([start]);
    let mut next = vec![start];
    while let Some(s) = next.pop() {
        next.extend((0..n).map(|i| update(s, i)).filter(|t| seen.insert(*t)));
    }
    seen.retain(|&s| network.is_stable(&all.column(s).into_owned()));
    seen
}

#[test]
fn recall_ends_where_single_updates_lead() {
    let n = 7;
    let mut reached = BTreeSet::new();
    for seed in 0..10 {
        let network = network(&patterns(n, 3, seed));
        for start in 0..1 << n {
            let expected = ends(&network, start);
            for run in 0..3 {
                let mut x = states(n).column(start).into_owned();
                network.recall(&mut x, &mut stats::stream(seed, "ends", run));
                let up = x.iter().enumerate().filter(|(_, x)| **x > 0.0);
                let end: usize = up.map(|(i, _)| 1 << i).sum();
                assert!(expected.contains(&end), "{start:b} led to {end:b}, not to {expected:?}");
                reached.insert((seed, end));
            }
        }
    }
    // Not always the same place.
    assert!(reached.len() > 20);
}

#[test]
fn orthogonal_patterns_are_all_stable() {
    // Rows of Hadamard's matrix: no pattern disturbs another, and (1 - P/N) xi_i is left of the field.
    let n = 32_usize;
    let hadamard =
        |i: usize, mu: usize| if (i & mu).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
    for p in [1, 5, 31] {
        let xi = DMatrix::from_fn(n, p, hadamard);
        let network = network(&xi);
        for mu in 0..p {
            let pattern = column(&xi, mu);
            assert!(network.is_stable(&pattern));
            let energy = -0.5 * (n - p) as f64;
            assert!((network.energy(&pattern) - energy).abs() < 1e-12);
        }
    }
}

#[test]
fn the_share_of_unstable_units_is_binomial() {
    // xi_i times its field is N - 1 plus (N - 1)(P - 1) independent signs, and a tie is lost if xi_i = -1.
    let (n, p, networks) = (100_u64, 14_u64, 400);
    let signs = (n - 1) * (p - 1);
    let binomial = Binomial::new(0.5, signs).expect("a binomial distribution");
    // Sum of signs 2k - signs below -(n - 1), and equal to it.
    let tie = (signs - (n - 1)) / 2;
    let expected = 0.5 * (binomial.cdf(tie) + binomial.cdf(tie - 1));
    assert!((signs - (n - 1)).is_multiple_of(2) && expected > 1e-3);
    let unstable = |seed: u64| {
        let xi = patterns(n as usize, p as usize, seed);
        let fields = network(&xi).couplings() * xi.map(f64::from);
        let wrong = xi.iter().zip(&fields).filter(|(x, field)| (**x > 0.0) != (**field > -1e-9));
        wrong.count() as f64 / (n * p) as f64
    };
    let found: Vec<f64> = (0..networks).map(unstable).collect();
    let found = Estimate::from_independent(&found);
    let student = StudentsT::new(0.0, 1.0, (networks - 1) as f64).expect("degrees of freedom");
    let p_value = |expected: f64| 2.0 * student.sf((found.mean - expected).abs() / found.error);
    assert!(p_value(expected) > LEVEL / 2.0, "{found:?}, not {expected}");
    // A unit coupled with itself would have P more on the side of what it is: another share.
    let selfish = (signs - (n - 1) - p) / 2;
    assert!(p_value(binomial.cdf(selfish)) < 1e-12, "{found:?}");
}

/// The mean overlap of stored patterns with what they become, for `count` of them.
fn kept(units: usize, load: f64, count: usize) -> f64 {
    let xi = patterns(units, (load * units as f64) as usize, 1);
    let network = network(&xi);
    let one = |mu: usize| {
        let mut x = column(&xi, mu);
        network.recall(&mut x, &mut stats::stream(1, "kept", mu as u64));
        overlap(&x, &column(&xi, mu))
    };
    (0..count).map(one).sum::<f64>() / count as f64
}

#[test]
fn patterns_are_kept_below_the_capacity_and_lost_above() {
    // 0.138 N in large networks, with m = 0.97 there (`amit-1985`), and 0.35 of them where nothing is retrieved.
    let overlaps = [0.05, 0.10, 0.17, 0.20].map(|load| kept(1000, load, 20));
    assert!(overlaps.is_sorted_by(|a, b| a >= b), "{overlaps:?}");
    assert!(overlaps[0] > 0.9999 && overlaps[1] > 0.99, "{overlaps:?}");
    assert!(overlaps[2] < 0.75 && overlaps[3] < 0.55, "{overlaps:?}");
}

#[test]
fn a_corrupted_pattern_is_repaired() {
    let xi = patterns(500, 20, 2);
    let network = network(&xi);
    for mu in 0..20 {
        let mut rng = stats::stream(2, "repair", mu as u64);
        let mut x = corrupt(&column(&xi, mu), 0.25, &mut rng).unwrap();
        assert_eq!(overlap(&x, &column(&xi, mu)), 0.5);
        network.recall(&mut x, &mut rng);
        assert_eq!(overlap(&x, &column(&xi, mu)), 1.0);
    }
}

#[test]
fn all_units_are_corrupted_equally_often() {
    let (n, trials) = (10, 20_000);
    let x = DVector::from_element(n, 1.0_f32);
    let mut rng = stats::stream(3, "corrupt", 0);
    let mut counts = vec![0.0; n];
    for _ in 0..trials {
        let corrupted = corrupt(&x, 0.3, &mut rng).unwrap();
        counts.iter_mut().zip(&corrupted).for_each(|(count, x)| *count += f64::from(*x < 0.0));
    }
    // Ten counts at the level 5e-7 together: z = 5.5.
    let error = (trials as f64 * 0.3 * 0.7).sqrt();
    assert!(counts.iter().all(|c| (c - 0.3 * trials as f64).abs() < 5.5 * error), "{counts:?}");
}

#[test]
fn the_seed_decides_the_order() {
    let network = network(&patterns(200, 60, 4));
    let start = column(&patterns(200, 1, 5), 0);
    let run = |seed| {
        let mut x = start.clone();
        let recall = network.recall(&mut x, &mut stats::stream(seed, "order", 0));
        (recall, x)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).1, run(2).1);
}

#[test]
fn what_is_no_pattern_is_refused() {
    for value in [0.0, 0.5, f32::NAN] {
        let stored = Hopfield::store(&DMatrix::from_element(3, 2, value));
        assert!(matches!(stored, Err(Error::Setting { what: "a unit", .. })), "{stored:?}");
    }
    let many = Hopfield::store(&DMatrix::from_element(1 << 12, 1 << 12, 1.0));
    assert!(matches!(many, Err(Error::Setting { what: "the units of all patterns", .. })));
    for fraction in [-0.1, 1.1, f64::NAN] {
        let mut rng = stats::stream(1, "refused", 0);
        let refused = corrupt(&DVector::from_element(3, 1.0), fraction, &mut rng);
        assert!(matches!(refused, Err(Error::Setting { .. })), "{refused:?}");
    }
}

#[test]
fn of_a_lone_pattern_just_the_turned_units_are_unstable() {
    let mut rng = stats::stream(1, "lone", 0);
    let xi = random_patterns(12, 1, &mut rng);
    let network = network(&xi);
    let mut x = column(&xi, 0);
    // Ties, which end in +1, come with five of twelve only.
    for turned in 0..5 {
        assert_eq!(network.unstable_units(&x), turned);
        x[turned] = -x[turned];
    }
}
