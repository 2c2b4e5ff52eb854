//! Training sets of rings at several temperatures: discrete grids and continuous ranges, thesis section 4.3.

use crate::logs::{ln_binomials, ln_sum_exp};
use crate::{Error, Ring};
use gauss_quad::GaussLegendre;
use std::f64::consts::LN_2;
use std::num::NonZeroUsize;

/// Infinitely many rings of M sites at several couplings, `q(v) = sum_i p_i P(v | K_i)`: thesis (64) and (78).
///
/// A single [`Ring`] is one, `Mixture::from(ring)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    /// Rings of one size, each with its share; the shares sum to 1.
    parts: Vec<(Ring, f64)>,
}

impl From<Ring> for Mixture {
    fn from(ring: Ring) -> Self {
        Self { parts: vec![(ring, 1.0)] }
    }
}

impl Mixture {
    /// Rings with weights, which need not be normalised.
    ///
    /// # Errors
    /// [`Error::TooSmall`] without parts, [`Error::WrongLength`] for rings of different sizes, [`Error::OutOfRange`] for
    /// a weight that is not positive and finite.
    pub fn new(parts: &[(Ring, f64)]) -> Result<Self, Error> {
        let Some((first, _)) = parts.first() else {
            return Err(Error::TooSmall { what: "the number of rings", value: 0, least: 1 });
        };
        let sum: f64 = parts.iter().map(|(_, weight)| weight).sum();
        for (ring, weight) in parts {
            if ring.sites() != first.sites() {
                let (found, expected) = (ring.sites(), first.sites());
                return Err(Error::WrongLength { what: "a ring", found, expected });
            }
            if !(*weight > 0.0 && sum.is_finite()) {
                let allowed = "positive and finite";
                return Err(Error::OutOfRange { what: "a weight", value: *weight, allowed });
            }
        }
        Ok(Self { parts: parts.iter().map(|&(ring, weight)| (ring, weight / sum)).collect() })
    }

    /// Equal numbers of rings at each of these temperatures, in units of `J / k_B`; 0 and infinity are allowed.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a temperature below 0 or NaN; those of [`Mixture::new`] and [`Ring::new`].
    pub fn of_temperatures(sites: usize, temperatures: &[f64]) -> Result<Self, Error> {
        let parts = temperatures.iter().map(|&t| Ok((at_temperature(sites, t)?, 1.0)));
        Self::new(&parts.collect::<Result<Vec<_>, Error>>()?)
    }

    /// A continuous range of temperatures, uniform on `[low, high]`, thesis (78): `q(v)` is the integral of `P(v | T)`.
    ///
    /// It is carried out by Gauss-Legendre quadrature on panels that shrink towards T = 0, where all derivatives in T
    /// vanish. What of the range has `1/T` above `1/high + 20` counts as zero temperature: its excited states
    /// weigh less than e^{-80} of those above.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless `0 <= low < high < infinity`; those of [`Ring::new`].
    pub fn range(sites: usize, low: f64, high: f64) -> Result<Self, Error> {
        if !(high.is_finite() && high > 0.0) {
            let allowed = "positive and finite";
            return Err(Error::OutOfRange { what: "the upper temperature", value: high, allowed });
        }
        if !(low >= 0.0 && low < high) {
            let allowed = "from 0 to below the upper one";
            return Err(Error::OutOfRange { what: "the lower temperature", value: low, allowed });
        }
        // e^{-4/T} against its value at the upper end: e^{-80}.
        let frozen = (high.recip() + 20.0).recip();
        // Of e^{-4m/T} over 8m in the exponent, or a factor of 2 in T: 32 nodes integrate it to rounding wherever it is not
        // negligible.
        const NODES: NonZeroUsize = NonZeroUsize::new(32).expect("32 is not 0");
        let rule = GaussLegendre::new(NODES);
        let mut parts = Vec::new();
        let mut top = high;
        while top > low {
            if top <= frozen {
                parts.push((Ring::new(sites, f64::INFINITY)?, top - low));
                break;
            }
            let below = (2.0 / top).min(top.recip() + 2.0).recip();
            let bottom = if below < low * 1.01 { low } else { below };
            let half = 0.5 * (top - bottom);
            for &(node, weight) in rule.iter() {
                parts.push((at_temperature(sites, bottom + half * (1.0 + node))?, half * weight));
            }
            top = bottom;
        }
        Self::new(&parts)
    }

    /// The number of spins M.
    pub fn sites(&self) -> usize {
        self.parts[0].0.sites()
    }

