//! The machines of `flow-ring`: equal weights at W(K), and free weights trained on samples.

use super::{Run, Settings};
use crate::ring::rings;
use crate::stages::train_rbm;
use anyhow::{Context, Result};
use exact::{Ring, enumerate, symmetric};
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
    /// Exact neighbour correlation of each trained machine's own p(v).
    pub(super) free_correlation: Vec<f64>,
}

pub(super) fn prepare(run: &Run, settings: &Settings, coupling: f64) -> Result<Machines> {
    let ring = Ring::new(settings.visible, coupling)?;
    let weight = symmetric::best_weight(&ring.into(), settings.hidden)?;
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
        equal_kl: symmetric::kl(&ring.into(), settings.hidden, weight),
        free_kl: free.iter().map(|rbm| rbm::partition::kl(&q, rbm)).collect::<Result<_, _>>()?,
        free_correlation: free.iter().map(own_correlation).collect::<Result<_, _>>()?,
        free,
    })
}

/// `<v_i v_{i+1}>` under p(v), averaged over i, by summing over all visible states.
fn own_correlation(rbm: &Rbm) -> Result<f64, rbm::Error> {
    let m = rbm.visible();
    let broken_bonds = |state: usize| {
        let turned = state >> 1 | (state & 1) << (m - 1);
        f64::from((state ^ turned).count_ones())
    };
    let p = rbm::partition::visible_probabilities(rbm)?;
    Ok(p.iter().enumerate().map(|(v, p)| p * (1.0 - 2.0 * broken_bonds(v) / m as f64)).sum())
}

fn trained(run: &Run, settings: &Settings, coupling: f64, seed: u64) -> Result<Rbm> {
    let samples = rings::samples(run, settings.visible, coupling, settings.train_samples, seed)?;
    let epochs = settings.epochs;
    let states = train_rbm(&run.store, &samples, settings.train, epochs, epochs, seed)?;
    let trained = states.last().context("a machine needs at least one epoch")?;
    Ok(trained.value.rbm().clone())
}
