//! The group `ising`: updates and independent samples at T_c, against logic operations on 512 bits.

use super::entry::{Entry, Kind, Reading, Target, Threads};
use super::yardsticks::Yardstick;
use anyhow::{Result, bail};
use exact::square::critical_coupling;
use ising::Algorithm::{SwendsenWang, Wolff};
use ising::{
    Algorithm, Checkerboard, Coupling, Lattice, LatticeBits, Multispin, ReplicaBits, Request,
    Sampler, Spins, draw,
};
use rayon::prelude::*;
use stats::{Estimate, Pcg64};
use std::hint::black_box;
use std::time::Instant;

/// Where all random numbers come from.
const SEED: u64 = 1;
/// Logic operations of 512 bits, in units of 10^9 a second, of the machine on which the targets were set.
const LOGIC_GOPS: f64 = 5.3;

/// A rate, and what it was to reach on the machine on which the targets were set.
const fn rate(
    name: &'static str,
    what: &'static str,
    threads: usize,
    unit: &'static str,
    read: fn() -> Result<Reading>,
    target: f64,
) -> Entry {
    Entry {
        name,
        what,
        threads: Threads::These(threads),
        unit,
        kind: Kind::Rate,
        yardstick: Some(Yardstick::Logic),
        read,
        target: Some(Target::OfYardstick(target / LOGIC_GOPS)),
        golden: None,
    }
}

const UPDATES: &str = "updates/ns";
const SAMPLES: &str = "samples/s";

const fn independent(
    name: &'static str,
    what: &'static str,
    read: fn() -> Result<Reading>,
    target: f64,
) -> Entry {
    rate(name, what, 1, SAMPLES, read, target)
}

pub(super) const ENTRIES: [Entry; 14] = [
    rate("multispin_updates_per_ns", "512 replicas, 32 x 32", 1, UPDATES, || multispin(1), 10.0),
    rate("multispin_updates_per_ns", "512 replicas, 32 x 32", 2, UPDATES, || multispin(2), 20.0),
    rate("lattice_4096_updates_per_ns", "one 4096 x 4096 lattice", 1, UPDATES, checkerboard, 2.0),
    independent("wolff_samples_per_s_L16", "Wolff, 16 x 16", || of(Wolff, 16), 90e3),
    independent("wolff_samples_per_s_L32", "Wolff, 32 x 32", || of(Wolff, 32), 19.6e3),
    independent("wolff_samples_per_s_L64", "Wolff, 64 x 64", || of(Wolff, 64), 4.6e3),
    independent("wolff_samples_per_s_L128", "Wolff, 128 x 128", || of(Wolff, 128), 1.2e3),
    independent("sw_samples_per_s_L16", "Swendsen-Wang, 16 x 16", || of(SwendsenWang, 16), 32e3),
    independent("sw_samples_per_s_L32", "Swendsen-Wang, 32 x 32", || of(SwendsenWang, 32), 7.4e3),
    independent("sw_samples_per_s_L64", "Swendsen-Wang, 64 x 64", || of(SwendsenWang, 64), 1.44e3),
    independent(
        "sw_samples_per_s_L128",
        "Swendsen-Wang, 128 x 128",
        || of(SwendsenWang, 128),
        700.0,
    ),
    independent("best_samples_per_s_L16", "the best, 16 x 16", || best(16), 416e3),
    independent("best_samples_per_s_L32", "the best, 32 x 32", || best(32), 94.4e3),
    Entry {
        name: "training_set_iso_s",
        what: "1,000 of 10 x 10 at 25 temperatures",
        threads: Threads::All,
        unit: "s",
        kind: Kind::Time,
        yardstick: Some(Yardstick::Logic),
        read: training_set,
        target: Some(Target::Value(2.0)),
        golden: None,
    },
];

fn coupling() -> Result<Coupling> {
    Ok(Coupling::new(black_box(critical_coupling()))?)
}

/// Metropolis of 512 replicas on each of so many threads.
fn multispin(threads: u64) -> Result<Reading> {
    const SIDE: usize = 32;
    const SWEEPS: usize = 256;
    let (lattice, coupling) = (Lattice::square(SIDE)?, coupling()?);
    let chain = |thread| {
        let mut rng = stats::stream(SEED, "bench", thread);
        let sampler = Multispin::metropolis(&lattice, coupling, &mut rng);
        (sampler, ReplicaBits::ground_states(lattice.sites(), &mut rng), rng)
    };
    let mut chains: Vec<_> = (0..threads).map(chain).collect();
    let updates = threads as f64 * (512 * lattice.sites() * SWEEPS) as f64;
    Reading::rate(updates / 1e9, &mut || {
        std::thread::scope(|scope| {
            for (sampler, state, rng) in &mut chains {
                scope.spawn(move || (0..SWEEPS).for_each(|_| _ = sampler.sweep(state, rng)));
            }
        });
        Ok(0.0)
    })
}

