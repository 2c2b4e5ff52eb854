//! The report as one self-contained HTML page.

mod findings;
mod tables;

use crate::content::{Figure, Report, Section};
use crate::{figures, prose, summary};
use anyhow::Context;
use askama::Template;
use findings::{Badge, ClaimView, Finding};
use tables::TableView;

/// The page, which refers to nothing outside itself.
///
/// # Errors
/// When a table is ragged.
pub fn html(report: &Report) -> anyhow::Result<String> {
    let run = &report.provenance;
    let failing = report.checks().filter(|check| !check.holds);
    let sections = report.sections.iter().enumerate().map(section);
    let page = Page {
        own_settings: run.own_settings.clone(),
        statements: summary::statements(report.claims()),
        counts: findings::counts(report.claims()),
        checks: summary::holding(report.checks()),
        failing: failing.map(findings::check).collect(),
        sections: sections.collect::<anyhow::Result<_>>()?,
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

/// Fields that end in `_html` are markup already; the template escapes all others.
#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    own_settings: Option<String>,
    statements: String,
    counts: Vec<(usize, Badge)>,
    checks: Option<String>,
    failing: Vec<Finding>,
    sections: Vec<SectionView>,
    run: [(&'static str, String); 7],
}

struct SectionView {
    number: usize,
    id: String,
    title_html: String,
    headline_html: String,
    introduction_html: Vec<String>,
    counts: Vec<(usize, Badge)>,
    claims: Vec<ClaimView>,
    checks: Vec<Finding>,
    /// How many checks hold.
    holding: String,
    figures: Vec<FigureView>,
    tables: Vec<TableView>,
    discussion_html: Vec<String>,
    settings: String,
}

struct FigureView {
    id: String,
    caption_html: String,
    svg_html: String,
}

fn section((index, section): (usize, &Section)) -> anyhow::Result<SectionView> {
    let paragraphs = |texts: &[String]| texts.iter().map(|text| prose::html(text)).collect();
    Ok(SectionView {
        number: index + 1,
        id: section.experiment.clone(),
        title_html: prose::html(&section.title),
        headline_html: prose::html(&section.headline),
        introduction_html: paragraphs(&section.introduction),
        counts: findings::counts(section.claims.iter()),
        claims: section.claims.iter().map(findings::claim).collect(),
        checks: section.checks.iter().map(findings::check).collect(),
        holding: summary::holding(section.checks.iter()).unwrap_or_default(),
        figures: section.figures.iter().map(figure).collect(),
        tables: section.tables.iter().map(tables::table).collect::<anyhow::Result<_>>()?,
        discussion_html: paragraphs(&section.discussion),
        settings: section.settings.trim().to_owned(),
    })
}

fn figure(figure: &Figure) -> FigureView {
    FigureView {
        id: figure.id.clone(),
        caption_html: prose::html(&figure.caption),
        svg_html: figures::svg(figure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn page_refers_to_nothing_outside_itself() -> anyhow::Result<()> {
        let page = html(&example::report())?.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains("http") && !page.contains("<script"));
        assert_eq!(page.matches("url(").count(), page.matches("url(#clip-").count());
        Ok(())
    }

    #[test]
    fn all_evidence_is_shown_and_a_check_that_fails_is_named_at_the_top() -> anyhow::Result<()> {
        let page = html(&example::report())?;
        for shown in ["the fixed point", "2.269(4)", "its slope", "0.500(12)", "within five errors"]
        {
            assert!(page.contains(shown), "{shown}");
        }
        let header = page.split("</header>").next().unwrap_or_default();
        assert!(header.contains("5 statements") && header.contains("1 of 2 checks hold"));
        assert!(header.contains("href=\"#flow/broken\"") && !header.contains("#flow/identity"));
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

    #[test]
    fn a_ragged_table_is_not_drawn() {
        let mut report = example::report();
        report.sections[0].tables[0].columns.pop();
        let error = html(&report).unwrap_err().to_string();
        assert!(error.contains("flow-values"), "{error}");
    }
}
