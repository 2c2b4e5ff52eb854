//! The exact moments of the magnetisation of a small torus at a list of temperatures.

use anyhow::Result;
use exact::transfer::{Moments, magnetisation_probabilities};
use lab::progress::Task;
use lab::store::Stage;
use serde::{Deserialize, Serialize};

/// The L x L torus, L at most 12.
#[derive(Serialize)]
pub(crate) struct ExactMoments<'a> {
    pub(crate) side: usize,
    pub(crate) temperatures: &'a [f64],
}

/// `<|m|>`, `<m^2>` and `<m^4>`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MagnetisationMoments {
    pub(crate) abs_m: f64,
    pub(crate) m2: f64,
    pub(crate) m4: f64,
}

impl Stage for ExactMoments<'_> {
    const NAME: &'static str = "moments";
    const VERSION: u32 = 1;
    type Output = Vec<MagnetisationMoments>;

    fn effort(&self) -> f64 {
        // Classes of first rows times rows times columns, each a polynomial over all sites.
        const SECONDS_PER_STEP: f64 = 1e-9;
        let side = self.side as f64;
        let steps = 4f64.powi(self.side as i32) / (4.0 * side) * side.powi(4);
        SECONDS_PER_STEP * steps * self.temperatures.len() as f64
    }

    fn run(&self, task: &Task<'_>) -> Result<Vec<MagnetisationMoments>> {
        let moments = |(index, t): (usize, &f64)| {
            let probabilities = magnetisation_probabilities(self.side, t.recip())?;
            let Moments { abs_m, m2, m4 } = Moments::of(&probabilities);
            task.done((index + 1) as f64 / self.temperatures.len() as f64);
            Ok(MagnetisationMoments { abs_m, m2, m4 })
        };
        self.temperatures.iter().enumerate().map(moments).collect()
    }
}
