//! The torus in an external field: energy, magnetisation and specific heat at every temperature, and back.

use super::DensityOfStates;
use crate::Error;
use crate::root::{bisect, maximum};

/// The L x L torus in the field h, in J: a configuration of bond energy E and magnetisation M has the weight
/// `e^{-(E - h M) / k_B T}`. All means are sums over the counted states: relative 1e-13.
///
/// ```
/// use exact::transfer::{DensityOfStates, TorusInField};
///
/// let states = DensityOfStates::new(4)?;
/// let torus = TorusInField { states: &states, field: 0.5 };
/// let hot = torus.means(1e6)?;
/// // Almost free spins: m = tanh(h / T).
/// assert!((hot.magnetisation / (0.5e-6_f64).tanh() - 1.0).abs() < 1e-5);
/// # Ok::<(), exact::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TorusInField<'a> {
    /// The configurations by energy and magnetisation.
    pub states: &'a DensityOfStates,
    /// The field h, in J.
    pub field: f64,
}

/// Thermal means per spin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldMeans {
    /// `<E - h M> / N`, in J.
    pub energy: f64,
    /// `<E> / N`, the energy of the bonds, in J.
    pub bonds: f64,
    /// `<M> / N` in a field, `<|M|> / N` without one.
    pub magnetisation: f64,
    /// The variance of `(E - h M) / N`, in J^2.
    pub variance: f64,
}

