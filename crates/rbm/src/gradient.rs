//! The gradient of the log-likelihood: what the data have on average minus what the model has.

use crate::partition::Moments;
use crate::tasks::columns_per_task;
use linalg::{plain, product, transposed};
use nalgebra::{DMatrix, DMatrixViewMut, DVector};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Units of both layers, a column each for every sample or chain: visible units are +-1, of hidden units there is the
/// expectation given the visible ones, which has the mean of sampled units and less noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Units {
    /// v, `[visible, sample]`.
    pub visible: DMatrix<f32>,
    /// `tanh(c + W^T v)`, `[hidden, sample]`.
    pub hidden: DMatrix<f32>,
}

impl Units {
    /// Room for so many samples.
    pub fn zeros(visible: usize, hidden: usize, samples: usize) -> Self {
        Self { visible: DMatrix::zeros(visible, samples), hidden: DMatrix::zeros(hidden, samples) }
    }

    /// So many columns: the first ones, or copies from the first on.
    pub(crate) fn repeat(&self, samples: usize) -> Self {
        let repeat = |layer: &DMatrix<f32>| {
            let column = |s| layer.column(s % layer.ncols());
            DMatrix::from_fn(layer.nrows(), samples, |i, s| column(s)[i])
        };
        Self { visible: repeat(&self.visible), hidden: repeat(&self.hidden) }
    }
}

/// A direction in the space of all parameters; the gradient of the mean log-likelihood points uphill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gradient {
    /// `<v_i h_a>_data - <v_i h_a>_model`, thesis (37), `[visible, hidden]`.
    pub weights: DMatrix<f32>,
    /// `<v_i>_data - <v_i>_model`.
    pub visible_bias: DVector<f32>,
    /// `<h_a>_data - <h_a>_model`.
    pub hidden_bias: DVector<f32>,
}

impl Gradient {
    /// Zero, for RBMs of this shape.
    pub fn zeros(visible: usize, hidden: usize) -> Self {
        Self {
            weights: DMatrix::zeros(visible, hidden),
            visible_bias: DVector::zeros(visible),
            hidden_bias: DVector::zeros(hidden),
        }
    }

    /// Becomes `<v h>_data - <v h>_model`, with chains for the model; each side is averaged over its own columns.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn estimate(&mut self, data: &Units, model: &Units) {
        let rows = self.weights.nrows();
        let width = columns_per_task(self.weights.ncols(), rows * data.visible.ncols());
        let of = 1.0 / data.visible.ncols() as f32;
        let against = -1.0 / model.visible.ncols() as f32;
        // Tasks share the hidden units: each has its columns of the gradient to itself.
        let tasks = self.weights.as_mut_slice().par_chunks_mut(rows * width).enumerate();
        tasks.for_each(|(task, columns)| {
            let count = columns.len() / rows;
            let mut columns = DMatrixViewMut::from_slice(columns, rows, count);
            for (units, scale, beta) in [(data, of, 0.0), (model, against, 1.0)] {
                let hidden = units.hidden.rows(task * width, count);
                product(
                    scale,
                    plain(&units.visible),
                    transposed(hidden),
                    beta,
                    columns.as_view_mut(),
                );
            }
        });
        self.clear_biases();
        self.add_biases(data, of);
        self.add_biases(model, against);
    }

    /// Becomes `<v h>_data - <v h>_model` with the exact averages of the model.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn exact(&mut self, data: &Units, model: &Moments) {
        let of = 1.0 / data.visible.ncols() as f32;
        product(of, plain(&data.visible), transposed(&data.hidden), 0.0, &mut self.weights);
        self.clear_biases();
        self.add_biases(data, of);
        self.weights.zip_apply(&model.mean_vh, |x, mean| *x = (f64::from(*x) - mean) as f32);
        self.visible_bias.zip_apply(&model.mean_v, |x, mean| *x = (f64::from(*x) - mean) as f32);
        self.hidden_bias.zip_apply(&model.mean_h, |x, mean| *x = (f64::from(*x) - mean) as f32);
    }

    /// Weights, visible and hidden biases.
    pub(crate) fn parts(&self) -> [&[f32]; 3] {
        let Self { weights, visible_bias, hidden_bias } = self;
        [weights.as_slice(), visible_bias.as_slice(), hidden_bias.as_slice()]
    }

    /// Weights, visible and hidden biases.
    pub(crate) fn parts_mut(&mut self) -> [&mut [f32]; 3] {
        let Self { weights, visible_bias, hidden_bias } = self;
        [weights.as_mut_slice(), visible_bias.as_mut_slice(), hidden_bias.as_mut_slice()]
    }

    fn clear_biases(&mut self) {
        self.visible_bias.fill(0.0);
        self.hidden_bias.fill(0.0);
    }

    fn add_biases(&mut self, units: &Units, scale: f32) {
        let add = |bias: &mut DVector<f32>, units: &DMatrix<f32>| {
            units.column_iter().for_each(|column| bias.axpy(scale, &column, 1.0));
        };
        add(&mut self.visible_bias, &units.visible);
        add(&mut self.hidden_bias, &units.hidden);
    }
}
