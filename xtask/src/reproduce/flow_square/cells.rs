//! The stages of `flow-square`, over seeds, hidden units, rules and starts.

use super::{Run, Settings, over_seeds};
use crate::stages::{
    DrawEquilibrium, DrawSamples, FlowSteps, Flowing, MeasureCurves, RunFlow, calibrate, train_rbm,
};
use crate::store::Done;
use anyhow::{Context, Result};
use exact::square::critical_temperature;
use flow::{Calibration, IsingCurves, Rule};
use ising::Samples;
use rayon::prelude::*;
use rbm::Trainer;
use stats::{Estimate, child_seed};
use std::collections::BTreeMap;

/// What a seed starts with.
pub(super) struct Set {
    pub(super) seed: u64,
    pub(super) training: Done<Samples>,
    /// Independent configurations that were not drawn for training: at the training temperatures, then at T_c.
    pub(super) held_out: Done<Samples>,
    pub(super) curves: Done<IsingCurves>,
    pub(super) calibration: Done<Calibration>,
}

/// A trained machine and where it belongs.
pub(super) struct Machine {
    pub(super) set: usize,
    pub(super) hidden: usize,
    /// Its state after every segment of training.
    pub(super) states: Vec<Done<Trainer>>,
}

/// One flow that was run.
pub(super) struct Cell {
    pub(super) hidden: usize,
    /// Epochs that the machine was trained.
    pub(super) epochs: u64,
    pub(super) rule: Rule,
    /// Number of the start in the settings.
    pub(super) start: usize,
    pub(super) steps: FlowSteps,
}

/// The training temperatures and T_c.
pub(super) fn held_out_temperatures(settings: &Settings) -> Vec<f64> {
    settings.temperatures.iter().copied().chain([critical_temperature()]).collect()
}

pub(super) fn sets(run: &Run, settings: &Settings) -> Result<Vec<Set>> {
    let set = |index: u64| -> Result<Set> {
        let seed = child_seed(run.seed, "flow-square", index);
        let training = run.store.get(&DrawSamples {
            shape: settings.shape(),
            temperatures: &settings.temperatures,
            algorithm: settings.algorithm,
            schedule: settings.schedule(settings.samples),
            seed: child_seed(seed, "training", 0),
        })?;
        let held_out = run.store.get(&DrawEquilibrium {
            side: settings.side,
            temperatures: &held_out_temperatures(settings),
            count: settings.held_out,
            seed: child_seed(seed, "held-out", 0),
        })?;
        let curves = run.store.get(&MeasureCurves {
            side: settings.side,
            hottest: settings.hottest,
            draws: settings.curve_draws,
            seed: child_seed(seed, "curves", 0),
        })?;
        let calibration = calibrate(
            &run.store,
            &training,
            &settings.temperatures,
            &settings.thermometer,
            settings.thermometer_epochs,
            settings.segment,
            child_seed(seed, "thermometer", 0),
        )?;
        Ok(Set { seed, training, held_out, curves, calibration })
    };
    (0..settings.seeds).into_par_iter().map(set).collect()
}

pub(super) fn machines(run: &Run, settings: &Settings, sets: &[Set]) -> Result<Vec<Machine>> {
    let all: Vec<(usize, usize)> = settings
        .hidden
        .iter()
        .flat_map(|&hidden| (0..sets.len()).map(move |set| (set, hidden)))
        .collect();
    let machine = |&(set, hidden): &(usize, usize)| {
        let Set { seed, training, .. } = &sets[set];
        let config = settings.train_config(hidden);
        let seed = child_seed(*seed, "rbm", hidden as u64);
        let (epochs, segment) = (settings.epochs, settings.segment);
        let states = train_rbm(&run.store, training, config, epochs, segment, seed)?;
        Ok(Machine { set, hidden, states })
    };
    all.par_iter().map(machine).collect()
}

pub(super) fn flows(
    run: &Run,
    settings: &Settings,
    sets: &[Set],
    machines: &[Machine],
) -> Result<Vec<Cell>> {
    // The machines of the size shown flow at every state of their training, the others trained.
    let mut all = Vec::new();
    for machine in machines {
        let shown = machine.hidden == settings.train.hidden;
        for (number, state) in machine.states.iter().enumerate() {
            if shown || number + 1 == machine.states.len() {
                for &rule in &settings.rules {
                    all.extend(
                        (0..settings.starts.len()).map(|start| (machine, state, rule, start)),
                    );
                }
            }
        }
    }
    let flow = |&(machine, state, rule, start): &(&Machine, &Done<Trainer>, Rule, usize)| {
        let Set { seed, training, held_out, calibration, .. } = &sets[machine.set];
        let is_start = |t: &f64| *t == settings.starts[start];
        let block = settings.temperatures.iter().position(is_start);
        let block = block.context("a start is not among the temperatures")?;
        let draws = settings.held_out as usize;
        let done = run.store.get(&RunFlow {
            rbm: Flowing::Trained(state),
            thermometer: calibration,
            start: held_out,
            range: (block * draws, (block + 1) * draws),
            shape: settings.shape(),
            rule,
            steps: settings.steps,
            seed: child_seed(*seed, "flow", start as u64),
        })?;
        let epochs = state.value.epochs(training.value.len());
        Ok(Cell { hidden: machine.hidden, epochs, rule, start, steps: done.value })
    };
    all.par_iter().map(flow).collect()
}

/// The trained machines' cells of one number of hidden units, rule and start: one per seed.
pub(super) fn select(
    cells: &[Cell],
    hidden: usize,
    rule: Rule,
    start: usize,
) -> impl Iterator<Item = &FlowSteps> {
    let trained = cells.iter().map(|cell| cell.epochs).max().unwrap_or(0);
    let wanted = move |c: &&Cell| {
        c.epochs == trained && c.hidden == hidden && c.rule == rule && c.start == start
    };
    cells.iter().filter(wanted).map(|c| &c.steps)
}

/// Network temperature at the end of the flow against the epochs of training.
pub(super) fn ends_by_epochs(
    cells: &[Cell],
    hidden: usize,
    rule: Rule,
    start: usize,
) -> Vec<(f64, Estimate)> {
    let mut by_epochs: BTreeMap<u64, Vec<Estimate>> = BTreeMap::new();
    for cell in cells.iter().filter(|c| c.hidden == hidden && c.rule == rule && c.start == start) {
        by_epochs.entry(cell.epochs).or_default().extend(cell.steps.temperature.last());
    }
    by_epochs.iter().map(|(&epochs, ends)| (epochs as f64, over_seeds(ends))).collect()
}

/// A quantity after the last step, over seeds.
pub(super) fn over_cells(
    cells: &[Cell],
    hidden: usize,
    rule: Rule,
    start: usize,
    quantity: impl Fn(&FlowSteps) -> &Vec<Estimate>,
) -> Estimate {
    let last = |steps| quantity(steps).last().copied();
    over_seeds(&select(cells, hidden, rule, start).filter_map(last).collect::<Vec<_>>())
}

/// The change of temperature in the first step, over seeds.
pub(super) fn first_step(cells: &[Cell], hidden: usize, rule: Rule, start: usize) -> Estimate {
    let change = |steps: &FlowSteps| {
        let [before, after] = [steps.temperature[0], steps.temperature[1]];
        Estimate { mean: after.mean - before.mean, error: after.error.hypot(before.error), ..after }
    };
    over_seeds(&select(cells, hidden, rule, start).map(change).collect::<Vec<_>>())
}
