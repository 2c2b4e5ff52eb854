//! Draws configurations at a list of temperatures, one independent chain for each.

use anyhow::Result;
use ising::{Algorithm, Coupling, Lattice, Samples, Schedule};
use lab::progress::Task;
use lab::store::Stage;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A lattice, as settings name it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shape {
    Ring(usize),
    Square(usize),
}

impl Shape {
    pub(crate) fn lattice(self) -> Result<Lattice, ising::Error> {
        match self {
            Self::Ring(sites) => Lattice::ring(sites),
            Self::Square(side) => Lattice::square(side),
        }
    }
}

/// `schedule.draws` configurations at each temperature, in the order of the temperatures.
#[derive(Serialize)]
pub(crate) struct DrawSamples<'a> {
    pub(crate) shape: Shape,
    pub(crate) temperatures: &'a [f64],
    pub(crate) algorithm: Algorithm,
    pub(crate) schedule: Schedule,
    pub(crate) seed: u64,
}

impl Stage for DrawSamples<'_> {
    const NAME: &'static str = "samples";
    const VERSION: u32 = 3;
    type Output = Samples;

    fn effort(&self) -> f64 {
        const SECONDS_PER_SPIN: f64 = 8e-9;
        let sites = self.shape.lattice().map_or(0, |lattice| lattice.sites());
        let Schedule { burn_in, stride, draws, .. } = self.schedule;
        let sweeps = f64::from(burn_in) + f64::from(stride) * f64::from(draws);
        SECONDS_PER_SPIN * sweeps * (sites * self.temperatures.len()) as f64
    }

    fn run(&self, _task: &Task<'_>) -> Result<Samples> {
        let lattice = self.shape.lattice()?;
        let draw = |(index, &t): (usize, &f64)| {
            let seed = stats::child_seed(self.seed, Self::NAME, index as u64);
            let coupling = Coupling::from_temperature(t)?;
            ising::chain(&lattice, coupling, self.algorithm, self.schedule, seed)
        };
        let per_temperature: Vec<Samples> =
            self.temperatures.par_iter().enumerate().map(draw).collect::<Result<_, _>>()?;
        let mut all = Samples::new(lattice.sites());
        per_temperature.iter().try_for_each(|samples| all.append(samples))?;
        Ok(all)
    }
}
