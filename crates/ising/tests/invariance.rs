//! No drift: states drawn exactly from the Boltzmann distribution still follow it after any number of sweeps.
//!
//! Invariance alone does not make a sampler right (see `irreducibility`), but with the starts in equilibrium there is
//! no burn-in to hide behind, and the draws are independent, so chi-square holds as it stands.

mod common;

use common::{Enumerated, Shape, chi_square, every_state, index, spin};
use ising::{HeatBath, Metropolis, RingTransfer, Sampler, Sweep};
use rand::RngExt;
use rand_pcg::Pcg64;

/// Independent chains of each test.
const CHAINS: u64 = 40_000;
/// Numbers of sweeps after which the chains are looked at.
const LOOKS: [u32; 3] = [1, 4, 16];
const COUPLINGS: [f64; 3] = [0.0, 0.4, 1.0];
const SHAPES: [Shape; 8] = [
    Shape::Ring(1),
    Shape::Ring(2),
    Shape::Ring(3),
    Shape::Ring(4),
    Shape::Ring(5),
    Shape::Ring(6),
    Shape::Square(2),
    Shape::Square(3),
];

/// A state at random by its probability, given the cumulative sums.
fn draw_state(cumulative: &[f64], rng: &mut Pcg64) -> usize {
    let u = rng.random::<f64>() * cumulative[cumulative.len() - 1];
    cumulative.partition_point(|&c| c <= u).min(cumulative.len() - 1)
}

/// Histograms of chains that start in equilibrium, one after each number of sweeps of [`LOOKS`].
fn histograms<S: Sampler>(
    exact: &Enumerated,
    sampler: &mut S,
    states: &[S::State],
    index: impl Fn(&S::State) -> usize,
) -> [Vec<u64>; LOOKS.len()]
where
    S::State: Clone,
{
    let mut rng = stats::stream(1, "invariance", exact.shape.sites() as u64);
    let mut sum = 0.0;
    let add = |p: &f64| {
        sum += p;
        sum
    };
    let cumulative: Vec<f64> = exact.probabilities.iter().map(add).collect();
    let mut counts = LOOKS.map(|_| vec![0; states.len()]);
    for _ in 0..CHAINS {
        let mut state = states[draw_state(&cumulative, &mut rng)].clone();
        let mut done = 0;
        for (look, counts) in LOOKS.iter().zip(&mut counts) {
            for _ in done..*look {
                sampler.sweep(&mut state, &mut rng);
            }
            done = *look;
            counts[index(&state)] += 1;
        }
    }
    counts
}

/// Asserts that a sampler of the crate does not drift.
fn assert_no_drift<S: Sampler<State = ising::Spins>>(exact: &Enumerated, sampler: &mut S) {
    let states = every_state(exact.shape.sites());
    let counts = histograms(exact, sampler, &states, |s| index(s.as_slice()));
    for (look, counts) in LOOKS.iter().zip(counts) {
        if let Err(text) = chi_square(&counts, &exact.probabilities) {
            panic!("{:?}, K = {}, after {look} sweeps: {text}", exact.shape, exact.k);
        }
    }
}

fn for_each_lattice(mut check: impl FnMut(&Enumerated)) {
    for shape in SHAPES {
        COUPLINGS.into_iter().for_each(|k| check(&Enumerated::new(shape, k)));
    }
}

#[test]
fn heat_bath_does_not_drift() {
    for_each_lattice(|exact| {
        let lattice = exact.shape.lattice();
        assert_no_drift(exact, &mut HeatBath::new(&lattice, exact.coupling()));
    });
}

#[test]
fn metropolis_does_not_drift() {
    for_each_lattice(|exact| {
        let lattice = exact.shape.lattice();
        assert_no_drift(exact, &mut Metropolis::new(&lattice, exact.coupling()));
    });
}

#[test]
fn exact_ring_draws_do_not_drift() {
    for_each_lattice(|exact| {
        if matches!(exact.shape, Shape::Ring(_)) {
            let lattice = exact.shape.lattice();
            let mut sampler = RingTransfer::new(&lattice, exact.coupling()).unwrap();
            assert_no_drift(exact, &mut sampler);
        }
    });
}

/// A kernel written here, on bits: some are wrong on purpose.
struct Kernel<F> {
    neighbours: Vec<Vec<usize>>,
    /// Whether a spin flips, given it, the sum of its neighbours and a uniform number.
    flips: F,
    /// The site flipped when site i was decided on: i, or for a classic bug another one.
    target: fn(usize) -> usize,
}

impl<F: Fn(i32, i32, f64) -> bool> Kernel<F> {
    fn new(shape: Shape, target: fn(usize) -> usize, flips: F) -> Self {
        let mut neighbours = vec![Vec::new(); shape.sites()];
        for (i, j) in shape.bonds() {
            neighbours[i].push(j);
            neighbours[j].push(i);
        }
        Self { neighbours, flips, target }
    }
}

impl<F: Fn(i32, i32, f64) -> bool> Sampler for Kernel<F> {
    type State = usize;
    fn sweep(&mut self, state: &mut usize, rng: &mut Pcg64) -> Sweep {
        let sites = self.neighbours.len();
        let mut flipped = 0;
        for _ in 0..sites {
            let site = rng.random_range(0..sites as u32) as usize;
            let field = self.neighbours[site].iter().map(|&j| spin(*state, j)).sum();
            if (self.flips)(spin(*state, site), field, rng.random()) {
                *state ^= 1 << (self.target)(site);
                flipped += 1;
            }
        }
        Sweep { attempted: sites as u64, flipped }
    }
}

/// At how many of [`LOOKS`] a kernel of this file is rejected.
fn rejections(
    shape: Shape,
    k: f64,
    target: fn(usize) -> usize,
    flips: impl Fn(i32, i32, f64) -> bool,
) -> usize {
    let exact = Enumerated::new(shape, k);
    let states: Vec<usize> = (0..1 << shape.sites()).collect();
    let mut kernel = Kernel::new(shape, target, flips);
    let counts = histograms(&exact, &mut kernel, &states, |&s| s);
    counts.iter().filter(|c| chi_square(c, &exact.probabilities).is_err()).count()
}

/// Heat bath at the field `x` = K times the sum of the neighbours: up with probability `1 / (1 + e^{-2x})`.
fn heat_bath(spin: i32, x: f64, u: f64) -> bool {
    (u < 1.0 / (1.0 + (-2.0 * x).exp())) != (spin > 0)
}

#[test]
fn wrong_kernels_are_rejected() {
    for shape in [Shape::Ring(5), Shape::Ring(6), Shape::Square(2), Shape::Square(3)] {
        for k in [0.4, 1.0] {
            let count = |scale: f64| {
                let flips = |s, f: i32, u| heat_bath(s, scale * k * f64::from(f), u);
                rejections(shape, k, |i| i, flips)
            };
            assert_eq!(count(1.0), 0, "{shape:?}, {k}: the right kernel");
            assert_eq!(count(0.5), LOOKS.len(), "{shape:?}, {k}: K in the place of 2K");
            assert!(count(0.9) > 0, "{shape:?}, {k}: K is 10 % too small");
            let metropolis = |s: i32, f: i32, u: f64| u < (-2.0 * k * f64::from(s * f)).exp();
            assert_eq!(rejections(shape, k, |i| i, metropolis), 0, "{shape:?}, {k}");
            let other_site = rejections(shape, k, |i| usize::from(i == 0), metropolis);
            assert!(other_site > 0, "{shape:?}, {k}: another spin than the one decided on");
        }
    }
}
