//! Properties of the ring at any size, of mixtures of temperatures, and of the spectrum of the sampled flow.

use exact::ring::{decimate_by, decimate_constant_by};
use exact::symmetric::{
    best_weight, critical_low, critical_range, gain, kernel, kl, kl_slope, orders, sampled_flow,
    spectrum,
};
use exact::{Mixture, Rbm64, Ring, enumerate};
use proptest::prelude::*;

/// A few hundred roundings of 1e-16 of terms of order one.
const SUM: f64 = 1e-13;
/// The same of terms of order `N W M <= 100` (exponents, ln Z, KL).
const EXPONENT: f64 = 1e-12;
/// A million steps of a recurrence with positive terms.
const LARGE: f64 = 1e-10;

fn ring(sites: usize, coupling: f64) -> Ring {
    Ring::new(sites, coupling).expect("a ring")
}

fn close(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * b.abs()
}

/// Ring, sums over its states: `sum_v p(v) x(V, number of walls)`.
fn over_states(data: &Ring, x: impl Fn(f64, f64) -> f64) -> f64 {
    let m = data.sites();
    let states = enumerate::ring(data).expect("few sites");
    let of = |(s, p): (usize, &f64)| {
        let walls = (s ^ (s >> 1 | (s & 1) << (m - 1))).count_ones();
        p * x(2.0 * f64::from(s.count_ones()) - m as f64, f64::from(walls))
    };
    states.probabilities.iter().enumerate().map(of).sum()
}

