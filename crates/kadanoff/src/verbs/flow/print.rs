//! A flow as one JSON document, and as a table of some of its steps.

use super::{Flow, Input};
use crate::measured::Measured;
use crate::readings::{Readings, Temperatures, probability};
use report::columns::columns;
use serde::Serialize;

/// Rows of the table, the last one aside.
const ROWS: usize = 12;

/// What is known of a flow.
pub(super) struct Report<'a> {
    pub(super) steps: &'a [Readings],
    pub(super) note: Option<&'a str>,
    pub(super) seconds: f64,
}

pub(super) fn json(report: &Report<'_>) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Step<'a> {
        step: usize,
        #[serde(flatten)]
        readings: &'a Readings,
    }
    #[derive(Serialize)]
    struct Document<'a> {
        steps: Vec<Step<'a>>,
        verdict: Option<&'static str>,
        note: Option<&'a str>,
        seconds: f64,
    }
    let Report { steps, note, seconds } = *report;
    let step = |(step, readings)| Step { step, readings };
    let verdict = steps.last().and_then(|readings| readings.verdict);
    serde_json::to_string_pretty(&Document {
        steps: steps.iter().enumerate().map(step).collect(),
        verdict,
        note,
        seconds,
    })
}

pub(super) fn text(report: &Report<'_>, input: &Input, options: &Flow) -> String {
    let Report { steps, note, seconds } = *report;
    let mut titles = vec!["step", "energy per spin", "|m|"];
    titles.extend(Temperatures::TITLES);
    titles.push("p");
    let mut rows = vec![titles.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    let (last, apart) = (options.steps, steps.len().div_ceil(ROWS));
    let shown = |step: &usize| step.is_multiple_of(apart) || *step == last;
    rows.extend((0..=last).filter(shown).map(|step| cells(step, &steps[step])));
    let mut text = columns(&rows, 0);
    let verdict = steps.last().and_then(Readings::sentence);
    for line in verdict.map(|verdict| format!("after {last} steps {verdict}")).iter() {
        text += &format!("{line}\n");
    }
    for line in note.iter() {
        text += &format!("{line}\n");
    }
    let (samples, visible, hidden) = (input.start.ncols(), input.rbm.visible(), input.rbm.hidden());
    let out = options.out.display();
    text + &format!("{samples} samples through {visible} x {hidden} units, {seconds:.2} s: {out}")
}

fn cells(step: usize, readings: &Readings) -> Vec<String> {
    let energy = readings.energy_per_spin.map_or("–".to_owned(), Measured::cell);
    let mut cells = vec![step.to_string(), energy, readings.abs_m.cell()];
    cells.extend(readings.thermometers.cells());
    cells.push(probability(readings.p_value));
    cells
}
