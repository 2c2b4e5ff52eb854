//! Free weights from small random ones: the KL divergence from the ring along training, for each gradient estimator.

use super::{Data, Settings};
use crate::stages::Checkpoints;
use anyhow::Result;
use exact::{decimation, minimum};
use lab::{Grid, Lab, Row};
use rbm::{GradientEstimator, TrainConfig};
use report::{Figure, Table, log_spaced, panel};
use stats::Estimate;

/// A ring and a gradient estimator.
pub(super) struct Case<'a> {
    pub(super) data: &'a Data,
    pub(super) gradient: GradientEstimator,
    /// KL where the likelihood of the sample is largest: what finite samples cost.
    best_of_sample: Estimate,
}

/// KL from the ring at the updates that are shown, of each seed.
pub(super) type Free<'a> = Grid<Case<'a>, Vec<f64>>;

pub(super) fn run<'a>(lab: &Lab, s: &Settings, data: &'a [Data]) -> Result<Free<'a>> {
    let updates: Vec<u64> = log_spaced(*s.comparison.updates).collect();
    let best = lab.each(data, |data| {
        let of_seeds =
            lab.each(&data.samples, |sample| best_of_sample(data, &sample.frequencies))?;
        Ok(Estimate::from_independent(&of_seeds))
    })?;
    let cases = data.iter().zip(best).flat_map(|(data, best_of_sample)| {
        s.comparison.gradients.iter().map(move |&gradient| Case { data, gradient, best_of_sample })
    });
    lab.grid(cases, *s.seeds, |&Case { data, gradient, .. }, seed| {
        // The same start and the same order of the data for every kind.
        let sample = &data.samples[seed as usize];
        let rbms = lab.get(&Checkpoints {
            data: &sample.drawn,
            config: TrainConfig { gradient, ..s.comparison.train },
            start: None,
            updates: &updates,
            seed: sample.seed,
        })?;
        Ok(rbms
            .value
            .iter()
            .map(|rbm| rbm::partition::kl(&data.q, rbm))
            .collect::<Result<_, _>>()?)
    })
}

/// KL from the ring at the maximum of the likelihood of a sample, by descent from an RBM that is nearly decimation: free of
/// defects, as trained RBMs need not be.
fn best_of_sample(data: &Data, frequencies: &[f64]) -> Result<f64> {
    const PINNING: f64 = 2.0;
    const GRADIENT: f64 = 1e-7;
    const MAX_STEPS: usize = 2000;
    let start = decimation::pinned(data.ring.sites(), data.coupling(), PINNING)?.weights;
    data.kl(&minimum::descend(frequencies, &start, GRADIENT, MAX_STEPS)?.weights)
}

/// KL after the last update.
pub(super) fn end(row: Row<'_, Case<'_>, Vec<f64>>) -> Estimate {
    row.mean(|kl| kl[kl.len() - 1])
}

pub(super) fn figure(s: &Settings, free: &Free<'_>) -> Figure {
    let updates: Vec<f64> =
        log_spaced(*s.comparison.updates).map(|update| update as f64 + 1.0).collect();
    let caption = format!(
        "Free weights from small random ones: KL divergence from the ring, mean over {} seeds with {} samples each. RBMs rest near the best equal weights, a saddle, before they leave them; one that is trapped in a defect lifts the mean.",
        s.seeds, s.samples
    );
    report::figure("divergence", caption).panels(s.couplings.iter(), |&k| {
        let axes = panel("update + 1", "KL from the ring (nats)").title(format!("K = {k}"));
        let of_ring = || free.filter(move |case| case.data.coupling() == k);
        let panel = axes.log_x().log_y().each(of_ring(), |panel, row| {
            // A line through all points, and error bars at some of them.
            let points: Vec<(f64, Estimate)> =
                updates.iter().copied().zip(row.means(|kl| kl)).collect();
            panel
                .line(row.gradient.to_string(), points.iter().map(|(x, kl)| (*x, kl.mean)))
                .points(row.gradient.to_string(), points.iter().rev().step_by(5).copied())
        });
        of_ring().take(1).fold(panel, |panel, row| {
            panel
                .mark_y("equal weights", row.data.equal_kl)
                .mark_y("best of sample", row.best_of_sample.mean)
        })
    })
}

pub(super) fn table(s: &Settings, free: &Free<'_>) -> Table {
    let caption = format!(
        "Free weights after {} updates: KL from the ring in nats, mean over {} seeds, the least and the most; where the likelihood of the same samples is largest; and at the best equal weights.",
        s.comparison.updates, s.seeds
    );
    let extreme = |row: &Row<'_, Case<'_>, Vec<f64>>, of: fn(f64, f64) -> f64| {
        row.cells.iter().filter_map(|kl| kl.last().copied()).reduce(of)
    };
    report::table("comparison", caption)
        .rows(free.rows())
        .column("K", |row| row.data.coupling())
        .column("gradient estimator", |row| row.gradient.to_string())
        .column("KL", |row| end(*row))
        .column("least", |row| extreme(row, f64::min))
        .column("most", |row| extreme(row, f64::max))
        .column("best of sample", |row| row.best_of_sample)
        .column("equal", |row| row.data.equal_kl)
        .into()
}
