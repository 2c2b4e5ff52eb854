//! The sampled rule of a small RBM as a Markov chain on all visible states, exactly.
//!
//! `T(v'|v) = sum_h p(v'|h) p(h|v)`, thesis (30)-(31). With `C[v][h] = p(v, h) / sqrt(p(v) p(h))` the symmetrised kernel
//! `sqrt(p(v) / p(v')) T(v'|v)` is `C C^T`: the chain is in detailed balance with `p(v)`, all its eigenvalues lie between 0
//! and 1, and the autocorrelation of every observable is positive and falls.

use crate::Error;
use exact::{Rbm64, enumerate};
use nalgebra::{DMatrix, DVector};

/// The most visible and the most hidden units of a [`Transition`].
pub const MAX_UNITS: [usize; 2] = [10, 12];

/// The sampled flow of a small RBM, state by state: bit i of a state's index is unit i, set for +1.
///
/// ```
/// use flow::{chain::transition, mean::in_f64};
/// use rbm::Rbm;
///
/// // Two visible units and a hidden one: the slowest mode is the magnetisation's, lambda = tanh w tanh 2w.
/// let flow = transition(&in_f64(&Rbm::uniform(2, 1, 0.5))?)?;
/// let lambda = 0.5f64.tanh() * 1f64.tanh();
/// let found = flow.eigenvalues();
/// assert!((found[0] - 1.0).abs() < 1e-12 && (found[1] - lambda).abs() < 1e-12);
/// // Given h a unit has the mean +-tanh w: it changes sign in a step with the probability (1 - tanh^2 w) / 2.
/// assert!((flow.flip_rate()[0] - (1.0 - 0.5f64.tanh().powi(2)) / 2.0).abs() < 1e-12);
/// # Ok::<(), flow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// `T[v][v']`, the probability of v' one step after v, `[2^M, 2^M]`: rows sum to 1.
    pub matrix: DMatrix<f64>,
    /// The stationary distribution p(v) of the RBM, thesis (27).
    pub stationary: DVector<f64>,
}

/// The exact kernel of the sampled rule.
///
/// # Errors
/// [`Error::TooManyStates`] above [`MAX_UNITS`].
pub fn transition(rbm: &Rbm64) -> Result<Transition, Error> {
    let layers = [("visible", rbm.visible()), ("hidden", rbm.hidden())];
    for ((layer, units), limit) in layers.into_iter().zip(MAX_UNITS) {
        if units > limit {
            return Err(Error::TooManyStates { layer, units, limit });
        }
    }
    let stationary = enumerate::visible_probabilities(rbm)?.into();
    Ok(Transition { matrix: half_step(rbm) * half_step(&rbm.transpose()), stationary })
}

/// `p(h|v)`, `[2^M, 2^N]`: given v, the hidden units are independent.
fn half_step(rbm: &Rbm64) -> DMatrix<f64> {
    let (m, n) = (rbm.visible(), rbm.hidden());
    let mut all = DMatrix::zeros(1 << m, 1 << n);
    for state in 0..1 << m {
        let v = DVector::from_fn(m, |i, _| unit(state, i));
        let field = rbm.weights.tr_mul(&v) + &rbm.hidden_bias;
        let mut distribution = vec![1.0];
        for x in field.iter() {
            let [down, up] = [2.0 * x, -2.0 * x].map(|x| (1.0 + x.exp()).recip());
            distribution =
                [down, up].iter().flat_map(|p| distribution.iter().map(move |q| q * p)).collect();
        }
        all.row_mut(state).copy_from_slice(&distribution);
    }
    all
}

fn unit(state: usize, i: usize) -> f64 {
    if state >> i & 1 == 1 { 1.0 } else { -1.0 }
}

impl Transition {
    /// The distribution one step after `distribution`: `q(v') = sum_v q(v) T(v'|v)`.
    ///
    /// # Panics
    /// Unless there are 2^M probabilities.
    pub fn step(&self, distribution: &DVector<f64>) -> DVector<f64> {
        self.matrix.tr_mul(distribution)
    }

    /// The eigenvalues, largest first, the first being 1: real, between 0 and 1, to 1e-15. At most `2^N` are not 0.
    pub fn eigenvalues(&self) -> Vec<f64> {
        let root = self.stationary.map(f64::sqrt);
        let size = root.len();
        // Where p(v) is 0 to f64, the state is never left to, and its row of the symmetric matrix is 0.
        let ratio = |x: f64, y: f64| if y > 0.0 { x / y } else { 0.0 };
        let half = |v: usize, w: usize| ratio(root[v], root[w]) * self.matrix[(v, w)];
        let symmetric = DMatrix::from_fn(size, size, |v, w| 0.5 * (half(v, w) + half(w, v)));
        let mut values: Vec<f64> =
            symmetric.symmetric_eigenvalues().iter().map(|x| x.clamp(0.0, 1.0)).collect();
        values.sort_by(|a, b| b.total_cmp(a));
        values
    }

    /// Steps in which the flow forgets its start: `-1 / ln lambda` of the second eigenvalue; 0 where one step is enough.
    /// Times above 1e12 are lost in the rounding of lambda.
    pub fn relaxation_time(&self) -> f64 {
        match self.eigenvalues().get(1) {
            Some(&value) if value > 0.0 => -1.0 / value.ln(),
            _ => 0.0,
        }
    }

    /// The integrated autocorrelation time `1/2 + sum_{t>=1} rho(t)` of an observable, given on all states, in steps
    /// (`madras-sokal-1988`): 1/2 where successive states are independent.
    ///
    /// With f the observable less its mean it is `<f, (1 - T)^-1 f> / <f, f> - 1/2`, and by the spectrum at most
    /// `(1 + lambda) / 2 (1 - lambda)` with the second eigenvalue; times above 1e12 are lost in rounding. None for an
    /// observable that is constant.
    ///
    /// # Panics
    /// Unless there are 2^M values.
    pub fn autocorrelation_time(&self, observable: &DVector<f64>) -> Option<f64> {
        let p = &self.stationary;
        if observable.max() == observable.min() {
            return None;
        }
        let centred = observable.add_scalar(-observable.dot(p));
        let weighted = centred.component_mul(p);
        let variance = weighted.dot(&centred);
        // Every row of 1 p^T adds the mean, which is 0, and makes the inverse exist.
        let mut equation = DMatrix::identity(p.len(), p.len()) - &self.matrix;
        equation.row_iter_mut().for_each(|mut row| row += p.transpose());
        let sum = equation.lu().solve(&centred)?;
        Some(weighted.dot(&sum) / variance - 0.5)
    }

    /// The probability that one step turns unit i, in the stationary distribution: `(1 - <v_i v_i'>) / 2`, which is
    /// `(1 - <<v_i | h>^2>) / 2`.
    pub fn flip_rate(&self) -> DVector<f64> {
        let size = self.stationary.len();
        let units = size.trailing_zeros() as usize;
        DVector::from_fn(units, |i, _| {
            let turned = |v: usize| -> f64 {
                (0..size).filter(|w| (v ^ w) >> i & 1 == 1).map(|w| self.matrix[(v, w)]).sum()
            };
            (0..size).map(|v| self.stationary[v] * turned(v)).sum()
        })
    }
}
