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
        beta1: f32,
        /// What remains of s, `beta_2`.
        beta2: f32,
    },
}

/// The learning rate during a run.
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
    ///
    /// ```
    /// use rbm::Schedule;
    ///
    /// // Half way from 0.1 to 0.001, and at the end.
    /// let linear = Schedule::Linear { last: 0.001, updates: 100 };
    /// let geometric = Schedule::Geometric { last: 0.001, updates: 100 };
    /// assert!((linear.rate(0.1, 50) - 0.0505).abs() < 1e-7);
    /// assert!((geometric.rate(0.1, 50) - 0.01).abs() < 1e-7);
    /// assert_eq!(linear.rate(0.1, 1000), 0.001);
    /// ```
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
pub(crate) enum OptimiserState {
    Nothing,
    /// u of momentum.
    Direction(Gradient),
    /// m and s of Adam.
    Moments(Gradient, Gradient),
}

impl OptimiserState {
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
        memory: &mut OptimiserState,
        rbm: &mut Rbm,
        gradient: &Gradient,
        (rate, update, biases): (f32, u64, bool),
    ) {
        let parts = if biases { 3 } else { 1 };
        let parameters = parameters(rbm).into_iter().zip(gradient.parts()).take(parts);
        match (self, memory) {
            (Self::Ascent { momentum }, OptimiserState::Direction(direction)) => {
                for ((p, g), u) in parameters.zip(direction.parts_mut()) {
                    u.iter_mut().zip(g).for_each(|(u, g)| *u = momentum * *u + g);
                    p.iter_mut().zip(u).for_each(|(p, u)| *p += rate * *u);
                }
            }
            (Self::Adam { beta1, beta2 }, OptimiserState::Moments(mean, square)) => {
                // m and s begin at zero, which this makes good.
                let start = |memory: f32| 1.0 - f64::from(memory).powf(update as f64);
                let rate = (f64::from(rate) / start(beta1)) as f32;
                let scale = (1.0 / start(beta2)) as f32;
                let moments = mean.parts_mut().into_iter().zip(square.parts_mut());
                for ((p, g), (m, s)) in parameters.zip(moments) {
                    for (((p, g), m), s) in p.iter_mut().zip(g).zip(m).zip(s) {
                        *m = beta1 * *m + (1.0 - beta1) * g;
                        *s = beta2 * *s + (1.0 - beta2) * g * g;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// An RBM of one weight and one bias a layer after so many steps along the gradients `g`, `-g`, `2 g`.
    fn walked(optimiser: Optimiser, rate: f32, biases: bool) -> Vec<f32> {
        let mut rbm = Rbm::uniform(1, 1, 0.5);
        let mut memory = OptimiserState::new(optimiser, &rbm);
        let mut gradient = Gradient::zeros(1, 1);
        for (number, scale) in [1.0, -1.0, 2.0].into_iter().enumerate() {
            gradient.weights[0] = 0.3 * scale;
            gradient.visible_bias[0] = 0.1 * scale;
            gradient.hidden_bias[0] = -0.2 * scale;
            let step = (rate, number as u64 + 1, biases);
            optimiser.ascend(&mut memory, &mut rbm, &gradient, step);
        }
        vec![rbm.weights[0], rbm.visible_bias[0], rbm.hidden_bias[0]]
    }

    fn close(found: &[f32], expected: [f64; 3]) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn ascent_adds_up_gradients_and_momentum_repeats_them() {
        // 1 - 1 + 2 = 2 gradients.
        let plain = Optimiser::Ascent { momentum: 0.0 };
        close(&walked(plain, 0.1, true), [0.5 + 0.06, 0.02, -0.04]);
        close(&walked(plain, 0.1, false), [0.56, 0.0, 0.0]);
        // u: 1, -1/2, 7/4; together 9/4.
        let half = Optimiser::Ascent { momentum: 0.5 };
        close(&walked(half, 0.1, true), [0.5 + 0.0675, 0.0225, -0.045]);
    }

    #[test]
    fn adam_is_its_definition() {
        let adam = Optimiser::Adam { beta1: 0.9, beta2: 0.99 };
        let one = |start: f64, g: f64| {
            let (mut p, mut m, mut s) = (start, 0.0, 0.0);
            for (t, scale) in [1.0, -1.0, 2.0_f64].into_iter().enumerate() {
                let g = g * scale;
                m = 0.9 * m + 0.1 * g;
                s = 0.99 * s + 0.01 * g * g;
                let n = t as i32 + 1;
                let (mean, square) = (m / (1.0 - 0.9_f64.powi(n)), s / (1.0 - 0.99_f64.powi(n)));
                p += 0.1 * mean / (square.sqrt() + 1e-8);
            }
            p
        };
        close(&walked(adam, 0.1, true), [one(0.5, 0.3), one(0.0, 0.1), one(0.0, -0.2)]);
    }

    #[test]
    fn rates_fall_as_they_should() {
        let rates = |schedule: Schedule| [0, 1, 2, 4, 100].map(|n| schedule.rate(0.8, n));
        assert_eq!(rates(Schedule::Constant), [0.8; 5]);
        let expected = [[0.8, 0.65, 0.5, 0.2, 0.2], [0.8, 0.565_685_4, 0.4, 0.2, 0.2]];
        let schedules = [
            Schedule::Linear { last: 0.2, updates: 4 },
            Schedule::Geometric { last: 0.2, updates: 4 },
        ];
        for (schedule, expected) in schedules.into_iter().zip(expected) {
            for (found, expected) in rates(schedule).into_iter().zip(expected) {
                assert!((found - expected).abs() < 1e-6_f32, "{schedule:?}");
            }
        }
    }

    #[test]
    fn decay_pulls_towards_zero() {
        let mut rbm = Rbm::uniform(3, 1, 0.0);
        rbm.weights.copy_from_slice(&[0.5, -0.5, 0.0]);
        let mut gradient = Gradient::zeros(3, 1);
        decay(&mut gradient, &rbm, 0.1, 0.2);
        assert_eq!(gradient.weights.as_slice(), [-0.2, 0.2, 0.0]);
        assert_eq!(gradient.visible_bias.amax(), 0.0);
    }
}
