//! Tied weights: where training ends, against the root of its mean update.

use super::bias::{root_of_update, steps_of};
use super::{Rings, Settings};
use crate::stages::Checkpoints;
use anyhow::{Context, Result};
use exact::symmetric;
use ising::Samples;
use lab::Run;
use lab::parts::over_seeds;
use lab::store::Done;
use rayon::prelude::*;
use rbm::{Negative, Rbm, TrainConfig};
use stats::Estimate;

/// One coupling.
pub(super) struct Tied {
    pub(super) coupling: f64,
    /// W(K), and its KL from the ring.
    pub(super) best: f64,
    pub(super) best_kl: f64,
    pub(super) limits: Vec<Limit>,
    /// What is drawn of each run of the first seed: W over the updates.
    pub(super) updates: Vec<u64>,
}

/// Where one kind of negative phase ends.
pub(super) struct Limit {
    pub(super) negative: Negative,
    /// The root of its mean update for the ring, and its KL from it.
    pub(super) root: f64,
    pub(super) root_kl: f64,
    /// W, mean over updates and seeds.
    pub(super) weight: Estimate,
    /// W minus the root for the machine's own sample.
    pub(super) deviation: Estimate,
    /// W of the first seed over the updates.
    pub(super) path: Vec<f64>,
}

pub(super) fn of(tied: &Tied, negative: Negative) -> Result<&Limit> {
    let found = tied.limits.iter().find(|limit| limit.negative == negative);
    found.with_context(|| format!("no tied machine was trained by {negative}"))
}

pub(super) fn run(run: &Run, settings: &Settings, rings: &Rings) -> Result<Tied> {
    let (n, data) = (settings.tied.train.hidden, rings.ring.into());
    let best = symmetric::best_weight(&data, n)?;
    let updates = read_updates(settings);
    let limit = |&negative: &Negative| limit(run, settings, rings, &updates, negative);
    Ok(Tied {
        coupling: rings.ring.coupling(),
        best,
        best_kl: symmetric::kl(&data, n, best),
        limits: settings.tied.negatives.par_iter().map(limit).collect::<Result<Vec<_>>>()?,
        updates,
    })
}

/// All updates at first, for the figure, then those that are averaged.
fn read_updates(settings: &Settings) -> Vec<u64> {
    let tied = &settings.tied;
    let mut updates: Vec<u64> = super::race::shown_updates(tied.updates);
    updates.retain(|&update| update < tied.burn_in);
    updates.extend((tied.burn_in..=tied.updates).step_by(tied.spacing as usize));
    updates
}

fn limit(
    run: &Run,
    settings: &Settings,
    rings: &Rings,
    updates: &[u64],
    negative: Negative,
) -> Result<Limit> {
    let tied = &settings.tied;
    let n = tied.train.hidden;
    let path = |data: &Done<Samples>, seed: u64| -> Result<Vec<f64>> {
        let config = TrainConfig { negative, ..tied.train };
        let stage = Checkpoints { data, config, start: None, updates, seed };
        let weight = |rbm: &Rbm| f64::from(rbm.weights[(0, 0)].abs());
        Ok(run.store.get(&stage)?.value.iter().map(weight).collect())
    };
    let pairs = rings.samples.par_iter().zip(&rings.seeds);
    let paths = pairs.map(|(data, &seed)| path(data, seed)).collect::<Result<Vec<_>>>()?;
    let first = updates.iter().filter(|&&update| update < tied.burn_in).count();
    let weights: Vec<Estimate> =
        paths.iter().map(|path| Estimate::from_series(&path[first..])).collect();
    let steps = steps_of(negative);
    let beside = |(weight, data): (&Estimate, &Done<Samples>)| {
        *weight - root_of_update(&of_sums(&data.value), n, steps)
    };
    let deviations: Vec<Estimate> = weights.iter().zip(&rings.samples).map(beside).collect();
    let root = root_of_update(&rings.ring.magnetisation_probabilities(), n, steps);
    Ok(Limit {
        negative,
        root,
        root_kl: symmetric::kl(&rings.ring.into(), n, root),
        weight: over_seeds(&weights),
        deviation: with_rounding(over_seeds(&deviations)),
        path: paths.into_iter().next().context("there is no seed")?,
    })
}

/// W and its hidden means are f32: where nothing is left to fluctuate, W is known to this.
fn with_rounding(e: Estimate) -> Estimate {
    const ROUNDING: f64 = 1e-6;
    Estimate { error: e.error.hypot(ROUNDING), ..e }
}

/// The frequencies of `V = 2k - M`, k = 0..=M.
fn of_sums(samples: &Samples) -> Vec<f64> {
    let m = samples.sites();
    let mut p = vec![0.0; m + 1];
    for row in 0..samples.len() {
        p[(samples.spin_sum(row) + m as i64) as usize / 2] += 1.0 / samples.len() as f64;
    }
    p
}
