//! What the tests of the pipeline share: samples on demand.

// Every test file uses some of these helpers.
#![allow(dead_code)]

use ising::{Algorithm, Coupling, Lattice, Samples, Schedule};
use std::ops::ControlFlow;

/// Independent exact draws of a ring.
pub(crate) fn rings(sites: usize, coupling: f64, draws: u32, seed: u64) -> Samples {
    let lattice = Lattice::ring(sites).expect("a ring");
    let coupling = Coupling::new(coupling).expect("a coupling");
    let schedule = Schedule { burn_in: 0, stride: 1, draws, symmetrise: false };
    ising::chain(&lattice, coupling, Algorithm::Transfer, schedule, seed).expect("draws")
}

/// Draws of a torus, one chain for each temperature, one after the other.
pub(crate) fn tori(side: usize, temperatures: &[f64], draws: u32, seed: u64) -> Samples {
    let lattice = Lattice::square(side).expect("a torus");
    let schedule = Schedule { burn_in: 200, stride: 5, draws, symmetrise: true };
    let mut all = Samples::new(lattice.sites());
    for (index, &t) in temperatures.iter().enumerate() {
        let coupling = Coupling::from_temperature(t).expect("a temperature");
        let seed = stats::child_seed(seed, "tori", index as u64);
        let samples = ising::chain(&lattice, coupling, Algorithm::HeatBath, schedule, seed);
        all.append(&samples.expect("draws")).expect("the same lattice");
    }
    all
}

/// What an observer says to let a training run go on.
pub(crate) fn go_on() -> ControlFlow<()> {
    ControlFlow::Continue(())
}
