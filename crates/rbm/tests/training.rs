//! Training lowers the exact divergence, resumes to the byte, and names what goes wrong.

use exact::{Ring, enumerate, symmetric};
use nalgebra::DMatrix;
use rand::RngExt;
use rbm::{
    Error, GradientEstimator, Optimiser, Progress, Rbm, Schedule, TrainConfig, Trainer,
    WeightSharing, partition, train,
};
use std::ops::ControlFlow;

const CONFIG: TrainConfig = TrainConfig { initial_std: 0.05, ..TrainConfig::cd(4, 10, 0.1, 1) };

/// Independent configurations of the ring, drawn from its exact probabilities by inversion.
fn ring_samples(q: &[f64], samples: usize, seed: u64) -> DMatrix<f32> {
    let mut rng = stats::stream(seed, "ring samples", 0);
    let mut data = DMatrix::zeros(q.len().ilog2() as usize, samples);
    for mut column in data.column_iter_mut() {
        let mut u = rng.random::<f64>();
        let state = q.iter().position(|p| {
            u -= p;
            u < 0.0
        });
        let state = state.unwrap_or(q.len() - 1);
        column.iter_mut().enumerate().for_each(|(i, v)| {
            *v = if state >> i & 1 == 1 { 1.0 } else { -1.0 };
        });
    }
    data
}

fn ring() -> (Ring, Vec<f64>) {
    let ring = Ring::new(6, 0.8).expect("a ring");
    let q = enumerate::ring(&ring).expect("few units").probabilities;
    (ring, q)
}

