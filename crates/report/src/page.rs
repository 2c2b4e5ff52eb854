//! The report as one self-contained HTML page.

use anyhow::Context;
use askama::Template;
use pulldown_latex::event::{Content, Event};
use pulldown_latex::{Parser, RenderConfig, Storage, push_mathml};
use std::collections::BTreeSet;

use super::content::{Cell, Claim, Report, Section, Table, Verdict};
use super::{figures, numbers};

pub fn html(report: &Report) -> anyhow::Result<String> {
    let run = &report.provenance;
    let page = Page {
        summary: summary(&report.sections),
        own_settings: run.own_settings.clone(),
        sections: report.sections.iter().enumerate().map(section).collect(),
        run: [
            ("version", run.version.clone()),
            ("profile", run.profile.clone()),
            ("seed", run.seed.to_string()),
            ("machine", run.machine.clone()),
            ("threads", run.threads.to_string()),
            ("finished", run.finished.clone()),
            ("duration", format!("{:.1} s", run.seconds)),
        ],
    };
    page.render().context("cannot fill in the report page")
}

/// How many of each verdict, in the order in which a report lists them; none left out.
pub fn counts<'a>(claims: impl Iterator<Item = &'a Claim> + Clone) -> [(Verdict, usize); 5] {
    use Verdict::{Contradicted, Corrected, NotComparable, Reproduced, Undecided};
    [Reproduced, Contradicted, Corrected, Undecided, NotComparable]
        .map(|verdict| (verdict, claims.clone().filter(|c| c.verdict == verdict).count()))
}

pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Reproduced => "reproduced",
        Verdict::Contradicted => "contradicted",
        Verdict::Corrected => "corrected",
        Verdict::Undecided => "undecided",
        Verdict::NotComparable => "not comparable",
    }
}

/// Fields that end in `_html` are markup already; the template escapes all others.
#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    summary: String,
    own_settings: Option<String>,
    sections: Vec<SectionView>,
    run: [(&'static str, String); 7],
}

struct SectionView {
    number: usize,
    id: String,
    title_html: String,
    headline_html: String,
    introduction_html: Vec<String>,
    claims: Vec<ClaimView>,
    figures: Vec<FigureView>,
    tables: Vec<TableView>,
    discussion_html: Vec<String>,
    settings: String,
}

struct ClaimView {
    id: String,
    statement_html: String,
    quantity_html: String,
    reason_html: String,
    source_html: String,
    published: String,
    found: String,
    verdict: &'static str,
    class: String,
}

struct FigureView {
    id: String,
    caption_html: String,
    svg_html: String,
}

struct TableView {
    id: String,
    caption_html: String,
    columns_html: Vec<String>,
    rows: Vec<Vec<CellView>>,
}

impl TableView {
    /// A column of numbers has a heading aligned with them.
    fn is_number(&self, column: &usize) -> bool {
        self.rows.iter().filter_map(|row| row.get(*column)).all(|cell| cell.is_number)
    }
}

struct CellView {
    html: String,
    is_number: bool,
}

fn summary(sections: &[Section]) -> String {
    let claims = sections.iter().flat_map(|s| &s.claims);
    let total = claims.clone().count();
    let parts: Vec<String> = counts(claims.clone())
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count)| format!("{count} {}", word(*verdict)))
        .collect();
    let list = match parts.split_last() {
        None => return "This run examined no statement.".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    };
    let said: BTreeSet<&str> = claims.map(|claim| claim.statement.as_str()).collect();
    let plural =
        |count, noun| if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") };
    format!("{} of {}: {list}.", plural(total, "check"), plural(said.len(), "statement"))
}

fn section((index, section): (usize, &Section)) -> SectionView {
    SectionView {
        number: index + 1,
        id: section.experiment.clone(),
        title_html: prose(&section.title),
        headline_html: prose(&section.headline),
        introduction_html: section.introduction.iter().map(|p| prose(p)).collect(),
        claims: section.claims.iter().map(claim).collect(),
        figures: section
            .figures
            .iter()
            .map(|figure| FigureView {
                id: figure.id.clone(),
                caption_html: prose(&figure.caption),
                svg_html: figures::svg(figure),
            })
            .collect(),
        tables: section.tables.iter().map(table).collect(),
        discussion_html: section.discussion.iter().map(|p| prose(p)).collect(),
        settings: section.settings.trim().to_owned(),
    }
}

fn claim(claim: &Claim) -> ClaimView {
    let verdict = word(claim.verdict);
    ClaimView {
        id: claim.id.clone(),
        statement_html: prose(&claim.statement),
        quantity_html: prose(claim.evidence.first().map_or("", |e| &e.quantity)),
        reason_html: prose(&claim.reason),
        source_html: prose(&claim.source),
        published: claim.published.map_or("–".to_owned(), numbers::exact),
        found: numbers::found(&claim.evidence),
        verdict,
        class: verdict.replace(' ', "-"),
    }
}

