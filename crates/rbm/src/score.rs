//! How well an RBM describes data: likelihood, pseudo-likelihood, reconstruction, free-energy gap, divergence.
//!
//! Data are `[visible, sample]`, units +-1. Every score is a mean over samples with its standard error, which takes the
//! samples as independent: of a series of correlated samples it must be multiplied by `sqrt(2 tau)`. It does not contain
//! the error of ln Z, which is common to all samples.

use crate::error::check_units;
use crate::{Error, Rbm};
use linalg::ln_2cosh;
use multiversion::multiversion;
use nalgebra::{DMatrix, DVectorView};
use rayon::prelude::*;
use stats::Estimate;

/// Samples that go together through the products.
const BLOCK: usize = 256;
/// The most that `|2 W|` may be, and the logarithm of a product or its inverse. Where one of A and B is less than the
/// smallest f64, its term is then below e^{-100} of the other's.
const MAX: f64 = 300.0;
/// When a product of numbers up to `1 + e^300` is replaced by its logarithm.
const LARGE: f64 = 1e150;

/// Mean log-likelihood `ln p(v) = -F(v) - ln Z` of one sample, thesis (27), ln Z from
/// [`partition::ln_z`](crate::partition::ln_z) or [`ais::ln_z`](crate::ais::ln_z).
///
/// # Errors
/// [`Error::Size`] for data of another width or without samples, [`Error::Setting`] for a unit that is not +-1.
///
/// ```
/// use rbm::{Rbm, partition, score};
///
/// // Without weights all 2^4 visible states are equally likely.
/// let (rbm, data) = (Rbm::uniform(4, 2, 0.0), nalgebra::DMatrix::from_element(4, 10, 1.0));
/// let found = score::log_likelihood(&rbm, &data, partition::ln_z(&rbm)?)?;
/// assert!((found.mean + 4.0 * 2f64.ln()).abs() < 1e-12);
/// # Ok::<(), rbm::Error>(())
/// ```
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
/// [`Error::Size`] for data of another width or without samples, [`Error::Setting`] for a unit that is not +-1.
///
/// ```
/// // Two aligned units of coupling K = artanh tanh^2 w: each is as the other wants it with 1 / (1 + e^{-2K}).
/// let (rbm, aligned) = (rbm::Rbm::uniform(2, 1, 0.5), nalgebra::DMatrix::from_element(2, 1, 1.0));
/// let found = rbm::score::pseudo_log_likelihood(&rbm, &aligned)?.mean;
/// let k = 0.5f64.tanh().powi(2).atanh();
/// assert!((found + 2.0 * (-2.0 * k).exp().ln_1p()).abs() < 1e-6);
/// # Ok::<(), rbm::Error>(())
/// ```
pub fn pseudo_log_likelihood(rbm: &Rbm, data: &DMatrix<f32>) -> Result<Estimate, Error> {
    let flips = Flips::new(rbm);
    let values = by_sample(rbm, data, |v| flips.pseudo_log_likelihoods(&v))?;
    Ok(Estimate::from_independent(&values))
}

/// Mean fraction of units that are wrong after v -> h -> v, the way there and back by means (thesis (50), (51)):
/// `(1 - v_i v'_i) / 2` is the probability that a unit of mean `v'_i` differs from `v_i`. Nothing is sampled.
///
/// # Errors
/// [`Error::Size`] for data of another width or without samples, [`Error::Setting`] for a unit that is not +-1.
///
/// ```
/// // Without weights nothing comes back, and half of the units are wrong by chance.
/// let (rbm, data) = (rbm::Rbm::uniform(4, 2, 0.0), nalgebra::DMatrix::from_element(4, 3, 1.0));
/// assert_eq!(rbm::score::reconstruction_error(&rbm, &data)?.mean, 0.5);
/// # Ok::<(), rbm::Error>(())
/// ```
pub fn reconstruction_error(rbm: &Rbm, data: &DMatrix<f32>) -> Result<Estimate, Error> {
    let values = by_sample(rbm, data, |v| {
        let back = rbm.visible_mean(&rbm.hidden_mean(&v));
        let agreements = v.column_iter().zip(back.column_iter()).map(|(v, back)| v.dot(&back));
        agreements.map(|dot| 0.5 - 0.5 * f64::from(dot) / rbm.visible() as f64).collect()
    })?;
    Ok(Estimate::from_independent(&values))
}

