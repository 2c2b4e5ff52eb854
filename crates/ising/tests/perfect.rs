//! Perfect sampling: the distribution is exact, draws are independent, and the classic mistakes would be noticed.

mod common;

use common::{Enumerated, Shape, chi_square, critical_z, index};
use exact::square::critical_temperature;
use exact::torus::kaufman;
use ising::{Coupling, Error, Lattice, Perfect, Samples, energy_per_spin, magnetisation};
use rand::RngExt;
use rayon::ThreadPoolBuilder;
use stats::Estimate;
use std::collections::BTreeMap;

type Method = for<'a> fn(&'a Lattice, Coupling, f64) -> Result<Perfect<'a>, Error>;
const HEAT_BATH: Method = |lattice, k, h| Perfect::by_heat_bath(lattice, k, h);
const RANDOM_CLUSTER: Method = |lattice, k, h| Perfect::by_random_cluster(lattice, k, h);
const CHOSEN: Method = |lattice, k, h| Perfect::new(lattice, k, h);

fn drawn(method: Method, lattice: &Lattice, k: f64, h: f64, draws: usize, seed: u64) -> Samples {
    let coupling = Coupling::new(k).expect("a number");
    let mut samples = Samples::new(lattice.sites());
    let perfect = method(lattice, coupling, h).expect("no frustration");
    perfect.draw(draws, &mut samples, seed).expect("chains that meet");
    samples
}

fn histogram(samples: &Samples) -> Vec<u64> {
    let mut counts = vec![0; 1 << samples.sites()];
    (0..samples.len()).for_each(|row| counts[index(&samples.row(row))] += 1);
    counts
}

/// Counts of states, and of classes of equal energy and magnetisation, against their probabilities.
fn fit(exact: &Enumerated, counts: &[u64]) -> Result<(), String> {
    let mut classes = BTreeMap::new();
    for (state, (count, p)) in counts.iter().zip(&exact.probabilities).enumerate() {
        let class = classes.entry((exact.bond_sums[state], state.count_ones())).or_insert((0, 0.0));
        *class = (class.0 + count, class.1 + p);
    }
    let (counts_of_classes, probabilities): (Vec<u64>, Vec<f64>) = classes.into_values().unzip();
    // At zero temperature all states can be alike.
    if probabilities.iter().filter(|p| **p > 0.0).count() > 1 {
        chi_square(&counts_of_classes, &probabilities)?;
    }
    chi_square(counts, &exact.probabilities)
}

fn assert_exact(method: Method, shape: Shape, k: f64, h: f64, draws: usize) {
    let exact = Enumerated::in_field(shape, k, h);
    let counts = histogram(&drawn(method, &shape.lattice(), k, h, draws, 1));
    assert_eq!(fit(&exact, &counts), Ok(()), "{shape:?}, K = {k}, H = {h}");
}

#[test]
fn every_state_of_small_tori_by_both_chains_on_both_sides_of_the_critical_point() {
    for k in [0.0, 0.2, 0.44, 0.6] {
        assert_exact(HEAT_BATH, Shape::Square(3), k, 0.0, 50_000);
    }
    for k in [0.0, 0.2, 0.44, 0.7, 1.5, f64::INFINITY] {
        assert_exact(RANDOM_CLUSTER, Shape::Square(3), k, 0.0, 50_000);
    }
    for k in [0.25, 0.44, 0.5] {
        assert_exact(HEAT_BATH, Shape::Square(4), k, 0.0, 50_000);
        assert_exact(RANDOM_CLUSTER, Shape::Square(4), k, 0.0, 50_000);
    }
}

#[test]
fn every_state_in_a_field() {
    for (k, h) in [(0.0, 0.5), (0.3, 0.1), (0.44, -0.05), (0.6, 0.2), (0.8, -1.0)] {
        assert_exact(HEAT_BATH, Shape::Square(3), k, h, 50_000);
        assert_exact(RANDOM_CLUSTER, Shape::Square(3), k, h, 50_000);
    }
    assert_exact(CHOSEN, Shape::Square(4), 0.4, 0.02, 50_000);
    for h in [0.1, -0.1] {
        assert_exact(CHOSEN, Shape::Square(3), f64::INFINITY, h, 20_000);
        assert_exact(HEAT_BATH, Shape::Ring(7), 0.5, h, 50_000);
        assert_exact(RANDOM_CLUSTER, Shape::Ring(7), 0.5, h, 50_000);
    }
}

