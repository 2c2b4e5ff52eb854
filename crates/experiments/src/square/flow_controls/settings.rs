//! The settings of `flow-controls`, and what RBMs are trained on.

use crate::square::torus::NetworkSettings;
use crate::stages::Source;
use anyhow::{Result, ensure};
use exact::square::critical_temperature;
use lab::kinds::{Ascending, Count, Seeds, Within, check_within};
use rbm::{GradientEstimator, Optimiser, Schedule, TrainConfig, WeightSharing};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Configurations that flow from each start, and configurations that tell what thermometers read at T_c.
    pub(super) copies: Count<100, 10_000_000>,
    pub(super) steps: Count<1, 1_000_000>,
    /// Steps at which distributions are shown and all thermometers read; the last is `steps`.
    pub(super) shown: Ascending<usize>,
    /// The critical temperature of complete graph and mean field, on the scale of the temperatures.
    mean_field_critical: f64,
    /// The hottest temperature of the physical thermometers.
    pub(super) hottest: Within<1, 1000>,
    pub(super) tori: Vec<Protocol>,
}

/// One torus, and what is trained on it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Protocol {
    pub(super) side: Count<4, 256>,
    pub(super) seeds: Seeds,
    /// Of torus, complete graph and mean field, J / k_B.
    pub(super) temperatures: Ascending<f64>,
    /// Configurations at each temperature of the physical thermometers' curves.
    pub(super) curve_draws: Count<100, 10_000_000>,
    /// Configurations at each temperature that the networks are trained on.
    pub(super) network_samples: Count<10, 10_000_000>,
    /// The source's network, then another.
    pub(super) networks: [NetworkSettings; 2],
    hidden: Count<1, 1_000_000>,
    batch: Count<1, 10_000_000>,
    /// Standard deviation of the initial weights of units 0 and 1; a quarter of it of units +-1.
    initial_std: f32,
    /// The source's |m| where weights were redrawn, by its key; empty where it has none.
    pub(super) m_star_redrawn: String,
    pub(super) trainings: Vec<TrainingSettings>,
    /// RBMs on the first data set at another learning rate: whether only rate times updates counts.
    pub(super) check: Pace,
}

/// What RBMs are trained on, and how long.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrainingSettings {
    pub(super) data: DataSet,
    /// Configurations at each temperature.
    pub(super) samples: Count<1, 10_000_000>,
    /// Of RBMs of units 0 and 1, and of units +-1.
    pub(super) binary: Pace,
    spins: Pace,
    /// Rate times updates of the source.
    source_time: f64,
    /// The source's |m| at the end and its reconstruction error, by their keys; empty where it has none.
    pub(super) m_star: String,
    pub(super) reconstruction: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pace {
    pub(super) learning_rate: f32,
    pub(super) epochs: Count<1, 10_000_000>,
    /// Epochs that an interruption loses at most.
    pub(super) segment: Count<1, 10_000_000>,
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

/// The units of an RBM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Units {
    /// 0 and 1, no biases.
    Binary,
    /// +-1, no biases.
    Spins,
}

impl Units {
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
}

impl TrainingSettings {
    pub(super) fn pace(&self, units: Units) -> Pace {
        match units {
            Units::Binary => self.binary,
            Units::Spins => self.spins,
        }
    }
}

impl Pace {
    /// Epochs after each segment.
    pub(super) fn stops(self) -> Vec<u64> {
        (0..*self.epochs).step_by(self.segment.size()).skip(1).chain([*self.epochs]).collect()
    }
}

impl Settings {
    /// Where the configurations of a data set without a lattice come from, and temperatures that they stand for.
    pub(super) fn sources(&self, p: &Protocol, data: DataSet) -> Vec<(f64, Source)> {
        let critical = self.mean_field_critical;
        let each =
            |of: &dyn Fn(f64) -> Source| p.temperatures.iter().map(|&t| (t, of(t))).collect();
        match data {
            DataSet::Torus => Vec::new(),
            DataSet::Ends => vec![(0.0, Source::Aligned), (f64::INFINITY, Source::Balanced)],
            DataSet::CompleteGraph => {
                each(&|temperature| Source::CompleteGraph { temperature, critical })
            }
            DataSet::MeanField => each(&|temperature| Source::MeanField { temperature, critical }),
        }
    }
}

