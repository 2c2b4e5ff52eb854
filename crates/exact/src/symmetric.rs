//! The equal-weight restricted Boltzmann machine: its partition function and the distributions of its two sums.
//!
//! All weights equal W, no biases ("uniform-W ansatz" of `ter-hoeve-2018`, section 4.1). The RBM then sees a
//! configuration only through `V = sum v_i`, so every sum over 2^M states is one over M + 1 values.

mod flow;
mod kernel;
mod weight;

pub use flow::{FlowStep, mean_fixed_point, mean_slope, mean_step, sampled_flow, sampled_step};
pub use kernel::{Mode, Spectrum, kernel, spectrum};
pub use weight::{
    best_weight, critical_coupling, critical_low, critical_range, critical_susceptibility, f, g,
    gain, kl, kl_of_sums, kl_slope, orders,
};

use crate::logs::{ln_binomials, ln_sum_exp, normalise};

/// `ln Z = ln sum_H d(H) (2 cosh WH)^M`, thesis (70)-(73), for N of either parity.
pub fn ln_z(visible: usize, hidden: usize, weight: f64) -> f64 {
    let aligned = (visible * hidden) as f64 * weight.abs();
    aligned + ln_sum_exp(&ln_weights(hidden, visible, weight))
}

/// `d ln Z / dW = N <V tanh WV>_p = N f(W)`, thesis (94) and (100).
pub fn ln_z_slope(visible: usize, hidden: usize, weight: f64) -> f64 {
    hidden as f64 * f(visible, hidden, weight)
}

/// `ln[ C(n, k) (2 cosh W x)^other ] - n other |W|` for `x = 2k - n`, k = 0..=n; finite or `-infinity` at infinite W.
fn ln_weights(n: usize, other: usize, weight: f64) -> Vec<f64> {
    let of_sum = |(k, c): (usize, &f64)| c + ln_factor(sum_of(k, n), n, other, weight);
    ln_binomials(n).iter().enumerate().map(of_sum).collect()
}

/// `other ln(2 cosh W x) - n other |W|`: relative to the aligned states, for at large W all that matters is the small
/// difference.
fn ln_factor(x: f64, n: usize, other: usize, weight: f64) -> f64 {
    // The clamp keeps 0 times infinity at 0, and a NaN a NaN.
    let w = weight.abs().clamp(0.0, f64::MAX);
    let x = x.abs();
    other as f64 * (w * (x - n as f64) + (-2.0 * (w * x)).exp().ln_1p())
}

/// The sum of n units of which k are up.
fn sum_of(k: usize, n: usize) -> f64 {
    2.0 * k as f64 - n as f64
}

/// `p(V)`, `V = 2k - M`, k = 0..=M: the model's distribution of the visible sum. `p(H)` is that of the RBM with
/// exchanged layers.
pub fn visible_sum_probabilities(visible: usize, hidden: usize, weight: f64) -> Vec<f64> {
    normalise(ln_weights(visible, hidden, weight))
}

/// `<V^2>` under a distribution over `V = 2k - M`.
pub fn second_moment(probabilities: &[f64]) -> f64 {
    let m = probabilities.len() - 1;
    probabilities.iter().enumerate().map(|(k, p)| p * sum_of(k, m).powi(2)).sum()
}

/// `<v_i v_j>` of exchangeable spins, `(<V^2>/M - 1)/(M - 1)`: the same for all pairs, neighbours or not.
pub fn pair_correlation(probabilities: &[f64]) -> f64 {
    let m = (probabilities.len() - 1) as f64;
    (second_moment(probabilities) / m - 1.0) / (m - 1.0)
}

/// `<V tanh WV>` under a distribution over V.
pub(crate) fn response(probabilities: &[f64], weight: f64) -> f64 {
    let m = probabilities.len() - 1;
    let term = |(k, p): (usize, &f64)| p * response_of(sum_of(k, m), weight);
    probabilities.iter().enumerate().map(term).sum()
}

/// `V tanh WV`; 0 at V = 0 also for infinite W, as in (77).
fn response_of(v: f64, weight: f64) -> f64 {
    if v == 0.0 { 0.0 } else { v * (weight * v).tanh() }
}
