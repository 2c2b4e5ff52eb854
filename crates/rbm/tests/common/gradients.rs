//! Gradients worked out by enumeration, and a run of plain training to compare with them.

use crate::states::states;
use nalgebra::{DMatrix, DVector};
use rbm::gradient::Gradient;
use rbm::{GradientEstimator, Rbm, TrainConfig, Trainer, partition};

/// Weights, visible biases, hidden biases, in one list.
pub(crate) fn flat(gradient: &Gradient) -> Vec<f64> {
    let Gradient { weights, visible_bias, hidden_bias } = gradient;
    weights.iter().chain(visible_bias).chain(hidden_bias).map(|&x| f64::from(x)).collect()
}

pub(crate) fn flat_of(weights: &DMatrix<f64>, b: &[f64], c: &[f64]) -> Vec<f64> {
    weights.iter().chain(b).chain(c).copied().collect()
}

/// A run of plain contrastive divergence on batches of this size.
pub(crate) fn run(rbm: &Rbm, batch: usize, gradient: GradientEstimator, seed: u64) -> Trainer {
    let config = TrainConfig { gradient, ..TrainConfig::exact(rbm.hidden(), batch, 0.1) };
    Trainer::from_rbm(config, rbm.clone(), seed).expect("good settings")
}

/// `-F(v) - ln Z`, averaged over the data.
pub(crate) fn likelihood(rbm: &Rbm, data: &DMatrix<f32>) -> f64 {
    let free_energy = rbm.free_energy(data);
    let mean = free_energy.iter().sum::<f64>() / free_energy.len() as f64;
    -mean - partition::ln_z(rbm).expect("few units")
}

/// The exact gradient by central differences with steps 2^-6 and 2^-7, extrapolated.
///
/// Parameters are multiples of 2^-10, so activations stay exact in f32 and the likelihood good to 1e-14. What is left
/// is `4 h^4 f^(5) / 5!`; derivatives of ln Z are cumulants, the fifth at most some 100: 1e-8.
pub(crate) fn exact_gradient(rbm: &Rbm, data: &DMatrix<f32>) -> Vec<f64> {
    let slope = |change: &dyn Fn(&mut Rbm, f32)| {
        let at = |h: f32| {
            let mut moved = rbm.clone();
            change(&mut moved, h);
            likelihood(&moved, data)
        };
        let central = |h: f32| (at(h) - at(-h)) / (2.0 * f64::from(h));
        (4.0 * central(1.0 / 128.0) - central(1.0 / 64.0)) / 3.0
    };
    let weights = DMatrix::from_fn(rbm.visible(), rbm.hidden(), |i, a| {
        slope(&|rbm, h| rbm.weights[(i, a)] += h)
    });
    let b = (0..rbm.visible()).map(|i| slope(&|rbm, h| rbm.visible_bias[i] += h));
    let c = (0..rbm.hidden()).map(|a| slope(&|rbm, h| rbm.hidden_bias[a] += h));
    flat_of(&weights, &b.collect::<Vec<_>>(), &c.collect::<Vec<_>>())
}

/// The share of each visible state among the data.
pub(crate) fn shares(data: &DMatrix<f32>) -> DVector<f64> {
    let mut shares = DVector::zeros(1 << data.nrows());
    for sample in data.column_iter() {
        let up = sample.iter().enumerate().filter(|(_, v)| **v > 0.0);
        shares[up.map(|(i, _)| 1 << i).sum::<usize>()] += 1.0 / data.ncols() as f64;
    }
    shares
}

/// `<v h>_data - <v h>_model` and its likes for the biases, from the distributions of v on both sides.
pub(crate) fn expected(rbm: &Rbm, data: &DVector<f64>, model: DVector<f64>) -> Vec<f64> {
    let v = states(rbm.visible()).map(f64::from);
    let mut hidden = rbm.weights.map(f64::from).transpose() * &v;
    hidden.column_iter_mut().for_each(|mut column| column += rbm.hidden_bias.map(f64::from));
    let tanh = hidden.map(f64::tanh);
    let difference = data - model;
    let weights = &v * DMatrix::from_diagonal(&difference) * tanh.transpose();
    flat_of(&weights, (v * &difference).as_slice(), (tanh * &difference).as_slice())
}

/// The transition matrix of a Gibbs step between all visible states, `[state to, state from]`.
pub(crate) fn transition(rbm: &Rbm) -> DMatrix<f64> {
    let v = states(rbm.visible()).map(f64::from);
    let h = states(rbm.hidden()).map(f64::from);
    let field = |x: &DMatrix<f64>, w: DMatrix<f64>, bias: &DVector<f32>| {
        let mut activation = w * x;
        activation.column_iter_mut().for_each(|mut column| column += bias.map(f64::from));
        activation
    };
    let w = rbm.weights.map(f64::from);
    let hidden = field(&v, w.transpose(), &rbm.hidden_bias);
    let visible = field(&h, w, &rbm.visible_bias);
    // Independent units: p(x) = prod_i 1 / (1 + e^{-2 x_i a_i}), `[state to, state from]`.
    let conditional = |to: &DMatrix<f64>, activation: &DMatrix<f64>| {
        DMatrix::from_fn(to.ncols(), activation.ncols(), |t, f| {
            let units = to.column(t).component_mul(&activation.column(f));
            units.iter().map(|xa| 1.0 / (1.0 + (-2.0 * xa).exp())).product::<f64>()
        })
    };
    conditional(&v, &visible) * conditional(&h, &hidden)
}
