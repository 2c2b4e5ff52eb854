//! Block Gibbs sampling: one step has the distribution it should, p(v) does not drift, and wrong samplers are caught.

#[path = "common/chi_square.rs"]
mod chi_square;
#[path = "common/random.rs"]
mod random;
#[path = "common/states.rs"]
mod states;

use chi_square::p_value;
use nalgebra::DMatrix;
use rand::RngExt;
use rand_pcg::Pcg64;
use random::random_rbm;
use rbm::{Rbm, partition};
use states::states;

/// Family-wise level of all chi-square tests of this file that must pass, 39 of them.
const LEVEL: f64 = 1e-6;
const TESTS: f64 = 39.0;
/// What a wrong sampler must fall below.
const CAUGHT: f64 = 1e-12;
const SAMPLES: usize = 200_000;
const VISIBLE: usize = 5;
const HIDDEN: usize = 3;

/// Strong weights and biases: conditionals close to 0 and 1, two decades and more between states.
fn strong() -> Rbm {
    random_rbm(VISIBLE, HIDDEN, 1.5, 11)
}

/// And with the roles of its layers exchanged: what goes up there goes down here, and the smaller layer is below.
fn both_ways() -> [Rbm; 2] {
    [strong(), strong().transpose()]
}

/// The number of each column among all states.
fn indices(units: &DMatrix<f32>) -> Vec<usize> {
    let index = |(i, &unit): (usize, &f32)| {
        assert!(unit == 1.0 || unit == -1.0, "a unit is {unit}");
        usize::from(unit > 0.0) << i
    };
    units.column_iter().map(|column| column.iter().enumerate().map(index).sum()).collect()
}

/// Exact independent draws, `[visible, draw]`.
fn draw(p: &[f64], rng: &mut Pcg64) -> DMatrix<f32> {
    states(p.len().ilog2() as usize).select_columns(&chi_square::draw(p, SAMPLES, rng))
}

fn passes(what: &str, p: f64) {
    assert!(p > LEVEL / TESTS, "{what}: p = {p:e}");
}

/// `prod_i 1 / (1 + e^{-2 x_i a_i})` of every state x of the units with these activations.
fn product_distribution(activations: &[f64]) -> Vec<f64> {
    let unit = |s: usize, i: usize, a: f64| {
        let x = if s >> i & 1 == 1 { 1.0 } else { -1.0 };
        1.0 / (1.0 + (-2.0 * x * a).exp())
    };
    (0..1 << activations.len())
        .map(|s| activations.iter().enumerate().map(|(i, &a)| unit(s, i, a)).product())
        .collect()
}

/// Activations of the other layer in f64.
fn activations(rbm: &Rbm, v: &DMatrix<f32>) -> DMatrix<f64> {
    let mut a = rbm.weights.transpose().map(f64::from) * v.map(f64::from);
    a.column_iter_mut().for_each(|mut column| column += rbm.hidden_bias.map(f64::from));
    a
}

/// The distribution of the hidden layer given that of the visible layer, by enumeration.
fn half_step_distribution(rbm: &Rbm, p: &[f64]) -> Vec<f64> {
    let given = activations(rbm, &states(rbm.visible()));
    let mut distribution = vec![0.0; 1 << rbm.hidden()];
    for (weight, activation) in p.iter().zip(given.column_iter()) {
        let conditional = product_distribution(activation.as_slice());
        distribution.iter_mut().zip(conditional).for_each(|(sum, p)| *sum += weight * p);
    }
    distribution
}

fn step_distribution(rbm: &Rbm, p: &[f64]) -> Vec<f64> {
    half_step_distribution(&rbm.transpose(), &half_step_distribution(rbm, p))
}

fn gibbs(rbm: &Rbm, mut v: DMatrix<f32>, steps: usize, rng: &mut Pcg64) -> DMatrix<f32> {
    for _ in 0..steps {
        v = rbm.sample_visible(&rbm.sample_hidden(&v, rng), rng);
    }
    v
}

/// The p-value of `p(v)` after `steps` of any sampler from exact draws of an RBM.
fn drift(
    rbm: &Rbm,
    seed: u64,
    steps: usize,
    sampler: impl Fn(DMatrix<f32>, &mut Pcg64) -> DMatrix<f32>,
) -> f64 {
    let p = partition::visible_probabilities(rbm).expect("few units");
    let mut rng = stats::stream(seed, "drift", steps as u64);
    let mut v = draw(&p, &mut rng);
    for _ in 0..steps {
        v = sampler(v, &mut rng);
    }
    p_value(&indices(&v), &p)
}

#[test]
fn exact_draws_do_not_drift() {
    for rbm in both_ways() {
        let least = partition::visible_probabilities(&rbm).unwrap().into_iter().fold(1.0, f64::min);
        assert!(least < 1e-2, "the weights are not strong: {least}");
        for steps in [0, 1, 4, 16] {
            let p = drift(&rbm, 1, steps, |v, rng| gibbs(&rbm, v, 1, rng));
            passes(&format!("{steps} steps"), p);
        }
    }
}

