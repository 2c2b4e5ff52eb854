//! Each file says in one sentence what it is for, and is short, as is each function, or says why not.

use super::Finding;
use super::tree::{File, Line, item_end};

const FILE_LIMIT: usize = 400;
const FUNCTION_LIMIT: usize = 60;

/// What begins a line that excuses a long file, at its head, or a long function, in it or right above.
const EXCUSE: &str = "// tidy: long because ";

pub(super) fn check(file: &File) -> Vec<Finding> {
    if !file.is("rs") {
        return Vec::new();
    }
    let mut findings = long_functions(file);
    findings.extend(no_sentence(file));
    findings.extend(long_file(file));
    findings
}

fn no_sentence(file: &File) -> Option<Finding> {
    let docs = file.lines.iter().map_while(|line| line.text.strip_prefix("//!"));
    let first: Vec<&str> =
        docs.map(str::trim).take_while(|line| !line.is_empty() && *line != "```").collect();
    let first = first.join(" ");
    let begins = first.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '`');
    let is_sentence = begins && first.ends_with(['.', '?']) && first.contains(' ');
    (!is_sentence).then(|| {
        let sentence =
            "the file does not begin with `//!` and a sentence that says what it is for.";
        Finding::new(&file.path, 1, sentence)
    })
}

fn long_file(file: &File) -> Option<Finding> {
    let length = file.lines.len();
    let mut head = file.lines.iter().take_while(|line| line.code.is_empty());
    (length > FILE_LIMIT && !head.any(excuses)).then(|| {
        let sentence =
            format!("the file has {length} lines, above {FILE_LIMIT}, and no `{EXCUSE}...`.");
        Finding::new(&file.path, 1, sentence)
    })
}

fn long_functions(file: &File) -> Vec<Finding> {
    let lines = &file.lines;
    let finding = |start: usize| {
        let name = function_name(&lines[start].code)?;
        let end = item_end(lines, start);
        let length = end - start + 1;
        let is_above = |line: &&Line| line.text.trim_start().starts_with(['/', '#']);
        let above = lines[..start].iter().rev().take_while(is_above);
        let mut within = above.chain(&lines[start..=end]);
        (length > FUNCTION_LIMIT && !within.any(excuses)).then(|| {
            let sentence = format!(
                "the function {name} has {length} lines, above {FUNCTION_LIMIT}, and no `{EXCUSE}...`."
            );
            Finding::new(&file.path, start + 1, sentence)
        })
    };
    (0..lines.len()).filter_map(finding).collect()
}

fn excuses(line: &Line) -> bool {
    line.text.trim_start().strip_prefix(EXCUSE).is_some_and(|reason| !reason.trim().is_empty())
}

/// The name of the function that this line begins.
fn function_name(code: &str) -> Option<&str> {
    let qualifier = |word: &&str| {
        ["pub", "const", "async", "unsafe", "extern", "default"].contains(word)
            || word.starts_with("pub(")
            || word.ends_with(')') && !word.contains('(')
    };
    let mut words = code.split_whitespace().skip_while(qualifier);
    (words.next() == Some("fn")).then(|| words.next())??.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File::new("crates/a/src/b.rs", text)
    }

    fn function(head: &str, body: usize) -> String {
        format!("{head} {{\n{}}}\n", "    step();\n".repeat(body))
    }

    #[test]
    fn a_function_too_long() {
        assert!(long_functions(&file(&function("fn a()", 58))).is_empty());
        let found =
            long_functions(&file(&format!("// x\n{}", function("pub(crate) fn a<T>()", 59))));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 2);
        assert!(found[0].sentence.starts_with("the function a has 61 lines"));
    }

    #[test]
    fn a_method_too_long_after_short_ones() {
        let method =
            function("    pub const unsafe fn long(\n        &self,\n    ) -> [u8; 2]", 60);
        let text = format!("impl A {{\n    fn short() {{}}\n    fn none();\n{method}    }}\n}}\n");
        let found = long_functions(&file(&text.replace("\n}\n    }\n", "\n    }\n")));
        assert_eq!(found.len(), 1);
        assert!(found[0].sentence.starts_with("the function long has 64 lines"), "{}", found[0]);
    }

    #[test]
    fn a_reason_excuses_a_function() {
        let text = function("fn a()", 90);
        assert!(
            long_functions(&file(&format!("{EXCUSE}it is a table.\n#[inline]\n{text}"))).is_empty()
        );
        let inside = text.replacen("step();", &format!("{EXCUSE}it is a table."), 1);
        assert!(long_functions(&file(&inside)).is_empty());
        assert_eq!(long_functions(&file(&format!("{EXCUSE}\n{text}"))).len(), 1);
        assert_eq!(long_functions(&file(&format!("{EXCUSE}b is.\nfn b() {{}}\n{text}"))).len(), 1);
    }

    #[test]
    fn braces_in_strings_do_not_end_a_function() {
        let text = format!("fn a() {{\n    b(\"\n}}\n\");\n{}}}\n", "    step();\n".repeat(60));
        assert_eq!(long_functions(&file(&text)).len(), 1);
    }

    #[test]
    fn a_file_too_long() {
        let text = "//! Holds a table.\n".to_owned() + &"const A: u8 = 1;\n".repeat(400);
        assert_eq!(check(&file(&text)).len(), 1);
        let excused = text.replacen('\n', &format!("\n\n{EXCUSE}it is a table.\n"), 1);
        assert_eq!(check(&file(&excused)), []);
        assert_eq!(check(&File::new("data/golden/README.md", &text)), []);
    }

    #[test]
    fn a_file_without_its_sentence() {
        for good in [
            "//! Draws spins.\n\nmod a;\n",
            "//! `cargo xtask`: runs experiments\n//! and writes the report.\n//!\n//! more\n",
            "//! 2D lattices. Are they periodic?\n",
        ] {
            assert_eq!(no_sentence(&file(good)), None, "{good}");
        }
        for bad in
            ["", "mod a;\n", "// Draws spins.\n", "//! spins\n", "//! Spins\n", "//!\n//! A b.\n"]
        {
            assert!(no_sentence(&file(bad)).is_some(), "{bad}");
        }
    }
}
