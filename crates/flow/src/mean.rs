//! The mean rule as a map in f64: what it climbs, its Jacobian, and where it is stable.
//!
//! `F(v) = tanh(b + W tanh(c + W^T v))`, thesis (50)-(51).
//!
//! **What it climbs.** For a distribution of independent units with means v and h, Gibbs' inequality bounds the partition function
//! (`jordan-1999`):
//!
//! ```text
//! ln Z >= L(v, h) = S(v) + S(h) + b v + c h + v W h,    S(x) = -sum_+- (1 +- x)/2 ln((1 +- x)/2)
//! ```
//!
//! summed over the units of a layer. At fixed v, L is concave in h with its maximum at `h = tanh(c + W^T v)`, and at fixed
//! h likewise in v: each half of a step maximises L over one layer. With [`bound`] for `L(v) = max_h L(v, h)`,
//!
//! ```text
//! L(F(v)) - L(v) >= KL(v || F(v)) >= |F(v) - v|^2 / 2
//! ```
//!
//! where KL is the divergence of the two distributions of independent units: the first inequality because the divergence
//! is what the maximum over v gains, and the second is Pinsker's, unit by unit. Since L is at most ln Z, the sum of all
//! `|F(v) - v|^2` along the flow is at most `2 (ln Z - L(v_0))`: there are no cycles and no chaos, and whatever the flow
//! comes near to again and again is a fixed point. This is the mean-field theory of the RBM, not the RBM: a fixed point is
//! a stationary point of the naive mean-field free energy -L.
//!
//! **Where it is stable.** With `D_v = 1 - F(v)^2` and `D_h = 1 - h^2` the Jacobian `J = D_v W D_h W^T` has the eigenvalues
//! of `S S^T`, `S = D_v^{1/2} W D_h^{1/2}`: real and not negative. At v = 0 without biases they are the squared singular
//! values of W, so that v = 0 is stable if and only if the largest is below 1, and has as many unstable directions as there
//! are singular values above 1. Unstable means that one of them exceeds 1; an eigenvalue -1, where a cycle of two would be
//! born, does not occur.

use crate::Error;
use exact::Rbm64;
use linalg::ln_2cosh;
use nalgebra::{DMatrix, DVector};
use rbm::Rbm;

/// The RBM in f64, with the same parameters to the bit.
///
/// # Errors
/// [`Error::Exact`] for a parameter that is not finite.
pub fn in_f64(rbm: &Rbm) -> Result<Rbm64, Error> {
    let wide = |bias: &DVector<f32>| bias.map(f64::from);
    let (b, c) = (wide(&rbm.visible_bias), wide(&rbm.hidden_bias));
    Ok(Rbm64::new(rbm.weights.map(f64::from), b, c)?)
}

/// `h = tanh(c + W^T v)`, thesis (50).
///
/// # Panics
/// As all functions of this module, when v has another length than the visible layer.
pub fn hidden_mean(rbm: &Rbm64, v: &DVector<f64>) -> DVector<f64> {
    (rbm.weights.tr_mul(v) + &rbm.hidden_bias).map(f64::tanh)
}

/// `F(v) = tanh(b + W tanh(c + W^T v))`, thesis (50)-(51).
pub fn mean_step(rbm: &Rbm64, v: &DVector<f64>) -> DVector<f64> {
    (&rbm.weights * hidden_mean(rbm, v) + &rbm.visible_bias).map(f64::tanh)
}

/// `L(v) = S(v) + b v + sum_a ln 2 cosh(c_a + sum_i W_ia v_i)`, at most ln Z, for v in `[-1, 1]`: what the mean rule climbs
/// (see the [module](self)). Its terms add up with relative rounding 1e-16.
///
/// ```
/// use flow::mean::{bound, in_f64};
/// use nalgebra::DVector;
/// use rbm::{Rbm, partition};
///
/// // At v = 0 it is that of free units, (M + N) ln 2; ln Z is above.
/// let rbm = Rbm::uniform(4, 2, 0.6);
/// let free = bound(&in_f64(&rbm)?, &DVector::zeros(4));
/// assert!((free - 6.0 * 2f64.ln()).abs() < 1e-12);
/// assert!(partition::ln_z(&rbm).is_ok_and(|ln_z| ln_z > free));
/// # Ok::<(), flow::Error>(())
/// ```
pub fn bound(rbm: &Rbm64, v: &DVector<f64>) -> f64 {
    let field = rbm.weights.tr_mul(v) + &rbm.hidden_bias;
    let hidden: f64 = field.iter().map(|&x| ln_2cosh(x)).sum();
    v.iter().map(|&x| entropy(x)).sum::<f64>() + rbm.visible_bias.dot(v) + hidden
}

/// `J(v) = diag(1 - F^2) W diag(1 - h^2) W^T`, `[visible, visible]`: `J_ij = dF_i / dv_j`.
pub fn jacobian(rbm: &Rbm64, v: &DVector<f64>) -> DMatrix<f64> {
    let (visible, hidden) = slopes(rbm, v);
    let mut left = rbm.weights.clone();
    scale_rows(&mut left, &visible);
    let mut right = rbm.weights.transpose();
    scale_rows(&mut right, &hidden);
    left * right
}

/// The eigenvalues of [`jacobian`], largest first, as many as the smaller layer has units; the others are 0. They are
/// squared singular values, real and not negative, to 1e-15 of the largest.
pub fn multipliers(rbm: &Rbm64, v: &DVector<f64>) -> Vec<f64> {
    let (visible, hidden) = slopes(rbm, v);
    let mut scaled = rbm.weights.clone();
    scale_rows(&mut scaled, &visible.map(f64::sqrt));
    let mut scaled = scaled.transpose();
    scale_rows(&mut scaled, &hidden.map(f64::sqrt));
    if scaled.is_empty() {
        return Vec::new();
    }
    let gram = match rbm.hidden() <= rbm.visible() {
        true => &scaled * scaled.transpose(),
        false => scaled.tr_mul(&scaled),
    };
    let mut values: Vec<f64> = gram.symmetric_eigenvalues().iter().map(|x| x.max(0.0)).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

/// The largest of [`multipliers`]: below 1 where small deviations shrink; 0 without hidden units.
pub fn spectral_radius(rbm: &Rbm64, v: &DVector<f64>) -> f64 {
    multipliers(rbm, v).first().copied().unwrap_or(0.0)
}

/// How many of [`multipliers`] exceed 1.
pub fn unstable_directions(rbm: &Rbm64, v: &DVector<f64>) -> usize {
    multipliers(rbm, v).iter().filter(|&&x| x > 1.0).count()
}

/// Slopes of both layers' tanh at v: `1 - F^2` and `1 - h^2`, which keep their digits where the units saturate.
pub(crate) fn slopes(rbm: &Rbm64, v: &DVector<f64>) -> (DVector<f64>, DVector<f64>) {
    let slope = |field: f64| field.cosh().powi(-2);
    let hidden_field = rbm.weights.tr_mul(v) + &rbm.hidden_bias;
    let visible_field = &rbm.weights * hidden_field.map(f64::tanh) + &rbm.visible_bias;
    (visible_field.map(slope), hidden_field.map(slope))
}

/// Multiplies row i by factor i.
pub(crate) fn scale_rows(matrix: &mut DMatrix<f64>, factors: &DVector<f64>) {
    matrix.column_iter_mut().for_each(|mut column| column.component_mul_assign(factors));
}

/// The entropy of a unit of mean x, in nats.
fn entropy(x: f64) -> f64 {
    let term = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    term(0.5 * (1.0 + x)) + term(0.5 * (1.0 - x))
}
