//! The gradient of the log-likelihood, estimated by contrastive divergence.

use crate::Rbm;
use crate::model::sample;
use linalg::{plain, product, transposed};
use nalgebra::{DMatrix, DVector};
use rand::Rng;

/// An estimate of the gradient of the mean log-likelihood: the direction to go.
#[derive(Clone, Debug)]
pub struct Gradient {
    /// `<v_i h_a>_data - <v_i h_a>_model`, thesis (37), `[visible, hidden]`.
    pub weights: DMatrix<f32>,
    /// `<v_i>_data - <v_i>_model`.
    pub visible_bias: DVector<f32>,
    /// `<h_a>_data - <h_a>_model`.
    pub hidden_bias: DVector<f32>,
}

/// The memory that [`contrastive_divergence`] works in, for one size of batch: a step allocates nothing.
pub struct Scratch {
    /// The last gradient.
    pub gradient: Gradient,
    /// Fraction of visible units that the last reconstruction got wrong.
    pub reconstruction_error: f32,
    hidden_mean: DMatrix<f32>,
    hidden: DMatrix<f32>,
    visible: DMatrix<f32>,
    uniform: Vec<f32>,
}

impl Scratch {
    /// Memory for machines of this shape and batches of this many samples.
    pub fn new(visible: usize, hidden: usize, batch: usize) -> Self {
        Self {
            gradient: Gradient {
                weights: DMatrix::zeros(visible, hidden),
                visible_bias: DVector::zeros(visible),
                hidden_bias: DVector::zeros(hidden),
            },
            reconstruction_error: 0.0,
            hidden_mean: DMatrix::zeros(hidden, batch),
            hidden: DMatrix::zeros(hidden, batch),
            visible: DMatrix::zeros(visible, batch),
            uniform: vec![0.0; visible.max(hidden) * batch],
        }
    }
}

/// Contrastive divergence CD-k (`hinton-2002`; thesis (38)) on one batch `[visible, sample]`, into `scratch.gradient`.
///
/// The statistics are `<v tanh(c + W^T v)>`: the hidden units' expectation on both sides (errata E28), averaged over the
/// batch. CD-k is biased: it approaches the likelihood's gradient only for k to infinity (errata E29).
///
/// # Panics
/// When the shapes of `rbm`, `data` and `scratch` differ, or `steps` is 0.
pub fn contrastive_divergence<R: Rng + ?Sized>(
    rbm: &Rbm,
    data: &DMatrix<f32>,
    steps: u32,
    rng: &mut R,
    scratch: &mut Scratch,
) {
    assert!(steps > 0, "contrastive divergence needs at least one step");
    let Scratch { gradient, hidden_mean, hidden, visible, uniform, .. } = scratch;
    let scale = 1.0 / data.ncols() as f32;

    rbm.hidden_activation(data, hidden);
    hidden_mean.copy_from(hidden);
    linalg::tanh(hidden_mean.as_mut_slice());
    product(scale, plain(data), transposed(hidden_mean), 0.0, &mut gradient.weights);
    gradient.visible_bias.fill(0.0);
    gradient.hidden_bias.fill(0.0);
    add_mean_of_columns(data, 1.0, &mut gradient.visible_bias);
    add_mean_of_columns(hidden_mean, 1.0, &mut gradient.hidden_bias);

    for _ in 0..steps {
        sample(hidden, &mut uniform[..hidden.len()], rng);
        rbm.visible_activation(hidden, visible);
        sample(visible, &mut uniform[..visible.len()], rng);
        rbm.hidden_activation(visible, hidden);
    }
    linalg::tanh(hidden.as_mut_slice());
    product(-scale, plain(visible), transposed(hidden), 1.0, &mut gradient.weights);
    add_mean_of_columns(visible, -1.0, &mut gradient.visible_bias);
    add_mean_of_columns(hidden, -1.0, &mut gradient.hidden_bias);

    let wrong = data.iter().zip(visible.iter()).filter(|(a, b)| a != b).count();
    scratch.reconstruction_error = wrong as f32 / data.len() as f32;
}

/// `out <- out + sign * mean over columns`.
fn add_mean_of_columns(x: &DMatrix<f32>, sign: f32, out: &mut DVector<f32>) {
    let scale = sign / x.ncols() as f32;
    x.column_iter().for_each(|column| out.axpy(scale, &column, 1.0));
}
