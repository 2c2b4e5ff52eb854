//! Exact sums over the states of one layer: partition function, p(v), means, Kullback-Leibler divergence, draws.

use crate::error::check_distribution;
use crate::states::{MAX_LOW, States, fold, total, unit};
use crate::{Error, Rbm};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_pcg::Pcg64;

/// The most units that are summed over.
pub const MAX_UNITS: usize = 24;

/// Exact means of an RBM: what the gradient of the likelihood subtracts from the data.
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
/// # Errors
/// [`Error::TooManyStates`] when both layers have more than [`MAX_UNITS`] units.
///
/// ```
/// // Equal weights on two visible units: Z = sum_h (2 cosh w h)^2 = 8 cosh^2 w.
/// let ln_z = rbm::partition::ln_z(&rbm::Rbm::uniform(2, 1, 0.5))?;
/// assert!((ln_z - (8.0 * 0.5f64.cosh().powi(2)).ln()).abs() < 1e-12);
/// # Ok::<(), rbm::Error>(())
/// ```
pub fn ln_z(rbm: &Rbm) -> Result<f64, Error> {
    if rbm.visible() < rbm.hidden() {
        return ln_z(&rbm.transpose());
    }
    check_units(rbm.hidden())?;
    let sum = States::new(rbm).sum(1, |_, block, out| out[0] = total(&block.weights));
    Ok(sum.scale + sum.values[0].ln())
}

/// `ln Z` and the means of all units and of all products that the weights couple: the model's side of thesis (37) and of
/// its likes for the biases, summed over the states of the smaller layer.
///
/// Given h, the mean of `v_i` is `tanh(b_i + sum_a W_ia h_a)`, thesis (33).
///
/// # Errors
/// [`Error::TooManyStates`] when both layers have more than [`MAX_UNITS`] units.
pub fn moments(rbm: &Rbm) -> Result<Moments, Error> {
    let (m, n) = (rbm.visible(), rbm.hidden());
    if m < n {
        let Moments { ln_z, mean_v, mean_h, mean_vh } = moments(&rbm.transpose())?;
        return Ok(Moments { ln_z, mean_v: mean_h, mean_h: mean_v, mean_vh: mean_vh.transpose() });
    }
    check_units(n)?;
    let states = States::new(rbm);
    let low = states.low();
    // Rows of 1 + N sums: of w and w h_a, then of w <v_i | h> and w <v_i | h> h_a for every i.
    let sum = states.sum((m + 1) * (n + 1), |index, block, out| {
        let mut scratch = [0.0; 1 << MAX_LOW];
        let values = &mut scratch[..1 << low];
        for (row, sums) in out.chunks_exact_mut(n + 1).enumerate() {
            match row.checked_sub(1) {
                None => values.copy_from_slice(&block.weights),
                Some(i) => states.weighted_means(block, i, values),
            }
            sums[0] = fold(values, &mut sums[1..=low]);
            for a in low..n {
                sums[a + 1] = sums[0] * unit(index, a - low);
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

/// `p(v)` of every visible state; bit i of the index is unit i, set for +1 (thesis (27)).
///
/// # Errors
/// [`Error::TooManyStates`] above [`MAX_UNITS`] visible units.
///
/// ```
/// // Two visible units held together by a hidden one: each of the two aligned states has (1 + tanh^2 w) / 4.
/// let p = rbm::partition::visible_probabilities(&rbm::Rbm::uniform(2, 1, 0.5))?;
/// let aligned = (1.0 + 0.5f64.tanh().powi(2)) / 4.0;
/// assert!((p[0b00] - aligned).abs() < 1e-12 && (p[0b11] - aligned).abs() < 1e-12);
/// # Ok::<(), rbm::Error>(())
/// ```
pub fn visible_probabilities(rbm: &Rbm) -> Result<Vec<f64>, Error> {
    Ok(ln_visible_probabilities(rbm)?.into_iter().map(f64::exp).collect())
}

/// `ln p(v)`, finite also where p(v) is below the smallest f64.
fn ln_visible_probabilities(rbm: &Rbm) -> Result<Vec<f64>, Error> {
    check_units(rbm.visible())?;
    let mut ln_p = States::new(&rbm.transpose()).ln_weights();
    let largest = largest(&ln_p);
    let ln_z = largest + ln_p.iter().map(|w| (w - largest).exp()).sum::<f64>().ln();
    ln_p.iter_mut().for_each(|w| *w -= ln_z);
    Ok(ln_p)
}

/// `KL(q || p) = sum_v q ln(q / p)` of the RBM from a distribution over all visible states, indexed as
/// [`visible_probabilities`].
///
/// # Errors
/// [`Error::Size`] unless q has `2^M` entries, [`Error::TooManyStates`] above [`MAX_UNITS`] visible units,
/// [`Error::Setting`] for a q that is negative or not finite.
///
/// ```
/// // From coins to two units of correlation c = tanh^2 w: -ln(1 - c^2) / 2.
/// let kl = rbm::partition::kl(&[0.25; 4], &rbm::Rbm::uniform(2, 1, 0.5))?;
/// assert!((kl + 0.5 * (1.0 - 0.5f64.tanh().powi(4)).ln()).abs() < 1e-12);
/// # Ok::<(), rbm::Error>(())
/// ```
pub fn kl(q: &[f64], rbm: &Rbm) -> Result<f64, Error> {
    check_units(rbm.visible())?;
    check_distribution(q, 1 << rbm.visible())?;
    let ln_p = ln_visible_probabilities(rbm)?;
    // 0 ln 0 = 0.
    Ok(q.iter().zip(&ln_p).filter(|(q, _)| **q > 0.0).map(|(q, ln_p)| q * (q.ln() - ln_p)).sum())
}

/// Independent draws of v from the RBM itself, `[visible, draw]`: the state of the smaller layer by inversion of its
/// enumerated distribution, the visible layer, where it is the larger, by [`Rbm::sample_visible`].
///
/// Holds one f64 for each state of the smaller layer: 128 MB at [`MAX_UNITS`] units.
///
/// # Errors
/// [`Error::TooManyStates`] when both layers have more than [`MAX_UNITS`] units.
pub fn draws(rbm: &Rbm, count: usize, rng: &mut Pcg64) -> Result<DMatrix<f32>, Error> {
    if rbm.visible() < rbm.hidden() {
        return hidden_draws(&rbm.transpose(), count, rng);
    }
    Ok(rbm.sample_visible(&hidden_draws(rbm, count, rng)?, rng))
}

/// Independent draws of h, `[hidden, draw]`.
fn hidden_draws(rbm: &Rbm, count: usize, rng: &mut Pcg64) -> Result<DMatrix<f32>, Error> {
    check_units(rbm.hidden())?;
    let mut cumulative = States::new(rbm).ln_weights();
    let largest = largest(&cumulative);
    let mut sum = 0.0;
    for weight in &mut cumulative {
        sum += (*weight - largest).exp();
        *weight = sum;
    }
    let mut h = DMatrix::zeros(rbm.hidden(), count);
    for mut column in h.column_iter_mut() {
        let u = sum * rng.random::<f64>();
        let state = cumulative.partition_point(|&c| c <= u).min(cumulative.len() - 1);
        column.iter_mut().enumerate().for_each(|(a, h)| *h = unit(state, a) as f32);
    }
    Ok(h)
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

pub(crate) fn check_units(units: usize) -> Result<(), Error> {
    match units > MAX_UNITS {
        true => Err(Error::TooManyStates { units, limit: MAX_UNITS }),
        false => Ok(()),
    }
}
