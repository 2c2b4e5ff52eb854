//! What holds for every RBM, checked on random ones against the enumerations of `exact`.

#[path = "common/any.rs"]
mod any;
#[path = "common/random.rs"]
mod random;
#[path = "common/states.rs"]
mod states;

use any::{exactly, rbms};
use exact::{Ring, enumerate, symmetric};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use random::random_rbm;
use rbm::{Error, GradientEstimator, Optimiser, Rbm, TrainConfig, Trainer, partition, train};
use states::states;
use std::ops::ControlFlow;

/// Sums of up to 2^8 states in f64, relative to their largest logarithm.
const SUM: f64 = 1e-12;

/// The same RBM in f64.
/// The largest activation of either layer plus its share of the energy: bounds `|ln weight|` and so rounding.
fn scale(rbm: &Rbm) -> f64 {
    let sum = |x: &[f32]| x.iter().map(|x| f64::from(x.abs())).sum::<f64>();
    let units = (rbm.visible() + rbm.hidden()) as f64;
    let biases = sum(rbm.visible_bias.as_slice()) + sum(rbm.hidden_bias.as_slice());
    sum(rbm.weights.as_slice()) + biases + units
}

/// `p(v, h)` by brute force, `[visible state, hidden state]`, thesis (26).
fn joint(rbm: &Rbm) -> DMatrix<f64> {
    let (v, h) = (states(rbm.visible()).map(f64::from), states(rbm.hidden()).map(f64::from));
    let mut energy = v.transpose() * rbm.weights.map(f64::from) * &h;
    let b = v.transpose() * rbm.visible_bias.map(f64::from);
    let c = h.transpose() * rbm.hidden_bias.map(f64::from);
    energy.column_iter_mut().for_each(|mut column| column += &b);
    energy.row_iter_mut().for_each(|mut row| row += c.transpose());
    let largest = energy.max();
    let weights = energy.map(|e| (e - largest).exp());
    let z = weights.sum();
    weights / z
}

