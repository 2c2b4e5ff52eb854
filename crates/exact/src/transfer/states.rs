//! Exact numbers of configurations of a small torus by energy and magnetisation.

use super::classes::{classes, walls};
use super::{check_sides, powers};
use crate::Error;
use rayon::prelude::*;

/// The joint density of states g(E, M) of the L x L torus in whole numbers.
///
/// An even number of bonds is broken in every column and every row of bonds, so that energies are
/// `E = -2 L^2 + 4 pairs` with `pairs = 0..=L^2` pairs of broken bonds; `M = 2 up - L^2` with `up` up spins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DensityOfStates {
    sites: usize,
    /// By pairs of broken bonds and, inside, up spins.
    counts: Vec<u64>,
}

/// Above this side the numbers do not fit into 64 bits.
const MAX_SIDE: usize = 8;

impl DensityOfStates {
    /// Counts the configurations of the L x L torus, 1 <= L <= 8; L = 8 takes seconds and 17 MB a thread.
    ///
    /// # Errors
    /// [`Error::TooSmall`] below 1, [`Error::TooWide`] above 8: counts of 2^81 configurations do not fit into 64 bits.
    pub fn new(side: usize) -> Result<Self, Error> {
        check_sides(side, side, MAX_SIDE)?;
        let sites = side * side;
        let (classes, _, _) = classes(side, true);
        let parts: Vec<Vec<u64>> =
            classes.par_iter().map(|class| count(class.representative, side)).collect();
        let mut counts = vec![0; (sites + 1) * (sites + 1)];
        for (class, part) in classes.iter().zip(&parts) {
            let rows = part.chunks_exact(sites + 1).step_by(2);
            for (total, part) in counts.chunks_exact_mut(sites + 1).zip(rows) {
                // Half of a class, or all of it twice, is the other half with all spins flipped.
                let pairs = part.iter().zip(part.iter().rev());
                let sizes = (class.size / 2) as u64;
                total.iter_mut().zip(pairs).for_each(|(n, (up, down))| *n += sizes * (up + down));
            }
        }
        Ok(Self { sites, counts })
    }

    /// The number of spins.
    pub fn sites(&self) -> usize {
        self.sites
    }

    /// The energy of configurations with `pairs` pairs of broken bonds, in units of J.
    pub fn energy(&self, pairs: usize) -> f64 {
        4.0 * pairs as f64 - 2.0 * self.sites as f64
    }

    /// The number of configurations with `pairs` pairs of broken bonds, by their number of up spins, 0..=L^2.
    ///
    /// # Panics
    /// When `pairs` exceeds the number of spins.
    pub fn counts(&self, pairs: usize) -> &[u64] {
        &self.counts[pairs * (self.sites + 1)..(pairs + 1) * (self.sites + 1)]
    }

    /// The joint probabilities P(E, m) at `0 <= K <= +infinity`: for each number of pairs of broken bonds, 0..=L^2, the
    /// probabilities of 0..=L^2 up spins.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a negative coupling and NaN.
    pub fn probabilities(&self, coupling: f64) -> Result<Vec<Vec<f64>>, Error> {
        let powers = powers(coupling, 2 * self.sites)?;
        let weights = |pairs| self.counts(pairs).iter().map(move |&n| (pairs, n as f64));
        let weight = |(pairs, n): (usize, f64)| n * powers[2 * pairs];
        let all = 0..=self.sites;
        let z: f64 = all.clone().flat_map(weights).map(weight).sum();
        Ok(all.map(|pairs| weights(pairs).map(|n| weight(n) / z).collect()).collect())
    }