    /// The rings and their shares, which sum to 1.
    pub fn parts(&self) -> &[(Ring, f64)] {
        &self.parts
    }

    /// `P(V)` for `V = 2k - M`, k = 0..=M.
    pub fn magnetisation_probabilities(&self) -> Vec<f64> {
        match self.parts.as_slice() {
            [(ring, _)] => ring.magnetisation_probabilities(),
            _ => self.sum(Ring::magnetisation_probabilities),
        }
    }

    /// Probability of each single configuration with m pairs of domain walls, m = 0..=M/2.
    pub fn configuration_probabilities(&self) -> Vec<f64> {
        self.sum(Ring::configuration_probabilities)
    }

    fn sum(&self, of: impl Fn(&Ring) -> Vec<f64>) -> Vec<f64> {
        let mut sum = Vec::new();
        for (ring, share) in &self.parts {
            let terms = of(ring);
            sum.resize(terms.len(), 0.0);
            sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum += share * term);
        }
        sum
    }

    /// `<v_i v_{i+r}>`.
    pub fn correlation(&self, r: usize) -> f64 {
        self.mean(|ring| ring.correlation(r))
    }

    /// `<V^2>`.
    pub fn v2(&self) -> f64 {
        self.mean(Ring::v2)
    }

    fn mean(&self, of: impl Fn(&Ring) -> f64) -> f64 {
        self.parts.iter().map(|(ring, share)| share * of(ring)).sum()
    }

    /// `<V^2> - M`, without cancellation at small K.
    pub(crate) fn v2_excess(&self) -> f64 {
        self.mean(Ring::v2_excess)
    }

    /// Whether all rings are at zero temperature.
    pub(crate) fn is_frozen(&self) -> bool {
        self.parts.iter().all(|(ring, _)| ring.coupling() == f64::INFINITY)
    }

    /// `ln P(V)` up to a constant.
    pub(crate) fn ln_magnetisation_weights(&self) -> Vec<f64> {
        match self.parts.as_slice() {
            [(ring, _)] => ring.ln_magnetisation_weights(),
            _ => {
                // Logarithms, so that no V is lost where every part gives it less than the smallest f64.
                let normalised = |(ring, share): &(Ring, f64)| {
                    let mut ln_weights = ring.ln_magnetisation_weights();
                    let shift = share.ln() - ln_sum_exp(&ln_weights);
                    ln_weights.iter_mut().for_each(|w| *w += shift);
                    ln_weights
                };
                self.ln_sum(normalised)
            }
        }
    }

    /// The entropy `-sum_v q ln q` over configurations.
    pub fn entropy(&self) -> f64 {
        if let [(ring, _)] = self.parts.as_slice() {
            return ring.entropy();
        }
        let ln_q = self.ln_sum(|(ring, share)| {
            let shift = share.ln();
            ring.ln_configuration_probabilities().into_iter().map(|p| p + shift).collect()
        });
        // Of 2m walls there are 2 C(M, 2m) configurations.
        let ln_counts = ln_binomials(self.sites());
        let term = |(m, ln_q): (usize, &f64)| match *ln_q {
            f64::NEG_INFINITY => 0.0,
            ln_q => -(LN_2 + ln_counts[2 * m] + ln_q).exp() * ln_q,
        };
        ln_q.iter().enumerate().map(term).sum()
    }

    /// `ln sum_i exp(x_i)` of one list per part, entry by entry.
    fn ln_sum(&self, of: impl Fn(&(Ring, f64)) -> Vec<f64>) -> Vec<f64> {
        let mut sum: Vec<f64> = Vec::new();
        for part in &self.parts {
            let terms = of(part);
            sum.resize(terms.len(), f64::NEG_INFINITY);
            for (sum, term) in sum.iter_mut().zip(terms) {
                let (high, low) = if *sum > term { (*sum, term) } else { (term, *sum) };
                if low > f64::NEG_INFINITY {
                    *sum = high + (low - high).exp().ln_1p();
                } else {
                    *sum = high;
                }
            }
        }
        sum
    }
}

fn at_temperature(sites: usize, t: f64) -> Result<Ring, Error> {
    if t.is_nan() || t < 0.0 {
        let allowed = "0 or more";
        return Err(Error::OutOfRange { what: "the temperature", value: t, allowed });
    }
    // The absolute value, because -0.0 would be K = -infinity.
    Ring::new(sites, t.abs().recip())
}
