//! A mean and its standard error as verbs print them.

use report::content::Found;
use report::numbers;
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// A mean and its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) mean: f64,
    pub(crate) error: f64,
}

impl Measured {
    /// `2.27(3)`.
    pub(crate) fn cell(self) -> String {
        numbers::measured(Found { mean: self.mean, error: self.error })
    }
}

impl From<Estimate> for Measured {
    fn from(Estimate { mean, error, .. }: Estimate) -> Self {
        Self { mean, error }
    }
}
