//! Properties of the equal-weight RBM that hold for all sizes and couplings, and extremes.

use exact::symmetric::{
    best_weight, critical_coupling, f, g, gain, kl, kl_slope, ln_z, mean_fixed_point, mean_step,
    pair_correlation, sampled_step, second_moment, visible_sum_probabilities,
};
use exact::{Rbm64, Ring, enumerate};
use proptest::prelude::*;

/// A few hundred roundings of 1e-16 of terms of order one.
const SUM: f64 = 1e-13;
/// The same of terms of order `N W M <= 100` (exponents, ln Z, KL).
const EXPONENT: f64 = 1e-12;
/// A root is known to rounding over the slope, and the closed form it is compared with has a condition of order 10.
const ROOT: f64 = 1e-12;
/// Central differences with step h = 1e-3 and one Richardson step: h^4 times the fifth derivative of KL (below 1e5 for
/// N M <= 64), and rounding 1e-14 / h.
const DIFFERENCE: f64 = 1e-6;
/// Logarithms of factorials up to 8e4 at M = 10,000: 1e-11 per probability, with some room.
const LARGE: f64 = 1e-10;

fn ring(sites: usize, coupling: f64) -> Ring {
    Ring::new(sites, coupling).expect("a ring")
}

fn weight(sites: usize, hidden: usize, coupling: f64) -> f64 {
    best_weight(&ring(sites, coupling).into(), hidden).expect("a best weight")
}

fn close(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * b.abs()
}

/// `p(v)` of M x N equal weights by enumeration.
fn enumerated(m: usize, n: usize, w: f64) -> Vec<f64> {
    enumerate::visible_probabilities(&Rbm64::uniform(m, n, w).expect("an RBM")).expect("few units")
}

/// `(f(x + h) - f(x - h)) / 2h`, extrapolated once.
fn derivative(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    let central = |h: f64| (f(x + h) - f(x - h)) / (2.0 * h);
    const H: f64 = 1e-3;
    (4.0 * central(H) - central(2.0 * H)) / 3.0
}

