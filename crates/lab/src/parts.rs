//! Small pieces that experiments build their sections of: curves, axes, verdicts.

// Goes with the experiments that are still to be rewritten.
#![allow(missing_docs)]

use anyhow::{Result, bail, ensure};
use nalgebra::{DMatrix, RowDVector};
use report::content::{At, Axis, Claim, Evidence, Found, Mark, Point, Series, Style, Verdict};
use report::numbers;
use stats::Estimate;
use std::fmt::Debug;

/// Two-sided significance of every verdict on a measured number: five standard errors.
pub const SIGMAS: f64 = 5.0;

/// What rounding alone may do to a closed form in f64, relative.
pub const ROUNDING: f64 = 1e-12;

pub fn axis(label: &str) -> Axis {
    Axis { label: label.to_owned(), log: false, range: None }
}

pub fn log_axis(label: &str) -> Axis {
    Axis { label: label.to_owned(), log: true, range: None }
}

pub fn axis_in(label: &str, low: f64, high: f64) -> Axis {
    Axis { label: label.to_owned(), log: false, range: Some((low, high)) }
}

/// An exact curve.
pub fn curve(
    label: impl Into<String>,
    style: Style,
    points: impl IntoIterator<Item = (f64, f64)>,
) -> Series {
    let points = points.into_iter().map(|(x, y)| Point { x, y, error: 0.0 }).collect();
    Series { label: label.into(), style, points }
}

/// Measured points.
pub fn measured(
    label: impl Into<String>,
    style: Style,
    points: impl IntoIterator<Item = (f64, Estimate)>,
) -> Series {
    let point = |(x, e): (f64, Estimate)| Point { x, y: e.mean, error: e.error };
    Series { label: label.into(), style, points: points.into_iter().map(point).collect() }
}

/// The rows of a matrix as a heat map; `label` is that of the rows' axis.
pub fn matrix_rows(label: &str, matrix: &DMatrix<f64>) -> Vec<Series> {
    let row = |row: RowDVector<f64>| {
        curve(label, Style::Row, row.iter().enumerate().map(|(x, &y)| (x as f64, y)))
    };
    matrix.row_iter().map(|r| row(r.into_owned())).collect()
}

pub fn mark_x(label: &str, x: f64) -> Mark {
    Mark { label: label.to_owned(), at: At::X(x) }
}

pub fn mark_y(label: &str, y: f64) -> Mark {
    Mark { label: label.to_owned(), at: At::Y(y) }
}

/// n + 1 equidistant points from `low` to `high`.
pub fn grid(low: f64, high: f64, n: usize) -> impl Iterator<Item = f64> + Clone {
    (0..=n).map(move |i| low + (high - low) * i as f64 / n as f64)
}

/// Whether a step of a long descent is shown: 20 a decade, and the first.
pub fn is_shown(step: usize) -> bool {
    let place = |step: usize| (20.0 * (step as f64 + 1.0).log10()).floor();
    step == 0 || place(step) > place(step - 1)
}

/// An exact identity: reproduced when its largest deviation is rounding.
pub fn identity(deviation: f64) -> Verdict {
    if deviation <= ROUNDING { Verdict::Reproduced } else { Verdict::Contradicted }
}

/// A measured number against a published one: reproduced within [`SIGMAS`] standard errors.
pub fn agreement(found: Estimate, published: f64) -> Verdict {
    let agrees = found.sigmas_from(published) <= SIGMAS;
    if agrees { Verdict::Reproduced } else { Verdict::Contradicted }
}

/// One number from several seeds.
pub fn over_seeds(estimates: &[Estimate]) -> Estimate {
    Estimate::over_seeds(estimates)
}

/// One exact number from each of several seeds.
pub fn over_exact(values: &[f64]) -> Estimate {
    Estimate::from_independent(values)
}

/// A measured number as text, the error in parentheses.
pub fn shown(e: Estimate) -> String {
    numbers::measured(e.into())
}