fn table(table: &Table) -> TableView {
    TableView {
        id: table.id.clone(),
        caption_html: prose(&table.caption),
        columns_html: table.columns.iter().map(|c| prose(c)).collect(),
        rows: table.rows.iter().map(|row| aligned(row, &table.rows)).collect(),
    }
}

/// The cells of a row; numbers end in invisible digits that bring the decimal points of a column
/// below each other.
fn aligned(row: &[Cell], rows: &[Vec<Cell>]) -> Vec<CellView> {
    let longest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.filter_map(number).map(|text| tail(&text)).max().unwrap_or(0)
    };
    let view = |(column, cell): (usize, &Cell)| match (cell, number(cell)) {
        (Cell::Text(text), _) => CellView { html: prose(text), is_number: false },
        (_, text) => {
            let text = text.unwrap_or_default();
            let padding = "0".repeat(longest(column).saturating_sub(tail(&text)));
            let html = format!(
                "{}<span class=\"pad\" aria-hidden=\"true\">{padding}</span>",
                escaped(&text)
            );
            CellView { html, is_number: true }
        }
    };
    row.iter().enumerate().map(view).collect()
}

fn number(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(_) => None,
        Cell::Number(value) => Some(numbers::exact(*value)),
        Cell::Measured(found) => Some(numbers::measured(*found)),
    }
}

/// How many digit widths follow the integer part.
fn tail(number: &str) -> usize {
    let start = number.find(['.', '(', '×']).unwrap_or(number.len());
    number[start..].chars().count()
}

/// Text with `$...$` set as mathematics. A dollar without a partner stays a dollar.
fn prose(text: &str) -> String {
    let mut pieces: Vec<&str> = text.split('$').collect();
    let unpaired = if pieces.len().is_multiple_of(2) { pieces.pop() } else { None };
    let mut html = String::new();
    for (i, piece) in pieces.iter().enumerate() {
        html += &if i % 2 == 0 { escaped(piece) } else { mathematics(piece) };
    }
    if let Some(rest) = unpaired {
        html += "$";
        html += &escaped(rest);
    }
    html
}

/// MathML, or the source itself if it is not valid LaTeX.
fn mathematics(latex: &str) -> String {
    let as_source = || format!("<code>{}</code>", escaped(latex));
    let storage = Storage::new();
    let events: Vec<_> = Parser::new(latex, &storage).collect();
    let is_refused = |event: &Result<Event, _>| match event {
        Ok(Event::Content(Content::Function(name))) => name.contains(['<', '>', '&']),
        event => event.is_err(),
    };
    if events.iter().any(is_refused) {
        return as_source();
    }
    let mut mathml = String::new();
    match push_mathml(&mut mathml, events.into_iter(), RenderConfig::default()) {
        // The renderer leaves operators of one character unescaped: they fill their element.
        Ok(()) => {
            mathml.replace("><</", ">&lt;</").replace(">></", ">&gt;</").replace(">&</", ">&amp;</")
        }
        Err(_) => as_source(),
    }
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html += "&amp;",
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            '"' => html += "&quot;",
            '\'' => html += "&#39;",
            _ => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn prose_is_escaped_and_mathematics_is_set() {
        assert_eq!(prose("a < b & \"c\""), "a &lt; b &amp; &quot;c&quot;");
        assert_eq!(prose("costs 5$ <i>"), "costs 5$ &lt;i&gt;");
        let set = prose("the point $g^* < 1$ is");
        assert!(set.starts_with("the point <math") && set.ends_with("</math> is"));
        assert!(set.contains("&lt;") && !set.contains("< 1"));
        assert_eq!(prose(r"$\frac{<script>$"), r"<code>\frac{&lt;script&gt;</code>");
        assert!(!prose(r"$\text{<script>}$").contains("<script>"));
        assert!(!prose(r"$\operatorname{<b>}$").contains("<b>"));
        assert!(prose(r"$a>b \& c$").contains("<mo>&gt;</mo>"));
        assert!(prose(r"$a>b \& c$").contains("<mi>&amp;</mi>"));
    }

    #[test]
    fn page_refers_to_nothing_outside_itself() -> anyhow::Result<()> {
        let page = html(&example::report())?.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains("http") && !page.contains("<script"));
        assert_eq!(page.matches("url(").count(), page.matches("url(#clip-").count());
        Ok(())
    }

    #[test]
    fn only_the_footer_depends_on_the_run() -> anyhow::Result<()> {
        let report = example::report();
        let mut later = example::report();
        later.provenance.seconds = 1e4;
        later.provenance.machine = "<another>".to_owned();
        let before_footer = |page: String| page.split("<footer").next().map(str::to_owned);
        assert_eq!(before_footer(html(&report)?), before_footer(html(&later)?));
        assert!(
            html(&later)?.contains("&#60;another&#62;")
                || html(&later)?.contains("&lt;another&gt;")
        );
        Ok(())
    }

    #[test]
    fn an_empty_report_is_a_page() -> anyhow::Result<()> {
        let mut report = example::report();
        report.sections.clear();
        assert!(html(&report)?.contains("examined no statement"));
        Ok(())
    }
}
