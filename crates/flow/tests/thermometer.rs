//! The thermometer reads back the temperature of rings that it has not seen, and refuses what is not on its scale.

use flow::{Calibration, Error, NetworkThermometer};
use ising::{Algorithm, Configurations, Coupling, Lattice, Samples, Schedule};
use nalgebra::DMatrix;
use nn::TrainConfig;
use std::ops::ControlFlow;

const SITES: usize = 24;
/// Aligned, domains of a few spins, noise: correlation lengths infinite for this ring, 3.7 and 0.2.
const SCALE: [f64; 3] = [0.2, 1.0, 20.0];

fn config() -> TrainConfig {
    TrainConfig { hidden: vec![48], batch: 50, learning_rate: 3e-3 }
}

/// Independent exact draws at one temperature.
fn rings(temperature: f64, draws: u32, seed: u64) -> DMatrix<f32> {
    packed(temperature, draws, seed).to_matrix()
}

fn packed(temperature: f64, draws: u32, seed: u64) -> Samples {
    let lattice = Lattice::ring(SITES).expect("a ring");
    let coupling = Coupling::from_temperature(temperature).expect("a temperature");
    let schedule = Schedule { burn_in: 0, stride: 1, draws, symmetrise: false };
    ising::chain(&lattice, coupling, Algorithm::Transfer, schedule, seed).expect("draws")
}

fn training_set(draws: u32) -> (DMatrix<f32>, Vec<f64>) {
    let sets: Vec<_> = SCALE.iter().zip(1..).map(|(&t, seed)| rings(t, draws, seed)).collect();
    let columns: Vec<_> = sets.iter().flat_map(|set| set.column_iter()).collect();
    let labels = SCALE.iter().flat_map(|&t| std::iter::repeat_n(t, draws as usize)).collect();
    (DMatrix::from_columns(&columns), labels)
}

fn calibrated(epochs: u64, seed: u64) -> Calibration {
    let (data, labels) = training_set(1000);
    let mut calibration = Calibration::new(&SCALE, SITES, config(), seed).expect("good settings");
    let go_on = |_| ControlFlow::Continue(());
    calibration.train(&data, &labels, epochs, go_on).expect("a run");
    calibration
}

fn bytes(calibration: &Calibration) -> Vec<u8> {
    serde_json::to_vec(calibration).expect("bytes")
}

#[test]
fn held_out_rings_read_their_temperature() {
    let thermometer = calibrated(40, 1).thermometer();
    assert_eq!(thermometer.scale(), SCALE);
    let mut means = Vec::new();
    for (class, &t) in SCALE.iter().enumerate() {
        let reading = thermometer.read(&rings(t, 1000, 100 + class as u64));
        // Probabilities in f32, each column divided by its sum: three roundings.
        let sum: f64 = reading.distribution.iter().sum();
        assert!((sum - 1.0).abs() < 3.0 * f64::from(f32::EPSILON), "{sum}");
        assert_eq!((reading.distribution.len(), reading.temperatures.len()), (3, 1000));
        assert!(reading.distribution[class] > 0.6, "T = {t}: {:?}", reading.distribution);
        let within = SCALE[0] * (1.0 - 1e-6)..=SCALE[2] * (1.0 + 1e-6);
        assert!(reading.temperatures.iter().all(|t| within.contains(t)));
        // The mean of the expectations is the expectation of the mean.
        let mean = reading.temperatures.iter().sum::<f64>() / 1000.0;
        let other: f64 = reading.distribution.iter().zip(SCALE).map(|(p, t)| p * t).sum();
        assert!((mean - other).abs() < 1e-9 * other);
        means.push(mean);
    }
    assert!(means.is_sorted_by(|a, b| a < b), "{means:?}");
}

#[test]
fn bias_and_confusion_are_those_of_held_out_rings() {
    let thermometer = calibrated(40, 1).thermometer();
    let mut held_out = Samples::new(SITES);
    for (class, &t) in SCALE.iter().enumerate() {
        held_out.append(&packed(t, 500, 200 + class as u64)).unwrap();
    }
    let reading = thermometer.read(&held_out.to_matrix());
    let bias = thermometer.bias(&held_out).unwrap();
    assert_eq!(bias.len(), 3);
    for ((class, (t, bias)), of) in bias.iter().enumerate().zip(reading.temperatures.chunks(500)) {
        assert_eq!((*t, bias.count), (SCALE[class], 500));
        let mean = of.iter().sum::<f64>() / 500.0;
        assert!((bias.mean - (mean - t)).abs() < 1e-9);
        // What an ensemble reads is the truth and this bias, with the error of this spread.
        let one = thermometer.temperature(&packed(*t, 500, 200 + class as u64), 500).unwrap();
        assert!(
            (one.mean - t - bias.mean).abs() < 1e-9 && (one.error / bias.error - 1.0).abs() < 1e-6
        );
    }
    // Ends of the scale are drawn inwards.
    assert!(bias[0].1.mean > 0.0 && bias[2].1.mean < 0.0);
    let confusion = thermometer.confusion(&held_out).unwrap();
    assert!(confusion.row_iter().all(|row| row.iter().sum::<u64>() == 500));
    assert!((0..3).all(|class| confusion[(class, class)] > 300), "{confusion}");
    let cold_for_hot = confusion[(2, 0)] + confusion[(0, 2)];
    assert!(cold_for_hot < confusion[(0, 1)] + confusion[(2, 1)] + 1, "{confusion}");
}

