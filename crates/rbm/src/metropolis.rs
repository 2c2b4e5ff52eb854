//! Single-spin-flip Metropolis dynamics on the free energy: draws from p(v) that know nothing of hidden states.
//!
//! Flipping unit i multiplies `e^{-F(v)}` by `e^{-2 b_i v_i} prod_a cosh(x_a - 2 v_i W_ia) / cosh(x_a)` with the
//! activations `x = c + W^T v`. Each ratio is `A e^{-y} + B e^y` with `y = 2 v_i W_ia`, `A = 1 / (1 + e^{-2x})` and
//! `B = 1 / (1 + e^{2x})`: positive terms, whose product needs a logarithm only every so many units (`metropolis-1953`).
//!
//! Beside block Gibbs sampling it is an independent check: it shares no kernel and no random number with the flow. Where
//! hidden units copy a site, it moves and Gibbs sampling does not.

use crate::Rbm;
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_pcg::Pcg64;
use rayon::prelude::*;

/// The most that the logarithm of a product may be.
const MAX: f64 = 600.0;
/// Where `|2W|` is larger its exponential counts as this large: such a flip is never taken, and never missed.
const MAX_FACTOR: f64 = 600.0;

/// How long chains run, in sweeps of M attempts at units chosen at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweeps {
    /// Before the first draw.
    pub burn_in: usize,
    /// From one draw to the next.
    pub stride: usize,
    /// Draws from each chain.
    pub draws: usize,
}

/// Draws from p(v) by chains that begin at the columns of `start` `[visible, chain]`: `[visible, chain * draws]`, chain
/// after chain. Chain k has the stream k of `seed`, so that results do not depend on the threads.
///
/// # Panics
/// When the batch has another width than the RBM.
///
/// ```
/// use rbm::metropolis::{Sweeps, draws};
///
/// // Two units held together by a hidden one: <v_0 v_1> = tanh^2 w.
/// let start = nalgebra::DMatrix::from_element(2, 500, 1.0);
/// let sweeps = Sweeps { burn_in: 20, stride: 1, draws: 1 };
/// let v = draws(&rbm::Rbm::uniform(2, 1, 0.5), &start, sweeps, 1);
/// let pairs: Vec<f64> = v.column_iter().map(|v| f64::from(v[0] * v[1])).collect();
/// assert!(stats::Estimate::from_independent(&pairs).sigmas_from(0.5f64.tanh().powi(2)) < 4.0);
/// ```
pub fn draws(rbm: &Rbm, start: &DMatrix<f32>, sweeps: Sweeps, seed: u64) -> DMatrix<f32> {
    assert_eq!(start.nrows(), rbm.visible(), "the batch has another width than the RBM");
    let tables = Tables::new(rbm);
    let chain = |index: usize| {
        let mut rng = stats::stream(seed, "rbm::metropolis", index as u64);
        let mut walker = Walker::new(&tables, start.column(index).map(f64::from));
        let mut drawn = Vec::with_capacity(rbm.visible() * sweeps.draws);
        for draw in 0..sweeps.draws {
            let rest = if draw == 0 { sweeps.burn_in } else { sweeps.stride };
            (0..rest).for_each(|_| walker.sweep(&mut rng));
            drawn.extend(walker.v.iter().map(|&v| v as f32));
        }
        drawn
    };
    let chains: Vec<Vec<f32>> = (0..start.ncols()).into_par_iter().map(chain).collect();
    DMatrix::from_vec(rbm.visible(), start.ncols() * sweeps.draws, chains.concat())
}

/// The RBM in f64, with exponentials of all weights.
struct Tables {
    /// W, `[hidden, visible]`: the weights of a visible unit lie side by side.
    weights: DMatrix<f64>,
    /// `e^{2W}` and `e^{-2W}`.
    grow: DMatrix<f64>,
    shrink: DMatrix<f64>,
    visible_bias: DVector<f64>,
    hidden_bias: DVector<f64>,
    /// Hidden units whose factors multiply within f64.
    at_once: usize,
}

impl Tables {
    fn new(rbm: &Rbm) -> Self {
        let weights = rbm.weights.map(f64::from).transpose();
        let twice = weights.map(|w| (2.0 * w).clamp(-MAX_FACTOR, MAX_FACTOR));
        let most = twice.amax().max(f64::MIN_POSITIVE);
        Self {
            grow: twice.map(f64::exp),
            shrink: twice.map(|y| (-y).exp()),
            weights,
            visible_bias: rbm.visible_bias.map(f64::from),
            hidden_bias: rbm.hidden_bias.map(f64::from),
            at_once: ((MAX / most) as usize).max(1),
        }
    }
}

/// Of some hidden units, A and `e^{-y}`, or B and `e^y`.
type Side<'a> = (&'a [f64], &'a [f64]);

/// One chain.
struct Walker<'a> {
    tables: &'a Tables,
    v: DVector<f64>,
    /// `x = c + W^T v`.
    activation: DVector<f64>,
    /// `1 / (1 + e^{-2x})` and `1 / (1 + e^{2x})`, each with all its digits.
    up: DVector<f64>,
    down: DVector<f64>,
}

impl<'a> Walker<'a> {
    fn new(tables: &'a Tables, v: DVector<f64>) -> Self {
        let activation = &tables.weights * &v + &tables.hidden_bias;
        let (up, down) = (activation.map(logistic), activation.map(|x| logistic(-x)));
        Self { tables, v, activation, up, down }
    }

    fn sweep(&mut self, rng: &mut Pcg64) {
        let units = self.v.len();
        // What rounding adds up to is forgotten.
        self.activation = &self.tables.weights * &self.v + &self.tables.hidden_bias;
        for _ in 0..units {
            let i = rng.random_range(0..units);
            let ln_ratio = self.ln_ratio(i);
            if ln_ratio >= 0.0 || rng.random::<f64>() < ln_ratio.exp() {
                self.turn(i);
            }
        }
    }

    /// `F(v) - F(v flipped at i)`.
    fn ln_ratio(&self, i: usize) -> f64 {
        let (t, v) = (self.tables, self.v[i]);
        let (grow, shrink) = match v > 0.0 {
            true => (t.grow.column(i), t.shrink.column(i)),
            false => (t.shrink.column(i), t.grow.column(i)),
        };
        let grow = grow.as_slice().chunks(t.at_once);
        let shrink = shrink.as_slice().chunks(t.at_once);
        let up = self.up.as_slice().chunks(t.at_once);
        let down = self.down.as_slice().chunks(t.at_once);
        let logarithm = |((up, less), (down, more)): (Side<'_>, Side<'_>)| {
            let falling = up.iter().zip(less).map(|(a, less)| a * less);
            let rising = down.iter().zip(more).map(|(b, more)| b * more);
            falling.zip(rising).map(|(falling, rising)| falling + rising).product::<f64>().ln()
        };
        let sum: f64 = up.zip(shrink).zip(down.zip(grow)).map(logarithm).sum();
        sum - 2.0 * t.visible_bias[i] * v
    }

    fn turn(&mut self, i: usize) {
        self.v[i] = -self.v[i];
        self.activation.axpy(2.0 * self.v[i], &self.tables.weights.column(i), 1.0);
        self.up.zip_apply(&self.activation, |up, x| *up = logistic(x));
        self.down.zip_apply(&self.activation, |down, x| *down = logistic(-x));
    }
}

/// `1 / (1 + e^{-2x})`
fn logistic(x: f64) -> f64 {
    (1.0 + (-2.0 * x).exp()).recip()
}
