//! The backward pass: cross-entropy and its gradient.

use crate::Network;
use crate::network::softmax;
use linalg::{plain, product, transposed};
use nalgebra::DMatrix;

/// Gradients of every layer, and the memory of the passes: a step allocates nothing.
#[derive(Debug)]
pub struct Gradient {
    /// One gradient per layer, shaped like it.
    pub layers: Vec<crate::Dense>,
    /// Output of each layer: tanh values, probabilities for the last.
    outputs: Vec<DMatrix<f32>>,
    /// Derivative of the loss by each layer's activations.
    deltas: Vec<DMatrix<f32>>,
}

impl Gradient {
    /// Memory for this network and batches of this many samples.
    pub fn new(network: &Network, batch: usize) -> Self {
        let per_layer = || network.layers.iter().map(|l| DMatrix::zeros(l.bias.len(), batch));
        Self {
            layers: network.layers.clone(),
            outputs: per_layer().collect(),
            deltas: per_layer().collect(),
        }
    }
}

/// Mean cross-entropy `-(1/B) sum_s ln p(class_s)` of a batch `[input, sample]`; its gradient goes into `gradient`.
///
/// # Panics
/// When shapes differ or a class is not below the number of classes.
///
/// ```
/// use nalgebra::{dmatrix, dvector};
/// use nn::{Dense, Gradient, Network, loss_and_gradient};
///
/// // Without weights both classes have the probability 1/2, and the loss is ln 2.
/// let layer = Dense { weights: dmatrix![0.0; 0.0], bias: dvector![0.0, 0.0] };
/// let network = Network { layers: vec![layer] };
/// let mut gradient = Gradient::new(&network, 1);
/// let loss = loss_and_gradient(&network, &dmatrix![1.0], &[0], &mut gradient);
/// assert!((loss - 2f64.ln()).abs() < 1e-6);
/// // Uphill is away from class 0: the probabilities less those of the truth, times the input.
/// assert_eq!(gradient.layers[0].weights, dmatrix![-0.5; 0.5]);
/// ```
pub fn loss_and_gradient(
    network: &Network,
    inputs: &DMatrix<f32>,
    classes: &[u32],
    gradient: &mut Gradient,
) -> f64 {
    let Gradient { layers, outputs, deltas } = gradient;
    let last = network.layers.len() - 1;
    for (depth, layer) in network.layers.iter().enumerate() {
        let (before, from_here) = outputs.split_at_mut(depth);
        layer.forward(before.last().unwrap_or(inputs), &mut from_here[0]);
        if depth < last {
            linalg::tanh(from_here[0].as_mut_slice());
        }
    }
    softmax(&mut outputs[last]);

    let scale = 1.0 / classes.len() as f32;
    let mut loss = 0.0;
    deltas[last].copy_from(&outputs[last]);
    for (sample, &class) in classes.iter().enumerate() {
        let p = &mut deltas[last][(class as usize, sample)];
        // The smallest positive f32 stands for a probability that has vanished; a NaN stays one.
        loss -= f64::from(p.clamp(f32::MIN_POSITIVE, 1.0)).ln();
        *p -= 1.0;
    }
    deltas[last] *= scale;

    for depth in (0..=last).rev() {
        let input = if depth == 0 { inputs } else { &outputs[depth - 1] };
        let slope = &mut layers[depth];
        product(1.0, plain(&deltas[depth]), transposed(input), 0.0, &mut slope.weights);
        slope.bias.fill(0.0);
        deltas[depth].column_iter().for_each(|delta| slope.bias += delta);
        if depth > 0 {
            let (before, from_here) = deltas.split_at_mut(depth);
            let weights = transposed(&network.layers[depth].weights);
            product(1.0, weights, plain(&from_here[0]), 0.0, &mut before[depth - 1]);
            let tanh = outputs[depth - 1].as_slice();
            before[depth - 1]
                .as_mut_slice()
                .iter_mut()
                .zip(tanh)
                .for_each(|(d, t)| *d *= 1.0 - t * t);
        }
    }
    loss * f64::from(scale)
}
