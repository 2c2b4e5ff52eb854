//! The errors of this crate, each with the offending value.

/// What can go wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A scale with too few temperatures, or not in ascending order.
    #[error("a thermometer's scale needs at least 2 temperatures in ascending order, but is {0:?}")]
    Scale(Vec<f64>),
    /// A label that is not on the scale.
    #[error("a sample has the temperature {0}, which is not on the thermometer's scale")]
    OffScale(f64),
    /// The network could not be trained.
    #[error(transparent)]
    Network(#[from] nn::Error),
}
