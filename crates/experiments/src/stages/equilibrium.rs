//! Configurations in equilibrium at a list of temperatures, by whichever algorithm is best at each; and curves of a torus.

use anyhow::Result;
use flow::IsingCurves;
use ising::{Coupling, Lattice, Request, Samples};
use lab::progress::Task;
use lab::store::Stage;
use serde::Serialize;

/// The least number of independent configurations that a set is worth, as a share of its size.
const MIN_EFFECTIVE: f64 = 0.9;

/// `count` configurations of the square torus at each temperature, in the order of the temperatures.
#[derive(Serialize)]
pub(crate) struct DrawEquilibrium<'a> {
    pub(crate) side: usize,
    pub(crate) temperatures: &'a [f64],
    pub(crate) count: u32,
    pub(crate) seed: u64,
}

impl Stage for DrawEquilibrium<'_> {
    const NAME: &'static str = "equilibrium";
    const VERSION: u32 = 2;
    type Output = Samples;

    fn effort(&self) -> f64 {
        const SECONDS_PER_SPIN: f64 = 5e-8;
        let spins = self.side * self.side * self.temperatures.len();
        SECONDS_PER_SPIN * spins as f64 * f64::from(self.count)
    }

    fn run(&self, task: &Task<'_>) -> Result<Samples> {
        let lattice = Lattice::square(self.side)?;
        let request = Request {
            count: self.count,
            algorithm: None,
            field: 0.0,
            symmetrise: true,
            least_effective: MIN_EFFECTIVE * f64::from(self.count),
        };
        let mut all = Samples::new(lattice.sites());
        for (index, &t) in self.temperatures.iter().enumerate() {
            let seed = stats::child_seed(self.seed, Self::NAME, index as u64);
            let drawn = ising::draw(&lattice, Coupling::from_temperature(t)?, &request, seed)?;
            all.append(&drawn.samples)?;
            task.done((index + 1) as f64 / self.temperatures.len() as f64);
        }
        Ok(all)
    }
}

/// How the observables of the square torus depend on temperature, from T = 0 to `hottest`.
#[derive(Serialize)]
pub(crate) struct MeasureCurves {
    pub(crate) side: usize,
    pub(crate) hottest: f64,
    /// Configurations at each temperature of the grid.
    pub(crate) draws: u32,
    pub(crate) seed: u64,
}

impl Stage for MeasureCurves {
    const NAME: &'static str = "curves";
    const VERSION: u32 = 2;
    type Output = IsingCurves;

    fn effort(&self) -> f64 {
        const SECONDS_PER_SPIN: f64 = 1e-7;
        let nodes = IsingCurves::grid(self.side, self.hottest).len();
        SECONDS_PER_SPIN * (self.side * self.side * nodes) as f64 * f64::from(self.draws)
    }

    fn run(&self, _task: &Task<'_>) -> Result<IsingCurves> {
        let grid = IsingCurves::grid(self.side, self.hottest);
        Ok(IsingCurves::measure(self.side, &grid, self.draws, self.seed)?)
    }
}
