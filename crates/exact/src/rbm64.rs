//! A restricted Boltzmann machine in f64.

use crate::Error;
use nalgebra::{DMatrix, DVector};

/// `p(v, h) = exp(b v + c h + v W h) / Z`, thesis (26) at T = 1, all units +-1.
///
/// Built by the constructors, which check what the sums rely on: matching lengths and finite entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Rbm64 {
    /// W, `[visible, hidden]`.
    pub weights: DMatrix<f64>,
    /// b.
    pub visible_bias: DVector<f64>,
    /// c.
    pub hidden_bias: DVector<f64>,
}

impl Rbm64 {
    /// An RBM of the given parameters.
    ///
    /// # Errors
    /// [`Error::WrongLength`] for a bias that does not fit the weights, [`Error::OutOfRange`] for a parameter that is
    /// not finite.
    pub fn new(
        weights: DMatrix<f64>,
        visible_bias: DVector<f64>,
        hidden_bias: DVector<f64>,
    ) -> Result<Self, Error> {
        let lengths = [
            ("the visible bias", visible_bias.len(), weights.nrows()),
            ("the hidden bias", hidden_bias.len(), weights.ncols()),
        ];
        for (what, found, expected) in lengths {
            if found != expected {
                return Err(Error::WrongLength { what, found, expected });
            }
        }
        let parameters = [
            ("a weight", weights.as_slice()),
            ("a visible bias", visible_bias.as_slice()),
            ("a hidden bias", hidden_bias.as_slice()),
        ];
        for (what, values) in parameters {
            if let Some(&value) = values.iter().find(|x| !x.is_finite()) {
                return Err(Error::OutOfRange { what, value, allowed: "finite" });
            }
        }
        Ok(Self { weights, visible_bias, hidden_bias })
    }

    /// An RBM of weights `[visible, hidden]` alone.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a weight that is not finite.
    pub fn without_biases(weights: DMatrix<f64>) -> Result<Self, Error> {
        let (visible, hidden) = weights.shape();
        Self::new(weights, DVector::zeros(visible), DVector::zeros(hidden))
    }

    /// All weights equal, no biases: the RBM of the thesis' section 4.1.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a weight that is not finite.
    pub fn uniform(visible: usize, hidden: usize, weight: f64) -> Result<Self, Error> {
        Self::without_biases(DMatrix::from_element(visible, hidden, weight))
    }

    /// The number of visible units M.
    pub fn visible(&self) -> usize {
        self.weights.nrows()
    }

    /// The number of hidden units N.
    pub fn hidden(&self) -> usize {
        self.weights.ncols()
    }

    /// The same distribution with the layers' roles exchanged.
    pub fn transpose(&self) -> Self {
        Self {
            weights: self.weights.transpose(),
            visible_bias: self.hidden_bias.clone(),
            hidden_bias: self.visible_bias.clone(),
        }
    }
}
