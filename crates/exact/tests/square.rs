//! The square lattice: closed forms, transfer matrix and counting against enumeration and against each other.

use exact::Error;
use exact::square;
use exact::torus::{
    Thermodynamics, TorusMixture, kaufman, specific_heat_peak, temperature_at_energy,
};
use exact::transfer::{
    DensityOfStates, MAX_WIDTH, Moments, RowDistribution, magnetisation_probabilities,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Broken bonds and up spins of every configuration; spin (x, y) is bit `y * width + x`.
fn enumerate(width: usize, height: usize) -> Vec<(usize, usize)> {
    let n = width * height;
    let spin = |state: usize, x: usize, y: usize| state >> (y % height * width + x % width) & 1;
    let broken = |state: usize| {
        let bonds = (0..n).map(|i| {
            let (x, y) = (i % width, i / width);
            let s = spin(state, x, y);
            (s ^ spin(state, x + 1, y)) + (s ^ spin(state, x, y + 1))
        });
        bonds.sum::<usize>()
    };
    (0..1_usize << n).map(|state| (broken(state), state.count_ones() as usize)).collect()
}

/// Thermodynamics from all states, energies counted from the nearer ground state so that small heats are kept.
fn by_enumeration(width: usize, height: usize, k: f64) -> Thermodynamics {
    let mut counts = vec![0.0; 2 * width * height + 1];
    enumerate(width, height).iter().for_each(|&(broken, _)| counts[broken] += 1.0);
    let n = (width * height) as f64;
    let origin = if k < 0.0 { 2.0 * n } else { 0.0 };
    let excess = |broken: usize| 2.0 * (broken as f64 - origin);
    let mean = |power: i32| -> f64 {
        let term = |(b, n): (usize, &f64)| n * excess(b).powi(power) * (-k * excess(b)).exp();
        counts.iter().enumerate().map(term).sum()
    };
    let z = mean(0);
    let (e, e2) = (mean(1) / z, mean(2) / z);
    Thermodynamics {
        ln_z: 2.0 * n * k - 2.0 * k * origin + z.ln(),
        energy_per_spin: (e + 2.0 * origin) / n - 2.0,
        specific_heat: k * k * (e2 - e * e) / n,
    }
}

fn close(found: f64, expected: f64, relative: f64, absolute: f64) -> Result<(), TestCaseError> {
    let allowed = relative * expected.abs() + absolute;
    prop_assert!((found - expected).abs() <= allowed, "{found:e} is not {expected:e}");
    Ok(())
}

fn coupling() -> impl Strategy<Value = f64> {
    let near_critical = (-1e-6..1e-6_f64).prop_map(|d| square::critical_coupling() + d);
    prop_oneof![4 => 0.0..1.5_f64, 1 => 0.0..0.01_f64, 1 => near_critical]
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn kaufman_is_enumeration(width in 1usize..5, height in 1usize..5, k in coupling(), negative: bool) {
        let k = if negative && width % 2 == 0 && height % 2 == 0 { -k } else { k };
        let (found, exact) = (kaufman(width, height, k).unwrap(), by_enumeration(width, height, k));
        close(found.ln_z, exact.ln_z, 1e-13, 0.0)?;
        close(found.energy_per_spin, exact.energy_per_spin, 0.0, 2e-14)?;
        close(found.specific_heat, exact.specific_heat, 1e-13, 1e-15)?;
    }

    #[test]
    fn rows_are_enumerated_too(
        width in 1usize..5,
        height in 1usize..5,
        k in coupling(),
        h in prop_oneof![Just(0.0), -2.0..2.0],
    ) {
        let distribution = RowDistribution::in_field(width, height, k, h).unwrap();
        // P(configuration) is the product of the distributions of its rows.
        let states = enumerate(width, height);
        let sites = (width * height) as f64;
        let weight = |&(broken, up): &(usize, usize)| {
            let m = 2.0 * up as f64 - sites;
            (-2.0 * k * broken as f64 + h * m - h.abs() * sites).exp()
        };
        // Smallest first: 65534 small terms after a large one would leave an error of 1e-12.
        let mut weights: Vec<f64> = states.iter().map(weight).collect();
        weights.sort_by(f64::total_cmp);
        let z: f64 = weights.iter().sum();
        close(distribution.ln_z(), z.ln() + sites * (2.0 * k + h.abs()), 1e-13, 1e-13)?;
        let mut next = vec![0.0; 1 << width];
        for state in (0..states.len()).step_by(1.max(states.len() / 97)) {
            let row = |y: usize| state >> (y * width) & ((1 << width) - 1);
            let mut p = distribution.first()[row(0)];
            for y in 1..height {
                distribution.next(y, row(0), row(y - 1), &mut next);
                let below = if row(y) == 0 { 0.0 } else { next[row(y) - 1] };
                p *= (next[row(y)] - below) / next[next.len() - 1];
            }
            let expected = weight(&states[state]) / z;
            // Steps of a cumulative sum: absolute in each conditional distribution.
            close(p, expected, 1e-12, 1e-15)?;
        }
    }

    #[test]
    fn rows_are_kaufman(width in 1usize..9, height in 1usize..30, k in coupling()) {
        let distribution = RowDistribution::new(width, height, k).unwrap();
        close(distribution.ln_z(), kaufman(width, height, k).unwrap().ln_z, 1e-13, 0.0)?;
        close(distribution.first().iter().sum(), 1.0, 1e-13, 0.0)?;
        if width == height {
            return Ok(());
        }
        let turned = kaufman(height, width, k).unwrap();
        close(distribution.ln_z(), turned.ln_z, 1e-13, 0.0)?;
    }

    #[test]
    fn magnetisations_are_counted_states(side in 1usize..7, k in coupling()) {
        let p = magnetisation_probabilities(side, k).unwrap();
        close(p.iter().sum(), 1.0, 1e-14, 0.0)?;
        let joint = states(side).probabilities(k).unwrap();
        let energies: f64 = joint.iter().flatten().sum();
        close(energies, 1.0, 1e-13, 0.0)?;
        for (up, p) in p.iter().enumerate() {
            close(*p, joint.iter().map(|row| row[up]).sum(), 1e-13, 0.0)?;
        }
        let heat = heat_of(states(side), k);
        let found = kaufman(side, side, k).unwrap().specific_heat;
        close(found, heat, 1e-13, 1e-15)?;
    }

    #[test]
    fn derivatives_are_derivatives(side in 2usize..200, k in 0.02..1.2_f64) {
        let h = 2e-4;
        let at = |d: f64| kaufman(side, side, k + d).unwrap();
        let n = (side * side) as f64;
        let slope = (8.0 * (at(h).ln_z - at(-h).ln_z) - (at(2.0 * h).ln_z - at(-2.0 * h).ln_z)) / (12.0 * h * n);
        // The difference loses h^4 times the fifth derivative, at most of order side^4 at K_c.
        let lost = 1e-9 + h.powi(4) * (side as f64).powi(3);
        close(at(0.0).energy_per_spin, -slope, 0.0, lost)?;
        let energy = |d| at(d).energy_per_spin;
        let curvature = (8.0 * (energy(h) - energy(-h)) - (energy(2.0 * h) - energy(-2.0 * h))) / (12.0 * h);
        close(at(0.0).specific_heat, -k * k * curvature, 0.0, 1e-9 + lost * side as f64)?;
    }

    #[test]
    fn temperatures_follow_from_energies(side in 2usize..40, t in 1.0..20.0_f64) {
        // The energy is known to 1e-14, and what that is worth in temperature is the specific heat's to say.
        let torus = kaufman(side, side + 1, t.recip()).unwrap();
        let found = temperature_at_energy(side, side + 1, torus.energy_per_spin).unwrap();
        close(found, t, 1e-14, 2e-14 / torus.specific_heat)?;
        for energy in [-2.1, 0.1, f64::NAN] {
            let found = temperature_at_energy(side, side + 1, energy);
            prop_assert_eq!(found.err(), Some(Error::NoRoot { low: 0.1, high: 1e4 }));
        }
    }

    #[test]
    fn the_infinite_lattice_is_even(k in 0.0..5.0_f64) {
        prop_assert_eq!(square::energy_per_spin(-k), -square::energy_per_spin(k));
        prop_assert_eq!(square::specific_heat(-k), square::specific_heat(k));
        prop_assert_eq!(square::ln_z_per_spin(-k), square::ln_z_per_spin(k));
    }

    #[test]
    fn duality_joins_high_and_low_temperature(k in 0.01..2.0_f64) {
        // Kramers and Wannier: sinh 2K sinh 2K* = 1, ln Z - ln(sinh 2K) / 2 agrees, and by a derivative
        // u(K) + coth 2K = -(dK*/dK) [-u(K*) - coth 2K*].
        let dual = -0.5 * k.tanh().ln();
        let f = |k: f64| square::ln_z_per_spin(k) - 0.5 * (2.0 * k).sinh().ln();
        close(f(k), f(dual), 1e-13, 1e-14)?;
        let g = |k: f64| (square::energy_per_spin(k) + (2.0 * k).tanh().recip()) * (2.0 * k).tanh();
        close(g(k), -g(dual), 1e-11, 1e-14)?;
    }
}

fn states(side: usize) -> &'static DensityOfStates {
    static STATES: std::sync::OnceLock<Vec<DensityOfStates>> = std::sync::OnceLock::new();
    let all =
        STATES.get_or_init(|| (1..7).map(|l| DensityOfStates::new(l).expect("L <= 8")).collect());
    &all[side - 1]
}

