//! Configurations, packed: a bit a spin.

use crate::Error;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Configurations of `sites` spins each, whatever drew them: a sampler, an RBM, a flow. A bit a spin, row after row.
///
/// ```
/// use ising::{Configurations, Lattice, energies};
/// use nalgebra::dmatrix;
///
/// // Two rings of four spins, a column each: aligned, and alternating.
/// let rings = Configurations::from_matrix(&dmatrix![1.0, 1.0; 1.0, -1.0; 1.0, 1.0; 1.0, -1.0])?;
/// assert_eq!(energies(&Lattice::ring(4)?, &rings), [-1.0, 1.0]);
/// # Ok::<(), ising::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Configurations {
    sites: usize,
    rows: usize,
    /// Row after row of `sites.div_ceil(64)` words; bit i of a row is spin i, set for +1.
    words: Vec<u64>,
}

impl Configurations {
    /// No configurations yet, of `sites` spins each.
    pub fn new(sites: usize) -> Self {
        Self { sites, rows: 0, words: Vec::new() }
    }

    /// Configurations from a matrix `[site, sample]` of +-1: the way back of [`Self::to_matrix`].
    ///
    /// # Errors
    /// [`Error::Spin`] for an entry that is neither 1 nor -1.
    pub fn from_matrix(matrix: &DMatrix<f32>) -> Result<Self, Error> {
        let mut configurations = Self::new(matrix.nrows());
        let mut spins = vec![0; matrix.nrows()];
        for (row, column) in matrix.column_iter().enumerate() {
            for (site, (spin, &value)) in spins.iter_mut().zip(column.iter()).enumerate() {
                *spin = match value {
                    1.0 => 1,
                    -1.0 => -1,
                    _ => return Err(Error::Spin { row, site, value }),
                };
            }
            configurations.push(&spins);
        }
        Ok(configurations)
    }

    fn row_words(&self) -> usize {
        self.sites.div_ceil(64)
    }

    /// The number of configurations.
    #[inline]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Spins of each configuration.
    #[inline]
    pub fn sites(&self) -> usize {
        self.sites
    }

    /// Adds one configuration of spins +-1.
    pub(crate) fn push(&mut self, spins: &[i8]) {
        debug_assert_eq!(spins.len(), self.sites);
        self.words.extend(pack(spins));
        self.rows += 1;
    }

    /// Flips all spins of configuration `row`.
    pub(crate) fn flip(&mut self, row: usize) {
        let words = self.row_words();
        flip(&mut self.words[row * words..(row + 1) * words], self.sites);
    }

    /// Adds configurations that are packed already, `sites.div_ceil(64)` words each.
    pub(crate) fn push_rows(&mut self, words: &[u64]) {
        debug_assert_eq!(words.len() % self.row_words(), 0);
        self.words.extend(words);
        self.rows += words.len() / self.row_words();
    }

    /// Adds all of `other` behind these.
    ///
    /// # Errors
    /// [`Error::Sites`] when the configurations are of another size.
    pub fn append(&mut self, other: &Self) -> Result<(), Error> {
        if self.sites != other.sites {
            return Err(Error::Sites { expected: self.sites, found: other.sites });
        }
        self.rows += other.rows;
        self.words.extend(&other.words);
        Ok(())
    }

    /// The configurations `rows`, as a set of their own.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn rows(&self, rows: Range<usize>) -> Self {
        Self { sites: self.sites, rows: rows.len(), words: self.words(rows).to_vec() }
    }

    /// Spin `site` of configuration `row`, +1 or -1.
    ///
    /// # Panics
    /// When there is no such configuration.
    #[inline]
    pub fn spin(&self, row: usize, site: usize) -> i8 {
        let word = self.words[row * self.row_words() + site / 64];
        if word >> (site % 64) & 1 == 1 { 1 } else { -1 }
    }

    /// Configuration `row`, one number +1 or -1 for each site.
    ///
    /// # Panics
    /// When there is no such configuration.
    pub fn row(&self, row: usize) -> Vec<i8> {
        (0..self.sites).map(|i| self.spin(row, i)).collect()
    }

    /// The packed rows of some configurations, one after the other; bits beyond the last spin of a row are 0.
    pub(crate) fn words(&self, rows: Range<usize>) -> &[u64] {
        &self.words[rows.start * self.row_words()..rows.end * self.row_words()]
    }

    /// Sum of the spins of configuration `row`, by counting bits.
    ///
    /// # Panics
    /// When there is no such configuration.
    pub fn spin_sum(&self, row: usize) -> i64 {
        let up: u32 = self.words(row..row + 1).iter().map(|w| w.count_ones()).sum();
        2 * i64::from(up) - self.sites as i64
    }

    /// The frequencies of all states, of which there are two to the power of the sites; bit i of a state's number is site i, set
    /// for +1.
    pub fn state_frequencies(&self) -> Vec<f64> {
        let up = |row: usize| (0..self.sites).filter(move |&i| self.spin(row, i) > 0);
        let states = (0..self.len()).map(|row| up(row).map(|i| 1 << i).sum());
        self.frequencies(1 << self.sites, states)
    }

    /// The frequencies of the numbers k = 0..=N of spins that are up, of which the sum is 2k - N.
    pub fn up_frequencies(&self) -> Vec<f64> {
        let up = |row| (self.spin_sum(row) + self.sites as i64) as usize / 2;
        self.frequencies(self.sites + 1, (0..self.len()).map(up))
    }

    fn frequencies(&self, kinds: usize, seen: impl Iterator<Item = usize>) -> Vec<f64> {
        let mut frequencies = vec![0.0; kinds];
        seen.for_each(|kind| frequencies[kind] += 1.0 / self.len() as f64);
        frequencies
    }

    /// The configurations as a matrix `[site, sample]` of +-1: what the networks take.
    pub fn to_matrix(&self) -> DMatrix<f32> {
        DMatrix::from_fn(self.sites, self.len(), |i, row| f32::from(self.spin(row, i)))
    }
}

