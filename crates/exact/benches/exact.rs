//! How long the sums of this crate take, and how that grows with the size of the system.

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use exact::{Rbm64, Ring, divergence, enumerate, symmetric, torus, transfer};
use nalgebra::DMatrix;
use std::f64::consts::SQRT_2;
use std::hint::black_box;
use std::time::Duration;

/// Samples of what takes up to a second: as few as criterion allows.
const FEW: usize = 10;

/// The coupling of the square lattice at T_c, `ln(1 + sqrt 2) / 2`.
fn critical() -> f64 {
    0.5 * SQRT_2.ln_1p()
}

fn ring(sites: usize, coupling: f64) -> Ring {
    Ring::new(sites, coupling).expect("a ring")
}

fn weight(sites: usize, hidden: usize, coupling: f64) -> f64 {
    symmetric::best_weight(&ring(sites, coupling).into(), hidden).expect("a weight")
}

/// Weights of both signs and of order one, no two alike.
fn weights(visible: usize, hidden: usize) -> DMatrix<f64> {
    DMatrix::from_fn(visible, hidden, |i, a| 0.3 * (1.0 + i as f64 + 1.7 * (i * a) as f64).sin())
}

/// W(K): the curve of the smallest RBM, the time against M, and the longest sums, in a ordered RBM.
fn best_weight(c: &mut Criterion) {
    let mut group = c.benchmark_group("best weight");
    let couplings: Vec<f64> = (1..=60).map(|i| 0.05 * f64::from(i)).collect();
    let curve = || couplings.iter().map(|&k| weight(8, 4, black_box(k))).sum::<f64>();
    group.bench_function("60 couplings, (8, 4)", |b| b.iter(curve));
    group.sample_size(FEW).sampling_mode(SamplingMode::Flat);
    for m in [100, 1_000, 10_000, 100_000] {
        for k in [1.0, 9.0] {
            let id = BenchmarkId::new(format!("K = {k}"), m);
            group.bench_with_input(id, &m, |b, &m| b.iter(|| weight(m, m / 2, k)));
        }
    }
    group.finish();
}

/// P(V) of the ring: M steps.
fn visible_sum(c: &mut Criterion) {
    let mut group = c.benchmark_group("P(V) of the ring");
    for m in [100, 1_000, 10_000, 100_000] {
        let of = |m: &usize| ring(*m, black_box(1.0)).magnetisation_probabilities();
        group.bench_with_input(BenchmarkId::from_parameter(m), &m, |b, m| b.iter(|| of(m)));
    }
    group.finish();
}

/// Sums over all states: twice the time for each unit.
fn all_states(c: &mut Criterion) {
    let mut group = c.benchmark_group("all states");
    group.sample_size(FEW).sampling_mode(SamplingMode::Flat);
    for n in [12, 14, 16, 18, 20] {
        let rbm = Rbm64::without_biases(weights(n, n)).expect("an RBM");
        group.bench_with_input(BenchmarkId::new("ln Z", n), &rbm, |b, rbm| {
            b.iter(|| enumerate::ln_z(rbm));
        });
    }
    for n in [12, 16] {
        let rbm = Rbm64::without_biases(weights(n, n)).expect("an RBM");
        group.bench_with_input(BenchmarkId::new("moments", n), &rbm, |b, rbm| {
            b.iter(|| enumerate::moments(rbm));
        });
    }
    group.finish();
}

/// The divergence over all weights, and its derivatives.
fn divergences(c: &mut Criterion) {
    let q = enumerate::ring(&ring(8, 1.0)).expect("few sites").probabilities;
    let weights = weights(8, 4);
    let mut group = c.benchmark_group("divergence, 8 x 4");
    group.bench_function("gradient", |b| b.iter(|| divergence::kl_gradient(&q, &weights)));
    group.bench_function("Hessian", |b| b.iter(|| divergence::hessian(&q, &weights)));
    group.finish();
}

/// The square lattice at T_c: closed form and transfer matrix.
fn square(c: &mut Criterion) {
    let mut group = c.benchmark_group("torus");
    group.sample_size(FEW).sampling_mode(SamplingMode::Flat);
    for side in [64, 256, 1024] {
        group.bench_with_input(BenchmarkId::new("Kaufman", side), &side, |b, &side| {
            b.iter(|| torus::kaufman(side, side, critical()));
        });
    }
    for side in [6, 8, 10] {
        group.bench_with_input(
            BenchmarkId::new("distributions of rows", side),
            &side,
            |b, &side| {
                b.iter(|| transfer::RowDistribution::new(side, side, critical()));
            },
        );
    }
    for side in [4, 6, 8] {
        group.bench_with_input(BenchmarkId::new("P(m)", side), &side, |b, &side| {
            b.iter(|| transfer::magnetisation_probabilities(side, critical()));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = best_weight, visible_sum, all_states, divergences, square
}
criterion_main!(benches);
