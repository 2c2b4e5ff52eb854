//! The flows of the machines shown, read at every step by the network, |m| and the energy.

use super::Settings;
use super::machines::Machine;
use super::sets::{Kind, Set};
use crate::stages::{FlowSteps, Flowing, RunFlow};
use anyhow::Result;
use flow::Rule;
use lab::Run;
use lab::parts::*;
use rayon::prelude::*;
use stats::{Estimate, child_seed};

/// One flow of one seed.
pub(super) struct Cell {
    pub(super) kind: Kind,
    pub(super) rule: Rule,
    /// The temperature of the start, J / k_B.
    pub(super) start: f64,
    pub(super) steps: FlowSteps,
}

pub(super) fn flows(
    run: &Run,
    settings: &Settings,
    sets: &[Set],
    machines: &[Machine],
) -> Result<Vec<Cell>> {
    let mut all = Vec::new();
    for machine in machines.iter().filter(|machine| machine.hidden == settings.train.hidden) {
        for &rule in &settings.rules {
            all.extend(settings.ends().map(|start| (machine, rule, start)));
        }
    }
    let flow = |&(machine, rule, start): &(&Machine, Rule, f64)| {
        let Set { seed, held_out, calibration, .. } = &sets[machine.set];
        let range = Set::block(settings, start)?;
        let done = run.store.get(&RunFlow {
            rbm: Flowing::Trained(machine.trained()?),
            thermometer: calibration,
            start: held_out,
            range,
            shape: settings.shape(),
            rule,
            steps: settings.steps,
            seed: child_seed(*seed, "flow", range.0 as u64),
        })?;
        Ok(Cell { kind: machine.kind, rule, start, steps: done.value })
    };
    all.par_iter().map(flow).collect()
}

/// The cells of one training set, rule and start: one per seed.
pub(super) fn select(
    cells: &[Cell],
    kind: Kind,
    rule: Rule,
    start: f64,
) -> impl Iterator<Item = &FlowSteps> {
    let wanted = move |cell: &&Cell| cell.kind == kind && cell.rule == rule && cell.start == start;
    cells.iter().filter(wanted).map(|cell| &cell.steps)
}

/// A quantity at every step, over seeds.
pub(super) fn path(
    cells: &[Cell],
    (kind, rule, start): (Kind, Rule, f64),
    quantity: impl Fn(&FlowSteps) -> &Vec<Estimate>,
) -> Vec<Estimate> {
    let all: Vec<&Vec<Estimate>> = select(cells, kind, rule, start).map(quantity).collect();
    let steps = all.first().map_or(0, |path| path.len());
    (0..steps).map(|n| over_seeds(&all.iter().map(|path| path[n]).collect::<Vec<_>>())).collect()
}

/// A quantity after the last step, over seeds.
pub(super) fn end(
    cells: &[Cell],
    (kind, rule, start): (Kind, Rule, f64),
    quantity: impl Fn(&FlowSteps) -> &Vec<Estimate>,
) -> Estimate {
    let last = |steps| quantity(steps).last().copied();
    over_seeds(&select(cells, kind, rule, start).filter_map(last).collect::<Vec<_>>())
}

/// The change of temperature in the first step, over seeds.
pub(super) fn first_step(cells: &[Cell], kind: Kind, rule: Rule, start: f64) -> Estimate {
    let change = |steps: &FlowSteps| steps.temperature[1] - steps.temperature[0];
    over_seeds(&select(cells, kind, rule, start).map(change).collect::<Vec<_>>())
}
