//! Five thermometers, and whether what they read is one temperature.

mod curves;
mod ensemble;
mod field;
mod fit;
mod network;
mod scale;

pub use curves::IsingCurves;
pub use field::{FieldReadings, read_in_field};
pub use fit::Fit;
pub use network::{Calibration, NetworkReading, NetworkThermometer};
pub use scale::Reading;

use crate::Error;
use ensemble::{ABS_M, Ensemble, FACTOR, M2, SQUARE, pair};
use exact::root::bisect;
use ising::Configurations;
use nalgebra::{DMatrix, DVector};
use scale::{at_most, boltzmann, of_energy, reading, temperature};
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// The thermometers of one torus.
///
/// They read ensembles of +-1 configurations ([`Configurations`] can hold nothing else); the network alone can also read the real
/// units of the mean rule ([`NetworkThermometer::read`]).
///
/// ```
/// use flow::{IsingCurves, Thermometers, Verdict};
/// use ising::{Coupling, Lattice, Request, draw};
///
/// let curves = IsingCurves::measure(4, &[1.5, 2.0, 2.5, 3.0, 4.0, 6.0], 2000, 1)?;
/// // 500 independent configurations of the 4 x 4 torus at T = 2.4.
/// let request =
///     Request { count: 500, algorithm: None, field: 0.0, symmetrise: false, least_effective: 0.0 };
/// let drawn = draw(&Lattice::square(4)?, Coupling::from_temperature(2.4)?, &request, 2)?;
/// let readings = Thermometers { network: None, curves: &curves }.read(&drawn.samples, 500)?;
/// assert!(readings.energy.estimate().is_some_and(|t| t.sigmas_from(2.4) < 4.0));
/// assert!(readings.magnetisation.estimate().is_some_and(|t| t.sigmas_from(2.4) < 4.0));
/// assert!(matches!(readings.verdict(0.001), Verdict::Temperature(_)));
/// # Ok::<(), flow::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Thermometers<'a> {
    /// The network; the physical thermometers do without.
    pub network: Option<&'a NetworkThermometer>,
    /// How the observables of the Ising model on this torus depend on temperature.
    pub curves: &'a IsingCurves,
}

/// What five thermometers say of one ensemble, temperatures in units of J / k_B.
///
/// All read the same configurations: their errors are correlated, and what the curves were measured with is common to all
/// ensembles read with them. [`Self::agreement`] knows both.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Readings {
    /// The network's expected temperature ([`NetworkThermometer::temperature`]).
    pub network: Option<Estimate>,
    /// The temperature with the exact mean energy `E(T)` (`kaufman-1949`) of the ensemble: within the Ising family, the one
    /// of maximum likelihood, `d ln L / dK = sum_samples (E(T) - E_sample)`. On the scale from 0 to infinity.
    pub energy: Reading,
    /// The temperature with the ensemble's `<|m|>`.
    pub magnetisation: Reading,
    /// The temperature with the ensemble's second-moment correlation length,
    /// `xi = sqrt(N <m^2> / S(k) - 1) / (2 sin(pi / L))` (`cooper-1982`).
    pub correlation_length: Reading,
    /// The temperature whose two-point function G(r), r = 1..=L/2 along the axes, is nearest to the ensemble's.
    ///
    /// For an Ising ensemble it is that of the energy, up to the noise of the covariance: as `dG/dK` is the covariance
    /// with `E = -2 N G(1)`, the best weights are on G(1) alone. What the other distances add is the chi-square.
    pub two_point: Fit,
    /// The temperature on which energy, |m|, correlation length and specific heat agree best: a fit to G(1), `<|m|>`,
    /// `<S(k)> / <m^2>` and `<G(1)^2> - <G(1)>^2`, the last two to first order.
    ///
    /// The specific heat is what tells a mixture of temperatures, whose energies fluctuate more than those of one; its mean
    /// two-point function can be that of a temperature between them.
    pub agreement: Fit,
}

/// One temperature or none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The ensemble looks like an Ising ensemble at this temperature, that of the energy.
    Temperature(Estimate),
    /// It looks like one at most that hot.
    AtMost(f64),
    /// It looks like one at least that hot.
    AtLeast(f64),
    /// It looks like an Ising ensemble at no temperature of the scale.
    NoTemperature,
}

impl Thermometers<'_> {
    /// Reads an ensemble: `chains` independent stationary chains of equal length, one after the other. Independent
    /// configurations are as many chains.
    ///
    /// # Errors
    /// [`Error::Sites`] for another torus than that of the curves or the network, [`Error::Chains`], [`Error::Blocks`] for
    /// fewer than two independent blocks for each of the `L / 2 + 4` observables, also where the chains are too correlated.
    pub fn read(&self, configurations: &Configurations, chains: usize) -> Result<Readings, Error> {
        let (curves, side) = (self.curves, self.curves.side());
        let (expected, found) = (side * side, configurations.sites());
        if expected != found {
            return Err(Error::Sites { expected, found });
        }
        let network =
            self.network.map(|network| network.temperature(configurations, chains)).transpose()?;
        let ensemble = &Ensemble::of(configurations, chains)?;
        let energy = of_energy(ensemble);
        let start = match energy {
            Reading::Temperature(t) => boltzmann(t.mean),
            Reading::AtMost(_) => 0.0,
            Reading::AtLeast(_) => 1.0,
        };
        let d = ensemble.means.mean.len();
        let unit = |i: usize| {
            move |_: &DVector<f64>| {
                let mut row = DVector::zeros(d);
                row[i] = 1.0;
                row
            }
        };
        let distances = DMatrix::from_fn(side / 2, d, |r, i| f64::from(i == pair(r + 1)));
        let four = |mean: &DVector<f64>| {
            let rows = [unit(pair(1))(mean), unit(ABS_M)(mean), factor(mean), variance(mean)];
            DMatrix::from_rows(&rows.map(|row| row.transpose()))
        };
        Ok(Readings {
            network,
            energy,
            magnetisation: invert(curves, ensemble, |means| means[ABS_M], unit(ABS_M)),
            correlation_length: invert(curves, ensemble, ratio, factor),
            two_point: fit::fit(curves, ensemble, start, |_| distances.clone()),
            agreement: fit::fit(curves, ensemble, start, four),
        })
    }
}

