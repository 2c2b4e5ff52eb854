//! Straight lines through autocorrelation times: powers and logarithms of L, and the specific heat. The smallest sides are
//! left out one by one until the line fits.

use anyhow::Result;
use exact::square::critical_coupling;
use exact::torus::kaufman;
use stats::{Estimate, Line, weighted_line};

/// Times by side.
pub(super) type Times = [(usize, Estimate)];

/// A time on one torus, and what it is a straight line in.
#[derive(Clone, Copy)]
pub(super) struct Datum {
    side: usize,
    pub(super) x: f64,
    y: Estimate,
}

/// `tau = A L^z` as a line in ln L: the slope is z.
pub(super) fn power(times: &Times) -> Vec<Datum> {
    let datum =
        |&(side, tau): &(usize, Estimate)| Datum { side, x: (side as f64).ln(), y: tau.ln() };
    times.iter().map(datum).collect()
}

/// `tau = A + B ln L`: the slope is B.
pub(super) fn logarithm(times: &Times) -> Vec<Datum> {
    times.iter().map(|&(side, tau)| Datum { side, x: (side as f64).ln(), y: tau }).collect()
}

/// `tau = A + B C(L)` with the exact specific heat C, which grows like ln L.
pub(super) fn heat(times: &Times) -> Result<Vec<Datum>> {
    let datum = |&(side, y)| Ok(Datum { side, x: specific_heat(side)?, y });
    times.iter().map(datum).collect()
}

/// Times over the exact specific heat.
pub(super) fn over_heat(times: &Times) -> Result<Vec<(usize, Estimate)>> {
    times.iter().map(|&(side, tau)| Ok((side, tau / specific_heat(side)?))).collect()
}

/// Specific heat per spin of the L x L torus at T_c, k_B (`kaufman-1949`).
pub(super) fn specific_heat(side: usize) -> Result<f64> {
    Ok(kaufman(side, side, critical_coupling())?.specific_heat)
}

/// A line through all sides from one to another.
#[derive(Clone, Copy)]
pub(super) struct Fit {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) line: Line,
}

impl Fit {
    /// The slope, which is an exponent or a factor.
    pub(super) fn slope(&self) -> Estimate {
        self.line.slope
    }

    /// What the fit is worth, in words.
    pub(super) fn quality(&self) -> String {
        let Line { chi_square, degrees_of_freedom, .. } = self.line;
        format!(
            "L = {} to {}, $\\chi^2$ = {chi_square:.1} for {degrees_of_freedom} degrees of freedom",
            self.from, self.to
        )
    }
}

/// All fits that were tried, and the one that was chosen.
pub(super) struct Fits {
    /// To all data, then with one after the other of the smallest sides left out, down to three sides.
    pub(super) all: Vec<Fit>,
    /// The first of them whose chi^2 per degree of freedom is acceptable.
    pub(super) chosen: Option<Fit>,
}

impl Fits {
    pub(super) fn new(data: &[Datum], acceptable: f64) -> Self {
        let fit = |data: &[Datum]| {
            let points: Vec<(f64, Estimate)> = data.iter().map(|d| (d.x, d.y)).collect();
            let (from, to) = (data[0].side, data[data.len() - 1].side);
            Fit { from, to, line: weighted_line(&points) }
        };
        let starts = 0..data.len().saturating_sub(2);
        let all: Vec<Fit> = starts.map(|first| fit(&data[first..])).collect();
        let chosen = all.iter().find(|fit| fit.line.reduced_chi_square() <= acceptable).copied();
        Self { all, chosen }
    }

    /// Whether it is this fit that was chosen.
    pub(super) fn is_chosen(&self, fit: &Fit) -> bool {
        self.chosen.is_some_and(|chosen| chosen.from == fit.from)
    }
}

/// Exponents between each two successive sides, at the geometric mean of the two.
pub(super) fn local(times: &Times) -> Vec<(f64, Estimate)> {
    let exponent = |pair: &Times| {
        let [(a, tau_a), (b, tau_b)] = [pair[0], pair[1]];
        let (a, b) = (a as f64, b as f64);
        let ratio = (b / a).ln();
        let mean = (tau_b.mean / tau_a.mean).ln() / ratio;
        let error = tau_a.ln().error.hypot(tau_b.ln().error) / ratio;
        ((a * b).sqrt(), Estimate { mean, error, tau: 0.5, count: 2 })
    };
    times.windows(2).map(exponent).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Times on L = 8, 16, 32, .. with these relative errors.
    pub(crate) fn times(power_law: impl Fn(f64) -> f64, errors: &[f64]) -> Vec<(usize, Estimate)> {
        let of = |(i, &error): (usize, &f64)| {
            let side = 8 << i;
            let mean = power_law(side as f64);
            (side, Estimate { mean, error: error * mean, tau: 0.5, count: 9 })
        };
        errors.iter().enumerate().map(of).collect()
    }

    #[test]
    fn exact_power_laws_are_found_whatever_the_weights() {
        let errors = [0.01, 0.03, 0.02, 0.05];
        for fit in Fits::new(&power(&times(|l| 0.05 * l.powf(2.17), &errors)), 2.0).all {
            assert!((fit.slope().mean - 2.17).abs() < 1e-12 && fit.line.chi_square < 1e-20);
            assert!((fit.line.intercept.mean - 0.05f64.ln()).abs() < 1e-11);
        }
        for fit in Fits::new(&logarithm(&times(|l| 2.0 + 0.8 * l.ln(), &errors)), 2.0).all {
            assert!((fit.slope().mean - 0.8).abs() < 1e-12 && fit.line.chi_square < 1e-20);
        }
        for (_, z) in local(&times(|l| 0.05 * l.powf(2.17), &errors)) {
            assert!((z.mean - 2.17).abs() < 1e-12);
        }
    }

    #[test]
    fn small_sides_that_do_not_fit_are_left_out() {
        let mut times = times(|l| l, &[0.01; 5]);
        times[0].1.mean *= 1.5;
        let fits = Fits::new(&power(&times), 2.0);
        let tried: Vec<_> =
            fits.all.iter().map(|fit| (fit.from, fit.line.degrees_of_freedom)).collect();
        assert_eq!(tried, [(8, 3), (16, 2), (32, 1)]);
        assert_eq!(fits.chosen.map(|fit| (fit.from, fit.to)), Some((16, 128)));
        assert!(fits.is_chosen(&fits.all[1]) && !fits.is_chosen(&fits.all[2]));
        times[3].1.mean *= 1.5;
        assert!(Fits::new(&power(&times), 2.0).chosen.is_none());
    }
}
