//! The physical thermometers on Ising ensembles of known temperature, and on ensembles that have none.

use flow::{Error, IsingCurves, Reading, Readings, Thermometers, Verdict};
use ising::{Configurations, Coupling, Lattice, Request, Samples, draw};
use nalgebra::DMatrix;
use rand::RngExt;
use statrs::distribution::{ChiSquared, ContinuousCDF};
use stats::Estimate;
use std::sync::OnceLock;

/// Family-wise level of this file's tests of statistics, of which there are fewer than 100.
const LEVEL: f64 = 1e-6;
const TESTS: f64 = 100.0;
/// The normal quantile of a test, two-sided.
const SIGMAS: f64 = 5.8;

const SIDE: usize = 8;
/// Draws of the curves at each temperature.
const DRAWS: u32 = 12_000;
/// Configurations of an ensemble, and ensembles at each temperature.
const COUNT: u32 = 300;
const ENSEMBLES: usize = 40;
/// Below 1.5 an ensemble of 300 has too few excitations for errors of first order, above 4 some are off the scale of |m|.
const TEMPERATURES: [f64; 8] = [1.5, 1.8, 2.1, 2.2692, 2.4, 2.7, 3.2, 4.0];

fn curves() -> &'static IsingCurves {
    static CURVES: OnceLock<IsingCurves> = OnceLock::new();
    CURVES.get_or_init(|| {
        let grid = IsingCurves::grid(SIDE, f64::INFINITY);
        IsingCurves::measure(SIDE, &grid, DRAWS, 1).expect("curves")
    })
}

/// Independent exact draws of the Ising model.
fn tori(t: f64, count: u32, seed: u64) -> Samples {
    let lattice = Lattice::square(SIDE).expect("a torus");
    let request =
        Request { count, algorithm: None, field: 0.0, symmetrise: false, least_effective: 0.0 };
    let coupling = Coupling::from_temperature(t).expect("a temperature");
    draw(&lattice, coupling, &request, seed).expect("draws").samples
}

fn read(samples: &Configurations) -> Readings {
    read_chains(samples, samples.len())
}

fn read_chains(samples: &Configurations, chains: usize) -> Readings {
    let thermometers = Thermometers { network: None, curves: curves() };
    thermometers.read(samples, chains).expect("readings")
}

/// All ensembles of known temperature, in order of temperature.
fn held_out() -> &'static Vec<(f64, Readings)> {
    static READINGS: OnceLock<Vec<(f64, Readings)>> = OnceLock::new();
    READINGS.get_or_init(|| {
        let ensemble = |n: usize| {
            let t = TEMPERATURES[n / ENSEMBLES];
            (t, read(&tori(t, COUNT, stats::child_seed(2, "held out", n as u64))))
        };
        (0..TEMPERATURES.len() * ENSEMBLES).map(ensemble).collect()
    })
}

const NAMES: [&str; 5] = ["energy", "|m|", "xi", "G(r)", "agreement"];

fn all(readings: &Readings) -> [Reading; 5] {
    let Readings { energy, magnetisation, correlation_length, two_point, agreement, .. } =
        *readings;
    [energy, magnetisation, correlation_length, two_point.reading, agreement.reading]
}

/// Deviations in units of the error, of each thermometer.
fn pulls(readings: &[(f64, Readings)]) -> [Vec<f64>; 5] {
    std::array::from_fn(|which| {
        let pull = |(t, readings): &(f64, Readings)| {
            let estimate = all(readings)[which].estimate().expect("on the scale");
            (estimate.mean - t) / estimate.error
        };
        readings.iter().map(pull).collect()
    })
}

/// Whether a sum of squares of so many normal numbers is as chi-square says, two-sided.
fn is_chi_square(sum: f64, degrees: usize) -> bool {
    let distribution = ChiSquared::new(degrees as f64).expect("degrees of freedom");
    distribution.cdf(sum).min(distribution.sf(sum)) > 0.5 * LEVEL / TESTS
}

