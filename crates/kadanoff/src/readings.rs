//! What the thermometers say of an ensemble of configurations: as JSON, and as cells of a table.

use crate::measured::Measured;
use anyhow::Result;
use flow::{Fit, IsingCurves, NetworkThermometer, Reading, Thermometers, Verdict};
use ising::{Configurations, Lattice};
use nalgebra::DMatrix;
use rayon::prelude::*;
use report::content::Found;
use report::numbers;
use serde::Serialize;
use stats::Estimate;
use std::ops::RangeInclusive;

/// Of Ising ensembles one in a thousand is said to have no temperature.
pub(crate) const LEVEL: f64 = 1e-3;
/// Sides of the tori that physical thermometers read; curves of larger ones would be long to measure and large to keep.
pub(crate) const SIDES: RangeInclusive<usize> = 4..=512;
/// Configurations that the network reads at once.
const BLOCK: usize = 1024;

/// All that reads configurations of one kind.
pub(crate) struct Instruments<'a> {
    pub(crate) network: Option<&'a NetworkThermometer>,
    pub(crate) curves: Option<&'a IsingCurves>,
    /// Where the energy is known.
    pub(crate) lattice: Option<Lattice>,
}

/// What is known of one ensemble.
#[derive(Serialize)]
pub(crate) struct Readings {
    pub(crate) energy_per_spin: Option<Measured>,
    pub(crate) abs_m: Measured,
    /// Of real units as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    of_means: Option<OfMeans>,
    pub(crate) thermometers: Temperatures,
    chi_square: Option<f64>,
    degrees_of_freedom: Option<usize>,
    pub(crate) p_value: Option<f64>,
    agreement: Option<Agreement>,
    pub(crate) verdict: Option<&'static str>,
}

#[derive(Serialize)]
struct OfMeans {
    energy_per_spin: Option<Measured>,
    abs_m: Measured,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Temperatures {
    pub(crate) energy: Option<Temperature>,
    pub(crate) magnetisation: Option<Temperature>,
    pub(crate) correlation: Option<Temperature>,
    pub(crate) two_point: Option<Temperature>,
    pub(crate) network: Option<Temperature>,
    /// Of real units, the network's after sampling.
    #[serde(skip_serializing_if = "Option::is_none")]
    network_sampled: Option<Temperature>,
}

/// A temperature, or the bound that is known of it.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Temperature {
    temperature: Option<f64>,
    error: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<f64>,
}

/// Energy, |m|, correlation length and specific heat fitted by one temperature.
#[derive(Serialize)]
struct Agreement {
    #[serde(flatten)]
    temperature: Temperature,
    chi_square: f64,
    degrees_of_freedom: usize,
    p_value: f64,
}

impl From<Estimate> for Temperature {
    fn from(estimate: Estimate) -> Self {
        let (temperature, error) = (Some(estimate.mean), Some(estimate.error));
        Self { temperature, error, at_most: None, at_least: None }
    }
}

impl From<Reading> for Temperature {
    fn from(reading: Reading) -> Self {
        let none = Self { temperature: None, error: None, at_most: None, at_least: None };
        match reading {
            Reading::Temperature(estimate) => estimate.into(),
            Reading::AtMost(t) => Self { at_most: Some(t), ..none },
            Reading::AtLeast(t) => Self { at_least: Some(t), ..none },
        }
    }
}

impl From<Fit> for Agreement {
    fn from(fit: Fit) -> Self {
        let Fit { reading, chi_square, degrees_of_freedom, p_value, .. } = fit;
        Self { temperature: reading.into(), chi_square, degrees_of_freedom, p_value }
    }
}

impl Temperature {
    /// `2.27(3)`, `≤ 0.9` or `≥ 6`.
    pub(crate) fn cell(&self) -> String {
        match (self.temperature, self.at_most, self.at_least) {
            (_, Some(t), _) => format!("≤ {}", numbers::fixed(t, 2)),
            (_, _, Some(t)) => format!("≥ {}", numbers::exact(t)),
            (Some(mean), ..) => {
                numbers::measured(Found { mean, error: self.error.unwrap_or(f64::NAN) })
            }
            (None, None, None) => "–".to_owned(),
        }
    }
}

impl Temperatures {
    /// The titles of [`Self::cells`].
    pub(crate) const TITLES: [&str; 5] = ["T: energy", "T: |m|", "T: xi", "T: G(r)", "T: network"];

    pub(crate) fn cells(&self) -> [String; 5] {
        let Self { energy, magnetisation, correlation, two_point, network, .. } = self;
        [energy, magnetisation, correlation, two_point, network].map(cell)
    }
}

fn cell(temperature: &Option<Temperature>) -> String {
    temperature.as_ref().map_or("–".to_owned(), Temperature::cell)
}

