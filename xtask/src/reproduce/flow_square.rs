//! Experiment `flow-square`: the seven steps of Iso, Shiba and Yokoo on the square lattice, as the thesis lists them.

mod cells;
mod figures;
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
    /// Independent repetitions of everything.
    seeds: u64,
    /// Numbers of hidden units N.
    hidden: Vec<usize>,
    /// Epochs of the machine, and how many are lost at most by an interruption.
    epochs: u64,
    segment: u64,
    train: Training,
    thermometer_epochs: u64,
    thermometer: nn::TrainConfig,
    /// Temperatures from which the flow starts, of those above; the lowest and the highest are compared.
    starts: Vec<f64>,
    steps: usize,
    rules: Vec<Rule>,
}

/// The settings of a machine but for its size.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Training {
    batch: usize,
    learning_rate: f32,
    /// k of CD-k.
    steps: u32,
    initial_std: f32,
    biases: bool,
}

impl Settings {
    fn train_config(&self, hidden: usize) -> TrainConfig {
        let Training { batch, learning_rate, steps, initial_std, biases } = self.train;
        TrainConfig { hidden, batch, learning_rate, steps, initial_std, biases }
    }

    fn shape(&self) -> Shape {
        Shape::Square(self.side)
    }

    fn schedule(&self, draws: u32) -> Schedule {
        Schedule { burn_in: self.burn_in, stride: self.stride, draws, symmetrise: true }
    }
}

impl experiment::Settings for Settings {
    fn check(&self) -> Result<()> {
        // The network's weights grow with the sites; the lattice itself would take more.
        check_count("side", self.side as u64, 2, 256)?;
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
            self.algorithm != Algorithm::Transfer,
            "algorithm is transfer, which draws rings only"
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
        ensure!(self.starts.len() >= 2, "starts needs at least two temperatures");
        for start in &self.starts {
            let known = self.temperatures.contains(start);
            ensure!(known, "starts contains {start}, but must list some of temperatures");
        }
        let training = (self.samples as usize).saturating_mul(self.temperatures.len());
        for &hidden in &self.hidden {
            rbm::Trainer::new(self.train_config(hidden), lattice.sites(), 0)?;
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
    let equilibrium = readout::equilibrium(settings, &sets)?;

    let hidden = settings.hidden[settings.hidden.len() / 2];
    let claims = claims(run, settings, &equilibrium, &cells, hidden)?;
    let mut figures = vec![
        figures::flow_figure(settings, &equilibrium, &cells, hidden),
        figures::distribution_figure(settings, &sets, &cells, hidden),
        figures::plane_figure(settings, &equilibrium, &cells, hidden),
        figures::thermometer_figure(settings, &equilibrium),
    ];
    if settings.hidden.len() > 1 {
        figures.push(figures::hidden_figure(settings, &equilibrium, &cells));
    }
    Ok(Section {
        experiment: "flow-square".into(),
        title: "The flow of a machine trained on the square lattice".into(),
        headline: headline(settings, &cells, hidden),
        introduction: vec![
            format!("The protocol of Iso, Shiba and Yokoo: {} configurations of the {side} × {side} torus at each of {} temperatures train a machine; configurations that it has never seen flow through it, $v \\to h \\to v'$; a network trained on the same set reads their temperature at every step. Errors are spreads over {} seeds, each a repetition of everything.",
                settings.samples, settings.temperatures.len(), settings.seeds, side = settings.side),
            "Beside the network two observables are read, |m| and the energy: a configuration at the temperature T must have those of T.".into(),
        ],
        claims,
        figures,
        tables: vec![figures::ends_table(settings, &equilibrium, &cells), figures::samples_table(settings, &equilibrium)],
        discussion: vec![
            "Where a flow ends is a property of the machine as trained, not of the critical point. By the sampled rule flows from both ends of the scale must meet in time, at the machine's own distribution: the chain has one stationary law. The map of expectations may have several fixed points, and does with few hidden units. Nothing is rescaled along the flow, so that it has no direction to compare with RG.".into(),
            "The network was trained on spins ±1. Expectations are real numbers between, outside its domain, and its reading of them is an extrapolation: |m| and the energy of the same configurations place them elsewhere, and off the equilibrium curve.".into(),
        ],
        settings: toml::to_string(settings)?,
    })
}

fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::Mean => "mean",
        Rule::Sampled => "sampled",
    }
}

