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
    /// Configurations that fill no square of 4 x 4 or more.
    #[error("thermometers read squares of 4 x 4 sites or more, but there are {0} sites")]
    Square(usize),
    /// A grid of temperatures that is none.
    #[error("curves need 2 or more temperatures of at least 0, ascending, but have {0:?}")]
    Grid(Vec<f64>),
    /// Configurations of another size than the thermometer's.
    #[error("the thermometer reads configurations of {expected} sites, but these have {found}")]
    Sites {
        /// Sites that the thermometer knows.
        expected: usize,
        /// Sites of the configurations.
        found: usize,
    },
    /// Configurations that are not so many chains of equal length.
    #[error("{samples} configurations are not {chains} chains of equal length")]
    Chains {
        /// Number of configurations.
        samples: usize,
        /// Number of chains.
        chains: usize,
    },
    /// Too few independent blocks to know how the observables vary together.
    #[error("the configurations are worth {blocks} independent blocks, but must be worth {least}")]
    Blocks {
        /// Independent blocks.
        blocks: usize,
        /// How many it takes.
        least: usize,
    },
    /// Configurations could not be drawn.
    #[error(transparent)]
    Ising(#[from] ising::Error),
    /// An exact value could not be computed.
    #[error(transparent)]
    Exact(#[from] exact::Error),
    /// A search that came to no fixed point of the mean rule.
    #[error("no fixed point within {steps} steps: a unit still moves by {residual:e}")]
    NoFixedPoint {
        /// The largest `|F(v) - v|` of any unit in the end.
        residual: f64,
        /// The most steps that were allowed.
        steps: usize,
    },
    /// An RBM with too many states for its transition matrix.
    #[error("{units} {layer} units have too many states for a matrix; the limit is {limit} units")]
    TooManyStates {
        /// Which layer.
        layer: &'static str,
        /// Its units.
        units: usize,
        /// The most that are summed over.
        limit: usize,
    },
    /// The network could not be trained.
    #[error(transparent)]
    Network(#[from] nn::Error),
}
