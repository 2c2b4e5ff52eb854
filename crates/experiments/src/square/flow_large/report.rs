//! Figures and the table of `flow-large`: ends against 1/L and against training.

use super::Settings;
use super::cells::Size;
use crate::square::thermometers::{NAMES, with_temperature};
use exact::square::critical_temperature;
use lab::parts::*;
use report::content::{Cell, Figure, Panel, Series, Style, Table};
use stats::Estimate;

/// Ends against 1/L, beside what the torus and the mixture have to say.
pub(super) fn sizes_figure(settings: &Settings, sizes: &[Size]) -> Figure {
    let inverse = |size: &Size| 1.0 / size.side as f64;
    let series = |label: &str, style, of: &dyn Fn(&Size) -> Option<Estimate>| -> Series {
        let points = sizes.iter().filter_map(|size| Some((inverse(size), of(size)?)));
        measured(label, style, points.collect::<Vec<_>>())
    };
    let panel = |start: usize| {
        // The two-point function's temperature is that of the energy.
        let thermometers = [0, 1, 2, 4].map(|number| {
            series(NAMES[number], Style::LinePoints, &|size| size.trained(start, number))
        });
        let mut all: Vec<Series> = thermometers.into();
        all.push(series("mixture, energy", Style::Dashed, &|size| size.mixture[0]));
        all.push(series("network of T_c", Style::Dashed, &|size| Some(size.network_at_critical)));
        all.push(series("maximum of C", Style::Line, &|size| {
            Some(Estimate::exact(size.specific_heat_peak))
        }));
        Panel {
            title: format!("from T = {}", settings.starts()[start]),
            x: axis("1/L"),
            y: axis("temperature (J/k_B)"),
            series: all,
            marks: vec![mark_y("T_c", critical_temperature())],
        }
    };
    Figure {
        id: "flow-large-sizes".into(),
        caption: format!(
            "Where the sampled flow ends after {} steps, by four thermometers, against 1/L; beside what the energy thermometer reads of the training mixture, what the network reads of configurations at T_c, and the exact temperature where the specific heat of the torus is largest. Errors are over {} seeds.",
            settings.steps, settings.seeds
        ),
        panels: (0..2).map(panel).collect(),
    }
}

/// The energy temperature of the ends along the training.
pub(super) fn times_figure(settings: &Settings, sizes: &[Size]) -> Figure {
    let series = |size: &Size, start: usize| {
        let points = settings.epochs.iter().enumerate().filter_map(|(checkpoint, &epochs)| {
            Some((settings.time(epochs), size.end(checkpoint, start, 0)?))
        });
        let label = format!("L = {}", size.side);
        measured(label, Style::LinePoints, points.collect::<Vec<_>>())
    };
    let panel = |start: usize| Panel {
        title: format!("from T = {}", settings.starts()[start]),
        x: log_axis("learning rate × updates"),
        y: axis("energy temperature (J/k_B)"),
        series: sizes.iter().map(|size| series(size, start)).collect(),
        marks: vec![mark_y("T_c", critical_temperature())],
    };
    Figure {
        id: "flow-large-training".into(),
        caption: format!(
            "The end of the sampled flow by the energy, against training; {} seeds.",
            settings.seeds
        ),
        panels: (0..2).map(panel).collect(),
    }
}

pub(super) fn table(settings: &Settings, sizes: &[Size]) -> Table {
    let read = |e: Option<Estimate>| match e {
        Some(e) => Cell::Measured(e.into()),
        None => Cell::Text("off the scale".into()),
    };
    let text = |text: &str| Cell::Text(text.to_owned());
    let mut rows = Vec::new();
    for size in sizes {
        let side = || Cell::Number(size.side as f64);
        for (start, t) in settings.starts().into_iter().enumerate() {
            let ensembles = &size.ends[size.ends.len() - 1][start];
            let mut row = vec![side(), text(&format!("flow from T = {t}"))];
            row.extend((0..NAMES.len()).map(|number| read(size.trained(start, number))));
            row.push(text(&format!("{} of {}", with_temperature(ensembles), settings.seeds)));
            rows.push(row);
        }
        let mut row = vec![side(), text("training mixture")];
        row.extend(size.mixture.map(read));
        rows.push(row.into_iter().chain([text("")]).collect());
        let mut row = vec![side(), text("configurations at T_c")];
        row.extend([(); 4].map(|()| Cell::Number(critical_temperature())));
        row.push(Cell::Measured(size.network_at_critical.into()));
        rows.push(row.into_iter().chain([text("")]).collect());
        let mut row = vec![side(), text("maximum of the specific heat")];
        row.push(Cell::Number(size.specific_heat_peak));
        rows.push(row.into_iter().chain([(); 5].map(|()| text(""))).collect());
    }
    let columns = ["L", "ensemble"].into_iter().chain(NAMES).chain(["one temperature"]);
    Table {
        id: "flow-large-ends".into(),
        caption: format!(
            "Temperatures (J/k_B) read at the end of the sampled flow ({} steps), of the training mixture and of configurations at T_c; how many of the seeds' ensembles have one temperature.",
            settings.steps
        ),
        columns: columns.map(String::from).collect(),
        rows,
    }
}
