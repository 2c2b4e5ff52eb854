//! Heat bath: each spin in turn is drawn anew given its neighbours.

use super::{Sampler, Sweep};
use crate::coupling::threshold;
use crate::{Coupling, Lattice, Spins};
use rand::{Rng, RngExt};

/// Sequential heat bath (`glauber-1963`): site after site, spin up with probability `1 / (1 + e^{-2K field})`.
///
/// The fixed order is safe here, unlike with Metropolis: both outcomes have positive probability, so every configuration
/// can follow every other within one sweep. (The rarer outcome is rounded away where it is below 1e-16: on a ring above
/// K = 9, on a torus above K = 4.5.)
pub struct HeatBath<'a> {
    lattice: &'a Lattice,
    /// Threshold for "up" by `field + degree`.
    up: Vec<Option<u64>>,
}

impl<'a> HeatBath<'a> {
    /// The sampler on this lattice at this coupling.
    pub fn new(lattice: &'a Lattice, coupling: Coupling) -> Self {
        let degree = lattice.degree() as i32;
        let up = (-degree..=degree).map(|f| threshold(coupling.probability_up(f, 0.0))).collect();
        Self { lattice, up }
    }
}

impl Sampler for HeatBath<'_> {
    type State = Spins;

    fn sweep<R: Rng + ?Sized>(&mut self, state: &mut Spins, rng: &mut R) -> Sweep {
        let spins = state.as_mut_slice();
        let degree = self.lattice.degree() as i32;
        let mut flipped = 0;
        for site in 0..spins.len() {
            let field = self.lattice.field(spins, site);
            let up = self.up[(field + degree) as usize];
            // `None` is certainty; the draw is made all the same, so that the stream does not depend on K.
            let bits: u64 = rng.random();
            let new = if up.is_none_or(|threshold| bits < threshold) { 1 } else { -1 };
            flipped += u64::from(new != spins[site]);
            spins[site] = new;
        }
        Sweep { attempted: spins.len() as u64, flipped }
    }
}
