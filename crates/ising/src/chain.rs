//! One chain on a given schedule.

use crate::{
    Algorithm, Coupling, Error, HeatBath, Lattice, Metropolis, RingTransfer, Sampler, Samples,
    Spins, SwendsenWang, TorusTransfer, Wolff,
};
use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

/// When a chain is looked at, in sweeps (of Wolff: clusters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Sweeps that are thrown away; the first draw comes `stride` sweeps after them.
    pub burn_in: u32,
    /// Sweeps between draws, at least 1.
    pub stride: u32,
    /// The number of draws, at least 1.
    pub draws: u32,
    /// Whether each draw is flipped with probability 1/2. Without a field this keeps the Boltzmann distribution,
    /// and a chain that stays in one well below T_c still gives both.
    pub symmetrise: bool,
}

/// Runs a sampler on a schedule and shows each draw to `observe`, which also gets the random numbers. Whether draws are
/// symmetrised is left to it.
pub fn run<S: Sampler>(
    sampler: &mut S,
    state: &mut S::State,
    schedule: Schedule,
    rng: &mut Pcg64,
    mut observe: impl FnMut(&S::State, &mut Pcg64),
) {
    for _ in 0..schedule.burn_in {
        sampler.sweep(state, rng);
    }
    for _ in 0..schedule.draws {
        for _ in 0..schedule.stride {
            sampler.sweep(state, rng);
        }
        observe(state, rng);
    }
}

/// Draws configurations of `lattice` at `coupling`, all from one chain that starts in a ground state (all spins equal, or
/// alternating for K < 0; it or its reverse with probability 1/2) and is looked at on a schedule that the caller answers
/// for; [`draw`](crate::draw) finds its own and judges it.
///
/// At zero temperature every draw is a uniformly chosen ground state, whatever the algorithm. A local chain's draws are
/// correlated: choose the stride with the autocorrelation time in mind ([`stats::Estimate::tau`]). Every call opens the
/// same random stream for the same seed: give different couplings different seeds ([`stats::child_seed`]).
///
/// # Errors
/// [`Error::Schedule`] when nothing would be drawn or moved, [`Error::TransferWidth`] for exact draws of a
/// torus more than 12 wide, [`Error::Frustrated`] for the antiferromagnet on a torus with an odd side above 1 when the
/// draws are exact or the temperature is zero, [`Error::NoChain`] for multispin coding and perfect sampling.
///
/// ```
/// use ising::{Algorithm, Coupling, Lattice, Schedule, chain, energies};
///
/// // The ring has the energy -tanh K per spin, but for terms of order (tanh K)^N.
/// let (ring, coupling) = (Lattice::ring(64)?, Coupling::new(0.5)?);
/// let schedule = Schedule { burn_in: 50, stride: 5, draws: 2000, symmetrise: false };
/// let samples = chain(&ring, coupling, Algorithm::HeatBath, schedule, 1)?;
/// let energy = stats::Estimate::from_series(&energies(&ring, &samples));
/// assert!(energy.sigmas_from(-0.5f64.tanh()) < 4.0);
/// # Ok::<(), ising::Error>(())
/// ```
pub fn chain(
    lattice: &Lattice,
    coupling: Coupling,
    algorithm: Algorithm,
    schedule: Schedule,
    seed: u64,
) -> Result<Samples, Error> {
    for (what, value) in [("stride", schedule.stride), ("number of draws", schedule.draws)] {
        if value == 0 {
            return Err(Error::Schedule { what });
        }
    }
    let rng = &mut stats::stream(seed, "ising::draw", 0);
    let mut samples = Samples::new(lattice.sites());
    samples.set_symmetrised(schedule.symmetrise);
    let state = &mut Spins::ordered(lattice, coupling, rng);
    let frustrated = coupling.is_antiferromagnetic() && lattice.is_frustrated();
    let keep = |state: &Spins, rng: &mut _| keep(&mut samples, state, coupling, schedule, rng);
    match algorithm {
        Algorithm::Transfer if lattice.is_ring() => {
            run(&mut RingTransfer::new(lattice, coupling)?, state, schedule, rng, keep);
        }
        Algorithm::Transfer => {
            run(&mut TorusTransfer::new(lattice, coupling)?, state, schedule, rng, keep);
        }
        _ if coupling.is_frozen() && frustrated => {
            if !lattice.is_ring() {
                return Err(Error::Frustrated { what: "a chain at zero temperature" });
            }
            // The 2N ground states of an odd ring.
            run(&mut RingTransfer::new(lattice, coupling)?, state, schedule, rng, keep);
        }
        _ if coupling.is_frozen() => {
            for _ in 0..schedule.draws {
                samples.push(Spins::ordered(lattice, coupling, rng).as_slice(), coupling);
            }
        }
        Algorithm::Metropolis => {
            run(&mut Metropolis::new(lattice, coupling), state, schedule, rng, keep);
        }
        Algorithm::HeatBath => {
            run(&mut HeatBath::new(lattice, coupling), state, schedule, rng, keep);
        }
        Algorithm::SwendsenWang => {
            run(&mut SwendsenWang::new(lattice, coupling, rng), state, schedule, rng, keep);
        }
        Algorithm::Wolff => {
            run(&mut Wolff::new(lattice, coupling, rng), state, schedule, rng, keep);
        }
        Algorithm::Multispin | Algorithm::Perfect => {
            return Err(Error::NoChain { algorithm: algorithm.name() });
        }
    }
    Ok(samples)
}

fn keep(
    samples: &mut Samples,
    state: &Spins,
    coupling: Coupling,
    schedule: Schedule,
    rng: &mut Pcg64,
) {
    if schedule.symmetrise && rng.random() {
        samples.push(state.flipped().as_slice(), coupling);
    } else {
        samples.push(state.as_slice(), coupling);
    }
}