#[test]
fn readings_are_unbiased_at_every_temperature() {
    // The curves' error is common to all ensembles: at most this part of the variance of one.
    let common = f64::from(COUNT) / f64::from(DRAWS);
    let error = (1.0 / ENSEMBLES as f64 + common).sqrt();
    for (readings, t) in held_out().chunks(ENSEMBLES).zip(TEMPERATURES) {
        for (pulls, name) in pulls(readings).iter().zip(NAMES) {
            let mean = pulls.iter().sum::<f64>() / pulls.len() as f64;
            assert!(mean.abs() < SIGMAS * error, "{name} at {t}: {mean} errors");
        }
    }
}

#[test]
fn large_ensembles_are_read_at_the_ends_of_the_scale_too() {
    // 12000 configurations as one ensemble: some 250 turned spins at T = 1. Curves of as many draws double the variance.
    for (t, seed) in [(1.0, 1), (1.25, 2), (4.5, 3), (5.0, 4), (6.0, 5)] {
        let readings = read(&tori(t, DRAWS, stats::child_seed(3, "ends of the scale", seed)));
        for (reading, name) in all(&readings).into_iter().zip(NAMES) {
            let estimate = reading.estimate().expect("on the scale");
            assert!(estimate.error < 0.1 * t, "{name} at {t} has no power: {estimate:?}");
            let sigmas = estimate.sigmas_from(t) / 2f64.sqrt();
            assert!(sigmas < SIGMAS, "{name} at {t}: {sigmas} errors");
        }
    }
}

#[test]
fn errors_have_the_right_size() {
    for (pulls, name) in pulls(held_out()).iter().zip(NAMES) {
        let sum = pulls.iter().map(|z| z * z).sum::<f64>();
        assert!(is_chi_square(sum, pulls.len()), "{name}: {sum} of {}", pulls.len());
        // Errors that are wrong by a factor of sqrt 2 do not pass.
        assert!(!is_chi_square(2.0 * sum, pulls.len()), "{name} has no power");
        assert!(!is_chi_square(0.5 * sum, pulls.len()), "{name} has no power");
    }
}

#[test]
fn chi_squares_of_ising_ensembles_have_their_distribution() {
    // At T = 1.5 p-values are too large, as documented.
    let warm = &held_out()[ENSEMBLES..];
    for which in 0..2 {
        let p = |(_, r): &(f64, Readings)| [r.two_point.p_value, r.agreement.p_value][which];
        let mut bins = [0.0; 10];
        warm.iter().for_each(|r| bins[((10.0 * p(r)) as usize).min(9)] += 1.0);
        let expected = warm.len() as f64 / 10.0;
        let sum: f64 = bins.iter().map(|n| (n - expected).powi(2) / expected).sum();
        let distribution = ChiSquared::new(9.0).unwrap();
        assert!(distribution.sf(sum) > LEVEL / TESTS, "{which}: {bins:?}");
        // Of so many p-values none should be this small.
        assert!(warm.iter().all(|r| p(r) > LEVEL / TESTS / warm.len() as f64));
    }
}

#[test]
fn of_ising_ensembles_the_two_point_function_reads_the_energy() {
    // Fluctuation and dissipation put all weight on G(1), but for the noise of the covariance, 1/sqrt(300) for each of 3
    // other distances, and its skewness.
    let apart = |(_, r): &(f64, Readings)| {
        let [energy, .., two_point, _] = all(r);
        let [energy, two_point] = [energy, two_point].map(|r| r.estimate().expect("on the scale"));
        ((two_point.mean - energy.mean) / energy.error).powi(2)
    };
    let mean = held_out().iter().map(apart).sum::<f64>() / held_out().len() as f64;
    assert!(mean.sqrt() < 0.4, "{mean}");
}

