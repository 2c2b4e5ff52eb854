//! Training in segments that end at given numbers of updates: each is a stage that goes on from the one before.

use super::training::{Data, TRAINING_VERSION, seconds_per_sample};
use anyhow::Result;
use ising::Samples;
use lab::progress::Task;
use lab::store::{Done, Stage, Store};
use rbm::{TrainConfig, Trainer};
use serde::Serialize;
use std::ops::ControlFlow;

/// The RBM of these settings after so many updates in all, trained on from where another segment ended or from random weights.
#[derive(Serialize)]
pub(crate) struct TrainTo<'a> {
    pub(crate) data: Data<'a>,
    pub(crate) config: TrainConfig,
    pub(crate) from: Option<&'a Done<Trainer>>,
    pub(crate) updates: u64,
    pub(crate) seed: u64,
}

impl TrainTo<'_> {
    fn begun(&self) -> u64 {
        self.from.map_or(0, |from| from.value.updates())
    }
}

impl Stage for TrainTo<'_> {
    const NAME: &'static str = "rbm-to";
    const VERSION: u32 = TRAINING_VERSION;
    type Output = Trainer;

    fn effort(&self) -> f64 {
        let updates = self.updates.saturating_sub(self.begun()) as f64;
        let samples = updates * self.config.batch as f64;
        samples * seconds_per_sample(&self.config, self.data.units())
    }

    fn run(&self, task: &Task<'_>) -> Result<Trainer> {
        let data = self.data.matrix();
        let mut trainer = match self.from {
            Some(done) => done.value.clone(),
            None => Trainer::new(self.config, data.nrows(), self.seed)?,
        };
        let (begun, last) = (self.begun(), self.updates);
        if begun >= last {
            return Ok(trainer);
        }
        let batches = (data.ncols() / self.config.batch).max(1) as u64;
        rbm::train(&mut trainer, &data, last.div_ceil(batches), |progress| {
            let done = progress.trainer.updates();
            if progress.ends_epoch {
                task.done((done - begun) as f64 / (last - begun) as f64);
            }
            match done < last {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })?;
        Ok(trainer)
    }
}

/// Trains from random weights: the RBM after each of these ascending numbers of updates.
pub(crate) fn train_through(
    store: &Store,
    samples: &Done<Samples>,
    config: TrainConfig,
    updates: &[u64],
    seed: u64,
) -> Result<Vec<Done<Trainer>>> {
    let mut states: Vec<Done<Trainer>> = Vec::with_capacity(updates.len());
    for &updates in updates {
        let (data, from) = (Data::Samples(samples), states.last());
        states.push(store.get(&TrainTo { data, config, from, updates, seed })?);
    }
    Ok(states)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ising::{Configurations, Coupling};
    use lab::progress::Progress;
    use nalgebra::DMatrix;

    #[test]
    fn segments_are_one_run() -> Result<()> {
        let data = DMatrix::from_fn(4, 30, |i, s| if (i * s) % 3 == 0 { 1.0 } else { -1.0 });
        let samples =
            Done::new(Samples::at(Coupling::new(0.5)?, Configurations::from_matrix(&data)?))?;
        let config: TrainConfig = serde_json::from_value(serde_json::json!({
            "hidden": 3, "batch": 10, "learning_rate": 0.1, "schedule": "constant",
            "gradient": { "persistent": { "chains": 5, "steps": 1 } },
            "optimiser": { "ascent": { "momentum": 0.0 } },
            "l1": 0.0, "l2": 0.0, "initial_std": 0.1, "biases": false, "sharing": "free",
        }))?;
        let progress = Progress::new(0.0);
        let to = |from: Option<&Done<Trainer>>, updates: u64| -> Result<Done<Trainer>> {
            let data = Data::Samples(&samples);
            let stage = TrainTo { data, config, from, updates, seed: 1 };
            Done::new(stage.run(&progress.task(0.0))?)
        };
        let half = to(None, 4)?;
        assert_eq!(half.value.updates(), 4);
        assert_eq!(to(Some(&half), 11)?.value, to(None, 11)?.value);
        Ok(())
    }
}
