//! Heat bath: one spin after another is drawn anew given its neighbours.

use super::{Sampler, Sweep, check_field};
use crate::{Coupling, Error, Lattice, Spins};
use rand::{Rng, RngExt};
use rand_pcg::Pcg64;

/// The order in which a sweep visits the sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they are numbered.
    Sequential,
    /// The even sites (by the sum of their coordinates), then the odd ones. Where all sides are even no two sites of a
    /// class are neighbours; elsewhere it is an order like any other.
    Checkerboard,
    /// As many sites as there are, each chosen at random, with replacement.
    Random,
}

/// Heat bath (`glauber-1963`): site after site, spin up with probability `1 / (1 + e^{-2 (K neighbours + H)})`.
///
/// A fixed order is safe here, unlike with Metropolis: both outcomes have positive probability, so every configuration
/// can follow every other within one sweep. (An outcome rarer than 2^-65 never happens. Without a field that is so on a
/// ring above |K| = 11.2, on a torus above 5.6.) Detailed balance holds in random order; in a fixed one each update has
/// it, but not their product.
///
/// ```
/// use ising::{Coupling, HeatBath, Lattice, Sampler, Spins, magnetisation};
///
/// // Spins without a coupling follow the field alone: <s> = tanh H.
/// let ring = Lattice::ring(100)?;
/// let rng = &mut stats::stream(1, "example", 0);
/// let mut state = Spins::random(100, rng);
/// let mut sampler = HeatBath::new(&ring, Coupling::new(0.0)?).in_field(0.3)?;
/// let mut sweep = || {
///     sampler.sweep(&mut state, rng);
///     magnetisation(state.as_slice())
/// };
/// let m: Vec<f64> = (0..400).map(|_| sweep()).collect();
/// assert!(stats::Estimate::from_independent(&m).sigmas_from(0.3f64.tanh()) < 4.0);
/// # Ok::<(), ising::Error>(())
/// ```
#[derive(Debug)]
pub struct HeatBath<'a> {
    lattice: &'a Lattice,
    coupling: Coupling,
    order: Order,
    /// Threshold for "up" by the sum of the neighbours + degree.
    up: Vec<Option<u64>>,
}

impl<'a> HeatBath<'a> {
    /// The sampler on this lattice at this coupling, sequential and without a field.
    pub fn new(lattice: &'a Lattice, coupling: Coupling) -> Self {
        let up = thresholds(lattice, coupling, 0.0);
        Self { lattice, coupling, order: Order::Sequential, up }
    }

    /// The same in another order.
    #[must_use]
    pub fn in_order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// The same in the field H = h / (k_B T).
    ///
    /// # Errors
    /// [`Error::Field`] when H is not finite.
    pub fn in_field(self, field: f64) -> Result<Self, Error> {
        let up = thresholds(self.lattice, self.coupling, check_field(field)?);
        Ok(Self { up, ..self })
    }

    /// Draws one spin anew and returns whether it changed.
    #[inline(always)]
    fn update<R: Rng>(&self, spins: &mut [i8], site: usize, rng: &mut R) -> u64 {
        let neighbours = self.lattice.pull(spins, site);
        let up = self.up[(neighbours + self.lattice.degree() as i32) as usize];
        // `None` is certainty; the draw is made all the same, so that the stream does not depend on K.
        let bits: u64 = rng.random();
        let new = if up.is_none_or(|threshold| bits < threshold) { 1 } else { -1 };
        let changed = u64::from(new != spins[site]);
        spins[site] = new;
        changed
    }
}

fn thresholds(lattice: &Lattice, coupling: Coupling, field: f64) -> Vec<Option<u64>> {
    let degree = lattice.degree() as i32;
    (-degree..=degree).map(|neighbours| coupling.threshold_up(neighbours, field)).collect()
}

impl HeatBath<'_> {
    /// [`Sampler::sweep`] on any generator, for exact enumeration in tests.
    #[doc(hidden)]
    pub fn sweep_with<R: Rng>(&mut self, state: &mut Spins, rng: &mut R) -> Sweep {
        let spins = state.as_mut_slice();
        let (sites, width) = (spins.len(), self.lattice.width());
        let mut flipped = 0;
        match self.order {
            Order::Sequential => {
                for site in 0..sites {
                    flipped += self.update(spins, site, rng);
                }
            }
            Order::Checkerboard => {
                for class in [0, 1] {
                    for y in 0..self.lattice.height() {
                        for x in ((y + class) % 2..width).step_by(2) {
                            flipped += self.update(spins, y * width + x, rng);
                        }
                    }
                }
            }
            Order::Random => {
                for _ in 0..sites {
                    let site = rng.random_range(0..sites as u32) as usize;
                    flipped += self.update(spins, site, rng);
                }
            }
        }
        Sweep { attempted: sites as u64, flipped }
    }
}

impl Sampler for HeatBath<'_> {
    type State = Spins;

    fn sweep(&mut self, state: &mut Spins, rng: &mut Pcg64) -> Sweep {
        self.sweep_with(state, rng)
    }
}
