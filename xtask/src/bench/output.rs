//! The figures as a table for a terminal and as one JSON document.

use super::entry::{Figure, Kind, Target};
use super::yardsticks::{Yardstick, Yardsticks};
use anyhow::Result;
use report::columns::columns;
use serde_json::{Map, Value, json};

/// A number with three digits and its unit, seconds in parts that suit them.
fn quantity(number: f64, unit: &str) -> String {
    let (number, unit) = match (number, unit) {
        (s, "s") if s < 1e-3 => (s * 1e6, "us"),
        (s, "s") if s < 1.0 => (s * 1e3, "ms"),
        other => other,
    };
    format!("{} {unit}", three_digits(number))
}

fn three_digits(number: f64) -> String {
    match number {
        n if !(1e-2..1e6).contains(&n) => format!("{n:.2e}"),
        n if n >= 100.0 => format!("{n:.0}"),
        n if n >= 10.0 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    }
}

pub(super) fn table(yardsticks: &Yardsticks, figures: &[Figure]) -> String {
    let titles = |titles: &[&str]| titles.iter().map(|&title| title.to_owned()).collect();
    let mut rates: Vec<Vec<String>> = vec![titles(&["yardstick", "of one core", "10^9/s"])];
    for yardstick in Yardstick::ALL {
        let rate = format!("{:.3}", yardsticks.giga(yardstick));
        rates.push(vec![yardstick.name().to_owned(), yardstick.what().to_owned(), rate]);
    }
    let head = ["figure", "of", "threads", "median", "min..max", "of yardstick"];
    let mut rows: Vec<Vec<String>> =
        vec![titles(&[&head[..], &["error", "target", "met"]].concat())];
    let none = || "–".to_owned();
    for figure in figures {
        let (entry, reading) = (figure.entry, &figure.reading);
        let (min, max) = reading.range();
        let relation = if entry.kind == Kind::Time { "x" } else { "/" };
        let of = |ratio: Option<f64>| match ratio.zip(entry.yardstick) {
            None => none(),
            Some((ratio, yardstick)) => {
                format!("{} {relation} {}", three_digits(ratio), yardstick.name())
            }
        };
        rows.push(vec![
            entry.name.to_owned(),
            entry.what.to_owned(),
            figure.threads().to_string(),
            quantity(reading.median(), entry.unit),
            match entry.unit {
                "s" => format!("{}..{}", quantity(min, "s"), quantity(max, "s")),
                _ => format!("{}..{}", three_digits(min), three_digits(max)),
            },
            of(figure.of_yardstick),
            figure.error.zip(entry.golden).map_or_else(none, |(error, golden)| {
                format!("{error:.0e} < {:e}", golden.tolerance)
            }),
            match entry.target {
                None => none(),
                Some(Target::Value(value)) => quantity(value, entry.unit),
                Some(Target::OfYardstick(ratio)) => of(Some(ratio)),
            },
            figure.met().map_or("–", |met| if met { "yes" } else { "no" }).to_owned(),
        ]);
    }
    format!("{}\n{}", columns(&rates, 2), columns(&rows, 2).trim_end())
}

pub(super) fn json(yardsticks: &Yardsticks, figures: &[Figure]) -> Result<String> {
    let rate =
        |yardstick: Yardstick| (yardstick.name().to_owned(), yardsticks.giga(yardstick).into());
    let figure = |figure: &Figure| {
        let (entry, reading) = (figure.entry, &figure.reading);
        let (min, max) = reading.range();
        let (target, target_of_yardstick) = match entry.target {
            None => (None, None),
            Some(Target::Value(value)) => (Some(value), None),
            Some(Target::OfYardstick(ratio)) => (None, Some(ratio)),
        };
        json!({
            "name": entry.name,
            "what": entry.what,
            "threads": figure.threads(),
            "value": reading.median(),
            "unit": entry.unit,
            "min": min,
            "max": max,
            "repetitions": reading.repetitions(),
            "tau": reading.tau,
            "yardstick": entry.yardstick.map(Yardstick::name),
            "of_yardstick": figure.of_yardstick,
            "relative_error": figure.error,
            "target_relative_error": entry.golden.map(|golden| golden.tolerance),
            "target": target,
            "target_of_yardstick": target_of_yardstick,
            "met": figure.met(),
        })
    };
    let document = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "yardstick": Yardstick::ALL.map(rate).into_iter().collect::<Map<String, Value>>(),
        "figures": figures.iter().map(figure).collect::<Vec<Value>>(),
    });
    Ok(serde_json::to_string_pretty(&document)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_three_digits() {
        for (number, unit, text) in [
            (2.5, "s", "2.50 s"),
            (0.012, "s", "12.0 ms"),
            (1.234e-4, "s", "123 us"),
            (1.234e7, "samples/s", "1.23e7 samples/s"),
            (0.5, "updates/ns", "0.50 updates/ns"),
            (0.0012, "updates/ns", "1.20e-3 updates/ns"),
        ] {
            assert_eq!(quantity(number, unit), text);
        }
    }
}
