//! Sums over all states of small systems: the oracle of every test.

use crate::blocks::{Blocks, first_moments, total, unit};
use crate::logs::{ln_sum_exp, normalise};
use crate::{Error, Rbm64, Ring};
use nalgebra::{DMatrix, DVector};

/// The most units that are summed over.
pub const MAX_UNITS: usize = 24;

/// All that a test asks of an enumerated ring.
#[derive(Clone, Debug)]
pub struct RingStates {
    /// `ln Z`.
    pub ln_z: f64,
    /// Probability of every configuration; bit i of the index is spin i, set for +1.
    pub probabilities: Vec<f64>,
    /// `P(V)`, k = 0..=M up spins.
    pub magnetisation: Vec<f64>,
    /// `<v_i v_{i+r}>`, averaged over i.
    pub correlation: Vec<f64>,
    /// `-sum p ln p`.
    pub entropy: f64,
}

/// The ring at a finite coupling, state by state.
///
/// # Errors
/// [`Error::TooManyStates`] above [`MAX_UNITS`] sites, [`Error::OutOfRange`] at infinite coupling.
pub fn ring(ring: &Ring) -> Result<RingStates, Error> {
    let m = ring.sites();
    check_units(m)?;
    if ring.coupling().is_infinite() {
        let allowed = "finite to be enumerated";
        return Err(Error::OutOfRange { what: "the coupling", value: ring.coupling(), allowed });
    }
    let spin = |state: usize, i: usize| if state >> (i % m) & 1 == 1 { 1.0 } else { -1.0 };
    let bonds = |state: usize, r: usize| -> f64 {
        (0..m).map(|i| spin(state, i) * spin(state, i + r)).sum()
    };
    let ln_weights: Vec<f64> = (0..1 << m).map(|s| ring.coupling() * bonds(s, 1)).collect();
    let ln_z = ln_sum_exp(&ln_weights);
    let probabilities: Vec<f64> = ln_weights.iter().map(|w| (w - ln_z).exp()).collect();
    let mut magnetisation = vec![0.0; m + 1];
    let mut correlation = vec![0.0; m];
    let mut entropy = 0.0;
    for (state, &p) in probabilities.iter().enumerate() {
        magnetisation[state.count_ones() as usize] += p;
        for (r, c) in correlation.iter_mut().enumerate() {
            *c += p * bonds(state, r) / m as f64;
        }
        entropy -= p * (ln_weights[state] - ln_z);
    }
    Ok(RingStates { ln_z, probabilities, magnetisation, correlation, entropy })
}

/// Means over all states of an RBM.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// `ln Z`.
    pub ln_z: f64,
    /// `<v_i>`.
    pub mean_v: DVector<f64>,
    /// `<h_a>`.
    pub mean_h: DVector<f64>,
    /// `<v_i h_a>`, `[visible, hidden]`.
    pub mean_vh: DMatrix<f64>,
}

/// `ln Z = ln sum_{v, h} exp(b v + c h + v W h)`, summed over the states of the smaller layer.
///
/// The result does not depend on the number of threads.
///
/// # Errors
/// [`Error::TooManyStates`] when both layers have more than [`MAX_UNITS`] units.
pub fn ln_z(rbm: &Rbm64) -> Result<f64, Error> {
    if rbm.visible() < rbm.hidden() {
        return ln_z(&rbm.transpose());
    }
    check_units(rbm.hidden())?;
    let sum = Blocks::new(rbm).sum(1, |_, block, out| out[0] = total(&block.weights));
    Ok(sum.scale + sum.values[0].ln())
}

