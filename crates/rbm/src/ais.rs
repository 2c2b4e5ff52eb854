//! Annealed importance sampling: ln Z of RBMs too large to enumerate, from below and, backwards, from above.
//!
//! From independent units of biases b0 to the RBM there are RBMs in between (`neal-2001`,
//! `salakhutdinov-murray-2008`), at inverse temperature beta from 0 to 1 with the biases `(1 - beta) b0 + beta b` and
//! `beta c` and the weights `beta W`:
//! `f_beta(v) = exp(((1 - beta) b0 + beta b) v) prod_a 2 cosh(beta (c_a + sum_i W_ia v_i))`. A chain starts as a draw from
//! the first, and before each Gibbs step at the next beta its weight is multiplied by the ratio of the two f at its state.
//! The weights' mean is `Z / Z_0` exactly, however few the steps; their spread says how well it is known.
//!
//! By Jensen's inequality the logarithm of a mean of weights lies below its own limit: [`ln_z`] is too low on average, and
//! [`reverse`], from the RBM back to independent units, too high (`grosse-2015`). Both come closer as the number of
//! steps grows.

use crate::{Error, Rbm};
use linalg::{ln_2cosh, sample_units, sum_ln_2cosh};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use stats::{Bits, Estimate};

/// Chains that go together through the products, each such block with a stream of random numbers of its own.
const BLOCK: usize = 64;

/// How long and how often to anneal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annealing {
    /// Independent chains, one weight each; at least 2.
    pub chains: usize,
    /// Distributions between the independent units and the RBM, equally spaced in beta; one Gibbs step in each.
    pub steps: usize,
}

/// ln Z, and how much the weights can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annealed {
    /// `ln Z`. The error is that of the logarithm of the weights' mean by the delta method, their standard error divided
    /// by their mean; the count is that of the chains.
    pub ln_z: Estimate,
    /// Effective number of chains, `(sum w)^2 / sum w^2`, from 1 to their number. A run whose weights come down to a few
    /// has failed, and its error means nothing.
    pub effective_chains: f64,
}

/// Biases for the independent units at the start: `b0_i = artanh(n m_i / (n + 2))` of n samples `[visible, sample]` with
/// the mean m_i, which reproduce the means as if two more samples, one of each sign, had been seen. So they are finite
/// where a column is constant, and 0 without samples.
pub fn base_bias(data: &DMatrix<f32>) -> DVector<f32> {
    let damped = (data.ncols() + 2) as f64;
    let sum = |i| data.row(i).iter().map(|&v| f64::from(v)).sum::<f64>();
    DVector::from_fn(data.nrows(), |i, _| (sum(i) / damped).atanh() as f32)
}

/// `ln Z` by annealing from independent units of the biases `base` to the RBM; a lower bound on average.
///
/// Base biases near the data's means ([`base_bias`]) make the way shorter, zeros are as right. The result is the same at
/// any number of threads.
///
/// # Errors
/// [`Error::Size`] for a base of another length, [`Error::Setting`] for fewer than 2 chains.
///
/// ```
/// use rbm::ais::{self, Annealing};
///
/// let rbm = rbm::Rbm::random(12, 8, 0.3, &mut stats::stream(1, "rbm", 0));
/// let base = nalgebra::DVector::zeros(12);
/// let annealed = ais::ln_z(&rbm, &base, Annealing { chains: 100, steps: 50 }, 1)?;
/// let exact = rbm::partition::ln_z(&rbm)?;
/// assert!(annealed.ln_z.sigmas_from(exact) < 4.0);
/// # Ok::<(), rbm::Error>(())
/// ```
pub fn ln_z(
    rbm: &Rbm,
    base: &DVector<f32>,
    annealing: Annealing,
    seed: u64,
) -> Result<Annealed, Error> {
    Ok(anneal(rbm, base, annealing, seed)?.0)
}

