//! The settings of the experiments: data/experiments/NAME.toml, read strictly.

use crate::input::BadInput;
use anyhow::Result;
use clap::ValueEnum;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How much computing an experiment may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// Every conclusion visible, with larger errors: minutes at most.
    Quick,
    /// Errors narrowed, more sizes and seeds: minutes to an hour and a half.
    Standard,
    /// The published settings where they are known: days, or a cluster.
    Paper,
}

impl Profile {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Paper => "paper",
        }
    }
}

/// A file of settings: one table per profile, every scientific value written out in each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<S> {
    /// What the experiment redoes, one line.
    redoes: String,
    /// Expected run time on two cores, for `list` and the progress bar.
    seconds: Seconds,
    quick: S,
    standard: S,
    paper: S,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seconds {
    quick: f64,
    standard: f64,
    paper: f64,
}

/// The settings of one experiment in one profile.
pub(crate) struct Experiment<S> {
    pub(crate) redoes: String,
    pub(crate) seconds: f64,
    pub(crate) settings: S,
}

/// Settings that can say what is wrong with them before anything runs.
pub(crate) trait Settings: DeserializeOwned + Serialize {
    /// # Errors
    /// One sentence that names the key, the value and what is allowed.
    fn check(&self) -> Result<()>;
}

/// Reads and checks the settings of `name`.
pub(crate) fn load<S: Settings>(name: &str, profile: Profile) -> Result<Experiment<S>> {
    let path = data().join("experiments").join(format!("{name}.toml"));
    let file: File<S> = read_toml(&path)?;
    for (profile, settings) in
        [("quick", &file.quick), ("standard", &file.standard), ("paper", &file.paper)]
    {
        settings.check().map_err(|error| {
            let reason = crate::input::sentence(&error);
            BadInput(format!("{}, table [{profile}]: {reason}", path.display()))
        })?;
    }
    for seconds in [file.seconds.quick, file.seconds.standard, file.seconds.paper] {
        if !(seconds.is_finite() && seconds >= 0.0) {
            let sentence =
                format!("seconds contains {seconds}, but must be finite and not negative");
            return Err(BadInput(format!("{}: {sentence}", path.display())).into());
        }
    }
    let (settings, seconds) = match profile {
        Profile::Quick => (file.quick, file.seconds.quick),
        Profile::Standard => (file.standard, file.seconds.standard),
        Profile::Paper => (file.paper, file.seconds.paper),
    };
    Ok(Experiment { redoes: file.redoes, seconds, settings })
}

/// The project's `data` directory.
pub(crate) fn data() -> PathBuf {
    root().join("data")
}

/// The project's root: the folder above this crate.
pub(crate) fn root() -> PathBuf {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// A TOML file; what is wrong with it is said in one sentence with its line.
pub(crate) fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| BadInput(format!("cannot read {}: {error}", path.display())))?;
    toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text[..start].matches('\n').count();
        let message = error.message().replace('\n', " ");
        BadInput(format!("{}, line {line}: {message}", path.display())).into()
    })
}
