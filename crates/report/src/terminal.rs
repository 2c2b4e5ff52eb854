//! Claims and checks as plain text for a terminal.

use crate::content::{Claim, Report};
use crate::plain::plain;
use crate::{numbers, summary};

const VERDICT_WIDTH: usize = "not comparable".len();

/// Statements wrapped, numbers in columns, the verdict at the right; then checks that fail, and the counts in the last line.
pub fn claims_table(report: &Report, width: usize) -> String {
    let claims: Vec<&Claim> = report.claims().collect();
    let published: Vec<String> =
        claims.iter().map(|c| c.published.map_or("–".to_owned(), numbers::exact)).collect();
    let found: Vec<String> = claims.iter().map(|c| ours(c)).collect();
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
        table += &row(first, published, found, claim.verdict.word());
        for line in rest {
            table += &row(line, "", "", "");
        }
        let quantity = claim.evidence.first().map(|e| format!("ours: {}", plain(&e.quantity)));
        for line in wrapped(&quantity.unwrap_or_default(), statement_width - 2) {
            table += &row(&format!("  {line}"), "", "", "");
        }
    }
    let counts = summary::counts(report.claims());
    let counts = counts.map(|(verdict, count)| format!("{count} {}", verdict.word()));
    let last: Vec<String> = counts.chain(summary::holding(report.checks())).collect();
    let last = wrapped(&last.join(", "), statement_width + others).join("\n");
    table + &rule + &failing(report) + &last + "\n"
}

/// A line for each check that fails.
fn failing(report: &Report) -> String {
    let failing = report.checks().filter(|check| !check.holds);
    failing.map(|check| format!("the check {} fails\n", check.id)).collect()
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

/// The value of the first quantity.
fn ours(claim: &Claim) -> String {
    numbers::or_dash(claim.evidence.first().and_then(|e| e.found))
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
        let table = claims_table(&example::report(), 0);
        assert!(table.contains("\nthe check flow/broken fails\n"));
        assert!(table.ends_with(", 1 of 2 checks hold\n"), "{table}");
    }

    #[test]
    fn words_wrap_and_long_ones_are_cut() {
        assert_eq!(wrapped("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrapped("abcdef g", 4), ["abcd", "ef g"]);
        assert!(wrapped("", 4).is_empty());
    }
}