/// An exact number in prose, of which only the size matters: `3×10⁻¹¹`.
pub fn rough(value: f64) -> String {
    let text = format!("{value:.0e}");
    match text.split_once('e').and_then(|(digit, power)| Some((digit, power.parse().ok()?))) {
        Some((digit, power)) if power != 0 => {
            format!("{}{}", digit.replace('-', "−"), numbers::power_of_ten(power))
        }
        _ => text.replace("e0", ""),
    }
}

/// Settings: a list must hold something, and every value must lie in a range.
pub fn check_values(key: &str, values: &[f64], low: f64, high: f64) -> Result<()> {
    ensure!(!values.is_empty(), "{key} is empty, but needs at least one value");
    for value in values {
        let inside = (low..=high).contains(value);
        ensure!(inside, "{key} contains {value}, but every value must be from {low} to {high}");
    }
    Ok(())
}

/// Settings: a list must not name anything twice, or its results would count twice.
pub fn check_distinct<T: PartialEq + Debug>(key: &str, values: &[T]) -> Result<()> {
    let repeated = values.iter().enumerate().find(|(i, value)| values[..*i].contains(value));
    match repeated {
        Some((_, value)) => bail!("{key} contains {value:?} twice, but every entry must differ"),
        None => Ok(()),
    }
}

/// Settings: a number must lie in a range.
pub fn check_count(key: &str, value: u64, low: u64, high: u64) -> Result<()> {
    ensure!((low..=high).contains(&value), "{key} is {value}, but must be from {low} to {high}");
    Ok(())
}

/// Whether something is where it is said to be, within `resolution`: surely when [`SIGMAS`] errors do not lead out, surely not
/// when they do not lead in. None between.
pub fn is_near(distance: Estimate, resolution: f64) -> Option<bool> {
    let (apart, error) = (distance.mean.abs(), SIGMAS * distance.error);
    match (apart + error <= resolution, apart - error > resolution) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// Whether several things are all so: not when one is not, and unknown when one is unknown.
pub fn all(of: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let of: Vec<Option<bool>> = of.into_iter().collect();
    match of.contains(&Some(false)) {
        true => Some(false),
        false if of.contains(&None) => None,
        false => Some(true),
    }
}

/// The verdict on such a place.
pub fn verdict_near(near: Option<bool>) -> Verdict {
    match near {
        Some(true) => Verdict::Reproduced,
        Some(false) => Verdict::Contradicted,
        None => Verdict::NotComparable,
    }
}

/// A claim of ours as experiments not yet rewritten make it.
pub struct OwnClaim {
    pub id: String,
    pub experiment: String,
    pub statement: String,
    pub source: String,
    pub published: Option<f64>,
    pub found: Found,
    pub quantity: String,
    pub verdict: Verdict,
    pub reason: String,
}

impl From<OwnClaim> for Claim {
    fn from(own: OwnClaim) -> Self {
        let OwnClaim {
            id,
            experiment,
            statement,
            source,
            published,
            found,
            quantity,
            verdict,
            reason,
        } = own;
        let evidence = vec![Evidence::new(quantity, Some(found))];
        Self {
            id,
            experiment,
            statement,
            source,
            published,
            evidence,
            verdict,
            rule: String::new(),
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far_are_said_only_beyond_errors() {
        let at = |mean, error| is_near(Estimate { error, ..Estimate::exact(mean) }, 0.25);
        assert_eq!([at(0.1, 0.02), at(-0.1, 0.02), at(0.25, 0.0)], [Some(true); 3]);
        assert_eq!([at(0.4, 0.02), at(-0.4, 0.02)], [Some(false); 2]);
        // Eleven errors off zero, and three beyond the resolution.
        assert_eq!(at(-0.31, 0.026), None);
        assert_eq!([at(0.2, 0.02), at(0.0, 0.1), at(3.0, 1.0)], [None; 3]);
        assert_eq!(at(0.0, f64::NAN), None);
    }
}
