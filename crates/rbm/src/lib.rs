//! Restricted Boltzmann machines of +-1 units.
//!
//! `p(v, h) = exp(b v + c h + v W h) / Z` (thesis (26)-(27)) for M visible and N hidden units. W is `[visible, hidden]`, a
//! batch is `[unit, sample]`: one column a sample. One whose rows are not the units of its layer is an error or, where a
//! function returns none, a panic. Parameters are f32, sums over states f64; energies are in units of k_B T, which is in
//! the parameters; logarithms are natural.
//!
//! The thesis is `ter-hoeve-2018`; keys such as this one stand for entries of the repository's `REFERENCES.md`.
//!
//! ```
//! use nalgebra::DMatrix;
//! use rbm::{TrainConfig, Trainer, partition, train};
//! use std::ops::ControlFlow;
//!
//! // Two aligned spins, up or down: the RBM learns that they agree.
//! let data = DMatrix::from_fn(2, 100, |_, sample| if sample % 2 == 0 { 1.0 } else { -1.0 });
//! let config = TrainConfig { initial_std: 0.1, biases: false, ..TrainConfig::cd(1, 10, 0.1, 1) };
//! let mut trainer = Trainer::new(config, 2, 1)?;
//! train(&mut trainer, &data, 50, |_| ControlFlow::Continue(()))?;
//! let probabilities = partition::visible_probabilities(trainer.rbm())?;
//! assert!(probabilities[0b00] + probabilities[0b11] > 0.9);
//! # Ok::<(), rbm::Error>(())
//! ```

#![warn(clippy::disallowed_methods)]

pub mod ais;
mod binary;
pub mod boltzmann;
mod config;
pub mod couplings;
mod error;
pub mod features;
pub mod file;
mod gibbs;
pub mod gradient;
pub mod hopfield;
pub mod metropolis;
mod model;
pub mod observables;
mod optimiser;
pub mod partition;
pub mod score;
mod sharing;
pub mod stack;
mod states;
mod tasks;
mod tempering;
mod train;
mod walsh;

pub use config::{GradientEstimator, TrainConfig};
pub use error::Error;
pub use gibbs::Walk;
pub use model::Rbm;
pub use optimiser::{Optimiser, Schedule};
pub use sharing::WeightSharing;
pub use train::{Progress, Scratch, Trainer, train};
