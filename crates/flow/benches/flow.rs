//! What a step of the flow costs, by both rules, on ensembles that fill the caches and on small ones.

use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use flow::{Flow, Rule};
use nalgebra::DMatrix;
use rbm::Rbm;
use stats::Bits;
use std::hint::black_box;

const STEPS: usize = 40;

fn flows(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("40 steps");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for (visible, hidden, samples) in [(100, 64, 25_000), (100, 64, 1000), (8, 4, 25_000)] {
        let mut rng = stats::stream(1, "bench", 0);
        let rbm = Rbm::random(visible, hidden, 0.2, &mut rng);
        let mut start = DMatrix::zeros(visible, samples);
        linalg::sample_means(start.as_mut_slice(), &mut Bits::new(&mut rng));
        for rule in [Rule::Mean, Rule::Sampled] {
            let flow = Flow { rbm: &rbm, rule };
            let size = format!("{samples} of {visible} x {hidden}");
            group.throughput(Throughput::Elements((samples * STEPS) as u64));
            group.bench_function(BenchmarkId::new(format!("{rule:?}"), size), |bencher| {
                bencher.iter(|| flow.run(black_box(start.clone()), STEPS, &mut rng, |_, _| ()));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, flows);
criterion_main!(benches);
