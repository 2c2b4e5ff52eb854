//! Experiment `flow-large`: whether the temperature where the flow ends tends to T_c on larger tori.

mod cells;
mod claims;
mod report;

use ::report::content::Section;
use anyhow::{Result, ensure};
use exact::square::critical_temperature;
use lab::Run;
use lab::parts::*;
use rbm::{Negative, Optimiser, Schedule, Ties, TrainConfig};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Temperatures of the training set, ascending, J / k_B; flows start from the first and the last.
    temperatures: Vec<f64>,
    /// Configurations at each temperature of the training set.
    samples: u32,
    seeds: u64,
    /// Hidden units per visible one, rounded to the nearest number of them.
    hidden_share: f64,
    /// CD-1, plain, the same for all tori: rate times updates is equal.
    batch: usize,
    learning_rate: f32,
    initial_std: f32,
    /// Epochs after which the machines are looked at, ascending; the last is the end.
    epochs: Vec<u64>,
    /// Configurations that flow from each start, and of the mixture at each temperature.
    copies: u32,
    mixture: u32,
    steps: usize,
    /// The hottest temperature of the physical thermometers.
    hottest: f64,
    /// The network: hidden layers and epochs, on the training set of the machine.
    network_epochs: u64,
    network: nn::TrainConfig,
    tori: Vec<Torus>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Torus {
    side: usize,
    /// Configurations at each temperature of the physical thermometers' curves.
    curve_draws: u32,
}

impl Settings {
    /// Hidden units of the machine of a torus.
    fn hidden(&self, torus: &Torus) -> usize {
        (self.hidden_share * (torus.side * torus.side) as f64).round() as usize
    }

    fn train_config(&self, torus: &Torus) -> TrainConfig {
        TrainConfig {
            hidden: self.hidden(torus),
            batch: self.batch,
            learning_rate: self.learning_rate,
            schedule: Schedule::Constant,
            negative: Negative::Contrastive { steps: 1 },
            optimiser: Optimiser::Ascent { momentum: 0.0 },
            l1: 0.0,
            l2: 0.0,
            initial_std: self.initial_std,
            biases: false,
            ties: Ties::Free,
        }
    }

    /// Rate times updates after so many epochs.
    fn time(&self, epochs: u64) -> f64 {
        let batches = self.samples as usize * self.temperatures.len() / self.batch;
        f64::from(self.learning_rate) * (batches as u64 * epochs) as f64
    }

    /// The widest spacing of the temperatures.
    fn resolution(&self) -> f64 {
        self.temperatures.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
    }

    /// The temperatures of the starts, cold and hot.
    fn starts(&self) -> [f64; 2] {
        [self.temperatures[0], self.temperatures[self.temperatures.len() - 1]]
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_values("temperatures", &self.temperatures, 0.0, 100.0)?;
        ensure!(self.temperatures.is_sorted_by(|a, b| a < b), "temperatures must ascend");
        let [first, last] = self.starts();
        let inside = first < critical_temperature() && critical_temperature() < last;
        ensure!(inside, "temperatures must lie on both sides of T_c, but are {first} to {last}");
        check_count("samples", self.samples.into(), 1, 10_000_000)?;
        check_count("seeds", self.seeds, 2, 1000)?;
        check_values("hidden_share", &[self.hidden_share], 0.01, 100.0)?;
        ensure!(!self.epochs.is_empty(), "epochs is empty, but needs at least one number");
        ensure!(self.epochs.is_sorted_by(|a, b| a < b), "epochs must ascend");
        check_count("the first of epochs", self.epochs[0], 1, 10_000_000)?;
        check_count("copies", self.copies.into(), 100, 10_000_000)?;
        check_count("mixture", self.mixture.into(), 10, 10_000_000)?;
        check_count("steps", self.steps as u64, 1, 1_000_000)?;
        check_values("hottest", &[self.hottest], 1.0, 1000.0)?;
        check_count("network_epochs", self.network_epochs, 1, 1_000_000)?;
        ensure!(self.tori.len() >= 2, "tori needs at least two sides");
        ensure!(self.tori.is_sorted_by(|a, b| a.side < b.side), "the sides of tori must ascend");
        let training = self.samples as usize * self.temperatures.len();
        ensure!(self.batch <= training, "batch is {}, but there are {training}", self.batch);
        flow::Calibration::new(&self.temperatures, 1, self.network.clone(), 0)?;
        for torus in &self.tori {
            check_count("side in tori", torus.side as u64, 4, 256)?;
            check_count("curve_draws in tori", torus.curve_draws.into(), 100, 10_000_000)?;
            check_count("hidden units", self.hidden(torus) as u64, 1, 1_000_000)?;
            self.train_config(torus).check(torus.side * torus.side)?;
        }
        Ok(())
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let sizes = cells::sizes(run, settings)?;
    let sides: Vec<String> = settings.tori.iter().map(|torus| torus.side.to_string()).collect();
    Ok(Section {
        checks: vec![],
        experiment: "flow-large".into(),
        title: "Does the end of the flow tend to the critical point on larger tori?".into(),
        headline: claims::headline(settings, &sizes),
        introduction: vec![format!(
            "Machines with {} hidden units per spin learn the {} temperatures from {} to {} of tori of side L = {}, all with the same learning rate for the same number of updates. Configurations of both ends of the scale flow by the sampled rule for {} steps and are read by five thermometers. If the flow knew the critical point, its end would tend to $T_c$ as L grows, as the maximum of the finite torus' specific heat does.",
            settings.hidden_share,
            settings.temperatures.len(),
            settings.starts()[0],
            settings.starts()[1],
            sides.join(", "),
            settings.steps
        )],
        claims: claims::claims(run, settings, &sizes)?,
        figures: vec![report::sizes_figure(settings, &sizes), report::times_figure(settings, &sizes)],
        tables: vec![report::table(settings, &sizes)],
        discussion: vec![
            "The mixture is what a machine that had learnt its training set perfectly would end in. Its readings tend to limits of their own as L grows: thermometers average over temperatures, on each of which the observables have limits; nothing singles out $T_c$.".into(),
            "Equal rate × updates is not equal learning: the collective mode of m gains in proportion to the number of spins, so that larger tori are ahead in their training at the same time. How the ends move with training is shown beside them.".into(),
        ],
        settings: toml::to_string(settings)?,
    })
}
