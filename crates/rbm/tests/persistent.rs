//! Chains that go on from update to update: the gradient of the likelihood in equilibrium, each step on the way there.

#[path = "common/distance.rs"]
mod distance;
#[path = "common/gradients.rs"]
mod gradients;
#[path = "common/random.rs"]
mod random;
#[path = "common/states.rs"]
mod states;

use distance::distance;
use gradients::{exact_gradient, expected, flat, run, shares, transition};
use nalgebra::{DMatrix, DVector};
use random::random_rbm;
use rbm::{GradientEstimator, Rbm, TrainConfig, Trainer};
use states::states;

const CHAINS: usize = 20_000;
/// Products of units are at most 1: their mean over the chains has an error of 1 / sqrt(chains) at most. The two tests of
/// chains that persist compare fewer than 1000 entries each: family-wise level 1e-6 at z = 6.1.
const CHAINS_APART: f64 = 6.1 / 141.0;

/// RBMs of both orientations, each with a few coins as data.
fn rbms() -> Vec<(Rbm, DMatrix<f32>)> {
    let with_data = |(seed, (visible, hidden))| {
        let coins = random_rbm(visible, 6, 1.0, 100 + seed).weights.map(f32::signum);
        (random_rbm(visible, hidden, 1.0, seed), coins)
    };
    (0..).zip([(4, 3), (3, 4), (6, 2), (2, 6), (5, 5)]).map(with_data).collect()
}

/// Chains that persist forget where they began, at the old parameters, and have the RBM's own averages.
#[test]
fn chains_that_persist_estimate_the_gradient_of_the_likelihood() {
    for (seed, (rbm, data)) in rbms().iter().enumerate() {
        let exact = exact_gradient(rbm, data);
        let samples: Vec<u32> = (0..data.ncols() as u32).collect();
        for gradient in [
            GradientEstimator::Persistent { chains: CHAINS, steps: 10 },
            GradientEstimator::Tempering { chains: CHAINS, steps: 10 },
        ] {
            let mut trainer = run(rbm, samples.len(), gradient, 30 + seed as u64);
            let mut scratch = trainer.scratch();
            for _ in 0..20 {
                trainer.gradient(data, &samples, &mut scratch).unwrap();
            }
            let apart = distance(&flat(&scratch.gradient), &exact);
            assert!(apart < CHAINS_APART, "{gradient:?}, RBM {seed}: {apart}");
        }
    }
}

/// Far from equilibrium, where every step shows: from fair coins under the RBM, and on under the one it becomes.
#[test]
fn chains_that_persist_walk_under_the_rbm_as_it_is() {
    for (seed, (rbm, data)) in rbms().iter().enumerate() {
        let samples: Vec<u32> = (0..data.ncols() as u32).collect();
        let (q, coins) = (shares(data), DVector::from_element(1 << rbm.visible(), 1.0));
        let coins = &coins / coins.sum();
        let first = transition(rbm) * &coins;
        let of_first = expected(rbm, &q, first.clone());
        for gradient in [
            GradientEstimator::Persistent { chains: CHAINS, steps: 1 },
            GradientEstimator::Tempering { chains: CHAINS, steps: 1 },
        ] {
            let trainer = run(rbm, samples.len(), gradient, 50 + seed as u64);
            let config = TrainConfig { learning_rate: 3.0, ..*trainer.config() };
            let mut trainer = Trainer::from_rbm(config, rbm.clone(), 50 + seed as u64).unwrap();
            let mut scratch = trainer.scratch();
            trainer.step(data, &samples, &mut scratch).unwrap();
            let found = flat(&scratch.gradient);
            assert!(distance(&found, &of_first) < CHAINS_APART, "{gradient:?}, RBM {seed}");
            // Power: no step at all.
            let none = expected(rbm, &q, coins.clone());
            assert!(distance(&found, &none) > CHAINS_APART, "{gradient:?}, RBM {seed}");
            if let GradientEstimator::Tempering { .. } = gradient {
                continue;
            }
            let moved = trainer.rbm().clone();
            trainer.gradient(data, &samples, &mut scratch).unwrap();
            let found = flat(&scratch.gradient);
            let second = expected(&moved, &q, transition(&moved) * &first);
            assert!(distance(&found, &second) < CHAINS_APART, "second step, RBM {seed}");
            // Power: a step under the RBM of before.
            let stale = expected(&moved, &q, transition(rbm) * &first);
            assert!(distance(&found, &stale) > CHAINS_APART, "second step, RBM {seed}");
        }
    }
}

/// A run after another begins with its chains: in equilibrium where fresh ones have far to go.
#[test]
fn a_run_after_another_keeps_its_chains() {
    let rbm = Rbm { visible_bias: DVector::from_element(6, 0.1), ..Rbm::uniform(6, 2, 0.6) };
    let rbm = Rbm { hidden_bias: DVector::from_element(2, -0.2), ..rbm };
    let (data, samples) = (states(6), (0..64).collect::<Vec<u32>>());
    let exact = exact_gradient(&rbm, &data);
    let after = |steps: u32, chains: usize, previous: Option<&Trainer>| {
        let gradient = GradientEstimator::Tempering { chains, steps };
        let fresh = run(&rbm, 64, gradient, 40);
        let config = *fresh.config();
        let mut trainer =
            previous.map_or(fresh, |previous| Trainer::after(config, previous, 41).unwrap());
        let mut scratch = trainer.scratch();
        trainer.gradient(&data, &samples, &mut scratch).unwrap();
        (distance(&flat(&scratch.gradient), &exact), trainer)
    };
    // 6.1 errors of a mean of products, as above; copies count as one.
    let allowed = |chains: f64| 6.1 / chains.sqrt();
    let (_, previous) = after(300, 10_000, None);
    for chains in [5_000, 10_000, 20_000] {
        let apart = after(1, chains, Some(&previous)).0;
        assert!(apart < allowed(5_000.0), "{chains} chains: {apart}");
    }
    let fresh = after(1, 10_000, None).0;
    assert!(fresh > 2.0 * allowed(10_000.0), "fresh chains would do as well: {fresh}");
}
