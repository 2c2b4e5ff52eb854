//! The coupling K = J / (k_B T), the one parameter of the model.

use crate::Error;
use serde::{Deserialize, Serialize};

/// `K = J / (k_B T)`: positive for the ferromagnet, negative for the antiferromagnet. Zero temperature is `K = +-infinity`,
/// infinite temperature `K = 0`.
///
/// ```
/// use ising::Coupling;
///
/// // Onsager's critical temperature of the square lattice, where sinh 2K = 1.
/// let critical = Coupling::from_temperature(2.0 / (1.0 + 2f64.sqrt()).ln())?;
/// assert!(((2.0 * critical.value()).sinh() - 1.0).abs() < 1e-14);
/// assert_eq!(critical.reversed().value(), -critical.value());
/// assert!(Coupling::from_temperature(0.0)?.is_frozen());
/// # Ok::<(), ising::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Coupling(f64);

impl Coupling {
    /// The coupling K.
    ///
    /// # Errors
    /// [`Error::Coupling`] when K is NaN.
    pub fn new(k: f64) -> Result<Self, Error> {
        // Adding 0 turns -0 into 0.
        if k.is_nan() { Err(Error::Coupling(k)) } else { Ok(Self(k + 0.0)) }
    }

    /// The ferromagnet at the temperature T in units of J / k_B; T = 0 is allowed.
    ///
    /// # Errors
    /// [`Error::Temperature`] when T is negative or NaN.
    pub fn from_temperature(t: f64) -> Result<Self, Error> {
        // -0.0 would be K = -infinity.
        if t >= 0.0 { Ok(Self(t.abs().recip())) } else { Err(Error::Temperature(t)) }
    }

    /// The antiferromagnet of the same temperature (and the ferromagnet of an antiferromagnet): -K.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self(0.0 - self.0)
    }

    /// K itself.
    #[inline]
    pub fn value(self) -> f64 {
        self.0
    }

    /// The temperature in units of |J| / k_B, 0 at infinite K.
    pub fn temperature(self) -> f64 {
        self.0.abs().recip()
    }

    /// Whether neighbours prefer to differ.
    pub fn is_antiferromagnetic(self) -> bool {
        self.0 < 0.0
    }

    /// Whether the temperature is zero.
    pub fn is_frozen(self) -> bool {
        self.0.is_infinite()
    }

    /// Heat bath: probability that a spin is up given the sum of its neighbours, `1 / (1 + e^{-2 (K neighbours + H)})`;
    /// decided by the field H alone where the neighbours cancel, at every K.
    pub(crate) fn probability_up(self, neighbours: i32, field: f64) -> f64 {
        1.0 / (1.0 + (-2.0 * (self.pull(neighbours) + field)).exp())
    }

    /// Metropolis: probability `min(1, e^{-2 (K aligned + H s)})` to flip a spin s, `aligned` = s times sum of neighbours.
    pub(crate) fn probability_flip(self, aligned: i32, field_on_spin: f64) -> f64 {
        (-2.0 * (self.pull(aligned) + field_on_spin)).exp().min(1.0)
    }

    /// [`Self::probability_up`] for 64 random bits.
    pub(crate) fn threshold_up(self, neighbours: i32, field: f64) -> Option<u64> {
        let down = self.probability_up(-neighbours, -field);
        threshold(self.probability_up(neighbours, field), down)
    }

    /// [`Self::probability_flip`] for 64 random bits.
    pub(crate) fn threshold_flip(self, aligned: i32, field_on_spin: f64) -> Option<u64> {
        let stay = -(-2.0 * (self.pull(aligned) + field_on_spin)).exp_m1();
        threshold(self.probability_flip(aligned, field_on_spin), stay)
    }

    /// `K neighbours`, 0 without neighbours also at infinite K.
    fn pull(self, neighbours: i32) -> f64 {
        if neighbours == 0 { 0.0 } else { self.0 * f64::from(neighbours) }
    }
}

impl TryFrom<f64> for Coupling {
    type Error = Error;
    fn try_from(k: f64) -> Result<Self, Error> {
        Self::new(k)
    }
}

