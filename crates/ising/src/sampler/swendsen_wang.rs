//! Swendsen-Wang: all clusters at once, each flipped by a fair coin.

use super::bonds::{Bonds, flip};
use super::flood::{Cell, Flood, spread, spread_right};
use super::{Sampler, Sweep};
use crate::{Coupling, Lattice, Spins};
use rand_pcg::Pcg64;

/// Swendsen-Wang (`swendsen-wang-1987`): every satisfied bond, `K s_i s_j > 0`, binds its ends with probability
/// `1 - e^{-2|K|}`, and each cluster of sites so bound is flipped with probability 1/2.
///
/// Right for both signs of K on every lattice. The frustrated antiferromagnet is slow, since its clusters are not its
/// domains, and at `K = -infinity`, where every satisfied bond binds, its ground states may not all be reached.
///
/// A [`Sweep`] counts a cluster as one attempted move. Clusters are found 64 sites at a time: bonds are drawn as bits of
/// words, and a sum or some shifts go along a row of them.
///
/// ```
/// use ising::{Coupling, Lattice, Sampler, Spins, SwendsenWang, improved_m2};
///
/// // N <m^2> from the sizes of the clusters: e^{2K} on a long ring.
/// let ring = Lattice::ring(64)?;
/// let rng = &mut stats::stream(1, "example", 0);
/// let mut state = Spins::random(64, rng);
/// let mut sampler = SwendsenWang::new(&ring, Coupling::new(0.5)?, rng);
/// let mut sweep = || {
///     sampler.sweep(&mut state, rng);
///     64.0 * improved_m2(sampler.cluster_sizes())
/// };
/// let series: Vec<f64> = (0..2000).map(|_| sweep()).collect();
/// assert!(stats::Estimate::from_series(&series[50..]).sigmas_from(1f64.exp()) < 4.0);
/// # Ok::<(), ising::Error>(())
/// ```
#[derive(Debug)]
pub struct SwendsenWang<'a> {
    lattice: &'a Lattice,
    bonds: Bonds,
    cells: Vec<Cell>,
    flood: Flood,
    /// For each cell the first sites of the clusters that lie within a row of it.
    firsts: Vec<u64>,
    /// Sizes of the other clusters and, once asked for, of those too.
    sizes: Vec<u32>,
    all_sizes: bool,
}

impl<'a> SwendsenWang<'a> {
    /// The sampler on this lattice at this coupling. Its random bits are seeded from `rng`; the one of the sweep is not
    /// used.
    pub fn new(lattice: &'a Lattice, coupling: Coupling, rng: &mut Pcg64) -> Self {
        let cells = Cell::all(lattice);
        Self {
            lattice,
            bonds: Bonds::new(lattice, coupling, rng),
            flood: Flood::new(cells.len()),
            firsts: vec![0; cells.len()],
            cells,
            sizes: Vec::with_capacity(lattice.sites()),
            all_sizes: false,
        }
    }

    /// The sizes of the clusters of the last sweep, in no order that means anything; none before the first.
    pub fn cluster_sizes(&mut self) -> &[u32] {
        if !self.all_sizes {
            for (&firsts, cell) in self.firsts.iter().zip(&self.cells) {
                let mut firsts = firsts;
                while firsts != 0 {
                    self.sizes.push(1 + (cell.right >> firsts.trailing_zeros()).trailing_ones());
                    firsts &= firsts - 1;
                }
            }
            self.all_sizes = true;
        }
        &self.sizes
    }

