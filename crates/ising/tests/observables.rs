//! Summaries of samples against Kaufman, the distribution of the magnetisation, the closed form of the ring and sums over
//! all states.

mod common;

use common::{critical_z, spin};
use exact::Ring;
use exact::square::critical_temperature;
use exact::torus::kaufman;
use exact::transfer::{Moments, magnetisation_probabilities};
use ising::{Algorithm, Coupling, Error, Lattice, Samples, Schedule, Summary, chain};
use stats::Estimate;
use std::f64::consts::TAU;

const DRAWS: u32 = 20_000;

fn torus(width: usize, height: usize) -> Lattice {
    Lattice::rectangle(width, height).expect("valid sides")
}

fn coupling(k: f64) -> Coupling {
    Coupling::new(k).expect("a number")
}

fn drawn(lattice: &Lattice, k: f64, draws: u32, seed: u64) -> Samples {
    let schedule = Schedule { burn_in: 0, stride: 1, draws, symmetrise: false };
    chain(lattice, coupling(k), Algorithm::Transfer, schedule, seed).expect("short rows")
}

/// A summary of independent draws, half the time as if they were one chain.
fn summary(lattice: &Lattice, k: f64, seed: u64) -> Summary {
    let samples = drawn(lattice, k, DRAWS, seed);
    let chains = if seed.is_multiple_of(2) { 1 } else { samples.len() };
    Summary::of(lattice, &samples, 0..samples.len(), chains).expect("one coupling")
}

/// What a summary should say, name by name.
type Exact = Vec<(String, f64)>;

/// The error text where a summary does not say it.
fn fit(summary: &Summary, exact: &Exact) -> Result<(), String> {
    for (name, exact) in exact {
        let found = named(summary, name);
        if found.is_none_or(|found| found.sigmas_from(*exact) > critical_z()) {
            return Err(format!("{name}: {found:?}, exactly {exact}"));
        }
    }
    Ok(())
}

fn named(summary: &Summary, name: &str) -> Option<Estimate> {
    let distance = name.strip_prefix("C(").and_then(|rest| rest.strip_suffix(')')?.parse().ok());
    match name {
        "e" => Some(summary.energy_per_spin),
        "m" => Some(summary.m),
        "|m|" => Some(summary.abs_m),
        "m^2" => Some(summary.m2),
        "m^4" => Some(summary.m4),
        "C" => Some(summary.specific_heat),
        "chi" => Some(summary.susceptibility),
        "U" => summary.binder,
        "xi" => summary.correlation_length,
        _ => {
            let mut found = summary.correlations.iter();
            found.find(|(r, _)| Some(*r) == distance).map(|&(_, estimate)| estimate)
        }
    }
}

fn list(values: &[(&str, f64)]) -> Exact {
    values.iter().map(|&(name, value)| (name.to_owned(), value)).collect()
}

/// Closed forms and the exact distribution of the magnetisation, of squares.
fn of_square(side: usize, k: f64) -> Exact {
    let thermodynamics = kaufman(side, side, k).expect("K >= 0");
    let Moments { abs_m, m2, m4, .. } =
        Moments::of(&magnetisation_probabilities(side, k).expect("short rows"));
    let n = (side * side) as f64;
    list(&[
        ("e", thermodynamics.energy_per_spin),
        ("C", thermodynamics.specific_heat),
        ("m", 0.0),
        ("|m|", abs_m),
        ("m^2", m2),
        ("m^4", m4),
        ("chi", n * (m2 - abs_m * abs_m)),
        ("U", 1.0 - m4 / (3.0 * m2 * m2)),
    ])
}

