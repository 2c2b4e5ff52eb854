//! From a gradient to a step: plain ascent, momentum, Adam; decay of weights; falling learning rates.

use crate::Rbm;
use crate::gradient::Gradient;
use serde::{Deserialize, Serialize};

/// How a gradient becomes a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Optimiser {
    /// `u <- momentum u + g`, step `rate u`; without momentum, plain gradient ascent.
    Ascent {
        /// What remains of the last direction u, from 0 to below 1.
        momentum: f32,
    },
    /// `rate m / (sqrt(s) + 1e-8)` with running means m of the gradient and s of its square, both corrected for their start
    /// at zero (`kingma-ba-2014`, algorithm 1).
    Adam {
        /// What remains of m, `beta_1`.
        mean_memory: f32,
        /// What remains of s, `beta_2`.
        square_memory: f32,
    },
}

/// The learning rate over the course of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Schedule {
    /// Always the same.
    Constant,
    /// In equal steps from the initial rate to `last` within so many updates, and constant from then on.
    Linear {
        /// The rate in the end.
        last: f32,
        /// Updates until then.
        updates: u64,
    },
    /// In equal ratios from the initial rate to `last` within so many updates, and constant from then on.
    Geometric {
        /// The rate in the end.
        last: f32,
        /// Updates until then.
        updates: u64,
    },
}

impl Schedule {
    /// The rate of an update, counted from 0, of a run that begins with `first`.
    pub fn rate(self, first: f32, update: u64) -> f32 {
        let passed = |updates: u64| update.min(updates) as f64 / updates as f64;
        let rate = f64::from(first);
        let rate = match self {
            Self::Constant => rate,
            Self::Linear { last, updates } => rate + (f64::from(last) - rate) * passed(updates),
            Self::Geometric { last, updates } => {
                rate * (f64::from(last) / rate).powf(passed(updates))
            }
        };
        rate as f32
    }
}

/// Subtracts `l1 sign(w) + l2 w` from the gradient of the weights, which becomes that of the likelihood less
/// `l1 |w| + l2 w^2 / 2`.
pub(crate) fn decay(gradient: &mut Gradient, rbm: &Rbm, l1: f32, l2: f32) {
    if l1 == 0.0 && l2 == 0.0 {
        return;
    }
    for (g, &w) in gradient.weights.iter_mut().zip(&rbm.weights) {
        // Unlike Rust's, the sign of zero is zero.
        let sign = f32::from(w > 0.0) - f32::from(w < 0.0);
        *g -= l1 * sign + l2 * w;
    }
}

/// What an optimiser remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Memory {
    Nothing,
    /// u of momentum.
    Direction(Gradient),
    /// m and s of Adam.
    Moments(Gradient, Gradient),
}

impl Memory {
    pub(crate) fn new(optimiser: Optimiser, rbm: &Rbm) -> Self {
        let zeros = || Gradient::zeros(rbm.visible(), rbm.hidden());
        match optimiser {
            Optimiser::Ascent { momentum: 0.0 } => Self::Nothing,
            Optimiser::Ascent { .. } => Self::Direction(zeros()),
            Optimiser::Adam { .. } => Self::Moments(zeros(), zeros()),
        }
    }
}

impl Optimiser {
    /// One step uphill, the `update`th from 1; biases move only where they are trained.
    pub(crate) fn ascend(
        self,
        memory: &mut Memory,
        rbm: &mut Rbm,
        gradient: &Gradient,
        (rate, update, biases): (f32, u64, bool),
    ) {
        let parts = if biases { 3 } else { 1 };
        let parameters = parameters(rbm).into_iter().zip(gradient.parts()).take(parts);
        match (self, memory) {
            (Self::Ascent { momentum }, Memory::Direction(direction)) => {
                for ((p, g), u) in parameters.zip(direction.parts_mut()) {
                    u.iter_mut().zip(g).for_each(|(u, g)| *u = momentum * *u + g);
                    p.iter_mut().zip(u).for_each(|(p, u)| *p += rate * *u);
                }
            }
            (Self::Adam { mean_memory, square_memory }, Memory::Moments(mean, square)) => {
                // m and s begin at zero, which this makes good.
                let start = |memory: f32| 1.0 - f64::from(memory).powf(update as f64);
                let rate = (f64::from(rate) / start(mean_memory)) as f32;
                let scale = (1.0 / start(square_memory)) as f32;
                let moments = mean.parts_mut().into_iter().zip(square.parts_mut());
                for ((p, g), (m, s)) in parameters.zip(moments) {
                    for (((p, g), m), s) in p.iter_mut().zip(g).zip(m).zip(s) {
                        *m = mean_memory * *m + (1.0 - mean_memory) * g;
                        *s = square_memory * *s + (1.0 - square_memory) * g * g;
                        *p += rate * *m / ((*s * scale).sqrt() + 1e-8);
                    }
                }
            }
            _ => {
                for (p, g) in parameters {
                    p.iter_mut().zip(g).for_each(|(p, g)| *p += rate * g);
                }
            }
        }
    }
}

/// Weights, visible and hidden biases.
fn parameters(rbm: &mut Rbm) -> [&mut [f32]; 3] {
    let Rbm { weights, visible_bias, hidden_bias } = rbm;
    [weights.as_mut_slice(), visible_bias.as_mut_slice(), hidden_bias.as_mut_slice()]
}