/// [`ln_z`], and as many draws from the RBM, `[visible, chain]`: the chains' ends, each about as often as its weight says
/// (systematic resampling). They are draws as far as the estimate can be trusted, and copies where few chains count: let
/// them take Gibbs steps of their own before [`reverse`].
///
/// # Errors
/// As [`ln_z`].
pub fn anneal(
    rbm: &Rbm,
    base: &DVector<f32>,
    Annealing { chains, steps }: Annealing,
    seed: u64,
) -> Result<(Annealed, DMatrix<f32>), Error> {
    let path = Path::new(rbm, base, steps)?;
    let (ln_weights, ends) = path.run(chains, |block, columns| {
        let mut bits = Bits::new(&mut stats::stream(seed, "rbm::ais", block as u64));
        let mut v = DMatrix::zeros(rbm.visible(), columns.len());
        v.column_iter_mut().for_each(|mut column| column.copy_from(base));
        sample_units(v.as_mut_slice(), &mut bits);
        (v, bits)
    })?;
    let phase = stats::stream(seed, "rbm::ais::ends", 0).random();
    let ends = ends.select_columns(&systematic(&relative(&ln_weights).0, phase));
    Ok((annealed(&ln_weights, path.ln_z_of_base(), 1.0), ends))
}

/// `ln Z` by annealing backwards from samples of the RBM itself, `[visible, chain]`; an upper bound on average.
///
/// `samples` must be independent draws from the RBM: from [`partition::draws`](crate::partition::draws) where a layer
/// can be enumerated, else the ends of long chains. What these have not yet forgotten, and modes that they never found,
/// can bring the bound down below ln Z, and dependent ones make the error too small.
///
/// # Errors
/// [`Error::Size`] for a base or samples of another length, [`Error::Setting`] for fewer than 2 samples.
///
/// ```
/// use rbm::{ais, partition};
///
/// // Backwards from exact draws of a small RBM, whose ln Z is known.
/// let rng = &mut stats::stream(1, "rbm", 0);
/// let rbm = rbm::Rbm::random(12, 8, 0.3, rng);
/// let base = nalgebra::DVector::zeros(12);
/// let annealed = ais::reverse(&rbm, &base, 50, &partition::draws(&rbm, 100, rng)?, 1)?;
/// assert!(annealed.ln_z.sigmas_from(partition::ln_z(&rbm)?) < 4.0);
/// # Ok::<(), rbm::Error>(())
/// ```
pub fn reverse(
    rbm: &Rbm,
    base: &DVector<f32>,
    steps: usize,
    samples: &DMatrix<f32>,
    seed: u64,
) -> Result<Annealed, Error> {
    let mut path = Path::new(rbm, base, steps)?;
    path.betas.reverse();
    if samples.nrows() != rbm.visible() {
        let (what, found) = ("each sample", samples.nrows());
        return Err(Error::Size { what, found, expected: rbm.visible() });
    }
    let (ln_weights, _) = path.run(samples.ncols(), |block, columns| {
        let bits = Bits::new(&mut stats::stream(seed, "rbm::ais::reverse", block as u64));
        (samples.columns(columns.start, columns.len()).into_owned(), bits)
    })?;
    Ok(annealed(&ln_weights, path.ln_z_of_base(), -1.0))
}

/// `ln Z_0 +- ln <w>`: backwards the mean is that of `Z_0 / Z`.
fn annealed(ln_weights: &[f64], ln_z_of_base: f64, sign: f64) -> Annealed {
    let (weights, largest) = relative(ln_weights);
    let Estimate { mean, error, tau, count } = Estimate::from_independent(&weights);
    let (sum, squares) = (weights.iter().sum::<f64>(), weights.iter().map(|w| w * w).sum::<f64>());
    let ln_z = ln_z_of_base + sign * (largest + mean.ln());
    let ln_z = Estimate { mean: ln_z, error: error / mean, tau, count };
    Annealed { ln_z, effective_chains: sum * sum / squares }
}

/// The weights, of which the largest is 1, and its logarithm.
fn relative(ln_weights: &[f64]) -> (Vec<f64>, f64) {
    let largest = ln_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (ln_weights.iter().map(|w| (w - largest).exp()).collect(), largest)
}

/// As many numbers of weights as there are, each `count w / sum w` times but for rounding up or down: those in whose share
/// of the whole lies one of the points `(0 + phase) / count`, `(1 + phase) / count`, ..
fn systematic(weights: &[f64], phase: f64) -> Vec<usize> {
    let (count, sum) = (weights.len() as f64, weights.iter().sum::<f64>());
    let mut covered = 0.0;
    let mut drawn = Vec::with_capacity(weights.len());
    for (number, weight) in weights.iter().enumerate() {
        covered += weight / sum * count;
        while drawn.len() as f64 + phase < covered {
            drawn.push(number);
        }
    }
    // Where rounding has left the last point out.
    drawn.resize(weights.len(), weights.len() - 1);
    drawn
}

