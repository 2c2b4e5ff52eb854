//! Machines trained on samples by contrastive divergence, and second machines trained on the hidden units of the first.

use super::Settings;
use crate::ring::rings;
use crate::stages::Data;
use anyhow::{Context, Result};
use exact::decimation::{HiddenCoupling, hidden_coupling};
use exact::{Machine, Ring, enumerate, symmetric};
use lab::Run;
use lab::parts::over_exact;
use rayon::prelude::*;
use rbm::Rbm;
use stats::Estimate;

/// One trained machine.
pub(super) struct Trained {
    pub(super) machine: Machine,
    /// KL(q || p) from the distribution that its data were drawn from.
    pub(super) kl: f64,
    pub(super) hidden: HiddenCoupling,
    /// Whether it has learnt the ring, or is trapped in a defect.
    pub(super) learnt: bool,
}

/// All machines trained at one coupling.
pub(super) struct Sampled {
    pub(super) coupling_of_data: f64,
    /// By increasing KL.
    pub(super) machines: Vec<Trained>,
    /// KL over all machines, the trapped ones included.
    pub(super) kl_of_all: Estimate,
    /// KL and K' over the machines that have learnt the ring.
    pub(super) kl: Estimate,
    pub(super) coupling: Estimate,
    /// K' of the second machines, trained on hidden units of the first, where both have learnt; none unless asked for.
    pub(super) twice: Option<Estimate>,
}

impl Sampled {
    pub(super) fn learnt(&self) -> impl Iterator<Item = &Trained> {
        self.machines.iter().filter(|t| t.learnt)
    }
}

pub(super) fn train(run: &Run, settings: &Settings) -> Result<Vec<Sampled>> {
    let cells: Vec<(f64, u64)> = settings
        .train_couplings
        .iter()
        .flat_map(|&k| (0..settings.training.seeds).map(move |seed| (k, seed)))
        .collect();
    let stacks = cells
        .par_iter()
        .map(|&(k, seed)| stack(run, settings, k, seed))
        .collect::<Result<Vec<_>>>()?;
    let mut stacks = stacks.into_iter();
    let seeds = settings.training.seeds as usize;
    let gather = |&k: &f64| summary(k, stacks.by_ref().take(seeds).collect());
    Ok(settings.train_couplings.iter().map(gather).collect())
}

pub(super) fn at(sampled: &[Sampled], coupling: f64) -> Result<&Sampled> {
    let found = sampled.iter().find(|s| s.coupling_of_data == coupling);
    found.context("coupling is not among train_couplings")
}

/// One machine, and where the flow is shown a second one on top of it.
fn stack(
    run: &Run,
    settings: &Settings,
    k: f64,
    number: u64,
) -> Result<(Trained, Option<Trained>)> {
    let label = format!("decimation-theorem/train/{k}");
    let seed = stats::child_seed(run.seed, &label, number);
    let training = &settings.training;
    let samples = rings::samples(run, settings.visible, k, training.samples, seed)?;
    let drawn = Data::Samples(&samples);
    let first = training.run(run, drawn, settings.visible / 2, seed)?;
    // Both layers are judged by what the first has to learn.
    let (n, data) = (settings.visible / 2, Ring::new(settings.visible, k)?.into());
    let equal = symmetric::kl(&data, n, symmetric::best_weight(&data, n)?);
    let limit = training.trapped_above * equal;
    let q = enumerate::ring(&Ring::new(settings.visible, k)?)?.probabilities;
    let trained = trained(first.value.rbm(), &q, limit)?;
    if !settings.flow_couplings.contains(&k) {
        return Ok((trained, None));
    }
    let data = Data::Hidden { of: &first, below: &drawn, seed };
    let seed = stats::child_seed(seed, "second", 0);
    let second = training.run(run, data, settings.visible / 4, seed)?;
    // Its data are the hidden units as they are, in any order and of any sign.
    let q = enumerate::visible_probabilities(&trained.machine.transpose())?;
    let second = self::trained(second.value.rbm(), &q, limit)?;
    Ok((trained, Some(second)))
}

/// What a machine has made of the distribution q of its data; below `limit` it has learnt it.
fn trained(rbm: &Rbm, q: &[f64], limit: f64) -> Result<Trained> {
    let machine = flow::mean::in_f64(rbm)?;
    let kl = enumerate::kl(q, &enumerate::visible_probabilities(&machine)?)?;
    Ok(Trained { hidden: hidden_coupling(&machine)?, machine, kl, learnt: kl <= limit })
}

fn summary(coupling_of_data: f64, mut stacks: Vec<(Trained, Option<Trained>)>) -> Sampled {
    stacks.sort_by(|a, b| a.0.kl.total_cmp(&b.0.kl));
    let second: Vec<f64> = stacks
        .iter()
        .filter(|(first, _)| first.learnt)
        .filter_map(|(_, second)| second.as_ref().filter(|t| t.learnt))
        .map(|t| t.hidden.coupling)
        .collect();
    let machines: Vec<Trained> = stacks.into_iter().map(|(first, _)| first).collect();
    let learnt = || machines.iter().filter(|t| t.learnt);
    Sampled {
        coupling_of_data,
        kl_of_all: over_exact(&machines.iter().map(|t| t.kl).collect::<Vec<_>>()),
        kl: over_exact(&learnt().map(|t| t.kl).collect::<Vec<_>>()),
        coupling: over_exact(&learnt().map(|t| t.hidden.coupling).collect::<Vec<_>>()),
        twice: (!second.is_empty()).then(|| over_exact(&second)),
        machines,
    }
}
