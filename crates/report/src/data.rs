//! Figures and tables as CSV, every number in full.

use crate::content::{Cell, Figure, Style, Table};
use crate::table::Column;

/// One line for each point.
pub(crate) fn figure_csv(figure: &Figure) -> anyhow::Result<String> {
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

/// One line for each row; a column with an error somewhere becomes two.
pub(crate) fn table_csv(table: &Table) -> anyhow::Result<String> {
    let columns: Vec<Vec<String>> = table.by_column()?.iter().flat_map(fields).collect();
    let row = |i: usize| columns.iter().map(|column| column[i].clone()).collect();
    csv_text(&(0..=table.rows.len()).map(row).collect::<Vec<_>>())
}

/// The heading of a column and its values, and if they have errors, the same of these.
fn fields(column: &Column) -> Vec<Vec<String>> {
    let value = |cell: &&Cell| match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(value) => shortest(*value),
        Cell::Measured(found) => shortest(found.mean),
    };
    let error = |cell: &&Cell| match cell {
        Cell::Text(_) => String::new(),
        Cell::Number(_) => shortest(0.0),
        Cell::Measured(found) => shortest(found.error),
    };
    let under = |heading: String, cells: Vec<String>| [vec![heading], cells].concat();
    let mut fields =
        vec![under(column.heading.to_owned(), column.cells.iter().map(value).collect())];
    if column.cells.iter().any(|cell| matches!(cell, Cell::Measured(_))) {
        let heading = format!("{}_error", column.heading);
        fields.push(under(heading, column.cells.iter().map(error).collect()));
    }
    fields
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
    fn measured_columns_become_two_and_ragged_rows_are_refused() -> anyhow::Result<()> {
        let table = Table {
            id: "t".to_owned(),
            caption: String::new(),
            columns: vec!["L".to_owned(), "energy".to_owned()],
            rows: vec![
                vec![Cell::Number(8.0), Cell::Measured(Found { mean: -1.5, error: 0.25 })],
                vec![Cell::Text("∞".to_owned()), Cell::Number(-2.0)],
            ],
        };
        assert_eq!(table_csv(&table)?, "L,energy,energy_error\n8.0,-1.5,0.25\n∞,-2.0,0.0\n");
        let table = Table { rows: vec![vec![]], ..table };
        let error = table_csv(&table).unwrap_err().to_string();
        assert_eq!(error, "row 1 of the table t has 0 cells for 2 columns");
        Ok(())
    }
}
