//! Tables as the page shows them: numbers of a column with their decimal points below each other.

use crate::content::{Cell, Table};
use crate::table::Column;
use crate::{numbers, prose};

pub(crate) struct TableView {
    pub(crate) id: String,
    pub(crate) caption_html: String,
    pub(crate) columns: Vec<ColumnView>,
    pub(crate) height: usize,
}

pub(crate) struct ColumnView {
    pub(crate) heading_html: String,
    /// Nothing but numbers: then the heading is aligned with them.
    pub(crate) is_number: bool,
    cells: Vec<CellView>,
}

impl ColumnView {
    pub(crate) fn cell(&self, row: &usize) -> &CellView {
        &self.cells[*row]
    }
}

pub(crate) struct CellView {
    pub(crate) html: String,
    pub(crate) is_number: bool,
}

pub(crate) fn table(table: &Table) -> anyhow::Result<TableView> {
    Ok(TableView {
        id: table.id.clone(),
        caption_html: prose::html(&table.caption),
        columns: table.by_column()?.iter().map(column).collect(),
        height: table.rows.len(),
    })
}

/// Numbers end in invisible digits that bring their decimal points below each other.
fn column(column: &Column) -> ColumnView {
    let mut cells: Vec<CellView> = column.cells.iter().map(|cell| view(cell)).collect();
    let numbers = || cells.iter().filter(|cell| cell.is_number);
    let longest = numbers().map(|cell| tail(&cell.html)).max().unwrap_or(0);
    let is_number = numbers().count() == cells.len();
    for cell in cells.iter_mut().filter(|cell| cell.is_number) {
        let padding = "0".repeat(longest - tail(&cell.html));
        cell.html += &format!("<span class=\"pad\" aria-hidden=\"true\">{padding}</span>");
    }
    ColumnView { heading_html: prose::html(column.heading), is_number, cells }
}

fn view(cell: &Cell) -> CellView {
    match cell {
        Cell::Text(text) => CellView { html: prose::html(text), is_number: false },
        Cell::Number(value) => CellView { html: numbers::exact(*value), is_number: true },
        Cell::Measured(found) => CellView { html: numbers::measured(*found), is_number: true },
    }
}

/// How many digit widths follow the integer part.
fn tail(number: &str) -> usize {
    let start = number.find(['.', '(', '×']).unwrap_or(number.len());
    number[start..].chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_points_stand_below_each_other() {
        let cells = [Cell::Number(1.25), Cell::Number(12.0), Cell::Text("–".to_owned())];
        let view = column(&Column { heading: "$L$", cells: cells.iter().collect() });
        let pads = |row: usize| view.cell(&row).html.matches('0').count();
        assert_eq!((pads(0), pads(1)), (0, 3));
        assert!(!view.is_number && !view.cell(&2).is_number);
    }
}
