//! The group `ising`: updates and independent samples at T_c, against logic operations on 512 bits.

use super::entry::{Entry, Kind, Reading, Target, Threads};
use super::yardsticks::Yardstick;
use anyhow::Result;
use exact::square::critical_coupling;
use ising::{Checkerboard, Coupling, Lanes, Lattice, Multispin, Plane, Sampler};
use std::hint::black_box;

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
        yardstick: Yardstick::Logic,
        read,
        target: Some(Target::OfYardstick(target / LOGIC_GOPS)),
        golden: None,
    }
}

const UPDATES: &str = "updates/ns";

pub(super) const ENTRIES: [Entry; 3] = [
    rate("multispin_updates_per_ns", "512 replicas, 32 x 32", 1, UPDATES, || multispin(1), 10.0),
    rate("multispin_updates_per_ns", "512 replicas, 32 x 32", 2, UPDATES, || multispin(2), 20.0),
    rate("lattice_4096_updates_per_ns", "one 4096 x 4096 lattice", 1, UPDATES, checkerboard, 2.0),
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
        (sampler, Lanes::ground_states(lattice.sites(), &mut rng), rng)
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
    let mut state = Plane::ground_state(&Lattice::square(SIDE)?, rng)?;
    let updates = (SIDE * SIDE) as f64;
    Reading::rate(updates / 1e9, &mut || Ok(sampler.sweep(&mut state, rng).flipped as f64))
}
