//! The ring through all crates: W(K), exact draws, training and both flows, against sums over all states.

mod common;

use common::{go_on, rings};
use exact::{Ring, enumerate, symmetric};
use flow::{Flow, Rule};
use nalgebra::DMatrix;
use rbm::{
    GradientEstimator, Optimiser, Rbm, Schedule, TrainConfig, Trainer, WeightSharing, partition,
};
use statrs::distribution::{ContinuousCDF, Normal};
use stats::Estimate;

const VISIBLE: usize = 8;
const HIDDEN: usize = 4;

/// Two-sided z of one of `tests` normal tests with the family-wise level 1e-6.
fn z(tests: usize) -> f64 {
    let normal = Normal::new(0.0, 1.0).expect("a normal distribution");
    -normal.inverse_cdf(0.5e-6 / tests as f64)
}

/// Mean of `v_i v_{i+1}` over the sites of each configuration; configurations are independent.
fn neighbours(v: &DMatrix<f32>) -> Estimate {
    let of = |v: nalgebra::DVectorView<'_, f32>| {
        let m = v.len();
        (0..m).map(|i| f64::from(v[i] * v[(i + 1) % m])).sum::<f64>() / m as f64
    };
    Estimate::from_independent(&v.column_iter().map(of).collect::<Vec<_>>())
}

/// An RBM with free weights, trained on exact draws of the ring.
fn trained(coupling: f64, seed: u64) -> Rbm {
    let data = rings(VISIBLE, coupling, 5000, stats::child_seed(seed, "data", 0)).to_matrix();
    let config = TrainConfig {
        hidden: HIDDEN,
        batch: 50,
        learning_rate: 0.05,
        schedule: Schedule::Constant,
        gradient: GradientEstimator::Contrastive { steps: 5 },
        optimiser: Optimiser::Ascent { momentum: 0.0 },
        l1: 0.0,
        l2: 0.0,
        initial_std: 0.05,
        biases: false,
        sharing: WeightSharing::Free,
    };
    let mut trainer = Trainer::new(config, VISIBLE, seed).expect("good settings");
    rbm::train(&mut trainer, &data, 100, |_| go_on()).expect("a run");
    trainer.rbm().clone()
}

#[test]
fn the_sampled_flow_follows_the_exact_distribution_from_ring_draws() {
    const DRAWS: u32 = 40_000;
    const STEPS: usize = 4;
    let couplings = [0.25, 0.5, 1.0];
    let level = z(couplings.len() * couplings.len() * (STEPS + 1));
    for (at, trained_at) in couplings.into_iter().enumerate() {
        let ring = Ring::new(VISIBLE, trained_at).expect("a ring");
        // As the RBM has it: the exact distribution takes the rounded weight too.
        let weight = symmetric::best_weight(&ring.into(), HIDDEN).expect("W(K)") as f32;
        let rbm = Rbm::uniform(VISIBLE, HIDDEN, weight);
        for (from, start) in couplings.into_iter().enumerate() {
            let ring = Ring::new(VISIBLE, start).expect("a ring");
            let draws = rings(VISIBLE, start, DRAWS, (10 * at + from) as u64).to_matrix();
            let mut distribution = ring.magnetisation_probabilities();
            // At the start neighbours are closer than other pairs, after a step all pairs are alike.
            let mut expected = ring.correlation(1);
            let mut rng = stats::stream(1, "ring", (10 * at + from) as u64);
            Flow { rbm: &rbm, rule: Rule::Sampled }.run(draws, STEPS, &mut rng, |step, v| {
                let found = neighbours(v);
                assert!(
                    found.sigmas_from(expected) < level,
                    "W({trained_at}) from {start}, step {step}: {found:?}, not {expected}"
                );
                distribution = symmetric::sampled_step(&distribution, HIDDEN, f64::from(weight));
                expected = symmetric::pair_correlation(&distribution);
            });
        }
    }
}

