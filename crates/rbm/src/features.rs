//! What hidden units look at: the shape of their receptive fields, and the spectrum of W.
//!
//! The receptive field of a hidden unit is its column of a matrix `[visible, hidden]`: of [`Rbm::weights`](crate::Rbm),
//! or of [`Stack::linear_fields`](crate::stack::Stack::linear_fields) for the units of deeper layers. Lattices come as
//! plain numbers: site i is at `(i mod width, i / width)`, both directions are periodic, and a ring has the height 1.

use crate::Error;
use nalgebra::DMatrix;
use std::f64::consts::TAU;

/// The singular values of W, largest first, as many as the smaller layer has units.
///
/// In f64, to some 1e-15 of the largest: those far below it have fewer digits. Not numbers where a weight is not finite.
///
/// ```
/// // Equal weights w: one singular value w sqrt(M N), the others 0.
/// let values = rbm::features::singular_values(&rbm::Rbm::uniform(8, 2, 0.5).weights);
/// assert!((values[0] - 2.0).abs() < 1e-12 && values[1].abs() < 1e-12);
/// ```
pub fn singular_values(weights: &DMatrix<f32>) -> Vec<f64> {
    // The iteration for these would never end.
    if weights.iter().any(|w| !w.is_finite()) {
        return vec![f64::NAN; weights.nrows().min(weights.ncols())];
    }
    let mut values = weights.map(f64::from).singular_values().as_slice().to_vec();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

/// `W W^T` `[visible, visible]` in f64 (heat maps of `iso-2018`): to leading order in W the couplings of all pairs, and
/// the slope of the deterministic flow at 0. That of the hidden layer is the same of W's transpose.
pub fn gram(weights: &DMatrix<f32>) -> DMatrix<f64> {
    let w = weights.map(f64::from);
    &w * w.transpose()
}

/// The participation ratio `(sum_i W_ia^2)^2 / sum_i W_ia^4` of each hidden unit: how many visible units it looks at, n
/// for n equal weights. A unit without weights has 0.
///
/// ```
/// // One unit looks at a single site, the other at all three alike.
/// let weights = nalgebra::dmatrix![5.0, 0.1; 0.0, 0.1; 0.0, 0.1];
/// let ratios = rbm::features::participation_ratios(&weights);
/// assert!((ratios[0] - 1.0).abs() < 1e-12 && (ratios[1] - 3.0).abs() < 1e-5);
/// ```
pub fn participation_ratios(weights: &DMatrix<f32>) -> Vec<f64> {
    let ratio = |squares: &[f64]| {
        let largest = squares.iter().fold(0.0_f64, |m, &x| m.max(x));
        // In units of the largest, so that weak and strong weights neither vanish nor overflow.
        let sum: f64 = squares.iter().map(|x| x / largest).sum();
        let fourth: f64 = squares.iter().map(|x| (x / largest).powi(2)).sum();
        if largest > 0.0 { sum * sum / fourth } else { 0.0 }
    };
    squared_columns(weights).map(|squares| ratio(&squares)).collect()
}

/// Where on a lattice a hidden unit looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// The circular mean of the sites' positions in both directions, each in `[0, width)` and `[0, height)`.
    pub centre: [f64; 2],
    /// The root of the mean squared distance from the centre, along the shortest way around the lattice.
    pub extent: f64,
    /// For each direction, the length of the circular mean: 1 for a single row or column of sites, 0 where there is no
    /// preferred place and the centre means nothing.
    pub concentration: [f64; 2],
}

/// The place and size of each receptive field, weighted by `w^2`; none for a unit without weights.
///
/// With `p_i = w_i^2 / sum w^2`, the circular mean of x on a circle of length L is the angle of
/// `sum_i p_i e^{2 pi i x_i / L}`, and the extent is `sqrt(sum_i p_i (d_x^2 + d_y^2))` with d the distances along each
/// direction, at most L/2. Equal weights on a whole ring of L sites have the extent `L / sqrt(12)`, but for terms of
/// relative order `1 / L^2` that depend on where the meaningless centre fell.
///
/// # Errors
/// [`Error::Size`] unless there are `width * height` visible units.
///
/// ```
/// // One hidden unit on the torus of 4 x 4 sites that looks at the two sites 3 and 0 of the first row: neighbours, around
/// // whose common boundary its field lies.
/// let mut weights = nalgebra::DMatrix::zeros(16, 1);
/// (weights[(3, 0)], weights[(0, 0)]) = (1.0, 1.0);
/// let spot = rbm::features::spots(&weights, [4, 4])?[0];
/// assert!(spot.is_some_and(|s| (s.centre[0] - 3.5).abs() < 1e-12 && (s.extent - 0.5).abs() < 1e-12));
/// # Ok::<(), rbm::Error>(())
/// ```
pub fn spots(
    weights: &DMatrix<f32>,
    [width, height]: [usize; 2],
) -> Result<Vec<Option<Spot>>, Error> {
    let (found, expected) = (weights.nrows(), width * height);
    if found != expected {
        return Err(Error::Size { what: "the visible layer", found, expected });
    }
    let spot = |squares: Vec<f64>| {
        let total: f64 = squares.iter().sum();
        if total == 0.0 {
            return None;
        }
        let sites = || squares.iter().map(|x| x / total).enumerate();
        let (x, concentration_x) = circular_mean(sites().map(|(i, p)| (i % width, p)), width);
        let (y, concentration_y) = circular_mean(sites().map(|(i, p)| (i / width, p)), height);
        let squared_distance =
            |i: usize| around(i % width, x, width).powi(2) + around(i / width, y, height).powi(2);
        Some(Spot {
            centre: [x, y],
            extent: sites().map(|(i, p)| p * squared_distance(i)).sum::<f64>().sqrt(),
            concentration: [concentration_x, concentration_y],
        })
    };
    Ok(squared_columns(weights).map(spot).collect())
}

fn squared_columns(weights: &DMatrix<f32>) -> impl Iterator<Item = Vec<f64>> {
    weights.column_iter().map(|w| w.iter().map(|&w| f64::from(w).powi(2)).collect())
}

/// The mean place on a circle of `length` sites, and the length of the mean vector.
fn circular_mean(sites: impl Iterator<Item = (usize, f64)>, length: usize) -> (f64, f64) {
    let turn = TAU / length as f64;
    let (sine, cosine) = sites.fold((0.0, 0.0), |(sine, cosine), (site, p)| {
        let (s, c) = (turn * site as f64).sin_cos();
        (sine + p * s, cosine + p * c)
    });
    let place = (sine.atan2(cosine) / turn).rem_euclid(length as f64);
    // The remainder of a tiny negative number rounds up to the length itself.
    (if place < length as f64 { place } else { 0.0 }, sine.hypot(cosine))
}

/// The distance on a circle of `length` sites.
fn around(site: usize, place: f64, length: usize) -> f64 {
    let distance = (site as f64 - place).abs();
    distance.min(length as f64 - distance)
}
