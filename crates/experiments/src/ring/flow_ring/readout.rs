//! Where the flows of `flow-ring` end: what is measured of them.

use super::machines::Machines;
use super::paths::{MeanEnds, Path, SampledPath};
use super::{Run, Settings, over_seeds};
use anyhow::Result;
use exact::ring::coupling_from_correlation;
use exact::{Ring, symmetric};
use ising::Samples;
use lab::store::Done;
use rayon::prelude::*;
use rbm::Rbm;
use stats::{Estimate, child_seed};

/// Relative error of `linalg::tanh`.
const TANH_ERROR: f64 = 1e-6;

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
    /// The same read as a coupling of the ring.
    pub(super) free_coupling: Estimate,
    /// Exact neighbour correlation of the equal-weight machine's own p(v).
    pub(super) equal_own: f64,
    /// Neighbour correlation at the end, hottest minus coldest start.
    pub(super) hot_minus_cold: Estimate,
    pub(super) free_hot_minus_cold: Estimate,
    pub(super) distance_dependence: Estimate,
}

/// Ends of the deterministic flow over all starts.
pub(super) fn mean_ends(
    run: &Run,
    settings: &Settings,
    machines: &Machines,
    starts: &[Vec<Done<Samples>>],
) -> Result<Ends> {
    let end = |rbm: &Rbm, of_seed: &[Done<Samples>]| -> Result<Estimate> {
        let mut sizes = Vec::new();
        for start in of_seed {
            let stage = MeanEnds { rbm, start, steps: settings.mean_steps };
            sizes.extend(run.store.get(&stage)?.value);
        }
        Ok(Estimate::from_series(&sizes))
    };
    let equal = starts.iter().map(|of_seed| end(&machines.equal, of_seed));
    let free = starts.iter().zip(&machines.free).map(|(of_seed, rbm)| end(rbm, of_seed));
    Ok(Ends {
        equal: with_tanh_error(over_seeds(&equal.collect::<Result<Vec<_>>>()?)),
        free: with_tanh_error(over_seeds(&free.collect::<Result<Vec<_>>>()?)),
    })
}

/// Where nothing is left to fluctuate, an f32 flow is known to the accuracy of its tanh, the same for every seed.
fn with_tanh_error(e: Estimate) -> Estimate {
    Estimate { error: e.error.hypot(TANH_ERROR), ..e }
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

pub(super) fn sampled_paths(
    run: &Run,
    settings: &Settings,
    machines: &Machines,
    starts: &[Vec<Done<Samples>>],
) -> Result<Paths> {
    let read = read_steps(settings.sampled_steps);
    let number = settings.start_couplings.len();
    // [start][seed]; every path has a stream of its own, so that ends can be compared as independent.
    let all = |label: &str, rbms: Vec<&Rbm>| -> Result<Vec<Vec<Path>>> {
        let of_seed = |start: usize, s: usize| -> Result<Path> {
            let label = format!("{label}/{}/{start}", machines.coupling);
            let seed = child_seed(run.seed, &label, s as u64);
            let stage = SampledPath { rbm: rbms[s], start: &starts[s][start], read: &read, seed };
            Ok(run.store.get(&stage)?.value)
        };
        let of_start = |start| (0..starts.len()).map(|s| of_seed(start, s)).collect();
        (0..number).into_par_iter().map(of_start).collect()
    };
    let equal = all("flow-ring/equal", vec![&machines.equal; starts.len()])?;
    let free = all("flow-ring/free", machines.free.iter().collect())?;
    let last = read.len() - 1;
    let equal_path = neighbours(&equal, read.len());
    let free_path = neighbours(&free, read.len());
    let own =
        symmetric::visible_sum_probabilities(settings.visible, settings.hidden, machines.weight);
    let hot = index_of_extreme(&settings.start_couplings, false);
    let cold = index_of_extreme(&settings.start_couplings, true);
    let first_steps: Vec<Estimate> =
        equal.iter().flatten().map(|path| path.distance_dependence).collect();
    Ok(Paths {
        exact: exact_paths(settings, machines)?,
        equal_end: end(&equal, last),
        free_end: end(&free, last),
        free_coupling: coupling(run, settings, &free),
        equal_own: symmetric::pair_correlation(&own),
        hot_minus_cold: equal_path[hot][last] - equal_path[cold][last],
        free_hot_minus_cold: free_path[hot][last] - free_path[cold][last],
        distance_dependence: over_seeds(&first_steps),
        equal: equal_path,
        free: free_path,
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

/// The end of the sampled flow read as a coupling: the ring that has its neighbour correlation.
///
/// The reading is not linear, so its error within a seed comes from the bootstrap over configurations.
fn coupling(run: &Run, settings: &Settings, paths: &[Vec<Path>]) -> Estimate {
    const RESAMPLES: usize = 200;
    let of_seed = |s: usize| {
        let all: Vec<f64> = paths.iter().flat_map(|of_seeds| of_seeds[s].last.clone()).collect();
        // A resample may lie outside 0 <= c < 1 near either end of the scale.
        let read = |c: f64| {
            let c = c.clamp(0.0, 1.0 - f64::EPSILON);
            coupling_from_correlation(settings.visible, c).unwrap_or(f64::NAN)
        };
        let of_rows = |rows: &[usize]| {
            read(rows.iter().map(|&row| all[row]).sum::<f64>() / rows.len() as f64)
        };
        let everything: Vec<usize> = (0..all.len()).collect();
        let seed = child_seed(run.seed, "flow-ring/bootstrap", s as u64);
        let error = stats::bootstrap_error(all.len(), RESAMPLES, seed, of_rows);
        Estimate { mean: of_rows(&everything), error, tau: 0.5, count: all.len() as u64 }
    };
    over_seeds(&(0..paths[0].len()).map(of_seed).collect::<Vec<_>>())
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
