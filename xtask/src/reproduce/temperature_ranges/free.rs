//! Machines with free weights, the best of many descents, for ranges of temperatures.

use super::{Settings, Trained};
use crate::report::content::{Cell, Table};
use crate::reproduce::Run;
use crate::stages::{self, Descend, Target};
use anyhow::Result;
use exact::symmetric;
use nalgebra::DMatrix;

/// The best machine with free weights.
pub(super) struct Free {
    kl: f64,
    /// `<v_i v_{i+1}>` of its own distribution, averaged over i.
    correlation: f64,
    /// The largest singular value of W, squared: the slope of the deterministic flow at 0.
    gain: f64,
}

pub(super) fn best(run: &Run, settings: &Settings, range: [f64; 2]) -> Result<Free> {
    let [low, high] = range;
    let target = Target::Range { sites: settings.visible, low, high };
    let label = format!("temperature-ranges/free/{low}-{high}");
    let descents = run.store.get(&Descend {
        target,
        hidden: settings.hidden,
        starts: settings.starts,
        initial_std: settings.initial_std,
        seed: stats::child_seed(run.seed, &label, 0),
    })?;
    let best = stages::best(&descents.value)?;
    let weights: &DMatrix<f64> = &best.weights;
    let p =
        exact::enumerate::visible_probabilities(&exact::Machine::without_biases(weights.clone())?)?;
    let m = settings.visible;
    let walls = |state: usize| (state ^ (state >> 1 | (state & 1) << (m - 1))).count_ones();
    let correlation =
        p.iter().enumerate().map(|(v, p)| p * (1.0 - 2.0 * f64::from(walls(v)) / m as f64)).sum();
    let gain = weights.clone().svd(false, false).singular_values.max().powi(2);
    Ok(Free { kl: best.kl, correlation, gain })
}

pub(super) fn table(settings: &Settings, equal: &[Trained], free: &[Free]) -> Table {
    let row = |(equal, free): (&Trained, &Free)| {
        let own =
            symmetric::visible_sum_probabilities(settings.visible, settings.hidden, equal.weight);
        let numbers = [
            equal.data.correlation(1),
            symmetric::pair_correlation(&own),
            free.correlation,
            symmetric::kl(&equal.data, settings.hidden, equal.weight),
            free.kl,
            equal.gain,
            free.gain,
        ];
        let mut cells = vec![Cell::Text(equal.label.clone())];
        cells.extend(numbers.map(Cell::Number));
        cells
    };
    Table {
        id: "temperature-ranges-free".into(),
        caption: format!(
            "Equal weights against free ones, the best of {} descents on the exact divergence. The sampled flow ends at a machine's own correlation of neighbours; the deterministic flow orders where the largest squared singular value of W exceeds 1.",
            settings.starts
        ),
        columns: [
            "temperatures",
            "⟨vv′⟩, data",
            "equal",
            "free",
            "KL, equal",
            "KL, free",
            "σ² of W, equal",
            "σ² of W, free",
        ]
        .map(String::from)
        .into(),
        rows: equal.iter().zip(free).map(row).collect(),
    }
}
