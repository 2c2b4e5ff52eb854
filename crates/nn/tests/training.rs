//! Adam as written down, training that learns, resumes to the byte and names what goes wrong.

use nalgebra::DMatrix;
use nn::{Dense, Epoch, Error, Gradient, TrainConfig, Trainer, train};
use rand::RngExt;
use rand_pcg::Pcg64;
use std::ops::ControlFlow;

fn config() -> TrainConfig {
    TrainConfig { hidden: vec![6], batch: 8, learning_rate: 0.01 }
}

fn rng(seed: u64) -> Pcg64 {
    stats::stream(seed, "nn test", 0)
}

fn go_on(_: Epoch) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Three clouds in the plane, a unit wide and 4 apart from the next.
fn clouds(samples: usize, seed: u64) -> (DMatrix<f32>, Vec<u32>) {
    let mut rng = rng(seed);
    let classes: Vec<u32> = (0..samples).map(|s| s as u32 % 3).collect();
    let centres = [[0.0, 2.5], [-2.0, -1.0], [2.0, -1.0]];
    let data = DMatrix::from_fn(2, samples, |i, s| {
        centres[classes[s] as usize][i] + rng.random::<f32>() - 0.5
    });
    (data, classes)
}

fn trained(seed: u64, epochs: u64) -> Trainer {
    let (data, classes) = clouds(60, 1);
    let mut trainer = Trainer::new(config(), 2, 3, rng(seed)).expect("good settings");
    train(&mut trainer, &data, &classes, epochs, go_on).expect("a run");
    trainer
}

fn bytes(trainer: &Trainer) -> Vec<u8> {
    serde_json::to_vec(trainer).expect("bytes")
}

fn flat(layers: &[Dense]) -> Vec<f64> {
    let entries = layers.iter().flat_map(|l| l.weights.iter().chain(l.bias.iter()));
    entries.map(|&x| f64::from(x)).collect()
}

