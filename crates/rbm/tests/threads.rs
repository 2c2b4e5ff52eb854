//! Training gives the same bytes at any number of threads.

use nalgebra::DMatrix;
use rand::RngExt;
use rayon::ThreadPoolBuilder;
use rbm::{GradientEstimator, Optimiser, TrainConfig, Trainer, train};
use std::ops::ControlFlow;

fn bytes(
    gradient: GradientEstimator,
    (visible, hidden): (usize, usize),
    threads: usize,
) -> Vec<u8> {
    let config = TrainConfig {
        gradient,
        optimiser: Optimiser::Ascent { momentum: 0.5 },
        l1: 0.001,
        initial_std: 0.1,
        ..TrainConfig::exact(hidden, 300, 0.05)
    };
    let mut rng = stats::stream(1, "threads", 0);
    let data =
        DMatrix::from_fn(visible, 900, |_, _| if rng.random::<f32>() < 0.6 { 1.0 } else { -1.0 });
    let mut trainer = Trainer::new(config, visible, 1).expect("good settings");
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    pool.install(|| train(&mut trainer, &data, 3, |_| ControlFlow::Continue(()))).expect("a run");
    serde_json::to_vec(&trainer).expect("bytes")
}

#[test]
fn threads_change_nothing() {
    // Large enough for several tasks in each layer, each phase and the gradient; sums over states in several tasks.
    let kinds = [
        (GradientEstimator::Contrastive { steps: 2 }, (100, 64)),
        (GradientEstimator::Contrastive { steps: 2 }, (64, 100)),
        (GradientEstimator::Persistent { chains: 250, steps: 1 }, (100, 64)),
        (GradientEstimator::Tempering { chains: 250, steps: 1 }, (100, 64)),
        (GradientEstimator::Exact, (100, 17)),
        (GradientEstimator::Exact, (17, 100)),
    ];
    for (gradient, layers) in kinds {
        let one = bytes(gradient, layers, 1);
        for threads in [2, 5] {
            assert!(bytes(gradient, layers, threads) == one, "{gradient:?} on {threads} threads");
        }
    }
}
