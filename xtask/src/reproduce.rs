//! `cargo xtask reproduce`: runs experiments and writes their report.

mod decimation;
mod decimation_theorem;
mod dynamics;
mod equilibrium;
mod flow_ring;
mod flow_square;
mod hopfield;
mod learning;
mod parts;
mod place;
mod provenance;
mod rings;
mod tails;
mod temperature_ranges;
mod thermodynamics;
mod thermometer;
mod variational_rg;
mod weight_of_coupling;

use crate::experiment::{Experiment, Profile, load, root};
use crate::input::BadInput;
use crate::progress::Progress;
use crate::published::Published;
use crate::report::content::{Report, Section};
use crate::report::terminal;
use crate::store::Store;
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::time::Instant;

/// All experiments, in the order of the report.
pub(crate) const NAMES: [&str; 13] = [
    "decimation",
    "weight-of-coupling",
    "temperature-ranges",
    "decimation-theorem",
    "variational-rg",
    "learning",
    "hopfield",
    "flow-ring",
    "thermometer",
    "flow-square",
    "dynamics",
    "equilibrium",
    "thermodynamics",
];

/// An experiment with its settings, ready to run.
pub(crate) enum Plan {
    Decimation(Experiment<decimation::Settings>),
    WeightOfCoupling(Experiment<weight_of_coupling::Settings>),
    TemperatureRanges(Experiment<temperature_ranges::Settings>),
    DecimationTheorem(Experiment<decimation_theorem::Settings>),
    VariationalRg(Experiment<variational_rg::Settings>),
    Learning(Box<Experiment<learning::Settings>>),
    Hopfield(Experiment<hopfield::Settings>),
    FlowRing(Experiment<flow_ring::Settings>),
    Thermometer(Experiment<thermometer::Settings>),
    FlowSquare(Experiment<flow_square::Settings>),
    Dynamics(Experiment<dynamics::Settings>),
    Equilibrium(Experiment<equilibrium::Settings>),
    Thermodynamics(Experiment<thermodynamics::Settings>),
}

impl Plan {
    /// Reads the settings of the experiment `name`.
    pub(crate) fn load(name: &str, profile: Profile) -> Result<Self> {
        Ok(match name {
            "decimation" => Self::Decimation(load(name, profile)?),
            "weight-of-coupling" => Self::WeightOfCoupling(load(name, profile)?),
            "temperature-ranges" => Self::TemperatureRanges(load(name, profile)?),
            "decimation-theorem" => Self::DecimationTheorem(load(name, profile)?),
            "variational-rg" => Self::VariationalRg(load(name, profile)?),
            "learning" => Self::Learning(Box::new(load(name, profile)?)),
            "hopfield" => Self::Hopfield(load(name, profile)?),
            "flow-ring" => Self::FlowRing(load(name, profile)?),
            "thermometer" => Self::Thermometer(load(name, profile)?),
            "flow-square" => Self::FlowSquare(load(name, profile)?),
            "dynamics" => Self::Dynamics(load(name, profile)?),
            "equilibrium" => Self::Equilibrium(load(name, profile)?),
            "thermodynamics" => Self::Thermodynamics(load(name, profile)?),
            unknown => {
                let names = NAMES.join(", ");
                let sentence =
                    format!("there is no experiment {unknown:?}; the experiments are {names}");
                return Err(BadInput(sentence).into());
            }
        })
    }

    fn run(&self, run: &Run) -> Result<Section> {
        match self {
            Self::Decimation(experiment) => decimation::run(run, &experiment.settings),
            Self::WeightOfCoupling(experiment) => {
                weight_of_coupling::run(run, &experiment.settings)
            }
            Self::TemperatureRanges(experiment) => {
                temperature_ranges::run(run, &experiment.settings)
            }
            Self::DecimationTheorem(experiment) => {
                decimation_theorem::run(run, &experiment.settings)
            }
            Self::VariationalRg(experiment) => variational_rg::run(run, &experiment.settings),
            Self::Learning(experiment) => learning::run(run, &experiment.settings),
            Self::Hopfield(experiment) => hopfield::run(run, &experiment.settings),
            Self::FlowRing(experiment) => flow_ring::run(run, &experiment.settings),
            Self::Thermometer(experiment) => thermometer::run(run, &experiment.settings),
            Self::FlowSquare(experiment) => flow_square::run(run, &experiment.settings),
            Self::Dynamics(experiment) => dynamics::run(run, &experiment.settings),
            Self::Equilibrium(experiment) => equilibrium::run(run, &experiment.settings),
            Self::Thermodynamics(experiment) => thermodynamics::run(run, &experiment.settings),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Decimation(_) => "decimation",
            Self::WeightOfCoupling(_) => "weight-of-coupling",
            Self::TemperatureRanges(_) => "temperature-ranges",
            Self::DecimationTheorem(_) => "decimation-theorem",
            Self::VariationalRg(_) => "variational-rg",
            Self::Learning(_) => "learning",
            Self::Hopfield(_) => "hopfield",
            Self::FlowRing(_) => "flow-ring",
            Self::Thermometer(_) => "thermometer",
            Self::FlowSquare(_) => "flow-square",
            Self::Dynamics(_) => "dynamics",
            Self::Equilibrium(_) => "equilibrium",
            Self::Thermodynamics(_) => "thermodynamics",
        }
    }

