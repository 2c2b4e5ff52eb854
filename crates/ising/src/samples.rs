//! Samples: configurations with the coupling at which each was drawn.

use crate::{Configurations, Coupling, Error};
use serde::{Deserialize, Serialize};
use std::ops::{Deref, Range};

/// Configurations of one lattice and the coupling of each: what samplers give. All that can be read of [`Configurations`] can
/// be read of samples.
///
/// ```
/// use ising::{Configurations, Coupling, Samples, magnetisations};
/// use nalgebra::DMatrix;
///
/// // Two ground states of the ring of four at T = 1/2, that is K = 2.
/// let aligned = Configurations::from_matrix(&DMatrix::from_element(4, 2, 1.0))?;
/// let samples = Samples::at(Coupling::new(2.0)?, aligned);
/// assert_eq!(magnetisations(&samples), [1.0, 1.0]);
/// assert_eq!(samples.couplings()[1].temperature(), 0.5);
/// # Ok::<(), ising::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Samples {
    configurations: Configurations,
    couplings: Vec<Coupling>,
    /// Whether each was flipped with probability 1/2 when it was drawn.
    symmetrised: bool,
}

impl Deref for Samples {
    type Target = Configurations;

    fn deref(&self) -> &Configurations {
        &self.configurations
    }
}

impl Samples {
    /// No samples yet, of configurations of `sites` spins.
    pub fn new(sites: usize) -> Self {
        let configurations = Configurations::new(sites);
        Self { configurations, couplings: Vec::new(), symmetrised: false }
    }

    /// Configurations that were all drawn at one coupling.
    pub fn at(coupling: Coupling, configurations: Configurations) -> Self {
        let couplings = vec![coupling; configurations.len()];
        Self { configurations, couplings, symmetrised: false }
    }

    /// The coupling of each configuration.
    pub fn couplings(&self) -> &[Coupling] {
        &self.couplings
    }

    /// Whether every configuration was flipped with probability 1/2 when it was drawn, so that both signs of the
    /// magnetisation are there even of a chain that stays in one well.
    pub fn is_symmetrised(&self) -> bool {
        self.symmetrised
    }

    pub(crate) fn set_symmetrised(&mut self, symmetrised: bool) {
        self.symmetrised = symmetrised;
    }

    /// Adds one configuration of spins +-1.
    pub(crate) fn push(&mut self, spins: &[i8], coupling: Coupling) {
        self.configurations.push(spins);
        self.couplings.push(coupling);
    }

    /// Adds configurations that are packed already, `sites.div_ceil(64)` words each.
    pub(crate) fn push_rows(&mut self, words: &[u64], coupling: Coupling) {
        self.configurations.push_rows(words);
        self.couplings.resize(self.configurations.len(), coupling);
    }

    /// Flips all spins of configuration `row`.
    pub(crate) fn flip(&mut self, row: usize) {
        self.configurations.flip(row);
    }

    /// Adds all of `other` behind these.
    ///
    /// # Errors
    /// [`Error::Sites`] when the configurations are of another size.
    pub fn append(&mut self, other: &Self) -> Result<(), Error> {
        let none = self.is_empty();
        self.configurations.append(&other.configurations)?;
        self.symmetrised = other.symmetrised && (self.symmetrised || none);
        self.couplings.extend(&other.couplings);
        Ok(())
    }

    /// The samples `rows`, as a set of their own.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn rows(&self, rows: Range<usize>) -> Self {
        Self {
            configurations: self.configurations.rows(rows.clone()),
            couplings: self.couplings[rows].to_vec(),
            symmetrised: self.symmetrised,
        }
    }
}

/// Samples as they are read, from wherever.
#[derive(Deserialize)]
struct Unchecked {
    configurations: Configurations,
    couplings: Vec<Coupling>,
    symmetrised: bool,
}

impl TryFrom<Unchecked> for Samples {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self, Error> {
        let Unchecked { configurations, couplings, symmetrised } = read;
        if configurations.len() != couplings.len() {
            let (rows, couplings) = (configurations.len(), couplings.len());
            return Err(Error::CouplingCount { rows, couplings });
        }
        Ok(Self { configurations, couplings, symmetrised })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_samples_are_symmetrised_when_all_are() {
        let one = |symmetrised| {
            let mut samples = Samples::new(1);
            samples.push(&[1], Coupling::new(0.5).unwrap());
            samples.set_symmetrised(symmetrised);
            samples
        };
        for (first, second) in [(true, true), (true, false), (false, true), (false, false)] {
            let mut all = Samples::new(1);
            all.append(&one(first)).unwrap();
            all.append(&one(second)).unwrap();
            assert_eq!(all.is_symmetrised(), first && second);
        }
    }

    #[test]
    fn rows_keep_their_couplings() {
        let mut samples = Samples::new(2);
        let at = |k| Coupling::new(k).unwrap();
        [0.1, 0.2, 0.3].into_iter().for_each(|k| samples.push(&[1, -1], at(k)));
        assert_eq!(samples.rows(1..3).couplings(), [at(0.2), at(0.3)]);
        assert_eq!(samples.rows(1..3).len(), 2);
    }

    #[test]
    fn as_many_couplings_as_configurations() {
        let read = |rows: usize, couplings: usize| {
            let mut configurations = Configurations::new(3);
            (0..rows).for_each(|_| configurations.push(&[1, 1, -1]));
            let couplings = vec![Coupling::new(0.5).unwrap(); couplings];
            Samples::try_from(Unchecked { configurations, couplings, symmetrised: false })
        };
        assert!(read(2, 2).is_ok());
        assert_eq!(read(2, 1), Err(Error::CouplingCount { rows: 2, couplings: 1 }));
    }

    #[test]
    fn other_sizes_are_refused() {
        let mut small = Samples::new(3);
        assert_eq!(small.append(&Samples::new(4)), Err(Error::Sites { expected: 3, found: 4 }));
    }
}
