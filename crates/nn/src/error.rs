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
    /// Data of the wrong size.
    #[error("{what} has the size {found}, but {expected} is needed")]
    Size {
        /// Of what.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The size that fits.
        expected: usize,
    },
    /// A class that the network does not have.
    #[error("class {class} does not exist: the network has {classes} classes, from 0")]
    Class {
        /// The label.
        class: u32,
        /// The number of outputs.
        classes: usize,
    },
    /// A loss or parameters that left the finite numbers.
    #[error("the loss or the parameters are no longer finite at update {update}")]
    NotFinite {
        /// The number of the update, from 1.
        update: u64,
    },
}