/// Sums over all states of the torus, or the ring, from the definitions.
fn enumerated(lattice: &Lattice, k: f64) -> Exact {
    let (w, h, n) = (lattice.width(), lattice.height(), lattice.sites());
    let (mut z, mut energy, mut energy2) = (0.0, 0.0, 0.0);
    let mut products = vec![0.0; n * n];
    for state in 0..1 << n {
        let neighbours = (0..n).flat_map(|i| lattice.neighbours(i).iter().map(move |&j| (i, j)));
        let twice: i32 = neighbours.map(|(i, j)| spin(state, i) * spin(state, j as usize)).sum();
        let bonds = 0.5 * f64::from(twice);
        let weight = (k * bonds).exp();
        (z, energy) = (z + weight, energy - weight * bonds);
        energy2 += weight * bonds * bonds;
        for (pair, product) in products.iter_mut().enumerate() {
            *product += weight * f64::from(spin(state, pair / n) * spin(state, pair % n));
        }
    }
    products.iter_mut().for_each(|product| *product /= z);
    let (energy, energy2, sites) = (energy / z, energy2 / z, n as f64);
    // (1/N) sum over pairs of <s_i s_j> e^{ik(x_i - x_j)}, along one axis.
    let factor = |k: f64, place: &dyn Fn(usize) -> usize| -> f64 {
        let angle = |pair: usize| k * (place(pair / n) as f64 - place(pair % n) as f64);
        products.iter().enumerate().map(|(pair, p)| p * angle(pair).cos()).sum::<f64>() / sites
    };
    let momentum = TAU / w.max(h) as f64;
    let (x, y) = (factor(momentum, &|i| i % w), factor(momentum, &|i| i / w));
    let smallest = if w == h {
        0.5 * (x + y)
    } else if w > h {
        x
    } else {
        y
    };
    let whole = factor(0.0, &|_| 0);
    let xi = (whole / smallest - 1.0).sqrt() / (2.0 * (0.5 * momentum).sin());
    let heat = k * k * (energy2 - energy * energy) / sites;
    let mut exact = list(&[("e", energy / sites), ("C", heat), ("m^2", whole / sites), ("xi", xi)]);
    for r in [1, 2].into_iter().filter(|r| 2 * r <= if lattice.is_ring() { w } else { w.min(h) }) {
        let right = |i: usize| products[i * n + i / w * w + (i % w + r) % w];
        let below = |i: usize| products[i * n + (i / w + r) % h * w + i % w];
        let both = |i| if lattice.is_ring() { right(i) } else { 0.5 * (right(i) + below(i)) };
        exact.push((format!("C({r})"), (0..n).map(both).sum::<f64>() / sites));
    }
    exact
}

/// The ring from `<s_0 s_r>` in closed form.
fn of_ring(sites: usize, k: f64) -> Exact {
    let ring = Ring::new(sites, k).expect("K is finite");
    let n = sites as f64;
    let factor =
        |k: f64| -> f64 { (0..sites).map(|r| ring.correlation(r) * (k * r as f64).cos()).sum() };
    let (momentum, m2, m4) = (TAU / n, ring.v2() / n.powi(2), ring.v4() / n.powi(4));
    let xi = (factor(0.0) / factor(momentum) - 1.0).sqrt() / (2.0 * (0.5 * momentum).sin());
    let binder = 1.0 - m4 / (3.0 * m2 * m2);
    let energy = ring.energy_per_spin();
    let mut exact = list(&[("e", energy), ("m^2", m2), ("m^4", m4), ("U", binder), ("xi", xi)]);
    for r in [1, 2, 4, 8, 16, 32].into_iter().filter(|r| 2 * r <= sites) {
        exact.push((format!("C({r})"), ring.correlation(r)));
    }
    exact
}

#[test]
fn squares_have_kaufmans_heat_and_the_exact_moments() {
    for (seed, side) in [2, 3, 5, 8].into_iter().enumerate() {
        for t in [1.5, critical_temperature(), 3.0] {
            let found = summary(&torus(side, side), t.recip(), seed as u64);
            assert_eq!(fit(&found, &of_square(side, t.recip())), Ok(()), "side {side}, T = {t}");
        }
    }
}

#[test]
fn small_lattices_have_the_sums_over_all_states() {
    let shapes = [(3, 3), (4, 4), (3, 4), (4, 3), (2, 4), (5, 1), (1, 4), (2, 2)];
    let tori = shapes.map(|(w, h)| torus(w, h));
    let rings = [2, 5, 9].map(|n| Lattice::ring(n).expect("a valid side"));
    for (seed, lattice) in tori.iter().chain(&rings).enumerate() {
        for k in [0.1, 0.44] {
            let found = summary(lattice, k, seed as u64);
            assert_eq!(fit(&found, &enumerated(lattice, k)), Ok(()), "{lattice:?}, K = {k}");
        }
    }
}

