//! The backward pass against finite differences of a forward pass written out in f64.

use nalgebra::{DMatrix, DVector};
use nn::{Dense, Gradient, Network, loss_and_gradient};
use proptest::prelude::*;
use rand::RngExt;

fn network(widths: &[usize], size: f32, seed: u64) -> Network {
    let mut rng = stats::stream(seed, "network", 0);
    let mut number = || size * (2.0 * rng.random::<f32>() - 1.0);
    let layer = |pair: &[usize]| Dense {
        weights: DMatrix::from_fn(pair[1], pair[0], |_, _| number()),
        bias: DVector::from_fn(pair[1], |_, _| number()),
    };
    Network { layers: widths.windows(2).map(layer).collect() }
}

/// Parameters of one layer in f64: weights, then biases.
type Layer = (DMatrix<f64>, DVector<f64>);

fn wide(network: &Network) -> Vec<Layer> {
    let wide = |l: &Dense| (l.weights.map(f64::from), l.bias.map(f64::from));
    network.layers.iter().map(wide).collect()
}

/// Logarithms of the class probabilities, in f64 and by nothing of the crate.
fn ln_probabilities(layers: &[Layer], inputs: &DMatrix<f64>) -> DMatrix<f64> {
    let mut x = inputs.clone();
    for (depth, (weights, bias)) in layers.iter().enumerate() {
        let mut a = weights * &x;
        a.column_iter_mut().for_each(|mut column| column += bias);
        x = if depth + 1 < layers.len() { a.map(f64::tanh) } else { a };
    }
    for mut column in x.column_iter_mut() {
        let largest = column.max();
        let ln_sum = largest + column.iter().map(|l| (l - largest).exp()).sum::<f64>().ln();
        column.add_scalar_mut(-ln_sum);
    }
    x
}

fn loss(layers: &[Layer], inputs: &DMatrix<f64>, classes: &[u32]) -> f64 {
    let p = ln_probabilities(layers, inputs);
    let sum: f64 = classes.iter().enumerate().map(|(s, &class)| p[(class as usize, s)]).sum();
    -sum / classes.len() as f64
}

/// Central differences. In f64 with h = 1e-4 their own error is h^2 f''' / 6 of some 1e-8.
fn differences(network: &Network, inputs: &DMatrix<f64>, classes: &[u32]) -> Vec<f64> {
    const H: f64 = 1e-4;
    let mut layers = wide(network);
    let mut slopes = Vec::new();
    for depth in 0..layers.len() {
        for entry in 0..layers[depth].0.len() + layers[depth].1.len() {
            let mut at = |h: f64| {
                let before = layers.clone();
                let (weights, bias) = &mut layers[depth];
                weights.iter_mut().chain(bias.iter_mut()).skip(entry).take(1).for_each(|p| *p += h);
                let result = loss(&layers, inputs, classes);
                layers = before;
                result
            };
            slopes.push((at(H) - at(-H)) / (2.0 * H));
        }
    }
    slopes
}

fn flat(layers: &[Dense]) -> Vec<f64> {
    let entries = layers.iter().flat_map(|l| l.weights.iter().chain(l.bias.iter()));
    entries.map(|&g| f64::from(g)).collect()
}

fn batch(inputs: usize, classes: u32, samples: usize, seed: u64) -> (DMatrix<f32>, Vec<u32>) {
    let mut rng = stats::stream(seed, "batch", 0);
    let x = DMatrix::from_fn(inputs, samples, |_, _| 2.0 * rng.random::<f32>() - 1.0);
    (x, (0..samples).map(|_| rng.random_range(0..classes)).collect())
}

