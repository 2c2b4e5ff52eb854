//! Tables as an experiment writes them: rows once, then column by column its heading and its cell.

use crate::content::{Cell, Table};
use anyhow::ensure;
use stats::Estimate;

/// A table whose rows are still to be named.
pub fn table(id: impl Into<String>, caption: impl Into<String>) -> Table {
    Table { id: id.into(), caption: caption.into(), columns: Vec::new(), rows: Vec::new() }
}

impl Table {
    /// What the rows are about, one item each.
    pub fn rows<T>(self, items: impl IntoIterator<Item = T>) -> Rows<T> {
        let items: Vec<T> = items.into_iter().collect();
        let table = Self { rows: items.iter().map(|_| Vec::new()).collect(), ..self };
        Rows { table, items }
    }

    /// Its columns, from the left.
    ///
    /// # Errors
    /// When a row has not one cell for each heading.
    pub(crate) fn by_column(&self) -> anyhow::Result<Vec<Column<'_>>> {
        let (id, width) = (&self.id, self.columns.len());
        for (row, cells) in self.rows.iter().enumerate() {
            let (row, count) = (row + 1, cells.len());
            ensure!(
                count == width,
                "row {row} of the table {id} has {count} cells for {width} columns"
            );
        }
        let cells = |column: usize| self.rows.iter().map(|row| &row[column]).collect();
        let column = |(i, heading)| Column { heading, cells: cells(i) };
        Ok(self.columns.iter().map(String::as_str).enumerate().map(column).collect())
    }
}

/// One column of a table, from the top.
pub(crate) struct Column<'a> {
    pub(crate) heading: &'a str,
    pub(crate) cells: Vec<&'a Cell>,
}

/// A table whose columns are being written. Heading and cells of a column come together, so that no row can be longer than
/// another.
#[derive(Debug)]
pub struct Rows<T> {
    table: Table,
    items: Vec<T>,
}

impl<T> Rows<T> {
    /// One more column: its heading, and its cell in each row.
    pub fn column<C: Into<Cell>>(
        mut self,
        heading: impl Into<String>,
        mut cell: impl FnMut(&T) -> C,
    ) -> Self {
        self.table.columns.push(heading.into());
        for (row, item) in self.table.rows.iter_mut().zip(&self.items) {
            row.push(cell(item).into());
        }
        self
    }

    /// A column for each of some keys.
    pub fn columns<K, H: Into<String>, C: Into<Cell>>(
        self,
        keys: impl IntoIterator<Item = (H, K)>,
        mut cell: impl FnMut(&K, &T) -> C,
    ) -> Self {
        keys.into_iter()
            .fold(self, |rows, (heading, key)| rows.column(heading, |item| cell(&key, item)))
    }
}

impl<T> From<Rows<T>> for Table {
    fn from(rows: Rows<T>) -> Self {
        rows.table
    }
}

impl Cell {
    /// The value, or these words where there is none.
    pub fn or(value: Option<impl Into<Self>>, words: &str) -> Self {
        value.map_or_else(|| Self::Text(words.to_owned()), Into::into)
    }
}

impl Cell {
    /// A number to three digits, enough for a probability.
    pub fn rounded(value: f64) -> Self {
        Self::Number(format!("{value:.2e}").parse().unwrap_or(value))
    }
}

impl From<f64> for Cell {
    fn from(exact: f64) -> Self {
        Self::Number(exact)
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Number(count as f64)
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Self::Number(count as f64)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Estimate> for Cell {
    fn from(e: Estimate) -> Self {
        Self::Measured(e.into())
    }
}

impl<C: Into<Self>> From<Option<C>> for Cell {
    fn from(value: Option<C>) -> Self {
        Self::or(value, "–")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heading_and_cells_come_together() {
        let table: Table = table("sides", "Sides.")
            .rows([4_usize, 8])
            .column("L", |&side| side)
            .columns([("double", 2), ("triple", 3)], |&factor, &side| factor * side)
            .into();
        assert_eq!(table.columns, ["L", "double", "triple"]);
        let numbers = |row: &Vec<Cell>| -> Vec<f64> {
            let number = |cell: &Cell| if let Cell::Number(x) = cell { *x } else { f64::NAN };
            row.iter().map(number).collect()
        };
        assert_eq!(numbers(&table.rows[1]), [8.0, 16.0, 24.0]);
    }

    #[test]
    fn three_digits() {
        let number = |value| if let Cell::Number(x) = Cell::rounded(value) { x } else { f64::NAN };
        assert_eq!([number(0.012_345), number(-1234.0), number(0.0)], [0.0123, -1230.0, 0.0]);
        assert_eq!(number(f64::INFINITY), f64::INFINITY);
    }

    #[test]
    fn what_is_absent_is_said() {
        let absent: Option<Estimate> = None;
        assert!(matches!(Cell::from(absent), Cell::Text(text) if text == "–"));
        assert!(matches!(Cell::or(absent, "off the scale"), Cell::Text(t) if t == "off the scale"));
    }
}
