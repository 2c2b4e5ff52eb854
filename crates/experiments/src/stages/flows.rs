//! Runs an RBM flow and reads every step: network thermometer, |m| and energy.

use crate::stages::{Flowing, Shape};
use anyhow::Result;
use flow::{Calibration, Flow, Rule};
use ising::{Lattice, Samples};
use lab::progress::Task;
use lab::store::{Done, Stage};
use nalgebra::{DMatrix, DVectorView};
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// The flow of configurations `range` of `start` by one rule.
#[derive(Serialize)]
pub(crate) struct RunFlow<'a> {
    pub(crate) rbm: Flowing<'a>,
    pub(crate) thermometer: &'a Done<Calibration>,
    pub(crate) start: &'a Done<Samples>,
    /// First and one past the last configuration.
    pub(crate) range: (usize, usize),
    pub(crate) shape: Shape,
    pub(crate) rule: Rule,
    pub(crate) steps: usize,
    pub(crate) seed: u64,
}

/// What was read at steps 0 (the start) to `steps`, averaged over the configurations.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct FlowSteps {
    /// Temperature by the network, J / k_B.
    pub(crate) temperature: Vec<Estimate>,
    /// |m|.
    pub(crate) abs_m: Vec<Estimate>,
    /// Energy per spin, J.
    pub(crate) energy: Vec<Estimate>,
    /// The network's distribution over its scale.
    pub(crate) distribution: Vec<Vec<f64>>,
}

impl Stage for RunFlow<'_> {
    const NAME: &'static str = "flow";
    const VERSION: u32 = 4;
    type Output = FlowSteps;

    fn effort(&self) -> f64 {
        const SECONDS_PER_UNIT: f64 = 5e-8;
        let samples = self.range.1 - self.range.0;
        SECONDS_PER_UNIT * (samples * self.steps * self.start.value.sites()) as f64
    }

    fn run(&self, task: &Task<'_>) -> Result<FlowSteps> {
        let lattice = self.shape.lattice()?;
        let (from, to) = self.range;
        let start = self.start.value.to_matrix().columns(from, to - from).into_owned();
        let thermometer = self.thermometer.value.thermometer();
        let mut steps = FlowSteps {
            temperature: Vec::new(),
            abs_m: Vec::new(),
            energy: Vec::new(),
            distribution: Vec::new(),
        };
        let rbm = self.rbm.rbm();
        let flow = Flow { rbm: &rbm, rule: self.rule };
        let mut rng = stats::stream(self.seed, Self::NAME, 0);
        flow.run(start, self.steps, &mut rng, |step, v| {
            let reading = thermometer.read(v);
            // The start configurations come in the order of their chain: from_series sees their correlation.
            steps.temperature.push(Estimate::from_series(&reading.temperatures));
            steps.abs_m.push(over_samples(v, |v| f64::from(v.mean()).abs()));
            steps.energy.push(over_samples(v, |v| energy(&lattice, &v)));
            steps.distribution.push(reading.distribution);
            task.done(step as f64 / self.steps as f64);
        });
        Ok(steps)
    }
}

/// An observable's estimate over the samples of a batch.
fn over_samples(v: &DMatrix<f32>, observable: impl Fn(DVectorView<'_, f32>) -> f64) -> Estimate {
    Estimate::from_series(&v.column_iter().map(observable).collect::<Vec<_>>())
}

/// Energy per spin; of real spins, the energy of the product state with these means.
pub(super) fn energy(lattice: &Lattice, v: &DVectorView<'_, f32>) -> f64 {
    let field = |i| lattice.neighbours(i).iter().map(|&j| v[j as usize]).sum::<f32>();
    let twice: f64 = (0..lattice.sites()).map(|i| f64::from(v[i] * field(i))).sum();
    -0.5 * twice / lattice.sites() as f64
}
