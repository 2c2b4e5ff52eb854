//! Draws configurations of a torus in an external field.

use anyhow::Result;
use ising::{Coupling, Lattice, Request, Samples};
use lab::progress::Task;
use lab::store::Stage;
use rayon::prelude::*;
use serde::Serialize;

/// `count` configurations of the square torus at each temperature in each field, in the order of the fields and, inside, of
/// the temperatures.
#[derive(Serialize)]
pub(crate) struct DrawInField<'a> {
    pub(crate) side: usize,
    /// J / k_B.
    pub(crate) temperatures: &'a [f64],
    /// External fields h, in J.
    pub(crate) fields: &'a [f64],
    pub(crate) count: u32,
    pub(crate) seed: u64,
}

impl Stage for DrawInField<'_> {
    const NAME: &'static str = "in-field";
    const VERSION: u32 = 2;
    type Output = Samples;

    fn effort(&self) -> f64 {
        const SECONDS_PER_SPIN: f64 = 1e-7;
        let sets = self.temperatures.len() * self.fields.len();
        SECONDS_PER_SPIN * (self.side * self.side * sets) as f64 * f64::from(self.count)
    }

    fn run(&self, _task: &Task<'_>) -> Result<Samples> {
        let lattice = Lattice::square(self.side)?;
        let points: Vec<(f64, f64)> = self
            .fields
            .iter()
            .flat_map(|&h| self.temperatures.iter().map(move |&t| (h, t)))
            .collect();
        let draw = |(index, &(h, t)): (usize, &(f64, f64))| -> Result<Samples> {
            let coupling = Coupling::from_temperature(t)?;
            // Of two ground states a field of any size leaves one.
            let field = if t > 0.0 { h / t } else { h * 1e6 };
            let request = Request {
                count: self.count,
                algorithm: None,
                field,
                symmetrise: h == 0.0,
                least_effective: 0.9 * f64::from(self.count),
            };
            let seed = stats::child_seed(self.seed, Self::NAME, index as u64);
            Ok(ising::draw(&lattice, coupling, &request, seed)?.samples)
        };
        let drawn = points.par_iter().enumerate().map(draw).collect::<Result<Vec<_>>>()?;
        let mut all = Samples::new(lattice.sites());
        drawn.iter().try_for_each(|samples| all.append(samples))?;
        Ok(all)
    }
}