    /// Flips the clusters that lie within one row of a cell, all of a cell at once, and returns their number. At T_c
    /// they are three of four.
    fn flip_within_rows(&mut self) -> u64 {
        let (mut clusters, mut coins) = (0, [0; 8]);
        for i in 0..self.cells.len() {
            if i % 8 == 0 {
                coins = self.bonds.coins();
            }
            let cell = &self.cells[i];
            let before = self.cells[cell.previous as usize].over(u64::MAX);
            let over = cell.over(u64::MAX) << cell.last;
            let leaving = cell.down | self.cells[cell.above as usize].down | before | over;
            let within = !spread(leaving, cell.right) & cell.sites();
            let firsts = !(cell.right << 1) & within;
            clusters += u64::from(firsts.count_ones());
            self.firsts[i] = firsts;
            let cell = &mut self.cells[i];
            cell.reached = within;
            cell.flipped = spread_right(firsts & coins[i % 8], cell.right);
        }
        clusters
    }

    /// Flips the other clusters, one after the other, and returns their number.
    fn flip_others(&mut self) -> u64 {
        let (mut coins, mut tossed) = ([0; 8], 512);
        self.sizes.clear();
        self.all_sizes = false;
        for i in 0..self.cells.len() {
            let mut left = self.cells[i].sites() & !self.cells[i].reached;
            while left != 0 {
                if tossed == 512 {
                    (coins, tossed) = (self.bonds.coins(), 0);
                }
                let flips = (coins[tossed / 64] >> (tossed % 64) & 1).wrapping_neg();
                tossed += 1;
                let first = left & left.wrapping_neg();
                self.sizes.push(self.flood.run(&mut self.cells, i, first, flips));
                left &= !self.cells[i].reached;
            }
        }
        self.sizes.len() as u64
    }
}

impl Sampler for SwendsenWang<'_> {
    type State = Spins;

    fn sweep(&mut self, state: &mut Spins, _: &mut Pcg64) -> Sweep {
        let spins = state.as_mut_slice();
        self.bonds.draw(spins, &mut self.cells);
        let attempted = self.flip_within_rows() + self.flip_others();
        flip(spins, self.lattice.width(), &self.cells);
        let flipped = self.cells.iter().map(|cell| u64::from(cell.flipped.count_ones())).sum();
        Sweep { attempted, flipped }
    }
}

/// The magnetisation squared, `sum c^2 / N^2` over the sizes c of the clusters of one configuration: the average over all
/// ways to flip its clusters, with the same mean as m^2 and less scatter (`fortuin-kasteleyn-1972`).
///
/// For the antiferromagnet on a bipartite lattice this is the staggered magnetisation; on a frustrated one neither.
///
/// ```
/// // Clusters of three sites and one: |m| is 1 or 1/2, each as often.
/// assert_eq!(ising::improved_m2(&[3, 1]), (1.0 + 0.25) / 2.0);
/// assert_eq!(ising::improved_m4(&[3, 1]), (1.0 + 0.0625) / 2.0);
/// ```
pub fn improved_m2(sizes: &[u32]) -> f64 {
    power_sum(sizes, 2) / sites(sizes).powi(2)
}

/// Its fourth power, `(3 (sum c^2)^2 - 2 sum c^4) / N^4`: see [`improved_m2`].
pub fn improved_m4(sizes: &[u32]) -> f64 {
    let (squares, fourths) = (power_sum(sizes, 2), power_sum(sizes, 4));
    (3.0 * squares.powi(2) - 2.0 * fourths) / sites(sizes).powi(4)
}

fn power_sum(sizes: &[u32], power: i32) -> f64 {
    sizes.iter().map(|&c| f64::from(c).powi(power)).sum()
}

