//! Machines with free weights, the best of many descents, for ranges of temperatures.

use super::{Settings, Trained};
use crate::stages::{self, Descend, Target};
use anyhow::Result;
use exact::ring::walls;
use lab::Run;
use nalgebra::DMatrix;
use report::content::{Cell, Table};
use std::collections::BTreeSet;

/// The best machine with free weights.
pub(super) struct Free {
    kl: f64,
    /// The share of descents that ended as low.
    reached: f64,
    /// `<v_i v_{i+1}>` of its own distribution, averaged over i: where its sampled flow ends.
    correlation: f64,
    /// Whether 0 is unstable under its deterministic flow: a singular value of W above 1.
    unstable: bool,
    /// Patterns of signs in which the deterministic flow ends, from all states; the mean of |V|/M there.
    patterns: usize,
    order: f64,
}

pub(super) fn best(run: &Run, settings: &Settings, range: [f64; 2]) -> Result<Free> {
    let [low, high] = range;
    let m = settings.visible;
    let label = format!("temperature-ranges/free/{low}-{high}");
    let descents = run.store.get(&Descend {
        target: Target::Range { sites: m, low, high },
        hidden: settings.hidden,
        starts: settings.starts,
        initial_std: settings.initial_std,
        seed: stats::child_seed(run.seed, &label, 0),
    })?;
    let best = stages::best(&descents.value)?;
    let machine = exact::Machine::without_biases(best.weights.clone())?;
    let p = exact::enumerate::visible_probabilities(&machine)?;
    let of_state = |(v, p): (usize, &f64)| p * (1.0 - 2.0 * f64::from(walls(v, m)) / m as f64);
    let ends = ends(&best.weights);
    let patterns: BTreeSet<Vec<bool>> =
        ends.column_iter().map(|v| v.iter().map(|&v| v > 0.0).collect()).collect();
    Ok(Free {
        kl: best.kl,
        reached: stages::reached(&descents.value)?.len() as f64 / descents.value.len() as f64,
        correlation: p.iter().enumerate().map(of_state).sum(),
        unstable: best.weights.clone().svd(false, false).singular_values.max() > 1.0,
        patterns: patterns.len(),
        order: ends.column_iter().map(|v| v.mean().abs()).sum::<f64>() / ends.ncols() as f64,
    })
}

/// Where the deterministic flow takes each of the 2^M states, `[visible, state]`.
fn ends(weights: &DMatrix<f64>) -> DMatrix<f64> {
    // Far beyond what a slope below 1 needs; a state that sits on a saddle may stay there.
    const STEPS: usize = 500;
    let m = weights.nrows();
    let mut v =
        DMatrix::from_fn(m, 1 << m, |i, state: usize| if state >> i & 1 == 1 { 1.0 } else { -1.0 });
    for _ in 0..STEPS {
        let h = (weights.transpose() * &v).map(f64::tanh);
        v = (weights * h).map(f64::tanh);
    }
    v
}

pub(super) fn table(settings: &Settings, equal: &[Trained], free: &[Free]) -> Table {
    let row = |(equal, free): (&Trained, &Free)| {
        let numbers = [equal.data.correlation(1), free.correlation, free.kl, free.reached];
        let mut cells = vec![Cell::Text(equal.label.clone())];
        cells.extend(numbers.map(Cell::Number));
        let stability = |unstable: bool| if unstable { "unstable" } else { "stable" };
        cells.push(Cell::Text(stability(equal.gain > 1.0).into()));
        cells.push(Cell::Text(stability(free.unstable).into()));
        cells.extend([free.patterns as f64, free.order].map(Cell::Number));
        cells
    };
    Table {
        id: "temperature-ranges-free".into(),
        caption: format!(
            "Machines with free weights, the best of {} descents on the exact divergence and the share of them that ended as low. Their sampled flow ends at the machine's own correlation of neighbours. Under the deterministic flow 0 is unstable or not; with free weights it ends, from all {} states, in a number of patterns of signs with this mean of |V|/M.",
            settings.starts,
            1_u32 << settings.visible
        ),
        columns: [
            "temperatures",
            "⟨vv′⟩, data",
            "machine",
            "KL",
            "share",
            "0, equal weights",
            "0",
            "patterns",
            "|V|/M",
        ]
        .map(String::from)
        .into(),
        rows: equal.iter().zip(free).map(row).collect(),
    }
}
