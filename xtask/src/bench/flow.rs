//! The group `flow`: configurations through an RBM, and epochs of the network that reads them.

use super::entry::{Entry, Kind, Reading, Target, Threads};
use super::yardsticks::Yardstick;
use anyhow::Result;
use flow::{Flow, Rule};
use linalg::sample_means;
use nalgebra::DMatrix;
use rayon::ThreadPoolBuilder;
use rbm::Rbm;
use stats::Bits;
use std::ops::ControlFlow;

/// Where all random numbers come from.
const SEED: u64 = 1;
const SAMPLES: usize = 25_000;

const fn seconds(
    name: &'static str,
    what: &'static str,
    threads: usize,
    read: fn() -> Result<Reading>,
    target: Option<f64>,
) -> Entry {
    let target = match target {
        Some(seconds) => Some(Target::Value(seconds)),
        None => None,
    };
    Entry {
        name,
        what,
        threads: Threads::These(threads),
        unit: "s",
        kind: Kind::Time,
        yardstick: Some(Yardstick::Product),
        read,
        target,
        golden: None,
    }
}

pub(super) const ENTRIES: [Entry; 5] = [
    seconds(
        "flow_s_sampled_100x64",
        "25,000 configurations, 40 steps",
        1,
        || flows(Rule::Sampled, 1),
        Some(1.0),
    ),
    seconds(
        "flow_s_sampled_100x64",
        "25,000 configurations, 40 steps",
        2,
        || flows(Rule::Sampled, 2),
        None,
    ),
    seconds(
        "flow_s_mean_100x64",
        "25,000 configurations, 40 steps",
        1,
        || flows(Rule::Mean, 1),
        None,
    ),
    seconds("nn_epoch_s_100-100-20", "25,000 samples", 1, || epochs(100, 100), Some(0.04)),
    seconds("nn_epoch_s_1600-400-20", "25,000 samples", 1, || epochs(1600, 400), Some(0.7)),
];

fn coins(rows: usize) -> DMatrix<f32> {
    let mut units = DMatrix::zeros(rows, SAMPLES);
    sample_means(units.as_mut_slice(), &mut Bits::new(&mut stats::stream(SEED, "bench", 0)));
    units
}

fn flows(rule: Rule, threads: usize) -> Result<Reading> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
    let rng = &mut stats::stream(SEED, "bench flow", 0);
    let rbm = Rbm::random(100, 64, 0.2, rng);
    let start = coins(100);
    let flow = Flow { rbm: &rbm, rule };
    let mut work = || {
        let end = flow.run(start.clone(), 40, rng, |_, _| ());
        Ok(f64::from(end[0]))
    };
    pool.install(|| Reading::seconds(&mut work))
}

/// One layer of tanh units between the sites and twenty temperatures, Adam, batches of 100, one thread.
fn epochs(inputs: usize, hidden: usize) -> Result<Reading> {
    const CLASSES: usize = 20;
    let pool = ThreadPoolBuilder::new().num_threads(1).build()?;
    let data = coins(inputs);
    let classes: Vec<u32> = (0..SAMPLES).map(|sample| (sample % CLASSES) as u32).collect();
    let config = nn::TrainConfig { hidden: vec![hidden], batch: 100, learning_rate: 0.001 };
    let rng = stats::stream(SEED, "bench network", 0);
    let mut trainer = nn::Trainer::new(config, inputs, CLASSES, rng)?;
    let mut work = || {
        nn::train(&mut trainer, &data, &classes, 1, |_| ControlFlow::Continue(()))?;
        Ok(trainer.epochs() as f64)
    };
    pool.install(|| Reading::seconds(&mut work))
}