proptest! {
    #[test]
    fn sums_over_v_equal_sums_over_states(m in 1usize..9, n in 1usize..9, w in -1.5..1.5f64) {
        let all = enumerate::ln_z(&Rbm64::uniform(m, n, w).unwrap()).unwrap();
        prop_assert!(close(ln_z(m, n, w), all, EXPONENT), "{} {all}", ln_z(m, n, w));
        prop_assert!(close(ln_z(n, m, w), all, EXPONENT));
        let mut p = vec![0.0; m + 1];
        for (state, x) in enumerated(m, n, w).iter().enumerate() {
            p[state.count_ones() as usize] += x;
        }
        for (a, b) in visible_sum_probabilities(m, n, w).iter().zip(&p) {
            prop_assert!(close(*a, *b, EXPONENT), "{a} {b}");
        }
    }

    #[test]
    fn pair_correlation_is_that_of_any_pair(m in 2usize..9, n in 1usize..9, w in 0.0..1.0f64) {
        let same = |s: usize| if (s ^ (s >> 1)) & 1 == 0 { 1.0 } else { -1.0 };
        let direct: f64 = enumerated(m, n, w).iter().enumerate().map(|(s, p)| p * same(s)).sum();
        let found = pair_correlation(&visible_sum_probabilities(m, n, w));
        prop_assert!((found - direct).abs() < SUM, "{found} {direct}");
    }

    #[test]
    fn f_is_the_derivative_of_ln_z(m in 1usize..9, n in 1usize..9, w in -1.5..1.5f64) {
        let slope = derivative(|w| ln_z(m, n, w), w) / n as f64;
        prop_assert!((f(m, n, w) - slope).abs() < DIFFERENCE, "{} {slope}", f(m, n, w));
    }

    #[test]
    fn divergence_and_slope(m in 2usize..9, n in 1usize..9, k in -1.5..2.5f64, w in -1.5..1.5f64) {
        let data = ring(m, k);
        let q = enumerate::ring(&data).unwrap().probabilities;
        let direct = enumerate::kl(&q, &enumerated(m, n, w)).unwrap();
        // The ring's entropy and the clamped term are each below 200.
        prop_assert!((kl(&data.into(), n, w) - direct).abs() < EXPONENT, "{} {direct}", kl(&data.into(), n, w));
        let slope = kl_slope(&data.into(), n, w);
        let difference = derivative(|w| kl(&data.into(), n, w), w);
        prop_assert!((slope - difference).abs() < DIFFERENCE, "{slope} {difference}");
        let of_parts = n as f64 * (f(m, n, w) - g(&data.into(), w));
        prop_assert!((slope - of_parts).abs() < EXPONENT, "{slope} {of_parts}");
        prop_assert_eq!(slope, -kl_slope(&data.into(), n, -w));
    }

    #[test]
    fn antiferromagnets_want_no_weight(m in 2usize..30, n in 1usize..30, k in -3.0..-1e-3f64, w in 1e-3..2.0f64) {
        prop_assert!(kl_slope(&ring(m, k).into(), n, w) > 0.0);
        prop_assert_eq!(weight(m, n, k), 0.0);
    }

    #[test]
    fn best_weight_is_a_minimum_and_zero_a_maximum(m in 2usize..30, n in 1usize..30, k in 0.02..4.0f64) {
        let (data, w) = (ring(m, k), weight(m, n, k));
        let at = |w: f64| kl(&data.into(), n, w);
        // 5% off the root KL changes by at least 1e-7 here, far above rounding.
        prop_assert!(at(w) < at(0.95 * w) && at(w) < at(1.05 * w), "W = {w}");
        prop_assert!(at(0.0) > at(0.05 * w) && at(0.0) > at(-0.05 * w), "W = {w}");
        for nudge in [1e-11, 1e-3, 0.5] {
            prop_assert!(kl_slope(&data.into(), n, w * (1.0 - nudge)) < 0.0, "below W = {w}");
            prop_assert!(kl_slope(&data.into(), n, w * (1.0 + nudge)) > 0.0, "above W = {w}");
        }
    }

    #[test]
    fn two_and_three_spins_are_learnt_exactly(n in 1usize..200, k in -7.0..2.5f64) {
        // K from 1e-7 to 300. ln cosh by 2 sinh^2(x/2), so that the comparison is itself exact at small K.
        let k = 10f64.powf(k);
        let ln_cosh = |x: f64| {
            if x < 1.0 { (2.0 * (0.5 * x).sinh().powi(2)).ln_1p() }
            else { x + (-2.0 * x).exp().ln_1p() - 2f64.ln() }
        };
        let two = weight(2, n, k);
        prop_assert!(close(n as f64 * ln_cosh(2.0 * two), 4.0 * k, 20.0 * ROOT), "{two}");
        let three = weight(3, n, k);
        let exponent = n as f64 * (ln_cosh(3.0 * three) - ln_cosh(three));
        prop_assert!(close(exponent, 4.0 * k, 20.0 * ROOT), "{three}");
        // Terms of order 4 K (ln Z relative to an aligned state is small, q times a factor is not).
        let allowed = EXPONENT * (1.0 + k);
        prop_assert!(kl(&ring(2, k).into(), n, two).abs() < allowed, "M = 2: {}", kl(&ring(2, k).into(), n, two));
        prop_assert!(kl(&ring(3, k).into(), n, three).abs() < allowed, "M = 3: {}", kl(&ring(3, k).into(), n, three));
    }

    #[test]
    fn best_weight_increases(m in 2usize..40, n in 1usize..40, k in -4.0..2.0f64, step in 1e-9..1.0f64) {
        let k = 10f64.powf(k);
        prop_assert!(weight(m, n, k * (1.0 + step)) > weight(m, n, k));
    }

    #[test]
    fn best_weight_approaches_its_asymptotes(m in 4usize..40, n in 1usize..60) {
        // W^2 = 2K/(N(M-1)) (1 + bK + O(K^2)); the next coefficient is below 100.
        let (k, a, b) = (1e-6, m as f64, n as f64);
        let slope = -(3.0 * a * b - 6.0 * a - 9.0 * b + 8.0) / (3.0 * b * (a - 1.0));
        let small = (2.0 * k / (b * (a - 1.0)) * (1.0 + slope * k)).sqrt();
        prop_assert!(close(weight(m, n, k), small, 100.0 * k * k + ROOT));
        // [4K - ln(floor(M^2/2)/4)]/(2N) up to e^{-2W}, of which there is nothing left when W > 20.
        let k = 10.0 * b + 10.0;
        let large = (4.0 * k - (((m * m / 2) as f64) / 4.0).ln()) / (2.0 * b);
        prop_assert!(large < 15.0 || close(weight(m, n, k), large, ROOT), "{} {large}", weight(m, n, k));
    }

    #[test]
    fn sampling_keeps_distribution_norm_and_parity(m in 1usize..30, n in 1usize..30, w in -1.0..1.0f64, up in 0usize..30) {
        let p = visible_sum_probabilities(m, n, w);
        // Exponents up to N W M = 900 before they cancel: 900 units of 1e-16.
        for (a, b) in sampled_step(&p, n, w).iter().zip(&p) {
            prop_assert!((a - b).abs() < EXPONENT * (SUM + b), "{a} {b}");
        }
        let mut unit = vec![0.0; m + 1];
        unit[up % (m + 1)] = 1.0;
        let next = sampled_step(&unit, n, w);
        prop_assert!((next.iter().sum::<f64>() - 1.0).abs() < EXPONENT);
        unit.reverse();
        for (a, b) in sampled_step(&unit, n, w).iter().rev().zip(&next) {
            prop_assert!((a - b).abs() < EXPONENT, "{a} {b}");
        }
    }

    #[test]
    fn mean_flow_ends_at_its_fixed_point(m in 1usize..50, n in 1usize..50, scale in 0.0..3.0f64, start in 1e-3..1.0f64) {
        // Around the bifurcation, which is at scale 1; within 2% of it convergence takes longer than 5,000 steps.
        prop_assume!((scale - 1.0).abs() > 0.02);
        let w = scale / ((m * n) as f64).sqrt();
        let fixed = mean_fixed_point(m, n, w);
        prop_assert_eq!(fixed > 0.0, gain(m, n, w) > 1.0);
        prop_assert!((mean_step(m, n, w, fixed) - fixed).abs() < SUM);
        let mut mean = start;
        for _ in 0..5_000 {
            mean = mean_step(m, n, w, mean);
        }
        // The error of the bisection is rounding over 1 - slope, at least 0.04.
        prop_assert!((mean - fixed).abs() < EXPONENT, "{mean} {fixed}");
        prop_assert_eq!(mean_step(m, n, w, -start), -mean_step(m, n, w, start));
    }

    #[test]
    fn the_flow_bifurcates_at_the_critical_coupling(m in 2usize..60, n in 1usize..60) {
        let k = critical_coupling(m, n).unwrap();
        prop_assert!((gain(m, n, weight(m, n, k)) - 1.0).abs() < 100.0 * ROOT, "K_c = {k}");
        prop_assert_eq!(mean_fixed_point(m, n, weight(m, n, 0.99 * k)), 0.0);
        prop_assert!(mean_fixed_point(m, n, weight(m, n, 1.01 * k)) > 0.0);
    }

    #[test]
    fn ring_at_any_coupling(m in 2usize..40, k in -3.0..3.5f64, negative: bool) {
        // |K| from 1e-3 to 3000. Second moments of the two routes, and the entropy between its limits.
        let k = 10f64.powf(k) * if negative { -1.0 } else { 1.0 };
        let ring = ring(m, k);
        let by_p = second_moment(&ring.magnetisation_probabilities());
        let by_pairs: f64 = m as f64 * (0..m).map(|r| ring.correlation(r)).sum::<f64>();
        // P(V) comes from exponents up to 4 K M / 2; the alternating sum from M terms of order one.
        let allowed = EXPONENT * (1.0 + k.abs() / 10.0) * (m * m) as f64;
        prop_assert!((by_p - ring.v2()).abs() < allowed, "{by_p} {}", ring.v2());
        prop_assert!((by_pairs - ring.v2()).abs() < allowed, "{by_pairs} {}", ring.v2());
        let entropy = ring.entropy();
        let slack = EXPONENT * (1.0 + k.abs() * m as f64);
        prop_assert!(entropy > 2f64.ln() - slack && entropy < m as f64 * 2f64.ln() + slack, "{entropy}");
    }
}

