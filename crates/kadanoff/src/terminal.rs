//! Lines for whoever called the program.

// The one place that prints results, and the one that prints what is wrong.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::{ErrorKind, Write};

/// A text and the end of its line on standard output; a reader that has seen enough (`| head`) is no error.
///
/// # Errors
/// When standard output cannot be written.
pub fn print(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// What is wrong, one sentence on standard error.
pub(crate) fn complain(sentence: &str) {
    eprintln!("error: {sentence}");
}