/// A sampler that does nothing leaves p(v) alone too: hence the distribution of one step from each of some starts.
#[test]
fn one_step_has_the_distribution_of_the_conditionals() {
    let mut rng = stats::stream(2, "one step", 0);
    for rbm in both_ways() {
        for start in [0, 5, 9, 18, 31] {
            let v = states(rbm.visible()).column(start % (1 << rbm.visible())).into_owned();
            let v = DMatrix::from_fn(rbm.visible(), SAMPLES, |i, _| v[i]);
            let p_hidden = product_distribution(activations(&rbm, &v).column(0).as_slice());
            let h = rbm.sample_hidden(&v, &mut rng);
            passes("h given v", p_value(&indices(&h), &p_hidden));

            let p_visible = half_step_distribution(&rbm.transpose(), &p_hidden);
            let next = rbm.sample_visible(&h, &mut rng);
            passes("v' given v", p_value(&indices(&next), &p_visible));
        }
    }
}

#[test]
fn exact_draws_with_one_hidden_step_have_the_joint_distribution() {
    let mut rng = stats::stream(3, "joint", 0);
    for rbm in both_ways() {
        let hidden = rbm.hidden();
        let p = partition::visible_probabilities(&rbm).unwrap();
        let v = draw(&p, &mut rng);
        let h = rbm.sample_hidden(&v, &mut rng);
        let pairs: Vec<usize> =
            indices(&v).into_iter().zip(indices(&h)).map(|(v, h)| v << hidden | h).collect();
        let given = activations(&rbm, &states(rbm.visible()));
        let joint: Vec<f64> = p
            .iter()
            .zip(given.column_iter())
            .flat_map(|(p, a)| product_distribution(a.as_slice()).into_iter().map(move |q| p * q))
            .collect();
        passes("(v, h)", p_value(&pairs, &joint));
        // The hidden units alone have the visible distribution of the transposed RBM.
        let p_hidden = partition::visible_probabilities(&rbm.transpose()).unwrap();
        passes("h", p_value(&indices(&h), &p_hidden));
        // Samples of a batch are independent: neighbouring columns have the product distribution.
        let columns = indices(&h);
        let neighbours: Vec<usize> =
            columns.chunks_exact(2).map(|c| c[0] << hidden | c[1]).collect();
        let square: Vec<f64> =
            p_hidden.iter().flat_map(|a| p_hidden.iter().map(move |b| a * b)).collect();
        passes("neighbouring samples", p_value(&neighbours, &square));
    }
}

#[test]
fn a_chain_forgets_its_start() {
    // Weak enough to mix: what is left of the start after 64 steps, by enumeration, is beyond any test.
    let weak = random_rbm(VISIBLE, HIDDEN, 0.5, 4);
    let mut rng = stats::stream(4, "forgets", 0);
    for rbm in [weak.transpose(), weak] {
        let p = partition::visible_probabilities(&rbm).unwrap();
        for start in [-1.0, 1.0] {
            let v = DMatrix::from_element(rbm.visible(), SAMPLES, start);
            let mut distribution = vec![0.0; p.len()];
            distribution[indices(&v)[0]] = 1.0;
            for _ in 0..64 {
                distribution = step_distribution(&rbm, &distribution);
            }
            assert!(
                distribution.iter().zip(&p).all(|(a, b)| (a - b).abs() < 1e-9),
                "mixes too slowly"
            );
            passes("equilibrium", p_value(&indices(&gibbs(&rbm, v, 64, &mut rng)), &p));
        }
    }
}

/// One Gibbs step written here, with whatever probability of +1 and whatever RBM for the way back.
fn other_step(
    rbm: &Rbm,
    back: &Rbm,
    up: impl Fn(f64) -> f64,
    v: &DMatrix<f32>,
    rng: &mut Pcg64,
) -> DMatrix<f32> {
    let mut sample =
        |a: DMatrix<f64>| a.map(|a| if rng.random::<f64>() < up(a) { 1.0 } else { -1.0 });
    let h = sample(activations(rbm, v));
    sample(activations(&back.transpose(), &h))
}

#[test]
fn wrong_samplers_are_rejected_and_a_right_one_is_not() {
    let rbm = strong();
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    let right = drift(&rbm, 5, 1, |v, rng| other_step(&rbm, &rbm, |a| logistic(2.0 * a), &v, rng));
    passes("the conditionals written out", right);

    let half = drift(&rbm, 6, 1, |v, rng| other_step(&rbm, &rbm, logistic, &v, rng));
    assert!(half < CAUGHT, "without the factor 2 of +-1 units: {half:e}");
    let mut unbiased = rbm.clone();
    unbiased.visible_bias.fill(0.0);
    let no_bias =
        drift(&rbm, 7, 1, |v, rng| other_step(&rbm, &unbiased, |a| logistic(2.0 * a), &v, rng));
    assert!(no_bias < CAUGHT, "without the visible bias: {no_bias:e}");
    let mean = drift(&rbm, 8, 1, |v, _| {
        let mean = rbm.visible_mean(&rbm.hidden_mean(&v));
        mean.map(|m| if m > 0.0 { 1.0 } else { -1.0 })
    });
    assert!(mean < CAUGHT, "thresholds instead of samples: {mean:e}");
    let slightly = drift(&rbm, 9, 1, |v, rng| {
        other_step(&rbm, &rbm, |a| logistic(2.0 * a) * 0.99 + 0.005, &v, rng)
    });
    assert!(slightly < LEVEL, "one unit in 200 flipped: {slightly:e}");
}
