//! The group `rbm`: epochs of contrastive divergence and what they consist of, against a large product of matrices.

use super::allocations;
use super::entry::{Entry, Kind, Reading, Target, Threads};
use super::yardsticks::Yardstick;
use anyhow::Result;
use linalg::{plain, product, sample_means, sample_units, transposed};
use nalgebra::DMatrix;
use rayon::{ThreadPool, ThreadPoolBuilder};
use rbm::{GradientEstimator, Optimiser, Schedule, TrainConfig, Trainer, WeightSharing, train};
use stats::Bits;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where all random numbers come from.
const SEED: u64 = 1;
/// Of an epoch.
const SAMPLES: usize = 25_000;
/// Turns of one thread and of two: at least so many, and for so long.
const MIN_TURNS: usize = 7;
const ENOUGH: Duration = Duration::from_secs(1);

/// Visible units, hidden units, samples of a batch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Shape(usize, usize, usize);

const SMALL: Shape = Shape(100, 64, 100);
const LARGE: Shape = Shape(1600, 400, 500);

const fn epoch(
    name: &'static str,
    what: &'static str,
    threads: usize,
    read: fn() -> Result<Reading>,
    target: f64,
) -> Entry {
    Entry {
        name,
        what,
        threads: Threads::These(threads),
        unit: "s",
        kind: Kind::Time,
        yardstick: Some(Yardstick::Product),
        read,
        target: Some(Target::Value(target)),
        golden: None,
    }
}

const fn gflops(name: &'static str, what: &'static str, read: fn() -> Result<Reading>) -> Entry {
    let unit = "GFLOP/s";
    Entry { unit, kind: Kind::Rate, target: None, ..epoch(name, what, 1, read, 0.0) }
}

const fn speedup(name: &'static str, read: fn() -> Result<Reading>) -> Entry {
    let what = "epochs, by turns with one";
    Entry { unit: "1", kind: Kind::Rate, yardstick: None, ..epoch(name, what, 2, read, 1.7) }
}

pub(super) const ENTRIES: [Entry; 16] = [
    epoch("rbm_epoch_s_100x64_b100", "CD-1, 25,000 samples", 1, || epochs(SMALL, 1), 0.025),
    epoch("rbm_epoch_s_100x64_b100", "CD-1, 25,000 samples", 2, || epochs(SMALL, 2), 0.0147),
    epoch(
        "rbm_epoch_s_100x64_b500",
        "CD-1, 25,000 samples",
        1,
        || epochs(Shape(100, 64, 500), 1),
        0.025,
    ),
    epoch(
        "rbm_epoch_s_100x64_b500",
        "CD-1, 25,000 samples",
        2,
        || epochs(Shape(100, 64, 500), 2),
        0.0147,
    ),
    epoch(
        "rbm_epoch_s_100x64_b1000",
        "CD-1, 25,000 samples",
        1,
        || epochs(Shape(100, 64, 1000), 1),
        0.025,
    ),
    epoch(
        "rbm_epoch_s_100x64_b1000",
        "CD-1, 25,000 samples",
        2,
        || epochs(Shape(100, 64, 1000), 2),
        0.0147,
    ),
    epoch("rbm_epoch_s_1600x400_b500", "CD-1, 25,000 samples", 1, || epochs(LARGE, 1), 1.2),
    epoch("rbm_epoch_s_1600x400_b500", "CD-1, 25,000 samples", 2, || epochs(LARGE, 2), 0.706),
    speedup("rbm_speedup_two_threads_100x64_b100", || gain(SMALL)),
    speedup("rbm_speedup_two_threads_1600x400_b500", || gain(LARGE)),
    gflops("rbm_gflops_100x64_b100", "products of an epoch", || rate(SMALL)),
    gflops("rbm_gflops_1600x400_b500", "products of an epoch", || rate(LARGE)),
    Entry {
        unit: "1",
        kind: Kind::Rate,
        yardstick: None,
        ..epoch("rbm_share_of_products_100x64_b100", "of an epoch's time", 1, share, 0.6)
    },
    Entry {
        unit: "ns",
        yardstick: Some(Yardstick::Exp),
        target: None,
        ..epoch("rbm_sample_ns_per_unit", "a unit, given its field", 1, sampling, 0.0)
    },
    Entry {
        unit: "bytes",
        yardstick: None,
        ..epoch("rbm_bytes_per_step", "allocated beyond the products", 1, bytes, 0.0)
    },
    Entry {
        unit: "bytes",
        yardstick: None,
        target: None,
        ..epoch("rbm_bytes_of_products", "allocated by those of a step", 1, of_products, 0.0)
    },
];

