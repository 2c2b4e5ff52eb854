//! Training in segments: each segment is a stage on the one before, so that an interrupted run loses one at most.

use anyhow::Result;
use flow::Calibration;
use ising::Samples;
use lab::progress::Task;
use lab::store::{Done, Stage, Store};
use nalgebra::DMatrix;
use rbm::{GradientEstimator, TrainConfig, Trainer};
use serde::Serialize;
use std::ops::ControlFlow;

/// To be raised when the same settings and seed give other RBMs: with a change of `rbm::Trainer`, of its random numbers
/// or of the samples that `train` scores. Runs of `train` that another version began are not gone on with.
pub const TRAINING_VERSION: u32 = 4;

/// What an RBM is trained on.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
pub(crate) enum Data<'a> {
    /// Configurations of the Ising model.
    Samples(&'a Done<Samples>),
    /// Some of them: from the first to one past the last.
    Rows { rows: &'a Done<Samples>, from: usize, to: usize },
    /// Hidden units of an RBM, drawn once for each of its own data: the next layer's.
    Hidden { of: &'a Done<Trainer>, below: &'a Data<'a>, seed: u64 },
}

impl Data<'_> {
    pub(super) fn units(&self) -> usize {
        match self {
            Self::Samples(samples) | Self::Rows { rows: samples, .. } => samples.value.sites(),
            Self::Hidden { of, .. } => of.value.rbm().hidden(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Samples(samples) => samples.value.len(),
            Self::Rows { from, to, .. } => to - from,
            Self::Hidden { below, .. } => below.len(),
        }
    }

    /// `[unit, sample]`.
    pub(super) fn matrix(&self) -> DMatrix<f32> {
        match self {
            Self::Samples(samples) => samples.value.to_matrix(),
            Self::Rows { rows, from, to } => rows.value.rows(*from..*to).to_matrix(),
            Self::Hidden { of, below, seed } => {
                let mut rng = stats::stream(*seed, "hidden", 0);
                of.value.rbm().sample_hidden(&below.matrix(), &mut rng)
            }
        }
    }
}

/// `epochs` more epochs, from `from` or from random weights. Where the settings differ from those of `from`, its RBM
/// and its chains are taken over.
#[derive(Serialize)]
pub(crate) struct TrainRbm<'a> {
    pub(crate) data: Data<'a>,
    pub(crate) config: TrainConfig,
    pub(crate) from: Option<&'a Done<Trainer>>,
    pub(crate) epochs: u64,
    pub(crate) seed: u64,
}

impl Stage for TrainRbm<'_> {
    const NAME: &'static str = "rbm";
    const VERSION: u32 = TRAINING_VERSION;
    type Output = Trainer;

    fn effort(&self) -> f64 {
        let samples = self.data.len() as f64 * self.epochs as f64;
        seconds_per_sample(&self.config, self.data.units()) * samples
    }

    fn run(&self, task: &Task<'_>) -> Result<Trainer> {
        let data = self.data.matrix();
        let mut trainer = match self.from {
            Some(done) if *done.value.config() == self.config => done.value.clone(),
            Some(done) => Trainer::after(self.config, &done.value, self.seed)?,
            None => Trainer::new(self.config, data.nrows(), self.seed)?,
        };
        let start = trainer.epochs(data.ncols());
        rbm::train(&mut trainer, &data, start + self.epochs, |progress| {
            if progress.ends_epoch {
                task.done((progress.epochs - start) as f64 / self.epochs as f64);
            }
            ControlFlow::Continue(())
        })?;
        Ok(trainer)
    }
}

/// Rough cost of an RBM's training, for each sample of an epoch in seconds of one core.
pub fn seconds_per_sample(config: &TrainConfig, visible: usize) -> f64 {
    // Of a Gibbs step: products with W, and drawing the units of both layers.
    const SECONDS_PER_WEIGHT: f64 = 5e-11;
    const SECONDS_PER_UNIT: f64 = 1e-9;
    let (visible, hidden) = (visible as f64, config.hidden as f64);
    let step = SECONDS_PER_WEIGHT * visible * hidden + SECONDS_PER_UNIT * (visible + hidden);
    let steps = match config.gradient {
        GradientEstimator::Contrastive { steps }
        | GradientEstimator::Persistent { steps, .. }
        | GradientEstimator::Tempering { steps, .. } => steps,
        GradientEstimator::Exact => 1,
    };
    (1.0 + f64::from(steps)) * step
}

/// Trains an RBM from random weights, `segment` epochs a stage: its state after every segment, trained at the last.
pub(crate) fn train_rbm(
    store: &Store,
    samples: &Done<Samples>,
    config: TrainConfig,
    epochs: u64,
    segment: u64,
    seed: u64,
) -> Result<Vec<Done<Trainer>>> {
    let segment = usize::try_from(segment)?;
    let stops: Vec<u64> = (0..epochs).step_by(segment).skip(1).chain([epochs]).collect();
    train_rbm_on(store, Data::Samples(samples), config, &stops, seed)
}

