//! Writes a report as files: the page, claims and checks as JSON, and the data of every figure and table as CSV.

use crate::content::Report;
use crate::{data, figures, page};
use anyhow::{Context, ensure};
use serde::Serialize;
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// Fills an existing empty directory.
///
/// # Errors
/// When a name occurs twice or cannot name a file, a table is ragged, or a file cannot be written.
pub fn write(report: &Report, dir: &Path) -> anyhow::Result<()> {
    check_names(report)?;
    let save = |name: &str, content: &str| {
        let path = dir.join(name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    };
    save("index.html", &page::html(report)?)?;
    save("claims.json", &json(report.claims())?)?;
    save("checks.json", &json(report.checks())?)?;
    for figure in report.sections.iter().flat_map(|s| &s.figures) {
        save(&format!("{}.svg", figure.id), &figures::svg(figure))?;
        save(&format!("{}.csv", figure.id), &data::figure_csv(figure)?)?;
    }
    for table in report.sections.iter().flat_map(|s| &s.tables) {
        save(&format!("{}.csv", table.id), &data::table_csv(table)?)?;
    }
    Ok(())
}

/// Names are anchors of the page, and those of figures and tables are file names: they are plain, and none occurs twice.
fn check_names(report: &Report) -> anyhow::Result<()> {
    let sections = || report.sections.iter();
    let drawn = || {
        let figures = sections().flat_map(|s| s.figures.iter().map(|f| &f.id));
        figures.chain(sections().flat_map(|s| s.tables.iter().map(|t| &t.id)))
    };
    for id in drawn() {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        ensure!(!id.is_empty() && id.chars().all(is_plain), "{id:?} cannot be a file name");
    }
    // A section's anchor ends in a slash: a table may have the experiment's name.
    let anchors = sections().map(|s| format!("{}/", s.experiment));
    let judged = report.claims().map(|c| &c.id).chain(report.checks().map(|c| &c.id));
    let mut seen = HashSet::new();
    for id in anchors.chain(judged.chain(drawn()).cloned()) {
        let what = "two experiments, claims, checks, figures or tables";
        ensure!(seen.insert(id.clone()), "{what} have the name {id:?}");
    }
    Ok(())
}

/// A list, each item with all of its fields; numbers that are none become null.
fn json<T: Serialize>(items: impl Iterator<Item = T>) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(&items.collect::<Vec<_>>())? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn claims_are_json_with_null_for_what_is_no_number() -> anyhow::Result<()> {
        let mut report = example::report();
        report.sections[0].claims[0].evidence[0].found = Some(f64::NAN.into());
        let json = json(report.claims())?;
        assert!(json.contains("\"mean\": null") && json.ends_with("]\n"));
        assert!(json.contains("\"verdict\": \"not comparable\""));
        Ok(())
    }

    #[test]
    fn lists_have_all_fields() -> anyhow::Result<()> {
        let report = example::report();
        let keys = |json: String| -> anyhow::Result<Vec<String>> {
            let list: Vec<serde_json::Map<String, serde_json::Value>> =
                serde_json::from_str(&json)?;
            Ok(list[0].keys().cloned().collect())
        };
        let claim = "evidence experiment id published reason rule source statement verdict";
        assert_eq!(keys(json(report.claims())?)?.join(" "), claim);
        let check = "evidence experiment holds id reason rule statement";
        assert_eq!(keys(json(report.checks())?)?.join(" "), check);
        Ok(())
    }

    #[test]
    fn names_that_clash_or_leave_the_directory_are_refused() {
        let refused = |spoil: fn(&mut crate::Section)| {
            let mut report = example::report();
            spoil(&mut report.sections[0]);
            check_names(&report).is_err()
        };
        assert!(!refused(|_| ()));
        assert!(refused(|s| s.figures[0].id = "../x".to_owned()));
        assert!(refused(|s| s.figures[0].id = s.tables[0].id.clone()));
        assert!(refused(|s| s.claims[0].id = s.claims[1].id.clone()));
        assert!(refused(|s| s.checks[0].id = s.claims[0].id.clone()));
        assert!(!refused(|s| s.tables[0].id = s.experiment.clone()));
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() -> anyhow::Result<()> {
        let figure = |r: &Report| figures::svg(&r.sections[0].figures[0]);
        assert_eq!(page::html(&example::report())?, page::html(&example::report())?);
        assert_eq!(figure(&example::report()), figure(&example::report()));
        Ok(())
    }
}