impl TorusInField<'_> {
    /// The coldest temperature at which [`Self::temperature_of_energy`] looks, J / k_B.
    pub const COLDEST: f64 = 0.2;
    /// The hottest.
    pub const HOTTEST: f64 = 50.0;

    /// The means at a temperature, J / k_B.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless the temperature is positive and the field finite.
    pub fn means(&self, temperature: f64) -> Result<FieldMeans, Error> {
        let n = self.states.sites() as f64;
        let of = |bonds: f64, sum: f64| {
            let [energy, m] = self.observables([bonds / n, sum / n]);
            [energy, m, sum / n, energy * energy]
        };
        let (coupling, field) = (temperature.recip(), self.field / temperature);
        let [energy, magnetisation, signed, square] = self.states.means(coupling, field, of)?;
        let (bonds, variance) = (energy + self.field * signed, square - energy * energy);
        Ok(FieldMeans { energy, bonds, magnetisation, variance })
    }

    /// Energy in the field and magnetisation, as [`FieldMeans`] has them, of a configuration of this bond energy and
    /// magnetisation, all per spin.
    pub fn observables(&self, [bonds, m]: [f64; 2]) -> [f64; 2] {
        [bonds - self.field * m, if self.field == 0.0 { m.abs() } else { m }]
    }

    /// The specific heat per spin, `N (<e^2> - <e>^2) / T^2` in units of k_B.
    ///
    /// # Errors
    /// As [`Self::means`].
    pub fn specific_heat(&self, temperature: f64) -> Result<f64, Error> {
        let n = self.states.sites() as f64;
        Ok(n * self.means(temperature)?.variance / (temperature * temperature))
    }

    /// The temperature at which the specific heat is largest, between 0.5 and 20 J / k_B, to 1e-6.
    ///
    /// # Errors
    /// As [`Self::means`].
    pub fn specific_heat_peak(&self) -> Result<f64, Error> {
        self.means(Self::COLDEST)?;
        // At any other temperature no error can come of it.
        Ok(maximum(|t| self.specific_heat(t).unwrap_or(f64::NAN), 0.5, 0.05, 399))
    }

    /// The temperature with this mean energy in the field, per spin: of an ensemble in a known field that of maximum
    /// likelihood. None off the scale from [`Self::COLDEST`] to [`Self::HOTTEST`].
    pub fn temperature_of_energy(&self, energy: f64) -> Option<f64> {
        self.temperature(|means| means.energy, energy)
    }

    /// The temperature with this mean magnetisation, which falls with temperature. None off the scale.
    pub fn temperature_of_magnetisation(&self, magnetisation: f64) -> Option<f64> {
        self.temperature(|means| means.magnetisation, magnetisation)
    }

    fn temperature(&self, of: impl Fn(FieldMeans) -> f64, value: f64) -> Option<f64> {
        let excess = |t: f64| self.means(t).map_or(f64::NAN, &of) - value;
        // Where it is coldest the means are those of the ground state to rounding: their temperature may be any below.
        match [Self::COLDEST, Self::HOTTEST].map(excess).contains(&0.0) {
            true => None,
            false => bisect(excess, Self::COLDEST, Self::HOTTEST).ok(),
        }
    }

    /// The temperature with the mean energy of configurations at several temperatures (J / k_B) in equal shares; at T = 0
    /// all spins lie along the field. None off the scale.
    ///
    /// # Errors
    /// As [`Self::means`].
    pub fn mixture_temperature(&self, temperatures: &[f64]) -> Result<Option<f64>, Error> {
        let energy = |&t: &f64| match t {
            0.0 => Ok(-2.0 - self.field.abs()),
            t => Ok(self.means(t)?.energy),
        };
        let sum: f64 = temperatures.iter().map(energy).sum::<Result<f64, Error>>()?;
        Ok(self.temperature_of_energy(sum / temperatures.len() as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::torus::kaufman;

    #[test]
    fn without_a_field_it_is_the_closed_form() {
        let states = DensityOfStates::new(4).unwrap();
        let torus = TorusInField { states: &states, field: 0.0 };
        for t in [0.7, 2.3, 5.0] {
            let (means, closed) = (torus.means(t).unwrap(), kaufman(4, 4, 1.0 / t).unwrap());
            assert!((means.energy - closed.energy_per_spin).abs() < 1e-12);
            assert_eq!(means.bonds, means.energy);
            assert!((torus.specific_heat(t).unwrap() - closed.specific_heat).abs() < 1e-10);
        }
    }

    #[test]
    fn in_a_field_it_is_the_sum_over_configurations() {
        let states = DensityOfStates::new(2).unwrap();
        let (t, field) = (1.7, 0.6);
        // Four spins around a square, each bond twice.
        let (mut z, mut sums) = (0.0, [0.0; 3]);
        for word in 0..16_u32 {
            let s = [0, 1, 2, 3].map(|i| f64::from(word >> i & 1) * 2.0 - 1.0);
            let bonds = -2.0 * (s[0] * s[1] + s[1] * s[2] + s[2] * s[3] + s[3] * s[0]);
            let m: f64 = s.iter().sum();
            let weight = (-(bonds - field * m) / t).exp();
            z += weight;
            let values = [(bonds - field * m) / 4.0, bonds / 4.0, m / 4.0];
            sums.iter_mut().zip(values).for_each(|(sum, x)| *sum += weight * x);
        }
        let means = TorusInField { states: &states, field }.means(t).unwrap();
        for (found, sum) in [means.energy, means.bonds, means.magnetisation].iter().zip(sums) {
            assert!((found - sum / z).abs() < 1e-13);
        }
    }

    #[test]
    fn the_specific_heat_is_the_slope_of_the_energy_and_peaks_where_it_is_largest() {
        let states = DensityOfStates::new(4).unwrap();
        for field in [0.0, 0.3, 2.0] {
            let torus = TorusInField { states: &states, field };
            let (t, step) = (2.7, 1e-4);
            let energy = |t: f64| torus.means(t).unwrap().energy;
            let slope = (energy(t + step) - energy(t - step)) / (2.0 * step);
            assert!((torus.specific_heat(t).unwrap() / slope - 1.0).abs() < 1e-6);
            let peak = torus.specific_heat_peak().unwrap();
            let heat = |t: f64| torus.specific_heat(t).unwrap();
            for other in [0.9, 0.99, 1.01, 1.1] {
                assert!(heat(peak) > heat(other * peak), "h = {field}: {peak}");
            }
        }
        let nowhere = TorusInField { states: &states, field: f64::NAN };
        assert!(nowhere.specific_heat_peak().is_err());
    }

    #[test]
    fn temperatures_come_back() {
        let states = DensityOfStates::new(3).unwrap();
        for field in [0.0, 0.5] {
            let torus = TorusInField { states: &states, field };
            let means = torus.means(3.0).unwrap();
            let back = [
                torus.temperature_of_energy(means.energy),
                torus.temperature_of_magnetisation(means.magnetisation),
                torus.mixture_temperature(&[3.0]).unwrap(),
            ];
            assert!(back.iter().all(|t| (t.unwrap() - 3.0).abs() < 1e-9), "{back:?}");
            // All spins along the field are colder than the scale.
            assert_eq!(torus.mixture_temperature(&[0.0]).unwrap(), None);
            let mixed = torus.mixture_temperature(&[0.0, 3.0]).unwrap().unwrap();
            assert!(0.2 < mixed && mixed < 3.0);
        }
    }
}
