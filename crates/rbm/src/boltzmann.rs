//! The Boltzmann machine of the thesis' section 2.3: visible and hidden units, any of them connected.
//!
//! `p(x) = e^{-E(x)} / Z` with `E = -sum_i b_i x_i - sum_{i<j} w_ij x_i x_j` (thesis (12), (18) at T = 1), of
//! units +-1: first the visible ones v, then the hidden ones h. The machine without connections inside the two layers is
//! the restricted one. Parameters are f64 here: these machines are small, and each unit is drawn by itself.
//!
//! Everything exact goes through the fast Walsh-Hadamard transform. The couplings of all sets of units, most of them
//! zero, become `-E` of all states; the probabilities of all states become the means of all products of units.

use crate::error::{check_distribution, check_units};
use crate::{Error, Rbm, walsh};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_pcg::Pcg64;
use std::ops::Range;

/// The most units, of both layers together, whose states are summed over.
pub const MAX_UNITS: usize = 24;

/// A Boltzmann machine: symmetric couplings with a zero diagonal, and biases.
///
/// ```
/// use nalgebra::{dmatrix, dvector};
/// use rbm::boltzmann::Boltzmann;
///
/// // Two visible units of coupling K: Z = 4 cosh K and <x_0 x_1> = tanh K.
/// let machine = Boltzmann::new(dmatrix![0.0, 0.5; 0.5, 0.0], dvector![0.0, 0.0], 2)?;
/// assert!((machine.ln_z()? - (4.0 * 0.5f64.cosh()).ln()).abs() < 1e-12);
/// // Coins have <x_0 x_1> = 0: learning would lower the coupling at that rate.
/// let gradient = machine.gradient(&[0.25; 4])?;
/// assert!((gradient.couplings[(0, 1)] + 0.5f64.tanh()).abs() < 1e-12);
/// # Ok::<(), rbm::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Boltzmann {
    couplings: DMatrix<f64>,
    biases: DVector<f64>,
    visible: usize,
}

/// The direction in which the mean log-likelihood rises, `-dKL/d(.)`: `<.>_data - <.>_model`, thesis (23), (24).
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// `<x_i x_j>_data - <x_i x_j>_model`, symmetric with a zero diagonal.
    pub couplings: DMatrix<f64>,
    /// `<x_i>_data - <x_i>_model`.
    pub biases: DVector<f64>,
}

/// How much is drawn for [`Boltzmann::sampled_gradient`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Chains of the free phase, begun at random; the clamped phase has one for each sample.
    pub chains: usize,
    /// Sweeps before the first that is counted, in both phases.
    pub discarded: usize,
    /// Sweeps that are counted, in both phases; at least one.
    pub counted: usize,
}

impl Boltzmann {
    /// A machine of the given couplings and biases, whose first `visible` units are visible.
    ///
    /// # Errors
    /// [`Error::Size`] for couplings that do not fit the biases and for more visible units than there are units,
    /// [`Error::Setting`] for couplings that are not symmetric, for one of a unit with itself, and for a parameter that is
    /// not finite.
    pub fn new(
        couplings: DMatrix<f64>,
        biases: DVector<f64>,
        visible: usize,
    ) -> Result<Self, Error> {
        let units = biases.len();
        let sizes = [
            ("a column of the couplings", couplings.nrows(), units),
            ("a row of the couplings", couplings.ncols(), units),
            ("the visible layer", visible, units.min(visible)),
        ];
        for (what, found, expected) in sizes {
            if found != expected {
                return Err(Error::Size { what, found, expected });
            }
        }
        if let Some(&value) = couplings.iter().chain(&biases).find(|x| !x.is_finite()) {
            return Err(Error::Setting { what: "a parameter", value, allowed: "finite" });
        }
        for i in 0..units {
            if couplings[(i, i)] != 0.0 {
                let (what, value) = ("the coupling of a unit with itself", couplings[(i, i)]);
                return Err(Error::Setting { what, value, allowed: "0" });
            }
            if let Some(j) = (0..i).find(|&j| couplings[(i, j)] != couplings[(j, i)]) {
                let (what, value) = ("w_ij - w_ji", couplings[(i, j)] - couplings[(j, i)]);
                return Err(Error::Setting { what, value, allowed: "0" });
            }
        }
        Ok(Self { couplings, biases, visible })
    }

