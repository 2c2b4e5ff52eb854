//! The kernels' own probabilities, read off with chosen random bits, keep the Boltzmann distribution to rounding.
//!
//! No sampling error: a decision is `bits < threshold`, and bisection over the bits finds the threshold. The price is
//! that the tests know which words a sweep takes from its generator.

mod common;

use common::{Enumerated, Shape, every_state, index};
use ising::{HeatBath, Metropolis, Sampler, Spins};
use rand::TryRng;
use std::convert::Infallible;

/// Probabilities are sums and products of a few dozen rounded numbers.
const ROUNDING: f64 = 64.0 * f64::EPSILON;
const COUPLINGS: [f64; 3] = [0.0, 0.4, 1.0];
const SHAPES: [Shape; 5] =
    [Shape::Ring(2), Shape::Ring(3), Shape::Ring(6), Shape::Square(2), Shape::Square(3)];

/// A generator that says what it is told, and panics when asked for more.
struct Script {
    short: std::vec::IntoIter<u32>,
    long: std::vec::IntoIter<u64>,
}

impl Script {
    fn new(short: Vec<u32>, long: Vec<u64>) -> Self {
        Self { short: short.into_iter(), long: long.into_iter() }
    }
}

impl TryRng for Script {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.short.next().expect("a scripted u32"))
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.long.next().expect("a scripted u64"))
    }
    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
        panic!("no bytes are scripted")
    }
}

/// The probability of an event that happens for all bits below a threshold.
fn probability(mut happens: impl FnMut(u64) -> bool) -> f64 {
    if happens(u64::MAX) {
        return 1.0;
    }
    // The threshold is in low..=high.
    let (mut low, mut high) = (0, u64::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if happens(middle) { low = middle + 1 } else { high = middle }
    }
    low as f64 * 0.5f64.powi(64)
}

/// The heat bath's probability that spin `site` is drawn up from `state`, all others being kept by extreme bits.
fn probability_up(sampler: &mut HeatBath<'_>, state: &Spins, site: usize) -> f64 {
    let mut bits: Vec<u64> =
        state.as_slice().iter().map(|&s| if s > 0 { 0 } else { u64::MAX }).collect();
    probability(|chosen| {
        bits[site] = chosen;
        let mut moved = state.clone();
        sampler.sweep(&mut moved, &mut Script::new(Vec::new(), bits.clone()));
        moved.as_slice()[site] > 0
    })
}

/// Metropolis' probability to flip spin `site` of `state`: the first move of a sweep that is all at this site.
///
/// The others get the largest bits, so that they make certain moves only, and a sweep without any flip is one
/// whose first move was refused.
fn probability_flip(sampler: &mut Metropolis<'_>, state: &Spins, site: usize) -> f64 {
    let sites = state.as_slice().len();
    // The middle of the words that choose this site.
    let word = (((site as u64) << 32) + (1 << 31)) / sites as u64;
    // The leading 0 is the coin: do not idle.
    let short: Vec<u32> = std::iter::once(0).chain(vec![word as u32; sites]).collect();
    probability(|chosen| {
        let mut bits = vec![u64::MAX; sites];
        bits[0] = chosen;
        let sweep = sampler.sweep(&mut state.clone(), &mut Script::new(short.clone(), bits));
        sweep.flipped > 0
    })
}

fn for_each_lattice(mut check: impl FnMut(&Enumerated, &[Spins])) {
    for shape in SHAPES {
        let states = every_state(shape.sites());
        for (i, spins) in states.iter().enumerate() {
            assert_eq!(index(spins.as_slice()), i);
        }
        COUPLINGS.into_iter().for_each(|k| check(&Enumerated::new(shape, k), &states));
    }
}

fn assert_stationary(exact: &Enumerated, after: &[f64], what: &str) {
    for (state, (p, q)) in exact.probabilities.iter().zip(after).enumerate() {
        let place = format!("{:?}, K = {}, {what}, state {state}", exact.shape, exact.k);
        assert!((p - q).abs() < ROUNDING, "{place}: {p} becomes {q}");
    }
}

#[test]
fn every_heat_bath_update_keeps_the_distribution() {
    for_each_lattice(|exact, states| {
        let lattice = exact.shape.lattice();
        let mut sampler = HeatBath::new(&lattice, exact.coupling());
        for site in 0..exact.shape.sites() {
            let mut after = vec![0.0; states.len()];
            for (s, p) in exact.probabilities.iter().enumerate() {
                let up = probability_up(&mut sampler, &states[s], site);
                after[s | 1 << site] += p * up;
                after[s & !(1 << site)] += p * (1.0 - up);
            }
            assert_stationary(exact, &after, &format!("site {site}"));
        }
    });
}

#[test]
fn metropolis_is_in_detailed_balance() {
    for_each_lattice(|exact, states| {
        let lattice = exact.shape.lattice();
        let sites = exact.shape.sites();
        let mut sampler = Metropolis::new(&lattice, exact.coupling());
        // Flow from each state through the flip of each site.
        let flows: Vec<Vec<f64>> = states
            .iter()
            .zip(&exact.probabilities)
            .map(|(s, p)| (0..sites).map(|i| p * probability_flip(&mut sampler, s, i)).collect())
            .collect();
        let mut after = exact.probabilities.clone();
        for (s, flows_out) in flows.iter().enumerate() {
            for (i, out) in flows_out.iter().enumerate() {
                let back = flows[s ^ 1 << i][i];
                assert!((out - back).abs() < ROUNDING * out.max(back), "{:?}", exact.shape);
                after[s] -= out / sites as f64;
                after[s ^ 1 << i] += out / sites as f64;
            }
        }
        assert_stationary(exact, &after, "random site");
    });
}
