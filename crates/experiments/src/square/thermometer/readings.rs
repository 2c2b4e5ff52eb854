//! Ensembles of known temperature as all thermometers read them.

use super::{Lattice, Network, Settings};
use crate::stages::{DrawEquilibrium, MeasureCurves, calibrate};
use anyhow::Result;
use flow::{NetworkThermometer, Reading, Readings, Thermometers, Verdict};
use lab::Run;
use nalgebra::DMatrix;
use rayon::prelude::*;
use stats::{Estimate, child_seed};

/// The share of Ising ensembles that may be said to have no temperature.
pub(super) const LEVEL: f64 = 1e-3;
/// Epochs of a network that an interruption loses at most.
const SEGMENT: u64 = 20;

/// The physical thermometers.
pub(super) const PHYSICAL: [&str; 4] =
    ["energy", "magnetisation", "correlation length", "two-point function"];

/// One side L, all seeds.
pub(super) struct Torus {
    pub(super) side: usize,
    /// Names of the networks.
    pub(super) networks: Vec<String>,
    /// `[temperature][seed]`.
    pub(super) ensembles: Vec<Vec<Ensemble>>,
    /// Of each network, over all seeds: `[true, read]` on the scale.
    pub(super) confusion: Vec<DMatrix<u64>>,
}

/// One ensemble of a known temperature.
pub(super) struct Ensemble {
    pub(super) temperature: f64,
    readings: Readings,
    /// What each network reads.
    pub(super) networks: Vec<Estimate>,
}

impl Ensemble {
    /// What each of [`PHYSICAL`] reads, where it is on its scale.
    pub(super) fn physical(&self) -> [Option<Estimate>; 4] {
        let Readings { energy, magnetisation, correlation_length, two_point, .. } = &self.readings;
        [energy, magnetisation, correlation_length, &two_point.reading].map(Reading::estimate)
    }

    /// Whether it is found to be an ensemble of one temperature, which it is.
    pub(super) fn is_recognised(&self) -> bool {
        self.readings.verdict(LEVEL) != Verdict::NoTemperature
    }

    /// `chi^2` of the two-point fit, by its p-value.
    pub(super) fn p_value(&self) -> f64 {
        self.readings.two_point.p_value
    }
}

pub(super) fn tori(run: &Run, settings: &Settings) -> Result<Vec<Torus>> {
    settings.lattices.iter().map(|lattice| torus(run, settings, lattice)).collect()
}

fn torus(run: &Run, settings: &Settings, lattice: &Lattice) -> Result<Torus> {
    let seeds = (0..settings.seeds).into_par_iter();
    let trials: Vec<Trial> =
        seeds.map(|seed| trial(run, settings, lattice, seed)).collect::<Result<_>>()?;
    let classes = settings.scale.len();
    let mut confusion = vec![DMatrix::zeros(classes, classes); lattice.networks.len()];
    let mut ensembles: Vec<Vec<Ensemble>> = settings.read.iter().map(|_| Vec::new()).collect();
    for trial in trials {
        for (sum, matrix) in confusion.iter_mut().zip(&trial.confusion) {
            *sum += matrix;
        }
        for (all, ensemble) in ensembles.iter_mut().zip(trial.ensembles) {
            all.push(ensemble);
        }
    }
    let networks = lattice.networks.iter().map(|network| network.name.clone()).collect();
    Ok(Torus { side: lattice.side, networks, ensembles, confusion })
}

/// One seed.
struct Trial {
    ensembles: Vec<Ensemble>,
    confusion: Vec<DMatrix<u64>>,
}

fn trial(run: &Run, settings: &Settings, lattice: &Lattice, seed: u64) -> Result<Trial> {
    let side = lattice.side;
    let child = |what: &str| child_seed(run.seed, &format!("thermometer/{what}/{side}"), seed);
    let curves = run.store.get(&MeasureCurves {
        side,
        hottest: settings.hottest,
        draws: lattice.curve_draws,
        seed: child("curves"),
    })?;
    let draw = |what: &str, temperatures: &[f64], count: u32| {
        run.store.get(&DrawEquilibrium { side, temperatures, count, seed: child(what) })
    };
    let training = draw("training", &settings.scale, lattice.samples)?;
    let held_out = draw("held out", &settings.scale, settings.ensemble)?;
    let read = draw("read", &settings.read, settings.ensemble)?;
    let network = |network: &Network| -> Result<NetworkThermometer> {
        let seed = child(&format!("network {}", network.name));
        let calibration = calibrate(
            &run.store,
            &training,
            &settings.scale,
            &network.train,
            network.epochs,
            SEGMENT,
            seed,
        )?;
        Ok(calibration.value.thermometer())
    };
    let networks: Vec<NetworkThermometer> =
        lattice.networks.iter().map(network).collect::<Result<_>>()?;
    let ensemble = |(number, &temperature): (usize, &f64)| -> Result<Ensemble> {
        let chains = settings.ensemble as usize;
        let samples = read.value.rows(number * chains..(number + 1) * chains);
        let thermometers = Thermometers { network: None, curves: &curves.value };
        let of_network = |network: &NetworkThermometer| network.temperature(&samples, chains);
        Ok(Ensemble {
            temperature,
            readings: thermometers.read(&samples, chains)?,
            networks: networks.iter().map(of_network).collect::<Result<_, _>>()?,
        })
    };
    Ok(Trial {
        ensembles: settings.read.iter().enumerate().map(ensemble).collect::<Result<_>>()?,
        confusion: networks
            .iter()
            .map(|n| n.confusion(&held_out.value))
            .collect::<Result<_, _>>()?,
    })
}
