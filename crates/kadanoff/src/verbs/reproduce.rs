//! The verb `reproduce`: runs experiments and writes their report.

mod place;
mod provenance;

use crate::folders;
use crate::terminal::print;
use crate::values::{profile, seed, whole};
use anyhow::{Context, Result};
use clap::Args;
use experiments::Plan;
use lab::progress::Progress;
use lab::settings::Own;
use lab::{Lab, Profile, Store};
use report::content::{Report, Section};
use report::terminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Debug, Args)]
pub struct Reproduce {
    /// Experiments to run; all when none is named.
    #[arg(value_name = "EXPERIMENT")]
    names: Vec<String>,
    /// How much computing to spend.
    #[arg(long, value_parser = profile(), default_value = "quick")]
    profile: Profile,
    /// Run one experiment with settings of one's own: a TOML file that says experiment = "NAME" and any of its settings; the
    /// others are those of --profile. `settings` prints one to start from.
    #[arg(long, value_name = "FILE", conflicts_with = "names")]
    settings: Option<PathBuf>,
    /// The master seed from which every random number comes.
    #[arg(long, value_name = "s", default_value = "1", allow_hyphen_values = true, value_parser = seed)]
    seed: u64,
    /// Threads to use; all processors unless told otherwise. Results do not depend on it.
    #[arg(long, value_name = "n", allow_hyphen_values = true, value_parser = whole(1, 1024))]
    threads: Option<usize>,
    /// The directory of the report; unless told otherwise kadanoff-report, or target/reproduce/latest in a checkout of the
    /// project.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The directory where results are kept, so that nothing is computed twice; unless told otherwise in the user's folder of
    /// caches, or target/store in a checkout of the project.
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Compute everything anew instead of taking results from the store.
    #[arg(long)]
    fresh: bool,
    /// Print the claims as one JSON document instead of a table.
    #[arg(long)]
    json: bool,
}

/// Runs, writes and prints; nothing is written where the input is wrong.
pub(super) fn run(options: &Reproduce) -> Result<()> {
    if let Some(threads) = options.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    let began = Instant::now();
    let own = options.settings.as_deref().map(Own::read).transpose()?;
    let plans = options.plans(own.as_ref())?;
    let out = options.out.clone().unwrap_or_else(folders::report);
    // Without a slash or dot at its end, which could not be renamed.
    let out: PathBuf = out.components().collect();
    let store = options.store.clone().unwrap_or_else(folders::store);
    place::check(&out, &store)?;
    let sections = options.sections(&plans, &store)?;
    let seconds = began.elapsed().as_secs_f64();
    let provenance = provenance::provenance(options, own.as_ref(), seconds);
    let report = Report { sections, provenance };
    // Something else may be there by now.
    place::check(&out, &store)?;
    place::write(&report, &out)?;
    match options.json {
        true => print(std::fs::read_to_string(out.join("claims.json"))?.trim_end()),
        false => print(&text(&report, &out)),
    }
}

impl Reproduce {
    /// All settings are read before anything runs.
    fn plans(&self, own: Option<&Own>) -> Result<Vec<Plan>> {
        let names: Vec<&str> = match own {
            Some(own) => vec![&own.experiment],
            None if self.names.is_empty() => experiments::names().collect(),
            None => self.names.iter().map(String::as_str).collect(),
        };
        // Naming an experiment twice runs it once.
        let mut plans: Vec<Plan> = Vec::new();
        for name in names {
            if plans.iter().all(|plan| plan.name != name) {
                plans.push(experiments::plan(name, self.profile, own)?);
            }
        }
        Ok(plans)
    }

    /// Runs the experiments, one after the other.
    fn sections(&self, plans: &[Plan], store: &Path) -> Result<Vec<Section>> {
        // The effort of a stage counts core-seconds, the settings' estimate holds for two cores.
        let effort: f64 = plans.iter().map(|plan| 2.0 * plan.seconds).sum();
        let store = Store::open(store.to_owned(), self.fresh, Progress::new(effort))?;
        let lab = Lab { store, published: experiments::published()?, seed: self.seed };
        let mut sections = Vec::new();
        let mut done = 0.0;
        for plan in plans {
            lab.store.progress().name(plan.name);
            let section = plan.run(&lab);
            sections.push(section.with_context(|| format!("in the experiment {}", plan.name))?);
            done += 2.0 * plan.seconds;
            lab.store.progress().set(done);
        }
        lab.store.progress().finish();
        Ok(sections)
    }
}

fn text(report: &Report, out: &Path) -> String {
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let claims = terminal::claims_table(report, width.unwrap_or(110));
    let own = report.provenance.own_settings.iter().map(|own| format!("{own}\n"));
    let own = own.collect::<String>();
    format!("{claims}\n{own}report: {}", out.join("index.html").display())
}