#[test]
fn the_energy_reads_the_temperature_of_maximum_likelihood() {
    for (t, seed) in [(1.5, 1), (2.27, 2), (3.7, 3), (20.0, 4)] {
        let samples = tori(t, 200, seed);
        let lattice = Lattice::square(SIDE).unwrap();
        let energies = ising::energies(&lattice, &samples);
        let mean = energies.iter().sum::<f64>() / energies.len() as f64;
        // ln L / n = -K N <e> - ln Z, which is concave in K.
        let n = (SIDE * SIDE) as f64;
        let minus = |k: f64| k * n * mean + exact::torus::kaufman(SIDE, SIDE, k).unwrap().ln_z;
        let (mut low, mut high) = (0.0, 2.0);
        for _ in 0..200 {
            let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if minus(a) < minus(b) { high = b } else { low = a }
        }
        let read = read(&samples).energy.estimate().unwrap();
        // ln Z has 1e-15 of itself as error, and so the maximum a place to its root.
        assert!((read.mean * low - 1.0).abs() < 1e-5, "{t}: {} {}", read.mean, 1.0 / low);
        // Its curvature is the variance of the energy: with independent draws the error is Fisher's.
        let heat = exact::torus::kaufman(SIDE, SIDE, low).unwrap().specific_heat;
        let fisher = read.mean / (200.0 * n * heat).sqrt();
        assert!((read.error / fisher - 1.0).abs() < 0.5, "{t}: {} {fisher}", read.error);
    }
}

/// Rows of +-1 made by a function.
fn ensemble(count: usize, mut row: impl FnMut() -> Vec<f32>) -> Configurations {
    let columns: Vec<f32> = (0..count).flat_map(|_| row()).collect();
    let matrix = DMatrix::from_vec(SIDE * SIDE, count, columns);
    Configurations::from_matrix(&matrix).expect("spins")
}

fn joined(first: &Configurations, second: &Configurations) -> Configurations {
    let mut first = first.clone();
    first.append(second).expect("one size");
    first
}

#[test]
fn ensembles_of_another_kind_have_no_temperature() {
    let n = SIDE * SIDE;
    let mut rng = stats::stream(1, "others", 0);
    // Two temperatures that mix to energies near T_c.
    let mixture = joined(&tori(1.9, 500, 1), &tori(2.9, 500, 2));
    // Independent spins with the Ising magnetisation at T_c, either sign.
    let product = ensemble(1000, || {
        let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
        (0..n).map(|_| if rng.random::<f64>() < 0.89 { sign } else { -sign }).collect()
    });
    // The complete graph, P(M) ~ C(N, k) e^{K M^2 / 2N}, with the same.
    let mut ln_weights = vec![0.0];
    for k in 1..=n {
        ln_weights.push(ln_weights[k - 1] + ((n - k + 1) as f64 / k as f64).ln());
    }
    for (k, w) in ln_weights.iter_mut().enumerate() {
        *w += 1.4 * (2.0 * k as f64 - n as f64).powi(2) / (2.0 * n as f64);
    }
    let largest = ln_weights.iter().copied().fold(f64::MIN, f64::max);
    let weights: Vec<f64> = ln_weights.iter().map(|w| (w - largest).exp()).collect();
    let mut rng = stats::stream(1, "others", 1);
    let complete = ensemble(1000, || {
        let mut left = rng.random::<f64>() * weights.iter().sum::<f64>();
        let reached = |w: &f64| {
            left -= w;
            left < 0.0
        };
        let mut up = weights.iter().position(reached).unwrap_or(n);
        // That many up spins, anywhere.
        let place = |site| {
            let here = rng.random::<f64>() * ((n - site) as f64) < up as f64;
            up -= usize::from(here);
            if here { 1.0 } else { -1.0 }
        };
        (0..n).map(place).collect()
    });
    for (name, samples) in [("mixture", mixture), ("product", product), ("complete", complete)] {
        let readings = read(&samples);
        // The two-point function of the mixture is that of one temperature within its error; its energies are not.
        let alone = readings.two_point.p_value;
        assert!((alone < 1e-6) == (name != "mixture"), "{name}: {readings:?}");
        assert!(readings.agreement.p_value < 1e-6, "{name}: {readings:?}");
        assert_eq!(readings.verdict(1e-5), Verdict::NoTemperature, "{name}");
    }
    let ising = read(&tori(2.27, 1000, 3));
    assert!(matches!(ising.verdict(1e-5), Verdict::Temperature(_)), "{ising:?}");
    // A configuration that stands still has no temperature either, whichever it is.
    let one = tori(2.27, 1, 4).row(0);
    let frozen = read(&ensemble(1000, || one.iter().map(|&s| f32::from(s)).collect()));
    assert_eq!(frozen.verdict(1e-5), Verdict::NoTemperature);
}

