//! Tied weights stay tied to the bit, follow the gradient of what they share, and give the RBM its symmetry.

#[path = "common/states.rs"]
mod states;

use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::RngExt;
use rbm::{
    Error, GradientEstimator, Optimiser, Rbm, TrainConfig, Trainer, WeightSharing, partition, train,
};
use states::states;
use std::ops::ControlFlow;

const CONFIG: TrainConfig = TrainConfig {
    optimiser: Optimiser::Adam { beta1: 0.9, beta2: 0.999 },
    l1: 0.001,
    l2: 0.001,
    initial_std: 0.5,
    sharing: WeightSharing::All,
    ..TrainConfig::cd(4, 10, 0.1, 1)
};

fn coins(visible: usize, samples: usize, seed: u64) -> DMatrix<f32> {
    let mut rng = stats::stream(seed, "ties", 0);
    // More up than down, so that biases have something to learn.
    DMatrix::from_fn(visible, samples, |_, _| if rng.random::<f32>() < 0.7 { 1.0 } else { -1.0 })
}

fn trained(config: TrainConfig, visible: usize) -> Rbm {
    let mut trainer = Trainer::new(config, visible, 3).expect("good settings");
    let data = coins(visible, 40, 1);
    train(&mut trainer, &data, 5, |_| ControlFlow::Continue(())).expect("a run");
    trainer.rbm().clone()
}

/// The site that lies `(dx, dy)` further.
fn moved(site: usize, (dx, dy): (usize, usize), (width, height): (usize, usize)) -> usize {
    (site / width + dy) % height * width + (site % width + dx) % width
}

#[test]
fn all_weights_share_one_value() {
    let rbm = trained(CONFIG, 6);
    for part in [rbm.weights.as_slice(), rbm.visible_bias.as_slice(), rbm.hidden_bias.as_slice()] {
        assert!(part.iter().all(|x| x.to_bits() == part[0].to_bits() && *x != 0.0), "{part:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn filters_are_the_same_at_all_places(
        (columns, rows, stride) in (1usize..4, 1usize..4, 1usize..4), ring: bool, filters in 1usize..3,
    ) {
        let (width, height) = (columns * stride, if ring { 1 } else { rows * stride });
        let places = columns * if ring { 1 } else { rows };
        let sharing = WeightSharing::Translations { width, height, stride };
        let rbm = trained(TrainConfig { sharing, hidden: filters * places, ..CONFIG }, width * height);
        let down = if ring { 1 } else { stride };
        for a in 0..rbm.hidden() {
            let first = a / places * places;
            prop_assert_eq!(rbm.hidden_bias[a], rbm.hidden_bias[first]);
            let place = a - first;
            let by = (place % columns * stride, place / columns * down);
            for i in 0..rbm.visible() {
                let there = moved(i, by, (width, height));
                prop_assert_eq!(rbm.weights[(there, a)], rbm.weights[(i, first)]);
                prop_assert_eq!(rbm.visible_bias[there], rbm.visible_bias[i]);
            }
        }
    }
}

/// Filters at every site: p(v) is the same for all translations of v, to rounding of f32 activations.
#[test]
fn the_rbm_has_the_symmetry_of_its_lattice() {
    let (width, height) = (3, 2);
    let sharing = WeightSharing::Translations { width, height, stride: 1 };
    let rbm = trained(TrainConfig { sharing, hidden: 12, ..CONFIG }, 6);
    let p = partition::visible_probabilities(&rbm).unwrap();
    let all = states(6);
    for by in [(1, 0), (0, 1), (2, 1)] {
        for (s, v) in all.column_iter().enumerate() {
            let up = (0..6).filter(|&i| v[i] > 0.0).map(|i| moved(i, by, (width, height)));
            let there: usize = up.map(|i| 1 << i).sum();
            assert!((p[there] / p[s] - 1.0).abs() < 1e-12, "{s} {there}");
        }
    }
    // Not the trivial one of equal probabilities.
    assert!(p.iter().copied().fold(0.0, f64::max) > 2.0 * p.iter().copied().fold(1.0, f64::min));
}

/// What a class shares moves uphill by the mean slope of its members: numerical slope along the class over its size.
#[test]
fn the_gradient_is_that_of_the_shared_values() {
    let sharing = WeightSharing::Translations { width: 4, height: 1, stride: 2 };
    let config = TrainConfig {
        sharing,
        hidden: 4,
        gradient: GradientEstimator::Exact,
        optimiser: Optimiser::Ascent { momentum: 0.0 },
        l1: 0.0,
        l2: 0.0,
        ..CONFIG
    };
    let data = coins(4, 10, 2);
    let mut trainer = Trainer::new(config, 4, 5).unwrap();
    let mut scratch = trainer.scratch();
    trainer.gradient(&data, &(0..10).collect::<Vec<_>>(), &mut scratch).unwrap();
    let likelihood = |rbm: &Rbm| {
        let energies = rbm.free_energy(&data);
        -energies.iter().sum::<f64>() / 10.0 - partition::ln_z(rbm).unwrap()
    };
    // The class of weight (i, a) of the first filter: the same place seen from the other one.
    for (i, a) in [(0, 0), (1, 0), (3, 2)] {
        let partner = (moved(i, (2, 0), (4, 1)), a + 1);
        let slope = |h: f32| {
            let at = |h: f32| {
                let mut rbm = trainer.rbm().clone();
                rbm.weights[(i, a)] += h;
                rbm.weights[partner] += h;
                likelihood(&rbm)
            };
            (at(h) - at(-h)) / (2.0 * f64::from(h))
        };
        // Two members; rounding of f32 activations over the step, and its square, are below 1e-4.
        let (found, expected) = (scratch.gradient.weights[(i, a)], slope(1.0 / 128.0) / 2.0);
        assert!((f64::from(found) - expected).abs() < 1e-4, "{found} {expected}");
    }
}

#[test]
fn layers_that_are_no_lattice_of_filters_are_refused() {
    let refused =
        |sharing, hidden| Trainer::new(TrainConfig { sharing, hidden, ..CONFIG }, 6, 1).err();
    let lattice = |width, height, stride| WeightSharing::Translations { width, height, stride };
    let size = |what, found, expected| Some(Error::Size { what, found, expected });
    let of_lattice = size("the lattice of the shared weights", 8, 6);
    assert_eq!(refused(lattice(4, 2, 2), 4), of_lattice);
    let of_filters = size("the hidden layer of shared filters", 4, 6);
    assert_eq!(refused(lattice(3, 2, 1), 4), of_filters);
    for (width, height, stride) in [(6, 1, 4), (6, 1, 0), (2, 3, 2), (0, 1, 1)] {
        assert!(matches!(
            refused(lattice(width, height, stride), 6),
            Some(Error::Setting { what: "the stride of the filters", .. })
        ));
    }
}
