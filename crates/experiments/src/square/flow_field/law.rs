//! The exact Ising model on a small torus in a field: its specific heat, and thermometers made of it.

use anyhow::Result;
use exact::root::bisect;
use exact::transfer::DensityOfStates;
use nalgebra::{Matrix3, Vector3};
use stats::Estimate;
use stats::tails;

/// Temperatures on which curves are inverted, J / k_B.
const COLDEST: f64 = 0.2;
const HOTTEST: f64 = 50.0;

/// The torus in the field h, in J: weights `e^{-(E - h M) / k_B T}`.
#[derive(Clone, Copy)]
pub(super) struct Law<'a> {
    pub(super) states: &'a DensityOfStates,
    pub(super) field: f64,
}

/// Thermal means per spin: `u = (E - h M) / N`, in J, `m = M / N`, of which the size is taken where there is no field, m with
/// its sign, and the variance of u.
#[derive(Clone, Copy)]
pub(super) struct Means {
    pub(super) u: f64,
    pub(super) m: f64,
    pub(super) signed: f64,
    variance: f64,
}

/// What the ensemble of one set of configurations says.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// The temperature at which the model has the mean u: at a given field that of maximum likelihood.
    pub(super) energy: Option<Estimate>,
    /// The temperature at which it has the mean m.
    pub(super) magnetisation: Option<Estimate>,
    /// How likely an Ising ensemble of the best temperature is at least as far off in u, m and the variance of u together.
    pub(super) p_value: f64,
}

