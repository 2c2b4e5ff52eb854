//! Every source that is named has an entry in REFERENCES.md.

use super::Finding;
use super::files::{File, find};
use std::collections::BTreeSet;

const PATH: &str = "REFERENCES.md";

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let Some(references) = find(files, PATH) else {
        return vec![Finding::new(PATH, 1, "the list of references is missing.")];
    };
    let entries: BTreeSet<&str> = references.text.lines().filter_map(entry).collect();
    let named = files.iter().flat_map(|file| {
        let keys =
            if file.path.starts_with("data/published/") { published(file) } else { cited(file) };
        keys.into_iter().map(move |(line, key)| (file, line, key))
    });
    named
        .filter(|(_, _, key)| !entries.contains(key))
        .map(|(file, line, key)| {
            Finding::new(&file.path, line, format!("{key} has no entry in {PATH}."))
        })
        .collect()
}

/// The key of the entry that this line begins: `- **key**: ...`.
fn entry(line: &str) -> Option<&str> {
    line.strip_prefix("- **")?.split_once("**:").map(|(key, _)| key)
}

/// The source's key in data/published: the line `key = "..."`.
fn published<'a>(file: &'a File) -> Vec<(usize, &'a str)> {
    let key = |line: &'a str| line.strip_prefix("key = \"")?.split('"').next();
    file.numbered().filter_map(|(number, line)| Some((number, key(line)?))).collect()
}

/// Keys between backticks, in comments of Rust and in text.
fn cited(file: &File) -> Vec<(usize, &str)> {
    let is_text = file.is(".md") && file.path != PATH;
    let is_read = |text: &str| is_text || file.is(".rs") && text.trim_start().starts_with("//");
    let mut keys = Vec::new();
    for (number, line) in file.numbered().filter(|(_, line)| is_read(line)) {
        let quoted = line.split('`').skip(1).step_by(2);
        keys.extend(quoted.filter(|text| is_key(text)).map(|key| (number, key)));
    }
    keys
}

/// Whether this is a key such as `ter-hoeve-2018`: names in lower case, a year, perhaps a letter.
fn is_key(text: &str) -> bool {
    let Some((name, year)) = text.rsplit_once('-') else { return false };
    let (digits, letter) = year.split_at_checked(4).unwrap_or_default();
    let is_year = digits.starts_with(['1', '2']) && digits.chars().all(|c| c.is_ascii_digit());
    let is_letter = letter.len() <= 1 && letter.chars().all(|c| c.is_ascii_lowercase());
    let is_name = |part: &str| part.starts_with(|c: char| c.is_ascii_lowercase());
    let is_plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    is_year && is_letter && is_plain && name.split('-').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for key in ["onsager-1944", "madras-sokal-1988", "ter-hoeve-2018", "wolff-1989a"] {
            assert!(is_key(key), "{key}");
        }
        for text in ["flow-ring", "1944", "-1944", "Onsager-1944", "a-19445", "a-b-12", "a--1944"] {
            assert!(!is_key(text), "{text}");
        }
    }

    #[test]
    fn sources_without_an_entry() {
        let mut files = vec![
            File::new("data/published/a.toml", "# a\nkey = \"aa-2001\"\n\nkeys = \"x\"\n"),
            File::new("crates/b/src/lib.rs", "//! A (`bb-2002`).\nlet a = \"`cc-2003`\"; // b\n"),
            File::new("crates/b/README.md", "`flow-ring` and `aa-2001`, `bb-2002`\n"),
        ];
        assert_eq!(check(&files), [Finding::new(PATH, 1, "the list of references is missing.")]);
        files.push(File::new(PATH, "# References\n\n- **bb-2002**: B, C.\n  `zz-1999`\n"));
        let found: Vec<String> = check(&files).iter().map(Finding::to_string).collect();
        assert_eq!(
            found,
            [
                "data/published/a.toml:2: aa-2001 has no entry in REFERENCES.md.",
                "crates/b/README.md:1: aa-2001 has no entry in REFERENCES.md.",
            ]
        );
    }
}
