//! Rows of cells as columns of text, for a terminal.

/// Rows of as many cells, the first being titles, in columns that are as wide as they must be; the first `left` columns
/// at the left, the others at the right.
pub fn columns(rows: &[Vec<String>], left: usize) -> String {
    let length = |cell: &String| cell.chars().count();
    let count = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..count).map(|c| rows.iter().map(|row| length(&row[c])).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cell = |(c, cell): (usize, &String)| match c < left {
            true => format!("{cell:<width$}", width = widths[c]),
            false => format!("{cell:>width$}", width = widths[c]),
        };
        let cells: Vec<String> = row.iter().enumerate().map(cell).collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        assert_eq!(columns(&[row(["a", "b"]), row(["cd", "efg"])], 1), "a     b\ncd  efg\n");
    }
}