/// Trains an RBM on any data from random weights: its state after each of these numbers of epochs, which ascend.
pub(crate) fn train_rbm_on(
    store: &Store,
    data: Data<'_>,
    config: TrainConfig,
    stops: &[u64],
    seed: u64,
) -> Result<Vec<Done<Trainer>>> {
    let mut states: Vec<Done<Trainer>> = Vec::new();
    let mut done = 0;
    for &stop in stops {
        let from = states.last();
        states.push(store.get(&TrainRbm { data, config, from, epochs: stop - done, seed })?);
        done = stop;
    }
    Ok(states)
}

/// Trains an RBM from random weights in phases of `(epochs, learning rate)`, a stage each.
pub(crate) fn anneal_rbm(
    store: &Store,
    data: Data<'_>,
    config: TrainConfig,
    phases: &[(u64, f32)],
    seed: u64,
) -> Result<Vec<Done<Trainer>>> {
    let mut states: Vec<Done<Trainer>> = Vec::new();
    for &(epochs, learning_rate) in phases {
        let config = TrainConfig { learning_rate, ..config };
        let from = states.last();
        states.push(store.get(&TrainRbm { data, config, from, epochs, seed })?);
    }
    Ok(states)
}

/// `epochs` more epochs of a network thermometer, from `from` or from random weights.
#[derive(Serialize)]
pub(crate) struct Calibrate<'a> {
    pub(crate) samples: &'a Done<Samples>,
    pub(crate) scale: &'a [f64],
    pub(crate) config: &'a nn::TrainConfig,
    pub(crate) from: Option<&'a Done<Calibration>>,
    pub(crate) epochs: u64,
    pub(crate) seed: u64,
}

impl Stage for Calibrate<'_> {
    const NAME: &'static str = "thermometer";
    const VERSION: u32 = 1;
    type Output = Calibration;

    fn effort(&self) -> f64 {
        const SECONDS_PER_WEIGHT: f64 = 1.2e-10;
        let samples = &self.samples.value;
        let mut widths = vec![samples.sites()];
        widths.extend(&self.config.hidden);
        widths.push(self.scale.len());
        let weights: usize = widths.windows(2).map(|pair| pair[0] * pair[1]).sum();
        SECONDS_PER_WEIGHT * (weights * samples.len()) as f64 * self.epochs as f64
    }

    fn run(&self, task: &Task<'_>) -> Result<Calibration> {
        let samples = &self.samples.value;
        let temperatures: Vec<f64> = samples.couplings().iter().map(|k| k.temperature()).collect();
        let mut calibration = match self.from {
            Some(done) => done.value.clone(),
            None => Calibration::new(self.scale, samples.sites(), self.config.clone(), self.seed)?,
        };
        let start = calibration.epochs();
        calibration.train(&samples.to_matrix(), &temperatures, self.epochs, |epoch| {
            task.done((epoch.number - start) as f64 / self.epochs as f64);
            ControlFlow::Continue(())
        })?;
        Ok(calibration)
    }
}

/// Trains a thermometer from random weights, `segment` epochs a stage.
pub(crate) fn calibrate(
    store: &Store,
    samples: &Done<Samples>,
    scale: &[f64],
    config: &nn::TrainConfig,
    epochs: u64,
    segment: u64,
    seed: u64,
) -> Result<Done<Calibration>> {
    let run = |from: Option<&Done<Calibration>>, epochs| {
        store.get(&Calibrate { samples, scale, config, from, epochs, seed })
    };
    let mut calibration = run(None, segment.min(epochs))?;
    while calibration.value.epochs() < epochs {
        calibration = run(Some(&calibration), segment.min(epochs - calibration.value.epochs()))?;
    }
    Ok(calibration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ising::{Configurations, Coupling};

    #[test]
    fn a_part_of_a_set_is_its_rows_and_has_a_key_of_its_own() -> Result<()> {
        let spins = DMatrix::from_fn(4, 6, |i, j| if (i * j) % 3 == 0 { 1.0 } else { -1.0 });
        let samples =
            Done::new(Samples::at(Coupling::new(0.5)?, Configurations::from_matrix(&spins)?))?;
        let part = Data::Rows { rows: &samples, from: 2, to: 5 };
        assert_eq!((part.units(), part.len()), (4, 3));
        assert_eq!(part.matrix(), spins.columns(2, 3).into_owned());
        let key = |data: &Data| serde_json::to_string(data);
        assert_ne!(key(&part)?, key(&Data::Samples(&samples))?);
        assert_ne!(key(&part)?, key(&Data::Rows { rows: &samples, from: 2, to: 6 })?);
        Ok(())
    }
}
