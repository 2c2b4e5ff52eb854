//! Deep belief networks: restricted Boltzmann machines one on top of the other, trained layer after layer.
//!
//! The hidden units of an RBM are the visible units of the next (`hinton-2006`; the variational renormalization
//! group of `mehta-schwab-2014`). A lower part of a stack is a stack: for what a deeper layer does, take
//! [`Stack::lowest`].

use crate::{Error, Rbm};
use linalg::{plain, product, transposed};
use nalgebra::{DMatrix, DVector};
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

/// RBMs whose layers fit, the lowest first; at least one.
///
/// ```
/// use nalgebra::DMatrix;
/// use rbm::{Rbm, stack::Stack};
///
/// // Four units, two above them, one on top: the top unit sees each of the four with the weight 2 * 0.5 * 0.3.
/// let stack = Stack::new(vec![Rbm::uniform(4, 2, 0.5), Rbm::uniform(2, 1, 0.3)])?;
/// assert!(stack.linear_fields().iter().all(|w| (w - 0.3).abs() < 1e-6));
/// // Of four aligned units each unit in the middle has the mean tanh 2, and the top one tanh(2 * 0.3 * tanh 2).
/// let top = stack.up(&DMatrix::from_element(4, 1, 1.0))[(0, 0)];
/// assert!((top - (0.6 * 2f32.tanh()).tanh()).abs() < 1e-6);
/// # Ok::<(), rbm::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Rbm>", into = "Vec<Rbm>")]
pub struct Stack {
    layers: Vec<Rbm>,
}

impl TryFrom<Vec<Rbm>> for Stack {
    type Error = Error;

    fn try_from(layers: Vec<Rbm>) -> Result<Self, Error> {
        Self::new(layers)
    }
}

impl From<Stack> for Vec<Rbm> {
    fn from(stack: Stack) -> Self {
        stack.layers
    }
}

impl Stack {
    /// A stack of the given RBMs, the lowest first.
    ///
    /// # Errors
    /// [`Error::Setting`] for none at all, [`Error::Size`] for one whose visible layer is not as large as the hidden layer
    /// below it.
    pub fn new(layers: Vec<Rbm>) -> Result<Self, Error> {
        check_depth(layers.len(), usize::MAX)?;
        for pair in layers.windows(2) {
            let (found, expected) = (pair[1].visible(), pair[0].hidden());
            if found != expected {
                return Err(Error::Size { what: "the visible layer", found, expected });
            }
        }
        Ok(Self { layers })
    }

    /// Greedy training on data `[visible, sample]` (`hinton-2006`): `train` makes the RBM of each layer, from 0, of the
    /// samples of that layer; those of the next are drawn from this machine's `p(h | v)`, one for each.
    ///
    /// Samples, not means: the next RBM's visible units are +-1, and so are its data.
    ///
    /// # Errors
    /// [`Error::Setting`] for a depth of 0, [`Error::Size`] for an RBM that does not fit its data, and the errors of
    /// `train`.
    pub fn greedy(
        data: &DMatrix<f32>,
        depth: usize,
        rng: &mut Pcg64,
        mut train: impl FnMut(usize, &DMatrix<f32>) -> Result<Rbm, Error>,
    ) -> Result<Self, Error> {
        check_depth(depth, usize::MAX)?;
        let mut layers: Vec<Rbm> = Vec::new();
        let mut samples = data.clone();
        for layer in 0..depth {
            if let Some(below) = layers.last() {
                samples = below.sample_hidden(&samples, rng);
            }
            let rbm = train(layer, &samples)?;
            let (found, expected) = (rbm.visible(), samples.nrows());
            if found != expected {
                return Err(Error::Size { what: "the visible layer", found, expected });
            }
            layers.push(rbm);
        }
        Self::new(layers)
    }

    /// The RBMs, the lowest first.
    pub fn layers(&self) -> &[Rbm] {
        &self.layers
    }

    /// The stack of the lowest `depth` RBMs.
    ///
    /// # Errors
    /// [`Error::Setting`] unless the depth is between 1 and the number of RBMs.
    pub fn lowest(&self, depth: usize) -> Result<Self, Error> {
        check_depth(depth, self.layers.len())?;
        Ok(Self { layers: self.layers[..depth].to_vec() })
    }

    /// Means from the bottom to the top: `tanh(c + W^T x)` layer after layer, `[top unit, sample]`; thesis (50).
    ///
    /// Beyond the first layer these are not the means of the samples, since tanh of a mean is not the mean of a tanh.
    pub fn up(&self, v: &DMatrix<f32>) -> DMatrix<f32> {
        self.layers.iter().fold(v.clone(), |x, rbm| rbm.hidden_mean(&x))
    }

