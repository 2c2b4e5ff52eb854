//! The corrections to the thesis, as numbers: what its errors come to for the RBM that it shows, M = 8 and N = 4.

use exact::ring::{decimate, decimate_by};
use exact::symmetric::{
    best_weight, critical_coupling, gain, kl, kl_slope, mean_fixed_point, pair_correlation,
    visible_sum_probabilities,
};
use exact::{Ring, decimation, divergence, enumerate};

const M: usize = 8;
const N: usize = 4;

fn ring(coupling: f64) -> Ring {
    Ring::new(M, coupling).expect("a ring")
}

fn weight(coupling: f64) -> f64 {
    best_weight(&ring(coupling).into(), N).expect("a weight")
}

/// Agreement to half a unit of the last digit that was written down.
fn agrees(found: f64, written: f64, digits: i32) {
    let half = 0.5000001 * 10f64.powi(-digits);
    assert!((found - written).abs() <= half, "{found}, not {written} to {digits} digits");
}

#[test]
fn equal_weights_are_a_poor_fit() {
    for (k, data, model, divergence) in [(1.0, 0.8177, 0.6508, 0.578), (0.5, 0.4656, 0.2325, 0.448)]
    {
        agrees(ring(k).correlation(1), data, 4);
        let p = visible_sum_probabilities(M, N, weight(k));
        agrees(pair_correlation(&p), model, 4);
        agrees(kl(&ring(k).into(), N, weight(k)), divergence, 3);
    }
}

#[test]
fn zero_is_a_root_and_a_maximum() {
    let data = ring(1.0).into();
    assert_eq!(kl_slope(&data, N, 0.0), 0.0);
    assert!(kl_slope(&data, N, 1e-3) < 0.0 && kl_slope(&data, N, -1e-3) > 0.0);
    // The antiferromagnet has no other root.
    assert_eq!(weight(-0.5), 0.0);
    assert!((1..1000).all(|i| kl_slope(&ring(-0.5).into(), N, 0.005 * f64::from(i)) > 0.0));
}

#[test]
fn both_ends_of_the_curve() {
    agrees(weight(0.01), 0.0267, 4);
    agrees((0.01_f64 / 14.0).sqrt(), 0.0267, 4);
    agrees(weight(3.0), 1.23986, 5);
    // 2K/N - ln(M^2/8)/(2N).
    agrees(1.5 - 8f64.ln() / 8.0, 1.2401, 4);
}

#[test]
fn values_of_the_weight() {
    for (k, w, divergence, slope) in [
        (0.1, 0.08370, 0.02734, 0.224),
        (0.2, 0.11773, 0.10236, 0.444),
        (0.5, 0.18873, 0.44814, 1.140),
        (0.75, 0.24311, 0.61869, 1.891),
        (1.0, 0.30631, 0.57793, 3.002),
        (1.5, 0.49480, 0.24640, 7.834),
        (2.0, 0.73926, 0.05933, 17.488),
        (3.0, 1.23986, 0.00199, 49.192),
    ] {
        agrees(weight(k), w, 5);
        agrees(kl(&ring(k).into(), N, weight(k)), divergence, 5);
        agrees(gain(M, N, weight(k)), slope, 3);
    }
    for (m, n, w) in [
        (8, 3, 0.38623),
        (8, 5, 0.25930),
        (8, 8, 0.18819),
        (6, 3, 0.47299),
        (10, 5, 0.22096),
        (12, 6, 0.17079),
    ] {
        agrees(best_weight(&Ring::new(m, 1.0).unwrap().into(), n).unwrap(), w, 5);
    }
}

#[test]
fn not_every_configuration_aligns() {
    for (k, balanced) in [(0.0, 0.273), (0.5, 0.147), (1.0, 0.052)] {
        agrees(ring(k).magnetisation_probabilities()[M / 2], balanced, 3);
    }
}

#[test]
fn the_deterministic_flow_turns_at_a_finite_coupling() {
    for (m, n, k) in [
        (8, 4, 0.4442),
        (8, 3, 0.4202),
        (8, 8, 0.4921),
        (6, 3, 0.3846),
        (10, 5, 0.4913),
        (12, 6, 0.5301),
    ] {
        agrees(critical_coupling(m, n).unwrap(), k, 4);
    }
    for (k, end, digits) in [(0.5, 0.350, 3), (1.0, 0.829, 3), (2.0, 0.9946, 4)] {
        agrees(mean_fixed_point(M, N, weight(k)), end, digits);
    }
}

#[test]
fn the_pinned_rbm_is_decimation() {
    let q = enumerate::ring(&ring(1.0)).unwrap().probabilities;
    for (pinning, written) in [(2.0, 0.018), (3.0, 5.0e-4), (4.0, 9.9e-6), (6.0, 3.4e-9)] {
        let rbm = decimation::pinned(M, 1.0, pinning).unwrap();
        let found = divergence::kl_gradient(&q, &rbm.weights).unwrap().0;
        assert!((found / written - 1.0).abs() < 0.03, "{found}, not {written}");
        let hidden = decimation::hidden_coupling(&rbm).unwrap();
        assert!((hidden.coupling - decimate(1.0)).abs() < 1e-13 && hidden.is_ring);
    }
}

#[test]
fn the_rbm_on_the_bonds_is_an_inverse_step() {
    for k in [0.1, 0.5, 1.0, 2.0] {
        let rbm = decimation::bonds(M, k).unwrap();
        let q = enumerate::ring(&ring(k)).unwrap().probabilities;
        assert!(divergence::kl_gradient(&q, &rbm.weights).unwrap().0.abs() < 1e-14);
        // tanh^2 w = tanh K: v and h are a ring of 2M sites at w, decimated to either layer.
        let w = rbm.weights[(0, 0)];
        assert!((decimate(w) - k).abs() < 1e-14);
        let hidden = decimation::hidden_coupling(&rbm).unwrap();
        assert!((hidden.coupling - k).abs() < 1e-13 && hidden.is_ring);
        // Singular values w |1 + e^{ik}|: the deterministic flow turns at w = 1/2.
        assert!(
            (rbm.weights.clone().svd(false, false).singular_values.max() - 2.0 * w).abs() < 1e-12
        );
    }
    agrees(decimate(0.5), 0.2169, 4);
}

#[test]
fn decimation_by_two_forgets_the_sign() {
    assert!(decimate(-0.7) > 0.0 && decimate(-0.7) == decimate(0.7));
    assert!(decimate_by(3, -0.7) < 0.0 && decimate_by(3, -0.7) == -decimate_by(3, 0.7));
}
