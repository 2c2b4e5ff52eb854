//! A random RBM with biases.

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rbm::Rbm;

/// An RBM whose weights and biases are uniform in `+-size`.
pub(crate) fn random_rbm(visible: usize, hidden: usize, size: f32, seed: u64) -> Rbm {
    let mut rng = stats::stream(seed, "machine", 0);
    let mut number = || size * (2.0 * rng.random::<f32>() - 1.0);
    Rbm {
        weights: DMatrix::from_fn(visible, hidden, |_, _| number()),
        visible_bias: DVector::from_fn(visible, |_, _| number()),
        hidden_bias: DVector::from_fn(hidden, |_, _| number()),
    }
}
