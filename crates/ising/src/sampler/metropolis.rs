//! Metropolis with random choice of the site.

use super::{Sampler, Sweep, check_field};
use crate::{Coupling, Error, Lattice, Spins};
use rand::{Rng, RngExt};
use rand_pcg::Pcg64;

/// Metropolis (`metropolis-1953`): a site is chosen at random and its spin s flipped with probability
/// `min(1, e^{-2 s (K neighbours + H)})`.
///
/// The choice must be random: in a fixed order, moves that leave the energy unchanged are certain, and whole classes
/// of configurations of a ring never meet. The first move of a sweep is to stay, with probability 1/2: at K = 0 every
/// flip is certain, and an even number of them would keep the parity of the up spins for ever.
///
/// ```
/// use ising::{Coupling, Lattice, Metropolis, Schedule, Spins, energy_per_spin, run};
///
/// // One chain on the 4 x 4 torus at T = 2.5, against Kaufman's exact energy.
/// let torus = Lattice::square(4)?;
/// let rng = &mut stats::stream(1, "example", 0);
/// let (mut sampler, mut state) = (Metropolis::new(&torus, Coupling::new(0.4)?), Spins::random(16, rng));
/// let schedule = Schedule { burn_in: 100, stride: 5, draws: 4000, symmetrise: false };
/// let mut energies = Vec::new();
/// run(&mut sampler, &mut state, schedule, rng, |state, _| {
///     energies.push(energy_per_spin(&torus, state.as_slice()));
/// });
/// let exact = exact::torus::kaufman(4, 4, 0.4)?.energy_per_spin;
/// assert!(stats::Estimate::from_series(&energies).sigmas_from(exact) < 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Metropolis<'a> {
    lattice: &'a Lattice,
    coupling: Coupling,
    /// Thresholds for a flip by the sum of the neighbours + degree, of a spin that is down and one that is up.
    flip: Vec<[Option<u64>; 2]>,
}

impl<'a> Metropolis<'a> {
    /// The sampler on this lattice at this coupling, without a field.
    pub fn new(lattice: &'a Lattice, coupling: Coupling) -> Self {
        Self { lattice, coupling, flip: thresholds(lattice, coupling, 0.0) }
    }

    /// The same in the field H = h / (k_B T).
    ///
    /// # Errors
    /// [`Error::Field`] when H is not finite.
    pub fn in_field(self, field: f64) -> Result<Self, Error> {
        let flip = thresholds(self.lattice, self.coupling, check_field(field)?);
        Ok(Self { flip, ..self })
    }
}

fn thresholds(lattice: &Lattice, coupling: Coupling, field: f64) -> Vec<[Option<u64>; 2]> {
    let degree = lattice.degree() as i32;
    let of = |neighbours: i32| {
        [coupling.threshold_flip(-neighbours, -field), coupling.threshold_flip(neighbours, field)]
    };
    (-degree..=degree).map(of).collect()
}

impl Metropolis<'_> {
    /// [`Sampler::sweep`] on any generator, for exact enumeration in tests.
    #[doc(hidden)]
    pub fn sweep_with<R: Rng>(&mut self, state: &mut Spins, rng: &mut R) -> Sweep {
        let spins = state.as_mut_slice();
        let degree = self.lattice.degree() as i32;
        let sites = spins.len() as u32;
        let mut flipped = 0;
        let idle = u32::from(rng.random::<bool>());
        for _ in idle..sites {
            let site = rng.random_range(0..sites) as usize;
            let neighbours = self.lattice.pull(spins, site);
            let flip = self.flip[(neighbours + degree) as usize][usize::from(spins[site] > 0)];
            let bits: u64 = rng.random();
            if flip.is_none_or(|threshold| bits < threshold) {
                spins[site] = -spins[site];
                flipped += 1;
            }
        }
        Sweep { attempted: u64::from(sites), flipped }
    }
}

impl Sampler for Metropolis<'_> {
    type State = Spins;

    fn sweep(&mut self, state: &mut Spins, rng: &mut Pcg64) -> Sweep {
        self.sweep_with(state, rng)
    }
}