#[test]
fn every_state_of_rings_and_of_sides_of_length_one_and_two() {
    let shapes = [
        Shape::Ring(1),
        Shape::Ring(2),
        Shape::Ring(3),
        Shape::Ring(8),
        Shape::Square(1),
        Shape::Square(2),
        Shape::Rectangle(1, 4),
        Shape::Rectangle(5, 1),
        Shape::Rectangle(2, 3),
    ];
    for shape in shapes {
        for h in [0.0, 0.3] {
            assert_exact(HEAT_BATH, shape, 0.4, h, 10_000);
            assert_exact(RANDOM_CLUSTER, shape, 0.4, h, 10_000);
        }
        assert_exact(CHOSEN, shape, 1.2, 0.0, 20_000);
        assert_exact(CHOSEN, shape, f64::INFINITY, 0.0, 5_000);
    }
}

#[test]
fn every_state_of_antiferromagnets() {
    for shape in [Shape::Ring(6), Shape::Square(2), Shape::Rectangle(1, 4), Shape::Rectangle(2, 4)]
    {
        for k in [-0.2, -0.6] {
            assert_exact(HEAT_BATH, shape, k, 0.0, 50_000);
            assert_exact(RANDOM_CLUSTER, shape, k, 0.0, 50_000);
        }
        assert_exact(CHOSEN, shape, f64::NEG_INFINITY, 0.0, 5_000);
    }
    assert_exact(CHOSEN, Shape::Square(4), -0.44, 0.0, 50_000);
    assert_exact(CHOSEN, Shape::Square(4), -0.3, 0.0, 50_000);
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let minus = Coupling::new(-0.3).unwrap();
    let (even, odd) = (Lattice::square(4).unwrap(), Lattice::rectangle(4, 3).unwrap());
    for method in [HEAT_BATH, RANDOM_CLUSTER, CHOSEN] {
        assert!(matches!(method(&odd, minus, 0.0), Err(Error::Frustrated { .. })));
        assert!(matches!(method(&even, minus, 0.1), Err(Error::FieldOf { field: 0.1, .. })));
        let finite = Err(Error::Field(f64::INFINITY));
        assert_eq!(method(&even, minus, f64::INFINITY).map(|_| ()), finite);
    }
    let perfect = CHOSEN(&even, minus, 0.0).unwrap();
    let mut other = Samples::new(15);
    assert_eq!(perfect.draw(1, &mut other, 1), Err(Error::Sites { expected: 15, found: 16 }));
    assert_eq!(perfect.draw(0, &mut Samples::new(16), 1), Ok(()));
}

#[test]
fn energies_of_16_x_16_are_kaufmans() {
    let lattice = Lattice::square(16).unwrap();
    let cases: [(f64, Method, usize); 4] = [
        (2.0, RANDOM_CLUSTER, 1_000),
        (critical_temperature(), RANDOM_CLUSTER, 1_000),
        (critical_temperature(), HEAT_BATH, 1_024),
        (3.0, HEAT_BATH, 10_240),
    ];
    for (t, method, draws) in cases {
        let samples = drawn(method, &lattice, t.recip(), 0.0, draws, 5);
        let of_row = |row| energy_per_spin(&lattice, &samples.row(row));
        let energies = Estimate::from_series(&(0..draws).map(of_row).collect::<Vec<_>>());
        let exactly = kaufman(16, 16, t.recip()).unwrap().energy_per_spin;
        assert!(energies.sigmas_from(exactly) < critical_z(), "T = {t}: {energies:?}, {exactly}");
    }
}