/// Spins +-1 as bits, 64 a word.
pub(crate) fn pack(spins: &[i8]) -> impl Iterator<Item = u64> {
    let word = |spins: &[i8]| {
        spins.iter().enumerate().fold(0, |word, (i, &s)| word | u64::from(s > 0) << i)
    };
    spins.chunks(64).map(word)
}

/// Flips the spins of a packed row.
pub(crate) fn flip(row: &mut [u64], sites: usize) {
    row.iter_mut().for_each(|word| *word = !*word);
    if let Some(last) = row.last_mut() {
        *last &= beyond(sites);
    }
}

/// The bits of a row's last word that are spins.
fn beyond(sites: usize) -> u64 {
    u64::MAX >> (sites.next_multiple_of(64) - sites)
}

/// Configurations as they are read, from wherever.
#[derive(Deserialize)]
struct Unchecked {
    sites: usize,
    rows: usize,
    words: Vec<u64>,
}

impl TryFrom<Unchecked> for Configurations {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self, Error> {
        let Unchecked { sites, rows, words } = read;
        let row_words = sites.div_ceil(64);
        let fits = rows.checked_mul(row_words) == Some(words.len());
        let ends = words.chunks(row_words.max(1)).map(|row| row[row.len() - 1]);
        if !fits || ends.into_iter().any(|last| last & !beyond(sites) != 0) {
            return Err(Error::Packing { sites, rows, words: words.len() });
        }
        Ok(Self { sites, rows, words })
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
            let mut all = Configurations::new(sites);
            let rows: Vec<_> = seeds
                .iter()
                .map(|&seed| crate::Spins::random(sites, &mut stats::stream(seed, "rows", 0)))
                .collect();
            rows.iter().for_each(|row| all.push(row.as_slice()));
            let matrix = all.to_matrix();
            for (r, row) in rows.iter().enumerate() {
                prop_assert_eq!(all.row(r), row.as_slice());
                let sum: i64 = row.as_slice().iter().map(|&s| i64::from(s)).sum();
                prop_assert_eq!(all.spin_sum(r), sum);
                prop_assert!(matrix.column(r).iter().zip(row.as_slice()).all(|(x, &s)| *x == f32::from(s)));
            }
            let some = all.rows(1..seeds.len());
            let rest = matrix.columns(1, seeds.len() - 1).into_owned();
            prop_assert_eq!(some, Configurations::from_matrix(&rest).unwrap());
            prop_assert_eq!(Configurations::from_matrix(&matrix).unwrap(), all);
        }
    }

    #[test]
    fn frequencies_count_states() {
        let spins = DMatrix::from_column_slice(2, 4, &[1.0, -1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0]);
        let all = Configurations::from_matrix(&spins).unwrap();
        assert_eq!(all.state_frequencies(), [0.25, 0.5, 0.0, 0.25]);
        assert_eq!(all.up_frequencies(), [0.25, 0.5, 0.25]);
    }

    #[test]
    fn a_row_is_flipped_and_nothing_else() {
        let mut all = Configurations::new(65);
        let rows = [1i8, -1, 1].map(|sign| [[1; 60].as_slice(), &[-sign; 5]].concat());
        rows.iter().for_each(|row| all.push(row));
        all.flip(1);
        assert_eq!(all.row(0), rows[0]);
        assert_eq!(all.row(1), rows[1].iter().map(|s| -s).collect::<Vec<_>>());
        assert_eq!(all.row(2), rows[2]);
        assert_eq!(all.spin_sum(1), -rows[1].iter().map(|&s| i64::from(s)).sum::<i64>());
    }

    #[test]
    fn rows_that_do_not_fit_are_refused() {
        let read = |sites, rows, words: Vec<u64>| {
            Configurations::try_from(Unchecked { sites, rows, words })
        };
        assert!(read(65, 1, vec![0, 1]).is_ok());
        assert!(read(65, 1, vec![0, 2]).is_err(), "a bit beyond the last spin");
        assert!(read(65, 2, vec![0, 1]).is_err());
        assert!(read(0, 0, vec![]).is_ok());
        assert!(read(0, 1, vec![3]).is_err());
    }

    #[test]
    fn units_that_are_no_spins_are_refused() {
        for value in [0.0, 0.5, f32::NAN] {
            let mut matrix = DMatrix::from_element(3, 2, -1.0);
            matrix[(1, 1)] = value;
            let error = Configurations::from_matrix(&matrix).unwrap_err();
            assert!(matches!(error, Error::Spin { row: 1, site: 1, .. }), "{error}");
        }
    }
}
