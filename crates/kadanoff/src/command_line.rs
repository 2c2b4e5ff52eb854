//! From a command line to a verb, and from its end to an exit code.

use crate::terminal::complain;
use crate::verbs::Verb;
use clap::{Command, CommandFactory, FromArgMatches, Parser};
use lab::input::{BadInput, sentence};
use std::ffi::OsString;
use std::process::ExitCode;

/// Redoes the published experiments on neural networks and the renormalization group.
#[derive(Debug, Parser)]
#[command(name = "kadanoff", version)]
// Without a verb: the sentence that names them, as for any wrong input, instead of the help.
#[command(arg_required_else_help = false)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Reads a command line; help and examples call the program by the name under which it was called.
///
/// # Errors
/// What is wrong with it, or the help that it asks for.
pub fn parse<C: CommandFactory + FromArgMatches>(
    program: &str,
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<C, clap::Error> {
    let mut command = with_examples(C::command(), program).bin_name(program);
    let mut matches = command.try_get_matches_from_mut(arguments)?;
    C::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// Examples are written as commands of `kadanoff`.
fn with_examples(mut command: Command, program: &str) -> Command {
    if let Some(example) = command.get_after_help() {
        let example = example.to_string().replace("kadanoff ", &format!("{program} "));
        command = command.after_help(example);
    }
    command.mut_subcommands(|verb| with_examples(verb, program))
}

/// Does what a command line says, or says what is wrong with it in one sentence: exit code 2 for what the user can mend, 1
/// for what failed.
pub fn exit_code<C>(
    parsed: Result<C, clap::Error>,
    run: impl FnOnce(C) -> anyhow::Result<()>,
) -> ExitCode {
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&sentence(&error));
            let bad_input = error.chain().any(|cause| cause.is::<BadInput>());
            ExitCode::from(if bad_input { 2 } else { 1 })
        }
    }
}

/// Help and version as they are; anything wrong as one sentence, exit code 2.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // A reader that has seen enough is no error.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let said = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let hint = |line: &&str| !line.is_empty() && !line.starts_with("For more information");
    let said = said.filter(hint).collect::<Vec<_>>().join(" ");
    complain(said.trim_start_matches("error: "));
    ExitCode::from(2)
}
