//! Recalls over loads and from corrupted patterns, and the load at which half of the patterns are lost.

use super::Settings;
use crate::stages::{Network, Recalls};
use anyhow::Result;
use lab::Run;
use lab::parts::over_exact;
use rayon::prelude::*;
use stats::Estimate;

/// One size over all loads.
pub(super) struct Curve {
    pub(super) units: usize,
    pub(super) points: Vec<Loaded>,
}

/// Networks of one size and load; errors are over networks.
pub(super) struct Loaded {
    pub(super) patterns: usize,
    /// P/N.
    pub(super) load: f64,
    /// From the pattern itself: overlap at the end, and share of the patterns that are retrieved.
    pub(super) overlap: Estimate,
    pub(super) retrieved: Estimate,
    /// The overlap at the end of those that are retrieved; none where none is.
    pub(super) overlap_of_retrieved: Option<Estimate>,
    /// Share of the units of stored patterns that are not stable.
    pub(super) unstable: Estimate,
}

pub(super) fn over_loads(run: &Run, settings: &Settings) -> Result<Vec<Curve>> {
    let cells: Vec<(usize, u64, f64)> = settings
        .sizes
        .iter()
        .flat_map(|&(units, networks)| settings.loads.iter().map(move |&l| (units, networks, l)))
        .collect();
    let of_cell = |&(units, networks, load): &(usize, u64, f64)| -> Result<Loaded> {
        let found = recalls(run, settings, (units, load), networks, &[0.0], "capacity")?;
        Ok(loaded(settings, units, patterns(units, load), &found))
    };
    let mut points = cells.par_iter().map(of_cell).collect::<Result<Vec<_>>>()?.into_iter();
    let curve = |&(units, _): &(usize, u64)| Curve {
        units,
        points: points.by_ref().take(settings.loads.len()).collect(),
    };
    Ok(settings.sizes.iter().map(curve).collect())
}

fn patterns(units: usize, load: f64) -> usize {
    ((load * units as f64).round() as usize).max(1)
}

fn recalls(
    run: &Run,
    settings: &Settings,
    (units, load): (usize, f64),
    networks: u64,
    corrupted: &[f64],
    label: &str,
) -> Result<Vec<Network>> {
    let patterns = patterns(units, load);
    let seed = stats::child_seed(run.seed, &format!("hopfield/{label}/{units}"), patterns as u64);
    let recalled = settings.recalled.min(patterns);
    let stage = Recalls { units, patterns, networks, recalled, corrupted, seed };
    Ok(run.store.get(&stage)?.value)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean over networks of what is made of the recalls of each from one fraction of corrupted units.
fn over_networks(found: &[Network], fraction: usize, of: impl Fn(&[f64]) -> f64) -> Estimate {
    over_exact(&found.iter().map(|n| of(&n.overlaps[fraction])).collect::<Vec<_>>())
}

fn loaded(settings: &Settings, units: usize, patterns: usize, found: &[Network]) -> Loaded {
    let is_retrieved = |m: &&f64| **m > settings.retrieved_above;
    let share = |overlaps: &[f64]| {
        overlaps.iter().filter(is_retrieved).count() as f64 / overlaps.len() as f64
    };
    let good: Vec<f64> = found
        .iter()
        .filter_map(|network| {
            let good: Vec<f64> = network.overlaps[0].iter().filter(is_retrieved).copied().collect();
            (!good.is_empty()).then(|| mean(&good))
        })
        .collect();
    Loaded {
        patterns,
        load: patterns as f64 / units as f64,
        overlap: over_networks(found, 0, mean),
        retrieved: over_networks(found, 0, share),
        overlap_of_retrieved: (good.len() > 1).then(|| over_exact(&good)),
        unstable: over_exact(&found.iter().map(|n| n.unstable).collect::<Vec<_>>()),
    }
}

/// Where half of the patterns are retrieved, over N, and what it tends to.
pub(super) struct Limit {
    /// N and the load there.
    pub(super) crossings: Vec<(usize, Estimate)>,
    /// The load of the largest network.
    pub(super) largest: Estimate,
    /// Lines in 1/N and in `1/sqrt(N)`.
    pub(super) linear: Line,
    pub(super) root: Line,
    /// The line in `N^-x` for the x that fits best, and its limit with all x that fit as well in the error.
    pub(super) best: Line,
    pub(super) value: Estimate,
}

pub(super) fn limit(curves: &[Curve]) -> Limit {
    let crossings: Vec<(usize, Estimate)> =
        curves.iter().map(|curve| (curve.units, crossing(curve))).collect();
    let known: Vec<(usize, Estimate)> =
        crossings.iter().copied().filter(|(_, e)| e.mean.is_finite() && e.error > 0.0).collect();
    let lines: Vec<Line> =
        (20..=200).map(|percent| Line::through(&known, 0.01 * f64::from(percent))).collect();
    let least = lines.iter().map(|line| line.chi2).fold(f64::INFINITY, f64::min);
    let best = lines.iter().find(|line| line.chi2 == least);
    let best = best.copied().unwrap_or(Line::through(&known, 1.0));
    // All limits, of whatever power, whose deviations from the data are no more than 1 above the least.
    let reach = lines.iter().filter(|line| line.chi2 <= least + 1.0).map(|line| {
        let e = line.at_zero;
        (e.mean - best.at_zero.mean).abs() + e.error * (1.0 - (line.chi2 - least)).sqrt()
    });
    Limit {
        largest: crossings.last().map_or(Estimate::exact(f64::NAN), |c| c.1),
        linear: Line::through(&known, 1.0),
        root: Line::through(&known, 0.5),
        value: Estimate { error: reach.fold(0.0, f64::max), ..best.at_zero },
        best,
        crossings,
    }
}

/// The load at which the retrieved share first falls to one half, between two loads on a line.
fn crossing(curve: &Curve) -> Estimate {
    let pair = curve.points.windows(2).find(|p| p[1].retrieved.mean < 0.5);
    let Some([a, b]) = pair else { return Estimate::exact(f64::NAN) };
    let (f, g) = (a.retrieved.mean, b.retrieved.mean);
    let (width, fall) = (b.load - a.load, f - g);
    if f < 0.5 {
        return Estimate::exact(f64::NAN);
    }
    let by_first = width * (0.5 - g) / (fall * fall) * a.retrieved.error;
    let by_second = width * (f - 0.5) / (fall * fall) * b.retrieved.error;
    let error = by_first.hypot(by_second);
    Estimate { mean: a.load + width * (f - 0.5) / fall, error, ..a.retrieved }
}

/// A straight line in `N^-power` by weighted least squares.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) power: f64,
    pub(super) at_zero: Estimate,
    pub(super) slope: f64,
    /// Sum of the squared deviations in units of their errors.
    pub(super) chi2: f64,
}

