//! What an experiment is made of: settings, sources, stages and their store, the grid of cases and seeds, verdict rules.

pub mod codec;
pub mod family;
mod grid;
pub mod input;
pub mod kinds;
pub mod place;
pub mod progress;
pub mod published;
pub mod settings;
pub mod store;
pub mod verdict;

pub use grid::{Grid, IntoEstimate, Row};
pub use settings::{Profile, Settings};
pub use store::{Done, Stage, Store};

use anyhow::Result;
use published::{Published, Statement};

/// What every experiment needs: where results are kept, what the sources say, and the seed of all random numbers.
#[derive(Debug)]
pub struct Lab {
    /// Results of stages.
    pub store: Store,
    /// What the sources say.
    pub published: Published,
    /// The master seed.
    pub seed: u64,
}

impl Lab {
    /// The result of a stage, from the store or by running it.
    pub fn get<S: Stage>(&self, stage: &S) -> Result<Done<S::Output>> {
        self.store.get(stage)
    }

    /// The seed of repetition `index` of what `label` names: statistically independent of all others.
    pub fn seed(&self, label: &str, index: u64) -> u64 {
        stats::child_seed(self.seed, label, index)
    }

    /// The statement `source/id`, to be judged.
    ///
    /// # Errors
    /// When no source states it.
    pub fn says(&self, key: &str) -> Result<Statement<'_>> {
        self.published.statement(key)
    }
}
