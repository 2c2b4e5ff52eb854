//! The verb `settings`: the settings of an experiment as a file to start from.

use crate::terminal::print;
use crate::values::profile;
use anyhow::Result;
use clap::Args;
use lab::Profile;

#[derive(Debug, Args)]
pub struct Settings {
    /// The experiment.
    #[arg(value_name = "EXPERIMENT")]
    name: String,
    /// The profile whose settings are printed.
    #[arg(long, value_parser = profile(), default_value = "quick")]
    profile: Profile,
}

pub(super) fn run(options: &Settings) -> Result<()> {
    print(experiments::settings(&options.name, options.profile)?.trim_end())
}
