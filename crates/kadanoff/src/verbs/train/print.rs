//! A finished run as one JSON document, and as a short table of its curve.

use super::scores::Scores;
use crate::measured::Measured;
use report::columns::columns;
use report::numbers;
use serde::Serialize;

/// Rows of the table, the last one aside.
const ROWS: usize = 8;

/// What is known of a run at its end.
pub(super) struct Report<'a> {
    /// As JSON.
    pub(super) settings: &'a str,
    pub(super) visible: usize,
    pub(super) hidden: usize,
    pub(super) updates: u64,
    pub(super) seconds: f64,
    pub(super) last: Scores,
    pub(super) curve: &'a [Scores],
    /// Of how many samples the scores are, of all samples and of all that were held out.
    pub(super) scored: Vec<(usize, usize)>,
    pub(super) out: String,
    pub(super) run: String,
}

pub(super) fn json(report: &Report<'_>) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Document<'a> {
        settings: serde_json::Value,
        visible: usize,
        updates: u64,
        seconds: f64,
        r#final: Scores,
        curve: &'a [Scores],
    }
    serde_json::to_string_pretty(&Document {
        settings: serde_json::from_str(report.settings)?,
        visible: report.visible,
        updates: report.updates,
        seconds: report.seconds,
        r#final: report.last,
        curve: report.curve,
    })
}

pub(super) fn text(report: &Report<'_>) -> String {
    let Report { last, curve, .. } = report;
    let step = curve.len().div_ceil(ROWS).max(1);
    let shown = curve.iter().step_by(step).filter(|point| point.epoch < last.epoch).chain([last]);
    let mut rows = vec![titles(last)];
    rows.extend(shown.map(cells));
    let (visible, hidden, updates) = (report.visible, report.hidden, report.updates);
    let (seconds, out, run) = (report.seconds, &report.out, &report.run);
    let scored: Vec<String> =
        report.scored.iter().map(|(n, all)| format!("{n} of {all}")).collect();
    let scored =
        scored.join(" samples and ") + if scored.len() > 1 { " held out" } else { " samples" };
    format!(
        "{}scores of {scored}\n{visible} x {hidden} units, {updates} updates, {seconds:.2} s: {out} (to go on: --resume {run})",
        columns(&rows, 0)
    )
}

fn titles(last: &Scores) -> Vec<String> {
    let mut titles = vec!["epoch"];
    titles.extend(last.log_likelihood.map(|_| "ln p"));
    titles.extend(["pseudo ln p", "reconstruction"]);
    if let Some(held_out) = &last.held_out {
        match held_out.log_likelihood {
            Some(_) => titles.extend(["held-out ln p", "pseudo ln p"]),
            None => titles.push("held-out pseudo ln p"),
        }
        titles.extend(["reconstruction", "free-energy gap"]);
    }
    titles.into_iter().map(str::to_owned).collect()
}

fn cells(scores: &Scores) -> Vec<String> {
    let fixed = |value| numbers::fixed(value, 4);
    let mut cells = vec![scores.epoch.to_string()];
    cells.extend(scores.log_likelihood.map(Measured::cell));
    cells.extend([scores.pseudo_log_likelihood, scores.reconstruction_error].map(fixed));
    if let Some(held_out) = &scores.held_out {
        cells.extend(held_out.log_likelihood.map(Measured::cell));
        cells.extend([held_out.pseudo_log_likelihood, held_out.reconstruction_error].map(fixed));
        cells.push(held_out.free_energy_gap.cell());
    }
    cells
}
