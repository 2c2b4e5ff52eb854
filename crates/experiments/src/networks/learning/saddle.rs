//! Free weights that start equal: how they leave the saddle, and where they go.

use super::{Rings, Settings, frequencies};
use crate::stages::Checkpoints;
use anyhow::{Context, Result};
use exact::decimation::hidden_coupling;
use exact::{divergence, minimum, symmetric};
use lab::Run;
use lab::parts::over_exact;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use rbm::{Rbm, TrainConfig};
use stats::Estimate;

/// What happens at the saddle.
pub(super) struct Saddle {
    pub(super) equal_kl: f64,
    pub(super) updates: Vec<u64>,
    /// The machine that the first seed begins with.
    pub(super) start: Rbm,
    pub(super) exact: Passage,
    pub(super) sampled: Passage,
    /// The curvature of KL from the ring along its most negative mode.
    pub(super) curvature: f64,
    /// Growth of the spread per update: measured, and what the Hessian of each machine's own sample says.
    pub(super) rate: Estimate,
    pub(super) expected_rate: Estimate,
    pub(super) ratio: Estimate,
}

/// All seeds of one way of training.
pub(super) struct Passage {
    /// KL from the ring over the updates, by seed.
    pub(super) kl: Vec<Vec<f64>>,
    /// The part of the weights in which hidden units differ along the longest wave, by seed.
    pub(super) spread: Vec<Vec<f64>>,
    /// KL at the end.
    pub(super) end: Estimate,
    /// K' of the hidden layer over the updates, by seed.
    pub(super) coupling: Vec<Vec<f64>>,
    /// The weights at the end, by seed.
    pub(super) ends: Vec<DMatrix<f64>>,
}

pub(super) fn run(run: &Run, settings: &Settings, rings: &Rings) -> Result<Saddle> {
    let saddle = &settings.saddle;
    let n = saddle.exact.hidden;
    let weight = symmetric::best_weight(&rings.ring.into(), n)?;
    let updates = read_updates(saddle.updates);
    let passage = |config: TrainConfig| passage(run, settings, rings, &updates, weight, config);
    let exact = passage(saddle.exact)?;
    let growths = (0..rings.seeds.len())
        .into_par_iter()
        .map(|seed| growth(settings, rings, seed, weight, &updates, &exact.spread[seed]))
        .collect::<Result<Vec<(f64, f64)>>>()?;
    let (rates, expected): (Vec<f64>, Vec<f64>) = growths.into_iter().unzip();
    let ratios: Vec<f64> = rates.iter().zip(&expected).map(|(rate, own)| rate / own).collect();
    let modes = divergence::uniform_modes(&rings.ring, n, weight)?;
    Ok(Saddle {
        equal_kl: symmetric::kl(&rings.ring.into(), n, weight),
        start: start(settings, rings, 0, weight),
        exact,
        sampled: passage(saddle.sampled)?,
        curvature: modes.into_iter().fold(f64::INFINITY, f64::min),
        rate: over_exact(&rates),
        expected_rate: over_exact(&expected),
        ratio: over_exact(&ratios),
        updates,
    })
}

/// 1, 2, 3 and so on, then ever fewer, at most one in a hundred of the whole.
fn read_updates(last: u64) -> Vec<u64> {
    let most = (last / 200).max(1);
    let mut updates = vec![0];
    while let Some(&update) = updates.last().filter(|&&update| update < last) {
        updates.push((update + (update / 10).clamp(1, most)).min(last));
    }
    updates
}

fn passage(
    run: &Run,
    settings: &Settings,
    rings: &Rings,
    updates: &[u64],
    weight: f64,
    config: TrainConfig,
) -> Result<Passage> {
    let machines = |seed: usize| -> Result<Vec<Rbm>> {
        let start = start(settings, rings, seed, weight);
        let (data, seed) = (&rings.samples[seed], rings.seeds[seed]);
        let stage = Checkpoints { data, config, start: Some(&start), updates, seed };
        Ok(run.store.get(&stage)?.value)
    };
    let paths = (0..rings.seeds.len()).into_par_iter().map(machines);
    let paths = paths.collect::<Result<Vec<_>>>()?;
    let kl = |path: &Vec<Rbm>| -> Result<Vec<f64>> {
        Ok(path.iter().map(|rbm| rbm::partition::kl(&rings.q, rbm)).collect::<Result<_, _>>()?)
    };
    let kl = paths.iter().map(kl).collect::<Result<Vec<_>>>()?;
    let coupling = |path: &Vec<Rbm>| -> Result<Vec<f64>> {
        path.iter().map(|rbm| Ok(hidden_coupling(&flow::mean::in_f64(rbm)?)?.coupling)).collect()
    };
    let end = |path: &Vec<Rbm>| -> Result<DMatrix<f64>> {
        Ok(path.last().context("a path has no machine")?.weights.map(f64::from))
    };
    let ends: Vec<f64> = kl.iter().filter_map(|path| path.last().copied()).collect();
    Ok(Passage {
        spread: paths
            .iter()
            .map(|path| path.iter().map(|rbm| spread(&rbm.weights.map(f64::from))).collect())
            .collect(),
        end: over_exact(&ends),
        coupling: paths.iter().map(coupling).collect::<Result<_>>()?,
        ends: paths.iter().map(end).collect::<Result<_>>()?,
        kl,
    })
}

