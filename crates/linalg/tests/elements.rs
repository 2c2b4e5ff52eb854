//! Uniform numbers, units and functions, element by element: distributions, edges, and independence of the place in a slice.

use linalg::{exp, sample_means, sample_units, tanh};
use rand::RngExt;
use statrs::distribution::{ChiSquared, ContinuousCDF};
use stats::Bits;

/// Family-wise level of the statistical tests of this file, 9 of them.
const LEVEL: f64 = 1e-6;
const TESTS: f64 = 9.0;
const STEP: f32 = 1.0 / 16_777_216.0;

fn bits(seed: u64) -> Bits {
    Bits::new(&mut stats::stream(seed, "elements", 0))
}

/// The uniform numbers that decide: the highest 23 of each 32 bits and a last 1, of a word first all lower halves.
fn drawn(n: usize, seed: u64) -> Vec<f32> {
    let mut bits = bits(seed);
    let halves = (0..n.div_ceil(16)).flat_map(|_| {
        let word = bits.word();
        let (lower, upper) = (word.map(|bits| bits as u32), word.map(|bits| (bits >> 32) as u32));
        lower.into_iter().chain(upper)
    });
    halves.take(n).map(|half| (half >> 8 | 1) as f32 * STEP).collect()
}

/// Two-sided z-test.
fn z_test(what: &str, distance: f64, error: f64) {
    // |z| of probability below LEVEL / TESTS: the square is chi-square with one degree of freedom.
    let p = ChiSquared::new(1.0).expect("degrees of freedom").sf((distance / error).powi(2));
    assert!(p > LEVEL / TESTS, "{what}: p = {p:e}");
}

fn chi_square(what: &str, counts: &[f64]) {
    let expected = counts.iter().sum::<f64>() / counts.len() as f64;
    let sum: f64 = counts.iter().map(|c| (c - expected).powi(2) / expected).sum();
    let p = ChiSquared::new((counts.len() - 1) as f64).expect("degrees of freedom").sf(sum);
    assert!(p > LEVEL / TESTS, "{what}: p = {p:e}");
}

#[test]
fn uniforms_have_their_distribution() {
    let n = 1 << 20;
    let u: Vec<f64> = drawn(n, 2).into_iter().map(f64::from).collect();
    let count = n as f64;
    let mean = u.iter().sum::<f64>() / count;
    z_test("mean", mean - 0.5, (1.0 / 12.0 / count).sqrt());
    let variance = u.iter().map(|u| (u - 0.5).powi(2)).sum::<f64>() / count;
    // Var (u - 1/2)^2 = 1/80 - 1/144.
    z_test("variance", variance - 1.0 / 12.0, ((1.0 / 80.0 - 1.0 / 144.0) / count).sqrt());
    let mut cells = vec![0.0; 256];
    u.iter().for_each(|u| cells[(u * 256.0) as usize] += 1.0);
    chi_square("256 cells", &cells);
    // The last 8 of the 23 bits too.
    let mut low = vec![0.0; 256];
    u.iter().for_each(|u| low[(u * 8_388_608.0) as usize % 256] += 1.0);
    chi_square("last bits", &low);
    // The two numbers of one draw of 64 bits are independent, as are those of neighbouring generators.
    for (what, apart) in [("halves", 8), ("neighbours", 1)] {
        let mut squares = vec![0.0; 256];
        for word in u.chunks_exact(16) {
            for i in (0..16).step_by(if apart == 1 { 2 } else { 1 }).take(8) {
                squares[(word[i] * 16.0) as usize * 16 + (word[i + apart] * 16.0) as usize] += 1.0;
            }
        }
        chi_square(what, &squares);
    }
}

#[test]
fn units_of_every_activation_have_their_mean() {
    // All activations in one slice, as in a batch: three blocks, one test each.
    let n = 300_000;
    let fields = [-1.5_f32, 0.2, 3.0];
    let mut units: Vec<f32> = (0..n).map(|i| fields[i % 3]).collect();
    sample_units(&mut units, &mut bits(3));
    assert!(units.iter().all(|u| u.abs() == 1.0));
    for (block, field) in fields.into_iter().enumerate() {
        let count = n as f64 / 3.0;
        let sum: f64 = units.iter().skip(block).step_by(3).map(|&u| f64::from(u)).sum();
        let exact = f64::from(field).tanh();
        z_test("unit", sum / count - exact, ((1.0 - exact * exact) / count).sqrt());
    }
}

#[test]
fn decisions_are_those_of_the_logistic_function() {
    // u (1 + e^{-2a}) < 1, in f64; only where both sides agree to 1e-6 may rounding decide otherwise. A length of 5 modulo 16,
    // so that the end of the slice is decided apart.
    let mut rng = stats::stream(4, "decisions", 0);
    let activations: Vec<f32> = (0..100_005).map(|_| 20.0 * (rng.random::<f32>() - 0.5)).collect();
    let u = drawn(activations.len(), 5);
    let mut units = activations.clone();
    sample_units(&mut units, &mut bits(5));
    let mut means = activations.clone();
    tanh(&mut means);
    let mut of_means = means.clone();
    sample_means(&mut of_means, &mut bits(5));
    for (i, u) in u.iter().enumerate() {
        let (a, u) = (f64::from(activations[i]), f64::from(*u));
        let p = 1.0 / (1.0 + (-2.0 * a).exp());
        assert!((u - p).abs() < 1e-6 || (u < p) == (units[i] > 0.0), "{a} {u}");
        let p = 0.5 + 0.5 * f64::from(means[i]);
        assert!((u - p).abs() < 1e-7 || (u < p) == (of_means[i] > 0.0), "{a} {u}");
    }
}

#[test]
fn a_value_does_not_depend_on_its_place() {
    let x: Vec<f32> = drawn(200, 6).into_iter().map(|u| 16.0 * (u - 0.5)).collect();
    let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    for function in [exp as fn(&mut [f32]), tanh] {
        let mut together = x.clone();
        function(&mut together);
        for start in [0, 1, 5, 17, 63] {
            let mut part = x[start..].to_vec();
            function(&mut part);
            assert_eq!(bits(&part), bits(&together[start..]));
        }
        for (x, together) in x.iter().zip(&together) {
            let mut alone = [*x];
            function(&mut alone);
            assert_eq!(alone[0].to_bits(), together.to_bits());
        }
    }
}

#[test]
fn tanh_is_odd_bounded_and_keeps_not_a_number() {
    let x: Vec<f32> = (0..100_000).map(|i| i as f32 * 1e-4).collect();
    let mut plus = x.clone();
    let mut minus: Vec<f32> = x.iter().map(|x| -x).collect();
    tanh(&mut plus);
    tanh(&mut minus);
    assert!(plus.iter().zip(&minus).all(|(p, m)| *p == -m && (0.0..=1.0).contains(p)));
    // Where the series hands over to the exponential, at 1/4, nothing jumps by more than the stated error.
    assert!(plus.windows(2).all(|w| w[1] - w[0] > -1e-6 * w[1]));
    let mut odd = [f32::NAN, f32::MIN_POSITIVE, 1e-40];
    tanh(&mut odd);
    assert!(odd[0].is_nan());
    assert_eq!(odd[1..], [f32::MIN_POSITIVE, 1e-40]);
    let mut empty = [f32::NAN];
    exp(&mut empty);
    assert!(empty[0].is_nan());
    tanh(&mut []);
    exp(&mut []);
    sample_units(&mut [], &mut bits(8));
    sample_means(&mut [], &mut bits(8));
}
