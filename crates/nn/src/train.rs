//! Training by Adam on mini-batches.

use crate::backward::{Gradient, loss_and_gradient};
use crate::{Error, Network};
use nalgebra::DMatrix;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// The settings of a training run, all written out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Widths of the hidden layers, first to last; without any, the logits are linear in the inputs.
    pub hidden: Vec<usize>,
    /// Samples per update.
    pub batch: usize,
    /// The size of Adam's step: about how far a parameter moves in an update.
    pub learning_rate: f32,
}

/// All of a training run that must survive an interruption.
///
/// ```
/// use nalgebra::DMatrix;
/// use nn::{TrainConfig, Trainer, train};
/// use rand::SeedableRng;
///
/// // Three of four equal inputs are of class 1: cross-entropy is least, at the entropy, where p = 3/4.
/// let (inputs, classes) = (DMatrix::from_element(1, 4, 1.0), [1, 1, 0, 1]);
/// let config = TrainConfig { hidden: vec![], batch: 4, learning_rate: 0.05 };
/// let mut trainer = Trainer::new(config, 1, 2, rand_pcg::Pcg64::seed_from_u64(1))?;
/// let mut loss = 0.0;
/// train(&mut trainer, &inputs, &classes, 500, |epoch| {
///     loss = epoch.loss;
///     std::ops::ControlFlow::Continue(())
/// })?;
/// assert!((trainer.network().probabilities(&inputs)[(1, 0)] - 0.75).abs() < 1e-3);
/// assert!((loss + 0.75 * 0.75f64.ln() + 0.25 * 0.25f64.ln()).abs() < 1e-5);
/// # Ok::<(), nn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trainer {
    config: TrainConfig,
    network: Network,
    /// First and second moments of the gradient, one of each per parameter.
    moments: [Network; 2],
    rng: Pcg64,
    epochs: u64,
    updates: u64,
}

/// What an epoch did, for an observer.
#[derive(Clone, Copy, Debug)]
pub struct Epoch {
    /// Epochs so far, from 1.
    pub number: u64,
    /// Mean cross-entropy over the epoch's batches, in nats.
    pub loss: f64,
}

impl Trainer {
    /// A random network, ready to be trained.
    ///
    /// # Errors
    /// [`Error::Setting`] for a layer or batch of size 0 or a learning rate that is not positive.
    pub fn new(
        config: TrainConfig,
        inputs: usize,
        classes: usize,
        mut rng: Pcg64,
    ) -> Result<Self, Error> {
        let widths: Vec<usize> = [&[inputs], config.hidden.as_slice(), &[classes]].concat();
        if widths.contains(&0) {
            let (what, allowed) = ("the width of a layer", "at least 1");
            return Err(Error::Setting { what, value: 0.0, allowed });
        }
        if config.batch == 0 {
            let (what, allowed) = ("the batch size", "at least 1");
            return Err(Error::Setting { what, value: 0.0, allowed });
        }
        let rate = config.learning_rate;
        if !(rate.is_finite() && rate > 0.0) {
            let (what, allowed) = ("the learning rate", "positive and finite");
            return Err(Error::Setting { what, value: rate.into(), allowed });
        }
        let network = Network::random(&widths, &mut rng);
        let mut zero = network.clone();
        for layer in &mut zero.layers {
            layer.weights.fill(0.0);
            layer.bias.fill(0.0);
        }
        let moments = [zero.clone(), zero];
        Ok(Self { config, network, moments, rng, epochs: 0, updates: 0 })
    }

    /// The network as it is now.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Epochs so far.
    pub fn epochs(&self) -> u64 {
        self.epochs
    }