fn sites(sizes: &[u32]) -> f64 {
    power_sum(sizes, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The cluster of each site by relabelling until nothing changes, from the bonds in the cells.
    fn labels(lattice: &Lattice, cells: &[Cell]) -> Vec<usize> {
        let (width, row) = (lattice.width(), lattice.width().div_ceil(64));
        let mut labels: Vec<usize> = (0..lattice.sites()).collect();
        let bonds: Vec<(usize, usize)> = (0..lattice.sites())
            .flat_map(|i| {
                let (x, y) = (i % width, i / width);
                let cell = &cells[y * row + x / 64];
                let bound =
                    |bonds: u64, j: u32| (bonds >> (x % 64) & 1 == 1).then_some((i, j as usize));
                let neighbours = lattice.neighbours(i);
                [
                    bound(cell.right, neighbours[0]),
                    bound(cell.down, neighbours[neighbours.len() / 2]),
                ]
            })
            .flatten()
            .collect();
        while let Some(&(i, j)) = bonds.iter().find(|&&(i, j)| labels[i] != labels[j]) {
            let (from, to) = (labels[i].max(labels[j]), labels[i].min(labels[j]));
            labels.iter_mut().filter(|label| **label == from).for_each(|label| *label = to);
        }
        labels
    }

    proptest! {
        #[test]
        fn clusters_are_those_of_the_bonds(
            width in prop_oneof![1usize..9, 62usize..67, 126usize..131],
            height in 1usize..5,
            ring: bool,
            k in -1.0..1.0f64,
            seed: u64,
        ) {
            let torus = Lattice::rectangle(width, height);
            let lattice = if ring { Lattice::ring(width * height) } else { torus }.unwrap();
            let rng = &mut stats::stream(seed, "clusters-test", 0);
            let before = Spins::random(lattice.sites(), rng);
            let coupling = Coupling::new(k).unwrap();
            let (mut sampler, mut after) = (SwendsenWang::new(&lattice, coupling, rng), before.clone());
            let sweep = sampler.sweep(&mut after, rng);

            let labels = labels(&lattice, &sampler.cells);
            let (before, after) = (before.as_slice(), after.as_slice());
            let flipped = |i: usize| before[i] != after[i];
            let mut sizes = vec![0; lattice.sites()];
            for (i, &label) in labels.iter().enumerate() {
                prop_assert_eq!(flipped(i), flipped(label));
                sizes[label] += 1;
            }
            sizes.retain(|&size| size > 0);
            sizes.sort_unstable();
            let mut found = sampler.cluster_sizes().to_vec();
            found.sort_unstable();
            prop_assert_eq!(&found, &sizes);
            prop_assert_eq!(sweep.attempted, sizes.len() as u64);
            prop_assert_eq!(sweep.flipped, (0..lattice.sites()).filter(|&i| flipped(i)).count() as u64);
        }

        #[test]
        fn satisfied_bonds_alone_bind(width in 1usize..70, height in 1usize..4, anti: bool, seed: u64) {
            let lattice = Lattice::rectangle(width, height).unwrap();
            let k = if anti { f64::NEG_INFINITY } else { f64::INFINITY };
            let rng = &mut stats::stream(seed, "bonds-test", 0);
            let (spins, mut cells) = (Spins::random(lattice.sites(), rng), Cell::all(&lattice));
            Bonds::new(&lattice, Coupling::new(k).unwrap(), rng).draw(spins.as_slice(), &mut cells);
            for (i, &spin) in spins.as_slice().iter().enumerate() {
                let (x, y) = (i % width, i / width);
                let cell = &cells[y * width.div_ceil(64) + x / 64];
                for (bonds, direction) in [(cell.right, 0), (cell.down, 2)] {
                    let other = spins.as_slice()[lattice.neighbours(i)[direction] as usize];
                    prop_assert_eq!(bonds >> (x % 64) & 1 == 1, (spin == other) != anti);
                }
            }
        }
    }

    #[test]
    fn improved_estimators_average_over_all_ways_to_turn() {
        let sizes = [1_u32, 2, 5, 2];
        let power = |n: i32| {
            let m = |signs: u32| {
                let sum = sizes
                    .iter()
                    .enumerate()
                    .map(|(i, &c)| if signs >> i & 1 == 1 { f64::from(c) } else { -f64::from(c) });
                sum.sum::<f64>() / 10.0
            };
            (0..16).map(|signs| m(signs).powi(n)).sum::<f64>() / 16.0
        };
        assert!((improved_m2(&sizes) - power(2)).abs() < 1e-15);
        assert!((improved_m4(&sizes) - power(4)).abs() < 1e-15);
    }
}
