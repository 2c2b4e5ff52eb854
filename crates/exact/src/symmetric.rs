//! The equal-weight restricted Boltzmann machine: its partition function, its best weight W(K), and its two flows.
//!
//! All weights equal W, no biases ("uniform-W ansatz" of `ter-hoeve-2018`, section 4.1). The machine then sees a
//! configuration only through `V = sum v_i`, so every sum over 2^M states is one over M + 1 values.

use crate::logs::{ln_2cosh, ln_binomials, ln_sum_exp, normalise};
use crate::root::bisect;
use crate::{Error, Ring};

/// `ln Z = ln sum_H d(H) (2 cosh WH)^M`, thesis (70)-(73), for N of either parity.
pub fn ln_z(visible: usize, hidden: usize, weight: f64) -> f64 {
    ln_sum_exp(&ln_weights(hidden, visible, weight))
}

/// `ln[ C(n, k) (2 cosh W x)^other ]` for `x = 2k - n`, k = 0..=n.
fn ln_weights(n: usize, other: usize, weight: f64) -> Vec<f64> {
    let binomials = ln_binomials(n);
    let term = |(k, c): (usize, f64)| c + other as f64 * ln_2cosh(weight * sum_of(k, n));
    binomials.into_iter().enumerate().map(term).collect()
}

/// The sum of n units of which k are up.
fn sum_of(k: usize, n: usize) -> f64 {
    2.0 * k as f64 - n as f64
}

/// `p(V)`, `V = 2k - M`, k = 0..=M: the model's distribution of the visible sum.
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
fn response(probabilities: &[f64], weight: f64) -> f64 {
    let m = probabilities.len() - 1;
    let term = |(k, p): (usize, &f64)| {
        let v = sum_of(k, m).abs();
        // W = infinity: tanh(0 * infinity) is 0, as in (77).
        if v == 0.0 { 0.0 } else { p * v * (weight * v).tanh() }
    };
    probabilities.iter().enumerate().map(term).sum()
}

/// `M - <V tanh WV>`, a sum of positive terms: what distinguishes f from g when both are close to M.
fn deficit(probabilities: &[f64], weight: f64) -> f64 {
    let m = probabilities.len() - 1;
    let term = |(k, p): (usize, &f64)| {
        let v = sum_of(k, m).abs();
        p * (m as f64 - v + v * 2.0 / ((2.0 * weight * v).exp() + 1.0))
    };
    probabilities.iter().enumerate().map(term).sum()
}

/// `f(W) = (1/N) d ln Z / dW = <V tanh WV>_p`, thesis (94) and (100).
pub fn f(visible: usize, hidden: usize, weight: f64) -> f64 {
    response(&visible_sum_probabilities(visible, hidden, weight), weight)
}

/// `g(W, K) = <V tanh WV>_q`, thesis (94), the average over the ring at K.
pub fn g(ring: &Ring, weight: f64) -> f64 {
    response(&ring.magnetisation_probabilities(), weight)
}

/// `KL(q || p)` over configurations, q the ring and p the equal-weight machine.
pub fn kl(ring: &Ring, hidden: usize, weight: f64) -> f64 {
    let q = ring.magnetisation_probabilities();
    let m = ring.sites();
    let clamped: f64 = q
        .iter()
        .enumerate()
        .map(|(k, q)| q * hidden as f64 * ln_2cosh(weight * sum_of(k, m)))
        .sum();
    ln_z(m, hidden, weight) - clamped - ring.entropy()
}

/// `dKL/dW = N (f - g)`, thesis (62) with (94).
pub fn kl_slope(ring: &Ring, hidden: usize, weight: f64) -> f64 {
    hidden as f64 * mismatch(&ring.magnetisation_probabilities(), hidden, weight)
}

/// `f - g`, from the deficits where f and g are both close to M.
fn mismatch(q: &[f64], hidden: usize, weight: f64) -> f64 {
    let visible = q.len() - 1;
    let p = visible_sum_probabilities(visible, hidden, weight);
    let model = deficit(&p, weight);
    if model < 0.5 * visible as f64 {
        deficit(q, weight) - model
    } else {
        response(&p, weight) - response(q, weight)
    }
}