/// `0.03`, and `< 0.001` where nobody cares how much.
pub(crate) fn probability(p: Option<f64>) -> String {
    match p {
        None => "–".to_owned(),
        Some(p) if p < LEVEL => format!("< {LEVEL}"),
        Some(p) => numbers::fixed(p, 3),
    }
}

/// The side of a square torus that physical thermometers read, if so many sites are one.
pub(crate) fn side(sites: usize) -> Option<usize> {
    let side = sites.isqrt();
    (SIDES.contains(&side) && side * side == sites).then_some(side)
}

impl Instruments<'_> {
    /// Reads independent configurations `[site, sample]`: units as they are, and +-1. The network reads the units.
    pub(crate) fn read(&self, units: &DMatrix<f32>, spins: &DMatrix<f32>) -> Result<Readings> {
        let are_means = units != spins;
        let network = self.network.map(|network| temperature(network, units));
        let again = self.network.filter(|_| are_means).map(|network| temperature(network, spins));
        let configurations = Configurations::from_matrix(spins)?;
        let mut readings = Readings {
            energy_per_spin: self.lattice.as_ref().map(|lattice| {
                Estimate::from_independent(&ising::energies(lattice, &configurations)).into()
            }),
            abs_m: abs_m(spins),
            of_means: are_means.then(|| OfMeans {
                energy_per_spin: self.lattice.as_ref().map(|lattice| energy(lattice, units)),
                abs_m: abs_m(units),
            }),
            thermometers: Temperatures {
                energy: None,
                magnetisation: None,
                correlation: None,
                two_point: None,
                network,
                network_sampled: again,
            },
            chi_square: None,
            degrees_of_freedom: None,
            p_value: None,
            agreement: None,
            verdict: None,
        };
        if let Some(curves) = self.curves {
            let found = Thermometers { network: None, curves }
                .read(&configurations, configurations.len())?;
            readings.insert(&found);
        }
        Ok(readings)
    }
}

impl Readings {
    fn insert(&mut self, found: &flow::Readings) {
        let (thermometers, two_point) = (&mut self.thermometers, found.two_point);
        thermometers.energy = Some(found.energy.into());
        thermometers.magnetisation = Some(found.magnetisation.into());
        thermometers.correlation = Some(found.correlation_length.into());
        thermometers.two_point = Some(two_point.reading.into());
        self.chi_square = Some(two_point.chi_square);
        self.degrees_of_freedom = Some(two_point.degrees_of_freedom);
        self.p_value = Some(two_point.p_value);
        self.agreement = Some(found.agreement.into());
        self.verdict = Some(match found.verdict(LEVEL) {
            Verdict::Temperature(_) => "one-temperature",
            Verdict::AtMost(_) => "at-most",
            Verdict::AtLeast(_) => "at-least",
            Verdict::NoTemperature => "no-temperature",
        });
    }

    /// The verdict in words, where there is one.
    pub(crate) fn sentence(&self) -> Option<String> {
        let t = self.thermometers.energy.map(|t| t.cell())?;
        let two_point = self.thermometers.two_point.map(|t| t.cell())?;
        Some(match self.verdict? {
            "no-temperature" => "it looks like the Ising model at no temperature".to_owned(),
            "one-temperature" => format!("it looks like the Ising model at T = {t}"),
            // Whichever ended first.
            _ if t.starts_with(['≤', '≥']) => format!("it looks like the Ising model at T {t}"),
            _ => format!("it looks like the Ising model at T {two_point}"),
        })
    }
}

/// The network's temperature, by all threads.
fn temperature(network: &NetworkThermometer, units: &DMatrix<f32>) -> Temperature {
    let sites = units.nrows();
    let blocks = units.as_slice().par_chunks(BLOCK * sites).map(|block| {
        let block = DMatrix::from_column_slice(sites, block.len() / sites, block);
        network.read(&block).temperatures
    });
    let temperatures = blocks.collect::<Vec<_>>().concat();
    Estimate::from_independent(&temperatures).into()
}

fn abs_m(units: &DMatrix<f32>) -> Measured {
    let sites = units.nrows() as f64;
    let m = |column: nalgebra::DVectorView<'_, f32>| {
        column.iter().map(|&v| f64::from(v)).sum::<f64>().abs() / sites
    };
    Estimate::from_independent(&units.column_iter().map(m).collect::<Vec<_>>()).into()
}

/// Energy per spin of the product states with these means.
fn energy(lattice: &Lattice, units: &DMatrix<f32>) -> Measured {
    let sites = lattice.sites();
    let of = |v: nalgebra::DVectorView<'_, f32>| {
        let field =
            |i| lattice.neighbours(i).iter().map(|&j| f64::from(v[j as usize])).sum::<f64>();
        -0.5 * (0..sites).map(|i| f64::from(v[i]) * field(i)).sum::<f64>() / sites as f64
    };
    Estimate::from_independent(&units.column_iter().map(of).collect::<Vec<_>>()).into()
}
