//! The errors of this crate, each with the offending value.

/// What can go wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting outside its range.
    #[error("{what} is {value}, but must be {allowed}")]
    Setting {
        /// Which setting.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Data or a distribution of the wrong size.
    #[error("{what} has the size {found}, but {expected} is needed")]
    Size {
        /// Of what.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The size that fits.
        expected: usize,
    },
    /// Fewer samples than one batch.
    #[error("{samples} samples do not fill one batch of {batch}")]
    TooFewSamples {
        /// How many there are.
        samples: usize,
        /// How many a batch takes.
        batch: usize,
    },
    /// A sum over too many states.
    #[error("{units} units have too many states to sum over; the limit is {limit} units")]
    TooManyStates {
        /// Units of the smaller layer (or of the visible one).
        units: usize,
        /// The most that is summed.
        limit: usize,
    },
    /// Weights that left the finite numbers.
    #[error("the parameters are no longer finite after update {update}")]
    NotFinite {
        /// The number of the update, from 1.
        update: u64,
    },
}
