//! The few operations in which a network spends its time, on nalgebra's f32 matrices.
//!
//! The code is compiled for several processors and the best is chosen at run time; last bits may therefore differ between
//! processors, never between runs or thread counts on one.
//!
//! ```
//! use linalg::{plain, product, transposed};
//! use nalgebra::dmatrix;
//!
//! let a = dmatrix![1.0_f32, 2.0; 3.0, 4.0];
//! let mut c = nalgebra::DMatrix::zeros(2, 2);
//! product(1.0, transposed(&a), plain(&a), 0.0, &mut c);
//! assert_eq!(c, dmatrix![10.0, 14.0; 14.0, 20.0]);
//! ```

#![warn(clippy::disallowed_methods)]

mod elementwise;
mod free_energy;
mod matmul;

pub use elementwise::{exp, sample_means, sample_units, tanh};
pub use free_energy::{ln_2cosh, sum_ln_2cosh};
pub use matmul::{Factor, plain, product, transposed};
