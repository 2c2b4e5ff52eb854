//! Integrated autocorrelation times of the energy, of |m| and of m^2 at T_c.

mod series;

use anyhow::Result;
use exact::square::critical_coupling;
use ising::{Coupling, HeatBath, Lattice, Metropolis, Multispin, ReplicaBits, Sampler, Spins};
use ising::{SwendsenWang, Wolff};
use lab::input::BadInput;
use lab::progress::Task;
use lab::store::Stage;
use serde::{Deserialize, Serialize};
use series::Series;
use stats::Estimate;

/// How a chain moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Dynamics {
    /// Metropolis in the order of a checkerboard, one move in 16 left out, 512 replicas.
    Metropolis,
    /// Heat bath in the order of a checkerboard, 512 replicas.
    HeatBath,
    /// Metropolis at random sites, one chain.
    RandomMetropolis,
    /// Heat bath from site to site, one chain.
    SequentialHeatBath,
    SwendsenWang,
    Wolff,
}

impl Dynamics {
    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Metropolis => "Metropolis",
            Self::HeatBath => "heat bath",
            Self::RandomMetropolis => "Metropolis, random sites",
            Self::SequentialHeatBath => "heat bath, site after site",
            Self::SwendsenWang => "Swendsen–Wang",
            Self::Wolff => "Wolff",
        }
    }

    /// Replicas that one sweep moves.
    pub(crate) fn replicas(self) -> f64 {
        if matches!(self, Self::Metropolis | Self::HeatBath) { 512.0 } else { 1.0 }
    }
}

/// A stationary series of `sweeps` sweeps (of Wolff: clusters) on the L x L torus at T_c. Every chain starts `start`
/// clusters of Wolff after the one before, the first so far from a ground state.
#[derive(Serialize)]
pub(crate) struct MeasureAutocorrelation {
    pub(crate) dynamics: Dynamics,
    pub(crate) side: usize,
    pub(crate) start: u32,
    pub(crate) sweeps: u32,
    pub(crate) seed: u64,
}

/// What a series says.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AutocorrelationTimes {
    /// tau_int of the energy, of |m| and of m^2, in sweeps (of Wolff: clusters).
    pub(crate) tau: [Estimate; 3],
    /// The common window of the three, in the same units.
    pub(crate) window: f64,
    /// Their means: energy per spin in units of J, |m| and m^2.
    pub(crate) means: [Estimate; 3],
    /// Moves tried per sweep over the number of sites; of Wolff the mean size of a cluster.
    pub(crate) moves: f64,
}

impl Stage for MeasureAutocorrelation {
    const NAME: &'static str = "memory";
    const VERSION: u32 = 1;
    type Output = AutocorrelationTimes;

    fn effort(&self) -> f64 {
        // Of a sweep per site, with its measurement, and of the start.
        let (sweep, chains) = match self.dynamics {
            Dynamics::Metropolis => (9e-8, 512.0),
            Dynamics::HeatBath => (1.1e-7, 512.0),
            Dynamics::RandomMetropolis | Dynamics::SequentialHeatBath => (8e-9, 1.0),
            Dynamics::SwendsenWang => (4e-9, 1.0),
            Dynamics::Wolff => (1.5e-9, 1.0),
        };
        let sites = (self.side * self.side) as f64;
        sites * (sweep * f64::from(self.sweeps) + 1.2e-9 * chains * f64::from(self.start))
    }

    fn run(&self, task: &Task<'_>) -> Result<AutocorrelationTimes> {
        let lattice = &Lattice::square(self.side)?;
        let k = Coupling::new(critical_coupling())?;
        let mut rng = stats::stream(self.seed, "memory/sampler", 0);
        let series = match self.dynamics {
            Dynamics::Metropolis => {
                self.of_replicas(lattice, Multispin::metropolis(lattice, k, &mut rng), task)
            }
            Dynamics::HeatBath => {
                self.of_replicas(lattice, Multispin::heat_bath(lattice, k, &mut rng), task)
            }
            Dynamics::RandomMetropolis => self.of_spins(lattice, Metropolis::new(lattice, k), task),
            Dynamics::SequentialHeatBath => self.of_spins(lattice, HeatBath::new(lattice, k), task),
            Dynamics::SwendsenWang => {
                self.of_spins(lattice, SwendsenWang::new(lattice, k, &mut rng), task)
            }
            Dynamics::Wolff => self.of_spins(lattice, Wolff::new(lattice, k, &mut rng), task),
        };
        series?.times().ok_or_else(|| {
            let Self { dynamics, side, sweeps, .. } = self;
            let sentence = format!(
                "{sweeps} sweeps of {dynamics:?} at L = {side} are too few to see their autocorrelation time"
            );
            BadInput(sentence).into()
        })
    }
}

impl MeasureAutocorrelation {
    /// The series of 512 replicas.
    fn of_replicas<S: Sampler<State = ReplicaBits>>(
        &self,
        lattice: &Lattice,
        sampler: S,
        task: &Task<'_>,
    ) -> Result<Series> {
        let start = ReplicaBits::of(&self.starts(lattice, 512)?);
        Ok(self.series(lattice, sampler, start, ReplicaBits::sums, task))
    }

    /// The series of one configuration.
    fn of_spins<S: Sampler<State = Spins>>(
        &self,
        lattice: &Lattice,
        sampler: S,
        task: &Task<'_>,
    ) -> Result<Series> {
        let start = self.starts(lattice, 1)?.remove(0);
        let sums = |spins: &Spins, lattice: &Lattice| {
            let (spin_sum, bond_sum) = spins.sums(lattice);
            (vec![spin_sum], vec![bond_sum])
        };
        Ok(self.series(lattice, sampler, start, sums, task))
    }

    /// Configurations in equilibrium, `start` clusters apart.
    fn starts(&self, lattice: &Lattice, chains: usize) -> Result<Vec<Spins>> {
        let mut rng = stats::stream(self.seed, "memory/start", 0);
        let mut wolff = Wolff::new(lattice, Coupling::new(critical_coupling())?, &mut rng);
        let mut spins = Spins::ground_state(lattice.sites(), &mut rng);
        let mut next = || {
            for _ in 0..self.start {
                wolff.sweep(&mut spins, &mut rng);
            }
            spins.clone()
        };
        Ok((0..chains).map(|_| next()).collect())
    }

    /// Sweeps, and looks after each.
    fn series<S: Sampler>(
        &self,
        lattice: &Lattice,
        mut sampler: S,
        mut state: S::State,
        sums: impl Fn(&S::State, &Lattice) -> (Vec<i64>, Vec<i64>),
        task: &Task<'_>,
    ) -> Series {
        let mut rng = stats::stream(self.seed, "memory/series", 0);
        let mut series = Series::new(lattice.sites());
        for sweep in 0..self.sweeps {
            let moves = sampler.sweep(&mut state, &mut rng).attempted;
            let (spins, bonds) = sums(&state, lattice);
            series.push(moves, &spins, &bonds);
            if sweep % 64 == 0 {
                task.done(f64::from(sweep) / f64::from(self.sweeps));
            }
        }
        series
    }
}