#[test]
fn more_hidden_units_than_a_cold_ring_needs() {
    // 2NW = 4K - ln(floor(M^2/2)/4) up to terms e^{-2W}: N > M once lost all digits to cancellation (K = 20).
    for (m, n, k, tolerance) in [(4, 8, 20.0, 1e-4), (4, 2, 50.0, ROOT), (8, 4, 300.0, ROOT)] {
        let expected = (4.0 * k - ((m * m / 2) as f64 / 4.0).ln()) / (2.0 * n as f64);
        let found = weight(m, n, k);
        assert!(close(found, expected, tolerance), "M = {m}, N = {n}, K = {k}: {found} {expected}");
    }
    // 60-digit bisection of f - g.
    for (m, n, k, expected) in [
        (4, 8, 20.0, 4.956678302593769),
        (4, 1000, 20.0, 0.11768252204477621),
        (100, 1, 5.0, 6.434553375387677),
        (8, 4, 1e-12, 2.672612419123926e-7),
    ] {
        let found = weight(m, n, k);
        assert!(close(found, expected, ROOT), "M = {m}, N = {n}, K = {k}: {found} {expected}");
    }
}

#[test]
fn the_best_weight_exists_at_every_positive_coupling() {
    for k in [f64::MIN_POSITIVE * 1e-10, 1e-300, 1e-17, 1e-12, 1e-6, 50.0, 300.0, 1e6, 1e300] {
        for (m, n) in [(2, 1), (3, 1), (4, 2), (8, 4), (8, 3), (9, 5), (5, 200), (1000, 1)] {
            let w = weight(m, n, k);
            assert!(w > 0.0 && w.is_finite(), "M = {m}, N = {n}, K = {k}: {w}");
            let leading = (2.0 * k / (n * (m - 1)) as f64).sqrt();
            assert!(!(1e-300..1e-5).contains(&k) || close(w, leading, 1e-3), "{m}, {n}, {k}: {w}");
        }
    }
    assert_eq!(weight(8, 4, f64::INFINITY), f64::INFINITY);
    assert_eq!((weight(8, 4, 0.0), weight(8, 4, -0.0)), (0.0, 0.0));
    assert!(matches!(
        best_weight(&ring(8, 1.0).into(), 0),
        Err(exact::Error::TooSmall { value: 0, .. })
    ));
    assert!(critical_coupling(1, 1).is_err() && critical_coupling(8, 0).is_err());
}

