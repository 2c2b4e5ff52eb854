//! Exact sums over one layer: against plain sums, for weights of any strength, and draws from them.

#[path = "common/random.rs"]
mod random;
#[path = "common/states.rs"]
mod states;

use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use random::random_rbm;
use rbm::partition::{self, Moments};
use rbm::{Error, Rbm};
use states::states;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Family-wise level of the statistical tests of this file.
const LEVEL: f64 = 1e-6;
/// Rounding of sums in f64, relative to what bounds the logarithm of a weight.
const SUM: f64 = 1e-13;

fn ln_2cosh(x: f64) -> f64 {
    x.abs() + (-2.0 * x.abs()).exp().ln_1p()
}

/// The sums as the definition has them: every hidden state by itself, logarithms and tanh of every unit.
fn plain(rbm: &Rbm) -> Moments {
    let h = states(rbm.hidden()).map(f64::from);
    let mut fields = rbm.weights.map(f64::from) * &h;
    fields.column_iter_mut().for_each(|mut f| f += rbm.visible_bias.map(f64::from));
    let bias = h.transpose() * rbm.hidden_bias.map(f64::from);
    let columns = fields.column_iter().zip(&bias);
    let ln: Vec<f64> =
        columns.map(|(f, bias)| bias + f.iter().map(|f| ln_2cosh(*f)).sum::<f64>()).collect();
    let largest = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let ln_z = largest + ln.iter().map(|x| (x - largest).exp()).sum::<f64>().ln();
    let p = DVector::from_iterator(ln.len(), ln.iter().map(|x| (x - ln_z).exp()));
    let mean = fields.map(f64::tanh);
    let weighted = DMatrix::from_fn(h.nrows(), h.ncols(), |a, s| p[s] * h[(a, s)]);
    Moments { ln_z, mean_v: &mean * &p, mean_h: &h * &p, mean_vh: mean * weighted.transpose() }
}

/// Bounds `|ln weight|`.
fn scale(rbm: &Rbm) -> f64 {
    let parameters = rbm.weights.iter().chain(&rbm.visible_bias).chain(&rbm.hidden_bias);
    let units = (rbm.visible() + rbm.hidden()) as f64;
    units + parameters.map(|x| f64::from(x.abs())).sum::<f64>()
}

fn largest_difference<'a>(
    a: impl IntoIterator<Item = &'a f64>,
    b: impl IntoIterator<Item = &'a f64>,
) -> f64 {
    a.into_iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn check(rbm: &Rbm) {
    let (tolerance, expected) = (SUM * scale(rbm), plain(rbm));
    let back = partition::moments(&rbm.transpose()).expect("few units");
    let back = Moments {
        mean_v: back.mean_h,
        mean_h: back.mean_v,
        mean_vh: back.mean_vh.transpose(),
        ..back
    };
    for found in [partition::moments(rbm).expect("few units"), back] {
        let ln_z = (found.ln_z - expected.ln_z).abs();
        assert!(ln_z <= tolerance, "{} {}", found.ln_z, expected.ln_z);
        // A mean is as uncertain as the logarithms of its weights.
        assert!(largest_difference(&found.mean_v, &expected.mean_v) <= 4.0 * tolerance);
        assert!(largest_difference(&found.mean_h, &expected.mean_h) <= 4.0 * tolerance);
        assert!(largest_difference(&found.mean_vh, &expected.mean_vh) <= 4.0 * tolerance);
    }
    for rbm in [rbm.transpose(), rbm.clone()] {
        assert!((partition::ln_z(&rbm).expect("few units") - expected.ln_z).abs() <= tolerance);
    }
}

proptest! {
    #[test]
    fn equal_to_plain_sums(
        m in 1usize..=14, n in 1usize..=11, strength in 0usize..6, seed: u64,
    ) {
        let size = [0.0, 0.1, 1.0, 5.0, 40.0, 400.0][strength];
        check(&random_rbm(m, n, size, seed));
    }
}

#[test]
fn many_units_and_strong_weights_leave_the_range_of_f64_and_come_back() {
    // e^{800}, e^{10000} and e^{10^6} are no numbers. In the last two no unit, or not every one, can vary in a block.
    for (m, n, size) in [(1000, 9, 0.5), (300, 10, 4.0), (60, 11, 90.0), (30, 10, 1e4)] {
        check(&random_rbm(m, n, size, 3));
    }
    // One weight that is too large, in the midst of small ones.
    let mut rbm = random_rbm(20, 10, 0.3, 4);
    rbm.weights[(3, 4)] = 1e6;
    check(&rbm);
    // Sums over more than one task.
    check(&random_rbm(30, 17, 0.3, 5));
    check(&random_rbm(20, 16, 60.0, 6));
}

#[test]
fn nothing_is_hidden_by_what_is_not_finite() {
    for bad in [f32::NAN, f32::INFINITY] {
        let mut rbm = random_rbm(5, 3, 1.0, 1);
        rbm.weights[(2, 1)] = bad;
        assert!(!partition::ln_z(&rbm).unwrap().is_finite());
        assert!(!partition::moments(&rbm).unwrap().ln_z.is_finite());
    }
}

#[test]
fn a_layer_may_be_empty() {
    let mut rbm = random_rbm(4, 1, 1.0, 2);
    rbm.weights = DMatrix::zeros(4, 0);
    rbm.hidden_bias = DVector::zeros(0);
    let expected = rbm.visible_bias.iter().map(|b| ln_2cosh(f64::from(*b))).sum::<f64>();
    for rbm in [rbm.transpose(), rbm] {
        assert!((partition::ln_z(&rbm).unwrap() - expected).abs() < 1e-12);
    }
}

#[test]
fn moments_and_draws_refuse_too_many_states() {
    let large = Rbm::uniform(60, 30, 0.1);
    let refused = Error::TooManyStates { units: 30, limit: partition::MAX_UNITS };
    assert_eq!(partition::moments(&large), Err(refused.clone()));
    assert_eq!(partition::draws(&large, 1, &mut stats::stream(1, "refused", 0)), Err(refused));
}

#[test]
fn the_same_bytes_at_any_number_of_threads() {
    let results = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let rbm = random_rbm(40, 18, 0.4, 7);
            let moments = partition::moments(&rbm).unwrap();
            let draws = partition::draws(&rbm, 100, &mut stats::stream(7, "threads", 0)).unwrap();
            let p = partition::visible_probabilities(&random_rbm(17, 9, 0.4, 8)).unwrap();
            (partition::ln_z(&rbm).unwrap().to_bits(), moments, draws, p)
        })
    };
    let one = results(1);
    assert_eq!(one, results(2));
    assert_eq!(one, results(5));
}

