//! What follows from the energies and magnetisations of configurations alone, each number with an error that accounts for
//! autocorrelation.

use crate::Coupling;
use stats::{Estimate, jackknife};

/// Means over configurations at one coupling and their fluctuations, per spin; energies in units of J.
///
/// Plain means have the autocorrelation time of their own series ([`Estimate::from_chains`]). What is made of several
/// means comes from the jackknife in blocks that suit the slowest of energy, |m|, m^2 and m^4
/// ([`Estimate::block_length`]); their `count` is the number of blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thermodynamics {
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
    /// The number of successive configurations in a block of the jackknife.
    pub block: usize,
}

impl Thermodynamics {
    /// Energy and magnetisation per spin of each configuration of `sites` spins: `chains` stationary chains of equal
    /// length, one after the other, independent of one another. Independent draws are as many chains as configurations.
    ///
    /// # Panics
    /// Unless there is one energy for each magnetisation and `chains` is at least 1 and divides their number, which is
    /// not 0.
    pub fn of(
        sites: usize,
        coupling: Coupling,
        energies: &[f64],
        magnetisations: &[f64],
        chains: usize,
    ) -> Self {
        assert_eq!(energies.len(), magnetisations.len(), "an energy for each magnetisation");
        let mean = |series: &[f64]| Estimate::from_chains(series, chains);
        let of_m =
            |f: fn(f64) -> f64| -> Vec<f64> { magnetisations.iter().map(|&m| f(m)).collect() };
        let series_abs_m = of_m(f64::abs);
        let (series_m2, series_m4) = (of_m(|m| m * m), of_m(|m| m * m * m * m));
        let energy_per_spin = mean(energies);
        let [abs_m, m2, m4] = [&series_abs_m, &series_m2, &series_m4].map(|series| mean(series));
        let slowest = [energy_per_spin, abs_m, m2, m4];
        let block = slowest.iter().map(Estimate::block_length).max().unwrap_or(1);
        // Chains are independent of one another: none needs more than its own length.
        let block = block.min(energies.len() / chains);
        let (n, k) = (sites as f64, coupling.value());
        let specific_heat = match coupling.is_frozen() {
            true => Estimate::exact(0.0),
            false => fluctuation(energies, energy_per_spin.mean, block, |var| k * (k * (n * var))),
        };
        let binder =
            jackknife(&[&series_m2, &series_m4], block, |of| 1.0 - of[1] / (3.0 * of[0] * of[0]));
        Self {
            energy_per_spin,
            m: mean(magnetisations),
            abs_m,
            m2,
            m4,
            specific_heat,
            susceptibility: fluctuation(&series_abs_m, abs_m.mean, block, |var| n * var),
            binder: super::finite(binder),
            block,
        }
    }
}

/// `f` of the variance of a series; around its mean nothing cancels.
fn fluctuation(series: &[f64], mean: f64, block: usize, f: impl Fn(f64) -> f64) -> Estimate {
    let centred: Vec<f64> = series.iter().map(|x| x - mean).collect();
    let squares: Vec<f64> = centred.iter().map(|x| x * x).collect();
    jackknife(&[&centred, &squares], block, |of| f(of[1] - of[0] * of[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Coupling, Lattice, Samples, Summary, energies, magnetisations};

    #[test]
    fn series_give_what_a_summary_of_the_configurations_gives() {
        let lattice = Lattice::square(6).unwrap();
        let coupling = Coupling::new(0.0).unwrap();
        let samples = Samples::at(coupling, crate::observe::tests::random_rows(&lattice, 60, 1));
        for chains in [1, 6, 60] {
            let (e, m) = (energies(&lattice, &samples), magnetisations(&samples));
            let found = Thermodynamics::of(36, coupling, &e, &m, chains);
            let summary = Summary::of(&lattice, &samples, 0..60, chains).unwrap();
            assert_eq!(found.energy_per_spin, summary.energy_per_spin);
            assert_eq!([found.m, found.abs_m], [summary.m, summary.abs_m]);
            assert_eq!([found.m2, found.m4], [summary.m2, summary.m4]);
            assert_eq!(found.specific_heat, summary.specific_heat);
            assert_eq!(
                (found.susceptibility, found.binder),
                (summary.susceptibility, summary.binder)
            );
        }
    }
}
