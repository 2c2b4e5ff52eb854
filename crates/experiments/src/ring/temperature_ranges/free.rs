//! RBMs with free weights, the best of many descents, for ranges of temperatures.

use super::{EqualWeightFit, Settings};
use crate::stages::{self, Descend, Target};
use anyhow::Result;
use exact::ring::walls;
use lab::Lab;
use nalgebra::DMatrix;
use report::{Table, table};
use std::collections::BTreeSet;

/// The best RBM with free weights.
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

impl Free {
    pub(super) fn best(lab: &Lab, s: &Settings, [low, high]: [f64; 2]) -> Result<Self> {
        let m = s.visible.size();
        let descents = lab.get(&Descend {
            target: Target::Range { sites: m, low, high },
            hidden: s.hidden.size(),
            starts: *s.starts,
            initial_std: *s.initial_std,
            seed: lab.seed(&format!("temperature-ranges/free/{low}-{high}"), 0),
        })?;
        let best = stages::best(&descents.value)?;
        let rbm = exact::Rbm64::without_biases(best.weights.clone())?;
        let p = exact::enumerate::visible_probabilities(&rbm)?;
        let of_state = |(v, p): (usize, &f64)| p * (1.0 - 2.0 * f64::from(walls(v, m)) / m as f64);
        let ends = ends(&best.weights);
        let patterns: BTreeSet<Vec<bool>> =
            ends.column_iter().map(|v| v.iter().map(|&v| v > 0.0).collect()).collect();
        Ok(Self {
            kl: best.kl,
            reached: stages::reached(&descents.value)?.len() as f64 / descents.value.len() as f64,
            correlation: p.iter().enumerate().map(of_state).sum(),
            unstable: best.weights.clone().svd(false, false).singular_values.max() > 1.0,
            patterns: patterns.len(),
            order: ends.column_iter().map(|v| v.mean().abs()).sum::<f64>() / ends.ncols() as f64,
        })
    }
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

pub(super) fn free_table(s: &Settings, equal: &[EqualWeightFit], free: &[Free]) -> Table {
    let stability = |unstable| if unstable { "unstable" } else { "stable" };
    table("free", format!("RBMs with free weights, the best of {} descents on the exact divergence and the share of them that ended as low; the correlation of neighbours where the sampled flow ends. Under the deterministic flow 0 is unstable or not; with free weights it ends, from all {} states, in a number of patterns of signs with this mean of |V|/M.", s.starts, 1_u32 << s.visible.size()))
        .rows(equal.iter().zip(free))
        .column("temperatures", |(equal, _)| equal.label.clone())
        .column("⟨vv′⟩, data", |(equal, _)| equal.data.correlation(1))
        .column("⟨vv′⟩, RBM", |(_, free)| free.correlation)
        .column("KL", |(_, free)| free.kl)
        .column("share", |(_, free)| free.reached)
        .column("0, equal weights", |(equal, _)| stability(equal.gain > 1.0))
        .column("0", |(_, free)| stability(free.unstable))
        .column("patterns", |(_, free)| free.patterns)
        .column("|V|/M", |(_, free)| free.order)
        .into()
}
