//! What `flow-square` shows: paths and ends of the flows, as figures and tables.

use super::cells::{self, Cell, Set, over_cells, select};
use super::readout::Equilibrium;
use super::{Settings, over_seeds, rule_name};
use crate::report::content::{self, Figure, Panel, Point, Series, Style, Table};
use crate::reproduce::parts::*;
use crate::stages::FlowSteps;
use exact::square::critical_temperature;
use flow::Rule;
use stats::Estimate;

/// The rule as a figure names it.
fn rule_title(rule: Rule) -> &'static str {
    match rule {
        Rule::Mean => "mean rule (expectations)",
        Rule::Sampled => "sampled rule",
    }
}

/// A quantity at every step, over seeds.
fn path(
    cells: &[Cell],
    hidden: usize,
    rule: Rule,
    start: usize,
    quantity: impl Fn(&FlowSteps) -> &Vec<Estimate>,
) -> Vec<Estimate> {
    let all: Vec<&Vec<Estimate>> = select(cells, hidden, rule, start).map(quantity).collect();
    let steps = all.first().map_or(0, |path| path.len());
    (0..steps).map(|n| over_seeds(&all.iter().map(|path| path[n]).collect::<Vec<_>>())).collect()
}

/// Steps that a figure shows: the first ten, then ever fewer.
fn shown_steps(last: usize) -> impl Iterator<Item = usize> {
    let thin = |n: &usize| *n <= 10 || (*n <= 50 && n.is_multiple_of(5)) || n.is_multiple_of(20);
    (0..=last).filter(thin)
}

pub(super) fn flow_figure(
    settings: &Settings,
    equilibrium: &Equilibrium,
    cells: &[Cell],
    hidden: usize,
) -> Figure {
    let panel = |&rule: &Rule| {
        let series = settings.starts.iter().enumerate().map(|(start, t)| {
            let path = path(cells, hidden, rule, start, |steps| &steps.temperature);
            let points = shown_steps(settings.steps).map(|n| (n as f64, path[n]));
            measured(format!("from T = {t}"), Style::LinePoints, points)
        });
        Panel {
            title: rule_title(rule).into(),
            x: axis("step"),
            y: axis_in("network temperature (J/k_B)", 0.0, 6.0),
            series: series.collect(),
            marks: vec![
                mark_y("T_c", critical_temperature()),
                mark_y("T_c as read", equilibrium.reading_at_critical.mean),
            ],
        }
    };
    Figure {
        id: "flow-square-temperature".into(),
        caption: format!(
            "Temperature along the flow as the network reads it, N = {hidden} hidden units, from held-out configurations. Marks: $T_c = 2.269$, and what the network reads of configurations truly at $T_c$."
        ),
        panels: settings.rules.iter().map(panel).collect(),
    }
}

pub(super) fn distribution_figure(
    settings: &Settings,
    sets: &[Set],
    cells: &[Cell],
    hidden: usize,
) -> Figure {
    let scale = sets[0].calibration.value.thermometer().scale().to_vec();
    let ends = [settings.coldest(), settings.hottest()];
    let mut panels = Vec::new();
    for &rule in &settings.rules {
        for start in ends {
            let series = [0, 1, 5, 20, settings.steps]
                .into_iter()
                .filter(|&n| n <= settings.steps)
                .map(|n| {
                    let of_seeds: Vec<&Vec<f64>> = select(cells, hidden, rule, start)
                        .map(|steps| &steps.distribution[n])
                        .collect();
                    let point = |(i, &t): (usize, &f64)| {
                        let values: Vec<f64> = of_seeds.iter().map(|p| p[i]).collect();
                        (t, Estimate::from_independent(&values))
                    };
                    measured(
                        format!("step {n}"),
                        Style::LinePoints,
                        scale.iter().enumerate().map(point).collect::<Vec<_>>(),
                    )
                });
            panels.push(Panel {
                title: format!("{}, from T = {}", rule_title(rule), settings.starts[start]),
                x: axis("temperature T (J/k_B)"),
                y: axis("probability P(T)"),
                series: series.collect(),
                marks: vec![mark_x("T_c", critical_temperature())],
            });
        }
    }
    Figure {
        id: "flow-square-distribution".into(),
        caption: format!(
            "The network's distribution over the training temperatures along the flow, averaged over configurations, N = {hidden}; errors are spreads over seeds."
        ),
        panels,
    }
}

pub(super) fn plane_figure(
    settings: &Settings,
    equilibrium: &Equilibrium,
    cells: &[Cell],
    hidden: usize,
) -> Figure {
    let states = equilibrium.abs_m.iter().zip(&equilibrium.energy).map(|(m, e)| (m.mean, *e));
    let critical = [(equilibrium.abs_m_at_critical.mean, equilibrium.energy_at_critical)];
    let mut series = vec![
        measured("equilibrium, T = 0 ... 6", Style::Line, states),
        measured("equilibrium at T_c", Style::Points, critical),
    ];
    for &rule in &settings.rules {
        for (start, t) in settings.starts.iter().enumerate() {
            let m = path(cells, hidden, rule, start, |steps| &steps.abs_m);
            let e = path(cells, hidden, rule, start, |steps| &steps.energy);
            let name = rule_name(rule);
            let point = |n: usize| Point { x: m[n].mean, y: e[n].mean, error: e[n].error };
            series.push(Series {
                label: format!("{name} rule from T = {t}"),
                style: Style::LinePoints,
                points: shown_steps(settings.steps).map(point).collect(),
            });
        }
    }
    Figure {
        id: "flow-square-plane".into(),
        caption: format!(
            "The flow in the plane of magnetisation and energy, N = {hidden}. A set of configurations at a temperature lies on the equilibrium curve; the flow leaves it."
        ),
        panels: vec![Panel {
            title: String::new(),
            x: axis("magnetisation ⟨|m|⟩"),
            y: axis("energy per spin (J)"),
            series,
            marks: vec![],
        }],
    }
}