/// Specific heat per spin from the density of states, energies counted from the ground state.
fn heat_of(states: &DensityOfStates, k: f64) -> f64 {
    let p = states.probabilities(k).expect("K >= 0");
    let weight = |row: &[f64]| row.iter().sum::<f64>();
    let mean = |origin: f64, power: i32| -> f64 {
        let excess = |pairs: usize| 4.0 * pairs as f64 - origin;
        p.iter().enumerate().map(|(pairs, row)| excess(pairs).powi(power) * weight(row)).sum()
    };
    k * k * mean(mean(0.0, 1), 2) / states.sites() as f64
}

#[test]
fn every_state_is_counted() {
    for side in 1..5 {
        let counted = states(side);
        let mut expected = vec![vec![0_u64; side * side + 1]; side * side + 1];
        enumerate(side, side).iter().for_each(|&(broken, up)| expected[broken / 2][up] += 1);
        for (pairs, expected) in expected.iter().enumerate() {
            assert_eq!(counted.counts(pairs), expected, "side {side}, {pairs} pairs");
        }
    }
    for side in [5, 6] {
        let all = |pairs| states(side).counts(pairs).iter().sum::<u64>();
        assert_eq!((0..=side * side).map(all).sum::<u64>(), 1 << (side * side));
    }
}

