//! The figures: means against temperature, deviations from the exact values, correlations and divergence.

use super::compare::{Cell, of, published};
use super::machines::{Observable, Torus, exact};
use super::{SIDE, Settings};
use anyhow::{Context, Result};
use lab::Run;
use lab::parts::*;
use report::content::{Axis, Figure, Panel, SOURCE, Series, Style};
use stats::Estimate;

const TEMPERATURE: &str = "temperature T (J/k_B)";

pub(super) fn means(run: &Run, settings: &Settings, tori: &[Torus]) -> Result<Figure> {
    let (low, high) = range(settings);
    let temperatures: Vec<f64> = grid(low, high, 80).collect();
    let exact = exact(run, &temperatures)?;
    let panel = |observable: Observable| -> Result<Panel> {
        let curve_of =
            temperatures.iter().zip(&exact).map(|(&t, values)| (t, values[observable as usize]));
        let mut series = vec![curve("exact", Style::Line, curve_of)];
        for (index, machine) in settings.machines.iter().enumerate() {
            let of_machine = |t: &Torus| t.of_machine(index, |m| observable.of(&m.means));
            let points = tori.iter().map(|t| (t.temperature, of_machine(t)));
            series.push(measured(format!("N = {}", machine.hidden), Style::Points, points));
        }
        for machine in &settings.machines {
            let hidden = machine.hidden;
            let at = |t: f64| -> Result<(f64, Estimate)> {
                Ok((t, published(run, hidden, t, observable)?))
            };
            // At all temperatures that they have within ours.
            let theirs = run.published.rows(&format!("torlai-melko-2016/hidden-{hidden}"))?;
            let theirs = theirs.into_iter().filter(|t| (low..=high).contains(t));
            let points = theirs.map(at).collect::<Result<Vec<_>>>()?;
            let label = format!("N = {hidden}{SOURCE}Torlai, Melko");
            series.push(measured(label, Style::Dashed, points));
        }
        Ok(Panel {
            title: observable.columns()[0].replace('M', "|m|"),
            x: axis(TEMPERATURE),
            y: axis(observable.label()),
            series,
            marks: vec![],
        })
    };
    Ok(Figure {
        id: "thermodynamics-means".into(),
        caption: format!(
            "Energy, |m| and specific heat of the torus of side {SIDE}: exact, and of the own samples of machines of N hidden units, ours as symbols and the published ones as dashed lines from one temperature to the next. Errors are in most cases smaller than the symbols; those of the published numbers are in the table."
        ),
        panels: Observable::ALL.into_iter().map(panel).collect::<Result<_>>()?,
    })
}

pub(super) fn deviations(settings: &Settings, cells: &[Cell]) -> Figure {
    let panel = |observable: Observable| {
        let relative = |cell: &Cell, distance: Estimate| {
            let scale = cell.exact.abs();
            let found =
                Estimate { mean: distance.mean / scale, error: distance.error / scale, ..distance };
            (cell.temperature, found)
        };
        let mut series: Vec<Series> = Vec::new();
        for machine in &settings.machines {
            let points = of(cells, machine.hidden, observable).into_iter();
            let points = points.map(|c| relative(c, c.ours));
            let label = format!("N = {}", machine.hidden);
            series.push(measured(label, Style::LinePoints, points));
        }
        for machine in &settings.machines {
            let points = of(cells, machine.hidden, observable).into_iter();
            let points = points.map(|c| {
                let known = c.theirs.mean.max(c.theirs.error);
                (c.temperature, known / c.exact.abs())
            });
            let label = format!("N = {}{SOURCE}Torlai, Melko", machine.hidden);
            series.push(curve(label, Style::Dashed, points));
        }
        Panel {
            title: observable.columns()[0].replace('M', "|m|"),
            x: axis(TEMPERATURE),
            y: log_axis("relative deviation from the exact value"),
            series,
            marks: vec![],
        }
    };
    Figure {
        id: "thermodynamics-deviations".into(),
        caption: "How far machines are from the exact values, relative, on average over seeds. Of the published numbers the larger of deviation and stated error is drawn, since less cannot be known.".into(),
        panels: Observable::ALL.into_iter().map(panel).collect(),
    }
}

pub(super) fn correlations(settings: &Settings, tori: &[Torus]) -> Result<Figure> {
    let shown = tori.iter().find(|t| t.temperature == settings.shown_temperature);
    let shown = shown.context("shown_temperature is not among temperatures")?;
    let distances = 1..=SIDE / 2;
    let data = |r: usize| shown.of_data(|means| means.correlations[r - 1]);
    let machine = |index: usize, r: usize| shown.of_machine(index, |m| m.means.correlations[r - 1]);
    let data_points = distances.clone().map(|r| (r as f64, data(r)));
    let mut functions = vec![measured("training data", Style::LinePoints, data_points)];
    let mut differences = Vec::new();
    let mut divergences = Vec::new();
    for (index, of) in settings.machines.iter().enumerate() {
        let label = format!("N = {}", of.hidden);
        let points = distances.clone().map(|r| (r as f64, machine(index, r)));
        functions.push(measured(&label, Style::LinePoints, points));
        let points = distances.clone().map(|r| (r as f64, machine(index, r) - data(r)));
        differences.push(measured(&label, Style::LinePoints, points));
        let points = tori.iter().map(|t| (t.temperature, t.of_machine(index, |m| m.kl)));
        // A logarithm has no room for what is 0 within its error.
        let points = points.filter(|(_, kl)| kl.mean > 0.0);
        divergences.push(measured(&label, Style::LinePoints, points));
    }
    let distance = || axis("distance r along an axis (sites)");
    let panel = |title: &str, x: Axis, y: Axis, series| Panel {
        title: title.into(),
        x,
        y,
        series,
        marks: vec![],
    };
    let title = format!("correlations at T = {}", shown.temperature);
    // All panels have the series of the first, so that they share a legend.
    let empty = || curve("training data", Style::LinePoints, []);
    differences.insert(0, empty());
    divergences.insert(0, empty());
    Ok(Figure {
        id: "thermodynamics-correlations".into(),
        caption: format!(
            "Left: the two-point function at $T = {}$, of training data and of the machines' own samples. Middle: the machines' minus that of the data. Right: the divergence of each machine from the torus at all temperatures, per spin.",
            shown.temperature
        ),
        panels: vec![
            panel(&title, distance(), axis("⟨s₀ s_r⟩"), functions),
            panel("machine minus data", distance(), axis("difference of ⟨s₀ s_r⟩"), differences),
            panel("divergence", axis(TEMPERATURE), log_axis("KL per spin (nats)"), divergences),
        ],
    })
}

fn range(settings: &Settings) -> (f64, f64) {
    let low = settings.temperatures.iter().copied().fold(f64::INFINITY, f64::min);
    let high = settings.temperatures.iter().copied().fold(0.0, f64::max);
    (low.min(1.0), high.max(low + 0.5))
}
