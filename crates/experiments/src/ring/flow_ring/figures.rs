//! What `flow-ring` shows: where each flow ends, as figures and a table.

use super::Settings;
use super::machines::Machines;
use super::readout::{Ends, Paths};
use anyhow::Result;
use exact::{Ring, symmetric};
use lab::parts::*;
use rbm::Rbm;
use report::content::{Cell, Figure, Panel, Series, Style, Table};
use stats::Estimate;

pub(super) fn bifurcation_figure(
    settings: &Settings,
    machines: &[Machines],
    ends: &[Ends],
) -> Result<Figure> {
    let (m, n) = (settings.visible, settings.hidden);
    let threshold = symmetric::critical_coupling(m, n)?;
    let top = settings.train_couplings.iter().copied().fold(0.0, f64::max);
    // The branch leaves the axis like a square root: points crowd above the threshold.
    let branch = grid(0.0, 1.0, 120).map(|x| threshold + (top - threshold).max(0.1) * x * x);
    let couplings: Vec<f64> = [0.01].into_iter().chain(branch).collect();
    let weight = |k: f64| symmetric::best_weight(&Ring::new(m, k)?.into(), n);
    let weights = couplings.iter().map(|&k| weight(k)).collect::<Result<Vec<_>, _>>()?;
    let both = || couplings.iter().copied().zip(weights.iter().copied());
    let of_kind = |pick: fn(&Ends) -> Estimate| {
        machines.iter().zip(ends).map(move |(m, e)| (m.coupling, pick(e)))
    };
    let gain_of =
        |rbm: &Rbm| f64::from(rbm.weights.clone().svd(false, false).singular_values.max()).powi(2);
    let free_gain = machines.iter().map(|machines| {
        let gains: Vec<f64> = machines.free.iter().map(gain_of).collect();
        (machines.coupling, over_exact(&gains))
    });
    let order = Panel {
        title: "where it ends".into(),
        x: axis("training coupling K"),
        y: axis_in("root mean square spin at the end", 0.0, 1.05),
        series: vec![
            curve(
                "equal weights, m* exact",
                Style::Line,
                both().map(|(k, w)| (k, symmetric::mean_fixed_point(m, n, w))),
            ),
            measured("equal weights, flow", Style::Points, of_kind(|e| e.equal)),
            measured("trained on samples", Style::Points, of_kind(|e| e.free)),
        ],
        marks: vec![mark_x("K_c", threshold)],
    };
    let gain = Panel {
        title: "what decides it".into(),
        x: axis("training coupling K"),
        y: axis("largest singular value of W, squared"),
        series: vec![
            curve(
                "equal weights, N M W(K)²",
                Style::Line,
                both().map(|(k, w)| (k, symmetric::gain(m, n, w))),
            ),
            measured("trained on samples", Style::Points, free_gain),
        ],
        marks: vec![mark_x("K_c", threshold), mark_y("1", 1.0)],
    };
    Ok(Figure {
        id: "flow-ring-bifurcation".into(),
        caption: format!(
            "The deterministic flow, M = {m}, N = {n}, from starts with $V \\ne 0$. The equal-weight machine orders for $K > K_c = {threshold:.4}$, where $N M W^2 = 1$. Machines trained on samples have larger singular values and order earlier."
        ),
        panels: vec![order, gain],
    })
}

