//! Machines fitted to the ring as several experiments need them: by descent on the exact divergence, and on samples.

use crate::stages::{Data, Descend, Descent, DrawSamples, Shape, Target, anneal_rbm};
use anyhow::{Context, Result, ensure};
use ising::{Algorithm, Samples, Schedule};
use lab::Run;
use lab::parts::{check_count, check_values};
use lab::store::Done;
use rbm::{TrainConfig, Trainer};
use serde::{Deserialize, Serialize};

/// How machines are trained on samples.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Training {
    /// Machines per coupling.
    pub(crate) seeds: u64,
    /// Independent configurations, each machine its own.
    pub(crate) samples: u32,
    /// `[epochs, learning rate]` of each phase, in place of the rate in `train`.
    pub(crate) phases: Vec<(u64, f32)>,
    /// The share of the best equal weights' divergence above which a machine counts as trapped in a defect.
    pub(crate) trapped_above: f64,
    pub(crate) train: TrainConfig,
}

impl Training {
    /// For machines with half as many hidden as visible units.
    pub(crate) fn check(&self, visible: usize) -> Result<()> {
        let (found, hidden) = (self.train.hidden, visible / 2);
        ensure!(
            found == hidden,
            "training.train.hidden is {found}, but half of visible is {hidden}"
        );
        check_count("training.seeds", self.seeds, 2, 1000)?;
        check_count("training.samples", self.samples.into(), 10, 10_000_000)?;
        ensure!(!self.phases.is_empty(), "training.phases is empty, but needs at least one");
        for &(epochs, rate) in &self.phases {
            check_count("epochs in training.phases", epochs, 1, 1_000_000)?;
            check_values("learning rate in training.phases", &[rate.into()], 1e-6, 10.0)?;
        }
        check_values("training.trapped_above", &[self.trapped_above], 1e-9, 100.0)?;
        self.train.check(visible)?;
        check_count("training.train.batch", self.train.batch as u64, 1, self.samples.into())
    }

    /// The machine after the last phase.
    pub(crate) fn run(
        &self,
        run: &Run,
        data: Data<'_>,
        hidden: usize,
        seed: u64,
    ) -> Result<Done<Trainer>> {
        let config = TrainConfig { hidden, ..self.train };
        let mut states = anneal_rbm(&run.store, data, config, &self.phases, seed)?;
        states.pop().context("there is no phase of training")
    }
}

/// Independent rings at the coupling `k`.
pub(crate) fn samples(
    run: &Run,
    sites: usize,
    k: f64,
    draws: u32,
    seed: u64,
) -> Result<Done<Samples>> {
    let schedule = Schedule { burn_in: 0, stride: 1, draws, symmetrise: false };
    run.store.get(&DrawSamples {
        shape: Shape::Ring(sites),
        temperatures: &[k.recip()],
        algorithm: Algorithm::Transfer,
        schedule,
        seed,
    })
}

/// Descents on the exact divergence from the ring at `coupling`, from normal weights of standard deviation `initial_std`.
///
/// `label` names the ring; it enters the seed in place of the coupling, which may itself be a result.
pub(crate) fn descents(
    run: &Run,
    label: &str,
    [sites, hidden]: [usize; 2],
    coupling: f64,
    starts: u64,
    initial_std: f64,
) -> Result<Vec<Descent>> {
    let target = Target::Ring { sites, coupling };
    let label = format!("rings/descents/{sites}-{hidden}-{label}");
    let seed = stats::child_seed(run.seed, &label, 0);
    Ok(run.store.get(&Descend { target, hidden, starts, initial_std, seed })?.value)
}