/// W(K): the positive weight that minimises `KL(q || p)`, the root of thesis (63), (69) and (74).
///
/// W = 0 always solves (69); it is the answer for `K <= 0`, where there is no other (errata E3), and a maximum of the
/// divergence for `K > 0`. W is infinite at `K = infinity` (appendix B). The bracket grows from the known asymptotes,
/// `W^2 = 2K / (N (M - 1))` at small and `W = 2K / N` at large K.
///
/// # Errors
/// [`Error::TooSmall`] without hidden units.
pub fn best_weight(ring: &Ring, hidden: usize) -> Result<f64, Error> {
    if hidden == 0 {
        return Err(Error::TooSmall { what: "the number of hidden units", value: 0, least: 1 });
    }
    let k = ring.coupling();
    if k <= 0.0 {
        return Ok(0.0);
    }
    if k == f64::INFINITY {
        return Ok(f64::INFINITY);
    }
    let q = ring.magnetisation_probabilities();
    let slope = |w: f64| mismatch(&q, hidden, w);
    let (m, n) = (ring.sites() as f64, hidden as f64);
    let mut low = (2.0 * k / (n * (m - 1.0))).sqrt().min(2.0 * k / n);
    while slope(low) >= 0.0 {
        low *= 0.5;
    }
    let mut high = 2.0 * low;
    while slope(high) < 0.0 {
        high *= 2.0;
    }
    bisect(slope, low, high)
}

/// `gain = N M W^2`, the slope of the deterministic flow at m = 0; its fixed point is ordered where it exceeds 1.
pub fn gain(visible: usize, hidden: usize, weight: f64) -> f64 {
    (visible * hidden) as f64 * weight * weight
}

/// K_c: the training coupling at which `N M W(K)^2 = 1` (errata E10), where the deterministic flow bifurcates.
///
/// W is known there, so the root is sought in K: `dKL/dW` at that W falls with K.
///
/// # Errors
/// [`Error::TooSmall`] below two visible or one hidden unit, [`Error::NoRoot`] where W(K) never gets there (M = 2, 3
/// aside it always does).
pub fn critical_coupling(visible: usize, hidden: usize) -> Result<f64, Error> {
    Ring::new(visible, 0.0)?;
    if hidden == 0 {
        return Err(Error::TooSmall { what: "the number of hidden units", value: 0, least: 1 });
    }
    let weight = ((visible * hidden) as f64).sqrt().recip();
    let slope = |k: f64| match Ring::new(visible, k) {
        Ok(ring) => mismatch(&ring.magnetisation_probabilities(), hidden, weight),
        Err(_) => f64::NAN,
    };
    let mut high = 1.0;
    while slope(high) > 0.0 && high < 1e3 {
        high *= 2.0;
    }
    bisect(slope, 0.0, high)
}

/// One step of the deterministic flow on uniform spins, `m' = tanh(N W tanh(M W m))`, thesis (75)-(76), its limit (77)
/// at infinite W included: the sign of m, and 0 for m = 0.
pub fn mean_step(visible: usize, hidden: usize, weight: f64, m: f64) -> f64 {
    if m == 0.0 {
        return 0.0;
    }
    let hidden_mean = (visible as f64 * weight * m).tanh();
    (hidden as f64 * weight * hidden_mean).tanh()
}

/// m*: the stable fixed point `m >= 0` of [`mean_step`]; 0 where the gain is at most 1.
pub fn mean_fixed_point(visible: usize, hidden: usize, weight: f64) -> f64 {
    let excess = |m: f64| mean_step(visible, hidden, weight, m) - m;
    if gain(visible, hidden, weight) <= 1.0 {
        return 0.0;
    }
    // The map is concave on m > 0 and starts above the diagonal: halve until it shows.
    let mut low = 0.5;
    while excess(low) <= 0.0 {
        low *= 0.5;
        if low < 1e-12 {
            return 0.0;
        }
    }
    bisect(excess, low, 1.0).unwrap_or(1.0)
}

/// One step v -> h -> v' of the sampled flow (block Gibbs) on the distribution of the visible sum, exactly.
///
/// Given V, the hidden units are independent with mean `tanh WV`; given H, the visible ones with mean `tanh WH`.
/// Stationary law: [`visible_sum_probabilities`].
///
/// # Panics
/// Never for a distribution over `0..=M` and a finite weight.
pub fn sampled_step(probabilities: &[f64], hidden: usize, weight: f64) -> Vec<f64> {
    let visible = probabilities.len() - 1;
    half_step(&half_step(probabilities, hidden, weight), visible, weight)
}

/// Distribution of the sum of `to` units given that of the other layer.
fn half_step(from: &[f64], to: usize, weight: f64) -> Vec<f64> {
    let binomials = ln_binomials(to);
    let mut result = vec![0.0; to + 1];
    for (k, p) in from.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        let field = weight * sum_of(k, from.len() - 1);
        let ln_norm = to as f64 * ln_2cosh(field);
        for (n, r) in result.iter_mut().enumerate() {
            *r += p * (binomials[n] + field * sum_of(n, to) - ln_norm).exp();
        }
    }
    result
}
