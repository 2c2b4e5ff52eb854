//! A mean with its standard error, from correlated or independent data.

use crate::autocorrelation::{Autocorrelation, autocorrelation, mean};
use serde::{Deserialize, Serialize};

/// A mean with its standard error.
///
/// `tau` is the integrated autocorrelation time `tau_int = 1/2 + sum_{t>=1} rho(t)` in units of the spacing of the
/// data: 1/2 means independent. The error is `sqrt(2 tau Var / n)` (`madras-sokal-1988`).
///
/// ```
/// use stats::Estimate;
///
/// // Four numbers of variance 1/150: the error of their mean is sqrt(1 / 600) = 0.041.
/// let a = Estimate::from_independent(&[0.9, 1.0, 1.1, 1.0]);
/// assert_eq!(a.to_string(), "1.00(4)");
/// assert!((a.sigmas_from(0.9) - 6f64.sqrt()).abs() < 1e-9);
/// // Errors of independent estimates add in quadrature.
/// let difference = a - Estimate::exact(0.9);
/// assert_eq!((difference.error, difference.count), (a.error, 4));
/// assert_eq!(Estimate::exact(0.4406868).to_string(), "0.440687");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Its standard error; 0 for an exact number, NaN where one datum gives none.
    pub error: f64,
    /// Integrated autocorrelation time, 1/2 for independent data.
    pub tau: f64,
    /// The number of data behind the mean; 0 for an exact number.
    pub count: u64,
}

impl Estimate {
    /// A number known exactly: no error.
    pub fn exact(value: f64) -> Self {
        Self { mean: value, error: 0.0, tau: 0.5, count: 0 }
    }

    /// Mean and standard error of independent data, such as one number per seed.
    pub fn from_independent(data: &[f64]) -> Self {
        let n = data.len() as f64;
        let mean = mean(data);
        let variance = data.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Self { mean, error: (variance / n).sqrt(), tau: 0.5, count: data.len() as u64 }
    }

    /// The same of several data; none of fewer than two, which have no error.
    pub fn of_several(data: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mean: Self = data.into_iter().collect();
        (mean.count > 1).then_some(mean)
    }

    /// Mean and standard error of a stationary time series, with the autocorrelation time from an automatic window.
    pub fn from_series(data: &[f64]) -> Self {
        Self::from_chains(data, 1)
    }

    /// Mean and standard error of `chains` stationary series, one after the other in `data` as [`autocorrelation`] takes
    /// them: independent of one another, of one mean and one autocovariance. Chains of one datum each are independent data.
    ///
    /// # Panics
    /// When `chains` is 0 or more than the number of data.
    pub fn from_chains(data: &[f64], chains: usize) -> Self {
        let Autocorrelation { tau, variance, mean, count, .. } = autocorrelation(data, chains);
        Self { mean, error: (2.0 * tau * variance / count as f64).sqrt(), tau, count }
    }

    /// One number from several seeds, whose estimates are independent: the mean, with the larger of the spread over seeds and
    /// of the errors within them. Two or three seeds may agree by chance, so the spread never lowers the error below what
    /// the seeds state themselves.
    ///
    /// `count` is the number of seeds, which a test by Student's t has to know, also where the errors within them are the larger:
    /// how far seeds scatter is known from the seeds alone, and a few of them may agree by chance.
    ///
    /// ```
    /// use stats::Estimate;
    ///
    /// let seeds = [0.9, 1.0, 1.1].map(|m| Estimate { error: 0.01, count: 500, ..Estimate::exact(m) });
    /// let mean = Estimate::over_seeds(&seeds);
    /// assert_eq!((mean.to_string(), mean.count), ("1.00(6)".to_owned(), 3));
    /// ```
    pub fn over_seeds(estimates: &[Self]) -> Self {
        let n = estimates.len() as f64;
        let means: Vec<f64> = estimates.iter().map(|e| e.mean).collect();
        let spread = Self::from_independent(&means);
        let within = estimates.iter().map(|e| e.error * e.error).sum::<f64>().sqrt() / n;
        let error = spread.error.max(within);
        // Exact numbers that agree are one exact number.
        Self { error, count: if error == 0.0 { 0 } else { spread.count }, ..spread }
    }

    /// The mean of independent estimates of quantities that may differ, such as one in each of several fields: only the errors
    /// count, not the spread, with the degrees of freedom of Welch and Satterthwaite.
    pub fn mean_of(estimates: &[Self]) -> Self {
        let n = estimates.len() as f64;
        let mean = estimates.iter().map(|e| e.mean).sum::<f64>() / n;
        let error = estimates.iter().map(|e| e.error * e.error).sum::<f64>().sqrt() / n;
        let count = crate::arithmetic::welch(estimates.iter().map(|e| (e.error, e.count)));
        Self { mean, error, tau: 0.5, count }
    }

