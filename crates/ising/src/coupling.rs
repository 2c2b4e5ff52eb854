//! The coupling K = J / (k_B T), the one parameter of the model.

use crate::Error;
use serde::{Deserialize, Serialize};

/// `K = J / (k_B T) >= 0`; zero temperature is `K = infinity`, infinite temperature `K = 0`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Coupling(f64);

impl Coupling {
    /// The coupling K.
    ///
    /// # Errors
    /// [`Error::Coupling`] when K is negative or NaN.
    pub fn new(k: f64) -> Result<Self, Error> {
        // -0.0 would be T = -infinity.
        if k >= 0.0 { Ok(Self(k.abs())) } else { Err(Error::Coupling(k)) }
    }

    /// The coupling at the temperature T in units of J / k_B; T = 0 is allowed.
    ///
    /// # Errors
    /// [`Error::Temperature`] when T is negative or NaN.
    pub fn from_temperature(t: f64) -> Result<Self, Error> {
        // -0.0 would be K = -infinity.
        if t >= 0.0 { Ok(Self(t.abs().recip())) } else { Err(Error::Temperature(t)) }
    }

    /// K itself.
    pub fn value(self) -> f64 {
        self.0
    }

    /// The temperature in units of J / k_B, 0 at infinite K.
    pub fn temperature(self) -> f64 {
        self.0.recip()
    }

    /// Whether the temperature is zero.
    pub fn is_frozen(self) -> bool {
        self.0 == f64::INFINITY
    }

    /// Heat bath: probability that a spin is up in the field `neighbours` (a sum of spins),
    /// `1 / (1 + e^{-2 K neighbours})`; 1/2 without a field at every K.
    pub(crate) fn probability_up(self, neighbours: i32) -> f64 {
        if neighbours == 0 {
            0.5
        } else {
            1.0 / (1.0 + (-2.0 * self.0 * f64::from(neighbours)).exp())
        }
    }

    /// Metropolis: probability `min(1, e^{-2 K aligned})` to flip a spin, `aligned` = spin times sum of neighbours.
    pub(crate) fn probability_flip(self, aligned: i32) -> f64 {
        if aligned <= 0 { 1.0 } else { (-2.0 * self.0 * f64::from(aligned)).exp() }
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
        assert_eq!(Coupling::new(-0.5), Err(Error::Coupling(-0.5)));
    }

    #[test]
    fn zero_temperature_divides_by_nothing() {
        let frozen = Coupling::from_temperature(0.0).unwrap();
        assert_eq!([-2, 0, 2].map(|n| frozen.probability_up(n)), [0.0, 0.5, 1.0]);
        assert_eq!([-2, 0, 2].map(|n| frozen.probability_flip(n)), [1.0, 1.0, 0.0]);
    }
}
