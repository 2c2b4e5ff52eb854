//! What `dynamics` measures: autocorrelation times of every dynamics on every lattice, over independent runs.

use super::Settings;
use crate::stages::{Dynamics, Memory, Remember};
use anyhow::Result;
use exact::square::critical_coupling;
use exact::torus::kaufman;
use lab::Run;
use lab::parts::over_seeds;
use rayon::prelude::*;
use stats::{Estimate, child_seed};

/// The observables by their number.
pub(super) const OBSERVABLES: [&str; 3] = ["E", "|m|", "m²"];
pub(super) const ENERGY: usize = 0;
pub(super) const ABS_M: usize = 1;

/// One dynamics on one lattice, over all runs.
pub(super) struct Cell {
    pub(super) dynamics: Dynamics,
    pub(super) side: usize,
    /// Sweeps (of Wolff: clusters) of all runs together, and replicas that made them.
    pub(super) sweeps: f64,
    pub(super) replicas: f64,
    /// tau_int of energy, |m| and m^2 in sweeps; of Wolff as many clusters as have N sites.
    pub(super) tau: [Estimate; 3],
    /// Sweeps per sweep of the sampler: 1, but for Wolff the mean size of a cluster over N.
    pub(super) moves: f64,
    /// Standard errors between the mean energy and the exact one.
    pub(super) energy_off: f64,
}

impl Dynamics {
    pub(super) fn name(self) -> &'static str {
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
    pub(super) fn replicas(self) -> f64 {
        if matches!(self, Self::Metropolis | Self::HeatBath) { 512.0 } else { 1.0 }
    }
}

/// All cells, dynamics after dynamics, by increasing side.
pub(super) fn measure(run: &Run, settings: &Settings) -> Result<Vec<Cell>> {
    let cells: Vec<(Dynamics, usize, u32)> = settings
        .lengths()
        .into_iter()
        .flat_map(|(dynamics, lengths)| {
            lengths.iter().map(move |&[side, sweeps]| (dynamics, side as usize, sweeps))
        })
        .collect();
    let number = cells.len() as u64 * settings.runs;
    // The longest first: what is left for the end is short.
    let mut order: Vec<u64> = (0..number).collect();
    let stage = |index: u64| {
        let (dynamics, side, sweeps) = cells[(index / settings.runs) as usize];
        let label = format!("dynamics/{dynamics:?}/{side}");
        let seed = child_seed(run.seed, &label, index % settings.runs);
        Remember { dynamics, side, start: settings.start, sweeps, seed }
    };
    let effort = |index: &u64| lab::store::Stage::effort(&stage(*index));
    order.sort_by(|a, b| effort(b).total_cmp(&effort(a)));
    let mut memories: Vec<(u64, Memory)> = order
        .into_par_iter()
        .map(|index| Ok((index, run.store.get(&stage(index))?.value)))
        .collect::<Result<_>>()?;
    memories.sort_by_key(|(index, _)| *index);
    let memories: Vec<Memory> = memories.into_iter().map(|(_, memory)| memory).collect();
    let of_cell = |(&(dynamics, side, sweeps), memories): (&(Dynamics, usize, u32), &[Memory])| {
        cell(dynamics, side, sweeps, memories)
    };
    cells.iter().zip(memories.chunks_exact(settings.runs as usize)).map(of_cell).collect()
}

fn cell(dynamics: Dynamics, side: usize, sweeps: u32, memories: &[Memory]) -> Result<Cell> {
    let over =
        |of: &dyn Fn(&Memory) -> Estimate| over_seeds(&memories.iter().map(of).collect::<Vec<_>>());
    let runs = memories.len() as f64;
    let moves = match dynamics {
        Dynamics::Wolff => memories.iter().map(|memory| memory.moves).sum::<f64>() / runs,
        _ => 1.0,
    };
    let in_sweeps =
        |tau: Estimate| Estimate { mean: moves * tau.mean, error: moves * tau.error, ..tau };
    let exact = kaufman(side, side, critical_coupling())?.energy_per_spin;
    Ok(Cell {
        dynamics,
        side,
        sweeps: runs * f64::from(sweeps),
        replicas: dynamics.replicas(),
        tau: [0, 1, 2].map(|k| in_sweeps(over(&|memory| memory.tau[k]))),
        moves,
        energy_off: over(&|memory| memory.means[ENERGY]).sigmas_from(exact),
    })
}

/// The times of one observable by side.
pub(super) fn times(
    cells: &[Cell],
    dynamics: Dynamics,
    observable: usize,
) -> Vec<(usize, Estimate)> {
    let own = cells.iter().filter(|cell| cell.dynamics == dynamics);
    own.map(|cell| (cell.side, cell.tau[observable])).collect()
}
