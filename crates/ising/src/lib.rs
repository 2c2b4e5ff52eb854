//! Configurations of the Ising model in equilibrium.
//!
//! The weight of a configuration is `exp(K sum_<ij> s_i s_j + H sum_i s_i)`, spins +-1, `K = J / (k_B T)` of either sign,
//! `H = h / (k_B T)`; boundaries are periodic.
//!
//! ```
//! use ising::{Algorithm, Coupling, Lattice, Schedule, chain};
//!
//! // 100 independent rings of 16 spins at T = 1, drawn exactly.
//! let ring = Lattice::ring(16)?;
//! let coupling = Coupling::from_temperature(1.0)?;
//! let schedule = Schedule { burn_in: 0, stride: 1, draws: 100, symmetrise: false };
//! let samples = chain(&ring, coupling, Algorithm::Transfer, schedule, 1)?;
//! assert_eq!((samples.len(), samples.sites()), (100, 16));
//! # Ok::<(), ising::Error>(())
//! ```

mod algorithm;
mod bernoulli;
mod bits;
mod chain;
mod coupling;
mod draw;
mod ensemble;
mod error;
mod lanes;
mod lattice;
mod observe;
mod plane;
mod sampler;
mod samples;
mod spins;

pub use algorithm::Algorithm;
pub use chain::{Schedule, chain, run};
pub use coupling::Coupling;
pub use draw::{Drawn, Quality, Request, draw};
pub use error::Error;
pub use lanes::Lanes;
pub use lattice::Lattice;
pub use observe::{
    Summary, correlations, energies, energy_per_spin, magnetisation, magnetisations,
    structure_factors,
};
pub use plane::Plane;
pub use sampler::checkerboard::Checkerboard;
pub use sampler::heat_bath::{HeatBath, Order};
pub use sampler::metropolis::Metropolis;
pub use sampler::multispin::Multispin;
pub use sampler::swendsen_wang::SwendsenWang;
pub use sampler::torus_transfer::TorusTransfer;
pub use sampler::transfer::RingTransfer;
pub use sampler::wolff::Wolff;
pub use sampler::{Sampler, Sweep};
pub use samples::Samples;
pub use spins::Spins;