    /// Thermal means of functions of the energy E, in J, and the magnetisation `M = sum_i s_i`, at the coupling `K >= 0` in
    /// the field `H = h / (k_B T)`: sums over `g(E, M) e^{-K E + H M}`, all terms positive, relative 1e-13.
    ///
    /// ```
    /// // Free spins in a field: <M> = N tanh H.
    /// let states = exact::transfer::DensityOfStates::new(2)?;
    /// let [m] = states.means(0.0, 0.3, |_, m| [m])?;
    /// assert!((m - 4.0 * 0.3_f64.tanh()).abs() < 1e-13);
    /// # Ok::<(), exact::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a coupling or a field that is not finite, and for a negative coupling.
    pub fn means<const N: usize>(
        &self,
        coupling: f64,
        field: f64,
        of: impl Fn(f64, f64) -> [f64; N],
    ) -> Result<[f64; N], Error> {
        if !(coupling.is_finite() && coupling >= 0.0) {
            return Err(Error::OutOfRange {
                what: "the coupling",
                value: coupling,
                allowed: "0 to +infinity, finite",
            });
        }
        if !field.is_finite() {
            return Err(Error::OutOfRange { what: "the field", value: field, allowed: "finite" });
        }
        let magnetisation = |up: usize| 2.0 * up as f64 - self.sites as f64;
        // Measured from the ground state in the field, which has the largest exponent.
        let exponent = |pairs: usize, up: usize| {
            let against = if field > 0.0 { self.sites - up } else { up };
            -4.0 * coupling * pairs as f64 - 2.0 * field.abs() * against as f64
        };
        let (mut z, mut sums) = (0.0, [0.0; N]);
        for pairs in 0..=self.sites {
            for (up, &count) in self.counts(pairs).iter().enumerate().filter(|(_, n)| **n > 0) {
                let weight = count as f64 * exponent(pairs, up).exp();
                z += weight;
                let values = of(self.energy(pairs), magnetisation(up));
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        Ok(sums.map(|sum| sum / z))
    }
}

/// Configurations with the first row `first`, by broken bonds (0..=2L^2) and, inside, up spins (0..=L^2).
fn count(first: usize, side: usize) -> Vec<u64> {
    let (rows, sites) = (1_usize << side, side * side);
    let width = sites + 1;
    let block = (2 * sites + 1) * width;
    let place = |broken: usize, up: usize| broken * width + up;
    let ups = |row: usize| row.count_ones() as usize;
    let mut table = vec![0_u64; rows * block];
    table[first * block + place(walls(first, side), ups(first))] = 1;
    let mut scratch = vec![0_u64; 2 * block];
    for done in 1..side {
        // No more than this many numbers of a block are in use before the row is added and after.
        let before = place(side * (2 * done - 1) + 1, 0);
        for column in 0..side {
            let used = before + column * width;
            for down in (0..rows).filter(|row| row >> column & 1 == 0) {
                let (low, high) = table.split_at_mut((down | 1 << column) * block);
                let (a, b) = (&mut low[down * block..][..used + width], &mut high[..used + width]);
                stay_or_break(a, b, &mut scratch, width);
            }
        }
        let used = before + side * width;
        for (row, part) in table.chunks_exact_mut(block).enumerate() {
            let shift = place(walls(row, side), ups(row));
            part.copy_within(..used, shift);
            part[..shift].fill(0);
        }
    }
    let mut total = vec![0; block];
    for (row, part) in table.chunks_exact(block).enumerate() {
        let shift = place(ups(row ^ first), 0);
        total[shift..].iter_mut().zip(part).for_each(|(total, part)| *total += part);
    }
    total
}

/// `(a, b) = (a + y b, b + y a)`, where y moves counts up by `width` places: one broken bond more.
fn stay_or_break(a: &mut [u64], b: &mut [u64], scratch: &mut [u64], width: usize) {
    let old = &mut scratch[..a.len() - width];
    old.copy_from_slice(&a[..b.len() - width]);
    let moved = a[width..].iter_mut().zip(b.iter());
    moved.for_each(|(a, b)| *a += b);
    b[width..].iter_mut().zip(old).for_each(|(b, a)| *b += *a);
}