proptest! {
    #[test]
    fn moments_of_the_ring(m in 2usize..12, k in -5.0..5.0f64) {
        let ring = ring(m, k);
        let v4 = over_states(&ring, |v, _| v.powi(4));
        prop_assert!((ring.v4() - v4).abs() <= SUM * (m as f64).powi(4), "{} {v4}", ring.v4());
        let mean = over_states(&ring, |_, d| d);
        let energy = 2.0 * mean / m as f64 - 1.0;
        prop_assert!((ring.energy_per_spin() - energy).abs() < EXPONENT);
        let variance = over_states(&ring, |_, d| (d - mean).powi(2));
        let heat = 4.0 * k * k * variance / m as f64;
        // The oracle's own mean is known to rounding, its probabilities to 1e-13.
        prop_assert!((ring.heat_capacity_per_spin() - heat).abs() < EXPONENT * (1.0 + heat), "{} {heat}", ring.heat_capacity_per_spin());
        for (pair, p) in ring.wall_probabilities().into_iter().enumerate() {
            let direct = over_states(&ring, |_, d| if d == 2.0 * pair as f64 { 1.0 } else { 0.0 });
            prop_assert!((p - direct).abs() < EXPONENT, "{pair}: {p} {direct}");
        }
    }

    #[test]
    fn large_rings_agree_with_their_closed_forms(m in 1000usize..1_000_000, k in -5.0..9.0f64) {
        // P(V) by recurrence, P(D) by products, against <V^2>, <V^4>, energy and heat capacity.
        let ring = ring(m, k);
        let p = ring.magnetisation_probabilities();
        let moment = |power: i32| -> f64 {
            p.iter().enumerate().map(|(k, p)| p * (2.0 * k as f64 - m as f64).powi(power)).sum()
        };
        prop_assert!(close(moment(2), ring.v2(), LARGE), "{} {}", moment(2), ring.v2());
        prop_assert!(close(moment(4), ring.v4(), LARGE), "{} {}", moment(4), ring.v4());
        let walls = ring.wall_probabilities();
        let mean: f64 = walls.iter().enumerate().map(|(i, p)| p * 2.0 * i as f64).sum();
        let energy = 2.0 * mean / m as f64 - 1.0;
        prop_assert!((energy - ring.energy_per_spin()).abs() < EXPONENT);
        let variance: f64 = walls.iter().enumerate().map(|(i, p)| p * (2.0 * i as f64 - mean).powi(2)).sum();
        let heat = 4.0 * k * k * variance / m as f64;
        prop_assert!((heat - ring.heat_capacity_per_spin()).abs() <= LARGE * heat, "{heat} {}", ring.heat_capacity_per_spin());
    }

    #[test]
    fn decimation_by_any_factor(rest in 2usize..50, b in 1u32..9, k in -8.0..8.0f64, k0 in -2.0..2.0f64) {
        // The finite-ring identity: M = b rest sites at (K, K0) and rest sites at (K', K0') have one partition function.
        let (next, constant) = (decimate_by(b, k), decimate_constant_by(b, k, k0));
        prop_assert!((next.tanh() - k.tanh().powi(b as i32)).abs() < SUM);
        let m = rest * b as usize;
        let fine = m as f64 * k0 + ring(m, k).ln_z();
        let coarse = rest as f64 * constant + ring(rest, next).ln_z();
        prop_assert!((fine - coarse).abs() < EXPONENT * (1.0 + fine.abs() + m as f64), "{fine} {coarse}");
        // b then c is b c.
        let twice = decimate_by(2, next);
        prop_assert!((twice - decimate_by(2 * b, k)).abs() <= EXPONENT * (1.0 + twice));
    }

    #[test]
    fn mixtures_average_their_rings(m in 2usize..10, ks in prop::collection::vec(-2.0..4.0f64, 1..5), n in 1usize..6, w in 0.01..1.0f64) {
        let parts: Vec<(Ring, f64)> = ks.iter().enumerate().map(|(i, &k)| (ring(m, k), 1.0 + i as f64)).collect();
        let data = Mixture::new(&parts).unwrap();
        let mut q = vec![0.0; 1 << m];
        for (ring, share) in data.parts() {
            let p = enumerate::ring(ring).unwrap().probabilities;
            q.iter_mut().zip(p).for_each(|(q, p)| *q += share * p);
        }
        let entropy: f64 = -q.iter().map(|q| q * q.ln()).sum::<f64>();
        prop_assert!((data.entropy() - entropy).abs() < EXPONENT * 10.0, "{} {entropy}", data.entropy());
        let p = enumerate::visible_probabilities(&Rbm64::uniform(m, n, w).unwrap()).unwrap();
        let direct = enumerate::kl(&q, &p).unwrap();
        prop_assert!((kl(&data, n, w) - direct).abs() < EXPONENT * 10.0);
        // A central difference: h^2 / 6 times the third derivative of KL, below 1e5 for N M <= 50.
        const H: f64 = 1e-5;
        let slope = (kl(&data, n, w + H) - kl(&data, n, w - H)) / (2.0 * H);
        prop_assert!((kl_slope(&data, n, w) - slope).abs() < 1e-5);
        let best = best_weight(&data, n).unwrap();
        prop_assert_eq!(best > 0.0, data.v2() > m as f64 + SUM);
        if best > 0.0 {
            prop_assert!(kl_slope(&data, n, 0.999 * best) < 0.0 && kl_slope(&data, n, 1.001 * best) > 0.0);
        }
    }

    #[test]
    fn ranges_are_the_limit_of_fine_grids(m in 2usize..9, low in 0.0..2.0f64, width in 0.2..8.0f64) {
        // Midpoints: error of order (width / cells)^2 times the second derivative in T, which stays below 10.
        const CELLS: usize = 4000;
        let step = width / CELLS as f64;
        let grid: Vec<f64> = (0..CELLS).map(|i| low + (i as f64 + 0.5) * step).collect();
        let (range, grid) = (Mixture::range(m, low, low + width).unwrap(), Mixture::of_temperatures(m, &grid).unwrap());
        for (a, b) in range.magnetisation_probabilities().iter().zip(grid.magnetisation_probabilities()) {
            prop_assert!((a - b).abs() < 10.0 * step * step, "{a} {b}");
        }
        let shares: f64 = range.parts().iter().map(|(_, share)| share).sum();
        prop_assert!((shares - 1.0).abs() < SUM);
    }

    #[test]
    fn spectra_of_the_sampled_flow(m in 1usize..12, n in 1usize..12, w in 0.0..0.8f64) {
        let spectrum = spectrum(m, n, w).unwrap();
        prop_assert_eq!(spectrum.modes.len(), m.min(n) + 1);
        // Traces of the powers of the kernel are sums of powers of the eigenvalues.
        let matrix = kernel(m, n, w);
        let mut power = matrix.clone();
        for exponent in 1..4 {
            let sum: f64 = spectrum.modes.iter().map(|mode| mode.eigenvalue.powi(exponent)).sum();
            prop_assert!((power.trace() - sum).abs() < EXPONENT, "{} {sum}", power.trace());
            power = &power * &matrix;
        }
        // The eigenvalue is known to rounding, the time better than that.
        let odd = spectrum.modes.iter().find(|mode| !mode.even).unwrap().eigenvalue;
        let time = spectrum.relaxation_time_odd;
        if odd > 0.0 && odd < 1.0 - 1e-6 {
            prop_assert!((-1.0 / odd.ln() - time).abs() < 1e-13 * (time + time * time), "{odd} {time}");
        }
    }
}

