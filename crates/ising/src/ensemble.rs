//! Chains side by side: run until they agree wherever they began, then looked at far enough apart.

use crate::configurations::{flip, pack};
use crate::replica_bits::REPLICAS;
use crate::{Coupling, Error, Lattice, ReplicaBits, Sampler, Samples, Spins};
use rand::RngExt;
use rand_pcg::Pcg64;
use rayon::prelude::*;
use stats::{Estimate, autocorrelation, r_hat};

/// Autocorrelation times that chains run before they are believed, in all and each: errors of tau stay below a quarter,
/// and what remains of the start below e^-20.
const TIMES: (f64, f64) = (400.0, 20.0);
/// How many standard errors the means of chains from ordered and from random starts may differ.
const AGREEMENT: f64 = 4.0;
/// Autocorrelation times between draws.
const APART: f64 = 4.0;
/// Sweeps after which chains of one replica, or of 512, that do not agree are given up: they would bear autocorrelation
/// times of some 2600 and 3200 sweeps.
const SWEEPS: (u64, u64) = (1 << 19, 1 << 17);
/// Likewise updates of spins, or of words of spins: a minute or so, unless even so many sweeps take longer.
const UPDATES: (u64, u64) = (1 << 33, 1 << 30);
const MIN: u64 = 1 << 12;

/// The configurations that one sampler moves.
pub(crate) trait Replicas: Send {
    /// How many there are.
    fn replicas(&self) -> usize;
    /// Appends the sum of the spins and of `s_i s_j` over all bonds, for each replica.
    fn measure(&self, lattice: &Lattice, spins: &mut Vec<i64>, bonds: &mut Vec<i64>);
    /// The configurations as packed rows.
    fn rows(&self) -> Vec<u64>;
}

impl Replicas for Spins {
    fn replicas(&self) -> usize {
        1
    }

    fn measure(&self, lattice: &Lattice, spins: &mut Vec<i64>, bonds: &mut Vec<i64>) {
        let (spin_sum, bond_sum) = self.sums(lattice);
        spins.push(spin_sum);
        bonds.push(bond_sum);
    }

    fn rows(&self) -> Vec<u64> {
        pack(self.as_slice()).collect()
    }
}

impl Replicas for ReplicaBits {
    fn replicas(&self) -> usize {
        ReplicaBits::replicas(self)
    }

    fn measure(&self, lattice: &Lattice, spins: &mut Vec<i64>, bonds: &mut Vec<i64>) {
        let (spin_sums, bond_sums) = self.sums(lattice);
        spins.extend(spin_sums);
        bonds.extend(bond_sums);
    }

    fn rows(&self) -> Vec<u64> {
        ReplicaBits::rows(self)
    }
}

/// One sampler with what it moves and the random numbers that it takes.
pub(crate) struct Run<S: Sampler> {
    pub(crate) sampler: S,
    pub(crate) state: S::State,
    pub(crate) rng: Pcg64,
}

impl<S: Sampler> Run<S> {
    fn sweep(&mut self, times: u64) {
        for _ in 0..times {
            self.sampler.sweep(&mut self.state, &mut self.rng);
        }
    }
}

/// What was measured of chains before anything was drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pilot {
    /// Sweeps of each chain so far.
    pub(crate) sweeps: u64,
    /// The longer of the autocorrelation times of energy and |m|, in sweeps.
    pub(crate) tau: f64,
    /// Gelman and Rubin's ratio between chains from ordered and from random starts, the larger one of energy and |m|.
    pub(crate) r_hat: f64,
    /// Whether the chains are long enough and agree.
    pub(crate) settled: bool,
}

/// Measurements of all chains, one chain after the other.
struct Series {
    chains: usize,
    energies: Vec<f64>,
    /// |m|, or m where its sign is decided.
    sizes: Vec<f64>,
}

/// Runs the chains, of which every other one began at random, until both kinds agree and are long against their
/// autocorrelation time: rounds of as many measurements each, ever further apart. Gives up when patience ends.
///
/// In a field both wells must be visited as often as it says: m counts with its sign.
pub(crate) fn settle<S>(lattice: &Lattice, runs: &mut [Run<S>], in_field: bool) -> Pilot
where
    S: Sampler + Send,
    S::State: Replicas,
{
    let chains: usize = runs.iter().map(|run| run.state.replicas()).sum();
    // Enough to resolve the times that are asked for, and no more than that to keep.
    let points = if chains < REPLICAS { 1024 } else { 128 };
    let (most, updates) =
        if chains < REPLICAS { (SWEEPS.0, UPDATES.0) } else { (SWEEPS.1, UPDATES.1) };
    let most = most.min(updates / lattice.sites() as u64).max(MIN);
    let (mut gap, mut sweeps) = (1, 0);
    loop {
        let series = observe(lattice, runs, points, gap, in_field);
        sweeps += (points * gap) as u64;
        let pilot = judge(&series, points, gap, sweeps);
        let then = sweeps + (2 * points * gap) as u64;
        if pilot.settled || then > most {
            return pilot;
        }
        gap *= 2;
    }
}

