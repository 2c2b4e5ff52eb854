//! Annealed importance sampling against exact ln Z: within its error on a hundred RBMs, bounds from both sides, and
//! wrong estimators that are caught.

#[path = "common/random.rs"]
mod random;

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use random::random_rbm;
use rbm::ais::{self, Annealed, Annealing};
use rbm::{Error, Rbm, partition};
use statrs::distribution::{ChiSquared, ContinuousCDF};
use stats::Estimate;

/// Family-wise level of each test that must pass.
const LEVEL: f64 = 1e-6;
const MODELS: u64 = 100;
/// 200 estimates, two-sided: z = 6.0 for normal errors at LEVEL. Weights of which half are effective have, if they are
/// lognormal, the skewness 4, the mean of 512 of them 0.18; its quantiles are then further out by `0.18 z^2 / 6 = 1.1`.
const SIGMAS: f64 = 7.1;
const ANNEALING: Annealing = Annealing { chains: 512, steps: 100 };

/// An RBM of varied shape, strength and biases, one layer small, and a base: zeros, the data's, or anything.
fn model(number: u64) -> (Rbm, DVector<f32>) {
    let mut rng = stats::stream(number, "model", 0);
    let (m, n) = (rng.random_range(1..=40), rng.random_range(1..=10));
    // Of order 1 per unit whatever the shape; random signs.
    let size = rng.random_range(0.05..0.6) * (20.0 / (m + n) as f32).sqrt();
    let mut rbm = random_rbm(m, n, size, number);
    let bias = rng.random_range(0.0..3.0);
    rbm.visible_bias *= bias;
    rbm.hidden_bias *= bias;
    let base = match number % 3 {
        0 => DVector::zeros(m),
        1 => ais::base_bias(&partition::draws(&rbm, 100, &mut rng).expect("few units")),
        _ => random_rbm(m, 1, 0.5, number + 1000).visible_bias,
    };
    if number.is_multiple_of(2) {
        (rbm, base)
    } else {
        (rbm.transpose(), DVector::from_element(n, 0.1))
    }
}

fn sigmas(found: &Annealed, exact: f64) -> f64 {
    (found.ln_z.mean - exact) / found.ln_z.error
}

/// Errors neither too small nor too large: the sum of z^2 has the chi-square distribution, at a tenth of the level to each side. The
/// distribution is widened a little for the skewness.
fn errors_are_right(what: &str, z: &[f64]) {
    let distribution = ChiSquared::new(z.len() as f64).expect("degrees of freedom");
    let sum = z.iter().map(|z| z * z).sum::<f64>();
    let (lower, upper) =
        (distribution.inverse_cdf(0.1 * LEVEL), distribution.inverse_cdf(1.0 - 0.1 * LEVEL));
    assert!(0.9 * lower < sum && sum < 1.1 * upper, "{what}: {lower} {sum} {upper}");
}

#[test]
fn both_directions_are_within_their_errors_on_a_hundred_rbms() {
    let (mut forward, mut backward) = (Vec::new(), Vec::new());
    for number in 0..MODELS {
        let (rbm, base) = model(number);
        let exact = partition::ln_z(&rbm).unwrap();
        let found = ais::ln_z(&rbm, &base, ANNEALING, number).unwrap();
        let start =
            partition::draws(&rbm, ANNEALING.chains, &mut stats::stream(number, "start", 0))
                .unwrap();
        let back = ais::reverse(&rbm, &base, ANNEALING.steps, &start, number).unwrap();
        for (found, z) in [(found, &mut forward), (back, &mut backward)] {
            assert!(found.effective_chains > 256.0, "badly chosen settings: {number} {found:?}");
            z.push(sigmas(&found, exact));
            assert!(z[z.len() - 1].abs() < SIGMAS, "{number}: {found:?} {exact}");
        }
    }
    errors_are_right("forward", &forward);
    errors_are_right("backward", &backward);
}