#[test]
fn means_in_a_field_are_sums_over_all_configurations() {
    let (side, sites) = (3, 9.0);
    let all = enumerate(side, side);
    for (k, h) in [(0.0, 0.0), (0.4, 0.0), (0.3, 0.2), (0.7, -1.5), (40.0, 3.0)] {
        let terms = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
            let term = |&(broken, up): &(usize, usize)| {
                let (e, m) = (2.0 * broken as f64 - 2.0 * sites, 2.0 * up as f64 - sites);
                (-k * (e + 2.0 * sites) + h * m - f64::abs(h) * sites).exp() * f(e, m)
            };
            all.iter().map(term).sum()
        };
        let z = terms(&|_, _| 1.0);
        let found = states(side).means(k, h, |e, m| [e, m, e * m, m.abs()]).unwrap();
        let expected: [&dyn Fn(f64, f64) -> f64; 4] =
            [&|e, _| e, &|_, m| m, &|e, m| e * m, &|_, m| m.abs()];
        for (found, of) in found.iter().zip(expected) {
            let expected = terms(of) / z;
            assert!((found - expected).abs() < 1e-11, "K = {k}, H = {h}: {found}, {expected}");
        }
    }
    for (k, h) in [(-0.1, 0.0), (f64::INFINITY, 0.0), (f64::NAN, 0.0), (0.1, f64::NAN)] {
        assert!(matches!(states(2).means(k, h, |_, _| []), Err(Error::OutOfRange { .. })));
    }
}

#[test]
fn small_heats_keep_their_digits() {
    let compare = |(width, height), k: f64, exact: f64| {
        let found = kaufman(width, height, k).unwrap().specific_heat;
        let error = (found / exact - 1.0).abs();
        assert!(error < 2e-13, "{width} x {height}, {k}: {found:e}, {exact:e}");
    };
    for i in 1..=200 {
        let k = 0.1 * f64::from(i);
        (2..7).for_each(|side| compare((side, side), k, heat_of(states(side), k)));
        for (width, height) in [(1, 2), (1, 5), (2, 3), (3, 2), (4, 2), (2, 5)] {
            compare((width, height), k, by_enumeration(width, height, k).specific_heat);
        }
    }
}

