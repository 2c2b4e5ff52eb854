//! What it costs to judge an RBM: exact sums over one layer, annealing, pseudo-likelihood.

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use nalgebra::{DMatrix, DVector};
use rbm::ais::{self, Annealing};
use rbm::{Rbm, partition, score};
use std::hint::black_box;
use std::time::Duration;

/// Weights and biases of both signs.
fn random_rbm(visible: usize, hidden: usize) -> Rbm {
    let mut rng = stats::stream(1, "bench", 0);
    let mut rbm = Rbm::random(visible, hidden, 0.3, &mut rng);
    rbm.visible_bias = Rbm::random(visible, 1, 0.1, &mut rng).weights.column(0).into_owned();
    rbm.hidden_bias = Rbm::random(hidden, 1, 0.1, &mut rng).weights.column(0).into_owned();
    rbm
}

/// Small RBMs, as an exact gradient asks for them thousands of times, and the largest.
fn exact_sums(c: &mut Criterion) {
    let mut group = c.benchmark_group("moments");
    for (m, n) in [(8, 4), (16, 8), (10, 10), (100, 16)] {
        let rbm = random_rbm(m, n);
        let id = BenchmarkId::from_parameter(format!("{m} x {n}"));
        group.bench_function(id, |b| b.iter(|| partition::moments(black_box(&rbm))));
    }
    group.finish();
    let mut group = c.benchmark_group("ln Z");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for n in [16, 20, 24] {
        let rbm = random_rbm(100, n);
        let id = BenchmarkId::from_parameter(format!("100 x {n}"));
        group.bench_function(id, |b| b.iter(|| partition::ln_z(black_box(&rbm))));
    }
}

/// An RBM too large for sums: 100 chains over 1000 RBMs in between, and 2560 samples scored.
fn estimates(c: &mut Criterion) {
    let mut group = c.benchmark_group("100 x 64");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    let (rbm, base) = (random_rbm(100, 64), DVector::zeros(100));
    let annealing = Annealing { chains: 100, steps: 1000 };
    group.bench_function("annealing, 100 chains, 1000 steps", |b| {
        b.iter(|| ais::ln_z(black_box(&rbm), &base, annealing, 1));
    });
    let data = DMatrix::from_fn(100, 2560, |i, s| if (7 * i + s) % 3 == 0 { 1.0 } else { -1.0 });
    group.bench_function("pseudo-likelihood, 2560 samples", |b| {
        b.iter(|| score::pseudo_log_likelihood(black_box(&rbm), &data));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = exact_sums, estimates
}
criterion_main!(benches);
