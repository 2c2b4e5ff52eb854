//! The machines of `flow-ring`: equal weights at W(K), and free weights trained on samples.

use super::{Run, Settings};
use crate::stages::{DrawSamples, Shape, train_rbm};
use anyhow::Result;
use exact::{Ring, enumerate, symmetric};
use ising::{Algorithm, Schedule};
use rayon::prelude::*;
use rbm::Rbm;

/// The machines trained at one coupling.
pub(crate) struct Machines {
    pub(super) coupling: f64,
    /// W(K).
    pub(super) weight: f64,
    pub(super) equal: Rbm,
    /// One per seed, free weights, contrastive divergence.
    pub(super) free: Vec<Rbm>,
    /// KL(q || p) of each, in nats.
    pub(super) equal_kl: f64,
    pub(super) free_kl: Vec<f64>,
}

pub(super) fn prepare(run: &Run, settings: &Settings, coupling: f64) -> Result<Machines> {
    let ring = Ring::new(settings.visible, coupling)?;
    let weight = symmetric::best_weight(&ring, settings.hidden)?;
    let q = enumerate::ring(&ring)?.probabilities;
    let label = format!("flow-ring/train/{coupling}");
    let free = (0..settings.seeds)
        .into_par_iter()
        .map(|seed| trained(run, settings, coupling, stats::child_seed(run.seed, &label, seed)))
        .collect::<Result<Vec<Rbm>>>()?;
    Ok(Machines {
        coupling,
        weight,
        equal: Rbm::uniform(settings.visible, settings.hidden, weight as f32),
        equal_kl: symmetric::kl(&ring, settings.hidden, weight),
        free_kl: free.iter().map(|rbm| rbm::partition::kl(&q, rbm)).collect::<Result<_, _>>()?,
        free,
    })
}

fn trained(run: &Run, settings: &Settings, coupling: f64, seed: u64) -> Result<Rbm> {
    let schedule =
        Schedule { burn_in: 0, stride: 1, draws: settings.train_samples, symmetrise: false };
    let samples = run.store.get(&DrawSamples {
        shape: Shape::Ring(settings.visible),
        temperatures: &[coupling.recip()],
        algorithm: Algorithm::Transfer,
        schedule,
        seed,
    })?;
    let epochs = settings.epochs;
    let trainer = train_rbm(&run.store, &samples, settings.train, epochs, epochs, seed)?;
    Ok(trainer.value.rbm().clone())
}
