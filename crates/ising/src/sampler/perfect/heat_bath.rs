//! Two coupled heat baths of 512 replicas, from all spins up and from all spins down, on the same random bits.

use super::blocks;
use crate::bernoulli::{Probability, below};
use crate::{Coupling, Lattice, ReplicaBits};
use multiversion::multiversion;
use stats::{Bits, Word};

const UP: Word = [u64::MAX; 8];
const DOWN: Word = [0; 8];

/// The sequential heat bath of a ferromagnet (`glauber-1963`): a spin becomes up where a uniform number lies below the
/// probability for its neighbours. That probability grows with the number of those that are up: replicas that start in
/// order stay in order.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// The four neighbours of each site. The pairs that a ring lacks, and those that would be the site itself, on sides of
    /// length 1, are one spin that is always up and one that is always down: numbers N and N + 1.
    neighbours: Vec<[u32; 4]>,
    /// The probability of "up" by the number of neighbours that are up.
    up: [Probability; 5],
}

impl Rule {
    pub(super) fn new(lattice: &Lattice, coupling: Coupling, field: f64) -> Self {
        let sites = lattice.sites();
        let fixed = [sites as u32, sites as u32 + 1];
        let around = |site: usize| {
            let mut four = [fixed[0], fixed[1], fixed[0], fixed[1]];
            for (place, &neighbour) in four.iter_mut().zip(lattice.neighbours(site)) {
                if neighbour as usize != site {
                    *place = neighbour;
                }
            }
            four
        };
        let up = [-4, -2, 0, 2, 4].map(|sum| {
            let down = coupling.probability_up(-sum, -field);
            Probability::with_complement(coupling.probability_up(sum, field), down)
        });
        Self { neighbours: (0..sites).map(around).collect(), up }
    }
}

/// 512 replicas from above and 512 from below: bit i of word `site` is the spin of replica i, set for +1.
#[derive(Debug)]
pub(super) struct Pair {
    upper: Vec<Word>,
    lower: Vec<Word>,
}

impl Pair {
    pub(super) fn new(rule: &Rule) -> Self {
        let words = rule.neighbours.len() + 2;
        Self { upper: vec![UP; words], lower: vec![DOWN; words] }
    }

    /// Whether, started 2^level sweeps ago, each replica from above has met the one from below.
    pub(super) fn meets_from(&mut self, level: u32, rule: &Rule, seed: u64) -> bool {
        let sites = rule.neighbours.len();
        for (spins, start) in [(&mut self.upper, UP), (&mut self.lower, DOWN)] {
            spins[..sites].fill(start);
            spins[sites..].copy_from_slice(&[UP, DOWN]);
        }
        for (sweeps, mut rng) in blocks(level, seed) {
            let mut bits = Bits::new(&mut rng);
            for _ in 0..sweeps {
                sweep(&mut self.upper, &mut self.lower, rule, &mut bits);
            }
        }
        self.upper == self.lower
    }

    /// The replicas, once they have met.
    pub(super) fn into_replicas(mut self) -> ReplicaBits {
        self.lower.truncate(self.lower.len() - 2);
        ReplicaBits(self.lower)
    }
}

/// One sweep of both. The uniform numbers are compared with all probabilities before any spin is looked at, so that a sweep
/// takes the same random bits wherever the spins come from.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn sweep(upper: &mut [Word], lower: &mut [Word], rule: &Rule, bits: &mut Bits) {
    // A copy of the generators stays in registers.
    let mut inside = bits.clone();
    for (site, around) in rule.neighbours.iter().enumerate() {
        let up = below(&mut inside, &rule.up);
        upper[site] = redrawn(upper, around, &up);
        lower[site] = redrawn(lower, around, &up);
    }
    *bits = inside;
}

