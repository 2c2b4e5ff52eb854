//! How well a machine describes data: likelihood, pseudo-likelihood, reconstruction, free-energy gap, divergence.
//!
//! Data are `[visible, sample]`, units +-1. Every score is a mean over samples with its standard error, which takes the
//! samples as independent: of a series of correlated samples it must be multiplied by `sqrt(2 tau)`. It does not contain
//! the error of ln Z, which is common to all samples.

use crate::model::ln_2cosh;
use crate::{Error, Rbm};
use multiversion::multiversion;
use nalgebra::DMatrix;
use rayon::prelude::*;
use stats::Estimate;

/// Samples that go together through the products.
const BLOCK: usize = 256;
/// The most that `|2 W|` may be, and the logarithm of a product. Where one of A and B is less than the smallest f64, its
/// term is then below e^{-100} of the other's.
const MOST: f64 = 300.0;

/// Mean log-likelihood `ln p(v) = -F(v) - ln Z` of one sample, thesis (27), ln Z from
/// [`partition::ln_z`](crate::partition::ln_z).
///
/// # Errors
/// [`Error::Size`] for data of another width or without samples.
pub fn log_likelihood(rbm: &Rbm, data: &DMatrix<f32>, ln_z: f64) -> Result<Estimate, Error> {
    let free_energies = free_energies(rbm, data)?;
    let ln_p: Vec<f64> = free_energies.iter().map(|f| -f - ln_z).collect();
    Ok(Estimate::from_independent(&ln_p))
}

/// Mean pseudo-log-likelihood of one sample, `sum_i ln p(v_i | all other v)`, over all units (`besag-1975`); needs no ln Z.
///
/// `p(v_i | rest) = 1 / (1 + e^{F(v) - F(v flipped at i)})`.
///
/// # Errors
/// [`Error::Size`] for data of another width or without samples.
pub fn pseudo_log_likelihood(rbm: &Rbm, data: &DMatrix<f32>) -> Result<Estimate, Error> {
    let flips = Flips::new(rbm);
    let values = by_sample(rbm, data, |v| flips.pseudo_log_likelihoods(&v))?;
    Ok(Estimate::from_independent(&values))
}

/// Mean fraction of units that are wrong after v -> h -> v, the way there and back by means (thesis (50), (51)):
/// `(1 - v_i v'_i) / 2` is the probability that a unit of mean `v'_i` differs from `v_i`. Nothing is sampled.
///
/// # Errors
/// [`Error::Size`] for data of another width or without samples.
pub fn reconstruction_error(rbm: &Rbm, data: &DMatrix<f32>) -> Result<Estimate, Error> {
    let values = by_sample(rbm, data, |v| {
        let back = rbm.visible_mean(&rbm.hidden_mean(&v));
        let agreements = v.column_iter().zip(back.column_iter()).map(|(v, back)| v.dot(&back));
        agreements.map(|dot| 0.5 - 0.5 * f64::from(dot) / rbm.visible() as f64).collect()
    })?;
    Ok(Estimate::from_independent(&values))
}

/// Mean free energy of held-out data minus that of the training data: near 0 while the machine generalises, above 0 as
/// it begins to know the training data by heart. Z cancels, so that it costs next to nothing (`hinton-2012`).
///
/// # Errors
/// [`Error::Size`] for data of another width or without samples.
pub fn free_energy_gap(
    rbm: &Rbm,
    training: &DMatrix<f32>,
    held_out: &DMatrix<f32>,
) -> Result<Estimate, Error> {
    let training = Estimate::from_independent(&free_energies(rbm, training)?);
    let held_out = Estimate::from_independent(&free_energies(rbm, held_out)?);
    Ok(Estimate {
        mean: held_out.mean - training.mean,
        error: held_out.error.hypot(training.error),
        tau: 0.5,
        count: held_out.count + training.count,
    })
}

/// `KL(q || p) = <ln q(v) - ln p(v)>_q` from independent samples of a known q, with the exact `ln q(v)` of each.
///
/// Of the torus `ln q(v) = K sum_<ij> v_i v_j - ln Z_Ising`. Where all of q can be enumerated, so can this:
/// [`partition::kl`](crate::partition::kl).
///
/// # Errors
/// [`Error::Size`] for data of another width or without samples, or another number of `ln_q`.
pub fn kl_from_samples(
    ln_q: &[f64],
    rbm: &Rbm,
    data: &DMatrix<f32>,
    ln_z: f64,
) -> Result<Estimate, Error> {
    if ln_q.len() != data.ncols() {
        let (what, found) = ("the list of ln q", ln_q.len());
        return Err(Error::Size { what, found, expected: data.ncols() });
    }
    let free_energies = free_energies(rbm, data)?;
    let terms: Vec<f64> = ln_q.iter().zip(&free_energies).map(|(q, f)| q + f + ln_z).collect();
    Ok(Estimate::from_independent(&terms))
}

fn free_energies(rbm: &Rbm, data: &DMatrix<f32>) -> Result<Vec<f64>, Error> {
    by_sample(rbm, data, |v| rbm.free_energy(&v))
}