/// Annealing written out unit by unit in f64, with whatever factor in the probabilities of units, and with the base biases
/// on the way or forgotten there.
fn written_out(rbm: &Rbm, base: &DVector<f32>, factor: f64, keeps_base: bool) -> Estimate {
    let Annealing { chains, steps } = ANNEALING;
    let mut rng = stats::stream(1, "written out", 0);
    let (w, c) = (rbm.weights.map(f64::from), rbm.hidden_bias.map(f64::from));
    let (b, b0) = (rbm.visible_bias.map(f64::from), base.map(f64::from));
    let ln_2cosh = |x: &f64| x.abs() + (-2.0 * x.abs()).exp().ln_1p();
    let bias = |beta: f64| &b * beta + &b0 * if keeps_base { 1.0 - beta } else { 0.0 };
    let ln_f = |beta: f64, v: &DVector<f64>| {
        let x = (&c + w.tr_mul(v)) * beta;
        bias(beta).dot(v) + x.iter().map(ln_2cosh).sum::<f64>()
    };
    let mut draw = |a: DVector<f64>, factor: f64| {
        a.map(|a| if rng.random::<f64>() < 1.0 / (1.0 + (-factor * a).exp()) { 1.0 } else { -1.0 })
    };
    let weights = (0..chains).map(|_| {
        let mut v = draw(b0.clone(), 2.0);
        let mut ln_weight = 0.0;
        for step in 0..=steps {
            let beta = |step: usize| step as f64 / (steps + 1) as f64;
            let (here, there) = (beta(step), beta(step + 1));
            ln_weight += ln_f(there, &v) - ln_f(here, &v);
            let h = draw((&c + w.tr_mul(&v)) * there, factor);
            v = draw(bias(there) + &w * h * there, factor);
        }
        ln_weight
    });
    let ln_weights: Vec<f64> = weights.collect();
    let largest = ln_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = ln_weights.iter().map(|w| (w - largest).exp()).collect();
    let mean = Estimate::from_independent(&weights);
    let base = rbm.hidden() as f64 * 2_f64.ln() + b0.iter().map(ln_2cosh).sum::<f64>();
    Estimate { mean: base + largest + mean.mean.ln(), error: mean.error / mean.mean, ..mean }
}

#[test]
fn wrong_estimators_are_rejected_and_a_right_one_is_not() {
    // Weights of one sign: what a sampler does wrong adds up.
    let mut rbm = random_rbm(16, 8, 0.3, 1);
    rbm.weights.apply(|w| *w = w.abs());
    let base = random_rbm(16, 1, 0.7, 2).visible_bias;
    let exact = partition::ln_z(&rbm).unwrap();
    let right = written_out(&rbm, &base, 2.0, true);
    assert!(right.sigmas_from(exact) < SIGMAS, "{right:?} {exact}");
    let same = ais::ln_z(&rbm, &base, ANNEALING, 3).unwrap().ln_z;
    assert!(same.sigmas_from(exact) < SIGMAS, "{same:?} {exact}");
    // As precise as one another, too: 512 weights each.
    assert!((same.error / right.error - 1.0).abs() < 0.3, "{same:?} {right:?}");

    let zero_one = written_out(&rbm, &base, 1.0, true);
    assert!(zero_one.sigmas_from(exact) > 10.0, "without the factor 2: {zero_one:?} {exact}");
    let forgotten = written_out(&rbm, &base, 2.0, false);
    assert!(forgotten.sigmas_from(exact) > 10.0, "no base on the way: {forgotten:?} {exact}");
    let units = base.iter().map(|b| f64::from(*b).cosh().ln()).sum::<f64>();
    assert!(same.sigmas_from(exact + units) > 10.0, "a base without its own Z: {units}");
}

