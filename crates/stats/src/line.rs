//! Straight lines through measured points: weighted least squares, and interpolation between neighbours.

use crate::Estimate;
use serde::{Deserialize, Serialize};

/// The line `y = intercept + slope x` of [`weighted_line`].
///
/// ```
/// use stats::{Estimate, weighted_line};
///
/// // The middle one of three points lies three errors above y = 1 + x, and lifts the line by one.
/// let point = |x: f64, y| (x, Estimate { error: 0.1, ..Estimate::exact(y) });
/// let line = weighted_line(&[point(0.0, 1.0), point(1.0, 2.3), point(2.0, 3.0)]);
/// assert!((line.at(5.0) - 6.1).abs() < 1e-12);
/// // Deviations of -1, 2 and -1 errors: with one degree of freedom chi^2 = 6 has the probability 0.0143.
/// assert!((line.reduced_chi_square() - 6.0).abs() < 1e-9);
/// assert!((line.p_value() - 0.0143).abs() < 1e-4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its value at x = 0. The count is the number of points.
    pub intercept: Estimate,
    /// What it gains when x grows by 1.
    pub slope: Estimate,
    /// Sum of the squared deviations of the points in units of their errors.
    pub chi_square: f64,
    /// The number of points beyond the two parameters.
    pub degrees_of_freedom: usize,
}

impl Line {
    /// The value at x.
    pub fn at(&self, x: f64) -> f64 {
        self.intercept.mean + self.slope.mean * x
    }

    /// chi^2 per degree of freedom: about 1 where the points lie on a line within their errors. NaN for two points.
    pub fn reduced_chi_square(&self) -> f64 {
        self.chi_square / self.degrees_of_freedom as f64
    }

    /// `P(chi^2 >= chi_square)` if the points did lie on a line; 1 for two points.
    pub fn p_value(&self) -> f64 {
        crate::tails::chi_square(self.chi_square, self.degrees_of_freedom)
    }
}

/// The straight line through `(x, y)` by least squares with the weights `1 / error^2`.
///
/// The errors of the line are those of the points, propagated: where chi^2 per degree of freedom is far above 1 the points
/// lie on no line or their errors are too small, and so are those of the line, which are not scaled by it. Everything is NaN
/// where no line is determined: unless two points differ in x and every error is a positive number.
///
/// ```
/// use stats::{Estimate, weighted_line};
///
/// let point = |x: f64, y, error| (x, Estimate { error, ..Estimate::exact(y) });
/// let line = weighted_line(&[point(1.0, 3.0, 0.1), point(2.0, 5.0, 0.1), point(3.0, 7.0, 0.2)]);
/// assert!((line.intercept.mean - 1.0).abs() < 1e-12 && (line.slope.mean - 2.0).abs() < 1e-12);
/// assert!(line.chi_square < 1e-20 && line.degrees_of_freedom == 1);
/// ```
pub fn weighted_line(points: &[(f64, Estimate)]) -> Line {
    let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        points.iter().map(|(x, e)| f(*x, e.mean) / (e.error * e.error)).sum()
    };
    let total = sum(&|_, _| 1.0);
    let (x, y) = (sum(&|x, _| x) / total, sum(&|_, y| y) / total);
    // Around the means nothing cancels, and the errors of the two are independent.
    let determined = points.iter().any(|p| p.0 != points[0].0);
    let spread = if determined { sum(&|a, _| (a - x).powi(2)) } else { f64::NAN };
    let slope = sum(&|a, b| (a - x) * (b - y)) / spread;
    let estimate = |mean, variance: f64| Estimate {
        mean,
        error: variance.sqrt(),
        tau: 0.5,
        count: points.len() as u64,
    };
    Line {
        intercept: estimate(y - slope * x, 1.0 / total + x * x / spread),
        slope: estimate(slope, 1.0 / spread),
        chi_square: sum(&|a, b| (b - y - slope * (a - x)).powi(2)),
        degrees_of_freedom: points.len().saturating_sub(2),
    }
}

