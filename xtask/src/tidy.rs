//! `cargo xtask tidy`: the invariants that neither the compiler nor clippy checks.

mod crates;
mod files;
mod references;

use anyhow::{Context, Result, ensure};
use std::fmt;

/// One place that breaks an invariant, with a sentence that says which.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    sentence: String,
}

impl Finding {
    fn new(path: &str, line: usize, sentence: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, sentence: sentence.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.sentence)
    }
}

/// Checks the project's files and prints what is wrong, a line for each finding.
///
/// # Errors
/// When there are findings, or when git or cargo cannot be asked.
pub(crate) fn tidy() -> Result<()> {
    let root = kadanoff::checkout().context("not in a checkout of the project")?;
    let files = files::read(&root)?;
    let packages = crates::read(&root)?;
    let mut findings = crates::check(&packages, &files);
    findings.extend(files.iter().flat_map(files::check));
    findings.extend(references::check(&files));
    findings.sort();
    for finding in &findings {
        kadanoff::print(&finding.to_string())?;
    }
    ensure!(findings.is_empty(), "{} findings", findings.len());
    kadanoff::print(&format!("tidy: {} files and {} crates", files.len(), packages.len()))
}
