//! Sums of the spins over each row and each column of the lattice, and the smallest Fourier mode made of them.

use crate::Lattice;
use std::f64::consts::TAU;

/// Sums over rows and columns of a lattice, of one configuration after the other.
struct Lines {
    width: usize,
    height: usize,
    /// One row of the lattice, its first spin in bit 0.
    row: Vec<u64>,
    /// The number of up spins of each column as binary digits: plane p holds digit p of all columns.
    planes: Vec<Vec<u64>>,
    rows: Vec<i32>,
    columns: Vec<i32>,
}

impl Lines {
    fn new(lattice: &Lattice) -> Self {
        let (width, height) = (lattice.width(), lattice.height());
        let words = width.div_ceil(64);
        let digits = usize::BITS - height.leading_zeros();
        Self {
            width,
            height,
            row: vec![0; words],
            planes: vec![vec![0; words]; digits as usize],
            rows: vec![0; height],
            columns: vec![0; width],
        }
    }

    /// Sums of a packed configuration.
    fn read(&mut self, packed: &[u64]) {
        self.planes.iter_mut().for_each(|plane| plane.fill(0));
        for y in 0..self.height {
            cut(packed, y * self.width, self.width, &mut self.row);
            let up: u32 = self.row.iter().map(|word| word.count_ones()).sum();
            self.rows[y] = 2 * up as i32 - self.width as i32;
            for (i, &word) in self.row.iter().enumerate() {
                // Adds one binary digit to 64 counters at once.
                let mut carry = word;
                for plane in &mut self.planes {
                    (plane[i], carry) = (plane[i] ^ carry, plane[i] & carry);
                }
            }
        }
        for (x, column) in self.columns.iter_mut().enumerate() {
            let digit = |plane: &Vec<u64>| (plane[x / 64] >> (x % 64) & 1) as i32;
            let up = self.planes.iter().rev().fold(0, |up, plane| 2 * up + digit(plane));
            *column = 2 * up - self.height as i32;
        }
    }
}

/// Copies `length` bits from bit `start` on to the front of `out`, which has just the words for them.
fn cut(packed: &[u64], start: usize, length: usize, out: &mut [u64]) {
    let (from, by) = (&packed[start / 64..], start % 64);
    for (i, out) in out.iter_mut().enumerate() {
        let high = from.get(i + 1).map_or(0, |high| high << 1 << (63 - by));
        *out = from[i] >> by | high;
    }
    if let (Some(last), 1..) = (out.last_mut(), length % 64) {
        *last &= (1 << (length % 64)) - 1;
    }
}

/// The structure factor of each packed row at the smallest momentum; see [`super::structure_factors`].
pub(super) fn structure_factors(lattice: &Lattice, words: &[u64]) -> Vec<f64> {
    let longest = lattice.width().max(lattice.height());
    let row_words = lattice.sites().div_ceil(64);
    if longest == 1 {
        return vec![f64::NAN; words.len() / row_words];
    }
    let wave: Vec<(f64, f64)> =
        (0..longest).map(|x| (TAU * x as f64 / longest as f64).sin_cos()).collect();
    let mut lines = Lines::new(lattice);
    let factor = |packed: &[u64]| {
        lines.read(packed);
        let sides = [&lines.columns, &lines.rows].into_iter().filter(|sums| sums.len() == longest);
        let powers = sides.clone().map(|sums| power(sums, &wave));
        powers.sum::<f64>() / (sides.count() * lattice.sites()) as f64
    };
    words.chunks_exact(row_words).map(factor).collect()
}

/// `|sum_x a_x e^{ikx}|^2`.
fn power(sums: &[i32], wave: &[(f64, f64)]) -> f64 {
    // The wave itself sums to 0; relative to the first, equal sums give 0 without rounding.
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (a, (sin, cos)) in sums.iter().zip(wave) {
        let a = f64::from(a - sums[0]);
        sine += a * sin;
        cosine += a * cos;
    }
    sine * sine + cosine * cosine
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lattice, random_rows};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sums_of_lines_are_sums_of_spins(lattice in lattice(), seed: u64) {
            let samples = random_rows(&lattice, 2, seed);
            let mut lines = Lines::new(&lattice);
            for row in 0..samples.len() {
                lines.read(samples.words(row..row + 1));
                let spins = samples.row(row);
                let of_row = |row: &[i8]| row.iter().map(|&s| i32::from(s)).sum::<i32>();
                let rows: Vec<i32> = spins.chunks(lattice.width()).map(of_row).collect();
                let of_column = |x| spins.iter().skip(x).step_by(lattice.width());
                let of_column = |x| of_column(x).map(|&s| i32::from(s)).sum::<i32>();
                let columns: Vec<i32> = (0..lattice.width()).map(of_column).collect();
                prop_assert_eq!((&lines.rows, &lines.columns), (&rows, &columns));
            }
        }

        #[test]
        fn the_structure_factor_is_a_fourier_sum(lattice in lattice(), seed: u64) {
            let samples = random_rows(&lattice, 2, seed);
            let (w, h) = (lattice.width(), lattice.height());
            let longest = w.max(h);
            let found = super::super::structure_factors(&lattice, &samples);
            for (row, found) in found.into_iter().enumerate() {
                let spins = samples.row(row);
                let along = |place: &dyn Fn(usize) -> usize| -> f64 {
                    let angle = |i| TAU * place(i) as f64 / longest as f64;
                    let part = |wave: fn(f64) -> f64| -> f64 {
                        let terms = spins.iter().enumerate();
                        terms.map(|(i, &s)| f64::from(s) * wave(angle(i))).sum()
                    };
                    (part(f64::sin).powi(2) + part(f64::cos).powi(2)) / spins.len() as f64
                };
                let (x, y) = (along(&|i| i % w), along(&|i| i / w));
                let plain = match w.cmp(&h) {
                    _ if longest == 1 => f64::NAN,
                    std::cmp::Ordering::Less => y,
                    std::cmp::Ordering::Equal => 0.5 * (x + y),
                    std::cmp::Ordering::Greater => x,
                };
                prop_assert!((found - plain).abs() < 1e-10 || longest == 1 && found.is_nan());
            }
        }
    }
}