proptest! {
    #[test]
    fn equals_finite_differences(
        inputs in 1usize..6, hidden in prop::collection::vec(1usize..6, 0..3), classes in 1u32..5,
        samples in 1usize..8, size in 0.1..1.5f32, seed: u64,
    ) {
        let widths = [&[inputs], hidden.as_slice(), &[classes as usize]].concat();
        let network = network(&widths, size, seed);
        let (x, labels) = batch(inputs, classes, samples, seed);
        let wide_x = x.map(f64::from);
        let mut gradient = Gradient::new(&network, samples);
        // What the memory held before does not matter.
        for layer in &mut gradient.layers {
            layer.weights.fill(f32::NAN);
            layer.bias.fill(f32::NAN);
        }
        let found = loss_and_gradient(&network, &x, &labels, &mut gradient);
        // Activations are sums of at most 6 numbers below 1.5: errors of 6 * 1.5 * 6e-8 * 2 = 1e-6, plus 1e-6 of each
        // tanh or exp. Three layers and back, each passing on the error of the other by weights of up to 5 * 1.5: the
        // bound of the worst case is some 1e-4, typical is 1e-6; a wrong term is of order 0.1.
        let tolerance = 3e-5;
        prop_assert!((found - loss(&wide(&network), &wide_x, &labels)).abs() < tolerance);
        let expected = differences(&network, &wide_x, &labels);
        let found = flat(&gradient.layers);
        prop_assert_eq!(found.len(), expected.len());
        for (f, e) in found.iter().zip(&expected) {
            prop_assert!((f - e).abs() < tolerance, "{f} {e}");
        }
    }

    #[test]
    fn probabilities_are_a_softmax(
        inputs in 1usize..6, hidden in 1usize..6, classes in 1usize..12, size in 0.1..30.0f32, seed: u64,
    ) {
        let network = network(&[inputs, hidden, classes], size, seed);
        let (x, _) = batch(inputs, 1, 5, seed);
        let p = network.probabilities(&x);
        prop_assert_eq!(p.shape(), (classes, 5));
        let expected = ln_probabilities(&wide(&network), &x.map(f64::from));
        // A logit is a sum of 6 numbers below `size`, of which the error goes into the logarithm of p; below e^-80 the
        // exponential is held where f32 still has numbers.
        let tolerance = 6.0 * 6.0 * f64::from(size) * (1e-6 + f64::from(f32::EPSILON)) + 2e-6;
        for (column, expected) in p.column_iter().zip(expected.column_iter()) {
            // Divided by their own sum: a rounding each.
            let sum: f64 = column.iter().map(|&p| f64::from(p)).sum();
            prop_assert!((sum - 1.0).abs() < (classes + 2) as f64 * f64::from(f32::EPSILON));
            for (p, e) in column.iter().zip(expected.iter()) {
                prop_assert!((0.0..=1.0).contains(p));
                prop_assert!((f64::from(*p) - e.exp()).abs() <= tolerance * e.exp() + 1e-30);
            }
        }
    }
}

#[test]
fn large_logits_do_not_overflow() {
    let mut network = network(&[1, 3], 0.0, 1);
    network.layers[0].bias.copy_from_slice(&[1e30, 0.0, -1e30]);
    let x = DMatrix::from_element(1, 2, 1.0);
    let p = network.probabilities(&x);
    assert_eq!(p.column(0).as_slice()[0], 1.0);
    assert!(p.iter().all(|p| (0.0..=1.0).contains(p)));
    let mut gradient = Gradient::new(&network, 2);
    assert!(loss_and_gradient(&network, &x, &[2, 2], &mut gradient) > 80.0);
    assert!(flat(&gradient.layers).iter().all(|g| g.is_finite()));
}

#[test]
fn not_a_number_is_not_a_loss() {
    for at in 0..2 {
        let mut network = network(&[2, 3, 2], 1.0, 1);
        network.layers[at].weights[(0, 0)] = f32::NAN;
        let mut gradient = Gradient::new(&network, 1);
        let x = DMatrix::from_element(2, 1, 1.0);
        assert!(loss_and_gradient(&network, &x, &[1], &mut gradient).is_nan(), "layer {at}");
    }
}

#[test]
fn no_samples_have_no_probabilities() {
    let network = network(&[3, 4, 2], 1.0, 1);
    assert_eq!(network.probabilities(&DMatrix::zeros(3, 0)).shape(), (2, 0));
    assert_eq!((network.inputs(), network.classes()), (3, 2));
}
