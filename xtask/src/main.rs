//! `cargo xtask`: runs experiments end to end and keeps the project in order.

// The one crate that talks to a terminal.
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

mod codec;
mod experiment;
mod flags;
mod input;
mod progress;
mod published;
mod report;
mod reproduce;
mod stages;
mod store;
mod tidy;

use clap::Parser;
use flags::{Cli, Verb};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return flags::refuse(&error),
    };
    match run(&cli.verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", input::sentence(&error));
            let bad_input = error.chain().any(|cause| cause.is::<input::BadInput>());
            ExitCode::from(if bad_input { 2 } else { 1 })
        }
    }
}

fn run(verb: &Verb) -> anyhow::Result<()> {
    match verb {
        Verb::Reproduce(flags) => {
            if let Some(threads) = flags.threads {
                rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global()?;
            }
            let (report, out) = reproduce::reproduce(&flags.request())?;
            match flags.json {
                true => {
                    println!("{}", std::fs::read_to_string(out.join("claims.json"))?.trim_end())
                }
                false => {
                    println!("{}", reproduce::claims_table(&report));
                    println!("report: {}", out.join("index.html").display());
                }
            }
            Ok(())
        }
        Verb::List(flags) => flags::list(flags),
        Verb::Tidy => tidy::tidy(),
    }
}
