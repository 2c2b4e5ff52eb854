//! A small dense classifier: tanh layers, softmax over classes, cross-entropy, Adam.
//!
//! A batch is `[unit, sample]`: one column a sample. Parameters are f32, the loss is f64, in nats.
//! Keys such as `lecun-1998` stand for entries of the repository's `REFERENCES.md`.
//!
//! ```
//! use nalgebra::DMatrix;
//! use nn::{Trainer, TrainConfig, train};
//! use rand::SeedableRng;
//!
//! // Exclusive or.
//! let inputs = DMatrix::from_column_slice(2, 4, &[-1., -1., -1., 1., 1., -1., 1., 1.]);
//! let classes = [0, 1, 1, 0];
//! let config = TrainConfig { hidden: vec![8], batch: 4, learning_rate: 0.05 };
//! let mut trainer = Trainer::new(config, 2, 2, rand_pcg::Pcg64::seed_from_u64(1))?;
//! train(&mut trainer, &inputs, &classes, 200, |_| std::ops::ControlFlow::Continue(()))?;
//! assert!(trainer.network().probabilities(&inputs)[(1, 1)] > 0.9);
//! # Ok::<(), nn::Error>(())
//! ```

#![warn(clippy::disallowed_methods)]

mod backward;
mod error;
mod network;
mod train;

pub use backward::{Gradient, loss_and_gradient};
pub use error::Error;
pub use network::{Dense, Network};
pub use train::{Epoch, TrainConfig, Trainer, train};
