//! Exact tests of the invariant distribution: ranks that are uniform whatever the kernel, if only it is right.
//!
//! Two tests of Gandy and Scott (`gandy-scott-2020`), in which the start is drawn from the Boltzmann distribution itself:
//!
//! 1. **Among exact draws.** After any number of sweeps a state is still distributed as an exact draw, so that its rank
//!    among independent exact draws, by any statistic, is uniform. This asks nothing of the kernel but the distribution.
//! 2. **Along the chain.** A reversible kernel goes backward as it goes forward: put an exact draw at a random place of a
//!    chain, run the kernel from there in both directions, and its rank among the states of the chain is uniform.
//!
//! Ties are broken at random, so that both distributions hold as they stand: no burn-in, no autocorrelation time, no large number.
//! Nor is any needed for the p-value: by how much n ranks stray from uniform is bounded at every n by
//! `P(sup |F_n - F| > d) <= 2 e^{-2 n d^2}` (`massart-1990`).
//!
//! A verdict is reached in rounds, as in that paper: what is suspect but not damning is looked at again with four times as
//! many chains. It is one comparison at the common [`level`], which the rounds share.

use super::{Enumerated, Shape, every_state, index, level, spin};
use ising::{Lattice, Sampler, Spins};
use rand::RngExt;
use rand_pcg::Pcg64;

/// Chains of each round.
const ROUNDS: [usize; 3] = [8_000, 32_000, 128_000];
/// Below this a p-value is suspect.
const SUSPECT: f64 = 0.1;
/// Numbers of sweeps after which the first test looks.
const LOOKS: [usize; 2] = [1, 8];
/// Exact draws that a state is ranked among.
const PEERS: usize = 15;
/// Sweeps of a chain of the second test.
const STEPS: usize = 7;
/// Bonds, magnetisation, one bond; the last is what an error at one place moves most.
const STATISTICS: usize = 3;

/// A lattice, a coupling and a field: a ring and tori, both signs, sides of 2, odd sides, weak and strong.
const CASES: [(Shape, f64, f64); 12] = [
    (Shape::Ring(1), 0.5, 0.0),
    (Shape::Ring(2), 0.4, 0.0),
    (Shape::Ring(5), -0.6, 0.0),
    (Shape::Ring(6), 0.8, 0.0),
    (Shape::Ring(6), -0.5, 0.3),
    (Shape::Square(1), -0.3, 0.4),
    (Shape::Square(2), -0.3, 0.0),
    (Shape::Square(3), 0.0, 0.0),
    (Shape::Square(3), 0.44, 0.0),
    (Shape::Square(3), -0.4, 0.2),
    (Shape::Rectangle(4, 2), 0.3, -0.2),
    (Shape::Rectangle(4, 2), -0.4, 0.0),
];

/// One setting with all of its states.
pub(crate) struct Case {
    pub(crate) exact: Enumerated,
    pub(crate) lattice: Lattice,
    states: Vec<Spins>,
    cumulative: Vec<f64>,
}

/// The settings that a kernel is for.
pub(crate) fn cases(wanted: impl Fn(Shape, f64, f64) -> bool) -> Vec<Case> {
    let wanted = CASES.into_iter().filter(|&(shape, k, h)| wanted(shape, k, h));
    wanted.map(|(shape, k, h)| Case::new(shape, k, h)).collect()
}

/// What a kernel does, in terms of numbers of states: one sweep of each of many independent chains.
pub(crate) type Sweep<'a> = &'a mut dyn FnMut(&mut [usize], &mut Pcg64);

impl Case {
    pub(crate) fn new(shape: Shape, k: f64, h: f64) -> Self {
        let exact = Enumerated::in_field(shape, k, h);
        let mut sum = 0.0;
        let add = |p: &f64| {
            sum += p;
            sum
        };
        let cumulative = exact.probabilities.iter().map(add).collect();
        Self { lattice: shape.lattice(), states: every_state(shape.sites()), cumulative, exact }
    }

    /// Asserts that a sampler keeps the distribution.
    pub(crate) fn assert_invariant<S: Sampler<State = Spins>>(&self, mut sampler: S) {
        assert_eq!(self.among_exact_draws(&mut self.sweep_of(&mut sampler)), Ok(()));
    }

    /// Asserts that a sampler keeps the distribution and looks the same backward.
    pub(crate) fn assert_reversible<S: Sampler<State = Spins>>(&self, mut sampler: S) {
        let sweep = &mut self.sweep_of(&mut sampler);
        assert_eq!(self.among_exact_draws(sweep), Ok(()));
        assert_eq!(self.along_the_chain(sweep), Ok(()));
    }

    /// The first test: the error text, if a kernel fails it.
    pub(crate) fn among_exact_draws(&self, sweep: Sweep<'_>) -> Result<(), String> {
        self.verdict("among exact draws", |chains, rng| self.first_test(chains, sweep, rng))
    }

    /// The second test, for kernels that are to be reversible.
    pub(crate) fn along_the_chain(&self, sweep: Sweep<'_>) -> Result<(), String> {
        self.verdict("along the chain", |chains, rng| self.second_test(chains, sweep, rng))
    }

