//! Gradient descent on the exact KL divergence: training by the exact gradient of all samples at once, in f64.

use anyhow::Result;
use exact::minimum;
use lab::progress::Task;
use lab::store::Stage;
use nalgebra::DMatrix;
use serde::Serialize;

/// Updates `W <- W - rate dKL/dW` of weights `[visible, hidden]`.
#[derive(Serialize)]
pub(crate) struct GradientDescent<'a> {
    /// Probabilities of all states: of a known distribution, or frequencies in a sample.
    pub(crate) q: &'a [f64],
    pub(crate) start: &'a DMatrix<f64>,
    pub(crate) rate: f64,
    /// Numbers of updates after which the weights are kept, ascending; 0 is the start.
    pub(crate) updates: &'a [u64],
}

impl GradientDescent<'_> {
    fn last(&self) -> u64 {
        self.updates.last().copied().unwrap_or(0)
    }
}

impl Stage for GradientDescent<'_> {
    const NAME: &'static str = "plain-descent";
    const VERSION: u32 = 1;
    type Output = Vec<DMatrix<f64>>;

    fn effort(&self) -> f64 {
        const SECONDS_PER_TERM: f64 = 1.5e-10;
        SECONDS_PER_TERM * (self.q.len() * self.start.len()) as f64 * self.last() as f64
    }

    fn run(&self, task: &Task<'_>) -> Result<Vec<DMatrix<f64>>> {
        let mut due = self.updates.iter().copied().peekable();
        let mut checkpoints = Vec::with_capacity(self.updates.len());
        let keep = |step: usize, _: f64, weights: &DMatrix<f64>| {
            if due.next_if_eq(&(step as u64)).is_some() {
                checkpoints.push(weights.clone());
                task.done(step as f64 / self.last().max(1) as f64);
            }
        };
        minimum::gradient_descent(self.q, self.start, self.rate, self.last() as usize, keep)?;
        Ok(checkpoints)
    }
}
