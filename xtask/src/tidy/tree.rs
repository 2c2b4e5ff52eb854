//! The project's files as git knows them, Rust with its code told apart from comments, strings and tests.

use super::blank::blank;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

/// The kinds of file that are read.
const EXTENSIONS: [&str; 4] = ["rs", "md", "toml", "json"];

/// One file, by its path below the root with forward slashes.
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) lines: Vec<Line>,
}

/// One line of a file.
pub(super) struct Line {
    pub(super) text: String,
    /// Rust: the line with its comments and strings blanked out. Empty in any other file.
    pub(super) code: String,
    /// Rust: whether the line belongs to an item under `#[cfg(test)]`.
    pub(super) test: bool,
}

impl File {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let code =
            if path.ends_with(".rs") { blank(text) } else { "\n".repeat(text.lines().count()) };
        let pairs = text.lines().zip(code.lines());
        let line = |(text, code): (&str, &str)| Line {
            text: text.to_owned(),
            code: code.trim_end().to_owned(),
            test: false,
        };
        let mut lines: Vec<Line> = pairs.map(line).collect();
        mark_tests(&mut lines);
        Self { path: path.to_owned(), text: text.to_owned(), lines }
    }

    pub(super) fn is(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, end)| end == extension)
    }

    /// Whether a library crate is built of this file.
    pub(super) fn in_library(&self) -> bool {
        self.path.starts_with("crates/") && self.in_source()
    }

    /// Whether the file is in a folder `src`.
    pub(super) fn in_source(&self) -> bool {
        self.is("rs") && self.path.contains("/src/")
    }

    /// Whether the file is in a folder `tests`.
    pub(super) fn in_tests(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/")
    }

    /// The lines with their numbers, from 1.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.lines.iter().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The number of the first line that `wanted` accepts; 1 when there is none.
    pub(super) fn line_where(&self, wanted: impl Fn(&str) -> bool) -> usize {
        self.lines.iter().position(|line| wanted(&line.text)).map_or(1, |index| index + 1)
    }
}

/// The file at `path`, if there is one.
pub(super) fn find<'a>(files: &'a [File], path: &str) -> Option<&'a File> {
    files.iter().find(|file| file.path == path)
}

/// All files of the kinds in `EXTENSIONS` that git tracks or would track.
pub(super) fn files(root: &Path) -> Result<Vec<File>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("cannot run git")?;
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(output.status.success(), "git ls-files failed: {complaint}");
    let names = String::from_utf8(output.stdout).context("git lists a path that is not UTF-8")?;
    let wanted = |path: &&str| {
        let end = path.rsplit_once('.').map(|(_, end)| end);
        end.is_some_and(|end| EXTENSIONS.contains(&end)) && root.join(path).is_file()
    };
    let read = |path: &str| {
        let text = std::fs::read_to_string(root.join(path));
        Ok(File::new(path, &text.with_context(|| format!("cannot read {path}"))?))
    };
    names.split('\0').filter(wanted).map(read).collect()
}

/// The last line of the item that begins at line `start`, in source that rustfmt has formatted.
pub(super) fn item_end(lines: &[Line], start: usize) -> usize {
    let indent = indentation(&lines[start].code);
    let opens = |line: &Line| line.code.ends_with(['{', ';', '}']);
    let Some(open) = (start..lines.len()).find(|&i| opens(&lines[i])) else { return start };
    if !lines[open].code.ends_with('{') {
        return open;
    }
    let closes =
        |line: &Line| indentation(&line.code) == indent && line.code.trim_start().starts_with('}');
    (open + 1..lines.len()).find(|&i| closes(&lines[i])).unwrap_or(lines.len() - 1)
}

fn indentation(code: &str) -> usize {
    code.len() - code.trim_start().len()
}

fn mark_tests(lines: &mut [Line]) {
    for attribute in 0..lines.len() {
        if lines[attribute].code.trim() != "#[cfg(test)]" {
            continue;
        }
        let is_item = |line: &Line| !line.code.is_empty() && !line.code.trim().starts_with('#');
        let item = (attribute..lines.len()).find(|&i| is_item(&lines[i])).unwrap_or(attribute);
        for index in attribute..=item_end(lines, item) {
            lines[index].test = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_from_code() {
        let text = "fn a() {}\n\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n    fn b() {\n    }\n}\nfn c() {}\n";
        let file = File::new("crates/a/src/lib.rs", text);
        let tests: Vec<bool> = file.lines.iter().map(|line| line.test).collect();
        assert_eq!(tests, [false, false, true, true, true, true, true, true, false]);
        let file = File::new("crates/a/src/lib.rs", "#[cfg(test)]\nmod example;\nmod b;\n");
        let tests: Vec<bool> = file.lines.iter().map(|line| line.test).collect();
        assert_eq!(tests, [true, true, false]);
    }

    #[test]
    fn other_files_have_lines_without_code() {
        let file = File::new("README.md", "# a\n\nfn b() {\n");
        assert_eq!(file.lines.len(), 3);
        assert!(file.lines.iter().all(|line| line.code.is_empty() && !line.test));
    }

    #[test]
    fn places_by_path() {
        let library = File::new("crates/a/src/b/c.rs", "");
        assert!(library.in_library() && library.in_source() && !library.in_tests());
        let test = File::new("crates/a/tests/common/mod.rs", "");
        assert!(!test.in_library() && test.in_tests());
        assert!(!File::new("xtask/src/main.rs", "").in_library());
    }
}