#[test]
fn draws_are_independent() {
    // Of neighbouring replicas, of the same one in two words, and of two batches.
    let (lattice, draws) = (Lattice::square(4).unwrap(), 100 * 512);
    for method in [HEAT_BATH, RANDOM_CLUSTER] {
        let samples = drawn(method, &lattice, 0.44, 0.0, draws, 6);
        let rows: Vec<Vec<i8>> = (0..draws).map(|row| samples.row(row)).collect();
        let energies: Vec<f64> = rows.iter().map(|row| energy_per_spin(&lattice, row)).collect();
        let magnetisations: Vec<f64> = rows.iter().map(|row| magnetisation(row)).collect();
        for (data, other) in [&energies, &magnetisations]
            .into_iter()
            .flat_map(|a| [(a, &energies), (a, &magnetisations)])
        {
            for lag in [1, 64, 511, 512] {
                let correlation = correlation(&data[lag..], &other[..draws - lag]);
                let z = correlation * ((draws - lag) as f64).sqrt();
                assert!(z.abs() < critical_z(), "lag {lag}: {correlation}");
            }
        }
    }
    // More than correlations: two draws in a row have the product of the probabilities of each.
    let exact = Enumerated::new(Shape::Square(2), 0.3);
    let p = &exact.probabilities;
    let product: Vec<f64> = p.iter().flat_map(|a| p.iter().map(move |b| a * b)).collect();
    for method in [HEAT_BATH, RANDOM_CLUSTER] {
        let samples = drawn(method, &exact.shape.lattice(), 0.3, 0.0, draws, 7);
        let state = |row| index(&samples.row(row));
        let mut counts = vec![0; 256];
        (0..draws / 2).for_each(|pair| counts[state(2 * pair) * 16 + state(2 * pair + 1)] += 1);
        assert_eq!(chi_square(&counts, &product), Ok(()));
    }
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |data: &[f64]| data.iter().sum::<f64>() / data.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum = |f: &dyn Fn(f64, f64) -> f64| {
        a.iter().zip(b).map(|(x, y)| f(x - mean_a, y - mean_b)).sum::<f64>()
    };
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

#[test]
fn draws_depend_on_the_seed_and_neither_on_threads_nor_on_how_many_they_are() {
    let lattice = Lattice::square(5).unwrap();
    for method in [HEAT_BATH, RANDOM_CLUSTER] {
        let at = |threads, draws, seed| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| drawn(method, &lattice, 0.42, 0.0, draws, seed))
        };
        let samples = at(1, 1_300, 1);
        assert_eq!(samples.len(), 1_300);
        assert_eq!(at(3, 1_300, 1), samples);
        let few = at(2, 600, 1);
        assert!((0..600).all(|row| few.row(row) == samples.row(row)));
        assert_ne!(at(1, 1_300, 2), samples);
    }
}

/// A plain heat bath of one replica, coupled from the past; or, the classic mistake, from now on until the chains meet.
fn plainly(exact: &Enumerated, from_the_past: bool, draws: u64) -> Vec<u64> {
    let lattice = exact.shape.lattice();
    let up = |sum: i32| 1.0 / (1.0 + (-2.0 * exact.k * f64::from(sum)).exp());
    let sweep = |spins: &mut [i8], numbers: &[f64]| {
        for (site, u) in numbers.iter().enumerate() {
            let sum = lattice.neighbours(site).iter().map(|&n| i32::from(spins[n as usize])).sum();
            spins[site] = if *u < up(sum) { 1 } else { -1 };
        }
    };
    let sites = lattice.sites();
    let mut counts = vec![0; 1 << sites];
    for draw in 0..draws {
        let rng = &mut stats::stream(8, "plain-perfect", draw);
        // The sweeps of 1, 2, ... ago.
        let mut past: Vec<Vec<f64>> = Vec::new();
        let mut start = 1;
        let (mut above, mut below) = (vec![1; sites], vec![-1; sites]);
        while above != below {
            if !from_the_past {
                let numbers: Vec<f64> = (0..sites).map(|_| rng.random()).collect();
                sweep(&mut above, &numbers);
                sweep(&mut below, &numbers);
                continue;
            }
            past.resize_with(start, || (0..sites).map(|_| rng.random()).collect());
            (above, below) = (vec![1; sites], vec![-1; sites]);
            for numbers in past.iter().rev() {
                sweep(&mut above, numbers);
                sweep(&mut below, numbers);
            }
            start *= 2;
        }
        counts[index(&above)] += 1;
    }
    counts
}

#[test]
fn the_classic_mistake_and_a_coupling_wrong_by_three_percent_are_noticed() {
    let exact = Enumerated::new(Shape::Square(3), 0.44);
    assert_eq!(fit(&exact, &plainly(&exact, true, 30_000)), Ok(()));
    assert!(fit(&exact, &plainly(&exact, false, 30_000)).is_err());
    for method in [HEAT_BATH, RANDOM_CLUSTER] {
        let counts = histogram(&drawn(method, &exact.shape.lattice(), 0.4532, 0.0, 100_000, 1));
        assert!(fit(&exact, &counts).is_err());
    }
}
