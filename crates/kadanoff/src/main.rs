//! `kadanoff`: the program.

use kadanoff::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    let parsed = kadanoff::parse::<Cli>("kadanoff", std::env::args_os());
    kadanoff::exit_code(parsed, |cli| kadanoff::run(&cli.verb))
}
