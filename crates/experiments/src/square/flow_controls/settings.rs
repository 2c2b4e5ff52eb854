//! The settings of `flow-controls`.

use crate::stages::Source;
use anyhow::{Result, ensure};
use exact::square::critical_temperature;
use lab::parts::*;
use rbm::{Negative, Optimiser, Schedule, Ties, TrainConfig};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Configurations that flow from each start, and configurations that tell what thermometers read at T_c.
    pub(super) copies: u32,
    pub(super) steps: usize,
    /// Steps at which distributions are shown and all thermometers read, ascending; the last is `steps`.
    pub(super) shown: Vec<usize>,
    /// The critical temperature of complete graph and mean field, on the scale of the temperatures.
    pub(super) mean_field_critical: f64,
    /// The hottest temperature of the physical thermometers.
    pub(super) hottest: f64,
    pub(super) tori: Vec<Torus>,
}

/// One torus, and what is trained on it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Torus {
    pub(super) side: usize,
    pub(super) seeds: u64,
    /// Of torus, complete graph and mean field, ascending, J / k_B.
    pub(super) temperatures: Vec<f64>,
    /// Configurations at each temperature of the physical thermometers' curves.
    pub(super) curve_draws: u32,
    /// Configurations at each temperature that the networks are trained on.
    pub(super) network_samples: u32,
    /// The source's network, then another.
    pub(super) networks: [Network; 2],
    pub(super) hidden: usize,
    pub(super) batch: usize,
    /// Standard deviation of the initial weights of units 0 and 1; a quarter of it of units +-1.
    pub(super) initial_std: f32,
    /// The source's |m| where weights were redrawn, by its key; empty where it has none.
    pub(super) m_star_redrawn: String,
    pub(super) trainings: Vec<Training>,
    /// Machines on the first data set at another learning rate: whether only rate times updates counts.
    pub(super) check: Pace,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Network {
    pub(super) name: String,
    pub(super) epochs: u64,
    pub(super) train: nn::TrainConfig,
}

/// What machines are trained on, and how long.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Training {
    pub(super) data: DataSet,
    /// Configurations at each temperature.
    pub(super) samples: u32,
    /// Of machines of units 0 and 1, and of units +-1.
    pub(super) binary: Pace,
    pub(super) spins: Pace,
    /// Rate times updates of the source.
    pub(super) source_time: f64,
    /// The source's |m| at the end and its reconstruction error, by their keys; empty where it has none.
    pub(super) m_star: String,
    pub(super) reconstruction: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pace {
    pub(super) learning_rate: f32,
    pub(super) epochs: u64,
    /// Epochs that an interruption loses at most.
    pub(super) segment: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DataSet {
    /// The Ising model on the torus.
    Torus,
    /// Zero and infinite temperature alone.
    Ends,
    CompleteGraph,
    MeanField,
}

/// The units of a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// 0 and 1, no biases.
    Binary,
    /// +-1, no biases.
    Spins,
}

impl Kind {
    pub(super) const BOTH: [Self; 2] = [Self::Binary, Self::Spins];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Binary => "0/1",
            Self::Spins => "±1",
        }
    }
}

impl DataSet {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Torus => "torus, all T",
            Self::Ends => "T = 0 and ∞",
            Self::CompleteGraph => "complete graph",
            Self::MeanField => "mean field",
        }
    }

    /// In file names.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Torus => "torus",
            Self::Ends => "ends",
            Self::CompleteGraph => "complete-graph",
            Self::MeanField => "mean-field",
        }
    }

    /// Where its configurations come from; none for the torus.
    pub(super) fn sources(self, temperatures: &[f64], critical: f64) -> Vec<Source> {
        let each = |of: &dyn Fn(f64) -> Source| temperatures.iter().map(|&t| of(t)).collect();
        match self {
            Self::Torus => Vec::new(),
            Self::Ends => vec![Source::Aligned, Source::Balanced],
            Self::CompleteGraph => {
                each(&|temperature| Source::CompleteGraph { temperature, critical })
            }
            Self::MeanField => each(&|temperature| Source::MeanField { temperature, critical }),
        }
    }
}

impl Training {
    pub(super) fn pace(&self, kind: Kind) -> Pace {
        match kind {
            Kind::Binary => self.binary,
            Kind::Spins => self.spins,
        }
    }
}

impl Torus {
    pub(super) fn sites(&self) -> usize {
        self.side * self.side
    }

