//! What every repetition of a study of flows on the square torus is made of: draws that share nothing, and thermometers.

use crate::stages::{
    DrawEquilibrium, DrawUnstructured, Flowing, Instruments, MeasureCurves, Shape, Source, Step,
    Trajectory, calibrate,
};
use anyhow::{Context, Result};
use flow::{Calibration, IsingCurves, Readings, Rule, Thermometers};
use ising::{Configurations, Samples};
use lab::kinds::Count;
use lab::{Done, Lab};
use serde::{Deserialize, Serialize};
use stats::{Estimate, child_seed};

/// Epochs of a network that an interruption loses at most.
pub(super) const SEGMENT: u64 = 20;

/// A network thermometer, and how long it is trained.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkSettings {
    pub(super) name: String,
    pub(super) epochs: Count<1, 1_000_000>,
    pub(super) train: nn::TrainConfig,
}

/// One repetition on the L x L torus. Whatever it draws or trains has a name, and the name a random stream of its own: sets
/// of different names or repetitions are independent by construction.
#[derive(Clone, Copy)]
pub(super) struct Repetition<'a> {
    pub(super) lab: &'a Lab,
    pub(super) side: usize,
    pub(super) seed: u64,
}

/// Independent configurations in equilibrium, `count` at each of some temperatures, one block after the other.
pub(super) struct Blocks {
    pub(super) samples: Done<Samples>,
    temperatures: Vec<f64>,
    count: usize,
}

impl<'a> Repetition<'a> {
    /// Repetition `index` of the study that `label` names.
    pub(super) fn new(lab: &'a Lab, side: usize, label: &str, index: u64) -> Self {
        Self { lab, side, seed: lab.seed(label, index) }
    }

    /// The seed of what `name` names.
    pub(super) fn seed(&self, name: &str) -> u64 {
        child_seed(self.seed, name, 0)
    }

    /// Independent configurations, `count` at each temperature.
    pub(super) fn draw(&self, name: &str, temperatures: &[f64], count: u32) -> Result<Blocks> {
        let (side, seed) = (self.side, self.seed(name));
        let samples = self.lab.get(&DrawEquilibrium { side, temperatures, count, seed })?;
        Ok(Blocks { samples, temperatures: temperatures.to_vec(), count: count as usize })
    }

    /// Configurations that know of no lattice, `count` of each source; each is found by the temperature that stands for it.
    pub(super) fn draw_unstructured(
        &self,
        name: &str,
        sources: &[(f64, Source)],
        count: u32,
    ) -> Result<Blocks> {
        let (temperatures, sources): (Vec<f64>, Vec<Source>) = sources.iter().copied().unzip();
        let (sites, seed) = (self.side * self.side, self.seed(name));
        let samples = self.lab.get(&DrawUnstructured { sites, sources: &sources, count, seed })?;
        Ok(Blocks { samples, temperatures, count: count as usize })
    }

    /// The four physical thermometers, measured at temperatures up to `hottest`, and a network that learnt `training`.
    pub(super) fn thermometers(
        &self,
        (hottest, draws): (f64, u32),
        network: (&nn::TrainConfig, u64),
        training: &Blocks,
    ) -> Result<TorusThermometers> {
        let (side, seed) = (self.side, self.seed("curves"));
        Ok(TorusThermometers {
            side,
            curves: self.lab.get(&MeasureCurves { side, hottest, draws, seed })?,
            network: self.network(network, training, 0)?,
        })
    }

    /// A network thermometer that learnt `training` for so many epochs; its number tells it from others.
    pub(super) fn network(
        &self,
        (config, epochs): (&nn::TrainConfig, u64),
        training: &Blocks,
        number: u64,
    ) -> Result<Done<Calibration>> {
        let (samples, scale) = (&training.samples, &training.temperatures);
        let seed = child_seed(self.seed, "thermometer", number);
        calibrate(&self.lab.store, samples, scale, config, epochs, SEGMENT, seed)
    }
}

impl Blocks {
    /// Where the configurations of a temperature are: the first, and one past the last.
    pub(super) fn range(&self, temperature: f64) -> Result<(usize, usize)> {
        let number = self.temperatures.iter().position(|t| *t == temperature);
        let number = number.with_context(|| format!("nothing was drawn at T = {temperature}"))?;
        Ok((number * self.count, (number + 1) * self.count))
    }

    /// The configurations of a temperature.
    pub(super) fn at(&self, temperature: f64) -> Result<Samples> {
        let (from, to) = self.range(temperature)?;
        Ok(self.samples.value.rows(from..to))
    }
}

/// The five thermometers of a torus.
pub(super) struct TorusThermometers {
    pub(super) side: usize,
    pub(super) curves: Done<IsingCurves>,
    pub(super) network: Done<Calibration>,
}

impl TorusThermometers {
    /// What all thermometers say of independent configurations.
    pub(super) fn read(&self, samples: &Configurations) -> Result<Readings> {
        let network = self.network.value.thermometer();
        let thermometers = Thermometers { network: Some(&network), curves: &self.curves.value };
        Ok(thermometers.read(samples, samples.len())?)
    }

    /// What the network says of independent configurations.
    pub(super) fn network_of(&self, samples: &Configurations) -> Result<Estimate> {
        Ok(self.network.value.thermometer().temperature(samples, samples.len())?)
    }

    /// The trajectory of a block of configurations, at the steps `read` by all thermometers.
    pub(super) fn trajectory(
        &self,
        of: Repetition<'_>,
        rbm: Flowing<'_>,
        (start, temperature): (&Blocks, f64),
        rule: Rule,
        read: &[usize],
        seed: u64,
    ) -> Result<Vec<Step>> {
        let stage = Trajectory {
            rbm,
            start: &start.samples,
            range: start.range(temperature)?,
            shape: Shape::Square(self.side),
            rule,
            read,
            instruments: Instruments {
                network: Some(&self.network),
                curves: Some(&self.curves),
                configurations: false,
            },
            seed,
        };
        Ok(of.lab.get(&stage)?.value)
    }

    /// The end of such a trajectory.
    pub(super) fn end(
        &self,
        of: Repetition<'_>,
        rbm: Flowing<'_>,
        start: (&Blocks, f64),
        rule: Rule,
        steps: usize,
        seed: u64,
    ) -> Result<Step> {
        let mut steps = self.trajectory(of, rbm, start, rule, &[steps], seed)?;
        steps.pop().context("nothing was read")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distinct::{HOT, assert_distinct, lab};

    #[test]
    fn sets_of_other_names_or_repetitions_share_no_configuration() {
        let (_directory, lab) = lab();
        let drawn: Vec<Blocks> = ["training", "held-out"]
            .iter()
            .flat_map(|name| (0..2).map(move |index| (name, index)))
            .map(|(name, index)| Repetition::new(&lab, 8, "a study", index).draw(name, &HOT, 300))
            .collect::<Result<_>>()
            .unwrap();
        assert_distinct(&drawn.iter().map(|blocks| &blocks.samples.value).collect::<Vec<_>>());
        assert_eq!(drawn[0].range(HOT[1]).unwrap(), (300, 600));
        assert!(drawn[0].range(1.0).is_err());
    }
}
