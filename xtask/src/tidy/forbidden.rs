//! What must not be written: input and clocks in libraries, unwraps, machine paths, unfinished work.

use super::Finding;
use super::imports::imports;
use super::tree::File;

const READS: &str = "a library does no input or output";
const PRINTS: &str = "a library prints nothing";
const CLOCK: &str = "a library reads no clock";
const POOL: &str = "a library sets up no thread pool";
const RANDOM: &str = "a random function takes a generator or a seed";

/// What the code of a library does not name, and why.
const IN_LIBRARIES: [(&str, &str); 16] = [
    ("std::fs", READS),
    ("std::net", READS),
    ("std::env", READS),
    ("print!", PRINTS),
    ("println!", PRINTS),
    ("eprint!", PRINTS),
    ("eprintln!", PRINTS),
    ("dbg!", PRINTS),
    ("Instant", CLOCK),
    ("SystemTime", CLOCK),
    ("ThreadPoolBuilder", POOL),
    ("thread_rng", RANDOM),
    ("rand::rng", RANDOM),
    ("from_os_rng", RANDOM),
    ("StdRng", RANDOM),
    ("SmallRng", RANDOM),
];

// Below, a bar stands in each needle, so that this file does not hold what it looks for.

/// A crate, and the start of the paths that may mention it.
const CONFINED: [(&str, &str); 2] =
    [("bin|code", "xtask/src/codec.rs"), ("ku|va", "xtask/src/report/figures")];

/// Paths of one machine.
const MACHINE_PATHS: [&str; 4] = ["/|work/", "/|home/", "/|root/", "/|tmp/"];

/// Marks of work that is not done.
const UNFINISHED: [&str; 4] = ["TO|DO", "FIX|ME", "to|do!", "unimple|mented!"];

fn needle(barred: &str) -> String {
    barred.replace('|', "")
}

pub(super) fn check(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    if file.in_library() {
        findings.extend(in_library(file));
    }
    if file.in_source() {
        findings.extend(unwraps(file));
    }
    if file.is("rs") {
        findings.extend(confined(file));
    }
    if file.is("rs") || file.is("md") || file.is("toml") {
        findings.extend(machine_paths(file));
        findings.extend(unfinished(file));
    }
    findings
}

fn in_library(file: &File) -> Vec<Finding> {
    let code = file.lines.iter().map(|line| line.code.clone()).enumerate();
    let mut named: Vec<(usize, String)> = code.chain(imports(&file.lines)).collect();
    named.retain(|&(index, _)| !file.lines[index].test);
    let mut findings = Vec::new();
    for (index, code) in named {
        for (needle, why) in IN_LIBRARIES {
            if has_word(&code, needle) {
                findings.push(Finding::new(&file.path, index + 1, format!("`{needle}`: {why}.")));
            }
        }
    }
    // A declaration on one line is seen twice: as code and as an import.
    findings.sort();
    findings.dedup();
    findings
}

fn unwraps(file: &File) -> Vec<Finding> {
    let sentence = "`.unwrap()` outside tests: say what went wrong instead.";
    let lines = file.numbered().filter(|(_, line)| !line.test && line.code.contains(".unwrap()"));
    lines.map(|(number, _)| Finding::new(&file.path, number, sentence)).collect()
}

fn confined(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (barred, home) in CONFINED {
        let needle = needle(barred);
        if file.path.starts_with(home) {
            continue;
        }
        for (number, _) in file.numbered().filter(|(_, line)| line.text.contains(&needle)) {
            let sentence = format!("`{needle}` is mentioned outside {home}.");
            findings.push(Finding::new(&file.path, number, sentence));
        }
    }
    findings
}

fn machine_paths(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.numbered().filter(|(_, line)| !line.test && !file.in_tests()) {
        for path in MACHINE_PATHS.map(needle) {
            let mut places = line.text.match_indices(&path);
            // In `target/tmp/` or an address the path does not begin here.
            let begins = |(at, _)| !line.text[..at].ends_with(is_path);
            if places.any(begins) {
                let sentence = format!("`{path}` is a path of one machine.");
                findings.push(Finding::new(&file.path, number, sentence));
            }
        }
    }
    findings
}

