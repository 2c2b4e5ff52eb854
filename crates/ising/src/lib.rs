//! Configurations of the Ising model in equilibrium.
//!
//! Energies are in units of J, temperatures in units of J / k_B; K = J / (k_B T) and H = h / (k_B T) are numbers.
//! Keys such as `onsager-1944` stand for entries of the repository's `REFERENCES.md`.
//!
//! ```
//! use ising::{Coupling, Lattice, Request, draw};
//!
//! // 100 independent configurations of the 8 x 8 torus at T = 2.5, by the algorithm that is best there.
//! let (torus, coupling) = (Lattice::square(8)?, Coupling::from_temperature(2.5)?);
//! let request =
//!     Request { count: 100, algorithm: None, field: 0.0, symmetrise: false, least_effective: 90.0 };
//! let drawn = draw(&torus, coupling, &request, 1)?;
//! assert_eq!((drawn.samples.len(), drawn.samples.sites()), (100, 64));
//! println!("{:?}", drawn.quality.summary.energy_per_spin);
//! # Ok::<(), ising::Error>(())
//! ```
//!
//! The weight of a configuration is `exp(K sum_<ij> s_i s_j + H sum_i s_i)`, with K of either sign and, for single spin flips
//! and perfect sampling, a field H.
//!
//! | algorithm | what it is | where it is best |
//! | --- | --- | --- |
//! | `transfer` | exact draws row by row; rings, and tori up to 12 wide | wherever it can |
//! | `multispin` | 512 replicas a word, each with random bits of its own: Metropolis, or heat bath by `Multispin::heat_bath` | T >= T_c up to L of 48 or a correlation length of 8 |
//! | `swendsen-wang` | all clusters, of both signs of K | below T_c, and above L = 48 at T_c |
//! | `wolff` | one cluster at a time | many draws of one chain at T_c; symmetrise them |
//! | `perfect` | coupling from the past: exact draws at any size | when a proof is wanted and transfer matrices end |
//! | `heat-bath`, `metropolis` | one spin after the other: in sequence, by checkerboard or at random; at random sites | to compare with |
//!
//! `Algorithm::best` chooses. `Checkerboard` is multispin coding of one large torus, 64 sites a word. `chain` runs one chain
//! on a schedule of yours, unjudged. `Summary` has the means of a set and what follows from them, each with an error that knows
//! the autocorrelation time.
//!
//! # Small and odd sides
//!
//! - **Side 2**: the neighbours on both sides are one site, and both bonds count. A ring of two has the weight `e^{2K s s'}`,
//!   as the closed form `(2 cosh K)^M + (2 sinh K)^M` of its partition function says.
//! - **Side 1**: a site is its own neighbour. Its bond is the constant -1 in the energy (in units of J) and pulls at no spin: a
//!   torus of 1 x L draws what the ring of L does, and a lattice of one site is a free spin.
//! - **Odd sides with K < 0**: the antiferromagnet is frustrated, unless the side is 1. Heat bath and Metropolis draw it at any
//!   finite K, and rings are drawn exactly also at T = 0, where one of N bonds is broken. Of such tori there are no exact draws
//!   and none at T = 0: `Error::Frustrated`.
//! - **T = 0** is a ground state, each with the same probability; **T = infinity** (K = 0) is a coin for every spin.

#![warn(clippy::disallowed_methods)]

mod algorithm;
mod bernoulli;
mod chain;
mod complete;
mod configurations;
mod coupling;
mod draw;
mod ensemble;
mod error;
mod lattice;
mod lattice_bits;
mod observe;
mod replica_bits;
mod sampler;
mod samples;
mod spins;

pub use algorithm::Algorithm;
pub use chain::{Schedule, chain, run};
pub use complete::complete_graph;
pub use configurations::Configurations;
pub use coupling::Coupling;
pub use draw::{Drawn, Quality, Request, draw};
pub use error::Error;
pub use lattice::Lattice;
pub use lattice_bits::LatticeBits;
pub use observe::{
    Summary, Thermodynamics, correlations, energies, energy_per_spin, magnetisation,
    magnetisations, structure_factors,
};
pub use replica_bits::ReplicaBits;
pub use sampler::checkerboard::Checkerboard;
pub use sampler::heat_bath::{HeatBath, Order};
pub use sampler::metropolis::Metropolis;
pub use sampler::multispin::Multispin;
pub use sampler::perfect::Perfect;
pub use sampler::swendsen_wang::{SwendsenWang, improved_m2, improved_m4};
pub use sampler::torus_transfer::TorusTransfer;
pub use sampler::transfer::RingTransfer;
pub use sampler::wolff::Wolff;
pub use sampler::{Sampler, Sweep};
pub use samples::Samples;
pub use spins::Spins;
