//! The exact distribution of the magnetisation of a small torus, and its moments.

use super::classes::{classes, walls};
use super::{MAX_WIDTH, check_sides, powers};
use crate::Error;
use rayon::prelude::*;

/// Probability of each number of up spins, 0..=L^2, on the L x L torus at `0 <= K <= +infinity`: the magnetisation per
/// spin is `m = 2 up / L^2 - 1`.
///
/// Rows are added one by one to polynomials whose n-th coefficient is the weight of n up spins. All terms are positive:
/// relative 1e-13. L = 12 takes some seconds, split by classes of first rows; the sum over them is in a fixed order.
///
/// # Errors
/// [`Error::TooSmall`], [`Error::TooWide`] above [`MAX_WIDTH`], [`Error::OutOfRange`] for a negative coupling and NaN.
pub fn magnetisation_probabilities(side: usize, coupling: f64) -> Result<Vec<f64>, Error> {
    check_sides(side, side, MAX_WIDTH)?;
    let powers = powers(coupling, side)?;
    let (classes, _, _) = classes(side, true);
    let parts: Vec<Vec<f64>> =
        classes.par_iter().map(|class| weights(class.representative, side, &powers)).collect();
    let mut total = vec![0.0; side * side + 1];
    for (class, part) in classes.iter().zip(&parts) {
        // Half of a class is the other half with all spins flipped.
        let pairs = part.iter().zip(part.iter().rev());
        for (total, (up, down)) in total.iter_mut().zip(pairs) {
            *total += class.size as f64 * (up + down);
        }
    }
    let sum: f64 = total.iter().sum();
    total.iter_mut().for_each(|weight| *weight /= sum);
    Ok(total)
}

/// Weights of all configurations with the first row `first`, by their number of up spins.
fn weights(first: usize, side: usize, powers: &[f64]) -> Vec<f64> {
    let rows = 1 << side;
    // The first row itself: its up spins and walls.
    let mut length = side + 1;
    let mut table = vec![0.0; rows * length];
    table[first * length + first.count_ones() as usize] = powers[walls(first, side)];
    for _ in 1..side {
        vertical(&mut table, length, powers[1]);
        let longer = length + side;
        let mut next = vec![0.0; rows * longer];
        for (row, (to, from)) in
            next.chunks_exact_mut(longer).zip(table.chunks_exact(length)).enumerate()
        {
            let (up, factor) = (row.count_ones() as usize, powers[walls(row, side)]);
            to[up..up + length].iter_mut().zip(from).for_each(|(to, from)| *to = factor * from);
        }
        (table, length) = (next, longer);
    }
    let mut total = vec![0.0; length];
    for (row, part) in table.chunks_exact(length).enumerate() {
        let closing = powers[(row ^ first).count_ones() as usize];
        total.iter_mut().zip(part).for_each(|(total, part)| *total += closing * part);
    }
    total
}

/// The vertical factor on polynomials of `length` coefficients, one for each row.
fn vertical(table: &mut [f64], length: usize, y: f64) {
    let mut half = length;
    while half < table.len() {
        for pair in table.chunks_exact_mut(2 * half) {
            let (down, up) = pair.split_at_mut(half);
            for (a, b) in down.iter_mut().zip(up) {
                (*a, *b) = (*a + y * *b, *b + y * *a);
            }
        }
        half *= 2;
    }
}

/// Moments of the magnetisation per spin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// `<|m|>`.
    pub abs_m: f64,
    /// `<m^2>`.
    pub m2: f64,
    /// `<m^4>`.
    pub m4: f64,
}

impl Moments {
    /// The moments of a distribution of the number of up spins, 0..=N with N >= 1.
    ///
    /// ```
    /// use exact::transfer::{Moments, magnetisation_probabilities};
    /// let moments = Moments::of(&magnetisation_probabilities(4, 0.5)?);
    /// assert!((moments.m2 - 0.8689216816423179).abs() < 1e-13);
    /// # Ok::<(), exact::Error>(())
    /// ```
    pub fn of(probabilities: &[f64]) -> Self {
        let n = probabilities.len() as f64 - 1.0;
        let mean = |power: i32| -> f64 {
            let term = |(up, p): (usize, &f64)| p * ((2.0 * up as f64 - n) / n).abs().powi(power);
            probabilities.iter().enumerate().map(term).sum()
        };
        Self { abs_m: mean(1), m2: mean(2), m4: mean(4) }
    }

    /// The Binder ratio `1 - <m^4> / (3 <m^2>^2)`: 2/3 in the ordered phase.
    pub fn binder(&self) -> f64 {
        1.0 - self.m4 / (3.0 * self.m2 * self.m2)
    }
}