/// One number for each sample, worked out block by block.
fn by_sample(
    rbm: &Rbm,
    data: &DMatrix<f32>,
    of_block: impl Fn(DMatrix<f32>) -> Vec<f64> + Sync,
) -> Result<Vec<f64>, Error> {
    let (visible, samples) = data.shape();
    if visible != rbm.visible() {
        let (what, expected) = ("each sample", rbm.visible());
        return Err(Error::Size { what, found: visible, expected });
    }
    if samples == 0 {
        return Err(Error::Size { what: "the set of samples", found: 0, expected: 1 });
    }
    let blocks = (0..samples.div_ceil(BLOCK)).into_par_iter().map(|block| {
        let first = block * BLOCK;
        of_block(data.columns(first, BLOCK.min(samples - first)).into_owned())
    });
    Ok(blocks.collect::<Vec<_>>().concat())
}

/// What turning over one unit after another does to the free energy.
///
/// Turning over `v_i` takes the activation x of a hidden unit to `x - 2 v_i W_ia`, and
/// `cosh(x - y) / cosh x = A e^{-y} + B e^y` with `A = 1 / (1 + e^{-2x})`, `B = 1 / (1 + e^{2x})`: a product over hidden
/// units of tabulated exponentials, all terms positive.
struct Flips<'a> {
    rbm: &'a Rbm,
    /// `e^{2W}`, `[visible, hidden]`.
    grow: DMatrix<f64>,
    /// `e^{-2W}`.
    shrink: DMatrix<f64>,
    /// `max_i |2 W_ia|`, by which the logarithm of a factor is bounded.
    most: Vec<f64>,
}

impl<'a> Flips<'a> {
    fn new(rbm: &'a Rbm) -> Self {
        let grow = rbm.weights.map(|w| (2.0 * f64::from(w)).exp());
        let shrink = rbm.weights.map(|w| (-2.0 * f64::from(w)).exp());
        let most = rbm.weights.column_iter().map(|w| 2.0 * f64::from(w.amax())).collect();
        Self { rbm, grow, shrink, most }
    }

    fn pseudo_log_likelihoods(&self, v: &DMatrix<f32>) -> Vec<f64> {
        let (visible, hidden) = self.rbm.weights.shape();
        let mut activations = DMatrix::zeros(hidden, v.ncols());
        self.rbm.hidden_activation(v, &mut activations);
        // ln of e^{-F(v flipped at i)} / e^{-F(v)}, and the part of it that is still a product.
        let (mut ln_ratio, mut product) = (vec![0.0; visible], vec![1.0; visible]);
        let columns = v.column_iter().zip(activations.column_iter()).map(|(v, x)| {
            let v = v.as_slice();
            for ((ln_ratio, v), b) in ln_ratio.iter_mut().zip(v).zip(&self.rbm.visible_bias) {
                *ln_ratio = -2.0 * f64::from(*b) * f64::from(*v);
            }
            let mut most = 0.0;
            for (a, x) in x.iter().enumerate() {
                let x = f64::from(*x);
                if self.most[a] > MOST {
                    self.add_logarithms(a, x, v, &mut ln_ratio);
                    continue;
                }
                if most + self.most[a] > MOST {
                    take_logarithms(&mut product, &mut ln_ratio);
                    most = 0.0;
                }
                most += self.most[a];
                let units = a * visible..(a + 1) * visible;
                let tables = (&self.grow.as_slice()[units.clone()], &self.shrink.as_slice()[units]);
                let shares = (1.0 / (1.0 + (-2.0 * x).exp()), 1.0 / (1.0 + (2.0 * x).exp()));
                multiply(&mut product, v, tables, shares);
            }
            take_logarithms(&mut product, &mut ln_ratio);
            -ln_ratio.iter().map(|&r| ln_1p_exp(r)).sum::<f64>()
        });
        columns.collect()
    }

    /// One hidden unit whose exponentials f64 cannot hold.
    fn add_logarithms(&self, a: usize, x: f64, v: &[f32], ln_ratio: &mut [f64]) {
        let here = ln_2cosh(x);
        for ((sum, v), w) in ln_ratio.iter_mut().zip(v).zip(&self.rbm.weights.column(a)) {
            *sum += ln_2cosh(x - 2.0 * f64::from(*v) * f64::from(*w)) - here;
        }
    }
}

fn take_logarithms(product: &mut [f64], sum: &mut [f64]) {
    for (sum, product) in sum.iter_mut().zip(product) {
        *sum += product.ln();
        *product = 1.0;
    }
}

/// `ln(1 + e^x)` without overflow.
fn ln_1p_exp(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn multiply(product: &mut [f64], v: &[f32], (grow, shrink): (&[f64], &[f64]), (a, b): (f64, f64)) {
    for (((p, v), more), less) in product.iter_mut().zip(v).zip(grow).zip(shrink) {
        let (same, other) = if *v > 0.0 { (a, b) } else { (b, a) };
        *p *= same * less + other * more;
    }
}
