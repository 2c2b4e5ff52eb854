//! Where the flows of `flow-ring` end: measurements, figures and the table.

use super::machines::Machines;
use super::{Settings, over_seeds};
use crate::report::content::{Cell, Figure, Panel, Series, Style, Table};
use crate::reproduce::parts::*;
use anyhow::Result;
use exact::{Ring, symmetric};
use flow::{Flow, Rule};
use ising::Samples;
use nalgebra::DMatrix;
use rbm::Rbm;
use stats::Estimate;

/// Ends of the deterministic flow from starts with V != 0: root mean square spin.
pub(crate) struct Ends {
    pub(super) equal: Estimate,
    pub(super) free: Estimate,
}

/// The sampled flow step by step, as neighbour correlation.
pub(crate) struct Paths {
    /// `[start][step]`.
    equal: Vec<Vec<Estimate>>,
    free: Vec<Vec<Estimate>>,
    /// Exact, from the kernel on V.
    exact: Vec<Vec<f64>>,
    pub(super) equal_end: Estimate,
    pub(super) free_end: Estimate,
    pub(super) hot_minus_cold: Estimate,
    pub(super) distance_dependence: Estimate,
}

/// Ends of the deterministic flow over all starts.
pub(super) fn mean_ends(settings: &Settings, machines: &Machines, starts: &[Vec<Samples>]) -> Ends {
    let end = |rbm: &Rbm, of_seed: &[Samples]| {
        let sizes: Vec<f64> = of_seed
            .iter()
            .flat_map(|samples| {
                let mut last = DMatrix::zeros(0, 0);
                // The mean rule draws nothing; any generator will do.
                let mut rng = stats::stream(0, "unused", 0);
                let flow = Flow { rbm, rule: Rule::Mean };
                flow.run(samples.to_matrix(), settings.mean_steps, &mut rng, |_, v| {
                    last = v.clone()
                });
                let ordered = (0..samples.len()).filter(|&row| samples.spin_sum(row) != 0);
                ordered.map(|row| root_mean_square(&last, row)).collect::<Vec<_>>()
            })
            .collect();
        Estimate::from_series(&sizes)
    };
    let equal: Vec<_> = starts.iter().map(|of_seed| end(&machines.equal, of_seed)).collect();
    let free: Vec<_> = starts.iter().zip(&machines.free).map(|(s, rbm)| end(rbm, s)).collect();
    Ends { equal: over_seeds(&equal), free: over_seeds(&free) }
}

fn root_mean_square(v: &DMatrix<f32>, column: usize) -> f64 {
    let v = v.column(column);
    (v.iter().map(|&x| f64::from(x * x)).sum::<f64>() / v.len() as f64).sqrt()
}

/// `<v_i v_{i+r}>` over a batch of rings, averaged over i.
fn correlation(v: &DMatrix<f32>, r: usize) -> Estimate {
    let m = v.nrows();
    let of_sample = |v: nalgebra::DVectorView<'_, f32>| {
        (0..m).map(|i| f64::from(v[i] * v[(i + r) % m])).sum::<f64>() / m as f64
    };
    Estimate::from_series(&v.column_iter().map(of_sample).collect::<Vec<_>>())
}

pub(super) fn sampled_paths(
    settings: &Settings,
    machines: &Machines,
    starts: &[Vec<Samples>],
    seed: u64,
) -> Result<Paths> {
    let path = |rbm: &Rbm, samples: &Samples, label: &str, index: u64, r: usize| {
        let mut rng = stats::stream(seed, label, index);
        let mut steps = Vec::new();
        let flow = Flow { rbm, rule: Rule::Sampled };
        flow.run(samples.to_matrix(), settings.sampled_steps, &mut rng, |_, v| {
            steps.push((correlation(v, 1), correlation(v, r)));
        });
        steps
    };
    let half = settings.visible / 2;
    let number = settings.start_couplings.len();
    // [start][seed][step]; every path has a stream of its own, so that ends can be compared as independent.
    let all =
        |label: &str, machine: &dyn Fn(usize) -> Rbm| -> Vec<Vec<Vec<(Estimate, Estimate)>>> {
            let of_start = |start: usize| {
                let of_seed = |(s, samples): (usize, &Vec<Samples>)| {
                    path(&machine(s), &samples[start], &format!("{label}/{start}"), s as u64, half)
                };
                starts.iter().enumerate().map(of_seed).collect()
            };
            (0..number).map(of_start).collect()
        };
    let equal = all("flow-ring/equal", &|_| machines.equal.clone());
    let free = all("flow-ring/free", &|s| machines.free[s].clone());
    let neighbours = |paths: &[Vec<Vec<(Estimate, Estimate)>>]| -> Vec<Vec<Estimate>> {
        let step_of = |of_seed: &Vec<Vec<(Estimate, Estimate)>>, step: usize| {
            over_seeds(&of_seed.iter().map(|steps| steps[step].0).collect::<Vec<_>>())
        };
        let of_start =
            |of_seed| (0..=settings.sampled_steps).map(|n| step_of(of_seed, n)).collect();
        paths.iter().map(of_start).collect()
    };
    let (equal_path, free_path) = (neighbours(&equal), neighbours(&free));
    let last = settings.sampled_steps;
    let first_step: Vec<Estimate> = equal
        .iter()
        .flat_map(|of_seed| of_seed.iter().map(|steps| difference(steps[1].0, steps[1].1)))
        .collect();
    let hot = index_of_extreme(&settings.start_couplings, false);
    let cold = index_of_extreme(&settings.start_couplings, true);
    let end =
        |paths: &[Vec<Estimate>]| over_seeds(&paths.iter().map(|p| p[last]).collect::<Vec<_>>());
    Ok(Paths {
        exact: exact_paths(settings, machines)?,
        equal_end: end(&equal_path),
        free_end: end(&free_path),
        hot_minus_cold: difference(equal_path[hot][last], equal_path[cold][last]),
        distance_dependence: over_seeds(&first_step),
        equal: equal_path,
        free: free_path,
    })
}