    /// The restricted machine, as one whose layers happen to have no connections inside.
    ///
    /// # Errors
    /// As [`Boltzmann::new`].
    pub fn from_rbm(rbm: &Rbm) -> Result<Self, Error> {
        let (m, n) = (rbm.visible(), rbm.hidden());
        let weights = rbm.weights.map(f64::from);
        let mut couplings = DMatrix::zeros(m + n, m + n);
        couplings.view_mut((0, m), (m, n)).copy_from(&weights);
        couplings.view_mut((m, 0), (n, m)).copy_from(&weights.transpose());
        let biases = rbm.visible_bias.iter().chain(&rbm.hidden_bias).map(|&b| b.into());
        Self::new(couplings, DVector::from_vec(biases.collect()), m)
    }

    /// The number of visible units M.
    pub fn visible(&self) -> usize {
        self.visible
    }

    /// The number of hidden units N.
    pub fn hidden(&self) -> usize {
        self.biases.len() - self.visible
    }

    /// w, `[unit, unit]`.
    pub fn couplings(&self) -> &DMatrix<f64> {
        &self.couplings
    }

    /// b, of visible and then hidden units.
    pub fn biases(&self) -> &DVector<f64> {
        &self.biases
    }

    /// `E(x)`, thesis (12), of a state of all units.
    ///
    /// # Panics
    /// Unless x has as many entries as there are units.
    pub fn energy(&self, x: &DVector<f64>) -> f64 {
        -self.biases.dot(x) - 0.5 * x.dot(&(&self.couplings * x))
    }

    /// Draws each of the units in turn from its distribution given all others, `p(x_i = +1) = 1 / (1 + e^{-2 a_i})` with
    /// `a_i = b_i + sum_j w_ij x_j` (thesis (17) at T = 1), `sweeps` times, in each column of x `[unit, chain]`.
    ///
    /// All units run freely with `0..M + N`; with `M..M + N` the visible ones are clamped. In a fixed order the distribution
    /// `e^{-E} / Z` is stationary, as each draw leaves it alone, and from any state all others are reached in a sweep; in
    /// the thesis' random order chains would also be reversible, and slower.
    ///
    /// # Panics
    /// Unless x has as many rows as there are units, and `units` are among them.
    pub fn sweep(&self, x: &mut DMatrix<f64>, units: Range<usize>, sweeps: usize, rng: &mut Pcg64) {
        for mut x in x.column_iter_mut() {
            for i in (0..sweeps).flat_map(|_| units.clone()) {
                let activation = self.biases[i] + self.couplings.column(i).dot(&x);
                let is_up = rng.random::<f64>() * (1.0 + (-2.0 * activation).exp()) < 1.0;
                x[i] = if is_up { 1.0 } else { -1.0 };
            }
        }
    }

    /// `ln Z`, by the states of all units.
    ///
    /// # Errors
    /// [`Error::TooManyStates`] above [`MAX_UNITS`] units.
    pub fn ln_z(&self) -> Result<f64, Error> {
        Ok(ln_sum_exp(self.ln_weights()?.into_iter()))
    }

    /// `ln p(v)` of every visible state (thesis (19)); bit i of the index is unit i, set for +1.
    ///
    /// # Errors
    /// [`Error::TooManyStates`] above [`MAX_UNITS`] units.
    pub fn ln_visible_probabilities(&self) -> Result<Vec<f64>, Error> {
        let ln_weights = self.ln_weights()?;
        let ln_z = ln_sum_exp(ln_weights.iter().copied());
        Ok(self.ln_visible_weights(&ln_weights).into_iter().map(|w| w - ln_z).collect())
    }

