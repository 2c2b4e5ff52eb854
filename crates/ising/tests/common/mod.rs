//! Boltzmann distributions by enumeration, independent of the crate, and tests at one family-wise level.

// Every test file takes what it needs.
#![allow(dead_code)]

pub(crate) mod averages;
pub(crate) mod exact_test;
pub(crate) mod tokens;

use ising::{Coupling, Lattice, Spins};
use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Probability that, with correct samplers, any comparison of the whole set of files fails (Bonferroni).
///
/// The seeds are fixed, so this is the chance that they were unlucky, not a rate of failures.
const FAMILY_LEVEL: f64 = 1e-6;
/// The most files with random comparisons, of the tests and of those inside the crate.
const FILES: usize = 16;
/// The most comparisons in each; [`level`] counts them.
const PER_FILE: usize = 400;
/// Comparisons made by this file so far.
static MADE: AtomicUsize = AtomicUsize::new(0);

/// The level of one comparison; to be asked for once per comparison.
pub(crate) fn level() -> f64 {
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    assert!(made < PER_FILE, "more comparisons than the level was divided by");
    FAMILY_LEVEL / (FILES * PER_FILE) as f64
}

/// A lattice, described apart from the crate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Ring(usize),
    Square(usize),
    /// Width and height of a torus.
    Rectangle(usize, usize),
}

impl Shape {
    pub(crate) fn lattice(self) -> Lattice {
        match self {
            Shape::Ring(n) => Lattice::ring(n),
            Shape::Square(l) => Lattice::square(l),
            Shape::Rectangle(w, h) => Lattice::rectangle(w, h),
        }
        .expect("a valid side")
    }

    pub(crate) fn sites(self) -> usize {
        match self {
            Shape::Ring(n) => n,
            Shape::Square(l) => l * l,
            Shape::Rectangle(w, h) => w * h,
        }
    }

    pub(crate) fn is_ring(self) -> bool {
        matches!(self, Shape::Ring(_))
    }

    /// Whether some bonds of the antiferromagnet must be broken, other than those of sites with themselves.
    pub(crate) fn is_frustrated(self) -> bool {
        match self {
            Shape::Ring(n) => n % 2 == 1 && n > 1,
            Shape::Square(l) => l % 2 == 1 && l > 1,
            Shape::Rectangle(w, h) => {
                Shape::Ring(w).is_frustrated() || Shape::Ring(h).is_frustrated()
            }
        }
    }

    /// Every bond once: to the right and, on the torus, down.
    pub(crate) fn bonds(self) -> Vec<(usize, usize)> {
        match self {
            Shape::Ring(n) => (0..n).map(|i| (i, (i + 1) % n)).collect(),
            Shape::Square(l) => Shape::Rectangle(l, l).bonds(),
            Shape::Rectangle(w, h) => (0..w * h)
                .flat_map(|i| {
                    let (x, y) = (i % w, i / w);
                    [(i, y * w + (x + 1) % w), (i, (y + 1) % h * w + x)]
                })
                .collect(),
        }
    }
}

/// Spin i of a state: bit i, set for +1.
pub(crate) fn spin(state: usize, i: usize) -> i32 {
    if state >> i & 1 == 1 { 1 } else { -1 }
}

/// The state of some spins.
pub(crate) fn index(spins: &[i8]) -> usize {
    spins.iter().enumerate().fold(0, |state, (i, &s)| state | usize::from(s > 0) << i)
}

/// All 2^N states of a lattice and their probabilities.
pub(crate) struct Enumerated {
    pub(crate) shape: Shape,
    pub(crate) k: f64,
    pub(crate) h: f64,
    /// `sum_<ij> s_i s_j` of each state.
    pub(crate) bond_sums: Vec<i32>,
    pub(crate) probabilities: Vec<f64>,
    pub(crate) z: f64,
}

impl Enumerated {
    /// The Boltzmann distribution at `k`; infinity is the ground states.
    pub(crate) fn new(shape: Shape, k: f64) -> Self {
        Self::in_field(shape, k, 0.0)
    }