#[test]
fn bounds_lie_on_their_sides_and_close() {
    let (rbm, base) = (random_rbm(14, 8, 0.9, 5), DVector::zeros(14));
    for rbm in [rbm.transpose(), rbm] {
        let base = if rbm.visible() == 14 { base.clone() } else { DVector::zeros(8) };
        let exact = partition::ln_z(&rbm).unwrap();
        let mut last = f64::INFINITY;
        for steps in [0, 3, 15, 63] {
            // Few chains, so that the bias shows, and many repetitions.
            let annealing = Annealing { chains: 4, steps };
            let (mut lower, mut upper) = (Vec::new(), Vec::new());
            for seed in 0..300 {
                lower.push(ais::ln_z(&rbm, &base, annealing, seed).unwrap().ln_z.mean);
                let mut rng = stats::stream(seed, "bounds", steps as u64);
                let start = partition::draws(&rbm, 4, &mut rng).unwrap();
                upper.push(ais::reverse(&rbm, &base, steps, &start, seed).unwrap().ln_z.mean);
            }
            let [lower, upper] = [lower, upper].map(|x| Estimate::from_independent(&x));
            // 16 one-sided tests and 6 differences: z = 5.5, as both are well below 5.5 at this level.
            assert!(lower.mean < exact + 5.5 * lower.error, "{steps}: {lower:?} {exact}");
            assert!(upper.mean > exact - 5.5 * upper.error, "{steps}: {upper:?} {exact}");
            if steps < 10 {
                assert!(exact - lower.mean > 5.5 * lower.error, "no bias to see: {lower:?}");
                assert!(upper.mean - exact > 5.5 * upper.error, "no bias to see: {upper:?}");
            }
            let (gap, error) = (upper.mean - lower.mean, lower.error.hypot(upper.error));
            assert!(gap + 5.5 * error < last, "{steps}: {gap} {error}, before {last}");
            last = gap;
        }
        assert!(last < 0.5, "{last}");
    }
}

#[test]
fn ends_are_draws_from_the_rbm() {
    const CHAINS: usize = 20_000;
    // One step, so that the weights matter.
    let annealing = Annealing { chains: CHAINS, steps: 1 };
    for rbm in [random_rbm(4, 3, 0.9, 11), random_rbm(3, 4, 0.9, 12).transpose()] {
        let exact = partition::visible_probabilities(&rbm).unwrap();
        let base = DVector::from_element(4, -0.3);
        let (annealed, ends) = ais::anneal(&rbm, &base, annealing, 1).unwrap();
        assert_eq!(annealed, ais::ln_z(&rbm, &base, annealing, 1).unwrap());
        let mut found = [0.0; 16];
        for v in ends.column_iter() {
            let state: usize = (0..4).map(|i| usize::from(v[i] > 0.0) << i).sum();
            found[state] += 1.0 / CHAINS as f64;
        }
        // Weighted means have the effective number of chains; drawing by weight adds less than as many draws would.
        let inverse = annealed.effective_chains.recip() + (CHAINS as f64).recip();
        let z = |(p, found): (&f64, &f64)| (found - p) / (p * (1.0 - p) * inverse).sqrt();
        let z: Vec<f64> = exact.iter().zip(&found).map(z).collect();
        // 32 two-sided tests at LEVEL: 5.5 errors.
        assert!(z.iter().all(|z| z.abs() < 5.5), "{z:?}");
        // The weights are far from equal, so that the chains as they ended would have failed.
        assert!(annealed.effective_chains < 0.8 * CHAINS as f64, "{annealed:?}");
    }
}

#[test]
fn independent_units_are_exact_whatever_the_base() {
    // Without weights and with its own biases the RBM is the base but for c, the same factor for every chain.
    let mut rbm = random_rbm(9, 6, 1.0, 6);
    rbm.weights.fill(0.0);
    let exact = partition::ln_z(&rbm).unwrap();
    let found = ais::ln_z(&rbm, &rbm.visible_bias, Annealing { chains: 70, steps: 3 }, 1).unwrap();
    assert!((found.ln_z.mean - exact).abs() < 1e-5 && found.ln_z.error < 1e-5, "{found:?}");
    assert!((found.effective_chains - 70.0).abs() < 1e-6);
    // Any other base leads to the same.
    let found = ais::ln_z(&rbm, &DVector::zeros(9), ANNEALING, 2).unwrap();
    assert!(found.ln_z.sigmas_from(exact) < SIGMAS, "{found:?} {exact}");
}

