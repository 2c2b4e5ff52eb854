//! Tables of `flow-controls`: what every thermometer reads at the ends, how far from T_c, and |m|.

use super::ends::{End, Genuine, PHYSICAL, abs_m, energy_temperature};
use super::machines::{Path, STARTS};
use super::{Settings, Torus};
use crate::square::thermometers::NAMES;
use exact::square::critical_temperature;
use lab::parts::SIGMAS;
use report::content::{Cell, Table};
use report::numbers;
use stats::Estimate;

pub(super) fn tables(
    settings: &Settings,
    torus: &Torus,
    genuine: &Genuine,
    ends: &[End],
    paths: &[Path],
) -> Vec<Table> {
    vec![
        readings(settings, torus, genuine, ends),
        distances(torus, ends),
        times(settings, torus, paths),
    ]
}

fn head(end: &End) -> Vec<Cell> {
    [end.name, end.kind.name(), STARTS[end.start]].map(|text| Cell::Text(text.to_owned())).into()
}

/// Data set, units, start, then the thermometers.
fn columns(torus: &Torus, more: &[&str]) -> Vec<String> {
    let head = ["data", "units", "start T"].into_iter().chain(NAMES.into_iter().take(PHYSICAL));
    let networks = torus.networks.iter().map(|network| format!("network {}", network.name));
    let more = more.iter().map(|column| (*column).to_owned());
    head.map(String::from).chain(networks).chain(more).collect()
}

fn readings(settings: &Settings, torus: &Torus, genuine: &Genuine, ends: &[End]) -> Table {
    let read = |e: Option<Estimate>| match e {
        Some(e) => Cell::Measured(e.into()),
        None => Cell::Text("off the scale".into()),
    };
    let row = |end: &End| {
        let mut row = head(end);
        row.extend(end.read.map(read));
        row.push(Cell::Measured(end.abs_m.into()));
        row.push(Cell::Text(numbers::fixed(end.chi_square, 1)));
        row.push(Cell::Text(format!("{} of {}", end.with_temperature, torus.seeds)));
        row
    };
    let mut last: Vec<Cell> =
        ["configurations at T_c", "", ""].map(|text| Cell::Text(text.into())).into();
    last.extend([(); PHYSICAL].map(|()| Cell::Number(critical_temperature())));
    last.extend(genuine.networks.map(|e| Cell::Measured(e.into())));
    last.push(Cell::Measured(genuine.abs_m.into()));
    last.extend(["", ""].map(|text| Cell::Text(text.into())));
    Table {
        id: format!("flow-controls-readings-{}", torus.side),
        caption: format!(
            "Temperatures (J/k_B) read after {} sampled steps, L = {}; χ² of the two-point fit by degree of freedom, the smallest of the seeds; how many of the seeds' ensembles have one temperature.",
            settings.steps, torus.side
        ),
        columns: columns(torus, &["|m|", "χ² a degree", "one temperature"]),
        rows: ends.iter().map(row).chain([last]).collect(),
    }
}

/// Distances from T_c, in J/k_B and in errors.
fn distances(torus: &Torus, ends: &[End]) -> Table {
    let apart = |e: Option<Estimate>| {
        let text = e.map_or("off the scale".to_owned(), |e| {
            let errors = numbers::fixed(e.mean / e.error, 1);
            format!("{} ({errors} errors)", numbers::fixed(e.mean, 2))
        });
        Cell::Text(text)
    };
    let row = |end: &End| {
        let mut row = head(end);
        row.extend(end.distance.map(apart));
        let network = match end.network_at_critical(torus) {
            Some(true) => "yes",
            Some(false) => "no",
            None => "open",
        };
        let (at, off) = end.physical_at_critical(torus);
        row.extend([network.to_owned(), format!("{at} yes, {off} no")].map(Cell::Text));
        row
    };
    Table {
        id: format!("flow-controls-distances-{}", torus.side),
        caption: format!(
            "Readings minus T_c, and that in errors; of the networks minus what they read of genuine configurations at T_c, L = {}. At T_c, within {}: surely when {SIGMAS} errors do not lead out, surely not when they do not lead in; the first network, and the four physical thermometers.",
            torus.side,
            torus.resolution()
        ),
        columns: columns(torus, &["network at T_c", "physical at T_c"]),
        rows: ends.iter().map(row).collect(),
    }
}

/// Whether only rate times updates counts: the machine of the torus at two learning rates.
fn times(settings: &Settings, torus: &Torus, paths: &[Path]) -> Table {
    let row = |path: &Path| {
        let (is_check, time) = path.early?;
        let rate = if is_check { torus.check } else { torus.trainings[0].binary }.learning_rate;
        let energy = energy_temperature(path)
            .map_or(Cell::Text("off the scale".into()), |e| Cell::Measured(e.into()));
        Some(vec![
            Cell::Text(STARTS[path.start].to_owned()),
            Cell::Number(f64::from(rate)),
            Cell::Number(time),
            Cell::Measured(abs_m(path).into()),
            energy,
        ])
    };
    let columns = ["start T", "learning rate", "rate × updates", "|m|", "energy T (J/k_B)"];
    Table {
        id: format!("flow-controls-times-{}", torus.side),
        caption: format!(
            "Ends of the flow ({} steps) of the torus' machine with units 0/1 against its training, at two learning rates, L = {}.",
            settings.steps, torus.side
        ),
        columns: columns.map(String::from).into(),
        rows: paths.iter().filter_map(row).collect(),
    }
}