fn unfinished(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.numbered() {
        for mark in UNFINISHED.map(needle) {
            if has_word(&line.text, &mark) {
                let sentence = format!("`{mark}`: unfinished work is not left in the tree.");
                findings.push(Finding::new(&file.path, number, sentence));
            }
        }
    }
    findings
}

fn is_path(c: char) -> bool {
    c.is_alphanumeric() || "/._-~})>*".contains(c)
}

/// Whether `needle` occurs in `text` and is not a part of a longer word.
fn has_word(text: &str, needle: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(needle).any(|(at, found)| {
        let (before, after) = (&text[..at], &text[at + found.len()..]);
        let goes_on = needle.ends_with(is_word) && after.starts_with(is_word);
        !before.ends_with(is_word) && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_found(path: &str, text: &str) -> Vec<usize> {
        check(&File::new(path, text)).iter().map(|finding| finding.line).collect()
    }

    const LIBRARY: &str = "crates/a/src/lib.rs";

    #[test]
    fn a_library_keeps_to_itself() {
        for line in [
            "let a = std::fs::read(b);",
            "use std::{fmt, fs};",
            "use std::{\n    fmt,\n    env::{self},\n};",
            "use std::time::{Duration, Instant};",
            "let t = time::SystemTime::now();",
            "println!(\"a\");",
            "dbg!(a);",
            "rayon::ThreadPoolBuilder::new()",
            "let mut rng = rand::rng();",
            "let mut rng = StdRng::from_seed(a);",
        ] {
            assert_eq!(lines_found(LIBRARY, line), [1], "{line}");
            assert!(lines_found("xtask/src/a.rs", line).is_empty(), "{line}");
        }
    }

    #[test]
    fn what_a_library_may_write() {
        for line in [
            "use rand::rngs::Xoshiro;",
            "//! println!(\"{}\", std::env::var(a).unwrap());",
            "let a = \"std::fs\";",
            "instantiate(Instantly); sprint!(); my_println!()",
            "std::environment()",
            "#[cfg(test)]\nmod tests {\n    use std::fs;\n    fn a() { b.unwrap(); }\n}",
        ] {
            assert!(lines_found(LIBRARY, line).is_empty(), "{line}");
        }
    }

    #[test]
    fn unwraps_are_for_tests() {
        assert_eq!(lines_found("xtask/src/a.rs", "\nb.unwrap();"), [2]);
        assert!(lines_found("xtask/src/a.rs", "b.unwrap_or(1);").is_empty());
        assert!(lines_found("crates/a/tests/b.rs", "b.unwrap();").is_empty());
    }

    #[test]
    fn confined_crates() {
        for (barred, home) in CONFINED {
            let line = format!("use {}::a;", needle(barred));
            assert_eq!(lines_found("xtask/src/a.rs", &line), [1]);
            assert!(lines_found(home, &line).is_empty());
        }
        let line = format!("use {}::a;", needle("ku|va"));
        assert!(lines_found("xtask/src/report/figures/pen.rs", &line).is_empty());
    }

    #[test]
    fn paths_of_a_machine() {
        let line = format!("see `{}a`", needle("/|home/"));
        assert_eq!(lines_found("README.md", &line), [1]);
        assert_eq!(lines_found("xtask/src/a.rs", &format!("// {line}")), [1]);
        assert!(lines_found("tests/a.rs", &line).is_empty());
        let elsewhere = format!("target{}a https://a.org{0}b", needle("/|tmp/"));
        assert!(lines_found("README.md", &elsewhere).is_empty());
    }

    #[test]
    fn unfinished_work() {
        for mark in UNFINISHED.map(needle) {
            assert_eq!(lines_found("crates/a/tests/b.rs", &format!("a {mark} b")), [1], "{mark}");
            assert!(lines_found("README.md", &format!("a_{mark}")).is_empty(), "{mark}");
        }
    }
}
