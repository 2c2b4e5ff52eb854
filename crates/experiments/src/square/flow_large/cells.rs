//! The stages of `flow-large`, over sides and seeds, and what the torus itself has to say.

use super::{Settings, Torus};
use crate::square::thermometers::{temperature, temperatures};
use crate::stages::{
    Data, DrawEquilibrium, FlowReadings, Flowing, MeasureCurves, ReadFlow, anneal_rbm, calibrate,
};
use anyhow::Result;
use exact::square::critical_temperature;
use exact::torus::kaufman;
use flow::{Calibration, IsingCurves, Readings, Rule, Thermometers};
use ising::Samples;
use lab::Run;
use lab::parts::over_seeds;
use lab::store::Done;
use rayon::prelude::*;
use rbm::Trainer;
use stats::{Estimate, child_seed};

/// Epochs of the network that an interruption loses at most.
const SEGMENT: u64 = 20;

/// One torus, all seeds.
pub(super) struct Size {
    pub(super) side: usize,
    pub(super) hidden: usize,
    /// Where the specific heat of the torus is largest, exact.
    pub(super) specific_heat_peak: f64,
    /// What the network reads of configurations at T_c.
    pub(super) network_at_critical: Estimate,
    /// What all thermometers read of the training mixture, where it is on their scales.
    pub(super) mixture: [Option<Estimate>; 5],
    /// `[checkpoint][start][seed]`: the last step.
    pub(super) ends: Vec<[Vec<FlowReadings>; 2]>,
}

impl Size {
    /// A thermometer at the end of the flow, after the epochs of a checkpoint, over seeds.
    pub(super) fn end(
        &self,
        checkpoint: usize,
        start: usize,
        thermometer: usize,
    ) -> Option<Estimate> {
        temperature(&self.ends[checkpoint][start], thermometer)
    }

    /// A thermometer at the end of the flow of machines trained to the end.
    pub(super) fn trained(&self, start: usize, thermometer: usize) -> Option<Estimate> {
        self.end(self.ends.len() - 1, start, thermometer)
    }
}

/// One seed of a torus.
struct Seed {
    curves: Done<IsingCurves>,
    calibration: Done<Calibration>,
    /// `copies` configurations at the cold start, the hot one, at T_c.
    blocks: Done<Samples>,
    mixture: Done<Samples>,
    /// By checkpoint.
    states: Vec<Done<Trainer>>,
    seed: u64,
}

pub(super) fn sizes(run: &Run, settings: &Settings) -> Result<Vec<Size>> {
    // All machines at once: the largest take longest.
    let all: Vec<(usize, u64)> = (0..settings.tori.len())
        .rev()
        .flat_map(|torus| (0..settings.seeds).map(move |seed| (torus, seed)))
        .collect();
    let seeds: Vec<Seed> = all
        .par_iter()
        .map(|&(torus, index)| seed(run, settings, &settings.tori[torus], index))
        .collect::<Result<_>>()?;
    let of_torus = |torus: usize| {
        let mine = all.iter().zip(&seeds).filter(|((of, _), _)| *of == torus);
        let mine: Vec<&Seed> = mine.map(|(_, seed)| seed).collect();
        size(run, settings, &settings.tori[torus], &mine)
    };
    (0..settings.tori.len()).map(of_torus).collect()
}

/// Configurations for training, the blocks, and the mixture.
fn draws(run: &Run, settings: &Settings, side: usize, seed: u64) -> Result<[Done<Samples>; 3]> {
    let draw = |what: &str, temperatures: &[f64], count: u32| {
        let seed = child_seed(seed, what, 0);
        run.store.get(&DrawEquilibrium { side, temperatures, count, seed })
    };
    let [cold, hot] = settings.starts();
    Ok([
        draw("training", &settings.temperatures, settings.samples)?,
        draw("starts", &[cold, hot, critical_temperature()], settings.copies)?,
        draw("mixture", &settings.temperatures, settings.mixture)?,
    ])
}

fn seed(run: &Run, settings: &Settings, torus: &Torus, index: u64) -> Result<Seed> {
    let (side, temperatures) = (torus.side, &settings.temperatures);
    let seed = child_seed(run.seed, &format!("flow-large/{side}"), index);
    let child = |what: &str| child_seed(seed, what, 0);
    let [training, blocks, mixture] = draws(run, settings, side, seed)?;
    let curves = run.store.get(&MeasureCurves {
        side,
        hottest: settings.hottest,
        draws: torus.curve_draws,
        seed: child("curves"),
    })?;
    let (network, epochs) = (&settings.network, settings.network_epochs);
    let of_network = child("thermometer");
    let calibration =
        calibrate(&run.store, &training, temperatures, network, epochs, SEGMENT, of_network)?;
    let before = [0].into_iter().chain(settings.epochs.iter().copied());
    let phases: Vec<(u64, f32)> = settings
        .epochs
        .iter()
        .zip(before)
        .map(|(to, from)| (to - from, settings.learning_rate))
        .collect();
    let config = settings.train_config(torus);
    let states = anneal_rbm(&run.store, Data::Samples(&training), config, &phases, child("rbm"))?;
    Ok(Seed { curves, calibration, blocks, mixture, states, seed })
}