pub(super) fn thermometer_figure(settings: &Settings, equilibrium: &Equilibrium) -> Figure {
    let pairs = settings.temperatures.iter().copied().zip(equilibrium.reading.iter().copied());
    let top = settings.temperatures.iter().copied().fold(0.0, f64::max);
    Figure {
        id: "flow-square-thermometer".into(),
        caption: "The network thermometer on held-out configurations of known temperature. It cannot tell temperatures apart at either end of the scale, where it reads their average.".into(),
        panels: vec![Panel {
            title: String::new(),
            x: axis("temperature T (J/k_B)"),
            y: axis("network temperature (J/k_B)"),
            series: vec![
                measured("held-out configurations", Style::Points, pairs),
                curve("true", Style::Dashed, [(0.0, 0.0), (top, top)]),
            ],
            marks: vec![mark_x("T_c", critical_temperature())],
        }],
    }
}

pub(super) fn hidden_figure(
    settings: &Settings,
    equilibrium: &Equilibrium,
    cells: &[Cell],
) -> Figure {
    let ends = [settings.coldest(), settings.hottest()];
    let panel = |&rule: &Rule| {
        let series = ends.map(|start| {
            let end = |&hidden: &usize| {
                let end = over_cells(cells, hidden, rule, start, |steps| &steps.temperature);
                (hidden as f64, end)
            };
            measured(
                format!("from T = {}", settings.starts[start]),
                Style::LinePoints,
                settings.hidden.iter().map(end),
            )
        });
        Panel {
            title: rule_title(rule).into(),
            x: axis("hidden units N"),
            y: axis("network temperature at the end (J/k_B)"),
            series: series.into(),
            marks: vec![
                mark_y("T_c", critical_temperature()),
                mark_y("T_c as read", equilibrium.reading_at_critical.mean),
            ],
        }
    };
    Figure {
        id: "flow-square-hidden".into(),
        caption: "Where the flow ends against the number of hidden units.".into(),
        panels: settings.rules.iter().map(panel).collect(),
    }
}

/// Whether the end has settled as training goes on.
pub(super) fn epochs_figure(
    settings: &Settings,
    equilibrium: &Equilibrium,
    cells: &[Cell],
) -> Figure {
    let panel = |&rule: &Rule| {
        let series = [settings.coldest(), settings.hottest()].map(|start| {
            let ends = cells::ends_by_epochs(cells, settings.train.hidden, rule, start);
            measured(format!("from T = {}", settings.starts[start]), Style::LinePoints, ends)
        });
        Panel {
            title: rule_title(rule).into(),
            x: axis("epochs of training"),
            y: axis_in("network temperature at the end (J/k_B)", 0.0, 6.0),
            series: series.into(),
            marks: vec![mark_y("T_c as read", equilibrium.reading_at_critical.mean)],
        }
    };
    Figure {
        id: "flow-square-epochs".into(),
        caption: format!(
            "Where the flow ends after {} steps while the machine of N = {} hidden units is being trained.",
            settings.steps, settings.train.hidden
        ),
        panels: settings.rules.iter().map(panel).collect(),
    }
}

pub(super) fn ends_table(settings: &Settings, equilibrium: &Equilibrium, cells: &[Cell]) -> Table {
    let measured = |e: Estimate| content::Cell::Measured(e.into());
    let text = |t: String| content::Cell::Text(t);
    let mut rows = Vec::new();
    for &hidden in &settings.hidden {
        for &rule in &settings.rules {
            for (start, t) in settings.starts.iter().enumerate() {
                rows.push(vec![
                    text(hidden.to_string()),
                    text(rule_title(rule).into()),
                    text(t.to_string()),
                    measured(cells::over_cells(cells, hidden, rule, start, |s| &s.temperature)),
                    measured(cells::over_cells(cells, hidden, rule, start, |s| &s.abs_m)),
                    measured(cells::over_cells(cells, hidden, rule, start, |s| &s.energy)),
                ]);
            }
        }
    }
    rows.push(vec![
        text("–".into()),
        text("equilibrium at $T_c$".into()),
        text("–".into()),
        measured(equilibrium.reading_at_critical),
        measured(equilibrium.abs_m_at_critical),
        measured(equilibrium.energy_at_critical),
    ]);
    Table {
        id: "flow-square-ends".into(),
        caption: format!(
            "The flow after {} steps; last row: configurations drawn at $T_c$.",
            settings.steps
        ),
        columns: [
            "N",
            "rule",
            "start T (J/k_B)",
            "network T (J/k_B)",
            "|m|",
            "energy per spin (J)",
        ]
        .map(String::from)
        .into(),
        rows,
    }
}

pub(super) fn samples_table(settings: &Settings, equilibrium: &Equilibrium) -> Table {
    let rows = settings.temperatures.iter().enumerate().map(|(i, &t)| {
        let columns = [equilibrium.energy[i], equilibrium.abs_m[i], equilibrium.reading[i]];
        let measured = columns.map(|e| content::Cell::Measured(e.into()));
        let effective = content::Cell::Text(format!("{:.0}", equilibrium.effective[i]));
        [content::Cell::Number(t)].into_iter().chain(measured).chain([effective]).collect()
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
