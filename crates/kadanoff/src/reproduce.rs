//! The verb `reproduce`: runs experiments and writes their report.

mod place;
mod provenance;

use crate::rooms;
use anyhow::{Context, Result};
use experiments::Plan;
use lab::input::BadInput;
use lab::progress::Progress;
use lab::{Lab, Profile, Store};
use report::content::Report;
use report::terminal;
use std::path::PathBuf;
use std::time::Instant;

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
        wanted = experiments::names().collect();
    }
    // All settings are read before anything runs. Naming an experiment twice runs it once.
    let mut plans: Vec<Plan> = Vec::new();
    for name in wanted {
        if plans.iter().all(|plan| plan.name != name) {
            plans.push(plan(name, request.profile)?);
        }
    }
    let out = request.out.clone().unwrap_or_else(rooms::report);
    // Without a slash or dot at its end, which could not be renamed.
    let out: PathBuf = out.components().collect();
    place::check(&out)?;
    let published = experiments::published()?;

    // The effort of a stage counts core-seconds, the settings' estimate holds for two cores.
    let effort: f64 = plans.iter().map(|plan| 2.0 * plan.seconds).sum();
    let store = Store::open(rooms::store(), request.fresh, Progress::new(effort))?;
    let lab = Lab { store, published, seed: request.seed };
    let mut sections = Vec::new();
    let mut done = 0.0;
    for plan in &plans {
        lab.store.progress().name(plan.name);
        let section = plan.run(&lab);
        sections.push(section.with_context(|| format!("in the experiment {}", plan.name))?);
        done += 2.0 * plan.seconds;
        lab.store.progress().set(done);
    }
    lab.store.progress().finish();

    let provenance = provenance::provenance(request, began.elapsed().as_secs_f64());
    let report = Report { sections, provenance };
    place::write(&report, &out)?;
    Ok((report, out))
}

/// The experiment `name` with its committed settings.
pub(crate) fn plan(name: &str, profile: Profile) -> Result<Plan> {
    experiments::plan(name, profile, None).unwrap_or_else(|| {
        let names = experiments::names().collect::<Vec<_>>().join(", ");
        Err(BadInput(format!("there is no experiment {name:?}; the experiments are {names}"))
            .into())
    })
}

/// The claims as a table for a terminal.
pub(crate) fn claims_table(report: &Report) -> String {
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    terminal::claims_table(report, width.unwrap_or(110))
}
