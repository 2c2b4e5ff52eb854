//! The equal-weight restricted Boltzmann machine: its partition function, its best weight W(K), and its two flows.
//!
//! All weights equal W, no biases ("uniform-W ansatz" of `ter-hoeve-2018`, section 4.1). The machine then sees a
//! configuration only through `V = sum v_i`, so every sum over 2^M states is one over M + 1 values.

use crate::logs::{ln_2cosh, ln_binomials, ln_sum_exp, normalise};
use crate::root::bisect;
use crate::{Error, Ring};

/// `ln Z = ln sum_H d(H) (2 cosh WH)^M`, thesis (70)-(73), for N of either parity.
pub fn ln_z(visible: usize, hidden: usize, weight: f64) -> f64 {
    let aligned = (visible * hidden) as f64 * weight.abs();
    aligned + ln_sum_exp(&ln_weights(hidden, visible, weight))
}

/// `ln[ C(n, k) (2 cosh W x)^other ] - n other |W|` for `x = 2k - n`, k = 0..=n; finite or `-infinity` at infinite W.
fn ln_weights(n: usize, other: usize, weight: f64) -> Vec<f64> {
    let factors = ln_factors(n, other, weight);
    ln_binomials(n).iter().zip(factors).map(|(c, f)| c + f).collect()
}

/// `other ln(2 cosh W x) - n other |W|` for `x = 2k - n`, k = 0..=n: relative to the aligned states, for at large W all
/// that matters is the small difference.
fn ln_factors(n: usize, other: usize, weight: f64) -> impl Iterator<Item = f64> {
    // The clamp keeps 0 times infinity at 0, and a NaN a NaN.
    let w = weight.abs().clamp(0.0, f64::MAX);
    (0..=n).map(move |k| {
        let x = sum_of(k, n).abs();
        other as f64 * (w * (x - n as f64) + (-2.0 * (w * x)).exp().ln_1p())
    })
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
    let m = ring.sites();
    let q = ring.magnetisation_probabilities();
    // 0 ln 0 = 0.
    let clamped: f64 = q
        .iter()
        .zip(ln_factors(m, hidden, weight))
        .filter(|(q, _)| **q > 0.0)
        .map(|(q, ln_factor)| q * ln_factor)
        .sum();
    ln_sum_exp(&ln_weights(m, hidden, weight)) - clamped - ring.entropy()
}

/// `dKL/dW = N (f - g)`, thesis (62) with (94).
pub fn kl_slope(ring: &Ring, hidden: usize, weight: f64) -> f64 {
    let w = weight.abs();
    let size = match mismatch(ring, &ring.ln_magnetisation_weights(), hidden, w) {
        Mismatch::Disordered(difference) => w * difference,
        Mismatch::Ordered { ln_data, ln_model } => ln_data.exp() - ln_model.exp(),
    };
    hidden as f64 * size * weight.signum()
}

/// `f - g` for `W >= 0`, on the scale that resolves its sign.
enum Mismatch {
    /// `(f - g) / W`, a difference of numbers of order K at small K.
    Disordered(f64),
    /// The logarithms of what g and f lack from `M tanh WM`; their difference has the sign of `f - g`.
    Ordered { ln_data: f64, ln_model: f64 },
}

impl Mismatch {
    /// A number with the sign of `f - g`.
    fn sign(&self) -> f64 {
        match *self {
            Self::Disordered(difference) => difference,
            Self::Ordered { ln_data, ln_model } => ln_data - ln_model,
        }
    }
}

