//! The errors of this crate, each with the offending value.

/// What can be wrong with a question.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A ring or a layer that is too small.
    #[error("{what} is {value}, but must be at least {least}")]
    TooSmall {
        /// What was counted.
        what: &'static str,
        /// How many were given.
        value: usize,
        /// How many are needed.
        least: usize,
    },
    /// A sum over more states than is reasonable.
    #[error("{units} units have too many states to enumerate; the limit is {limit} units")]
    TooManyStates {
        /// The number of units to be summed over.
        units: usize,
        /// The most that is summed.
        limit: usize,
    },
    /// A torus with too many rows of spins to count them out.
    #[error("the torus is {width} wide; the limit is {limit}")]
    TooWide {
        /// The spins in a row.
        width: usize,
        /// The most that are summed over.
        limit: usize,
    },
    /// A coupling or weight outside its range.
    #[error("{what} is {value}, but must be {allowed}")]
    OutOfRange {
        /// What was given.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// An array whose length does not fit.
    #[error("{what} has {found} entries, but {expected} are needed")]
    WrongLength {
        /// Which array.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        expected: usize,
    },
    /// Bisection without a change of sign.
    #[error("no root between {low} and {high}: the function has the same sign at both ends")]
    NoRoot {
        /// Lower end of the bracket.
        low: f64,
        /// Upper end of the bracket.
        high: f64,
    },
}
