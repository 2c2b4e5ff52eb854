//! Bad input: what the user can mend, said in one sentence, exit code 2.

use std::fmt;

/// An error of the user's, not of the run.
#[derive(Debug)]
pub(crate) struct BadInput(pub(crate) String);

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// The error as one line: what was being done, then why it failed.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    let parts: Vec<String> =
        error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
    parts.join(": ")
}
