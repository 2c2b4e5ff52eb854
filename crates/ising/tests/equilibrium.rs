//! What `draw` gives, against exact averages: cold and hot starts, errors that know the autocorrelation.

mod common;

use common::{Enumerated, Shape, assert_fair, chi_square, critical_z, index, spin};
use exact::Ring;
use ising::{
    Algorithm, Coupling, HeatBath, Lattice, Metropolis, Sampler, Samples, Schedule, Spins, chain,
    energy_per_spin, magnetisation, run,
};
use stats::Estimate;

const OBSERVABLES: [&str; 3] = ["energy", "|m|", "m^2"];
/// For chains: the slowest mode here, m of the ring at K = 1, has `tau = 1 / (1 - tanh 2K)` = 28 sweeps.
const SCHEDULE: Schedule = Schedule { burn_in: 1000, stride: 2, draws: 30_000, symmetrise: false };
const DIRECT: Schedule = Schedule { burn_in: 0, stride: 1, draws: 30_000, symmetrise: false };

fn coupling(k: f64) -> Coupling {
    Coupling::new(k).expect("K >= 0")
}

fn observe(lattice: &Lattice, spins: &[i8]) -> [f64; 3] {
    let m = magnetisation(spins);
    [energy_per_spin(lattice, spins), m.abs(), m * m]
}

fn observe_samples(lattice: &Lattice, samples: &Samples) -> Vec<[f64; 3]> {
    (0..samples.len()).map(|row| observe(lattice, &samples.row(row))).collect()
}

/// The exact averages of [`OBSERVABLES`].
fn exact_averages(shape: Shape, k: f64) -> [f64; 3] {
    if let Shape::Ring(n) = shape {
        let ring = Ring::new(n, k).expect("a valid ring");
        let m = |up: usize| (2.0 * up as f64 / n as f64 - 1.0).abs();
        let up = ring.magnetisation_probabilities();
        let abs_m = up.iter().enumerate().map(|(k, p)| p * m(k)).sum();
        [-ring.correlation(1), abs_m, ring.v2() / (n * n) as f64]
    } else {
        let exact = Enumerated::new(shape, k);
        [
            exact.mean(|s| exact.energy_per_spin(s)),
            exact.mean(|s| exact.magnetisation(s).abs()),
            exact.mean(|s| exact.magnetisation(s).powi(2)),
        ]
    }
}

fn assert_averages(series: &[[f64; 3]], exact: [f64; 3], what: &str) {
    for (i, name) in OBSERVABLES.iter().enumerate() {
        let data: Vec<f64> = series.iter().map(|values| values[i]).collect();
        let estimate = Estimate::from_series(&data);
        let sigmas = estimate.sigmas_from(exact[i]);
        assert!(sigmas < critical_z(), "{what}, {name}: {estimate:?}, exactly {}", exact[i]);
    }
}

/// The same schedule from a random state, through `run`.
fn from_hot_start<S: Sampler<State = Spins>>(lattice: &Lattice, mut sampler: S) -> Vec<[f64; 3]> {
    let rng = &mut stats::stream(2, "hot", 0);
    let state = &mut Spins::random(lattice.sites(), rng);
    let mut series = Vec::new();
    run(&mut sampler, state, SCHEDULE, rng, |state, _| {
        series.push(observe(lattice, state.as_slice()));
    });
    series
}

fn check_chains(shape: Shape, k: f64) {
    let lattice = shape.lattice();
    let exact = exact_averages(shape, k);
    for algorithm in [Algorithm::Metropolis, Algorithm::HeatBath] {
        let cold = chain(&lattice, coupling(k), algorithm, SCHEDULE, 1).expect("a valid schedule");
        let what = format!("{shape:?}, K = {k}, {algorithm:?}");
        assert_averages(&observe_samples(&lattice, &cold), exact, &format!("{what}, cold"));
        let hot = if algorithm == Algorithm::Metropolis {
            from_hot_start(&lattice, Metropolis::new(&lattice, coupling(k)))
        } else {
            from_hot_start(&lattice, HeatBath::new(&lattice, coupling(k)))
        };
        assert_averages(&hot, exact, &format!("{what}, hot"));
    }
}

#[test]
fn chains_on_rings() {
    for n in [8, 16, 64] {
        [0.0, 0.2, 0.5, 1.0].into_iter().for_each(|k| check_chains(Shape::Ring(n), k));
    }
}

#[test]
fn chains_on_tori() {
    let critical = exact::square::critical_coupling();
    for l in [3, 4] {
        [0.0, 0.2, critical, 0.7].into_iter().for_each(|k| check_chains(Shape::Square(l), k));
    }
}

#[test]
fn direct_draws_of_rings() {
    for n in [8, 16, 64] {
        for k in [0.0, 0.5, 1.0, 2.0] {
            let shape = Shape::Ring(n);
            let lattice = shape.lattice();
            let samples = chain(&lattice, coupling(k), Algorithm::Transfer, DIRECT, 1).unwrap();
            let series = observe_samples(&lattice, &samples);
            assert_averages(&series, exact_averages(shape, k), &format!("{shape:?}, K = {k}"));
        }
    }
}

