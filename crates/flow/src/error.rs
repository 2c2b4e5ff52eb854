//! The errors of this crate, each with the offending value.

/// What can go wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A scale with too few temperatures, infinite ones, or not in ascending order.
    #[error("a thermometer's scale needs 2 or more finite temperatures, ascending, but is {0:?}")]
    Scale(Vec<f64>),
    /// A label that is not on the scale.
    #[error("a sample has the temperature {0}, which is not on the thermometer's scale")]
    OffScale(f64),
    /// A search that came to no fixed point of the mean rule.
    #[error("no fixed point within {steps} steps: a unit still moves by {residual:e}")]
    NoFixedPoint {
        /// The largest `|F(v) - v|` of any unit in the end.
        residual: f64,
        /// The most steps that were allowed.
        steps: usize,
    },
    /// A machine with too many states for its transition matrix.
    #[error("{units} {layer} units have too many states for a matrix; the limit is {limit} units")]
    TooManyStates {
        /// Which layer.
        layer: &'static str,
        /// Its units.
        units: usize,
        /// The most that are summed over.
        limit: usize,
    },
    /// The machine is no machine in f64.
    #[error(transparent)]
    Machine(#[from] exact::Error),
    /// The network could not be trained.
    #[error(transparent)]
    Network(#[from] nn::Error),
}
