//! Training: one update is `Trainer::step`, the loop over epochs is `train`.

use crate::config::{GradientEstimator, TrainConfig};
use crate::error::check_units;
use crate::gibbs::{Stream, clamp, contrast, expect_hidden, walk};
use crate::gradient::{Gradient, Units};
use crate::model::normal;
use crate::optimiser::{OptimiserState, decay};
use crate::sharing::{Classes, WeightSharing};
use crate::tempering::Ladder;
use crate::{Error, Rbm, binary, partition};
use nalgebra::DMatrix;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use stats::Bits;
use std::ops::ControlFlow;

/// All of a training run that must survive an interruption.
///
/// Every random number is a function of the seed and of the number of its update, so that a run can be stopped after any
/// update and go on to the same bytes.
///
/// ```
/// use nalgebra::DMatrix;
/// use rbm::{TrainConfig, Trainer, couplings, train};
/// use std::ops::ControlFlow;
///
/// // Two spins that agree in eight samples of ten: <v_0 v_1> = 0.6, which needs the coupling K = artanh 0.6.
/// let data = DMatrix::from_fn(2, 10, |i, sample| if i == 1 && sample < 2 { -1.0 } else { 1.0 });
/// let config = TrainConfig { biases: false, initial_std: 0.5, ..TrainConfig::exact(1, 10, 0.5) };
/// let mut trainer = Trainer::new(config, 2, 1)?;
/// train(&mut trainer, &data, 300, |_| ControlFlow::Continue(()))?;
/// assert!((couplings::of_set(trainer.rbm(), &[0, 1])? - 0.6f64.atanh()).abs() < 1e-4);
/// # Ok::<(), rbm::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trainer {
    config: TrainConfig,
    seed: u64,
    rbm: Rbm,
    updates: u64,
    memory: OptimiserState,
    /// Chains that go on from update to update, where there are such.
    chains: Units,
    ladder: Ladder,
}

/// The memory that [`Trainer::step`] works in: a step allocates nothing.
#[derive(Debug)]
pub struct Scratch {
    /// The last gradient, after weight sharing and decay.
    pub gradient: Gradient,
    data: Units,
    /// Chains that start from the data.
    model: Units,
    sharing: Option<Classes>,
}

/// What has been done after an update, for an observer.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The run as it is now.
    pub trainer: &'a Trainer,
    /// Whole epochs so far.
    pub epochs: u64,
    /// Whether this update was the last of an epoch.
    pub ends_epoch: bool,
}

impl Trainer {
    /// An RBM with normal random weights and no biases, ready to be trained.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting outside its range, [`Error::Size`] where the weight sharing does not fit the
    /// layers, [`Error::TooManyStates`] for exact averages of an RBM that is too large.
    pub fn new(config: TrainConfig, visible: usize, seed: u64) -> Result<Self, Error> {
        config.check(visible)?;
        let rng = &mut stats::stream(seed, "rbm::initial", 0);
        let mut rbm = Rbm::uniform(visible, config.hidden, 0.0);
        rbm.weights.iter_mut().for_each(|w| *w = config.initial_std * normal(rng));
        if let Some(classes) = Classes::new(config.sharing, visible, config.hidden) {
            classes.tie(&mut rbm);
        }
        if config.sharing == WeightSharing::Binary {
            rbm = Rbm::of_binary(&rbm.weights);
        }
        Self::from_rbm(config, rbm, seed)
    }

    /// A run that begins with a given RBM. Shared weights move together, but are not made equal where they differ.
    ///
    /// # Errors
    /// As [`Trainer::new`], and [`Error::Size`] for an RBM of another number of hidden units.
    pub fn from_rbm(config: TrainConfig, rbm: Rbm, seed: u64) -> Result<Self, Error> {
        config.check(rbm.visible())?;
        if rbm.hidden() != config.hidden {
            let (what, found) = ("the RBM's hidden layer", rbm.hidden());
            return Err(Error::Size { what, found, expected: config.hidden });
        }
        if config.gradient == GradientEstimator::Exact {
            partition::check_units(rbm.visible().min(rbm.hidden()))?;
        }
        let chains = fair_coins(&rbm, config.gradient.chains(), seed);
        let memory = OptimiserState::new(config.optimiser, &rbm);
        Ok(Self { config, seed, rbm, updates: 0, memory, chains, ladder: Ladder::new() })
    }

