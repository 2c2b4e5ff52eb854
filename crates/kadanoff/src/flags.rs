//! The command line: verbs, options and how a wrong one is refused.

use crate::calibrate::Calibrate;
use crate::evaluate::Evaluate;
use crate::flowing::Flowing;
use crate::quantities::Exact;
use crate::reproduce::{self, Request};
use crate::sample::Sample;
use crate::say;
use crate::train::Train;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use experiments::Plan;
use lab::Profile;
use serde_json::json;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Redoes the published experiments on neural networks and the renormalization group.
#[derive(Parser)]
#[command(name = "kadanoff", version)]
// Without a verb: the sentence that names them, as for any wrong input, instead of the help.
#[command(arg_required_else_help = false)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Subcommand)]
pub enum Verb {
    /// Run experiments, write the report, print the claims with their verdicts.
    #[command(after_help = "Example: kadanoff reproduce flow-ring --profile standard --seed 2")]
    Reproduce(Reproduce),
    /// List the experiments: what each redoes and how long it takes.
    #[command(after_help = "Example: kadanoff list --profile standard")]
    List(List),
    /// Compute a single quantity exactly, in closed form or by a sum over all states.
    #[command(after_help = "Example: kadanoff exact weight --visible 8 --hidden 4 --coupling 1")]
    Exact(Exact),
    /// Draw configurations in equilibrium into a file for numpy, and say how good they are.
    #[command(
        after_help = "Example: kadanoff sample --lattice square:10 --temperatures 0:6:0.25 --count 1000 --seed 1 --out train.npz"
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
        after_help = "Example: kadanoff train --data train.npz --hidden 64 --epochs 20 --batch 100 --rate 0.05 --negative pcd:100:1 --seed 1 --out machine.safetensors"
    )]
    Train(Train),
    /// Judge a machine by data: likelihood with exact or annealed ln Z, pseudo-likelihood, reconstruction.
    #[command(
        after_help = "Example: kadanoff evaluate --rbm machine.safetensors --data test.npz --ais-steps 5000"
    )]
    Evaluate(Evaluate),
    /// Make thermometers from configurations of known temperature, and test them on others.
    #[command(
        after_help = "Example: kadanoff calibrate --data train.npz --out thermometer.safetensors"
    )]
    Calibrate(Calibrate),
    /// Let configurations flow through a machine, v to h to v', and read the temperature of every step.
    #[command(
        after_help = "Example: kadanoff flow --rbm machine.safetensors --start train.npz --steps 20 --rule sampled --seed 1 --out flow.npz --thermometer thermometer.safetensors"
    )]
    Flow(Flowing),
}

/// The command line of the program.
///
/// # Errors
/// What is wrong with it, or the help that it asks for.
pub fn parse(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(arguments)
}

/// The profiles by their names.
fn profile() -> impl TypedValueParser<Value = Profile> {
    PossibleValuesParser::new(Profile::ALL.map(Profile::name)).map(|name| {
        Profile::ALL.into_iter().find(|profile| profile.name() == name).unwrap_or(Profile::Quick)
    })
}

#[derive(Args)]
pub(crate) struct Reproduce {
    /// Experiments to run; all when none is named.
    names: Vec<String>,
    /// How much computing to spend.
    #[arg(long, value_parser = profile(), default_value = "quick")]
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
    #[arg(long, value_parser = profile(), default_value = "quick")]
    profile: Profile,
    /// Print one JSON document instead of text.
    #[arg(long)]
    json: bool,
}

/// Prints the experiments.
pub(crate) fn list(flags: &List) -> anyhow::Result<()> {
    let plans: Vec<Plan> = experiments::names()
        .map(|name| reproduce::plan(name, flags.profile))
        .collect::<Result<_, _>>()?;
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
