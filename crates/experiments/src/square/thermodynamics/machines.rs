//! The tori and the machines that are trained on them: every number that is measured.

use super::{Machine, Phase, SIDE, Settings};
use crate::stages::{
    Data, DrawSamples, ExactMoments, Means, MeasureMachine, OfMachine, Shape, TrainRbm,
};
use anyhow::{Context, Result};
use exact::torus::kaufman;
use ising::{Algorithm, Lattice, Samples, Schedule};
use lab::Run;
use lab::parts::over_seeds;
use lab::store::Done;
use rayon::prelude::*;
use rbm::{Trainer, partition, score};
use stats::{Estimate, child_seed};

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Observable {
    Energy,
    Magnetisation,
    Heat,
}

impl Observable {
    pub(super) const ALL: [Self; 3] = [Self::Energy, Self::Magnetisation, Self::Heat];

    /// Its columns in the published tables: the mean, and its error.
    pub(super) fn columns(self) -> [&'static str; 2] {
        match self {
            Self::Energy => ["E", "dE"],
            Self::Magnetisation => ["M", "dM"],
            Self::Heat => ["C", "dC"],
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Energy => "energy per spin E (J)",
            Self::Magnetisation => "magnetisation |m|",
            Self::Heat => "specific heat per spin C (k_B)",
        }
    }

    pub(super) fn of(self, means: &Means) -> Estimate {
        match self {
            Self::Energy => means.energy,
            Self::Magnetisation => means.abs_m,
            Self::Heat => means.specific_heat,
        }
    }
}

/// The exact values, in the order of [`Observable::ALL`], at each temperature.
pub(super) fn exact(run: &Run, temperatures: &[f64]) -> Result<Vec<[f64; 3]>> {
    let moments = run.store.get(&ExactMoments { side: SIDE, temperatures })?.value;
    let at = |(&t, moments): (&f64, &crate::stages::OfMagnetisation)| -> Result<[f64; 3]> {
        let torus = kaufman(SIDE, SIDE, t.recip())?;
        Ok([torus.energy_per_spin, moments.abs_m, torus.specific_heat])
    };
    temperatures.iter().zip(&moments).map(at).collect()
}

/// The torus at one temperature.
pub(super) struct Torus {
    pub(super) temperature: f64,
    pub(super) exact: [f64; 3],
    /// The training data of each seed.
    pub(super) data: Vec<Means>,
    /// `[machine][seed]`, machines as in the settings.
    pub(super) machines: Vec<Vec<OfMachine>>,
}

impl Torus {
    pub(super) fn exact(&self, observable: Observable) -> f64 {
        self.exact[observable as usize]
    }

    /// Mean over the seeds of the data.
    pub(super) fn of_data(&self, pick: impl Fn(&Means) -> Estimate) -> Estimate {
        over_seeds(&self.data.iter().map(pick).collect::<Vec<_>>())
    }

    /// Mean over the seeds of a machine.
    pub(super) fn of_machine(
        &self,
        machine: usize,
        pick: impl Fn(&OfMachine) -> Estimate,
    ) -> Estimate {
        over_seeds(&self.machines[machine].iter().map(pick).collect::<Vec<_>>())
    }
}

/// One seed at one temperature.
struct Trial {
    data: Means,
    machines: Vec<OfMachine>,
}

pub(super) fn tori(run: &Run, settings: &Settings) -> Result<Vec<Torus>> {
    let exact = exact(run, &settings.temperatures)?;
    let jobs: Vec<(f64, u64)> = settings
        .temperatures
        .iter()
        .flat_map(|&t| (0..settings.seeds).map(move |seed| (t, seed)))
        .collect();
    let trials: Vec<Trial> = jobs
        .into_par_iter()
        .map(|(t, seed)| trial(run, settings, t, seed))
        .collect::<Result<_>>()?;
    let mut trials = trials.into_iter();
    let torus = |(&temperature, exact)| {
        let trials: Vec<Trial> = trials.by_ref().take(settings.seeds as usize).collect();
        let of = |machine: usize| trials.iter().map(|t| t.machines[machine].clone()).collect();
        Torus {
            temperature,
            exact,
            machines: (0..settings.machines.len()).map(of).collect(),
            data: trials.iter().map(|t| t.data.clone()).collect(),
        }
    };
    Ok(settings.temperatures.iter().zip(exact).map(torus).collect())
}

fn trial(run: &Run, settings: &Settings, temperature: f64, seed: u64) -> Result<Trial> {
    let child =
        |what: &str| child_seed(run.seed, &format!("thermodynamics/{what}/{temperature}"), seed);
    let draw = |draws: u32, seed: u64| {
        run.store.get(&DrawSamples {
            shape: Shape::Square(SIDE),
            temperatures: &[temperature],
            algorithm: Algorithm::Transfer,
            schedule: Schedule { burn_in: 0, stride: 1, draws, symmetrise: false },
            seed,
        })
    };
    let samples = draw(settings.samples, child("data"))?;
    let held_out = draw(settings.held_out, child("held out"))?;
    let machine = |machine: &Machine| -> Result<OfMachine> {
        let label = format!("machine {}", machine.hidden);
        let trained = train(run, settings, machine, &samples, child(&label))?;
        let stage = MeasureMachine {
            machine: &trained,
            held_out: &held_out,
            side: SIDE,
            temperature,
            measuring: settings.measuring,
            seed: child(&format!("own samples {}", machine.hidden)),
        };
        Ok(run.store.get(&stage)?.value)
    };
    let rows = samples.value.len();
    Ok(Trial {
        data: Means::of(&Lattice::square(SIDE)?, &samples.value, 0..rows, rows)?,
        machines: settings.machines.iter().map(machine).collect::<Result<_>>()?,
    })
}

/// Of all starts the machine of the highest likelihood on its training data.
fn train(
    run: &Run,
    settings: &Settings,
    machine: &Machine,
    samples: &Done<Samples>,
    seed: u64,
) -> Result<Done<Trainer>> {
    let mut best: Option<(f64, Done<Trainer>)> = None;
    for start in 0..machine.starts {
        let seed = child_seed(seed, "start", start);
        let trained = phases(run, settings, machine, samples, seed)?;
        if machine.starts == 1 {
            return Ok(trained);
        }
        let rbm = trained.value.rbm();
        let ln_z = partition::ln_z(rbm)?;
        let ln_p = score::log_likelihood(rbm, &samples.value.to_matrix(), ln_z)?.mean;
        if best.as_ref().is_none_or(|(highest, _)| ln_p > *highest) {
            best = Some((ln_p, trained));
        }
    }
    Ok(best.context("there is no start")?.1)
}

fn phases(
    run: &Run,
    settings: &Settings,
    machine: &Machine,
    samples: &Done<Samples>,
    seed: u64,
) -> Result<Done<Trainer>> {
    let mut trained: Option<Done<Trainer>> = None;
    for (number, phase) in machine.phases.iter().enumerate() {
        let Phase { epochs, .. } = *phase;
        let config = settings.config(machine.hidden, phase);
        let seed = child_seed(seed, "phase", number as u64);
        let data = Data::Samples(samples);
        let stage = TrainRbm { data, config, from: trained.as_ref(), epochs, seed };
        trained = Some(run.store.get(&stage)?);
    }
    trained.context("there is no phase of training")
}
