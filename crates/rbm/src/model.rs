//! The model: three parameters, conditionals, free energy.

use crate::Error;
use linalg::{Factor, plain, product, sample_units, transposed};
use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut, DVector};
use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};
use stats::Bits;

/// A restricted Boltzmann machine `p(v, h) ~ exp(b v + c h + v W h)`, all units +-1.
///
/// ```
/// use nalgebra::dmatrix;
/// use rbm::Rbm;
///
/// // Two visible units and a hidden one. In the first column the visible units agree, in the second they differ.
/// let rbm = Rbm::uniform(2, 1, 0.5);
/// let v = dmatrix![1.0, 1.0; 1.0, -1.0];
/// // <h | v> = tanh(2 w), and p(agree) / p(differ) = cosh(2 w).
/// assert!((rbm.hidden_mean(&v)[(0, 0)] - 1f32.tanh()).abs() < 1e-6);
/// let f = rbm.free_energy(&v);
/// assert!((f[1] - f[0] - 1f64.cosh().ln()).abs() < 1e-6);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rbm {
    /// W, `[visible, hidden]`.
    pub weights: DMatrix<f32>,
    /// b, the visible biases.
    pub visible_bias: DVector<f32>,
    /// c, the hidden biases.
    pub hidden_bias: DVector<f32>,
}

impl Rbm {
    /// The RBM of these parameters.
    ///
    /// # Errors
    /// [`Error::Size`] unless there is a bias for each row and each column of W, [`Error::Setting`] for a parameter that is not
    /// finite.
    pub fn new(
        weights: DMatrix<f32>,
        visible_bias: DVector<f32>,
        hidden_bias: DVector<f32>,
    ) -> Result<Self, Error> {
        let biases = [
            ("the visible bias", visible_bias.len(), weights.nrows()),
            ("the hidden bias", hidden_bias.len(), weights.ncols()),
        ];
        for (what, found, expected) in biases {
            if found != expected {
                return Err(Error::Size { what, found, expected });
            }
        }
        let rbm = Self { weights, visible_bias, hidden_bias };
        let Self { weights, visible_bias, hidden_bias } = &rbm;
        let parameters = weights.iter().chain(visible_bias).chain(hidden_bias);
        match parameters.copied().find(|x| !x.is_finite()) {
            None => Ok(rbm),
            Some(x) => {
                let (what, allowed) = ("a parameter of the RBM", "finite");
                Err(Error::Setting { what, value: x.into(), allowed })
            }
        }
    }

    /// All weights equal, no biases: the RBM of the thesis' section 4.1.
    pub fn uniform(visible: usize, hidden: usize, weight: f32) -> Self {
        Self {
            weights: DMatrix::from_element(visible, hidden, weight),
            visible_bias: DVector::zeros(visible),
            hidden_bias: DVector::zeros(hidden),
        }
    }

    /// Independent normal weights of mean 0 and standard deviation `std`, no biases.
    pub fn random(visible: usize, hidden: usize, std: f32, rng: &mut Pcg64) -> Self {
        let mut rbm = Self::uniform(visible, hidden, 0.0);
        rbm.weights.iter_mut().for_each(|w| *w = std * normal(rng));
        rbm
    }

    /// The number of visible units M.
    #[inline]
    pub fn visible(&self) -> usize {
        self.weights.nrows()
    }

    /// The number of hidden units N.
    #[inline]
    pub fn hidden(&self) -> usize {
        self.weights.ncols()
    }

    /// Whether all parameters are finite.
    pub fn is_finite(&self) -> bool {
        // The largest bit pattern without sign: that of infinity, or of no number, or less.
        let largest = |x: &[f32]| x.iter().map(|x| x.to_bits() & (u32::MAX >> 1)).fold(0, u32::max);
        let Self { weights, visible_bias, hidden_bias } = self;
        let parts = [weights.as_slice(), visible_bias.as_slice(), hidden_bias.as_slice()];
        parts.into_iter().all(|part| largest(part) < f32::INFINITY.to_bits())
    }

    /// The same distribution with the layers' roles exchanged.
    pub fn transpose(&self) -> Self {
        Self {
            weights: self.weights.transpose(),
            visible_bias: self.hidden_bias.clone(),
            hidden_bias: self.visible_bias.clone(),
        }
    }

    /// Activations `c + W^T v` into `out` `[hidden, sample]`.
    pub(crate) fn hidden_activation<'v, 'o>(
        &self,
        v: impl Into<DMatrixView<'v, f32>>,
        out: impl Into<DMatrixViewMut<'o, f32>>,
    ) {
        activation(transposed(&self.weights), v.into(), &self.hidden_bias, out.into());
    }

