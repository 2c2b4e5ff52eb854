//! The sampled flow from a cold and from a hot start: where it ends, when the two meet, how fast it forgets its start.

use super::flowing::Flowing;
use anyhow::Result;
use flow::observables::energy_per_spin;
use flow::{Calibration, Flow, Rule, freezing};
use ising::{Lattice, Samples};
use lab::progress::Task;
use lab::store::{Done, Stage};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// The starts have met when `<|m|>` differs by less than this share of what it differed at the beginning.
const MET: f64 = 0.05;

/// Independent chains of the sampled flow, half of them from aligned spins, half from the hot configurations.
#[derive(Serialize)]
pub(crate) struct Relax<'a> {
    pub(crate) rbm: Flowing<'a>,
    pub(crate) network: &'a Done<Calibration>,
    pub(crate) hot: &'a Done<Samples>,
    /// First and one past the last of the hot configurations.
    pub(crate) range: (usize, usize),
    pub(crate) side: usize,
    /// Averages are over the second half of them.
    pub(crate) steps: usize,
    pub(crate) seed: u64,
}

/// Where the chains of one start end: averages over the second half of their steps, and the network's reading of the last.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct RelaxationEnd {
    pub(crate) energy: Estimate,
    pub(crate) abs_m: Estimate,
    pub(crate) network: Estimate,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Relaxation {
    /// From the cold and from the hot start.
    pub(crate) ends: [RelaxationEnd; 2],
    /// Both starts together; tau is the integrated autocorrelation time in steps, as far as these reach.
    pub(crate) energy: Estimate,
    pub(crate) abs_m: Estimate,
    /// The first step at which the starts have met.
    pub(crate) met: Option<usize>,
    /// The probability that a step flips a site at the end: averaged over sites, and of the slowest one.
    pub(crate) flip_rate: Estimate,
    pub(crate) slowest: Estimate,
}

impl Stage for Relax<'_> {
    const NAME: &'static str = "relaxation";
    const VERSION: u32 = 1;
    type Output = Relaxation;

    fn effort(&self) -> f64 {
        let rbm = self.rbm.rbm();
        let units = (rbm.visible() + rbm.hidden()) as f64;
        let products = (rbm.visible() * rbm.hidden()) as f64;
        let one = 5e-9 * units + 1e-10 * products;
        one * (2 * (self.range.1 - self.range.0) * self.steps) as f64
    }

    fn run(&self, task: &Task<'_>) -> Result<Relaxation> {
        let lattice = Lattice::square(self.side)?;
        let hot = self.hot.value.rows(self.range.0..self.range.1).to_matrix();
        let (sites, chains) = hot.shape();
        let aligned = |c: usize| if c.is_multiple_of(2) { 1.0 } else { -1.0 };
        let start = DMatrix::from_fn(sites, 2 * chains, |i, c| match c.checked_sub(chains) {
            None => aligned(c),
            Some(c) => hot[(i, c)],
        });
        let rbm = self.rbm.rbm();
        let flow = Flow { rbm: &rbm, rule: Rule::Sampled };
        let burn_in = self.steps / 2;
        let length = self.steps - burn_in;
        let mut series = [vec![0.0; 2 * chains * length], vec![0.0; 2 * chains * length]];
        let (mut met, mut first_gap) = (None, 0.0);
        let mut rng = stats::stream(self.seed, Self::NAME, 0);
        let end = flow.run(start, self.steps, &mut rng, |step, v| {
            let abs_m: Vec<f64> = v.column_iter().map(|v| f64::from(v.mean()).abs()).collect();
            let gap = gap(&abs_m);
            if step == 0 {
                first_gap = gap.abs();
            } else if met.is_none() && gap.abs() < MET * first_gap {
                met = Some(step);
            }
            if let Some(time) = step.checked_sub(burn_in + 1) {
                for (chain, v) in v.column_iter().enumerate() {
                    series[0][chain * length + time] = energy_per_spin(&lattice, v);
                    series[1][chain * length + time] = abs_m[chain];
                }
            }
            task.done(step as f64 / self.steps as f64);
        });
        let [energy, abs_m] = &series;
        let thermometer = self.network.value.thermometer();
        let end_of = |half: usize| {
            let columns = end.columns(half * chains, chains).into_owned();
            let part = |all: &[f64]| {
                let length = chains * length;
                Estimate::from_chains(&all[half * length..(half + 1) * length], chains)
            };
            let network = Estimate::from_independent(&thermometer.read(&columns).temperatures);
            RelaxationEnd { energy: part(energy), abs_m: part(abs_m), network }
        };
        let sites = freezing::flip_rate(&rbm, &end, 2 * chains, &mut rng);
        let (flip_rate, slowest) = over_sites(&sites);
        Ok(Relaxation {
            ends: [end_of(0), end_of(1)],
            energy: Estimate::from_chains(energy, 2 * chains),
            abs_m: Estimate::from_chains(abs_m, 2 * chains),
            met,
            flip_rate,
            slowest,
        })
    }
}

/// The mean of the first half less that of the second.
fn gap(values: &[f64]) -> f64 {
    let (cold, hot) = values.split_at(values.len() / 2);
    (cold.iter().sum::<f64>() - hot.iter().sum::<f64>()) / cold.len() as f64
}

/// The mean over sites, whose errors may be common to all, and the slowest.
fn over_sites(sites: &[Estimate]) -> (Estimate, Estimate) {
    let mean = |of: fn(&Estimate) -> f64| sites.iter().map(of).sum::<f64>() / sites.len() as f64;
    let (error, count) = (mean(|e| e.error), sites[0].count);
    let slowest = sites.iter().copied().reduce(|a, b| if b.mean < a.mean { b } else { a });
    let mean = Estimate { mean: mean(|e| e.mean), error, tau: 0.5, count };
    (mean, slowest.unwrap_or(mean))
}
