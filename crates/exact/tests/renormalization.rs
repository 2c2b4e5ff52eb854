//! Couplings to all orders, the variational renormalization group, and the RBMs that are its steps on the ring.

mod common;

use common::brute::{Joint, random_rbm, spin};
use exact::decimation::{HiddenCoupling, bonds, hidden_coupling, pinned};
use exact::enumerate::{ln_visible_weights, visible_probabilities};
use exact::ring::decimate;
use exact::{Error, Rbm64, Ring, couplings, divergence, enumerate};
use nalgebra::DMatrix;
use proptest::prelude::*;

/// A few hundred roundings of 1e-16 of terms of the size of the largest exponent.
const SUM: f64 = 1e-13;

fn close(a: f64, b: f64, scale: f64) -> bool {
    (a - b).abs() <= SUM * (1.0 + scale)
}

/// `-H(v)` of the ring, state by state.
fn ring_weights(m: usize, k: f64) -> Vec<f64> {
    (0..1 << m).map(|s| (0..m).map(|i| k * spin(s, i) * spin(s, (i + 1) % m)).sum()).collect()
}

/// Whether a hidden layer is a ring of these sites at this coupling: J of the bonds, nothing else.
fn is_ring_at(hidden: &HiddenCoupling, k: f64, scale: f64) -> bool {
    close(hidden.coupling, k, scale)
        && hidden.spread.max(hidden.largest_other) <= SUM * (1.0 + scale)
        && (hidden.is_ring || k.abs() <= SUM * (1.0 + scale))
}

proptest! {
    #[test]
    fn couplings_are_means_over_states(ln_weights in (0usize..7).prop_flat_map(|m| prop::collection::vec(-5.0..5.0f64, 1 << m))) {
        let found = couplings::of_ln_weights(&ln_weights).unwrap();
        let product = |set: usize, state: usize| -> f64 {
            (0..8).filter(|i| set >> i & 1 == 1).map(|i| spin(state, i)).product()
        };
        for (set, j) in found.iter().enumerate() {
            let direct: f64 = ln_weights.iter().enumerate().map(|(s, w)| w * product(set, s)).sum();
            prop_assert!(close(*j, direct / ln_weights.len() as f64, 5.0));
        }
        for (a, b) in couplings::ln_weights(&found).unwrap().iter().zip(&ln_weights) {
            prop_assert!(close(*a, *b, 5.0));
        }
    }

    #[test]
    fn marginals_are_rebuilt_from_their_couplings(rbm in random_rbm(1..6, 1..6, 2.0)) {
        let joint = Joint::new(&rbm);
        let hidden = couplings::ln_weights(&couplings::hidden(&rbm).unwrap()).unwrap();
        for (h, x) in hidden.iter().enumerate() {
            prop_assert!(close(*x, joint.p.column(h).sum().ln() + joint.ln_z, 10.0 * joint.largest));
        }
        let visible = couplings::ln_weights(&couplings::visible(&rbm).unwrap()).unwrap();
        for (v, x) in visible.iter().enumerate() {
            prop_assert!(close(*x, joint.p.row(v).sum().ln() + joint.ln_z, 10.0 * joint.largest));
        }
    }

    #[test]
    fn the_divergence_is_what_the_trace_lacks(rbm in random_rbm(2..7, 1..6, 1.5), k in -1.5..1.5f64) {
        let m = rbm.visible();
        let found = couplings::variational(&rbm, &ring_weights(m, k)).unwrap();
        let ring = Ring::new(m, k).unwrap();
        let q = enumerate::ring(&ring).unwrap().probabilities;
        let scale = Joint::new(&rbm).largest + 10.0;
        prop_assert!(close(found.ln_z_microscopic, ring.ln_z(), scale));
        prop_assert!(close(found.ln_z_hidden, enumerate::ln_z(&rbm).unwrap(), scale));
        let mean: f64 = q.iter().zip(&found.ln_trace_t).map(|(q, t)| q * t).sum();
        let identity = found.ln_z_hidden - found.ln_z_microscopic - mean;
        prop_assert!(close(found.kl, identity, scale), "{} {identity}", found.kl);
    }

    #[test]
    fn a_pinned_layer_is_the_decimated_ring(half in 2usize..7, k in -3.0..3.0f64, pinning in 0.0..12.0f64) {
        let rbm = pinned(2 * half, k, pinning).unwrap();
        let hidden = hidden_coupling(&rbm).unwrap();
        let scale = 2.0 * half as f64 * (3.0 * k.abs() + pinning);
        prop_assert!(is_ring_at(&hidden, decimate(k), scale), "{hidden:?} {}", decimate(k));
    }

    #[test]
    fn rbms_on_the_bonds_are_the_ring_on_both_sides(m in 2usize..9, k in 0.0..4.0f64) {
        let rbm = bonds(m, k).unwrap();
        let scale = 10.0 * m as f64 * (1.0 + k);
        let q = enumerate::ring(&Ring::new(m, k).unwrap()).unwrap().probabilities;
        for (p, q) in visible_probabilities(&rbm).unwrap().iter().zip(&q) {
            prop_assert!((p - q).abs() <= SUM * scale * q, "{p} {q}");
        }
        let (kl, gradient) = divergence::kl_gradient(&q, &rbm.weights).unwrap();
        prop_assert!(kl.abs() < 1e-24 && gradient.amax() < SUM, "{kl} {}", gradient.amax());
        prop_assert!(is_ring_at(&hidden_coupling(&rbm).unwrap(), k, scale));
        // The trace condition holds up to a constant.
        let trace = couplings::variational(&rbm, &ring_weights(m, k)).unwrap().ln_trace_t;
        prop_assert!(trace.iter().all(|t| close(*t, trace[0], scale)));
    }

    #[test]
    fn the_reading_depends_on_no_convention(half in 2usize..6, k in 0.1..2.0f64, gauge in any::<usize>(), turn in 0usize..12) {
        let mut rbm = pinned(2 * half, k, 2.0).unwrap();
        for a in (0..half).filter(|a| gauge >> a & 1 == 1) {
            rbm.weights.column_mut(a).neg_mut();
        }
        rbm.weights.swap_columns(0, turn % half);
        let m = 2 * half;
        let turned = DMatrix::from_fn(m, half, |i, a| rbm.weights[((i + turn) % m, a)]);
        let hidden = hidden_coupling(&Rbm64::without_biases(turned).unwrap()).unwrap();
        prop_assert!(is_ring_at(&hidden, decimate(k), 100.0), "{hidden:?}");
        prop_assert_eq!(hidden.sign, 1.0);
    }
}

