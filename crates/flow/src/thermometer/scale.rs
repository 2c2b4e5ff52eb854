//! A temperature read, or the side on which the scale ended; and the exact scale of the energy.

use super::ensemble::{Ensemble, pair};
use exact::root::bisect;
use exact::torus::kaufman;
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// What a thermometer says of an ensemble; temperatures in units of J / k_B.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// A temperature on the scale. Its error has the fluctuations of the ensemble and those of the calibration, to first
    /// order; its `count` is the number of independent blocks.
    Temperature(Estimate),
    /// At most this: colder than the scale, or not distinguishable from ground states.
    AtMost(f64),
    /// At least this: hotter than the scale. It may be infinite.
    AtLeast(f64),
}

impl Reading {
    /// The temperature with its error, when it is on the scale.
    pub fn estimate(&self) -> Option<Estimate> {
        match self {
            Self::Temperature(estimate) => Some(*estimate),
            Self::AtMost(_) | Self::AtLeast(_) => None,
        }
    }
}

/// `x = e^{-2K}` at a temperature.
pub(super) fn boltzmann(temperature: f64) -> f64 {
    (-2.0 / temperature).exp()
}

/// The temperature at x, 0 at 0 and infinite at 1.
pub(super) fn temperature(x: f64) -> f64 {
    (2.0 / x.ln()).abs()
}

/// The reading x with its standard error.
pub(super) fn reading(x: f64, error: f64, blocks: usize) -> Reading {
    let t = temperature(x);
    // dT/dx = T^2 / 2x.
    let error = error * t * t / (2.0 * x);
    Reading::Temperature(Estimate { mean: t, error, tau: 0.5, count: blocks as u64 })
}

/// Where a reading that is colder than a scale leaves the temperature: at the scale's lowest one or, if that is lower, where
/// so many blocks would all be ground states with a probability of 5 %, `P_0^n = 1/20`, `P_0 = 2 e^{2NK} / Z`.
pub(super) fn at_most(side: usize, blocks: usize, lowest: f64) -> Reading {
    let n = (side * side) as f64;
    let excess = |t: f64| {
        let ln_z = kaufman(side, side, 1.0 / t).map_or(f64::NAN, |torus| torus.ln_z);
        blocks as f64 * (ln_z - 2.0 * n / t - 2f64.ln()) - 20f64.ln()
    };
    // P_0 is 1 to rounding at the lower end and 2^(1-N) to rounding at the upper.
    Reading::AtMost(bisect(excess, 0.05, 1e6).map_or(lowest, |limit| limit.max(lowest)))
}

/// The temperature whose exact mean energy is that of the ensemble, on the scale from zero to infinite temperature.
pub(super) fn of_energy(ensemble: &Ensemble) -> Reading {
    let (side, energy, blocks) = (ensemble.side, ensemble.energy(), ensemble.means.blocks);
    let torus = |x: f64| kaufman(side, side, -0.5 * x.ln());
    let excess = |x: f64| torus(x).map_or(f64::NAN, |t| t.energy_per_spin - energy);
    if energy >= 0.0 {
        return Reading::AtLeast(f64::INFINITY);
    }
    // Of ground states the energy is -2 exactly, without rounding.
    let Ok(x) = bisect(excess, 0.0, 1.0) else { return at_most(side, blocks, 0.0) };
    if x == 0.0 {
        return at_most(side, blocks, 0.0);
    }
    let t = temperature(x);
    // dE/dT is the specific heat.
    let heat = torus(x).map_or(f64::NAN, |t| t.specific_heat);
    let error = 2.0 * ensemble.means.covariance[(pair(1), pair(1))].sqrt() / heat;
    Reading::Temperature(Estimate { mean: t, error, tau: 0.5, count: blocks as u64 })
}
