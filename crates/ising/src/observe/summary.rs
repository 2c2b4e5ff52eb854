//! Thermodynamics of configurations at one coupling, each number with an error that accounts for autocorrelation.

use super::thermodynamics::Thermodynamics;
use super::{correlations_of, energies_of, finite, lines, magnetisations_of};
use crate::{Coupling, Error, Lattice, Samples};
use serde::{Deserialize, Serialize};
use stats::{Estimate, jackknife};
use std::f64::consts::PI;
use std::ops::Range;

/// Means over configurations at one coupling. Lengths are in units of the spacing, energies in units of J.
///
/// Errors are those of [`Thermodynamics`], and the same numbers.
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
        let energies = energies_of(lattice, words);
        let m = magnetisations_of(n, words);
        let Thermodynamics {
            energy_per_spin,
            m: mean_m,
            abs_m,
            m2,
            m4,
            specific_heat,
            susceptibility,
            binder,
            block,
        } = Thermodynamics::of(n, coupling, &energies, &m, chains);
        let squares: Vec<f64> = m.iter().map(|m| m * m).collect();
        let factors = lines::structure_factors(lattice, words);
        let longest = lattice.width().max(lattice.height()) as f64;
        let correlation_length = jackknife(&[&squares, &factors], block, |of| {
            (n as f64 * of[0] / of[1] - 1.0).sqrt() / (2.0 * (PI / longest).sin())
        });
        let correlation = |r| Estimate::from_chains(&correlations_of(lattice, words, r), chains);
        Ok(Self {
            coupling,
            energy_per_spin,
            m: mean_m,
            abs_m,
            m2,
            m4,
            specific_heat,
            susceptibility,
            binder,
            correlation_length: finite(correlation_length),
            correlations: distances(lattice).map(|r| (r, correlation(r))).collect(),
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

/// 1, 2, 4, .. up to half the shortest side.
fn distances(lattice: &Lattice) -> impl Iterator<Item = usize> {
    let (width, height) = (lattice.width(), lattice.height());
    let shortest = if lattice.is_ring() { width } else { width.min(height) };
    std::iter::successors(Some(1), |r| Some(2 * r)).take_while(move |r| 2 * r <= shortest)
}
