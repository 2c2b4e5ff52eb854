//! The kernel of the sampled flow on V: its matrix, spectrum and relaxation times.

use super::flow::half_step;
use super::{sum_of, visible_sum_probabilities};
use crate::Error;
use crate::logs::{ln_2cosh, ln_binomials};
use nalgebra::DMatrix;
use std::f64::consts::SQRT_2;

/// `T[k][k']`, the probability of k' spins up one step v -> h -> v' after k, `[M + 1, M + 1]`. Rows sum to 1.
pub fn kernel(visible: usize, hidden: usize, weight: f64) -> DMatrix<f64> {
    let rows = |n: usize, to: usize| {
        let mut matrix = DMatrix::zeros(n + 1, to + 1);
        for k in 0..=n {
            let mut unit = vec![0.0; n + 1];
            unit[k] = 1.0;
            let row = half_step(&unit, to, weight);
            matrix.row_mut(k).copy_from_slice(&row);
        }
        matrix
    };
    rows(visible, hidden) * rows(hidden, visible)
}

/// An eigenvalue of the kernel and the parity of its eigenfunction under the flip of all spins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mode {
    /// The eigenvalue, from 0 to 1.
    pub eigenvalue: f64,
    /// Whether the eigenfunction is even: `u(-V) = u(V)`.
    pub even: bool,
}

/// Spectrum of the kernel; it has rank `min(M, N) + 1`, and the other eigenvalues are 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// The eigenvalues, descending; the first is 1.
    pub modes: Vec<Mode>,
    /// Steps in which the memory of the sign of V fades, `-1 / ln lambda` of the leading odd eigenvalue.
    pub relaxation_time_odd: f64,
    /// Steps in which |V| relaxes, `-1 / ln lambda` of the leading even eigenvalue below 1; 0 when there is none.
    pub relaxation_time_even: f64,
}

/// The spectrum of [`kernel`].
///
/// The chain is reversible: with `C[k][n] = p(V, H) / sqrt(p(V) p(H))` its eigenvalues are the squared singular values of
/// C, which are found separately for even and odd functions. Relaxation times are taken from
/// `1 - sigma = sum p(V, H) (u(V) - w(H))^2 / 2` with the singular functions u and w, a sum of positive terms: they keep
/// their digits where the eigenvalue is 1 to rounding, up to times of 1e20.
///
/// # Errors
/// [`Error::TooSmall`] without units, [`Error::OutOfRange`] for a weight that is not finite.
pub fn spectrum(visible: usize, hidden: usize, weight: f64) -> Result<Spectrum, Error> {
    for (what, value) in
        [("the number of visible units", visible), ("the number of hidden units", hidden)]
    {
        if value == 0 {
            return Err(Error::TooSmall { what, value, least: 1 });
        }
    }
    if !weight.is_finite() {
        return Err(Error::OutOfRange { what: "the weight", value: weight, allowed: "finite" });
    }
    let joint = Joint::new(visible, hidden, weight);
    let (even, relaxation_time_even) = joint.modes(true, 1);
    let (odd, relaxation_time_odd) = joint.modes(false, 0);
    let mode = |even| move |sigma: f64| Mode { eigenvalue: sigma * sigma, even };
    let mut modes: Vec<Mode> =
        even.into_iter().map(mode(true)).chain(odd.into_iter().map(mode(false))).collect();
    modes.sort_by(|a, b| b.eigenvalue.total_cmp(&a.eigenvalue));
    Ok(Spectrum { modes, relaxation_time_odd, relaxation_time_even })
}

/// `C[k][n] = p(V, H) / sqrt(p(V) p(H))`, and the two marginals.
struct Joint {
    visible: Vec<f64>,
    hidden: Vec<f64>,
    scaled: DMatrix<f64>,
}

impl Joint {
    fn new(visible: usize, hidden: usize, weight: f64) -> Self {
        let half_norm =
            |n: usize, other: usize, k: usize| 0.5 * other as f64 * ln_2cosh(weight * sum_of(k, n));
        let (of_visible, of_hidden) = (ln_binomials(visible), ln_binomials(hidden));
        let scaled = DMatrix::from_fn(visible + 1, hidden + 1, |k, n| {
            let exponent = weight * sum_of(k, visible) * sum_of(n, hidden);
            let norm = half_norm(visible, hidden, k) + half_norm(hidden, visible, n);
            (0.5 * (of_visible[k] + of_hidden[n]) + exponent - norm).exp()
        });
        Self {
            visible: visible_sum_probabilities(visible, hidden, weight),
            hidden: visible_sum_probabilities(hidden, visible, weight),
            scaled,
        }
    }

    /// Singular values among even or odd functions, descending, and the time `-1 / ln sigma^2` of number `which`.
    fn modes(&self, even: bool, which: usize) -> (Vec<f64>, f64) {
        let block = fold(&fold(&self.scaled, even).transpose(), even).transpose();
        if block.is_empty() {
            return (Vec::new(), 0.0);
        }
        let mut triples = singular_triples(block);
        triples.sort_by(|a, b| b.value.total_cmp(&a.value));
        let time = triples.get(which).map_or(0.0, |t| self.relaxation_time(t, even));
        // What rounding leaves of a singular value 0.
        let value = |t: &Triple| if t.value > f64::EPSILON { t.value.min(1.0) } else { 0.0 };
        let values = triples.iter().map(value).collect();
        (values, time)
    }

