//! The Hamiltonian that an RBM has learnt: couplings of its visible layer to all orders, exact at any size.
//!
//! `-F(v) = sum_S J_S prod_{i in S} v_i` with `J_S = 2^-M sum_v (prod_{i in S} v_i) (-F(v))`. Those of the hidden layer
//! are the same functions of [`Rbm::transpose`].
//!
//! [`all`] sums over the states of few visible units. The others need no states. In
//!
//! `ln cosh x = int_0^inf (1 - cos kx) / (k sinh(pi k / 2)) dk`
//!
//! the average of `cos kx` over independent spins is a product. With x the field of hidden unit a, where its bias c counts
//! as the weight of one more spin, which joins the set S when S is odd,
//!
//! `J_S = (-1)^{n/2 - 1} sum_a int_0^inf prod_{i in S} sin(k W_ia) prod_{i not in S} cos(k W_ia) / (k sinh(pi k / 2)) dk`
//!
//! for the even number n > 0 of factors in S. No hidden unit is replaced by an average and no field by a Gaussian one
//! (as in `decelle-2023`, and exactly in `cossu-2019` for few units): the integral in one variable is the sum over all
//! `2^M` states. The midpoint rule gives it to rounding, some 1e-15 of `ln cosh`'s scale for each hidden unit, since the
//! integrand is analytic (`trefethen-weideman-2014`): see `points`.

use crate::{Error, Rbm, partition, walsh};
use linalg::ln_2cosh;
use nalgebra::{DMatrix, DMatrixViewMut, DVector};
use rayon::prelude::*;
use std::f64::consts::{LN_2, PI};

/// `J_S` of all sets S of visible units, bit i of the index saying whether unit i is in S: J_0 is the constant.
///
/// From `-F(v)` of every state by the fast Walsh-Hadamard transform, in f64: `N 2^M` steps.
///
/// # Errors
/// [`Error::TooManyStates`] above [`partition::MAX_UNITS`] visible units.
///
/// ```
/// // ln 2 cosh(w (v_0 + v_1)) = const + K v_0 v_1 with tanh K = tanh^2 w.
/// let j = rbm::couplings::all(&rbm::Rbm::uniform(2, 1, 0.5))?;
/// assert!((j[0b11].tanh() - 0.5_f64.tanh().powi(2)).abs() < 1e-15);
/// assert_eq!((j[0b01], j[0b10]), (0.0, 0.0));
/// # Ok::<(), rbm::Error>(())
/// ```
pub fn all(rbm: &Rbm) -> Result<Vec<f64>, Error> {
    let (units, limit) = (rbm.visible(), partition::MAX_UNITS);
    if units > limit {
        return Err(Error::TooManyStates { units, limit });
    }
    let mut couplings = ln_weights(rbm);
    let states = couplings.len() as f64;
    walsh::to_products(&mut couplings);
    couplings.iter_mut().for_each(|j| *j /= states);
    Ok(couplings)
}

/// `-F(v)` of every visible state.
fn ln_weights(rbm: &Rbm) -> Vec<f64> {
    // Blocks of states that differ in their low units alone; nothing accumulates over more than M terms.
    let low = rbm.visible().min(12);
    let mut ln_weights = vec![0.0; 1 << rbm.visible()];
    ln_weights.par_chunks_mut(1 << low).enumerate().for_each(|(high, block)| {
        let fill = |fields: &mut [f64], bias: f32, weights: &[f32]| {
            let sign = |i: usize| if i >= low && high >> (i - low) & 1 == 1 { 1.0 } else { -1.0 };
            let terms = weights.iter().enumerate().map(|(i, &w)| sign(i) * f64::from(w));
            fields[0] = f64::from(bias) + terms.sum::<f64>();
            for (i, &w) in weights[..low].iter().enumerate() {
                let (done, next) = fields.split_at_mut(1 << i);
                next.iter_mut().zip(done).for_each(|(x, y)| *x = *y + 2.0 * f64::from(w));
            }
        };
        fill(block, 0.0, rbm.visible_bias.as_slice());
        let mut fields = vec![0.0; block.len()];
        for (weights, &c) in rbm.weights.column_iter().zip(&rbm.hidden_bias) {
            fill(&mut fields, c, weights.as_slice());
            block.iter_mut().zip(&fields).for_each(|(sum, &x)| *sum += ln_2cosh(x));
        }
    });
    ln_weights
}

