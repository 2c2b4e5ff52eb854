//! Fixed points of the mean rule: where the flow ends, and those that it leaves.

use crate::Error;
use crate::mean::{bound, mean_step, multipliers, scale_rows, slopes};
use exact::Rbm64;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// The largest `|F(v) - v|` of any unit that counts as rounding: some hundred times that of a tanh of sums.
const ROUNDING: f64 = 1e-13;
/// Newton's steps, and how often one of them is halved, before it is given up.
const MAX_STEPS: usize = 60;
const MAX_HALVINGS: usize = 30;

/// A solution of `v = tanh(b + W tanh(c + W^T v))`.
///
/// ```
/// use flow::{fixed_point, mean::in_f64};
/// use nalgebra::DVector;
/// use rbm::Rbm;
///
/// // Equal weights with N M w^2 = 2.88 > 1: v = 0 is unstable in one direction, and the flow aligns all units.
/// let rbm = in_f64(&Rbm::uniform(4, 2, 0.6))?;
/// let zero = fixed_point::newton(&rbm, &DVector::zeros(4))?;
/// assert!((zero.spectral_radius() - 2.88).abs() < 1e-6 && zero.unstable_directions() == 1);
/// let aligned = fixed_point::descend(&rbm, &DVector::from_element(4, 0.1), 1000)?;
/// let exact = exact::symmetric::mean_fixed_point(4, 2, 0.6);
/// assert!(aligned.is_stable() && (aligned.magnetisation() - exact).abs() < 1e-6);
/// # Ok::<(), flow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FixedPoint {
    /// The means of the visible units.
    pub v: DVector<f64>,
    /// The largest `|F(v) - v|` of any unit.
    pub residual: f64,
    /// The eigenvalues of the Jacobian at v, largest first ([`multipliers`]).
    pub multipliers: Vec<f64>,
    /// `L(v) <= ln Z` ([`bound`]); minus the naive mean-field free energy.
    pub bound: f64,
}

impl FixedPoint {
    fn at(rbm: &Rbm64, v: DVector<f64>) -> Self {
        let residual = residual(rbm, &v).amax();
        Self { multipliers: multipliers(rbm, &v), bound: bound(rbm, &v), residual, v }
    }

    /// The largest eigenvalue of the Jacobian; 0 without hidden units.
    pub fn spectral_radius(&self) -> f64 {
        self.multipliers.first().copied().unwrap_or(0.0)
    }

    /// How many eigenvalues of the Jacobian exceed 1.
    pub fn unstable_directions(&self) -> usize {
        self.multipliers.iter().filter(|&&x| x > 1.0).count()
    }

    /// Whether small deviations shrink: the spectral radius is below 1.
    pub fn is_stable(&self) -> bool {
        self.spectral_radius() < 1.0
    }

    /// `m = sum_i v_i / M`.
    pub fn magnetisation(&self) -> f64 {
        self.v.mean()
    }
}

/// A fixed point near `start` by Newton's method on `F(v) - v`, stable or not (`nocedal-wright-2006`).
///
/// A step that does not make `|F(v) - v|` smaller is halved. Which of several fixed points it finds says nothing about
/// basins of attraction: that is for [`descend`].
///
/// # Errors
/// [`Error::NoFixedPoint`] when `|F(v) - v|` has a local minimum on the way.
///
/// # Panics
/// When `start` has another length than the visible layer.
pub fn newton(rbm: &Rbm64, start: &DVector<f64>) -> Result<FixedPoint, Error> {
    let mut v = start.clone();
    let mut rest = residual(rbm, &v);
    for _ in 0..MAX_STEPS {
        let step = newton_step(rbm, &v, &rest).filter(|step| step.amax().is_finite());
        let Some(mut step) = step else { break };
        let smaller = (0..MAX_HALVINGS).find_map(|_| {
            let to = &v + &step;
            step *= 0.5;
            let left = residual(rbm, &to);
            (left.norm() < rest.norm()).then_some((to, left))
        });
        let Some((to, left)) = smaller else { break };
        (v, rest) = (to, left);
    }
    // The loop ends where no step helps: at rounding, or at a local minimum.
    match rest.amax() <= ROUNDING {
        true => Ok(FixedPoint::at(rbm, v)),
        false => Err(Error::NoFixedPoint { residual: rest.amax(), steps: MAX_STEPS }),
    }
}

