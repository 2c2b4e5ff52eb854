//! The mean update of contrastive divergence against the gradient, against its own root, and at the model's own distribution.

// A helper may unwrap as the tests do.
#![allow(clippy::unwrap_used)]

use exact::contrastive_divergence::{antisymmetry, equal_weight_root, jacobian, mean_update};
use exact::{Error, Rbm64, Ring, divergence, enumerate, symmetric};
use nalgebra::DMatrix;

fn probabilities(ring: &Ring) -> Vec<f64> {
    enumerate::ring(ring).unwrap().probabilities
}

fn some_weights(visible: usize, hidden: usize) -> DMatrix<f64> {
    DMatrix::from_fn(visible, hidden, |i, a| 0.3 * i as f64 - 0.4 * a as f64 - 0.2)
}

#[test]
fn the_update_of_all_states_vanishes_at_the_root_of_equal_weights() {
    let (m, n) = (6, 3);
    for k in [0.5, 1.0] {
        let ring = Ring::new(m, k).unwrap();
        let (q, sums) = (probabilities(&ring), ring.magnetisation_probabilities());
        let root = |steps| equal_weight_root(&sums, n, steps).unwrap();
        let best = symmetric::best_weight(&ring.into(), n).unwrap();
        assert!((root(None) - best).abs() < 1e-12);
        let update =
            |w: f64, steps| mean_update(&q, &DMatrix::from_element(m, n, w), steps).unwrap().amax();
        for steps in [1, 2, 5] {
            assert!(update(root(Some(steps)), Some(steps)) < 1e-12, "{steps} steps");
            assert!(update(best, Some(steps)) > 1e-8, "{steps} steps");
        }
        let bias = |steps| (root(Some(steps)) - best).abs();
        assert!(bias(1) > 2.0 * bias(2) && bias(2) > 2.0 * bias(3) && bias(60) < 1e-9);
    }
}

#[test]
fn in_the_limit_of_many_steps_it_is_the_gradient() {
    let ring = Ring::new(4, 0.7).unwrap();
    let (q, weights) = (probabilities(&ring), some_weights(4, 2));
    let (_, gradient) = divergence::kl_gradient(&q, &weights).unwrap();
    let limit = mean_update(&q, &weights, None).unwrap();
    assert!((&limit + gradient).amax() < 1e-12);
    assert!((mean_update(&q, &weights, Some(400)).unwrap() - limit).amax() < 1e-10);
    let exact = jacobian(&q, &weights, None).unwrap();
    assert!((&exact + divergence::hessian(&q, &weights).unwrap()).amax() < 1e-7);
    assert!(antisymmetry(&exact) < 1e-6);
    assert!(antisymmetry(&jacobian(&q, &weights, Some(1)).unwrap()) > 1e-2);
}

#[test]
fn without_steps_or_at_the_models_own_distribution_nothing_moves() {
    let weights = some_weights(4, 2);
    let own = enumerate::visible_probabilities(&Rbm64::without_biases(weights.clone()).unwrap());
    let own = own.unwrap();
    for steps in [Some(1), Some(3), None] {
        assert!(mean_update(&own, &weights, steps).unwrap().amax() < 1e-14);
    }
    let q = probabilities(&Ring::new(4, 0.7).unwrap());
    assert_eq!(mean_update(&q, &weights, Some(0)).unwrap().amax(), 0.0);
}

#[test]
fn disordered_and_aligned_data_have_no_finite_positive_root() {
    let disordered = Ring::new(6, 0.0).unwrap().magnetisation_probabilities();
    let antiferromagnet = Ring::new(6, -0.5).unwrap().magnetisation_probabilities();
    for steps in [Some(1), Some(4), None] {
        assert!(equal_weight_root(&disordered, 3, steps).unwrap() < 1e-6);
        assert_eq!(equal_weight_root(&antiferromagnet, 3, steps), Ok(0.0));
    }
    let aligned = [0.5, 0.0, 0.0, 0.0, 0.5];
    for steps in [Some(1), None] {
        assert!(matches!(equal_weight_root(&aligned, 2, steps), Err(Error::NoRoot { .. })));
    }
    assert!(matches!(equal_weight_root(&[0.5; 2], 2, None), Err(Error::TooSmall { .. })));
}

#[test]
fn what_cannot_be_is_an_error() {
    let weights = some_weights(4, 2);
    for steps in [Some(0), Some(1), None] {
        let error = mean_update(&[0.5, 0.5], &weights, steps).unwrap_err();
        assert!(matches!(error, Error::WrongLength { found: 2, expected: 16, .. }), "{error}");
    }
    let infinite = DMatrix::from_element(2, 1, f64::INFINITY);
    assert!(mean_update(&[0.25; 4], &infinite, Some(1)).is_err());
}