/// `J_S` of one set S of visible units, of any order and of an RBM of any size; `[]` is the constant J_0.
///
/// # Errors
/// [`Error::Setting`] for a unit that the RBM does not have or that is named twice, and for weights too large
/// (see [`pairs`]).
///
/// ```
/// // One hidden unit of weights 1 couples a pair by artanh(tanh^2 1) = 0.665 where there are no others, and by less where
/// // 28 others add to its field.
/// let pair = |visible| rbm::couplings::of_set(&rbm::Rbm::uniform(visible, 1, 1.0), &[0, 1]);
/// assert!((pair(2)? - 1f64.tanh().powi(2).atanh()).abs() < 1e-12);
/// assert!((0.0..pair(2)?).contains(&pair(30)?));
/// # Ok::<(), rbm::Error>(())
/// ```
pub fn of_set(rbm: &Rbm, set: &[usize]) -> Result<f64, Error> {
    let units = rbm.visible();
    let mut is_in = vec![false; units + 1];
    for &unit in set {
        if unit >= units || is_in[unit] {
            let allowed = "one of the visible units, named once";
            return Err(Error::Setting { what: "a unit of the set", value: unit as f64, allowed });
        }
        is_in[unit] = true;
    }
    is_in[units] = set.len() % 2 == 1;
    let factors = set.len().next_multiple_of(2);
    let sign = if factors % 4 == 2 { 1.0 } else { -1.0 };

    let mut sum = match set {
        [] => rbm.hidden() as f64 * LN_2,
        [i] => f64::from(rbm.visible_bias[*i]),
        _ => 0.0,
    };
    for a in 0..rbm.hidden() {
        let weights = incoming(rbm, a);
        let product = |k: f64| -> f64 {
            let factor =
                |(&w, &is_in): (&f64, &bool)| if is_in { (k * w).sin() } else { (k * w).cos() };
            weights.iter().zip(&is_in).map(factor).product()
        };
        let constant = if factors == 0 { 1.0 } else { 0.0 };
        let terms = points(&weights)?.map(|(k, weight)| weight * (constant + sign * product(k)));
        sum += terms.sum::<f64>();
    }
    Ok(sum)
}

/// `J_i` of every visible unit, its bias included; zeros without biases. `M N` times the points of an integral.
///
/// # Errors
/// [`Error::Setting`] for weights too large (see [`pairs`]).
pub fn fields(rbm: &Rbm) -> Result<DVector<f64>, Error> {
    let mut fields = rbm.visible_bias.map(f64::from);
    for a in (0..rbm.hidden()).filter(|&a| rbm.hidden_bias[a] != 0.0) {
        let weights = incoming(rbm, a);
        let bias = f64::from(rbm.hidden_bias[a]);
        for (k, weight) in points(&weights)? {
            let all = weight * product_of_cosines(k, &weights) * (k * bias).tan();
            fields.iter_mut().zip(&weights).for_each(|(j, w)| *j += all * (k * w).tan());
        }
    }
    Ok(fields)
}