/// A spin that is up where `up[n]` is, n the number of neighbours that are up; `up[n]` lies within `up[n + 1]`.
#[inline(always)]
fn redrawn(spins: &[Word], around: &[u32; 4], up: &[Word; 5]) -> Word {
    let [a, b, c, d] = around.map(|neighbour| spins[neighbour as usize]);
    let mut new = up[0];
    for i in 0..8 {
        let (one, two) = (a[i] | b[i], a[i] & b[i]);
        let (other, others) = (c[i] | d[i], c[i] & d[i]);
        new[i] |= up[1][i] & (one | other)
            | up[2][i] & (two | others | one & other)
            | up[3][i] & (two & other | one & others)
            | up[4][i] & two & others;
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replica_bits::REPLICAS;
    use proptest::prelude::*;

    fn with_fixed(replicas: &ReplicaBits) -> Vec<Word> {
        replicas.0.iter().copied().chain([UP, DOWN]).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_sweep_is_512_plain_ones(
            width in 1usize..5, height in 1usize..5, ring: bool, k in 0.0..1.5f64, h in 0.0..1.0f64,
            seed: u64,
        ) {
            let torus = Lattice::rectangle(width, height);
            let lattice = if ring { Lattice::ring(width) } else { torus }.unwrap();
            let rule = Rule::new(&lattice, Coupling::new(k).unwrap(), h);
            let rng = &mut stats::stream(seed, "perfect-test", 0);
            let lower = ReplicaBits::random(lattice.sites(), rng);
            let mut upper = ReplicaBits::random(lattice.sites(), rng);
            for (up, low) in upper.0.as_flattened_mut().iter_mut().zip(lower.0.as_flattened()) {
                *up |= low;
            }
            let mut bits = Bits::new(rng);
            let decisions: Vec<[Word; 5]> = {
                let mut same = bits.clone();
                (0..lattice.sites()).map(|_| below(&mut same, &rule.up)).collect()
            };
            let (mut above, mut beneath) = (with_fixed(&upper), with_fixed(&lower));
            sweep(&mut above, &mut beneath, &rule, &mut bits);
            let ordered = above.as_flattened().iter().zip(beneath.as_flattened());
            prop_assert!(ordered.clone().all(|(up, low)| low & !up == 0));
            for (before, after) in [(&upper, &above), (&lower, &beneath)] {
                let after = ReplicaBits(after[..lattice.sites()].to_vec());
                for r in 0..REPLICAS {
                    let mut spins = before.replica(r);
                    let spins = spins.as_mut_slice();
                    for (site, up) in decisions.iter().enumerate() {
                        // Neighbours that are missing cancel.
                        let neighbours = (lattice.pull(spins, site) / 2 + 2) as usize;
                        let is_up = up[neighbours][r / 64] >> (r % 64) & 1 == 1;
                        spins[site] = if is_up { 1 } else { -1 };
                    }
                    let swept = after.replica(r);
                    prop_assert_eq!(swept.as_slice(), &*spins);
                }
            }
        }
    }

    #[test]
    fn an_earlier_start_changes_nothing_where_replicas_have_met() {
        let lattice = Lattice::square(6).unwrap();
        let rule = Rule::new(&lattice, Coupling::new(0.4).unwrap(), 0.0);
        let mut pair = Pair::new(&rule);
        let mut known = vec![[0; 8]; lattice.sites()];
        let mut met = [0; 8];
        let mut shares = Vec::new();
        for level in 0..14 {
            let all = pair.meets_from(level, &rule, 1);
            let mut still = UP;
            for (known, (up, low)) in known.iter_mut().zip(pair.upper.iter().zip(&pair.lower)) {
                for lane in 0..8 {
                    assert_eq!((up[lane] ^ known[lane]) & met[lane], 0);
                    assert_eq!((low[lane] ^ known[lane]) & met[lane], 0);
                    still[lane] &= !(up[lane] ^ low[lane]);
                }
                *known = *low;
            }
            met = still;
            shares.push(met.iter().map(|bits| bits.count_ones()).sum::<u32>());
            assert_eq!(all, met == UP);
        }
        // Some, but not all, had met from most starts; in the end all.
        assert!(shares.iter().filter(|share| (1..512).contains(*share)).count() >= 4);
        assert_eq!(shares.last(), Some(&512));
    }
}
