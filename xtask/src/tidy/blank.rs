//! Rust source with its comments, strings and characters blanked out, so that a search finds code only.

/// The same lines, with spaces for everything that is not code.
pub(super) fn blank(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    let mut after_word = false;
    while let Some(first) = rest.chars().next() {
        let opaque = opaque(rest, after_word);
        if opaque == 0 {
            code.push(first);
            after_word = first.is_alphanumeric() || first == '_';
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (hidden, next) = rest.split_at(opaque);
        code.extend(hidden.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        after_word = false;
        rest = next;
    }
    code
}

/// The bytes of the comment, string or character that `rest` begins with; 0 when it begins with code.
fn opaque(rest: &str, after_word: bool) -> usize {
    let to_end = |found: Option<usize>| found.unwrap_or(rest.len());
    if rest.starts_with("//") {
        return to_end(rest.find('\n'));
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if let Some(text) = rest.strip_prefix('"') {
        return to_end(closing(text, '"').map(|end| end + 1));
    }
    if let Some(text) = rest.strip_prefix('\'') {
        return character(text).map_or(0, |end| end + 1);
    }
    if !after_word && let Some((prefix, closing)) = raw_string(rest) {
        return to_end(rest[prefix..].find(&closing).map(|end| prefix + end + closing.len()));
    }
    0
}

/// Where `text` ends with an unescaped `quote`, that included.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Where the character literal ends; `None` for a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.chars();
    let first = chars.next()?;
    (first == '\\' || chars.next() == Some('\'')).then(|| closing(text, '\'')).flatten()
}

/// The length of a raw string's opening and the text that closes it.
fn raw_string(rest: &str) -> Option<(usize, String)> {
    let after = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let text = after[hashes..].strip_prefix('"')?;
    Some((rest.len() - text.len(), format!("\"{}", "#".repeat(hashes))))
}

/// The length of a block comment, which may hold others.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    for at in 0..rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
        }
        if here.starts_with(b"*/") {
            depth -= 1;
            if depth == 0 {
                return at + 2;
            }
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::blank;

    fn code(source: &str) -> String {
        blank(source).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn only_code_is_left() {
        assert_eq!(code("a(); // b()\nc()"), "a(); c()");
        assert_eq!(code("a /* b /* c */ d */ e"), "a e");
        assert_eq!(code(r#"a("b \" c", d)"#), "a( , d)");
        assert_eq!(code(r###"a(r#"b " c"#, br"d\", r#e)"###), "a( , , r#e)");
        assert_eq!(code(r#"a('"', '\'', 'é', b'"')"#), "a( , , , b )");
    }

    #[test]
    fn lifetimes_are_code() {
        assert_eq!(code("fn a<'a>(b: &'a str) {}"), "fn a<'a>(b: &'a str) {}");
    }

    #[test]
    fn lines_stay_where_they_are() {
        let source = "a\n\"b\nc\" /*\n*/ d\n// e";
        assert_eq!(blank(source).matches('\n').count(), 4);
        assert_eq!(blank(source).lines().nth(3).map(str::trim), Some("d"));
    }

    #[test]
    fn what_never_closes_hides_the_rest() {
        assert_eq!(code("a \"b"), "a");
        assert_eq!(code("a /* b"), "a");
        assert_eq!(code("a r#\"b"), "a");
    }
}
