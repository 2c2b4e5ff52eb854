//! What every seed of `flow-square` starts with: configurations, curves and a network; and which of them train a machine.

use super::Settings;
use crate::stages::{Data, DrawEquilibrium, DrawSamples, MeasureCurves, calibrate};
use anyhow::{Context, Result};
use exact::square::critical_temperature;
use flow::{Calibration, IsingCurves};
use ising::Samples;
use lab::Run;
use lab::store::Done;
use rayon::prelude::*;
use stats::child_seed;

/// What a machine was shown: all temperatures, the high ones, or the low ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    All,
    High,
    Low,
}

impl Kind {
    pub(super) const EACH: [Self; 3] = [Self::All, Self::High, Self::Low];

    /// As the sources call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::All => "V",
            Self::High => "H",
            Self::Low => "L",
        }
    }

    /// The temperatures of this kind, as numbers in the settings: the first, and one past the last.
    pub(super) fn range(self, settings: &Settings) -> (usize, usize) {
        let temperatures = &settings.temperatures;
        match self {
            Self::All => (0, temperatures.len()),
            Self::High => {
                (temperatures.partition_point(|t| *t < settings.high_from), temperatures.len())
            }
            Self::Low => (0, temperatures.partition_point(|t| *t <= settings.low_to)),
        }
    }

    /// Configurations of this kind in a training set.
    pub(super) fn count(self, settings: &Settings) -> usize {
        let (from, to) = self.range(settings);
        (to - from) * settings.samples as usize
    }

    /// The part of a training set that is of this kind.
    pub(super) fn data<'a>(self, settings: &Settings, training: &'a Done<Samples>) -> Data<'a> {
        let (from, to) = self.range(settings);
        let draws = settings.samples as usize;
        match self {
            Self::All => Data::Samples(training),
            _ => Data::Rows { rows: training, from: from * draws, to: to * draws },
        }
    }

    /// Epochs after which a machine is kept, the last of all: 1, 2, 5, 10, .. within the first segment, then every segment.
    /// Smaller sets are shown as often as gives all machines the same number of updates.
    pub(super) fn epochs(self, settings: &Settings) -> Vec<u64> {
        let Settings { epochs, segment, .. } = *settings;
        let batches = |kind: Self| (kind.count(settings) / settings.train.batch).max(1) as u64;
        let first = (0..).map(|n| 10_u64.pow(n)).take_while(|decade| *decade < segment);
        let first = first.flat_map(|n| [n, 2 * n, 5 * n]).filter(|n| *n < segment.min(epochs));
        let others = (1..).map(|n| n * segment).take_while(|n| *n < epochs);
        let stops = first.chain(others).chain([epochs]);
        stops.map(|n| (n * batches(Self::All)).div_ceil(batches(self))).collect()
    }
}

/// One seed.
pub(super) struct Set {
    pub(super) seed: u64,
    pub(super) training: Done<Samples>,
    /// Independent configurations that were not drawn for training: at the training temperatures, then at T_c.
    pub(super) held_out: Done<Samples>,
    pub(super) curves: Done<IsingCurves>,
    pub(super) calibration: Done<Calibration>,
}

impl Set {
    /// The held-out configurations of a temperature: the first, and one past the last.
    pub(super) fn block(settings: &Settings, temperature: f64) -> Result<(usize, usize)> {
        let all = held_out_temperatures(settings);
        let number = all.iter().position(|t| *t == temperature);
        let number = number.with_context(|| format!("nothing was held out at {temperature}"))?;
        let draws = settings.held_out as usize;
        Ok((number * draws, (number + 1) * draws))
    }
}

/// The training temperatures and T_c.
pub(super) fn held_out_temperatures(settings: &Settings) -> Vec<f64> {
    settings.temperatures.iter().copied().chain([critical_temperature()]).collect()
}

pub(super) fn sets(run: &Run, settings: &Settings) -> Result<Vec<Set>> {
    let set = |index: u64| -> Result<Set> {
        let seed = child_seed(run.seed, "flow-square", index);
        let training = run.store.get(&DrawSamples {
            shape: settings.shape(),
            temperatures: &settings.temperatures,
            algorithm: settings.algorithm,
            schedule: settings.schedule(settings.samples),
            seed: child_seed(seed, "training", 0),
        })?;
        let held_out = run.store.get(&DrawEquilibrium {
            side: settings.side,
            temperatures: &held_out_temperatures(settings),
            count: settings.held_out,
            seed: child_seed(seed, "held-out", 0),
        })?;
        let curves = run.store.get(&MeasureCurves {
            side: settings.side,
            hottest: settings.hottest,
            draws: settings.curve_draws,
            seed: child_seed(seed, "curves", 0),
        })?;
        let calibration = calibrate(
            &run.store,
            &training,
            &settings.temperatures,
            &settings.thermometer,
            settings.thermometer_epochs,
            settings.segment,
            child_seed(seed, "thermometer", 0),
        )?;
        Ok(Set { seed, training, held_out, curves, calibration })
    };
    (0..settings.seeds).into_par_iter().map(set).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distinct::{HOT, assert_distinct, run};
    use lab::settings::{Profile, load};

    #[test]
    fn training_and_start_sets_share_no_configuration() {
        let (_directory, run) = run();
        let mut settings = load::<Settings>(
            "flow-square",
            crate::settings("flow-square").unwrap(),
            Profile::Quick,
            None,
        )
        .unwrap()
        .settings;
        settings.temperatures = HOT.into();
        (settings.samples, settings.held_out, settings.curve_draws) = (300, 300, 100);
        (settings.thermometer_epochs, settings.seeds) = (1, 2);
        let sets = sets(&run, &settings).unwrap();
        let drawn = sets.iter().flat_map(|set| [&set.training.value, &set.held_out.value]);
        assert_distinct(&drawn.collect::<Vec<_>>());
    }
}
