//! Files: each says in one sentence what it is for, is short or says why not, and holds no path of one machine and no mark of
//! unfinished work.

use super::Finding;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

/// The kinds of file that are read.
const EXTENSIONS: [&str; 3] = [".rs", ".md", ".toml"];
/// The most lines of a file, unless a line at its head begins as below and goes on with a reason.
const MAX_LINES: usize = 400;
const EXCUSE: &str = "// tidy: long because ";

// Below, a bar stands in each needle, so that this file does not hold what it looks for.

/// Paths of one machine.
const MACHINE_PATHS: [&str; 4] = ["/|work/", "/|home/", "/|root/", "/|tmp/"];
/// Marks of work that is not done.
const UNFINISHED: [&str; 2] = ["TO|DO", "FIX|ME"];

/// One file, by its path below the root with forward slashes.
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(super) fn is(&self, extension: &str) -> bool {
        self.path.ends_with(extension)
    }

    /// The lines with their numbers, from 1.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// The file at `path`, if there is one.
pub(super) fn find<'a>(files: &'a [File], path: &str) -> Option<&'a File> {
    files.iter().find(|file| file.path == path)
}

/// All files of these kinds that git tracks or would track.
pub(super) fn read(root: &Path) -> Result<Vec<File>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(root).output();
    let output = output.context("cannot run git")?;
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(output.status.success(), "git ls-files failed: {complaint}");
    let names = String::from_utf8(output.stdout).context("git lists a path that is not UTF-8")?;
    let wanted =
        |path: &&str| EXTENSIONS.iter().any(|end| path.ends_with(end)) && root.join(path).is_file();
    let read = |path: &str| {
        let text = std::fs::read_to_string(root.join(path));
        Ok(File::new(path, &text.with_context(|| format!("cannot read {path}"))?))
    };
    names.split('\0').filter(wanted).map(read).collect()
}

pub(super) fn check(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    if file.is(".rs") {
        findings.extend(sentence(file).into_iter().chain(length(file)));
    }
    let in_tests = file.path.contains("tests");
    for (number, line) in file.numbered() {
        for path in MACHINE_PATHS.map(needle).iter().filter(|_| !in_tests) {
            // In `target/tmp/` or an address the path does not begin here.
            let begins = |(at, _): (usize, &str)| !line[..at].ends_with(is_path);
            if line.match_indices(path).any(begins) {
                let sentence = format!("`{path}` is a path of one machine.");
                findings.push(Finding::new(&file.path, number, sentence));
            }
        }
        for mark in UNFINISHED.map(needle).iter().filter(|mark| has_word(line, mark)) {
            let sentence = format!("`{mark}`: unfinished work is not left in the tree.");
            findings.push(Finding::new(&file.path, number, sentence));
        }
    }
    findings
}

fn needle(barred: &str) -> String {
    barred.replace('|', "")
}

fn sentence(file: &File) -> Option<Finding> {
    let docs = file.text.lines().map_while(|line| line.strip_prefix("//!"));
    let first = docs.map(str::trim).take_while(|line| !line.is_empty() && *line != "```");
    let first = first.collect::<Vec<_>>().join(" ");
    let begins = first.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '`');
    let is_sentence = begins && first.ends_with(['.', '?']) && first.contains(' ');
    let wrong = "the file does not begin with `//!` and a sentence that says what it is for.";
    (!is_sentence).then(|| Finding::new(&file.path, 1, wrong))
}

fn length(file: &File) -> Option<Finding> {
    let length = file.text.lines().count();
    let is_head = |line: &&str| line.is_empty() || line.starts_with("//");
    let reason = |line: &str| line.strip_prefix(EXCUSE).is_some_and(|why| !why.trim().is_empty());
    let is_excused = file.text.lines().take_while(is_head).any(reason);
    (length > MAX_LINES && !is_excused).then(|| {
        let sentence =
            format!("the file has {length} lines, above {MAX_LINES}, and no `{EXCUSE}...`.");
        Finding::new(&file.path, 1, sentence)
    })
}

fn is_path(c: char) -> bool {
    c.is_alphanumeric() || "/._-~})>*".contains(c)
}

/// Whether `word` occurs in `text` and is not a part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, found)| {
        !text[..at].ends_with(is_word) && !text[at + found.len()..].starts_with(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_found(path: &str, text: &str) -> Vec<usize> {
        check(&File::new(path, text)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_file_too_long() {
        let text = "//! Holds a table.\n".to_owned() + &"const A: u8 = 1;\n".repeat(400);
        assert_eq!(lines_found("crates/a/src/b.rs", &text), [1]);
        let excused = text.replacen('\n', &format!("\n\n{EXCUSE}it is a table.\n"), 1);
        assert!(lines_found("crates/a/src/b.rs", &excused).is_empty());
        assert_eq!(lines_found("crates/a/src/b.rs", &excused.replace("it is a table.", "")), [1]);
        assert!(lines_found("data/golden/README.md", &text).is_empty());
    }

    #[test]
    fn a_file_without_its_sentence() {
        for good in [
            "//! Draws spins.\n\nmod a;\n",
            "//! `cargo xtask`: runs experiments\n//! and writes the report.\n//!\n//! more\n",
            "//! 2D lattices. Are they periodic?\n",
        ] {
            assert!(lines_found("a.rs", good).is_empty(), "{good}");
        }
        for bad in
            ["", "mod a;\n", "// Draws spins.\n", "//! spins\n", "//! Spins\n", "//!\n//! A b.\n"]
        {
            assert_eq!(lines_found("a.rs", bad), [1], "{bad}");
        }
    }

    #[test]
    fn paths_of_a_machine_and_unfinished_work() {
        let line = format!("see `{}a`", needle("/|home/"));
        assert_eq!(lines_found("README.md", &line), [1]);
        assert!(lines_found("crates/a/tests/a.md", &line).is_empty());
        let elsewhere = format!("target{}a https://a.org{0}b", needle("/|tmp/"));
        assert!(lines_found("README.md", &elsewhere).is_empty());
        for mark in UNFINISHED.map(needle) {
            assert_eq!(lines_found("tests/b.md", &format!("\na {mark} b")), [2], "{mark}");
            assert!(lines_found("README.md", &format!("a_{mark}")).is_empty(), "{mark}");
        }
    }
}
