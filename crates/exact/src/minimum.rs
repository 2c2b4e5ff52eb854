//! Minima of the divergence of an RBM without biases from a distribution, by deterministic descent.

use crate::Error;
use crate::divergence::Divergence;
use nalgebra::{DMatrix, DVector};

/// Where a descent ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// W, `[visible, hidden]`.
    pub weights: DMatrix<f64>,
    /// `KL(q || p)` there.
    pub kl: f64,
    /// The Euclidean norm of its gradient there.
    pub gradient_norm: f64,
    /// Steps taken.
    pub iterations: usize,
}

/// Minimises `KL(q || p)` over the weights from `start`, `[visible, hidden]`, by the method of Broyden, Fletcher,
/// Goldfarb and Shanno with the weak Wolfe conditions (`nocedal-wright-2006`).
///
/// q is over all `2^M` states, as in [`crate::divergence::kl_gradient`]. It ends when the norm of the gradient is at
/// most `tolerance`, after `most_iterations`, or where rounding hides every decrease. The best weights may be infinite
/// (those of [`crate::decimation::pinned`] are, with KL of the order `e^{-4L}`): the weights then grow until the
/// gradient is small enough, and are finite.
///
/// # Errors
/// As [`crate::divergence::kl_gradient`].
pub fn descend(
    q: &[f64],
    start: &DMatrix<f64>,
    tolerance: f64,
    most_iterations: usize,
) -> Result<Minimum, Error> {
    let mut divergence = Divergence::new(q, start)?;
    let size = start.len();
    let mut here = Point::new(&mut divergence, start.clone());
    let mut inverse = DMatrix::identity(size, size);
    let (mut iterations, mut fresh) = (0, true);
    while iterations < most_iterations && here.gradient.norm() > tolerance {
        let direction = -(&inverse * here.gradient());
        let Some(next) = search(&mut divergence, &here, &direction) else {
            if fresh {
                break;
            }
            inverse.fill_with_identity();
            fresh = true;
            continue;
        };
        let step = next.weights() - here.weights();
        let change = next.gradient() - here.gradient();
        let curvature = step.dot(&change);
        if curvature > 0.0 {
            if fresh {
                inverse *= curvature / change.norm_squared();
            }
            update(&mut inverse, &step, &change, curvature);
            fresh = false;
        }
        here = next;
        iterations += 1;
    }
    Ok(here.minimum(iterations))
}

/// Plain descent `W <- W - rate dKL/dW` from `start`, `[visible, hidden]`, for a given number of steps.
///
/// `observe(step, KL, W)` is called before each update and once after the last, `step = 0..=steps`.
///
/// # Errors
/// As [`crate::divergence::kl_gradient`]; [`Error::OutOfRange`] for a rate that is not finite.
pub fn gradient_descent(
    q: &[f64],
    start: &DMatrix<f64>,
    rate: f64,
    steps: usize,
    mut observe: impl FnMut(usize, f64, &DMatrix<f64>),
) -> Result<Minimum, Error> {
    plain_descent(q, start, (rate, steps), &mut observe)
}

fn plain_descent(
    q: &[f64],
    start: &DMatrix<f64>,
    (rate, steps): (f64, usize),
    observe: &mut dyn FnMut(usize, f64, &DMatrix<f64>),
) -> Result<Minimum, Error> {
    if !rate.is_finite() {
        return Err(Error::OutOfRange { what: "the rate", value: rate, allowed: "finite" });
    }
    let mut divergence = Divergence::new(q, start)?;
    let mut here = Point::new(&mut divergence, start.clone());
    for step in 0..steps {
        observe(step, here.kl, &here.weights);
        here.weights.zip_apply(&here.gradient, |w, g| *w -= rate * g);
        here.kl = divergence.evaluate(&here.weights, &mut here.gradient);
    }
    observe(steps, here.kl, &here.weights);
    Ok(here.minimum(steps))
}

/// Weights with the divergence and its gradient there.
struct Point {
    weights: DMatrix<f64>,
    kl: f64,
    gradient: DMatrix<f64>,
}

impl Point {
    fn new(divergence: &mut Divergence, weights: DMatrix<f64>) -> Self {
        let mut gradient = weights.clone();
        let kl = divergence.evaluate(&weights, &mut gradient);
        Self { weights, kl, gradient }
    }

    fn weights(&self) -> nalgebra::DVectorView<'_, f64> {
        nalgebra::DVectorView::from_slice(self.weights.as_slice(), self.weights.len())
    }

    fn gradient(&self) -> nalgebra::DVectorView<'_, f64> {
        nalgebra::DVectorView::from_slice(self.gradient.as_slice(), self.gradient.len())
    }

    fn minimum(self, iterations: usize) -> Minimum {
        let gradient_norm = self.gradient.norm();
        Minimum { weights: self.weights, kl: self.kl, gradient_norm, iterations }
    }
}

/// A point along the direction with a sufficiently smaller divergence and a sufficiently smaller slope, found by
/// doubling and halving; none if the direction does not descend or rounding hides it.
///
/// KL is a sum of terms quadratic in `p / q - 1`, which is known to 1e-13 or better. Where the decrease drowns in that,
/// the slope decides alone, in the approximate form of `hager-zhang-2005`.
fn search(divergence: &mut Divergence, here: &Point, direction: &DVector<f64>) -> Option<Point> {
    const DECREASE: f64 = 1e-4;
    const CURVATURE: f64 = 0.9;
    const MAX_TRIALS: usize = 60;
    let slope = here.gradient().dot(direction);
    let noise = 1e-13 * here.kl.abs().sqrt();
    let (mut low, mut high, mut length) = (0.0, f64::INFINITY, 1.0);
    if slope >= 0.0 || slope.is_nan() {
        return None;
    }
    for _ in 0..MAX_TRIALS {
        let mut weights = here.weights.clone();
        weights.as_mut_slice().iter_mut().zip(direction.iter()).for_each(|(w, d)| *w += length * d);
        let next = Point::new(divergence, weights);
        let there = next.gradient().dot(direction);
        let hidden = next.kl <= here.kl + noise && there <= (2.0 * DECREASE - 1.0) * slope;
        let lower = next.kl <= here.kl + DECREASE * length * slope || hidden;
        if lower && there >= CURVATURE * slope {
            return Some(next);
        }
        if lower {
            low = length
        } else {
            high = length
        }
        length = if high.is_infinite() { 2.0 * length } else { 0.5 * (low + high) };
    }
    None
}

/// The inverse Hessian's update: `(1 - s y^T / s.y) H (1 - y s^T / s.y) + s s^T / s.y`.
fn update(inverse: &mut DMatrix<f64>, s: &DVector<f64>, y: &DVector<f64>, curvature: f64) {
    let projected = &*inverse * y;
    let factor = (1.0 + y.dot(&projected) / curvature) / curvature;
    inverse.ger(factor, s, s, 1.0);
    inverse.ger(-1.0 / curvature, s, &projected, 1.0);
    inverse.ger(-1.0 / curvature, &projected, s, 1.0);
}
