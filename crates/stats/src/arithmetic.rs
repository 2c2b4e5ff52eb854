//! Differences, products and ratios of independent estimates, with the degrees of freedom of their errors.

use crate::Estimate;
use std::ops::{Div, Mul, Sub};

impl Estimate {
    /// The same with the relative error in place of the error, and the way back.
    fn relative(self) -> Self {
        Self { error: (self.error / self.mean).abs(), ..self }
    }

    fn absolute(self) -> Self {
        Self { error: (self.error * self.mean).abs(), ..self }
    }
}

/// The difference of two independent estimates, its errors added in quadrature: a bound where they are positively
/// correlated. Its count is one more than the degrees of freedom of Welch and Satterthwaite (`welch-1947`), so that a test by
/// Student's t knows which of the two errors prevails; a count of 0 stands for an error that is known. The autocorrelation time
/// is that of the one with the larger error.
impl Sub for Estimate {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let error = self.error.hypot(other.error);
        let tau = if other.error > self.error { other.tau } else { self.tau };
        Self {
            mean: self.mean - other.mean,
            error,
            tau,
            count: welch([self, other].map(|e| (e.error, e.count))),
        }
    }
}

/// One more than the degrees of freedom of a sum whose terms have these errors from so many data,
/// `(sum e^2)^2 / sum e^4 / (n - 1)` rounded down: 0 where all errors are known or there are none, 1 where one is of a single
/// datum.
pub(crate) fn welch(terms: impl IntoIterator<Item = (f64, u64)>) -> u64 {
    let (mut total, mut weight) = (0.0, 0.0);
    for (error, count) in terms {
        let square = error * error;
        total += square;
        if count > 0 && square > 0.0 {
            weight += square * square / (count - 1) as f64;
        }
    }
    match weight {
        0.0 => 0,
        weight if weight.is_infinite() => 1,
        // What is whole may come out a rounding below.
        weight => 1 + (total * total / weight * (1.0 + 1e-12)) as u64,
    }
}

/// The ratio of two independent estimates, its relative errors added in quadrature. Autocorrelation time and count are those
/// of a difference.
impl Div for Estimate {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let mean = self.mean / other.mean;
        Self { mean, ..self.relative() - other.relative() }.absolute()
    }
}

/// The product of two independent estimates, its relative errors added in quadrature. Autocorrelation time and count are
/// those of a difference.
impl Mul for Estimate {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let mean = self.mean * other.mean;
        Self { mean, ..self.relative() - other.relative() }.absolute()
    }
}

/// An estimate times an exact number, such as a change of units.
impl Mul<f64> for Estimate {
    type Output = Self;

    fn mul(self, exact: f64) -> Self {
        Self { mean: self.mean * exact, error: self.error * exact.abs(), ..self }
    }
}

/// An estimate over an exact number, such as a sum over the number of its terms.
impl Div<f64> for Estimate {
    type Output = Self;

    fn div(self, exact: f64) -> Self {
        Self { mean: self.mean / exact, error: self.error / exact.abs(), ..self }
    }
}

/// An estimate less an exact number; the error stays as it is.
impl Sub<f64> for Estimate {
    type Output = Self;

    fn sub(self, exact: f64) -> Self {
        Self { mean: self.mean - exact, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_the_degrees_of_freedom_of_welch() {
        let of = |error, count| Estimate { error, count, ..Estimate::exact(1.0) };
        let count = |a: Estimate, b: Estimate| (a - b).count;
        // Equal errors of n data each: 2 (n - 1) degrees of freedom. An error that is known counts as its share.
        assert_eq!(count(of(0.1, 3), of(0.1, 3)), 5);
        assert_eq!([count(of(0.1, 3), of(0.1, 0)), count(of(0.1, 0), of(0.1, 3))], [9; 2]);
        // One error prevails.
        assert_eq!(count(of(0.1, 2), of(1e-3, 2)), 2);
        assert!(count(of(1e-3, 2), of(0.1, 1000)) >= 1000);
        // An exact number has no part; a single datum leaves nothing known.
        assert_eq!([count(of(0.1, 3), of(0.0, 0)), count(of(0.1, 3), of(0.1, 1))], [3, 1]);
        assert_eq!(count(of(0.1, 0), of(0.2, 0)), 0);
    }

    #[test]
    fn ratios_logarithms_and_units() {
        let of = |mean, error, count| Estimate { error, count, ..Estimate::exact(mean) };
        let ratio = of(6.0, 0.3, 9) / of(2.0, 0.0, 5);
        assert_eq!((ratio.mean, ratio.count), (3.0, 9));
        assert!((ratio.error - 0.15).abs() < 1e-15);
        let both = of(-6.0, 0.3, 9) / of(2.0, 0.1, 0);
        assert!((both.error.abs() - 3.0 * 0.05 * 2f64.sqrt()).abs() < 1e-15 && both.count == 33);
        let product = of(6.0, 0.3, 9) * of(2.0, 0.0, 5);
        assert!(product.mean == 12.0 && (product.error - 0.6).abs() < 1e-15);
        assert_eq!(of(1.0, 0.1, 9).ln(), of(0.0, 0.1, 9));
        assert_eq!(
            (of(2.0, 0.5, 9) * -2.0, of(2.0, 0.5, 9) / 2.0),
            (of(-4.0, 1.0, 9), of(1.0, 0.25, 9))
        );
    }
}