#[test]
fn a_separable_problem_is_learnt_and_generalises() {
    let (data, classes) = clouds(300, 2);
    for hidden in [vec![], vec![8], vec![8, 8]] {
        let config = TrainConfig { hidden, ..config() };
        let mut trainer = Trainer::new(config, 2, 3, rng(1)).unwrap();
        let mut losses = Vec::new();
        train(&mut trainer, &data, &classes, 30, |epoch| {
            assert_eq!(epoch.number, losses.len() as u64 + 1);
            losses.push(epoch.loss);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert!(losses[29] < 0.2 * losses[0], "{losses:?}");
        let (held_out, expected) = clouds(300, 3);
        let p = trainer.network().probabilities(&held_out);
        let right = p.column_iter().zip(&expected).filter(|(p, c)| p.imax() == **c as usize);
        assert_eq!(right.count(), 300);
    }
}

#[test]
fn initial_weights_have_the_variance_one_over_inputs_and_no_bias() {
    let config = TrainConfig { hidden: vec![400], ..config() };
    let trainer = Trainer::new(config, 300, 2, rng(4)).unwrap();
    let layer = &trainer.network().layers[0];
    assert_eq!(layer.weights.shape(), (400, 300));
    assert!(trainer.network().layers.iter().all(|l| l.bias.iter().all(|b| *b == 0.0)));
    let n = layer.weights.len() as f64;
    let weights = || layer.weights.iter().map(|&w| f64::from(w));
    let (mean, variance) = (weights().sum::<f64>() / n, weights().map(|w| w * w).sum::<f64>() / n);
    // Uniform: the square has the relative variance 4/5. Two tests at the level 1e-6: z = 5.
    assert!(mean.abs() < 5.0 * (1.0 / 300.0 / n).sqrt());
    assert!((variance * 300.0 - 1.0).abs() < 5.0 * (0.8 / n).sqrt());
    assert!(weights().all(|w| w.abs() <= (3.0_f64 / 300.0).sqrt() * (1.0 + 1e-6)));
}

#[test]
fn updates_are_adam_as_published() {
    let (data, classes) = clouds(8, 5);
    let mut trainer = Trainer::new(config(), 2, 3, rng(5)).unwrap();
    let mut gradient = Gradient::new(trainer.network(), 8);
    let mut w = flat(&trainer.network().layers);
    let (mut m, mut s) = (vec![0.0; w.len()], vec![0.0; w.len()]);
    for update in 1..=20 {
        trainer.step(&data, &classes, &mut gradient).unwrap();
        let g = flat(&gradient.layers);
        for i in 0..w.len() {
            m[i] = 0.9 * m[i] + 0.1 * g[i];
            s[i] = 0.999 * s[i] + 0.001 * g[i] * g[i];
            // The form at the end of section 2 of the paper, where epsilon joins the uncorrected moment.
            let rate = 0.01 * (1.0 - 0.999_f64.powi(update)).sqrt() / (1.0 - 0.9_f64.powi(update));
            w[i] -= rate * m[i] / (s[i].sqrt() + 1e-8);
        }
        let found = flat(&trainer.network().layers);
        // 0.999 in f32 moves the weight of each square by 1e-5 of itself, half of that in the step of 0.01, which the
        // correction at the start takes back; per update 1e-7, and the rounding of w itself, 1e-7.
        let tolerance = f64::from(update) * 2e-7;
        for (f, w) in found.iter().zip(&w) {
            assert!((f - w).abs() < tolerance, "update {update}: {f} {w}");
        }
    }
}

#[test]
fn interrupted_training_gives_the_same_bytes() {
    let (data, classes) = clouds(60, 1);
    let straight = trained(3, 6);
    assert_eq!(straight.epochs(), 6);
    for first in [0, 1, 4] {
        let mut resumed = trained(3, first);
        train(&mut resumed, &data, &classes, 6 - first, go_on).unwrap();
        assert_eq!(bytes(&resumed), bytes(&straight));

        let saved = bytes(&trained(3, first));
        let mut restored: Trainer = serde_json::from_slice(&saved).unwrap();
        assert_eq!(bytes(&restored), saved);
        train(&mut restored, &data, &classes, 6 - first, go_on).unwrap();
        assert_eq!(bytes(&restored), bytes(&straight), "{first} epochs before a round trip");
    }
    let mut stopped = Trainer::new(config(), 2, 3, rng(3)).unwrap();
    train(&mut stopped, &data, &classes, 6, |epoch| match epoch.number {
        2 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .unwrap();
    assert_eq!(bytes(&stopped), bytes(&trained(3, 2)));
    assert_ne!(bytes(&straight), bytes(&trained(4, 6)));
}

#[test]
fn bad_settings_are_named() {
    let refused = |config: TrainConfig, inputs, classes| match Trainer::new(
        config,
        inputs,
        classes,
        rng(1),
    ) {
        Err(Error::Setting { what, .. }) => what,
        other => panic!("accepted: {other:?}"),
    };
    let width = "the width of a layer";
    assert_eq!(refused(config(), 0, 3), width);
    assert_eq!(refused(config(), 2, 0), width);
    assert_eq!(refused(TrainConfig { hidden: vec![3, 0], ..config() }, 2, 3), width);
    assert_eq!(refused(TrainConfig { batch: 0, ..config() }, 2, 3), "the batch size");
    for learning_rate in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        assert_eq!(refused(TrainConfig { learning_rate, ..config() }, 2, 3), "the learning rate");
    }
    let text = serde_json::to_string(&config()).unwrap().replacen('{', r#"{"decay":0,"#, 1);
    assert!(serde_json::from_str::<TrainConfig>(&text).is_err());
}

#[test]
fn data_that_do_not_fit_are_refused_and_nothing_moves() {
    let mut trainer = Trainer::new(config(), 2, 3, rng(1)).unwrap();
    let before = bytes(&trainer);
    let mut run = |width, samples, classes: &[u32]| {
        train(&mut trainer, &DMatrix::from_element(width, samples, 1.0), classes, 1, go_on)
    };
    let size = |what, found, expected| Err(Error::Size { what, found, expected });
    assert_eq!(run(3, 8, &[0; 8]), size("each sample", 3, 2));
    assert_eq!(run(2, 8, &[0; 9]), size("the labels", 9, 8));
    assert_eq!(run(2, 7, &[0; 7]), size("the data", 7, 8));
    assert_eq!(run(2, 0, &[]), size("the data", 0, 8));
    let class = Err(Error::Class { class: 3, classes: 3 });
    assert_eq!(run(2, 8, &[0, 1, 2, 3, 0, 1, 2, 7]), class);
    assert_eq!(bytes(&trainer), before);
}

#[test]
fn numbers_that_are_not_finite_stop_the_run() {
    let (mut data, classes) = clouds(8, 1);
    let mut trainer = Trainer::new(config(), 2, 3, rng(1)).unwrap();
    data[(0, 0)] = f32::NAN;
    let not_a_number = train(&mut trainer, &data, &classes, 1, go_on);
    assert_eq!(not_a_number, Err(Error::NotFinite { update: 1 }));

    // An update that leaves the finite numbers is that update's error: no run ends well with a broken network.
    let (data, classes) = clouds(8, 1);
    let config = TrainConfig { learning_rate: f32::MAX, ..config() };
    for epochs in 1..=6 {
        let mut trainer = Trainer::new(config.clone(), 2, 3, rng(1)).unwrap();
        let run = train(&mut trainer, &data, &classes, epochs, go_on);
        let p = trainer.network().probabilities(&data);
        let healthy = p.iter().all(|p| p.is_finite());
        assert!(run.is_err() || healthy, "{epochs} epochs: {run:?}, but {p}");
    }
}
