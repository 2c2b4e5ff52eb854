//! The divergence over all weights: derivatives against differences, the equal-weight point, descents.

mod common;

use common::brute::{numbers, rbm_of};
use exact::divergence::{MAX_UNITS, hessian, hessian_eigenvalues, kl_gradient, uniform_modes};
use exact::enumerate::{self, moments, visible_probabilities};
use exact::minimum::{descend, gradient_descent};
use exact::{Error, Rbm64, Ring, decimation, symmetric};
use nalgebra::DMatrix;
use proptest::prelude::*;

/// A few hundred roundings of 1e-16 of terms of order one to ten.
const SUM: f64 = 1e-12;
/// Central differences with step 1e-4: its square times the third derivative (below 10), and rounding 1e-15 / 1e-4.
const DIFFERENCE: f64 = 1e-6;

fn ring_states(m: usize, k: f64) -> Vec<f64> {
    let ring = Ring::new(m, k).expect("a ring");
    enumerate::ring(&ring).expect("few sites").probabilities
}

/// Some distribution, with v and -v of different probability.
fn distribution(m: usize, seed: u64) -> Vec<f64> {
    let mut number = numbers(seed, 1.0);
    let weights: Vec<f64> = (0..1 << m).map(|_| (2.0 * number()).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| w / sum).collect()
}

fn nudged(weights: &DMatrix<f64>, entry: usize, h: f64) -> DMatrix<f64> {
    let mut moved = weights.clone();
    moved[entry] += h;
    moved
}

proptest! {
    #[test]
    fn value_and_gradient(
        m in 1usize..8, n in 1usize..6, scale in prop_oneof![0.0..3.0f64, Just(12.0), Just(40.0)], seed in any::<u64>()
    ) {
        let weights = rbm_of(m, n, scale, seed).weights;
        let rbm = Rbm64::without_biases(weights.clone()).unwrap();
        let q = distribution(m, seed);
        let (kl, gradient) = kl_gradient(&q, &weights).unwrap();
        let p = visible_probabilities(&rbm).unwrap();
        let direct = enumerate::kl(&q, &p).unwrap();
        let size = 1.0 + scale * (m * n) as f64;
        if p.iter().all(|p| *p > 1e-300) {
            prop_assert!((kl - direct).abs() < SUM * size, "{kl} {direct}");
        }
        let model = moments(&rbm).unwrap().mean_vh;
        let fields = weights.tr_mul(&common::brute::unit_states(m)).map(f64::tanh);
        let mut data = common::brute::unit_states(m);
        data.column_iter_mut().zip(&q).for_each(|(mut v, q)| v *= *q);
        let expected = model - data * fields.transpose();
        prop_assert!((gradient - expected).amax() < SUM * size);
    }

    #[test]
    fn derivatives_are_those_of_differences(m in 1usize..6, n in 1usize..4, scale in 0.0..1.5f64, seed in any::<u64>()) {
        let weights = rbm_of(m, n, scale, seed).weights;
        let q = distribution(m, seed);
        let (_, gradient) = kl_gradient(&q, &weights).unwrap();
        let curvature = hessian(&q, &weights).unwrap();
        prop_assert!((&curvature - curvature.transpose()).amax() < SUM);
        for entry in 0..m * n {
            let at = |h: f64| kl_gradient(&q, &nudged(&weights, entry, h)).unwrap();
            let ((high, up), (low, down)) = (at(1e-4), at(-1e-4));
            prop_assert!(((high - low) / 2e-4 - gradient[entry]).abs() < DIFFERENCE);
            let row = (up - down) / 2e-4;
            for (other, found) in row.iter().enumerate() {
                prop_assert!((found - curvature[(entry, other)]).abs() < DIFFERENCE);
            }
        }
    }

    #[test]
    fn hidden_names_do_not_matter(m in 2usize..7, n in 2usize..5, seed in any::<u64>()) {
        let weights = rbm_of(m, n, 1.0, seed).weights;
        let q = ring_states(m, 0.7);
        let (kl, gradient) = kl_gradient(&q, &weights).unwrap();
        let mut other = weights.clone();
        other.swap_columns(0, 1);
        other.column_mut(0).neg_mut();
        let (same, mut there) = kl_gradient(&q, &other).unwrap();
        there.column_mut(0).neg_mut();
        there.swap_columns(0, 1);
        prop_assert!((kl - same).abs() < SUM && (gradient - there).amax() < SUM);
    }

    #[test]
    fn modes_are_eigenvalues(m in 2usize..8, n in 2usize..4, k in 0.1..2.0f64, factor in 0.3..1.5f64) {
        let ring = Ring::new(m, k).unwrap();
        let weight = factor * symmetric::best_weight(&ring.into(), n).unwrap();
        let modes = uniform_modes(&ring, n, weight).unwrap();
        prop_assert_eq!(modes.len(), m);
        let q = ring_states(m, k);
        let curvature = hessian(&q, &DMatrix::from_element(m, n, weight)).unwrap();
        for (mode, value) in modes.iter().enumerate() {
            // cos(2 pi k i / M) on the first hidden unit, its opposite on the second.
            let x = DMatrix::from_fn(m * n, 1, |row, _| {
                let wave = (std::f64::consts::TAU * (mode * (row % m)) as f64 / m as f64).cos();
                match row / m { 0 => wave, 1 => -wave, _ => 0.0 }
            });
            prop_assert!((&curvature * &x - *value * &x).amax() < SUM);
        }
        let all = hessian_eigenvalues(&q, &DMatrix::from_element(m, n, weight)).unwrap();
        for value in &modes {
            let copies = modes.iter().filter(|other| (*other - value).abs() < 1e-10).count() * (n - 1);
            let found = all.iter().filter(|other| (*other - value).abs() < 1e-10).count();
            prop_assert!(found >= copies, "{value}: {found} < {copies}");
        }
    }
}

