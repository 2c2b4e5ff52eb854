//! Contrastive divergence estimates what it should: CD-1 its own exact expectation, large k the likelihood's gradient.

#[path = "common/cases.rs"]
mod cases;
#[path = "common/distance.rs"]
mod distance;
#[path = "common/gradients.rs"]
mod gradients;
#[path = "common/random.rs"]
mod random;
#[path = "common/states.rs"]
mod states;

use cases::Case;
use distance::distance;
use gradients::{exact_gradient, expected, flat, flat_of, likelihood, run, shares, transition};
use nalgebra::DMatrix;
use random::random_rbm;
use rbm::gradient::Gradient;
use rbm::{GradientEstimator, Rbm};
use states::states;
use statrs::distribution::{ContinuousCDF, StudentsT};
use stats::Estimate;

/// Family-wise level of each of the two families of z-tests here (Bonferroni over all their entries).
const LEVEL: f64 = 1e-6;
/// Independent batches behind a mean; Student's t with one degree of freedom less.
const BATCHES: usize = 100;
/// Copies of the data in each batch.
const COPIES: usize = 400;

/// The gradient on all of the data at once.
fn gradient(rbm: &Rbm, data: &DMatrix<f32>, gradient: GradientEstimator, seed: u64) -> Gradient {
    let mut trainer = run(rbm, data.ncols(), gradient, seed);
    let mut scratch = trainer.scratch();
    let samples: Vec<u32> = (0..data.ncols() as u32).collect();
    trainer.gradient(data, &samples, &mut scratch).expect("a gradient");
    scratch.gradient
}

/// The mean CD-k gradient entry by entry.
fn average(rbm: &Rbm, data: &DMatrix<f32>, steps: u32, seed: u64) -> Vec<Estimate> {
    let columns = data.ncols();
    let batch = DMatrix::from_fn(data.nrows(), columns * COPIES, |i, s| data[(i, s % columns)]);
    let estimator = GradientEstimator::Contrastive { steps };
    let rows: Vec<Vec<f64>> = (0..BATCHES as u64)
        .map(|batch_number| {
            let seed = stats::child_seed(seed, "gradient", 1000 * u64::from(steps) + batch_number);
            flat(&gradient(rbm, &batch, estimator, seed))
        })
        .collect();
    let entry = |e: usize| rows.iter().map(|row| row[e]).collect::<Vec<_>>();
    (0..rows[0].len()).map(|e| Estimate::from_independent(&entry(e))).collect()
}

/// The smallest p-value of all entries, times their number.
///
/// Sums in f32 over a batch of at most 4000 numbers below 1 may be off by 4000 roundings of 6e-8 at worst, and by some
/// 60 at random; the standard error gets these 4e-6 added.
fn family_p(estimates: &[Estimate], expected: &[f64]) -> f64 {
    const ROUNDING: f64 = 4e-6;
    assert_eq!(estimates.len(), expected.len());
    let student = StudentsT::new(0.0, 1.0, (BATCHES - 1) as f64).expect("degrees of freedom");
    let p = |(estimate, expected): (&Estimate, &f64)| {
        let t = (estimate.mean - expected).abs() / (estimate.error + ROUNDING);
        2.0 * student.sf(t)
    };
    let smallest = estimates.iter().zip(expected).map(p).fold(1.0, f64::min);
    smallest * estimates.len() as f64
}

/// The expectation of CD-k.
fn expected_cd(rbm: &Rbm, data: &DMatrix<f32>, steps: u32) -> Vec<f64> {
    let start = shares(data);
    expected(rbm, &start, &transition(rbm).pow(steps) * &start)
}

/// A golden RBM on its data, and with its layers' roles exchanged, of which the file has no gradient, on coins.
fn both_ways(case: &Case) -> [(Rbm, DMatrix<f32>); 2] {
    let (there, samples) = (case.rbm.transpose(), case.data.ncols());
    let coins = random_rbm(there.visible(), samples, 1.0, 3).weights.map(f32::signum);
    [(case.rbm.clone(), case.data.clone()), (there, coins)]
}

#[test]
fn finite_differences_are_the_golden_gradient() {
    for case in cases::all() {
        let golden =
            flat_of(&case.matrix("grad_W"), &case.numbers("grad_b"), &case.numbers("grad_c"));
        assert!(distance(&exact_gradient(&case.rbm, &case.data), &golden) < 1e-8);
        let mean = likelihood(&case.rbm, &case.data);
        assert!((mean - case.number("mean_log_likelihood")).abs() < 1e-12);
    }
}

#[test]
fn the_enumerated_chain_is_the_golden_cd_1_and_tends_to_the_gradient() {
    let mut compared = 0;
    for case in cases::all() {
        let rbm = &case.rbm;
        let weights = rbm.weights.len();
        let data = case.data.map(f64::from);
        let positive = &data * case.matrix("hidden_mean_given_datum") / case.data.ncols() as f64;
        let cd_1 = expected_cd(rbm, &case.data, 1);
        // The file has it for the three smaller RBMs.
        if weights <= 20 {
            compared += 1;
            let golden = positive - case.matrix("expected_cd1_negative_vh");
            assert!(distance(&cd_1[..weights], golden.as_slice()) < 1e-12);
        }

        for (rbm, data) in both_ways(&case) {
            let exact = exact_gradient(&rbm, &data);
            let bias = |k| distance(&expected_cd(&rbm, &data, k), &exact);
            // CD-k is biased, by less and less, to nothing.
            let biases = [1, 4, 16].map(bias);
            assert!(biases[0] > 1e-2 && biases.is_sorted_by(|a, b| b < a), "{biases:?}");
            assert!(bias(400) < 2e-8);
        }
    }
    assert_eq!(compared, 3);
}

