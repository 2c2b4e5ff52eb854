//! Training: one update is `Trainer::step`, the loop over epochs is `train`.

use crate::gradient::{Scratch, contrastive_divergence};
use crate::{Error, Rbm};
use nalgebra::DMatrix;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// The scientific settings of a training run, all written out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Hidden units N.
    pub hidden: usize,
    /// Samples per update.
    pub batch: usize,
    /// Step of plain gradient ascent; the gradient is the mean over the batch.
    pub learning_rate: f32,
    /// k of CD-k: Gibbs steps of the negative phase.
    pub steps: u32,
    /// Standard deviation of the normal initial weights.
    pub initial_std: f32,
    /// Whether biases are trained; without them the machine keeps the spin-flip symmetry exactly.
    pub biases: bool,
}

impl TrainConfig {
    fn check(&self) -> Result<(), Error> {
        let at_least_one = |what, value: usize| match value {
            0 => Err(Error::Setting { what, value: 0.0, allowed: "at least 1" }),
            _ => Ok(()),
        };
        at_least_one("the number of hidden units", self.hidden)?;
        at_least_one("the batch size", self.batch)?;
        at_least_one("the number of CD steps", self.steps as usize)?;
        let positive = |what, value: f32| match value.is_finite() && value > 0.0 {
            true => Ok(()),
            false => {
                Err(Error::Setting { what, value: value.into(), allowed: "positive and finite" })
            }
        };
        positive("the learning rate", self.learning_rate)?;
        positive("the standard deviation of the initial weights", self.initial_std)
    }
}

/// All of a training run that must survive an interruption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trainer {
    config: TrainConfig,
    rbm: Rbm,
    rng: Pcg64,
    epochs: u64,
    updates: u64,
}

/// What an epoch did, for an observer.
#[derive(Clone, Copy, Debug)]
pub struct Epoch<'a> {
    /// Epochs so far, from 1.
    pub number: u64,
    /// Mean fraction of visible units that the reconstructions got wrong.
    pub reconstruction_error: f64,
    /// The machine as it is now.
    pub rbm: &'a Rbm,
}

impl Trainer {
    /// A machine with random weights, ready to be trained.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting outside its range.
    pub fn new(config: TrainConfig, visible: usize, seed: u64) -> Result<Self, Error> {
        config.check()?;
        let mut rng = stats::stream(seed, "rbm::train", 0);
        let rbm = Rbm::random(visible, config.hidden, config.initial_std, &mut rng);
        Ok(Self { config, rbm, rng, epochs: 0, updates: 0 })
    }

    /// A trainer that goes on from a given machine, with settings of its own: how a learning rate is lowered.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting outside its range, [`Error::Size`] for a machine of another number of hidden units.
    pub fn from_machine(config: TrainConfig, rbm: Rbm, seed: u64) -> Result<Self, Error> {
        config.check()?;
        if rbm.hidden() != config.hidden {
            let (what, found) = ("the machine's hidden layer", rbm.hidden());
            return Err(Error::Size { what, found, expected: config.hidden });
        }
        let rng = stats::stream(seed, "rbm::train", 1);
        Ok(Self { config, rbm, rng, epochs: 0, updates: 0 })
    }

    /// The machine as it is now.
    pub fn rbm(&self) -> &Rbm {
        &self.rbm
    }

    /// The settings.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// Epochs so far.
    pub fn epochs(&self) -> u64 {
        self.epochs
    }

    /// Memory for [`Trainer::step`].
    pub fn scratch(&self) -> Scratch {
        Scratch::new(self.rbm.visible(), self.rbm.hidden(), self.config.batch)
    }

    /// One update: gradient of one batch `[visible, sample]`, one step uphill.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when a parameter has left the finite numbers.
    pub fn step(&mut self, batch: &DMatrix<f32>, scratch: &mut Scratch) -> Result<(), Error> {
        let Self { config, rbm, rng, .. } = self;
        contrastive_divergence(rbm, batch, config.steps, rng, scratch);
        let gradient = &scratch.gradient;
        let rate = config.learning_rate;
        ascend(rbm.weights.as_mut_slice(), gradient.weights.as_slice(), rate);
        if config.biases {
            rbm.visible_bias.axpy(rate, &gradient.visible_bias, 1.0);
            rbm.hidden_bias.axpy(rate, &gradient.hidden_bias, 1.0);
        }
        self.updates += 1;
        // One sum finds any NaN or infinity: both survive addition and absolute values.
        let size = rbm.weights.iter().chain(&rbm.visible_bias).chain(&rbm.hidden_bias);
        match size.map(|w| w.abs()).sum::<f32>().is_finite() {
            true => Ok(()),
            false => Err(Error::NotFinite { update: self.updates }),
        }
    }
}

fn ascend(parameters: &mut [f32], gradient: &[f32], rate: f32) {
    parameters.iter_mut().zip(gradient).for_each(|(p, g)| *p += rate * g);
}

/// Trains for `epochs` more epochs over `data` `[visible, sample]`, each in a new random order of full batches; what
/// does not fill a batch waits for another epoch. `observe` sees every epoch and may stop the run.
///
/// Training n epochs and then m gives the same bytes as training n + m.
///
/// # Errors
/// [`Error::TooFewSamples`], [`Error::Size`] for data of another width, [`Error::NotFinite`].
pub fn train(
    trainer: &mut Trainer,
    data: &DMatrix<f32>,
    epochs: u64,
    mut observe: impl FnMut(Epoch<'_>) -> ControlFlow<()>,
) -> Result<(), Error> {
    let (visible, samples) = data.shape();
    let size = trainer.config.batch;
    if visible != trainer.rbm.visible() {
        let (what, expected) = ("each sample", trainer.rbm.visible());
        return Err(Error::Size { what, found: visible, expected });
    }
    if samples < size {
        return Err(Error::TooFewSamples { samples, batch: size });
    }
    let mut scratch = trainer.scratch();
    let mut batch = DMatrix::zeros(visible, size);
    for _ in 0..epochs {
        let mut order: Vec<u32> = (0..samples as u32).collect();
        order.shuffle(&mut trainer.rng);
        let mut error = 0.0;
        let mut batches = 0;
        for rows in order.chunks_exact(size) {
            for (column, &row) in rows.iter().enumerate() {
                batch.column_mut(column).copy_from(&data.column(row as usize));
            }
            trainer.step(&batch, &mut scratch)?;
            error += f64::from(scratch.reconstruction_error);
            batches += 1;
        }
        trainer.epochs += 1;
        let reconstruction_error = error / f64::from(batches);
        let epoch = Epoch { number: trainer.epochs, reconstruction_error, rbm: &trainer.rbm };
        if observe(epoch).is_break() {
            break;
        }
    }
    Ok(())
}