#[test]
fn ends_of_the_temperature_scale() {
    let ln_2 = std::f64::consts::LN_2;
    let at = |side| kaufman(side, side, f64::INFINITY).unwrap();
    for side in [1, 2, 3, 8, 1024] {
        let cold =
            Thermodynamics { ln_z: f64::INFINITY, energy_per_spin: -2.0, specific_heat: 0.0 };
        assert_eq!(at(side), cold);
        let hot = kaufman(side, side, 0.0).unwrap();
        let n = (side * side) as f64;
        assert!((hot.ln_z / (n * ln_2) - 1.0).abs() < 1e-13);
        // A site that is its own neighbour has its energy at every temperature.
        let energy = if side == 1 { -2.0 } else { 0.0 };
        assert!((hot.energy_per_spin - energy).abs() < 1e-15 && hot.specific_heat == 0.0);
    }
    assert_eq!(square::ln_z_per_spin(f64::INFINITY), f64::INFINITY);
    assert_eq!((square::energy_per_spin(0.0), square::energy_per_spin(f64::INFINITY)), (0.0, -2.0));
    assert_eq!((square::specific_heat(0.0), square::specific_heat(f64::INFINITY)), (0.0, 0.0));
    assert_eq!(square::spontaneous_magnetisation(0.0), 0.0);
    assert_eq!(square::spontaneous_magnetisation(f64::INFINITY), 1.0);
    assert!((square::ln_z_per_spin(0.0) - ln_2).abs() < 1e-15);
    for side in [1, 2, 5, 12] {
        let distribution = RowDistribution::new(side, side, f64::INFINITY).unwrap();
        assert_eq!((distribution.first()[0], distribution.first()[(1 << side) - 1]), (0.5, 0.5));
        let p = if side < 12 {
            magnetisation_probabilities(side, f64::INFINITY).unwrap()
        } else {
            continue;
        };
        assert_eq!((p[0], p[side * side]), (0.5, 0.5));
        assert_eq!(Moments::of(&p), Moments { abs_m: 1.0, m2: 1.0, m4: 1.0 });
    }
}

#[test]
fn the_critical_point() {
    let k = square::critical_coupling();
    // ln 2 / 2 + 2 G / pi with Catalan's constant G (Onsager).
    let ln_z = 0.5 * std::f64::consts::LN_2 + 2.0 * 0.915965594177219 / std::f64::consts::PI;
    assert!((square::ln_z_per_spin(k) - ln_z).abs() < 1e-15);
    assert_eq!(square::specific_heat(k), f64::INFINITY);
    assert_eq!(square::spontaneous_magnetisation(k), 0.0);
    // Heat -(8/pi) K_c^2 (ln|1 - K/K_c| + const) on both sides; magnetisation to the power 1/8.
    let amplitude = 8.0 / std::f64::consts::PI * k * k * std::f64::consts::LN_10;
    for sign in [-1.0, 1.0] {
        let heat = |d: f64| square::specific_heat(k + sign * d);
        assert!((heat(1e-8) - heat(1e-7) - amplitude).abs() < 1e-5, "{sign}");
    }
    let m = |d: f64| square::spontaneous_magnetisation(k + d);
    assert!(((m(1e-6) / m(1e-8)).log10() - 0.25).abs() < 1e-5);
    // A finite torus at T_c (Ferdinand and Fisher): -sqrt 2 (1 + c / L), a heat that grows as (8/pi) K_c^2 ln L.
    let at = |side| kaufman(side, side, k).unwrap();
    let excess = |side: usize| (at(side).energy_per_spin + 2f64.sqrt()) * side as f64;
    assert!((excess(1024) / excess(512) - 1.0).abs() < 1e-5);
    let growth = at(1024).specific_heat - at(512).specific_heat;
    let expected = 8.0 / std::f64::consts::PI * k * k * std::f64::consts::LN_2;
    assert!((growth / expected - 1.0).abs() < 1e-2, "{growth}, {expected}");
}

