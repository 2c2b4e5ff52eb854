//! The paths that `use` declarations name, one by one.

use super::tree::Line;

/// Every path that is imported, written out, with the index of the line where its declaration begins.
pub(super) fn imports(lines: &[Line]) -> Vec<(usize, String)> {
    let mut paths = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(tree) = declaration(&line.code) else { continue };
        let mut tree = tree.to_owned();
        for line in &lines[start + 1..] {
            if tree.contains(';') {
                break;
            }
            tree.push_str(&line.code);
        }
        let tree = tree.split(';').next().unwrap_or_default();
        paths.extend(expand(tree).into_iter().map(|path| (start, path)));
    }
    paths
}

/// What follows `use` on a line that begins with it.
fn declaration(code: &str) -> Option<&str> {
    let code = code.trim_start();
    let code = match code.strip_prefix("pub") {
        Some(rest) => rest.trim_start_matches(|c| c != ' ').trim_start(),
        None => code,
    };
    code.strip_prefix("use ")
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d` and `a::c::e`.
fn expand(tree: &str) -> Vec<String> {
    let Some((prefix, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().trim();
        return if path.is_empty() { Vec::new() } else { vec![path.to_owned()] };
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let mut depth = 0;
    let parts = inner.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .flat_map(|part| expand(&format!("{}{part}", prefix.trim())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::File;
    use super::*;

    fn paths(text: &str) -> Vec<(usize, String)> {
        imports(&File::new("a.rs", text).lines)
    }

    #[test]
    fn trees_are_written_out() {
        let found = paths("use std::{fs, io::{self, Read as R}, time::Instant};\n");
        let found: Vec<&str> = found.iter().map(|(_, path)| path.as_str()).collect();
        assert_eq!(found, ["std::fs", "std::io::self", "std::io::Read", "std::time::Instant"]);
    }

    #[test]
    fn declarations_over_several_lines() {
        let found =
            paths("mod a;\npub(crate) use std::{\n    env, // a\n    fmt,\n};\nfn b() {}\n");
        assert_eq!(found, [(1, "std::env".to_owned()), (1, "std::fmt".to_owned())]);
        assert_eq!(paths("// use a::b;\nlet user = 1;\n"), []);
    }
}
