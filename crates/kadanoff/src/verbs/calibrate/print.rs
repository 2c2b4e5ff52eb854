//! A calibration as one JSON document, and as a table of the thermometers' readings against the truth.

use super::Test;
use crate::files::thermometer::Thermometer;
use crate::readings::{Temperatures, probability};
use nalgebra::DMatrix;
use report::columns::columns;
use report::numbers;
use serde::Serialize;

/// What is known of a calibration.
pub(super) struct Report<'a> {
    pub(super) loss: f64,
    pub(super) tests: Vec<Test>,
    pub(super) confusion: DMatrix<u64>,
    pub(super) thermometer: &'a Thermometer,
    pub(super) draws: usize,
    pub(super) note: Option<String>,
    pub(super) seconds: f64,
}

pub(super) fn json(report: &Report<'_>) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Curves {
        side: usize,
        temperatures: usize,
        draws: usize,
        energy_error: f64,
    }
    #[derive(Serialize)]
    struct Document<'a> {
        scale: &'a [f64],
        loss: f64,
        accuracy: f64,
        confusion: Vec<Vec<u64>>,
        held_out: &'a [Test],
        curves: Option<Curves>,
        note: Option<&'a str>,
        seconds: f64,
    }
    let Report { loss, tests, confusion, thermometer, draws, note, seconds } = report;
    serde_json::to_string_pretty(&Document {
        scale: thermometer.network.scale(),
        loss: *loss,
        accuracy: share(confusion, 0..confusion.nrows(), 0),
        confusion: confusion.row_iter().map(|row| row.iter().copied().collect()).collect(),
        held_out: tests,
        curves: thermometer.curves.as_ref().map(|curves| Curves {
            side: curves.side(),
            temperatures: curves.temperatures().len(),
            draws: *draws,
            energy_error: curves.energy_error(),
        }),
        note: note.as_deref(),
        seconds: *seconds,
    })
}

/// The share of samples of these temperatures that are taken for one at most so many places away.
fn share(confusion: &DMatrix<u64>, rows: std::ops::Range<usize>, away: usize) -> f64 {
    let of = |near: bool| {
        let places = rows.clone().flat_map(|i| (0..confusion.ncols()).map(move |j| (i, j)));
        let counted = places.filter(|(i, j)| !near || i.abs_diff(*j) <= away);
        counted.map(|place| confusion[place]).sum::<u64>() as f64
    };
    of(true) / of(false)
}

pub(super) fn text(report: &Report<'_>, out: &str) -> String {
    let Report { loss, tests, confusion, thermometer, draws, note, seconds } = report;
    let mut titles = vec!["T", "held out"];
    titles.extend(Temperatures::TITLES);
    titles.extend(["p", "right", "or next"]);
    let mut rows = vec![titles.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    let scale = thermometer.network.scale();
    for test in tests {
        let mut row = vec![numbers::exact(test.temperature), test.count.to_string()];
        row.extend(test.readings.thermometers.cells());
        row.push(probability(test.readings.p_value));
        let class = scale.partition_point(|&t| t < test.temperature);
        row.extend([0, 1].map(|away| numbers::fixed(share(confusion, class..class + 1, away), 2)));
        rows.push(row);
    }
    let all = |away| numbers::fixed(share(confusion, 0..scale.len(), away), 3);
    let mut text = columns(&rows, 0);
    text += &format!(
        "network: cross-entropy {} nats; {} of the held-out samples taken for their own temperature, {} for that or the next\n",
        numbers::fixed(*loss, 3),
        all(0),
        all(1)
    );
    if let Some(curves) = &thermometer.curves {
        text += &format!(
            "curves: {draws} draws at each of {} temperatures, energy between them right to {}\n",
            curves.temperatures().len(),
            numbers::exact((curves.energy_error() * 1e7).ceil() * 1e-7)
        );
    }
    for line in note.iter() {
        text += &format!("{line}\n");
    }
    text + &format!("{seconds:.2} s: {out}")
}
