//! RBMs whose units are 0 and 1 and that have no biases, as RBMs of units +-1: `v = (1 + s) / 2`.
//!
//! `x W y` with units x and y of 0 and 1 is `sum_ia W_ia (1 + s_i) (1 + t_a) / 4`, so that the RBM of units +-1 with
//! the weights `W / 4` and the biases `b_i = sum_a W_ia / 4`, `c_a = sum_i W_ia / 4` has the same distribution. It has
//! biases, and `p(s)` is not `p(-s)`.

use crate::Rbm;
use crate::gradient::Gradient;
use nalgebra::DMatrix;

impl Rbm {
    /// The RBM of units +-1 with the distribution of the RBM of units 0 and 1 that has these weights and no biases.
    pub fn of_binary(weights: &DMatrix<f32>) -> Self {
        let mut rbm = Self::uniform(weights.nrows(), weights.ncols(), 0.0);
        rbm.weights.copy_from(&(weights * 0.25));
        rbm.tie_binary();
        rbm
    }

    /// Biases become the sums of the weights that belong to an RBM of units 0 and 1 without biases.
    pub(crate) fn tie_binary(&mut self) {
        self.visible_bias.fill(0.0);
        for (column, bias) in self.weights.column_iter().zip(self.hidden_bias.iter_mut()) {
            self.visible_bias += column;
            *bias = column.sum();
        }
    }
}

/// From the slopes along weights and biases of units +-1 to the slope along the weights W of units 0 and 1,
/// `(g_ia + g_i + g_a) / 4`, and from that to what `W / 4` and its sums move by when W moves along it.
pub(crate) fn follow(gradient: &mut Gradient) {
    let Gradient { weights, visible_bias, hidden_bias } = gradient;
    for (mut column, &of_hidden) in weights.column_iter_mut().zip(&*hidden_bias) {
        let slopes = column.iter_mut().zip(&*visible_bias);
        slopes.for_each(|(g, of_visible)| *g = (*g + of_visible + of_hidden) / 16.0);
    }
    visible_bias.fill(0.0);
    for (column, of_hidden) in weights.column_iter().zip(hidden_bias.iter_mut()) {
        *visible_bias += column;
        *of_hidden = column.sum();
    }
}