    /// Samples from the bottom to the top: each layer drawn from `p(h | v)` of its RBM, given the one below.
    pub fn sample_up(&self, v: &DMatrix<f32>, rng: &mut Pcg64) -> DMatrix<f32> {
        self.layers.iter().fold(v.clone(), |x, rbm| rbm.sample_hidden(&x, rng))
    }

    /// Means from the top to the bottom: `tanh(b + W x)` layer after layer, `[visible, sample]`; thesis (51).
    pub fn down(&self, top: &DMatrix<f32>) -> DMatrix<f32> {
        self.layers.iter().rev().fold(top.clone(), |x, rbm| rbm.visible_mean(&x))
    }

    /// Samples from the top to the bottom: each layer drawn from `p(v | h)` of its RBM, given the one above.
    ///
    /// From samples of the highest RBM's visible layer, passed down the RBMs below it, this is the generative
    /// model of a deep belief network.
    pub fn sample_down(&self, top: &DMatrix<f32>, rng: &mut Pcg64) -> DMatrix<f32> {
        self.layers.iter().rev().fold(top.clone(), |x, rbm| rbm.sample_visible(&x, rng))
    }

    /// What is left of samples `[visible, sample]` at the top, seen from the bottom: [`Stack::down`] of [`Stack::up`].
    pub fn reconstruct(&self, v: &DMatrix<f32>) -> DMatrix<f32> {
        self.down(&self.up(v))
    }

    /// The linear receptive fields of the top units, columns of `W_1 W_2 ... W_l` `[visible, top unit]`
    /// (`mehta-schwab-2014`): without biases, the slope of [`Stack::up`] at v = 0.
    pub fn linear_fields(&self) -> DMatrix<f32> {
        let mut weights = self.layers.iter().map(|rbm| rbm.weights.map(f64::from));
        let first = weights.next().unwrap_or_default();
        weights.fold(first, |fields, weights| fields * weights).map(|w| w as f32)
    }

    /// The receptive fields of the top units as data show them: the covariances `<v_i h_a> - <v_i> <h_a>`
    /// `[visible, top unit]` over data `[visible, sample]`, passed up once.
    ///
    /// The layers below are drawn, the top one enters with its mean given the layer below, which has the same expectation
    /// and less noise; a single RBM has none. `2 / (1 - <h_a>^2)` times a column is the difference of the mean data
    /// with the unit up and with it down. For weak weights the fields are the data's covariance times
    /// [`Stack::linear_fields`].
    ///
    /// # Errors
    /// [`Error::Size`] for data of another width, [`Error::TooFewSamples`] without data.
    pub fn sampled_fields(
        &self,
        data: &DMatrix<f32>,
        rng: &mut Pcg64,
    ) -> Result<DMatrix<f64>, Error> {
        /// Samples in a block, few enough for f32: blocks are added in f64.
        const BLOCK: usize = 1000;
        let (visible, samples) = data.shape();
        let expected = self.layers[0].visible();
        if visible != expected {
            return Err(Error::Size { what: "each sample", found: visible, expected });
        }
        if samples == 0 {
            return Err(Error::TooFewSamples { samples, batch: 1 });
        }
        let top = self.layers[self.layers.len() - 1].hidden();
        let mut products = DMatrix::<f64>::zeros(visible, top);
        let (mut mean_v, mut mean_h) = (DVector::<f64>::zeros(visible), DVector::zeros(top));
        let mut block_products = DMatrix::zeros(visible, top);
        for start in (0..samples).step_by(BLOCK) {
            let v = data.columns(start, BLOCK.min(samples - start)).into_owned();
            let h = self.sample_up_to_mean(&v, rng);
            product(1.0, plain(&v), transposed(&h), 0.0, &mut block_products);
            products.zip_apply(&block_products, |sum, x| *sum += f64::from(x));
            mean_v += v.column_sum().map(f64::from);
            mean_h += h.column_sum().map(f64::from);
        }
        let count = samples as f64;
        Ok(products / count - (mean_v / count) * (mean_h / count).transpose())
    }

    /// The top layer's mean given samples of all layers below it.
    fn sample_up_to_mean(&self, v: &DMatrix<f32>, rng: &mut Pcg64) -> DMatrix<f32> {
        let (top, below) = (&self.layers[self.layers.len() - 1], self.layers.len() - 1);
        let sample = |x: DMatrix<f32>, rbm: &Rbm| rbm.sample_hidden(&x, rng);
        top.hidden_mean(&self.layers[..below].iter().fold(v.clone(), sample))
    }
}

fn check_depth(depth: usize, most: usize) -> Result<(), Error> {
    match (1..=most).contains(&depth) {
        true => Ok(()),
        false => {
            let allowed = "at least 1, and at most the number of RBMs there are";
            Err(Error::Setting { what: "the depth of a stack", value: depth as f64, allowed })
        }
    }
}