    /// A run of its own that begins where another ended, with its RBM and with its chains, which are in equilibrium
    /// where fresh ones are not. More chains than there were begin as copies.
    ///
    /// # Errors
    /// As [`Trainer::from_rbm`].
    pub fn after(config: TrainConfig, previous: &Self, seed: u64) -> Result<Self, Error> {
        let mut run = Self::from_rbm(config, previous.rbm.clone(), seed)?;
        let chains = run.chains.visible.ncols();
        if chains > 0 && previous.chains.visible.ncols() > 0 {
            run.chains = previous.chains.repeat(chains);
            if matches!(config.gradient, GradientEstimator::Tempering { .. }) {
                run.ladder = previous.ladder.repeat(chains);
            }
        }
        Ok(run)
    }

    /// The RBM as it is now.
    pub fn rbm(&self) -> &Rbm {
        &self.rbm
    }

    /// The settings.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// Updates so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Whole epochs so far, over so many samples.
    pub fn epochs(&self, samples: usize) -> u64 {
        self.updates / (samples / self.config.batch).max(1) as u64
    }

    /// Memory for [`Trainer::step`].
    pub fn scratch(&self) -> Scratch {
        let (visible, hidden, batch) = (self.rbm.visible(), self.rbm.hidden(), self.config.batch);
        let units = || Units::zeros(visible, hidden, batch);
        Scratch {
            gradient: Gradient::zeros(visible, hidden),
            data: units(),
            model: units(),
            sharing: Classes::new(self.config.sharing, visible, hidden),
        }
    }

    /// One update: the gradient of one batch, and one step uphill.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when a parameter has left the finite numbers.
    ///
    /// # Panics
    /// As [`Trainer::gradient`].
    pub fn step(
        &mut self,
        data: &DMatrix<f32>,
        samples: &[u32],
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        self.gradient(data, samples, scratch)?;
        let config = &self.config;
        let rate = config.schedule.rate(config.learning_rate, self.updates - 1);
        let step = (rate, self.updates, config.biases);
        config.optimiser.ascend(&mut self.memory, &mut self.rbm, &scratch.gradient, step);
        if config.sharing == WeightSharing::Binary {
            // They follow by the step itself; this undoes the rounding of many.
            self.rbm.tie_binary();
        }
        match self.rbm.is_finite() {
            true => Ok(()),
            false => Err(Error::NotFinite { update: self.updates }),
        }
    }

    /// The gradient of one batch, the columns `samples` of `data` `[visible, sample]`, into `scratch.gradient`: data
    /// minus model, averaged over shared weights, less decay. It counts as an update: chains that persist move on, and
    /// its random numbers are not used again.
    ///
    /// # Errors
    /// [`Error::TooManyStates`] for exact averages of an RBM that is too large.
    ///
    /// # Panics
    /// When the shapes of the data, the batch or the scratch differ from those of the settings.
    pub fn gradient(
        &mut self,
        data: &DMatrix<f32>,
        samples: &[u32],
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        assert_eq!(data.nrows(), self.rbm.visible(), "the data have another width than the RBM");
        assert_eq!(
            samples.len(),
            self.config.batch,
            "the batch has another size than the settings"
        );
        self.estimate(data, samples, scratch)?;
        if let Some(sharing) = &mut scratch.sharing {
            sharing.average(&mut scratch.gradient);
        }
        if self.config.sharing == WeightSharing::Binary {
            binary::follow(&mut scratch.gradient);
        }
        decay(&mut scratch.gradient, &self.rbm, self.config.l1, self.config.l2);
        self.updates += 1;
        Ok(())
    }

