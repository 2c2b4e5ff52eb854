//! The command line: verbs, options and how a wrong one is refused.

use crate::calibrate::Calibrate;
use crate::evaluate::Evaluate;
use lab::settings::Profile;
use crate::flowing::Flowing;
use crate::quantities::Exact;
use crate::reproduce::{self, Plan, Request};
use crate::sample::Sample;
use crate::say;
use crate::train::Train;
use clap::{Args, Parser, Subcommand};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Redoes the published experiments on neural networks and the renormalization group.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
// Without a verb: the sentence that names them, as for any wrong input, instead of the help.
#[command(arg_required_else_help = false)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Run experiments, write the report, print the claims with their verdicts.
    #[command(after_help = "Example: cargo xtask reproduce flow-ring --profile standard --seed 2")]
    Reproduce(Reproduce),
    /// List the experiments: what each redoes and how long it takes.
    #[command(after_help = "Example: cargo xtask list --profile standard")]
    List(List),
    /// Compute a single quantity exactly, in closed form or by a sum over all states.
    #[command(after_help = "Example: cargo xtask exact weight --visible 8 --hidden 4 --coupling 1")]
    Exact(Exact),
    /// Draw configurations in equilibrium into a file for numpy, and say how good they are.
    #[command(
        after_help = "Example: cargo xtask sample --lattice square:10 --temperatures 0:6:0.25 --count 1000 --seed 1 --out train.npz"
    )]
    Sample(Sample),
    /// Train a restricted Boltzmann machine on configurations, and say how well it describes them.
    ///
    /// The machine p(v) = sum over h of exp(b v + c h + v W h) / Z, all units 1 or -1, learns by gradient ascent of its
    /// likelihood. Each epoch takes the samples once, in a new random order, in full batches; what does not fill a batch waits
    /// for another epoch. The same options give the same bytes, at any number of threads. All that is needed to go on is saved
    /// beside the machine as F.safetensors.run: within the first second, then after ever longer times up to ten seconds, and at
    /// the end.
    #[command(
        after_help = "Example: cargo xtask train --data train.npz --hidden 64 --epochs 20 --batch 100 --rate 0.05 --negative pcd:100:1 --seed 1 --out machine.safetensors"
    )]
    Train(Train),
    /// Judge a machine by data: likelihood with exact or annealed ln Z, pseudo-likelihood, reconstruction.
    #[command(
        after_help = "Example: cargo xtask evaluate --rbm machine.safetensors --data test.npz --ais-steps 5000"
    )]
    Evaluate(Evaluate),
    /// Make thermometers from configurations of known temperature, and test them on others.
    #[command(
        after_help = "Example: cargo xtask calibrate --data train.npz --out thermometer.safetensors"
    )]
    Calibrate(Calibrate),
    /// Let configurations flow through a machine, v to h to v', and read the temperature of every step.
    #[command(
        after_help = "Example: cargo xtask flow --rbm machine.safetensors --start train.npz --steps 20 --rule sampled --seed 1 --out flow.npz --thermometer thermometer.safetensors"
    )]
    Flow(Flowing),
    /// Measure how fast the project is, against yardsticks of this machine.
    #[command(after_help = "Example: cargo xtask bench ising --json")]
    Bench(Bench),
    /// Check the invariants that a program can check.
    #[command(after_help = "Example: cargo xtask tidy")]
    Tidy,
}

#[derive(Args)]
pub(crate) struct Reproduce {
    /// Experiments to run; all when none is named.
    names: Vec<String>,
    /// How much computing to spend.
    #[arg(long, value_enum, default_value = "quick")]
    profile: Profile,
    /// The master seed from which every random number comes.
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    seed: u64,
    /// Threads to use; all processors unless told otherwise. Results do not depend on it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// The directory of the report; target/reproduce/latest unless told otherwise.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Compute everything anew instead of taking results from the store.
    #[arg(long)]
    fresh: bool,
    /// Print the claims as one JSON document instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn seed(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "it must be a whole number from 0 to 18446744073709551615")
}

impl Reproduce {
    pub(crate) fn request(&self) -> Request {
        Request {
            names: self.names.clone(),
            profile: self.profile,
            seed: self.seed,
            out: self.out.clone(),
            fresh: self.fresh,
        }
    }
}

#[derive(Args)]
pub(crate) struct List {
    /// The profile whose run times are listed.
    #[arg(long, value_enum, default_value = "quick")]
    profile: Profile,
    /// Print one JSON document instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct Bench {
    /// Groups (exact, ising, rbm, flow) or single figures to measure; all groups when none is named.
    pub(crate) names: Vec<String>,
    /// Print one JSON document instead of a table.
    ///
    /// Of each figure: value in unit (the median of all repetitions), min and max, and of_yardstick, which can be compared
    /// between machines: a rate divided by the yardstick, a time multiplied by it.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Prints the experiments.
pub(crate) fn list(flags: &List) -> anyhow::Result<()> {
    let plans: Vec<Plan> =
        reproduce::names().map(|name| Plan::load(name, flags.profile)).collect::<Result<_, _>>()?;
    if flags.json {
        let entry = |plan: &Plan| json!({ "name": plan.name, "redoes": plan.redoes, "seconds": plan.seconds });
        let entries: Vec<_> = plans.iter().map(entry).collect();
        return say(&serde_json::to_string_pretty(&entries)?);
    }
    for plan in &plans {
        say(&format!("{:20} {:>6} s  {}", plan.name, plan.seconds, plan.redoes))?;
    }
    Ok(())
}

/// Help and version as they are; anything wrong as one sentence, exit code 2.
pub(crate) fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        print!("{error}");
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let said = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let hint = |line: &&str| !line.is_empty() && !line.starts_with("For more information");
    eprintln!("{}", said.filter(hint).collect::<Vec<_>>().join(" "));
    ExitCode::from(2)
}