#[test]
fn slow_flows_keep_their_digits() {
    // 80-digit eigenvalues of the 5 x 5 and 4 x 4 matrices C^T C.
    for (m, n, w, odd) in [
        (8, 4, 0.75, 28_458_170.692_153_503),
        (8, 4, 1.0, 85_689_780_968.237_03),
        (8, 4, 1.25, 257633152584738.64),
        (8, 4, 1.5, 7.709275495411699e17),
        (9, 3, 1.0, 892_003_577.386_784),
    ] {
        let found = spectrum(m, n, w).unwrap().relaxation_time_odd;
        assert!(close(found, odd, 1e-10), "{m}, {n}, {w}: {found} {odd}");
    }
    let even = spectrum(8, 4, 1.5).unwrap().relaxation_time_even;
    assert!(close(even, 0.43910575534694837, 1e-10), "{even}");
}

#[test]
fn ranges_that_reach_zero_flow_to_order() {
    // N M W^2 of (8, 4) for ranges of temperatures.
    for (low, high, expected) in
        [(0.0, 6.0, 1.29), (0.25, 6.0, 1.19), (1.0, 6.0, 0.86), (2.0, 6.0, 0.62), (0.5, 4.0, 1.40)]
    {
        let data = Mixture::range(8, low, high).unwrap();
        let found = gain(8, 4, best_weight(&data, 4).unwrap());
        assert!((found - expected).abs() < 0.005, "[{low}, {high}]: {found}");
    }
    let turn = critical_range(8, 4, 1.0).unwrap().unwrap();
    let at = |t: f64| gain(8, 4, best_weight(&Mixture::range(8, 1.0, t).unwrap(), 4).unwrap());
    assert!((at(turn) - 1.0).abs() < 1e-9, "T2 = {turn}");
    assert_eq!(critical_range(8, 4, 3.0).unwrap(), None);
    assert!((critical_low(8, 4, turn).unwrap().unwrap() - 1.0).abs() < 1e-9);
    assert_eq!((critical_low(8, 4, 20.0), critical_low(8, 4, 2.0)), (Ok(None), Ok(None)));
    let ordered = |t| orders(&Mixture::range(8, 1.0, t).unwrap(), 4).unwrap();
    assert!(ordered(0.999 * turn) && !ordered(1.001 * turn));
}

#[test]
fn bad_mixtures_are_refused() {
    assert!(Mixture::range(8, -1.0, 2.0).is_err() && Mixture::range(8, 2.0, 2.0).is_err());
    assert!(
        Mixture::range(8, f64::NAN, 2.0).is_err() && Mixture::range(8, 0.0, f64::INFINITY).is_err()
    );
    assert!(
        Mixture::of_temperatures(8, &[1.0, -0.5]).is_err()
            && Mixture::of_temperatures(8, &[]).is_err()
    );
    assert!(Mixture::new(&[(ring(8, 1.0), 1.0), (ring(6, 1.0), 1.0)]).is_err());
    assert!(Mixture::new(&[(ring(8, 1.0), 0.0)]).is_err());
    assert!(spectrum(0, 4, 1.0).is_err() && spectrum(8, 4, f64::NAN).is_err());
    assert!(sampled_flow(&ring(8, 1.0).into(), 4, f64::INFINITY, 1).is_err());
    let frozen = Mixture::of_temperatures(8, &[0.0]).unwrap();
    assert_eq!(best_weight(&frozen, 4), Ok(f64::INFINITY));
    // A single ring, as a mixture, through zero temperature.
    let mixed = Mixture::of_temperatures(8, &[0.0, 1.0]).unwrap();
    assert!((mixed.entropy() - kl(&mixed, 4, 0.0)).abs() < 8.0 * 2f64.ln());
}

