//! Experiment `flow-explained`: is there one temperature that the flow goes to, and what is it where it goes?

mod claims;
mod courses;
mod figures;
mod frozen;
mod geometry;
mod headline;
mod means;
mod tables;

use anyhow::{Result, ensure};
use lab::Run;
use lab::parts::*;
use rbm::ais::Annealing;
use rbm::{GradientEstimator, TrainConfig};
use report::content::Section;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Side L of the torus.
    side: usize,
    /// Temperatures of the training mixture in equal shares, ascending, J / k_B; flows start from the first and the last.
    temperatures: Vec<f64>,
    /// Independent configurations at each, in training and held out.
    samples: u32,
    held_out: u32,
    /// Independent repetitions of everything.
    seeds: u64,
    /// Readings of the sampled flow begin at so many updates; states of training are kept from the first update on,
    /// so many for each factor of ten.
    first: u64,
    a_decade: u32,
    /// Independent chains of the sampled flow from each start, and their steps.
    chains: usize,
    steps: usize,
    /// Steps of the mean flow, and starts of the search for its fixed points.
    mean_steps: usize,
    searched: usize,
    /// Exact draws from the small RBMs, which must stay what they are.
    draws: usize,
    /// Metropolis chains from each start, and their sweeps before and during the draws.
    witnesses: usize,
    sweeps: usize,
    annealing: Annealing,
    thermometer_epochs: u64,
    /// Settings of the RBMs but for what [`Recipe`] says; the number of hidden units shown.
    train: TrainConfig,
    rbms: Vec<Recipe>,
    thermometer: nn::TrainConfig,
    locks: Pinned,
    frozen: Frozen,
}

/// An RBM and how it is trained.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    hidden: usize,
    gradient: GradientEstimator,
    updates: u64,
}

/// What counts as a hidden unit that copies a site, and to what its weight is cut.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pinned {
    weight: f32,
    participation: f64,
    most: f32,
}

/// RBMs that are the torus at one temperature: every second site is copied by a hidden unit.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Frozen {
    temperature: f64,
    /// The weights with which sites are copied, ascending.
    weights: Vec<f64>,
    held_out: u32,
}

impl Settings {
    fn config(&self, recipe: &Recipe) -> TrainConfig {
        TrainConfig { hidden: recipe.hidden, gradient: recipe.gradient, ..self.train }
    }

    /// Updates after which an RBM's state is kept, ascending.
    fn checkpoints(&self, recipe: &Recipe) -> Vec<u64> {
        let place = |k: i32| 10f64.powf(f64::from(k) / f64::from(self.a_decade)).round() as u64;
        let mut updates: Vec<u64> =
            (0..).map(place).take_while(|updates| *updates < recipe.updates).collect();
        updates.push(recipe.updates);
        updates.dedup();
        updates
    }

    /// Training time: learning rate times updates.
    fn time(&self, updates: u64) -> f64 {
        // As it was written in the settings, not as f32 has it.
        let rate = self.train.learning_rate.to_string().parse::<f64>();
        rate.unwrap_or(f64::NAN) * updates as f64
    }

    fn coldest(&self) -> f64 {
        self.temperatures[0]
    }

    fn hottest(&self) -> f64 {
        self.temperatures[self.temperatures.len() - 1]
    }

    /// Rows of the held-out configurations at the hottest temperature, as many as there are chains.
    fn hot(&self, chains: usize) -> (usize, usize) {
        let first = (self.temperatures.len() - 1) * self.held_out as usize;
        (first, first + chains)
    }

