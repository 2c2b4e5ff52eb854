//! The exact likelihood rises from end to end, by every kind of gradient, with the smaller layer above or below.

#[path = "common/random.rs"]
mod random;

use exact::decimation;
use nalgebra::DMatrix;
use random::random_rbm;
use rbm::{
    GradientEstimator, Rbm, Schedule, TrainConfig, Trainer, WeightSharing, partition, score, train,
};
use statrs::distribution::{ContinuousCDF, StudentsT};
use stats::Estimate;
use std::ops::ControlFlow;

const CONFIG: TrainConfig = TrainConfig { initial_std: 0.05, ..TrainConfig::exact(4, 20, 0.05) };

/// Independent draws of an RBM with `visible` units, which has something to teach.
fn lessons(visible: usize, samples: usize, seed: u64) -> (Rbm, DMatrix<f32>) {
    let teacher = random_rbm(visible, 4, 1.0, 21);
    let mut rng = stats::stream(seed, "lessons", 0);
    let data = partition::draws(&teacher, samples, &mut rng).expect("few units");
    (teacher, data)
}

fn likelihood(rbm: &Rbm, data: &DMatrix<f32>) -> f64 {
    let ln_z = partition::ln_z(rbm).expect("few units");
    score::log_likelihood(rbm, data, ln_z).expect("data that fit").mean
}

/// With all of the data in a batch the exact gradient leads uphill at every update, if the rate is below 2 over the largest
/// curvature. The curvatures of ln Z, covariances of products of units, are below the number of parameters; along the way
/// they are far smaller.
#[test]
fn the_exact_gradient_leads_uphill_at_every_update() {
    for (visible, hidden, biases) in [(7, 3, true), (3, 7, true), (5, 5, false)] {
        let (_, data) = lessons(visible, 200, 1);
        let config = TrainConfig { hidden, batch: 200, biases, ..CONFIG };
        let mut trainer = Trainer::new(config, visible, 2).unwrap();
        let first = likelihood(trainer.rbm(), &data);
        let mut last = first;
        train(&mut trainer, &data, 500, |progress| {
            let now = likelihood(progress.trainer.rbm(), &data);
            // Gradients and weights are f32.
            assert!(now > last - 1e-6, "{now} after {last}, {visible} x {hidden}");
            last = now;
            ControlFlow::Continue(())
        })
        .unwrap();
        assert!(last > first + 0.1, "{first} {last}, {visible} x {hidden}");
    }
}

/// Of data that were held out, which knows no learning by heart: the gain of each is a datum.
#[test]
fn every_kind_of_gradient_raises_the_likelihood_of_held_out_data() {
    let estimators = [
        GradientEstimator::Contrastive { steps: 1 },
        GradientEstimator::Contrastive { steps: 10 },
        GradientEstimator::Persistent { chains: 20, steps: 1 },
        GradientEstimator::Tempering { chains: 20, steps: 1 },
        GradientEstimator::Exact,
    ];
    for (visible, hidden) in [(8, 4), (4, 8)] {
        let ((teacher, data), (_, held_out)) =
            (lessons(visible, 2000, 1), lessons(visible, 1000, 2));
        let ln_p = |rbm: &Rbm| {
            let ln_z = partition::ln_z(rbm).expect("few units");
            rbm.free_energy(&held_out).iter().map(|f| -f - ln_z).collect::<Vec<f64>>()
        };
        let gain = |to: &Rbm, from: &Rbm| {
            let pairs = ln_p(to).into_iter().zip(ln_p(from));
            Estimate::from_independent(&pairs.map(|(to, from)| to - from).collect::<Vec<_>>())
        };
        for gradient in estimators {
            let config = TrainConfig { hidden, gradient, ..CONFIG };
            let mut trainer = Trainer::new(config, visible, 3).unwrap();
            let start = trainer.rbm().clone();
            train(&mut trainer, &data, 20, |_| ControlFlow::Continue(())).unwrap();
            // Ten tests at 1e-6 together, one-sided: z = 5.2. And at least half of what there is to gain.
            let (found, all) = (gain(trainer.rbm(), &start), gain(&teacher, &start));
            assert!(found.mean > 5.2 * found.error, "{gradient}, {visible}: {found:?}");
            let missed = gain(trainer.rbm(), &teacher);
            assert!(missed.mean + 0.5 * all.mean > 5.2 * missed.error, "{gradient}: {missed:?}");
        }
    }
}

/// One weight for all, learnt from the ring: contrastive divergence ends above the maximum of the likelihood,
/// with more steps closer to it. Compared on the same data with the exact gradient, whose end is the maximum, so that the
/// noise of the data drops out.
#[test]
fn more_steps_of_the_negative_phase_end_closer_to_the_maximum() {
    const RUNS: u64 = 12;
    let ring = decimation::bonds(8, 1.0).expect("a ring").weights.map(|w| w as f32);
    let ring = Rbm { weights: ring, ..Rbm::uniform(8, 8, 0.0) };
    let end = |gradient, seed| {
        let mut rng = stats::stream(seed, "ring", 0);
        let data = partition::draws(&ring, 2000, &mut rng).expect("few units");
        let schedule = Schedule::Geometric { last: 0.01, updates: 2000 };
        let (batch, learning_rate, initial_std) = (200, 0.2, 0.3);
        let all = TrainConfig { sharing: WeightSharing::All, biases: false, ..CONFIG };
        let config = TrainConfig { gradient, schedule, batch, learning_rate, initial_std, ..all };
        let mut trainer = Trainer::new(config, 8, seed).unwrap();
        train(&mut trainer, &data, 200, |_| ControlFlow::Continue(())).unwrap();
        // The sign of a weight between two layers is free.
        f64::from(trainer.rbm().weights[0].abs())
    };
    let excess = |steps| {
        let gradient = GradientEstimator::Contrastive { steps };
        let runs = (0..RUNS).map(|seed| end(gradient, seed) - end(GradientEstimator::Exact, seed));
        Estimate::from_independent(&runs.collect::<Vec<f64>>())
    };
    let student = StudentsT::new(0.0, 1.0, (RUNS - 1) as f64).expect("degrees of freedom");
    let [one, ten] = [1, 10].map(excess);
    assert!(student.sf(one.mean / one.error) < 1e-6, "no bias to see: {one:?}");
    let closer = (one.mean - ten.mean) / one.error.hypot(ten.error);
    assert!(student.sf(closer) < 1e-6, "{ten:?} {one:?}");
}
