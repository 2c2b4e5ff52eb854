//! Two coupled chains of open bonds, from all open and from none, on the same random numbers.

use super::blocks;
use super::search::{Bond, GHOST, Search};
use crate::coupling::threshold;
use crate::{Coupling, Lattice};
use rand::{Rng, RngExt};
use rand_pcg::Pcg64;

/// The heat bath of single bonds in the random-cluster model with q = 2 (`fortuin-kasteleyn-1972`). A bond of strength K
/// is closed with probability `e^{-2K}` if other open bonds connect its ends, and `2 e^{-2K} / (1 + e^{-2K})` if not: more
/// open bonds leave more open. A field H is a bond of strength H from each site to one more spin, the ghost, that is up.
#[derive(Clone, Debug)]
pub(super) struct Rule<'a> {
    lattice: &'a Lattice,
    bond: Closed,
    ghost: Option<Closed>,
}

/// What 64 random bits lie below where a bond is closed.
#[derive(Clone, Copy, Debug)]
struct Closed {
    connected: u64,
    apart: u64,
}

impl Closed {
    fn new(strength: f64) -> Self {
        let (rest, gone) = ((-2.0 * strength).exp(), -(-2.0 * strength).exp_m1());
        // Certainty is met to 2^-64.
        let bits = |p: f64, complement: f64| threshold(p, complement).unwrap_or(u64::MAX);
        let connected = bits(rest, gone);
        Self { connected, apart: bits(2.0 * rest / (1.0 + rest), gone / (1.0 + rest)) }
    }
}

impl<'a> Rule<'a> {
    pub(super) fn new(lattice: &'a Lattice, coupling: Coupling, field: f64) -> Self {
        let ghost = if field > 0.0 { Some(Closed::new(field)) } else { None };
        Self { lattice, bond: Closed::new(coupling.value()), ghost }
    }
}

/// The open bonds of each site, a bit for each direction and for the ghost, from above and from below.
#[derive(Debug)]
pub(super) struct Pair {
    upper: Vec<u8>,
    lower: Vec<u8>,
    /// Bonds in which they differ. When there are none, the lower one alone is moved on.
    differing: usize,
    search: Search,
}

impl Pair {
    pub(super) fn new(rule: &Rule) -> Self {
        let none = vec![0; rule.lattice.sites()];
        let search = Search::new(rule.lattice);
        Self { upper: none.clone(), lower: none, differing: 0, search }
    }

    /// Whether the chains, started 2^level sweeps ago, have met.
    pub(super) fn meets_from(&mut self, level: u32, rule: &Rule, seed: u64) -> bool {
        self.upper.fill(0);
        self.lower.fill(0);
        self.differing = 0;
        for_each_bond(rule, |bond, _| {
            bond.open(&mut self.upper);
            self.differing += 1;
        });
        for (sweeps, mut rng) in blocks(level, seed) {
            for _ in 0..sweeps {
                for_each_bond(rule, |bond, closed| self.redraw(bond, closed, rng.next_u64()));
            }
        }
        self.differing == 0
    }

    /// Draws a bond anew in both. Whether its ends are connected is asked only where that decides.
    #[inline(always)]
    fn redraw(&mut self, bond: Bond, closed: Closed, random: u64) {
        let two = self.differing > 0;
        if two {
            let (above, below) = (self.upper[bond.ends[0]], self.lower[bond.ends[0]]);
            self.differing -= usize::from((above ^ below) & bond.bits[0] != 0);
            bond.close(&mut self.upper);
        }
        bond.close(&mut self.lower);
        if random < closed.connected {
            return;
        }
        let below = random >= closed.apart || self.search.connects(&self.lower, bond);
        if below {
            bond.open(&mut self.lower);
        }
        if two {
            // What is connected below is so above.
            let above = below || self.search.connects(&self.upper, bond);
            if above {
                bond.open(&mut self.upper);
            }
            self.differing += usize::from(above != below);
        }
    }

    /// The spins, once the chains have met: a fair coin for each cluster, and up for that of the ghost.
    pub(super) fn coloured(&self, rule: &Rule, rng: &mut Pcg64) -> Vec<i8> {
        let bonds = &self.lower;
        let mut spins = vec![0; bonds.len()];
        let mut pending = Vec::new();
        let with_ghost = (0..bonds.len()).filter(|&site| bonds[site] & GHOST != 0);
        let starts =
            with_ghost.map(|site| (site, true)).chain((0..bonds.len()).map(|site| (site, false)));
        for (start, up) in starts {
            if spins[start] != 0 {
                continue;
            }
            let colour = if up || rng.random() { 1 } else { -1 };
            spins[start] = colour;
            pending.push(start);
            while let Some(site) = pending.pop() {
                for (direction, &neighbour) in rule.lattice.neighbours(site).iter().enumerate() {
                    let neighbour = neighbour as usize;
                    if bonds[site] >> direction & 1 == 1 && spins[neighbour] == 0 {
                        spins[neighbour] = colour;
                        pending.push(neighbour);
                    }
                }
            }
        }
        spins
    }
}