/// Equal weights with noise.
fn start(settings: &Settings, rings: &Rings, seed: usize, weight: f64) -> Rbm {
    let mut rng = stats::stream(rings.seeds[seed], "learning/saddle", 0);
    let (m, n) = (settings.visible, settings.saddle.exact.hidden);
    let mut start = Rbm::random(m, n, settings.saddle.noise, &mut rng);
    start.weights.add_scalar_mut(weight as f32);
    start
}

/// The norm of what is left of W without its mean over hidden units, along waves of one period around the ring.
fn spread(weights: &DMatrix<f64>) -> f64 {
    let (m, mean) = (weights.nrows(), weights.column_mean());
    let angle = |i: usize| std::f64::consts::TAU * i as f64 / m as f64;
    let waves = DMatrix::from_fn(m, 2, |i, part| match part {
        0 => angle(i).cos(),
        _ => angle(i).sin(),
    });
    let apart = DMatrix::from_fn(m, weights.ncols(), |i, a| weights[(i, a)] - mean[i]);
    (waves.tr_mul(&apart)).norm() * (2.0 / m as f64).sqrt()
}

/// Growth of `ln spread` per update from ten times its start up to where it begins to be felt: measured, and of the linear
/// descent `(1 - rate H)^t` from the same start, with the Hessian H of the machine's own sample.
fn growth(
    settings: &Settings,
    rings: &Rings,
    seed: usize,
    weight: f64,
    updates: &[u64],
    measured: &[f64],
) -> Result<(f64, f64)> {
    const FELT: f64 = 0.01;
    let began = measured.iter().position(|s| *s > 10.0 * measured[0]);
    let ended = measured.iter().position(|s| *s > FELT);
    let (Some(a), Some(b)) = (began, ended) else { return Ok((f64::NAN, f64::NAN)) };
    let rate = f64::from(settings.saddle.exact.learning_rate);
    let start = start(settings, rings, seed, weight).weights.map(f64::from);
    let eigen = own_hessian(rings, seed, weight, start.ncols())?.symmetric_eigen();
    let apart =
        DMatrix::from_fn(start.nrows(), start.ncols(), |i, a| start[(i, a)] - start.row(i).mean());
    let parts = eigen.eigenvectors.tr_mul(&DVector::from_column_slice(apart.as_slice()));
    let linear = |update: u64| {
        let grown = parts.zip_map(&eigen.eigenvalues, |part, curvature| {
            part * (1.0 - rate * curvature).powf(update as f64)
        });
        let grown = &eigen.eigenvectors * grown;
        spread(&DMatrix::from_column_slice(start.nrows(), start.ncols(), grown.as_slice()))
    };
    let steps = (updates[b] - updates[a]) as f64;
    let per_update = |from: f64, to: f64| (to / from).ln() / steps;
    Ok((per_update(measured[a], measured[b]), per_update(linear(updates[a]), linear(updates[b]))))
}

/// The Hessian for a machine's own sample, at the stationary point whose hidden units are all equal.
fn own_hessian(rings: &Rings, seed: usize, weight: f64, hidden: usize) -> Result<DMatrix<f64>> {
    const GRADIENT: f64 = 1e-9;
    const MOST_STEPS: usize = 200;
    let q = frequencies(&rings.samples[seed].value);
    let start = DMatrix::from_element(rings.ring.sites(), hidden, weight);
    let mean = minimum::descend(&q, &start, GRADIENT, MOST_STEPS)?.weights.column_mean();
    let point = DMatrix::from_fn(mean.len(), hidden, |i, _| mean[i]);
    Ok(divergence::hessian(&q, &point)?)
}
