//! Tori at several temperatures, shown in equal shares: the exact probability of a configuration.

use super::kaufman;
use crate::Error;

/// A configuration drawn at a temperature that was itself drawn among these, each as likely as any other.
///
/// `q(v) = (1/n) sum_T e^{-E(v) / T} / Z_T`. It depends on v through E alone, which is therefore all that tells of T.
#[derive(Clone, Debug, PartialEq)]
pub struct TorusMixture {
    sites: f64,
    /// K and ln Z, infinite both at T = 0.
    parts: Vec<(f64, f64)>,
    energy_per_spin: f64,
}

impl TorusMixture {
    /// The torus of `width x height` spins at these temperatures (J / k_B); at T = 0 two states, all up and all down.
    ///
    /// # Errors
    /// [`Error::TooSmall`] without temperatures and as [`kaufman`], [`Error::OutOfRange`] for a negative one.
    pub fn new(width: usize, height: usize, temperatures: &[f64]) -> Result<Self, Error> {
        if temperatures.is_empty() {
            return Err(Error::TooSmall { what: "the number of temperatures", value: 0, least: 1 });
        }
        let sites = (width * height) as f64;
        let (mut parts, mut energy) = (Vec::new(), 0.0);
        for &t in temperatures {
            if t.is_nan() || t < 0.0 {
                let what = "a temperature";
                return Err(Error::OutOfRange { what, value: t, allowed: "0 to +infinity" });
            }
            let torus = kaufman(width, height, t.recip())?;
            parts.push((t.recip(), torus.ln_z));
            energy += torus.energy_per_spin / temperatures.len() as f64;
        }
        Ok(Self { sites, parts, energy_per_spin: energy })
    }

    /// `ln q` of a configuration with this energy per spin (J), minus infinity where it cannot occur.
    ///
    /// ```
    /// // One temperature is no mixture: ln q = -E / T - ln Z.
    /// let one = exact::torus::TorusMixture::new(4, 4, &[2.0])?;
    /// let ln_z = exact::torus::kaufman(4, 4, 0.5)?.ln_z;
    /// assert!((one.ln_probability(-1.0) - (8.0 - ln_z)).abs() < 1e-12);
    /// # Ok::<(), exact::Error>(())
    /// ```
    pub fn ln_probability(&self, energy_per_spin: f64) -> f64 {
        let part = |&(k, ln_z): &(f64, f64)| match k.is_infinite() {
            // Energies are multiples of 4 J / N above the two ground states.
            true if self.sites * (energy_per_spin + 2.0) < 1.0 => -std::f64::consts::LN_2,
            true => f64::NEG_INFINITY,
            false => -k * self.sites * energy_per_spin - ln_z,
        };
        let parts: Vec<f64> = self.parts.iter().map(part).collect();
        let largest = parts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest == f64::NEG_INFINITY {
            return largest;
        }
        let sum: f64 = parts.iter().map(|x| (x - largest).exp()).sum();
        largest + (sum / self.parts.len() as f64).ln()
    }

    /// `<E> / N` of the mixture, J.
    pub fn energy_per_spin(&self) -> f64 {
        self.energy_per_spin
    }
}
