//! The errors of this crate, each with the offending value, and the checks of data that several modules make.

use nalgebra::DMatrix;

/// The first unit that is neither up nor down.
pub(crate) fn check_units(data: &DMatrix<f32>) -> Result<(), Error> {
    match data.iter().find(|v| v.abs() != 1.0) {
        None => Ok(()),
        Some(&v) => Err(Error::Setting { what: "a unit", value: v.into(), allowed: "+1 or -1" }),
    }
}

/// Refuses what is no distribution over so many states, but for its sum.
pub(crate) fn check_distribution(q: &[f64], expected: usize) -> Result<(), Error> {
    if q.len() != expected {
        return Err(Error::Size { what: "the distribution", found: q.len(), expected });
    }
    match q.iter().find(|q| !q.is_finite() || **q < 0.0) {
        None => Ok(()),
        Some(&value) => {
            let allowed = "finite and not negative";
            Err(Error::Setting { what: "a probability", value, allowed })
        }
    }
}

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
    /// Bytes that are no safetensors file.
    #[error("not a safetensors file: {why}")]
    NotAFile {
        /// What the reader of the format says.
        why: String,
    },
    /// A file that lacks a tensor.
    #[error("there is no tensor {name}")]
    NoTensor {
        /// Its name.
        name: &'static str,
    },
    /// A tensor of another type of numbers.
    #[error("the numbers of the tensor {name} are {found}, but must be F32")]
    TensorType {
        /// Its name.
        name: &'static str,
        /// The type of its numbers, in the format's words.
        found: String,
    },
    /// A tensor of another shape.
    #[error("the shape of the tensor {name} is {found:?}, but must be {allowed}")]
    TensorShape {
        /// Its name.
        name: &'static str,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that fits.
        allowed: String,
    },
    /// A tensor with a NaN or an infinity.
    #[error("entry {index} of the tensor {name} is {value}, but must be finite")]
    TensorNotFinite {
        /// Its name.
        name: &'static str,
        /// The place of the first such entry, row by row from 0.
        index: usize,
        /// Its value.
        value: f32,
    },
}
