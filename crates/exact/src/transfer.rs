//! The torus row by row: exact distributions of its rows, of its magnetisation and of its energies by the transfer matrix.
//!
//! A row of width w is a number from 0 to 2^w - 1, bit i set for spin i up. A configuration has the weight
//! `y^{broken bonds}`, `y = e^{-2K}`, relative to a ground state (`onsager-1944`): a horizontal factor `y^{walls(row)}`
//! and a vertical factor that is a Kronecker product of `[[1, y], [y, 1]]`, one for each column, and is applied column
//! by column, never as a matrix. With integer powers of y both K = 0 (y = 1) and K = infinity (y = 0, y^0 = 1) are
//! ordinary. Boundaries are periodic: on a side of length 2 a bond counts twice, on a side of length 1 a site is its
//! own neighbour.

mod classes;
mod field;
mod magnetisation;
mod states;

pub use field::{FieldMeans, TorusInField};
pub use magnetisation::{Moments, magnetisation_probabilities};
pub use states::DensityOfStates;

use crate::Error;
use classes::{Class, Symmetry, classes, walls};
use rayon::prelude::*;

/// The widest torus whose rows are enumerated: 2^12 = 4096 rows in 122 classes.
pub const MAX_WIDTH: usize = 12;

/// The distribution of the rows of a torus, for drawing them one after another.
///
/// The first row has `P(s) = (T^h)_{ss} / Z`, and each further row a conditional distribution given the first row and the one
/// before it. Rows that translations, the reflection and, without a field, the flip of all spins turn into each other share
/// their tables.
#[derive(Clone, Debug)]
pub struct RowDistribution {
    width: usize,
    height: usize,
    ln_z: f64,
    /// `y^n`, n = 0..=width.
    powers: Vec<f64>,
    /// Class of each row.
    class_of: Vec<u16>,
    /// Word operations that turn a row into the representative of its class.
    to_representative: Vec<Symmetry>,
    first: Vec<f64>,
    /// By class: `factor(u) B_n(u)` with the row's own factor `y^{walls(u)}`, in a field times `e^{H M(u)}`, n = 1..height-1, u = 0..2^w, where `B_n(u)` is the weight of all ways from row
    /// u to the representative over n vertical bonds, scaled to at most 1.
    messages: Vec<Vec<f64>>,
}

impl RowDistribution {
    /// The torus of `width x height` spins, both at least 1, at `0 <= K <= +infinity`. Takes `height 2^width` numbers for
    /// each class of rows: 3 MB for the 10 x 10 torus, 44 MB for 12 x 12.
    ///
    /// # Errors
    /// [`Error::TooSmall`] for a side of 0, [`Error::TooWide`] above [`MAX_WIDTH`], [`Error::OutOfRange`] for a
    /// negative coupling and NaN.
    pub fn new(width: usize, height: usize, coupling: f64) -> Result<Self, Error> {
        Self::in_field(width, height, coupling, 0.0)
    }

    /// The torus in the field `H = h / (k_B T)`, either sign: weights times `e^{H M}`. In a field the flip of all spins is no
    /// symmetry, and the tables take up to twice the space.
    ///
    /// # Errors
    /// As [`Self::new`], and [`Error::OutOfRange`] for a field that is not finite.
    pub fn in_field(width: usize, height: usize, coupling: f64, field: f64) -> Result<Self, Error> {
        check_sides(width, height, MAX_WIDTH)?;
        if !field.is_finite() {
            return Err(Error::OutOfRange { what: "the field", value: field, allowed: "finite" });
        }
        let powers = powers(coupling, width)?;
        let (classes, class_of, to_representative) = classes(width, field == 0.0);
        let factors = row_factors(width, &powers, field);
        let tables: Vec<(Vec<f64>, f64)> =
            classes.par_iter().map(|class| ways_back(class, height, powers[1], &factors)).collect();
        let largest = tables.iter().map(|t| t.1).fold(f64::NEG_INFINITY, f64::max);
        let relative: Vec<f64> = tables.iter().map(|t| (t.1 - largest).exp()).collect();
        let sum: f64 = classes.iter().zip(&relative).map(|(c, p)| c.size as f64 * p).sum();
        let first = class_of.iter().map(|&c| relative[usize::from(c)] / sum).collect();
        let messages = tables.into_iter().map(|t| t.0).collect();
        let ground = (width * height) as f64 * (2.0 * coupling + field.abs());
        let ln_z = ground + largest + sum.ln();
        Ok(Self { width, height, ln_z, powers, class_of, to_representative, first, messages })
    }