#[test]
fn the_weight_of_a_bond_at_all_couplings() {
    // cosh 2w = e^{2K}: w = sqrt K (1 + K / 3) at small, K + ln 2 / 2 at large K.
    let weight = |k: f64| bonds(4, k).unwrap().weights[(0, 0)];
    assert_eq!(weight(0.0), 0.0);
    for k in [1e-300, 1e-12, 1e-5] {
        assert!((weight(k) / (k.sqrt() * (1.0 + k / 3.0)) - 1.0).abs() < 1e-9, "{k}");
    }
    for k in [0.01, 0.3, 1.0, 5.0] {
        assert!(((2.0 * weight(k)).cosh() / (2.0 * k).exp() - 1.0).abs() < SUM, "{k}");
        assert!((weight(k).tanh().powi(2) - k.tanh()).abs() < SUM, "{k}");
    }
    assert_eq!(weight(1e5), 1e5 + 0.5 * std::f64::consts::LN_2);
}

#[test]
fn layers_that_are_no_ring() {
    // Each pair of hidden units shares the visible units of its bond, with J = ln cosh(2w) / 2 each.
    let rbm_of = |n: usize, pairs: &[(usize, usize, f64)]| {
        let mut weights = DMatrix::zeros(pairs.len(), n);
        for (i, &(a, b, sign)) in pairs.iter().enumerate() {
            (weights[(i, a)], weights[(i, b)]) = (1.0, sign);
        }
        hidden_coupling(&Rbm64::without_biases(weights).unwrap()).unwrap()
    };
    let j = 0.5 * 2.0_f64.cosh().ln();
    let ring = rbm_of(4, &[(0, 2, 1.0), (2, 1, 1.0), (1, 3, 1.0), (3, 0, 1.0)]);
    assert!(is_ring_at(&ring, j, 1.0) && ring.is_ring && ring.sign == 1.0);
    let frustrated = rbm_of(4, &[(0, 2, 1.0), (2, 1, -1.0), (1, 3, 1.0), (3, 0, 1.0)]);
    assert!(is_ring_at(&frustrated, j, 1.0) && frustrated.sign == -1.0);
    let triangle = rbm_of(4, &[(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0), (0, 3, 1.0)]);
    assert!(!triangle.is_ring && close(triangle.coupling, j, 1.0));
    let two = [(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0), (3, 4, 1.0), (4, 5, 1.0), (5, 3, 1.0)];
    assert!(!rbm_of(6, &two).is_ring);
    let eight = [(0, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0), (3, 1, 1.0), (1, 4, 1.0), (4, 0, 1.0)];
    assert!(!rbm_of(6, &eight).is_ring);
    let chord = [(0, 2, 1.0), (2, 1, 1.0), (1, 3, 1.0), (3, 0, 1.0), (0, 1, 0.5)];
    let chord = rbm_of(4, &chord);
    // ln[cosh(1.5) / cosh(0.5)] / 2 beside the ring.
    assert!(
        chord.is_ring
            && close(chord.largest_other, 0.5 * (1.5_f64.cosh() / 0.5_f64.cosh()).ln(), 1.0)
    );
    let pair = rbm_of(2, &[(0, 1, 1.0), (0, 1, 1.0)]);
    assert!(is_ring_at(&pair, j, 1.0) && pair.is_ring);
}

