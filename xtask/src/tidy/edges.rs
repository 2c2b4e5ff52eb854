//! Which crate of the workspace may need which other.

use super::Finding;
use super::tree::{File, find};
use super::workspace::Package;

/// A crate, and all that it may need of the workspace. Dependencies of tests are free.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("exact", &[]),
    ("stats", &[]),
    ("autoencoder", &["nn", "stats"]),
    ("coarse", &["stats"]),
    ("flow", &["exact", "ising", "linalg", "nn", "rbm", "stats"]),
    ("ising", &["exact", "stats"]),
    ("linalg", &["stats"]),
    ("nn", &["linalg"]),
    ("rbm", &["linalg", "stats"]),
];

/// The folders whose crates may need everything: the command line, and the tests that cross crates.
const FREE: [&str; 2] = ["xtask", "tests"];

pub(super) fn check(packages: &[Package], files: &[File]) -> Vec<Finding> {
    packages
        .iter()
        .filter(|package| !FREE.contains(&package.folder.as_str()))
        .flat_map(|package| edges(package, files))
        .collect()
}

fn edges(package: &Package, files: &[File]) -> Vec<Finding> {
    let manifest = format!("{}/Cargo.toml", package.folder);
    let name = &package.name;
    let Some((_, allowed)) = ALLOWED.iter().find(|(crate_name, _)| crate_name == name) else {
        let sentence = format!(
            "the crate {name} has no row in the table of allowed edges (xtask/src/tidy/edges.rs)."
        );
        return vec![Finding::new(&manifest, 1, sentence)];
    };
    let finding = |need: &String| {
        let line = find(files, &manifest).map_or(1, |file| dependency_line(file, need));
        let allowed = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
        let sentence =
            format!("{name} depends on {need}, but of the workspace it may need only: {allowed}.");
        Finding::new(&manifest, line, sentence)
    };
    package.needs.iter().filter(|need| !allowed.contains(&need.as_str())).map(finding).collect()
}

/// The line of the manifest that begins with the dependency's name.
fn dependency_line(manifest: &File, need: &str) -> usize {
    manifest.line_where(|line| {
        line.strip_prefix(need).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, folder: &str, needs: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            description: None,
            needs: needs.iter().map(|&need| need.to_owned()).collect(),
            library: None,
        }
    }

    #[test]
    fn an_edge_that_is_not_allowed() {
        let manifest =
            "[dependencies]\nexactly = \"1\"\nstats.workspace = true\nising.workspace = true\n";
        let files = [File::new("crates/rbm/Cargo.toml", manifest)];
        let found = check(&[package("rbm", "crates/rbm", &["stats", "ising"])], &files);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].to_string(),
            "crates/rbm/Cargo.toml:4: rbm depends on ising, but of the workspace it may need only: linalg, stats."
        );
    }

    #[test]
    fn the_oracle_depends_on_nothing() {
        let found = check(&[package("exact", "crates/exact", &["stats"])], &[]);
        assert!(found[0].sentence.ends_with("only: nothing."));
    }

    #[test]
    fn a_crate_without_a_row() {
        assert_eq!(check(&[package("fresh", "crates/fresh", &[])], &[]).len(), 1);
    }

    #[test]
    fn edges_that_are_allowed() {
        let packages = [
            package("ising", "crates/ising", &["stats"]),
            package("flow", "crates/flow", &["rbm", "nn", "exact", "stats"]),
            package("xtask", "xtask", &["flow", "exact", "ising"]),
            package("kadanoff-tests", "tests", &["flow", "ising"]),
        ];
        assert_eq!(check(&packages, &[]), []);
    }
}