    /// Rounds of a test that gives an upper bound of its p-value. A right kernel fails any of them with a probability of
    /// at most the level: that is the sum over the rounds.
    fn verdict(
        &self,
        test: &str,
        mut p_value: impl FnMut(usize, &mut Pcg64) -> f64,
    ) -> Result<(), String> {
        let level = level() / ROUNDS.len() as f64;
        for chains in ROUNDS {
            let p = p_value(chains, &mut stats::stream(1, test, chains as u64));
            if p <= level {
                let Enumerated { shape, k, h, .. } = self.exact;
                return Err(format!("{shape:?}, K = {k}, H = {h}, {test}: p <= {p:e}"));
            }
            if p > SUSPECT {
                break;
            }
        }
        Ok(())
    }

    /// The configurations of some states.
    pub(crate) fn spins(&self, states: &[usize]) -> Vec<Spins> {
        states.iter().map(|&state| self.states[state].clone()).collect()
    }

    /// A sampler of single configurations on numbers of states.
    pub(crate) fn sweep_of<'a, S: Sampler<State = Spins>>(
        &'a self,
        sampler: &'a mut S,
    ) -> impl FnMut(&mut [usize], &mut Pcg64) + 'a {
        move |chains, rng| {
            for chain in chains {
                let mut state = self.states[*chain].clone();
                sampler.sweep(&mut state, rng);
                *chain = index(state.as_slice());
            }
        }
    }

    fn first_test(&self, chains: usize, sweep: Sweep<'_>, rng: &mut Pcg64) -> f64 {
        let mut chains: Vec<usize> = (0..chains).map(|_| self.draw(rng)).collect();
        let (mut done, mut ranks) = (0, Vec::new());
        for look in LOOKS {
            (done..look).for_each(|_| sweep(&mut chains, rng));
            done = look;
            let mut counts = [[0; PEERS + 1]; STATISTICS];
            for &chain in &chains {
                let peers: [usize; PEERS] = std::array::from_fn(|_| self.draw(rng));
                self.count_ranks(chain, &peers, &mut counts, rng);
            }
            ranks.extend(counts.map(Vec::from));
        }
        p_value(&ranks)
    }

    fn second_test(&self, chains: usize, sweep: Sweep<'_>, rng: &mut Pcg64) -> f64 {
        let starts: Vec<usize> = (0..chains).map(|_| self.draw(rng)).collect();
        let mut way = || {
            let mut chains = starts.clone();
            let step = |_| {
                sweep(&mut chains, rng);
                chains.clone()
            };
            (0..STEPS).map(step).collect::<Vec<_>>()
        };
        let (forward, backward) = (way(), way());
        let mut counts = [[0; STEPS + 1]; STATISTICS];
        for (i, &start) in starts.iter().enumerate() {
            let place = rng.random_range(0..=STEPS as u32) as usize;
            let others: [usize; STEPS] = std::array::from_fn(|step| {
                if step < place { backward[step][i] } else { forward[step - place][i] }
            });
            self.count_ranks(start, &others, &mut counts, rng);
        }
        p_value(&counts.map(Vec::from))
    }

    fn draw(&self, rng: &mut Pcg64) -> usize {
        let level = rng.random::<f64>() * self.cumulative[self.cumulative.len() - 1];
        self.cumulative.partition_point(|&c| c <= level).min(self.states.len() - 1)
    }

    fn statistics(&self, state: usize) -> [i32; STATISTICS] {
        let last = self.exact.shape.sites() - 1;
        let bond = spin(state, 0) * spin(state, last.min(1));
        [self.exact.bond_sums[state], state.count_ones() as i32, bond]
    }

    /// Adds the rank of a state among others, by each statistic.
    fn count_ranks<const N: usize>(
        &self,
        state: usize,
        others: &[usize],
        counts: &mut [[u64; N]; STATISTICS],
        rng: &mut Pcg64,
    ) {
        let own = self.statistics(state);
        let (mut below, mut equal) = ([0; STATISTICS], [0; STATISTICS]);
        for &other in others {
            for (i, value) in self.statistics(other).into_iter().enumerate() {
                below[i] += usize::from(value < own[i]);
                equal[i] += u32::from(value == own[i]);
            }
        }
        for i in 0..STATISTICS {
            counts[i][below[i] + rng.random_range(0..=equal[i]) as usize] += 1;
        }
    }
}

/// Bound of the p-value of several histograms of ranks that should be uniform, any of which may fail (Bonferroni).
fn p_value(histograms: &[Vec<u64>]) -> f64 {
    let one = |counts: &Vec<u64>| {
        let (total, ranks) = (counts.iter().sum::<u64>() as f64, counts.len() as f64);
        let (mut sum, mut farthest) = (0, 0.0f64);
        for (rank, count) in counts.iter().enumerate() {
            sum += count;
            farthest = farthest.max((sum as f64 / total - (rank as f64 + 1.0) / ranks).abs());
        }
        2.0 * (-2.0 * total * farthest.powi(2)).exp()
    };
    let smallest = histograms.iter().map(one).fold(1.0, f64::min);
    (smallest * histograms.len() as f64).min(1.0)
}
