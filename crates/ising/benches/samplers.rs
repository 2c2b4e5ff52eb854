//! Time of a step of each sampler at T_c, against the side of the torus.
//!
//! A sample that counts as independent takes 2 tau_int steps, with tau_int of |m| about 2.3, 3.1, 4.1 and 4.9 clusters of
//! Wolff, and 2.9, 3.4, 4.1 and 4.4 sweeps of Swendsen-Wang, at sides of 16, 32, 64 and 128.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ising::{
    Checkerboard, Coupling, HeatBath, Lattice, LatticeBits, Metropolis, Multispin, ReplicaBits,
    Sampler, Spins, SwendsenWang, Wolff,
};
use rand_pcg::Pcg64;
use std::time::Duration;

const SIDES: [usize; 4] = [16, 32, 64, 128];
/// Sweeps that bring an aligned torus into equilibrium.
const BURN_IN: usize = 300;

fn lattice(side: usize) -> Lattice {
    Lattice::square(side).expect("a side")
}

fn critical() -> Coupling {
    Coupling::new(exact::square::critical_coupling()).expect("a number")
}

/// An aligned torus after some sweeps of a sampler.
fn equilibrium<S: Sampler<State = Spins>>(
    sampler: &mut S,
    lattice: &Lattice,
    rng: &mut Pcg64,
) -> Spins {
    let mut state = Spins::ground_state(lattice.sites(), rng);
    for _ in 0..BURN_IN {
        sampler.sweep(&mut state, rng);
    }
    state
}

/// One cluster, of `N <m^2>` sites on average.
fn wolff(c: &mut Criterion) {
    let mut group = c.benchmark_group("Wolff, a cluster");
    for side in SIDES {
        let (lattice, rng) = (lattice(side), &mut stats::stream(1, "bench", side as u64));
        let mut sampler = Wolff::new(&lattice, critical(), rng);
        let mut state = equilibrium(&mut sampler, &lattice, rng);
        group.bench_function(BenchmarkId::from_parameter(side), |b| {
            b.iter(|| sampler.sweep(&mut state, rng));
        });
    }
    group.finish();
}

/// One sweep, of all sites.
fn swendsen_wang(c: &mut Criterion) {
    let mut group = c.benchmark_group("Swendsen-Wang, a sweep");
    for side in SIDES {
        let (lattice, rng) = (lattice(side), &mut stats::stream(2, "bench", side as u64));
        let mut sampler = SwendsenWang::new(&lattice, critical(), rng);
        let mut state = equilibrium(&mut sampler, &lattice, rng);
        group.throughput(Throughput::Elements(lattice.sites() as u64));
        group.bench_function(BenchmarkId::from_parameter(side), |b| {
            b.iter(|| sampler.sweep(&mut state, rng));
        });
    }
    group.finish();
}

/// One sweep, of all sites.
fn single_spins(c: &mut Criterion) {
    let mut group = c.benchmark_group("single spins, a sweep");
    for side in SIDES {
        let (lattice, rng) = (lattice(side), &mut stats::stream(3, "bench", side as u64));
        let mut metropolis = Metropolis::new(&lattice, critical());
        let mut heat_bath = HeatBath::new(&lattice, critical());
        let mut state = equilibrium(&mut heat_bath, &lattice, rng);
        group.throughput(Throughput::Elements(lattice.sites() as u64));
        group.bench_function(BenchmarkId::new("Metropolis", side), |b| {
            b.iter(|| metropolis.sweep(&mut state, rng));
        });
        group.bench_function(BenchmarkId::new("heat bath", side), |b| {
            b.iter(|| heat_bath.sweep(&mut state, rng));
        });
    }
    group.finish();
}

/// One sweep of 512 replicas, of all sites of each.
fn multispin(c: &mut Criterion) {
    let mut group = c.benchmark_group("multispin, a sweep of 512 replicas");
    for side in [10, 16, 32, 64, 128] {
        let (lattice, rng) = (lattice(side), &mut stats::stream(4, "bench", side as u64));
        let mut state = ReplicaBits::ground_states(lattice.sites(), rng);
        let mut metropolis = Multispin::metropolis(&lattice, critical(), rng);
        let mut heat_bath = Multispin::heat_bath(&lattice, critical(), rng);
        (0..BURN_IN).for_each(|_| _ = metropolis.sweep(&mut state, rng));
        group.throughput(Throughput::Elements((512 * lattice.sites()) as u64));
        group.bench_function(BenchmarkId::new("Metropolis", side), |b| {
            b.iter(|| metropolis.sweep(&mut state, rng));
        });
        group.bench_function(BenchmarkId::new("heat bath", side), |b| {
            b.iter(|| heat_bath.sweep(&mut state, rng));
        });
    }
    group.finish();
}

/// One sweep, of all sites.
fn one_large_torus(c: &mut Criterion) {
    let mut group = c.benchmark_group("one large torus, a sweep");
    for side in [1024, 4096] {
        let (lattice, rng) = (lattice(side), &mut stats::stream(5, "bench", side as u64));
        let mut state =
            LatticeBits::random(&lattice, rng).expect("a width that is a multiple of 128");
        let mut sampler = Checkerboard::metropolis(critical(), rng);
        group.throughput(Throughput::Elements(lattice.sites() as u64));
        group.bench_function(BenchmarkId::from_parameter(side), |b| {
            b.iter(|| sampler.sweep(&mut state, rng));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = wolff, swendsen_wang, single_spins, multispin, one_large_torus
}
criterion_main!(benches);
