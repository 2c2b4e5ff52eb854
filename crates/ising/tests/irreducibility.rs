//! Every configuration can be reached: what the no-drift test cannot see.
//!
//! An ordered Metropolis sweep keeps the Boltzmann distribution, and yet 240 of the 256 states of a ring of 8 are
//! never seen from the aligned one; so do random sites at K = 0 with an even number of certain flips a sweep.

mod common;

use common::{Enumerated, Shape, index, level, spin};
use ising::{HeatBath, Metropolis, Order, RingTransfer, Sampler, Spins, TorusTransfer};
use std::collections::BTreeSet;

const SHAPES: [Shape; 7] = [
    Shape::Ring(2),
    Shape::Ring(3),
    Shape::Ring(4),
    Shape::Ring(5),
    Shape::Ring(6),
    Shape::Square(2),
    Shape::Square(3),
];

/// Asserts that all states are seen within the sweeps that miss one with a probability of at most [`level`], when
/// each sweep hits any given state with probability `least` or more: `2^N (1 - least)^sweeps <= level`.
fn assert_reaches_all<S: Sampler<State = Spins>>(exact: &Enumerated, sampler: &mut S, least: f64) {
    let states = exact.probabilities.len();
    let most = ((states as f64 / level()).ln() / -(-least).ln_1p()).ceil() as u64;
    let mut rng = stats::stream(1, "irreducibility", states as u64);
    let mut state = Spins::ground_state(exact.shape.sites(), &mut rng);
    while state.as_slice()[0] < 0 {
        state = Spins::ground_state(exact.shape.sites(), &mut rng);
    }
    let mut seen = vec![false; states];
    let mut missing = states;
    for _ in 0..most {
        sampler.sweep(&mut state, &mut rng);
        let place = &mut seen[index(state.as_slice())];
        missing -= usize::from(!*place);
        *place = true;
        if missing == 0 {
            return;
        }
    }
    let Enumerated { shape, k, h, .. } = exact;
    panic!("{shape:?}, K = {k}, H = {h}: {missing} of {states} not seen in {most}");
}

/// The largest `2 |K neighbours + H|` of a lattice.
fn strongest(exact: &Enumerated) -> f64 {
    2.0 * (exact.k.abs() * exact.shape.lattice().degree() as f64 + exact.h.abs())
}

/// The share of the words of N sites that name every site.
fn words(shape: Shape) -> f64 {
    let n = shape.sites();
    (1..=n).map(|i| i as f64 / n as f64).product()
}

#[test]
fn heat_bath_reaches_every_state() {
    for shape in SHAPES {
        for (k, h) in [(0.0, 0.0), (0.1, 0.0), (0.3, 0.0), (-0.3, 0.0), (0.2, 0.4), (-0.2, -0.4)] {
            let exact = Enumerated::in_field(shape, k, h);
            let lattice = shape.lattice();
            // Each site takes the wanted value with probability 1 / (1 + e^{2 (|K| degree + |H|)}) or more.
            let least = (-(shape.sites() as f64) * strongest(&exact).exp().ln_1p()).exp();
            for order in [Order::Sequential, Order::Checkerboard, Order::Random] {
                let sampler = HeatBath::new(&lattice, exact.coupling()).in_order(order);
                let visited = if order == Order::Random { words(shape) } else { 1.0 };
                let sampler = &mut sampler.in_field(h).unwrap();
                assert_reaches_all(&exact, sampler, visited * least);
            }
        }
    }
}

#[test]
fn metropolis_reaches_every_state() {
    for shape in SHAPES {
        for (k, h) in [(0.0, 0.0), (0.02, 0.0), (0.1, 0.0), (-0.1, 0.0), (0.05, 0.1), (-0.05, -0.1)]
        {
            let exact = Enumerated::in_field(shape, k, h);
            let lattice = shape.lattice();
            // Of N or N - 1 attempts, whichever has the parity of the change, all are made at wanted sites and accepted
            // with probability e^{-2 (|K| degree + |H|)} or more.
            let accepted = (-(shape.sites() as f64) * strongest(&exact)).exp();
            let sampler = Metropolis::new(&lattice, exact.coupling()).in_field(h);
            assert_reaches_all(&exact, &mut sampler.unwrap(), 0.5 * words(shape) * accepted);
        }
    }
}

#[test]
fn exact_draws_reach_every_state() {
    for shape in SHAPES {
        for k in [0.0, 0.3, 1.0, -0.3, -1.0] {
            let exact = Enumerated::new(shape, k);
            let lattice = shape.lattice();
            if shape.is_ring() {
                let mut sampler = RingTransfer::new(&lattice, exact.coupling()).unwrap();
                assert_reaches_all(&exact, &mut sampler, exact.smallest());
            } else if k.abs() < 1.0 && (k >= 0.0 || !shape.is_frustrated()) {
                let mut sampler = TorusTransfer::new(&lattice, exact.coupling()).unwrap();
                assert_reaches_all(&exact, &mut sampler, exact.smallest());
            }
        }
    }
}

/// Ordered sweeps at a finite K > 0: the sites in turn, each with all outcomes of positive probability.
fn after_ordered_sweep(
    shape: Shape,
    start: usize,
    outcomes: fn(usize, usize, i32) -> Vec<usize>,
) -> BTreeSet<usize> {
    let mut field_of = vec![Vec::new(); shape.sites()];
    for (i, j) in shape.bonds() {
        field_of[i].push(j);
        field_of[j].push(i);
    }
    let mut states = BTreeSet::from([start]);
    for (site, neighbours) in field_of.iter().enumerate() {
        let next = |&s: &usize| {
            let field: i32 = neighbours.iter().map(|&j| spin(s, j)).sum();
            outcomes(s, site, field * spin(s, site))
        };
        states = states.iter().flat_map(next).collect();
    }
    states
}

/// All states that ordered sweeps lead to from "all up".
fn reachable(shape: Shape, outcomes: fn(usize, usize, i32) -> Vec<usize>) -> BTreeSet<usize> {
    let mut open = vec![(1 << shape.sites()) - 1];
    let mut seen = BTreeSet::from([open[0]]);
    while let Some(state) = open.pop() {
        let new: Vec<_> =
            after_ordered_sweep(shape, state, outcomes).difference(&seen).copied().collect();
        seen.extend(&new);
        open.extend(new);
    }
    seen
}

/// A move that does not raise the energy is certain.
fn metropolis(state: usize, site: usize, aligned: i32) -> Vec<usize> {
    let flipped = state ^ 1 << site;
    if aligned <= 0 { vec![flipped] } else { vec![state, flipped] }
}

fn heat_bath(state: usize, site: usize, _: i32) -> Vec<usize> {
    vec![state, state ^ 1 << site]
}

#[test]
fn ordered_metropolis_is_reducible_and_ordered_heat_bath_is_not() {
    // Numbers of states from an independent enumeration.
    assert_eq!(reachable(Shape::Ring(8), metropolis).len(), 16);
    assert_eq!(reachable(Shape::Ring(10), metropolis).len(), 20);
    assert_eq!(reachable(Shape::Ring(8), heat_bath).len(), 256);
    assert_eq!(reachable(Shape::Square(3), heat_bath).len(), 512);
}
