//! The square lattice through all crates: a thermometer in order, and the whole chain as a function of its seed.

mod common;

use common::{go_on, tori};
use flow::{Calibration, Flow, NetworkThermometer, Rule};
use ising::{Algorithm, Coupling, Lattice};
use nalgebra::DMatrix;
use proptest::prelude::*;
use rbm::{GradientEstimator, Optimiser, Schedule, TrainConfig, Trainer, WeightSharing};

fn calibrated(
    scale: &[f64],
    side: usize,
    draws: u32,
    epochs: u64,
    seed: u64,
) -> NetworkThermometer {
    let samples = tori(side, scale, draws, stats::child_seed(seed, "thermometer", 0));
    let temperatures: Vec<f64> = samples.couplings().iter().map(|k| k.temperature()).collect();
    let config = nn::TrainConfig { hidden: vec![24], batch: 20, learning_rate: 3e-3 };
    let calibration = Calibration::new(scale, samples.sites(), config, seed);
    let mut calibration = calibration.expect("good settings");
    calibration.train(&samples.to_matrix(), &temperatures, epochs, |_| go_on()).expect("a run");
    calibration.thermometer()
}

#[test]
fn the_thermometer_reads_temperatures_in_order() {
    let scale = [0.0, 1.0, 2.0, 2.27, 2.5, 3.0, 4.0, 5.0];
    let side = 8;
    let thermometer = calibrated(&scale, side, 300, 30, 1);
    let readings = [1.0, 2.27, 5.0].map(|t| {
        // Held out: another seed, so other chains.
        let reading = thermometer.read(&tori(side, &[t], 300, 99).to_matrix());
        reading.temperatures.iter().sum::<f64>() / reading.temperatures.len() as f64
    });
    // Cold configurations are told apart well. Hot ones hardly differ, and the expectation is drawn to the middle of
    // those that look alike, 3 to 5.
    let [cold, critical, hot] = readings;
    assert!((cold - 1.0).abs() < 0.3 && (critical - 2.27).abs() < 0.5, "{readings:?}");
    assert!((3.0..5.0).contains(&hot), "{readings:?}");
}

/// An RBM that knows nothing: `KL = M ln 2 - S`, and the entropy of the torus is `ln Z - K N e / J` exactly.
#[test]
fn the_divergence_from_the_torus_of_a_rbm_that_knows_nothing() {
    let (side, temperature) = (10, 3.0);
    let lattice = Lattice::square(side).expect("a torus");
    let coupling = Coupling::from_temperature(temperature).expect("a temperature");
    let schedule = ising::Schedule { burn_in: 0, stride: 1, draws: 4000, symmetrise: false };
    let draws = ising::chain(&lattice, coupling, Algorithm::Transfer, schedule, 5);
    let samples = draws.expect("independent draws");
    let torus = exact::torus::kaufman(side, side, 1.0 / temperature).expect("a torus");
    let energies = ising::energies(&lattice, &samples);
    let sites = (side * side) as f64;
    // `K sum_<ij> s_i s_j`, from the energy per spin.
    let ln_q: Vec<f64> = energies.iter().map(|e| -e * sites / temperature - torus.ln_z).collect();
    let rbm = rbm::Rbm::uniform(side * side, 8, 0.0);
    let ln_z = rbm::partition::ln_z(&rbm).expect("a small layer");
    let found = rbm::score::kl_from_samples(&ln_q, &rbm, &samples.to_matrix(), ln_z);
    let entropy = torus.ln_z + sites * torus.energy_per_spin / temperature;
    // One z-test; five errors, 6e-7.
    assert!(found.expect("a divergence").sigmas_from(sites * 2f64.ln() - entropy) < 5.0);
}

/// Samples, RBM, thermometer and sampled flow from one seed: the end of the flow and its temperatures.
fn chain(seed: u64, side: usize, rule: Rule) -> (DMatrix<f32>, Vec<f64>) {
    let scale = [0.0, 2.0, 5.0];
    let thermometer = calibrated(&scale, side, 20, 3, seed);
    let data = tori(side, &scale, 20, stats::child_seed(seed, "machine", 0)).to_matrix();
    let config = TrainConfig {
        hidden: 5,
        batch: 10,
        learning_rate: 0.05,
        schedule: Schedule::Constant,
        gradient: GradientEstimator::Contrastive { steps: 1 },
        optimiser: Optimiser::Ascent { momentum: 0.0 },
        l1: 0.0,
        l2: 0.0,
        initial_std: 0.1,
        biases: true,
        sharing: WeightSharing::Free,
    };
    let mut trainer = Trainer::new(config, data.nrows(), seed).expect("good settings");
    rbm::train(&mut trainer, &data, 3, |_| go_on()).expect("a run");
    let flow = Flow { rbm: trainer.rbm(), rule };
    let end = flow.run(data, 5, &mut stats::stream(seed, "chain", 0), |_, _| ());
    let temperatures = thermometer.read(&end).temperatures;
    (end, temperatures)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_chain_is_a_pure_function_of_its_seed(seed: u64, side in 2usize..5, mean: bool) {
        let rule = if mean { Rule::Mean } else { Rule::Sampled };
        let (end, temperatures) = chain(seed, side, rule);
        // Whatever else ran in between, and on another thread, to the bit.
        let other = chain(seed ^ 1, side, rule);
        let again = std::thread::spawn(move || chain(seed, side, rule)).join().expect("a thread");
        prop_assert!(end == again.0 && temperatures == again.1);
        prop_assert!(temperatures != other.1);
        prop_assert!(temperatures.iter().all(|t| (-1e-6..=5.0 + 1e-4).contains(t)));
    }
}