#[test]
fn equal_weights_are_a_saddle_for_two_and_more_units() {
    for (m, k) in [(4, 0.2), (8, 1.0), (8, 2.0), (12, 0.5), (16, 1.0)] {
        let ring = Ring::new(m, k).unwrap();
        for n in 2..6 {
            let modes =
                uniform_modes(&ring, n, symmetric::best_weight(&ring.into(), n).unwrap()).unwrap();
            assert!(modes.iter().any(|x| *x < -1e-6), "{m} {n} {k}: {modes:?}");
        }
        let weight = symmetric::best_weight(&ring.into(), 1).unwrap();
        assert!(uniform_modes(&ring, 1, weight).unwrap().is_empty());
    }
}

#[test]
fn small_divergences_keep_their_digits() {
    // KL = C e^{-4L} (1 + O(e^{-2L})), far below the rounding of q ln(q / p).
    let q = ring_states(8, 1.0);
    let kl = |pinning: f64| {
        let rbm = decimation::pinned(8, 1.0, pinning).unwrap();
        kl_gradient(&q, &rbm.weights).unwrap()
    };
    for pinning in [5.0, 6.0, 7.0] {
        let ratio = kl(pinning).0 / kl(pinning + 0.5).0 / 2.0_f64.exp();
        assert!((ratio - 1.0).abs() < 50.0 * (-2.0 * pinning).exp(), "{pinning}: {ratio}");
        assert!(kl(pinning).1.amax() < 10.0 * kl(pinning).0.sqrt());
    }
}

#[test]
fn a_descent_finds_decimation_at_infinite_weights() {
    let q = ring_states(8, 1.0);
    let ends: Vec<_> = (0..10)
        .map(|seed| descend(&q, &rbm_of(8, 4, 0.5, seed).weights, 1e-12, 3000).unwrap())
        .collect();
    let best: Vec<_> = ends.iter().filter(|end| end.kl < 1e-12).collect();
    assert!(best.len() >= 4, "{}", best.len());
    for end in best {
        assert!(end.gradient_norm <= 1e-12 && end.weights.iter().all(|w| w.is_finite()));
        let rbm = Rbm64::without_biases(end.weights.clone()).unwrap();
        let hidden = decimation::hidden_coupling(&rbm).unwrap();
        assert!((hidden.coupling - exact::ring::decimate(1.0)).abs() < 1e-5, "{hidden:?}");
        assert!(hidden.is_ring && hidden.sign == 1.0);
    }
    let again = descend(&q, &rbm_of(8, 4, 0.5, 0).weights, 1e-12, 3000).unwrap();
    assert_eq!(again, ends[0]);
}

#[test]
fn a_descent_from_the_saddle_stays_on_it() {
    let ring = Ring::new(6, 1.0).unwrap();
    let weight = symmetric::best_weight(&ring.into(), 3).unwrap();
    let q = ring_states(6, 1.0);
    let end = descend(&q, &DMatrix::from_element(6, 3, 0.9 * weight), 1e-12, 100).unwrap();
    assert!((end.kl - symmetric::kl(&ring.into(), 3, weight)).abs() < SUM);
    assert!((end.weights.add_scalar(-weight)).amax() < 1e-9);
    let start = DMatrix::from_element(6, 3, 0.9 * weight);
    let mut seen = 0;
    let plain = gradient_descent(&q, &start, 0.1, 200, |step, kl, weights| {
        assert_eq!(step, seen);
        assert_eq!(kl, kl_gradient(&q, weights).unwrap().0);
        seen += 1;
    });
    assert_eq!((seen, plain.unwrap().iterations), (201, 200));
}

#[test]
fn what_is_no_problem_is_refused() {
    let weights = DMatrix::from_element(3, 2, 0.1);
    let q = ring_states(3, 0.5);
    assert!(matches!(
        kl_gradient(&q[1..], &weights),
        Err(Error::WrongLength { found: 7, expected: 8, .. })
    ));
    let twice: Vec<f64> = q.iter().map(|q| 2.0 * q).collect();
    assert!(matches!(hessian(&twice, &weights), Err(Error::OutOfRange { .. })));
    let mut negative = q.clone();
    negative[0] = -0.1;
    assert!(matches!(kl_gradient(&negative, &weights), Err(Error::OutOfRange { value: -0.1, .. })));
    let infinite = DMatrix::from_element(3, 2, f64::INFINITY);
    assert!(matches!(descend(&q, &infinite, 1e-9, 10), Err(Error::OutOfRange { .. })));
    assert!(matches!(
        gradient_descent(&q, &weights, f64::NAN, 1, |_, _, _| ()),
        Err(Error::OutOfRange { .. })
    ));
    let many = DMatrix::zeros(MAX_UNITS + 1, 1);
    assert!(matches!(kl_gradient(&q, &many), Err(Error::TooManyStates { units: 21, .. })));
    assert!(matches!(kl_gradient(&[1.0], &DMatrix::zeros(0, 1)), Err(Error::TooSmall { .. })));
    let frozen = Ring::new(4, f64::INFINITY).unwrap();
    assert!(matches!(uniform_modes(&frozen, 2, 0.1), Err(Error::OutOfRange { .. })));
    let large = Ring::new(25, 1.0).unwrap();
    assert!(matches!(uniform_modes(&large, 2, 0.1), Err(Error::TooManyStates { .. })));
}
