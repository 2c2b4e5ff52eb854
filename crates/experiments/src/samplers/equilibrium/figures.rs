//! The figures: every z-score against temperature, and all of a sampler against the normal law.

use super::Settings;
use super::samplers::{Group, Sampler};
use super::scores::{Bounds, Observable, Score};
use lab::parts::{axis_in, curve, mark_y};
use report::content::{Axis, Figure, Mark, Panel, Series, Style};
use stats::tails;

/// How far beyond the bounds the axis of z reaches.
const ROOM: f64 = 1.8;
/// Observables of one temperature stand side by side, this far apart.
const ASIDE: f64 = 0.036;

pub(super) fn scores(
    settings: &Settings,
    right: &[Sampler],
    wrong: &[Sampler],
    bounds: Bounds,
) -> Figure {
    let panel = |samplers: &[Sampler]| Panel {
        title: title(samplers),
        x: temperature(settings),
        y: axis_in("z", -bounds.z - ROOM, bounds.z + ROOM),
        series: series(samplers, bounds),
        marks: within(bounds),
    };
    Figure {
        id: "equilibrium-scores".into(),
        caption: format!(
            "Distance of every mean from its exact value, in units of its own error, against temperature: energy, specific heat and moments of the magnetisation, side by side at each temperature, of all tori. Right samplers stay between the dotted lines, $|z| < {:.2}$, with the probability {}, all of them together. At the bottom of a panel: temperatures at which `draw` handed nothing out. Last: samplers that are wrong on purpose; what lies beyond the axis is drawn at its edge.",
            bounds.z,
            1.0 - 0.5 * settings.level
        ),
        panels: panels(right).chain(panels(wrong)).map(panel).collect(),
    }
}

/// A panel for each sampler, one for those of the large torus.
fn panels(samplers: &[Sampler]) -> impl Iterator<Item = &[Sampler]> {
    samplers.chunk_by(|a, b| [a, b].iter().all(|sampler| sampler.group == Group::Plane))
}

fn title(samplers: &[Sampler]) -> String {
    match samplers {
        [sampler] => sampler.name.clone(),
        _ => "checkerboard, both rules".into(),
    }
}

/// All panels have the same series, so that they share a legend.
fn series(samplers: &[Sampler], bounds: Bounds) -> Vec<Series> {
    let is_wrong = samplers.iter().any(|sampler| sampler.group == Group::Wrong);
    let all = || samplers.iter().flat_map(|sampler| &sampler.scores.z);
    let edge = bounds.z + ROOM - 0.2;
    let point =
        |score: &Score, aside: f64| (score.temperature + aside * ASIDE, score.z.clamp(-edge, edge));
    let mut series: Vec<Series> = Vec::new();
    for (index, observable) in Observable::ALL.into_iter().enumerate() {
        let own = all().filter(|s| s.observable == observable && !is_wrong);
        let points = own.map(|score| point(score, index as f64 - 2.0));
        series.push(curve(observable.label(), Style::Dots, points));
    }
    let wrong = all().filter(|_| is_wrong);
    let wrong = wrong.map(|score| point(score, score.observable as u8 as f64 - 2.0));
    series.push(curve("wrong on purpose", Style::Dots, wrong));
    let refused =
        samplers.iter().flat_map(|sampler| &sampler.scores.refused).map(|&(_, t)| (t, -edge));
    series.push(curve("refused", Style::Points, refused));
    series
}

fn temperature(settings: &Settings) -> Axis {
    let highest = settings.temperatures.iter().copied().fold(0.0, f64::max);
    axis_in("temperature T (J/k_B)", -0.15, highest + 0.15)
}

fn within(bounds: Bounds) -> Vec<Mark> {
    [bounds.z, -bounds.z].map(|z| mark_y("", z)).into()
}

pub(super) fn quantiles(right: &[Sampler], wrong: &[Sampler]) -> Figure {
    let panel = |title: &str, groups: &[Group]| {
        let of = right.iter().chain(wrong).filter(|s| groups.contains(&s.group));
        let mut series: Vec<Series> = of.map(ordered).collect();
        let reach = if groups.contains(&Group::Wrong) { 8.0 } else { 4.5 };
        series.push(curve("normal law", Style::Dashed, [(-reach, -reach), (reach, reach)]));
        Panel {
            title: title.into(),
            x: axis_in("normal quantile", -3.8, 3.8),
            y: axis_in("z, in order", -reach, reach),
            series,
            marks: vec![],
        }
    };
    Figure {
        id: "equilibrium-quantiles".into(),
        caption: "All z-scores of a sampler in increasing order, against the quantiles of the normal law. Right means with right errors follow the diagonal; a curve that is steeper has errors that are too small, one that is shifted a bias. Observables of one run are correlated, so that curves of right samplers stray further from the diagonal than those of as many independent numbers.".into(),
        panels: vec![
            panel("single spin flips", &[Group::Flips, Group::Multispin, Group::Plane]),
            panel("clusters and exact draws", &[Group::Clusters, Group::Exact]),
            panel("wrong on purpose", &[Group::Wrong]),
        ],
    }
}

fn ordered(sampler: &Sampler) -> Series {
    let sorted = sampler.scores.sorted();
    let n = sorted.len() as f64;
    let points = sorted.into_iter().enumerate();
    let points = points.map(|(i, z)| (tails::quantile((i as f64 + 0.5) / n), z));
    curve(&sampler.name, Style::Line, points)
}