/// `ln Z` and the means of all units and of all products that the weights couple, thesis (37) and its likes for the
/// biases, summed over the states of the smaller layer.
///
/// Given h, the mean of `v_i` is `tanh(b_i + sum_a W_ia h_a)`, thesis (33): each state costs one tanh per unit of the
/// larger layer. The result does not depend on the number of threads.
///
/// # Errors
/// [`Error::TooManyStates`] when both layers have more than [`MAX_UNITS`] units.
pub fn moments(rbm: &Rbm64) -> Result<Moments, Error> {
    let (m, n) = (rbm.visible(), rbm.hidden());
    if m < n {
        let Moments { ln_z, mean_v, mean_h, mean_vh } = moments(&rbm.transpose())?;
        return Ok(Moments { ln_z, mean_v: mean_h, mean_h: mean_v, mean_vh: mean_vh.transpose() });
    }
    check_units(n)?;
    let blocks = Blocks::new(rbm);
    let low = blocks.low();
    // Rows of 1 + N sums: of w and w h_a, then of w tanh f_i and w tanh f_i h_a for every i.
    let sum = blocks.sum((m + 1) * (n + 1), |index, block, out| {
        let mut values = block.weights.clone();
        for (i, row) in out.chunks_mut(n + 1).enumerate() {
            if i > 0 {
                blocks.weighted_means(block, i - 1, &mut values);
            }
            row[0] = first_moments(&mut values, &mut row[1..=low]);
            for a in low..n {
                row[a + 1] = row[0] * unit(index, a - low);
            }
        }
    });
    let z = sum.values[0];
    let mean = |i: usize, a: usize| sum.values[i * (n + 1) + a] / z;
    Ok(Moments {
        ln_z: sum.scale + z.ln(),
        mean_v: DVector::from_fn(m, |i, _| mean(i + 1, 0)),
        mean_h: DVector::from_fn(n, |a, _| mean(0, a + 1)),
        mean_vh: DMatrix::from_fn(m, n, |i, a| mean(i + 1, a + 1)),
    })
}

/// `ln sum_h exp(b v + c h + v W h)` of every visible state, minus the free energy: the logarithm of thesis (27)
/// without its Z. Bit i of the index is unit i, set for +1.
///
/// # Errors
/// [`Error::TooManyStates`] above [`MAX_UNITS`] visible units.
pub fn ln_visible_weights(rbm: &Rbm64) -> Result<Vec<f64>, Error> {
    check_units(rbm.visible())?;
    Ok(Blocks::new(&rbm.transpose()).ln_weights())
}

/// `p(v)` of every visible state, thesis (27): bit i of the index is unit i, set for +1. That of the hidden states is
/// the same of [`Rbm64::transpose`].
///
/// # Errors
/// [`Error::TooManyStates`] above [`MAX_UNITS`] visible units.
pub fn visible_probabilities(rbm: &Rbm64) -> Result<Vec<f64>, Error> {
    Ok(normalise(ln_visible_weights(rbm)?))
}

/// One step v -> h -> v' of the sampled flow, thesis (30)-(31), exactly: the distribution of v' over all visible
/// states, given that of v. Stationary distribution: [`visible_probabilities`].
///
/// # Errors
/// [`Error::TooManyStates`] above [`MAX_UNITS`] units in both layers together, [`Error::WrongLength`] unless there are
/// `2^M` probabilities.
pub fn sampled_step(rbm: &Rbm64, probabilities: &[f64]) -> Result<Vec<f64>, Error> {
    check_units(rbm.visible() + rbm.hidden())?;
    let (found, expected) = (probabilities.len(), 1 << rbm.visible());
    if found != expected {
        return Err(Error::WrongLength { what: "the distribution", found, expected });
    }
    Ok(half_step(&half_step(probabilities, rbm), &rbm.transpose()))
}

/// The distribution of the hidden states, given that of the visible ones: given v, the units are independent.
fn half_step(from: &[f64], rbm: &Rbm64) -> Vec<f64> {
    let mut to = vec![0.0; 1 << rbm.hidden()];
    let mut joint = to.clone();
    for (state, &p) in from.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        joint[0] = p;
        for (a, column) in rbm.weights.column_iter().enumerate() {
            let fields = column.iter().enumerate().map(|(i, w)| w * unit(state, i));
            let field = rbm.hidden_bias[a] + fields.sum::<f64>();
            let (down, up) = (logistic(-2.0 * field), logistic(2.0 * field));
            let (without, with) = joint[..2 << a].split_at_mut(1 << a);
            without.iter_mut().zip(with).for_each(|(x, y)| (*x, *y) = (*x * down, *x * up));
        }
        to.iter_mut().zip(&joint).for_each(|(x, y)| *x += y);
    }
    to
}