proptest! {
    #[test]
    fn probabilities_are_the_enumerated_ones(rbm in rbms(8)) {
        let tolerance = SUM * scale(&rbm);
        for rbm in [rbm.transpose(), rbm] {
            let rbm64 = exactly(&rbm);
            let ln_z = enumerate::ln_z(&rbm64).unwrap();
            prop_assert!((partition::ln_z(&rbm).unwrap() - ln_z).abs() <= tolerance);
            let enumerated = enumerate::visible_probabilities(&rbm64).unwrap();
            let joint = joint(&rbm);
            let found = partition::visible_probabilities(&rbm).unwrap();
            prop_assert_eq!(found.len(), enumerated.len());
            for (state, p) in found.iter().enumerate() {
                prop_assert!((p / enumerated[state] - 1.0).abs() <= tolerance);
                prop_assert!((p - joint.row(state).sum()).abs() <= tolerance);
            }
        }
    }

    #[test]
    fn free_energy_is_minus_the_logarithm_of_the_weight(rbm in rbms(8)) {
        // F is summed from f32 activations: up to 10 roundings of each, relative to the sum of its terms.
        let tolerance = 10.0 * f64::from(f32::EPSILON) * scale(&rbm);
        for rbm in [rbm.transpose(), rbm] {
            let p = partition::visible_probabilities(&rbm).unwrap();
            let ln_z = partition::ln_z(&rbm).unwrap();
            let free_energy = rbm.free_energy(&states(rbm.visible()));
            for (f, p) in free_energy.iter().zip(&p) {
                prop_assert!((-f - ln_z - p.ln()).abs() <= tolerance, "{} {}", -f - ln_z, p.ln());
            }
        }
    }

    #[test]
    fn conditional_means_are_the_enumerated_ones(rbm in rbms(8)) {
        // f32 activations, whose error the tanh passes on at most in full, and the tanh's own 1e-6.
        let tolerance = 1e-6 + 10.0 * f64::from(f32::EPSILON) * scale(&rbm);
        let joint = joint(&rbm);
        let h = states(rbm.hidden()).map(f64::from);
        let v = states(rbm.visible()).map(f64::from);
        let hidden = rbm.hidden_mean(&states(rbm.visible()));
        for (state, weights) in joint.row_iter().enumerate() {
            let enumerated = &h * weights.transpose() / weights.sum();
            let found = hidden.column(state).map(f64::from);
            prop_assert!((enumerated - found).amax() <= tolerance);
        }
        let visible = rbm.visible_mean(&states(rbm.hidden()));
        for (state, weights) in joint.column_iter().enumerate() {
            let enumerated = &v * weights / weights.sum();
            let found = visible.column(state).map(f64::from);
            prop_assert!((enumerated - found).amax() <= tolerance);
        }
        // Transposition moves the rounding of the product only.
        let transposed = rbm.transpose().visible_mean(&states(rbm.visible()));
        prop_assert!((transposed - hidden).map(f64::from).amax() <= tolerance);
        prop_assert_eq!(&rbm.transpose().transpose(), &rbm);
    }

    #[test]
    fn divergence_is_positive_and_vanishes_only_at_the_rbm_itself(
        rbm in rbms(8), other in 0.1..2.0f32, seed: u64,
    ) {
        let p = partition::visible_probabilities(&rbm).unwrap();
        prop_assert!(partition::kl(&p, &rbm).unwrap().abs() <= SUM * scale(&rbm));
        let shifted = random_rbm(rbm.visible(), rbm.hidden(), other, seed);
        let q = partition::visible_probabilities(&shifted).unwrap();
        let found = partition::kl(&q, &rbm).unwrap();
        let expected = enumerate::kl(&q, &p).unwrap();
        prop_assert!((found - expected).abs() <= SUM * (scale(&rbm) + scale(&shifted)));
        // Pinsker: KL >= (sum |q - p|)^2 / 2.
        let distance: f64 = q.iter().zip(&p).map(|(q, p)| (q - p).abs()).sum();
        prop_assert!(found >= 0.5 * distance.powi(2) - SUM * scale(&rbm));
    }

    #[test]
    fn equal_weights_agree_with_the_sums_over_v(
        (m, n) in (2usize..=9, 1usize..=6), w in -2.0..2.0f32, k in -1.0..3.0f64,
    ) {
        let rbm = Rbm::uniform(m, n, w);
        let weight = f64::from(w);
        let tolerance = SUM * scale(&rbm);
        let ln_z = partition::ln_z(&rbm).unwrap();
        prop_assert!((ln_z - symmetric::ln_z(m, n, weight)).abs() <= tolerance);
        let mut of_sum = vec![0.0; m + 1];
        let p = partition::visible_probabilities(&rbm).unwrap();
        p.iter().enumerate().for_each(|(s, p)| of_sum[s.count_ones() as usize] += p);
        let expected = symmetric::visible_sum_probabilities(m, n, weight);
        for (found, expected) in of_sum.iter().zip(&expected) {
            prop_assert!((found - expected).abs() <= tolerance);
        }
        let ring = Ring::new(m, k).unwrap();
        let q = enumerate::ring(&ring).unwrap().probabilities;
        let found = partition::kl(&q, &rbm).unwrap();
        let bound = SUM * (scale(&rbm) + m as f64 * k.abs());
        prop_assert!((found - symmetric::kl(&ring.into(), n, weight)).abs() <= bound);
    }

    #[test]
    fn degenerate_data_train_to_something_finite(
        (m, n) in (1usize..=5, 1usize..=6), kind in 0..4, gradient in 0..4, steps in 1u32..3,
        adam: bool, biases: bool, seed: u64,
    ) {
        let samples = if kind == 1 { 1 } else { 20 };
        let noise = random_rbm(m, samples, 1.0, seed).weights;
        let data = DMatrix::from_fn(m, samples, |i, s| match (kind, i) {
            // All samples equal; one sample; one unit constant; T = 0: both ground states, nothing else.
            (0, _) => if i % 2 == 0 { 1.0 } else { -1.0 },
            (2, 0) => 1.0,
            (3, _) => if s % 2 == 0 { 1.0 } else { -1.0 },
            _ => if noise[(i, s)] < 0.0 { -1.0 } else { 1.0 },
        });
        let batch = if kind == 1 { 1 } else { 7 };
        let gradient = match gradient {
            0 => GradientEstimator::Contrastive { steps },
            1 => GradientEstimator::Persistent { chains: 5, steps },
            2 => GradientEstimator::Tempering { chains: 5, steps },
            _ => GradientEstimator::Exact,
        };
        let optimiser = match adam {
            true => Optimiser::Adam { beta1: 0.9, beta2: 0.999 },
            false => Optimiser::Ascent { momentum: 0.5 },
        };
        let config = TrainConfig {
            gradient,
            optimiser,
            initial_std: 0.1,
            biases,
            ..TrainConfig::exact(n, batch, 0.1)
        };
        let mut trainer = Trainer::new(config, m, seed).unwrap();
        train(&mut trainer, &data, 50, |_| ControlFlow::Continue(())).unwrap();
        let rbm = trainer.rbm();
        prop_assert!(partition::ln_z(rbm).unwrap().is_finite());
        prop_assert!(rbm.weights.iter().all(|w| w.is_finite()));
        // Without biases the spin-flip symmetry is exact.
        let moved = rbm.visible_bias.amax() + rbm.hidden_bias.amax();
        prop_assert!(biases || moved == 0.0);
        if !biases {
            let v = states(m);
            prop_assert_eq!(rbm.free_energy(&v), rbm.free_energy(&-v));
        }
    }
}

