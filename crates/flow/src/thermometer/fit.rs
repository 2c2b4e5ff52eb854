//! One temperature for several observables: generalised least squares, and the chi-square that says whether there is one.

use super::curves::IsingCurves;
use super::ensemble::Ensemble;
use super::scale::{Reading, at_most, reading, temperature};
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

/// A temperature fitted to several means.
///
/// `chi^2(T) = r^T C^{-1} r` with the residuals r of d means and C their covariance in the ensemble, measured between g
/// blocks, plus that of the calibration. C is itself measured: for an Ising ensemble the least chi^2 is not chi-square
/// distributed but as Hotelling's T^2 with p = d - 1, `chi^2 (g - p) / (p (g - 1))` has the F distribution of p and g - p
/// degrees of freedom (`hotelling-1931`), and the variance of T is larger than `1 / |dr/dT|^2` by
/// `(g - 1)(g - 2) / ((g - p - 1)(g - p - 2))`.
///
/// In no direction does C count for less than half of what as many independent Ising configurations would have at that
/// temperature, nor any mean as better known than by one pair of spins in all configurations. Else excitations
/// so rare that by chance none is there would make C singular: at low temperature all G(r) are 1 but for single spins, which
/// lower all of them alike. There p-values are too large, never too small.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// The temperature of least chi-square, or the end of the scale where that is.
    pub reading: Reading,
    /// Its chi-square.
    pub chi_square: f64,
    /// Degrees of freedom p: one less than the number of means; at an end of the scale, where nothing was fitted, all.
    pub degrees_of_freedom: usize,
    /// Independent blocks g behind the covariance.
    pub blocks: usize,
    /// Probability of a chi-square at least as large, of an Ising ensemble.
    pub p_value: f64,
}

/// Rounds of the fit: the covariance and the combinations are those of the temperature of the round before.
const ROUNDS: usize = 3;
/// Places of each interval of the grid where a minimum is looked for.
const PLACES: usize = 6;

/// Fits the combinations `B(x) mean` of the observables; `rows` makes B from the Ising means at x.
pub(super) fn fit(
    curves: &IsingCurves,
    ensemble: &Ensemble,
    start: f64,
    rows: impl Fn(&DVector<f64>) -> DMatrix<f64>,
) -> Fit {
    let (low, high) = curves.ends();
    let mut x = start.clamp(low, high);
    let (mut combine, mut chi_square) = (DMatrix::zeros(0, 0), 0.0);
    let mut slope = DVector::zeros(0);
    for _ in 0..ROUNDS {
        combine = rows(&curves.at(x).0);
        let whiten = whitening(curves, ensemble, &combine, x) * &combine;
        let white = |v: &DVector<f64>| &whiten * v;
        let residual = |x: f64| white(&(&ensemble.means.mean - curves.at(x).0)).norm_squared();
        x = least(curves, residual);
        (chi_square, slope) = (residual(x), white(&curves.at(x).1));
    }
    let (g, side) = (ensemble.means.blocks, ensemble.side);
    // Closer to an end than minima are found.
    let near = 1e-7 * (high - low);
    let inside = x > low + near && x < high - near && !ensemble.is_frozen();
    let p = combine.nrows() - usize::from(inside);
    let (freedom, of_slope) = (g as f64, combine.nrows() as f64 - 1.0);
    let inflation = (freedom - 1.0) * (freedom - 2.0)
        / ((freedom - of_slope - 1.0) * (freedom - of_slope - 2.0));
    let reading = match x {
        _ if inside => reading(x, (inflation / slope.norm_squared()).sqrt(), g),
        _ if x < 0.5 * (low + high) => at_most(side, g, temperature(low)),
        _ => Reading::AtLeast(temperature(high)),
    };
    let p_value = hotelling(chi_square, p, g);
    Fit { reading, chi_square, degrees_of_freedom: p, blocks: g, p_value }
}

/// Probability of a chi-square at least as large when its p by p covariance was measured in g blocks.
fn hotelling(chi_square: f64, p: usize, g: usize) -> f64 {
    let (p, g) = (p as f64, g as f64);
    // There are more blocks than means, so that F exists.
    FisherSnedecor::new(p, g - p).map_or(f64::NAN, |f| f.sf(chi_square * (g - p) / (p * (g - 1.0))))
}

/// The matrix that turns the combinations into uncorrelated ones of unit variance.
fn whitening(
    curves: &IsingCurves,
    ensemble: &Ensemble,
    combine: &DMatrix<f64>,
    x: f64,
) -> DMatrix<f64> {
    let project = |matrix: DMatrix<f64>| combine * matrix * combine.transpose();
    let count = ensemble.count as f64;
    let mut floor = project(curves.spread(x)) * (0.5 / count);
    let one_pair = 1.0 / (count * (ensemble.side * ensemble.side) as f64);
    for i in 0..floor.nrows() {
        floor[(i, i)] += one_pair * one_pair;
    }
    // Where the floor is the unit matrix, eigenvalues below 1 are too small.
    let to_unit = inverse_root(floor);
    let own = &to_unit * project(ensemble.means.covariance.clone()) * to_unit.transpose();
    let mut own = own.symmetric_eigen();
    own.eigenvalues.apply(|a| *a = a.max(1.0));
    let calibration = &to_unit * project(curves.error(x)) * to_unit.transpose();
    inverse_root(own.recompose() + calibration) * to_unit
}

/// `D^{-1/2} U^T` of the positive matrix `U D U^T`.
fn inverse_root(matrix: DMatrix<f64>) -> DMatrix<f64> {
    let eigen = matrix.symmetric_eigen();
    let mut root = eigen.eigenvectors.transpose();
    for (mut row, d) in root.row_iter_mut().zip(&eigen.eigenvalues) {
        row /= d.sqrt();
    }
    root
}

/// Where f is least on the scale: the best of places in each interval, then golden sections around it.
fn least(curves: &IsingCurves, f: impl Fn(f64) -> f64) -> f64 {
    let grid: Vec<f64> = curves.grid_points().collect();
    let inside = |pair: &[f64]| {
        let (a, h) = (pair[0], pair[1] - pair[0]);
        (0..PLACES).map(move |i| a + h * i as f64 / PLACES as f64)
    };
    let mut places: Vec<f64> = grid.windows(2).flat_map(inside).collect();
    places.extend(grid.last());
    let values: Vec<f64> = places.iter().map(|&x| f(x)).collect();
    let best = (0..places.len()).min_by(|&i, &j| values[i].total_cmp(&values[j])).unwrap_or(0);
    let (mut a, mut b) = (places[best.saturating_sub(1)], places[(best + 1).min(places.len() - 1)]);
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    let (mut c, mut d) = (b - golden * (b - a), a + golden * (b - a));
    let (mut at_c, mut at_d) = (f(c), f(d));
    // Below a part of 1e-8 f no longer changes.
    while b - a > 1e-8 * (grid[grid.len() - 1] - grid[0]) {
        if at_c < at_d {
            (b, d, at_d) = (d, c, at_c);
            c = b - golden * (b - a);
            at_c = f(c);
        } else {
            (a, c, at_c) = (c, d, at_d);
            d = a + golden * (b - a);
            at_d = f(d);
        }
    }
    a.midpoint(b)
}