#[test]
fn infinite_weight_is_the_limit_of_large_weight() {
    for (m, n) in [(8, 4), (9, 5), (2, 1), (3, 1)] {
        let p = visible_sum_probabilities(m, n, f64::INFINITY);
        assert_eq!((p[0], p[m], p.iter().sum::<f64>()), (0.5, 0.5, 1.0), "M = {m}");
        assert_eq!(p, visible_sum_probabilities(m, n, 1e4), "M = {m}");
        assert_eq!(f(m, n, f64::INFINITY), m as f64);
        assert_eq!(ln_z(m, n, f64::INFINITY), f64::INFINITY);
        let frozen = ring(m, f64::INFINITY);
        assert!(kl(&frozen.into(), n, f64::INFINITY).abs() < SUM);
        assert!(kl(&frozen.into(), n, 1.0) > 0.0 && kl_slope(&frozen.into(), n, 1.0) < 0.0);
        assert_eq!(kl(&ring(m, 1.0).into(), n, f64::INFINITY), f64::INFINITY);
        assert_eq!(mean_fixed_point(m, n, f64::INFINITY), 1.0);
    }
}

#[test]
fn cold_and_frustrated_rings() {
    for k in [360.0, 1e6, 1e17] {
        assert!(close(ring(8, k).v2(), 64.0, SUM), "K = {k}");
        assert_eq!(ring(8, k).configuration_probabilities()[..2], [0.5, 0.0], "K = {k}");
        // Odd ring, K < 0: one bond is broken, 2M states, V = +-1, <v v'> = -(M - 2)/M.
        let frustrated = ring(9, -k);
        assert!(close(frustrated.v2(), 1.0, SUM), "K = -{k}");
        assert!(close(frustrated.correlation(1), -7.0 / 9.0, SUM), "K = -{k}");
        assert!(close(frustrated.correlation(2), 5.0 / 9.0, SUM), "K = -{k}");
        assert!(close(frustrated.ln_z(), 7.0 * k + 18f64.ln(), EXPONENT), "K = -{k}");
    }
    assert!(close(ring(3, -20.0).correlation(1), -1.0 / 3.0, EXPONENT));
    assert!(close(ring(3, -20.0).entropy(), 6f64.ln(), EXPONENT));
}

#[test]
fn ten_thousand_units() {
    let (m, n) = (10_000, 5_000);
    for k in [1e-6, 1.0, 50.0] {
        let (data, w) = (ring(m, k), weight(m, n, k));
        assert!(
            kl_slope(&data.into(), n, 0.999 * w) < 0.0
                && kl_slope(&data.into(), n, 1.001 * w) > 0.0
        );
        let p = visible_sum_probabilities(m, n, w);
        assert!((p.iter().sum::<f64>() - 1.0).abs() < LARGE, "K = {k}");
        let v2 = second_moment(&data.magnetisation_probabilities());
        assert!(close(v2, data.v2(), LARGE), "K = {k}: {v2} {}", data.v2());
        assert!(close(second_moment(&p), data.v2(), 0.5), "K = {k}");
    }
    // Mean field: N M W^2 -> 1 - e^{-2K}.
    let mean_field = gain(m, n, weight(m, n, 1e-6)) / 2e-6;
    assert!((mean_field - 1.0).abs() < 2.0 / m as f64, "{mean_field}");
}
