//! What five thermometers say along the flow, and whether that is one temperature.

use super::cells::{Machine, Set};
use super::{Settings, rule_name};
use crate::report::content::{Cell, Claim, Figure, Found, Panel, Style, Table, Verdict};
use crate::report::numbers;
use crate::reproduce::Run;
use crate::reproduce::parts::*;
use crate::reproduce::thermometers::{self, LEVEL, NAMES};
use crate::stages::{FlowReadings, Flowing, ReadFlow};
use anyhow::{Context, Result};
use exact::square::critical_temperature;
use flow::Rule;
use rayon::prelude::*;
use stats::{Estimate, child_seed};

/// A rule and a start, all seeds.
pub(super) struct Path {
    rule: Rule,
    /// The temperature of the start.
    start: f64,
    /// By seed, at the steps read.
    seeds: Vec<Vec<FlowReadings>>,
}

impl Path {
    /// One thermometer at one of the steps read, where it is on its scale for all seeds.
    fn temperature(&self, number: usize, thermometer: usize) -> Option<Estimate> {
        let of_seeds = self.seeds.iter().map(|steps| &steps[number]);
        thermometers::temperature(of_seeds, thermometer)
    }

    fn ends(&self) -> impl Iterator<Item = &FlowReadings> {
        self.seeds.iter().filter_map(|steps| steps.last())
    }

    fn with_temperature(&self) -> usize {
        thermometers::with_temperature(self.ends())
    }
}

/// Steps that are read: 0, 1, 2, 5, 10, 20, 50, .. and the last.
fn steps_read(last: usize) -> Vec<usize> {
    let decades = (0..).map(|n| 10_usize.pow(n)).take_while(|decade| *decade < last);
    let within = decades.flat_map(|decade| [decade, 2 * decade, 5 * decade]);
    let within = within.filter(|step| *step < last);
    [0].into_iter().chain(within).chain([last]).collect()
}

/// The flows of the machines shown, trained, from the coldest and from the hottest start.
pub(super) fn paths(
    run: &Run,
    settings: &Settings,
    sets: &[Set],
    machines: &[Machine],
) -> Result<Vec<Path>> {
    let read = steps_read(settings.steps);
    let shown: Vec<&Machine> =
        machines.iter().filter(|machine| machine.hidden == settings.train.hidden).collect();
    let draws = settings.held_out as usize;
    let mut paths = Vec::new();
    for &rule in &settings.rules {
        for start in [settings.starts[settings.coldest()], settings.starts[settings.hottest()]] {
            let block = settings.temperatures.iter().position(|t| *t == start);
            let block = block.context("a start is not among the temperatures")?;
            let of_machine = |machine: &&Machine| -> Result<Vec<FlowReadings>> {
                let set = &sets[machine.set];
                let stage = ReadFlow {
                    rbm: Flowing::Trained(
                        machine.states.last().context("a machine was not trained")?,
                    ),
                    network: &set.calibration,
                    curves: &set.curves,
                    start: &set.held_out,
                    range: (block * draws, (block + 1) * draws),
                    rule,
                    read: &read,
                    seed: child_seed(set.seed, "flow readings", block as u64),
                };
                Ok(run.store.get(&stage)?.value)
            };
            let seeds = shown.par_iter().map(of_machine).collect::<Result<_>>()?;
            paths.push(Path { rule, start, seeds });
        }
    }
    Ok(paths)
}

