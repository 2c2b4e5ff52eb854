//! Where flows end, read by five thermometers: for every machine, rule and start, and while the machine shown is trained.

use super::Settings;
use super::machines::Machine;
use super::sets::{Kind, Set};
use crate::square::thermometers;
use crate::stages::{FlowReadings, Flowing, ReadFlow};
use anyhow::Result;
use flow::Rule;
use lab::Run;
use lab::parts::{SIGMAS, over_seeds};
use rayon::prelude::*;
use stats::{Estimate, child_seed};

/// The ends of one flow, all seeds.
pub(super) struct End {
    pub(super) kind: Kind,
    pub(super) hidden: usize,
    /// Updates of the machine, and whether these are all.
    pub(super) updates: u64,
    pub(super) is_trained: bool,
    pub(super) rule: Rule,
    /// The temperature of the start, J / k_B.
    pub(super) start: f64,
    pub(super) seeds: Vec<FlowReadings>,
}

impl End {
    /// What a thermometer reads, by its number in [`thermometers::NAMES`].
    pub(super) fn temperature(&self, thermometer: usize) -> Option<Estimate> {
        thermometers::temperature(&self.seeds, thermometer)
    }

    /// What the network reads of the units as they are: real numbers by the mean rule.
    pub(super) fn as_they_are(&self) -> Estimate {
        over_seeds(&self.seeds.iter().map(|read| read.as_they_are).collect::<Vec<_>>())
    }

    pub(super) fn with_temperature(&self) -> usize {
        thermometers::with_temperature(&self.seeds)
    }
}

/// A flow to be read at its end: of which machine, at which state of its training, by which rule, from where.
struct Job<'a> {
    machine: &'a Machine,
    state: usize,
    rule: Rule,
    start: f64,
}

pub(super) fn ends(
    run: &Run,
    settings: &Settings,
    sets: &[Set],
    machines: &[Machine],
) -> Result<Vec<End>> {
    let jobs = jobs(settings, machines);
    let read = |job: &Job| -> Result<FlowReadings> {
        let Set { seed, held_out, curves, calibration, .. } = &sets[job.machine.set];
        let range = Set::block(settings, job.start)?;
        let done = run.store.get(&ReadFlow {
            rbm: Flowing::Trained(&job.machine.states[job.state]),
            network: calibration,
            curves,
            start: held_out,
            range,
            rule: job.rule,
            read: &[settings.steps],
            seed: child_seed(*seed, "flow ends", range.0 as u64),
        })?;
        done.value.into_iter().next_back().ok_or_else(|| anyhow::anyhow!("nothing was read"))
    };
    let readings: Vec<FlowReadings> = jobs.par_iter().map(read).collect::<Result<_>>()?;
    let mut ends: Vec<End> = Vec::new();
    for (job, reading) in jobs.iter().zip(readings) {
        let &Job { machine, state, rule, start } = job;
        let updates = machine.states[state].value.updates();
        let same = |end: &&mut End| {
            (end.kind, end.hidden, end.updates) == (machine.kind, machine.hidden, updates)
                && (end.rule, end.start) == (rule, start)
        };
        match ends.iter_mut().find(same) {
            Some(end) => end.seeds.push(reading),
            None => ends.push(End {
                kind: machine.kind,
                hidden: machine.hidden,
                updates,
                is_trained: state + 1 == machine.states.len(),
                rule,
                start,
                seeds: vec![reading],
            }),
        }
    }
    Ok(ends)
}

/// Machines of V and the others of the size shown flow from every start, the rest from the coldest and the hottest; the machine
/// shown at every state of its training.
fn jobs<'a>(settings: &Settings, machines: &'a [Machine]) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for machine in machines {
        let is_shown = machine.is(Kind::All, settings.train.hidden);
        for (state, rule) in (0..machine.states.len())
            .flat_map(|state| settings.rules.iter().map(move |&rule| (state, rule)))
        {
            let is_trained = state + 1 == machine.states.len();
            let from_all = machine.kind == Kind::All || machine.hidden == settings.train.hidden;
            let starts: Vec<f64> = match (is_trained, if is_trained { from_all } else { is_shown })
            {
                (true, true) => settings.starts.clone(),
                (true, false) | (false, true) => settings.ends().collect(),
                (false, false) => vec![],
            };
            jobs.extend(starts.into_iter().map(|start| Job { machine, state, rule, start }));
        }
    }
    jobs
}

/// The ends of trained machines of one kind and size by one rule, one for each start.
pub(super) fn trained(
    ends: &[End],
    kind: Kind,
    hidden: usize,
    rule: Rule,
) -> impl Iterator<Item = &End> {
    ends.iter().filter(move |end| {
        end.is_trained && (end.kind, end.hidden, end.rule) == (kind, hidden, rule)
    })
}

/// The end from one start.
pub(super) fn from(
    ends: &[End],
    (kind, hidden, rule): (Kind, usize, Rule),
    start: f64,
) -> Option<&End> {
    trained(ends, kind, hidden, rule).find(|end| end.start == start)
}

/// The ends of the machine shown while it is trained on V, by time of training (rate times updates).
pub(super) fn course<'a>(
    settings: &Settings,
    ends: &'a [End],
    rule: Rule,
    start: f64,
) -> Vec<(f64, &'a End)> {
    let rate = f64::from(settings.train.learning_rate);
    let wanted = |end: &&End| {
        (end.kind, end.hidden) == (Kind::All, settings.train.hidden)
            && (end.rule, end.start) == (rule, start)
    };
    let mut course: Vec<(f64, &End)> =
        ends.iter().filter(wanted).map(|end| (rate * end.updates as f64, end)).collect();
    course.sort_by(|a, b| a.0.total_cmp(&b.0));
    course
}

/// The times between which a reading first passes a temperature.
pub(super) fn passes(course: &[(f64, Estimate)], temperature: f64) -> Option<(f64, f64)> {
    let side = |e: Estimate| e.mean > temperature;
    let pair = course.windows(2).find(|pair| side(pair[0].1) != side(pair[1].1))?;
    Some((pair[0].0, pair[1].0))
}

/// How far apart ends from different starts are by one thermometer: the hottest minus the coldest, where all are on the scale.
pub(super) fn range_over_starts<'a>(
    ends: impl Iterator<Item = &'a End>,
    thermometer: usize,
) -> Option<Estimate> {
    let read: Vec<Estimate> =
        ends.map(|end| end.temperature(thermometer)).collect::<Option<_>>()?;
    let by_mean = |a: &&Estimate, b: &&Estimate| a.mean.total_cmp(&b.mean);
    let (low, high) = (read.iter().min_by(by_mean)?, read.iter().max_by(by_mean)?);
    Some(*high - *low)
}

/// Whether ends so far apart are still the same.
pub(super) fn is_independent(range: Estimate) -> bool {
    range.mean <= SIGMAS * range.error
}