#[test]
fn ground_states_and_coins_are_the_ends_of_the_scale() {
    let cold = read(&tori(0.0, 1000, 1));
    for reading in all(&cold) {
        // 1000 ground states: T is at most where one would not be with 95 %.
        let Reading::AtMost(t) = reading else { panic!("{cold:?}") };
        let n = (SIDE * SIDE) as f64;
        let ln_z = exact::torus::kaufman(SIDE, SIDE, 1.0 / t).unwrap().ln_z;
        let none = (1000.0 * (2f64.ln() + 2.0 * n / t - ln_z)).exp();
        assert!((none - 0.05).abs() < 1e-6, "{t}: {none}");
    }
    assert!(matches!(cold.verdict(0.05), Verdict::AtMost(t) if t < 0.9));
    // Ever fewer of them say ever less, and other signs nothing at all.
    let few = read(&ensemble(20, || vec![-1.0; SIDE * SIDE]));
    assert!(matches!(few.energy, Reading::AtMost(t) if t > 1.0 && t < 1.5), "{few:?}");
    let coins = read(&tori(f64::INFINITY, 1000, 1));
    for reading in all(&coins) {
        match reading {
            Reading::AtLeast(t) => assert_eq!(t, f64::INFINITY),
            // 1/T is 0 within its error of 1/sqrt(2 N n), or the larger one of another thermometer.
            Reading::Temperature(t) => assert!(t.mean > 10.0 && t.error > 0.1 * t.mean),
            Reading::AtMost(_) => panic!("{coins:?}"),
        }
    }
    assert!(coins.two_point.p_value > 1e-6 && coins.verdict(1e-6) != Verdict::NoTemperature);
    // Hotter than infinite: the antiferromagnet.
    let checks = |i: usize| if (i % SIDE + i / SIDE).is_multiple_of(2) { 1.0 } else { -1.0 };
    let checkerboard = read(&ensemble(100, || (0..SIDE * SIDE).map(checks).collect()));
    assert!(all(&checkerboard)[..4].iter().all(|r| *r == Reading::AtLeast(f64::INFINITY)));
    assert_eq!(checkerboard.verdict(1e-6), Verdict::NoTemperature);
}

#[test]
fn a_scale_ends_where_its_grid_ends() {
    let narrow = IsingCurves::measure(4, &[2.0, 2.2, 2.4, 2.6, 2.8, 3.0], 500, 1).unwrap();
    let thermometers = Thermometers { network: None, curves: &narrow };
    let lattice = Lattice::square(4).unwrap();
    let readings = [0.5, 1.0, 2.5, 6.0, 50.0].map(|t| {
        let request = Request {
            count: 1000,
            algorithm: None,
            field: 0.0,
            symmetrise: false,
            least_effective: 0.0,
        };
        let coupling = Coupling::from_temperature(t).unwrap();
        let samples = draw(&lattice, coupling, &request, 9).unwrap().samples;
        thermometers.read(&samples, 1000).unwrap()
    });
    let end = |reading: Reading| match reading {
        Reading::AtMost(t) => -t,
        Reading::AtLeast(t) => t,
        Reading::Temperature(_) => 0.0,
    };
    for (readings, expected) in readings.iter().zip([-2.0, -2.0, 0.0, 3.0, 3.0]) {
        // The energy's scale is exact and has no end.
        for reading in &all(readings)[1..] {
            assert!((end(*reading) - expected).abs() < 1e-12, "{readings:?}");
        }
    }
    assert!(readings[3].energy.estimate().is_some_and(|e| e.sigmas_from(6.0) < SIGMAS));
}

#[test]
fn memory_is_accounted_for() {
    // Each configuration five times: as many chains of five are worth what one of each is.
    let once = tori(2.4, 400, 5);
    let columns: Vec<_> = once.to_matrix().column_iter().map(|c| c.into_owned()).collect();
    let fivefold: Vec<_> = columns.iter().flat_map(|c| std::iter::repeat_n(c.clone(), 5)).collect();
    let fivefold = Configurations::from_matrix(&DMatrix::from_columns(&fivefold)).unwrap();
    let errors = |r: &Readings| all(r).map(|r| r.estimate().expect("on the scale").error);
    let (plain, chains) = (errors(&read(&once)), errors(&read_chains(&fivefold, 400)));
    let naive = errors(&read(&fivefold));
    for ((plain, chains), naive) in plain.iter().zip(chains).zip(naive) {
        assert!((chains / plain - 1.0).abs() < 0.02, "{chains} {plain}");
        assert!(naive < 0.6 * plain, "{naive} {plain}");
    }
    // One chain of 2000 with that memory: some hundred blocks.
    let one = errors(&read_chains(&fivefold, 1));
    assert!(one.iter().zip(plain).all(|(one, plain)| (one / plain - 1.0).abs() < 0.5));
}