#[test]
fn the_averaged_estimate_is_the_golden_cd_1() {
    let rbms: Vec<_> = cases::all().iter().flat_map(both_ways).collect();
    for (seed, (rbm, data)) in rbms.iter().enumerate() {
        let found = average(rbm, data, 1, seed as u64);
        // Golden for the weights of the smaller ones; all else by the enumeration that reproduces it.
        let p = family_p(&found, &expected_cd(rbm, data, 1));
        assert!(p > LEVEL / rbms.len() as f64, "RBM {seed}: {p:e}");
    }
}

#[test]
fn many_steps_estimate_the_gradient_of_the_likelihood() {
    let rbms: Vec<_> = cases::all().iter().take(4).flat_map(both_ways).collect();
    for (seed, (rbm, data)) in rbms.iter().enumerate() {
        let exact = exact_gradient(rbm, data);
        // As many steps as it takes to be unbiased for this purpose: a tenth of a standard error of 2e-3.
        let enough = |k: &u32| distance(&expected_cd(rbm, data, *k), &exact) < 2e-4;
        let steps = [8, 16, 32, 64, 128].into_iter().find(enough).unwrap();
        let found = average(rbm, data, steps, 10 + seed as u64);
        let p = family_p(&found, &exact);
        assert!(p > LEVEL / rbms.len() as f64, "RBM {seed}: {p:e} after {steps} steps");
        // The test has the power to tell the two apart.
        let short = family_p(&average(rbm, data, 1, 20 + seed as u64), &exact);
        assert!(short < 1e-12, "RBM {seed}: CD-1 passes for the gradient, {short:e}");
    }
}

#[test]
fn exact_averages_give_the_golden_gradient() {
    // Hidden expectations through the f32 tanh, of relative error 1e-6, and means of at most six numbers below 1 in f32.
    for case in cases::all() {
        let golden =
            flat_of(&case.matrix("grad_W"), &case.numbers("grad_b"), &case.numbers("grad_c"));
        let found = flat(&gradient(&case.rbm, &case.data, GradientEstimator::Exact, 1));
        assert!(distance(&found, &golden) < 2e-6);
        for (rbm, data) in both_ways(&case) {
            let found = flat(&gradient(&rbm, &data, GradientEstimator::Exact, 1));
            assert!(distance(&found, &exact_gradient(&rbm, &data)) < 2e-6);
        }
    }
}

#[test]
fn data_at_a_fixed_point_give_the_exact_positive_phase() {
    // Infinite weights in effect: the chain never moves, so data and model agree term by term.
    let pinned = Rbm { weights: DMatrix::identity(4, 4) * 40.0, ..Rbm::uniform(4, 4, 0.0) };
    let found = gradient(&pinned, &states(4), GradientEstimator::Contrastive { steps: 3 }, 1);
    assert!(flat(&found).iter().all(|g| *g == 0.0));
    // No weights: hidden units have no expectation.
    let free = gradient(
        &Rbm::uniform(4, 4, 0.0),
        &states(4),
        GradientEstimator::Contrastive { steps: 1 },
        2,
    );
    assert!(free.weights.iter().all(|g| *g == 0.0));
}

#[test]
fn a_gradient_does_not_depend_on_what_was_in_the_scratch() {
    let rbm = random_rbm(4, 3, 1.0, 1);
    let samples: Vec<u32> = (0..16).collect();
    let estimator = GradientEstimator::Contrastive { steps: 2 };
    let fresh = flat(&gradient(&rbm, &states(4), estimator, 5));
    assert!(fresh.iter().all(|g| g.is_finite()));
    let mut trainer = run(&rbm, 16, estimator, 5);
    let mut scratch = trainer.scratch();
    scratch.gradient.weights.fill(f32::NAN);
    scratch.gradient.visible_bias.fill(f32::NAN);
    scratch.gradient.hidden_bias.fill(f32::INFINITY);
    trainer.gradient(&states(4), &samples, &mut scratch).unwrap();
    assert_eq!(flat(&scratch.gradient), fresh);
}

/// The layers' roles exchanged: the exact gradient of the transposed RBM on data of the other layer.
#[test]
fn the_exact_gradient_of_the_model_is_that_of_the_transposed_rbm() {
    for (m, n) in [(3, 5), (6, 2), (4, 4)] {
        let rbm = random_rbm(m, n, 1.0, 7);
        // All states of either layer equally often: the data's side is <v tanh> of each.
        let model = |rbm: &Rbm| {
            let data = states(rbm.visible());
            let found = gradient(rbm, &data, GradientEstimator::Exact, 1);
            let hidden = rbm.hidden_mean(&data).map(f64::from);
            let share = 1.0 / data.ncols() as f64;
            let positive = data.map(f64::from) * hidden.transpose() * share;
            // Each visible unit is as often up as down.
            let visible = found.visible_bias.map(|b| -f64::from(b));
            let hidden = hidden.column_mean() - found.hidden_bias.map(f64::from);
            (positive - found.weights.map(f64::from), visible, hidden)
        };
        let (here, there) = (model(&rbm), model(&rbm.transpose()));
        assert!((&here.0 - there.0.transpose()).amax() < 4e-6, "{here:?}");
        assert!((&here.1 - there.2).amax() < 4e-6 && (&here.2 - there.1).amax() < 4e-6, "{here:?}");
    }
}

#[test]
#[should_panic(expected = "another size")]
fn another_batch_size_is_refused() {
    let mut trainer = run(&random_rbm(2, 2, 1.0, 1), 5, GradientEstimator::Exact, 1);
    let mut scratch = trainer.scratch();
    let _ = trainer.gradient(&states(2), &[0, 1, 2, 3], &mut scratch);
}
