//! Where free weights go when they are trained on and on: to decimation, for the ring and for samples of it.

use super::saddle::{Passage, Saddle};
use super::{Rings, Settings, frequencies};
use crate::stages::PlainDescent;
use anyhow::{Context, Result};
use exact::decimation::{HiddenCoupling, hidden_coupling};
use exact::ring::decimate;
use exact::{Machine, enumerate, minimum};
use lab::Run;
use lab::parts::{is_shown, over_exact};
use nalgebra::DMatrix;
use rayon::prelude::*;
use stats::Estimate;

/// What becomes of the machines of the saddle.
pub(super) struct Onward {
    /// K' of eq. (48).
    pub(super) decimated: f64,
    pub(super) law: Law,
    pub(super) exact: Learnt,
    pub(super) sampled: Learnt,
    /// K' over the updates of each machine of the exact gradient, from where its training ended on.
    pub(super) paths: Vec<Vec<(u64, f64)>>,
    /// K' at the ends of these paths, of those that have learnt the ring.
    pub(super) prolonged: Estimate,
}

/// Descent on the divergence from the ring itself, as from infinitely many samples.
pub(super) struct Law {
    pub(super) updates: Vec<u64>,
    pub(super) coupling: Vec<f64>,
    pub(super) kl: Vec<f64>,
    /// The power of the number of updates with which K' approaches eq. (48), over the last three quarters of them.
    pub(super) power: f64,
    /// What K' tends to, by the power -1/2.
    pub(super) limit: f64,
}

/// The machines of one way of training that have learnt the ring: all but those that are trapped in a defect.
pub(super) struct Learnt {
    pub(super) number: usize,
    /// K' where training ended.
    pub(super) end: Estimate,
    /// K' at the minimum of each machine's own basin, and the difference of the two.
    pub(super) limit: Estimate,
    pub(super) excess: Estimate,
    /// KL from the ring there.
    pub(super) kl: Estimate,
    /// The largest coupling there that is none of a ring, over K'.
    pub(super) other: f64,
    /// Whether all are single rings without frustration.
    pub(super) rings: bool,
}

/// KL from the ring above this share of that of equal weights is a defect.
pub(super) const TRAPPED: f64 = 0.05;

pub(super) fn run(
    run: &Run,
    settings: &Settings,
    rings: &Rings,
    saddle: &Saddle,
) -> Result<Onward> {
    let learns = |kl: f64| kl < TRAPPED * saddle.equal_kl;
    let paths = (0..rings.seeds.len())
        .into_par_iter()
        .map(|seed| path(run, settings, rings, &saddle.exact.ends[seed], seed))
        .collect::<Result<Vec<_>>>()?;
    let ends = paths.iter().filter(|path| learns(path.kl)).filter_map(|path| path.points.last());
    Ok(Onward {
        decimated: decimate(rings.ring.coupling()),
        law: law(run, settings, rings, saddle)?,
        exact: learnt(rings, &saddle.exact, learns)?,
        sampled: learnt(rings, &saddle.sampled, learns)?,
        prolonged: over_exact(&ends.map(|end| end.1).collect::<Vec<_>>()),
        paths: paths.into_iter().map(|path| path.points).collect(),
    })
}

fn hidden(weights: &DMatrix<f64>) -> Result<HiddenCoupling> {
    Ok(hidden_coupling(&Machine::without_biases(weights.clone())?)?)
}

fn kl_from(rings: &Rings, weights: &DMatrix<f64>) -> Result<f64> {
    let machine = Machine::without_biases(weights.clone())?;
    Ok(enumerate::kl(&rings.q, &enumerate::visible_probabilities(&machine)?)?)
}

/// Updates that are read, 20 a decade; the last and a quarter of it are among them.
fn read_updates(last: u64) -> Vec<u64> {
    let is_read = |update: u64| is_shown(update as usize) || update == last || update == last / 4;
    (0..=last).filter(|&update| is_read(update)).collect()
}

