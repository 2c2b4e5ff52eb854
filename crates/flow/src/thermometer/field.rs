//! A thermometer in a field: what the exact energy and magnetisation of a small torus say of an ensemble.

use super::scale::Reading;
use crate::Error;
use exact::root::maximum;
use exact::transfer::{FieldMeans, TorusInField};
use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};
use stats::{Estimate, tails};

/// What an ensemble of independent configurations in a known field says, temperatures in units of J / k_B.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldReadings {
    /// The temperature at which the torus has the ensemble's mean energy `<E - h M>`: that of maximum likelihood.
    pub energy: Reading,
    /// The temperature at which it has the mean magnetisation, of which the size is taken where there is no field.
    pub magnetisation: Reading,
    /// How likely an Ising ensemble of the best temperature is at least as far off in mean energy, mean magnetisation and
    /// variance of the energy together.
    pub p_value: f64,
}

/// Reads independent configurations in the field h of `torus`, each by two numbers per spin: the energy of its bonds in J
/// and its magnetisation. Errors are those of the means to first order: the curves are exact.
///
/// # Errors
/// [`Error::Blocks`] for fewer than two configurations for each of the three observables, [`Error::Exact`] for a field that is
/// not finite.
///
/// ```
/// use exact::transfer::{DensityOfStates, TorusInField};
/// use ising::{Coupling, Lattice, Request, draw, energies, magnetisations};
///
/// // Exact draws of the 4 x 4 torus at T = 3 in the field h = 0.5 J.
/// let request =
///     Request { count: 1000, algorithm: None, field: 0.5 / 3.0, symmetrise: false, least_effective: 0.0 };
/// let torus = Lattice::square(4)?;
/// let samples = draw(&torus, Coupling::from_temperature(3.0)?, &request, 1)?.samples;
/// let pairs = energies(&torus, &samples).into_iter().zip(magnetisations(&samples));
/// let configurations: Vec<[f64; 2]> = pairs.map(|(e, m)| [e, m]).collect();
/// let states = DensityOfStates::new(4)?;
/// let readings = flow::read_in_field(&TorusInField { states: &states, field: 0.5 }, &configurations)?;
/// assert!(readings.energy.estimate().is_some_and(|t| t.sigmas_from(3.0) < 4.0));
/// assert!(readings.p_value > 1e-4);
/// # Ok::<(), flow::Error>(())
/// ```
pub fn read_in_field(
    torus: &TorusInField<'_>,
    configurations: &[[f64; 2]],
) -> Result<FieldReadings, Error> {
    const MIN: usize = 6;
    if configurations.len() < MIN {
        return Err(Error::Blocks { blocks: configurations.len(), least: MIN });
    }
    let (coldest, hottest) = (TorusInField::COLDEST, TorusInField::HOTTEST);
    let (cold, hot) = (torus.means(coldest)?, torus.means(hottest)?);
    let all: Vec<[f64; 2]> = configurations.iter().map(|&c| torus.observables(c)).collect();
    let mean = |i: usize| Estimate::from_independent(&all.iter().map(|c| c[i]).collect::<Vec<_>>());
    let (energy, magnetisation) = (mean(0), mean(1));
    let middle = 0.5 * (cold.energy + hot.energy);
    Ok(FieldReadings {
        energy: inverted(|u| torus.temperature_of_energy(u), energy, 1.0, energy.mean < middle),
        magnetisation: inverted(
            |m| torus.temperature_of_magnetisation(m),
            magnetisation,
            -1.0,
            magnetisation.mean > 0.5 * (cold.magnetisation + hot.magnetisation),
        ),
        p_value: p_value(torus, &all, [energy.mean, magnetisation.mean]),
    })
}

/// The temperature of a mean that rises with it (sign 1) or falls (sign -1), with the error from the curve over one error of
/// the mean to both sides. What is off the scale is off at the cold end or at the hot one.
fn inverted(
    temperature: impl Fn(f64) -> Option<f64>,
    mean: Estimate,
    sign: f64,
    is_cold: bool,
) -> Reading {
    let (coldest, hottest) = (TorusInField::COLDEST, TorusInField::HOTTEST);
    let Some(t) = temperature(mean.mean) else {
        return if is_cold { Reading::AtMost(coldest) } else { Reading::AtLeast(hottest) };
    };
    let low = temperature(mean.mean - sign * mean.error).unwrap_or(coldest);
    let high = temperature(mean.mean + sign * mean.error).unwrap_or(hottest);
    Reading::Temperature(Estimate { mean: t, error: 0.5 * (high - low), ..mean })
}

/// The smallest distance of mean energy, mean magnetisation and variance of the energy from those of any temperature, in their
/// covariance: a chi-square with two degrees of freedom. An ensemble that does not fluctuate has no such distance: 0.
fn p_value(torus: &TorusInField<'_>, all: &[[f64; 2]], [energy, m]: [f64; 2]) -> f64 {
    let n = all.len() as f64;
    let deviations =
        || all.iter().map(|c| Vector3::new(c[0] - energy, c[1] - m, (c[0] - energy).powi(2)));
    let variance = deviations().map(|d| d[2]).sum::<f64>() / (n - 1.0);
    let about = |d: Vector3<f64>| d - Vector3::new(0.0, 0.0, variance);
    let products = deviations().map(about).map(|d| d * d.transpose());
    let covariance = products.sum::<Matrix3<f64>>() / (n * (n - 1.0));
    let Some(inverse) = covariance.cholesky().map(|factor| factor.inverse()) else {
        return 0.0;
    };
    let found = Vector3::new(energy, m, variance);
    let chi_square = |ln_t: f64| {
        let distance = |means: FieldMeans| {
            let off = found - Vector3::new(means.energy, means.magnetisation, means.variance);
            off.dot(&(inverse * off))
        };
        torus.means(ln_t.exp()).map_or(f64::NAN, distance)
    };
    const POINTS: u32 = 200;
    let (low, high) = (TorusInField::COLDEST.ln(), TorusInField::HOTTEST.ln());
    let best = maximum(|ln_t| -chi_square(ln_t), low, (high - low) / f64::from(POINTS), POINTS);
    tails::chi_square(chi_square(best), 2)
}