fn pool(threads: usize) -> Result<ThreadPool> {
    Ok(ThreadPoolBuilder::new().num_threads(threads).build()?)
}

fn coins(rows: usize, columns: usize) -> DMatrix<f32> {
    let mut units = DMatrix::zeros(rows, columns);
    sample_means(units.as_mut_slice(), &mut Bits::new(&mut stats::stream(SEED, "bench", 0)));
    units
}

/// A run of CD-1 with biases, its data, and where it is in the course of epochs.
struct Run {
    trainer: Trainer,
    data: DMatrix<f32>,
    epochs: u64,
}

impl Run {
    fn new(Shape(visible, hidden, batch): Shape) -> Result<Self> {
        let config = TrainConfig {
            hidden,
            batch,
            learning_rate: 0.01,
            schedule: Schedule::Constant,
            gradient: GradientEstimator::Contrastive { steps: 1 },
            optimiser: Optimiser::Ascent { momentum: 0.0 },
            l1: 0.0,
            l2: 0.0,
            initial_std: 0.01,
            biases: true,
            sharing: WeightSharing::Free,
        };
        let trainer = Trainer::new(config, visible, SEED)?;
        Ok(Self { trainer, data: coins(visible, SAMPLES), epochs: 0 })
    }

    fn epoch(&mut self) -> Result<f64> {
        self.epochs += 1;
        train(&mut self.trainer, &self.data, self.epochs, |_| ControlFlow::Continue(()))?;
        Ok(f64::from(self.trainer.rbm().weights[0]))
    }
}

/// Seconds of epochs by one thread and by two, in turns: what disturbs the computer disturbs both.
#[derive(Clone)]
struct Turns {
    one: Vec<f64>,
    two: Vec<f64>,
}

/// Taken once for all figures that are made of them.
fn turns(shape: Shape) -> Result<Turns> {
    static TAKEN: Mutex<BTreeMap<Shape, Turns>> = Mutex::new(BTreeMap::new());
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(turns) = taken.get(&shape) {
        return Ok(turns.clone());
    }
    let mut run = Run::new(shape)?;
    let pools = [pool(1)?, pool(2)?];
    let mut epoch = |pool: &ThreadPool| {
        let began = Instant::now();
        pool.install(|| run.epoch())?;
        anyhow::Ok(began.elapsed().as_secs_f64())
    };
    // The first ones are a rehearsal.
    for pool in &pools {
        epoch(pool)?;
    }
    let mut turns = Turns { one: Vec::new(), two: Vec::new() };
    let began = Instant::now();
    while turns.one.len() < MIN_TURNS || began.elapsed() < ENOUGH {
        turns.one.push(epoch(&pools[0])?);
        turns.two.push(epoch(&pools[1])?);
    }
    taken.insert(shape, turns.clone());
    Ok(turns)
}

/// Seconds of an epoch.
fn epochs(shape: Shape, threads: usize) -> Result<Reading> {
    let Turns { one, two } = turns(shape)?;
    Ok(Reading::new(if threads == 1 { one } else { two }, 0.0))
}

/// How many times as fast two threads are as one, turn by turn.
fn gain(shape: Shape) -> Result<Reading> {
    let Turns { one, two } = turns(shape)?;
    Ok(Reading::new(one.iter().zip(&two).map(|(one, two)| one / two).collect(), 0.0))
}

/// Operations in the products of an epoch: three of activations and two of the gradient.
fn operations(Shape(visible, hidden, _): Shape) -> f64 {
    10.0 * (visible * hidden * SAMPLES) as f64
}

