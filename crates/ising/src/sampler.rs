//! What a sampler is: one verb that moves a state and keeps the Boltzmann distribution.

mod bonds;
pub(crate) mod checkerboard;
mod flood;
pub(crate) mod heat_bath;
pub(crate) mod metropolis;
pub(crate) mod multispin;
pub(crate) mod perfect;
pub(crate) mod swendsen_wang;
pub(crate) mod torus_transfer;
pub(crate) mod transfer;
pub(crate) mod wolff;

use crate::Error;
use rand_pcg::Pcg64;

/// A Markov chain or exact draw at a fixed coupling: parameters and scratch apart from the state it moves.
///
/// Burn-in, counting and measuring belong to [`crate::run`].
pub trait Sampler {
    /// What is moved.
    type State;
    /// One sweep: as many attempted moves as there are sites or, where clusters move, what the sampler says.
    fn sweep(&mut self, state: &mut Self::State, rng: &mut Pcg64) -> Sweep;
}

/// A field H is any finite number.
pub(crate) fn check_field(field: f64) -> Result<f64, Error> {
    if field.is_finite() { Ok(field) } else { Err(Error::Field(field)) }
}

/// What one sweep did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Moves tried; Swendsen-Wang counts clusters, Wolff the sites of its cluster.
    pub attempted: u64,
    /// Spins that changed.
    pub flipped: u64,
}
