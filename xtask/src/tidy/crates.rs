//! Crates: which of them may need which other, and that each presents itself.

use super::Finding;
use super::files::{File, find};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The libraries of the science, and all that each may need of the workspace. Dependencies of tests are free.
const SCIENCE: [(&str, &[&str]); 9] = [
    ("exact", &[]),
    ("stats", &[]),
    ("linalg", &["stats"]),
    ("ising", &["exact", "stats"]),
    ("rbm", &["linalg", "stats"]),
    ("nn", &["linalg", "stats"]),
    ("flow", &["exact", "ising", "linalg", "nn", "rbm", "stats"]),
    ("coarse", &["exact", "ising", "linalg", "stats"]),
    ("autoencoder", &["linalg", "nn", "stats"]),
];

/// What reports, experiments and the program may need, besides the science where that is said.
const ABOVE: [(&str, bool, &[&str]); 4] = [
    ("report", false, &["stats"]),
    ("lab", false, &["report", "stats"]),
    ("experiments", true, &["lab", "report"]),
    ("kadanoff", true, &["experiments", "lab", "report"]),
];

/// What needs whatever it wants: the developers' commands, and the tests that cross crates.
const FREE: [&str; 2] = ["xtask", "kadanoff-tests"];

/// What a library of the science says at its top: it does no input or output, reads no clock, sets up no threads.
const KEEPS_TO_ITSELF: &str = "#![warn(clippy::disallowed_methods)]";

/// A crate of the workspace, as cargo describes it.
#[derive(Deserialize)]
pub(super) struct Package {
    name: String,
    manifest_path: PathBuf,
    description: Option<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
    /// Set for crates of the workspace only.
    path: Option<PathBuf>,
}

/// Asks cargo for the crates of the workspace at `root`; their manifests are below it.
pub(super) fn read(root: &Path) -> Result<Vec<Package>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let arguments = ["metadata", "--no-deps", "--format-version", "1"];
    let output = Command::new(cargo).args(arguments).current_dir(root).output();
    let output = output.context("cannot run cargo")?;
    let complaint = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ");
    ensure!(output.status.success(), "cargo metadata failed: {complaint}");
    let Metadata { mut packages } = serde_json::from_slice(&output.stdout)?;
    let root = root.canonicalize()?;
    for package in &mut packages {
        package.manifest_path = package.manifest_path.strip_prefix(&root)?.to_owned();
    }
    Ok(packages)
}

pub(super) fn check(packages: &[Package], files: &[File]) -> Vec<Finding> {
    packages.iter().flat_map(|package| one(package, files)).collect()
}

fn one(package: &Package, files: &[File]) -> Vec<Finding> {
    let Package { name, description, .. } = package;
    let manifest = package.manifest_path.to_string_lossy();
    let mut sentences = Vec::new();
    if description.as_deref().is_none_or(str::is_empty) {
        sentences.push(format!("the crate {name} has no description."));
    }
    if find(files, &manifest.replace("Cargo.toml", "README.md")).is_none() {
        sentences.push(format!("the crate {name} has no README.md."));
    }
    let library = find(files, &manifest.replace("Cargo.toml", "src/lib.rs"));
    let is_science = SCIENCE.iter().any(|(science, _)| science == name);
    if is_science && !library.is_some_and(|file| has_example(&file.text)) {
        sentences.push(format!("the documentation of the crate {name} begins without an example."));
    }
    if is_science && !library.is_some_and(|file| file.text.contains(KEEPS_TO_ITSELF)) {
        sentences.push(format!("src/lib.rs of the crate {name} does not say {KEEPS_TO_ITSELF}."));
    }
    let allowed = allowed(name);
    let needs =
        package.dependencies.iter().filter(|need| need.path.is_some() && need.kind.is_none());
    for need in needs.map(|need| need.name.as_str()) {
        if let Some(allowed) = allowed.as_ref().filter(|allowed| !allowed.contains(&need)) {
            let allowed = allowed.join(", ");
            sentences.push(format!(
                "{name} depends on {need}, but of the workspace it may need only: {allowed}."
            ));
        }
    }
    if allowed.is_none() && !FREE.contains(&name.as_str()) {
        sentences.push(format!(
            "the crate {name} has no row in the tables of what crates may need (xtask/src/tidy/crates.rs)."
        ));
    }
    sentences.into_iter().map(|sentence| Finding::new(&manifest, 1, sentence)).collect()
}

/// The crates of the workspace that this one may need, if it has a row.
fn allowed(name: &str) -> Option<Vec<&'static str>> {
    let science = SCIENCE.iter().find(|(row, _)| *row == name).map(|(_, needs)| needs.to_vec());
    science.or_else(|| {
        let (_, all, needs) = ABOVE.iter().find(|(row, ..)| *row == name)?;
        let science = SCIENCE.iter().filter(|_| *all).map(|(science, _)| *science);
        Some(needs.iter().copied().chain(science).collect())
    })
}

/// Whether the documentation of the library has a code block, or is its README.
fn has_example(library: &str) -> bool {
    let docs = library.lines().map_while(|line| line.strip_prefix("//!"));
    docs.map(str::trim).any(|line| line == "```") || library.contains("#![doc = include_str!(")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with a crate of the workspace that needs these others.
    fn found(name: &str, needs: &[&str]) -> Vec<String> {
        let dependency = |need: &&str| Dependency {
            name: (*need).to_owned(),
            kind: None,
            path: Some(PathBuf::new()),
        };
        let package = Package {
            name: name.to_owned(),
            manifest_path: PathBuf::from(format!("crates/{name}/Cargo.toml")),
            description: Some("Draws spins".to_owned()),
            dependencies: needs.iter().map(dependency).collect(),
        };
        let library = format!("//! Draws.\n//!\n//! ```\n{KEEPS_TO_ITSELF}\n");
        let files = [
            File::new(&format!("crates/{name}/README.md"), "# a\n"),
            File::new(&format!("crates/{name}/src/lib.rs"), &library),
        ];
        check(&[package], &files).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn edges() {
        for (name, needs) in [
            ("flow", &["rbm", "nn", "exact", "stats"][..]),
            ("lab", &["report"]),
            ("kadanoff", &["experiments", "coarse", "lab"]),
            ("xtask", &["kadanoff", "exact"]),
        ] {
            assert!(found(name, needs).is_empty(), "{name}");
        }
        let wrong = "crates/rbm/Cargo.toml:1: rbm depends on ising, but of the workspace it may need only: linalg, stats.";
        assert_eq!(found("rbm", &["stats", "ising"]), [wrong]);
        assert!(found("lab", &["exact"])[0].contains("only: report, stats"));
        assert!(found("experiments", &["kadanoff"])[0].contains("depends on kadanoff"));
        assert!(found("fresh", &[])[0].contains("has no row"));
    }

    #[test]
    fn crates_present_themselves() {
        let package = Package {
            name: "exact".to_owned(),
            manifest_path: "crates/exact/Cargo.toml".into(),
            description: None,
            dependencies: Vec::new(),
        };
        assert_eq!(check(&[package], &[]).len(), 4);
        assert!(!has_example("//! Draws.\n//! ```text\n//! a\n"));
    }
}