impl Law<'_> {
    pub(super) fn means(&self, temperature: f64) -> Result<Means> {
        let n = self.states.sites() as f64;
        let of = |e: f64, signed: f64| {
            let [u, m] = self.observables([e / n, signed / n]);
            [u, m, signed / n, u * u]
        };
        let (k, h) = (temperature.recip(), self.field / temperature);
        let [u, m, signed, square] = self.states.means(k, h, of)?;
        Ok(Means { u, m, signed, variance: square - u * u })
    }

    /// u and m of a configuration of this energy of bonds and magnetisation per spin.
    pub(super) fn observables(&self, [e, m]: [f64; 2]) -> [f64; 2] {
        [e - self.field * m, if self.field == 0.0 { m.abs() } else { m }]
    }

    /// Specific heat per spin, k_B: `N var(u) / T^2`.
    pub(super) fn specific_heat(&self, temperature: f64) -> Result<f64> {
        let n = self.states.sites() as f64;
        Ok(n * self.means(temperature)?.variance / (temperature * temperature))
    }

    /// The temperature at which the specific heat is largest.
    pub(super) fn peak(&self) -> Result<f64> {
        const STEP: f64 = 0.05;
        let heat = |t: f64| self.specific_heat(t);
        let (mut best, mut most) = (COLDEST, 0.0);
        for i in 0..400 {
            let t = 0.5 + STEP * f64::from(i);
            let heat = heat(t)?;
            if heat > most {
                (best, most) = (t, heat);
            }
        }
        // Its maximum is simple: thirds close in on it.
        let (mut low, mut high) = (best - STEP, best + STEP);
        while high - low > 1e-6 {
            let third = (high - low) / 3.0;
            match heat(low + third)? < heat(high - third)? {
                true => low += third,
                false => high -= third,
            }
        }
        Ok(0.5 * (low + high))
    }

    /// The temperature at which a mean that rises with T has this value, where it is on the scale.
    fn temperature(&self, of: impl Fn(Means) -> f64, value: f64) -> Option<f64> {
        // The model is defined at every temperature between: no error can come of it.
        let excess = |t: f64| self.means(t).map_or(f64::NAN, &of) - value;
        bisect(excess, COLDEST, HOTTEST).ok()
    }

    /// The temperature of a mean u.
    pub(super) fn of_energy(&self, u: f64) -> Option<f64> {
        self.temperature(|means| means.u, u)
    }

    /// The temperature of a mean of u or m with its error, by the slope of the curve over one error to both sides.
    fn inverted(&self, of: impl Fn(Means) -> f64, mean: Estimate) -> Option<Estimate> {
        let at = |value| self.temperature(&of, value);
        let [low, t, high] = [mean.mean - mean.error, mean.mean, mean.mean + mean.error].map(at);
        let (t, low, high) = (t?, low.unwrap_or(COLDEST), high.unwrap_or(HOTTEST));
        Some(Estimate { mean: t, error: 0.5 * (high - low), ..mean })
    }

    /// Reads independent configurations `[energy of bonds, magnetisation]` per spin.
    pub(super) fn read(&self, configurations: &[[f64; 2]]) -> Result<Reading> {
        let all: Vec<[f64; 2]> = configurations.iter().map(|&c| self.observables(c)).collect();
        let column = |i: usize| all.iter().map(|c| c[i]).collect::<Vec<_>>();
        let [u, m] = [column(0), column(1)].map(|column| Estimate::from_independent(&column));
        // m falls with T, -m rises.
        let minus = Estimate { mean: -m.mean, ..m };
        Ok(Reading {
            energy: self.inverted(|means| means.u, u),
            magnetisation: self.inverted(|means| -means.m, minus),
            p_value: self.p_value(&all, u.mean, m.mean)?,
        })
    }

    /// The smallest distance of u, m and the variance of u from those of any temperature, in their covariance: chi-square of
    /// two degrees of freedom. An ensemble that does not fluctuate has no such distance, and is as good as none.
    fn p_value(&self, all: &[[f64; 2]], u: f64, m: f64) -> Result<f64> {
        let n = all.len() as f64;
        let deviations =
            || all.iter().map(|c| Vector3::new(c[0] - u, c[1] - m, (c[0] - u).powi(2)));
        let variance = deviations().map(|d| d[2]).sum::<f64>() / (n - 1.0);
        let about = |d: Vector3<f64>| d - Vector3::new(0.0, 0.0, variance);
        let products = deviations().map(about).map(|d| d * d.transpose());
        let covariance = products.sum::<Matrix3<f64>>() / (n * (n - 1.0));
        let Some(inverse) = covariance.cholesky().map(|factor| factor.inverse()) else {
            return Ok(0.0);
        };
        let found = Vector3::new(u, m, variance);
        let chi_square = |ln_t: f64| -> Result<f64> {
            let means = self.means(ln_t.exp())?;
            let off = found - Vector3::new(means.u, means.m, means.variance);
            Ok(off.dot(&(inverse * off)))
        };
        let (low, high) = (COLDEST.ln(), HOTTEST.ln());
        const POINTS: i32 = 200;
        let step = (high - low) / f64::from(POINTS);
        let (mut best, mut least) = (low, f64::INFINITY);
        for i in 0..=POINTS {
            let at = low + step * f64::from(i);
            let value = chi_square(at)?;
            if value < least {
                (best, least) = (at, value);
            }
        }
        let (mut from, mut to) = (best - step, best + step);
        while to - from > 1e-6 {
            let third = (to - from) / 3.0;
            match chi_square(from + third)? > chi_square(to - third)? {
                true => from += third,
                false => to -= third,
            }
        }
        Ok(tails::chi_square(chi_square(0.5 * (from + to))?.min(least), 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ising::{Coupling, Lattice, Request};

    #[test]
    fn an_ising_ensemble_has_its_temperature() {
        let states = DensityOfStates::new(4).unwrap();
        let lattice = Lattice::square(4).unwrap();
        // 12 readings of either kind; family-wise below 1e-6 at 5.5 standard errors and p = 1e-7.
        for (index, (t, h)) in
            [(1.8, 0.0), (2.5, 0.0), (4.0, 0.0), (2.0, 0.1), (3.0, 0.5), (5.0, 2.0)]
                .iter()
                .enumerate()
        {
            let law = Law { states: &states, field: *h };
            let request = Request {
                count: 20_000,
                algorithm: None,
                field: h / t,
                symmetrise: *h == 0.0,
                least_effective: 18_000.0,
            };
            let coupling = Coupling::from_temperature(*t).unwrap();
            let samples = ising::draw(&lattice, coupling, &request, index as u64).unwrap().samples;
            let energies = ising::energies(&lattice, &samples);
            let configurations: Vec<[f64; 2]> = energies
                .into_iter()
                .zip(ising::magnetisations(&samples))
                .map(|(e, m)| [e, m])
                .collect();
            let reading = law.read(&configurations).unwrap();
            for read in [reading.energy.unwrap(), reading.magnetisation.unwrap()] {
                assert!(read.sigmas_from(*t) < 5.5, "T = {t}, h = {h}: {read:?}");
            }
            assert!(reading.p_value > 1e-7, "T = {t}, h = {h}: {}", reading.p_value);
            // Half of it from another temperature is no ensemble of one.
            let mixed: Vec<[f64; 2]> = configurations
                .iter()
                .enumerate()
                .map(|(i, c)| if i % 2 == 0 { *c } else { [-2.0, 1.0] })
                .collect();
            assert!(law.read(&mixed).unwrap().p_value < 1e-7, "T = {t}, h = {h}");
        }
    }

    #[test]
    fn the_specific_heat_is_the_slope_of_the_energy_and_peaks_where_it_is_largest() {
        let states = DensityOfStates::new(4).unwrap();
        for field in [0.0, 0.3, 2.0] {
            let law = Law { states: &states, field };
            let (t, step) = (2.7, 1e-4);
            let u = |t: f64| law.means(t).unwrap().u;
            let slope = (u(t + step) - u(t - step)) / (2.0 * step);
            assert!((law.specific_heat(t).unwrap() / slope - 1.0).abs() < 1e-6);
            let peak = law.peak().unwrap();
            let heat = |t: f64| law.specific_heat(t).unwrap();
            for other in [0.9, 0.99, 1.01, 1.1] {
                assert!(heat(peak) > heat(other * peak), "h = {field}: {peak}");
            }
        }
    }
}