fn checkerboard() -> Result<Reading> {
    const SIDE: usize = 4096;
    let rng = &mut stats::stream(SEED, "bench", 0);
    let mut sampler = Checkerboard::metropolis(coupling()?, rng);
    let mut state = LatticeBits::ground_state(&Lattice::square(SIDE)?, rng)?;
    let updates = (SIDE * SIDE) as f64;
    Reading::rate(updates / 1e9, &mut || Ok(sampler.sweep(&mut state, rng).flipped as f64))
}

/// Independent samples a second of one chain at T_c.
fn of(algorithm: Algorithm, side: usize) -> Result<Reading> {
    let (lattice, coupling) = (Lattice::square(side)?, coupling()?);
    let rng = &mut stats::stream(SEED, "bench", side as u64);
    let mut state = Spins::ground_state(lattice.sites(), rng);
    match algorithm {
        Algorithm::Wolff => {
            let mut sampler = ising::Wolff::new(&lattice, coupling, rng);
            chain(side, &mut || {
                sampler.sweep(&mut state, rng);
                size(&state)
            })
        }
        Algorithm::SwendsenWang => {
            let mut sampler = ising::SwendsenWang::new(&lattice, coupling, rng);
            chain(side, &mut || {
                sampler.sweep(&mut state, rng);
                size(&state)
            })
        }
        Algorithm::Multispin => replicas(&lattice, coupling, rng),
        other => bail!("no figure knows {}", other.name()),
    }
}

/// The algorithm that a user gets who names none.
fn best(side: usize) -> Result<Reading> {
    of(Algorithm::best(&Lattice::square(side)?, coupling()?, 0.0), side)
}

/// |m|.
fn size(state: &Spins) -> f64 {
    // Whole numbers, because a sum of f64 is one addition after the other.
    let sum: i32 = state.as_slice().iter().map(|&s| i32::from(s)).sum();
    f64::from(sum.abs()) / state.as_slice().len() as f64
}

/// Samples a second of a chain, of which `step` does one sweep and returns |m|: its sweeps a second over 2 tau of the same
/// sweeps.
fn chain(side: usize, step: &mut dyn FnMut() -> f64) -> Result<Reading> {
    const BLOCKS: usize = 16;
    // At L = 128 thousands of times tau, which is then good to 7 %.
    let sweeps = ((1 << 26) / (side * side)).max(1 << 15) / BLOCKS;
    (0..sweeps / 2).for_each(|_| _ = step());
    let (mut sizes, mut values) = (Vec::with_capacity(BLOCKS * sweeps), Vec::new());
    for _ in 0..BLOCKS {
        let start = Instant::now();
        sizes.extend((0..sweeps).map(|_| step()));
        values.push(sweeps as f64 / start.elapsed().as_secs_f64());
    }
    Ok(per_sample(values, &Estimate::from_series(&sizes)))
}

/// Sweeps a second as independent samples a second.
fn per_sample(mut values: Vec<f64>, size: &Estimate) -> Reading {
    values.iter_mut().for_each(|value| *value /= 2.0 * size.tau);
    Reading::new(values, size.mean).with_tau(size.tau)
}

/// Samples a second of 512 replicas.
fn replicas(lattice: &Lattice, coupling: Coupling, rng: &mut Pcg64) -> Result<Reading> {
    // tau is read off some of the replicas.
    const READ: usize = 64;
    const BLOCKS: usize = 8;
    const SWEEPS: usize = 1024;
    let mut sampler = Multispin::metropolis(lattice, coupling, rng);
    let mut state = ReplicaBits::ground_states(lattice.sites(), rng);
    (0..SWEEPS).for_each(|_| _ = sampler.sweep(&mut state, rng));
    let (mut sizes, mut values) = (vec![Vec::new(); READ], Vec::new());
    for _ in 0..BLOCKS {
        let start = Instant::now();
        (0..SWEEPS).for_each(|_| _ = sampler.sweep(&mut state, rng));
        values.push((state.replicas() * SWEEPS) as f64 / start.elapsed().as_secs_f64());
        for _ in 0..SWEEPS {
            sampler.sweep(&mut state, rng);
            sizes.iter_mut().enumerate().for_each(|(i, sizes)| sizes.push(size(&state.replica(i))));
        }
    }
    Ok(per_sample(values, &Estimate::from_chains(&sizes.concat(), READ)))
}

/// The training set of `iso-2018`, each configuration worth at least half an independent one.
fn training_set() -> Result<Reading> {
    let lattice = Lattice::square(10)?;
    let at = |index: u32| {
        let coupling = Coupling::from_temperature(0.25 * f64::from(index))?;
        let (count, least_effective) = (1000, 500.0);
        let request =
            Request { count, algorithm: None, field: 0.0, symmetrise: true, least_effective };
        let seed = stats::child_seed(SEED, "bench", index.into());
        Ok(draw(&lattice, coupling, &request, seed)?.quality.effective)
    };
    Reading::seconds(&mut || {
        let effective: Result<Vec<f64>> = (0..25).into_par_iter().map(at).collect();
        Ok(effective?.iter().sum())
    })
}
