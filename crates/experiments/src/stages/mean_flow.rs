//! The flow by the mean rule: singular values of W, ends from both sides, fixed points found.

use super::flowing::Flowing;
use anyhow::Result;
use flow::{Calibration, Flow, Rule, fixed_point, mean};
use ising::Samples;
use lab::progress::Task;
use lab::store::{Done, Stage};
use nalgebra::DMatrix;
use rbm::features;
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// The most steps from one start to its fixed point.
const MAX_STEPS: usize = 1 << 11;

/// Expectations passed on from layer to layer, from aligned spins and from hot configurations; fixed points from others.
#[derive(Serialize)]
pub(crate) struct RunMeanFlow<'a> {
    pub(crate) rbm: Flowing<'a>,
    pub(crate) network: &'a Done<Calibration>,
    pub(crate) held_out: &'a Done<Samples>,
    /// First and one past the last of the hot configurations.
    pub(crate) hot: (usize, usize),
    pub(crate) steps: usize,
    /// Starts of the search for fixed points, spread over all of the held-out configurations; 0 for none.
    pub(crate) fixed_point_starts: usize,
    pub(crate) seed: u64,
}

/// Where the flow ends, its units taken as they are, real numbers.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct MeanEnd {
    pub(crate) abs_m: Estimate,
    /// The root mean square of the units of a configuration: 0 at v = 0.
    pub(crate) rms: Estimate,
    pub(crate) network: Estimate,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MeanFlow {
    /// Of W, largest first.
    pub(crate) singular_values: Vec<f64>,
    /// From the cold and from the hot start.
    pub(crate) ends: [MeanEnd; 2],
    /// Different fixed points that were found, a point and its mirror image counted once.
    pub(crate) stable: usize,
    pub(crate) unstable: usize,
}

impl Stage for RunMeanFlow<'_> {
    const NAME: &'static str = "flow-of-means";
    const VERSION: u32 = 1;
    type Output = MeanFlow;

    fn effort(&self) -> f64 {
        let rbm = self.rbm.rbm();
        let products = (rbm.visible() * rbm.hidden()) as f64;
        let flows = (self.steps * (self.hot.1 - self.hot.0)) as f64;
        products * (2e-10 * flows + 1e-6 * self.fixed_point_starts as f64)
    }

    fn run(&self, _task: &Task<'_>) -> Result<MeanFlow> {
        let rbm = self.rbm.rbm();
        let samples = &self.held_out.value;
        let hot = samples.rows(self.hot.0..self.hot.1).to_matrix();
        let cold = DMatrix::from_fn(rbm.visible(), 2, |_, c| if c == 0 { 1.0 } else { -1.0 });
        let flow = Flow { rbm: &rbm, rule: Rule::Mean };
        let network = self.network.value.thermometer();
        let end = |start: DMatrix<f32>| {
            // The mean rule draws nothing.
            let rng = &mut stats::stream(self.seed, Self::NAME, 0);
            let v = flow.run(start, self.steps, rng, |_, _| ());
            let mean = |of: &dyn Fn(f64, f64) -> f64| {
                let n = v.nrows() as f64;
                let column = |v: nalgebra::DVectorView<'_, f32>| {
                    of(f64::from(v.mean()), f64::from(v.norm_squared()) / n)
                };
                Estimate::from_independent(&v.column_iter().map(column).collect::<Vec<_>>())
            };
            MeanEnd {
                abs_m: mean(&|m, _| m.abs()),
                rms: mean(&|_, square| square.sqrt()),
                network: Estimate::from_independent(&network.read(&v).temperatures),
            }
        };
        let ends = [end(cold), end(hot)];
        let points = match self.fixed_point_starts {
            0 => Vec::new(),
            count => {
                let all = samples.to_matrix();
                let start = |i: usize, c: usize| f64::from(all[(i, c * all.ncols() / count)]);
                let starts = DMatrix::from_fn(all.nrows(), count, start);
                fixed_point::search(&mean::in_f64(&rbm)?, &starts, MAX_STEPS)
            }
        };
        let stable = points.iter().filter(|point| point.is_stable()).count();
        Ok(MeanFlow {
            singular_values: features::singular_values(&rbm.weights),
            ends,
            stable,
            unstable: points.len() - stable,
        })
    }
}
