//! Recall of corrupted patterns by Hopfield networks.

use anyhow::Result;
use lab::progress::Task;
use lab::store::Stage;
use rayon::prelude::*;
use rbm::hopfield::{Hopfield, corrupt, overlap, random_patterns};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};

/// Networks that store random patterns: in each, the first `recalled` patterns are corrupted by flipping each of the fractions of
/// units, and recalled.
#[derive(Serialize)]
pub(crate) struct Recalls<'a> {
    pub(crate) units: usize,
    pub(crate) patterns: usize,
    pub(crate) networks: u64,
    pub(crate) recalled: usize,
    pub(crate) corrupted: &'a [f64],
    pub(crate) seed: u64,
}

/// The recalls of one network.
#[derive(Serialize, Deserialize)]
pub(crate) struct NetworkRecalls {
    /// The share of the units of the stored patterns that are unstable.
    pub(crate) unstable: f64,
    /// The overlap of the end with the pattern that was recalled, `[fraction][pattern]`.
    pub(crate) overlaps: Vec<Vec<f64>>,
}

impl Stage for Recalls<'_> {
    const NAME: &'static str = "recalls";
    const VERSION: u32 = 1;
    type Output = Vec<NetworkRecalls>;

    fn effort(&self) -> f64 {
        // Storing is a product, a recall a few fields of all units: bound by memory.
        const SECONDS_PER_TERM: f64 = 2e-11;
        const SECONDS_PER_FIELD: f64 = 1e-9;
        let couplings = (self.units * self.units) as f64;
        let recalls = (self.recalled * self.corrupted.len()) as f64;
        let network = SECONDS_PER_TERM * self.patterns as f64 + SECONDS_PER_FIELD * recalls;
        network * couplings * self.networks as f64
    }

    fn run(&self, task: &Task<'_>) -> Result<Vec<NetworkRecalls>> {
        let done = AtomicU64::new(0);
        let network = |index: u64| {
            let network = self.network(index)?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            task.done(done as f64 / self.networks as f64);
            Ok(network)
        };
        (0..self.networks).into_par_iter().map(network).collect()
    }
}

impl Recalls<'_> {
    fn network(&self, index: u64) -> Result<NetworkRecalls> {
        let rng = &mut stats::stream(self.seed, Self::NAME, index);
        let patterns = random_patterns(self.units, self.patterns, rng);
        let network = Hopfield::store(&patterns)?;
        let recalled = || patterns.column_iter().take(self.recalled).map(|p| p.into_owned());
        let unstable: usize = recalled().map(|pattern| network.unstable_units(&pattern)).sum();
        let number = recalled().count();
        let mut overlaps = Vec::new();
        for &fraction in self.corrupted {
            let mut of_fraction = Vec::with_capacity(number);
            for pattern in recalled() {
                let mut x = corrupt(&pattern, fraction, rng)?;
                network.recall(&mut x, rng);
                of_fraction.push(overlap(&x, &pattern));
            }
            overlaps.push(of_fraction);
        }
        Ok(NetworkRecalls { unstable: unstable as f64 / (number * self.units) as f64, overlaps })
    }
}
