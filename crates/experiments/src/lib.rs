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
use lab::settings::{Experiment, load};
use lab::{Lab, Profile, Settings};
use report::Section;
use toml::Table;

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
    plan: fn(&Entry, Profile, Option<&Table>) -> Result<Plan>,
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

impl Plan {
    fn new<S: Settings + 'static>(
        entry: &Entry,
        profile: Profile,
        own: Option<&Table>,
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

/// The experiment `name` with the settings of `profile`; keys of `own` take the place of committed ones. `None` where there
/// is no experiment of this name.
///
/// # Errors
/// What is wrong with the settings, in one sentence.
pub fn plan(name: &str, profile: Profile, own: Option<&Table>) -> Option<Result<Plan>> {
    let entry = EXPERIMENTS.iter().find(|entry| entry.name == name)?;
    Some((entry.plan)(entry, profile, own))
}

/// The committed settings of the experiment `name`, all profiles, as they are written.
pub fn settings(name: &str) -> Option<&'static str> {
    Some(EXPERIMENTS.iter().find(|entry| entry.name == name)?.settings)
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

    #[test]
    fn all_committed_settings_and_sources_are_sound() {
        published().unwrap();
        for name in names() {
            for profile in Profile::ALL {
                plan(name, profile, None).unwrap().unwrap();
            }
        }
    }
}
