//! How well an RBM describes its samples while it learns: scores of a fixed choice of them, and their curve.

use crate::enumeration;
use crate::measured::Measured;
use experiments::stages::seconds_per_sample;
use nalgebra::DMatrix;
use rbm::{Error, GradientEstimator, Rbm, TrainConfig, partition, score};
use serde::{Deserialize, Serialize};

/// Samples that are scored.
const MAX_SCORED: usize = 1000;
/// Units of the smaller layer up to which ln Z is summed again and again.
const MAX_SUMMED: usize = 20;
/// And terms of the sum: about a second of one core.
const MAX_TERMS: u64 = 1 << 31;
/// Points of a curve.
const MAX_POINTS: usize = 101;
/// A score that takes no longer than this, in seconds, is taken however short an epoch is.
const SHORT: f64 = 0.02;

/// Means per sample; logarithms are natural.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scores {
    pub(super) epoch: u64,
    /// Where ln Z is summed.
    pub(super) log_likelihood: Option<Measured>,
    pub(super) pseudo_log_likelihood: f64,
    pub(super) reconstruction_error: f64,
    pub(super) held_out: Option<HeldOut>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct HeldOut {
    pub(super) log_likelihood: Option<Measured>,
    pub(super) pseudo_log_likelihood: f64,
    pub(super) reconstruction_error: f64,
    pub(super) free_energy_gap: Measured,
}

impl Scores {
    /// What the progress bar says.
    pub(super) fn line(&self) -> String {
        let likelihood = match self.log_likelihood {
            Some(found) => format!("ln p {:.3}, ", found.mean),
            None => String::new(),
        };
        let (pseudo, wrong) = (self.pseudo_log_likelihood, self.reconstruction_error);
        let gap = match &self.held_out {
            Some(held_out) => format!(", gap {:.3}", held_out.free_energy_gap.mean),
            None => String::new(),
        };
        let epoch = self.epoch;
        format!("epoch {epoch}: {likelihood}pseudo {pseudo:.3}, reconstruction {wrong:.4}{gap}")
    }
}

/// The samples by which a run is judged.
pub(super) struct Judge {
    training: DMatrix<f32>,
    held_out: Option<DMatrix<f32>>,
}

impl Judge {
    pub(super) fn new(data: &DMatrix<f32>, held_out: Option<&DMatrix<f32>>, seed: u64) -> Self {
        Self {
            training: chosen(data, seed, 0),
            held_out: held_out.map(|data| chosen(data, seed, 1)),
        }
    }

    /// How many are scored of how many samples, and of those held out.
    pub(super) fn shares(
        &self,
        data: &DMatrix<f32>,
        held_out: Option<&DMatrix<f32>>,
    ) -> Vec<(usize, usize)> {
        let sets = [(Some(&self.training), Some(data)), (self.held_out.as_ref(), held_out)];
        let share = |(scored, all): (Option<&DMatrix<f32>>, Option<&DMatrix<f32>>)| {
            Some((scored?.ncols(), all?.ncols()))
        };
        sets.into_iter().filter_map(share).collect()
    }

    pub(super) fn scores(&self, rbm: &Rbm, epoch: u64) -> Result<Scores, Error> {
        let sum = summed(rbm.visible(), rbm.hidden());
        let ln_z = sum.map(|_| partition::ln_z(rbm)).transpose()?;
        let log_likelihood = |data: &DMatrix<f32>| {
            let found = ln_z.map(|ln_z| score::log_likelihood(rbm, data, ln_z));
            found.map(|found| found.map(Measured::from)).transpose()
        };
        let pseudo =
            |data: &DMatrix<f32>| score::pseudo_log_likelihood(rbm, data).map(|found| found.mean);
        let wrong =
            |data: &DMatrix<f32>| score::reconstruction_error(rbm, data).map(|found| found.mean);
        let of_held_out = |data: &DMatrix<f32>| {
            Ok(HeldOut {
                log_likelihood: log_likelihood(data)?,
                pseudo_log_likelihood: pseudo(data)?,
                reconstruction_error: wrong(data)?,
                free_energy_gap: score::free_energy_gap(rbm, &self.training, data)?.into(),
            })
        };
        Ok(Scores {
            epoch,
            log_likelihood: log_likelihood(&self.training)?,
            pseudo_log_likelihood: pseudo(&self.training)?,
            reconstruction_error: wrong(&self.training)?,
            held_out: self.held_out.as_ref().map(of_held_out).transpose()?,
        })
    }

