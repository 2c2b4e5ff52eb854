//! `cargo xtask tidy`: the invariants that a program can check.

mod blank;
mod data;
mod edges;
mod forbidden;
mod imports;
mod packages;
mod references;
mod size;
mod tree;
mod workspace;

use kadanoff::repository;

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
    let root = repository().context("not in a checkout of the project")?;
    let files = tree::files(&root)?;
    let packages = workspace::packages(&root)?;

    let mut findings = edges::check(&packages, &files);
    findings.extend(packages::check(&packages, &files));
    findings.extend(files.iter().flat_map(size::check));
    findings.extend(files.iter().flat_map(forbidden::check));
    findings.extend(references::check(&files));
    findings.extend(data::check(&files, &experiments::names().collect::<Vec<_>>()));
    findings.sort();

    for finding in &findings {
        println!("{finding}");
    }
    ensure!(findings.is_empty(), "{} findings", findings.len());
    println!(
        "tidy: {} files and {} crates keep the edges, sizes, sentences, references and bans",
        files.len(),
        packages.len()
    );
    Ok(())
}
