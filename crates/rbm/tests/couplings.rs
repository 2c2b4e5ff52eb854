//! The learnt couplings: all orders against `exact`, the integrals against all orders, both layers, weak and strong.

#[path = "common/any.rs"]
mod any;
#[path = "common/cases.rs"]
mod cases;
#[path = "common/distance.rs"]
mod distance;
#[path = "common/random.rs"]
mod random;
#[path = "common/states.rs"]
mod states;

use any::{exactly, rbms};
use distance::distance;
use exact::{Rbm64, decimation, ring};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use random::random_rbm;
use rbm::{Error, Rbm, couplings};
use states::states;

fn rounded(rbm: &Rbm64) -> Rbm {
    Rbm {
        weights: rbm.weights.map(|w| w as f32),
        visible_bias: rbm.visible_bias.map(|b| b as f32),
        hidden_bias: rbm.hidden_bias.map(|c| c as f32),
    }
}

/// Bounds `|F|`, and so what a rounding of relative size one makes of a coupling.
fn scale(rbm: &Rbm) -> f64 {
    let sum = |x: &[f32]| x.iter().map(|x| f64::from(x.abs())).sum::<f64>();
    let biases = sum(rbm.visible_bias.as_slice()) + sum(rbm.hidden_bias.as_slice());
    sum(rbm.weights.as_slice()) + biases + rbm.hidden() as f64
}

/// The units of a set, from its bits.
fn members(set: usize) -> Vec<usize> {
    (0..usize::BITS as usize).filter(|i| set >> i & 1 == 1).collect()
}

proptest! {
    #[test]
    fn all_orders_are_the_enumerated_ones(rbm in rbms(9)) {
        let tolerance = 1e-14 * scale(&rbm);
        let visible = exact::couplings::visible(&exactly(&rbm)).unwrap();
        prop_assert!(distance(&couplings::all(&rbm).unwrap(), &visible) <= tolerance);
        let hidden = exact::couplings::hidden(&exactly(&rbm)).unwrap();
        prop_assert!(distance(&couplings::all(&rbm.transpose()).unwrap(), &hidden) <= tolerance);
    }

    #[test]
    fn the_integrals_are_the_sums_over_all_states(rbm in rbms(9)) {
        // Weights of up to 4 make fields of up to 40: far from weak, and far from Gaussian.
        for rbm in [rbm.transpose(), rbm] {
            let tolerance = 1e-14 * scale(&rbm);
            let all = couplings::all(&rbm).unwrap();
            let fields = couplings::fields(&rbm).unwrap();
            let pairs = couplings::pairs(&rbm).unwrap();
            for i in 0..rbm.visible() {
                prop_assert!((fields[i] - all[1 << i]).abs() <= tolerance, "field {}", i);
                prop_assert_eq!(pairs[(i, i)], 0.0);
                for j in 0..i {
                    let error = (pairs[(i, j)] - all[1 << i | 1 << j]).abs();
                    prop_assert!(error <= tolerance, "pair {} {}: {:e}", i, j, error);
                    prop_assert_eq!(pairs[(i, j)].to_bits(), pairs[(j, i)].to_bits());
                }
            }
            for (set, j) in all.iter().enumerate() {
                let found = couplings::of_set(&rbm, &members(set)).unwrap();
                prop_assert!((found - j).abs() <= tolerance, "set {:b}: {} {}", set, found, j);
            }
        }
    }

    #[test]
    fn weak_couplings_keep_their_digits(m in 2usize..=8, n in 1usize..=5, seed: u64) {
        // Relative to w^2, not to 1: points are dropped and images neglected in proportion.
        for size in [1e-2_f32, 1e-4] {
            let rbm = random_rbm(m, n, size, seed);
            let pairs = couplings::pairs(&rbm).unwrap();
            let leading = rbm.weights.map(f64::from) * rbm.weights.transpose().map(f64::from);
            let w = f64::from(size);
            for i in 0..m {
                for j in 0..i {
                    // The next order: w_i w_j (c^2 + sum of w^2 of the others + (w_i^2 + w_j^2) / 3), all below w^2.
                    let bound = n as f64 * w * w * (m as f64 * w * w + 1e-13);
                    prop_assert!((pairs[(i, j)] - leading[(i, j)]).abs() <= bound);
                }
            }
        }
    }
}

