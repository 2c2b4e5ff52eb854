//! What `hopfield` shows, as figures and tables.

use super::recall::{Basin, Curve, Limit, Loaded};
use super::{Settings, theory};
use lab::parts::*;
use report::content::{Cell, Figure, Panel, Series, Style, Table};
use stats::Estimate;

fn over_loads(curves: &[Curve], of: fn(&Loaded) -> Estimate) -> Vec<Series> {
    let series = |curve: &Curve| {
        let points = curve.points.iter().map(|p| (p.load, of(p)));
        measured(format!("N = {}", curve.units), Style::LinePoints, points)
    };
    curves.iter().map(series).collect()
}

pub(super) fn capacity(settings: &Settings, curves: &[Curve], limit: &Limit) -> Figure {
    let capacity = theory::capacity();
    let first = settings.loads.first().copied().unwrap_or(0.0);
    let mut overlaps = over_loads(curves, |p| p.overlap);
    let theory = theory::overlaps(100).filter(|(load, _)| *load >= first);
    overlaps.push(curve("replica theory", Style::Dashed, theory));
    let load = || axis("load P/N");
    let crossings = limit.crossings.iter().map(|&(n, e)| (1.0 / n as f64, e));
    let top = limit.crossings.iter().map(|c| 1.0 / c.0 as f64).fold(0.0, f64::max) * 1.05;
    let mut approach = vec![measured("measured", Style::Points, crossings)];
    for (label, style, line) in [
        ("linear in 1/N", Style::Dashed, &limit.linear),
        ("linear in 1/√N", Style::Dashed, &limit.root),
        ("power free", Style::Line, &limit.best),
    ] {
        let load = |x: f64| (x, line.at_zero.mean + line.slope * x.powf(line.power));
        approach.push(curve(label, style, grid(0.0, top, 200).map(load)));
    }
    approach.push(measured("limit", Style::Points, [(0.0, limit.value)]));
    let panel =
        |title: &str, x, y, series, marks| Panel { title: title.into(), x, y, series, marks };
    Figure {
        id: "hopfield-capacity".into(),
        caption: format!(
            "Recall that starts at a stored pattern. Left: the overlap with it at the end, and the retrieval state of the replica theory, which ends at {capacity:.4}. Middle: the share of patterns retrieved, overlap above {}. Right: the load at which it is one half, over 1/N, with laws for large N. Errors are standard errors over networks.",
            settings.retrieved_above
        ),
        panels: vec![
            panel(
                "overlap",
                load(),
                axis_in("overlap m at the end", 0.0, 1.05),
                overlaps,
                vec![mark_x("theory", capacity)],
            ),
            panel(
                "patterns retrieved",
                load(),
                axis_in("share retrieved", -0.02, 1.05),
                over_loads(curves, |p| p.retrieved),
                vec![mark_x("theory", capacity)],
            ),
            panel(
                "capacity",
                axis("1/N"),
                axis("load P/N at one half"),
                approach,
                vec![mark_y("theory", capacity)],
            ),
        ],
    }
}

pub(super) fn stability(curves: &[Curve]) -> Figure {
    let mut series: Vec<Series> = Vec::new();
    for of in curves {
        let label = format!("N = {}", of.units);
        let seen = of.points.iter().filter(|p| p.unstable.mean > 2.0 * p.unstable.error);
        series.push(measured(label.clone(), Style::Points, seen.map(|p| (p.load, p.unstable))));
        let exact = of.points.iter().map(|p| (p.load, theory::unstable(of.units, p.patterns)));
        series.push(curve(label, Style::Line, exact));
    }
    Figure {
        id: "hopfield-stability".into(),
        caption: "The share of units of stored patterns that would change at once. Points: measured, with standard errors over networks; lines: exact, the binomial tail of the crosstalk at the same N and P. It rises smoothly through the capacity.".into(),
        panels: vec![Panel {
            title: "units of stored patterns".into(),
            x: axis("load P/N"),
            y: log_axis("share that is unstable"),
            series,
            marks: vec![mark_x("theory", theory::capacity())],
        }],
    }
}

