//! Exact draws of the torus against enumeration, Kaufman's energy and the exact distribution of the magnetisation.

mod common;

use common::{Enumerated, Shape, chi_square, critical_z, index};
use exact::square::critical_temperature;
use exact::torus::kaufman;
use exact::transfer::{Moments, magnetisation_probabilities};
use ising::{
    Algorithm, Coupling, Lattice, Samples, Schedule, Spins, TorusTransfer, chain, energy_per_spin,
    magnetisation, run,
};
use stats::Estimate;

const OBSERVABLES: [&str; 4] = ["energy", "|m|", "m^2", "m^4"];
const STATES: u32 = 200_000;
const AVERAGES: u32 = 20_000;

fn drawn(lattice: &Lattice, k: f64, draws: u32, seed: u64) -> Samples {
    let schedule = Schedule { burn_in: 0, stride: 1, draws, symmetrise: false };
    let coupling = Coupling::new(k).expect("K >= 0");
    chain(lattice, coupling, Algorithm::Transfer, schedule, seed).expect("short rows")
}

/// The series of each of [`OBSERVABLES`] over draws at `k` of the L x L torus.
fn series(side: usize, k: f64, seed: u64) -> [Vec<f64>; 4] {
    let lattice = Lattice::square(side).expect("a valid side");
    let samples = drawn(&lattice, k, AVERAGES, seed);
    let rows: Vec<Vec<i8>> = (0..samples.len()).map(|row| samples.row(row)).collect();
    let m = |power: i32| rows.iter().map(|r| magnetisation(r).abs().powi(power)).collect();
    [rows.iter().map(|r| energy_per_spin(&lattice, r)).collect(), m(1), m(2), m(4)]
}

/// Whether the averages are those of the L x L torus at `k`: the error text, if not.
fn fit(series: &[Vec<f64>; 4], side: usize, k: f64) -> Result<(), String> {
    let moments = Moments::of(&magnetisation_probabilities(side, k).expect("short rows"));
    let energy = kaufman(side, side, k).expect("K >= 0").energy_per_spin;
    let exact = [energy, moments.abs_m, moments.m2, moments.m4];
    for (i, name) in OBSERVABLES.iter().enumerate() {
        let estimate = Estimate::from_series(&series[i]);
        if estimate.sigmas_from(exact[i]) > critical_z() {
            return Err(format!("{name}: {estimate:?}, exactly {}", exact[i]));
        }
    }
    Ok(())
}

fn histogram(samples: &Samples) -> Vec<u64> {
    let mut counts = vec![0; 1 << samples.sites()];
    (0..samples.len()).for_each(|row| counts[index(&samples.row(row))] += 1);
    counts
}

#[test]
fn every_state_of_small_tori() {
    for side in [2, 3] {
        for k in [0.0, 0.1, 0.3, 0.44, 1.0, 3.0, f64::INFINITY] {
            let exact = Enumerated::new(Shape::Square(side), k);
            let counts = histogram(&drawn(&exact.shape.lattice(), k, STATES, 1));
            let fit = chi_square(&counts, &exact.probabilities);
            assert_eq!(fit, Ok(()), "side {side}, K = {k}");
        }
    }
}

#[test]
fn averages_around_the_critical_point() {
    for side in [6, 10] {
        for (seed, t) in [2.0, critical_temperature(), 2.6].into_iter().enumerate() {
            let series = series(side, t.recip(), seed as u64);
            assert_eq!(fit(&series, side, t.recip()), Ok(()), "side {side}, T = {t}");
        }
    }
}

#[test]
fn a_coupling_wrong_by_three_percent_is_noticed() {
    let k = critical_temperature().recip();
    for factor in [0.97, 1.03] {
        for side in [6, 10] {
            assert!(fit(&series(side, factor * k, 3), side, k).is_err(), "{side}, {factor}");
        }
        let exact = Enumerated::new(Shape::Square(3), k);
        let counts = histogram(&drawn(&exact.shape.lattice(), factor * k, STATES, 3));
        assert!(chi_square(&counts, &exact.probabilities).is_err(), "{factor}");
    }
}

#[test]
fn draws_are_independent() {
    for (i, data) in series(10, critical_temperature().recip(), 4).iter().enumerate() {
        let tau = Estimate::from_series(data).tau;
        // Madras-Sokal: Var(tau) = 2 (2W + 1) tau^2 / n with the window W = 6 tau = 3.
        let spread = 0.5 * (14.0 / data.len() as f64).sqrt();
        assert!((tau - 0.5).abs() < critical_z() * spread, "{}: {tau}", OBSERVABLES[i]);
    }
    // More than averages: two draws in a row have the product of the probabilities of each.
    let exact = Enumerated::new(Shape::Square(2), 0.3);
    let samples = drawn(&exact.shape.lattice(), 0.3, STATES, 5);
    let state = |row| index(&samples.row(row));
    let mut counts = vec![0; 256];
    (0..samples.len() / 2).for_each(|pair| counts[state(2 * pair) * 16 + state(2 * pair + 1)] += 1);
    let p = &exact.probabilities;
    let product: Vec<f64> = p.iter().flat_map(|a| p.iter().map(move |b| a * b)).collect();
    chi_square(&counts, &product).unwrap();
}

#[test]
fn a_ring_is_a_torus_of_width_one() {
    let exact = Enumerated::new(Shape::Ring(6), 0.5);
    let (lattice, rng) = (exact.shape.lattice(), &mut stats::stream(6, "ring", 0));
    let mut sampler = TorusTransfer::new(&lattice, exact.coupling()).unwrap();
    let schedule = Schedule { burn_in: 0, stride: 1, draws: STATES, symmetrise: false };
    let (state, mut counts) = (&mut Spins::random(6, rng), vec![0; 64]);
    run(&mut sampler, state, schedule, rng, |state, _| counts[index(state.as_slice())] += 1);
    chi_square(&counts, &exact.probabilities).unwrap();
}

#[test]
fn draws_in_a_field_have_its_distribution() {
    for (seed, (k, h)) in [(0.3, 0.4), (0.7, -0.1)].into_iter().enumerate() {
        let exact = Enumerated::in_field(Shape::Square(3), k, h);
        let (lattice, rng) = (exact.shape.lattice(), &mut stats::stream(7, "field", seed as u64));
        let mut sampler = TorusTransfer::in_field(&lattice, exact.coupling(), h).unwrap();
        let schedule = Schedule { burn_in: 0, stride: 1, draws: STATES, symmetrise: false };
        let (state, mut counts) = (&mut Spins::random(9, rng), vec![0; 512]);
        run(&mut sampler, state, schedule, rng, |state, _| counts[index(state.as_slice())] += 1);
        chi_square(&counts, &exact.probabilities).unwrap();
    }
    let lattice = Shape::Square(4).lattice();
    let minus = ising::Coupling::new(-0.3).unwrap();
    let refused = TorusTransfer::in_field(&lattice, minus, 0.1).err();
    assert!(matches!(refused, Some(ising::Error::FieldOf { field: 0.1, .. })));
}