/// Where measured points `(x, y)` first fall below a level: on the straight line between the last point above it and the first
/// below, with the errors of both. None where they begin below it or never fall.
///
/// ```
/// use stats::{Estimate, falls_below};
///
/// let point = |x: f64, y| (x, Estimate { error: 0.1, ..Estimate::exact(y) });
/// let half = falls_below(&[point(0.0, 1.0), point(0.1, 0.75), point(0.2, 0.25)], 0.5);
/// assert!(half.is_some_and(|x| (x.mean - 0.15).abs() < 1e-12));
/// ```
pub fn falls_below(points: &[(f64, Estimate)], level: f64) -> Option<Estimate> {
    let pair = points.windows(2).find(|pair| pair[1].1.mean < level)?;
    let [(low, a), (high, b)] = [pair[0], pair[1]];
    let (width, fall) = (high - low, a.mean - b.mean);
    let by_first = width * (level - b.mean) / (fall * fall) * a.error;
    let by_second = width * (a.mean - level) / (fall * fall) * b.error;
    let error = by_first.hypot(by_second);
    let at = Estimate { mean: low + width * (a.mean - level) / fall, error, ..a };
    (a.mean >= level).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(x: f64, y: f64, error: f64) -> (f64, Estimate) {
        (x, Estimate { error, ..Estimate::exact(y) })
    }

    fn arbitrary_points() -> impl Strategy<Value = Vec<(f64, Estimate)>> {
        let point = (-2.0..2.0f64, 0.01..1.0f64).prop_map(|(y, error)| (y, error));
        prop::collection::vec(point, 2..9).prop_map(|ys| {
            let at = |(i, (y, error)): (usize, (f64, f64))| {
                super::tests::point((i as f64).sqrt(), y, error)
            };
            ys.into_iter().enumerate().map(at).collect()
        })
    }

    #[test]
    fn two_points_have_their_lever_arms() {
        let line = weighted_line(&[point(0.2, 1.0, 0.01), point(0.1, 1.5, 0.01)]);
        assert!((line.intercept.mean - 2.0).abs() < 1e-12 && (line.at(0.3) - 0.5).abs() < 1e-12);
        assert!((line.intercept.error - 0.01 * 5.0_f64.sqrt()).abs() < 1e-12);
        assert!((line.slope.error - 0.1 * 2.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!((line.degrees_of_freedom, line.p_value()), (0, 1.0));
    }

    #[test]
    fn a_fall_is_found_between_two_points() {
        let points = [point(0.1, 1.0, 0.0), point(0.2, 0.5, 0.1), point(0.4, 0.25, 0.2)];
        let at = |level| falls_below(&points, level);
        assert_eq!(at(0.75).unwrap().mean, 0.15000000000000002);
        // At the level itself it has not fallen below it.
        assert_eq!(at(0.5).unwrap().mean, 0.2);
        // By each error alone the crossing moves by what the interpolation does.
        let moved = |i: usize| {
            let mut points = points;
            points[i].1.mean += 1e-6;
            let change = falls_below(&points, 0.3).unwrap().mean - at(0.3).unwrap().mean;
            change * 1e6 * points[i].1.error
        };
        assert!((moved(1).hypot(moved(2)) / at(0.3).unwrap().error - 1.0).abs() < 1e-4);
        assert_eq!([at(0.1), at(2.0), falls_below(&[], 0.5)], [None; 3]);
    }

    #[test]
    fn no_line_is_nan() {
        let good = point(0.1, 1.0, 0.1);
        let none = [
            vec![],
            vec![good],
            vec![good, point(0.1, 2.0, 0.2), point(0.1, 2.0, 0.3)],
            vec![good, point(0.2, 1.0, 0.0)],
            vec![good, point(0.2, 1.0, f64::NAN)],
        ];
        for points in none {
            let Line { intercept, slope, .. } = weighted_line(&points);
            assert!(intercept.mean.is_nan() && intercept.error.is_nan(), "{points:?}");
            assert!(slope.mean.is_nan() && slope.error.is_nan(), "{points:?}");
        }
    }

    proptest! {
        #[test]
        fn an_exact_line_is_found_whatever_the_weights(points in arbitrary_points(), a in -3.0..3.0f64, b in -3.0..3.0f64) {
            let on_line: Vec<_> = points.iter().map(|(x, e)| point(*x, a + b * x, e.error)).collect();
            let line = weighted_line(&on_line);
            prop_assert!((line.intercept.mean - a).abs() < 1e-10 && (line.slope.mean - b).abs() < 1e-10);
            prop_assert!(line.chi_square < 1e-16);
        }

        #[test]
        fn errors_are_those_of_linear_propagation(points in arbitrary_points()) {
            // By hand: what each point, moved by its error, does to the line.
            let whole = weighted_line(&points);
            let moved = |f: fn(&Line) -> f64| {
                let change = |i: usize| {
                    let mut points = points.clone();
                    points[i].1.mean += points[i].1.error;
                    f(&weighted_line(&points)) - f(&whole)
                };
                (0..points.len()).map(|i| change(i).powi(2)).sum::<f64>().sqrt()
            };
            prop_assert!((moved(|l| l.slope.mean) / whole.slope.error - 1.0).abs() < 1e-8);
            prop_assert!((moved(|l| l.intercept.mean) / whole.intercept.error - 1.0).abs() < 1e-8);
        }

        #[test]
        fn no_other_line_is_closer(points in arbitrary_points(), a in -0.1..0.1f64, b in -0.1..0.1f64) {
            let line = weighted_line(&points);
            let chi_square = |a: f64, b: f64| -> f64 {
                points.iter().map(|(x, e)| ((e.mean - line.at(*x) - a - b * x) / e.error).powi(2)).sum()
            };
            prop_assert!((chi_square(0.0, 0.0) - line.chi_square).abs() <= 1e-9 * line.chi_square.max(1e-6));
            prop_assert!(chi_square(a, b) >= line.chi_square * (1.0 - 1e-9) - 1e-12);
        }
    }
}