#[test]
fn the_peak_of_the_specific_heat_tends_to_the_critical_point() {
    let apart = |side| specific_heat_peak(side).unwrap() - square::critical_temperature();
    // On tori it lies above, and comes closer as 1 / L.
    let [small, large] = [16, 64].map(apart);
    assert!(small > 0.0 && large > 0.0);
    assert!((small / large - 4.0).abs() < 0.5, "{small} {large}");
    let at = |t: f64| kaufman(16, 16, 1.0 / t).unwrap().specific_heat;
    let peak = specific_heat_peak(16).unwrap();
    assert!(at(peak) > at(peak - 0.01) && at(peak) > at(peak + 0.01));
}

#[test]
fn what_is_refused() {
    let wide = Error::TooWide { width: 13, limit: MAX_WIDTH };
    assert_eq!(RowDistribution::new(13, 2, 0.5).err(), Some(wide.clone()));
    assert_eq!(wide.to_string(), "the torus is 13 wide; the limit is 12");
    assert_eq!(magnetisation_probabilities(13, 0.5), Err(wide));
    assert_eq!(DensityOfStates::new(9), Err(Error::TooWide { width: 9, limit: 8 }));
    let small = Error::TooSmall { what: "the height", value: 0, least: 1 };
    assert_eq!(kaufman(3, 0, 0.5), Err(small.clone()));
    assert_eq!(RowDistribution::new(3, 0, 0.5).err(), Some(small));
    for k in [-0.1, f64::NAN, f64::NEG_INFINITY] {
        assert!(matches!(kaufman(3, 4, k), Err(Error::OutOfRange { .. })), "{k}");
        assert!(matches!(RowDistribution::new(3, 3, k), Err(Error::OutOfRange { .. })), "{k}");
        assert!(matches!(magnetisation_probabilities(3, k), Err(Error::OutOfRange { .. })), "{k}");
    }
}

#[test]
fn threads_change_no_bit() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let distribution = RowDistribution::new(7, 7, 0.44).unwrap();
            let up = magnetisation_probabilities(7, 0.44).unwrap();
            (distribution.ln_z().to_bits(), distribution.first().to_vec(), up)
        })
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn large_tori_near_the_critical_point() {
    // Kaufman's product and its numerical derivatives in 50 digits, side 1024.
    for (k, ln_z, energy, heat) in [
        (0.44068, 974846.8438716538, -1.4146965836028956, 3.5709612282776933),
        (0.4406867935097715, 974856.921923477, -1.414821413216525, 3.5658628737172994),
        (0.441, 975322.495887777, -1.4203140625968603, 3.2333720260977184),
        (0.43, 959719.1479387748, -1.3004117202008699, 1.5268483322244401),
        (0.5, 1075622.4175115665, -1.745564575312554, 0.7248714486015739),
    ] {
        let found = kaufman(1024, 1024, k).unwrap();
        assert!((found.ln_z / ln_z - 1.0).abs() < 1e-15, "{k}");
        assert!((found.energy_per_spin - energy).abs() < 2e-14, "{k}");
        assert!((found.specific_heat / heat - 1.0).abs() < 1e-12, "{k}");
    }
}

#[test]
fn a_mixture_of_tori_is_a_distribution() -> Result<(), Error> {
    let (width, height) = (4, 3);
    let n = (width * height) as f64;
    let energies: Vec<f64> =
        enumerate(width, height).iter().map(|&(broken, _)| 2.0 * broken as f64 / n - 2.0).collect();
    for temperatures in [vec![0.0], vec![0.0, 0.25, 2.0, 6.0], vec![1.0, f64::INFINITY]] {
        let mixture = TorusMixture::new(width, height, &temperatures)?;
        let q = |e: &f64| mixture.ln_probability(*e).exp();
        let total: f64 = energies.iter().map(q).sum();
        assert!((total - 1.0).abs() < 1e-12, "{temperatures:?}: {total}");
        let mean: f64 = energies.iter().map(|e| e * q(e)).sum();
        assert!((mean - mixture.energy_per_spin()).abs() < 1e-12, "{temperatures:?}: {mean}");
    }
    let cold = TorusMixture::new(width, height, &[0.0])?;
    assert_eq!(cold.ln_probability(0.0), f64::NEG_INFINITY);
    assert!(TorusMixture::new(4, 4, &[]).is_err());
    assert!(TorusMixture::new(4, 4, &[-1.0]).is_err());
    Ok(())
}
