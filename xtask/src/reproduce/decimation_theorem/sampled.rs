//! Machines trained on samples by contrastive divergence, and second machines trained on the hidden units of the first.

use super::Settings;
use crate::reproduce::parts::over_exact;
use crate::reproduce::{Run, rings};
use crate::stages::Data;
use anyhow::{Context, Result};
use exact::decimation::{HiddenCoupling, hidden_coupling};
use exact::ring::decimate;
use exact::{Machine, Ring, enumerate, symmetric};
use rayon::prelude::*;
use rbm::Rbm;
use stats::Estimate;

/// One trained machine.
pub(super) struct Trained {
    pub(super) machine: Machine,
    /// KL(q || p) from the distribution that its data were drawn from.
    pub(super) kl: f64,
    pub(super) hidden: HiddenCoupling,
}

/// All machines trained at one coupling.
pub(super) struct Sampled {
    pub(super) coupling_of_data: f64,
    /// Those that are not trapped.
    pub(super) machines: Vec<Trained>,
    pub(super) trapped: usize,
    /// K', over machines.
    pub(super) coupling: Estimate,
    /// KL, over machines.
    pub(super) kl: Estimate,
    /// K' of the second machines, trained on hidden units of the first; none unless they were asked for.
    pub(super) twice: Option<Estimate>,
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
    let gather = |&k: &f64| {
        let of_coupling: Vec<_> = stacks.by_ref().take(seeds).collect();
        summary(settings, k, of_coupling)
    };
    settings.train_couplings.iter().map(gather).collect()
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
    let data = Data::Samples(&samples);
    let first = training.run(run, data, settings.visible / 2, seed)?;
    let trained = trained(first.value.rbm(), k)?;
    if !settings.flow_couplings.contains(&k) {
        return Ok((trained, None));
    }
    let data = Data::Hidden { of: &first, below: &data, seed };
    let seed = stats::child_seed(seed, "second", 0);
    let second = training.run(run, data, settings.visible / 4, seed)?;
    let second = self::trained(second.value.rbm(), decimate(k))?;
    Ok((trained, Some(second)))
}

/// What a machine has made of the ring at K.
fn trained(rbm: &Rbm, k: f64) -> Result<Trained> {
    let machine = rings::machine(rbm)?;
    let q = enumerate::ring(&Ring::new(rbm.visible(), k)?)?.probabilities;
    let kl = enumerate::kl(&q, &enumerate::visible_probabilities(&machine)?)?;
    let hidden = hidden_coupling(&machine)?;
    Ok(Trained { machine, kl, hidden })
}

fn summary(
    settings: &Settings,
    coupling_of_data: f64,
    stacks: Vec<(Trained, Option<Trained>)>,
) -> Result<Sampled> {
    let all = stacks.len();
    let (n, data) = (settings.visible / 2, Ring::new(settings.visible, coupling_of_data)?.into());
    let equal = symmetric::kl(&data, n, symmetric::best_weight(&data, n)?);
    let free = |t: &Trained| t.kl <= settings.training.trapped * equal;
    let learnt: Vec<_> = stacks.into_iter().filter(|(first, _)| free(first)).collect();
    let values = |of: &dyn Fn(&Trained) -> f64| {
        let values: Vec<f64> = learnt.iter().map(|(first, _)| of(first)).collect();
        over_exact(&values)
    };
    let (coupling, kl) = (values(&|t| t.hidden.coupling), values(&|t| t.kl));
    let second: Vec<f64> =
        learnt.iter().filter_map(|(_, s)| s.as_ref()).map(|s| s.hidden.coupling).collect();
    let twice = (!second.is_empty()).then(|| over_exact(&second));
    let trapped = all - learnt.len();
    let machines: Vec<Trained> = learnt.into_iter().map(|(first, _)| first).collect();
    Ok(Sampled { coupling_of_data, machines, trapped, coupling, kl, twice })
}