impl From<Coupling> for f64 {
    fn from(k: Coupling) -> f64 {
        k.0
    }
}

/// A probability as a threshold for 64 random bits: `bits < threshold` has this probability, and `None` stands for
/// certainty.
///
/// The caller finds `complement`, the probability of the other outcome, not as a difference, and the rarer of the two
/// decides: it keeps all its digits and is met to 2^-65, below which it never happens.
pub(crate) fn threshold(probability: f64, complement: f64) -> Option<u64> {
    const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;
    if probability <= complement {
        return Some((probability * TWO_TO_64).round() as u64);
    }
    match (complement * TWO_TO_64).round() as u64 {
        0 => None,
        rest => Some(rest.wrapping_neg()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_rarer_outcome_keeps_its_digits(k in -6.0..6.0f64, n in -4i32..=4, h in -3.0..3.0f64) {
            let coupling = Coupling::new(k).unwrap();
            let x = k * f64::from(n) + h;
            // The weight of each outcome in units of 2^-64, and what 64 bits give it: 0 for 2^64.
            let share = |p: f64| p * 2f64.powi(64);
            let near = |bits: u64, p: f64| (bits as f64 - share(p)).abs() <= 1.0 + 1e-13 * share(p);
            let up = coupling.threshold_up(n, h).unwrap_or(0);
            let rarer = if x < 0.0 { up } else { up.wrapping_neg() };
            prop_assert!(near(rarer, 1.0 / (1.0 + (2.0 * x.abs()).exp())), "up: {up}");
            let flip = coupling.threshold_flip(n, h).unwrap_or(0);
            if x <= 0.0 {
                prop_assert_eq!(flip, 0, "certainty");
            } else if (-2.0 * x).exp() < 0.5 {
                prop_assert!(near(flip, (-2.0 * x).exp()), "flip: {flip}");
            } else {
                prop_assert!(near(flip.wrapping_neg(), -(-2.0 * x).exp_m1()), "flip: {flip}");
            }
        }
    }

    #[test]
    fn thresholds_at_the_edges() {
        assert_eq!(threshold(0.0, 1.0), Some(0));
        assert_eq!(threshold(0.5, 0.5), Some(1 << 63));
        assert_eq!(threshold(1.0, 0.5f64.powi(64)), Some(u64::MAX));
        assert_eq!(threshold(1.0, 0.5f64.powi(66)), None);
        assert_eq!(threshold(1.0, 0.0), None);
    }

    #[test]
    fn the_edges_of_temperature() {
        assert!(Coupling::from_temperature(0.0).unwrap().is_frozen());
        assert!(Coupling::from_temperature(-0.0).unwrap().is_frozen());
        assert_eq!(Coupling::from_temperature(f64::INFINITY).unwrap().value(), 0.0);
        assert_eq!(Coupling::from_temperature(-1.0), Err(Error::Temperature(-1.0)));
        assert!(Coupling::from_temperature(f64::NAN).is_err());
        assert_eq!(Coupling::new(-0.0).unwrap().temperature(), f64::INFINITY);
        assert!(Coupling::new(f64::NAN).is_err());
        let antiferromagnet = Coupling::from_temperature(2.0).unwrap().reversed();
        assert_eq!((antiferromagnet.value(), antiferromagnet.temperature()), (-0.5, 2.0));
        assert!(antiferromagnet.is_antiferromagnetic());
        assert!(Coupling::from_temperature(0.0).unwrap().reversed().is_frozen());
        assert_eq!(Coupling::new(0.0).unwrap().reversed().value().to_bits(), 0);
    }

    #[test]
    fn zero_temperature_divides_by_nothing() {
        let frozen = Coupling::from_temperature(0.0).unwrap();
        assert_eq!([-2, 0, 2].map(|n| frozen.probability_up(n, 0.0)), [0.0, 0.5, 1.0]);
        assert_eq!([-2, 0, 2].map(|n| frozen.probability_flip(n, 0.0)), [1.0, 1.0, 0.0]);
    }
}
