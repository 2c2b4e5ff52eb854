//! `cargo xtask reproduce`: runs experiments and writes their report.

mod decimation;
mod flow_ring;
mod flow_square;
mod parts;
mod weight_of_coupling;

use crate::experiment::{Experiment, Profile, load, root};
use crate::input::BadInput;
use crate::progress::Progress;
use crate::published::Published;
use crate::report::content::{Provenance, Report, Section};
use crate::report::{files, terminal};
use crate::store::Store;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// All experiments, in the order of the report.
pub(crate) const NAMES: [&str; 4] =
    ["decimation", "weight-of-coupling", "flow-ring", "flow-square"];

/// An experiment with its settings, ready to run.
pub(crate) enum Plan {
    Decimation(Experiment<decimation::Settings>),
    WeightOfCoupling(Experiment<weight_of_coupling::Settings>),
    FlowRing(Experiment<flow_ring::Settings>),
    FlowSquare(Experiment<flow_square::Settings>),
}

impl Plan {
    /// Reads the settings of the experiment `name`.
    pub(crate) fn load(name: &str, profile: Profile) -> Result<Self> {
        Ok(match name {
            "decimation" => Self::Decimation(load(name, profile)?),
            "weight-of-coupling" => Self::WeightOfCoupling(load(name, profile)?),
            "flow-ring" => Self::FlowRing(load(name, profile)?),
            "flow-square" => Self::FlowSquare(load(name, profile)?),
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
            Self::FlowRing(experiment) => flow_ring::run(run, &experiment.settings),
            Self::FlowSquare(experiment) => flow_square::run(run, &experiment.settings),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Decimation(_) => "decimation",
            Self::WeightOfCoupling(_) => "weight-of-coupling",
            Self::FlowRing(_) => "flow-ring",
            Self::FlowSquare(_) => "flow-square",
        }
    }

    pub(crate) fn redoes(&self) -> &str {
        match self {
            Self::Decimation(experiment) => &experiment.redoes,
            Self::WeightOfCoupling(experiment) => &experiment.redoes,
            Self::FlowRing(experiment) => &experiment.redoes,
            Self::FlowSquare(experiment) => &experiment.redoes,
        }
    }

    /// Expected seconds on two cores.
    pub(crate) fn seconds(&self) -> f64 {
        match self {
            Self::Decimation(experiment) => experiment.seconds,
            Self::WeightOfCoupling(experiment) => experiment.seconds,
            Self::FlowRing(experiment) => experiment.seconds,
            Self::FlowSquare(experiment) => experiment.seconds,
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
    check_out(&out)?;

    // The effort of a stage counts core-seconds, the settings' estimate holds for two cores.
    let effort: f64 = plans.iter().map(|plan| 2.0 * plan.seconds()).sum();
    let store = Store::open(root().join("target/store"), request.fresh, Progress::new(effort))?;
    let run = Run { store, published: Published::load()?, seed: request.seed };
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

    let provenance = provenance(request, began.elapsed().as_secs_f64());
    let report = Report { sections, provenance };
    write(&report, &out)?;
    Ok((report, out))
}

/// The claims as a table for a terminal.
pub(crate) fn claims_table(report: &Report) -> String {
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    terminal::claims_table(report, width.unwrap_or(110))
}

fn provenance(request: &Request, seconds: f64) -> Provenance {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Provenance {
        version: format!("kadanoff {}", env!("CARGO_PKG_VERSION")),
        profile: request.profile.name().to_owned(),
        seed: request.seed,
        machine: machine(),
        threads: rayon::current_num_threads(),
        finished: utc(now),
        seconds,
    }
}

/// Operating system, architecture and, where the system tells, the processor.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split(':').nth(1)).map(str::trim).unwrap_or("processor");
    format!("{} {}, {model}", std::env::consts::OS, std::env::consts::ARCH)
}

/// Seconds since 1970 as ISO 8601, by the civil calendar of Gregory.
fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years counted from March put the leap day last: day 0 is 1 March of the year 0.
    let day = days + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + carry;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The report's place must be free, empty, or hold an earlier report, which is replaced.
fn check_out(out: &Path) -> Result<()> {
    let refuse = |why: &str| Err(BadInput(format!("--out {}: {why}", out.display())).into());
    if out.is_file() {
        return refuse("it is a file, but a directory is needed");
    }
    let empty = fs::read_dir(out).map_or(true, |mut entries| entries.next().is_none());
    if !empty && !out.join("claims.json").is_file() {
        return refuse("it holds something else than a report, and nothing is overwritten");
    }
    Ok(())
}

/// Writes the report beside its place and moves it there, so that a reader never sees half of one.
fn write(report: &Report, out: &Path) -> Result<()> {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    let beside =
        |suffix: &str| out.with_file_name(format!(".{name}.{suffix}-{}", std::process::id()));
    let (new, old) = (beside("new"), beside("old"));
    let place = || -> Result<()> {
        fs::create_dir_all(&new)?;
        files::write(report, &new)?;
        if out.exists() {
            fs::rename(out, &old)?;
        }
        fs::rename(&new, out)?;
        if old.exists() {
            fs::remove_dir_all(&old)?;
        }
        Ok(())
    };
    let placed = place();
    if placed.is_err() && new.exists() {
        let _ = fs::remove_dir_all(&new);
    }
    placed.with_context(|| format!("cannot write the report to {}", out.display()))
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn dates_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(utc(4_102_444_800), "2100-01-01T00:00:00Z");
    }
}