#[test]
fn decimation_where_the_exponential_overflows() {
    // tanh^b K = 1 - 2b e^{-2K} there: K' = K - ln(b) / 2, and from Z the constant (b - 1) K + ln(b) / 2 with K0 = 0.
    for (b, k) in [(2, 400.0), (3, 400.0), (3, 1e100), (7, 299.9), (7, 300.1)] {
        let half_ln = 0.5 * f64::from(b).ln();
        let constant = f64::from(b - 1) * k + half_ln;
        assert!((decimate_by(b, k) / (k - half_ln) - 1.0).abs() < SUM, "{b} {k}");
        assert!((decimate_constant_by(b, k, 0.0) / constant - 1.0).abs() < SUM, "{b} {k}");
    }
    assert_eq!(decimate_by(3, -1e100), -1e100);
    assert_eq!(decimate_constant_by(3, f64::INFINITY, 0.0), f64::INFINITY);
}

#[test]
fn a_frozen_rbm_is_read_in_spite_of_rounding() {
    for k in [5.0, 10.0, 50.0, 400.0] {
        let w = best_weight(&ring(8, k).into(), 4).unwrap();
        for start in [0.0, 1.0, f64::INFINITY] {
            let flow = sampled_flow(&ring(8, start).into(), 4, w, 20);
            let last = flow.expect("a flow").pop().expect("a step");
            assert!((1.0 - 1e-4..=1.0).contains(&last.neighbour_correlation), "{k} {last:?}");
        }
    }
}

#[test]
fn cold_ranges_and_frustrated_rings() {
    // Roots of (79) with thousands of digits: the excited states crowd into T2^2 / 4 below T2.
    for (m, n, low, high, expected) in [
        (8, 4, 0.0, 0.01, 50.489_624_778_968_56),
        (8, 4, 0.0, 0.005, 100.575_957_995_556_83),
        (8, 4, 0.0, 0.001, 500.776_888_481_081_37),
        (6, 2, 0.001, 0.002, 501.351_169_221_009),
    ] {
        let found = best_weight(&Mixture::range(m, low, high).unwrap(), n).unwrap();
        assert!(close(found, expected, 1e-12), "[{low}, {high}]: {found} {expected}");
    }
    // Odd rings at K < 0, in 50 digits: hot ones are not to be written as cold ones.
    assert!(close(ring(101, -0.8).correlation(49), -1.370_737_685_479_644_6e-9, SUM));
    assert!(close(ring(13, -0.123).correlation(6), 2.948_769_235_763_346_5e-6, SUM));
    assert!(close(ring(7, -1e-9).energy_per_spin(), 1e-9, SUM));
}

#[test]
fn flows_are_read_from_any_start() {
    for k in [-400.0, -20.0, -10.0, 0.0, 8.0, 14.0, 15.0, 17.0, 50.0, 400.0] {
        for m in [3, 6, 7, 8] {
            let flow = sampled_flow(&ring(m, k).into(), 3, 0.3, 2).expect("a flow");
            assert_eq!((flow[0].coupling_from_correlation, flow[0].coupling_from_v2), (k, k));
            assert!(flow[1].coupling_from_v2.is_finite(), "{m} {k}");
        }
    }
    // An aligned ensemble keeps its digits. One step from aligned spins, N = 1: h differs from v with the probability
    // 1/(1 + e^{2MW}), which leaves <V^2> as it is, and M^2 - <V^2> = M (M - 1) / cosh^2 W. A cold ring has
    // M^2 (M^2 - 1) / (3 E^2) with E = e^{2K}, up to terms smaller by E^2.
    let (m, w) = (8.0, 12.0_f64);
    let flow = sampled_flow(&ring(8, f64::INFINITY).into(), 1, w, 1).unwrap();
    let deficit = m * (m - 1.0) / w.cosh().powi(2);
    let expected = 0.25 * (m * m * (m * m - 1.0) / (3.0 * deficit)).ln();
    let found = flow[1].coupling_from_v2;
    assert!(close(found, expected, 1e-9), "{found} {expected}");
}
