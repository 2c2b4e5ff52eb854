//! What it costs to judge a machine: exact sums over one layer.

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use rbm::{Rbm, partition};
use std::hint::black_box;
use std::time::Duration;

/// Weights and biases of both signs.
fn machine(visible: usize, hidden: usize) -> Rbm {
    let mut rng = stats::stream(1, "bench", 0);
    let mut rbm = Rbm::random(visible, hidden, 0.3, &mut rng);
    rbm.visible_bias = Rbm::random(visible, 1, 0.1, &mut rng).weights.column(0).into_owned();
    rbm.hidden_bias = Rbm::random(hidden, 1, 0.1, &mut rng).weights.column(0).into_owned();
    rbm
}

/// Small machines, as an exact gradient asks for them thousands of times, and the largest.
fn exact_sums(c: &mut Criterion) {
    let mut group = c.benchmark_group("moments");
    for (m, n) in [(8, 4), (16, 8), (10, 10), (100, 16)] {
        let rbm = machine(m, n);
        let id = BenchmarkId::from_parameter(format!("{m} x {n}"));
        group.bench_function(id, |b| b.iter(|| partition::moments(black_box(&rbm))));
    }
    group.finish();
    let mut group = c.benchmark_group("ln Z");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for n in [16, 20, 24] {
        let rbm = machine(100, n);
        let id = BenchmarkId::from_parameter(format!("100 x {n}"));
        group.bench_function(id, |b| b.iter(|| partition::ln_z(black_box(&rbm))));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = exact_sums
}
criterion_main!(benches);
