//! Experiment `flow-square`: the seven steps of Iso, Shiba and Yokoo on the square lattice, as the thesis lists them.

mod claims;
mod correlators;
mod ends;
mod figures;
mod fixed_point;
mod flows;
mod machines;
mod paths;
mod prose;
mod readout;
mod sets;
mod structure;
mod tables;
mod weights;

use crate::stages::Shape;
use anyhow::{Result, ensure};
use exact::square::critical_temperature;
use flow::Rule;
use ising::{Algorithm, Schedule};
use lab::Run;
use lab::parts::*;
use rbm::TrainConfig;
use readout::Equilibrium;
use report::content::{Figure, Section};
use serde::{Deserialize, Serialize};
use sets::Kind;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Side L of the torus.
    side: usize,
    /// Temperatures of the training set, ascending, J / k_B.
    temperatures: Vec<f64>,
    /// Configurations per temperature, in training and held out.
    samples: u32,
    held_out: u32,
    /// How they are drawn: sweeps before the first, and between draws.
    algorithm: Algorithm,
    burn_in: u32,
    stride: u32,
    /// Whether draws are turned over with probability 1/2, so that both wells are in the set.
    symmetrise: bool,
    /// Independent repetitions of everything.
    seeds: u64,
    /// Numbers of hidden units N.
    hidden: Vec<usize>,
    /// Epochs of the machine on V, and how many are lost at most by an interruption. Flows of the machine shown are read after
    /// every segment, and at 1, 2, 5, 10, .. epochs within the first.
    epochs: u64,
    segment: u64,
    /// Settings of the machines; the one of this number of hidden units is what claims and figures are about.
    train: TrainConfig,
    thermometer_epochs: u64,
    thermometer: nn::TrainConfig,
    /// Physical thermometers: their hottest temperature, and configurations at each temperature of their curves.
    hottest: f64,
    curve_draws: u32,
    /// Temperatures from which the flow starts, of those above; the lowest and the highest are compared with T_c.
    starts: Vec<f64>,
    steps: usize,
    rules: Vec<Rule>,
    /// The training sets H, from this temperature up, and L, up to this one.
    high_from: f64,
    low_to: f64,
}

impl Settings {
    fn train_config(&self, hidden: usize) -> TrainConfig {
        TrainConfig { hidden, ..self.train }
    }

    fn shape(&self) -> Shape {
        Shape::Square(self.side)
    }

    /// The coldest and the hottest start.
    fn coldest(&self) -> f64 {
        self.starts.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn hottest(&self) -> f64 {
        self.starts.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    fn ends(&self) -> impl Iterator<Item = f64> + use<> {
        [self.coldest(), self.hottest()].into_iter()
    }

    /// Where the flow starts, and what reads it.
    fn check_readings(&self) -> Result<()> {
        check_values("hottest", &[self.hottest], 1.0, 1000.0)?;
        check_count("curve_draws", self.curve_draws.into(), 100, 10_000_000)?;
        ensure!(self.starts.len() >= 2, "starts needs at least two temperatures");
        for start in &self.starts {
            let known = self.temperatures.contains(start);
            ensure!(known, "starts contains {start}, but must list some of temperatures");
        }
        let (coldest, hottest) = (self.coldest(), self.hottest());
        ensure!(
            coldest < critical_temperature() && critical_temperature() < hottest,
            "starts must hold a temperature below and one above T_c, but are from {coldest} to {hottest}"
        );
        Ok(())
    }

    /// The training sets that are parts of the whole.
    fn check_parts(&self) -> Result<()> {
        for kind in [Kind::High, Kind::Low] {
            let count = kind.count(self);
            ensure!(
                count >= self.train.batch,
                "the training set {} has {count} configurations, but batch in train is {}",
                kind.name(),
                self.train.batch
            );
        }
        Ok(())
    }

    fn schedule(&self, draws: u32) -> Schedule {
        Schedule { burn_in: self.burn_in, stride: self.stride, draws, symmetrise: self.symmetrise }
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        // The network's weights grow with the sites; the lattice itself would take more.
        check_count("side", self.side as u64, 4, 256)?;
        let lattice = self.shape().lattice()?;
        ensure!(!self.temperatures.is_empty(), "temperatures is empty, but needs at least two");
        check_distinct("hidden", &self.hidden)?;
        check_distinct("rules", &self.rules)?;
        check_distinct("starts", &self.starts)?;
        for &t in &self.temperatures {
            ising::Coupling::from_temperature(t)?;
        }
        check_count("samples", self.samples.into(), 10, 10_000_000)?;
        check_count("held_out", self.held_out.into(), 10, 10_000_000)?;
        ensure!(
            self.algorithm != Algorithm::Transfer || self.side <= exact::transfer::WIDTH_LIMIT,
            "algorithm is transfer, which draws up to side {}, but side is {}",
            exact::transfer::WIDTH_LIMIT,
            self.side
        );
        check_count("stride", self.stride.into(), 1, u32::MAX.into())?;
        check_count("seeds", self.seeds, 2, 1000)?;
        ensure!(
            !self.hidden.is_empty(),
            "hidden is empty, but needs at least one number of hidden units"
        );
        check_count("epochs", self.epochs, 1, 10_000_000)?;
        check_count("segment", self.segment, 1, 10_000_000)?;
        check_count("thermometer_epochs", self.thermometer_epochs, 1, 10_000_000)?;
        check_count("steps", self.steps as u64, 1, 1_000_000)?;
        ensure!(!self.rules.is_empty(), "rules is empty, but needs mean, sampled or both");
        self.check_readings()?;
        ensure!(
            self.hidden.contains(&self.train.hidden),
            "hidden in train is {}, but must be one of hidden",
            self.train.hidden
        );
        let training = (self.samples as usize).saturating_mul(self.temperatures.len());
        for &hidden in &self.hidden {
            self.train_config(hidden).check(lattice.sites())?;
        }
        for (key, batch) in
            [("train.batch", self.train.batch), ("thermometer.batch", self.thermometer.batch)]
        {
            ensure!(
                batch <= training,
                "{key} is {batch}, but the training set has {training} samples"
            );
        }
        flow::Calibration::new(&self.temperatures, lattice.sites(), self.thermometer.clone(), 0)?;
        self.check_parts()
    }
}

/// All that was computed.
struct Results<'a> {
    settings: &'a Settings,
    sets: Vec<sets::Set>,
    equilibrium: Equilibrium,
    cells: Vec<flows::Cell>,
    ends: Vec<ends::End>,
    paths: Vec<paths::Path>,
    weights: Vec<weights::Weights>,
    correlators: correlators::Correlators,
}

impl<'a> Results<'a> {
    fn of(run: &Run, settings: &'a Settings) -> Result<Self> {
        // Steps 1 and 7: training sets, held-out configurations and a thermometer, for each seed.
        let sets = sets::sets(run, settings)?;
        // Step 2: one machine per seed, training set and number of hidden units.
        let machines = machines::machines(run, settings, &sets)?;
        // Steps 3-6: held-out configurations flow by each rule and are read.
        Ok(Self {
            settings,
            cells: flows::flows(run, settings, &sets, &machines)?,
            ends: ends::ends(run, settings, &sets, &machines)?,
            paths: paths::paths(run, settings, &sets, &machines)?,
            weights: weights::weights(settings, &sets, &machines)?,
            correlators: correlators::correlators(settings, &sets, &machines)?,
            equilibrium: readout::equilibrium(settings, &sets)?,
            sets,
        })
    }