#[test]
fn bases_of_degenerate_data_are_finite() {
    let constant = DMatrix::from_fn(3, 50, |i, s| match i {
        0 => 1.0,
        1 => -1.0,
        _ => {
            if s % 2 == 0 {
                1.0
            } else {
                -1.0
            }
        }
    });
    let base = ais::base_bias(&constant);
    // Laplace's rule: (50 + 1) / (50 + 2) up.
    let expected = 0.5 * (51.0_f32).ln();
    assert!((base[0] - expected).abs() < 1e-6 && base[0] == -base[1] && base[2] == 0.0, "{base}");
    assert_eq!(ais::base_bias(&DMatrix::zeros(2, 0)), DVector::zeros(2));
    let one = ais::base_bias(&DMatrix::from_element(2, 1, 1.0));
    assert!((one[0] - 0.5 * 2_f32.ln()).abs() < 1e-6);
    // A base that is nearly certain is a bad one, but finite and seen to be bad.
    let rbm = random_rbm(3, 4, 0.5, 7);
    let found = ais::ln_z(&rbm, &base, Annealing { chains: 100, steps: 10 }, 1).unwrap();
    assert!(found.ln_z.mean.is_finite() && found.ln_z.error.is_finite());
}

#[test]
fn a_failed_run_is_seen_by_its_effective_chains() {
    // Two modes of 60 units, far apart, and no steps in between.
    let rbm = Rbm::uniform(60, 10, 0.5);
    let base = DVector::zeros(60);
    let failed = ais::ln_z(&rbm, &base, Annealing { chains: 500, steps: 0 }, 1).unwrap();
    let enough = ais::ln_z(&rbm, &base, Annealing { chains: 500, steps: 3000 }, 1).unwrap();
    assert!(failed.effective_chains < 10.0, "{failed:?}");
    assert!(enough.effective_chains > 250.0, "{enough:?}");
    let exact = partition::ln_z(&rbm).unwrap();
    assert!(enough.ln_z.sigmas_from(exact) < SIGMAS, "{enough:?} {exact}");
}

#[test]
fn wrong_sizes_are_refused() {
    let (rbm, annealing) = (random_rbm(5, 4, 1.0, 8), Annealing { chains: 4, steps: 2 });
    let base = Error::Size { what: "the base bias", found: 4, expected: 5 };
    assert_eq!(ais::ln_z(&rbm, &DVector::zeros(4), annealing, 1), Err(base));
    let allowed = "at least 2";
    let one = Error::Setting { what: "the number of chains", value: 1.0, allowed };
    let single = Annealing { chains: 1, steps: 2 };
    assert_eq!(ais::ln_z(&rbm, &DVector::zeros(5), single, 1), Err(one.clone()));
    let start = DMatrix::from_element(5, 1, 1.0);
    assert_eq!(ais::reverse(&rbm, &DVector::zeros(5), 2, &start, 1), Err(one));
    let size = Error::Size { what: "each sample", found: 4, expected: 5 };
    let start = DMatrix::from_element(4, 9, 1.0);
    assert_eq!(ais::reverse(&rbm, &DVector::zeros(5), 2, &start, 1), Err(size));
}

#[test]
fn the_same_bytes_at_any_number_of_threads() {
    let (rbm, base) = (random_rbm(20, 12, 0.5, 9), DVector::from_element(20, 0.1));
    let start = partition::draws(&rbm, 150, &mut stats::stream(9, "threads", 0)).unwrap();
    let results = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let there = ais::ln_z(&rbm, &base, Annealing { chains: 150, steps: 20 }, 1).unwrap();
            (there, ais::reverse(&rbm, &base, 20, &start, 1).unwrap())
        })
    };
    assert_eq!(results(1), results(2));
    assert_eq!(results(1), results(5));
}
