//! RBMs of units 0 and 1 without biases: their distribution, their gradient and their training, worked out in units 0 and 1.

use nalgebra::DMatrix;
use rand::RngExt;
use rbm::{
    Error, GradientEstimator, Optimiser, Rbm, TrainConfig, Trainer, WeightSharing, partition, train,
};
use std::ops::ControlFlow;

const VISIBLE: usize = 4;
const CONFIG: TrainConfig = TrainConfig {
    initial_std: 0.7,
    sharing: WeightSharing::Binary,
    ..TrainConfig::exact(3, 6, 0.2)
};

/// `ln sum_y exp(x W y)` of every x of 0 and 1, in the order of the bits of its number.
fn ln_weights(w: &DMatrix<f64>) -> Vec<f64> {
    let bit = |state: usize, unit: usize| (state >> unit & 1) as f64;
    let sum = |x: usize, y: usize| -> f64 {
        let pairs = (0..w.nrows()).flat_map(|i| (0..w.ncols()).map(move |a| (i, a)));
        pairs.map(|(i, a)| bit(x, i) * w[(i, a)] * bit(y, a)).sum()
    };
    let of = |x| (0..1 << w.ncols()).map(|y| sum(x, y).exp()).sum::<f64>().ln();
    (0..1 << w.nrows()).map(of).collect()
}

/// The mean log-likelihood of samples of +-1, in the RBM of 0 and 1.
fn likelihood(w: &DMatrix<f64>, data: &DMatrix<f32>) -> f64 {
    let ln_weights = ln_weights(w);
    let ln_z = ln_weights.iter().map(|l| l.exp()).sum::<f64>().ln();
    let state = |s: usize| -> usize {
        let up = (0..data.nrows()).filter(|&i| data[(i, s)] > 0.0);
        up.map(|i| 1 << i).sum()
    };
    let samples = (0..data.ncols()).map(|s| ln_weights[state(s)] - ln_z);
    samples.sum::<f64>() / data.ncols() as f64
}

fn coins(samples: usize) -> DMatrix<f32> {
    let mut rng = stats::stream(5, "binary", 0);
    DMatrix::from_fn(VISIBLE, samples, |_, _| if rng.random::<f32>() < 0.6 { 1.0 } else { -1.0 })
}

fn in_binary(rbm: &Rbm) -> DMatrix<f64> {
    rbm.weights.map(|w| 4.0 * f64::from(w))
}

#[test]
fn the_distribution_is_that_of_units_0_and_1() {
    let trainer = Trainer::new(CONFIG, VISIBLE, 2).expect("good settings");
    let (rbm, ln_weights) = (trainer.rbm(), ln_weights(&in_binary(trainer.rbm())));
    let ln_z = ln_weights.iter().map(|l| l.exp()).sum::<f64>().ln();
    let states =
        DMatrix::from_fn(
            VISIBLE,
            1 << VISIBLE,
            |i, x: usize| {
                if x >> i & 1 == 1 { 1.0_f32 } else { -1.0 }
            },
        );
    let of_spins = partition::ln_z(rbm).expect("few units");
    for (x, free_energy) in rbm.free_energy(&states).into_iter().enumerate() {
        let difference = (-free_energy - of_spins) - (ln_weights[x] - ln_z);
        // Parameters and activations are f32.
        assert!(difference.abs() < 1e-5, "{x}: {difference}");
    }
    // It has no symmetry: all up and all down differ.
    assert!((ln_weights[0] - ln_weights[(1 << VISIBLE) - 1]).abs() > 0.1);
}

#[test]
fn the_gradient_is_that_of_the_weights_of_units_0_and_1() {
    let mut trainer = Trainer::new(CONFIG, VISIBLE, 2).expect("good settings");
    let data = coins(CONFIG.batch);
    let w = in_binary(trainer.rbm());
    let mut scratch = trainer.scratch();
    let order: Vec<u32> = (0..CONFIG.batch as u32).collect();
    trainer.step(&data, &order, &mut scratch).expect("a step");
    let moved = in_binary(trainer.rbm());
    for i in 0..VISIBLE {
        for a in 0..CONFIG.hidden {
            let at = |h: f64| {
                let mut w = w.clone();
                w[(i, a)] += h;
                likelihood(&w, &data)
            };
            let h = 1e-4;
            let slope = (at(h) - at(-h)) / (2.0 * h);
            let of_gradient = 4.0 * f64::from(scratch.gradient.weights[(i, a)]);
            assert!((of_gradient - slope).abs() < 1e-6, "{i} {a}: {of_gradient} {slope}");
            // The learning rate is that of these weights.
            let step = (moved[(i, a)] - w[(i, a)]) / f64::from(CONFIG.learning_rate);
            assert!((step - slope).abs() < 1e-5, "{i} {a}: {step} {slope}");
            assert!(slope.abs() > 1e-4, "no power: {slope}");
        }
    }
}

#[test]
fn biases_follow_the_weights_through_a_run() {
    for (optimiser, l2) in
        [(Optimiser::Ascent { momentum: 0.0 }, 0.0), (Optimiser::Ascent { momentum: 0.9 }, 0.01)]
    {
        let gradient = GradientEstimator::Contrastive { steps: 1 };
        let config = TrainConfig { gradient, optimiser, l2, ..CONFIG };
        let mut trainer = Trainer::new(config, VISIBLE, 2).expect("good settings");
        let initial = trainer.rbm().clone();
        train(&mut trainer, &coins(60), 50, |_| ControlFlow::Continue(())).expect("a run");
        let rbm = trainer.rbm();
        assert!((&rbm.weights - initial.weights).amax() > 0.05, "it has not moved");
        assert_eq!(rbm, &Rbm::of_binary(&(&rbm.weights * 4.0)));
    }
}

#[test]
fn what_biases_could_not_follow_is_refused() {
    let adam = Optimiser::Adam { beta1: 0.9, beta2: 0.999 };
    for config in [
        TrainConfig { biases: false, ..CONFIG },
        TrainConfig { l1: 0.1, ..CONFIG },
        TrainConfig { optimiser: adam, ..CONFIG },
    ] {
        let refused = Trainer::new(config, VISIBLE, 2);
        assert!(matches!(refused, Err(Error::Setting { .. })), "{config:?}");
    }
}
