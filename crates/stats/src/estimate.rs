//! A mean with its standard error, from correlated or independent data.

use serde::{Deserialize, Serialize};

/// Automatic window of Madras and Sokal (1988): the sum of the autocorrelations stops at the first `W >= 6 tau(W)`.
const WINDOW: f64 = 6.0;

/// A mean with its standard error.
///
/// `tau` is the integrated autocorrelation time `tau_int = 1/2 + sum_{t>=1} rho(t)` in units of the spacing of the
/// data: 1/2 means independent. The error is `sqrt(2 tau Var / n)` (`madras-sokal-1988`).
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

    /// Mean and standard error of a stationary time series, with the autocorrelation time from an automatic window.
    pub fn from_series(data: &[f64]) -> Self {
        let n = data.len();
        let mean = mean(data);
        let centred: Vec<f64> = data.iter().map(|x| x - mean).collect();
        let covariance = |lag: usize| {
            let pairs = centred.iter().zip(&centred[lag..]);
            pairs.map(|(a, b)| a * b).sum::<f64>() / n as f64
        };
        let variance = covariance(0);
        if n < 2 {
            return Self { mean, error: f64::NAN, tau: 0.5, count: n as u64 };
        }
        if variance == 0.0 {
            // All data equal, as at T = 0: nothing fluctuates, so nothing is correlated.
            return Self { mean, error: 0.0, tau: 0.5, count: n as u64 };
        }
        let mut tau = 0.5;
        for lag in 1..n / 2 {
            tau += covariance(lag) / variance;
            if lag as f64 >= WINDOW * tau {
                break;
            }
        }
        // The window leaves about half the independent value at least; below that the sum is noise.
        let tau = tau.max(0.5);
        // The n - 1 of independent data becomes n - 2 tau.
        let unbiased = variance / (1.0 - 2.0 * tau / n as f64).max(1.0 / n as f64);
        let error = (2.0 * tau * unbiased / n as f64).sqrt();
        Self { mean, error, tau, count: n as u64 }
    }

    /// The number of independent data that would give the same error: `n / (2 tau)`.
    pub fn effective_count(&self) -> f64 {
        self.count as f64 / (2.0 * self.tau)
    }

    /// How many standard errors the mean lies from `value`; 0 where they are equal and the error is 0.
    pub fn sigmas_from(&self, value: f64) -> f64 {
        let distance = (self.mean - value).abs();
        if distance == 0.0 { 0.0 } else { distance / self.error }
    }
}

fn mean(data: &[f64]) -> f64 {
    data.iter().sum::<f64>() / data.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream;
    use proptest::prelude::*;
    use rand::RngExt;

    /// An autoregressive series has `tau_int = (1 + phi) / (2 (1 - phi))` exactly.
    fn autoregressive(phi: f64, n: usize, seed: u64) -> Vec<f64> {
        let mut rng = stream(seed, "autoregressive", 0);
        let mut x = 0.0;
        (0..n)
            .map(|_| {
                x = phi * x + rng.random::<f64>() - 0.5;
                x
            })
            .collect()
    }

    #[test]
    fn the_autocorrelation_time_of_a_known_process() {
        for (phi, seed) in [(0.0, 1), (0.5, 2), (0.9, 3)] {
            let n = 200_000;
            let estimate = Estimate::from_series(&autoregressive(phi, n, seed));
            let exact = (1.0 + phi) / (2.0 * (1.0 - phi));
            // Madras-Sokal: Var(tau) = 2 (2W + 1) tau^2 / n with W = 6 tau; 5 standard errors, and the bias of
            // the window, tau e^{-6}.
            let spread = exact * (2.0 * (12.0 * exact + 1.0) / n as f64).sqrt();
            assert!(
                (estimate.tau - exact).abs() < 5.0 * spread + exact * 0.005,
                "{phi}: {estimate:?}"
            );
        }
    }

    #[test]
    fn error_bars_cover_at_their_stated_rate() {
        // 400 correlated series: 68.3 % within one error. Binomial, two-sided level 1e-6: z = 4.89.
        let trials = 400;
        let inside = (0..trials)
            .filter(|&seed| {
                let e = Estimate::from_series(&autoregressive(0.8, 4000, 100 + seed));
                e.mean.abs() < e.error
            })
            .count() as f64;
        let spread = (trials as f64 * 0.6827 * 0.3173).sqrt();
        assert!((inside - 0.6827 * trials as f64).abs() < 4.89 * spread, "{inside} of {trials}");
    }

    #[test]
    fn constant_and_single_data() {
        let constant = Estimate::from_series(&[2.0; 10]);
        assert_eq!((constant.mean, constant.error, constant.tau), (2.0, 0.0, 0.5));
        assert!(Estimate::from_series(&[1.0]).error.is_nan());
        assert!(Estimate::from_independent(&[1.0]).error.is_nan());
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
        fn independent_error_is_the_textbook_one(data in prop::collection::vec(-1.0..1.0f64, 2..40)) {
            let estimate = Estimate::from_independent(&data);
            let n = data.len() as f64;
            let squares = data.iter().map(|x| x * x).sum::<f64>();
            let textbook = ((squares / n - estimate.mean.powi(2)).max(0.0) / (n - 1.0)).sqrt();
            prop_assert!((estimate.error - textbook).abs() < 1e-7);
        }
    }
}