#[test]
fn rings_have_their_closed_form() {
    // Couplings at which xi is no small part of the ring: else it drowns in its error, and is found by chance only.
    let rings = [(7, 0.2), (7, 1.0), (64, 0.8), (64, 1.5), (100, 1.5), (130, 2.5)];
    for (seed, (sites, k)) in rings.into_iter().enumerate() {
        let found = summary(&Lattice::ring(sites).expect("a valid side"), k, seed as u64);
        assert_eq!(fit(&found, &of_ring(sites, k)), Ok(()), "{sites} sites, K = {k}");
    }
}

#[test]
fn an_antiferromagnetic_ring_has_no_correlation_length() {
    // Its S(k) grows with k.
    let lattice = Lattice::ring(6).expect("a valid side");
    let schedule = Schedule { burn_in: 100, stride: 1, draws: DRAWS, symmetrise: false };
    let samples = chain(&lattice, coupling(-0.3), Algorithm::HeatBath, schedule, 1);
    let samples = samples.expect("a schedule");
    let found = Summary::of(&lattice, &samples, 0..samples.len(), 1).expect("one coupling");
    assert_eq!(found.correlation_length, None);
    let exact = of_ring(6, -0.3).into_iter().filter(|(name, _)| name != "xi").collect();
    assert_eq!(fit(&found, &exact), Ok(()));
}

#[test]
fn a_coupling_wrong_by_five_percent_is_noticed() {
    // By each number for itself, so that none is idle.
    let k = critical_temperature().recip();
    let (square, small) = (torus(8, 8), torus(4, 4));
    for (factor, seed) in [(0.95, 1), (1.05, 2)] {
        let (of_8, of_4) = (summary(&square, factor * k, seed), summary(&small, factor * k, seed));
        let exact = of_square(8, k);
        for one in exact.into_iter().filter(|(name, _)| !["m", "C"].contains(&name.as_str())) {
            assert!(fit(&of_8, &vec![one.clone()]).is_err(), "{one:?}, {factor}");
        }
        for one in enumerated(&small, k).into_iter().filter(|(name, _)| name != "C") {
            assert!(fit(&of_4, &vec![one.clone()]).is_err(), "{one:?}, {factor}");
        }
    }
    // The specific heat has its maximum nearby; on its slope it is as sharp.
    let heat = |k| list(&[("C", kaufman(8, 8, k).expect("K >= 0").specific_heat)]);
    for factor in [0.95, 1.05] {
        assert!(fit(&summary(&square, factor * 0.3, 3), &heat(0.3)).is_err(), "{factor}");
    }
}

/// How many of 400 summaries of few draws have each exact value within one error.
fn within(chains: usize) -> Vec<(String, f64)> {
    let (lattice, k, draws) = (torus(4, 4), 0.4, 400);
    let exact = [enumerated(&lattice, k), of_square(4, k)].concat();
    let samples = drawn(&lattice, k, 400 * draws, 1);
    let sets: Vec<Summary> = (0..400)
        .map(|set| {
            let rows = set * draws as usize..(set + 1) * draws as usize;
            Summary::of(&lattice, &samples, rows, chains).expect("one coupling")
        })
        .collect();
    let count = |(name, exact): &(String, f64)| {
        let inside = |set: &&Summary| named(set, name).is_some_and(|e| e.sigmas_from(*exact) < 1.0);
        (name.clone(), sets.iter().filter(inside).count() as f64)
    };
    exact.iter().map(count).collect()
}

#[test]
fn errors_cover_at_their_stated_rate() {
    for chains in [1, 20, 400] {
        for (name, inside) in within(chains) {
            let tolerance = critical_z() * (400.0 * 0.6827 * 0.3173f64).sqrt();
            assert!((inside - 400.0 * 0.6827).abs() < tolerance, "{name}: {inside} of 400");
        }
    }
}