#[test]
fn golden_rbms() {
    for case in cases::all() {
        let all = couplings::all(&case.rbm).unwrap();
        let value =
            |v: &[f32], set: usize| members(set).iter().map(|&i| f64::from(v[i])).product::<f64>();
        // The data's free energies, term by term.
        for (v, f) in case.data.column_iter().zip(case.numbers("free_energy_per_datum")) {
            let v = v.as_slice();
            let sum: f64 = all.iter().enumerate().map(|(set, j)| j * value(v, set)).sum();
            assert!((sum + f).abs() <= 1e-14 * scale(&case.rbm), "{sum} {f}");
        }
        // Their exponentials are the probabilities, and have the golden pair means.
        let ln_z = case.number("lnZ");
        let ln_weights = exact::couplings::ln_weights(&all).unwrap();
        let p: Vec<f64> = ln_weights.iter().map(|w| (w - ln_z).exp()).collect();
        assert!(distance(&p, &case.numbers("P_v")) <= 1e-13);
        let v = states(case.rbm.visible()).map(f64::from);
        let pairs = &v * DMatrix::from_diagonal(&DVector::from_vec(p)) * v.transpose();
        assert!((pairs - case.matrix("mean_vv")).amax() <= 1e-13);
    }
}

#[test]
fn the_decimating_rbm_has_the_decimated_ring_behind_it() {
    // Hidden pairs at K', tanh K' = tanh^2 K, and nothing else; the visible ones tend to the ring at K.
    let (sites, k) = (200, 1.0);
    let rbm = rounded(&decimation::pinned(sites, k, 6.0).expect("an even ring"));
    let hidden = couplings::pairs(&rbm.transpose()).unwrap();
    let ring = |units: usize, k: f64| {
        let near = move |i: usize, j: usize| (i + 1) % units == j || (j + 1) % units == i;
        DMatrix::from_fn(units, units, move |i, j| if near(i, j) { k } else { 0.0 })
    };
    assert!((hidden - ring(sites / 2, ring::decimate(k))).amax() < 1e-13);
    let visible = couplings::pairs(&rbm).unwrap();
    // The neighbours a, b of a pinned site: ln cosh(L + K(a + b)) leaves e^{-2L} of itself beyond the line.
    assert!((&visible - ring(sites, k)).amax() < (-2.0_f64 * (6.0 - 2.0 * k)).exp());
    assert!((visible - ring(sites, k)).amax() > 1e-7);
}

#[test]
fn many_equal_weights_agree_with_sums_over_their_number() {
    // J_ij of one hidden unit: the average of ln cosh over the sum of M - 2 spins, a sum of M - 1 binomial terms.
    let (m, w, c) = (300_usize, 0.07_f32, 0.4_f32);
    let mut rbm = Rbm::uniform(m, 1, w);
    rbm.hidden_bias[0] = c;
    let (w, c) = (f64::from(w), f64::from(c));
    let ln_cosh = |x: f64| x.abs() + (-2.0 * x.abs()).exp().ln_1p();
    let mut ln_binomial = -((m - 2) as f64) * std::f64::consts::LN_2;
    let mut expected = 0.0;
    for up in 0..=m - 2 {
        let x = c + w * (2.0 * up as f64 - (m - 2) as f64);
        let second = ln_cosh(x + 2.0 * w) + ln_cosh(x - 2.0 * w) - 2.0 * ln_cosh(x);
        expected += 0.25 * ln_binomial.exp() * second;
        ln_binomial += ((m - 2 - up) as f64 / (up + 1) as f64).ln();
    }
    let pairs = couplings::pairs(&rbm).unwrap();
    let off = pairs.iter().filter(|j| **j != 0.0);
    assert_eq!(off.clone().count(), m * (m - 1));
    assert!(off.map(|j| (j / expected - 1.0).abs()).fold(0.0, f64::max) < 1e-11, "{expected}");
    let of_set = couplings::of_set(&rbm, &[17, 290]).unwrap();
    assert!((of_set / expected - 1.0).abs() < 1e-11);
}