/// Whether the ensembles at the end are those of the Ising model at one temperature.
pub(super) fn claim(paths: &[Path]) -> Claim {
    let count: usize = paths.iter().map(|path| path.seeds.len()).sum();
    let with: usize = paths.iter().map(Path::with_temperature).sum();
    let words = paths.iter().map(|path| {
        format!(
            "{} rule from T = {}: {}",
            rule_name(path.rule),
            path.start,
            thermometers::in_words(&path.ends().collect::<Vec<_>>())
        )
    });
    Claim {
        id: "flow-square/one-temperature".into(),
        experiment: "flow-square".into(),
        statement: "Where the flow ends, configurations have a temperature.".into(),
        source: "implied by Iso et al. (2018) and by all who read a temperature there".into(),
        published: None,
        found: Found { mean: with as f64, error: 0.0 },
        quantity: format!("of {count} ensembles at the end, how many have one temperature"),
        verdict: match with {
            0 => Verdict::Contradicted,
            with if with == count => Verdict::Reproduced,
            _ => Verdict::Corrected,
        },
        reason: format!(
            "Judged by the two-point function and by whether energy, |m|, correlation length and specific heat agree, at the level {LEVEL}. Temperatures read: {}.",
            words.collect::<Vec<_>>().join("; ")
        ),
    }
}

/// The thermometers along the flow by one rule.
pub(super) fn figure(settings: &Settings, paths: &[Path], rule: Rule) -> Figure {
    let panel = |path: &Path| {
        let steps: Vec<usize> =
            path.seeds.first().map_or(vec![], |s| s.iter().map(|r| r.step).collect());
        let series = NAMES.iter().enumerate().map(|(index, name)| {
            let points = steps.iter().enumerate().filter(|(_, step)| **step > 0);
            let points = points.filter_map(|(number, &step)| {
                Some((step as f64, path.temperature(number, index)?))
            });
            measured(*name, Style::LinePoints, points.collect::<Vec<_>>())
        });
        Panel {
            title: format!("from T = {}", path.start),
            x: log_axis("step of the flow"),
            y: axis("temperature read (J/k_B)"),
            series: series.collect(),
            marks: vec![mark_y("T_c", critical_temperature())],
        }
    };
    let name = rule_name(rule);
    let spins = match rule {
        Rule::Mean => " Expectations are read as spins drawn from them.",
        Rule::Sampled => "",
    };
    Figure {
        id: format!("flow-square-thermometers-{name}"),
        caption: format!(
            "Five thermometers along the flow by the {name} rule, N = {}; mean and error over seeds, where all are on the scale.{spins} Of an Ising ensemble all would read the same.",
            settings.train.hidden
        ),
        panels: paths.iter().filter(|path| path.rule == rule).map(panel).collect(),
    }
}

pub(super) fn table(paths: &[Path]) -> Table {
    let row = |path: &Path| {
        let last = path.seeds.first().map_or(0, |steps| steps.len() - 1);
        let mut row = vec![Cell::Text(rule_name(path.rule).to_owned()), Cell::Number(path.start)];
        row.extend((0..NAMES.len()).map(|index| match path.temperature(last, index) {
            Some(read) => Cell::Measured(read.into()),
            None => Cell::Text("off the scale".into()),
        }));
        let as_they_are: Vec<Estimate> = path.ends().map(|end| end.as_they_are).collect();
        row.push(Cell::Measured(over_seeds(&as_they_are).into()));
        let worst = path.ends().filter_map(|end| end.readings.as_ref()).map(|readings| {
            readings.two_point.chi_square / readings.two_point.degrees_of_freedom.max(1) as f64
        });
        let worst = worst.fold(f64::NAN, f64::min);
        row.push(Cell::Text(numbers::fixed(worst, 1)));
        row.push(Cell::Text(format!("{} of {}", path.with_temperature(), path.seeds.len())));
        row
    };
    let columns = ["rule", "start"].into_iter().chain(NAMES);
    let columns = columns.chain(["network, units as they are", "χ² a degree", "one temperature"]);
    Table {
        id: "flow-square-thermometers".into(),
        caption: "What thermometers read at the end of the flow; χ² of the two-point fit by degree of freedom, the smallest of the seeds; how many ensembles have one temperature.".into(),
        columns: columns.map(String::from).collect(),
        rows: paths.iter().map(row).collect(),
    }
}