/// Shows every bond between different sites once, and every bond to the ghost.
#[inline(always)]
fn for_each_bond(rule: &Rule, mut show: impl FnMut(Bond, Closed)) {
    for site in 0..rule.lattice.sites() {
        let around = rule.lattice.neighbours(site);
        for direction in (0..around.len()).step_by(2) {
            if around[direction] as usize != site {
                show(Bond::new(site, direction, around[direction]), rule.bond);
            }
        }
        if let Some(ghost) = rule.ghost {
            show(Bond::to_ghost(site), ghost);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All bonds, the ghost being a site behind the others.
    fn list(rule: &Rule) -> Vec<(Bond, [usize; 2], Closed)> {
        let mut bonds = Vec::new();
        for_each_bond(rule, |bond, closed| {
            let ghost = bond.bits[0] == GHOST;
            let ends = if ghost { [bond.ends[0], rule.lattice.sites()] } else { bond.ends };
            bonds.push((bond, ends, closed));
        });
        bonds
    }

    fn connected(ends: &[[usize; 2]], open: &[bool], sites: usize, [from, to]: [usize; 2]) -> bool {
        let mut label: Vec<usize> = (0..=sites).collect();
        for ([a, b], _) in ends.iter().zip(open).filter(|(_, open)| **open) {
            let (old, new) = (label[*a], label[*b]);
            label.iter_mut().filter(|l| **l == old).for_each(|l| *l = new);
        }
        label[from] == label[to]
    }

    /// One chain since 2^level sweeps ago.
    fn plainly(rule: &Rule, level: u32, seed: u64, start: bool) -> Vec<bool> {
        let bonds = list(rule);
        let ends: Vec<[usize; 2]> = bonds.iter().map(|&(_, ends, _)| ends).collect();
        let mut open = vec![start; bonds.len()];
        for (sweeps, mut rng) in blocks(level, seed) {
            for _ in 0..sweeps {
                for (i, &(_, between, closed)) in bonds.iter().enumerate() {
                    open[i] = false;
                    let joined = connected(&ends, &open, rule.lattice.sites(), between);
                    let closed = if joined { closed.connected } else { closed.apart };
                    open[i] = rng.next_u64() >= closed;
                }
            }
        }
        open
    }

    fn open(rule: &Rule, masks: &[u8]) -> Vec<bool> {
        let is_open = |(bond, ..): (Bond, [usize; 2], Closed)| {
            let [here, there] = [0, 1].map(|end| masks[bond.ends[end]] & bond.bits[end] != 0);
            assert_eq!(here, there, "both ends know");
            here
        };
        list(rule).into_iter().map(is_open).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_pair_is_two_plain_chains(
            width in 1usize..5, height in 1usize..5, ring: bool, k in 0.0..2.0f64,
            h in prop_oneof![Just(0.0), 0.0..0.5f64], level in 0u32..4, seed: u64,
        ) {
            let torus = Lattice::rectangle(width, height);
            let lattice = if ring { Lattice::ring(width) } else { torus }.unwrap();
            let rule = Rule::new(&lattice, Coupling::new(k).unwrap(), h);
            let mut pair = Pair::new(&rule);
            let met = pair.meets_from(level, &rule, seed);
            let [upper, lower] = [true, false].map(|start| plainly(&rule, level, seed, start));
            prop_assert_eq!(met, upper == lower);
            prop_assert_eq!(open(&rule, &pair.lower), lower);
            prop_assert!(met || open(&rule, &pair.upper) == upper);
        }
    }

    #[test]
    fn an_earlier_start_changes_nothing_once_they_have_met() {
        let lattice = Lattice::square(8).unwrap();
        for (k, h) in [(0.2, 0.0), (0.44, 0.0), (1.0, 0.0), (0.5, 0.02)] {
            let rule = Rule::new(&lattice, Coupling::new(k).unwrap(), h);
            let mut pair = Pair::new(&rule);
            let mut known: Option<Vec<u8>> = None;
            for level in 0..10 {
                let met = pair.meets_from(level, &rule, 3);
                assert!(known.as_ref().is_none_or(|known| met && *known == pair.lower));
                known = met.then(|| pair.lower.clone());
            }
            assert!(known.is_some());
        }
    }

    #[test]
    fn a_cluster_has_one_colour_and_that_of_the_ghost_is_up() {
        let lattice = Lattice::square(8).unwrap();
        let rule = Rule::new(&lattice, Coupling::new(0.4).unwrap(), 0.05);
        let mut pair = Pair::new(&rule);
        let (mut reversed, rng) = (0, &mut stats::stream(4, "perfect-test", 0));
        for seed in 0..20 {
            assert!(pair.meets_from(8, &rule, seed));
            let spins = pair.coloured(&rule, rng);
            let open = open(&rule, &pair.lower);
            for (bond, _, _) in
                list(&rule).into_iter().zip(open).filter(|(_, open)| *open).map(|x| x.0)
            {
                let ghost = bond.bits[0] == GHOST;
                assert_eq!(spins[bond.ends[0]], if ghost { 1 } else { spins[bond.ends[1]] });
            }
            reversed += spins.iter().filter(|spin| **spin == -1).count();
        }
        assert!(reversed > 0);
    }
}