#[test]
fn strong_weights_and_unequal_ones_keep_the_precision() {
    // Fields of up to some 400, and one of 3000 next to weights of 1.
    let mut unequal = random_rbm(6, 4, 1.0, 12);
    unequal.weights[(2, 1)] = 3000.0;
    for rbm in [random_rbm(7, 4, 60.0, 11), unequal] {
        for rbm in [rbm.transpose(), rbm] {
            let all = couplings::all(&rbm).unwrap();
            let pairs = couplings::pairs(&rbm).unwrap();
            let fields = couplings::fields(&rbm).unwrap();
            let tolerance = 1e-14 * scale(&rbm);
            for i in 0..rbm.visible() {
                assert!((fields[i] - all[1 << i]).abs() <= tolerance);
                for j in 0..i {
                    assert!((pairs[(i, j)] - all[1 << i | 1 << j]).abs() <= tolerance);
                }
            }
        }
    }
}

#[test]
fn a_product_of_weights_is_the_leading_order() {
    // J - W W^T falls as the fourth power of the weights: a factor of 16 for each halving, measured.
    let error = |size: f32| {
        let mut rbm = random_rbm(40, 30, 1.0, 7);
        rbm.weights *= size;
        rbm.hidden_bias *= size;
        let leading = rbm.weights.map(f64::from) * rbm.weights.transpose().map(f64::from);
        let mut error = couplings::pairs(&rbm).unwrap() - leading;
        error.fill_diagonal(0.0);
        error.norm()
    };
    let errors = [1.0 / 64.0, 1.0 / 128.0, 1.0 / 256.0].map(error);
    for pair in errors.windows(2) {
        let order = (pair[0] / pair[1]).log2();
        assert!((order - 4.0).abs() < 0.02, "{order}");
    }
}

#[test]
fn without_biases_odd_orders_vanish() {
    let mut rbm = random_rbm(6, 4, 1.0, 3);
    rbm.visible_bias.fill(0.0);
    rbm.hidden_bias.fill(0.0);
    assert_eq!(couplings::fields(&rbm).unwrap(), DVector::zeros(6));
    assert_eq!(couplings::of_set(&rbm, &[0, 3, 5]).unwrap(), 0.0);
    // h -> -h changes nothing about the visible units.
    let pairs = couplings::pairs(&rbm).unwrap();
    rbm.weights.column_mut(2).neg_mut();
    assert!((couplings::pairs(&rbm).unwrap() - pairs).amax() < 1e-15);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let rbm = random_rbm(150, 3, 0.3, 5);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| couplings::pairs(&rbm).unwrap())
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn what_cannot_be_answered_is_refused() {
    let large = Rbm::uniform(60, 2, 0.1);
    assert_eq!(couplings::all(&large), Err(Error::TooManyStates { units: 60, limit: 24 }));
    for set in [&[60][..], &[3, 4, 3]] {
        let refused = couplings::of_set(&large, set);
        let value = if set.len() == 1 { 60.0 } else { 3.0 };
        assert!(
            matches!(refused, Err(Error::Setting { value: v, .. }) if v == value),
            "{refused:?}"
        );
    }
    for weight in [1e9, f32::INFINITY, f32::NAN] {
        let wild = Rbm::uniform(3, 2, weight);
        let refused = couplings::pairs(&wild);
        assert!(matches!(refused, Err(Error::Setting { .. })), "{refused:?}");
        assert!(couplings::of_set(&wild, &[0, 1]).is_err());
    }
}
