//! The program: redoes the experiments, and draws, trains, judges and reads from the command line.
//!
//! ```
//! // What `kadanoff exact decimate --coupling 1` prints.
//! let arguments = ["kadanoff", "exact", "decimate", "--coupling", "1"];
//! assert!(kadanoff::parse(arguments).is_ok());
//! ```

// It talks to a terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod calibrate;
mod enumeration;
mod evaluate;
mod flags;
mod flowing;
mod npz;
mod options;
mod quantities;
mod readings;
mod reproduce;
mod rooms;
mod sample;
mod spins;
mod thermometer;
mod train;

pub use flags::{Cli, Verb, parse};
pub use rooms::repository;

use lab::input;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// Does what a command line says, or says what is wrong with it in one sentence: exit code 2 for what the user can mend, 1
/// for what failed.
pub fn exit_code<C>(
    parsed: Result<C, clap::Error>,
    run: impl FnOnce(C) -> anyhow::Result<()>,
) -> ExitCode {
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return flags::refuse(&error),
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", input::sentence(&error));
            let bad_input = error.chain().any(|cause| cause.is::<input::BadInput>());
            ExitCode::from(if bad_input { 2 } else { 1 })
        }
    }
}

/// A line on standard output; a reader that has seen enough (`| head`) is no error.
///
/// # Errors
/// When standard output cannot be written.
pub fn say(line: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Does one verb.
///
/// # Errors
/// [`input::BadInput`] where the user can mend it, anything else where the run failed.
pub fn run(verb: &Verb) -> anyhow::Result<()> {
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
        Verb::List(flags) => flags::list(flags),
        Verb::Exact(flags) => quantities::run(flags),
        Verb::Sample(flags) => sample::run(flags),
        Verb::Train(flags) => train::run(flags),
        Verb::Evaluate(flags) => evaluate::run(flags),
        Verb::Calibrate(flags) => calibrate::run(flags),
        Verb::Flow(flags) => flowing::run(flags),
    }
}