    /// `KL(q || p)` (thesis (22)) from a distribution over all visible states.
    ///
    /// # Errors
    /// [`Error::TooManyStates`] above [`MAX_UNITS`] units, [`Error::Size`] unless q has `2^M` entries, [`Error::Setting`] for
    /// one that is negative or not finite.
    pub fn kl(&self, q: &[f64]) -> Result<f64, Error> {
        let ln_p = self.ln_visible_probabilities()?;
        check_distribution(q, 1 << self.visible)?;
        // 0 ln 0 = 0.
        let terms = q.iter().zip(&ln_p).filter(|(q, _)| **q > 0.0);
        Ok(terms.map(|(q, ln_p)| q * (q.ln() - ln_p)).sum())
    }

    /// The learning rule (24) exactly, for a distribution q over all visible states, which [`empirical`] makes of data.
    ///
    /// Clamped, the units have the distribution `q(v) p(h | v)`; free, `p(v, h)`: the gradient is the difference of their means.
    ///
    /// # Errors
    /// [`Error::TooManyStates`] above [`MAX_UNITS`] units, [`Error::Size`] unless q has `2^M` entries, [`Error::Setting`] for
    /// one that is negative or not finite.
    pub fn gradient(&self, q: &[f64]) -> Result<Gradient, Error> {
        let mut distribution = self.ln_weights()?;
        check_distribution(q, 1 << self.visible)?;
        let ln_z = ln_sum_exp(distribution.iter().copied());
        let visible = self.ln_visible_weights(&distribution);
        for states in distribution.chunks_exact_mut(q.len()) {
            for ((x, q), ln_w) in states.iter_mut().zip(q).zip(&visible) {
                *x = q * (*x - ln_w).exp() - (*x - ln_z).exp();
            }
        }
        walsh::to_products(&mut distribution);
        let units = self.biases.len();
        let pair = |i: usize, j: usize| if i == j { 0.0 } else { distribution[1 << i | 1 << j] };
        Ok(Gradient {
            couplings: DMatrix::from_fn(units, units, pair),
            biases: DVector::from_fn(units, |i, _| distribution[1 << i]),
        })
    }

    /// The learning rule (24) by sampling, for data `[visible, sample]` of units +-1: averages over the counted sweeps of
    /// all chains, the visible units clamped to the data in the one phase, free in the other.
    ///
    /// All free units begin at random. The expectation differs from [`Boltzmann::gradient`] as far as the discarded
    /// sweeps have not led to equilibrium.
    ///
    /// # Errors
    /// [`Error::Size`] for data of another width, [`Error::TooFewSamples`] without data, [`Error::Setting`] for a unit that
    /// is not +-1, and for no chains or no counted sweeps.
    pub fn sampled_gradient(
        &self,
        data: &DMatrix<f32>,
        sampling: Sampling,
        rng: &mut Pcg64,
    ) -> Result<Gradient, Error> {
        let (found, expected) = (data.nrows(), self.visible);
        if found != expected {
            return Err(Error::Size { what: "each sample", found, expected });
        }
        if data.ncols() == 0 {
            return Err(Error::TooFewSamples { samples: 0, batch: 1 });
        }
        check_units(data)?;
        for (what, value) in [("the chains", sampling.chains), ("the sweeps", sampling.counted)] {
            if value == 0 {
                return Err(Error::Setting { what, value: 0.0, allowed: "at least 1" });
            }
        }
        let units = self.biases.len();
        let mut clamped = random_states(units, data.ncols(), rng);
        clamped.rows_mut(0, self.visible).copy_from(&data.map(f64::from));
        let mut free = random_states(units, sampling.chains, rng);
        let data = self.means(&mut clamped, self.visible..units, sampling, rng);
        let model = self.means(&mut free, 0..units, sampling, rng);
        Ok(Gradient {
            couplings: data.couplings - model.couplings,
            biases: data.biases - model.biases,
        })
    }