    /// Thesis (37): the data's side by expectation, the model's as the settings say.
    fn estimate(
        &mut self,
        data: &DMatrix<f32>,
        samples: &[u32],
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        let Self { config, seed, rbm, updates, chains, ladder, .. } = self;
        let Scratch { gradient, data: clamped, model, .. } = scratch;
        let stream = Stream { seed: *seed, label: "rbm::chains", index: *updates };
        if let GradientEstimator::Contrastive { steps } = config.gradient {
            contrast(rbm, data, samples, [clamped, model], steps, stream);
            gradient.estimate(clamped, model);
            return Ok(());
        }
        clamp(rbm, data, samples, clamped);
        match config.gradient {
            GradientEstimator::Exact => gradient.exact(clamped, &partition::moments(rbm)?),
            GradientEstimator::Tempering { steps, .. } => {
                ladder.advance(rbm, chains, steps, (*seed, *updates));
                gradient.estimate(clamped, chains);
            }
            GradientEstimator::Persistent { steps, .. }
            | GradientEstimator::Contrastive { steps } => {
                expect_hidden(rbm, chains);
                walk(rbm, chains, steps, stream);
                gradient.estimate(clamped, chains);
            }
        }
        Ok(())
    }
}

/// Chains that begin with a fair coin at each visible unit.
fn fair_coins(rbm: &Rbm, chains: usize, seed: u64) -> Units {
    let mut units = Units::zeros(rbm.visible(), rbm.hidden(), chains);
    let mut bits = Bits::new(&mut stats::stream(seed, "rbm::initial", 1));
    linalg::sample_means(units.visible.as_mut_slice(), &mut bits);
    units
}

/// Trains over `data` `[visible, sample]` until `epochs` epochs are done, each in a new random order of full batches; what
/// does not fill a batch waits for another epoch. `observe` sees every update and may stop the run, which goes on from
/// there when it is trained again on the same data.
///
/// Early stopping is an observer's decision, here when data that were held out begin to cost more than those of training:
///
/// ```
/// # use rbm::{TrainConfig, Trainer, score, train};
/// # use nalgebra::DMatrix;
/// # use std::ops::ControlFlow;
/// # let config = TrainConfig { initial_std: 0.1, ..TrainConfig::pcd(3, 5, 0.5, 20, 1) };
/// // Ten rows of coins say nothing about the next ten: what is learnt is learnt by heart.
/// let coin = |i: usize, s: usize| if (7 * i * i + 3 * s * s + i * s) % 5 < 2 { 1.0 } else { -1.0 };
/// let data = DMatrix::from_fn(8, 10, coin);
/// let held_out = DMatrix::from_fn(8, 10, |i, s| coin(i + 3, s + 11));
/// let mut trainer = Trainer::new(config, 8, 1)?;
/// train(&mut trainer, &data, 1000, |progress| {
///     let gap = score::free_energy_gap(progress.trainer.rbm(), &data, &held_out);
///     match progress.ends_epoch && gap.is_ok_and(|gap| gap.mean > 1.0) {
///         true => ControlFlow::Break(()),
///         false => ControlFlow::Continue(()),
///     }
/// })?;
/// assert!(trainer.epochs(data.ncols()) < 1000);
/// # Ok::<(), rbm::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooFewSamples`], [`Error::Size`] for data of another width, [`Error::Setting`] for data that are not +-1,
/// [`Error::NotFinite`].
pub fn train(
    trainer: &mut Trainer,
    data: &DMatrix<f32>,
    epochs: u64,
    mut observe: impl FnMut(Progress<'_>) -> ControlFlow<()> + Send,
) -> Result<(), Error> {
    train_observed(trainer, data, epochs, &mut observe)
}

fn train_observed(
    trainer: &mut Trainer,
    data: &DMatrix<f32>,
    epochs: u64,
    observe: &mut (dyn FnMut(Progress<'_>) -> ControlFlow<()> + Send),
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
    check_units(data)?;
    let batches = (samples / size) as u64;
    let mut scratch = trainer.scratch();
    // On a thread of the pool from the start, so that no update waits to be let in.
    rayon::scope(|_| {
        while trainer.updates < epochs * batches {
            let epoch = trainer.updates / batches;
            let mut order: Vec<u32> = (0..samples as u32).collect();
            order.shuffle(&mut stats::stream(trainer.seed, "rbm::order", epoch));
            for batch in (trainer.updates % batches)..batches {
                let first = batch as usize * size;
                trainer.step(data, &order[first..first + size], &mut scratch)?;
                let ends_epoch = batch + 1 == batches;
                let epochs = epoch + u64::from(ends_epoch);
                if observe(Progress { trainer, epochs, ends_epoch }).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    })
}
