//! Deviations, errors and the networks' confusion.

use super::Settings;
use super::readings::{Ensemble, PHYSICAL, Torus};
use exact::square::critical_temperature;
use lab::parts::*;
use nalgebra::DMatrix;
use report::content::{Cell, Figure, Panel, Series, Style, Table};
use stats::Estimate;

const TEMPERATURE: &str = "true temperature T (J/k_B)";

/// Temperatures, each with the readings of all seeds.
type Points = Vec<(f64, Vec<Estimate>)>;

/// Of each temperature, the readings of all seeds that are on the scale.
fn over<'a>(
    torus: &'a Torus,
    of: impl Fn(&Ensemble) -> Option<Estimate> + 'a,
) -> impl Iterator<Item = (f64, Vec<Estimate>)> + 'a {
    torus.ensembles.iter().filter_map(move |seeds| {
        let read: Option<Vec<Estimate>> = seeds.iter().map(&of).collect();
        Some((seeds.first()?.temperature, read?))
    })
}

/// All thermometers, physical ones first, each by its name with the readings at all temperatures.
fn thermometers(torus: &Torus) -> Vec<(String, Points)> {
    let physical = PHYSICAL.iter().enumerate().map(|(index, name)| {
        (name.to_string(), over(torus, move |e| e.physical()[index]).collect())
    });
    let networks = torus.networks.iter().enumerate().map(|(index, name)| {
        (format!("network, {name}"), over(torus, move |e| Some(e.networks[index])).collect())
    });
    physical.chain(networks).collect()
}

pub(super) fn bias(tori: &[Torus]) -> Figure {
    let panels = tori.iter().map(|torus| {
        let series = thermometers(torus).into_iter().map(|(name, points)| {
            let points = points.into_iter().map(|(t, read)| {
                let read = over_seeds(&read);
                (t, Estimate { mean: read.mean - t, ..read })
            });
            measured(name, Style::LinePoints, points)
        });
        Panel {
            title: format!("L = {}", torus.side),
            x: axis(TEMPERATURE),
            y: axis("temperature read minus true (J/k_B)"),
            series: series.collect(),
            marks: vec![mark_x("T_c", critical_temperature()), mark_y("", 0.0)],
        }
    });
    Figure {
        id: "thermometer-bias".into(),
        caption: "What thermometers read of ensembles in equilibrium, minus the temperature at which these were drawn; mean and error over seeds. The physical thermometers scatter around 0; networks do not.".into(),
        panels: panels.collect(),
    }
}

pub(super) fn errors(settings: &Settings, tori: &[Torus]) -> Figure {
    let panels = tori.iter().map(|torus| {
        let series = thermometers(torus).into_iter().map(|(name, points)| -> Series {
            let points = points.into_iter().map(|(t, read)| {
                let mean_square = read.iter().map(|r| r.error * r.error).sum::<f64>();
                (t, (mean_square / read.len() as f64).sqrt())
            });
            curve(name, Style::LinePoints, points)
        });
        Panel {
            title: format!("L = {}", torus.side),
            x: axis(TEMPERATURE),
            y: log_axis("stated error (J/k_B)"),
            series: series.collect(),
            marks: vec![mark_x("T_c", critical_temperature())],
        }
    });
    Figure {
        id: "thermometer-errors".into(),
        caption: format!(
            "The error that each thermometer states for an ensemble of {} configurations. The energy is the best that there can be: it is the temperature of maximum likelihood. The networks' are errors of the mean only and do not have their bias.",
            settings.ensemble
        ),
        panels: panels.collect(),
    }
}

pub(super) fn readings(tori: &[Torus]) -> Table {
    let mut columns = vec!["L".to_owned(), "T".to_owned()];
    let mut names: Vec<String> = PHYSICAL.iter().map(|name| name.to_string()).collect();
    for torus in tori {
        for name in &torus.networks {
            let name = format!("network, {name}");
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    columns.extend(names.iter().cloned());
    let mut rows = Vec::new();
    for torus in tori {
        let all = thermometers(torus);
        for seeds in &torus.ensembles {
            let Some(first) = seeds.first() else { continue };
            let t = first.temperature;
            let mut row = vec![Cell::Number(torus.side as f64), Cell::Number(t)];
            for name in &names {
                let of_name = all.iter().find(|(n, _)| n == name);
                let read = of_name.and_then(|(_, points)| points.iter().find(|(at, _)| *at == t));
                row.push(match read {
                    Some((_, read)) => Cell::Measured(over_seeds(read).into()),
                    None => Cell::Text("–".into()),
                });
            }
            rows.push(row);
        }
    }
    Table {
        id: "thermometer-readings".into(),
        caption: "Temperatures read, mean and error over seeds; – where an ensemble of some seed was beyond the end of the scale.".into(),
        columns,
        rows,
    }
}

/// How often a configuration is taken for its own temperature, for a neighbour, for another.
/// The networks' confusion of all temperatures of the scale.
pub(super) fn confusion_map(settings: &Settings, tori: &[Torus]) -> Figure {
    let panel = |torus: &Torus, name: &str, counts: &DMatrix<u64>| {
        let share = |row: usize, column: usize| {
            counts[(row, column)] as f64 / counts.row(row).sum().max(1) as f64
        };
        let shares = DMatrix::from_fn(counts.nrows(), counts.ncols(), share);
        Panel {
            title: format!("network {name}, L = {}", torus.side),
            x: axis("temperature read, its number"),
            y: axis("share of configurations"),
            series: matrix_rows("true temperature, its number", &shares),
            marks: vec![],
        }
    };
    let panels = tori.iter().flat_map(|torus| {
        let networks = torus.networks.iter().zip(&torus.confusion);
        networks.map(move |(name, counts)| panel(torus, name, counts))
    });
    Figure {
        id: "thermometer-confusion-map".into(),
        caption: format!(
            "Single held-out configurations as the networks class them, by the numbers of the {} temperatures on their scale, from 0.",
            settings.scale.len()
        ),
        panels: panels.collect(),
    }
}

pub(super) fn confusion(settings: &Settings, tori: &[Torus]) -> Table {
    let mut rows = Vec::new();
    for torus in tori {
        for (name, matrix) in torus.networks.iter().zip(&torus.confusion) {
            for (class, &t) in settings.scale.iter().enumerate() {
                let all = matrix.row(class).sum() as f64;
                let share = |reach: usize| {
                    let (from, to) = (class.saturating_sub(reach), class + reach);
                    let read =
                        (from..=to.min(settings.scale.len() - 1)).map(|c| matrix[(class, c)]);
                    read.sum::<u64>() as f64 / all
                };
                let favourite = matrix.row(class).transpose().argmax().0;
                rows.push(vec![
                    Cell::Number(torus.side as f64),
                    Cell::Text(name.clone()),
                    Cell::Number(t),
                    Cell::Number((1000.0 * share(0)).round() / 1000.0),
                    Cell::Number((1000.0 * share(1)).round() / 1000.0),
                    Cell::Number(settings.scale[favourite]),
                ]);
            }
        }
    }
    Table {
        id: "thermometer-confusion".into(),
        caption: "Single held-out configurations as the networks class them: the share that is taken for its own temperature, and for it or a neighbour on the scale; the temperature that they are taken for most often.".into(),
        columns: ["L", "network", "T", "right", "right or next", "most often"]
            .map(String::from)
            .into(),
        rows,
    }
}