    /// The root of the mean square of differences, with its error to first order; `count` is the smallest of theirs.
    pub fn root_mean_square(differences: &[Self]) -> Self {
        let n = differences.len() as f64;
        let mean = (differences.iter().map(|d| d.mean.powi(2)).sum::<f64>() / n).sqrt();
        let slopes = differences.iter().map(|d| (d.mean / (n * mean) * d.error).powi(2));
        let count = differences.iter().map(|d| d.count).min().unwrap_or(0);
        Self { mean, error: slopes.sum::<f64>().sqrt(), tau: 0.5, count }
    }

    /// A length for the blocks of a [`jackknife`](crate::jackknife), `2 tau n_eff^{1/3}` with [`Self::effective_count`].
    ///
    /// Long against tau, because the error from blocks of b data is too small by a relative tau / 2b, and many, because
    /// it is itself uncertain by a relative `sqrt(b / 2n)`: the power balances the two (`kunsch-1989`).
    pub fn block_length(&self) -> usize {
        (2.0 * self.tau * self.effective_count().cbrt()).ceil() as usize
    }

    /// The number of independent data that would give the same error: `n / (2 tau)`.
    pub fn effective_count(&self) -> f64 {
        self.count as f64 / (2.0 * self.tau)
    }

    /// The natural logarithm, whose error is the relative error.
    pub fn ln(self) -> Self {
        Self { mean: self.mean.ln(), error: self.error / self.mean, ..self }
    }

    /// How many standard errors the mean lies from `value`; 0 where they are equal and the error is 0.
    pub fn sigmas_from(&self, value: f64) -> f64 {
        let distance = (self.mean - value).abs();
        if distance == 0.0 { 0.0 } else { distance / self.error }
    }
}

