//! RBMs fitted to the ring as several experiments need them: equal weights, descent on the exact divergence, samples.

use crate::stages::{Data, Descend, Descent, DrawSamples, Shape, Target, anneal_rbm};
use anyhow::{Context, Result, ensure};
use exact::decimation::{HiddenCoupling, hidden_coupling};
use exact::{Rbm64, Ring, enumerate, minimum, symmetric};
use ising::{Algorithm, Samples, Schedule};
use lab::Lab;
use lab::kinds::{Count, Positive, Seeds};
use lab::store::Done;
use lab::verdict::{Ruling, below};
use nalgebra::DMatrix;
use rbm::{Rbm, TrainConfig, Trainer};
use report::is_shown;
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// The best equal weight for `hidden` units on the ring of `sites` at the coupling `k`, and its divergence in nats.
pub(crate) fn equal_weights([sites, hidden]: [usize; 2], k: f64) -> Result<(f64, f64)> {
    let data = Ring::new(sites, k)?.into();
    let weight = symmetric::best_weight(&data, hidden)?;
    Ok((weight, symmetric::kl(&data, hidden, weight)))
}

/// The coupling of the hidden layer of an RBM with these weights, which has no biases.
pub(crate) fn hidden(weights: &DMatrix<f64>) -> Result<HiddenCoupling> {
    Ok(hidden_coupling(&Rbm64::without_biases(weights.clone())?)?)
}

/// Does training give equal weights, those of the least KL? Not where its own KL, with free weights, lies below theirs beyond
/// errors.
pub(crate) fn gives_equal_weights(trained: Estimate, equal: f64) -> Ruling {
    below(trained, equal)
        .negated("KL after training is no smaller than that of the best equal weights")
}

/// Independent rings at the coupling `k`.
pub(crate) fn samples(
    lab: &Lab,
    sites: usize,
    k: f64,
    draws: u32,
    seed: u64,
) -> Result<Done<Samples>> {
    let schedule = Schedule { burn_in: 0, stride: 1, draws, symmetrise: false };
    lab.get(&DrawSamples {
        shape: Shape::Ring(sites),
        temperatures: &[k.recip()],
        algorithm: Algorithm::Transfer,
        schedule,
        seed,
    })
}

/// How RBMs are trained on samples.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RingTraining {
    /// RBMs per coupling.
    pub(crate) seeds: Seeds,
    /// Independent configurations, each RBM its own.
    pub(crate) samples: Count<10, 10_000_000>,
    /// `[epochs, learning rate]` of each phase, in place of the rate in `train`.
    pub(crate) phases: Vec<(Count<1, 1_000_000>, Positive<10>)>,
    /// The share of the best equal weights' divergence above which an RBM counts as trapped in a defect.
    pub(crate) trapped_above: Positive<100>,
    pub(crate) train: TrainConfig,
}

impl RingTraining {
    /// For RBMs with half as many hidden as visible units.
    pub(crate) fn check(&self, visible: usize) -> Result<()> {
        let (found, hidden) = (self.train.hidden, visible / 2);
        ensure!(
            found == hidden,
            "training.train.hidden is {found}, but half of visible is {hidden}"
        );
        ensure!(!self.phases.is_empty(), "training.phases is empty, but needs at least one");
        self.train.check(visible)?;
        let (batch, samples) = (self.train.batch, self.samples);
        ensure!(
            (1..=samples.size()).contains(&batch),
            "training.train.batch is {batch}, but must be from 1 to {samples}"
        );
        Ok(())
    }

    /// The RBM after the last phase.
    pub(crate) fn run(
        &self,
        lab: &Lab,
        data: Data<'_>,
        hidden: usize,
        seed: u64,
    ) -> Result<Done<Trainer>> {
        let config = TrainConfig { hidden, ..self.train };
        let phases: Vec<_> = self.phases.iter().map(|(n, rate)| (**n, **rate as f32)).collect();
        let mut states = anneal_rbm(&lab.store, data, config, &phases, seed)?;
        states.pop().context("there is no phase of training")
    }

    /// The divergence above which an RBM on the ring at `k` counts as trapped.
    pub(crate) fn trapped(&self, visible: usize, k: f64) -> Result<f64> {
        Ok(*self.trapped_above * equal_weights([visible, visible / 2], k)?.1)
    }
}

/// Descents on the exact divergence from the ring at `coupling`, from normal weights of standard deviation `initial_std`.
///
/// `label` names the ring; it enters the seed in place of the coupling, which may itself be a result.
pub(crate) fn descents(
    lab: &Lab,
    label: &str,
    [sites, hidden]: [usize; 2],
    coupling: f64,
    starts: u64,
    initial_std: f64,
) -> Result<Vec<Descent>> {
    let target = Target::Ring { sites, coupling };
    let seed = lab.seed(&format!("rings/descents/{sites}-{hidden}-{label}"), 0);
    Ok(lab.get(&Descend { target, hidden, starts, initial_std, seed })?.value)
}

/// A plain descent with the exact gradient, from small random weights.
pub(crate) struct Plain {
    /// Standard deviation of the first weights.
    pub(crate) std: f64,
    pub(crate) rate: f64,
    pub(crate) updates: usize,
}

impl Plain {
    /// Descent `index` with N = M/2 on this ring: update, divergence and RBM, where a logarithmic axis shows them.
    pub(crate) fn run(
        &self,
        lab: &Lab,
        ring: &Ring,
        label: &str,
        index: u64,
    ) -> Result<Vec<(usize, f64, Rbm64)>> {
        let (m, q) = (ring.sites(), enumerate::ring(ring)?.probabilities);
        let mut rng = stats::stream(lab.seed, label, index);
        let start = Rbm::random(m, m / 2, self.std as f32, &mut rng).weights.map(f64::from);
        let mut shown = Vec::new();
        minimum::gradient_descent(&q, &start, self.rate, self.updates, |update, kl, weights| {
            if is_shown(update as u64) || update == self.updates {
                shown.push((update, kl, weights.clone()));
            }
        })?;
        let rbm = |(update, kl, weights)| Ok((update, kl, Rbm64::without_biases(weights)?));
        shown.into_iter().map(rbm).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::Verdict::{Contradicted, Reproduced, Undecided};

    #[test]
    fn equal_weights_are_left_where_the_divergence_falls_below_theirs() {
        let verdict =
            |kl, error| gives_equal_weights(Estimate { error, ..Estimate::exact(kl) }, 0.5).verdict;
        assert_eq!([verdict(0.1, 0.01), verdict(0.6, 0.01)], [Contradicted, Reproduced]);
        assert_eq!(verdict(0.49, 0.01), Undecided);
    }
}
