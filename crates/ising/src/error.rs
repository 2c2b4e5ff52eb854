//! The errors of this crate, each with the offending value.

/// What can be wrong with a question.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A temperature below zero or NaN.
    #[error("the temperature is {0}, but must be 0 or more")]
    Temperature(f64),
    /// A coupling that is NaN.
    #[error("the coupling is {0}, but must be a number (infinity is zero temperature)")]
    Coupling(f64),
    /// An external field that is not finite.
    #[error("the field is {0}, but must be finite")]
    Field(f64),
    /// A lattice without sites, or with more than 32 bits can number.
    #[error("the side of the lattice is {0}, but must be from 1 to 65535")]
    Side(usize),
    /// A field where the algorithm knows none.
    #[error("{algorithm} knows no field, but the field is {field}")]
    FieldOf {
        /// The algorithm's name.
        algorithm: &'static str,
        /// The field H.
        field: f64,
    },
    /// Configurations in a field cannot be flipped.
    #[error("configurations in the field {0} cannot be symmetrised")]
    SymmetriseInField(f64),
    /// An algorithm that is not one chain.
    #[error("{algorithm} is not one chain on a schedule")]
    NoChain {
        /// The algorithm's name.
        algorithm: &'static str,
    },
    /// Chains from ordered and from random starts that did not come to agree, or not long enough.
    #[error(
        "after {sweeps} sweeps chains from ordered and from random starts do not agree or are too short (R-hat {r_hat:.4}, autocorrelation time at least {tau:.0} sweeps); another algorithm may do better"
    )]
    Unsettled {
        /// Sweeps of each chain (of Wolff: clusters).
        sweeps: u64,
        /// The autocorrelation time that they show so far, in sweeps.
        tau: f64,
        /// Gelman and Rubin's ratio between the two kinds of chains.
        r_hat: f64,
    },
    /// A set of configurations that is worth fewer independent ones than was asked.
    #[error(
        "the {count} configurations are worth {effective:.1} independent ones, but at least {asked:.1} were asked for"
    )]
    Effective {
        /// Configurations drawn.
        count: u32,
        /// The effective size.
        effective: f64,
        /// The least that was asked for.
        asked: f64,
    },
    /// Coupled chains that are still apart.
    #[error(
        "the coupled chains have not met within {sweeps} sweeps; another algorithm may do better"
    )]
    Coalescence {
        /// Sweeps from the farthest start in the past.
        sweeps: u64,
    },
    /// A torus that cannot be packed by colour.
    #[error(
        "the lattice is {width} x {height}, but LatticeBits needs an even height and a width that is a multiple of 128"
    )]
    LatticeBits {
        /// Columns.
        width: usize,
        /// Rows, 1 for a ring.
        height: usize,
    },
    /// A schedule that draws nothing or never moves.
    #[error("the {what} of the schedule is 0, but must be at least 1")]
    Schedule {
        /// Which of its numbers.
        what: &'static str,
    },
    /// A lattice too wide to be drawn exactly, row by row.
    #[error("the lattice is {width} wide, but exact draws are limited to a width of {limit}")]
    TransferWidth {
        /// Spins in a row; 1 for a ring, whose rows are single spins.
        width: usize,
        /// The widest that the sampler knows.
        limit: usize,
    },
    /// An antiferromagnet on a torus with an odd side, whose bonds cannot all be satisfied.
    #[error("an odd side frustrates the antiferromagnet: {what} cannot draw it")]
    Frustrated {
        /// What would have to draw it.
        what: &'static str,
    },
    /// Packed rows that are not as long as they should be, or have bits beyond their last spin.
    #[error("{words} words cannot be {rows} packed rows of {sites} sites")]
    Packing {
        /// Sites of each row.
        sites: usize,
        /// Rows.
        rows: usize,
        /// Words of 64 bits.
        words: usize,
    },
    /// Samples whose couplings are of another number.
    #[error("{couplings} couplings cannot be those of {rows} configurations")]
    CouplingCount {
        /// Configurations.
        rows: usize,
        /// Couplings.
        couplings: usize,
    },
    /// A unit that is no spin.
    #[error("spin {site} of configuration {row} is {value}, but must be 1 or -1")]
    Spin {
        /// The configuration.
        row: usize,
        /// The site.
        site: usize,
        /// What is there.
        value: f32,
    },
    /// Samples of different lattices put together.
    #[error("samples of {found} sites cannot join samples of {expected} sites")]
    Sites {
        /// Sites of the samples that were there.
        expected: usize,
        /// Sites of those to be added.
        found: usize,
    },
    /// Configurations at different couplings where one was expected.
    #[error("configurations at the couplings {first} and {other} have no mean in common")]
    Couplings {
        /// Coupling of the first configuration.
        first: f64,
        /// A coupling that differs from it.
        other: f64,
    },
}
