//! Figures of `flow-controls`: distributions over the scale, |m| along the flow, ends against training time.

use super::ends::{Genuine, abs_m, energy_temperature};
use super::machines::{Path, STARTS};
use super::{Kind, Settings, Torus};
use anyhow::Result;
use exact::square::critical_temperature;
use lab::Run;
use lab::parts::*;
use report::content::{Figure, Panel, SOURCE, Series, Style};
use stats::Estimate;

pub(super) fn figures(
    run: &Run,
    settings: &Settings,
    torus: &Torus,
    genuine: &Genuine,
    paths: &[Path],
) -> Result<Vec<Figure>> {
    let trained: Vec<&Path> = paths.iter().filter(|path| path.early.is_none()).collect();
    let mut figures: Vec<Figure> = Kind::BOTH
        .into_iter()
        .map(|kind| magnetisation(settings, torus, genuine, &trained, kind))
        .collect();
    // Beside machines of its kind what the source found.
    for training in torus.trainings.iter().filter(|training| !training.m_star.is_empty()) {
        let value = run.published.value(&training.m_star)?;
        let label = format!("{}{SOURCE}Veiga & Vicente", training.data.name());
        let line = [0.0, settings.steps as f64].map(|step| (step, value));
        for panel in &mut figures[0].panels {
            panel.series.push(curve(label.clone(), Style::Dashed, line));
        }
    }
    let cold = trained.iter().filter(|path| path.kind == Kind::Binary && path.start == 0);
    let names: Vec<&str> = cold.map(|path| path.key).collect();
    figures.extend(names.iter().map(|key| distribution(settings, torus, &trained, key)));
    figures.push(times(torus, genuine, paths));
    Ok(figures)
}

/// |m| against the step, of every data set.
fn magnetisation(
    settings: &Settings,
    torus: &Torus,
    genuine: &Genuine,
    paths: &[&Path],
    kind: Kind,
) -> Figure {
    let series = |path: &&&Path| {
        let at = |step: usize| -> (f64, Estimate) {
            let of_seeds = path.seeds.iter().map(|seed| seed.steps.abs_m[step]);
            (step as f64, over_seeds(&of_seeds.collect::<Vec<_>>()))
        };
        measured(path.name, Style::LinePoints, (0..=settings.steps).map(at))
    };
    let panel = |start: usize| Panel {
        title: format!("from T = {}", STARTS[start]),
        x: axis("step of the flow"),
        y: axis_in("|m|", 0.0, 1.05),
        series: paths
            .iter()
            .filter(|path| path.kind == kind && path.start == start)
            .map(|path| series(&path))
            .collect(),
        marks: vec![mark_y("at T_c", genuine.abs_m.mean)],
    };
    let key = if kind == Kind::Binary { "binary" } else { "spins" };
    Figure {
        id: format!("flow-controls-magnetisation-{key}-{}", torus.side),
        caption: format!(
            "|m| along the sampled flow of machines of units {}, by what they were trained on; L = {}. Errors are over {} seeds. The line is <|m|> of the torus at T_c.",
            kind.name(),
            torus.side,
            torus.seeds
        ),
        panels: (0..STARTS.len()).map(panel).collect(),
    }
}

/// The network's distribution over its scale along the flow, of machines of units 0 and 1.
fn distribution(settings: &Settings, torus: &Torus, paths: &[&Path], key: &str) -> Figure {
    let series = |path: &Path, (number, &step): (usize, &usize)| -> Series {
        let at = |(class, &t): (usize, &f64)| -> (f64, Estimate) {
            let of_seeds = path.seeds.iter().map(|seed| seed.readings[number].distribution[class]);
            (t, over_exact(&of_seeds.collect::<Vec<_>>()))
        };
        let points = torus.temperatures.iter().enumerate().map(at);
        measured(format!("step {step}"), Style::LinePoints, points)
    };
    let wanted = |path: &&&Path| path.kind == Kind::Binary && path.key == key;
    let panel = |path: &&Path| Panel {
        title: format!("{}, from T = {}", path.name, STARTS[path.start]),
        x: axis("temperature (J/k_B)"),
        y: axis("probability by the network"),
        series: settings.shown.iter().enumerate().map(|step| series(path, step)).collect(),
        marks: vec![mark_x("T_c", critical_temperature())],
    };
    Figure {
        id: format!("flow-controls-distribution-{key}-{}", torus.side),
        caption: format!(
            "What the network {} says of configurations along the flow, machines of units 0/1, {}, L = {}; mean and error over {} seeds.",
            torus.networks[0].name,
            paths.iter().find(wanted).map_or("", |path| path.name),
            torus.side,
            torus.seeds
        ),
        panels: paths.iter().filter(wanted).map(panel).collect(),
    }
}

/// Ends against training time, at two learning rates.
fn times(torus: &Torus, genuine: &Genuine, paths: &[Path]) -> Figure {
    let series = |start: usize, is_check: bool, end: &dyn Fn(&Path) -> Option<Estimate>| {
        let rate = if is_check { torus.check } else { torus.trainings[0].binary }.learning_rate;
        let of = paths.iter().filter(|path| path.start == start);
        let point = |path: &Path| match path.early {
            Some((check, time)) if check == is_check => Some((time, end(path)?)),
            _ => None,
        };
        let points: Vec<(f64, Estimate)> = of.filter_map(point).collect();
        let style = if is_check { Style::Points } else { Style::LinePoints };
        measured(format!("from T = {}, rate {rate}", STARTS[start]), style, points)
    };
    let panel = |title: &str, y: &str, end: &dyn Fn(&Path) -> Option<Estimate>, mark| Panel {
        title: title.to_owned(),
        x: axis("learning rate × updates"),
        y: axis(y),
        series: [(0, false), (1, false), (0, true), (1, true)]
            .map(|(start, check)| series(start, check, end))
            .into(),
        marks: vec![mark],
    };
    let at_critical = mark_y("at T_c", genuine.abs_m.mean);
    let critical = mark_y("T_c", critical_temperature());
    Figure {
        id: format!("flow-controls-training-{}", torus.side),
        caption: format!(
            "Where the flow of the torus' machine with units 0/1 ends, against its training; L = {}, mean and error over {} seeds. If only rate × updates counts, both learning rates lie on one curve.",
            torus.side, torus.seeds
        ),
        panels: vec![
            panel("magnetisation", "|m| at the end", &|path| Some(abs_m(path)), at_critical),
            panel("energy thermometer", "T (J/k_B)", &energy_temperature, critical),
        ],
    }
}