    /// How machines were trained, in words.
    fn trained(&self) -> String {
        let Settings { train, epochs, .. } = self.settings;
        let updates = Kind::All.count(self.settings) as u64 / train.batch as u64 * epochs;
        let rate = train.learning_rate;
        format!(
            "{epochs} epochs of {} at the rate {rate}, rate × updates = {:.0}",
            train.negative,
            f64::from(rate) * updates as f64
        )
    }

    fn figures(&self) -> Vec<Figure> {
        let Self { settings, sets, equilibrium, cells, ends, paths, weights, correlators } = self;
        let mut figures = vec![figures::flows::temperature(settings, equilibrium, cells)];
        for &rule in &settings.rules {
            figures.push(figures::flows::distribution(settings, sets, cells, rule));
        }
        if settings.hidden.len() > 1 {
            figures.push(figures::flows::distribution_at_end(settings, sets, ends));
        }
        figures.push(figures::ends::starts(settings, ends));
        for &rule in &settings.rules {
            figures.push(figures::flows::thermometers(settings, paths, rule));
        }
        figures.extend([
            figures::flows::plane(settings, equilibrium, cells),
            figures::ends::training(settings, ends),
        ]);
        if settings.hidden.len() > 1 {
            figures.push(figures::ends::hidden(settings, ends));
            figures.push(figures::ends::training_sets(settings, ends));
        }
        figures.extend([
            figures::weights::spectra(settings, weights),
            figures::weights::maps(settings, weights),
            figures::weights::decay(settings, weights),
            figures::correlators::maps(settings, correlators),
            figures::correlators::participation(settings, correlators),
        ]);
        figures
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let results = Results::of(run, settings)?;
    let mut claims = claims::claims(run, &results)?;
    claims.extend(structure::claims(run, &results)?);
    Ok(Section {
        checks: vec![],
        experiment: "flow-square".into(),
        title: "The flow of a machine trained on the square lattice".into(),
        headline: prose::headline(&results),
        introduction: introduction(&results),
        claims,
        figures: results.figures(),
        tables: vec![
            tables::ends(settings, &results.ends),
            tables::weights(&results.weights),
            tables::samples(settings, &results.equilibrium),
        ],
        discussion: prose::discussion(&results),
        settings: toml::to_string(settings)?,
    })
}

fn introduction(results: &Results) -> Vec<String> {
    let settings = results.settings;
    let counts = Kind::EACH.map(|kind| {
        format!(
            "{} ({} configurations, {} epochs)",
            kind.name(),
            kind.count(settings),
            kind.epochs(settings).last().copied().unwrap_or(0)
        )
    });
    vec![
        format!(
            "The protocol of Iso, Shiba and Yokoo: {} configurations of the {side} × {side} torus at each of {} temperatures train a machine; held-out configurations flow through it, $v \\to h \\to v'$; a network trained on the same set reads their temperature at every step. Everything is repeated for {} seeds; an error is the spread over seeds or the error within them, whichever is larger.",
            settings.samples,
            settings.temperatures.len(),
            settings.seeds,
            side = settings.side
        ),
        format!(
            "Machines are trained on V, all temperatures; on H, those from T = {} up; and on L, those up to T = {}, where configurations are aligned, of both signs. H and L are parts of V, and are shown as often as gives every machine the same number of updates: {}. Training: {}. Of the source's training we remember 10000 epochs of CD-1 at the rate 0.1, rate × updates 250000, which we could not check; at that rate the weights of our machines run away, and Veiga and Vicente train at 0.01.",
            settings.high_from,
            settings.low_to,
            counts.join(", "),
            results.trained()
        ),
        "Beside the network |m| and the energy are read at every step. Where flows end, and at some steps between, all five thermometers of experiment `thermometer` read them and judge: one temperature, or none.".into(),
    ]
}

fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::Mean => "mean",
        Rule::Sampled => "sampled",
    }
}