fn size(run: &Run, settings: &Settings, torus: &Torus, seeds: &[&Seed]) -> Result<Size> {
    let copies = settings.copies as usize;
    let critical = |seed: &&Seed| {
        let samples = seed.blocks.value.rows(2 * copies..3 * copies);
        Ok(seed.calibration.value.thermometer().temperature(&samples, copies)?)
    };
    let mixture = |seed: &&Seed| -> Result<Readings> {
        let network = seed.calibration.value.thermometer();
        let thermometers = Thermometers { network: Some(&network), curves: &seed.curves.value };
        Ok(thermometers.read(&seed.mixture.value, seed.mixture.value.len())?)
    };
    let mixtures: Vec<Readings> = seeds.par_iter().map(mixture).collect::<Result<_>>()?;
    let of_mixture = |thermometer: usize| -> Option<Estimate> {
        let read = mixtures.iter().map(|read| temperatures(read)[thermometer]);
        Some(over_seeds(&read.collect::<Option<Vec<_>>>()?))
    };
    let end = |checkpoint: usize, start: usize| -> Result<Vec<FlowReadings>> {
        let of_seed = |seed: &&Seed| -> Result<Vec<FlowReadings>> {
            let stage = ReadFlow {
                rbm: Flowing::Trained(&seed.states[checkpoint]),
                network: &seed.calibration,
                curves: &seed.curves,
                start: &seed.blocks,
                range: (start * copies, (start + 1) * copies),
                rule: Rule::Sampled,
                read: &[settings.steps],
                seed: child_seed(seed.seed, "flow", start as u64),
            };
            Ok(run.store.get(&stage)?.value)
        };
        let of_seeds: Vec<Vec<FlowReadings>> =
            seeds.par_iter().map(of_seed).collect::<Result<_>>()?;
        Ok(of_seeds.into_iter().flatten().collect())
    };
    let at = |checkpoint: usize| Ok([end(checkpoint, 0)?, end(checkpoint, 1)?]);
    let criticals: Vec<Estimate> = seeds.iter().map(critical).collect::<Result<_>>()?;
    Ok(Size {
        side: torus.side,
        hidden: settings.hidden(torus),
        specific_heat_peak: specific_heat_peak(torus.side)?,
        network_at_critical: over_seeds(&criticals),
        mixture: std::array::from_fn(of_mixture),
        ends: (0..settings.epochs.len()).map(at).collect::<Result<_>>()?,
    })
}

/// Where the exact specific heat of the square torus is largest: a golden section around T_c, where it has one maximum.
fn specific_heat_peak(side: usize) -> Result<f64> {
    let at = |t: f64| -> Result<f64> { Ok(kaufman(side, side, 1.0 / t)?.specific_heat) };
    let (mut low, mut high) = (1.5, 4.0);
    let share = 0.5 * (5.0_f64.sqrt() - 1.0);
    while high - low > 1e-6 {
        let step = share * (high - low);
        let (left, right) = (high - step, low + step);
        if at(left)? < at(right)? { low = left } else { high = right }
    }
    Ok(low.midpoint(high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distinct::{HOT, assert_distinct, run};
    use lab::settings::{Profile, load};

    #[test]
    fn the_peak_of_the_specific_heat_tends_to_the_critical_point() {
        let apart = |side| specific_heat_peak(side).unwrap() - critical_temperature();
        // On tori it lies above, and comes closer as 1 / L.
        let [small, large] = [16, 64].map(apart);
        assert!(small > 0.0 && large > 0.0);
        assert!((small / large - 4.0).abs() < 0.5, "{small} {large}");
        let at = |t: f64| kaufman(16, 16, 1.0 / t).unwrap().specific_heat;
        let peak = specific_heat_peak(16).unwrap();
        assert!(at(peak) > at(peak - 0.01) && at(peak) > at(peak + 0.01));
    }

    #[test]
    fn training_and_start_sets_share_no_configuration() {
        let (_directory, run) = run();
        let mut settings = load::<Settings>(
            "flow-large",
            crate::settings("flow-large").unwrap(),
            Profile::Quick,
            None,
        )
        .unwrap()
        .settings;
        settings.temperatures = HOT.into();
        (settings.samples, settings.copies, settings.mixture) = (300, 300, 300);
        let drawn = [1, 2].map(|seed| draws(&run, &settings, 10, seed).unwrap());
        let drawn = drawn.iter().flatten().map(|done| &done.value);
        assert_distinct(&drawn.collect::<Vec<_>>());
    }
}
