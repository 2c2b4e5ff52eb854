//! Figures of where flows end: against the start, the number of hidden units and the time of training.

use super::{SPINS_DRAWN, rule_title, spins_title};
use crate::square::flow_square::ends::{End, course, from, trained};
use crate::square::flow_square::sets::Kind;
use crate::square::flow_square::{Settings, rule_name};
use crate::square::thermometers::NAMES;
use exact::square::critical_temperature;
use flow::Rule;
use lab::parts::*;
use report::content::{Figure, Panel, Style};

/// The number of the energy and of the network among the thermometers.
const ENERGY: usize = 0;
const NETWORK: usize = NAMES.len() - 1;

pub(in super::super) fn starts(settings: &Settings, ends: &[End]) -> Figure {
    let panel = |&rule: &Rule| {
        let series = NAMES.iter().enumerate().map(|(index, name)| {
            let ends = trained(ends, Kind::All, settings.train.hidden, rule);
            let points = ends.filter_map(|end| Some((end.start, end.temperature(index)?)));
            measured(*name, Style::LinePoints, points.collect::<Vec<_>>())
        });
        Panel {
            title: spins_title(rule).into(),
            x: axis("temperature of the start (J/k_B)"),
            y: axis("temperature at the end (J/k_B)"),
            series: series.collect(),
            marks: vec![mark_y("T_c", critical_temperature())],
        }
    };
    Figure {
        id: "flow-square-starts".into(),
        caption: format!(
            "Where the flow is after {} steps against where it began, by five thermometers, trained on V, N = {}; a flow that forgets its start gives a horizontal line. {SPINS_DRAWN} Mean and error over seeds, where all are on the scale.",
            settings.steps, settings.train.hidden
        ),
        panels: settings.rules.iter().map(panel).collect(),
    }
}

pub(in super::super) fn hidden(settings: &Settings, ends: &[End]) -> Figure {
    let mut panels = Vec::new();
    for &rule in &settings.rules {
        for start in settings.ends() {
            let series = NAMES.iter().enumerate().map(|(index, name)| {
                let points = settings.hidden.iter().filter_map(|&n| {
                    let end = from(ends, (Kind::All, n, rule), start)?;
                    Some((n as f64, end.temperature(index)?))
                });
                measured(*name, Style::LinePoints, points.collect::<Vec<_>>())
            });
            panels.push(Panel {
                title: format!("{} rule, from T = {start}", rule_name(rule)),
                x: log_axis("hidden units N"),
                y: axis("temperature at the end (J/k_B)"),
                series: series.collect(),
                marks: vec![mark_y("T_c", critical_temperature())],
            });
        }
    }
    Figure {
        id: "flow-square-hidden".into(),
        caption: format!(
            "Where the flow is after {} steps against the number of hidden units, trained on V; mean and error over {} seeds, where all are on the scale. {SPINS_DRAWN}",
            settings.steps, settings.seeds
        ),
        panels,
    }
}

/// What the network reads at the ends of all training sets, as the sources do.
pub(in super::super) fn training_sets(settings: &Settings, ends: &[End]) -> Figure {
    let series = |kind: Kind, rule: Rule, start: f64| {
        let point =
            |&n: &usize| Some((n as f64, from(ends, (kind, n, rule), start)?.as_they_are()));
        let points: Vec<_> = settings.hidden.iter().filter_map(point).collect();
        measured(format!("{} from T = {start}", kind.name()), Style::LinePoints, points)
    };
    let panel = |&rule: &Rule| Panel {
        title: rule_title(rule).into(),
        x: log_axis("hidden units N"),
        y: axis_in("network temperature at the end (J/k_B)", 0.0, 6.0),
        series: Kind::EACH
            .into_iter()
            .flat_map(|kind| settings.ends().map(move |start| series(kind, rule, start)))
            .collect(),
        marks: vec![mark_y("T_c", critical_temperature())],
    };
    Figure {
        id: "flow-square-training-sets".into(),
        caption: format!(
            "What the network reads of the units as they are after {} steps against the number of hidden units, for machines trained on all temperatures (V), the high ones (H) and the low ones (L); mean and error over {} seeds.",
            settings.steps, settings.seeds
        ),
        panels: settings.rules.iter().map(panel).collect(),
    }
}

/// Whether the end has settled as training goes on.
pub(in super::super) fn training(settings: &Settings, ends: &[End]) -> Figure {
    let panel = |&rule: &Rule| {
        let series =
            [(ENERGY, "energy"), (NETWORK, "network")].into_iter().flat_map(|(of, name)| {
                settings.ends().map(move |start| {
                    let course = course(settings, ends, rule, start);
                    let points =
                        course.iter().filter_map(|(time, e)| Some((*time, e.temperature(of)?)));
                    let label = format!("{name}, from T = {start}");
                    measured(label, Style::LinePoints, points.collect::<Vec<_>>())
                })
            });
        Panel {
            title: spins_title(rule).into(),
            x: log_axis("time of training (rate × updates)"),
            y: axis("temperature at the end (J/k_B)"),
            series: series.collect(),
            marks: vec![mark_y("T_c", critical_temperature())],
        }
    };
    Figure {
        id: "flow-square-training".into(),
        caption: format!(
            "Where the flow is after {} steps while the machine is being trained on V, N = {}. {SPINS_DRAWN}",
            settings.steps, settings.train.hidden
        ),
        panels: settings.rules.iter().map(panel).collect(),
    }
}