/// Mean free energy of held-out data minus that of the training data: near 0 while the RBM generalises, above 0 as
/// it begins to know the training data by heart. Z cancels, so that it costs next to nothing (`hinton-2012`).
///
/// # Errors
/// [`Error::Size`] for data of another width or without samples, [`Error::Setting`] for a unit that is not +-1.
pub fn free_energy_gap(
    rbm: &Rbm,
    training: &DMatrix<f32>,
    held_out: &DMatrix<f32>,
) -> Result<Estimate, Error> {
    let training = Estimate::from_independent(&free_energies(rbm, training)?);
    let held_out = Estimate::from_independent(&free_energies(rbm, held_out)?);
    Ok(Estimate { count: held_out.count + training.count, ..held_out - training })
}

/// `KL(q || p) = <ln q(v) - ln p(v)>_q` from independent samples of a known q, with the exact `ln q(v)` of each.
///
/// Of the torus `ln q(v) = K sum_<ij> v_i v_j - ln Z_Ising`. Where all of q can be enumerated, so can this:
/// [`partition::kl`](crate::partition::kl).
///
/// # Errors
/// [`Error::Size`] for data of another width or without samples, or another number of `ln_q`, [`Error::Setting`] for a unit
/// that is not +-1.
///
/// ```
/// use rbm::{Rbm, partition, score};
///
/// // From an RBM's own draws, whose ln q is known, to an RBM without weights: the same as by enumeration.
/// let rng = &mut stats::stream(1, "example", 0);
/// let (q, p) = (Rbm::uniform(4, 2, 0.3), Rbm::uniform(4, 2, 0.0));
/// let (data, ln_z) = (partition::draws(&q, 2000, rng)?, partition::ln_z(&q)?);
/// let ln_q: Vec<f64> = q.free_energy(&data).iter().map(|f| -f - ln_z).collect();
/// let kl = score::kl_from_samples(&ln_q, &p, &data, partition::ln_z(&p)?)?;
/// assert!(kl.sigmas_from(partition::kl(&partition::visible_probabilities(&q)?, &p)?) < 4.0);
/// # Ok::<(), rbm::Error>(())
/// ```
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
    check_units(data)?;
    let blocks = (0..samples.div_ceil(BLOCK)).into_par_iter().map(|block| {
        let first = block * BLOCK;
        of_block(data.columns(first, BLOCK.min(samples - first)).into_owned())
    });
    Ok(blocks.collect::<Vec<_>>().concat())
}

/// What flipping one unit after another does to the free energy.
///
/// Flipping `v_i` takes the activation x of a hidden unit to `x - y`, `y = 2 v_i W_ia`, and
/// `cosh(x - y) / cosh x = A e^{-y} + B e^y` with `A = 1 / (1 + e^{-2x})` and `B = 1 - A`: a product over hidden units of
/// tabulated exponentials, all terms positive. A bias is the weight to one more unit, always up.
struct Flips<'a> {
    rbm: &'a Rbm,
    /// `2W`, then `2b`, `[visible, hidden + 1]`.
    twice: DMatrix<f64>,
    /// Of which `e^x` and `e^{-x}`.
    grow: DMatrix<f64>,
    shrink: DMatrix<f64>,
    /// The largest of each column: bounds the logarithm of its factors.
    most: Vec<f64>,
}

impl<'a> Flips<'a> {
    fn new(rbm: &'a Rbm) -> Self {
        let mut twice = rbm.weights.map(|w| 2.0 * f64::from(w)).insert_column(rbm.hidden(), 0.0);
        twice.set_column(rbm.hidden(), &rbm.visible_bias.map(|b| 2.0 * f64::from(b)));
        let (grow, shrink) = (twice.map(f64::exp), twice.map(|x| (-x).exp()));
        let most = twice.column_iter().map(|column| column.amax()).collect();
        Self { rbm, twice, grow, shrink, most }
    }

