//! The claims as a plain-text table for a terminal.

use super::content::{Claim, Report};
use super::{numbers, page};

const VERDICT_WIDTH: usize = "not comparable".len();

/// Statements wrapped, numbers in columns, the verdict at the right, and the counts at the end.
pub fn claims_table(report: &Report, width: usize) -> String {
    let claims: Vec<&Claim> = report.sections.iter().flat_map(|s| &s.claims).collect();
    let published: Vec<String> =
        claims.iter().map(|c| c.published.map_or("–".to_owned(), numbers::exact)).collect();
    let found: Vec<String> = claims.iter().map(|c| numbers::found(&c.evidence)).collect();
    let widest = |cells: &[String], title: &str| {
        cells.iter().map(|c| length(c)).fold(title.len(), usize::max)
    };
    let (published_width, found_width) = (widest(&published, "published"), widest(&found, "ours"));
    let others = published_width + found_width + VERDICT_WIDTH + 6;
    // Below some twenty columns a wrapped statement is unreadable: then the table is too wide.
    let statement_width = width.saturating_sub(others).max(20);
    let row = |statement: &str, published: &str, found: &str, verdict: &str| {
        let padding = " ".repeat(statement_width.saturating_sub(length(statement)));
        let numbers = format!("{published:>published_width$}  {found:>found_width$}");
        format!("{statement}{padding}  {numbers}  {verdict}").trim_end().to_owned() + "\n"
    };
    let rule = "─".repeat(statement_width + others) + "\n";

    let mut table = row("statement", "published", "ours", "verdict") + &rule;
    for ((claim, published), found) in claims.iter().zip(&published).zip(&found) {
        let lines = wrapped(&plain(&claim.statement), statement_width);
        let (first, rest) = lines.split_first().map_or(("", &[][..]), |(f, r)| (f.as_str(), r));
        table += &row(first, published, found, page::word(claim.verdict));
        for line in rest {
            table += &row(line, "", "", "");
        }
        for line in wrapped(
            &format!("ours: {}", plain(claim.evidence.first().map_or("", |e| &e.quantity))),
            statement_width - 2,
        ) {
            table += &row(&format!("  {line}"), "", "", "");
        }
    }
    let counts = page::counts(claims.iter().copied());
    let counts: Vec<String> =
        counts.iter().map(|(v, n)| format!("{n} {}", page::word(*v))).collect();
    table + &rule + &counts.join(", ") + "\n"
}

/// LaTeX between dollars as a physicist would type it: `T_c`, `β^2`, `1/2`. Lossless enough to read,
/// and what it does not know it leaves as the name of the command.
fn plain(text: &str) -> String {
    let pieces = text.split('$').enumerate();
    pieces
        .map(|(i, piece)| if i % 2 == 0 { piece.to_owned() } else { plain_mathematics(piece) })
        .collect()
}

fn plain_mathematics(latex: &str) -> String {
    let mut plain = String::new();
    let mut rest = latex;
    while let Some(start) = rest.find('\\') {
        plain += &rest[..start];
        let command = &rest[start + 1..];
        let letters = command.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(command.len());
        // A command without letters is one escaped character such as `\,` or `\{`.
        let end =
            if letters == 0 { command.chars().next().map_or(0, char::len_utf8) } else { letters };
        plain += symbol(&command[..end]);
        rest = &command[end..];
    }
    plain += rest;
    grouped(&plain.replace("}{", "/"))
}

/// Braces around one character are dropped, around more they become parentheses.
fn grouped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once('{') {
        let (group, after) = inside.split_once('}').unwrap_or((inside, ""));
        plain += before;
        plain += &if group.chars().count() > 1 { format!("({group})") } else { group.to_owned() };
        rest = after;
    }
    (plain + rest).replace('}', "")
}

fn symbol(command: &str) -> &str {
    match command {
        "alpha" => "α",
        "beta" => "β",
        "gamma" => "γ",
        "delta" => "δ",
        "epsilon" | "varepsilon" => "ε",
        "eta" => "η",
        "theta" => "θ",
        "kappa" => "κ",
        "lambda" => "λ",
        "mu" => "μ",
        "nu" => "ν",
        "xi" => "ξ",
        "pi" => "π",
        "rho" => "ρ",
        "sigma" => "σ",
        "tau" => "τ",
        "phi" | "varphi" => "φ",
        "chi" => "χ",
        "omega" => "ω",
        "Delta" => "Δ",
        "Lambda" => "Λ",
        "Sigma" => "Σ",
        "langle" => "⟨",
        "rangle" => "⟩",
        "infty" => "∞",
        "sqrt" => "√",
        "dots" | "ldots" => "...",
        "sum" => "∑",
        "partial" => "∂",
        "times" => "×",
        "cdot" => "·",
        "pm" => "±",
        "to" | "rightarrow" => " → ",
        "sim" => " ~ ",
        "approx" => " ≈ ",
        "le" | "leq" => " ≤ ",
        "ge" | "geq" => " ≥ ",
        "ne" | "neq" => " ≠ ",
        "frac" | "tfrac" | "mathrm" | "text" | "left" | "right" => "",
        "," | ";" | " " => " ",
        other => other,
    }
}

/// Lines of at most `width` characters; a longer word is cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if length(line) + 1 + length(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => {
                let letters: Vec<char> = word.chars().collect();
                lines.extend(letters.chunks(width.max(1)).map(|part| part.iter().collect()));
            }
        }
    }
    lines
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [80, 100, 140] {
            let table = claims_table(&example::report(), width);
            assert!(table.lines().all(|line| length(line) <= width), "{table}");
            assert!(table.contains("  contradicted\n"));
        }
        assert!(claims_table(&example::report(), 0).ends_with("not comparable\n"));
    }

    #[test]
    fn mathematics_is_legible_without_typesetting() {
        assert_eq!(plain(r"at $T_c \approx 2.27$ or $\tanh K$"), "at T_c  ≈  2.27 or tanh K");
        assert_eq!(plain(r"$\tfrac{1}{2}\langle E^{2}\rangle$"), "(1/2)⟨ E^2⟩");
        assert_eq!(plain(r"$\unknown\"), "unknown");
    }

    #[test]
    fn words_wrap_and_long_ones_are_cut() {
        assert_eq!(wrapped("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrapped("abcdef g", 4), ["abcd", "ef g"]);
        assert!(wrapped("", 4).is_empty());
    }
}