    /// Plain CD-1, as the source's.
    pub(super) fn train_config(&self, kind: Kind, learning_rate: f32) -> TrainConfig {
        let (ties, biases, quarter) = match kind {
            Kind::Binary => (Ties::Binary, true, 1.0),
            Kind::Spins => (Ties::Free, false, 0.25),
        };
        TrainConfig {
            hidden: self.hidden,
            batch: self.batch,
            learning_rate,
            schedule: Schedule::Constant,
            negative: Negative::Contrastive { steps: 1 },
            optimiser: Optimiser::Ascent { momentum: 0.0 },
            l1: 0.0,
            l2: 0.0,
            initial_std: quarter * self.initial_std,
            biases,
            ties,
        }
    }

    /// The configurations of a data set.
    fn size(&self, training: &Training) -> u64 {
        let temperatures = match training.data {
            DataSet::Ends => 2,
            _ => self.temperatures.len(),
        };
        temperatures as u64 * u64::from(training.samples)
    }

    /// Rate times updates.
    pub(super) fn time(&self, training: &Training, pace: Pace) -> f64 {
        let updates = self.size(training) / self.batch as u64 * pace.epochs;
        f64::from(pace.learning_rate) * updates as f64
    }

    /// How close to T_c is "at T_c": the widest spacing of the thermometers' scale around it.
    pub(super) fn resolution(&self) -> f64 {
        self.temperatures.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
    }

    fn check(&self) -> Result<()> {
        check_count("side in tori", self.side as u64, 4, 256)?;
        ensure!(self.side.is_multiple_of(2), "side is {}, but must be even", self.side);
        check_count("seeds in tori", self.seeds, 2, 1000)?;
        check_values("temperatures", &self.temperatures, 0.0, 100.0)?;
        ensure!(self.temperatures.is_sorted_by(|a, b| a < b), "temperatures must ascend");
        let (first, last) = (self.temperatures[0], self.temperatures[self.temperatures.len() - 1]);
        let inside = first < critical_temperature() && critical_temperature() < last;
        ensure!(inside, "temperatures must lie on both sides of T_c, but are {first} to {last}");
        check_count("curve_draws", self.curve_draws.into(), 100, 10_000_000)?;
        check_count("hidden in tori", self.hidden as u64, 1, 1_000_000)?;
        check_count("network_samples", self.network_samples.into(), 10, 10_000_000)?;
        for network in &self.networks {
            check_count("epochs in networks", network.epochs, 1, 1_000_000)?;
            flow::Calibration::new(&self.temperatures, 1, network.train.clone(), 0)?;
        }
        let data: Vec<DataSet> = self.trainings.iter().map(|training| training.data).collect();
        check_distinct("the data of trainings", &data)?;
        ensure!(data.first() == Some(&DataSet::Torus), "trainings must begin with the torus");
        let paces = self.trainings.iter().flat_map(|of| [(of, of.binary), (of, of.spins)]);
        for (training, pace) in paces.chain([(&self.trainings[0], self.check)]) {
            check_count("samples in trainings", training.samples.into(), 1, 10_000_000)?;
            check_count("epochs in trainings", pace.epochs, 1, 10_000_000)?;
            check_count("segment in trainings", pace.segment, 1, 10_000_000)?;
            let enough = self.size(training) >= self.batch as u64;
            ensure!(enough, "batch is {}, more than a data set has", self.batch);
            for kind in Kind::BOTH {
                let config = self.train_config(kind, pace.learning_rate);
                config.check(self.sites())?;
            }
        }
        Ok(())
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_count("copies", self.copies.into(), 100, 10_000_000)?;
        check_count("steps", self.steps as u64, 1, 1_000_000)?;
        ensure!(self.shown.is_sorted_by(|a, b| a < b), "shown must ascend");
        ensure!(self.shown.last() == Some(&self.steps), "shown must end with steps");
        check_values("mean_field_critical", &[self.mean_field_critical], 0.1, 100.0)?;
        check_values("hottest", &[self.hottest], 1.0, 1000.0)?;
        ensure!(!self.tori.is_empty(), "tori is empty, but needs at least one");
        let published = crate::published()?;
        for torus in &self.tori {
            let of_training =
                torus.trainings.iter().flat_map(|of| [&of.m_star, &of.reconstruction]);
            for key in of_training.chain([&torus.m_star_redrawn]).filter(|key| !key.is_empty()) {
                published.value(key)?;
            }
        }
        let sides: Vec<usize> = self.tori.iter().map(|torus| torus.side).collect();
        check_distinct("the sides of tori", &sides)?;
        self.tori.iter().try_for_each(Torus::check)
    }
}
