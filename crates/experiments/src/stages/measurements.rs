//! Measures what a sampler draws at each temperature of a list, and keeps the numbers, not the configurations.

use anyhow::Result;
use exact::square::critical_coupling;
use ising::{
    Algorithm, Checkerboard, Coupling, Error, Lattice, LatticeBits, Metropolis, Multispin,
    ReplicaBits, Request, Schedule, Spins, Thermodynamics, energies, energy_per_spin,
    magnetisation, magnetisations,
};
use lab::progress::Task;
use lab::store::Stage;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// Configurations side by side in [`ReplicaBits`].
const REPLICAS: u32 = 512;

/// Who draws the configurations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sampling {
    /// `ising::draw`, which finds its own schedule and refuses chains that do not settle.
    Draw { algorithm: Algorithm, least_effective: f64 },
    /// Multispin heat bath of 512 replicas.
    Replicas { spacing: Spacing },
    /// Checkerboard sweeps of single large tori, one after the other.
    LargeTorus { rule: SpinFlip, tori: u32, spacing: Spacing },
    /// Wrong on purpose: 512 replicas from random starts, each looked at once after so many sweeps.
    Hasty { sweeps: u32 },
    /// Wrong on purpose: a Metropolis chain looked at after every sweep as if its states were independent.
    Naive { burn_in: u32 },
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SpinFlip {
    Metropolis,
    HeatBath,
}

/// Sweeps before the first draw and between draws, in units of the square of the [`correlated_length`] (at most the
/// side), which is roughly how relaxation times grow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spacing {
    pub(crate) burn_in: f64,
    pub(crate) stride: f64,
}

impl Spacing {
    /// In sweeps, at least a few: a flipped spin in the cold may survive one.
    fn sweeps(self, side: usize, coupling: Coupling) -> (u32, u32) {
        const MIN: f64 = 4.0;
        let length = correlated_length(coupling).min(side as f64);
        let sweeps = |share: f64| (share * length * length).ceil().max(MIN) as u32;
        (sweeps(self.burn_in), sweeps(self.stride))
    }
}

/// How far apart spins still know of one another: a site and six correlation lengths `1 / |2K + ln tanh K|`, which
/// `onsager-1944` has above T_c; below, the true one is half of that. Infinite at T_c.
pub(crate) fn correlated_length(coupling: Coupling) -> f64 {
    let k = coupling.value();
    1.0 + 6.0 / (2.0 * k + k.tanh().ln()).abs()
}

/// `draws` configurations of the L x L torus at each temperature.
#[derive(Serialize)]
pub(crate) struct Measure<'a> {
    pub(crate) sampling: Sampling,
    pub(crate) side: usize,
    pub(crate) temperatures: &'a [f64],
    pub(crate) draws: u32,
    pub(crate) seed: u64,
}

/// What came of one temperature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Drawn(Measured),
    /// `ising::draw` refused; its reason.
    Refused(String),
}

/// Means over the configurations of one temperature.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) energy_per_spin: Estimate,
    pub(crate) specific_heat: Estimate,
    pub(crate) abs_m: Estimate,
    pub(crate) m2: Estimate,
    pub(crate) m4: Estimate,
    /// Configurations, and how many of them are no ground states.
    pub(crate) draws: u64,
    pub(crate) excited: u64,
}

impl Stage for Measure<'_> {
    const NAME: &'static str = "measurements";
    const VERSION: u32 = 1;
    type Output = Vec<Outcome>;

    fn effort(&self) -> f64 {
        let seconds_per_spin =
            if let Sampling::LargeTorus { .. } = self.sampling { 1e-8 } else { 1e-7 };
        let spins = f64::from(self.draws) * (self.side * self.side) as f64;
        seconds_per_spin * spins * self.temperatures.len() as f64
    }

    fn run(&self, task: &Task<'_>) -> Result<Vec<Outcome>> {
        let lattice = Lattice::square(self.side)?;
        let measure = |(index, &t): (usize, &f64)| -> Result<Outcome> {
            let seed = stats::child_seed(self.seed, Self::NAME, index as u64);
            let outcome = self.at(&lattice, Coupling::from_temperature(t)?, seed)?;
            task.done((index + 1) as f64 / self.temperatures.len() as f64);
            Ok(outcome)
        };
        self.temperatures.par_iter().enumerate().map(measure).collect()
    }
}

impl Measure<'_> {
    fn at(&self, lattice: &Lattice, coupling: Coupling, seed: u64) -> Result<Outcome> {
        let schedule =
            |(burn_in, stride), draws| Schedule { burn_in, stride, draws, symmetrise: false };
        let mut all = Series::default();
        match self.sampling {
            Sampling::Draw { algorithm, least_effective } => {
                let request = Request {
                    count: self.draws,
                    algorithm: Some(algorithm),
                    field: 0.0,
                    symmetrise: false,
                    least_effective,
                };
                all = match ising::draw(lattice, coupling, &request, seed) {
                    Ok(drawn) => Series {
                        chains: drawn.quality.chains.len(),
                        energies: energies(lattice, &drawn.samples),
                        magnetisations: magnetisations(&drawn.samples),
                    },
                    Err(error @ (Error::Unsettled { .. } | Error::Effective { .. })) => {
                        return Ok(Outcome::Refused(error.to_string()));
                    }
                    Err(error) => return Err(error.into()),
                };
            }
            Sampling::Replicas { spacing } => {
                let schedule = schedule(spacing.sweeps(self.side, coupling), self.draws / REPLICAS);
                let ordered = coupling.value() > critical_coupling();
                all.append(replicas(lattice, coupling, schedule, ordered, seed));
            }
            Sampling::Hasty { sweeps } => {
                for index in 0..u64::from(self.draws / REPLICAS) {
                    let seed = stats::child_seed(seed, "hasty", index);
                    all.append(replicas(lattice, coupling, schedule((sweeps, 1), 1), false, seed));
                }
            }
            Sampling::LargeTorus { rule, tori, spacing } => {
                let schedule = schedule(spacing.sweeps(self.side, coupling), self.draws / tori);
                for index in 0..u64::from(tori) {
                    let seed = stats::child_seed(seed, "torus", index);
                    all.append(large_torus(lattice, coupling, rule, schedule, seed)?);
                }
            }
            Sampling::Naive { burn_in } => {
                all.append(naive(lattice, coupling, schedule((burn_in, 1), self.draws), seed));
            }
        }
        Ok(Outcome::Drawn(all.measured(lattice, coupling)))
    }
}