pub(super) fn sampled_figure(
    settings: &Settings,
    machines: &Machines,
    paths: &Paths,
) -> Result<Figure> {
    let (m, n, k) = (settings.visible, settings.hidden, machines.coupling);
    let training = Ring::new(m, k)?.correlation(1);
    let own =
        symmetric::pair_correlation(&symmetric::visible_sum_probabilities(m, n, machines.weight));
    let free_own = over_exact(&machines.free_correlation).mean;
    // The axis is logarithmic and starts at 1.
    let position = |step: usize| (step + 1) as f64;
    let numbered = |path: &Vec<Estimate>| -> Vec<(f64, Estimate)> {
        paths.read.iter().map(|&step| position(step)).zip(path.iter().copied()).collect()
    };
    let label = |start: usize| format!("from K = {}", settings.start_couplings[start]);
    let points = |paths: &[Vec<Estimate>]| -> Vec<Series> {
        let series = |(start, path)| measured(label(start), Style::Points, numbered(path));
        paths.iter().enumerate().map(series).collect()
    };
    let lines = paths.exact.iter().map(|path| {
        let points = path.iter().enumerate().map(|(n, &c)| (position(n), c));
        curve("exact kernel", Style::Dashed, points)
    });
    let panel = |title: &str, series: Vec<Series>, marks| Panel {
        title: title.into(),
        x: log_axis("step + 1"),
        y: axis_in("neighbour correlation ⟨v_i v_j⟩", -0.05, 1.05),
        series,
        marks,
    };
    let mut equal = points(&paths.equal);
    equal.extend(lines);
    Ok(Figure {
        id: "flow-ring-sampled".into(),
        caption: format!(
            "The sampled flow of machines trained at $K = {k}$ from rings at several K. Left: equal weights, points on the exact kernel; it ends at the machine's own {own:.4}, not at the training set's {training:.4}. Right: free weights trained on samples; they forget slowly, because hidden units lock to sites, and end at their own p(v), close to the training set. Neither ends at $T = 0$, where the correlation is 1."
        ),
        panels: vec![
            panel(
                "equal weights W(K)",
                equal,
                vec![mark_y("p(v)", own), mark_y("training set", training)],
            ),
            panel(
                "trained on samples",
                points(&paths.free),
                vec![mark_y("p(v)", free_own), mark_y("training set", training)],
            ),
        ],
    })
}

pub(super) fn mean_figure(settings: &Settings, machines: &[Machines]) -> Result<Figure> {
    let (m, n) = (settings.visible, settings.hidden);
    let steps = settings.mean_steps.min(30);
    let panel = |title: String, weight: f64| Panel {
        title,
        x: axis("step"),
        y: axis_in("magnetisation m", -0.05, 1.05),
        series: (1..=4)
            .map(|quarter| {
                let start = f64::from(quarter) / 4.0;
                let path = std::iter::successors(Some(start), |&x| {
                    Some(symmetric::mean_step(m, n, weight, x))
                });
                let points = path.take(steps + 1).enumerate().map(|(n, x)| (n as f64, x));
                curve(format!("from m = {start}"), Style::LinePoints, points)
            })
            .collect(),
        marks: vec![],
    };
    let threshold = symmetric::critical_coupling(m, n)?;
    let below = machines
        .iter()
        .filter(|x| x.coupling < threshold)
        .max_by(|a, b| a.coupling.total_cmp(&b.coupling));
    let above = machines
        .iter()
        .filter(|x| x.coupling > threshold)
        .min_by(|a, b| a.coupling.total_cmp(&b.coupling));
    let mut panels: Vec<Panel> = below
        .into_iter()
        .chain(above)
        .map(|x| panel(format!("trained at K = {}", x.coupling), x.weight))
        .collect();
    panels.push(panel("trained at K = ∞, eq. (77)".into(), f64::INFINITY));
    Ok(Figure {
        id: "flow-ring-mean".into(),
        caption: "The deterministic flow (75)-(76) of the equal-weight machine below and above $K_c$, and its limit (77) for training at $T = 0$.".into(),
        panels,
    })
}

pub(super) fn mean_table(
    settings: &Settings,
    machines: &[Machines],
    ends: &[Ends],
) -> Result<Table> {
    let (m, n) = (settings.visible, settings.hidden);
    let row = |(machines, end): (&Machines, &Ends)| {
        vec![
            Cell::Number(machines.coupling),
            Cell::Number(machines.weight),
            Cell::Number(symmetric::gain(m, n, machines.weight)),
            Cell::Number(symmetric::mean_fixed_point(m, n, machines.weight)),
            Cell::Measured(end.equal.into()),
            Cell::Number(machines.equal_kl),
            Cell::Measured(end.free.into()),
            Cell::Measured(over_exact(&machines.free_kl).into()),
        ]
    };
    Ok(Table {
        id: "flow-ring-mean-ends".into(),
        caption: format!(
            "Training coupling, exact weight, gain and fixed point of the equal-weight machine, M = {m}, N = {n}; the measured end of its deterministic flow and its divergence KL from the ring; the same for machines trained on samples, with the spread over {} seeds.",
            settings.seeds
        ),
        columns: [
            "K",
            "W(K)",
            "N M W²",
            "m*",
            "end, equal",
            "KL, equal",
            "end, trained",
            "KL, trained",
        ]
        .map(String::from)
        .into(),
        rows: machines.iter().zip(ends).map(row).collect(),
    })
}