/// Where the flow by the last rule ends, from both sides.
fn headline(settings: &Settings, cells: &[Cell], hidden: usize) -> String {
    let rule = settings.rules[settings.rules.len() - 1];
    let end =
        |start| shown(cells::over_cells(cells, hidden, rule, start, |steps| &steps.temperature));
    format!(
        "On the square lattice the flow from $T = {}$ ends at a network temperature of {}, from $T = {}$ at {}; $T_c = 2.269$. The end is the machine's own, not the critical point.",
        settings.starts[0],
        end(0),
        settings.starts[settings.starts.len() - 1],
        end(settings.starts.len() - 1),
    )
}

fn claims(
    run: &Run,
    settings: &Settings,
    equilibrium: &readout::Equilibrium,
    cells: &[Cell],
    hidden: usize,
) -> Result<Vec<Claim>> {
    let claim =
        |id: &str, key: &str, value: Estimate, quantity: String, verdict, reason: String| {
            let finding = Finding { value, quantity, verdict, reason };
            run.published.claim(&format!("flow-square/{id}"), key, finding)
        };
    let mut claims = Vec::new();
    let genuine = shown(equilibrium.reading_at_critical);
    let genuine_m = shown(equilibrium.abs_m_at_critical);
    for &rule in &settings.rules {
        let name = rule_name(rule);
        let source = match rule {
            Rule::Mean => "iso-2018",
            Rule::Sampled => "veiga-2020",
        };
        for (side, start) in [("below", 0), ("above", settings.starts.len() - 1)] {
            let end = cells::over_cells(cells, hidden, rule, start, |steps| &steps.temperature);
            let m = cells::over_cells(cells, hidden, rule, start, |steps| &steps.abs_m);
            claims.push(claim(
                &format!("{name}-from-{side}"),
                &format!("{source}/flows-to-tc-from-{side}"),
                end,
                format!("network temperature after {} steps from $T = {}$, N = {hidden}", settings.steps, settings.starts[start]),
                agreement(end, critical_temperature()),
                format!("The end has |m| = {}. Configurations truly at $T_c$ read {genuine} and have |m| = {genuine_m}. The machine was trained by CD-{} for {} epochs.", shown(m), settings.train.steps, settings.epochs),
            )?);
        }
    }
    let rule = settings.rules[settings.rules.len() - 1];
    let end_m = cells::over_cells(cells, hidden, rule, 0, |steps| &steps.abs_m);
    claims.push(claim("magnetisation", "veiga-2020/m-star", end_m, format!("|m| at the end, N = {hidden}"), Verdict::NotComparable,
        "The source's machine has units 0/1 without biases, which breaks the spin-flip symmetry, and 100 hidden units; ours has units ±1.".into())?);
    let disagreement = readout::thermometers_disagree(settings, equilibrium, cells, hidden);
    let differs = disagreement.sigmas_from(0.0) > SIGMAS;
    claims.push(claim(
        "thermometer",
        "veiga-2020/thermometer",
        disagreement,
        format!(
            "network temperature minus that of |m|, at the end by the {} rule",
            rule_name(settings.rules[0])
        ),
        if differs { Verdict::Reproduced } else { Verdict::Contradicted },
        "Both read the same configurations; on Ising configurations they would agree.".into(),
    )?);
    let first_step = cells::first_step(cells, hidden, rule, settings.starts.len() - 1);
    claims.push(claim("opposite-to-rg", "iso-2018/opposite-to-rg", first_step, "change of temperature in the first step from the hottest start".into(), Verdict::NotComparable,
        "RG would heat it, but RG halves the length and compares $K'$ with K. The flow changes no length; by the sampled rule it is the relaxation of a Markov chain to its stationary law.".into())?);
    Ok(claims)
}
