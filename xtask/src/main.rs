//! `cargo xtask`: every verb of the program `kadanoff`, and what only developers need: `bench` and `tidy`.

// It talks to a terminal.
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

mod bench;
mod tidy;

use clap::{Args, Parser, Subcommand};
use std::process::ExitCode;

/// Redoes the published experiments on neural networks and the renormalization group.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
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
    #[command(after_help = "Example: cargo xtask bench ising --json")]
    Bench(Bench),
    /// Check the invariants that a program can check.
    #[command(after_help = "Example: cargo xtask tidy")]
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
    kadanoff::exit_code(Cli::try_parse(), |cli| match cli.verb {
        Verb::Program(verb) => kadanoff::run(&verb),
        Verb::Bench(flags) => kadanoff::say(&bench::bench(&flags.names, flags.json)?),
        Verb::Tidy => tidy::tidy(),
    })
}
