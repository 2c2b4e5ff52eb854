//! The figures as a table for a terminal and as one JSON document.

use super::Figure;
use super::yardsticks::{Yardstick, Yardsticks};
use anyhow::Result;
use serde_json::{Value, json};

/// Rows of cells, the first being titles, in columns that are as wide as they must be; numbers at the right.
fn columns(rows: &[Vec<String>], left: usize) -> String {
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

/// A time with three digits and a unit.
fn time(seconds: f64) -> String {
    let (number, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "us"),
    };
    format!("{} {unit}", three_digits(number))
}

fn three_digits(number: f64) -> String {
    match number {
        n if n >= 1e6 => format!("{n:.2e}"),
        n if n >= 100.0 => format!("{n:.0}"),
        n if n >= 10.0 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    }
}

pub(super) fn table(yardsticks: &Yardsticks, figures: &[Figure]) -> String {
    let titles = |titles: &[&str]| titles.iter().map(|&title| title.to_owned()).collect();
    let mut rates: Vec<Vec<String>> = vec![titles(&["yardstick", "of one core", "G/s"])];
    for yardstick in Yardstick::ALL {
        let rate = format!("{:.3}", yardsticks.rate(yardstick) / 1e9);
        rates.push(vec![yardstick.name().to_owned(), yardstick.what().to_owned(), rate]);
    }
    let head = ["figure", "of", "median", "min..max", "cost", "error", "target", "met"];
    let mut rows: Vec<Vec<String>> = vec![titles(&head)];
    let none = || "–".to_owned();
    for figure in figures {
        let entry = figure.entry;
        let (min, max) = figure.times.range();
        let cost = three_digits(figure.cost(yardsticks));
        let met = figure.met().map_or("–", |met| if met { "yes" } else { "no" });
        let error = figure.error.zip(entry.golden);
        rows.push(vec![
            entry.name.to_owned(),
            entry.what.to_owned(),
            time(figure.times.median()),
            format!("{}..{}", time(min), time(max)),
            format!("{cost} {}/{}", entry.yardstick.name(), entry.unit),
            error.map_or_else(none, |(error, golden)| {
                format!("{error:.0e} < {:e}", golden.tolerance)
            }),
            entry.target.map_or_else(none, time),
            met.to_owned(),
        ]);
    }
    format!("{}\n{}", columns(&rates, 2), columns(&rows, 2).trim_end())
}

pub(super) fn json(yardsticks: &Yardsticks, figures: &[Figure]) -> Result<String> {
    let rate = |yardstick: Yardstick| {
        json!({
            "name": yardstick.name(),
            "what": yardstick.what(),
            "per_second": yardsticks.rate(yardstick),
        })
    };
    let figure = |figure: &Figure| {
        let entry = figure.entry;
        let (min, max) = figure.times.range();
        json!({
            "name": entry.name,
            "what": entry.what,
            "repetitions": figure.times.0.len(),
            "seconds": { "median": figure.times.median(), "min": min, "max": max },
            "units": entry.units,
            "unit": entry.unit,
            "yardstick": entry.yardstick.name(),
            "cost": figure.cost(yardsticks),
            "relative_error": figure.error,
            "target_relative_error": entry.golden.map(|golden| golden.tolerance),
            "target_seconds": entry.target,
            "met": figure.met(),
        })
    };
    let document = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "threads": rayon::current_num_threads(),
        "yardsticks": Yardstick::ALL.map(rate),
        "figures": figures.iter().map(figure).collect::<Vec<Value>>(),
    });
    Ok(serde_json::to_string_pretty(&document)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        for (seconds, text) in [(2.5, "2.50 s"), (0.012, "12.0 ms"), (1.234e-4, "123 us")] {
            assert_eq!(time(seconds), text);
        }
    }

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        assert_eq!(columns(&[row(["a", "b"]), row(["cd", "efg"])], 1), "a     b\ncd  efg\n");
    }
}
