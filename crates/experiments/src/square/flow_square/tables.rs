//! Tables of `flow-square`: the ends by all thermometers, the weights, and the configurations behind it all.

use super::ends::End;
use super::readout::Equilibrium;
use super::weights::Weights;
use super::{Settings, rule_name};
use crate::square::thermometers::NAMES;
use report::content::{Cell, Table};
use report::numbers;
use stats::Estimate;

fn measured(e: Estimate) -> Cell {
    Cell::Measured(e.into())
}

fn text(t: impl ToString) -> Cell {
    Cell::Text(t.to_string())
}

/// Trained machines, from the coldest and the hottest start.
pub(super) fn ends(settings: &Settings, ends: &[End]) -> Table {
    let row = |end: &End| {
        let mut row = vec![
            text(end.kind.name()),
            text(end.hidden),
            text(rule_name(end.rule)),
            text(end.start),
        ];
        row.extend((0..NAMES.len()).map(|index| match end.temperature(index) {
            Some(read) => measured(read),
            None => text("off the scale"),
        }));
        row.push(measured(end.as_they_are()));
        let ratios = end.seeds.iter().filter_map(|read| read.readings.as_ref()).map(|readings| {
            readings.two_point.chi_square / readings.two_point.degrees_of_freedom.max(1) as f64
        });
        row.push(text(numbers::fixed(ratios.fold(f64::NAN, f64::min), 1)));
        row.push(text(format!("{} of {}", end.with_temperature(), end.seeds.len())));
        row
    };
    let wanted = |end: &&End| end.is_trained && settings.ends().any(|start| start == end.start);
    let columns = ["trained on", "N", "rule", "start"].into_iter().chain(NAMES);
    let columns = columns.chain(["network, units as they are", "χ² a degree", "one temperature"]);
    Table {
        id: "flow-square-ends".into(),
        caption: format!(
            "What thermometers read after {} steps, J/k_B; χ² of the two-point fit by degree of freedom, the smallest of the seeds; how many ensembles have one temperature.",
            settings.steps
        ),
        columns: columns.map(String::from).collect(),
        rows: ends.iter().filter(wanted).map(row).collect(),
    }
}

pub(super) fn weights(weights: &[Weights]) -> Table {
    let row = |weights: &Weights| {
        let numbers = [
            weights.share_of_first(),
            weights.effective_share(),
            weights.at_distance(1.0),
            weights.at_distance(2.0),
            weights.scatter(),
        ];
        let names = [text(weights.kind.name()), text(weights.hidden)];
        names.into_iter().chain(numbers.map(measured)).collect()
    };
    Table {
        id: "flow-square-weights".into(),
        caption: "$W W^T$ of all machines. Its largest eigenvalue as a share of the trace; how many equal eigenvalues would have the same two first moments, as a share of their number; in units of the mean of the diagonal, the mean entry of sites at distances 1 and 2, and the scatter of all entries outside the diagonal. Errors over seeds.".into(),
        columns: [
            "trained on",
            "N",
            "largest eigenvalue",
            "effective number",
            "r = 1",
            "r = 2",
            "scatter",
        ]
        .map(String::from)
        .into(),
        rows: weights.iter().map(row).collect(),
    }
}

pub(super) fn samples(settings: &Settings, equilibrium: &Equilibrium) -> Table {
    let rows = settings.temperatures.iter().enumerate().map(|(i, &t)| {
        let columns = [equilibrium.energy[i], equilibrium.abs_m[i], equilibrium.reading[i]];
        let effective = text(format!("{:.0}", equilibrium.effective[i]));
        [Cell::Number(t)].into_iter().chain(columns.map(measured)).chain([effective]).collect()
    });
    Table {
        id: "flow-square-samples".into(),
        caption: format!(
            "Held-out configurations of the {0} × {0} torus, {1} per temperature and seed, and how many independent ones they are worth. Errors account for autocorrelation and for the spread over seeds.",
            settings.side, settings.held_out
        ),
        columns: [
            "T (J/k_B)",
            "energy per spin (J)",
            "|m|",
            "network T (J/k_B)",
            "effective samples",
        ]
        .map(String::from)
        .into(),
        rows: rows.collect(),
    }
}
