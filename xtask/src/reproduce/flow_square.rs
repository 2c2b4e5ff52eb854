//! Experiment `flow-square`: the seven steps of Iso, Shiba and Yokoo on the square lattice, as the thesis lists them.

mod cells;
mod figures;
mod physical;
mod readout;

use super::Run;
use super::parts::*;
use crate::experiment;
use crate::published::Finding;
use crate::report::content::{Claim, Section, Verdict};
use crate::stages::Shape;
use anyhow::{Result, ensure};
use cells::Cell;
use exact::square::critical_temperature;
use flow::Rule;
use ising::{Algorithm, Schedule};
use rbm::TrainConfig;
use serde::{Deserialize, Serialize};
use stats::Estimate;

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
    /// Epochs of the machine, and how many are lost at most by an interruption.
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
}

impl Settings {
    fn train_config(&self, hidden: usize) -> TrainConfig {
        TrainConfig { hidden, ..self.train }
    }

    fn shape(&self) -> Shape {
        Shape::Square(self.side)
    }

    /// Number of the coldest and of the hottest start.
    fn coldest(&self) -> usize {
        (0..self.starts.len())
            .fold(0, |best, i| if self.starts[i] < self.starts[best] { i } else { best })
    }

    fn hottest(&self) -> usize {
        (0..self.starts.len())
            .fold(0, |best, i| if self.starts[i] > self.starts[best] { i } else { best })
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
        let (coldest, hottest) = (self.starts[self.coldest()], self.starts[self.hottest()]);
        ensure!(
            coldest < critical_temperature() && critical_temperature() < hottest,
            "starts must hold a temperature below and one above T_c, but are from {coldest} to {hottest}"
        );
        Ok(())
    }

    fn schedule(&self, draws: u32) -> Schedule {
        Schedule { burn_in: self.burn_in, stride: self.stride, draws, symmetrise: self.symmetrise }
    }
}

impl experiment::Settings for Settings {
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
        Ok(())
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    // Steps 1 and 7: training sets, held-out configurations and a thermometer, for each seed.
    let sets = cells::sets(run, settings)?;
    // Step 2: one machine per seed and number of hidden units.
    let machines = cells::machines(run, settings, &sets)?;
    // Steps 3-6: held-out configurations flow by each rule and are read at every step.
    let cells = cells::flows(run, settings, &sets, &machines)?;
    let paths = physical::paths(run, settings, &sets, &machines)?;
    let equilibrium = readout::equilibrium(settings, &sets)?;

    let hidden = settings.train.hidden;
    let mut claims = claims(run, settings, &equilibrium, &cells)?;
    claims.push(physical::claim(&paths));
    let mut figures = vec![
        figures::flow_figure(settings, &equilibrium, &cells, hidden),
        figures::distribution_figure(settings, &sets, &cells, hidden),
        figures::epochs_figure(settings, &equilibrium, &cells),
        figures::plane_figure(settings, &equilibrium, &cells, hidden),
        figures::thermometer_figure(settings, &equilibrium),
    ];
    figures.extend(settings.rules.iter().map(|&rule| physical::figure(settings, &paths, rule)));
    if settings.hidden.len() > 1 {
        figures.push(figures::hidden_figure(settings, &equilibrium, &cells));
    }
    Ok(Section {
        experiment: "flow-square".into(),
        title: "The flow of a machine trained on the square lattice".into(),
        headline: headline(settings, &equilibrium, &cells),
        introduction: vec![
            format!("The protocol of Iso, Shiba and Yokoo: {} configurations of the {side} × {side} torus at each of {} temperatures train a machine; held-out configurations flow through it, $v \\to h \\to v'$; a network trained on the same set reads their temperature at every step. Everything is repeated for {} seeds; an error is the spread over seeds or the error within them, whichever is larger.",
                settings.samples, settings.temperatures.len(), settings.seeds, side = settings.side),
            "Beside the network two observables are read, |m| and the energy: a configuration at the temperature T must have those of T. Of the machines shown, flows from both ends of the scale are read by all five thermometers of experiment `thermometer`, and judged: one temperature, or none.".into(),
        ],
        claims,
        figures,
        tables: vec![physical::table(&paths), figures::ends_table(settings, &equilibrium, &cells), figures::samples_table(settings, &equilibrium)],
        discussion: vec![
            "Where a flow ends is a property of the machine as trained, not of the critical point. By the sampled rule flows from both ends of the scale must meet in time, at the machine's own distribution: the chain has one stationary law. The map of expectations may have several fixed points. That no thermometer agrees with another there is what to expect of a machine that was shown many temperatures: even one that had learnt its training set perfectly would end in the mixture, which has no temperature. Nothing is rescaled along the flow, so that it has no direction to compare with RG.".into(),
            "The network was trained on spins ±1. Expectations are real numbers between, outside its domain, and its reading of them is an extrapolation.".into(),
        ],
        settings: toml::to_string(settings)?,
    })
}

/// Where the flow ends, by every rule, from both sides.
fn headline(settings: &Settings, equilibrium: &readout::Equilibrium, cells: &[Cell]) -> String {
    let end = |rule, start| {
        shown(cells::over_cells(cells, settings.train.hidden, rule, start, |steps| {
            &steps.temperature
        }))
    };
    let of_rule = |&rule: &Rule| {
        let (cold, hot) = (end(rule, settings.coldest()), end(rule, settings.hottest()));
        format!("by the {} rule {cold} and {hot}", rule_name(rule))
    };
    let ends = settings.rules.iter().map(of_rule).collect::<Vec<_>>().join(", ");
    format!(
        "On the square lattice the flow ends, from cold and hot starts, at the network temperatures {ends} (N = {}, {} epochs of {}); configurations at $T_c = 2.27$ read {}.",
        settings.train.hidden,
        settings.epochs,
        settings.train.negative,
        shown(equilibrium.reading_at_critical),
    )
}

