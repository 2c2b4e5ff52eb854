//! Where the flows of `flow-ring` end: measurements, figures and the table.

use super::machines::Machines;
use super::{Settings, over_seeds};
use anyhow::Result;
use exact::{Ring, symmetric};
use flow::{Flow, Rule};
use ising::Samples;
use nalgebra::DMatrix;
use rand_pcg::Pcg64;
use rayon::prelude::*;
use rbm::Rbm;
use stats::Estimate;

/// Ends of the deterministic flow from starts with V != 0: root mean square spin.
pub(crate) struct Ends {
    pub(super) equal: Estimate,
    pub(super) free: Estimate,
}

/// The sampled flow step by step, as neighbour correlation.
pub(crate) struct Paths {
    /// The steps that were read.
    pub(super) read: Vec<usize>,
    /// `[start][step read]`.
    pub(super) equal: Vec<Vec<Estimate>>,
    pub(super) free: Vec<Vec<Estimate>>,
    /// Exact, from the kernel on V.
    pub(super) exact: Vec<Vec<f64>>,
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

/// Steps that are read: every one at first, then ever fewer, and the last.
fn read_steps(last: usize) -> Vec<usize> {
    let mut steps: Vec<usize> = (0..=10).collect();
    while let Some(&step) = steps.last().filter(|&&step| step < last) {
        steps.push(step + step / 4);
    }
    steps.retain(|&step| step < last);
    steps.push(last);
    steps
}

/// Neighbour correlation at the steps read, and the dependence on distance after the first.
struct Path {
    neighbour: Vec<Estimate>,
    distance_dependence: Estimate,
}

fn sampled_path(rbm: &Rbm, start: &Samples, read: &[usize], rng: &mut Pcg64) -> Path {
    let flow = Flow { rbm, rule: Rule::Sampled };
    let mut path = Path { neighbour: Vec::new(), distance_dependence: Estimate::exact(0.0) };
    flow.run(start.to_matrix(), read[read.len() - 1], rng, |step, v| {
        if read.contains(&step) {
            path.neighbour.push(correlation(v, 1));
        }
        if step == 1 {
            path.distance_dependence = difference(correlation(v, 1), correlation(v, v.nrows() / 2));
        }
    });
    path
}

pub(super) fn sampled_paths(
    settings: &Settings,
    machines: &Machines,
    starts: &[Vec<Samples>],
    seed: u64,
) -> Result<Paths> {
    let read = read_steps(settings.sampled_steps);
    let number = settings.start_couplings.len();
    // [start][seed]; every path has a stream of its own, so that ends can be compared as independent.
    let all = |label: &str, rbms: Vec<&Rbm>| -> Vec<Vec<Path>> {
        let of_seed = |start: usize, s: usize| {
            let mut rng = stats::stream(seed, &format!("{label}/{start}"), s as u64);
            sampled_path(rbms[s], &starts[s][start], &read, &mut rng)
        };
        let of_start = |start| (0..starts.len()).map(|s| of_seed(start, s)).collect();
        (0..number).into_par_iter().map(of_start).collect()
    };
    let equal = all("flow-ring/equal", vec![&machines.equal; starts.len()]);
    let free = all("flow-ring/free", machines.free.iter().collect());
    let last = read.len() - 1;
    let equal_path = neighbours(&equal, read.len());
    let hot = index_of_extreme(&settings.start_couplings, false);
    let cold = index_of_extreme(&settings.start_couplings, true);
    let first_steps: Vec<Estimate> =
        equal.iter().flatten().map(|path| path.distance_dependence).collect();
    Ok(Paths {
        exact: exact_paths(settings, machines)?,
        equal_end: end(&equal, last),
        free_end: end(&free, last),
        hot_minus_cold: difference(equal_path[hot][last], equal_path[cold][last]),
        distance_dependence: over_seeds(&first_steps),
        equal: equal_path,
        free: neighbours(&free, read.len()),
        read,
    })
}

/// `[start][step read]`, over seeds.
fn neighbours(paths: &[Vec<Path>], steps: usize) -> Vec<Vec<Estimate>> {
    let at = |of_seeds: &[Path], step: usize| {
        over_seeds(&of_seeds.iter().map(|path| path.neighbour[step]).collect::<Vec<_>>())
    };
    paths.iter().map(|of_seeds| (0..steps).map(|step| at(of_seeds, step)).collect()).collect()
}

/// The last step, averaged over the starts of each seed and then over seeds: each seed has its own machine.
fn end(paths: &[Vec<Path>], last: usize) -> Estimate {
    let starts = paths.len() as f64;
    let of_seed = |seed: usize| {
        let ends = paths.iter().map(|of_seeds| of_seeds[seed].neighbour[last]);
        let mean = ends.clone().map(|e| e.mean).sum::<f64>() / starts;
        let error = ends.clone().map(|e| e.error * e.error).sum::<f64>().sqrt() / starts;
        Estimate { mean, error, tau: 0.5, count: ends.map(|e| e.count).sum() }
    };
    over_seeds(&(0..paths[0].len()).map(of_seed).collect::<Vec<_>>())
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