fn rate(shape: Shape) -> Result<Reading> {
    let rates = turns(shape)?.one.iter().map(|seconds| operations(shape) / 1e9 / seconds).collect();
    Ok(Reading::new(rates, 0.0))
}

/// The products of a step of the small RBM alone, in the same halves as two tasks do them.
struct Products {
    weights: DMatrix<f32>,
    visible: DMatrix<f32>,
    hidden: DMatrix<f32>,
    gradient: DMatrix<f32>,
}

impl Products {
    fn new() -> Self {
        let Shape(visible, hidden, batch) = SMALL;
        Self {
            weights: coins(visible, hidden),
            visible: coins(visible, batch),
            hidden: coins(hidden, batch),
            gradient: DMatrix::zeros(visible, hidden),
        }
    }

    fn step(&mut self) {
        let Self { weights, visible, hidden, gradient } = self;
        let Shape(_, hidden_units, batch) = SMALL;
        let count = batch / 2;
        for first in [0, count] {
            for _ in 0..2 {
                let v = plain(visible.columns(first, count));
                product(1.0, transposed(&*weights), v, 0.0, hidden.columns_mut(first, count));
            }
            let h = plain(hidden.columns(first, count));
            product(1.0, plain(&*weights), h, 0.0, visible.columns_mut(first, count));
        }
        let count = hidden_units / 2;
        for first in [0, count] {
            for (sign, beta) in [(1.0, 0.0), (-1.0, 1.0)] {
                let h = transposed(hidden.rows(first, count));
                product(sign, plain(&*visible), h, beta, gradient.columns_mut(first, count));
            }
        }
    }
}

/// What the products alone take, of the time of an epoch, both by turns.
fn share() -> Result<Reading> {
    const TURNS: usize = 25;
    let mut run = Run::new(SMALL)?;
    let mut products = Products::new();
    let pool = pool(1)?;
    let steps = SAMPLES / SMALL.2;
    let mut shares = Vec::new();
    for _ in 0..TURNS {
        let began = Instant::now();
        pool.install(|| run.epoch())?;
        let epoch = began.elapsed();
        let began = Instant::now();
        (0..steps).for_each(|_| products.step());
        shares.push(began.elapsed().as_secs_f64() / epoch.as_secs_f64());
    }
    Ok(Reading::new(shares, 0.0))
}

/// Nanoseconds to draw a unit.
fn sampling() -> Result<Reading> {
    const UNITS: usize = 1 << 16;
    let fields = vec![0.3_f32; UNITS];
    let mut units = fields.clone();
    let mut bits = Bits::new(&mut stats::stream(SEED, "bench", 1));
    let seconds = Reading::seconds(&mut || {
        units.copy_from_slice(&fields);
        sample_units(black_box(&mut units), &mut bits);
        Ok(0.0)
    })?;
    Ok(seconds.scaled(1e9 / UNITS as f64))
}

/// Bytes that a step in the middle of a run allocates, less those of its products.
fn bytes() -> Result<Reading> {
    let of_products = of_products()?.median();
    let mut run = Run::new(SMALL)?;
    let pool = pool(1)?;
    let (mut scratch, samples) = (run.trainer.scratch(), (0..SMALL.2 as u32).collect::<Vec<_>>());
    let mut counts = Vec::new();
    for _ in 0..20 {
        let bytes = pool.install(|| {
            allocations::during(|| Ok(run.trainer.step(&run.data, &samples, &mut scratch)?))
        })?;
        counts.push(bytes as f64 - of_products);
    }
    Ok(Reading::new(counts, 0.0))
}

/// Bytes that the products of a step allocate, which they need to pack the matrices.
fn of_products() -> Result<Reading> {
    let mut products = Products::new();
    let mut counts = Vec::new();
    for _ in 0..20 {
        let step = || {
            products.step();
            Ok(())
        };
        counts.push(allocations::during(step)? as f64);
    }
    Ok(Reading::new(counts, 0.0))
}
