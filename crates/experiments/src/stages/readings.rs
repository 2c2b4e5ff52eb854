//! What five thermometers say of an ensemble along its flow.

use crate::stages::Flowing;
use anyhow::Result;
use flow::{Calibration, Error, Flow, IsingCurves, Readings, Rule, Thermometers};
use ising::{Coupling, Samples};
use lab::progress::Task;
use lab::store::{Done, Stage};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use stats::{Bits, Estimate};

/// The flow of the independent configurations `range` of `start` by one rule, read at some steps.
#[derive(Serialize)]
pub(crate) struct ReadFlow<'a> {
    pub(crate) rbm: Flowing<'a>,
    pub(crate) network: &'a Done<Calibration>,
    pub(crate) curves: &'a Done<IsingCurves>,
    pub(crate) start: &'a Done<Samples>,
    /// First and one past the last configuration.
    pub(crate) range: (usize, usize),
    pub(crate) rule: Rule,
    /// Ascending; 0 is the start.
    pub(crate) read: &'a [usize],
    pub(crate) seed: u64,
}

/// The ensemble after so many steps.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct FlowReadings {
    pub(crate) step: usize,
    /// Of +-1 configurations: those of the mean rule are drawn from its expectations. None where too few configurations
    /// differ.
    pub(crate) readings: Option<Readings>,
    /// What the network says of the units as they are, real numbers by the mean rule.
    pub(crate) as_they_are: Estimate,
    /// The network's distribution over its scale, of the units as they are.
    pub(crate) distribution: Vec<f64>,
}

impl Stage for ReadFlow<'_> {
    const NAME: &'static str = "flow-readings";
    const VERSION: u32 = 2;
    type Output = Vec<FlowReadings>;

    fn effort(&self) -> f64 {
        const SECONDS_PER_UNIT: f64 = 5e-9;
        let units = (self.range.1 - self.range.0) * self.start.value.sites();
        SECONDS_PER_UNIT * (units * (self.last() + 10 * self.read.len())) as f64
    }

    fn run(&self, _task: &Task<'_>) -> Result<Vec<FlowReadings>> {
        let start = self.start.value.rows(self.range.0..self.range.1).to_matrix();
        let rbm = self.rbm.rbm();
        let flow = Flow { rbm: &rbm, rule: self.rule };
        let mut rng = stats::stream(self.seed, Self::NAME, 0);
        let mut readings = Vec::with_capacity(self.read.len());
        flow.run(start, self.last(), &mut rng, |step, v| {
            if self.read.contains(&step) {
                readings.push(self.reading(step, v));
            }
        });
        readings.into_iter().collect()
    }
}

impl ReadFlow<'_> {
    fn last(&self) -> usize {
        self.read.last().copied().unwrap_or(0)
    }

    fn reading(&self, step: usize, v: &DMatrix<f32>) -> Result<FlowReadings> {
        let network = self.network.value.thermometer();
        let read = network.read(v);
        let as_they_are = Estimate::from_independent(&read.temperatures);
        let mut spins = v.clone();
        if self.rule == Rule::Mean {
            let rng = &mut stats::stream(self.seed, "flow-readings spins", step as u64);
            linalg::sample_means(spins.as_mut_slice(), &mut Bits::new(rng));
        }
        // They belong to no temperature; that of coins is as good as any.
        let samples = Samples::from_matrix(&spins, Coupling::new(0.0)?)?;
        let thermometers = Thermometers { network: Some(&network), curves: &self.curves.value };
        let readings = match thermometers.read(&samples, samples.len()) {
            Ok(readings) => Some(readings),
            Err(Error::Blocks { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(FlowReadings { step, readings, as_they_are, distribution: read.distribution })
    }
}
