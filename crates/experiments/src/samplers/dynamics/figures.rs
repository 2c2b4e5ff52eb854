//! What `dynamics` shows, drawn.

use super::Settings;
use super::cells::{ABS_M, Cell, ENERGY, OBSERVABLES, times};
use super::cost::Cost;
use super::fits::{self, Fit};
use super::laws;
use crate::stages::Dynamics;
use anyhow::Result;
use lab::parts::*;
use report::content::{Axis, Figure, Mark, Panel, Series, Style};
use stats::Estimate;

const LOCAL: [Dynamics; 2] = [Dynamics::Metropolis, Dynamics::HeatBath];
const CLUSTERS: [Dynamics; 2] = [Dynamics::SwendsenWang, Dynamics::Wolff];

fn sides() -> Axis {
    log_axis("side L")
}

fn points(data: &[(usize, Estimate)]) -> impl Iterator<Item = (f64, Estimate)> {
    data.iter().map(|&(side, value)| (side as f64, value))
}

/// A law from its smallest side to its largest, evenly in ln L.
fn drawn(fit: &Fit, of: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    let (low, high) = ((fit.from as f64).ln(), (fit.to as f64).ln());
    grid(low, high, 40).map(|x| (x.exp(), of(x))).collect()
}

/// Times over L, with the power laws and, of clusters, the logarithms that were chosen.
pub(super) fn growth(settings: &Settings, cells: &[Cell]) -> Figure {
    let panel = |title: &str, of: &[Dynamics], logarithms: bool| {
        let mut series: Vec<Series> = Vec::new();
        for (&dynamics, observable) in of.iter().flat_map(|d| [ABS_M, ENERGY].map(|k| (d, k))) {
            let times = times(cells, dynamics, observable);
            let label = format!("{}, {}", dynamics.name(), OBSERVABLES[observable]);
            let power = fits::chosen(&fits::ladder(&laws::power(&times)), settings.acceptable);
            if let Some(fit) = power {
                let points = drawn(&fit, |x| fit.at(x).exp());
                series.push(curve(&label, Style::Line, points));
            }
            let logarithm =
                fits::chosen(&fits::ladder(&laws::logarithm(&times)), settings.acceptable);
            if let Some(fit) = logarithm.filter(|_| logarithms) {
                series.push(curve(&label, Style::Dashed, drawn(&fit, |x| fit.at(x))));
            }
            series.push(measured(&label, Style::Points, points(&times)));
        }
        let y = log_axis("autocorrelation time τ (sweeps)");
        Panel { title: title.into(), x: sides(), y, series, marks: vec![] }
    };
    Figure {
        id: "dynamics-growth".into(),
        caption: format!(
            "Integrated autocorrelation times of $|m|$ and of the energy at $T_c$. A sweep of Wolff is as many clusters as have N sites on average. Lines: the power laws $A L^z$ that were chosen, from the smallest side on from which $\\chi^2$ per degree of freedom is at most {}; none where that is nowhere so. Dashed, of clusters: $A + B \\ln L$, chosen by the same rule.",
            settings.acceptable
        ),
        panels: vec![panel("single spin flips", &LOCAL, false), panel("clusters", &CLUSTERS, true)],
    }
}

/// Exponents between successive sides.
pub(super) fn exponents(cells: &[Cell], published: [f64; 2]) -> Figure {
    let panel = |title: &str, of: &[Dynamics], marks: Vec<Mark>| {
        let mut series = Vec::new();
        for (&dynamics, observable) in of.iter().flat_map(|d| [ABS_M, ENERGY].map(|k| (d, k))) {
            let label = format!("{}, {}", dynamics.name(), OBSERVABLES[observable]);
            let local = fits::local(&times(cells, dynamics, observable));
            series.push(measured(label, Style::LinePoints, local));
        }
        let y = axis("exponent between successive L");
        Panel { title: title.into(), x: sides(), y, series, marks }
    };
    let mark = |z: f64| vec![mark_y(&format!("z = {z}"), z)];
    Figure {
        id: "dynamics-exponents".into(),
        caption: "What the times of the figure above say of z locally: $\\ln(\\tau'/\\tau) / \\ln(L'/L)$ for each two successive sides, at their geometric mean. Dotted: published exponents, of single spin flips and of Swendsen and Wang's energy. A power law is a horizontal line, a logarithm falls like $1/\\ln L$ in the end.".into(),
        panels: vec![
            panel("single spin flips", &LOCAL, mark(published[0])),
            panel("clusters", &CLUSTERS, mark(published[1])),
        ],
    }
}