#[test]
fn free_weights_learn_the_ring_better_than_equal_ones() {
    for (coupling, seed) in [(0.5, 1), (1.0, 2), (1.0, 3)] {
        let ring = Ring::new(VISIBLE, coupling).expect("a ring");
        let q = enumerate::ring(&ring).expect("all states").probabilities;
        let weight = symmetric::best_weight(&ring.into(), HIDDEN).expect("W(K)");
        let equal = symmetric::kl(&ring.into(), HIDDEN, weight);
        // The two crates agree on the divergence of the equal-weight RBM. Its slope is 0 at W(K), so that rounding W
        // to f32 costs its square; the rest is the f32 of the RBM's weights themselves.
        let uniform = Rbm::uniform(VISIBLE, HIDDEN, weight as f32);
        let same = partition::kl(&q, &uniform).expect("a divergence");
        assert!((same - equal).abs() < 1e-9, "{same} {equal}");
        let free = partition::kl(&q, &trained(coupling, seed)).expect("a divergence");
        assert!(free > 0.0 && free < 0.5 * equal, "K = {coupling}: {free}, equal weights {equal}");
    }
}

#[test]
fn the_sampled_flow_of_a_trained_rbm_ends_at_its_own_distribution() {
    let rbm = trained(0.5, 4);
    let p = partition::visible_probabilities(&rbm).expect("all states");
    let bond = |state: usize, i: usize| {
        let unequal = (state >> i ^ state >> ((i + 1) % VISIBLE)) & 1;
        1.0 - 2.0 * unequal as f64
    };
    let of_state = |state| (0..VISIBLE).map(|i| bond(state, i)).sum::<f64>() / VISIBLE as f64;
    let own: f64 = p.iter().enumerate().map(|(state, p)| p * of_state(state)).sum();
    let level = z(2);
    for (index, start) in [0.1, 2.0].into_iter().enumerate() {
        let mut v = rings(VISIBLE, start, 20_000, 70 + index as u64).to_matrix();
        let before = neighbours(&v);
        assert!(before.sigmas_from(own) > 10.0 * level, "the start is no other place");
        let flow = Flow { rbm: &rbm, rule: Rule::Sampled };
        let mut rng = stats::stream(2, "own", index as u64);
        v = flow.run(v, 150, &mut rng, |_, _| ());
        let found = neighbours(&v);
        assert!(found.sigmas_from(own) < level, "from {start}: {found:?}, not {own}");
    }
}

#[test]
fn the_mean_flow_bifurcates_at_the_golden_coupling() {
    let text = include_str!("../../data/golden/flow.json");
    let golden: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let rows = golden["Kc"].as_array().expect("a list");
    let number = |row: &serde_json::Value, key: &str| row[key].as_f64().expect("a number");
    let mut tried = 0;
    for row in rows.iter().filter(|row| (4.0..=16.0).contains(&number(row, "M"))) {
        let (m, n) = (number(row, "M") as usize, number(row, "N") as usize);
        let critical = number(row, "Kc");
        for (factor, ordered) in [(0.9, false), (0.98, false), (1.02, true), (1.1, true)] {
            let ring = Ring::new(m, factor * critical).expect("a ring");
            let weight = symmetric::best_weight(&ring.into(), n).expect("W(K)") as f32;
            let fixed_point = symmetric::mean_fixed_point(m, n, f64::from(weight));
            assert_eq!(fixed_point > 0.0, ordered, "({m}, {n}) at {factor} Kc");
            let rbm = Rbm::uniform(m, n, weight);
            let v = rings(m, ring.coupling(), 50, 3).to_matrix();
            let sums: Vec<f32> = v.column_iter().map(|v| v.sum()).collect();
            let flow = Flow { rbm: &rbm, rule: Rule::Mean };
            let end = flow.run(v, 3000, &mut stats::stream(3, "unused", 0), |_, _| ());
            for (sum, end) in sums.iter().zip(end.column_iter()) {
                if *sum == 0.0 && ordered {
                    // V = 0 stays at 0, but above Kc that is unstable: rounding decides.
                    continue;
                }
                // Near the bifurcation errors of f32 come back enlarged by one over one minus the slope, about 50.
                let expected = fixed_point * f64::from(sum.signum());
                let apart = end.iter().map(|v| (f64::from(*v) - expected).abs());
                let apart = apart.fold(0.0, f64::max);
                assert!(apart < 1e-3, "({m}, {n}) at {factor} Kc: {apart} from {expected}");
            }
            assert!(sums.iter().any(|sum| *sum != 0.0));
        }
        tried += 1;
    }
    assert!(tried >= 4, "{tried} architectures");
}
