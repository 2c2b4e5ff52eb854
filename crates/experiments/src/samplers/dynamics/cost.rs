//! What an independent configuration costs, in seconds of one thread.

use super::{ABS_M, Settings, TorusDynamics};
use crate::stages::{Dynamics, Time, Work};
use anyhow::Result;
use lab::Lab;
use report::{Figure, Rows, figure, panel, table};
use stats::Estimate;

/// One sampler on one torus.
pub(super) struct Cost {
    name: &'static str,
    side: usize,
    /// Seconds of a sweep of one replica, or of a cluster or a draw.
    per_sweep: Estimate,
    /// tau_int of |m| in these sweeps; 1/2 and exact for independent draws.
    tau: Estimate,
    /// Seconds of an independent configuration, `2 tau` sweeps.
    per_sample: Estimate,
}

impl Cost {
    fn new(name: &'static str, side: usize, per_sweep: Estimate, tau: Estimate) -> Self {
        Self { name, side, per_sweep, tau, per_sample: tau * 2.0 * per_sweep }
    }
}

/// Nothing where nothing is to be timed. One after the other, when all else is done: alone on the machine, as far as that is
/// up to this program.
pub(super) fn measure(lab: &Lab, s: &Settings, tori: &[TorusDynamics]) -> Result<Vec<Cost>> {
    let seconds = *s.timing_seconds;
    if seconds == 0.0 {
        return Ok(Vec::new());
    }
    let time = |work, side| Ok::<_, anyhow::Error>(lab.get(&Time { work, side, seconds })?.value);
    let mut costs = Vec::new();
    for &TorusDynamics { dynamics, side, moves, tau, .. } in tori {
        let all = time(Work::Sweep(dynamics), side)?;
        let tau = tau[ABS_M] / moves;
        costs.push(Cost::new(name(dynamics), side, all / dynamics.replicas(), tau));
        // The same moves, of one large lattice.
        if dynamics == Dynamics::Metropolis && side.is_multiple_of(128) {
            costs.push(Cost::new("checkerboard", side, time(Work::LargeTorus, side)?, tau));
        }
    }
    let exact = Estimate::exact(0.5);
    for side in s.perfect_sides.iter().map(|side| side.size()) {
        costs.push(Cost::new("perfect", side, time(Work::Perfect, side)?, exact));
    }
    for side in s.transfer_sides.iter().map(|side| side.size()) {
        costs.push(Cost::new("transfer matrix", side, time(Work::Transfer, side)?, exact));
    }
    Ok(costs)
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

pub(super) fn cost_figure(s: &Settings, costs: &[Cost]) -> Figure {
    let mut names: Vec<&str> = Vec::new();
    for cost in costs {
        if !names.contains(&cost.name) {
            names.push(cost.name);
        }
    }
    let caption = format!(
        "What an independent configuration at $T_c$ costs: $2 \\tau_{{|m|}}$ sweeps, in seconds of one thread, each sampler timed for {} s; of one of 512 replicas, of one of 512 perfect draws, of a transfer-matrix draw without its tables.",
        s.timing_seconds
    );
    figure("cost", caption).panel(
        panel("side L", "seconds per independent configuration").log_x().log_y().each(
            names,
            |panel, name| {
                let own = costs.iter().filter(|cost| cost.name == name);
                panel.joined(name, own.map(|cost| (cost.side, cost.per_sample)))
            },
        ),
    )
}

pub(super) fn cost_table(costs: &[Cost]) -> Rows<&Cost> {
    let caption = "The figure above as numbers. A sweep is one of one replica, of Wolff a cluster, of perfect sampling and the transfer matrix a draw; its time is divided by the number of sites.";
    table("seconds", caption)
        .rows(costs)
        .column("sampler", |c| c.name)
        .column("L", |c| c.side)
        .column("sweep / N (ns)", |c| c.per_sweep * (1e9 / (c.side * c.side) as f64))
        .column("τ of |m| (sweeps)", |c| c.tau)
        .column("independent configuration (µs)", |c| c.per_sample * 1e6)
        .column("a second", |c| (1.0 / c.per_sample.mean).round())
}
