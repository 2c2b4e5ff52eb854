//! Wolff: one cluster, grown from a random site, is flipped.

use super::bonds::binding;
use super::{Sampler, Sweep};
use crate::bernoulli::{Probability, fill};
use crate::{Coupling, Lattice, Spins};
use rand::RngExt;
use rand_pcg::Pcg64;
use stats::{Bits, Word};

/// Words of decisions made at a time, those of 1024 sites of a torus.
const WORDS: usize = 8;
/// One cluster of so many stays as it is.
const IDLE: u32 = 64;

/// Wolff (`wolff-1989`): from a random site a cluster grows over satisfied bonds, `K s_i s_j > 0`, each with probability
/// `1 - e^{-2|K|}`, and is flipped. A sweep is one cluster.
///
/// Space draws by a number of clusters that was fixed beforehand, never by spins flipped: a draw that ends with the
/// cluster that makes the count full prefers large clusters.
///
/// One cluster in 64, by chance, is grown but not flipped. Else the chain would go in steps of two where every cluster is
/// a single site (K = 0) or the whole lattice (infinite K), and draws an even number of clusters apart would see half of
/// the states. So `Sweep::attempted` is the size of the cluster and `Sweep::flipped` is that or 0. Two sites share a
/// cluster with the probability `<s s'>` (`fortuin-kasteleyn-1972`): the mean of `attempted` is `N <m^2>`, an improved
/// estimator, of the ferromagnet and, with the staggered magnetisation, of the antiferromagnet on a bipartite lattice.
///
/// Right for both signs of K on every lattice. The frustrated antiferromagnet is slow, since its clusters are not its
/// domains, and at `K = -infinity`, where every satisfied bond is taken, its ground states may not all be reached.
///
/// ```
/// use ising::{Coupling, Lattice, Sampler, Spins, Wolff};
///
/// // The mean size of a cluster is N <m^2>, on a long ring e^{2K}.
/// let ring = Lattice::ring(64)?;
/// let rng = &mut stats::stream(1, "example", 0);
/// let (mut wolff, mut state) = (Wolff::new(&ring, Coupling::new(0.5)?, rng), Spins::random(64, rng));
/// let mut size = || wolff.sweep(&mut state, rng).attempted as f64;
/// let sizes: Vec<f64> = (0..10_000).map(|_| size()).collect();
/// let mean = stats::Estimate::from_series(&sizes[200..]);
/// assert!(mean.sigmas_from(1f64.exp()) < 4.0);
/// # Ok::<(), ising::Error>(())
/// ```
#[derive(Debug)]
pub struct Wolff<'a> {
    lattice: &'a Lattice,
    opposed: bool,
    binding: Probability,
    bits: Bits,
    /// Bonds decided in advance, `degree` bits for each site that will grow.
    decisions: [Word; WORDS],
    /// For how many sites they were used.
    used: usize,
    /// The sites of the cluster in the order in which they joined, and a place to write what does not.
    cluster: Vec<u32>,
}

impl<'a> Wolff<'a> {
    /// The sampler on this lattice at this coupling. The random bits of its bonds are seeded from `rng`; the site where a
    /// cluster begins comes from the one of the sweep.
    pub fn new(lattice: &'a Lattice, coupling: Coupling, rng: &mut Pcg64) -> Self {
        Self {
            lattice,
            opposed: coupling.is_antiferromagnetic(),
            binding: binding(coupling),
            bits: Bits::new(rng),
            decisions: [[0; 8]; WORDS],
            used: WORDS * 512 / lattice.degree(),
            cluster: vec![0; lattice.sites() + 1],
        }
    }

    /// Grows the cluster of `root`, flips it, and returns its size.
    ///
    /// First in, first out, and without a branch on what a neighbour is: the processor works on many sites at once.
    /// `D` is the number of neighbours. Where neighbours are opposed, a frustrated bond inside the cluster looks like a
    /// satisfied one to a site outside; sites of the cluster are marked by +-2 until it is complete.
    fn grow<const D: usize, const OPPOSED: bool>(&mut self, spins: &mut [i8], root: u32) -> usize {
        let neighbours = self.lattice.table().as_chunks::<D>().0;
        let (all, of_a_word) = (WORDS * 512 / D, 64 / D);
        let cluster = &mut self.cluster[..];
        let spin = spins[root as usize];
        cluster[0] = root;
        spins[root as usize] = if OPPOSED { -2 * spin } else { -spin };
        let (mut head, mut tail) = (0, 1);
        while head < tail {
            if self.used == all {
                fill(&mut self.bits, &self.binding, &mut self.decisions);
                self.used = 0;
            }
            // The sites that one word of decisions is enough for.
            let place = self.used % of_a_word;
            let mut binds = self.decisions.as_flattened()[self.used / of_a_word] >> (place * D);
            let until = tail.min(head + of_a_word - place);
            self.used += until - head;
            while head < until {
                let site = cluster[head] as usize;
                head += 1;
                let wanted = if OPPOSED { spins[site] / 2 } else { spin };
                let flipped = if OPPOSED { -2 * wanted } else { -spin };
                for neighbour in neighbours[site] {
                    let other = &mut spins[neighbour as usize];
                    let joins = (binds & 1 == 1) & (*other == wanted);
                    *other = if joins { flipped } else { *other };
                    cluster[tail] = neighbour;
                    tail += usize::from(joins);
                    binds >>= 1;
                }
            }
        }
        if OPPOSED {
            cluster[..tail].iter().for_each(|&site| spins[site as usize] /= 2);
        }
        tail
    }
}

impl Sampler for Wolff<'_> {
    type State = Spins;

    fn sweep(&mut self, state: &mut Spins, rng: &mut Pcg64) -> Sweep {
        let spins = state.as_mut_slice();
        let root = rng.random_range(0..spins.len() as u32);
        let idle = rng.random_range(0..IDLE) == 0;
        let size = match (self.lattice.degree(), self.opposed) {
            (2, false) => self.grow::<2, false>(spins, root),
            (2, true) => self.grow::<2, true>(spins, root),
            (_, false) => self.grow::<4, false>(spins, root),
            (_, true) => self.grow::<4, true>(spins, root),
        };
        if idle {
            self.cluster[..size].iter().for_each(|&i| spins[i as usize] = -spins[i as usize]);
        }
        Sweep { attempted: size as u64, flipped: if idle { 0 } else { size as u64 } }
    }
}
