//! Configurations of a torus in a field, and what a machine's flow makes of them.

use anyhow::Result;
use flow::{Calibration, Flow, Rule};
use ising::{Coupling, Lattice, Request, Samples};
use lab::progress::Task;
use lab::store::{Done, Stage};
use rayon::prelude::*;
use rbm::Trainer;
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// `count` configurations of the square torus at each temperature in each field, in the order of the fields and, inside, of
/// the temperatures.
#[derive(Serialize)]
pub(crate) struct DrawInField<'a> {
    pub(crate) side: usize,
    /// J / k_B.
    pub(crate) temperatures: &'a [f64],
    /// External fields h, in J.
    pub(crate) fields: &'a [f64],
    pub(crate) count: u32,
    pub(crate) seed: u64,
}

impl Stage for DrawInField<'_> {
    const NAME: &'static str = "in-field";
    const VERSION: u32 = 1;
    type Output = Samples;

    fn effort(&self) -> f64 {
        const SECONDS_PER_SPIN: f64 = 1e-7;
        let sets = self.temperatures.len() * self.fields.len();
        SECONDS_PER_SPIN * (self.side * self.side * sets) as f64 * f64::from(self.count)
    }

    fn run(&self, _task: &Task<'_>) -> Result<Samples> {
        let lattice = Lattice::square(self.side)?;
        let points: Vec<(f64, f64)> = self
            .fields
            .iter()
            .flat_map(|&h| self.temperatures.iter().map(move |&t| (h, t)))
            .collect();
        let draw = |(index, &(h, t)): (usize, &(f64, f64))| -> Result<Samples> {
            let coupling = Coupling::from_temperature(t)?;
            // Of two ground states a field of any size leaves one.
            let field = if t > 0.0 { h / t } else { h * 1e6 };
            let request = Request {
                count: self.count,
                algorithm: None,
                field,
                symmetrise: h == 0.0,
                least_effective: 0.9 * f64::from(self.count),
            };
            let seed = stats::child_seed(self.seed, Self::NAME, index as u64);
            Ok(ising::draw(&lattice, coupling, &request, seed)?.samples)
        };
        let drawn = points.par_iter().enumerate().map(draw).collect::<Result<Vec<_>>>()?;
        let mut all = Samples::new(lattice.sites());
        drawn.iter().try_for_each(|samples| all.append(samples))?;
        Ok(all)
    }
}

/// The sampled flow of the independent configurations `range` of `start`, read at some steps.
#[derive(Serialize)]
pub(crate) struct FlowInField<'a> {
    pub(crate) rbm: &'a Done<Trainer>,
    pub(crate) network: Option<&'a Done<Calibration>>,
    pub(crate) start: &'a Done<Samples>,
    /// First and one past the last configuration.
    pub(crate) range: (usize, usize),
    pub(crate) side: usize,
    /// Ascending.
    pub(crate) read: &'a [usize],
    pub(crate) seed: u64,
}

/// The ensemble after so many steps.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct InField {
    pub(crate) step: usize,
    /// Energy of the bonds, in J, and magnetisation of each configuration, both per spin.
    pub(crate) configurations: Vec<[f64; 2]>,
    /// What the network says, J / k_B.
    pub(crate) network: Option<Estimate>,
}

impl Stage for FlowInField<'_> {
    const NAME: &'static str = "flow-in-field";
    const VERSION: u32 = 1;
    type Output = Vec<InField>;

    fn effort(&self) -> f64 {
        const SECONDS_PER_UNIT: f64 = 5e-9;
        let units = (self.range.1 - self.range.0) * self.start.value.sites();
        SECONDS_PER_UNIT * (units * self.last()) as f64
    }

    fn run(&self, _task: &Task<'_>) -> Result<Vec<InField>> {
        let lattice = Lattice::square(self.side)?;
        let start = self.start.value.rows(self.range.0..self.range.1).to_matrix();
        let flow = Flow { rbm: self.rbm.value.rbm(), rule: Rule::Sampled };
        let mut rng = stats::stream(self.seed, Self::NAME, 0);
        let mut readings = Vec::with_capacity(self.read.len());
        flow.run(start, self.last(), &mut rng, |step, v| {
            if self.read.contains(&step) {
                let of = |network: &Done<Calibration>| {
                    let read = network.value.thermometer().read(v);
                    Estimate::from_independent(&read.temperatures)
                };
                // They belong to no temperature; that of coins is as good as any.
                let samples = Coupling::new(0.0).and_then(|k| Samples::from_matrix(v, k));
                readings.push(samples.map(|samples| {
                    InField {
                        step,
                        configurations: ising::energies(&lattice, &samples)
                            .into_iter()
                            .zip(ising::magnetisations(&samples))
                            .map(|(energy, m)| [energy, m])
                            .collect(),
                        network: self.network.map(of),
                    }
                }));
            }
        });
        Ok(readings.into_iter().collect::<Result<_, _>>()?)
    }
}

impl FlowInField<'_> {
    fn last(&self) -> usize {
        self.read.last().copied().unwrap_or(0)
    }
}