fn judge(series: &Series, points: usize, gap: usize, sweeps: u64) -> Pilot {
    let chains = series.chains;
    let (mut tau, mut ratio, mut agree) = (0.0f64, 1.0f64, true);
    for data in [&series.energies, &series.sizes] {
        tau = tau.max(autocorrelation(data, chains).tau);
        let [ordered, random] = [0, 1].map(|kind| {
            let own = data.chunks_exact(points).skip(kind).step_by(2);
            own.flatten().copied().collect::<Vec<f64>>()
        });
        let [a, b] = [&ordered, &random].map(|data| Estimate::from_chains(data, chains / 2));
        agree &= (a - b).sigmas_from(0.0) <= AGREEMENT;
        ratio = ratio.max(r_hat(&[&ordered, &random]));
    }
    let long = points as f64 >= TIMES.1 * tau && (points * chains) as f64 >= TIMES.0 * tau;
    Pilot { sweeps, tau: tau * gap as f64, r_hat: ratio, settled: long && agree }
}

/// Measures all chains `points` times, `gap` sweeps apart.
fn observe<S>(
    lattice: &Lattice,
    runs: &mut [Run<S>],
    points: usize,
    gap: usize,
    in_field: bool,
) -> Series
where
    S: Sampler + Send,
    S::State: Replicas,
{
    let measure = |run: &mut Run<S>| {
        let (mut spins, mut bonds) = (Vec::new(), Vec::new());
        for _ in 0..points {
            run.sweep(gap as u64);
            run.state.measure(lattice, &mut spins, &mut bonds);
        }
        (run.state.replicas(), spins, bonds)
    };
    let measured: Vec<_> = runs.par_iter_mut().map(measure).collect();
    let n = lattice.sites() as f64;
    let mut series = Series { chains: 0, energies: Vec::new(), sizes: Vec::new() };
    for (replicas, spins, bonds) in measured {
        for replica in 0..replicas {
            let bonds = bonds.iter().skip(replica).step_by(replicas);
            series.energies.extend(bonds.map(|&bonds| -bonds as f64 / n));
            let spins = spins.iter().skip(replica).step_by(replicas);
            let size = |spins: i64| if in_field { spins } else { spins.abs() };
            series.sizes.extend(spins.map(|&spins| size(spins) as f64 / n));
        }
        series.chains += replicas;
    }
    series
}

impl Pilot {
    /// Sweeps between `draws` draws of each chain: several autocorrelation times, and of chains that did not settle not
    /// more in all than they were given before.
    pub(crate) fn stride(&self, draws: usize) -> u64 {
        let wanted = (APART * self.tau).ceil().max(1.0) as u64;
        if self.settled { wanted } else { wanted.min(self.sweeps.div_ceil(draws as u64)) }
    }

    /// The error of chains that did not settle.
    pub(crate) fn unsettled(&self) -> Error {
        Error::Unsettled { sweeps: self.sweeps, tau: self.tau, r_hat: self.r_hat }
    }
}

/// `count` configurations, `stride` sweeps apart in each chain, chain after chain: the first chains have one more where
/// the number of chains does not divide the count. Returns them with the number of draws of each chain.
pub(crate) fn collect<S>(
    coupling: Coupling,
    sites: usize,
    runs: &mut [Run<S>],
    (count, stride): (usize, u64),
    symmetrise: bool,
) -> (Samples, Vec<usize>)
where
    S: Sampler + Send,
    S::State: Replicas,
{
    let chains: usize = runs.iter().map(|run| run.state.replicas()).sum();
    let draws = count.div_ceil(chains);
    let row_words = sites.div_ceil(64);
    let draw = |run: &mut Run<S>| {
        let mut drawn = Vec::new();
        for _ in 0..draws {
            run.sweep(stride);
            let mut rows = run.state.rows();
            for row in rows.chunks_exact_mut(row_words) {
                if symmetrise && run.rng.random() {
                    flip(row, sites);
                }
            }
            drawn.push(rows);
        }
        drawn
    };
    let drawn: Vec<Vec<Vec<u64>>> = runs.par_iter_mut().map(draw).collect();
    let used = chains.min(count);
    let mut lengths = Vec::with_capacity(used);
    let mut samples = Samples::new(sites);
    for own in &drawn {
        for replica in 0..own.first().map_or(0, |rows| rows.len() / row_words) {
            let chain = lengths.len();
            if chain == used {
                break;
            }
            let length = count / used + usize::from(chain < count % used);
            for rows in &own[..length] {
                samples.push_rows(&rows[replica * row_words..(replica + 1) * row_words], coupling);
            }
            lengths.push(length);
        }
    }
    (samples, lengths)
}
