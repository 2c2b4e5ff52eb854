//! One configuration, a byte a spin.

use crate::{Coupling, Lattice};
use rand::{Rng, RngExt};

/// One replica: spins +-1 in the lattice's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spins(Vec<i8>);

impl Spins {
    /// All spins equal, up or down with probability 1/2 each: a ground state of the ferromagnet.
    pub fn ground_state<R: Rng + ?Sized>(sites: usize, rng: &mut R) -> Self {
        Self(vec![if rng.random() { 1 } else { -1 }; sites])
    }

    /// Even sites up and odd sites down or, with probability 1/2, the reverse: a ground state of the antiferromagnet, on
    /// lattices that are frustrated one of many.
    pub fn staggered<R: Rng + ?Sized>(lattice: &Lattice, rng: &mut R) -> Self {
        let up: bool = rng.random();
        Self((0..lattice.sites()).map(|i| if lattice.is_odd(i) == up { -1 } else { 1 }).collect())
    }

    /// A ground state of the coupling's sign, it or its reverse with probability 1/2: all spins equal, or alternating for
    /// K < 0. With an odd side, where not all bonds can be
    /// satisfied, it is one state of low energy among many.
    pub(crate) fn ordered<R: Rng + ?Sized>(
        lattice: &Lattice,
        coupling: Coupling,
        rng: &mut R,
    ) -> Self {
        match coupling.is_antiferromagnetic() {
            true => Self::staggered(lattice, rng),
            false => Self::ground_state(lattice.sites(), rng),
        }
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