    /// Rough cost of scores, in seconds of one core.
    fn seconds(&self, hidden: usize) -> f64 {
        const SECONDS_PER_WEIGHT: f64 = 1e-9;
        const SECONDS_PER_TERM: f64 = 2e-10;
        let visible = self.training.nrows();
        let samples = self.training.ncols() + self.held_out.as_ref().map_or(0, DMatrix::ncols);
        let sum = summed(visible, hidden).map_or(0.0, |terms| SECONDS_PER_TERM * terms as f64);
        SECONDS_PER_WEIGHT * (visible * hidden) as f64 * samples as f64 + sum
    }
}

/// The terms of ln Z, where they are few enough to be summed again and again.
fn summed(visible: usize, hidden: usize) -> Option<u64> {
    let terms = enumeration::terms(visible, hidden)?;
    (visible.min(hidden) <= MAX_SUMMED && terms <= MAX_TERMS).then_some(terms)
}

/// At most [`MAX_SCORED`] samples, chosen at random, in the order of the data.
fn chosen(data: &DMatrix<f32>, seed: u64, index: u64) -> DMatrix<f32> {
    let rng = &mut stats::stream(seed, "train::scored", index);
    let amount = MAX_SCORED.min(data.ncols());
    let mut samples = rand::seq::index::sample(rng, data.ncols(), amount).into_vec();
    samples.sort_unstable();
    data.select_columns(&samples)
}

/// Scores at epochs of equal distance, which doubles where they would become too many: the curve of a run does not depend on
/// how long the run will be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Curve {
    stride: u64,
    points: Vec<Scores>,
}

impl Curve {
    /// An empty curve, as dense as it can be without taking longer than the training itself.
    pub(super) fn new(judge: &Judge, config: &TrainConfig, samples: usize) -> Self {
        let epoch = seconds_per_sample(config, judge.training.nrows()) * samples as f64;
        let score = judge.seconds(config.hidden);
        // An exact gradient sums over all states itself, once for each batch.
        let cheap = score <= SHORT || config.gradient == GradientEstimator::Exact;
        let stride = if cheap { 1.0 } else { (score / epoch).clamp(1.0, 1e6).ceil() };
        Self { stride: (stride as u64).next_power_of_two(), points: Vec::new() }
    }

    pub(super) fn points(&self) -> &[Scores] {
        &self.points
    }

    /// Whether this epoch has a place in the curve.
    pub(super) fn wants(&self, epoch: u64) -> bool {
        epoch.is_multiple_of(self.stride)
    }

    pub(super) fn push(&mut self, scores: Scores) {
        self.points.push(scores);
        if self.points.len() > MAX_POINTS {
            self.stride *= 2;
            let stride = self.stride;
            self.points.retain(|point| point.epoch.is_multiple_of(stride));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(epoch: u64) -> Scores {
        Scores {
            epoch,
            log_likelihood: None,
            pseudo_log_likelihood: 0.0,
            reconstruction_error: 0.0,
            held_out: None,
        }
    }

    #[test]
    fn a_curve_stays_short_and_even() {
        let mut curve = Curve { stride: 1, points: Vec::new() };
        for epoch in 0..10_000 {
            if curve.wants(epoch) {
                curve.push(scores(epoch));
            }
            assert!(curve.points().len() <= MAX_POINTS);
            let even = |(i, point): (usize, &Scores)| point.epoch == i as u64 * curve.stride;
            assert!(curve.points().iter().enumerate().all(even), "{epoch}");
        }
        assert!(curve.points().len() > MAX_POINTS / 2);
    }

    #[test]
    fn few_samples_are_all_scored() {
        let data = DMatrix::from_fn(2, 7, |i, j| (7 * i + j) as f32);
        assert_eq!(chosen(&data, 1, 0), data);
        let data = DMatrix::from_fn(1, 5000, |_, j| j as f32);
        let some = chosen(&data, 1, 0);
        assert_eq!(some.ncols(), MAX_SCORED);
        assert!(some.as_slice().is_sorted_by(|a, b| a < b));
    }
}
