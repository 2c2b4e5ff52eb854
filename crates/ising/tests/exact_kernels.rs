//! The kernels' own probabilities, read off with chosen random bits, keep the Boltzmann distribution to rounding.
//!
//! No sampling error: a decision is `bits < threshold`, and bisection over the bits finds the threshold. The price is
//! that the tests know which words a sweep takes from its generator.

mod common;

use common::{Enumerated, Shape, every_state, index, spin};
use ising::{HeatBath, Metropolis, Order, RingTransfer, Spins};
use rand::TryRng;
use std::convert::Infallible;

/// Probabilities are sums and products of a few dozen rounded numbers.
const ROUNDING: f64 = 64.0 * f64::EPSILON;
/// Couplings and fields.
const SETTINGS: [(f64, f64); 7] =
    [(0.0, 0.0), (0.4, 0.0), (1.0, 0.0), (-0.4, 0.0), (-1.0, 0.0), (0.4, -0.7), (-0.4, 0.3)];
const SHAPES: [Shape; 8] = [
    Shape::Ring(1),
    Shape::Ring(2),
    Shape::Ring(3),
    Shape::Ring(6),
    Shape::Square(2),
    Shape::Square(3),
    Shape::Rectangle(1, 4),
    Shape::Rectangle(3, 2),
];

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

/// The probabilities of an event that happens for all bits below a threshold, and of its complement, each with all of
/// its digits.
fn probability(mut happens: impl FnMut(u64) -> bool) -> [f64; 2] {
    if happens(u64::MAX) {
        return [1.0, 0.0];
    }
    // The threshold is in low..=high.
    let (mut low, mut high) = (0, u64::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if happens(middle) { low = middle + 1 } else { high = middle }
    }
    let complement = if low == 0 { 1.0 } else { low.wrapping_neg() as f64 * 0.5f64.powi(64) };
    [low as f64 * 0.5f64.powi(64), complement]
}

/// A word that chooses this one of so many sites: the middle of those that do.
fn choice(site: usize, sites: usize) -> u32 {
    ((((site as u64) << 32) + (1 << 31)) / sites as u64) as u32
}

/// The heat bath's probabilities that spin `site` of `state` is drawn up and down, as decision number `turn` of a sweep
/// that takes the words `short` and, for its other decisions, `bits`.
fn probability_up(
    sampler: &mut HeatBath<'_>,
    state: &Spins,
    site: usize,
    (short, mut bits, turn): (Vec<u32>, Vec<u64>, usize),
) -> [f64; 2] {
    probability(|chosen| {
        bits[turn] = chosen;
        let mut moved = state.clone();
        sampler.sweep_with(&mut moved, &mut Script::new(short.clone(), bits.clone()));
        moved.as_slice()[site] > 0
    })
}

/// The script of a sweep in this order of the sites: all but one are kept by extreme bits.
fn keep_others(state: &Spins, site: usize, order: &[usize]) -> (Vec<u32>, Vec<u64>, usize) {
    let keep = |&i: &usize| if state.as_slice()[i] > 0 { 0 } else { u64::MAX };
    let turn = order.iter().position(|&i| i == site).expect("every site has its turn");
    (Vec::new(), order.iter().map(keep).collect(), turn)
}

/// The script of a sweep that is all at one site, so that the last decision counts.
fn stay_at(site: usize, sites: usize) -> (Vec<u32>, Vec<u64>, usize) {
    (vec![choice(site, sites); sites], vec![0; sites], sites - 1)
}

/// Metropolis' probability to flip spin `site` of `state`: the first move of a sweep that is all at this site.
///
/// The others get the largest bits, so that they make certain moves only, and a sweep without any flip is one
/// whose first move was refused.
fn probability_flip(sampler: &mut Metropolis<'_>, state: &Spins, site: usize) -> f64 {
    let sites = state.as_slice().len();
    // The leading 0 is the coin: do not idle.
    let short: Vec<u32> = std::iter::once(0).chain(vec![choice(site, sites); sites]).collect();
    let [flip, _] = probability(|chosen| {
        let mut bits = vec![u64::MAX; sites];
        bits[0] = chosen;
        let mut moved = state.clone();
        let sweep = sampler.sweep_with(&mut moved, &mut Script::new(short.clone(), bits));
        sweep.flipped > 0
    });
    flip
}

fn for_each_setting(mut check: impl FnMut(&Enumerated, &[Spins])) {
    for shape in SHAPES {
        let states = every_state(shape.sites());
        for (i, spins) in states.iter().enumerate() {
            assert_eq!(index(spins.as_slice()), i);
        }
        for (k, h) in SETTINGS {
            check(&Enumerated::in_field(shape, k, h), &states);
        }
    }
}

fn assert_stationary(exact: &Enumerated, after: &[f64], what: &str) {
    for (state, (p, q)) in exact.probabilities.iter().zip(after).enumerate() {
        let Enumerated { shape, k, h, .. } = exact;
        let place = format!("{shape:?}, K = {k}, H = {h}, {what}, state {state}");
        assert!((p - q).abs() < ROUNDING, "{place}: {p} becomes {q}");
    }
}

/// Asserts that with `flip(state, site)` the probability to flip a chosen spin, as many flip as flip back.
fn assert_detailed_balance(exact: &Enumerated, flip: impl Fn(usize, usize) -> f64) {
    for (state, p) in exact.probabilities.iter().enumerate() {
        for site in 0..exact.shape.sites() {
            let other = state ^ 1 << site;
            let (out, back) =
                (p * flip(state, site), exact.probabilities[other] * flip(other, site));
            let Enumerated { shape, k, h, .. } = exact;
            let place = format!("{shape:?}, K = {k}, H = {h}, state {state}, site {site}");
            assert!((out - back).abs() < ROUNDING * out.max(back), "{place}: {out} and {back}");
        }
    }
}

