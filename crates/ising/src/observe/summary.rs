//! Thermodynamics of configurations at one coupling, each number with an error that accounts for autocorrelation.

use super::{correlations_of, energies_of, lines, magnetisations_of};
use crate::{Coupling, Error, Lattice, Samples};
use serde::{Deserialize, Serialize};
use stats::{Estimate, jackknife};
use std::f64::consts::PI;
use std::ops::Range;

/// Means over configurations at one coupling. Lengths are in units of the spacing, energies in units of J.
///
/// Plain means have the autocorrelation time of their own series ([`Estimate::from_chains`]). What is made of several
/// means comes from the jackknife in blocks that suit the slowest of energy, |m|, m^2 and m^4
/// ([`Estimate::block_length`]); their `count` is the number of blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The coupling of all configurations.
    pub coupling: Coupling,
    /// `<e>`, `e = -(1/N) sum_<ij> s_i s_j`.
    pub energy_per_spin: Estimate,
    /// `<m>`, `m = (1/N) sum s_i`.
    pub m: Estimate,
    /// `<|m|>`.
    pub abs_m: Estimate,
    /// `<m^2>`.
    pub m2: Estimate,
    /// `<m^4>`.
    pub m4: Estimate,
    /// Specific heat per spin in units of k_B, `C = K^2 N (<e^2> - <e>^2)`, without a field; 0 at K = 0 and, by
    /// definition, at infinite K.
    pub specific_heat: Estimate,
    /// `k_B T chi = N (<m^2> - <|m|>^2)`, the susceptibility per spin in units of 1 / k_B T; of the finite lattice, where
    /// |m| stands for the spontaneous magnetisation on both sides of T_c.
    pub susceptibility: Estimate,
    /// Binder ratio `U = 1 - <m^4> / (3 <m^2>^2)` (`binder-1981`); none where m is always 0.
    pub binder: Option<Estimate>,
    /// Second-moment correlation length `xi = sqrt(S(0) / S(k) - 1) / (2 sin(k/2))`, `S(0) = N <m^2>` and S(k) the mean of
    /// [`structure_factors`](crate::structure_factors), `k = 2 pi / L` with L the longest side (`cooper-1982`).
    ///
    /// None where that is no finite number, be it without one of the blocks: when S(k) is 0 as at zero temperature, not
    /// below S(0) as in the antiferromagnet or where xi drowns in its error, and on a single site.
    pub correlation_length: Option<Estimate>,
    /// The means of [`correlations`](crate::correlations) at the distances 1, 2, 4, .. up to half the shortest side.
    pub correlations: Vec<(usize, Estimate)>,
}

impl Summary {
    /// The configurations `rows` of samples of `lattice`: `chains` stationary chains of equal length, one after the
    /// other, independent of one another. Independent draws are as many chains as rows.
    ///
    /// # Errors
    /// [`Error::Sites`] when the samples are of another size than the lattice, [`Error::Couplings`] when those rows are
    /// not all at one coupling.
    ///
    /// # Panics
    /// When there are no such rows, or unless `chains` is at least 1 and divides their number.
    ///
    /// ```
    /// use ising::{Algorithm, Coupling, Lattice, Schedule, Summary, chain};
    ///
    /// let (lattice, coupling) = (Lattice::square(4)?, Coupling::from_temperature(2.5)?);
    /// let schedule = Schedule { burn_in: 0, stride: 1, draws: 5000, symmetrise: false };
    /// let samples = chain(&lattice, coupling, Algorithm::Transfer, schedule, 1)?;
    /// let summary = Summary::of(&lattice, &samples, 0..5000, 5000)?;
    /// let exact = exact::torus::kaufman(4, 4, 0.4)?;
    /// assert!(summary.energy_per_spin.sigmas_from(exact.energy_per_spin) < 4.0);
    /// assert!(summary.specific_heat.sigmas_from(exact.specific_heat) < 4.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(
        lattice: &Lattice,
        samples: &Samples,
        rows: Range<usize>,
        chains: usize,
    ) -> Result<Self, Error> {
        let n = lattice.sites();
        if samples.sites() != n {
            return Err(Error::Sites { expected: n, found: samples.sites() });
        }
        let coupling = common(&samples.couplings()[rows.clone()])?;
        let words = samples.words(rows.clone());
        let mean = |series: &[f64]| Estimate::from_chains(series, chains);
        let map = |series: &[f64], f: fn(f64) -> f64| -> Vec<f64> {
            series.iter().map(|&x| f(x)).collect()
        };
        let energies = energies_of(lattice, words);
        let m = magnetisations_of(n, words);
        let (abs_m, m2, m4) = (map(&m, f64::abs), map(&m, |m| m * m), map(&m, |m| m * m * m * m));
        let factors = lines::structure_factors(lattice, words);
        let longest = lattice.width().max(lattice.height()) as f64;
        let [energy_per_spin, mean_abs_m, mean_m2, mean_m4] =
            [&energies, &abs_m, &m2, &m4].map(|series| mean(series));
        let slowest = [energy_per_spin, mean_abs_m, mean_m2, mean_m4];
        let block = slowest.iter().map(Estimate::block_length).max().unwrap_or(1);
        // Chains are independent of one another: none needs more than its own length.
        let block = block.min(rows.len() / chains);
        let (n, k) = (n as f64, coupling.value());
        Ok(Self {
            coupling,
            specific_heat: if coupling.is_frozen() {
                Estimate::exact(0.0)
            } else {
                fluctuation(&energies, energy_per_spin.mean, block, |var| k * (k * (n * var)))
            },
            susceptibility: fluctuation(&abs_m, mean_abs_m.mean, block, |var| n * var),
            binder: finite(jackknife(&[&m2, &m4], block, |of| 1.0 - of[1] / (3.0 * of[0] * of[0]))),
            correlation_length: finite(jackknife(&[&m2, &factors], block, |of| {
                (n * of[0] / of[1] - 1.0).sqrt() / (2.0 * (PI / longest).sin())
            })),
            correlations: distances(lattice)
                .map(|r| (r, mean(&correlations_of(lattice, words, r))))
                .collect(),
            energy_per_spin,
            m: mean(&m),
            abs_m: mean_abs_m,
            m2: mean_m2,
            m4: mean_m4,
        })
    }
}

/// The one coupling of all.
fn common(couplings: &[Coupling]) -> Result<Coupling, Error> {
    let first = couplings[0];
    match couplings.iter().find(|&&other| other != first) {
        Some(other) => Err(Error::Couplings { first: first.value(), other: other.value() }),
        None => Ok(first),
    }
}

/// `f` of the variance of a series; around its mean nothing cancels.
fn fluctuation(series: &[f64], mean: f64, block: usize, f: impl Fn(f64) -> f64) -> Estimate {
    let centred: Vec<f64> = series.iter().map(|x| x - mean).collect();
    let squares: Vec<f64> = centred.iter().map(|x| x * x).collect();
    jackknife(&[&centred, &squares], block, |of| f(of[1] - of[0] * of[0]))
}

/// 1, 2, 4, .. up to half the shortest side.
fn distances(lattice: &Lattice) -> impl Iterator<Item = usize> {
    let (width, height) = (lattice.width(), lattice.height());
    let shortest = if lattice.is_ring() { width } else { width.min(height) };
    std::iter::successors(Some(1), |r| Some(2 * r)).take_while(move |r| 2 * r <= shortest)
}

fn finite(estimate: Estimate) -> Option<Estimate> {
    estimate.mean.is_finite().then_some(estimate)
}
