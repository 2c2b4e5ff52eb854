//! Metropolis with random choice of the site.

use super::{Sampler, Sweep};
use crate::coupling::threshold;
use crate::{Coupling, Lattice, Spins};
use rand::{Rng, RngExt};

/// Metropolis (`metropolis-1953`): a site is chosen at random and flipped with probability `min(1, e^{-2K s field})`.
///
/// The choice must be random: in a fixed order, moves that leave the energy unchanged are certain, and whole classes
/// of configurations of a ring never meet. The first move of a sweep is to stay, with probability 1/2: at K = 0 every
/// flip is certain, and an even number of them would keep the parity of the up spins for ever.
pub struct Metropolis<'a> {
    lattice: &'a Lattice,
    /// Threshold for a flip by `s field + degree`.
    flip: Vec<Option<u64>>,
}

impl<'a> Metropolis<'a> {
    /// The sampler on this lattice at this coupling.
    pub fn new(lattice: &'a Lattice, coupling: Coupling) -> Self {
        let degree = lattice.degree() as i32;
        let flip =
            (-degree..=degree).map(|a| threshold(coupling.probability_flip(a, 0.0))).collect();
        Self { lattice, flip }
    }
}

impl Sampler for Metropolis<'_> {
    type State = Spins;

    fn sweep<R: Rng + ?Sized>(&mut self, state: &mut Spins, rng: &mut R) -> Sweep {
        let spins = state.as_mut_slice();
        let degree = self.lattice.degree() as i32;
        let sites = spins.len() as u32;
        let mut flipped = 0;
        let idle = u32::from(rng.random::<bool>());
        for _ in idle..sites {
            let site = rng.random_range(0..sites) as usize;
            let aligned = i32::from(spins[site]) * self.lattice.field(spins, site);
            let bits: u64 = rng.random();
            if self.flip[(aligned + degree) as usize].is_none_or(|threshold| bits < threshold) {
                spins[site] = -spins[site];
                flipped += 1;
            }
        }
        Sweep { attempted: u64::from(sites), flipped }
    }
}