/// The sites in the order of the heat bath's fixed orders, found apart from the crate.
fn visits(order: Order, shape: Shape) -> Vec<usize> {
    let width = match shape {
        Shape::Ring(n) | Shape::Square(n) | Shape::Rectangle(n, _) => n,
    };
    let mut sites: Vec<usize> = (0..shape.sites()).collect();
    if order == Order::Checkerboard {
        sites.sort_by_key(|i| (i % width + i / width) % 2);
    }
    sites
}

#[test]
fn every_heat_bath_update_keeps_the_distribution() {
    for_each_setting(|exact, states| {
        let lattice = exact.shape.lattice();
        for order in [Order::Sequential, Order::Checkerboard] {
            let sampler = HeatBath::new(&lattice, exact.coupling()).in_order(order);
            let mut sampler = sampler.in_field(exact.h).unwrap();
            let visits = visits(order, exact.shape);
            for site in 0..exact.shape.sites() {
                let mut after = vec![0.0; states.len()];
                for (s, p) in exact.probabilities.iter().enumerate() {
                    let script = keep_others(&states[s], site, &visits);
                    let [up, down] = probability_up(&mut sampler, &states[s], site, script);
                    after[s | 1 << site] += p * up;
                    after[s & !(1 << site)] += p * down;
                }
                assert_stationary(exact, &after, &format!("{order:?}, site {site}"));
            }
        }
    });
}

#[test]
fn random_heat_bath_is_in_detailed_balance() {
    for_each_setting(|exact, states| {
        let (lattice, sites) = (exact.shape.lattice(), exact.shape.sites());
        let sampler = HeatBath::new(&lattice, exact.coupling()).in_order(Order::Random);
        let mut sampler = sampler.in_field(exact.h).unwrap();
        let mut flips = |s: usize, i| {
            // The sites before the last decision draw this very spin.
            let [up, down] = probability_up(&mut sampler, &states[s], i, stay_at(i, sites));
            if spin(s, i) > 0 { down } else { up }
        };
        let flips: Vec<Vec<f64>> =
            (0..states.len()).map(|s| (0..sites).map(|i| flips(s, i)).collect()).collect();
        assert_detailed_balance(exact, |state, site| flips[state][site]);
    });
}

#[test]
fn metropolis_is_in_detailed_balance() {
    for_each_setting(|exact, states| {
        let (lattice, sites) = (exact.shape.lattice(), exact.shape.sites());
        let sampler = Metropolis::new(&lattice, exact.coupling());
        let mut sampler = sampler.in_field(exact.h).unwrap();
        let mut flips =
            |s: &Spins| (0..sites).map(|i| probability_flip(&mut sampler, s, i)).collect();
        let flips: Vec<Vec<f64>> = states.iter().map(&mut flips).collect();
        assert_detailed_balance(exact, |state, site| flips[state][site]);
        let mut after = exact.probabilities.clone();
        for (s, flips) in flips.iter().enumerate() {
            for (i, flip) in flips.iter().enumerate() {
                let flow = exact.probabilities[s] * flip / sites as f64;
                after[s] -= flow;
                after[s ^ 1 << i] += flow;
            }
        }
        assert_stationary(exact, &after, "random site");
    });
}

/// The probability that a ring is drawn as `state`: that of the first spin times one for each further spin.
fn probability_of_ring(sampler: &mut RingTransfer, k: f64, state: &Spins) -> f64 {
    let spins = state.as_slice();
    let coin = if spins[0] > 0 { u32::MAX } else { 0 };
    let (mut bits, mut product) = (vec![0; spins.len() - 1], 0.5);
    for i in 1..spins.len() {
        let satisfied = |a: i8, b: i8| (a == b) == (k >= 0.0);
        let [keeps, breaks] = probability(|chosen| {
            bits[i - 1] = chosen;
            let mut drawn = state.clone();
            sampler.sweep_with(&mut drawn, &mut Script::new(vec![coin], bits.clone()));
            satisfied(drawn.as_slice()[i - 1], drawn.as_slice()[i])
        });
        let wanted = satisfied(spins[i - 1], spins[i]);
        bits[i - 1] = if wanted { 0 } else { u64::MAX };
        product *= if wanted { keeps } else { breaks };
        if product == 0.0 {
            break;
        }
    }
    product
}

#[test]
fn exact_draws_of_rings_have_their_probabilities() {
    for n in [1, 2, 3, 4, 5, 8] {
        let states = every_state(n);
        for k in [0.0, 1e-9, 0.4, 1.0, 3.0, 20.0, 1e3, f64::INFINITY] {
            for k in [k, -k] {
                let exact = Enumerated::new(Shape::Ring(n), k);
                let mut sampler =
                    RingTransfer::new(&exact.shape.lattice(), exact.coupling()).unwrap();
                for (state, p) in states.iter().zip(&exact.probabilities) {
                    let q = probability_of_ring(&mut sampler, k, state);
                    // All digits, also of what is rare, until 64 bits cannot say it.
                    let tolerance = ROUNDING * p + n as f64 * 0.5f64.powi(65);
                    assert!((p - q).abs() <= tolerance, "{n}, {k}, {state:?}: {p} is {q}");
                }
            }
        }
    }
}