#[test]
fn strong_weights_have_a_finite_divergence() {
    // p of a single flipped spin is below the smallest f64, but its logarithm is an ordinary number.
    let (ring, w) = (Ring::new(8, 0.5).unwrap(), 60.0);
    let q = enumerate::ring(&ring).unwrap().probabilities;
    let found = partition::kl(&q, &Rbm::uniform(8, 4, w)).unwrap();
    let expected = symmetric::kl(&ring.into(), 4, f64::from(w));
    assert!((found - expected).abs() <= SUM * expected, "{found} {expected}");
}

#[test]
fn an_impossible_state_costs_nothing_and_a_wrong_size_is_refused() {
    let rbm = Rbm::uniform(2, 1, 0.3);
    let p = partition::visible_probabilities(&rbm).unwrap();
    // All of q on one state: KL = -ln p.
    let found = partition::kl(&[0.0, 0.0, 0.0, 1.0], &rbm).unwrap();
    assert!((found + p[3].ln()).abs() < SUM);
    let wrong = partition::kl(&[0.5, 0.5], &rbm);
    assert_eq!(wrong, Err(Error::Size { what: "the distribution", found: 2, expected: 4 }));
    for value in [-0.1, f64::NAN, f64::INFINITY] {
        let wrong = partition::kl(&[value, 0.5, 0.5, 0.1], &rbm);
        assert!(matches!(wrong, Err(Error::Setting { what: "a probability", .. })), "{wrong:?}");
    }
}

#[test]
fn too_many_states_are_refused_before_anything_is_allocated() {
    let large = Rbm::uniform(60, 30, 0.1);
    let refused = |units| Error::TooManyStates { units, limit: partition::MAX_UNITS };
    assert_eq!(partition::ln_z(&large), Err(refused(30)));
    assert_eq!(partition::ln_z(&large.transpose()), Err(refused(30)));
    assert_eq!(partition::visible_probabilities(&large), Err(refused(60)));
    assert_eq!(partition::kl(&[], &large), Err(refused(60)));
    // One small layer suffices for ln Z, of either side.
    let narrow = Rbm::uniform(60, 3, 0.1);
    let expected = symmetric::ln_z(60, 3, f64::from(0.1_f32));
    for rbm in [narrow.transpose(), narrow] {
        assert!((partition::ln_z(&rbm).unwrap() - expected).abs() < SUM * expected);
    }
}

#[test]
fn random_weights_are_normal() {
    let (n, std) = (100_000, 0.3_f32);
    let rbm = Rbm::random(n, 1, std, &mut stats::stream(3, "normal", 0));
    let moment = |k| {
        let scaled = rbm.weights.iter().map(|&w| f64::from(w / std).powi(k));
        scaled.sum::<f64>() / n as f64
    };
    // Moments 0, 1, 0, 3, 0 with the variances 1, 2, 15, 96, 945 over n; five tests at the level 1e-6: z = 5.2.
    for (k, expected, variance) in
        [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0), (5, 0.0, 945.0)]
    {
        let error = (variance / n as f64).sqrt();
        assert!((moment(k) - expected).abs() < 5.2 * error, "moment {k}: {}", moment(k));
    }
    assert_eq!(rbm.visible_bias, DVector::zeros(n));
}