#[test]
fn curves_are_the_same_at_any_number_of_threads_and_survive_a_file() {
    let measure = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let grid = [0.0, 2.0, 3.0, 4.0];
        pool.install(|| IsingCurves::measure(5, &grid, 300, 1).unwrap())
    };
    let curves = measure(1);
    assert_eq!(curves, measure(3));
    assert_eq!(curves.side(), 5);
    let nearly = |(a, b): (f64, f64)| (a - b).abs() < 1e-12;
    assert!(curves.temperatures().into_iter().zip([0.0, 2.0, 3.0, 4.0]).all(nearly));
    let text = serde_json::to_string(&curves).unwrap();
    let again: IsingCurves = serde_json::from_str(&text).unwrap();
    // JSON may lose the last bit.
    let apart = again.temperatures().into_iter().zip(curves.temperatures());
    assert!(apart.into_iter().all(nearly));
    assert!((again.energy_error() / curves.energy_error() - 1.0).abs() < 1e-9);
}

#[test]
fn grids_reach_their_end_and_are_fine_enough() {
    for side in [4, 10, 32, 100] {
        for hottest in [3.0, 6.0, f64::INFINITY] {
            let grid = IsingCurves::grid(side, hottest);
            assert!(grid.is_sorted_by(|a, b| a < b) && grid.len() < 80, "{grid:?}");
            assert_eq!((grid[0], grid[grid.len() - 1]), (0.0, hottest));
        }
    }
    // An ensemble of 25,000 knows the energy per spin to 1e-3.
    assert!(curves().energy_error() < 5e-5, "{}", curves().energy_error());
}

#[test]
fn bad_questions_are_refused() {
    let nan = f64::NAN;
    for grid in [&[][..], &[1.0], &[2.0, 1.0], &[1.0, 1.0], &[-1.0, 1.0], &[1.0, nan], &[nan, nan]]
    {
        let refused = IsingCurves::measure(4, grid, 10, 1);
        assert!(matches!(refused, Err(Error::Grid(t)) if t.len() == grid.len()), "{grid:?}");
    }
    assert_eq!(IsingCurves::measure(3, &[1.0, 2.0], 10, 1), Err(Error::Square(9)));
    let thermometers = Thermometers { network: None, curves: curves() };
    let samples = tori(2.0, 30, 1);
    let wrong = |chains| thermometers.read(&samples, chains).map(|_| ());
    for chains in [0, 7, 60] {
        assert_eq!(wrong(chains), Err(Error::Chains { samples: 30, chains }));
    }
    // 30 independent configurations are blocks enough, as two chains they are not.
    assert_eq!(wrong(30), Ok(()));
    assert!(matches!(wrong(2), Err(Error::Blocks { blocks, least: 16 }) if blocks < 16));
    let ring = Samples::new(24);
    let other = thermometers.read(&ring, 1).map(|_| ());
    assert_eq!(other, Err(Error::Sites { expected: 64, found: 24 }));
}

#[test]
fn a_verdict_follows_from_tests_and_energy() {
    let mut readings = read(&tori(2.27, 1000, 3));
    let estimate: Estimate = readings.energy.estimate().unwrap();
    assert_eq!(readings.verdict(1e-5), Verdict::Temperature(estimate));
    readings.agreement.p_value = 0.4e-5;
    assert_eq!(readings.verdict(1e-5), Verdict::NoTemperature);
    assert_eq!(readings.verdict(0.7e-5), Verdict::Temperature(estimate));
    readings.two_point.p_value = 0.2e-5;
    assert_eq!(readings.verdict(0.7e-5), Verdict::NoTemperature);
}
