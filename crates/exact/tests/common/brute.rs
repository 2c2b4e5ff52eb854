//! RBMs, and sums over (v, h) as they are defined.

use exact::Rbm64;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use std::ops::Range;

pub(crate) fn spin(state: usize, i: usize) -> f64 {
    if state >> i & 1 == 1 { 1.0 } else { -1.0 }
}

/// All states of some units, `[unit, state]`.
pub(crate) fn unit_states(units: usize) -> DMatrix<f64> {
    DMatrix::from_fn(units, 1 << units, |i, state| spin(state, i))
}

/// Reproducible numbers in `+-scale`, by a congruential generator.
pub(crate) fn numbers(seed: u64, scale: f64) -> impl FnMut() -> f64 {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        scale * ((x >> 11) as f64 / (1_u64 << 52) as f64 - 1.0)
    }
}

pub(crate) fn rbm_of(m: usize, n: usize, scale: f64, seed: u64) -> Rbm64 {
    let mut number = numbers(seed, scale);
    let weights = DMatrix::from_fn(m, n, |_, _| number());
    let visible_bias = DVector::from_fn(m, |_, _| number());
    Rbm64::new(weights, visible_bias, DVector::from_fn(n, |_, _| number())).expect("finite")
}

pub(crate) fn random_rbm(
    m: Range<usize>,
    n: Range<usize>,
    largest: f64,
) -> impl Strategy<Value = Rbm64> {
    (m, n, 0.0..largest, any::<u64>()).prop_map(|(m, n, scale, seed)| rbm_of(m, n, scale, seed))
}

/// `p(v, h)` of every pair of states.
pub(crate) struct Joint {
    pub(crate) p: DMatrix<f64>,
    pub(crate) ln_z: f64,
    /// The largest exponent, which scales rounding.
    pub(crate) largest: f64,
}

impl Joint {
    pub(crate) fn new(rbm: &Rbm64) -> Self {
        let (v, h) = (unit_states(rbm.visible()), unit_states(rbm.hidden()));
        let mut energy = v.transpose() * &rbm.weights * &h;
        let b = v.transpose() * &rbm.visible_bias;
        let c = h.transpose() * &rbm.hidden_bias;
        energy.column_iter_mut().for_each(|mut column| column += &b);
        energy.row_iter_mut().for_each(|mut row| row += c.transpose());
        let largest = energy.max();
        let weights = energy.map(|e| (e - largest).exp());
        let z = weights.sum();
        Self { p: weights / z, ln_z: largest + z.ln(), largest: energy.amax() }
    }

    pub(crate) fn mean(&self, f: impl Fn(usize, usize) -> f64) -> f64 {
        let (rows, columns) = self.p.shape();
        (0..columns)
            .flat_map(|h| (0..rows).map(move |v| (v, h)))
            .map(|(v, h)| self.p[(v, h)] * f(v, h))
            .sum()
    }
}