/// Times of the energy under cluster dynamics against the exact specific heat, and their ratio.
pub(super) fn specific_heat(settings: &Settings, cells: &[Cell]) -> Result<Figure> {
    let (mut lines, mut ratios) = (Vec::new(), Vec::new());
    for dynamics in CLUSTERS {
        let times = times(cells, dynamics, ENERGY);
        let data = laws::heat(&times)?;
        if let Some(fit) = fits::chosen(&fits::ladder(&data), settings.acceptable) {
            let ends = [fit.from, fit.to].map(laws::specific_heat);
            let points = ends.into_iter().map(|c| c.map(|c| (c, fit.at(c))));
            lines.push(curve(dynamics.name(), Style::Line, points.collect::<Result<Vec<_>>>()?));
        }
        let against = data.iter().zip(&times).map(|(datum, &(_, tau))| (datum.x, tau));
        lines.push(measured(dynamics.name(), Style::Points, against));
        ratios.push(measured(
            dynamics.name(),
            Style::LinePoints,
            points(&laws::over_heat(&times)?),
        ));
    }
    Ok(Figure {
        id: "dynamics-specific-heat".into(),
        caption: "Cluster dynamics and the specific heat C per spin, exact by Kaufman's formula, at $T_c$; C grows like $\\ln L$. Left: times of the energy against C, with the straight lines that were chosen by the rule of the first figure. Right: the ratio of the two, which Li and Sokal's bound keeps from falling to 0 for Swendsen and Wang's dynamics.".into(),
        panels: vec![
            Panel {
                title: "time of the energy".into(),
                x: axis("specific heat C (k_B)"),
                y: axis("τ of E (sweeps)"),
                series: lines,
                marks: vec![],
            },
            Panel {
                title: "its ratio to the specific heat".into(),
                x: sides(),
                y: axis("τ of E / C (sweeps / k_B)"),
                series: ratios,
                marks: vec![],
            },
        ],
    })
}

/// Processor time of an independent configuration, all samplers.
pub(super) fn cost(settings: &Settings, costs: &[Cost]) -> Figure {
    let mut series: Vec<Series> = Vec::new();
    for cost in costs {
        let point = (cost.side as f64, cost.per_sample);
        match series.iter_mut().find(|series| series.label == cost.name) {
            Some(known) => {
                known.points.extend(measured("", Style::Points, [point]).points);
            }
            None => series.push(measured(cost.name, Style::LinePoints, [point])),
        }
    }
    Figure {
        id: "dynamics-cost".into(),
        caption: format!(
            "What an independent configuration at $T_c$ costs: $2 \\tau_{{|m|}}$ sweeps, in seconds of one thread; of multispin sweeps the share of one of 512 replicas, of perfect sampling that of one of a set of 512 draws, of the transfer matrix a draw without its tables. A chain must also be brought into equilibrium, some 20 $\\tau$ once, a multispin one for all its replicas. Each sampler was timed for {} s on the machine named in the footer, where nothing else should have run; other machines give other times, and a store that is kept gives the same ones again.",
            settings.timing_seconds
        ),
        panels: vec![Panel {
            title: String::new(),
            x: sides(),
            y: log_axis("seconds per independent configuration"),
            series,
            marks: vec![],
        }],
    }
}