/// The fixed point to which the mean flow goes from `start`, down the free energy -L, in at most so many steps.
///
/// At steps 1, 2, 4, ... Newton's method may finish what convergence by the spectral radius would draw out. It is believed
/// where it finds a stable fixed point near which the flow is already linear: one more step brings it closer as the Jacobian
/// says, but for a tenth of what the step gains. Else the flow goes on.
///
/// A start that is an unstable fixed point, or flows into one, stays there.
///
/// # Errors
/// [`Error::NoFixedPoint`] when the flow has not come to its end, as happens near a bifurcation.
///
/// # Panics
/// When `start` has another length than the visible layer.
pub fn descend(rbm: &Rbm64, start: &DVector<f64>, most: usize) -> Result<FixedPoint, Error> {
    let mut v = start.clone();
    let mut rest = residual(rbm, &v);
    for step in 0..most {
        if rest.amax() <= f64::EPSILON {
            return Ok(FixedPoint::at(rbm, v));
        }
        let next = &v + &rest;
        if step.is_power_of_two()
            && let Ok(found) = newton(rbm, &v)
            && found.is_stable()
            && is_linear(rbm, &found, &v, &next)
        {
            return Ok(found);
        }
        rest = residual(rbm, &next);
        v = next;
    }
    Err(Error::NoFixedPoint { residual: rest.amax(), steps: most })
}

/// Whether a step from v to `next` follows the Jacobian at a stable fixed point, but for a tenth of what it gains.
fn is_linear(rbm: &Rbm64, point: &FixedPoint, v: &DVector<f64>, next: &DVector<f64>) -> bool {
    let (visible, hidden) = slopes(rbm, &point.v);
    let before = v - &point.v;
    let inner = rbm.weights.tr_mul(&before).component_mul(&hidden);
    let expected = (&rbm.weights * inner).component_mul(&visible);
    let curved = (next - &point.v - expected).norm();
    curved <= (0.1 * (1.0 - point.spectral_radius()) * before.norm()).max(ROUNDING)
}

/// Fixed points of every kind, found from each start (columns `[visible, start]`) by the flow and by Newton's method:
/// different ones only, stable ones first and of these the highest [`bound`]. Without biases `-v` is a fixed point with v,
/// and only one of the two is given, that with `m > 0`.
///
/// Unstable ones are found by luck: nothing says that these are all. At most `most` steps of the flow are taken.
///
/// # Panics
/// When `starts` has another width than the RBM.
pub fn search(rbm: &Rbm64, starts: &DMatrix<f64>, most: usize) -> Vec<FixedPoint> {
    let mut points: Vec<FixedPoint> = Vec::new();
    let both = |number: usize| {
        let start = starts.column(number).into_owned();
        [descend(rbm, &start, most), newton(rbm, &start)]
    };
    let found: Vec<_> = (0..starts.ncols()).into_par_iter().map(both).collect();
    let found = found.into_iter().flatten().flatten();
    found.for_each(|point| add(rbm, &mut points, point));
    points.sort_by(|a, b| b.is_stable().cmp(&a.is_stable()).then(b.bound.total_cmp(&a.bound)));
    points
}

/// Takes a fixed point among the others, unless it or its mirror image is there.
pub(crate) fn add(rbm: &Rbm64, points: &mut Vec<FixedPoint>, mut point: FixedPoint) {
    if points.iter().any(|known| which(rbm, known, &point.v).is_some()) {
        return;
    }
    if is_odd(rbm) && point.magnetisation() < 0.0 {
        point.v.neg_mut();
    }
    points.push(point);
}

/// Whether v is this fixed point (+1) or its mirror image (-1).
///
/// A fixed point is known to its residual over `1 - radius`, which near a bifurcation is the wider one.
pub(crate) fn which(rbm: &Rbm64, point: &FixedPoint, v: &DVector<f64>) -> Option<i8> {
    let width = (1e3 * ROUNDING / (1.0 - point.spectral_radius()).abs()).clamp(1e-9, 1e-4);
    let is = |sign: f64| point.v.iter().zip(v).all(|(x, y)| (x - sign * y).abs() <= width);
    match is(1.0) {
        true => Some(1),
        false => (is_odd(rbm) && is(-1.0)).then_some(-1),
    }
}

/// Without biases F is odd.
pub(crate) fn is_odd(rbm: &Rbm64) -> bool {
    rbm.visible_bias.iter().chain(&rbm.hidden_bias).all(|&x| x == 0.0)
}

fn residual(rbm: &Rbm64, v: &DVector<f64>) -> DVector<f64> {
    mean_step(rbm, v) - v
}

/// The solution of `(1 - J) step = rest` by way of the hidden layer: with `y = D_h W^T step`,
/// `(1 - D_h W^T D_v W) y = D_h W^T rest` and `step = rest + D_v W y`.
fn newton_step(rbm: &Rbm64, v: &DVector<f64>, rest: &DVector<f64>) -> Option<DVector<f64>> {
    let (visible, hidden) = slopes(rbm, v);
    let mut up = rbm.weights.clone();
    scale_rows(&mut up, &visible);
    let mut down = rbm.weights.transpose();
    scale_rows(&mut down, &hidden);
    let n = rbm.hidden();
    let right = &down * rest;
    let y = (DMatrix::identity(n, n) - down * &up).lu().solve(&right)?;
    Some(rest + up * y)
}