fn descend(
    run: &Run,
    settings: &Settings,
    q: &[f64],
    start: &DMatrix<f64>,
    updates: &[u64],
) -> Result<Vec<DMatrix<f64>>> {
    let rate = settings.saddle.exact.learning_rate.into();
    Ok(run.store.get(&PlainDescent { q, start, rate, updates })?.value)
}

fn law(run: &Run, settings: &Settings, rings: &Rings, saddle: &Saddle) -> Result<Law> {
    let last = settings.saddle.further;
    let updates = read_updates(last);
    let start = saddle.start.weights.map(f64::from);
    let machines = descend(run, settings, &rings.q, &start, &updates)?;
    let coupling: Vec<f64> =
        machines.iter().map(|w| Ok(hidden(w)?.coupling)).collect::<Result<_>>()?;
    let at = |update: u64| {
        let place = updates.iter().position(|&u| u == update);
        place.map(|i| coupling[i]).context("an update was not read")
    };
    let (early, late) = (at(last / 4)?, at(last)?);
    let decimated = decimate(rings.ring.coupling());
    let times = last as f64 / (last / 4) as f64;
    let root = times.sqrt();
    Ok(Law {
        power: ((late - decimated) / (early - decimated)).ln() / times.ln(),
        limit: (root * late - early) / (root - 1.0),
        kl: machines.iter().map(|w| kl_from(rings, w)).collect::<Result<_>>()?,
        updates,
        coupling,
    })
}

/// The training of one machine by the exact gradient, followed on.
struct Path {
    points: Vec<(u64, f64)>,
    /// KL from the ring at its end.
    kl: f64,
}

fn path(
    run: &Run,
    settings: &Settings,
    rings: &Rings,
    end: &DMatrix<f64>,
    seed: usize,
) -> Result<Path> {
    let updates = read_updates(settings.saddle.further);
    let q = frequencies(&rings.samples[seed].value);
    let machines = descend(run, settings, &q, end, &updates)?;
    let behind = settings.saddle.updates;
    let point = |(&update, w): (&u64, &DMatrix<f64>)| Ok((behind + update, hidden(w)?.coupling));
    Ok(Path {
        points: updates.iter().zip(&machines).map(point).collect::<Result<_>>()?,
        kl: kl_from(rings, machines.last().context("a path has no machine")?)?,
    })
}

/// Every machine beside the largest likelihood of its sample that is downhill from it.
fn learnt(rings: &Rings, passage: &Passage, learns: impl Fn(f64) -> bool) -> Result<Learnt> {
    const GRADIENT: f64 = 1e-8;
    const MOST_STEPS: usize = 5000;
    let limit = |(seed, end): (usize, &DMatrix<f64>)| -> Result<[DMatrix<f64>; 2]> {
        let q = frequencies(&rings.samples[seed].value);
        let lowest = minimum::descend(&q, end, GRADIENT, MOST_STEPS)?.weights;
        Ok([end.clone(), lowest])
    };
    let all = passage.ends.par_iter().enumerate().map(limit).collect::<Result<Vec<_>>>()?;
    let mut found = Vec::new();
    for [end, lowest] in &all {
        let kl = kl_from(rings, lowest)?;
        if learns(kl) {
            found.push((hidden(end)?.coupling, hidden(lowest)?, kl));
        }
    }
    let over = |of: &dyn Fn(&(f64, HiddenCoupling, f64)) -> f64| {
        over_exact(&found.iter().map(of).collect::<Vec<_>>())
    };
    Ok(Learnt {
        number: found.len(),
        end: over(&|f| f.0),
        limit: over(&|f| f.1.coupling),
        excess: over(&|f| f.0 - f.1.coupling),
        kl: over(&|f| f.2),
        other: found.iter().map(|f| f.1.largest_other / f.1.coupling).fold(0.0, f64::max),
        rings: found.iter().all(|f| f.1.is_ring && f.1.sign > 0.0),
    })
}
