//! Experiment `flow-field`: machines trained in an external field, and whether their flow ends at the maximum of the specific heat.

mod claims;
mod figures;
mod law;
mod machines;

use anyhow::{Result, ensure};
use exact::transfer::DensityOfStates;
use lab::Run;
use lab::parts::*;
use rbm::TrainConfig;
use report::content::Section;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Side L of the torus; its states are counted.
    side: usize,
    /// Temperatures of the training sets: from 0 to each of these, J / k_B.
    hottest: Vec<f64>,
    /// Their distance.
    spacing: f64,
    /// External fields h, in J, ascending from 0.
    fields: Vec<f64>,
    /// Configurations per temperature, in training and held out.
    samples: u32,
    held_out: u32,
    /// Independent repetitions of everything.
    seeds: u64,
    /// Epochs after which the flow is run, ascending; claims are about the last.
    epochs: Vec<u64>,
    train: TrainConfig,
    network_epochs: u64,
    network: nn::TrainConfig,
    /// Steps after which the flow is read, ascending; claims are about the last.
    steps: Vec<usize>,
}

impl Settings {
    /// The temperatures of a training set.
    fn temperatures(&self, hottest: f64) -> Vec<f64> {
        let last = (hottest / self.spacing).round() as usize;
        (0..=last).map(|i| self.spacing * i as f64).collect()
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_count("side", self.side as u64, 3, 8)?;
        check_values("spacing", &[self.spacing], 0.01, 10.0)?;
        check_values("hottest", &self.hottest, 2.0 * self.spacing, 40.0)?;
        check_distinct("hottest", &self.hottest)?;
        check_values("fields", &self.fields, 0.0, 10.0)?;
        let ascend = self.fields.is_sorted_by(|a, b| a < b) && self.fields.len() >= 2;
        ensure!(ascend && self.fields[0] == 0.0, "fields must ascend from 0 to at least one more");
        check_count("samples", self.samples.into(), 10, 1_000_000)?;
        check_count("held_out", self.held_out.into(), 100, 1_000_000)?;
        check_count("seeds", self.seeds, 2, 1000)?;
        for &epochs in &self.epochs {
            check_count("epochs", epochs, 1, 10_000_000)?;
        }
        let ascend = !self.epochs.is_empty() && self.epochs.is_sorted_by(|a, b| a < b);
        ensure!(ascend, "epochs must ascend and hold at least one number");
        let ascend = !self.steps.is_empty() && self.steps.is_sorted_by(|a, b| a < b);
        ensure!(ascend, "steps must ascend and hold at least one number");
        check_count("network_epochs", self.network_epochs, 1, 1_000_000)?;
        let sites = self.side * self.side;
        self.train.check(sites)?;
        let fewest = self.hottest.iter().map(|t| self.temperatures(*t).len()).min().unwrap_or(0);
        let training = fewest * self.samples as usize;
        for (key, batch) in [("train", self.train.batch), ("network", self.network.batch)] {
            ensure!(
                batch <= training,
                "batch in {key} is {batch}, but a training set has {training} configurations"
            );
        }
        for &hottest in &self.hottest {
            flow::Calibration::new(&self.temperatures(hottest), sites, self.network.clone(), 0)?;
        }
        Ok(())
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let states = DensityOfStates::new(settings.side)?;
    // In every field a machine for each seed and range of temperatures, its flow from cold and hot starts, read at the
    // end by the exact energy and magnetisation and by a network that knows the field.
    let ends = machines::of_one_field(run, settings, &states)?;
    // One machine a seed that was shown all fields.
    let joint = machines::of_all_fields(run, settings)?;
    let exact = machines::exact(settings, &states)?;
    let claims = claims::claims(run, settings, &exact, &ends, &joint)?;
    Ok(Section {
        checks: vec![],
        experiment: "flow-field".into(),
        title: "The flow in an external field".into(),
        headline: claims::headline(settings, &exact, &ends),
        introduction: introduction(settings),
        claims,
        figures: vec![
            figures::temperatures(settings, &states, &exact, &ends)?,
            figures::training(settings, &ends),
            figures::plane(settings, &states, &ends, &joint)?,
        ],
        tables: vec![figures::table(settings, &exact, &ends)],
        discussion: discussion(),
        settings: toml::to_string(settings)?,
    })
}

fn introduction(settings: &Settings) -> Vec<String> {
    let hottest: Vec<String> = settings.hottest.iter().map(f64::to_string).collect();
    let last = settings.epochs.last().copied().unwrap_or(0);
    vec![
        "Funai and Giataganas trained machines over temperature and external field, and propose that the flow goes to the maximum of the specific heat, of which $T_c$ is the case without a field. A field moves that maximum far above $T_c$ while the critical point stays where it is, so that the two can be told apart.".into(),
        format!(
            "Here the torus has {side} × {side} sites, all of whose states are counted: energy, magnetisation and specific heat are exact at every temperature and field. A machine of {hidden} hidden units with biases learns configurations at temperatures 0, {spacing}, ... up to {hottest} in one field, by {rule} for {last} epochs at the rate {rate}; then held-out configurations flow for {steps} steps of the sampled rule. What comes out is read by its exact energy, which gives the temperature of maximum likelihood, by its magnetisation, and by a network trained in that field.",
            side = settings.side,
            hidden = settings.train.hidden,
            spacing = settings.spacing,
            hottest = hottest.join(" or "),
            rule = settings.train.negative,
            rate = settings.train.learning_rate,
            steps = settings.steps.last().copied().unwrap_or(0),
        ),
    ]
}

fn discussion() -> Vec<String> {
    vec![
        "The specific heat does not know which temperatures a machine was shown, but the machine does. Its sampled flow relaxes to the machine's own distribution, which imitates the training set: a mixture of temperatures. The mean energy of the mixture belongs to a temperature that rises with the field, as the maximum of the specific heat does, and for the same reason: aligned spins in a field take more heat to turn. That both rise together is no sign that the flow seeks the maximum; widening the range of training temperatures moves one and not the other.".into(),
        "In the plane of magnetisation and energy an Ising ensemble in a field lies on that field's curve. An end below all curves has the energy of a cold torus and too little magnetisation for it: flows from hot starts fall into both wells, up and down, and stay there, while the field would leave the second one all but empty.".into(),
        "One machine that was shown all fields has one stationary distribution, so that its flow forgets the field from which it started. It cannot go to the maximum of the specific heat of more than one field.".into(),
    ]
}