#[test]
fn what_is_no_step_is_refused() {
    assert!(matches!(pinned(7, 1.0, 1.0), Err(Error::OutOfRange { value: 7.0, .. })));
    assert!(matches!(pinned(0, 1.0, 1.0), Err(Error::TooSmall { .. })));
    assert!(matches!(pinned(8, f64::NAN, 1.0), Err(Error::OutOfRange { .. })));
    assert!(matches!(bonds(1, 1.0), Err(Error::TooSmall { .. })));
    assert!(matches!(bonds(8, -0.1), Err(Error::OutOfRange { .. })));
    assert!(matches!(bonds(8, f64::INFINITY), Err(Error::OutOfRange { .. })));
    let one = Rbm64::uniform(4, 1, 1.0).unwrap();
    assert!(matches!(hidden_coupling(&one), Err(Error::TooSmall { value: 1, .. })));
    let many = Rbm64::uniform(4, 25, 1.0).unwrap();
    assert!(matches!(hidden_coupling(&many), Err(Error::TooManyStates { units: 25, .. })));
    assert!(matches!(couplings::of_ln_weights(&[0.0; 3]), Err(Error::WrongLength { .. })));
    assert!(matches!(couplings::of_ln_weights(&[]), Err(Error::WrongLength { .. })));
    let never = [0.0, f64::NEG_INFINITY];
    assert!(matches!(couplings::of_ln_weights(&never), Err(Error::OutOfRange { .. })));
    assert!(matches!(couplings::ln_weights(&never), Err(Error::OutOfRange { .. })));
    let refused = couplings::variational(&one, &[0.0; 8]);
    assert!(matches!(refused, Err(Error::WrongLength { found: 8, expected: 16, .. })));
    assert_eq!(ln_visible_weights(&one).unwrap().len(), 16);
}

#[test]
fn how_long_the_sampled_flow_remembers() {
    use exact::enumerate::relaxation_time;
    use exact::{Rbm64, symmetric};
    // Equal weights, where the kernel on V has the same leading eigenvalue.
    for (m, n, w) in [(8, 4, 0.3063083), (6, 3, 0.8), (5, 7, 0.2), (8, 2, 0.5)] {
        let found = relaxation_time(&Rbm64::uniform(m, n, w).unwrap()).unwrap();
        let expected = symmetric::spectrum(m, n, w).unwrap().relaxation_time_odd;
        // The eigenvalue is known to 1e-15.
        assert!((found - expected).abs() < 1e-14 * (1.0 + expected).powi(2), "{found} {expected}");
    }
    // Pinned: in proportion to e^{2L}.
    let at = |l: f64| relaxation_time(&exact::decimation::pinned(8, 1.0, l).unwrap()).unwrap();
    assert!((at(7.0) / at(6.0) / 2f64.exp() - 1.0).abs() < 1e-3, "{} {}", at(6.0), at(7.0));
    assert!(relaxation_time(&Rbm64::uniform(9, 9, 0.1).unwrap()).is_err());
    assert!(relaxation_time(&Rbm64::uniform(4, 2, 0.0).unwrap()).is_err());
}
