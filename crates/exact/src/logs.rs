//! Functions that would overflow or cancel if written down plainly: logarithms of large things, tanh near 0.

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

/// `ln C(n, k)` for all k, summed with compensation from `ln C(n, 0) = 0` so that the last is as good as the first.
pub(crate) fn ln_binomials(n: usize) -> Vec<f64> {
    let mut table = vec![0.0; n + 1];
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for k in 1..=n / 2 {
        let term = ((n - k + 1) as f64 / k as f64).ln() - lost;
        let next = sum + term;
        lost = (next - sum) - term;
        sum = next;
        table[k] = sum;
        table[n - k] = sum;
    }
    table
}

/// `tanh(x) / x - 1` for `x >= 0`: with Lambert's continued fraction `tanh x = x / (1 + y / c)`, `y = x^2`,
/// `c = 3 + y / (5 + y / (7 + ..))`, it is `-y / (c + y)`, which does not cancel.
pub(crate) fn tanh_ratio(x: f64) -> f64 {
    if x > 1.0 {
        return x.tanh() / x - 1.0;
    }
    let y = x * x;
    // At x = 1 the levels beyond 19 change no bit.
    let c =
        [17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0].iter().fold(19.0, |c, level| level + y / c);
    -y / (c + y)
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