    fn check_measurements(&self) -> Result<()> {
        for (key, value) in [("chains", self.chains), ("witnesses", self.witnesses)] {
            check_count(key, value as u64, 2, self.held_out.into())?;
        }
        check_count("steps", self.steps as u64, 4, 10_000_000)?;
        check_count("mean_steps", self.mean_steps as u64, 1, 10_000_000)?;
        let held_out = u64::from(self.held_out) * self.temperatures.len() as u64;
        check_count("searched", self.searched as u64, 1, held_out)?;
        check_count("draws", self.draws as u64, 10, 10_000_000)?;
        check_count("sweeps", self.sweeps as u64, 2, 10_000_000)?;
        check_count("chains of annealing", self.annealing.chains as u64, 2, 1_000_000)?;
        check_count("steps of annealing", self.annealing.steps as u64, 1, 10_000_000)?;
        check_values("temperature in frozen", &[self.frozen.temperature], 0.5, 100.0)?;
        check_values("weights in frozen", &self.frozen.weights, 0.1, 20.0)?;
        let ascend = self.frozen.weights.is_sorted_by(|a, b| a < b);
        ensure!(ascend, "weights in frozen must ascend");
        check_count("held_out in frozen", self.frozen.held_out.into(), 10, 10_000_000)?;
        let Pinned { weight, participation, most } = self.locks;
        check_values("weight in locks", &[weight.into()], 0.1, 100.0)?;
        check_values("participation in locks", &[participation], 1.0, 1e6)?;
        check_values("most in locks", &[most.into()], 0.01, weight.into())
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_count("side", self.side as u64, 4, exact::transfer::MAX_WIDTH as u64)?;
        ensure!(self.side.is_multiple_of(2), "side is {}, but must be even", self.side);
        check_values("temperatures", &self.temperatures, 0.0, 100.0)?;
        ensure!(self.temperatures.len() >= 2, "temperatures needs at least two entries");
        let ascend = self.temperatures.is_sorted_by(|a, b| a < b);
        ensure!(ascend, "temperatures must ascend");
        check_count("samples", self.samples.into(), 10, 10_000_000)?;
        check_count("held_out", self.held_out.into(), 4, 10_000_000)?;
        check_count("seeds", self.seeds, 2, 1000)?;
        check_count("first", self.first, 1, u64::MAX)?;
        check_count("a_decade", self.a_decade.into(), 1, 100)?;
        check_count("thermometer_epochs", self.thermometer_epochs, 1, 10_000_000)?;
        let sites = self.side * self.side;
        let training = u64::from(self.samples) * self.temperatures.len() as u64;
        check_count("batch in train", self.train.batch as u64, 1, training)?;
        let recipes: Vec<_> = self.rbms.iter().map(|m| (m.hidden, m.gradient)).collect();
        check_distinct("machines", &recipes)?;
        for recipe in &self.rbms {
            check_count("updates in rbms", recipe.updates, 10 * self.first, 1_000_000_000)?;
            self.config(recipe).check(sites)?;
        }
        let first = self.rbms.first().map(|recipe| recipe.hidden);
        ensure!(
            first == Some(self.train.hidden),
            "RBMs must begin with one of {} hidden units, as hidden in train says",
            self.train.hidden
        );
        flow::Calibration::new(&self.temperatures, sites, self.thermometer.clone(), 0)?;
        self.check_measurements()
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let sets = courses::sets(run, settings)?;
    let mixture = courses::mixture(run, settings)?;
    let courses = courses::courses(run, settings, &sets)?;
    let frozen = frozen::frozen(run, settings, &sets)?;
    let geometry = geometry::geometry(settings, &sets)?;
    let mut claims = claims::claims(settings, &mixture, &courses)?;
    claims.push(frozen::claim(settings, &courses, &frozen)?);
    claims.push(means::claim(settings, &courses));
    claims.push(geometry::claim(run, &geometry)?);
    let mut shown = figures::figures(settings, &mixture, &courses);
    shown.push(means::figure(settings, &courses));
    shown.push(frozen::figure(settings, &frozen));
    shown.push(geometry::figure(&geometry));
    let mut tables = vec![
        tables::ends(settings, &mixture, &courses),
        tables::judged(settings, &courses),
        frozen::table(&frozen),
    ];
    tables.extend(tables::clipped(settings, &courses));
    Ok(Section {
        checks: vec![],
        experiment: "flow-explained".into(),
        title: "What the flow of an RBM goes to".into(),
        headline: headline::headline(settings, &mixture, &courses),
        introduction: headline::introduction(settings, &mixture),
        claims,
        figures: shown,
        tables,
        discussion: headline::discussion(settings, &courses),
        settings: toml::to_string(settings)?,
    })
}