/// `1 / (1 + e^{-x})`, to relative accuracy at both ends.
fn logistic(x: f64) -> f64 {
    (1.0 + (-x).exp()).recip()
}

/// Steps in which the sampled flow v -> h -> v' of an RBM forgets its start, `-1 / ln lambda` of the largest eigenvalue
/// below 1; from sums over both layers.
///
/// The chain is reversible: with `C[v][h] = p(v, h) / sqrt(p(v) p(h))` its eigenvalues are those of `C^T C`. Times above
/// 1e12 are lost in the rounding of `1 - lambda`. A hidden unit pinned to a site with the weight L copies it: the time is of
/// the order `e^{2L}`.
///
/// # Errors
/// [`Error::TooManyStates`] above 20 units in one layer or 8 in the other, [`Error::OutOfRange`] when all states are
/// forgotten at once.
pub fn relaxation_time(rbm: &Rbm64) -> Result<f64, Error> {
    if rbm.hidden() > rbm.visible() {
        return relaxation_time(&rbm.transpose());
    }
    for (units, limit) in [(rbm.hidden(), 8), (rbm.visible(), 20)] {
        if units > limit {
            return Err(Error::TooManyStates { units, limit });
        }
    }
    let (visible, hidden) = (ln_visible_weights(rbm)?, ln_visible_weights(&rbm.transpose())?);
    let unit = |state: usize, i: usize| if state >> i & 1 == 1 { 1.0 } else { -1.0 };
    let spins = |state: usize, n: usize| DVector::from_fn(n, |i, _| unit(state, i));
    let mut gram = DMatrix::zeros(hidden.len(), hidden.len());
    for (v, ln_v) in visible.iter().enumerate() {
        let state = spins(v, rbm.visible());
        let field = rbm.weights.tr_mul(&state) + &rbm.hidden_bias;
        let bias = rbm.visible_bias.dot(&state);
        let row = DVector::from_fn(hidden.len(), |h, _| {
            let joint = bias + field.dot(&spins(h, rbm.hidden()));
            // ln p(v, h) - (ln p(v) + ln p(h)) / 2: the constants ln Z cancel.
            (joint - 0.5 * (ln_v + hidden[h])).exp()
        });
        gram.ger(1.0, &row, &row, 1.0);
    }
    let mut eigenvalues: Vec<f64> = gram.symmetric_eigenvalues().iter().copied().collect();
    eigenvalues.sort_by(|a, b| b.total_cmp(a));
    let value = eigenvalues.get(1).copied().unwrap_or(0.0);
    match value > 0.0 {
        true => Ok(-1.0 / value.min(1.0).ln()),
        false => {
            Err(Error::OutOfRange { what: "the second eigenvalue", value, allowed: "above 0" })
        }
    }
}

pub(crate) fn check_units(units: usize) -> Result<(), Error> {
    if units > MAX_UNITS {
        return Err(Error::TooManyStates { units, limit: MAX_UNITS });
    }
    Ok(())
}

/// `KL(q || p) = sum q ln(q / p)` of two distributions over the same states, natural logarithm.
///
/// # Errors
/// [`Error::WrongLength`] when the lengths differ.
pub fn kl(q: &[f64], p: &[f64]) -> Result<f64, Error> {
    if q.len() != p.len() {
        return Err(Error::WrongLength { what: "the model", found: p.len(), expected: q.len() });
    }
    // 0 ln 0 = 0.
    Ok(q.iter().zip(p).filter(|(q, _)| **q > 0.0).map(|(q, p)| q * (q / p).ln()).sum())
}
