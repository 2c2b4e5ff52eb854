//! Figures of the flows, step by step.

use super::rule_title;
use crate::square::flow_square::ends::{End, from};
use crate::square::flow_square::flows::{Cell, path, select};
use crate::square::flow_square::paths::Path;
use crate::square::flow_square::readout::Equilibrium;
use crate::square::flow_square::sets::{Kind, Set};
use crate::square::flow_square::{Settings, rule_name};
use crate::square::thermometers::NAMES;
use exact::square::critical_temperature;
use flow::Rule;
use lab::parts::*;
use report::content::{Figure, Panel, Point, Series, Style};
use stats::Estimate;

/// Steps that a figure shows: the first ten, then ever fewer.
fn shown_steps(last: usize) -> impl Iterator<Item = usize> {
    let thin = |n: &usize| *n <= 10 || (*n <= 50 && n.is_multiple_of(5)) || n.is_multiple_of(20);
    (0..=last).filter(thin)
}

/// The temperature that the network reads along the flow, for all training sets.
pub(in super::super) fn temperature(
    settings: &Settings,
    equilibrium: &Equilibrium,
    cells: &[Cell],
) -> Figure {
    let panel = |&rule: &Rule| {
        let series = Kind::EACH.into_iter().flat_map(|kind| {
            settings.ends().map(move |start| {
                let path = path(cells, (kind, rule, start), |steps| &steps.temperature);
                let points = shown_steps(settings.steps).map(|n| (n as f64, path[n]));
                let label = format!("{} from T = {start}", kind.name());
                measured(label, Style::LinePoints, points)
            })
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
            "Temperature along the flow as the network reads it, from held-out configurations, for machines of N = {} hidden units trained on all temperatures (V), the high ones (H) and the low ones (L). Marks: $T_c = 2.269$, and what the network reads of configurations truly at $T_c$.",
            settings.train.hidden
        ),
        panels: settings.rules.iter().map(panel).collect(),
    }
}

/// The network's distribution after some steps, one figure for each rule.
pub(in super::super) fn distribution(
    settings: &Settings,
    sets: &[Set],
    cells: &[Cell],
    rule: Rule,
) -> Figure {
    let scale = sets[0].calibration.value.thermometer().scale().to_vec();
    let steps = [0, 1, 2, 3, 5, 9].into_iter().filter(|n| *n < settings.steps);
    let steps: Vec<usize> = steps.chain([settings.steps]).collect();
    let mut panels = Vec::new();
    for kind in Kind::EACH {
        for start in settings.ends() {
            let series = steps.iter().map(|&n| {
                let of_seeds: Vec<&Vec<f64>> =
                    select(cells, kind, rule, start).map(|steps| &steps.distribution[n]).collect();
                let point = |(i, &t): (usize, &f64)| {
                    let values: Vec<f64> = of_seeds.iter().map(|p| p[i]).collect();
                    (t, Estimate::from_independent(&values))
                };
                let points: Vec<_> = scale.iter().enumerate().map(point).collect();
                measured(format!("n = {n}"), Style::LinePoints, points)
            });
            panels.push(Panel {
                title: format!("{}, from T = {start}", kind.name()),
                x: axis("temperature T (J/k_B)"),
                y: axis("probability P(T)"),
                series: series.collect(),
                marks: vec![mark_x("T_c", critical_temperature())],
            });
        }
    }
    Figure {
        id: format!("flow-square-distribution-{}", rule_name(rule)),
        caption: format!(
            "The network's distribution P(T) over the training temperatures after n steps by the {} rule, averaged over configurations, for machines trained on V, H and L, N = {}; errors are spreads over seeds.",
            rule_name(rule),
            settings.train.hidden
        ),
        panels,
    }
}

/// The network's distribution where flows of V end, for every number of hidden units.
pub(in super::super) fn distribution_at_end(
    settings: &Settings,
    sets: &[Set],
    ends: &[End],
) -> Figure {
    let scale = sets[0].calibration.value.thermometer().scale().to_vec();
    let series = |hidden: usize, rule: Rule, start: f64| {
        let end = from(ends, (Kind::All, hidden, rule), start)?;
        let point = |(class, &t): (usize, &f64)| {
            let of_seeds = end.seeds.iter().map(|read| read.distribution[class]);
            (t, over_exact(&of_seeds.collect::<Vec<_>>()))
        };
        let points = scale.iter().enumerate().map(point);
        Some(measured(format!("N = {hidden}"), Style::LinePoints, points))
    };
    let panel = |(rule, start): (Rule, f64)| Panel {
        title: format!("{} rule, from T = {start}", rule_name(rule)),
        x: axis("temperature T (J/k_B)"),
        y: axis("probability P(T)"),
        series: settings.hidden.iter().filter_map(|&n| series(n, rule, start)).collect(),
        marks: vec![mark_x("T_c", critical_temperature())],
    };
    let panels = settings.rules.iter().flat_map(|&rule| settings.ends().map(move |at| (rule, at)));
    Figure {
        id: "flow-square-distribution-hidden".into(),
        caption: format!(
            "The network's distribution P(T) after {} steps, for machines of all numbers of hidden units trained on V; by the mean rule of the expectations as they are. Errors are spreads over seeds.",
            settings.steps
        ),
        panels: panels.map(panel).collect(),
    }
}

/// |m| and energy along the flow of V, beside equilibrium.
pub(in super::super) fn plane(
    settings: &Settings,
    equilibrium: &Equilibrium,
    cells: &[Cell],
) -> Figure {
    let states = equilibrium.abs_m.iter().zip(&equilibrium.energy).map(|(m, e)| (m.mean, *e));
    let critical = [(equilibrium.abs_m_at_critical.mean, equilibrium.energy_at_critical)];
    let mut series = vec![
        measured("equilibrium, T = 0 ... 6", Style::Line, states),
        measured("equilibrium at T_c", Style::Points, critical),
    ];
    for &rule in &settings.rules {
        for start in settings.ends() {
            let m = path(cells, (Kind::All, rule, start), |steps| &steps.abs_m);
            let e = path(cells, (Kind::All, rule, start), |steps| &steps.energy);
            let point = |n: usize| Point { x: m[n].mean, y: e[n].mean, error: e[n].error };
            series.push(Series {
                label: format!("{} rule from T = {start}", rule_name(rule)),
                style: Style::LinePoints,
                points: shown_steps(settings.steps).map(point).collect(),
            });
        }
    }
    Figure {
        id: "flow-square-plane".into(),
        caption: format!(
            "The flow in the plane of magnetisation and energy, trained on V, N = {}. A set of configurations at a temperature lies on the equilibrium curve. By the mean rule |m| and the energy are those of expectations, real numbers that no set of spins need have.",
            settings.train.hidden
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

/// The thermometers along the flow by one rule.
pub(in super::super) fn thermometers(settings: &Settings, paths: &[Path], rule: Rule) -> Figure {
    let panel = |path: &Path| {
        let steps = path.steps();
        let series = NAMES.iter().enumerate().map(|(index, name)| {
            let points = steps.iter().enumerate().filter(|(_, step)| **step > 0);
            let points = points.filter_map(|(number, &step)| {
                Some((step as f64, path.temperature(number, index)?))
            });
            measured(*name, Style::LinePoints, points.collect::<Vec<_>>())
        });
        Panel {
            title: format!("from T = {}", path.start),
            x: log_axis("step of the flow"),
            y: axis("temperature read (J/k_B)"),
            series: series.collect(),
            marks: vec![mark_y("T_c", critical_temperature())],
        }
    };
    let name = rule_name(rule);
    let spins = match rule {
        Rule::Mean => " Expectations are read as spins drawn from them.",
        Rule::Sampled => "",
    };
    Figure {
        id: format!("flow-square-thermometers-{name}"),
        caption: format!(
            "Five thermometers along the flow by the {name} rule, trained on V, N = {}; mean and error over seeds, where all are on the scale.{spins} Of an Ising ensemble all would read the same.",
            settings.train.hidden
        ),
        panels: paths.iter().filter(|path| path.rule == rule).map(panel).collect(),
    }
}