/// The RBMs between independent units and the RBM.
struct Path<'a> {
    rbm: &'a Rbm,
    base: &'a DVector<f32>,
    /// `b0 - b`.
    gap: DVector<f32>,
    /// From 0 to 1, or back.
    betas: Vec<f64>,
}

impl<'a> Path<'a> {
    fn new(rbm: &'a Rbm, base: &'a DVector<f32>, steps: usize) -> Result<Self, Error> {
        if base.len() != rbm.visible() {
            let (what, found) = ("the base bias", base.len());
            return Err(Error::Size { what, found, expected: rbm.visible() });
        }
        let beta = |number: usize| number as f64 / (steps + 1) as f64;
        let betas = (0..=steps + 1).map(beta).collect();
        Ok(Self { rbm, base, gap: base - &rbm.visible_bias, betas })
    }

    /// `ln Z_0 = N ln 2 + sum_i ln 2 cosh b0_i`.
    fn ln_z_of_base(&self) -> f64 {
        let visible = self.base.iter().map(|&b| ln_2cosh(f64::from(b))).sum::<f64>();
        self.rbm.hidden() as f64 * std::f64::consts::LN_2 + visible
    }

    /// The logarithms of all weights and the last states, of chains that start block by block.
    fn run(
        &self,
        chains: usize,
        start: impl Fn(usize, std::ops::Range<usize>) -> (DMatrix<f32>, Bits) + Sync,
    ) -> Result<(Vec<f64>, DMatrix<f32>), Error> {
        if chains < 2 {
            let (what, value) = ("the number of chains", chains as f64);
            return Err(Error::Setting { what, value, allowed: "at least 2" });
        }
        let blocks = (0..chains.div_ceil(BLOCK)).into_par_iter().map(|block| {
            let (mut v, bits) = start(block, block * BLOCK..((block + 1) * BLOCK).min(chains));
            (self.sweep(&mut v, bits), v.as_slice().to_vec())
        });
        let (ln_weights, states): (Vec<_>, Vec<_>) = blocks.unzip();
        Ok((ln_weights.concat(), DMatrix::from_vec(self.rbm.visible(), chains, states.concat())))
    }

    /// Takes the chains `v` `[visible, chain]` from one beta to the next, with a Gibbs step at each but the first and the
    /// last. Returns the logarithms of the products of `f_there(v) / f_here(v)`.
    fn sweep(&self, v: &mut DMatrix<f32>, mut bits: Bits) -> Vec<f64> {
        let chains = v.ncols();
        let mut h = DMatrix::zeros(self.rbm.hidden(), chains);
        let mut ln_weights = vec![0.0; chains];
        for (number, pair) in self.betas.windows(2).enumerate() {
            let (here, there) = (pair[0], pair[1]);
            self.rbm.hidden_activation(&*v, &mut h);
            let columns = v.column_iter().zip(h.column_iter());
            for (ln_weight, (v, x)) in ln_weights.iter_mut().zip(columns) {
                // The gap is b0 - b.
                let field = (here - there) * f64::from(self.gap.dot(&v));
                let ln_2cosh = |beta| sum_ln_2cosh(beta, x.as_slice());
                *ln_weight += field + ln_2cosh(there) - ln_2cosh(here);
            }
            if number + 2 < self.betas.len() {
                self.gibbs_step(there as f32, &mut h, v, &mut bits);
            }
        }
        ln_weights
    }

    /// v -> h -> v at one beta, from the activations `c + W^T v` in `h`.
    fn gibbs_step(&self, beta: f32, h: &mut DMatrix<f32>, v: &mut DMatrix<f32>, bits: &mut Bits) {
        *h *= beta;
        sample_units(h.as_mut_slice(), bits);
        // beta h, so that the product is beta W h.
        *h *= beta;
        self.rbm.visible_activation(&*h, &mut *v);
        v.column_iter_mut().for_each(|mut column| column.axpy(1.0 - beta, &self.gap, 1.0));
        sample_units(v.as_mut_slice(), bits);
    }
}
