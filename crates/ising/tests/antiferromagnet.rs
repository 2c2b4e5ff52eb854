//! The antiferromagnet at finite temperature: on even lattices the ferromagnet flipped, on odd ones frustrated.

mod common;

use common::averages::{assert_averages, hot_and_cold, of_samples, series};
use common::{Enumerated, Shape, chi_square, index};
use exact::Ring;
use exact::torus::kaufman;
use exact::transfer::{Moments, magnetisation_probabilities};
use ising::{
    Algorithm, Coupling, HeatBath, Lattice, Metropolis, Schedule, chain, energy_per_spin,
    magnetisation,
};

const SCHEDULE: Schedule = Schedule { burn_in: 1000, stride: 2, draws: 15_000, symmetrise: false };
const ALGORITHMS: [Algorithm; 3] =
    [Algorithm::Metropolis, Algorithm::HeatBath, Algorithm::Transfer];

fn coupling(k: f64) -> Coupling {
    Coupling::new(k).expect("K is a number")
}

/// Magnetisation with the odd sites flipped.
fn staggered(lattice: &Lattice, spins: &[i8]) -> f64 {
    let turned = spins.iter().enumerate().map(|(i, &s)| if lattice.is_odd(i) { -s } else { s });
    magnetisation(&turned.collect::<Vec<_>>())
}

fn observe(lattice: &Lattice, spins: &[i8]) -> [f64; 3] {
    let m = magnetisation(spins);
    [energy_per_spin(lattice, spins), m * m, staggered(lattice, spins).abs()]
}

#[test]
fn hot_and_cold_starts_agree_with_enumeration() {
    let shapes = [
        Shape::Ring(7),
        Shape::Ring(8),
        Shape::Square(3),
        Shape::Square(4),
        Shape::Rectangle(4, 3),
    ];
    for shape in shapes {
        let lattice = &shape.lattice();
        for k in [-0.2, -0.44, -0.7] {
            let exact = Enumerated::new(shape, k);
            let spins =
                |s| -> Vec<i8> { (0..shape.sites()).map(|i| common::spin(s, i) as i8).collect() };
            let averages = [
                exact.mean(|s| exact.energy_per_spin(s)),
                exact.mean(|s| exact.magnetisation(s).powi(2)),
                exact.mean(|s| staggered(lattice, &spins(s)).abs()),
            ];
            let observe = |spins: &[i8]| observe(lattice, spins);
            for start in hot_and_cold(lattice, coupling(k), 1) {
                let sampler = &mut HeatBath::new(lattice, coupling(k));
                let what = format!("{shape:?}, K = {k}, heat bath");
                assert_averages(
                    &series(sampler, start.clone(), SCHEDULE, observe),
                    averages,
                    &what,
                );
                let sampler = &mut Metropolis::new(lattice, coupling(k));
                let what = format!("{shape:?}, K = {k}, Metropolis");
                assert_averages(&series(sampler, start, SCHEDULE, observe), averages, &what);
            }
        }
    }
}

#[test]
fn even_lattices_are_the_ferromagnet_turned_over() {
    let ring = Ring::new(64, 0.7).expect("a valid ring");
    let averages = [ring.correlation(1), ring.v2() / (64.0 * 64.0)];
    let lattice = Lattice::ring(64).unwrap();
    for algorithm in ALGORITHMS {
        let samples = chain(&lattice, coupling(-0.7), algorithm, SCHEDULE, 2).unwrap();
        let observe = |s: &[i8]| [energy_per_spin(&lattice, s), staggered(&lattice, s).powi(2)];
        assert_averages(&of_samples(&samples, observe), averages, &format!("ring, {algorithm:?}"));
    }
    for k in [0.3, exact::square::critical_coupling()] {
        let lattice = Lattice::square(8).unwrap();
        let moments = Moments::of(&magnetisation_probabilities(8, k).expect("short rows"));
        let energy = -kaufman(8, 8, k).expect("K >= 0").energy_per_spin;
        for algorithm in ALGORITHMS {
            let samples = chain(&lattice, coupling(-k), algorithm, SCHEDULE, 3).unwrap();
            let observe = |s: &[i8]| {
                let m = staggered(&lattice, s);
                [-energy_per_spin(&lattice, s), m.abs(), m * m]
            };
            let averages = [-energy, moments.abs_m, moments.m2];
            let what = format!("torus, K = -{k}, {algorithm:?}");
            assert_averages(&of_samples(&samples, observe), averages, &what);
        }
    }
}

#[test]
fn odd_rings_carry_one_broken_bond_at_least() {
    let (n, k) = (65, -1.0_f64);
    // Of the eigenvalues 2 cosh K and 2 sinh K the second, of negative sign, comes to an odd power.
    let t = k.tanh();
    let energy = -(t + t.powi(n - 1)) / (1.0 + t.powi(n));
    let lattice = Lattice::ring(n as usize).unwrap();
    for algorithm in ALGORITHMS {
        let samples = chain(&lattice, coupling(k), algorithm, SCHEDULE, 4).unwrap();
        let series = of_samples(&samples, |s| [energy_per_spin(&lattice, s)]);
        // In units of J < 0 the ground states have the largest energy.
        let ground = f64::from(n - 2) / f64::from(n);
        assert!(series.iter().all(|[e]| *e <= ground), "{algorithm:?}");
        assert_averages(&series, [energy], &format!("{algorithm:?}"));
    }
}

#[test]
fn exact_draws_of_every_state() {
    let schedule = Schedule { burn_in: 0, stride: 1, draws: 50_000, symmetrise: false };
    let shapes = [
        Shape::Ring(5),
        Shape::Ring(6),
        Shape::Square(2),
        Shape::Rectangle(2, 4),
        Shape::Rectangle(1, 4),
    ];
    for shape in shapes {
        for k in [-0.1, -0.3, -1.0, -3.0, f64::NEG_INFINITY] {
            let exact = Enumerated::new(shape, k);
            let lattice = shape.lattice();
            let samples = chain(&lattice, coupling(k), Algorithm::Transfer, schedule, 5).unwrap();
            let mut counts = vec![0; exact.probabilities.len()];
            (0..samples.len()).for_each(|row| counts[index(&samples.row(row))] += 1);
            assert_eq!(chi_square(&counts, &exact.probabilities), Ok(()), "{shape:?}, K = {k}");
            let ferromagnet = Enumerated::new(shape, -k);
            assert!(chi_square(&counts, &ferromagnet.probabilities).is_err(), "{shape:?}, K = {k}");
        }
    }
}
