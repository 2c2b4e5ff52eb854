//! A single neuron (`ter-hoeve-2018`, (1)-(10)) as the smallest network of this crate learns the vote of three inputs.
//!
//! Softmax over the two classes t = 0 and t = 1 with the activations 0 and `a = sum_i w_i x_i` is the neuron's
//! `sigma(a) = 1 / (1 + e^{-a})`, and the mean cross-entropy is `G / N`.

#![allow(clippy::print_stdout)]

use nalgebra::{DMatrix, DVector};
use nn::{Dense, Gradient, Network, loss_and_gradient};

/// The neuron `y = sigma(w x)`: class 0 has no weights.
fn neuron(w: &DVector<f32>) -> Network {
    let weights = DMatrix::from_fn(2, w.len(), |class, i| class as f32 * w[i]);
    Network { layers: vec![Dense { weights, bias: DVector::zeros(2) }] }
}

/// (2).
fn sigma(a: f32) -> f32 {
    1.0 / (1.0 + (-a).exp())
}

fn main() {
    // All states of three inputs of +-1, and as an extra input x_0 = 1, whose weight is the bias.
    let x = DMatrix::from_fn(4, 8, |i, n| if i == 0 || n >> (i - 1) & 1 == 1 { 1.0 } else { -1.0 });
    let vote = |n: usize| u32::from(n.count_ones() >= 2);
    let t: Vec<u32> = (0..8).map(vote).collect();
    let n = t.len() as f32;

    let mut w = DVector::from_vec(vec![0.5, -0.3, 0.1, 0.0_f32]);
    let mut gradient = Gradient::new(&neuron(&w), t.len());
    for step in 0..=200 {
        let network = neuron(&w);
        let g = n * loss_and_gradient(&network, &x, &t, &mut gradient) as f32;
        // dG/dw_i = -sum_n (t - y) x_i, (10), with y by (1) and (2).
        let y = x.tr_mul(&w).map(sigma);
        let wrong = DVector::from_fn(t.len(), |s, _| t[s] as f32 - y[s]);
        let slope = -(&x * wrong);
        let of_class_1 = gradient.layers[0].weights.row(1).transpose() * n;
        assert!((&slope - of_class_1).amax() < 1e-5, "the network's gradient is (10)");
        assert!((network.probabilities(&x).row(1).transpose() - &y).amax() < 1e-6, "(4)");

        if step % 50 == 0 {
            println!("step {step:3}: G = {g:.4}, w = {:.3?}", w.as_slice());
        }
        w -= slope * 0.1;
    }

    let y = neuron(&w).probabilities(&x);
    for (state, &t) in t.iter().enumerate() {
        assert_eq!(u32::from(y[(1, state)] > 0.5), t, "inputs {state:03b}");
    }
    // The vote is the same for all inputs and for their opposites: equal weights and no bias.
    assert!(w[0].abs() < 0.05 && (w[1] - w[3]).abs() < 0.05, "{w}");
    println!("the neuron votes as its inputs do");
}

#[test]
fn the_example_keeps_its_word() {
    main();
}