/// Pearson's p-value of draws of v among all states, those with fewer than 10 expected together.
fn p_value(rbm: &Rbm, draws: &DMatrix<f32>) -> f64 {
    let p = partition::visible_probabilities(rbm).expect("few units");
    let mut counts = vec![0.0; p.len()];
    for v in draws.column_iter() {
        let state: usize = v.iter().enumerate().map(|(i, v)| usize::from(*v > 0.0) << i).sum();
        counts[state] += 1.0;
    }
    let expected = p.iter().map(|p| p * draws.ncols() as f64);
    let (rare, common): (Vec<_>, Vec<_>) =
        counts.into_iter().zip(expected).partition(|c| c.1 < 10.0);
    let pooled = rare.iter().fold((0.0, 0.0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
    // Fewer than 10 expected in all: no more than Poisson allows at any level in use here.
    assert!(pooled.1 >= 10.0 || pooled.0 < 45.0, "{pooled:?}");
    let cells = common.into_iter().chain((pooled.1 >= 10.0).then_some(pooled));
    let squares: Vec<f64> = cells.map(|(c, e)| (c - e).powi(2) / e).collect();
    let distribution = ChiSquared::new((squares.len() - 1) as f64).expect("degrees of freedom");
    distribution.sf(squares.iter().sum())
}

#[test]
fn draws_have_the_distribution_of_the_rbm() {
    let shapes = [(5, 3, 1.5), (3, 5, 1.5), (9, 2, 0.7), (8, 8, 0.3), (1, 1, 1.0)];
    for (m, n, size) in shapes {
        let rbm = random_rbm(m, n, size, 11);
        let mut rng = stats::stream(1, "draws", (m * n) as u64);
        let draws = partition::draws(&rbm, 100_000, &mut rng).unwrap();
        let p = p_value(&rbm, &draws);
        assert!(p > LEVEL / (2.0 * shapes.len() as f64), "{m} {n}: {p:e}");
        // Power: draws of an RBM without hidden biases are noticed.
        let mut other = rbm.clone();
        other.hidden_bias.fill(0.0);
        let wrong = p_value(&rbm, &partition::draws(&other, 100_000, &mut rng).unwrap());
        assert!(wrong < 1e-12, "{m} {n}: {wrong:e}");
    }
}

#[test]
fn draws_of_a_large_rbm_have_its_means() {
    let count = 20_000;
    let large = random_rbm(50, 12, 0.3, 12);
    for rbm in [large.transpose(), large] {
        let moments = partition::moments(&rbm).unwrap();
        let draws = partition::draws(&rbm, count, &mut stats::stream(2, "draws", 0)).unwrap();
        let (v, h) = (draws.map(f64::from), rbm.hidden_mean(&draws).map(f64::from));
        // 62 means and 1200 products, at half the level: z = 6.3. Variances are those of +-1 or smaller.
        let allowed = |mean: f64| 6.3 * ((1.0 - mean * mean) / count as f64).sqrt() + 1e-5;
        for (found, exact) in v.column_mean().iter().zip(&moments.mean_v) {
            assert!((found - exact).abs() < allowed(*exact), "{found} {exact}");
        }
        let products = v * h.transpose() / count as f64;
        for (found, exact) in products.iter().zip(&moments.mean_vh) {
            assert!((found - exact).abs() < allowed(*exact), "{found} {exact}");
        }
    }
}