    /// `<x_i x_j>` and `<x_i>` over the counted sweeps of all chains.
    fn means(
        &self,
        x: &mut DMatrix<f64>,
        free: Range<usize>,
        sampling: Sampling,
        rng: &mut Pcg64,
    ) -> Gradient {
        let units = self.biases.len();
        let mut couplings = DMatrix::zeros(units, units);
        let mut biases = DVector::zeros(units);
        self.sweep(x, free.clone(), sampling.discarded, rng);
        for _ in 0..sampling.counted {
            self.sweep(x, free.clone(), 1, rng);
            couplings.gemm(1.0, x, &x.transpose(), 1.0);
            biases += x.column_sum();
        }
        let scale = 1.0 / (sampling.counted * x.ncols()) as f64;
        couplings.fill_diagonal(0.0);
        Gradient { couplings: couplings * scale, biases: biases * scale }
    }

    /// One update by the rule (24): `w <- w + eta (<x x>_data - <x x>_model)`, the biases alike.
    ///
    /// # Errors
    /// [`Error::Size`] for a gradient of another size, and as [`Boltzmann::new`] when a parameter leaves the finite
    /// numbers.
    pub fn ascend(&mut self, gradient: &Gradient, rate: f64) -> Result<(), Error> {
        let (found, expected) = (gradient.biases.len(), self.biases.len());
        if found != expected || gradient.couplings.shape() != self.couplings.shape() {
            return Err(Error::Size { what: "the gradient", found, expected });
        }
        let couplings = &self.couplings + &gradient.couplings * rate;
        let biases = &self.biases + &gradient.biases * rate;
        *self = Self::new(couplings, biases, self.visible)?;
        Ok(())
    }

    /// `-E` of every state; bit i of the index is unit i, set for +1.
    fn ln_weights(&self) -> Result<Vec<f64>, Error> {
        let (units, limit) = (self.biases.len(), MAX_UNITS);
        if units > limit {
            return Err(Error::TooManyStates { units, limit });
        }
        let mut of_sets = vec![0.0; 1 << units];
        for i in 0..units {
            of_sets[1 << i] = self.biases[i];
            (0..i).for_each(|j| of_sets[1 << i | 1 << j] = self.couplings[(i, j)]);
        }
        walsh::to_states(&mut of_sets);
        Ok(of_sets)
    }

    /// `ln sum_h e^{-E(v, h)}` of every visible state: hidden units are the high bits.
    fn ln_visible_weights(&self, ln_weights: &[f64]) -> Vec<f64> {
        let states = 1 << self.visible;
        let of = |v: usize| ln_sum_exp(ln_weights[v..].iter().step_by(states).copied());
        (0..states).map(of).collect()
    }
}

/// The frequency of every visible state in data `[visible, sample]` of units +-1.
///
/// # Errors
/// [`Error::TooManyStates`] above [`MAX_UNITS`] units, [`Error::TooFewSamples`] without data, [`Error::Setting`] for a
/// unit that is not +-1.
pub fn empirical(data: &DMatrix<f32>) -> Result<Vec<f64>, Error> {
    let (units, limit) = (data.nrows(), MAX_UNITS);
    if units > limit {
        return Err(Error::TooManyStates { units, limit });
    }
    if data.ncols() == 0 {
        return Err(Error::TooFewSamples { samples: 0, batch: 1 });
    }
    check_units(data)?;
    let mut q = vec![0.0; 1 << units];
    for v in data.column_iter() {
        let state: usize = v.iter().enumerate().map(|(i, &v)| usize::from(v > 0.0) << i).sum();
        q[state] += 1.0 / data.ncols() as f64;
    }
    Ok(q)
}

fn random_states(units: usize, chains: usize, rng: &mut Pcg64) -> DMatrix<f64> {
    DMatrix::from_fn(units, chains, |_, _| if rng.random::<bool>() { 1.0 } else { -1.0 })
}

/// `ln sum e^x`, without overflow.
fn ln_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    largest + values.map(|x| (x - largest).exp()).sum::<f64>().ln()
}
