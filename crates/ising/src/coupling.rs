//! The coupling K = J / (k_B T), the one parameter of the model.

use crate::Error;
use serde::{Deserialize, Serialize};

/// `K = J / (k_B T)`: positive for the ferromagnet, negative for the antiferromagnet. Zero temperature is `K = +-infinity`,
/// infinite temperature `K = 0`.
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

/// A probability as a threshold for 64 random bits: `bits < threshold` has this probability to 2^-64, and
/// `None` stands for certainty.
pub(crate) fn threshold(probability: f64) -> Option<u64> {
    const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;
    let scaled = probability * TWO_TO_64;
    if scaled >= TWO_TO_64 { None } else { Some(scaled as u64) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
