//! The two flows of the equal-weight RBM: the deterministic map, and the sampled flow as exact evolution of P(V).

use super::{gain, pair_correlation, second_moment, sum_of};
use crate::logs::{ln_2cosh, ln_binomials};
use crate::ring::{
    coupling_from_broken, coupling_from_correlation, coupling_from_v2, coupling_from_v2_deficit,
};
use crate::root::bisect;
use crate::{Error, Mixture};

/// One step of the deterministic flow on uniform spins, `m' = tanh(N W tanh(M W m))`, thesis (75)-(76), its limit (77)
/// at infinite W included: the sign of m, and 0 for m = 0.
pub fn mean_step(visible: usize, hidden: usize, weight: f64, m: f64) -> f64 {
    if m == 0.0 {
        return 0.0;
    }
    let hidden_mean = (visible as f64 * weight * m).tanh();
    (hidden as f64 * weight * hidden_mean).tanh()
}

/// Slope of [`mean_step`] at m, `N M W^2 (1 - h^2) (1 - m'^2)`: below 1 at a stable fixed point; [`gain`] at m = 0.
pub fn mean_slope(visible: usize, hidden: usize, weight: f64, m: f64) -> f64 {
    let field = visible as f64 * weight * m;
    let answer = hidden as f64 * weight * field.tanh();
    gain(visible, hidden, weight) / (field.cosh() * answer.cosh()).powi(2)
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
/// Stationary distribution: [`super::visible_sum_probabilities`].
///
/// # Panics
/// For an empty distribution. The weight must be finite.
pub fn sampled_step(probabilities: &[f64], hidden: usize, weight: f64) -> Vec<f64> {
    let visible = probabilities.len() - 1;
    half_step(&half_step(probabilities, hidden, weight), visible, weight)
}

/// Distribution of the sum of `to` units given that of the other layer.
pub(super) fn half_step(from: &[f64], to: usize, weight: f64) -> Vec<f64> {
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

/// An ensemble along the sampled flow, and the rings that share one of its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowStep {
    /// `P(V)`, `V = 2k - M`.
    pub probabilities: Vec<f64>,
    /// `<V^2>`.
    pub v2: f64,
    /// `<v_i v_{i+1}>`; after the first step all pairs of spins are equally correlated.
    pub neighbour_correlation: f64,
    /// The K of the ring with this correlation of neighbours. That the two couplings differ says that the ensemble is
    /// that of no ring.
    pub coupling_from_correlation: f64,
    /// The K of the ring with this `<V^2>`.
    pub coupling_from_v2: f64,
}

/// The sampled flow from an ensemble of rings: steps 0 (the start) to `steps`, exact.
///
/// # Errors
/// [`Error::TooSmall`] below three sites or one hidden unit, [`Error::OutOfRange`] for a weight that is not finite.
pub fn sampled_flow(
    start: &Mixture,
    hidden: usize,
    weight: f64,
    steps: usize,
) -> Result<Vec<FlowStep>, Error> {
    if hidden == 0 {
        return Err(Error::TooSmall { what: "the number of hidden units", value: 0, least: 1 });
    }
    if start.sites() < 3 {
        let value = start.sites();
        return Err(Error::TooSmall { what: "the number of sites", value, least: 3 });
    }
    if !weight.is_finite() {
        let allowed = "finite for a sampled flow";
        return Err(Error::OutOfRange { what: "the weight", value: weight, allowed });
    }
    let sites = start.sites();
    let read = |probabilities: Vec<f64>| {
        let v2 = second_moment(&probabilities);
        // M^2 - V^2 term by term: it keeps its digits where the spins are aligned.
        let deficit: f64 = (probabilities.iter().enumerate())
            .map(|(k, p)| p * 4.0 * k as f64 * (sites - k) as f64)
            .sum();
        let pairs = (sites * (sites - 1)) as f64;
        Ok(FlowStep {
            v2,
            neighbour_correlation: pair_correlation(&probabilities).min(1.0),
            coupling_from_correlation: coupling_from_broken(sites, deficit / pairs)?,
            coupling_from_v2: coupling_from_v2_deficit(sites, deficit)?,
            probabilities,
        })
    };
    let mut flow = vec![start_of_flow(start)?];
    for step in 0..steps {
        flow.push(read(sampled_step(&flow[step].probabilities, hidden, weight))?);
    }
    Ok(flow)
}

/// Step 0: neighbours are still those of the ring, and the couplings of a single ring its own.
fn start_of_flow(start: &Mixture) -> Result<FlowStep, Error> {
    let (v2, neighbour_correlation) = (start.v2(), start.correlation(1));
    let (from_correlation, from_v2) = match start.parts() {
        [(ring, _)] => (ring.coupling(), ring.coupling()),
        _ => (
            coupling_from_correlation(start.sites(), neighbour_correlation)?,
            coupling_from_v2(start.sites(), v2)?,
        ),
    };
    Ok(FlowStep {
        probabilities: start.magnetisation_probabilities(),
        v2,
        neighbour_correlation,
        coupling_from_correlation: from_correlation,
        coupling_from_v2: from_v2,
    })
}