/// Compares the responses of the model and of the ring, given by `ln q(V)` up to a constant.
///
/// In an ordered model f and g both approach `M tanh WM`. What they lack is a sum over `|V| < M` alone, exponentially
/// small in W and in K, so only the logarithms are compared. In a disordered one f and g are both close to `M W`; with
/// `V tanh WV = W V^2 + ..` the difference of the second moments comes from two sums that are themselves of order K,
/// `<V^2> - M` of the ring and `M (M - 1) <tanh^2 WH>` of the model.
fn mismatch(ring: &Ring, ln_q: &[f64], hidden: usize, weight: f64) -> Mismatch {
    const ORDERED: f64 = 0.75;
    let visible = ring.sites();
    let m = visible as f64;
    let ln_p = ln_weights(visible, hidden, weight);
    let p = normalise(ln_p.clone());
    let aligned = m * (m * weight).tanh();
    if response(&p, weight) > ORDERED * aligned {
        let ln_data = ln_deficit(ln_q, weight, aligned);
        return Mismatch::Ordered { ln_data, ln_model: ln_deficit(&ln_p, weight, aligned) };
    }
    let squares = |(n, p): (usize, f64)| p * (weight * sum_of(n, hidden)).tanh().powi(2);
    let hidden_sums = normalise(ln_weights(hidden, visible, weight));
    let pair: f64 = hidden_sums.into_iter().enumerate().map(squares).sum();
    let beyond: f64 = (normalise(ln_q.to_vec()).iter().zip(&p).enumerate())
        .map(|(k, (q, p))| {
            let v = sum_of(k, visible).abs();
            (p - q) * v * v * tanh_ratio(weight * v)
        })
        .sum();
    Mismatch::Disordered(m * (m - 1.0) * pair - ring.v2_excess() + beyond)
}

/// `ln sum P(V) (M tanh WM - V tanh WV)` over `|V| < M`, given `ln P` up to a constant and `M tanh WM`.
fn ln_deficit(ln_weights: &[f64], weight: f64, aligned: f64) -> f64 {
    let m = ln_weights.len() - 1;
    let term = |k: usize| {
        let v = sum_of(k, m).abs();
        let response = if v == 0.0 { 0.0 } else { v * (weight * v).tanh() };
        ln_weights[k] + (aligned - response).ln()
    };
    ln_sum_exp(&(1..m).map(term).collect::<Vec<_>>()) - ln_sum_exp(ln_weights)
}

/// `tanh(x) / x - 1` for `x >= 0`, by its series where that would cancel; what the series omits is below 1e-15.
fn tanh_ratio(x: f64) -> f64 {
    const SMALL: f64 = 0.05;
    if x < SMALL {
        let y = x * x;
        -y / 3.0 * (1.0 - y * 0.4 * (1.0 - y * 17.0 / 42.0 * (1.0 - y * 62.0 / 153.0)))
    } else {
        x.tanh() / x - 1.0
    }
}

/// W(K): the positive weight that minimises `KL(q || p)`, the root of thesis (63), (69) and (74).
///
/// W = 0 always solves (69); it is the answer for `K <= 0`, where no other root has been found, and a maximum of the
/// divergence for `K > 0`, where one positive root has been found at every size tried (neither is proved). W is infinite
/// at `K = infinity` (appendix B). The bracket starts at the known asymptotes, `W^2 = 2K / (N (M - 1))` at small and
/// `W = 2K / N` at large K.
///
/// # Errors
/// [`Error::TooSmall`] without hidden units, [`Error::NoRoot`] where `4 K` overflows.
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
    let ln_q = ring.ln_magnetisation_weights();
    let slope = |w: f64| mismatch(ring, &ln_q, hidden, w).sign();
    let (m, n) = (ring.sites() as f64, hidden as f64);
    let mut low = (2.0 * k / (n * (m - 1.0))).sqrt().min(2.0 * k / n).max(f64::MIN_POSITIVE);
    while slope(low) >= 0.0 && low > f64::MIN_POSITIVE {
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
/// W is known there, so the root is sought in K: `dKL/dW` at that W changes sign once at every size tried.
///
/// # Errors
/// [`Error::TooSmall`] below two visible or one hidden unit, [`Error::NoRoot`] should W(K) not get there below
/// `K = 1000` (for large M and N of its order K_c is only `ln(M) / 4`).
pub fn critical_coupling(visible: usize, hidden: usize) -> Result<f64, Error> {
    Ring::new(visible, 0.0)?;
    if hidden == 0 {
        return Err(Error::TooSmall { what: "the number of hidden units", value: 0, least: 1 });
    }
    let weight = ((visible * hidden) as f64).sqrt().recip();
    let slope = |k: f64| match Ring::new(visible, k) {
        Ok(ring) => mismatch(&ring, &ring.ln_magnetisation_weights(), hidden, weight).sign(),
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
/// For an empty distribution. The weight must be finite.
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
