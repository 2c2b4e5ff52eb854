//! The mean update of contrastive divergence, exactly: a vector field over the weights, its Jacobian, its root for equal weights.
//!
//! The gradient of the likelihood is `<v_i h_a>_data - <v_i h_a>_model`, thesis (37). CD-k (`hinton-2002`, thesis (38)) takes
//! the second mean after k steps v -> h -> v' of the sampled flow that starts at the data. Averaged over data and flow, it
//! moves `W_ia` by `<v_i tanh(sum_j W_ja v_j)>_q - <v_i tanh(sum_j W_ja v_j)>_{q T^k}`, T being the transition matrix of one
//! step. That is the gradient in the limit of large k, or where q is the model's own distribution; else it is biased, and no
//! gradient of any function (`sutskever-tieleman-2010`), for its Jacobian is not symmetric.
//!
//! Everywhere `steps` is k, and `None` stands for the limit of large k: the gradient of the likelihood. RBMs have no
//! biases; updates are per unit of the learning rate.

use crate::root::bisect;
use crate::symmetric::{f, response, sampled_step};
use crate::{Error, Rbm64, enumerate};
use nalgebra::DMatrix;

/// The mean update of the weights `[visible, hidden]`, in their places. q is over all `2^M` states, bit i of the index being
/// unit i, set for +1.
///
/// # Errors
/// [`Error::OutOfRange`] for a weight that is not finite, [`Error::WrongLength`] unless q has `2^M` entries,
/// [`Error::TooManyStates`] as [`enumerate::sampled_step`].
pub fn mean_update(
    q: &[f64],
    weights: &DMatrix<f64>,
    steps: Option<u32>,
) -> Result<DMatrix<f64>, Error> {
    enumerate::check_units(weights.nrows())?;
    let (found, expected) = (q.len(), 1 << weights.nrows());
    if found != expected {
        return Err(Error::WrongLength { what: "the distribution", found, expected });
    }
    let rbm = Rbm64::without_biases(weights.clone())?;
    let p = match steps {
        None => enumerate::visible_probabilities(&rbm)?,
        Some(steps) => (0..steps).try_fold(q.to_vec(), |p, _| enumerate::sampled_step(&rbm, &p))?,
    };
    let m = weights.nrows();
    let mut update = DMatrix::zeros(m, weights.ncols());
    for (state, (q, p)) in q.iter().zip(&p).enumerate() {
        let v = DMatrix::from_fn(m, 1, |i, _| if state >> i & 1 == 1 { 1.0 } else { -1.0 });
        let hidden = weights.tr_mul(&v).map(f64::tanh);
        update.gemm(q - p, &v, &hidden.transpose(), 1.0);
    }
    Ok(update)
}

/// The Jacobian of [`mean_update`], `[a M + i, b M + j]` the derivative of the update of `W_ia` by `W_jb`: central differences
/// of 1e-4, good to about 1e-8. For `steps` of `None` it is minus the Hessian of [`crate::divergence::hessian`].
///
/// # Errors
/// As [`mean_update`].
pub fn jacobian(
    q: &[f64],
    weights: &DMatrix<f64>,
    steps: Option<u32>,
) -> Result<DMatrix<f64>, Error> {
    const STEP: f64 = 1e-4;
    let size = weights.len();
    let mut jacobian = DMatrix::zeros(size, size);
    for column in 0..size {
        let at = |shift: f64| {
            let mut moved = weights.clone();
            moved[column] += shift;
            mean_update(q, &moved, steps)
        };
        let change = (at(STEP)? - at(-STEP)?) / (2.0 * STEP);
        jacobian.column_mut(column).copy_from_slice(change.as_slice());
    }
    Ok(jacobian)
}

/// `|J - J^T| / |J + J^T|` in the Frobenius norm: 0 for the Jacobian of a gradient, which is symmetric; infinite for an
/// antisymmetric matrix.
pub fn antisymmetry(jacobian: &DMatrix<f64>) -> f64 {
    let transposed = jacobian.transpose();
    (jacobian - &transposed).norm() / (jacobian + &transposed).norm()
}

/// The equal weight at which the mean update of the weight vanishes when all are tied to one value: where training by CD-k
/// ends. The data are known by `P(V)`, `V = 2k - M`, k = 0..=M, for the RBM sees no more of them.
///
/// 0 where `<V^2> <= M`, as for [`crate::symmetric::best_weight`], which is the root for `steps` of `None`.
///
/// # Errors
/// [`Error::TooSmall`] below two visible units, [`Error::NoRoot`] where it is infinite, as for data that are all aligned, or not found below 100.
///
/// ```
/// use exact::{Ring, contrastive_divergence::equal_weight_root, symmetric::best_weight};
///
/// let ring = Ring::new(8, 1.0)?;
/// let cd_1 = equal_weight_root(&ring.magnetisation_probabilities(), 4, Some(1))?;
/// let best = best_weight(&ring.into(), 4)?;
/// assert!((cd_1 - 0.319541).abs() < 1e-6 && (best - 0.306308).abs() < 1e-6);
/// # Ok::<(), exact::Error>(())
/// ```
pub fn equal_weight_root(data: &[f64], hidden: usize, steps: Option<u32>) -> Result<f64, Error> {
    const LARGEST: f64 = 100.0;
    let visible = data.len().saturating_sub(1);
    if visible < 2 {
        return Err(Error::TooSmall {
            what: "the number of visible units",
            value: visible,
            least: 2,
        });
    }
    let update = |w: f64| {
        let model = match steps {
            None => f(visible, hidden, w),
            Some(steps) => {
                let step = |p: Vec<f64>, _| sampled_step(&p, hidden, w);
                response(&(0..steps).fold(data.to_vec(), step), w)
            }
        };
        response(data, w) - model
    };
    if data[1..visible].iter().all(|p| *p == 0.0) {
        return Err(Error::NoRoot { low: 0.0, high: f64::INFINITY });
    }
    // Of ordered data it is positive at small weights, where the flow forgets their order.
    let mut low = 1e-2;
    while update(low) <= 0.0 {
        low *= 0.5;
        if low < 1e-9 {
            return Ok(0.0);
        }
    }
    let mut high = 1.1 * low;
    while update(high) > 0.0 {
        (low, high) = (high, 1.1 * high);
        if high > LARGEST {
            return Err(Error::NoRoot { low: 0.0, high: LARGEST });
        }
    }
    bisect(update, low, high)
}
