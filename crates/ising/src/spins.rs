//! One configuration, a byte a spin.

use rand::{Rng, RngExt};

/// One replica: spins +-1 in the lattice's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spins(Vec<i8>);

impl Spins {
    /// All spins equal, up or down with probability 1/2 each: a ground state of the ferromagnet.
    pub fn ground_state<R: Rng + ?Sized>(sites: usize, rng: &mut R) -> Self {
        Self(vec![if rng.random() { 1 } else { -1 }; sites])
    }

    /// Every spin up or down with probability 1/2: infinite temperature.
    pub fn random<R: Rng + ?Sized>(sites: usize, rng: &mut R) -> Self {
        Self((0..sites).map(|_| if rng.random() { 1 } else { -1 }).collect())
    }

    pub(crate) fn from_vec(spins: Vec<i8>) -> Self {
        debug_assert!(spins.iter().all(|s| s.abs() == 1));
        Self(spins)
    }

    /// The spins, each +1 or -1.
    pub fn as_slice(&self) -> &[i8] {
        &self.0
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [i8] {
        &mut self.0
    }

    /// All spins reversed.
    pub fn flipped(&self) -> Self {
        Self(self.0.iter().map(|s| -s).collect())
    }
}
