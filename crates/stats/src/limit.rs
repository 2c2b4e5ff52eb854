//! The limit of a quantity for large N, which it approaches by an unknown power of 1/N.

use crate::{Estimate, Line, weighted_line};

/// The limit of [`power_limit`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerLimit {
    /// The limit. Its error holds the limits, with their errors, of all powers that fit: whose chi^2 is at most 1 above the
    /// least. Its count is the smallest of those of the points.
    pub limit: Estimate,
    /// x of `N^-x` that fits best, to a hundredth.
    pub power: f64,
    /// The straight line in `N^-x` for this x.
    pub line: Line,
}

/// The line of [`weighted_line`] through `(N, y)` in `N^-power`.
pub fn line_in_power(points: &[(f64, Estimate)], power: f64) -> Line {
    let points: Vec<(f64, Estimate)> = points.iter().map(|&(n, e)| (n.powf(-power), e)).collect();
    weighted_line(&points)
}

/// Where `(N, y)` tend to for large N if they follow `y = limit + amplitude N^-x`, x from 0.2 to 2 being free. None for fewer
/// than four points, which do not test a fit of three parameters, and where no line is determined.
///
/// ```
/// use stats::{Estimate, power_limit};
///
/// let at = |n: f64| (n, Estimate { error: 1e-4, ..Estimate::exact(0.14 + 0.5 * n.powf(-0.6)) });
/// let found = power_limit(&[250.0, 500.0, 1000.0, 2000.0].map(at)).unwrap();
/// assert!((found.power - 0.6).abs() < 1e-9 && (found.limit.mean - 0.14).abs() < 1e-9);
/// ```
pub fn power_limit(points: &[(f64, Estimate)]) -> Option<PowerLimit> {
    const FEWEST: usize = 4;
    if points.len() < FEWEST {
        return None;
    }
    let fit = |percent: i32| {
        let power = 0.01 * f64::from(percent);
        (power, line_in_power(points, power))
    };
    let fits: Vec<(f64, Line)> = (20..=200).map(fit).collect();
    let &(power, line) = fits.iter().min_by(|a, b| a.1.chi_square.total_cmp(&b.1.chi_square))?;
    let best = line.intercept;
    let reach = fits.iter().filter_map(|(_, Line { intercept: e, chi_square, .. })| {
        let above = chi_square - line.chi_square;
        (above <= 1.0).then(|| (e.mean - best.mean).abs() + e.error * (1.0 - above).sqrt())
    });
    let error = reach.fold(0.0, f64::max);
    let count = points.iter().map(|(_, e)| e.count).min()?;
    best.mean.is_finite().then_some(PowerLimit {
        limit: Estimate { error, count, ..best },
        power,
        line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(n: f64, count: u64) -> (f64, Estimate) {
        let mean = 0.14 + 0.5 * n.powf(-0.6);
        (n, Estimate { mean, error: 1e-4, tau: 0.5, count })
    }

    #[test]
    fn a_free_power_has_more_room_than_the_best_one() {
        let points = [at(250.0, 40), at(500.0, 30), at(1000.0, 8), at(2000.0, 20)];
        let found = power_limit(&points).unwrap();
        assert!((found.limit.mean - 0.14).abs() < 1e-9 && (found.power - 0.6).abs() < 1e-9);
        assert!(found.limit.error > found.line.intercept.error);
        assert_eq!(found.limit.count, 8);
        // Every power whose chi^2 is at most 1 above the least has its limit within the error.
        for percent in 40..80 {
            let line = line_in_power(&points, 0.01 * f64::from(percent));
            let apart = (line.intercept.mean - found.limit.mean).abs();
            assert!(line.chi_square > 1.0 || apart <= found.limit.error, "{percent}");
        }
    }

    #[test]
    fn what_does_not_determine_three_parameters_is_none() {
        let points = [250.0, 500.0, 1000.0, 2000.0].map(|n| at(n, 9));
        assert!(power_limit(&points[..3]).is_none());
        assert!(power_limit(&[points[0]; 4]).is_none());
        let mut exact = points;
        exact[0].1.error = 0.0;
        assert!(power_limit(&exact).is_none());
    }
}
