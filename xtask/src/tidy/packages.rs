//! Every crate presents itself: a README, a description, and for a library an example.

use super::Finding;
use super::tree::{File, find};
use super::workspace::Package;

/// What a fence of Rust code says after its backticks.
const RUST_FENCES: [&str; 4] = ["", "rust", "no_run", "should_panic"];

pub(super) fn check(packages: &[Package], files: &[File]) -> Vec<Finding> {
    packages.iter().flat_map(|package| one(package, files)).collect()
}

fn one(package: &Package, files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let path = format!("{}/README.md", package.folder);
    let readme = find(files, &path).map(|file| heading_and_paragraph(&file.text));
    if readme != Some(true) {
        let what = if readme.is_none() { "is missing" } else { "is something else" };
        let sentence =
            format!("a crate's README is one heading and one paragraph; this one {what}.");
        findings.push(Finding::new(&path, 1, sentence));
    }
    if package.description.as_deref().is_none_or(str::is_empty) {
        let sentence = format!("the crate {} has no `description`.", package.name);
        findings.push(Finding::new(&format!("{}/Cargo.toml", package.folder), 1, sentence));
    }
    if let Some(library) = &package.library
        && !find(files, library).is_some_and(has_example)
    {
        let sentence = "the library's `//!` documentation has no code example.";
        findings.push(Finding::new(library, 1, sentence));
    }
    findings
}

fn heading_and_paragraph(text: &str) -> bool {
    let blocks: Vec<&str> =
        text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()).collect();
    let [heading, paragraph] = blocks[..] else { return false };
    let is_heading = heading.starts_with("# ") && !heading.contains('\n');
    let other = ["#", "```", "|", "- ", "* ", "1. ", "<"];
    is_heading && !other.iter().any(|start| paragraph.starts_with(start))
}

fn has_example(library: &File) -> bool {
    // The README, included as documentation, brings its own.
    if library.text.contains("#![doc = include_str!(") {
        return true;
    }
    let docs = library.lines.iter().filter_map(|line| line.text.strip_prefix("//!"));
    let mut fences = docs.filter_map(|line| line.trim().strip_prefix("```"));
    // Fences come in pairs, of which the first says what is between them.
    while let Some(opening) = fences.next() {
        if RUST_FENCES.contains(&opening) {
            return true;
        }
        fences.next();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> Package {
        Package {
            name: "a".to_owned(),
            folder: "crates/a".to_owned(),
            description: Some("Draws spins".to_owned()),
            needs: Vec::new(),
            library: Some("crates/a/src/lib.rs".to_owned()),
        }
    }

    #[test]
    fn a_crate_that_presents_itself() {
        let readme = File::new("crates/a/README.md", "# a\n\nDraws spins,\none by one.\n");
        let library =
            File::new("crates/a/src/lib.rs", "//! Draws.\n//!\n//! ```\n//! a();\n//! ```\n");
        let files = [readme, library];
        assert_eq!(check(&[package()], &files), []);
        let found = check(&[Package { description: None, ..package() }], &files);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "crates/a/Cargo.toml");
    }

    #[test]
    fn a_crate_that_says_nothing() {
        let library = File::new("crates/a/src/lib.rs", "//! Draws.\n//! ```text\n//! a\n//! ```\n");
        let found = check(&[package()], &[library]);
        let paths: Vec<&str> = found.iter().map(|finding| finding.path.as_str()).collect();
        assert_eq!(paths, ["crates/a/README.md", "crates/a/src/lib.rs"]);
    }

    #[test]
    fn readmes() {
        assert!(heading_and_paragraph("# a\n\nb\nc\n"));
        for text in ["# a\n", "b\n\nc\n", "# a\n\nb\n\nc\n", "# a\n\n## b\n", "# a\n\n- b\n"] {
            assert!(!heading_and_paragraph(text), "{text}");
        }
    }
}
