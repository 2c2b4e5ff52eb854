//! Named values as one JSON document, and as text for a reader.

use Value::{List, Matrix, Missing, Number};
use serde::Serialize;

/// What a quantity consists of, in the order in which it is printed.
pub(super) type Values = Vec<(&'static str, Value)>;

/// A value; in JSON one that is not finite is null.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Value {
    Number(f64),
    List(Vec<f64>),
    /// Rows, all of one length.
    Matrix(Vec<Vec<f64>>),
    /// A number that does not exist for these options.
    Missing,
}

/// One object with a line for each value: numbers are written with all the digits that f64 has.
pub(super) fn json(values: &Values) -> serde_json::Result<String> {
    let entry = |(name, value): &(&str, Value)| {
        Ok(format!("  {}: {}", serde_json::to_string(name)?, serde_json::to_string(value)?))
    };
    let entries: Vec<String> = values.iter().map(entry).collect::<serde_json::Result<_>>()?;
    Ok(format!("{{\n{}\n}}", entries.join(",\n")))
}

/// A line `name  value` for each value, and one for each row of a matrix.
pub(super) fn text(values: &Values) -> String {
    let width = values.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = values.iter().flat_map(|(name, value)| {
        let names = std::iter::once(*name).chain(std::iter::repeat(""));
        names.zip(shown(value)).map(move |(name, line)| format!("{name:width$}  {line}"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn shown(value: &Value) -> Vec<String> {
    match value {
        Number(x) => vec![digits(*x)],
        List(list) => vec![line(list, 0)],
        Matrix(rows) => {
            let width = rows.iter().flatten().map(|&x| digits(x).len()).max().unwrap_or(0);
            shortened(rows.len(), "rows", |row| line(&rows[row], width))
        }
        Missing => vec!["none".to_owned()],
    }
}

fn line(list: &[f64], width: usize) -> String {
    shortened(list.len(), "entries", |at| format!("{:>width$}", digits(list[at]))).join("  ")
}

/// All of a short list; of a long one both ends, and how long it is.
fn shortened(count: usize, what: &str, entry: impl Fn(usize) -> String) -> Vec<String> {
    const MAX: usize = 17;
    const FIRST: usize = 4;
    const LAST: usize = 2;
    if count <= MAX {
        return (0..count).map(entry).collect();
    }
    let mut parts: Vec<String> = (0..FIRST).map(&entry).collect();
    parts.push("..".to_owned());
    parts.extend((count - LAST..count).map(&entry));
    parts.push(format!("({count} {what})"));
    parts
}

/// Twelve significant digits, without zeros at the end.
fn digits(x: f64) -> String {
    match x {
        f64::INFINITY => return "infinite".to_owned(),
        f64::NEG_INFINITY => return "-infinite".to_owned(),
        x if x.is_nan() => return "undefined".to_owned(),
        _ => {}
    }
    // Rounded first, so that the exponent is that of the digits shown; minus zero is zero.
    let scientific = format!("{:.11e}", x + 0.0);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent @ -5..12) => {
            let decimals = usize::try_from(11 - exponent).unwrap_or(0);
            trimmed(&format!("{:.decimals$}", x + 0.0)).to_owned()
        }
        _ => format!("{}e{exponent}", trimmed(mantissa)),
    }
}

fn trimmed(number: &str) -> &str {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits() {
        for (x, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-2.0, "-2"),
            (0.306_308_329_811_523_06, "0.306308329812"),
            (99_999_999_999.95, "99999999999.9"),
            (999_999_999_999.9, "1e12"),
            (1e-5, "0.00001"),
            (-1.234_567_890_123_4e-7, "-1.23456789012e-7"),
            (1e300, "1e300"),
            (f64::INFINITY, "infinite"),
            (f64::NEG_INFINITY, "-infinite"),
            (f64::NAN, "undefined"),
        ] {
            assert_eq!(digits(x), expected, "{x:e}");
        }
    }

    #[test]
    fn values_as_text_and_json() {
        let list = |n: u32| (0..n).map(f64::from).collect();
        let values = vec![
            ("a", Number(f64::INFINITY)),
            ("long", List(list(18))),
            ("b", Matrix(vec![vec![1.0, -0.5], vec![f64::NAN, 2.0]])),
            ("c", Missing),
        ];
        let expected = "a     infinite\nlong  0  1  2  3  ..  16  17  (18 entries)\n\
            b             1       -0.5\n      undefined          2\nc     none";
        assert_eq!(text(&values), expected);
        let json = json(&values[..1].iter().map(|_| ("a", Number(0.1))).collect());
        assert_eq!(json.expect("JSON"), "{\n  \"a\": 0.1\n}");
    }
}