fn go_on(_: Progress<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn bytes(trainer: &Trainer) -> Vec<u8> {
    serde_json::to_vec(trainer).expect("bytes")
}

fn small_data() -> DMatrix<f32> {
    ring_samples(&ring().1, 45, 7)
}

fn trained(config: TrainConfig, seed: u64, epochs: u64) -> Trainer {
    let mut trainer = Trainer::new(config, 6, seed).expect("good settings");
    train(&mut trainer, &small_data(), epochs, go_on).expect("a run");
    trainer
}

#[test]
fn training_on_ring_samples_lowers_the_exact_divergence() {
    let (ring, q) = ring();
    let samples = 4000;
    let data = ring_samples(&q, samples, 1);
    for biases in [false, true] {
        let config = TrainConfig { hidden: 6, batch: 20, learning_rate: 0.05, biases, ..CONFIG };
        let mut trainer = Trainer::new(config, 6, 1).unwrap();
        let mut divergences = vec![partition::kl(&q, trainer.rbm()).unwrap()];
        train(&mut trainer, &data, 40, |progress| {
            if progress.ends_epoch {
                divergences.push(partition::kl(&q, progress.trainer.rbm()).unwrap());
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        // Small weights start near the uniform distribution: KL = M ln 2 - entropy, to second order in the weights.
        let entropy: f64 = -q.iter().map(|q| q * q.ln()).sum::<f64>();
        assert!((divergences[0] - (6.0 * 2f64.ln() - entropy)).abs() < 0.1);
        let [.., before, last] = divergences[..] else { panic!("no epochs") };
        assert!(last < 0.1 * divergences[0] && before < 0.1 * divergences[0], "{divergences:?}");
        // Free weights beat the best equal weights.
        let best = symmetric::best_weight(&ring.into(), 6).unwrap();
        assert!(last < 0.5 * symmetric::kl(&ring.into(), 6, best), "{last}");
    }
}

/// All kinds of training that differ in what they must remember.
fn kinds() -> Vec<TrainConfig> {
    let estimators = [
        GradientEstimator::Contrastive { steps: 2 },
        GradientEstimator::Persistent { chains: 7, steps: 2 },
        GradientEstimator::Tempering { chains: 7, steps: 1 },
        GradientEstimator::Exact,
    ];
    let optimisers = [
        Optimiser::Ascent { momentum: 0.0 },
        Optimiser::Ascent { momentum: 0.5 },
        Optimiser::Adam { beta1: 0.9, beta2: 0.999 },
    ];
    let sharing =
        [WeightSharing::Free, WeightSharing::Translations { width: 6, height: 1, stride: 3 }];
    let mut kinds = Vec::new();
    for (kind, gradient) in estimators.into_iter().enumerate() {
        for (number, optimiser) in optimisers.into_iter().enumerate() {
            let sharing = sharing[(kind + number) % 2];
            let schedule = match number {
                0 => Schedule::Constant,
                1 => Schedule::Linear { last: 0.01, updates: 20 },
                _ => Schedule::Geometric { last: 0.01, updates: 20 },
            };
            let (biases, l1) = (number != 1, 0.01 * number as f32);
            kinds.push(TrainConfig {
                gradient,
                optimiser,
                sharing,
                schedule,
                biases,
                l1,
                ..CONFIG
            });
        }
    }
    kinds
}

#[test]
fn a_run_that_is_stopped_after_any_update_goes_on_to_the_same_bytes() {
    // 45 samples fill 4 batches of 10: 28 updates in 7 epochs.
    for config in kinds() {
        let straight = trained(config, 3, 7);
        assert_eq!(straight.updates(), 28);
        for stop in [1, 4, 5, 27] {
            let mut stopped = Trainer::new(config, 6, 3).unwrap();
            train(&mut stopped, &small_data(), 7, |progress| {
                match progress.trainer.updates() == stop {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            })
            .unwrap();
            assert_eq!(stopped.updates(), stop);
            let saved = bytes(&stopped);
            let mut restored: Trainer = serde_json::from_slice(&saved).unwrap();
            assert_eq!(bytes(&restored), saved);
            train(&mut restored, &small_data(), 7, go_on).unwrap();
            assert_eq!(bytes(&restored), bytes(&straight), "{config:?}, stopped after {stop}");
        }
    }
}

#[test]
fn a_lower_rate_goes_on_from_the_rbm_that_is_there() {
    let (_, q) = ring();
    let data = ring_samples(&q, 4000, 5);
    let mut rough = Trainer::new(TrainConfig { learning_rate: 0.5, ..CONFIG }, 6, 1).unwrap();
    train(&mut rough, &data, 20, go_on).unwrap();
    let before = rough.rbm().clone();
    let config = TrainConfig { learning_rate: 0.01, ..CONFIG };
    let mut fine = Trainer::from_rbm(config, before.clone(), 2).unwrap();
    assert_eq!((fine.rbm(), fine.config(), fine.updates()), (&before, &config, 0));
    train(&mut fine, &data, 20, go_on).unwrap();
    // The noise of the updates is in proportion to their rate; 32 parameters cost 32 / (2 * 4000) nats of data.
    let kl = |rbm: &Rbm| partition::kl(&q, rbm).unwrap();
    assert!(kl(fine.rbm()) < 0.5 * kl(&before), "{} {}", kl(fine.rbm()), kl(&before));
    let wrong = TrainConfig { hidden: 5, ..CONFIG };
    assert!(matches!(
        Trainer::from_rbm(wrong, before, 2),
        Err(Error::Size { found: 4, expected: 5, .. })
    ));
}

#[test]
fn an_observer_sees_every_update_and_the_end_of_every_epoch() {
    let mut seen = Vec::new();
    let mut trainer = Trainer::new(CONFIG, 6, 3).unwrap();
    train(&mut trainer, &small_data(), 2, |progress| {
        seen.push((progress.trainer.updates(), progress.epochs, progress.ends_epoch));
        ControlFlow::Continue(())
    })
    .unwrap();
    let update = |n: u64| (n, n / 4, n.is_multiple_of(4));
    assert_eq!(seen, (1..=8).map(update).collect::<Vec<_>>());
    // What is done is done.
    train(&mut trainer, &small_data(), 2, |_| panic!("nothing was left to do")).unwrap();
}

#[test]
fn a_seed_determines_every_byte() {
    assert_eq!(bytes(&trained(CONFIG, 3, 2)), bytes(&trained(CONFIG, 3, 2)));
    assert_ne!(trained(CONFIG, 3, 2).rbm(), trained(CONFIG, 4, 2).rbm());
    assert_ne!(trained(CONFIG, 3, 0).rbm(), trained(CONFIG, 4, 0).rbm());
}

#[test]
fn without_biases_none_are_trained() {
    let symmetric = trained(TrainConfig { biases: false, ..CONFIG }, 3, 5);
    assert_eq!(symmetric.rbm().visible_bias.amax(), 0.0);
    assert_eq!(symmetric.rbm().hidden_bias.amax(), 0.0);
    let free = trained(CONFIG, 3, 5);
    assert!(free.rbm().visible_bias.amax() > 0.0 && free.rbm().hidden_bias.amax() > 0.0);
}

/// The settings reach the update: the rate of its number, and each decay its own share of the gradient.
#[test]
fn rates_and_decays_are_those_of_the_settings() {
    let (data, batch): (_, Vec<u32>) = (small_data(), (0..10).collect());
    // The first two steps, and the second gradient.
    let steps = |config: TrainConfig| {
        let mut trainer = Trainer::new(config, 6, 1).unwrap();
        let mut scratch = trainer.scratch();
        let mut weights = vec![trainer.rbm().weights.clone()];
        for _ in 0..2 {
            trainer.step(&data, &batch, &mut scratch).unwrap();
            weights.push(trainer.rbm().weights.clone());
        }
        let moved = |n: usize| &weights[n + 1] - &weights[n];
        (moved(0), moved(1), scratch.gradient.weights.clone())
    };
    let falling = Schedule::Linear { last: 0.02, updates: 2 };
    let (constant, schedule) = (steps(CONFIG), steps(TrainConfig { schedule: falling, ..CONFIG }));
    assert_eq!(constant.0, schedule.0);
    // A step is a rate times a gradient, but for roundings of weights below 1.
    assert!((&constant.1 - &constant.2 * 0.1).amax() < 1e-7);
    assert!((&schedule.1 - &schedule.2 * 0.06).amax() < 1e-7);

    let first = |l1, l2| {
        let mut trainer = Trainer::new(TrainConfig { l1, l2, ..CONFIG }, 6, 1).unwrap();
        let mut scratch = trainer.scratch();
        trainer.gradient(&data, &batch, &mut scratch).unwrap();
        (trainer.rbm().weights.clone(), scratch.gradient)
    };
    let (weights, free) = first(0.0, 0.0);
    let (_, decayed) = first(0.3, 0.7);
    let expected = &free.weights - weights.map(|w| 0.3 * w.signum() + 0.7 * w);
    assert!((&decayed.weights - expected).amax() < 1e-6);
    assert_eq!(decayed.visible_bias, free.visible_bias);
    assert_eq!(decayed.hidden_bias, free.hidden_bias);
}

#[test]
fn bad_settings_are_named() {
    let refused = |config: TrainConfig| match Trainer::new(config, 6, 1) {
        Err(Error::Setting { what, .. }) => what,
        other => panic!("accepted: {other:?}"),
    };
    assert_eq!(refused(TrainConfig { hidden: 0, ..CONFIG }), "the number of hidden units");
    assert_eq!(refused(TrainConfig { batch: 0, ..CONFIG }), "the batch size");
    let gradient = |gradient| refused(TrainConfig { gradient, ..CONFIG });
    let steps = "the number of Gibbs steps";
    assert_eq!(gradient(GradientEstimator::Contrastive { steps: 0 }), steps);
    assert_eq!(gradient(GradientEstimator::Persistent { chains: 1, steps: 0 }), steps);
    assert_eq!(gradient(GradientEstimator::Tempering { chains: 1, steps: 0 }), steps);
    let chains = "the number of chains";
    assert_eq!(gradient(GradientEstimator::Persistent { chains: 0, steps: 1 }), chains);
    assert_eq!(gradient(GradientEstimator::Tempering { chains: 0, steps: 1 }), chains);
    let optimiser = |optimiser| refused(TrainConfig { optimiser, ..CONFIG });
    for x in [-0.1, 1.0, f32::NAN] {
        assert_eq!(optimiser(Optimiser::Ascent { momentum: x }), "the momentum");
        let adam = Optimiser::Adam { beta1: x, beta2: 0.9 };
        assert_eq!(optimiser(adam), "Adam's beta1");
        let adam = Optimiser::Adam { beta1: 0.9, beta2: x };
        assert_eq!(optimiser(adam), "Adam's beta2");
    }
    let schedule = |schedule| refused(TrainConfig { schedule, ..CONFIG });
    assert_eq!(schedule(Schedule::Linear { last: 0.0, updates: 1 }), "the last learning rate");
    let updates = "the number of updates of the schedule";
    assert_eq!(schedule(Schedule::Geometric { last: 0.1, updates: 0 }), updates);
    assert_eq!(refused(TrainConfig { l1: -1.0, ..CONFIG }), "the L1 decay");
    assert_eq!(refused(TrainConfig { l2: f32::NAN, ..CONFIG }), "the L2 decay");
    let sharing = WeightSharing::Translations { width: 6, height: 1, stride: 4 };
    assert_eq!(refused(TrainConfig { sharing, ..CONFIG }), "the stride of the filters");
    for x in [0.0, -0.1, f32::NAN, f32::INFINITY] {
        let rate = TrainConfig { learning_rate: x, ..CONFIG };
        assert_eq!(refused(rate), "the learning rate");
        let std = TrainConfig { initial_std: x, ..CONFIG };
        assert_eq!(refused(std), "the standard deviation of the initial weights");
    }
    let error = Trainer::new(TrainConfig { batch: 0, ..CONFIG }, 6, 1).unwrap_err();
    assert_eq!(error.to_string(), "the batch size is 0, but must be at least 1");
}

#[test]
fn data_that_do_not_fit_are_refused_and_nothing_moves() {
    let mut trainer = Trainer::new(CONFIG, 6, 1).unwrap();
    let before = bytes(&trainer);
    let few = train(&mut trainer, &DMatrix::from_element(6, 9, 1.0), 1, go_on);
    assert_eq!(few, Err(Error::TooFewSamples { samples: 9, batch: 10 }));
    let wide = train(&mut trainer, &DMatrix::from_element(7, 20, 1.0), 1, go_on);
    assert_eq!(wide, Err(Error::Size { what: "each sample", found: 7, expected: 6 }));
    assert_eq!(bytes(&trainer), before);
}

#[test]
fn unknown_settings_in_a_file_are_refused() {
    let text = serde_json::to_string(&CONFIG).unwrap();
    assert_eq!(serde_json::from_str::<TrainConfig>(&text).unwrap(), CONFIG);
    let more = text.replacen('{', r#"{"temperature":0.5,"#, 1);
    assert!(serde_json::from_str::<TrainConfig>(&more).is_err());
}

#[test]
fn parameters_that_leave_the_finite_numbers_stop_the_run_at_that_update() {
    let config = TrainConfig { learning_rate: f32::MAX, ..CONFIG };
    let mut trainer = Trainer::new(config, 6, 1).unwrap();
    let mut scratch = trainer.scratch();
    let (data, batch): (_, Vec<u32>) = (small_data(), (0..10).collect());
    let outcomes: Vec<_> = (0..50).map(|_| trainer.step(&data, &batch, &mut scratch)).collect();
    let first = outcomes.iter().position(Result::is_err).unwrap();
    // From then on every update fails: not a number stays not a number.
    for (n, outcome) in outcomes.iter().enumerate().skip(first) {
        assert_eq!(*outcome, Err(Error::NotFinite { update: n as u64 + 1 }));
    }
    // Through the loop over epochs: the same error, from the run itself.
    let mut trainer = Trainer::new(config, 6, 1).unwrap();
    let run = train(&mut trainer, &small_data(), 50, go_on);
    assert!(matches!(run, Err(Error::NotFinite { update: 1.. })), "{run:?}");
    assert!(!trainer.rbm().weights.iter().all(|w| w.is_finite() && w.abs() < f32::MAX / 24.0));
}

#[test]
fn each_epoch_uses_every_sample_at_most_once_and_full_batches_only() {
    // Sample s alone has unit s up. With small steps the model's own means stay near 0, and the visible biases tell by how
    // much they move in an epoch which samples were in its four batches.
    let data = DMatrix::from_fn(45, 45, |i, s| if i == s { 1.0 } else { -1.0 });
    let config = TrainConfig {
        hidden: 1,
        learning_rate: 1e-4,
        gradient: GradientEstimator::Exact,
        initial_std: 1e-6,
        ..CONFIG
    };
    let mut trainer = Trainer::new(config, 45, 5).unwrap();
    let mut seen = [0; 45];
    for epoch in 0..3 {
        let start = trainer.rbm().visible_bias.clone();
        train(&mut trainer, &data, epoch + 1, go_on).unwrap();
        let moved = &trainer.rbm().visible_bias - start;
        // Up once in 10: the mean over that batch is -0.8, else -1; four updates.
        let counts: Vec<i32> =
            moved.iter().map(|moved| ((moved / 1e-4 + 4.0) / 0.2).round() as i32).collect();
        assert!(counts.iter().all(|count| *count == 0 || *count == 1), "{counts:?}");
        assert_eq!(counts.iter().sum::<i32>(), 40, "{counts:?}");
        counts.iter().zip(&mut seen).for_each(|(count, seen)| *seen += count);
    }
    // Another order each time: what waited once is seen later.
    assert!(seen.iter().all(|&seen| seen > 0), "{seen:?}");
}

/// The first numbers of a run, so that a change of the order or the use of random numbers does not pass unnoticed.
///
/// Not to the bit: the product, tanh and exp are compiled for several processors (fused or not), which moves sums of ten
/// products by some units in the last place of 1, times the rate 0.1: 1e-7 or less. A different draw moves a weight by
/// 2 * 0.1 / 10. A unit that falls on another side for such a rounding has the probability 1e-5 in this run.
#[test]
fn values_are_stable() {
    let mut trainer = Trainer::new(CONFIG, 6, 1).unwrap();
    let mut scratch = trainer.scratch();
    let data = small_data();
    for update in 0..2 {
        let batch: Vec<u32> = (10 * update..10 * update + 10).collect();
        trainer.step(&data, &batch, &mut scratch).unwrap();
    }
    let Rbm { weights, visible_bias, .. } = trainer.rbm();
    let found: Vec<f32> =
        weights.iter().take(6).chain(visible_bias.iter().take(2)).copied().collect();
    let pinned = [
        0.017_778_66,
        0.004_585_983,
        -0.065_363_3,
        -0.075_830_385,
        -0.079_168_64,
        0.015_501_277,
        -0.04,
        0.02,
    ];
    let apart = found.iter().zip(pinned).map(|(f, p)| (f - p).abs()).fold(0.0, f32::max);
    assert!(apart < 5e-7, "{found:?}");
}

#[test]
fn a_uniform_rbm_is_what_it_says() {
    let rbm = Rbm::uniform(3, 2, 0.25);
    assert_eq!((rbm.visible(), rbm.hidden()), (3, 2));
    assert!(rbm.weights.iter().all(|w| *w == 0.25));
    assert_eq!(rbm.visible_bias.len() + rbm.hidden_bias.len(), 5);
}