impl Line {
    fn through(points: &[(usize, Estimate)], power: f64) -> Self {
        let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
            let term = |(n, e): &(usize, Estimate)| {
                of((*n as f64).powf(-power), e.mean) / (e.error * e.error)
            };
            points.iter().map(term).sum()
        };
        let (s, sx, sy) = (sum(&|_, _| 1.0), sum(&|x, _| x), sum(&|_, y| y));
        let (sxx, sxy) = (sum(&|x, _| x * x), sum(&|x, y| x * y));
        let determinant = s * sxx - sx * sx;
        let slope = (s * sxy - sx * sy) / determinant;
        let zero = (sxx * sy - sx * sxy) / determinant;
        let chi2 = sum(&|x, y| (y - zero - slope * x).powi(2));
        let error = (sxx / determinant).sqrt();
        let at_zero = Estimate { mean: zero, error, tau: 0.5, count: points.len() as u64 };
        Self { power, at_zero, slope, chi2 }
    }
}

/// One load: overlap at the end and share retrieved, by the fraction of corrupted units.
pub(super) struct Basin {
    pub(super) load: f64,
    pub(super) overlap: Vec<Estimate>,
    pub(super) retrieved: Vec<Estimate>,
}

pub(super) fn basins(run: &Run, settings: &Settings) -> Result<Vec<Basin>> {
    let basins = &settings.basins;
    let of_load = |&load: &f64| -> Result<Basin> {
        let size = (basins.units, load);
        let found = recalls(run, settings, size, basins.networks, &basins.corrupted, "basins")?;
        let is_retrieved = |m: &&f64| **m > settings.retrieved_above;
        let share = |m: &[f64]| m.iter().filter(is_retrieved).count() as f64 / m.len() as f64;
        let all = |of: &dyn Fn(&[f64]) -> f64| -> Vec<Estimate> {
            (0..basins.corrupted.len()).map(|f| over_networks(&found, f, of)).collect()
        };
        Ok(Basin { load, overlap: all(&mean), retrieved: all(&share) })
    };
    basins.loads.par_iter().map(of_load).collect()
}