    fn pseudo_log_likelihoods(&self, v: &DMatrix<f32>) -> Vec<f64> {
        let mut activations = DMatrix::zeros(self.rbm.hidden(), v.ncols());
        self.rbm.hidden_activation(v, &mut activations);
        let (mut products, mut logarithms) = (vec![0.0; v.nrows()], vec![0.0; v.nrows()]);
        let columns = v.column_iter().zip(activations.column_iter());
        let of_sample = |(v, x): (DVectorView<'_, f32>, DVectorView<'_, f32>)| {
            self.of_sample(v.as_slice(), x.as_slice(), &mut products, &mut logarithms)
        };
        columns.map(of_sample).collect()
    }

    /// One sample. With the ratios `r_i = e^{-F(v flipped at i)} / e^{-F(v)}`, held as a product times what was replaced
    /// by its logarithm, the result is `-sum_i ln(1 + r_i)`.
    fn of_sample(
        &self,
        v: &[f32],
        activations: &[f32],
        products: &mut [f64],
        logarithms: &mut [f64],
    ) -> f64 {
        let visible = v.len();
        products.fill(1.0);
        logarithms.fill(0.0);
        let (mut most, mut replaced) = (0.0, false);
        let activations = activations.iter().map(|x| f64::from(*x)).chain([f64::INFINITY]);
        for (a, x) in activations.enumerate() {
            let column = a * visible..(a + 1) * visible;
            if self.most[a] > MAX {
                add_logarithms(logarithms, v, &self.twice.as_slice()[column], x);
                replaced = true;
                continue;
            }
            if most + self.most[a] > MAX {
                take_logarithms(products, logarithms);
                (most, replaced) = (0.0, true);
            }
            most += self.most[a];
            let tables = (&self.grow.as_slice()[column.clone()], &self.shrink.as_slice()[column]);
            let beyond = (-2.0 * x.abs()).exp();
            let (more, less) = (1.0 / (1.0 + beyond), beyond / (1.0 + beyond));
            multiply(products, v, tables, if x > 0.0 { (more, less) } else { (less, more) });
        }
        if replaced {
            take_logarithms(products, logarithms);
            return -logarithms.iter().map(|&r| ln_1p_exp(r)).sum::<f64>();
        }
        -ln_product(products)
    }
}

/// One hidden unit whose exponentials f64 cannot hold.
fn add_logarithms(sum: &mut [f64], v: &[f32], twice: &[f64], x: f64) {
    for ((sum, v), twice) in sum.iter_mut().zip(v).zip(twice) {
        let y = f64::from(*v) * twice;
        *sum += if x.is_infinite() { -y } else { ln_2cosh(x - y) - ln_2cosh(x) };
    }
}

fn take_logarithms(products: &mut [f64], sum: &mut [f64]) {
    for (sum, product) in sum.iter_mut().zip(products) {
        *sum += product.ln();
        *product = 1.0;
    }
}

/// `sum_i ln(1 + r_i)` with few logarithms.
fn ln_product(ratios: &[f64]) -> f64 {
    let (mut sum, mut product) = (0.0, 1.0);
    for r in ratios {
        product *= 1.0 + r;
        if product > LARGE {
            sum += product.ln();
            product = 1.0;
        }
    }
    sum + product.ln()
}

/// `ln(1 + e^x)` without overflow.
fn ln_1p_exp(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn multiply(products: &mut [f64], v: &[f32], (grow, shrink): (&[f64], &[f64]), (a, b): (f64, f64)) {
    for (((p, v), more), less) in products.iter_mut().zip(v).zip(grow).zip(shrink) {
        let (same, other) = if *v > 0.0 { (a, b) } else { (b, a) };
        *p *= same * less + other * more;
    }
}