#[test]
fn direct_draws_are_independent() {
    for k in [0.3, 1.0] {
        let lattice = Lattice::ring(16).unwrap();
        let samples = chain(&lattice, coupling(k), Algorithm::Transfer, DIRECT, 3).unwrap();
        let series = observe_samples(&lattice, &samples);
        for (i, name) in OBSERVABLES.iter().enumerate() {
            let data: Vec<f64> = series.iter().map(|values| values[i]).collect();
            let tau = Estimate::from_series(&data).tau;
            // Madras-Sokal: Var(tau) = 2 (2W + 1) tau^2 / n with the window W = 6 tau = 3.
            let spread = 0.5 * (14.0 / data.len() as f64).sqrt();
            assert!(tau - 0.5 < critical_z() * spread, "{k}, {name}: tau = {tau}");
        }
    }
    // More than averages: two draws in a row have the product of the probabilities of each.
    let exact = Enumerated::new(Shape::Ring(3), 0.5);
    let schedule = Schedule { draws: 200_000, ..DIRECT };
    let samples =
        chain(&exact.shape.lattice(), exact.coupling(), Algorithm::Transfer, schedule, 4).unwrap();
    let state = |row| index(&samples.row(row));
    let mut counts = vec![0; 64];
    (0..samples.len() / 2).for_each(|pair| counts[state(2 * pair) * 8 + state(2 * pair + 1)] += 1);
    let p = &exact.probabilities;
    let product: Vec<f64> = p.iter().flat_map(|a| p.iter().map(move |b| a * b)).collect();
    chi_square(&counts, &product).unwrap();
}

#[test]
fn direct_draws_of_every_state() {
    for k in [0.0, 0.3, 1.0, 3.0, f64::INFINITY] {
        for symmetrise in [false, true] {
            let exact = Enumerated::new(Shape::Ring(6), k);
            let schedule = Schedule { draws: 200_000, symmetrise, ..DIRECT };
            let lattice = exact.shape.lattice();
            let samples =
                chain(&lattice, exact.coupling(), Algorithm::Transfer, schedule, 5).unwrap();
            let mut counts = vec![0; 64];
            (0..samples.len()).for_each(|row| counts[index(&samples.row(row))] += 1);
            let fit = chi_square(&counts, &exact.probabilities);
            assert_eq!(fit, Ok(()), "K = {k}, symmetrise: {symmetrise}");
        }
    }
}

#[test]
fn zero_temperature_gives_both_ground_states() {
    let frozen = Coupling::from_temperature(0.0).unwrap();
    let schedule = Schedule { draws: 10_000, ..DIRECT };
    let (ring, torus) = (Lattice::ring(9).unwrap(), Lattice::square(3).unwrap());
    for (lattice, algorithm) in [
        (&ring, Algorithm::Transfer),
        (&ring, Algorithm::HeatBath),
        (&ring, Algorithm::Metropolis),
        (&torus, Algorithm::Transfer),
        (&torus, Algorithm::HeatBath),
        (&torus, Algorithm::Metropolis),
    ] {
        let samples = chain(lattice, frozen, algorithm, schedule, 6).unwrap();
        let sums: Vec<i64> = (0..samples.len()).map(|row| samples.spin_sum(row)).collect();
        assert!(sums.iter().all(|sum| sum.abs() == 9), "{algorithm:?}");
        let up = sums.iter().filter(|sum| **sum > 0).count();
        assert_fair(up as u64, sums.len() as u64, &format!("{algorithm:?}"));
    }
}

#[test]
fn symmetrised_chains_keep_the_averages_and_give_both_signs() {
    // At K = 1 the torus stays in one well for the whole run: the signs are the coins, and so independent.
    let (shape, k) = (Shape::Square(4), 1.0);
    let lattice = shape.lattice();
    for algorithm in [Algorithm::Metropolis, Algorithm::HeatBath] {
        let schedule = Schedule { symmetrise: true, ..SCHEDULE };
        let samples = chain(&lattice, coupling(k), algorithm, schedule, 7).unwrap();
        let series = observe_samples(&lattice, &samples);
        assert_averages(&series, exact_averages(shape, k), &format!("{algorithm:?}"));
        let up = (0..samples.len()).filter(|&row| samples.spin(row, 0) > 0).count();
        assert_fair(up as u64, samples.len() as u64, &format!("{algorithm:?}"));
    }
}

#[test]
fn energies_of_all_states_agree_with_a_list_of_bonds() {
    for shape in [1, 2, 3, 6].map(Shape::Ring).into_iter().chain([1, 2, 3].map(Shape::Square)) {
        let lattice = shape.lattice();
        let exact = Enumerated::new(shape, 0.5);
        assert_eq!(lattice.bonds(), shape.bonds().len());
        for state in 0..exact.probabilities.len() {
            let spins: Vec<i8> = (0..shape.sites()).map(|i| spin(state, i) as i8).collect();
            assert_eq!(energy_per_spin(&lattice, &spins), exact.energy_per_spin(state));
            assert_eq!(magnetisation(&spins), exact.magnetisation(state));
        }
    }
}

#[test]
fn the_bond_of_two_sites_counts_twice() {
    for k in [0.3_f64, 1.0] {
        for n in [1, 2, 3] {
            // Thesis (68); for one site both of its bonds' ends are the site, a constant.
            let closed = (2.0 * k.cosh()).powi(n) + (2.0 * k.sinh()).powi(n);
            let z = Enumerated::new(Shape::Ring(n as usize), k).z;
            assert!((z / closed - 1.0).abs() < 16.0 * f64::EPSILON, "{n}: {z} and {closed}");
        }
    }
    let pair = Lattice::ring(2).unwrap();
    assert_eq!(energy_per_spin(&pair, &[1, 1]), -1.0);
    assert_eq!(energy_per_spin(&pair, &[1, -1]), 1.0);
    assert_eq!(energy_per_spin(&Lattice::ring(1).unwrap(), &[-1]), -1.0);
    assert_eq!(energy_per_spin(&Lattice::square(1).unwrap(), &[-1]), -2.0);
}