impl Readings {
    /// Whether the ensemble has a temperature, at this level: of Ising ensembles a share of at most `level` is
    /// said to have none.
    ///
    /// None when the two-point function fits no temperature or energy, |m|, correlation length and specific heat do not agree
    /// on one; each of the two tests has half of the level. What lies beyond an end of the scale by no more than chance is
    /// [`Verdict::AtMost`] or [`Verdict::AtLeast`]. The network has no say.
    pub fn verdict(&self, level: f64) -> Verdict {
        if self.two_point.p_value.min(self.agreement.p_value) < 0.5 * level {
            return Verdict::NoTemperature;
        }
        match (self.two_point.reading, self.energy) {
            (Reading::AtMost(t), _) | (_, Reading::AtMost(t)) => Verdict::AtMost(t),
            (Reading::AtLeast(t), _) | (_, Reading::AtLeast(t)) => Verdict::AtLeast(t),
            (Reading::Temperature(_), Reading::Temperature(t)) => Verdict::Temperature(t),
        }
    }
}

/// `S(k) / N <m^2>`, from 0 at T = 0 to 1 at infinite temperature: what is inverted for the correlation length. Without any
/// magnetisation the length is 0.
fn ratio(means: &DVector<f64>) -> f64 {
    if means[M2] > 0.0 { means[FACTOR] / means[M2] } else { f64::INFINITY }
}

/// The gradient of [`ratio`].
fn factor(means: &DVector<f64>) -> DVector<f64> {
    let mut row = DVector::zeros(means.len());
    (row[FACTOR], row[M2]) = (1.0 / means[M2], -ratio(means) / means[M2]);
    row
}

/// The direction of `G(1)^2 - 2 g G(1)` with the mean g held: a change of the variance of G(1).
fn variance(means: &DVector<f64>) -> DVector<f64> {
    let mut row = DVector::zeros(means.len());
    (row[SQUARE], row[pair(1)]) = (1.0, -2.0 * means[pair(1)]);
    row
}

/// The temperature at which the Ising model has the ensemble's value of a function of the means that is monotonic in
/// temperature.
///
/// Where the curve is flat its noise may take it to that value more than once: the reading is then in the middle, and the error
/// at least half of the distance over which the curve stays within one error of the value.
fn invert(
    curves: &IsingCurves,
    ensemble: &Ensemble,
    of: impl Fn(&DVector<f64>) -> f64,
    gradient: impl Fn(&DVector<f64>) -> DVector<f64>,
) -> Reading {
    let ((low, high), blocks) = (curves.ends(), ensemble.means.blocks);
    let value = of(&ensemble.means.mean);
    // Ascending in x but for the curves' noise.
    let sign = (of(&curves.at(high).0) - of(&curves.at(low).0)).signum();
    let excess = |x: f64| sign * (of(&curves.at(x).0) - value);
    let (first, last) = (coldest(curves, excess), hottest(curves, excess));
    let (first, last) = match (first, last) {
        _ if ensemble.is_frozen() => return at_most(curves.side(), blocks, temperature(low)),
        (None, _) => return Reading::AtLeast(temperature(high)),
        (_, None) => return at_most(curves.side(), blocks, temperature(low)),
        (Some(first), Some(last)) => (first, last),
    };
    let x = first.midpoint(last);
    let (means, slopes) = curves.at(x);
    let row = gradient(&means);
    let covariance = &ensemble.means.covariance + curves.error(x);
    let error = row.dot(&(covariance * &row)).sqrt();
    let from = coldest(curves, |x| excess(x) + error).unwrap_or(high);
    let to = hottest(curves, |x| excess(x) - error).unwrap_or(low);
    reading(x, (error / row.dot(&slopes).abs()).max(0.5 * (to - from)), blocks)
}

/// The lowest x at which an ascending function is not negative.
fn coldest(curves: &IsingCurves, f: impl Fn(f64) -> f64) -> Option<f64> {
    let grid: Vec<f64> = curves.grid_points().collect();
    let place = grid.iter().position(|&x| f(x) >= 0.0)?;
    if place == 0 { Some(grid[0]) } else { bisect(f, grid[place - 1], grid[place]).ok() }
}

/// The highest x at which an ascending function is not positive.
fn hottest(curves: &IsingCurves, f: impl Fn(f64) -> f64) -> Option<f64> {
    let grid: Vec<f64> = curves.grid_points().collect();
    let place = grid.iter().rposition(|&x| f(x) <= 0.0)?;
    if place + 1 == grid.len() {
        Some(grid[place])
    } else {
        bisect(f, grid[place], grid[place + 1]).ok()
    }
}