#[test]
fn held_out_rings_must_fit() {
    let thermometer = calibrated(1, 1).thermometer();
    let off = packed(3.0, 10, 1);
    assert!(matches!(thermometer.bias(&off), Err(Error::OffScale(t)) if (t - 3.0).abs() < 1e-12));
    assert!(matches!(thermometer.confusion(&off), Err(Error::OffScale(_))));
    let sites = Error::Sites { expected: SITES, found: 5 };
    assert_eq!(thermometer.temperature(&Configurations::new(5), 1), Err(sites.clone()));
    assert_eq!(thermometer.confusion(&Samples::new(5)), Err(sites));
    let chains = Error::Chains { samples: 10, chains: 3 };
    assert_eq!(thermometer.temperature(&off, 3), Err(chains));
}

#[test]
fn interrupted_calibration_gives_the_same_bytes() {
    let (data, labels) = training_set(1000);
    let straight = calibrated(3, 2);
    let saved = bytes(&calibrated(1, 2));
    let mut restored: Calibration = serde_json::from_slice(&saved).unwrap();
    restored.train(&data, &labels, 2, |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(bytes(&restored), bytes(&straight));
    assert_ne!(bytes(&calibrated(3, 3)), bytes(&straight));
    let text = serde_json::to_string(&straight.thermometer()).unwrap();
    assert_eq!(serde_json::from_str::<NetworkThermometer>(&text).unwrap(), straight.thermometer());
}

#[test]
fn an_untrained_thermometer_already_gives_distributions() {
    let thermometer = Calibration::new(&SCALE, SITES, config(), 1).unwrap().thermometer();
    let reading = thermometer.read(&rings(1.0, 10, 1));
    assert!((reading.distribution.iter().sum::<f64>() - 1.0).abs() < 1e-6);
    assert!(reading.distribution.iter().all(|p| (0.0..=1.0).contains(p)));
}

#[test]
fn a_scale_ascends_and_has_two_temperatures() {
    let (nan, infinite) = ([1.0, f64::NAN], [1.0, f64::INFINITY]);
    for scale in [&[][..], &[1.0], &[1.0, 1.0], &[2.0, 1.0], &[0.0, 2.0, 1.0], &nan, &infinite] {
        let refused = Calibration::new(scale, SITES, config(), 1);
        assert!(matches!(refused, Err(Error::Scale(s)) if s.len() == scale.len()), "{scale:?}");
    }
    assert!(Calibration::new(&[0.0, 1.0], SITES, config(), 1).is_ok());
    let settings = Calibration::new(&SCALE, 0, config(), 1);
    assert!(matches!(settings, Err(Error::Network(nn::Error::Setting { .. }))), "{settings:?}");
}

#[test]
fn every_label_is_on_the_scale() {
    let mut calibration = Calibration::new(&SCALE, SITES, config(), 1).unwrap();
    let before = bytes(&calibration);
    let data = rings(1.0, 50, 1);
    let mut train = |t: f64| {
        let labels = [vec![1.0; 49], vec![t]].concat();
        calibration.train(&data, &labels, 1, |_| ControlFlow::Continue(()))
    };
    for wrong in [0.5, 1.0 + 1e-6, f64::INFINITY, -1.0] {
        assert_eq!(train(wrong), Err(Error::OffScale(wrong)));
    }
    assert!(matches!(train(f64::NAN), Err(Error::OffScale(t)) if t.is_nan()));
    assert_eq!(bytes(&calibration), before);
    // Rounding of T = 1/K is forgiven.
    let labels = vec![1.0 + 1e-12; 50];
    calibration.train(&data, &labels, 1, |_| ControlFlow::Continue(())).unwrap();
    let few = calibration.train(&data, &labels[..49], 1, |_| ControlFlow::Continue(()));
    assert!(matches!(few, Err(Error::Network(nn::Error::Size { .. }))), "{few:?}");
}
