//! What `flow-field` shows: temperatures at the end of flows against the field and against training.

use super::Settings;
use super::law::Law;
use super::machines::{End, Exact, Joint, Start};
use anyhow::Result;
use exact::square::critical_temperature;
use exact::transfer::DensityOfStates;
use lab::parts::*;
use report::content::{Cell, Figure, Panel, Point, Series, Style, Table};
use stats::Estimate;

fn last(settings: &Settings) -> u64 {
    settings.epochs.last().copied().unwrap_or(0)
}

/// The largest specific heat against the field.
fn peaks(settings: &Settings, states: &DensityOfStates) -> Result<Vec<(f64, f64)>> {
    let most = settings.fields.last().copied().unwrap_or(0.0);
    grid(0.0, most, 40).map(|field| Ok((field, Law { states, field }.peak()?))).collect()
}

pub(super) fn temperatures(
    settings: &Settings,
    states: &DensityOfStates,
    exact: &[Vec<Exact>],
    ends: &[End],
) -> Result<Figure> {
    let peaks = peaks(settings, states)?;
    let panel = |(range, hottest): (usize, &f64)| {
        let of_range = |start: Start| {
            ends.iter().filter(move |end| {
                end.range == range && end.epochs == last(settings) && end.start == start
            })
        };
        let points = |label: &str, style, start, of: &dyn Fn(&End) -> Option<Estimate>| {
            let points = of_range(start)
                .filter_map(|end| Some((settings.fields[end.field], of(end)?)))
                .collect::<Vec<_>>();
            measured(label, style, points)
        };
        let mixture = exact[range].iter().zip(&settings.fields).map(|(e, &h)| (h, e.mixture));
        Panel {
            title: format!("trained on T = 0 ... {hottest}"),
            x: axis("external field h (J)"),
            y: axis("temperature (J/k_B)"),
            series: vec![
                curve("largest specific heat, exact", Style::Line, peaks.iter().copied()),
                curve("training mixture, by its energy", Style::Dashed, mixture),
                points("end by energy", Style::Points, Start::Hot, &|end| end.energy),
                points("end by magnetisation", Style::Points, Start::Hot, &|end| end.magnetisation),
                points("end by network", Style::Points, Start::Hot, &|end| Some(end.network)),
                points("end by energy, from T = 0", Style::Points, Start::Cold, &|end| end.energy),
            ],
            marks: vec![mark_y("T_c", critical_temperature())],
        }
    };
    Ok(Figure {
        id: "flow-field-temperature".into(),
        caption: format!(
            "Where the flow ends, from hot starts unless said, against the external field, after {} epochs of training; mean and error over {} seeds.",
            last(settings),
            settings.seeds
        ),
        panels: settings.hottest.iter().enumerate().map(panel).collect(),
    })
}

pub(super) fn training(settings: &Settings, ends: &[End]) -> Figure {
    let panel = |title: &str, of: &dyn Fn(&End) -> Option<Estimate>| {
        let series = settings.fields.iter().enumerate().map(|(field, h)| {
            let chosen = ends
                .iter()
                .filter(|end| end.range == 0 && end.field == field && end.start == Start::Hot);
            let points = chosen.filter_map(|end| Some((end.epochs as f64, of(end)?)));
            measured(format!("h = {h}"), Style::LinePoints, points.collect::<Vec<_>>())
        });
        Panel {
            title: title.into(),
            x: log_axis("epochs of training"),
            y: axis("temperature at the end (J/k_B)"),
            series: series.collect(),
            marks: vec![mark_y("T_c", critical_temperature())],
        }
    };
    Figure {
        id: "flow-field-training".into(),
        caption: format!(
            "Where the flow ends while the machine is being trained on T = 0 ... {}, by two thermometers.",
            settings.hottest[0]
        ),
        panels: vec![
            panel("by energy", &|end| end.energy),
            panel("by network", &|end| Some(end.network)),
        ],
    }
}

/// Ends among the curves on which Ising ensembles in each field lie.
pub(super) fn plane(
    settings: &Settings,
    states: &DensityOfStates,
    ends: &[End],
    joint: &[Joint],
) -> Result<Figure> {
    let label = |field: usize| format!("h = {}", settings.fields[field]);
    let exact = |(number, &field): (usize, &f64)| -> Result<Series> {
        let law = Law { states, field };
        // Equal steps in 1 / T, from infinite temperature to nearly zero.
        let points = grid(0.01, 2.0, 80).map(|k| {
            let means = law.means(1.0 / k)?;
            Ok((means.m, means.u + field * means.signed))
        });
        Ok(curve(label(number), Style::Line, points.collect::<Result<Vec<_>>>()?))
    };
    let curves = || settings.fields.iter().enumerate().map(exact).collect::<Result<Vec<Series>>>();
    let point = |field: usize, [m, e]: [Estimate; 2]| Series {
        label: label(field),
        style: Style::Points,
        points: vec![Point { x: m.mean, y: e.mean, error: e.error }],
    };
    let panel = |title: &str, points: Vec<Series>| -> Result<Panel> {
        let mut series = curves()?;
        series.extend(points);
        let (x, y) = (axis("magnetisation"), axis("energy of the bonds per spin (J)"));
        Ok(Panel { title: title.into(), x, y, series, marks: vec![] })
    };
    let of_one = ends
        .iter()
        .filter(|end| end.range == 0 && end.epochs == last(settings) && end.start == Start::Hot);
    Ok(Figure {
        id: "flow-field-plane".into(),
        caption: format!(
            "Markers: where flows from hot configurations end, after training on T = 0 ... {}. Lines: Ising ensembles of all temperatures in the field, exact; they rise with T. The size of the magnetisation is taken where there is no field, and of the machine of all fields.",
            settings.hottest[0]
        ),
        panels: vec![
            panel(
                "machines of one field",
                of_one.map(|end| point(end.field, end.plane)).collect(),
            )?,
            panel(
                "one machine of all fields, by start",
                joint.iter().map(|end| point(end.field, end.ended)).collect(),
            )?,
        ],
    })
}

pub(super) fn table(settings: &Settings, exact: &[Vec<Exact>], ends: &[End]) -> Table {
    let maybe = |read: Option<Estimate>| {
        read.map_or(Cell::Text("off the scale".into()), |read| Cell::Measured(read.into()))
    };
    let chosen = ends.iter().filter(|end| end.epochs == last(settings) && end.start == Start::Hot);
    let row = |end: &End| {
        let exact = &exact[end.range][end.field];
        vec![
            Cell::Number(settings.hottest[end.range]),
            Cell::Number(settings.fields[end.field]),
            Cell::Number(exact.peak),
            Cell::Number(exact.mixture),
            maybe(end.energy),
            maybe(end.magnetisation),
            Cell::Measured(end.network.into()),
            Cell::Text(format!("{} of {}", end.with_temperature, settings.seeds)),
        ]
    };
    let columns = [
        "trained up to T",
        "h (J)",
        "T of largest heat",
        "T of the mixture",
        "end by energy",
        "by magnetisation",
        "by network",
        "one temperature",
    ];
    Table {
        id: "flow-field-ends".into(),
        caption: "Temperatures, J/k_B, at the end of flows from hot starts; how many ensembles have one temperature by energy, magnetisation and specific heat.".into(),
        columns: columns.map(String::from).into(),
        rows: chosen.map(row).collect(),
    }
}
