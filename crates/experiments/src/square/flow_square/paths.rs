//! What five thermometers say along the flow of the machine shown.

use super::Settings;
use super::machines::Machine;
use super::sets::{Kind, Set};
use crate::square::thermometers;
use crate::stages::{FlowReadings, Flowing, ReadFlow};
use anyhow::Result;
use flow::Rule;
use lab::Run;
use rayon::prelude::*;
use stats::{Estimate, child_seed};

/// A rule and a start, all seeds.
pub(super) struct Path {
    pub(super) rule: Rule,
    /// The temperature of the start.
    pub(super) start: f64,
    /// By seed, at the steps read.
    pub(super) seeds: Vec<Vec<FlowReadings>>,
}

impl Path {
    /// One thermometer at one of the steps read, where it is on its scale for all seeds.
    pub(super) fn temperature(&self, number: usize, thermometer: usize) -> Option<Estimate> {
        let of_seeds = self.seeds.iter().map(|steps| &steps[number]);
        thermometers::temperature(of_seeds, thermometer)
    }

    /// The steps read.
    pub(super) fn steps(&self) -> Vec<usize> {
        self.seeds.first().map_or(vec![], |steps| steps.iter().map(|read| read.step).collect())
    }
}

/// Steps that are read: 0, 1, 2, 5, 10, 20, 50, .. and the last.
fn steps_read(last: usize) -> Vec<usize> {
    let decades = (0..).map(|n| 10_usize.pow(n)).take_while(|decade| *decade < last);
    let within = decades.flat_map(|decade| [decade, 2 * decade, 5 * decade]);
    let within = within.filter(|step| *step < last);
    [0].into_iter().chain(within).chain([last]).collect()
}

/// The flows of the machines shown, from the coldest and from the hottest start.
pub(super) fn paths(
    run: &Run,
    settings: &Settings,
    sets: &[Set],
    machines: &[Machine],
) -> Result<Vec<Path>> {
    let read = steps_read(settings.steps);
    let shown = machines.iter().filter(|m| m.is(Kind::All, settings.train.hidden));
    let shown: Vec<&Machine> = shown.collect();
    let mut paths = Vec::new();
    for &rule in &settings.rules {
        for start in settings.ends() {
            let range = Set::block(settings, start)?;
            let of_machine = |machine: &&Machine| -> Result<Vec<FlowReadings>> {
                let set = &sets[machine.set];
                let stage = ReadFlow {
                    rbm: Flowing::Trained(machine.trained()?),
                    network: &set.calibration,
                    curves: &set.curves,
                    start: &set.held_out,
                    range,
                    rule,
                    read: &read,
                    seed: child_seed(set.seed, "flow readings", range.0 as u64),
                };
                Ok(run.store.get(&stage)?.value)
            };
            let seeds = shown.par_iter().map(of_machine).collect::<Result<_>>()?;
            paths.push(Path { rule, start, seeds });
        }
    }
    Ok(paths)
}