pub(super) fn basins(settings: &Settings, basins: &[Basin]) -> Figure {
    let fractions = &settings.basins.corrupted;
    let over = |of: fn(&Basin) -> &[Estimate]| -> Vec<Series> {
        let series = |basin: &Basin| {
            let points = fractions.iter().copied().zip(of(basin).iter().copied());
            measured(format!("P/N = {}", basin.load), Style::LinePoints, points)
        };
        basins.iter().map(series).collect()
    };
    let mut overlap = over(|b| &b.overlap);
    overlap.push(curve("start", Style::Dashed, [(0.0, 1.0), (0.5, 0.0)]));
    let panel = |title: &str, y, series| Panel {
        title: title.into(),
        x: axis("fraction of units turned around"),
        y,
        series,
        marks: vec![],
    };
    Figure {
        id: "hopfield-basins".into(),
        caption: format!(
            "Recall from corrupted patterns, N = {}: the overlap with the pattern at the end, above the dashed line where recall has helped, and the share of patterns retrieved (overlap above {}). The basins of attraction shrink as the load grows.",
            settings.basins.units, settings.retrieved_above
        ),
        panels: vec![
            panel("overlap", axis_in("overlap m at the end", -0.05, 1.05), overlap),
            panel(
                "patterns retrieved",
                axis_in("share retrieved", -0.02, 1.05),
                over(|b| &b.retrieved),
            ),
        ],
    }
}

pub(super) fn capacity_table(settings: &Settings, curves: &[Curve]) -> Table {
    let row = |(of, p): (&Curve, &Loaded)| {
        vec![
            Cell::Number(of.units as f64),
            Cell::Number(p.patterns as f64),
            Cell::Number(p.load),
            Cell::Measured(p.overlap.into()),
            Cell::Measured(p.retrieved.into()),
            p.overlap_of_retrieved.map_or(Cell::Text(String::new()), |e| Cell::Measured(e.into())),
            Cell::Number(theory::overlap_at(p.load)),
            Cell::Measured(p.unstable.into()),
            Cell::Number(theory::unstable(of.units, p.patterns)),
        ]
    };
    let cells = curves.iter().flat_map(|of| of.points.iter().map(move |p| (of, p)));
    Table {
        id: "hopfield-loads".into(),
        caption: format!(
            "Recall of up to {} patterns of each network, from the pattern itself: overlap at the end, share retrieved (overlap above {}), the overlap of those, and that of the replica theory (0 where it has no retrieval state); the share of units that are unstable at the pattern, measured and exact.",
            settings.recalled, settings.retrieved_above
        ),
        columns: [
            "N",
            "P",
            "P/N",
            "overlap",
            "retrieved",
            "overlap of these",
            "theory",
            "unstable",
            "exact",
        ]
        .map(String::from)
        .into(),
        rows: cells.map(row).collect(),
    }
}

pub(super) fn crossing_table(limit: &Limit) -> Table {
    let text = |e: Estimate| Cell::Measured(e.into());
    let mut rows: Vec<Vec<Cell>> = limit
        .crossings
        .iter()
        .map(|&(n, e)| vec![Cell::Text(format!("N = {n}")), text(e)])
        .collect();
    rows.push(vec![Cell::Text("limit, linear in 1/N".into()), text(limit.linear.at_zero)]);
    rows.push(vec![Cell::Text("limit, linear in 1/√N".into()), text(limit.root.at_zero)]);
    rows.push(vec![Cell::Text("limit, power free".into()), text(limit.value)]);
    rows.push(vec![Cell::Text("theory".into()), Cell::Number(theory::capacity())]);
    Table {
        id: "hopfield-crossings".into(),
        caption: "The load at which half of the patterns are retrieved. Linear in a power of 1/N, the limit with a free power has all powers in its error whose squared deviations, in units of their errors, sum up to at most 1 above the least.".into(),
        columns: ["", "P/N at one half"].map(String::from).into(),
        rows,
    }
}

pub(super) fn basins_table(settings: &Settings, basins: &[Basin]) -> Table {
    let row = |(basin, f): (&Basin, usize)| {
        vec![
            Cell::Number(basin.load),
            Cell::Number(settings.basins.corrupted[f]),
            Cell::Number(1.0 - 2.0 * settings.basins.corrupted[f]),
            Cell::Measured(basin.overlap[f].into()),
            Cell::Measured(basin.retrieved[f].into()),
        ]
    };
    let fractions = settings.basins.corrupted.len();
    let cells = basins.iter().flat_map(|basin| (0..fractions).map(move |f| (basin, f)));
    Table {
        id: "hopfield-corrupted".into(),
        caption: format!("Recall from corrupted patterns, N = {}.", settings.basins.units),
        columns: [
            "P/N",
            "fraction turned around",
            "overlap at the start",
            "overlap at the end",
            "retrieved",
        ]
        .map(String::from)
        .into(),
        rows: cells.map(row).collect(),
    }
}