    /// The same in a field.
    pub(crate) fn in_field(shape: Shape, k: f64, h: f64) -> Self {
        let bonds = shape.bonds();
        let bond_sum = |s: usize| bonds.iter().map(|&(i, j)| spin(s, i) * spin(s, j)).sum::<i32>();
        let bond_sums: Vec<i32> = (0..1 << shape.sites()).map(bond_sum).collect();
        let extreme = if k < 0.0 { bond_sums.iter().min() } else { bond_sums.iter().max() };
        let ground = *extreme.expect("a state");
        let weight = |s: usize| {
            // Not infinity times 0.
            let excess = bond_sums[s] - ground;
            let bonds = if excess == 0 { 0.0 } else { k * f64::from(excess) };
            (bonds + h * f64::from(2 * s.count_ones() as i32 - shape.sites() as i32)).exp()
        };
        let weights: Vec<f64> = (0..bond_sums.len()).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        let probabilities = weights.iter().map(|w| w / sum).collect();
        Self { shape, k, h, bond_sums, probabilities, z: sum * (k * f64::from(ground)).exp() }
    }

    pub(crate) fn coupling(&self) -> Coupling {
        Coupling::new(self.k).expect("K is a number")
    }

    /// Sum over states of probability times `value(state)`.
    pub(crate) fn mean(&self, value: impl Fn(usize) -> f64) -> f64 {
        self.probabilities.iter().enumerate().map(|(s, p)| p * value(s)).sum()
    }

    pub(crate) fn energy_per_spin(&self, state: usize) -> f64 {
        -f64::from(self.bond_sums[state]) / self.shape.sites() as f64
    }

    pub(crate) fn magnetisation(&self, state: usize) -> f64 {
        let n = self.shape.sites() as f64;
        (2.0 * f64::from(state.count_ones()) - n) / n
    }

    pub(crate) fn smallest(&self) -> f64 {
        self.probabilities.iter().copied().fold(1.0, f64::min)
    }
}

/// Every state as spins. There is no public way to make given spins, so random ones are collected.
pub(crate) fn every_state(sites: usize) -> Vec<Spins> {
    let mut rng = stats::stream(1, "every-state", sites as u64);
    let mut found = vec![None; 1 << sites];
    let mut missing = found.len();
    while missing > 0 {
        let spins = Spins::random(sites, &mut rng);
        let place = &mut found[index(spins.as_slice())];
        missing -= usize::from(place.is_none());
        *place = Some(spins);
    }
    found.into_iter().flatten().collect()
}

/// Pearson's statistic of counts against probabilities, and its degrees of freedom.
///
/// Cells that expect fewer than 5 are pooled into one, which takes up further cells, the smallest first, until it
/// expects 5 itself. A count where none can be makes the statistic infinite.
fn pearson(counts: &[u64], probabilities: &[f64]) -> (f64, f64) {
    assert_eq!(counts.len(), probabilities.len());
    const MIN: f64 = 5.0;
    let total: u64 = counts.iter().sum();
    let mut cells: Vec<(f64, f64)> =
        counts.iter().zip(probabilities).map(|(&c, p)| (c as f64, p * total as f64)).collect();
    if cells.iter().any(|&(count, expected)| expected == 0.0 && count > 0.0) {
        return (f64::INFINITY, 1.0);
    }
    cells.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (mut pool, mut kept) = ((0.0, 0.0), Vec::new());
    for cell in cells {
        if cell.1 < MIN || (pool.1 > 0.0 && pool.1 < MIN) {
            pool = (pool.0 + cell.0, pool.1 + cell.1);
        } else {
            kept.push(cell);
        }
    }
    if pool.1 > 0.0 {
        kept.push(pool);
    }
    assert!(kept.len() > 1, "one cell cannot fail");
    let statistic = kept.iter().map(|(count, expected)| (count - expected).powi(2) / expected);
    (statistic.sum(), kept.len() as f64 - 1.0)
}

/// Whether counts of independent draws fit the probabilities: the error text, if not.
pub(crate) fn chi_square(counts: &[u64], probabilities: &[f64]) -> Result<(), String> {
    let (statistic, freedom) = pearson(counts, probabilities);
    let distribution = ChiSquared::new(freedom).expect("a degree of freedom");
    let critical = distribution.inverse_cdf(1.0 - level());
    if statistic <= critical {
        Ok(())
    } else {
        Err(format!("chi^2 = {statistic:.1} above {critical:.1} at {freedom} degrees of freedom"))
    }
}

/// How many standard errors a normal variable may lie from its mean, two-sided.
pub(crate) fn critical_z() -> f64 {
    Normal::standard().inverse_cdf(1.0 - 0.5 * level())
}

/// Asserts that `up` of `trials` fair coins is credible.
pub(crate) fn assert_fair(up: u64, trials: u64, what: &str) {
    let excess = (up as f64 - 0.5 * trials as f64).abs();
    assert!(excess <= critical_z() * 0.5 * (trials as f64).sqrt(), "{what}: {up} of {trials}");
}
