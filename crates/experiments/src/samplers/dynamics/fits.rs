//! Weighted least squares of straight lines, with the smallest sizes left out until they fit.

use stats::Estimate;

/// One measured time: on which size, and what the law is a straight line in.
#[derive(Clone, Copy)]
pub(super) struct Datum {
    pub(super) side: usize,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) error: f64,
}

/// A straight line through the sizes from `from` on, least squares with the errors of the data as weights.
#[derive(Clone, Copy)]
pub(super) struct Fit {
    /// The smallest and the largest side that went in.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) intercept: Estimate,
    pub(super) slope: Estimate,
    /// chi^2, and the number of data beyond the two parameters.
    pub(super) chi2: f64,
    pub(super) freedom: usize,
}

impl Fit {
    /// chi^2 per degree of freedom.
    pub(super) fn reduced(&self) -> f64 {
        self.chi2 / self.freedom as f64
    }

    pub(super) fn at(&self, x: f64) -> f64 {
        self.intercept.mean + self.slope.mean * x
    }
}

/// The fit to all data, then with one after the other of the smallest sizes left out, down to three sizes.
pub(super) fn ladder(data: &[Datum]) -> Vec<Fit> {
    (0..data.len().saturating_sub(2)).map(|first| fit(&data[first..])).collect()
}

/// The rule by which a fit is chosen: the first of the ladder whose chi^2 per degree of freedom is acceptable.
pub(super) fn chosen(ladder: &[Fit], acceptable: f64) -> Option<Fit> {
    ladder.iter().find(|fit| fit.reduced() <= acceptable).copied()
}

/// Least squares with weights 1 / error^2.
fn fit(data: &[Datum]) -> Fit {
    let sum = |f: &dyn Fn(&Datum) -> f64| data.iter().map(|d| f(d) / (d.error * d.error)).sum();
    let total: f64 = sum(&|_| 1.0);
    let (x, y): (f64, f64) = (sum(&|d| d.x) / total, sum(&|d| d.y) / total);
    // Around the means nothing cancels, and the errors of the two are independent.
    let spread: f64 = sum(&|d| (d.x - x).powi(2));
    let slope = sum(&|d| (d.x - x) * (d.y - y)) / spread;
    let chi2 = sum(&|d| (d.y - y - slope * (d.x - x)).powi(2));
    let estimate = |mean, variance: f64| Estimate {
        mean,
        error: variance.sqrt(),
        tau: 0.5,
        count: data.len() as u64,
    };
    Fit {
        from: data.first().map_or(0, |d| d.side),
        to: data.last().map_or(0, |d| d.side),
        intercept: estimate(y - slope * x, 1.0 / total + x * x / spread),
        slope: estimate(slope, 1.0 / spread),
        chi2,
        freedom: data.len() - 2,
    }
}

/// Exponents between each two successive sizes, at the geometric mean of the two.
pub(super) fn local(times: &[(usize, Estimate)]) -> Vec<(f64, Estimate)> {
    let exponent = |pair: &[(usize, Estimate)]| {
        let [(a, tau_a), (b, tau_b)] = [pair[0], pair[1]];
        let (a, b) = (a as f64, b as f64);
        let ratio = (b / a).ln();
        let error = (tau_a.error / tau_a.mean).hypot(tau_b.error / tau_b.mean) / ratio;
        let mean = (tau_b.mean / tau_a.mean).ln() / ratio;
        ((a * b).sqrt(), Estimate { mean, error, tau: 0.5, count: 2 })
    };
    times.windows(2).map(exponent).collect()
}

#[cfg(test)]
mod tests {
    use super::super::laws::{logarithm, power};
    use super::*;

    fn times(law: impl Fn(f64) -> f64, errors: &[f64]) -> Vec<(usize, Estimate)> {
        let of = |(i, &error): (usize, &f64)| {
            let side = 8 << i;
            let mean = law(side as f64);
            (side, Estimate { mean, error: error * mean, tau: 0.5, count: 9 })
        };
        errors.iter().enumerate().map(of).collect()
    }

    #[test]
    fn exact_laws_are_found_whatever_the_weights() {
        let errors = [0.01, 0.03, 0.02, 0.05];
        for fit in ladder(&power(&times(|l| 0.05 * l.powf(2.17), &errors))) {
            assert!((fit.slope.mean - 2.17).abs() < 1e-12 && fit.chi2 < 1e-20);
            assert!((fit.intercept.mean - 0.05f64.ln()).abs() < 1e-11);
        }
        for fit in ladder(&logarithm(&times(|l| 2.0 + 0.8 * l.ln(), &errors))) {
            assert!((fit.slope.mean - 0.8).abs() < 1e-12 && fit.chi2 < 1e-20);
        }
        for (_, z) in local(&times(|l| 0.05 * l.powf(2.17), &errors)) {
            assert!((z.mean - 2.17).abs() < 1e-12);
        }
    }

    #[test]
    fn errors_are_those_of_linear_propagation() {
        // By hand: what each datum, moved by its error, does to the parameters.
        let data = power(&times(|l| l.sqrt(), &[0.01, 0.03, 0.02]));
        let whole = fit(&data);
        let moved = |f: fn(&Fit) -> f64| {
            let change = |i: usize| {
                let mut data = data.clone();
                data[i].y += data[i].error;
                f(&fit(&data)) - f(&whole)
            };
            (0..3).map(|i| change(i).powi(2)).sum::<f64>().sqrt()
        };
        assert!((moved(|f| f.slope.mean) / whole.slope.error - 1.0).abs() < 1e-9);
        assert!((moved(|f| f.intercept.mean) / whole.intercept.error - 1.0).abs() < 1e-9);
    }

    #[test]
    fn small_sizes_that_do_not_fit_are_left_out() {
        let mut times = times(|l| l, &[0.01; 5]);
        times[0].1.mean *= 1.5;
        let ladder = ladder(&power(&times));
        assert_eq!(
            ladder.iter().map(|fit| (fit.from, fit.freedom)).collect::<Vec<_>>(),
            [(8, 3), (16, 2), (32, 1)]
        );
        assert_eq!(chosen(&ladder, 2.0).map(|fit| (fit.from, fit.to)), Some((16, 128)));
        times[3].1.mean *= 1.5;
        assert!(chosen(&super::ladder(&power(&times)), 2.0).is_none());
    }
}
