//! The trajectory of configurations under an RBM's flow, read at some steps by some instruments.

use super::{Flowing, Shape};
use anyhow::Result;
use flow::observables::{abs_magnetisation, energy_per_spin};
use flow::{Calibration, Error, Flow, IsingCurves, Readings, Rule, Thermometers};
use ising::{Configurations, Lattice, Samples};
use lab::progress::Task;
use lab::{Done, Stage};
use nalgebra::{DMatrix, DVectorView};
use serde::{Deserialize, Serialize};
use stats::{Bits, Estimate};

/// The flow of the independent configurations `range` of `start` by one rule.
#[derive(Serialize)]
pub(crate) struct Trajectory<'a> {
    pub(crate) rbm: Flowing<'a>,
    pub(crate) start: &'a Done<Samples>,
    /// First and one past the last configuration.
    pub(crate) range: (usize, usize),
    pub(crate) shape: Shape,
    pub(crate) rule: Rule,
    /// The steps that are read, ascending; 0 is the start.
    pub(crate) read: &'a [usize],
    pub(crate) instruments: Instruments<'a>,
    pub(crate) seed: u64,
}

/// What reads a step beside |m| and energy, which every step tells.
#[derive(Clone, Copy, Default, Serialize)]
pub(crate) struct Instruments<'a> {
    /// A network thermometer.
    pub(crate) network: Option<&'a Done<Calibration>>,
    /// The four physical thermometers of a torus, with the network where there is one.
    pub(crate) curves: Option<&'a Done<IsingCurves>>,
    /// Whether energy and magnetisation of every configuration are kept.
    pub(crate) configurations: bool,
}

/// The ensemble after so many steps.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) step: usize,
    /// `<|m|>` and energy per spin in J; of the mean rule those of its expectations.
    pub(crate) abs_m: Estimate,
    pub(crate) energy: Estimate,
    /// What the network says of the units as they are: real numbers by the mean rule.
    pub(crate) network: Option<NetworkReading>,
    /// All thermometers on spins: those of the mean rule are drawn from its expectations. None where too few configurations
    /// differ.
    pub(crate) readings: Option<Readings>,
    /// Energy of the bonds, in J, and magnetisation of each configuration, both per spin.
    pub(crate) configurations: Vec<[f64; 2]>,
}

/// A network's reading of an ensemble.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct NetworkReading {
    /// Expected temperature, J / k_B.
    pub(crate) temperature: Estimate,
    /// The distribution over its scale, averaged over configurations.
    pub(crate) distribution: Vec<f64>,
}

impl Step {
    /// What the network says of the units as they are; NaN where there was no network.
    pub(crate) fn network_temperature(&self) -> Estimate {
        self.network.as_ref().map_or(Estimate::exact(f64::NAN), |read| read.temperature)
    }

    /// The network's distribution over its scale; empty where there was no network.
    pub(crate) fn distribution(&self) -> &[f64] {
        self.network.as_ref().map_or(&[], |read| &read.distribution)
    }
}

impl Stage for Trajectory<'_> {
    const NAME: &'static str = "trajectory";
    const VERSION: u32 = 1;
    type Output = Vec<Step>;

    fn effort(&self) -> f64 {
        const SECONDS_PER_UNIT: f64 = 5e-9;
        // A reading costs as much as some steps.
        let reading = if self.instruments.curves.is_some() { 10 } else { 8 };
        let units = (self.range.1 - self.range.0) * self.start.value.sites();
        SECONDS_PER_UNIT * (units * (self.last() + reading * self.read.len())) as f64
    }

    fn run(&self, task: &Task<'_>) -> Result<Vec<Step>> {
        let lattice = self.shape.lattice()?;
        let start = self.start.value.rows(self.range.0..self.range.1).to_matrix();
        let rbm = self.rbm.rbm();
        let flow = Flow { rbm: &rbm, rule: self.rule };
        let mut rng = stats::stream(self.seed, "flow-readings", 0);
        let mut steps = Vec::with_capacity(self.read.len());
        flow.run(start, self.last(), &mut rng, |step, v| {
            if self.read.contains(&step) {
                steps.push(self.step(&lattice, step, v));
                task.done(step as f64 / self.last().max(1) as f64);
            }
        });
        steps.into_iter().collect()
    }
}

impl Trajectory<'_> {
    fn last(&self) -> usize {
        self.read.last().copied().unwrap_or(0)
    }

    fn step(&self, lattice: &Lattice, step: usize, v: &DMatrix<f32>) -> Result<Step> {
        let mean = |observable: &dyn Fn(DVectorView<'_, f32>) -> f64| {
            Estimate::from_independent(&v.column_iter().map(observable).collect::<Vec<_>>())
        };
        let network = self.instruments.network.map(|network| {
            let read = network.value.thermometer().read(v);
            let temperature = Estimate::from_independent(&read.temperatures);
            NetworkReading { temperature, distribution: read.distribution }
        });
        Ok(Step {
            step,
            abs_m: mean(&abs_magnetisation),
            energy: mean(&|v| energy_per_spin(lattice, v)),
            network,
            readings: self
                .instruments
                .curves
                .map_or(Ok(None), |curves| self.readings(curves, step, v))?,
            configurations: match self.instruments.configurations {
                true => each(lattice, v)?,
                false => Vec::new(),
            },
        })
    }

    fn readings(
        &self,
        curves: &Done<IsingCurves>,
        step: usize,
        v: &DMatrix<f32>,
    ) -> Result<Option<Readings>> {
        let mut spins = v.clone();
        if self.rule == Rule::Mean {
            let rng = &mut stats::stream(self.seed, "flow-readings spins", step as u64);
            linalg::sample_means(spins.as_mut_slice(), &mut Bits::new(rng));
        }
        let spins = Configurations::from_matrix(&spins)?;
        let network = self.instruments.network.map(|network| network.value.thermometer());
        let thermometers = Thermometers { network: network.as_ref(), curves: &curves.value };
        match thermometers.read(&spins, spins.len()) {
            Ok(readings) => Ok(Some(readings)),
            Err(Error::Blocks { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Energy of the bonds and magnetisation of each configuration, per spin.
fn each(lattice: &Lattice, v: &DMatrix<f32>) -> Result<Vec<[f64; 2]>> {
    let configurations = Configurations::from_matrix(v)?;
    let magnetisations = ising::magnetisations(&configurations);
    let energies = ising::energies(lattice, &configurations);
    Ok(energies.into_iter().zip(magnetisations).map(|(energy, m)| [energy, m]).collect())
}
