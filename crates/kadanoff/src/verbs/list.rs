//! The verb `list`: the experiments, what each redoes and how long it takes.

use crate::terminal::print;
use crate::values::profile;
use anyhow::Result;
use clap::Args;
use experiments::Plan;
use lab::Profile;
use serde_json::json;

#[derive(Debug, Args)]
pub struct List {
    /// The profile whose run times are listed.
    #[arg(long, value_parser = profile(), default_value = "quick")]
    profile: Profile,
    /// Print one JSON document instead of text: of each experiment its name, what it redoes, and seconds on two cores.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &List) -> Result<()> {
    let plans: Vec<Plan> = experiments::names()
        .map(|name| experiments::plan(name, options.profile, None))
        .collect::<Result<_>>()?;
    if options.json {
        let entry = |plan: &Plan| json!({ "name": plan.name, "redoes": plan.redoes, "seconds": plan.seconds });
        let entries: Vec<_> = plans.iter().map(entry).collect();
        return print(&serde_json::to_string_pretty(&entries)?);
    }
    let line = |plan: &Plan| format!("{:20} {:>6} s  {}", plan.name, plan.seconds, plan.redoes);
    print(&plans.iter().map(line).collect::<Vec<_>>().join("\n"))
}