    /// One update on one batch `[input, sample]`; returns the loss before it, in nats.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when the loss or a parameter has left the finite numbers.
    ///
    /// # Panics
    /// As [`loss_and_gradient`].
    pub fn step(
        &mut self,
        batch: &DMatrix<f32>,
        classes: &[u32],
        gradient: &mut Gradient,
    ) -> Result<f64, Error> {
        let loss = loss_and_gradient(&self.network, batch, classes, gradient);
        self.updates += 1;
        if !loss.is_finite() {
            return Err(Error::NotFinite { update: self.updates });
        }
        let rate = adam_rate(self.config.learning_rate, self.updates);
        let [first, second] = &mut self.moments;
        let moments = first.layers.iter_mut().zip(&mut second.layers);
        for ((layer, slope), (m, s)) in
            self.network.layers.iter_mut().zip(&gradient.layers).zip(moments)
        {
            let (w, g) = (layer.weights.as_mut_slice(), slope.weights.as_slice());
            adam(w, g, m.weights.as_mut_slice(), s.weights.as_mut_slice(), rate);
            let (b, g) = (layer.bias.as_mut_slice(), slope.bias.as_slice());
            adam(b, g, m.bias.as_mut_slice(), s.bias.as_mut_slice(), rate);
        }
        // One sum finds any NaN or infinity: both survive addition and absolute values.
        let layers = self.network.layers.iter();
        let size = layers.flat_map(|l| l.weights.iter().chain(&l.bias)).map(|w| w.abs());
        match size.sum::<f32>().is_finite() {
            true => Ok(loss),
            false => Err(Error::NotFinite { update: self.updates }),
        }
    }
}

const DECAY_FIRST: f32 = 0.9;
const DECAY_SECOND: f32 = 0.999;

/// Adam's step with the correction for the moments' start at zero (`kingma-ba-2014`).
fn adam_rate(rate: f32, update: u64) -> f32 {
    let update = i32::try_from(update).unwrap_or(i32::MAX);
    rate * (1.0 - DECAY_SECOND.powi(update)).sqrt() / (1.0 - DECAY_FIRST.powi(update))
}

fn adam(w: &mut [f32], g: &[f32], first: &mut [f32], second: &mut [f32], rate: f32) {
    for (((w, g), m), s) in w.iter_mut().zip(g).zip(first).zip(second) {
        *m += (1.0 - DECAY_FIRST) * (g - *m);
        *s += (1.0 - DECAY_SECOND) * (g * g - *s);
        *w -= rate * *m / (s.sqrt() + 1e-8);
    }
}

/// Trains for `epochs` more epochs over `inputs` `[input, sample]`, each in a new random order of full batches.
/// `observe` sees every epoch and may stop the run. Training n epochs and then m gives the same bytes as n + m.
///
/// # Errors
/// [`Error::Size`] for data that do not fit the network, the labels or one batch, [`Error::Class`],
/// [`Error::NotFinite`].
pub fn train(
    trainer: &mut Trainer,
    inputs: &DMatrix<f32>,
    classes: &[u32],
    epochs: u64,
    mut observe: impl FnMut(Epoch) -> ControlFlow<()>,
) -> Result<(), Error> {
    train_observed(trainer, inputs, classes, epochs, &mut observe)
}

fn train_observed(
    trainer: &mut Trainer,
    inputs: &DMatrix<f32>,
    classes: &[u32],
    epochs: u64,
    observe: &mut dyn FnMut(Epoch) -> ControlFlow<()>,
) -> Result<(), Error> {
    let (width, samples) = inputs.shape();
    let size = trainer.config.batch;
    check(trainer.network(), width, samples, size, classes)?;
    let mut gradient = Gradient::new(&trainer.network, size);
    let mut batch = DMatrix::zeros(width, size);
    let mut labels = vec![0; size];
    for _ in 0..epochs {
        let mut order: Vec<u32> = (0..samples as u32).collect();
        order.shuffle(&mut trainer.rng);
        let (mut loss, mut batches) = (0.0, 0);
        for rows in order.chunks_exact(size) {
            for (column, &row) in rows.iter().enumerate() {
                batch.column_mut(column).copy_from(&inputs.column(row as usize));
                labels[column] = classes[row as usize];
            }
            loss += trainer.step(&batch, &labels, &mut gradient)?;
            batches += 1;
        }
        trainer.epochs += 1;
        let epoch = Epoch { number: trainer.epochs, loss: loss / f64::from(batches) };
        if observe(epoch).is_break() {
            break;
        }
    }
    Ok(())
}

fn check(
    network: &Network,
    width: usize,
    samples: usize,
    batch: usize,
    classes: &[u32],
) -> Result<(), Error> {
    if width != network.inputs() {
        let expected = network.inputs();
        return Err(Error::Size { what: "each sample", found: width, expected });
    }
    if classes.len() != samples {
        return Err(Error::Size { what: "the labels", found: classes.len(), expected: samples });
    }
    if samples < batch {
        return Err(Error::Size { what: "the data", found: samples, expected: batch });
    }
    match classes.iter().find(|&&class| class as usize >= network.classes()) {
        Some(&class) => Err(Error::Class { class, classes: network.classes() }),
        None => Ok(()),
    }
}
