//! The experiments, a file or folder each, grouped by what they are about; the stages that they share; their data, embedded.

#[cfg(test)]
mod distinct;
mod networks;
mod ring;
mod samplers;
mod sources;
mod square;
pub mod stages;

use anyhow::Result;
use lab::input::BadInput;
use lab::settings::{Experiment, Own, load, to_start_from};
use lab::{Lab, Profile, Settings};
use report::Section;
use std::fmt;

/// All experiments, in the order of the report.
const EXPERIMENTS: [Entry; 17] = [
    Entry {
        name: "decimation",
        settings: include_str!("../../../data/experiments/decimation.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, ring::decimation::run),
    },
    Entry {
        name: "weight-of-coupling",
        settings: include_str!("../../../data/experiments/weight-of-coupling.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, ring::weight_of_coupling::run),
    },
    Entry {
        name: "temperature-ranges",
        settings: include_str!("../../../data/experiments/temperature-ranges.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, ring::temperature_ranges::run),
    },
    Entry {
        name: "decimation-theorem",
        settings: include_str!("../../../data/experiments/decimation-theorem.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, ring::decimation_theorem::run),
    },
    Entry {
        name: "variational-rg",
        settings: include_str!("../../../data/experiments/variational-rg.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, ring::variational_rg::run),
    },
    Entry {
        name: "learning",
        settings: include_str!("../../../data/experiments/learning.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, networks::learning::run),
    },
    Entry {
        name: "hopfield",
        settings: include_str!("../../../data/experiments/hopfield.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, networks::hopfield::run),
    },
    Entry {
        name: "flow-ring",
        settings: include_str!("../../../data/experiments/flow-ring.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, ring::flow_ring::run),
    },
    Entry {
        name: "thermometer",
        settings: include_str!("../../../data/experiments/thermometer.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, square::thermometer::run),
    },
    Entry {
        name: "flow-square",
        settings: include_str!("../../../data/experiments/flow-square.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, square::flow_square::run),
    },
    Entry {
        name: "flow-controls",
        settings: include_str!("../../../data/experiments/flow-controls.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, square::flow_controls::run),
    },
    Entry {
        name: "flow-field",
        settings: include_str!("../../../data/experiments/flow-field.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, square::flow_field::run),
    },
    Entry {
        name: "flow-explained",
        settings: include_str!("../../../data/experiments/flow-explained.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, square::flow_explained::run),
    },
    Entry {
        name: "flow-large",
        settings: include_str!("../../../data/experiments/flow-large.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, square::flow_large::run),
    },
    Entry {
        name: "dynamics",
        settings: include_str!("../../../data/experiments/dynamics.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, samplers::dynamics::run),
    },
    Entry {
        name: "equilibrium",
        settings: include_str!("../../../data/experiments/equilibrium.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, samplers::equilibrium::run),
    },
    Entry {
        name: "thermodynamics",
        settings: include_str!("../../../data/experiments/thermodynamics.toml"),
        plan: |entry, profile, own| Plan::new(entry, profile, own, square::thermodynamics::run),
    },
];

/// An experiment by its name, its committed settings, and how they are read.
struct Entry {
    name: &'static str,
    settings: &'static str,
    plan: fn(&Entry, Profile, Option<&Own>) -> Result<Plan>,
}

/// What an experiment does with its settings.
type Work = dyn Fn(&Lab) -> Result<Section>;

/// An experiment with its settings, ready to run.
pub struct Plan {
    /// Its name.
    pub name: &'static str,
    /// What it redoes, one line.
    pub redoes: String,
    /// Expected seconds on two cores.
    pub seconds: f64,
    work: Box<Work>,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, redoes, seconds, work: _ } = self;
        f.debug_struct("Plan")
            .field("name", name)
            .field("redoes", redoes)
            .field("seconds", seconds)
            .finish_non_exhaustive()
    }
}

impl Plan {
    fn new<S: Settings + 'static>(
        entry: &Entry,
        profile: Profile,
        own: Option<&Own>,
        run: fn(&Lab, &S) -> Result<Section>,
    ) -> Result<Self> {
        let Experiment { redoes, seconds, settings } =
            load::<S>(entry.name, entry.settings, profile, own)?;
        let work = move |lab: &Lab| {
            let section = run(lab, &settings)?;
            Ok(Section { settings: toml::to_string(&settings)?, ..section })
        };
        Ok(Self { name: entry.name, redoes, seconds, work: Box::new(work) })
    }

    /// Runs the experiment.
    ///
    /// # Errors
    /// What went wrong in one of its stages.
    pub fn run(&self, lab: &Lab) -> Result<Section> {
        (self.work)(lab)
    }
}

/// The experiment `name` with the settings of `profile`; keys of one's own take the place of committed ones.
///
/// # Errors
/// What is wrong with the name or the settings, in one sentence.
pub fn plan(name: &str, profile: Profile, own: Option<&Own>) -> Result<Plan> {
    let entry = entry(name).map_err(|BadInput(why)| match own {
        Some(own) => BadInput(format!("{}: {why}", own.file)),
        None => BadInput(why),
    })?;
    (entry.plan)(entry, profile, own)
}

/// The committed settings of the experiment `name` in one profile, as a file of one's own to start from.
///
/// # Errors
/// When there is no experiment of this name.
pub fn settings(name: &str, profile: Profile) -> Result<String> {
    to_start_from(name, entry(name)?.settings, profile)
}

fn entry(name: &str) -> Result<&'static Entry, BadInput> {
    EXPERIMENTS.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let names = names().collect::<Vec<_>>().join(", ");
        BadInput(format!("there is no experiment {name:?}; the experiments are {names}"))
    })
}

/// The names of all experiments, in the order of the report.
pub fn names() -> impl Iterator<Item = &'static str> {
    EXPERIMENTS.iter().map(|entry| entry.name)
}

/// What the sources say.
///
/// # Errors
/// When the data are damaged, which a test would have found.
pub fn published() -> Result<lab::published::Published> {
    lab::published::Published::read(&sources::SOURCES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use toml::{Table, Value};

    #[test]
    fn all_committed_settings_and_sources_are_sound() {
        published().unwrap();
        for name in names() {
            for profile in Profile::ALL {
                plan(name, profile, None).unwrap();
            }
        }
    }

    #[test]
    fn files_to_start_from_are_the_committed_settings() {
        for entry in &EXPERIMENTS {
            let committed: Table = toml::from_str(entry.settings).unwrap();
            for profile in Profile::ALL {
                let mut found: Table =
                    toml::from_str(&settings(entry.name, profile).unwrap()).unwrap();
                assert_eq!(found.remove("experiment"), Some(Value::String(entry.name.into())));
                let expected = committed.get(profile.name()).unwrap_or(&committed["quick"]);
                assert_eq!(&Value::Table(found), expected, "{} {profile:?}", entry.name);
            }
        }
    }
}
