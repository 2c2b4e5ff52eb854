//! The divergence of an RBM without biases from a distribution: its value, gradient and Hessian in the weights.
//!
//! Without biases p(v) = p(-v), so all sums run over pairs {v, -v}, represented by the state whose last unit is down,
//! and a distribution q enters by q(v) + q(-v). Weights are `[visible, hidden]`.

use crate::blocks::{first_moments, total, unit};
use crate::logs::{ln_2cosh, ln_sum_exp};
use crate::{Error, Ring, enumerate, symmetric};
use multiversion::multiversion;
use nalgebra::DMatrix;

/// The most visible units; every quantity is kept for `2^(M - 1)` pairs of states, some for each hidden unit.
pub const MAX_UNITS: usize = 20;

/// `KL(q || p) = sum_v q ln(q / p)` and its derivatives by the weights,
/// `dKL/dW_ia = <v_i h_a>_p - <v_i tanh(sum_j W_ja v_j)>_q`, thesis (37), the mean over data taken over `q(v) p(h|v)`; `[visible, hidden]`.
///
/// q is over all `2^M` states, bit i of the index being unit i, set for +1. KL is summed as `q (x - ln(1 + x))` with
/// `x = p / q - 1`, and the gradient as one mean over `p - q`: both keep their digits where p approaches q. KL is
/// infinite where `p(v)` underflows although `q(v) > 0`.
///
/// # Errors
/// [`Error::WrongLength`] unless q has `2^M` entries, [`Error::OutOfRange`] unless they are probabilities that sum to 1
/// within 1e-9 and the weights are finite, [`Error::TooSmall`] without visible units, [`Error::TooManyStates`] above
/// [`MAX_UNITS`] of them.
pub fn kl_gradient(q: &[f64], weights: &DMatrix<f64>) -> Result<(f64, DMatrix<f64>), Error> {
    let mut divergence = Divergence::new(q, weights)?;
    let mut gradient = weights.clone();
    let kl = divergence.evaluate(weights, &mut gradient);
    Ok((kl, gradient))
}

/// The Hessian of [`kl_gradient`] by `W_ia` and `W_jb`, `[a M + i, b M + j]`:
/// `<v_i v_j (t_a t_b + delta_ab (1 - t_a^2))>_p - <v_i t_a>_p <v_j t_b>_p - delta_ab <v_i v_j (1 - t_a^2)>_q`, where
/// `t_a = tanh(sum_i W_ia v_i)`.
///
/// # Errors
/// As [`kl_gradient`].
pub fn hessian(q: &[f64], weights: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
    let mut divergence = Divergence::new(q, weights)?;
    divergence.evaluate(weights, &mut weights.clone());
    let Divergence { p, excess, means, .. } = &divergence;
    let (m, n) = weights.shape();
    let mut hessian = DMatrix::zeros(m * n, m * n);
    let mut mean = DMatrix::zeros(m * n, 1);
    const CHUNK: usize = 256;
    for first in (0..p.len()).step_by(CHUNK) {
        let count = CHUNK.min(p.len() - first);
        let units = DMatrix::from_fn(m, count, |i, s| unit(first + s, i));
        let products = DMatrix::from_fn(m * n, count, |row, s| {
            units[(row % m, s)] * means[(first + s, row / m)]
        });
        let weighted = DMatrix::from_fn(m * n, count, |row, s| products[(row, s)] * p[first + s]);
        mean += weighted.column_sum();
        hessian += weighted * products.transpose();
        for a in 0..n {
            let response = DMatrix::from_fn(m, count, |i, s| {
                let t = means[(first + s, a)];
                units[(i, s)] * excess[first + s] * (1.0 - t) * (1.0 + t)
            });
            let mut block = hessian.view_mut((a * m, a * m), (m, m));
            block += response * units.transpose();
        }
    }
    hessian -= &mean * mean.transpose();
    Ok(hessian)
}

/// The eigenvalues of [`hessian`] in ascending order: the curvatures of the divergence. A negative one means that no
/// minimum is here.
///
/// # Errors
/// As [`kl_gradient`].
pub fn hessian_eigenvalues(q: &[f64], weights: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
    let mut values = hessian(q, weights)?.symmetric_eigenvalues().as_slice().to_vec();
    values.sort_by(f64::total_cmp);
    Ok(values)
}

