//! The network and its forward pass.

use linalg::{plain, product};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

/// One layer: activations `W x + b`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dense {
    /// W, `[output, input]`.
    pub weights: DMatrix<f32>,
    /// b.
    pub bias: DVector<f32>,
}

impl Dense {
    /// `out <- W x + b`.
    pub(crate) fn forward(&self, x: &DMatrix<f32>, out: &mut DMatrix<f32>) {
        out.column_iter_mut().for_each(|mut column| column.copy_from(&self.bias));
        product(1.0, plain(&self.weights), plain(x), 1.0, out);
    }
}

/// Dense layers with tanh between them and softmax at the end.
///
/// ```
/// use nalgebra::{dmatrix, dvector};
/// use nn::{Dense, Network};
///
/// // Two classes, up and down, of logits K x and -K x: up with probability 1 / (1 + e^{-2 K x}).
/// let layer = Dense { weights: dmatrix![1.5; -1.5], bias: dvector![0.0, 0.0] };
/// let network = Network { layers: vec![layer] };
/// assert_eq!((network.inputs(), network.classes()), (1, 2));
/// let up = network.probabilities(&dmatrix![2.0])[(0, 0)];
/// assert!((up - 1.0 / (1.0 + (-6f32).exp())).abs() < 1e-6);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The layers, first to last; at least one.
    pub layers: Vec<Dense>,
}

impl Network {
    /// Layers of the given widths, inputs first and classes last, with uniform weights of variance `1 / inputs` and no
    /// biases (`lecun-1998`).
    pub(crate) fn random(widths: &[usize], rng: &mut Pcg64) -> Self {
        let layer = |pair: &[usize]| {
            let (inputs, outputs) = (pair[0], pair[1]);
            let half_width = (3.0 / inputs as f32).sqrt();
            let weight = |_, _| half_width * (2.0 * rng.random::<f32>() - 1.0);
            Dense {
                weights: DMatrix::from_fn(outputs, inputs, weight),
                bias: DVector::zeros(outputs),
            }
        };
        Self { layers: widths.windows(2).map(layer).collect() }
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.weights.ncols())
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.bias.len())
    }

    /// Probability of each class for each sample, `[class, sample]`, from a batch `[input, sample]`.
    ///
    /// # Panics
    /// When the batch has another width than the first layer.
    pub fn probabilities(&self, inputs: &DMatrix<f32>) -> DMatrix<f32> {
        let mut x = inputs.clone();
        for (depth, layer) in self.layers.iter().enumerate() {
            let mut out = DMatrix::zeros(layer.bias.len(), x.ncols());
            layer.forward(&x, &mut out);
            if depth + 1 < self.layers.len() {
                linalg::tanh(out.as_mut_slice());
            }
            x = out;
        }
        softmax(&mut x);
        x
    }
}

/// Replaces the logits of each column by probabilities.
pub(crate) fn softmax(logits: &mut DMatrix<f32>) {
    for mut column in logits.column_iter_mut() {
        let largest = column.max();
        column.add_scalar_mut(-largest);
    }
    linalg::exp(logits.as_mut_slice());
    for mut column in logits.column_iter_mut() {
        let sum = column.sum();
        column /= sum;
    }
}
