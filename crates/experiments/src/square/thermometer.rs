//! Experiment `thermometer`: five thermometers for Ising configurations, read where the temperature is known.

mod claims;
mod figures;
mod readings;

use anyhow::{Result, ensure};
use lab::Run;
use lab::parts::*;
use report::content::Section;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Temperatures that the networks know, ascending, J / k_B.
    scale: Vec<f64>,
    /// Temperatures at which ensembles are read, ascending; on the scale and between.
    read: Vec<f64>,
    /// The hottest temperature of the physical thermometers.
    hottest: f64,
    /// Independent repetitions of everything: curves, networks, ensembles.
    seeds: u64,
    /// Configurations in an ensemble that is read.
    ensemble: u32,
    lattices: Vec<Lattice>,
}

/// A torus and what its thermometers are made with.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lattice {
    side: usize,
    /// Configurations at each temperature of the curves.
    curve_draws: u32,
    /// Configurations at each temperature of the scale, for the networks.
    samples: u32,
    networks: Vec<Network>,
}

/// A network thermometer.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    name: String,
    epochs: u64,
    train: nn::TrainConfig,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        for (key, values, lowest) in [("scale", &self.scale, 0.0), ("read", &self.read, 0.5)] {
            check_values(key, values, lowest, 100.0)?;
            ensure!(values.is_sorted_by(|a, b| a < b), "{key} must ascend");
            ensure!(values.len() >= 2, "{key} needs at least two entries");
        }
        check_values("hottest", &[self.hottest], 1.0, 1000.0)?;
        let last = self.read[self.read.len() - 1];
        ensure!(last < self.hottest, "hottest is {}, but must be above all of read", self.hottest);
        check_count("seeds", self.seeds, 2, 1000)?;
        check_count("ensemble", self.ensemble.into(), 100, 1_000_000)?;
        ensure!(!self.lattices.is_empty(), "lattices is empty, but needs at least one");
        for lattice in &self.lattices {
            check_count("side in lattices", lattice.side as u64, 4, 256)?;
            check_count("curve_draws in lattices", lattice.curve_draws.into(), 100, 10_000_000)?;
            check_count("samples in lattices", lattice.samples.into(), 10, 10_000_000)?;
            let names: Vec<&String> = lattice.networks.iter().map(|n| &n.name).collect();
            check_distinct("the names of networks", &names)?;
            let sites = lattice.side * lattice.side;
            for network in &lattice.networks {
                check_count("epochs in networks", network.epochs, 1, 1_000_000)?;
                flow::Calibration::new(&self.scale, sites, network.train.clone(), 0)?;
            }
        }
        let sides: Vec<usize> = self.lattices.iter().map(|lattice| lattice.side).collect();
        check_distinct("the sides of lattices", &sides)
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let tori = readings::tori(run, settings)?;
    let claims = claims::claims(run, settings, &tori)?;
    Ok(Section {
        checks: vec![],
        experiment: "thermometer".into(),
        title: "What thermometers are worth".into(),
        headline: claims::headline(&tori),
        introduction: introduction(settings),
        claims,
        figures: vec![
            figures::bias(&tori),
            figures::errors(settings, &tori),
            figures::confusion_map(settings, &tori),
        ],
        tables: vec![figures::readings(&tori), figures::confusion(settings, &tori)],
        discussion: discussion(),
        settings: toml::to_string(settings)?,
    })
}

fn introduction(settings: &Settings) -> Vec<String> {
    let networks = settings.lattices.iter().map(|lattice| {
        let networks = lattice.networks.iter().map(|network| {
            format!("{} for {} epochs", widths(&network.train.hidden), network.epochs)
        });
        let networks = networks.collect::<Vec<_>>().join(" and ");
        format!("L = {}: {networks} on {} configurations of each", lattice.side, lattice.samples)
    });
    vec![
        "Where an RBM's flow ends is said as a temperature, and the temperature is what some thermometer says. Iso, Shiba and Yokoo (2018) read it with a classifier that was trained on configurations of 25 temperatures. Physics has other thermometers for the same configurations: the exact energy of the finite torus $E(T)$, which gives the temperature of maximum likelihood; $\\langle |m| \\rangle$; the second-moment correlation length; and the two-point function at several distances, whose fit also says by its $\\chi^2$ whether the configurations are an Ising ensemble at all.".into(),
        format!(
            "Before any flow is read, all five are read here on what they were made for: ensembles of {} independent configurations in equilibrium at known temperatures, on the networks' scale and between, none of which was used to train or to calibrate. The networks ({}) are told {} temperatures; their reading is the expectation under the softmax.",
            settings.ensemble,
            networks.collect::<Vec<_>>().join("; "),
            settings.scale.len()
        ),
    ]
}

fn widths(hidden: &[usize]) -> String {
    let widths: Vec<String> = hidden.iter().map(usize::to_string).collect();
    format!("hidden layers of {}", widths.join("-"))
}

fn discussion() -> Vec<String> {
    [
        "The physical thermometers are calibrated by theory: exact where there is a closed form or a transfer matrix, else by curves that were measured once, whose errors are part of every reading. So a deviation beyond the errors is a fault, and there is a test for it. A network is calibrated by its training alone. What it says of an ensemble has a small statistical error, but a bias that no error bar shows: between temperatures of its scale it hesitates, at the ends it can err in one direction only, and where neighbouring temperatures look alike it returns to the middle of what it was shown.",
        "The network does not see an ensemble: it judges configuration by configuration, and its reading is an average of these judgements. On configurations of the Ising model the judgement rests on what a single configuration tells of T, which is mostly its energy and |m|. On others, such as those of a flow, all five are extrapolations, but only the two-point function and the agreement of the physical thermometers say so.",
    ]
    .map(String::from)
    .into()
}