/// The curvatures of the divergence from a ring that tell the hidden units of an equal-weight RBM apart, by Fourier
/// mode k = 0..M.
///
/// On a perturbation `x_i y_a` of the weights with `sum_a y_a = 0` the Hessian acts on x alone, as the circulant matrix
/// `B_ij = <v_i v_j (1 - t^2)>_p - <v_i v_j (1 - t^2)>_q`, `t = tanh WV`. Entry k is the eigenvalue
/// `sum_r B_{0r} cos(2 pi k r / M)`; each is N - 1 eigenvalues of [`hessian`]. A negative one makes the equal-weight
/// point a saddle, for every N above 1. With N = 1 there are no such modes and none is returned.
///
/// # Errors
/// [`Error::TooManyStates`] above [`enumerate::MAX_UNITS`] sites, [`Error::OutOfRange`] for an infinite weight or
/// coupling.
pub fn uniform_modes(ring: &Ring, hidden: usize, weight: f64) -> Result<Vec<f64>, Error> {
    let m = ring.sites();
    enumerate::check_units(m)?;
    for (what, value) in [("the coupling", ring.coupling()), ("the weight", weight)] {
        if !value.is_finite() {
            return Err(Error::OutOfRange { what, value, allowed: "finite" });
        }
    }
    if hidden < 2 {
        return Ok(Vec::new());
    }
    let turned = |state: usize, r: usize| (state >> r | state << (m - r)) & ((1 << m) - 1);
    let ln_z = symmetric::ln_z(m, hidden, weight);
    let of_walls = ring.configuration_probabilities();
    let of_ups: Vec<(f64, f64)> = (0..=m)
        .map(|k| {
            let field = weight * (2.0 * k as f64 - m as f64);
            let response = (2.0 * (ln_2cosh(0.0) - ln_2cosh(field))).exp();
            ((hidden as f64 * ln_2cosh(field) - ln_z).exp(), response)
        })
        .collect();
    // B_{0r} averaged over translations.
    let mut row = vec![0.0; m / 2 + 1];
    for state in 0..1_usize << m {
        let (p, response) = of_ups[state.count_ones() as usize];
        let walls = (state ^ turned(state, 1)).count_ones() as usize;
        let excess = (p - of_walls[walls / 2]) * response / m as f64;
        for (r, sum) in row.iter_mut().enumerate() {
            *sum += excess * (m as f64 - 2.0 * f64::from((state ^ turned(state, r)).count_ones()));
        }
    }
    let angle = std::f64::consts::TAU / m as f64;
    let mode =
        |k: usize| (0..m).map(|r| row[r.min(m - r)] * (angle * (k * r % m) as f64).cos()).sum();
    Ok((0..m).map(mode).collect())
}

/// The divergence from one distribution, with the memory that its evaluation needs. A pair of states has the index of
/// its member with the last unit down.
pub(crate) struct Divergence {
    q: Vec<f64>,
    /// What KL has from q(v) differing from q(-v), which no RBM without biases can follow.
    asymmetry: f64,
    p: Vec<f64>,
    /// p - q.
    excess: Vec<f64>,
    /// `tanh` of the hidden fields, `[pair, hidden]`.
    means: DMatrix<f64>,
    buffer: Vec<f64>,
    moments: Vec<f64>,
}

impl Divergence {
    pub(crate) fn new(q: &[f64], weights: &DMatrix<f64>) -> Result<Self, Error> {
        let (m, n) = weights.shape();
        check(q, weights)?;
        let pairs = q.len() / 2;
        let (low, high) = q.split_at(pairs);
        let sum: f64 = q.iter().sum();
        // -v has all bits flipped: the pairs' upper members come in reverse.
        let pair: Vec<f64> =
            low.iter().zip(high.iter().rev()).map(|(x, y)| (x + y) / sum).collect();
        let asymmetry = (0..2 * pairs)
            .filter(|&s| q[s] > 0.0)
            .map(|s| q[s] / sum * (2.0 * q[s] / sum / pair[s.min(2 * pairs - 1 - s)]).ln())
            .sum();
        Ok(Self {
            q: pair,
            asymmetry,
            p: vec![0.0; pairs],
            excess: vec![0.0; pairs],
            means: DMatrix::zeros(pairs, n),
            buffer: vec![0.0; pairs],
            moments: vec![0.0; m - 1],
        })
    }

    /// KL at the weights, and its gradient into `gradient`, both `[visible, hidden]`.
    pub(crate) fn evaluate(&mut self, weights: &DMatrix<f64>, gradient: &mut DMatrix<f64>) -> f64 {
        // Below this no product of cosines overflows.
        const MAX: f64 = 300.0;
        let bound: f64 = weights.iter().map(|w| w.abs() + 1.0 / weights.nrows() as f64).sum();
        if bound <= MAX {
            self.respond_by_products(weights);
        } else {
            self.respond_by_logarithms(weights);
        }
        let z = total(&self.p);
        let mut kl = self.asymmetry;
        for ((p, q), excess) in self.p.iter_mut().zip(&self.q).zip(&mut self.excess) {
            *p /= z;
            *excess = *p - q;
            kl += if *q > f64::MIN_POSITIVE { q * x_minus_ln(*p, *q, *excess / q) } else { *p };
        }
        let m = weights.nrows();
        for a in 0..weights.ncols() {
            let means = &self.means.as_slice()[a * self.p.len()..(a + 1) * self.p.len()];
            let products = self.buffer.iter_mut().zip(&self.excess).zip(means);
            products.for_each(|((x, excess), t)| *x = excess * t);
            let sum = first_moments(&mut self.buffer, &mut self.moments);
            let column = &mut gradient.as_mut_slice()[a * m..(a + 1) * m];
            column[..m - 1].copy_from_slice(&self.moments);
            column[m - 1] = -sum;
        }
        kl
    }

