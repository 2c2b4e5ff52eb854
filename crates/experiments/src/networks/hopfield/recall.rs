//! Recalls in an ensemble of networks, and what they say over networks.

use super::Settings;
use crate::stages::{NetworkRecalls, Recalls};
use anyhow::Result;
use lab::Lab;
use stats::{Estimate, falls_below};

/// Recalls in several networks of N units that store P random patterns each. Errors are over networks, whose patterns are all
/// new: recalls in one network are not independent.
pub(super) struct Ensemble {
    pub(super) units: usize,
    pub(super) patterns: usize,
    pub(super) networks: Vec<NetworkRecalls>,
    pub(super) retrieved_above: f64,
}

impl Ensemble {
    /// In each network the first patterns are corrupted by each of the fractions and recalled.
    pub(super) fn recall(
        lab: &Lab,
        s: &Settings,
        (units, networks): (usize, u64),
        load: f64,
        corrupted: &[f64],
        label: &str,
    ) -> Result<Self> {
        let patterns = ((load * units as f64).round() as usize).max(1);
        let seed = lab.seed(&format!("hopfield/{label}/{units}"), patterns as u64);
        let recalled = s.recalled.size().min(patterns);
        let stage = Recalls { units, patterns, networks, recalled, corrupted, seed };
        let networks = lab.get(&stage)?.value;
        Ok(Self { units, patterns, retrieved_above: *s.retrieved_above, networks })
    }

    /// P/N.
    pub(super) fn load(&self) -> f64 {
        self.patterns as f64 / self.units as f64
    }

    /// The mean over networks.
    fn mean(&self, of: impl Fn(&NetworkRecalls) -> f64) -> Estimate {
        self.networks.iter().map(of).collect()
    }

    /// The overlap of the end with the pattern, from the fraction of corrupted units of this index.
    pub(super) fn overlap(&self, fraction: usize) -> Estimate {
        self.mean(|network| mean(&network.overlaps[fraction]))
    }

    /// The share of the patterns that are retrieved.
    pub(super) fn retrieved(&self, fraction: usize) -> Estimate {
        self.mean(|network| {
            let overlaps = &network.overlaps[fraction];
            overlaps.iter().filter(|m| **m > self.retrieved_above).count() as f64
                / overlaps.len() as f64
        })
    }

    /// The overlap at the end of those patterns that are retrieved; none unless some are in two networks at least.
    pub(super) fn overlap_of_retrieved(&self) -> Option<Estimate> {
        let of_network = |network: &NetworkRecalls| {
            let good = network.overlaps[0].iter().filter(|m| **m > self.retrieved_above);
            let good: Vec<f64> = good.copied().collect();
            (!good.is_empty()).then(|| mean(&good))
        };
        Estimate::of_several(self.networks.iter().filter_map(of_network))
    }

    /// The share of the units of stored patterns that are unstable.
    pub(super) fn unstable(&self) -> Estimate {
        self.mean(|network| network.unstable)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Recalls that start at the patterns themselves, of one number of units over all loads.
pub(super) type Curve = Vec<Ensemble>;

/// The load at which the retrieved share first falls below one half.
pub(super) fn half(loads: &[Ensemble]) -> Option<Estimate> {
    let retrieved: Vec<_> = loads.iter().map(|e| (e.load(), e.retrieved(0))).collect();
    falls_below(&retrieved, 0.5)
}

/// The highest load that mean-field theory allows.
pub(super) fn below(loads: &[Ensemble], capacity: f64) -> &Ensemble {
    loads.iter().rfind(|ensemble| ensemble.load() <= capacity).unwrap_or(&loads[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_retrieved_is_counted_over_networks() {
        let ensemble = |overlaps: [f64; 2]| Ensemble {
            units: 100,
            patterns: 20,
            retrieved_above: 0.8,
            networks: overlaps
                .map(|m| NetworkRecalls { unstable: 0.0, overlaps: vec![vec![m, 0.0]] })
                .into(),
        };
        // Of the two patterns of each network one, in both and in one of them.
        let [all, some] = [[0.9, 0.9], [0.9, 0.1]].map(ensemble);
        assert_eq!([all.retrieved(0).mean, some.retrieved(0).mean, some.load()], [0.5, 0.25, 0.2]);
        assert!(some.overlap_of_retrieved().is_none() && all.overlap_of_retrieved().is_some());
    }
}
