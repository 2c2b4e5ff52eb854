//! RBMs that flow: trained ones, made ones, and trained ones that were changed.

use flow::freezing;
use lab::store::Done;
use rbm::{Rbm, Trainer, WeightSharing};
use serde::Serialize;
use std::borrow::Cow;

/// An RBM of a flow.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
pub(crate) enum Flowing<'a> {
    /// As it was trained.
    Trained(&'a Done<Trainer>),
    /// Made, not trained.
    Given(&'a Rbm),
    /// Its weights drawn anew, independently, from the normal distribution with their mean and variance; biases stay, or follow
    /// the weights where they are tied to them.
    Redrawn { redrawn: &'a Done<Trainer>, seed: u64 },
    /// The weights of pinned units, those with a weight of at least `weight` in size and a participation ratio of at most
    /// `participation`, clipped to `limit`.
    Clipped { clipped: &'a Done<Trainer>, weight: f32, participation: f64, limit: f32 },
}

impl Flowing<'_> {
    pub(crate) fn rbm(&self) -> Cow<'_, Rbm> {
        match *self {
            Self::Trained(of) => Cow::Borrowed(of.value.rbm()),
            Self::Given(rbm) => Cow::Borrowed(rbm),
            Self::Redrawn { redrawn, seed } => Cow::Owned(redraw(&redrawn.value, seed)),
            Self::Clipped { clipped, weight, participation, limit } => {
                let rbm = clipped.value.rbm();
                let pinned = freezing::pinned_units(rbm, weight, participation);
                Cow::Owned(freezing::clipped(rbm, &pinned, limit))
            }
        }
    }
}

fn redraw(trainer: &Trainer, seed: u64) -> Rbm {
    let rbm = trainer.rbm();
    let weights = || rbm.weights.iter().map(|&w| f64::from(w));
    let n = rbm.weights.len() as f64;
    let mean = weights().sum::<f64>() / n;
    let deviation = (weights().map(|w| (w - mean).powi(2)).sum::<f64>() / n).sqrt();
    let mut rng = stats::stream(seed, "redrawn", 0);
    let mut redrawn = Rbm::random(rbm.visible(), rbm.hidden(), deviation as f32, &mut rng);
    redrawn.weights.add_scalar_mut(mean as f32);
    match trainer.config().sharing {
        WeightSharing::Binary => Rbm::of_binary(&(redrawn.weights * 4.0)),
        _ => Rbm { weights: redrawn.weights, ..rbm.clone() },
    }
}