    /// Activations `b + W h` into `out` `[visible, sample]`.
    pub(crate) fn visible_activation<'h, 'o>(
        &self,
        h: impl Into<DMatrixView<'h, f32>>,
        out: impl Into<DMatrixViewMut<'o, f32>>,
    ) {
        activation(plain(&self.weights), h.into(), &self.visible_bias, out.into());
    }

    /// `<h_a | v> = tanh(c_a + sum_i W_ia v_i)`, `[hidden, sample]`, thesis (32) and (50); v may be real.
    pub fn hidden_mean(&self, v: &DMatrix<f32>) -> DMatrix<f32> {
        let mut h = DMatrix::zeros(self.hidden(), v.ncols());
        self.hidden_activation(v, &mut h);
        linalg::tanh(h.as_mut_slice());
        h
    }

    /// `<v_i | h> = tanh(b_i + sum_a W_ia h_a)`, `[visible, sample]`, thesis (33) and (51); h may be real.
    pub fn visible_mean(&self, h: &DMatrix<f32>) -> DMatrix<f32> {
        let mut v = DMatrix::zeros(self.visible(), h.ncols());
        self.visible_activation(h, &mut v);
        linalg::tanh(v.as_mut_slice());
        v
    }

    /// Hidden units +-1 drawn from `p(h | v)`, `[hidden, sample]`, thesis (30).
    pub fn sample_hidden(&self, v: &DMatrix<f32>, rng: &mut Pcg64) -> DMatrix<f32> {
        let mut h = DMatrix::zeros(self.hidden(), v.ncols());
        self.hidden_activation(v, &mut h);
        sample_units(h.as_mut_slice(), &mut Bits::new(rng));
        h
    }

    /// Visible units +-1 drawn from `p(v | h)`, `[visible, sample]`, thesis (31).
    pub fn sample_visible(&self, h: &DMatrix<f32>, rng: &mut Pcg64) -> DMatrix<f32> {
        let mut v = DMatrix::zeros(self.visible(), h.ncols());
        self.visible_activation(h, &mut v);
        sample_units(v.as_mut_slice(), &mut Bits::new(rng));
        v
    }

    /// Free energy `F(v) = -b v - sum_a ln 2 cosh(c_a + sum_i W_ia v_i)` of each sample: `p(v) = e^{-F(v)} / Z`.
    ///
    /// Activations are f32: relative to the sum of all absolute weights the error is about 1e-7. It is
    /// rounding, not statistics, and part of no error bar.
    pub fn free_energy(&self, v: &DMatrix<f32>) -> Vec<f64> {
        let mut h = DMatrix::zeros(self.hidden(), v.ncols());
        self.hidden_activation(v, &mut h);
        let field = v.column_iter().map(|v| f64::from(self.visible_bias.dot(&v)));
        let hidden = h.column_iter().map(|a| linalg::sum_ln_2cosh(1.0, a.as_slice()));
        field.zip(hidden).map(|(b, c)| -b - c).collect()
    }
}

/// `out <- bias + weights units`, where a bias of zero costs nothing.
fn activation(
    weights: Factor<'_>,
    units: DMatrixView<'_, f32>,
    bias: &DVector<f32>,
    mut out: DMatrixViewMut<'_, f32>,
) {
    let biased = bias.iter().any(|&b| b != 0.0);
    if biased {
        out.column_iter_mut().for_each(|mut column| column.copy_from(bias));
    }
    product(1.0, weights, plain(units), f32::from(biased), out);
}

/// A standard normal number by Box and Muller.
pub(crate) fn normal(rng: &mut Pcg64) -> f32 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    (radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{dmatrix, dvector};

    #[test]
    fn parameters_that_make_no_rbm_are_refused() {
        let (w, b, c) = (dmatrix![0.5, -0.5], dvector![0.1], dvector![0.2, 0.3]);
        let rbm = Rbm::new(w.clone(), b.clone(), c.clone()).unwrap();
        assert_eq!((rbm.visible(), rbm.hidden(), rbm.is_finite()), (1, 2, true));
        let refused = |w: &DMatrix<f32>, b: &DVector<f32>, c: &DVector<f32>| {
            Rbm::new(w.clone(), b.clone(), c.clone()).unwrap_err()
        };
        let size = |what, found, expected| Error::Size { what, found, expected };
        assert_eq!(refused(&w, &c, &c), size("the visible bias", 2, 1));
        assert_eq!(refused(&w, &b, &b), size("the hidden bias", 1, 2));
        let text = "a parameter of the RBM is inf, but must be finite";
        let infinite = dvector![f32::INFINITY];
        assert_eq!(refused(&w, &infinite, &c).to_string(), text);
        assert!(matches!(refused(&(w * f32::NAN), &b, &c), Error::Setting { .. }));
    }
}
