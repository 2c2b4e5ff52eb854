//! The first networks of a seed, number by number: a change here breaks stored results.

use nalgebra::DMatrix;
use nn::{TrainConfig, Trainer, train};
use std::ops::ControlFlow;

fn trainer() -> Trainer {
    let config = TrainConfig { hidden: vec![3], batch: 4, learning_rate: 0.05 };
    Trainer::new(config, 2, 2, stats::stream(1, "nn value-stability", 0)).expect("good settings")
}

/// Weights and biases, layer after layer.
fn parameters(trainer: &Trainer) -> Vec<f32> {
    let layers = trainer.network().layers.iter();
    layers.flat_map(|layer| layer.weights.iter().chain(&layer.bias)).copied().collect()
}

#[test]
fn the_initial_weights_do_not_change() {
    let expected = [
        0.8437669,
        0.43842122,
        0.9350839,
        -1.0345309,
        -0.56907296,
        -0.68440264,
        0.0,
        0.0,
        0.0,
        -0.5575099,
        0.096964955,
        -0.0811733,
        0.09353423,
        0.779353,
        0.5209966,
        0.0,
        0.0,
    ];
    assert_eq!(parameters(&trainer()), expected);
}

/// Two epochs of exclusive or, with the order of the samples, the gradient and Adam's steps. Products differ between
/// processors in their last bits.
#[test]
fn trained_weights_do_not_change() {
    let inputs = DMatrix::from_fn(2, 12, |i, s| if s >> i & 1 == 1 { 1.0 } else { -1.0 });
    let classes: Vec<u32> = (0..12).map(|s| (s ^ s >> 1) & 1).collect();
    let (mut trainer, mut losses) = (trainer(), Vec::new());
    let observe = |epoch: nn::Epoch| {
        losses.push(epoch.loss);
        ControlFlow::Continue(())
    };
    train(&mut trainer, &inputs, &classes, 2, observe).unwrap();
    let found: Vec<f64> = parameters(&trainer).into_iter().map(f64::from).chain(losses).collect();
    let expected = [
        0.956408, 0.583935, 0.887803, -0.939808, -0.445100, -0.786656, -0.244925, -0.179716,
        0.244603, -0.477742, 0.017197, 0.015315, -0.002954, 0.914425, 0.385924, 0.060145,
        -0.060145, 0.739603, 0.667658,
    ];
    let close = found.iter().zip(expected).all(|(x, y): (&f64, f64)| (x - y).abs() < 1e-5);
    assert!(close && found.len() == expected.len(), "{found:?}");
}
