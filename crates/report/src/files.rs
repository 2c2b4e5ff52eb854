//! Writes a report as files: the page, the claims, and every figure and table as data.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

use super::content::{Cell, Claim, Figure, Report, Style, Table};
use super::{figures, page};

/// Fills an existing empty directory.
pub fn write(report: &Report, dir: &Path) -> anyhow::Result<()> {
    check_names(report)?;
    let save = |name: &str, content: &str| {
        let path = dir.join(name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    };
    save("index.html", &page::html(report)?)?;
    save("claims.json", &claims_json(report)?)?;
    for figure in report.sections.iter().flat_map(|s| &s.figures) {
        save(&format!("{}.svg", figure.id), &figures::svg(figure))?;
        save(&format!("{}.csv", figure.id), &figure_csv(figure)?)?;
    }
    for table in report.sections.iter().flat_map(|s| &s.tables) {
        save(&format!("{}.csv", table.id), &table_csv(table)?)?;
    }
    Ok(())
}

/// Names become file names and anchors, so they are plain and occur once.
fn check_names(report: &Report) -> anyhow::Result<()> {
    let mut seen = HashSet::new();
    let figures = report.sections.iter().flat_map(|s| s.figures.iter().map(|f| &f.id));
    let tables = report.sections.iter().flat_map(|s| s.tables.iter().map(|t| &t.id));
    for id in figures.chain(tables) {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        ensure!(!id.is_empty() && id.chars().all(is_plain), "{id:?} cannot be a file name");
        ensure!(seen.insert(id), "{id:?} names two figures or tables");
    }
    Ok(())
}

fn claims_json(report: &Report) -> anyhow::Result<String> {
    let claims: Vec<&Claim> = report.sections.iter().flat_map(|s| &s.claims).collect();
    Ok(serde_json::to_string_pretty(&claims)? + "\n")
}

fn figure_csv(figure: &Figure) -> anyhow::Result<String> {
    let mut rows = vec![["panel", "series", "x", "y", "error"].map(str::to_owned).to_vec()];
    for (i, panel) in figure.panels.iter().enumerate() {
        let name = if panel.title.is_empty() { (i + 1).to_string() } else { panel.title.clone() };
        for (number, series) in panel.series.iter().enumerate() {
            // The rows of a matrix have one label.
            let label = match series.style {
                Style::Row => format!("{} {number}", series.label),
                _ => series.label.clone(),
            };
            rows.extend(series.points.iter().map(|p| {
                let numbers = [p.x, p.y, p.error].map(shortest);
                [name.clone(), label.clone()].into_iter().chain(numbers).collect()
            }));
        }
    }
    csv_text(&rows)
}

/// A column with an error somewhere becomes two, in every row.
fn table_csv(table: &Table) -> anyhow::Result<String> {
    let is_measured = |column: usize| {
        table.rows.iter().any(|row| matches!(row.get(column), Some(Cell::Measured(_))))
    };
    let width = table.rows.iter().map(Vec::len).max().unwrap_or(0).max(table.columns.len());
    let mut header = Vec::new();
    for column in 0..width {
        let name = table.columns.get(column).cloned().unwrap_or_default();
        if is_measured(column) {
            header.extend([name.clone(), format!("{name}_error")]);
        } else {
            header.push(name);
        }
    }
    let mut rows = vec![header];
    for row in &table.rows {
        let mut fields = Vec::new();
        for column in 0..width {
            let (value, error) = match row.get(column) {
                Some(Cell::Text(text)) => (text.clone(), String::new()),
                Some(Cell::Number(value)) => (shortest(*value), shortest(0.0)),
                Some(Cell::Measured(found)) => (shortest(found.mean), shortest(found.error)),
                None => (String::new(), String::new()),
            };
            fields.push(value);
            if is_measured(column) {
                fields.push(error);
            }
        }
        rows.push(fields);
    }
    csv_text(&rows)
}

/// The shortest decimal that reads back as the same number.
fn shortest(value: f64) -> String {
    format!("{value:?}")
}

fn csv_text(rows: &[Vec<String>]) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Axis, Found, Panel, Point, Series};
    use crate::example;

    #[test]
    fn figure_csv_has_every_point_in_full() -> anyhow::Result<()> {
        let axis = || Axis { label: String::new(), log: false, range: None };
        let points = vec![
            Point { x: 0.1 + 0.2, y: 1.0, error: 0.0 },
            Point { x: 1e-300, y: f64::NAN, error: 0.5 },
        ];
        let series =
            vec![Series { label: "L = 8, \"cold\"".to_owned(), style: Style::Line, points }];
        let panels =
            vec![Panel { title: String::new(), x: axis(), y: axis(), series, marks: vec![] }];
        let figure = Figure { id: "f".to_owned(), caption: String::new(), panels };
        assert_eq!(
            figure_csv(&figure)?,
            "panel,series,x,y,error\n\
             1,\"L = 8, \"\"cold\"\"\",0.30000000000000004,1.0,0.0\n\
             1,\"L = 8, \"\"cold\"\"\",1e-300,NaN,0.5\n"
        );
        Ok(())
    }

    #[test]
    fn csv_of_a_heat_map_numbers_its_rows() -> anyhow::Result<()> {
        let axis = || Axis { label: String::new(), log: false, range: None };
        let row = |y| {
            let points = vec![Point { x: 0.0, y, error: 0.0 }];
            Series { label: "site".to_owned(), style: Style::Row, points }
        };
        let series = vec![row(0.5), row(-1.0)];
        let panels =
            vec![Panel { title: "W".to_owned(), x: axis(), y: axis(), series, marks: vec![] }];
        let figure = Figure { id: "f".to_owned(), caption: String::new(), panels };
        let expected = "panel,series,x,y,error\nW,site 0,0.0,0.5,0.0\nW,site 1,0.0,-1.0,0.0\n";
        assert_eq!(figure_csv(&figure)?, expected);
        Ok(())
    }

    #[test]
    fn measured_columns_become_two_in_every_row() -> anyhow::Result<()> {
        let table = Table {
            id: "t".to_owned(),
            caption: String::new(),
            columns: vec!["L".to_owned(), "energy".to_owned()],
            rows: vec![
                vec![Cell::Number(8.0), Cell::Measured(Found { mean: -1.5, error: 0.25 })],
                vec![Cell::Text("∞".to_owned()), Cell::Number(-2.0)],
                vec![],
            ],
        };
        assert_eq!(table_csv(&table)?, "L,energy,energy_error\n8.0,-1.5,0.25\n∞,-2.0,0.0\n,,\n");
        Ok(())
    }

    #[test]
    fn claims_are_json_with_null_for_what_is_no_number() -> anyhow::Result<()> {
        let mut report = example::report();
        report.sections[0].claims[0].evidence[0].found = Some(f64::NAN.into());
        let json = claims_json(&report)?;
        assert!(json.contains("\"mean\": null") && json.ends_with("]\n"));
        assert!(json.contains("\"verdict\": \"not comparable\""));
        Ok(())
    }

    #[test]
    fn names_that_clash_or_leave_the_directory_are_refused() {
        let mut report = example::report();
        assert!(check_names(&report).is_ok());
        report.sections[0].figures[0].id = "../x".to_owned();
        assert!(check_names(&report).is_err());
        report.sections[0].figures[0].id = report.sections[0].tables[0].id.clone();
        assert!(check_names(&report).is_err());
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() -> anyhow::Result<()> {
        let figure = |r: &Report| figures::svg(&r.sections[0].figures[0]);
        assert_eq!(page::html(&example::report())?, page::html(&example::report())?);
        assert_eq!(figure(&example::report()), figure(&example::report()));
        Ok(())
    }
}
