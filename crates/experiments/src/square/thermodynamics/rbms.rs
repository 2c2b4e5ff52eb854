//! The RBMs: trained on the torus at one temperature, in phases, from several starts; and what is measured of them.

use super::{Phase, RbmSettings, SIDE, Settings};
use crate::stages::{Data, DrawSamples, ExactMoments, Means, MeasureRbm, OfRbm, Shape, TrainRbm};
use anyhow::{Context, Result};
use exact::torus::kaufman;
use ising::{Algorithm, Lattice, Samples, Schedule};
use lab::store::Done;
use lab::{Grid, Lab};
use rbm::{Trainer, partition, score};
use stats::{Estimate, child_seed};

/// What is compared.
pub(super) struct Observable {
    /// Its column in tables of ours, and in the published ones with that of its error.
    pub(super) symbol: &'static str,
    pub(super) columns: [&'static str; 2],
    pub(super) label: &'static str,
    pub(super) of: fn(&Means) -> Estimate,
}

/// Energy, magnetisation and specific heat, by their number.
pub(super) const OBSERVABLES: [Observable; 3] = [
    Observable {
        symbol: "E",
        columns: ["E", "dE"],
        label: "energy per spin E (J)",
        of: |means| means.energy,
    },
    Observable {
        symbol: "|m|",
        columns: ["M", "dM"],
        label: "magnetisation |m|",
        of: |means| means.abs_m,
    },
    Observable {
        symbol: "C",
        columns: ["C", "dC"],
        label: "specific heat per spin C (k_B)",
        of: |means| means.specific_heat,
    },
];

/// The exact values of the observables at each temperature.
pub(super) fn exact(lab: &Lab, temperatures: &[f64]) -> Result<Vec<[f64; 3]>> {
    let moments = lab.get(&ExactMoments { side: SIDE, temperatures })?.value;
    let at = |(&t, moments): (&f64, &crate::stages::MagnetisationMoments)| -> Result<[f64; 3]> {
        let torus = kaufman(SIDE, SIDE, t.recip())?;
        Ok([torus.energy_per_spin, moments.abs_m, torus.specific_heat])
    };
    temperatures.iter().zip(&moments).map(at).collect()
}

/// A temperature with the exact values there.
pub(super) struct ExactTorus {
    pub(super) temperature: f64,
    pub(super) exact: [f64; 3],
}

/// One seed at one temperature: the training data, and the RBMs as in the settings.
pub(super) struct Trial {
    pub(super) data: Means,
    pub(super) rbms: Vec<OfRbm>,
}

pub(super) type Trials = Grid<ExactTorus, Trial>;

/// Draws, trains and measures at all temperatures.
pub(super) fn trials(lab: &Lab, s: &Settings) -> Result<Trials> {
    let exact = exact(lab, &s.temperatures)?;
    let tori = s.temperatures.iter().zip(exact);
    let tori = tori.map(|(&temperature, exact)| ExactTorus { temperature, exact });
    lab.grid(tori, *s.seeds, |torus, seed| trial(lab, s, torus.temperature, seed))
}

fn trial(lab: &Lab, s: &Settings, temperature: f64, seed: u64) -> Result<Trial> {
    let child = |what: &str| lab.seed(&format!("thermodynamics/{what}/{temperature}"), seed);
    let draw = |draws: u32, seed: u64| {
        lab.get(&DrawSamples {
            shape: Shape::Square(SIDE),
            temperatures: &[temperature],
            algorithm: Algorithm::Transfer,
            schedule: Schedule { burn_in: 0, stride: 1, draws, symmetrise: false },
            seed,
        })
    };
    let samples = draw(s.samples.short(), child("data"))?;
    let held_out = draw(s.held_out.short(), child("held out"))?;
    let measured = |rbm: &RbmSettings| -> Result<OfRbm> {
        let trained = train(lab, s, rbm, &samples, child(&format!("machine {}", rbm.hidden)))?;
        let stage = MeasureRbm {
            rbm: &trained,
            held_out: &held_out,
            side: SIDE,
            temperature,
            measuring: s.measuring,
            seed: child(&format!("own samples {}", rbm.hidden)),
        };
        Ok(lab.get(&stage)?.value)
    };
    let rows = samples.value.len();
    Ok(Trial {
        data: Means::of(&Lattice::square(SIDE)?, &samples.value, 0..rows, rows)?,
        rbms: s.rbms.iter().map(measured).collect::<Result<_>>()?,
    })
}

/// Of all starts the RBM of the highest likelihood on its training data.
fn train(
    lab: &Lab,
    s: &Settings,
    rbm: &RbmSettings,
    samples: &Done<Samples>,
    seed: u64,
) -> Result<Done<Trainer>> {
    let mut best: Option<(f64, Done<Trainer>)> = None;
    for start in 0..*rbm.starts {
        let trained = phases(lab, s, rbm, samples, child_seed(seed, "start", start))?;
        if *rbm.starts == 1 {
            return Ok(trained);
        }
        let ln_z = partition::ln_z(trained.value.rbm())?;
        let data = samples.value.to_matrix();
        let ln_p = score::log_likelihood(trained.value.rbm(), &data, ln_z)?.mean;
        if best.as_ref().is_none_or(|(highest, _)| ln_p > *highest) {
            best = Some((ln_p, trained));
        }
    }
    Ok(best.context("there is no start")?.1)
}

/// Large steps on small batches find where p(v) is, falling steps average the noise away.
fn phases(
    lab: &Lab,
    s: &Settings,
    rbm: &RbmSettings,
    samples: &Done<Samples>,
    seed: u64,
) -> Result<Done<Trainer>> {
    let mut trained: Option<Done<Trainer>> = None;
    for (number, phase) in rbm.phases.iter().enumerate() {
        let Phase { epochs, .. } = *phase;
        let config = s.config(rbm.hidden, phase);
        let seed = child_seed(seed, "phase", number as u64);
        let data = Data::Samples(samples);
        let stage = TrainRbm { data, config, from: trained.as_ref(), epochs: *epochs, seed };
        trained = Some(lab.get(&stage)?);
    }
    trained.context("there is no phase of training")
}
