//! The machines of `flow-square`: one for each seed, training set and number of hidden units.

use super::Settings;
use super::sets::{Kind, Set};
use crate::stages::train_rbm_on;
use anyhow::{Context, Result};
use lab::Run;
use lab::store::Done;
use rayon::prelude::*;
use rbm::Trainer;
use stats::child_seed;

/// A trained machine and where it belongs.
pub(super) struct Machine {
    pub(super) set: usize,
    pub(super) kind: Kind,
    pub(super) hidden: usize,
    /// Its states on the way, the last trained.
    pub(super) states: Vec<Done<Trainer>>,
}

impl Machine {
    pub(super) fn trained(&self) -> Result<&Done<Trainer>> {
        self.states.last().context("a machine was not trained")
    }

    pub(super) fn is(&self, kind: Kind, hidden: usize) -> bool {
        self.kind == kind && self.hidden == hidden
    }
}

pub(super) fn machines(run: &Run, settings: &Settings, sets: &[Set]) -> Result<Vec<Machine>> {
    let sizes = Kind::EACH.iter().flat_map(|kind| settings.hidden.iter().map(|&n| (*kind, n)));
    let all: Vec<(Kind, usize, usize)> = sizes
        .flat_map(|(kind, hidden)| (0..sets.len()).map(move |set| (kind, hidden, set)))
        .collect();
    let machine = |&(kind, hidden, set): &(Kind, usize, usize)| {
        let Set { seed, training, .. } = &sets[set];
        let config = settings.train_config(hidden);
        let label = match kind {
            Kind::All => "rbm".to_owned(),
            _ => format!("rbm {}", kind.name()),
        };
        let seed = child_seed(*seed, &label, hidden as u64);
        let data = kind.data(settings, training);
        let states = train_rbm_on(&run.store, data, config, &kind.epochs(settings), seed)?;
        Ok(Machine { set, kind, hidden, states })
    };
    all.par_iter().map(machine).collect()
}