impl Protocol {
    /// Plain CD-1, as the source's.
    pub(super) fn train_config(&self, units: Units, learning_rate: f32) -> TrainConfig {
        let (sharing, biases, quarter) = match units {
            Units::Binary => (WeightSharing::Binary, true, 1.0),
            Units::Spins => (WeightSharing::Free, false, 0.25),
        };
        TrainConfig {
            hidden: self.hidden.size(),
            batch: self.batch.size(),
            learning_rate,
            schedule: Schedule::Constant,
            gradient: GradientEstimator::Contrastive { steps: 1 },
            optimiser: Optimiser::Ascent { momentum: 0.0 },
            l1: 0.0,
            l2: 0.0,
            initial_std: quarter * self.initial_std,
            biases,
            sharing,
        }
    }

    /// The configurations of a data set.
    fn size(&self, training: &TrainingSettings) -> u64 {
        let temperatures = match training.data {
            DataSet::Ends => 2,
            _ => self.temperatures.len(),
        };
        temperatures as u64 * *training.samples
    }

    /// Rate times updates after so many epochs.
    pub(super) fn time(&self, training: &TrainingSettings, learning_rate: f32, epochs: u64) -> f64 {
        f64::from(learning_rate) * (self.size(training) / *self.batch * epochs) as f64
    }

    /// What differs from the source's training, where rate times updates of units 0 and 1 is more than 2 % off its own.
    pub(super) fn differs(&self, training: &TrainingSettings) -> Option<String> {
        const SAME_TIME: f64 = 0.02;
        let Pace { learning_rate, epochs, .. } = training.binary;
        let (time, source) = (self.time(training, learning_rate, *epochs), training.source_time);
        ((time / source - 1.0).abs() > SAME_TIME).then(|| {
            let data = training.data.name();
            format!("{data}, L = {}: rate × updates is {time:.0}, the source's {source}", self.side)
        })
    }

    fn check(&self) -> Result<()> {
        ensure!(self.side.is_multiple_of(2), "side is {}, but must be even", self.side);
        check_within("temperatures", self.temperatures.lowest(), 0.0, critical_temperature())?;
        check_within("temperatures", self.temperatures.highest(), critical_temperature(), 100.0)?;
        for network in &self.networks {
            flow::Calibration::new(&self.temperatures, 1, network.train.clone(), 0)?;
        }
        for (number, training) in self.trainings.iter().enumerate() {
            let once = self.trainings[..number].iter().all(|other| other.data != training.data);
            ensure!(once, "trainings have the data {:?} twice", training.data.key());
        }
        let first = self.trainings.first().map(|training| training.data);
        ensure!(first == Some(DataSet::Torus), "trainings must begin with the torus");
        let paces = self.trainings.iter().flat_map(|of| [(of, of.binary), (of, of.spins)]);
        for (training, pace) in paces.chain([(&self.trainings[0], self.check)]) {
            check_within("batch", *self.batch, 1, self.size(training))?;
            for units in Units::BOTH {
                self.train_config(units, pace.learning_rate).check(self.side.pow(2) as usize)?;
            }
        }
        Ok(())
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        let steps = self.steps.size();
        ensure!(self.shown.highest() == steps, "shown must end with steps, which is {steps}");
        check_within("mean_field_critical", self.mean_field_critical, 0.1, 100.0)?;
        ensure!(!self.tori.is_empty(), "tori is empty, but needs at least one");
        let published = crate::published()?;
        for (number, p) in self.tori.iter().enumerate() {
            let once = self.tori[..number].iter().all(|other| other.side != p.side);
            ensure!(once, "tori have the side {} twice", p.side);
            let of_training = p.trainings.iter().flat_map(|of| [&of.m_star, &of.reconstruction]);
            for key in of_training.chain([&p.m_star_redrawn]).filter(|key| !key.is_empty()) {
                published.value(key)?;
            }
            p.check()?;
        }
        Ok(())
    }
}