    fn relaxation_time(&self, mode: &Triple, even: bool) -> f64 {
        if mode.value <= f64::EPSILON {
            return 0.0;
        }
        let ln_sigma = match mode.value < 0.5 {
            true => mode.value.ln(),
            false => (-self.gap(&mode.left, &mode.right, even)).ln_1p(),
        };
        -0.5 / ln_sigma
    }

    /// `1 - sigma = sum p(V, H) (u(V) - w(H))^2 / 2` of a pair of singular functions with norm 1.
    fn gap(&self, left: &[f64], right: &[f64], even: bool) -> f64 {
        let u = unfold(left, &self.visible, even);
        let w = unfold(right, &self.hidden, even);
        let mut sum = 0.0;
        for (n, w) in w.iter().enumerate() {
            for (k, u) in u.iter().enumerate() {
                // Where a marginal is below the smallest f64, so is the term.
                let p = self.scaled[(k, n)] * (self.visible[k] * self.hidden[n]).sqrt();
                if p > 0.0 {
                    sum += p * (u - w).powi(2);
                }
            }
        }
        0.5 * sum
    }
}

/// A singular value with its vectors.
struct Triple {
    value: f64,
    left: Vec<f64>,
    right: Vec<f64>,
}

/// One-sided Jacobi: columns are rotated pairwise until all are orthogonal. It finds small singular values to their last
/// digits, where nalgebra's bidiagonalisation keeps six or so of them.
fn singular_triples(matrix: DMatrix<f64>) -> Vec<Triple> {
    if matrix.ncols() > matrix.nrows() {
        let swap = |t: Triple| Triple { left: t.right, right: t.left, ..t };
        return singular_triples(matrix.transpose()).into_iter().map(swap).collect();
    }
    let n = matrix.ncols();
    let mut columns = matrix;
    let mut right = DMatrix::identity(n, n);
    const SWEEPS: usize = 60;
    for _ in 0..SWEEPS {
        let mut largest = 0.0_f64;
        for i in 0..n {
            for j in i + 1..n {
                let (a, b) = (columns.column(i).norm_squared(), columns.column(j).norm_squared());
                let c = columns.column(i).dot(&columns.column(j));
                let cosine = c.abs() / (a * b).sqrt();
                // NaN for a column that is zero.
                if cosine.is_nan() || cosine <= f64::EPSILON {
                    continue;
                }
                largest = largest.max(cosine);
                let zeta = (b - a) / (2.0 * c);
                let t = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                rotate(&mut columns, i, j, t);
                rotate(&mut right, i, j, t);
            }
        }
        if largest < 1e-15 {
            break;
        }
    }
    let triple = |i: usize| {
        let value = columns.column(i).norm();
        let left = columns.column(i).iter().map(|x| x / value).collect();
        Triple { value, left, right: right.column(i).iter().copied().collect() }
    };
    (0..n).map(triple).collect()
}

/// Rotates columns i and j by the angle whose tangent is t.
fn rotate(matrix: &mut DMatrix<f64>, i: usize, j: usize, t: f64) {
    let cosine = t.hypot(1.0).recip();
    let sine = cosine * t;
    for row in 0..matrix.nrows() {
        let (x, y) = (matrix[(row, i)], matrix[(row, j)]);
        matrix[(row, i)] = cosine * x - sine * y;
        matrix[(row, j)] = sine * x + cosine * y;
    }
}

/// Rows x >= 0 in the basis `(|x> +- |-x>) / sqrt 2` of even or odd functions; x = 0 is even.
fn fold(matrix: &DMatrix<f64>, even: bool) -> DMatrix<f64> {
    let n = matrix.nrows() - 1;
    let first = if even { n.div_ceil(2) } else { n / 2 + 1 };
    let sign = if even { 1.0 } else { -1.0 };
    DMatrix::from_fn(n + 1 - first, matrix.ncols(), |i, j| {
        let k = first + i;
        match 2 * k == n {
            true => matrix[(k, j)],
            false => (matrix[(k, j)] + sign * matrix[(n - k, j)]) / SQRT_2,
        }
    })
}

/// The function over all sums that a vector in the folded basis of `sqrt p(x)` stands for.
fn unfold(folded: &[f64], p: &[f64], even: bool) -> Vec<f64> {
    let n = p.len() - 1;
    let first = n + 1 - folded.len();
    let sign = if even { 1.0 } else { -1.0 };
    let mut function = vec![0.0; n + 1];
    for (i, &x) in folded.iter().enumerate() {
        let k = first + i;
        let value = match p[k] > 0.0 {
            true => x / p[k].sqrt(),
            false => 0.0,
        };
        if 2 * k == n {
            function[k] = value;
        } else {
            function[k] = value / SQRT_2;
            function[n - k] = sign * function[k];
        }
    }
    function
}
