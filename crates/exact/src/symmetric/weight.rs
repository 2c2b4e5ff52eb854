//! W(K): the best weight of the equal-weight RBM for a ring or a mixture of temperatures, and where its flow turns.

use super::{ln_factor, ln_weights, response, response_of, sum_of, visible_sum_probabilities};
use crate::logs::{ln_binomials, ln_sum_exp, tanh_ratio};
use crate::root::{bisect, refine};
use crate::{Error, Mixture, Ring};
use std::f64::consts::LN_2;

/// `f(W) = (1/N) d ln Z / dW = <V tanh WV>_p`, thesis (94) and (100).
pub fn f(visible: usize, hidden: usize, weight: f64) -> f64 {
    response(&visible_sum_probabilities(visible, hidden, weight), weight)
}

/// `g(W, K) = <V tanh WV>_q`, thesis (94), the average over the training set; for a mixture (79).
pub fn g(data: &Mixture, weight: f64) -> f64 {
    response(&data.magnetisation_probabilities(), weight)
}

/// `KL(q || p)` over configurations, q the training set and p the equal-weight RBM.
pub fn kl(data: &Mixture, hidden: usize, weight: f64) -> f64 {
    let m = data.sites();
    let q = data.magnetisation_probabilities();
    // 0 ln 0 = 0.
    let term = |(k, q): (usize, &f64)| q * ln_factor(sum_of(k, m), m, hidden, weight);
    let clamped: f64 = q.iter().enumerate().filter(|(_, q)| **q > 0.0).map(term).sum();
    not_negative(ln_sum_exp(&ln_weights(m, hidden, weight)) - clamped - data.entropy())
}

/// KL of the distributions of V alone: what is left of [`kl`] when the places of the spins are forgotten.
pub fn kl_of_sums(data: &Mixture, hidden: usize, weight: f64) -> f64 {
    let p = visible_sum_probabilities(data.sites(), hidden, weight);
    let q = data.magnetisation_probabilities();
    let of_sum = |(q, p): (&f64, &f64)| if *q > 0.0 { q * (q / p).ln() } else { 0.0 };
    not_negative(q.iter().zip(&p).map(of_sum).sum())
}

/// A divergence is negative by rounding alone; NaN stays.
fn not_negative(kl: f64) -> f64 {
    if kl < 0.0 { 0.0 } else { kl }
}