/// The difference of two independent estimates (or a bound, where they are positively correlated).
fn difference(a: Estimate, b: Estimate) -> Estimate {
    Estimate { mean: a.mean - b.mean, error: a.error.hypot(b.error), ..a }
}

fn index_of_extreme(values: &[f64], largest: bool) -> usize {
    let order = |a: &(usize, &f64), b: &(usize, &f64)| a.1.total_cmp(b.1);
    let found = match largest {
        true => values.iter().enumerate().max_by(order),
        false => values.iter().enumerate().min_by(order),
    };
    found.map_or(0, |(index, _)| index)
}

/// Neighbour correlation of the equal-weight machine's sampled flow, exactly.
fn exact_paths(settings: &Settings, machines: &Machines) -> Result<Vec<Vec<f64>>> {
    let of_start = |&k: &f64| -> Result<Vec<f64>> {
        let ring = Ring::new(settings.visible, k)?;
        let mut p = ring.magnetisation_probabilities();
        let mut path = vec![ring.correlation(1)];
        for _ in 0..settings.sampled_steps {
            p = symmetric::sampled_step(&p, settings.hidden, machines.weight);
            path.push(symmetric::pair_correlation(&p));
        }
        Ok(path)
    };
    settings.start_couplings.iter().map(of_start).collect()
}

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
    let weight = |k: f64| Ok::<f64, exact::Error>(symmetric::best_weight(&Ring::new(m, k)?, n)?);
    let weights = couplings.iter().map(|&k| weight(k)).collect::<Result<Vec<_>, _>>()?;
    let both = || couplings.iter().copied().zip(weights.iter().copied());
    let of_kind = |pick: fn(&Ends) -> Estimate| {
        machines.iter().zip(ends).map(move |(m, e)| (m.coupling, pick(e)))
    };
    let gain_of =
        |rbm: &Rbm| f64::from(rbm.weights.clone().svd(false, false).singular_values.max()).powi(2);
    let free_gain = machines.iter().map(|machines| {
        let gains: Vec<_> = machines.free.iter().map(|rbm| Estimate::exact(gain_of(rbm))).collect();
        (machines.coupling, over_seeds(&gains))
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
    let numbered = |path: &Vec<Estimate>| {
        path.iter().copied().enumerate().map(|(n, e)| (n as f64, e)).collect::<Vec<_>>()
    };
    let label = |start: usize| format!("from K = {}", settings.start_couplings[start]);
    let points = |paths: &[Vec<Estimate>]| -> Vec<Series> {
        let series = |(start, path)| measured(label(start), Style::Points, numbered(path));
        paths.iter().enumerate().map(series).collect()
    };
    let lines = paths.exact.iter().enumerate().map(|(start, path)| {
        let name = if start == 0 {
            "exact kernel".to_owned()
        } else {
            format!("exact kernel, K = {}", settings.start_couplings[start])
        };
        curve(name, Style::Dashed, path.iter().enumerate().map(|(n, &c)| (n as f64, c)))
    });
    let panel = |title: &str, series: Vec<Series>, marks| Panel {
        title: title.into(),
        x: axis("step"),
        y: axis_in("neighbour correlation ⟨v_i v_j⟩", -0.05, 1.05),
        series,
        marks,
    };
    let mut equal = points(&paths.equal);
    equal.extend(lines);
    Ok(Figure {
        id: "flow-ring-sampled".into(),
        caption: format!(
            "The sampled flow of machines trained at $K = {k}$ from rings at several K. Left: equal weights, points on the exact kernel; it ends at the machine's own {own:.4}, not at the training set's {training:.4}. Right: free weights trained on samples, which end near the training set. Neither ends at $T = 0$, where the correlation is 1."
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
                vec![mark_y("training set", training)],
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

pub(super) fn table(settings: &Settings, machines: &[Machines], ends: &[Ends]) -> Result<Table> {
    let (m, n) = (settings.visible, settings.hidden);
    let row = |(machines, end): (&Machines, &Ends)| {
        let free_kl: Vec<_> = machines.free_kl.iter().map(|&kl| Estimate::exact(kl)).collect();
        vec![
            Cell::Number(machines.coupling),
            Cell::Number(machines.weight),
            Cell::Number(symmetric::gain(m, n, machines.weight)),
            Cell::Number(symmetric::mean_fixed_point(m, n, machines.weight)),
            Cell::Measured(end.equal.into()),
            Cell::Number(machines.equal_kl),
            Cell::Measured(end.free.into()),
            Cell::Measured(over_seeds(&free_kl).into()),
        ]
    };
    Ok(Table {
        id: "flow-ring-ends".into(),
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
