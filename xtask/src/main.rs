//! `cargo xtask`: runs experiments end to end and keeps the project in order.

// The one crate that talks to a terminal.
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

mod bench;
mod calibrate;
mod codec;
mod columns;
mod enumeration;
mod evaluate;
mod experiment;
mod flags;
mod flowing;
mod input;
mod npz;
mod options;
mod place;
mod progress;
mod published;
mod quantities;
mod readings;
mod report;
mod reproduce;
mod sample;
mod spins;
mod stages;
mod store;
mod thermometer;
mod tidy;
mod train;

use clap::Parser;
use flags::{Cli, Verb};
use std::io::{ErrorKind, Write};
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

/// A line on standard output; a reader that has seen enough (`| head`) is no error.
fn say(line: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
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
                true => say(std::fs::read_to_string(out.join("claims.json"))?.trim_end()),
                false => {
                    say(&reproduce::claims_table(&report))?;
                    say(&format!("report: {}", out.join("index.html").display()))
                }
            }
        }
        Verb::Bench(flags) => say(&bench::bench(&flags.names, flags.json)?),
        Verb::List(flags) => flags::list(flags),
        Verb::Exact(flags) => quantities::run(flags),
        Verb::Sample(flags) => sample::run(flags),
        Verb::Train(flags) => train::run(flags),
        Verb::Evaluate(flags) => evaluate::run(flags),
        Verb::Calibrate(flags) => calibrate::run(flags),
        Verb::Flow(flags) => flowing::run(flags),
        Verb::Tidy => tidy::tidy(),
    }
}