/// `dKL/dW = N (f - g)`, thesis (62) with (94).
pub fn kl_slope(data: &Mixture, hidden: usize, weight: f64) -> f64 {
    let w = weight.abs();
    let size = match mismatch(&Clamped::new(data), &Degeneracies::new(data.sites(), hidden), w) {
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

/// What the comparison needs of the training set, whatever the weight.
struct Clamped {
    /// `ln q(V)` up to a constant.
    ln_q: Vec<f64>,
    /// V >= 0 that matter, with the probability of |V|.
    bulk: Vec<(f64, f64)>,
    /// `<V^2> - M`.
    v2_excess: f64,
}

impl Clamped {
    fn new(data: &Mixture) -> Self {
        let ln_q = data.ln_magnetisation_weights();
        let m = data.sites();
        let largest = ln_q.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let positive = (m.div_ceil(2)..=m).map(|k| (sum_of(k, m), ln_q[k]));
        let bulk = positive.filter(|(_, ln)| *ln > largest - NEGLIGIBLE).collect();
        Self { bulk: probabilities_of_sizes(bulk), ln_q, v2_excess: data.v2_excess() }
    }
}

/// Logarithmic weight below the largest at which a value of V no longer matters: e^{-80} = 2e-35, times M^2.
const NEGLIGIBLE: f64 = 80.0;

/// Logarithmic weights of V >= 0 to probabilities of |V|: all but V = 0 stand for two values.
fn probabilities_of_sizes(mut bulk: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let largest = bulk.iter().map(|(_, ln)| *ln).fold(f64::NEG_INFINITY, f64::max);
    for (v, p) in &mut bulk {
        *p = (*p - largest).exp() * if *v == 0.0 { 1.0 } else { 2.0 };
    }
    let sum: f64 = bulk.iter().map(|(_, p)| p).sum();
    bulk.iter_mut().for_each(|(_, p)| *p /= sum);
    bulk
}

/// `ln C(M, k)` and `ln C(N, n)`.
struct Degeneracies {
    visible: Vec<f64>,
    hidden: Vec<f64>,
}

impl Degeneracies {
    fn new(visible: usize, hidden: usize) -> Self {
        Self { visible: ln_binomials(visible), hidden: ln_binomials(hidden) }
    }
}

/// The sums x >= 0 of a layer that matter, with the probability of |x|; `other` units in the other layer.
///
/// The distribution has one maximum at x >= 0, at 0 or beyond: a walk outwards may stop once it has fallen far enough.
fn model_bulk(ln_degeneracies: &[f64], other: usize, weight: f64) -> Vec<(f64, f64)> {
    let n = ln_degeneracies.len() - 1;
    let mut bulk = Vec::new();
    let (mut largest, mut last) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for (k, ln_degeneracy) in ln_degeneracies.iter().enumerate().skip(n.div_ceil(2)) {
        let x = sum_of(k, n);
        let ln_weight = ln_degeneracy + ln_factor(x, n, other, weight);
        if ln_weight < largest - NEGLIGIBLE && ln_weight < last {
            break;
        }
        largest = largest.max(ln_weight);
        last = ln_weight;
        bulk.push((x, ln_weight));
    }
    probabilities_of_sizes(bulk)
}

/// Compares the responses of the model and of the training set.
///
/// In an ordered model f and g both approach `M tanh WM`. What they lack is a sum over `|V| < M` alone, exponentially
/// small in W and in K, so only the logarithms are compared. In a disordered one f and g are both close to `M W`; with
/// `V tanh WV = W V^2 + ..` the difference of the second moments comes from two sums that are themselves of order K,
/// `<V^2> - M` of the training set and `M (M - 1) <tanh^2 WH>` of the model.
fn mismatch(data: &Clamped, degeneracies: &Degeneracies, weight: f64) -> Mismatch {
    const ORDERED: f64 = 0.75;
    let (visible, hidden) = (degeneracies.visible.len() - 1, degeneracies.hidden.len() - 1);
    let m = visible as f64;
    let p = model_bulk(&degeneracies.visible, hidden, weight);
    let aligned = m * (m * weight).tanh();
    let response: f64 = p.iter().map(|(v, p)| p * response_of(*v, weight)).sum();
    if response > ORDERED * aligned {
        let ln_p =
            |k| degeneracies.visible[k] + ln_factor(sum_of(k, visible), visible, hidden, weight);
        return Mismatch::Ordered {
            ln_data: ln_deficit(visible, |k| data.ln_q[k], weight, aligned),
            ln_model: ln_deficit(visible, ln_p, weight, aligned),
        };
    }
    let hidden_sums = model_bulk(&degeneracies.hidden, visible, weight);
    let pair: f64 = hidden_sums.iter().map(|(h, p)| p * (weight * h).tanh().powi(2)).sum();
    let beyond = |bulk: &[(f64, f64)]| -> f64 {
        bulk.iter().map(|(v, p)| p * v * v * tanh_ratio(weight * v)).sum()
    };
    Mismatch::Disordered(m * (m - 1.0) * pair - data.v2_excess + beyond(&p) - beyond(&data.bulk))
}

/// `ln sum P(V) (M tanh WM - V tanh WV)` over `|V| < M`, given `ln P` up to a constant and `M tanh WM`.
fn ln_deficit(m: usize, ln_weight: impl Fn(usize) -> f64, weight: f64, aligned: f64) -> f64 {
    // V < 0 are counted by doubling V > 0.
    let half = |k: usize| ln_weight(k) - if 2 * k == m { LN_2 } else { 0.0 };
    let weights: Vec<f64> = (m.div_ceil(2)..=m).map(half).collect();
    let lacking = |(i, w): (usize, &f64)| {
        w + (aligned - response_of(sum_of(m.div_ceil(2) + i, m), weight)).ln()
    };
    let below = &weights[..weights.len() - 1];
    ln_sum_exp(&below.iter().enumerate().map(lacking).collect::<Vec<_>>()) - ln_sum_exp(&weights)
}

/// W(K): the positive weight that minimises `KL(q || p)`, the root of thesis (63), (69) and (74); of (79) for a mixture.
///
/// W = 0 always solves (69); it is the answer for `<V^2> <= M` (a ring at `K <= 0`), where no other root has been found,
/// and a maximum of the divergence for `<V^2> > M`, where one positive root has been found at every size tried (neither is
/// proved). W is infinite at zero temperature (appendix B). The bracket starts at the known asymptote at small K,
/// `W^2 = (<V^2> - M) / (N M (M - 1))`, and narrows by interpolation before its last bits are bisected.
///
/// # Errors
/// [`Error::TooSmall`] without hidden units, [`Error::NoRoot`] where `4 K` overflows.
pub fn best_weight(data: &Mixture, hidden: usize) -> Result<f64, Error> {
    if hidden == 0 {
        return Err(Error::TooSmall { what: "the number of hidden units", value: 0, least: 1 });
    }
    if data.is_frozen() {
        return Ok(f64::INFINITY);
    }
    let clamped = Clamped::new(data);
    if clamped.v2_excess <= 0.0 {
        return Ok(0.0);
    }
    let degeneracies = Degeneracies::new(data.sites(), hidden);
    let slope = |w: f64| mismatch(&clamped, &degeneracies, w).sign();
    let (m, n) = (data.sites() as f64, hidden as f64);
    let mut low = (clamped.v2_excess / (n * m * (m - 1.0))).sqrt().max(f64::MIN_POSITIVE);
    while slope(low) >= 0.0 && low > f64::MIN_POSITIVE {
        low *= 0.5;
    }
    let mut high = 2.0 * low;
    while slope(high) < 0.0 {
        high *= 2.0;
    }
    refine(slope, low, high)
}

/// `gain = N M W^2`, the slope of the deterministic flow at m = 0; its fixed point is ordered where it exceeds 1.
pub fn gain(visible: usize, hidden: usize, weight: f64) -> f64 {
    (visible * hidden) as f64 * weight * weight
}

/// Whether the deterministic flow of the RBM trained on `data` orders: whether `N M W^2 > 1` at its best weight, which
/// the sign of `dKL/dW` at `N M W^2 = 1` tells without a search for W.
///
/// # Errors
/// [`Error::TooSmall`] without hidden units.
pub fn orders(data: &Mixture, hidden: usize) -> Result<bool, Error> {
    Ok(disorder(data.sites(), hidden)?(data) < 0.0)
}

/// K_c: the training coupling at which `N M W(K)^2 = 1`, where the deterministic flow bifurcates.
///
/// W is known there, so the root is sought in K: `dKL/dW` at that W changes sign once at every size tried.
///
/// # Errors
/// [`Error::TooSmall`] below two visible or one hidden unit, [`Error::NoRoot`] should W(K) not get there below
/// `K = 1000` (for large M and N of its order K_c is only `ln(M) / 4`).
pub fn critical_coupling(visible: usize, hidden: usize) -> Result<f64, Error> {
    Ring::new(visible, 0.0)?;
    let disorder = disorder(visible, hidden)?;
    let slope = |k| Ring::new(visible, k).map_or(f64::NAN, |ring| disorder(&ring.into()));
    let mut high = 1.0;
    while slope(high) > 0.0 && high < 1e3 {
        high *= 2.0;
    }
    bisect(slope, 0.0, high)
}

/// `<V^2>/M` of the training set at which the deterministic flow goes over, to leading order in M:
/// `sqrt(12 M / (1 + M/N)) Gamma(3/4) / Gamma(1/4)`.
///
/// At `N M W^2 = 1` the RBM's own `P(V)` is `exp(-(1 + M/N) V^4 / (12 M^3))`, and training equates `<V^2>` of RBM
/// and training set. For one temperature `<V^2>/M = e^{2K}`, so that `K_c` grows like `ln(M) / 4`.
pub fn critical_susceptibility(visible: usize, hidden: usize) -> f64 {
    // Gamma(3/4) / Gamma(1/4).
    const RATIO: f64 = 0.337_989_120_033_642_36;
    let m = visible as f64;
    (12.0 * m / (1.0 + m / hidden as f64)).sqrt() * RATIO
}

/// T2 at which the deterministic flow of an RBM trained on all temperatures from `low` to T2 goes over from order to
/// disorder (see [`orders`]); `None` where it is disordered for every `T2 > low`.
///
/// # Errors
/// Those of [`Mixture::range`]; [`Error::TooSmall`]; [`Error::NoRoot`] should it still order at `T2 = 10^9`.
pub fn critical_range(visible: usize, hidden: usize, low: f64) -> Result<Option<f64>, Error> {
    let disorder = disorder(visible, hidden)?;
    Mixture::range(visible, low, low + 1.0)?;
    let excess = |t| Mixture::range(visible, low, t).map_or(f64::NAN, |data| disorder(&data));
    // The narrowest range stands for the single temperature: 1e-6 of the range's width is the accuracy of its end.
    let narrowest = low + 1e-6 * low.max(1.0);
    if excess(narrowest) >= 0.0 {
        return Ok(None);
    }
    let mut high = 2.0 * low.max(1.0);
    while excess(high) < 0.0 && high < 1e9 {
        high *= 2.0;
    }
    bisect(excess, narrowest, high).map(Some)
}

/// T1 at which the deterministic flow of an RBM trained on all temperatures from T1 to `high` goes over from order to
/// disorder; `None` where it is disordered even for `T1 = 0`, or ordered for every `T1 < high`.
///
/// # Errors
/// Those of [`Mixture::range`]; [`Error::TooSmall`].
pub fn critical_low(visible: usize, hidden: usize, high: f64) -> Result<Option<f64>, Error> {
    let disorder = disorder(visible, hidden)?;
    let excess = |t| Mixture::range(visible, t, high).map(|data| disorder(&data));
    let narrowest = high * (1.0 - 1e-6);
    if excess(0.0)? >= 0.0 || excess(narrowest)? <= 0.0 {
        return Ok(None);
    }
    bisect(|t| excess(t).unwrap_or(f64::NAN), 0.0, narrowest).map(Some)
}

/// `dKL/dW` at `N M W^2 = 1`, up to a positive factor: positive where the best weight lies below, so that the
/// deterministic flow of the trained RBM ends at 0.
fn disorder(visible: usize, hidden: usize) -> Result<impl Fn(&Mixture) -> f64, Error> {
    if hidden == 0 {
        return Err(Error::TooSmall { what: "the number of hidden units", value: 0, least: 1 });
    }
    let weight = ((visible * hidden) as f64).sqrt().recip();
    let degeneracies = Degeneracies::new(visible, hidden);
    Ok(move |data: &Mixture| mismatch(&Clamped::new(data), &degeneracies, weight).sign())
}
