//! Configurations on their way out: packed rows, each with its coupling.

use crate::{Coupling, Error};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Configurations of one lattice, a bit a spin, and the coupling of each: all that leaves this crate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Samples {
    sites: usize,
    couplings: Vec<Coupling>,
    /// Row after row of `sites.div_ceil(64)` words; bit i of a row is spin i, set for +1.
    words: Vec<u64>,
}

impl Samples {
    /// No samples yet, of configurations of `sites` spins.
    pub fn new(sites: usize) -> Self {
        Self { sites, couplings: Vec::new(), words: Vec::new() }
    }

    fn row_words(&self) -> usize {
        self.sites.div_ceil(64)
    }

    /// The number of configurations.
    pub fn len(&self) -> usize {
        self.couplings.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.couplings.is_empty()
    }

    /// Spins of each configuration.
    pub fn sites(&self) -> usize {
        self.sites
    }

    /// The coupling of each configuration.
    pub fn couplings(&self) -> &[Coupling] {
        &self.couplings
    }

    /// Adds one configuration of spins +-1.
    pub(crate) fn push(&mut self, spins: &[i8], coupling: Coupling) {
        debug_assert_eq!(spins.len(), self.sites);
        for chunk in spins.chunks(64) {
            let bits = chunk.iter().enumerate();
            self.words.push(bits.fold(0, |word, (i, &s)| word | u64::from(s > 0) << i));
        }
        self.couplings.push(coupling);
    }

    /// Adds all of `other` behind these.
    ///
    /// # Errors
    /// [`Error::Sites`] when the configurations are of another size.
    pub fn append(&mut self, other: &Self) -> Result<(), Error> {
        if self.sites != other.sites {
            return Err(Error::Sites { expected: self.sites, found: other.sites });
        }
        self.couplings.extend(&other.couplings);
        self.words.extend(&other.words);
        Ok(())
    }

    /// Spin `site` of configuration `row`.
    pub fn spin(&self, row: usize, site: usize) -> i8 {
        let word = self.words[row * self.row_words() + site / 64];
        if word >> (site % 64) & 1 == 1 { 1 } else { -1 }
    }

    /// Configuration `row`, unpacked.
    pub fn row(&self, row: usize) -> Vec<i8> {
        (0..self.sites).map(|i| self.spin(row, i)).collect()
    }

    /// The packed rows of some configurations, one after the other; bits beyond the last spin of a row are 0.
    pub(crate) fn words(&self, rows: Range<usize>) -> &[u64] {
        &self.words[rows.start * self.row_words()..rows.end * self.row_words()]
    }

    /// Sum of the spins of configuration `row`, by counting bits.
    pub fn spin_sum(&self, row: usize) -> i64 {
        let up: u32 = self.words(row..row + 1).iter().map(|w| w.count_ones()).sum();
        2 * i64::from(up) - self.sites as i64
    }

    /// The configurations as a matrix `[site, sample]` of +-1: what the networks take.
    pub fn to_matrix(&self) -> DMatrix<f32> {
        DMatrix::from_fn(self.sites, self.len(), |i, row| f32::from(self.spin(row, i)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packing_loses_nothing(
            sites in 1usize..150,
            seeds in prop::collection::vec(any::<u64>(), 1..5),
        ) {
            let coupling = Coupling::new(0.5).unwrap();
            let mut samples = Samples::new(sites);
            let rows: Vec<_> = seeds
                .iter()
                .map(|&seed| crate::Spins::random(sites, &mut stats::stream(seed, "rows", 0)))
                .collect();
            rows.iter().for_each(|row| samples.push(row.as_slice(), coupling));
            let matrix = samples.to_matrix();
            for (r, row) in rows.iter().enumerate() {
                prop_assert_eq!(samples.row(r), row.as_slice());
                let sum: i64 = row.as_slice().iter().map(|&s| i64::from(s)).sum();
                prop_assert_eq!(samples.spin_sum(r), sum);
                prop_assert!(matrix.column(r).iter().zip(row.as_slice()).all(|(x, &s)| *x == f32::from(s)));
            }
        }
    }

    #[test]
    fn other_sizes_are_refused() {
        let mut small = Samples::new(3);
        assert_eq!(small.append(&Samples::new(4)), Err(Error::Sites { expected: 3, found: 4 }));
    }
}
