//! Free weights on samples: the exact divergence over the updates, for each kind of negative phase.

use super::{Rings, Settings, frequencies};
use crate::stages::Checkpoints;
use anyhow::Result;
use exact::{Machine, decimation, enumerate, minimum, symmetric};
use ising::Samples;
use lab::Run;
use lab::parts::{is_shown, over_exact};
use rayon::prelude::*;
use rbm::{Negative, Rbm, TrainConfig};
use stats::Estimate;

/// One coupling.
pub(super) struct Race {
    pub(super) coupling: f64,
    pub(super) curves: Vec<Curve>,
    /// KL from the ring of the best equal weights.
    pub(super) equal_kl: f64,
    /// KL from the ring where the likelihood of the sample is largest: what finite samples cost.
    pub(super) best_of_sample: Estimate,
}

/// One kind of negative phase.
pub(super) struct Curve {
    pub(super) negative: Negative,
    pub(super) updates: Vec<u64>,
    /// KL from the ring over the updates, mean over seeds.
    pub(super) kl: Vec<Estimate>,
    /// KL at the last update, of each seed.
    pub(super) ends: Vec<f64>,
}

pub(super) fn run(run: &Run, settings: &Settings, rings: &Rings) -> Result<Race> {
    let updates = shown_updates(settings.race.updates);
    let cells: Vec<(usize, usize)> = (0..settings.race.negatives.len())
        .flat_map(|rule| (0..rings.seeds.len()).map(move |seed| (rule, seed)))
        .collect();
    let trained = |&(rule, seed): &(usize, usize)| -> Result<Vec<Rbm>> {
        let negative = settings.race.negatives[rule];
        // The same start and the same order of the data for every rule.
        let stage = Checkpoints {
            data: &rings.samples[seed],
            config: TrainConfig { negative, ..settings.race.train },
            start: None,
            updates: &updates,
            seed: rings.seeds[seed],
        };
        Ok(run.store.get(&stage)?.value)
    };
    let machines = cells.par_iter().map(trained).collect::<Result<Vec<_>>>()?;
    let of_rule = |(rule, &negative): (usize, &Negative)| {
        let seeds = rings.seeds.len();
        curve(negative, &updates, &machines[rule * seeds..(rule + 1) * seeds], &rings.q)
    };
    let rules = settings.race.negatives.iter().enumerate();
    let curves = rules.map(of_rule).collect::<Result<Vec<_>>>()?;
    let hidden = settings.race.train.hidden;
    let best = rings.samples.par_iter().map(|data| best_of_sample(rings, &data.value));
    let best = best.collect::<Result<Vec<_>>>()?;
    let weight = symmetric::best_weight(&rings.ring.into(), hidden)?;
    Ok(Race {
        coupling: rings.ring.coupling(),
        curves,
        equal_kl: symmetric::kl(&rings.ring.into(), hidden, weight),
        best_of_sample: over_exact(&best),
    })
}

/// Updates that are shown, spaced evenly in their logarithm, with the first and the last.
pub(super) fn shown_updates(last: u64) -> Vec<u64> {
    (0..=last).filter(|&update| is_shown(update as usize) || update == last).collect()
}

fn curve(negative: Negative, updates: &[u64], machines: &[Vec<Rbm>], q: &[f64]) -> Result<Curve> {
    let kl = |rbm: &Rbm| rbm::partition::kl(q, rbm);
    let paths = machines
        .iter()
        .map(|path| path.iter().map(kl).collect::<Result<Vec<f64>, _>>())
        .collect::<Result<Vec<_>, _>>()?;
    let at = |step: usize| paths.iter().map(|path| path[step]).collect::<Vec<f64>>();
    Ok(Curve {
        negative,
        updates: updates.to_vec(),
        kl: (0..updates.len()).map(|step| over_exact(&at(step))).collect(),
        ends: at(updates.len() - 1),
    })
}

/// KL from the ring at the maximum of the likelihood of a sample, by descent from a machine that is nearly decimation: free
/// of defects, as trained machines need not be.
fn best_of_sample(rings: &Rings, samples: &Samples) -> Result<f64> {
    const LOCKING: f64 = 2.0;
    const GRADIENT: f64 = 1e-7;
    const MOST_STEPS: usize = 2000;
    let (m, k) = (rings.ring.sites(), rings.ring.coupling());
    let start = decimation::locked(m, k, LOCKING)?.weights;
    let best = minimum::descend(&frequencies(samples), &start, GRADIENT, MOST_STEPS)?.weights;
    let machine = Machine::without_biases(best)?;
    Ok(enumerate::kl(&rings.q, &enumerate::visible_probabilities(&machine)?)?)
}