    /// Spins in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// `ln Z` of the torus; infinite at zero temperature.
    pub fn ln_z(&self) -> f64 {
        self.ln_z
    }

    /// Probability of each of the 2^w rows to be the first.
    pub fn first(&self) -> &[f64] {
        &self.first
    }

    /// The distribution of row `index` (the first has index 0) given the first row and the one before: cumulative sums of
    /// weights over the 2^w rows in increasing order, the last being the sum of all and positive.
    ///
    /// # Panics
    /// Unless `1 <= index < height`, both rows are below 2^w and `cumulative` has 2^w entries.
    pub fn next(&self, index: usize, first: usize, before: usize, cumulative: &mut [f64]) {
        assert!((1..self.height).contains(&index), "no row {index} follows another");
        assert_eq!(cumulative.len(), self.first.len(), "one entry for each row");
        let symmetry = self.to_representative[first];
        let messages = &self.messages[usize::from(self.class_of[first])];
        // Row `index` is `height - index` vertical bonds away from the return of the first.
        let start = (self.height - index - 1) * self.first.len();
        let message = &messages[start..start + self.first.len()];
        let mut sum = 0.0;
        for (row, cumulative) in cumulative.iter_mut().enumerate() {
            let broken = (row ^ before).count_ones() as usize;
            sum += self.powers[broken] * message[symmetry.apply(row, self.width)];
            *cumulative = sum;
        }
    }
}

/// The factor of each row by itself, `y^{walls} e^{H M}` relative to that of the aligned row: at most 1.
fn row_factors(width: usize, powers: &[f64], field: f64) -> Vec<f64> {
    let against = |row: usize| {
        let up = row.count_ones() as usize;
        if field > 0.0 { width - up } else { up }
    };
    let factor =
        |row: usize| powers[walls(row, width)] * (-2.0 * field.abs() * against(row) as f64).exp();
    (0..1 << width).map(factor).collect()
}

/// The messages of one class and the logarithm of `factor(s) B_h(s)` of its representative s.
fn ways_back(class: &Class, height: usize, y: f64, factors: &[f64]) -> (Vec<f64>, f64) {
    let rows = factors.len();
    let mut message = vec![0.0; rows];
    message[class.representative] = 1.0;
    let (mut messages, mut ln_scale) = (Vec::with_capacity((height - 1) * rows), 0.0);
    for _ in 1..height {
        vertical(&mut message, y);
        // At zero temperature nothing may be left of a row with walls.
        let largest = message.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        ln_scale += largest.ln();
        for (weight, factor) in message.iter_mut().zip(factors) {
            *weight *= factor / largest;
        }
        messages.extend_from_slice(&message);
    }
    vertical(&mut message, y);
    let s = class.representative;
    (messages, ln_scale + (factors[s] * message[s]).ln())
}

/// Multiplies a vector over rows by the vertical factor, one column after another.
fn vertical(weights: &mut [f64], y: f64) {
    let mut half = 1;
    while half < weights.len() {
        for pair in weights.chunks_exact_mut(2 * half) {
            let (down, up) = pair.split_at_mut(half);
            for (a, b) in down.iter_mut().zip(up) {
                (*a, *b) = (*a + y * *b, *b + y * *a);
            }
        }
        half *= 2;
    }
}

/// `y^n`, n = 0..=most, `y = e^{-2K}`.
fn powers(coupling: f64, most: usize) -> Result<Vec<f64>, Error> {
    if coupling >= 0.0 {
        // Not e^{-2Kn}: at zero temperature y^0 is 1. Products are the same bits everywhere, powi need not be.
        let y = (-2.0 * coupling).exp();
        Ok(std::iter::successors(Some(1.0), |power| Some(y * power)).take(most + 1).collect())
    } else {
        let allowed = "0 to +infinity";
        Err(Error::OutOfRange { what: "the coupling", value: coupling, allowed })
    }
}

fn check_sides(width: usize, height: usize, limit: usize) -> Result<(), Error> {
    for (what, value) in [("the width", width), ("the height", height)] {
        if value < 1 {
            return Err(Error::TooSmall { what, value, least: 1 });
        }
    }
    if width > limit { Err(Error::TooWide { width, limit }) } else { Ok(()) }
}
