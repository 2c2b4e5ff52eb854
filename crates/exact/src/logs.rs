//! Logarithms of large things: hyperbolic cosines, factorials and sums of exponentials.

use std::f64::consts::LN_2;

/// `ln(2 cosh x)` without overflow.
pub(crate) fn ln_2cosh(x: f64) -> f64 {
    let x = x.abs();
    x + (-2.0 * x).exp().ln_1p()
}

/// `ln cosh x` without overflow at large and without cancellation at small `x`.
pub(crate) fn ln_cosh(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        let s = (0.5 * x).sinh();
        (2.0 * s * s).ln_1p()
    } else {
        ln_2cosh(x) - LN_2
    }
}

/// `ln 0!, ln 1!, ..., ln n!`, summed with compensation so that the last is as good as the first.
pub(crate) fn ln_factorials(n: usize) -> Vec<f64> {
    let mut table = Vec::with_capacity(n + 1);
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    table.push(0.0);
    for k in 1..=n {
        let term = (k as f64).ln() - lost;
        let next = sum + term;
        lost = (next - sum) - term;
        sum = next;
        table.push(sum);
    }
    table
}

/// `ln C(n, k)` for all k.
pub(crate) fn ln_binomials(n: usize) -> Vec<f64> {
    let f = ln_factorials(n);
    (0..=n).map(|k| f[n] - f[k] - f[n - k]).collect()
}

/// `ln sum_i exp(x_i)`; minus infinity for an empty sum.
pub(crate) fn ln_sum_exp(x: &[f64]) -> f64 {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + x.iter().map(|x| (x - largest).exp()).sum::<f64>().ln()
}

/// Logarithmic weights to probabilities that sum to one.
pub(crate) fn normalise(mut ln_weights: Vec<f64>) -> Vec<f64> {
    let ln_z = ln_sum_exp(&ln_weights);
    ln_weights.iter_mut().for_each(|w| *w = (*w - ln_z).exp());
    ln_weights
}