    /// p up to a factor, and the hidden means, from `e^{+-f}` of all states by doubling: a product per unit and state.
    fn respond_by_products(&mut self, weights: &DMatrix<f64>) {
        let pairs = self.p.len();
        self.p.fill(1.0);
        for (a, column) in weights.column_iter().enumerate() {
            let grow = &mut self.means.as_mut_slice()[a * pairs..(a + 1) * pairs];
            let lowest = (-column.sum()).exp();
            (grow[0], self.buffer[0]) = (lowest, lowest.recip());
            for (i, w) in column.iter().take(column.len() - 1).enumerate() {
                let factor = (2.0 * w).exp();
                double(grow, i, factor);
                double(&mut self.buffer, i, factor.recip());
            }
            respond(&mut self.p, grow, &self.buffer);
        }
    }

    /// The same for weights of any size.
    fn respond_by_logarithms(&mut self, weights: &DMatrix<f64>) {
        self.p.fill(0.0);
        for (state, ln_p) in self.p.iter_mut().enumerate() {
            for (a, column) in weights.column_iter().enumerate() {
                let field = column.iter().enumerate().map(|(i, w)| w * unit(state, i)).sum::<f64>();
                *ln_p += ln_2cosh(field);
                self.means[(state, a)] = field.tanh();
            }
        }
        let ln_z = ln_sum_exp(&self.p);
        self.p.iter_mut().for_each(|p| *p = (*p - ln_z).exp());
    }
}

/// Extends values over the states of `i` units to those of one more unit.
fn double(values: &mut [f64], i: usize, factor: f64) {
    let (down, up) = values[..2 << i].split_at_mut(1 << i);
    up.iter_mut().zip(down).for_each(|(up, down)| *up = *down * factor);
}

/// From `e^f` and `e^{-f}`: p times `2 cosh f`, and `tanh f` in the place of `e^f`.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn respond(p: &mut [f64], grow: &mut [f64], shrink: &[f64]) {
    for ((p, up), down) in p.iter_mut().zip(grow).zip(shrink) {
        let sum = *up + down;
        *p *= sum;
        *up = (*up - down) / sum;
    }
}

/// `x - ln(p / q)` with `x = p / q - 1`, by its series where that would cancel; what the series omits is below 1e-15.
fn x_minus_ln(p: f64, q: f64, x: f64) -> f64 {
    const SMALL: f64 = 1e-2;
    if x.abs() < SMALL {
        let tail = 1.0 / 5.0 - x * (1.0 / 6.0 - x * (1.0 / 7.0 - x * (1.0 / 8.0 - x / 9.0)));
        x * x * (1.0 / 2.0 - x * (1.0 / 3.0 - x * (1.0 / 4.0 - x * tail)))
    } else {
        x - (p / q).ln()
    }
}

fn check(q: &[f64], weights: &DMatrix<f64>) -> Result<(), Error> {
    let units = weights.nrows();
    if units == 0 {
        return Err(Error::TooSmall { what: "the number of visible units", value: 0, least: 1 });
    }
    if units > MAX_UNITS {
        return Err(Error::TooManyStates { units, limit: MAX_UNITS });
    }
    let (found, expected) = (q.len(), 1 << units);
    if found != expected {
        return Err(Error::WrongLength { what: "the distribution", found, expected });
    }
    if let Some(&value) = q.iter().find(|q| !(**q >= 0.0 && q.is_finite())) {
        let allowed = "at least 0 and finite";
        return Err(Error::OutOfRange { what: "a probability", value, allowed });
    }
    let value: f64 = q.iter().sum();
    if (value - 1.0).abs() > 1e-9 {
        let what = "the sum of the probabilities";
        return Err(Error::OutOfRange { what, value, allowed: "1 within 1e-9" });
    }
    match weights.iter().find(|w| !w.is_finite()) {
        Some(&value) => Err(Error::OutOfRange { what: "a weight", value, allowed: "finite" }),
        None => Ok(()),
    }
}
