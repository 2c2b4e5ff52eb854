//! Checkpoints of a training run: the RBM after given numbers of updates.

use super::training::seconds_per_sample;
use anyhow::Result;
use ising::Samples;
use lab::progress::Task;
use lab::store::{Done, Stage};
use rbm::{Rbm, TrainConfig, Trainer};
use serde::Serialize;
use std::ops::ControlFlow;

/// Training on data, from a given RBM or from random weights.
#[derive(Serialize)]
pub(crate) struct Checkpoints<'a> {
    pub(crate) data: &'a Done<Samples>,
    pub(crate) config: TrainConfig,
    pub(crate) start: Option<&'a Rbm>,
    /// Numbers of updates after which the RBM is kept, ascending; 0 is the start.
    pub(crate) updates: &'a [u64],
    pub(crate) seed: u64,
}

impl Checkpoints<'_> {
    fn last(&self) -> u64 {
        self.updates.last().copied().unwrap_or(0)
    }
}

impl Stage for Checkpoints<'_> {
    const NAME: &'static str = "checkpoints";
    const VERSION: u32 = 2;
    type Output = Vec<Rbm>;

    fn effort(&self) -> f64 {
        let samples = self.config.batch as f64 * self.last() as f64;
        samples * seconds_per_sample(&self.config, self.data.value.sites())
    }

    fn run(&self, task: &Task<'_>) -> Result<Vec<Rbm>> {
        let data = self.data.value.to_matrix();
        let mut trainer = match self.start {
            Some(rbm) => Trainer::from_rbm(self.config, rbm.clone(), self.seed)?,
            None => Trainer::new(self.config, data.nrows(), self.seed)?,
        };
        let mut due = self.updates.iter().copied().peekable();
        let mut checkpoints = Vec::with_capacity(self.updates.len());
        if due.next_if_eq(&0).is_some() {
            checkpoints.push(trainer.rbm().clone());
        }
        let batches = (data.ncols() / self.config.batch).max(1) as u64;
        rbm::train(&mut trainer, &data, self.last().div_ceil(batches), |progress| {
            let done = progress.trainer.updates();
            if due.next_if_eq(&done).is_some() {
                checkpoints.push(progress.trainer.rbm().clone());
                task.done(done as f64 / self.last() as f64);
            }
            match due.peek() {
                Some(_) => ControlFlow::Continue(()),
                None => ControlFlow::Break(()),
            }
        })?;
        Ok(checkpoints)
    }
}
