//! How long samplers take at T_c: the one stage whose result is no function of its fields, and is kept all the same.

use crate::stages::{Dynamics, Shape};
use anyhow::Result;
use exact::square::critical_coupling;
use ising::{
    Checkerboard, Coupling, HeatBath, LatticeBits, Metropolis, Multispin, Perfect, ReplicaBits,
    Sampler, Samples, Spins, SwendsenWang, TorusTransfer, Wolff,
};
use lab::progress::Task;
use lab::store::Stage;
use serde::Serialize;
use stats::Estimate;
use std::time::Instant;

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Work {
    /// A sweep of all replicas of a sampler; of Wolff a cluster.
    Sweep(Dynamics),
    /// A Metropolis sweep of one large lattice.
    LargeTorus,
    /// An exact draw by the transfer matrix.
    Transfer,
    /// Of a set of 512 perfect draws one.
    Perfect,
}

/// Seconds that a piece of work takes on one thread of this machine: the median of five intervals of time, `seconds` in
/// all, and its error from their scatter.
///
/// Another run or RBM finds other numbers. The first ones found are kept, so that a report made again has the same
/// bytes.
#[derive(Serialize)]
pub(crate) struct Time {
    pub(crate) work: Work,
    pub(crate) side: usize,
    pub(crate) seconds: f64,
}

const INTERVALS: usize = 5;
/// Perfect draws that are made at a time.
const SET: usize = 512;

impl Stage for Time {
    const NAME: &'static str = "timing";
    const VERSION: u32 = 1;
    type Output = Estimate;

    fn effort(&self) -> f64 {
        // The other core waits.
        2.0 * 1.3 * self.seconds
    }

    fn run(&self, _task: &Task<'_>) -> Result<Estimate> {
        let lattice = &Shape::Square(self.side).lattice()?;
        let k = Coupling::new(critical_coupling())?;
        let rng = &mut stats::stream(1, Self::NAME, 0);
        // Clusters and flips take the time that they take in equilibrium.
        let mut spins = Spins::ground_state(lattice.sites(), rng);
        let mut wolff = Wolff::new(lattice, k, rng);
        for _ in 0..500 {
            wolff.sweep(&mut spins, rng);
        }
        let replicas = || ReplicaBits::of(&vec![spins.clone(); 512]);
        let spins = || spins.clone();
        Ok(match self.work {
            Work::Sweep(Dynamics::Metropolis) => {
                self.sweeps(Multispin::metropolis(lattice, k, rng), replicas())
            }
            Work::Sweep(Dynamics::HeatBath) => {
                self.sweeps(Multispin::heat_bath(lattice, k, rng), replicas())
            }
            Work::Sweep(Dynamics::RandomMetropolis) => {
                self.sweeps(Metropolis::new(lattice, k), spins())
            }
            Work::Sweep(Dynamics::SequentialHeatBath) => {
                self.sweeps(HeatBath::new(lattice, k), spins())
            }
            Work::Sweep(Dynamics::SwendsenWang) => {
                self.sweeps(SwendsenWang::new(lattice, k, rng), spins())
            }
            Work::Sweep(Dynamics::Wolff) => self.sweeps(Wolff::new(lattice, k, rng), spins()),
            Work::LargeTorus => {
                self.sweeps(Checkerboard::metropolis(k, rng), LatticeBits::random(lattice, rng)?)
            }
            Work::Transfer => self.sweeps(TorusTransfer::new(lattice, k)?, spins()),
            Work::Perfect => self.sets(&Perfect::new(lattice, k, 0.0)?)?,
        })
    }
}

impl Time {
    fn sweeps<S: Sampler>(&self, mut sampler: S, mut state: S::State) -> Estimate {
        let mut rng = stats::stream(1, "timing/sweeps", 0);
        self.time(|| {
            sampler.sweep(&mut state, &mut rng);
        })
    }

    fn sets(&self, perfect: &Perfect<'_>) -> Result<Estimate> {
        // Draws are spread over threads, and times are those of one.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
        let (mut seed, mut failure) = (0, None);
        let set = pool.install(|| {
            self.time(|| {
                seed += 1;
                let mut samples = Samples::new(self.side * self.side);
                failure = failure.take().or(perfect.draw(SET, &mut samples, seed).err());
            })
        });
        match failure {
            Some(error) => Err(error.into()),
            None => {
                Ok(Estimate { mean: set.mean / SET as f64, error: set.error / SET as f64, ..set })
            }
        }
    }

    /// Of one call of `work`, which is done so often that the clock does not matter.
    fn time(&self, mut work: impl FnMut()) -> Estimate {
        let interval = self.seconds / INTERVALS as f64;
        let mut seconds_of = |calls: u32| {
            let began = Instant::now();
            (0..calls).for_each(|_| work());
            began.elapsed().as_secs_f64()
        };
        let mut calls = 1;
        let mut first = seconds_of(calls);
        while first < 0.25 * interval {
            calls *= 2;
            first = seconds_of(calls);
        }
        let calls = (f64::from(calls) * interval / first).ceil().max(1.0) as u32;
        let mut times = [0.0; INTERVALS].map(|_| seconds_of(calls) / f64::from(calls));
        times.sort_by(f64::total_cmp);
        Estimate { mean: times[INTERVALS / 2], ..Estimate::from_independent(&times) }
    }
}
