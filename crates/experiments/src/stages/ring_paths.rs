//! Flows of ring configurations: the deterministic one to its end, the sampled one read along its way.

use anyhow::Result;
use flow::{Flow, Rule};
use ising::Samples;
use lab::progress::Task;
use lab::store::{Done, Stage};
use nalgebra::{DMatrix, DVectorView};
use rbm::Rbm;
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// Seconds of one core per configuration and step.
const SECONDS_PER_STEP: f64 = 1e-7;

/// The deterministic flow from starts with V != 0: the root mean square spin of each configuration at the end.
#[derive(Serialize)]
pub(crate) struct MeanEnds<'a> {
    pub(crate) rbm: &'a Rbm,
    pub(crate) start: &'a Done<Samples>,
    pub(crate) steps: usize,
}

impl Stage for MeanEnds<'_> {
    const NAME: &'static str = "ring-mean-ends";
    const VERSION: u32 = 2;
    type Output = Vec<f64>;

    fn effort(&self) -> f64 {
        SECONDS_PER_STEP * (self.start.value.len() * self.steps) as f64
    }

    fn run(&self, _task: &Task<'_>) -> Result<Vec<f64>> {
        let samples = &self.start.value;
        let flow = Flow { rbm: self.rbm, rule: Rule::Mean };
        // The mean rule draws nothing; any generator will do.
        let mut rng = stats::stream(0, "unused", 0);
        let v = flow.run(samples.to_matrix(), self.steps, &mut rng, |_, _| ());
        let size = |v: DVectorView<'_, f32>| {
            (v.iter().map(|&x| f64::from(x * x)).sum::<f64>() / v.len() as f64).sqrt()
        };
        let ordered = (0..samples.len()).filter(|&row| samples.spin_sum(row) != 0);
        Ok(ordered.map(|row| size(v.column(row))).collect())
    }
}

/// The sampled flow.
#[derive(Serialize)]
pub(crate) struct SampledTrajectory<'a> {
    pub(crate) rbm: &'a Rbm,
    pub(crate) start: &'a Done<Samples>,
    /// Steps that are read, ascending, the last one last.
    pub(crate) read: &'a [usize],
    pub(crate) seed: u64,
}

/// What was read along a sampled flow.
#[derive(Serialize, Deserialize)]
pub(crate) struct RingTrajectory {
    /// Neighbour correlation at the steps read.
    pub(crate) neighbour: Vec<Estimate>,
    /// Of each configuration at the last step.
    pub(crate) last: Vec<f64>,
    /// Correlation of neighbours minus that at distance M/2, after the first step.
    pub(crate) distance_dependence: Estimate,
}

impl Stage for SampledTrajectory<'_> {
    const NAME: &'static str = "ring-sampled-path";
    const VERSION: u32 = 3;
    type Output = RingTrajectory;

    fn effort(&self) -> f64 {
        SECONDS_PER_STEP * (self.start.value.len() * self.read.last().unwrap_or(&0)) as f64
    }

    fn run(&self, task: &Task<'_>) -> Result<RingTrajectory> {
        let flow = Flow { rbm: self.rbm, rule: Rule::Sampled };
        let mut rng = stats::stream(self.seed, Self::NAME, 0);
        let last = self.read.last().copied().unwrap_or(0);
        let mut path = RingTrajectory {
            neighbour: Vec::new(),
            last: Vec::new(),
            distance_dependence: Estimate::exact(0.0),
        };
        flow.run(self.start.value.to_matrix(), last, &mut rng, |step, v| {
            if self.read.contains(&step) {
                path.last = correlations(v, 1);
                path.neighbour.push(Estimate::from_series(&path.last));
                task.done(step as f64 / last as f64);
            }
            if step == 1 {
                let (near, far) = (correlations(v, 1), correlations(v, v.nrows() / 2));
                let differences: Vec<f64> = near.iter().zip(far).map(|(a, b)| a - b).collect();
                path.distance_dependence = Estimate::from_series(&differences);
            }
        });
        Ok(path)
    }
}

/// `v_i v_{i+r}` of each ring of a batch, averaged over i.
fn correlations(v: &DMatrix<f32>, r: usize) -> Vec<f64> {
    let m = v.nrows();
    let of_sample = |v: DVectorView<'_, f32>| {
        (0..m).map(|i| f64::from(v[i] * v[(i + r) % m])).sum::<f64>() / m as f64
    };
    v.column_iter().map(of_sample).collect()
}
