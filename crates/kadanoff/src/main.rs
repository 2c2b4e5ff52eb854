//! `kadanoff`: the program.

use std::process::ExitCode;

fn main() -> ExitCode {
    kadanoff::exit_code(kadanoff::parse(std::env::args_os()), |cli| kadanoff::run(&cli.verb))
}
