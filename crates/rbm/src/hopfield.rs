//! The Hopfield network of the thesis' section 2.2: Hebbian storage and recall of patterns of +-1 units.
//!
//! Couplings are whole numbers before they are divided by N, and their sums stay exact in f32: ties are ties, and the
//! energy is followed without rounding.

use crate::Error;
use crate::error::check_units;
use linalg::{plain, product, transposed};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand::seq::{SliceRandom, index};
use rand_pcg::Pcg64;

/// Whole numbers up to this one are exact in f32.
const EXACT: usize = 1 << 24;

/// A network that has stored patterns.
///
/// ```
/// use rbm::hopfield::{Hopfield, corrupt, overlap, random_patterns};
///
/// // One pattern in 100 units, of which 30 are flipped: recall finds it again.
/// let rng = &mut stats::stream(1, "example", 0);
/// let pattern = random_patterns(100, 1, rng);
/// let network = Hopfield::store(&pattern)?;
/// let pattern = pattern.column(0).into_owned();
/// let mut x = corrupt(&pattern, 0.3, rng)?;
/// assert_eq!(overlap(&x, &pattern), 0.4);
/// network.recall(&mut x, rng);
/// assert_eq!(x, pattern);
/// // A ground state of the mean-field ferromagnet in disguise: E = -(N - 1) / 2.
/// assert_eq!(network.energy(&x), -49.5);
/// # Ok::<(), rbm::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Hopfield {
    /// `N w_ij = sum_mu xi_i^mu xi_j^mu`, zero on the diagonal.
    sums: DMatrix<f32>,
}

/// How a recall went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recall {
    /// Sweeps over all units, with the last one, in which nothing changed.
    pub sweeps: usize,
    /// Changes of a unit.
    pub flips: usize,
}

impl Hopfield {
    /// Stores patterns `[unit, pattern]` of units +-1 by Hebb's rule, `w_ij = (1/N) sum_mu xi_i^mu xi_j^mu` and
    /// `w_ii = 0` (thesis (16) with `eta = 1/N`; `hopfield-1982`), without biases.
    ///
    /// # Errors
    /// [`Error::Setting`] for a unit that is not +-1, and when units times patterns are not below `2^24`.
    pub fn store(patterns: &DMatrix<f32>) -> Result<Self, Error> {
        check_units(patterns)?;
        if patterns.len() >= EXACT {
            let (what, value) = ("the units of all patterns", patterns.len() as f64);
            return Err(Error::Setting { what, value, allowed: "below 2^24" });
        }
        let units = patterns.nrows();
        let mut sums = DMatrix::zeros(units, units);
        product(1.0, plain(patterns), transposed(patterns), 0.0, &mut sums);
        sums.fill_diagonal(0.0);
        Ok(Self { sums })
    }

    /// The number of units N.
    pub fn units(&self) -> usize {
        self.sums.nrows()
    }

    /// `w_ij` `[unit, unit]`.
    pub fn couplings(&self) -> DMatrix<f64> {
        let units = self.units() as f64;
        self.sums.map(|sum| f64::from(sum) / units)
    }

    /// `E = -sum_{i<j} w_ij x_i x_j`, thesis (12), of a state of units +-1.
    ///
    /// # Panics
    /// Unless x has as many entries as there are units.
    pub fn energy(&self, x: &DVector<f32>) -> f64 {
        let fields = self.fields(x);
        let sum: f64 = x.iter().zip(&fields).map(|(x, field)| f64::from(x * field)).sum();
        -0.5 * sum / self.units() as f64
    }

    /// Updates one unit after the other in place until none changes any more: `x_i = +1` if `sum_j w_ij x_j >= 0`, else
    /// -1 (thesis (13)), all units in each sweep, in a new random order each time.
    ///
    /// The energy never rises, and ties end in +1, so that an end is reached: a minimum against every single flip.
    ///
    /// # Panics
    /// Unless x has as many entries as there are units.
    pub fn recall(&self, x: &mut DVector<f32>, rng: &mut Pcg64) -> Recall {
        let mut fields = self.fields(x);
        let mut order: Vec<usize> = (0..self.units()).collect();
        let mut recall = Recall { sweeps: 0, flips: 0 };
        loop {
            let before = recall.flips;
            order.shuffle(rng);
            for &i in &order {
                let unit = if fields[i] >= 0.0 { 1.0 } else { -1.0 };
                if unit != x[i] {
                    fields.axpy(unit - x[i], &self.sums.column(i), 1.0);
                    x[i] = unit;
                    recall.flips += 1;
                }
            }
            recall.sweeps += 1;
            if recall.flips == before {
                return recall;
            }
        }
    }

    /// Whether no unit of x would change: `x_i` is +1 just where `sum_j w_ij x_j >= 0`.
    ///
    /// # Panics
    /// Unless x has as many entries as there are units.
    pub fn is_stable(&self, x: &DVector<f32>) -> bool {
        self.unstable_units(x) == 0
    }

    /// How many units of x would change if each were updated with all others as they are.
    ///
    /// # Panics
    /// Unless x has as many entries as there are units.
    pub fn unstable_units(&self, x: &DVector<f32>) -> usize {
        let fields = self.fields(x);
        x.iter().zip(&fields).filter(|(x, field)| (**x > 0.0) != (**field >= 0.0)).count()
    }

    /// `N sum_j w_ij x_j` of all units.
    fn fields(&self, x: &DVector<f32>) -> DVector<f32> {
        &self.sums * x
    }
}

/// The overlap `m = (1/N) sum_i x_i y_i`: 1 for equal states, -1 for opposite ones, of the order `1 / sqrt(N)` for
/// unrelated ones.
///
/// # Panics
/// When the lengths differ.
pub fn overlap(x: &DVector<f32>, y: &DVector<f32>) -> f64 {
    f64::from(x.dot(y)) / x.len() as f64
}

/// The state with a share of its units, rounded to a whole number of them and chosen at random, flipped: its overlap
/// with x is `1 - 2 fraction`.
///
/// # Errors
/// [`Error::Setting`] unless the fraction is between 0 and 1.
pub fn corrupt(x: &DVector<f32>, fraction: f64, rng: &mut Pcg64) -> Result<DVector<f32>, Error> {
    if !(0.0..=1.0).contains(&fraction) {
        let what = "the fraction of corrupted units";
        return Err(Error::Setting { what, value: fraction, allowed: "between 0 and 1" });
    }
    let count = (fraction * x.len() as f64).round() as usize;
    let mut corrupted = x.clone();
    index::sample(rng, x.len(), count).into_iter().for_each(|i| corrupted[i] = -x[i]);
    Ok(corrupted)
}

/// Random patterns `[unit, pattern]`, each unit +1 or -1 with equal probability.
pub fn random_patterns(units: usize, patterns: usize, rng: &mut Pcg64) -> DMatrix<f32> {
    DMatrix::from_fn(units, patterns, |_, _| if rng.random::<bool>() { 1.0 } else { -1.0 })
}
