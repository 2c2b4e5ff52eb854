//! How the time of an update grows with the batch and with what stands for the model.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nalgebra::DMatrix;
use rbm::{GradientEstimator, TrainConfig, Trainer};
use stats::Bits;

fn updates(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("update of 100 x 64");
    let estimators = [
        GradientEstimator::Contrastive { steps: 1 },
        GradientEstimator::Contrastive { steps: 10 },
        GradientEstimator::Persistent { chains: 100, steps: 1 },
        GradientEstimator::Tempering { chains: 100, steps: 1 },
    ];
    for gradient in estimators {
        for batch in [100, 500] {
            let config = TrainConfig { gradient, ..TrainConfig::exact(64, batch, 0.01) };
            let mut data = DMatrix::zeros(100, batch);
            let mut bits = Bits::new(&mut stats::stream(1, "bench", 0));
            linalg::sample_means(data.as_mut_slice(), &mut bits);
            let samples: Vec<u32> = (0..batch as u32).collect();
            let mut trainer = Trainer::new(config, 100, 1).expect("good settings");
            let mut scratch = trainer.scratch();
            group.throughput(Throughput::Elements(batch as u64));
            group.bench_function(BenchmarkId::new(gradient.to_string(), batch), |bencher| {
                bencher.iter(|| trainer.step(&data, &samples, &mut scratch).expect("finite"));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, updates);
criterion_main!(benches);