/// How close to T_c is "at T_c": the spacing of the thermometer's scale.
fn resolution(settings: &Settings) -> f64 {
    settings.temperatures.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
}

/// Whether an end is where the network reads genuine configurations at T_c, within its scale's spacing and errors.
fn at_critical(settings: &Settings, equilibrium: &readout::Equilibrium, end: Estimate) -> Verdict {
    let genuine = equilibrium.reading_at_critical;
    let distance = (end.mean - genuine.mean).abs();
    match distance <= resolution(settings) + SIGMAS * end.error.hypot(genuine.error) {
        true => Verdict::Reproduced,
        false => Verdict::Contradicted,
    }
}

fn claims(
    run: &Run,
    settings: &Settings,
    equilibrium: &readout::Equilibrium,
    cells: &[Cell],
) -> Result<Vec<Claim>> {
    let hidden = settings.train.hidden;
    let claim =
        |id: &str, key: &str, value: Estimate, quantity: String, verdict, reason: String| {
            let finding = Finding { value, quantity, verdict, reason };
            run.published.claim(&format!("flow-square/{id}"), key, finding)
        };
    let genuine = shown(equilibrium.reading_at_critical);
    let genuine_m = shown(equilibrium.abs_m_at_critical);
    let trained = format!("{} epochs of {}", settings.epochs, settings.train.negative);
    let mut claims = Vec::new();
    for &rule in &settings.rules {
        let name = rule_name(rule);
        for (side, start) in [("below", settings.coldest()), ("above", settings.hottest())] {
            let end = cells::over_cells(cells, hidden, rule, start, |steps| &steps.temperature);
            let m = shown(cells::over_cells(cells, hidden, rule, start, |steps| &steps.abs_m));
            let (key, verdict, remark) = match rule {
                Rule::Mean => (
                    "iso-2018/flows-to-tc",
                    at_critical(settings, equilibrium, end),
                    format!(
                        "Judged at these settings ({trained}) within {}, the spacing of the scale.",
                        resolution(settings)
                    ),
                ),
                Rule::Sampled => (
                    "veiga-2020/flows-to-tc",
                    Verdict::NotComparable,
                    format!(
                        "The source's machine has units 0/1 without biases, which breaks the spin-flip symmetry, and 100 hidden units; ours has units ±1 and {trained}."
                    ),
                ),
            };
            claims.push(claim(
                &format!("{name}-from-{side}"),
                key,
                end,
                format!("network temperature after {} steps by the {name} rule from $T = {}$, N = {hidden}", settings.steps, settings.starts[start]),
                verdict,
                format!("Configurations truly at $T_c$ read {genuine} and have |m| = {genuine_m}; the end has |m| = {m}. {remark}"),
            )?);
        }
    }
    claims.extend(other_claims(settings, equilibrium, cells, claim)?);
    Ok(claims)
}

/// The claims about magnetisation, thermometer and direction; by the sampled rule where it was run, as the sources did.
fn other_claims(
    settings: &Settings,
    equilibrium: &readout::Equilibrium,
    cells: &[Cell],
    claim: impl Fn(&str, &str, Estimate, String, Verdict, String) -> Result<Claim>,
) -> Result<Vec<Claim>> {
    let hidden = settings.train.hidden;
    let sampled = settings.rules.contains(&Rule::Sampled);
    let rule = if sampled { Rule::Sampled } else { Rule::Mean };
    let name = rule_name(rule);
    let end_m = cells::over_cells(cells, hidden, rule, settings.coldest(), |steps| &steps.abs_m);
    let excess = readout::excess_reading(settings, equilibrium, cells, rule);
    let by_mean = match settings.rules.contains(&Rule::Mean) {
        true => format!(
            " By the mean rule, whose configurations are not spins, it is {}.",
            shown(readout::excess_reading(settings, equilibrium, cells, Rule::Mean))
        ),
        false => String::new(),
    };
    let first_step = cells::first_step(cells, hidden, rule, settings.hottest());
    Ok(vec![
        claim("magnetisation", "veiga-2020/m-star", end_m, format!("|m| at the end by the {name} rule, N = {hidden}"), Verdict::NotComparable,
            "The source's machine has units 0/1 without biases, which breaks the spin-flip symmetry, and 100 hidden units; ours has units ±1.".into())?,
        claim("thermometer", "veiga-2020/thermometer", excess, format!("network temperature at the end by the {name} rule, minus that of genuine configurations with the same |m|"), Verdict::NotComparable,
            format!("The source argues from data without lattice geometry, which are not run here. A reading that depended on |m| alone would give 0.{by_mean}"))?,
        claim("opposite-to-rg", "iso-2018/opposite-to-rg", first_step, format!("change of network temperature in the first step by the {name} rule from the hottest start, N = {hidden}"), Verdict::NotComparable,
            "RG would heat it, but RG halves the length and compares $K'$ with K. The flow changes no length; by the sampled rule it is the relaxation of a Markov chain to its stationary law.".into())?,
    ])
}

fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::Mean => "mean",
        Rule::Sampled => "sampled",
    }
}
