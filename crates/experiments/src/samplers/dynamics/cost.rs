//! What an independent configuration costs, in seconds of one thread.

use super::Settings;
use super::cells::{ABS_M, Cell};
use crate::stages::{Dynamics, Time, Work};
use anyhow::Result;
use lab::Run;
use stats::Estimate;

/// One sampler on one lattice.
pub(super) struct Cost {
    pub(super) name: &'static str,
    pub(super) side: usize,
    /// Seconds of a sweep of one replica, or of a cluster or a draw.
    pub(super) per_sweep: Estimate,
    /// tau_int of |m| in these sweeps; 1/2 and exact for independent draws.
    pub(super) tau: Estimate,
    /// Seconds of an independent configuration, `2 tau` sweeps.
    pub(super) per_sample: Estimate,
}

fn cost(name: &'static str, side: usize, per_sweep: Estimate, tau: Estimate) -> Cost {
    let mean = 2.0 * tau.mean * per_sweep.mean;
    let error = mean * (tau.error / tau.mean).hypot(per_sweep.error / per_sweep.mean);
    Cost { name, side, per_sweep, tau, per_sample: Estimate { mean, error, ..tau } }
}

/// Nothing where nothing is to be timed. One after the other, when all else is done.
pub(super) fn measure(run: &Run, settings: &Settings, cells: &[Cell]) -> Result<Vec<Cost>> {
    let seconds = settings.timing_seconds;
    if seconds == 0.0 {
        return Ok(Vec::new());
    }
    let time =
        |work, side| Ok::<_, anyhow::Error>(run.store.get(&Time { work, side, seconds })?.value);
    let mut costs = Vec::new();
    for cell in cells {
        let all = time(Work::Sweep(cell.dynamics), cell.side)?;
        let tau = scaled(cell.tau[ABS_M], cell.moves);
        costs.push(cost(name(cell.dynamics), cell.side, scaled(all, cell.replicas), tau));
        // The same moves, of one large lattice.
        if cell.dynamics == Dynamics::Metropolis && cell.side.is_multiple_of(128) {
            costs.push(cost("checkerboard", cell.side, time(Work::Plane, cell.side)?, tau));
        }
    }
    let exact = Estimate::exact(0.5);
    for &side in &settings.perfect_sides {
        costs.push(cost("perfect", side, time(Work::Perfect, side)?, exact));
    }
    for &side in &settings.transfer_sides {
        costs.push(cost("transfer matrix", side, time(Work::Transfer, side)?, exact));
    }
    Ok(costs)
}

fn scaled(of: Estimate, by: f64) -> Estimate {
    Estimate { mean: of.mean / by, error: of.error / by, ..of }
}

fn name(dynamics: Dynamics) -> &'static str {
    match dynamics {
        Dynamics::Metropolis => "multispin Metropolis",
        Dynamics::HeatBath => "multispin heat bath",
        Dynamics::RandomMetropolis => "Metropolis",
        Dynamics::SequentialHeatBath => "heat bath",
        Dynamics::SwendsenWang | Dynamics::Wolff => dynamics.name(),
    }
}
