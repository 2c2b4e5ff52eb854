//! One configuration, a byte a spin.

use crate::{Coupling, Lattice};
use rand::RngExt;
use rand_pcg::Pcg64;

/// One replica: spins +-1 in the lattice's order.
///
/// ```
/// use ising::{Lattice, Spins};
///
/// // The antiferromagnet's ground state has no magnetisation, and every one of its 2 N bonds counts -1.
/// let torus = Lattice::square(4)?;
/// let state = Spins::staggered(&torus, &mut stats::stream(1, "example", 0));
/// assert_eq!(state.sums(&torus), (0, -32));
/// # Ok::<(), ising::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spins(Vec<i8>);

impl Spins {
    /// All spins equal, up or down with probability 1/2 each: a ground state of the ferromagnet.
    pub fn ground_state(sites: usize, rng: &mut Pcg64) -> Self {
        Self(vec![if rng.random() { 1 } else { -1 }; sites])
    }

    /// Even sites up and odd sites down or, with probability 1/2, the reverse: a ground state of the antiferromagnet, on
    /// lattices that are frustrated one of many.
    pub fn staggered(lattice: &Lattice, rng: &mut Pcg64) -> Self {
        let up: bool = rng.random();
        Self((0..lattice.sites()).map(|i| if lattice.is_odd(i) == up { -1 } else { 1 }).collect())
    }

    /// A ground state of the coupling's sign, it or its reverse with probability 1/2: all spins equal, or alternating for
    /// K < 0. With an odd side, where not all bonds can be satisfied, it is one state of low energy among many.
    pub(crate) fn ordered(lattice: &Lattice, coupling: Coupling, rng: &mut Pcg64) -> Self {
        match coupling.is_antiferromagnetic() {
            true => Self::staggered(lattice, rng),
            false => Self::ground_state(lattice.sites(), rng),
        }
    }

    /// Every spin up or down with probability 1/2: infinite temperature.
    pub fn random(sites: usize, rng: &mut Pcg64) -> Self {
        Self((0..sites).map(|_| if rng.random() { 1 } else { -1 }).collect())
    }

    pub(crate) fn from_vec(spins: Vec<i8>) -> Self {
        debug_assert!(spins.iter().all(|s| s.abs() == 1));
        Self(spins)
    }

    /// The spins, each +1 or -1.
    #[inline]
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

    /// The sum of the spins and the sum of `s_i s_j` over all bonds. The energy in units of J is minus the second.
    ///
    /// # Panics
    /// Unless there are as many spins as the lattice has sites.
    pub fn sums(&self, lattice: &Lattice) -> (i64, i64) {
        let spins = &self.0[..];
        assert_eq!(spins.len(), lattice.sites(), "spins of another lattice");
        let width = lattice.width();
        // Each spin with the next in its row, the last with the first, and on a torus with the one below.
        let mut unequal: usize = spins
            .chunks_exact(width)
            .map(|row| differ(row, &row[1..]) + usize::from(row[0] != row[width - 1]))
            .sum();
        if !lattice.is_ring() {
            let last = &spins[spins.len() - width..];
            unequal += differ(spins, &spins[width..]) + differ(spins, last);
        }
        let down = spins.chunks(255).map(|few| few.iter().map(|&s| u8::from(s < 0)).sum::<u8>());
        let down: i64 = down.map(i64::from).sum();
        (spins.len() as i64 - 2 * down, lattice.bonds() as i64 - 2 * unequal as i64)
    }
}

/// In how many places two rows differ, as far as both reach. Counts in bytes, sixteen at once on any processor.
fn differ(a: &[i8], b: &[i8]) -> usize {
    let length = a.len().min(b.len());
    let few = a[..length].chunks(255).zip(b[..length].chunks(255));
    let count =
        |(a, b): (&[i8], &[i8])| -> u8 { a.iter().zip(b).map(|(a, b)| u8::from(a != b)).sum() };
    few.map(|few| usize::from(count(few))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{energy_per_spin, magnetisation};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sums_are_those_of_the_sites(
            width in 1usize..300, height in 1usize..9, ring: bool, seed: u64,
        ) {
            let torus = Lattice::rectangle(width, height);
            let lattice = if ring { Lattice::ring(width) } else { torus }.unwrap();
            let n = lattice.sites() as f64;
            let random = Spins::random(lattice.sites(), &mut stats::stream(seed, "spins-test", 0));
            for spins in [&random, &Spins(vec![-1; lattice.sites()])] {
                let (sum, bonds) = spins.sums(&lattice);
                let energy = energy_per_spin(&lattice, spins.as_slice());
                prop_assert_eq!(sum as f64, (magnetisation(spins.as_slice()) * n).round());
                prop_assert_eq!(bonds as f64, -(energy * n).round());
            }
        }
    }
}