#[test]
fn correlated_chains_have_errors_that_know_it() {
    // Four chains at T_c, and of an antiferromagnet that is a ferromagnet in disguise.
    let lattice = torus(8, 8);
    let t_c = critical_temperature().recip();
    for (k, algorithm) in
        [(t_c, Algorithm::HeatBath), (t_c, Algorithm::Metropolis), (-0.4, Algorithm::HeatBath)]
    {
        let schedule = Schedule { burn_in: 1000, stride: 1, draws: 10_000, symmetrise: false };
        let mut samples = Samples::new(64);
        for seed in 0..4 {
            let one = chain(&lattice, coupling(k), algorithm, schedule, seed);
            samples.append(&one.expect("a schedule")).expect("one size");
        }
        let of = |chains| Summary::of(&lattice, &samples, 0..samples.len(), chains);
        let (found, naive) = (of(4).expect("one coupling"), of(40_000).expect("one coupling"));
        let exact = kaufman(8, 8, k).expect("even sides");
        let exact = match k > 0.0 {
            true => of_square(8, k),
            false => list(&[("e", exact.energy_per_spin), ("C", exact.specific_heat)]),
        };
        assert_eq!(fit(&found, &exact), Ok(()), "{algorithm:?} at {k}");
        assert!(found.energy_per_spin.tau > 2.0);
        assert!(found.specific_heat.error > 1.25 * naive.specific_heat.error);
        assert!(k < 0.0 || found.abs_m.error > 2.0 * naive.abs_m.error);
    }
}

#[test]
fn the_ends_of_temperature() {
    let lattice = torus(4, 4);
    let of = |k: f64| {
        let samples = drawn(&lattice, k, 100, 1);
        Summary::of(&lattice, &samples, 0..100, 100).expect("one coupling")
    };
    let frozen = of(f64::INFINITY);
    assert_eq!((frozen.energy_per_spin.mean, frozen.energy_per_spin.error), (-2.0, 0.0));
    assert_eq!((frozen.abs_m.mean, frozen.m4.mean), (1.0, 1.0));
    assert_eq!(frozen.specific_heat, Estimate::exact(0.0));
    assert_eq!((frozen.susceptibility.mean, frozen.susceptibility.error), (0.0, 0.0));
    assert_eq!(frozen.binder.map(|u| (u.mean, u.error)), Some((1.0 - 1.0 / 3.0, 0.0)));
    assert_eq!(frozen.correlation_length, None);
    assert_eq!(frozen.correlations.len(), 2);
    assert!(frozen.correlations.iter().all(|(_, c)| (c.mean, c.error) == (1.0, 0.0)));
    let hot = of(0.0);
    assert_eq!((hot.specific_heat.mean, hot.specific_heat.error), (0.0, 0.0));
    // Barely below infinite K nothing moves either, and no product overflows.
    assert_eq!(of(f64::MAX).specific_heat.mean, 0.0);
    let single = torus(1, 1);
    let summary =
        Summary::of(&single, &drawn(&single, 0.4, 10, 1), 0..10, 1).expect("one coupling");
    assert_eq!((summary.correlation_length, summary.correlations.len()), (None, 0));
    assert_eq!(summary.energy_per_spin.mean, -2.0);
}

#[test]
fn rows_that_do_not_belong_together_are_refused() {
    let lattice = torus(3, 3);
    let mut samples = drawn(&lattice, 0.5, 10, 1);
    samples.append(&drawn(&lattice, 0.25, 10, 2)).expect("one size");
    let of = |lattice: &Lattice, rows| Summary::of(lattice, &samples, rows, 1);
    assert_eq!(of(&lattice, 5..15), Err(Error::Couplings { first: 0.5, other: 0.25 }));
    assert_eq!(of(&torus(2, 4), 0..10), Err(Error::Sites { expected: 8, found: 9 }));
    assert_eq!(of(&lattice, 10..20).map(|summary| summary.coupling), Ok(coupling(0.25)));
}