/// Energies and magnetisations per spin, chain after chain, all of equal length.
#[derive(Default)]
struct Series {
    chains: usize,
    energies: Vec<f64>,
    magnetisations: Vec<f64>,
}

impl Series {
    fn append(&mut self, other: Self) {
        self.chains += other.chains;
        self.energies.extend(other.energies);
        self.magnetisations.extend(other.magnetisations);
    }

    fn measured(&self, lattice: &Lattice, coupling: Coupling) -> Measured {
        let Self { chains, energies, magnetisations } = self;
        let of = Thermodynamics::of(lattice.sites(), coupling, energies, magnetisations, *chains);
        let Thermodynamics { energy_per_spin, specific_heat, abs_m, m2, m4, .. } = of;
        let ground = -(lattice.bonds() as f64) / lattice.sites() as f64;
        let excited = energies.iter().filter(|&&e| e > ground).count() as u64;
        let draws = energies.len() as u64;
        Measured { energy_per_spin, specific_heat, abs_m, m2, m4, draws, excited }
    }
}

/// 512 replicas as as many chains, from ground states or from random spins.
fn replicas(
    lattice: &Lattice,
    coupling: Coupling,
    schedule: Schedule,
    ordered: bool,
    seed: u64,
) -> Series {
    let rng = &mut stats::stream(seed, Measure::NAME, 0);
    let mut state = match ordered {
        true => ReplicaBits::ground_states(lattice.sites(), rng),
        false => ReplicaBits::random(lattice.sites(), rng),
    };
    let mut sampler = Multispin::heat_bath(lattice, coupling, rng);
    let mut draws: Vec<Vec<(f64, f64)>> = Vec::new();
    ising::run(&mut sampler, &mut state, schedule, rng, |state, _| {
        let of = |replica| seen(lattice, &state.replica(replica));
        draws.push((0..state.replicas()).map(of).collect());
    });
    let chains = state.replicas();
    let in_order = (0..chains).flat_map(|chain| draws.iter().map(move |draw| draw[chain]));
    let (energies, magnetisations) = in_order.unzip();
    Series { chains, energies, magnetisations }
}

/// One large torus, from a ground state below T_c and from random spins above.
fn large_torus(
    lattice: &Lattice,
    coupling: Coupling,
    rule: SpinFlip,
    schedule: Schedule,
    seed: u64,
) -> Result<Series, Error> {
    let rng = &mut stats::stream(seed, Measure::NAME, 0);
    let mut state = match coupling.value() > critical_coupling() {
        true => LatticeBits::ground_state(lattice, rng)?,
        false => LatticeBits::random(lattice, rng)?,
    };
    let mut sampler = match rule {
        SpinFlip::Metropolis => Checkerboard::metropolis(coupling, rng),
        SpinFlip::HeatBath => Checkerboard::heat_bath(coupling, rng),
    };
    let n = lattice.sites() as f64;
    let mut series = Series { chains: 1, ..Series::default() };
    ising::run(&mut sampler, &mut state, schedule, rng, |state: &LatticeBits, _| {
        series.energies.push(-state.bond_sum() as f64 / n);
        series.magnetisations.push(state.spin_sum() as f64 / n);
    });
    Ok(series)
}

/// A chain of which every state counts as a chain of its own.
fn naive(lattice: &Lattice, coupling: Coupling, schedule: Schedule, seed: u64) -> Series {
    let rng = &mut stats::stream(seed, Measure::NAME, 0);
    let mut state = Spins::ground_state(lattice.sites(), rng);
    let mut sampler = Metropolis::new(lattice, coupling);
    let mut series = Series { chains: schedule.draws as usize, ..Series::default() };
    ising::run(&mut sampler, &mut state, schedule, rng, |state, _| {
        let (energy, magnetisation) = seen(lattice, state);
        series.energies.push(energy);
        series.magnetisations.push(magnetisation);
    });
    series
}

fn seen(lattice: &Lattice, spins: &Spins) -> (f64, f64) {
    (energy_per_spin(lattice, spins.as_slice()), magnetisation(spins.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacing_follows_the_correlation_length() -> Result<()> {
        let spacing = Spacing { burn_in: 2.0, stride: 0.1 };
        let at = |t: f64| Ok::<_, Error>(spacing.sweeps(16, Coupling::from_temperature(t)?));
        assert_eq!(at(exact::square::critical_temperature())?, (512, 26));
        // Far away from T_c a site is by itself.
        assert_eq!((at(0.0)?, at(f64::INFINITY)?), ((4, 4), (4, 4)));
        assert!(at(4.0)? < at(3.0)?);
        Ok(())
    }
}
