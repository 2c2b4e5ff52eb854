//! `cargo xtask`: every verb of the program `kadanoff`, and what only developers need: `bench`, `compare` and `tidy`.

mod bench;
mod compare;
mod tidy;

use clap::{Args, Parser, Subcommand};
use std::process::ExitCode;

/// Redoes the published experiments on neural networks and the renormalization group.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
// Without a verb: the sentence that names them, as for any wrong input, instead of the help.
#[command(arg_required_else_help = false)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    #[command(flatten)]
    Program(kadanoff::Verb),
    /// Measure how fast the project is, against yardsticks of this machine.
    #[command(after_help = "Example: kadanoff bench ising --json")]
    Bench(Bench),
    /// Say what differs between two reports: claims, numbers, drawings.
    #[command(
        after_help = "Example: kadanoff compare target/before target/reproduce/latest --errors"
    )]
    Compare(compare::Compare),
    /// Check the invariants that neither the compiler nor clippy checks.
    #[command(after_help = "Example: kadanoff tidy")]
    Tidy,
}

#[derive(Args)]
struct Bench {
    /// Groups (exact, ising, rbm, flow) or single figures to measure; all groups when none is named.
    names: Vec<String>,
    /// Print one JSON document instead of a table.
    ///
    /// Of each figure: value in unit (the median of all repetitions), min and max, and of_yardstick, which can be compared
    /// between machines: a rate divided by the yardstick, a time multiplied by it.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let parsed = kadanoff::parse::<Cli>("cargo xtask", std::env::args_os());
    kadanoff::exit_code(parsed, |cli| match cli.verb {
        Verb::Program(verb) => kadanoff::run(&verb),
        Verb::Bench(options) => kadanoff::print(&bench::bench(&options.names, options.json)?),
        Verb::Compare(options) => compare::run(&options),
        Verb::Tidy => tidy::tidy(),
    })
}