/// The mean of independent data, as [`Estimate::from_independent`] takes it.
impl FromIterator<f64> for Estimate {
    fn from_iter<I: IntoIterator<Item = f64>>(data: I) -> Self {
        Self::from_independent(&data.into_iter().collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autocorrelation::tests::{autoregressive, chains};
    use proptest::prelude::*;

    #[test]
    fn error_bars_cover_at_their_stated_rate() {
        // 400 sets of correlated series: 68.3 % within one error. Binomial, two-sided level 1e-6: z = 4.89. Chains of 8
        // are shorter than the window.
        for (number, length) in [(1, 4000), (4, 1000), (100, 8)] {
            let trials = 400;
            let inside = (0..trials)
                .filter(|&seed| {
                    let data = chains(0.8, number, length, 100 + seed);
                    let e = Estimate::from_chains(&data, number as usize);
                    e.mean.abs() < e.error
                })
                .count() as f64;
            let spread = (trials as f64 * 0.6827 * 0.3173).sqrt();
            let inside_expected = 0.6827 * trials as f64;
            assert!((inside - inside_expected).abs() < 4.89 * spread, "{inside} of {trials}");
        }
    }

    /// Direct sums as the definition has them, for one series.
    fn plain(data: &[f64]) -> Estimate {
        let n = data.len() as f64;
        let mean = data.iter().sum::<f64>() / n;
        let covariance = |lag: usize| {
            let pairs = data.iter().zip(&data[lag..]);
            pairs.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / n
        };
        let mut tau = 0.5;
        for lag in 1..data.len() / 2 {
            tau += covariance(lag) / covariance(0);
            if lag as f64 >= 6.0 * tau {
                break;
            }
        }
        tau = tau.max(0.5);
        let variance = covariance(0) / (1.0 - 2.0 * tau / n).max(1.0 / n);
        Estimate { mean, error: (2.0 * tau * variance / n).sqrt(), tau, count: data.len() as u64 }
    }

    #[test]
    fn constant_and_single_data() {
        let constant = Estimate::from_series(&[2.0; 10]);
        assert_eq!((constant.mean, constant.error, constant.tau), (2.0, 0.0, 0.5));
        assert!(Estimate::from_series(&[1.0]).error.is_nan());
        assert!(Estimate::from_independent(&[1.0]).error.is_nan());
        assert_eq!(Estimate::of_several([1.0]), None);
        let [a, b] = [(1.0, 0.3), (5.0, 0.4)]
            .map(|(mean, error)| Estimate { error, ..Estimate::exact(mean) });
        let both = Estimate::mean_of(&[Estimate { count: 3, ..a }, Estimate { count: 4, ..b }]);
        assert_eq!((both.mean, both.error), (3.0, 0.25));
        assert_eq!(Estimate::of_several([1.0, 3.0]), Some(Estimate::from_iter([1.0, 3.0])));
        // Equal data have their value as mean, whatever it is.
        let tenths = Estimate::from_chains(&[0.1; 30], 3);
        assert_eq!((tenths.mean, tenths.error, tenths.sigmas_from(0.1)), (0.1, 0.0, 0.0));
    }

    proptest! {
        #[test]
        fn shift_and_scale(data in prop::collection::vec(-1.0..1.0f64, 8..64), shift in -9.0..9.0f64) {
            let plain = Estimate::from_series(&data);
            let moved: Vec<f64> = data.iter().map(|x| 2.0 * x + shift).collect();
            let moved = Estimate::from_series(&moved);
            prop_assert!((moved.mean - 2.0 * plain.mean - shift).abs() < 1e-12);
            prop_assert!((moved.error - 2.0 * plain.error).abs() <= 1e-9 * plain.error);
        }

        #[test]
        fn one_chain_is_the_plain_sum(n in 2usize..400, phi in 0.0..0.95f64, seed: u64) {
            let data = autoregressive(phi, n, seed);
            prop_assert_eq!(Estimate::from_chains(&data, 1), plain(&data));
            prop_assert_eq!(Estimate::from_series(&data), plain(&data));
        }

        #[test]
        fn chains_of_one_are_independent_data(data in prop::collection::vec(-1.0..1.0f64, 2..40)) {
            let independent = Estimate::from_independent(&data);
            let chains = Estimate::from_chains(&data, data.len());
            prop_assert_eq!((chains.mean, chains.tau), (independent.mean, 0.5));
            prop_assert!((chains.error - independent.error).abs() <= 1e-12 * independent.error);
        }

        #[test]
        fn independent_error_is_the_textbook_one(data in prop::collection::vec(-1.0..1.0f64, 2..40)) {
            let estimate = Estimate::from_independent(&data);
            let n = data.len() as f64;
            let squares = data.iter().map(|x| x * x).sum::<f64>();
            let textbook = ((squares / n - estimate.mean.powi(2)).max(0.0) / (n - 1.0)).sqrt();
            prop_assert!((estimate.error - textbook).abs() < 1e-7);
        }
    }

    #[test]
    fn seeds_that_differ_and_seeds_that_agree() {
        let of = |mean, error| Estimate { mean, error, tau: 4.0, count: 100 };
        // The spread of 1, 2, 3 is 1 / sqrt(3), above 0.1 / sqrt(3).
        let apart = Estimate::over_seeds(&[of(1.0, 0.1), of(2.0, 0.1), of(3.0, 0.1)]);
        assert_eq!(apart, Estimate::from_independent(&[1.0, 2.0, 3.0]));
        let agree = Estimate::over_seeds(&[of(1.0, 0.3), of(1.0, 0.4)]);
        assert_eq!((agree.mean, agree.error, agree.tau, agree.count), (1.0, 0.25, 0.5, 2));
        // One seed does not tell how far seeds scatter.
        let one = Estimate::over_seeds(&[of(1.0, 0.3)]);
        assert_eq!((one.mean, one.error, one.count), (1.0, 0.3, 1));
        // Exact numbers that agree are one.
        assert_eq!(Estimate::over_seeds(&[Estimate::exact(1.0); 2]), Estimate::exact(1.0));
    }

    #[test]
    fn roots_of_mean_squares() {
        let of = |mean, error, count| Estimate { error, count, ..Estimate::exact(mean) };
        let found = Estimate::root_mean_square(&[of(3.0, 0.1, 5), of(-4.0, 0.2, 3)]);
        assert!((found.mean - 12.5_f64.sqrt()).abs() < 1e-12);
        // d/dx sqrt((x^2 + y^2) / 2) = x / (2 f).
        let error = (0.3_f64.powi(2) + 0.8_f64.powi(2)).sqrt() / (2.0 * found.mean);
        assert!((found.error - error).abs() < 1e-12);
        assert_eq!(found.count, 3);
    }

    proptest! {
        #[test]
        fn errors_of_a_difference_add_in_quadrature(
            a in -1e3..1e3f64, b in -1e3..1e3f64, error in 0.0..10.0f64, other in 0.0..10.0f64,
        ) {
            let (x, y) = (Estimate { error, ..Estimate::exact(a) }, Estimate { error: other, ..Estimate::exact(b) });
            let difference = x - y;
            prop_assert_eq!(difference.mean, a - b);
            prop_assert!((difference.error.powi(2) - error.powi(2) - other.powi(2)).abs() < 1e-12);
            prop_assert_eq!(x - b, x - Estimate::exact(b));
        }
    }
}