/// Where the sampled flow ends, for every training coupling.
pub(super) fn ends_figure(
    settings: &Settings,
    machines: &[Machines],
    paths: &[Paths],
) -> Result<Figure> {
    let (m, n) = (settings.visible, settings.hidden);
    let top = settings.train_couplings.iter().copied().fold(0.0, f64::max);
    let couplings: Vec<f64> = grid(0.01, 1.05 * top, 120).collect();
    let own = |k: f64| -> Result<(f64, f64), exact::Error> {
        let weight = symmetric::best_weight(&Ring::new(m, k)?.into(), n)?;
        let p = symmetric::visible_sum_probabilities(m, n, weight);
        Ok((k, symmetric::pair_correlation(&p)))
    };
    let training = |k: f64| Ok::<_, exact::Error>((k, Ring::new(m, k)?.correlation(1)));
    let all = |of: &dyn Fn(f64) -> Result<(f64, f64), exact::Error>| {
        couplings.iter().map(|&k| of(k)).collect::<Result<Vec<_>, _>>()
    };
    let ends = |pick: fn(&Paths) -> Estimate| {
        machines.iter().zip(paths).map(move |(machine, p)| (machine.coupling, pick(p)))
    };
    Ok(Figure {
        id: "flow-ring-ends".into(),
        caption: format!(
            "Where the sampled flow ends after {} steps, over all starts, against the training coupling: machines with equal weights at their own p(v), machines trained on samples near the training set. At $T_c = 0$ the correlation would be 1.",
            settings.sampled_steps
        ),
        panels: vec![Panel {
            title: String::new(),
            x: axis("training coupling K"),
            y: axis_in("neighbour correlation at the end", 0.0, 1.02),
            series: vec![
                curve("training set", Style::Line, all(&training)?),
                measured("trained on samples, flow", Style::Points, ends(|p| p.free_end)),
                curve("equal weights, p(v)", Style::Dashed, all(&own)?),
                measured("equal weights, flow", Style::Points, ends(|p| p.equal_end)),
            ],
            marks: vec![],
        }],
    })
}

pub(super) fn sampled_table(
    settings: &Settings,
    machines: &[Machines],
    paths: &[Paths],
) -> Result<Table> {
    let row = |(machine, path): (&Machines, &Paths)| -> Result<Vec<Cell>> {
        Ok(vec![
            Cell::Number(machine.coupling),
            Cell::Number(Ring::new(settings.visible, machine.coupling)?.correlation(1)),
            Cell::Number(path.equal_own),
            Cell::Measured(path.equal_end.into()),
            Cell::Measured(over_exact(&machine.free_correlation).into()),
            Cell::Measured(path.free_end.into()),
            Cell::Measured(path.free_hot_minus_cold.into()),
            Cell::Measured(path.free_coupling.into()),
        ])
    };
    Ok(Table {
        id: "flow-ring-sampled-ends".into(),
        caption: format!(
            "The sampled flow after {} steps as neighbour correlation: the training set's, the equal-weight machine's own and the end of its flow; the own one of machines trained on samples, the end of their flow, how far hot and cold starts still differ, and the end read as a coupling.",
            settings.sampled_steps
        ),
        columns: [
            "K",
            "training set",
            "own, equal",
            "end, equal",
            "own, trained",
            "end, trained",
            "hot − cold, trained",
            "end as K",
        ]
        .map(String::from)
        .into(),
        rows: machines.iter().zip(paths).map(row).collect::<Result<_>>()?,
    })
}
