//! Numbered random streams, and estimates whose errors account for autocorrelation.
//!
//! Keys such as `madras-sokal-1988` stand for entries of the repository's `REFERENCES.md`.
//!
//! ```
//! use rand::RngExt;
//!
//! let mut rng = stats::stream(1, "coin", 0);
//! let tosses: Vec<f64> = (0..4000).map(|_| f64::from(rng.random::<bool>())).collect();
//! let heads = stats::Estimate::from_series(&tosses);
//! assert!((heads.mean - 0.5).abs() < 4.0 * heads.error);
//! assert!((heads.tau - 0.5).abs() < 0.2); // independent draws: tau_int = 1/2
//! ```

#![warn(clippy::disallowed_methods)]

mod arithmetic;
mod autocorrelation;
mod bits;
mod bootstrap;
mod estimate;
mod groups;
mod jackknife;
mod limit;
mod line;
mod r_hat;
mod stream;
pub mod tails;
mod text;

pub use autocorrelation::{Autocorrelation, autocorrelation};
pub use bits::{Bits, Word};
pub use bootstrap::bootstrap_error;
pub use estimate::Estimate;
pub use groups::{WithinGroups, within_groups};
pub use jackknife::jackknife;
pub use limit::{PowerLimit, line_in_power, power_limit};
pub use line::{Line, falls_below, weighted_line};
pub use r_hat::r_hat;
/// The generator of all of kadanoff, PCG XSL 128/64: what the random functions of every crate take.
pub use rand_pcg::Pcg64;
pub use stream::{child_seed, stream};
pub use text::{exact_text, measured_text};