/// `J_ij` of all pairs of visible units, symmetric with zeros on the diagonal; to leading order `W W^T`.
///
/// `M^2 N` times the points of an integral, of which a hidden unit has `80 + 4 R` with
/// `R = min(sum |w|, 9.5 sqrt(sum w^2))` over its weights and bias.
///
/// # Errors
/// [`Error::Setting`] where R is above a million, or not a number.
///
/// ```
/// // For small weights the pairs have the couplings W W^T: here 3 w^2.
/// let j = rbm::couplings::pairs(&rbm::Rbm::uniform(8, 3, 0.01))?;
/// assert!((j[(0, 5)] / 3e-4 - 1.0).abs() < 1e-2);
/// # Ok::<(), rbm::Error>(())
/// ```
pub fn pairs(rbm: &Rbm) -> Result<DMatrix<f64>, Error> {
    /// Points at a time, which bounds the memory, and columns for a thread.
    const POINTS: usize = 256;
    const COLUMNS: usize = 64;
    let units = rbm.visible();
    let mut pairs = DMatrix::zeros(units, units);
    for a in 0..rbm.hidden() {
        let weights = incoming(rbm, a);
        let points = relevant(&weights)?;
        for points in points.chunks(POINTS) {
            // sin(k w_i) sin(k w_j) prod_others cos = tan tan prod_all cos: a sum of products of rank one.
            let mut right = DMatrix::zeros(points.len(), units);
            let columns = right.as_mut_slice().par_chunks_mut(points.len());
            columns.zip(&weights[..units]).for_each(|(column, w)| {
                column.iter_mut().zip(points).for_each(|(t, (k, _))| *t = (k * w).tan());
            });
            let mut left = right.transpose();
            left.column_iter_mut().zip(points).for_each(|(mut tan, (_, all))| tan *= *all);
            let blocks = pairs.as_mut_slice().par_chunks_mut((units * COLUMNS).max(1)).enumerate();
            blocks.for_each(|(block, columns)| {
                let (first, count) = (block * COLUMNS, columns.len() / units);
                let mut columns = DMatrixViewMut::from_slice(columns, units, count);
                let rest = units - first;
                let right = right.columns(first, count);
                columns.rows_mut(first, rest).gemm(1.0, &left.rows(first, rest), &right, 1.0);
            });
        }
    }
    pairs.fill_diagonal(0.0);
    pairs.fill_upper_triangle_with_lower_triangle();
    Ok(pairs)
}

/// The weights of hidden unit a, and its bias as the last.
fn incoming(rbm: &Rbm, a: usize) -> Vec<f64> {
    rbm.weights.column(a).iter().chain([&rbm.hidden_bias[a]]).map(|&w| w.into()).collect()
}

fn product_of_cosines(k: f64, weights: &[f64]) -> f64 {
    weights.iter().map(|w| (k * w).cos()).product()
}

/// The points k of [`points`] with their weights times all cosines, where a pair of these weights gets anything.
fn relevant(weights: &[f64]) -> Result<Vec<(f64, f64)>, Error> {
    let largest = weights.iter().fold(0.0_f64, |m, w| m.max(w.abs()));
    // Many weights make a Gaussian of the product, whose tail is dropped where it is below rounding: sines are at most
    // 1, and for weak weights a pair's are of the order w^2.
    let least = 1e-22 * (largest * largest).min(1.0);
    let points: Vec<(f64, f64)> = points(weights)?.collect();
    let points = points.into_par_iter().filter_map(|(k, weight)| {
        let all = weight * product_of_cosines(k, weights);
        let tan = weights.iter().fold(0.0_f64, |m, w| m.max((k * w).tan().abs()));
        (all.abs() * tan * tan > least).then_some((k, all))
    });
    Ok(points.collect())
}

/// The midpoint rule for `int_0^inf f(k) / (k sinh(pi k / 2)) dk`: points with their weights.
///
/// At distances h of its points, the rule sees the average of `ln cosh` over the fields x and over all their images at
/// `x + 2 pi m / h`, with the signs `(-1)^m`. Beyond a distance of 20 `ln cosh` is a straight line but for `e^{-40}`, and
/// lines have no couplings: images at a distance of 20 more than fields can reach change nothing. Fields beyond 9.5
/// standard deviations have a probability below `2 e^{-45}` (Hoeffding). At k = 25 the weight is below `e^{-39}`.
fn points(weights: &[f64]) -> Result<impl Iterator<Item = (f64, f64)>, Error> {
    const FAR: f64 = 20.0;
    const LAST: f64 = 25.0;
    const LIMIT: f64 = 1e6;
    let sum = weights.iter().map(|w| w.abs()).sum::<f64>();
    let reach = sum.min(9.5 * weights.iter().map(|w| w * w).sum::<f64>().sqrt());
    if reach.is_nan() || reach > LIMIT {
        let (what, allowed) = ("the reach of a hidden unit's field", "at most a million");
        return Err(Error::Setting { what, value: reach, allowed });
    }
    let step = 2.0 * PI / (reach + FAR);
    let count = (LAST / step).ceil() as usize;
    Ok((0..count).map(move |n| {
        let k = (n as f64 + 0.5) * step;
        (k, step / (k * (0.5 * PI * k).sinh()))
    }))
}
