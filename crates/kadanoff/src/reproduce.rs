//! `cargo xtask reproduce`: runs experiments and writes their report.

mod decimation;
mod decimation_theorem;
#[cfg(test)]
mod distinct;
mod dynamics;
mod equilibrium;
mod flow_controls;
mod flow_explained;
mod flow_field;
mod flow_large;
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
mod thermometers;
mod variational_rg;
mod weight_of_coupling;

use lab::settings::{Experiment, Profile, Settings, load, root};
use lab::input::BadInput;
use lab::progress::Progress;
use lab::published::Published;
use report::content::{Report, Section};
use report::terminal;
use lab::store::Store;
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::time::Instant;

/// All experiments, in the order of the report.
const EXPERIMENTS: [Entry; 17] = [
    Entry { name: "decimation", plan: |name, profile| Plan::new(name, profile, decimation::run) },
    Entry {
        name: "weight-of-coupling",
        plan: |name, profile| Plan::new(name, profile, weight_of_coupling::run),
    },
    Entry {
        name: "temperature-ranges",
        plan: |name, profile| Plan::new(name, profile, temperature_ranges::run),
    },
    Entry {
        name: "decimation-theorem",
        plan: |name, profile| Plan::new(name, profile, decimation_theorem::run),
    },
    Entry {
        name: "variational-rg",
        plan: |name, profile| Plan::new(name, profile, variational_rg::run),
    },
    Entry { name: "learning", plan: |name, profile| Plan::new(name, profile, learning::run) },
    Entry { name: "hopfield", plan: |name, profile| Plan::new(name, profile, hopfield::run) },
    Entry { name: "flow-ring", plan: |name, profile| Plan::new(name, profile, flow_ring::run) },
    Entry { name: "thermometer", plan: |name, profile| Plan::new(name, profile, thermometer::run) },
    Entry { name: "flow-square", plan: |name, profile| Plan::new(name, profile, flow_square::run) },
    Entry {
        name: "flow-controls",
        plan: |name, profile| Plan::new(name, profile, flow_controls::run),
    },
    Entry { name: "flow-field", plan: |name, profile| Plan::new(name, profile, flow_field::run) },
    Entry {
        name: "flow-explained",
        plan: |name, profile| Plan::new(name, profile, flow_explained::run),
    },
    Entry { name: "flow-large", plan: |name, profile| Plan::new(name, profile, flow_large::run) },
    Entry { name: "dynamics", plan: |name, profile| Plan::new(name, profile, dynamics::run) },
    Entry { name: "equilibrium", plan: |name, profile| Plan::new(name, profile, equilibrium::run) },
    Entry {
        name: "thermodynamics",
        plan: |name, profile| Plan::new(name, profile, thermodynamics::run),
    },
];

/// An experiment by its name, and how its settings are read.
struct Entry {
    name: &'static str,
    plan: fn(&'static str, Profile) -> Result<Plan>,
}

/// What an experiment does with its settings.
type Experimenting = dyn Fn(&Run) -> Result<Section>;

/// An experiment with its settings, ready to run.
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    /// What it redoes, one line.
    pub(crate) redoes: String,
    /// Expected seconds on two cores.
    pub(crate) seconds: f64,
    run: Box<Experimenting>,
}

impl Plan {
    /// Reads the settings that `run` needs.
    fn new<S: Settings + 'static>(
        name: &'static str,
        profile: Profile,
        run: fn(&Run, &S) -> Result<Section>,
    ) -> Result<Self> {
        let Experiment { redoes, seconds, settings } = load(name, profile)?;
        Ok(Self { name, redoes, seconds, run: Box::new(move |of| run(of, &settings)) })
    }

    /// Reads the settings of the experiment `name`.
    pub(crate) fn load(name: &str, profile: Profile) -> Result<Self> {
        let Some(entry) = EXPERIMENTS.iter().find(|entry| entry.name == name) else {
            let names = names().collect::<Vec<_>>().join(", ");
            let sentence = format!("there is no experiment {name:?}; the experiments are {names}");
            return Err(BadInput(sentence).into());
        };
        (entry.plan)(entry.name, profile)
    }
}

/// The names of all experiments.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    EXPERIMENTS.iter().map(|entry| entry.name)
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
    let mut wanted: Vec<&str> = request.names.iter().map(String::as_str).collect();
    if wanted.is_empty() {
        wanted = names().collect();
    }
    // All settings are read before anything runs. Naming an experiment twice runs it once.
    let mut plans: Vec<Plan> = Vec::new();
    for name in wanted {
        if plans.iter().all(|plan| plan.name != name) {
            plans.push(Plan::load(name, request.profile)?);
        }
    }
    let out = request.out.clone().unwrap_or_else(|| root().join("target/reproduce/latest"));
    // Without a slash or dot at its end, which could not be renamed.
    let out: PathBuf = out.components().collect();
    place::check(&out)?;
    let published = Published::load()?;

    // The effort of a stage counts core-seconds, the settings' estimate holds for two cores.
    let effort: f64 = plans.iter().map(|plan| 2.0 * plan.seconds).sum();
    let store = Store::open(root().join("target/store"), request.fresh, Progress::new(effort))?;
    let run = Run { store, published, seed: request.seed };
    let mut sections = Vec::new();
    let mut done = 0.0;
    for plan in &plans {
        run.store.progress().name(plan.name);
        let section = (plan.run)(&run);
        sections.push(section.with_context(|| format!("in the experiment {}", plan.name))?);
        done += 2.0 * plan.seconds;
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