    pub(crate) fn redoes(&self) -> &str {
        match self {
            Self::Decimation(experiment) => &experiment.redoes,
            Self::WeightOfCoupling(experiment) => &experiment.redoes,
            Self::TemperatureRanges(experiment) => &experiment.redoes,
            Self::DecimationTheorem(experiment) => &experiment.redoes,
            Self::VariationalRg(experiment) => &experiment.redoes,
            Self::Learning(experiment) => &experiment.redoes,
            Self::Hopfield(experiment) => &experiment.redoes,
            Self::FlowRing(experiment) => &experiment.redoes,
            Self::Thermometer(experiment) => &experiment.redoes,
            Self::FlowSquare(experiment) => &experiment.redoes,
            Self::Dynamics(experiment) => &experiment.redoes,
            Self::Equilibrium(experiment) => &experiment.redoes,
            Self::Thermodynamics(experiment) => &experiment.redoes,
        }
    }

    /// Expected seconds on two cores.
    pub(crate) fn seconds(&self) -> f64 {
        match self {
            Self::Decimation(experiment) => experiment.seconds,
            Self::WeightOfCoupling(experiment) => experiment.seconds,
            Self::TemperatureRanges(experiment) => experiment.seconds,
            Self::DecimationTheorem(experiment) => experiment.seconds,
            Self::VariationalRg(experiment) => experiment.seconds,
            Self::Learning(experiment) => experiment.seconds,
            Self::Hopfield(experiment) => experiment.seconds,
            Self::FlowRing(experiment) => experiment.seconds,
            Self::Thermometer(experiment) => experiment.seconds,
            Self::FlowSquare(experiment) => experiment.seconds,
            Self::Dynamics(experiment) => experiment.seconds,
            Self::Equilibrium(experiment) => experiment.seconds,
            Self::Thermodynamics(experiment) => experiment.seconds,
        }
    }
}

/// What every experiment needs.
pub(crate) struct Run {
    pub(crate) store: Store,
    pub(crate) published: Published,
    /// The master seed.
    pub(crate) seed: u64,
}

/// What `reproduce` was asked for.
pub(crate) struct Request {
    /// Experiments by name; none means all.
    pub(crate) names: Vec<String>,
    pub(crate) profile: Profile,
    pub(crate) seed: u64,
    /// Where the report goes; `target/reproduce/latest` unless told otherwise.
    pub(crate) out: Option<PathBuf>,
    /// Whether the store is ignored.
    pub(crate) fresh: bool,
}

/// Runs the experiments, writes the report and returns it with the directory that it is in.
pub(crate) fn reproduce(request: &Request) -> Result<(Report, PathBuf)> {
    let began = Instant::now();
    let mut names: Vec<&str> = request.names.iter().map(String::as_str).collect();
    if names.is_empty() {
        names = NAMES.to_vec();
    }
    // All settings are read before anything runs. Naming an experiment twice runs it once.
    let mut plans: Vec<Plan> = Vec::new();
    for name in names {
        if plans.iter().all(|plan| plan.name() != name) {
            plans.push(Plan::load(name, request.profile)?);
        }
    }
    let out = request.out.clone().unwrap_or_else(|| root().join("target/reproduce/latest"));
    // Without a slash or dot at its end, which could not be renamed.
    let out: PathBuf = out.components().collect();
    place::check(&out)?;
    let published = Published::load()?;

    // The effort of a stage counts core-seconds, the settings' estimate holds for two cores.
    let effort: f64 = plans.iter().map(|plan| 2.0 * plan.seconds()).sum();
    let store = Store::open(root().join("target/store"), request.fresh, Progress::new(effort))?;
    let run = Run { store, published, seed: request.seed };
    let mut sections = Vec::new();
    let mut done = 0.0;
    for plan in &plans {
        run.store.progress().name(plan.name());
        sections
            .push(plan.run(&run).with_context(|| format!("in the experiment {}", plan.name()))?);
        done += 2.0 * plan.seconds();
        run.store.progress().set(done);
    }
    run.store.progress().finish();

    let provenance = provenance::provenance(request, began.elapsed().as_secs_f64());
    let report = Report { sections, provenance };
    place::write(&report, &out)?;
    Ok((report, out))
}

/// The claims as a table for a terminal.
pub(crate) fn claims_table(report: &Report) -> String {
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    terminal::claims_table(report, width.unwrap_or(110))
}
