//! The RBM flow v -> h -> v', and five thermometers that read it.
//!
//! Ensembles are `[visible, sample]`: one column a sample. Temperatures are in units of J / k_B, energies in units of J.
//! The thesis is `ter-hoeve-2018`; keys such as this one stand for entries of the repository's `REFERENCES.md`.
//!
//! ```
//! use flow::{Flow, Rule};
//! use nalgebra::DMatrix;
//! use rbm::Rbm;
//!
//! // Equal weights above the bifurcation N M W^2 = 1: the deterministic flow aligns 3 spins up of 4.
//! let rbm = Rbm::uniform(4, 2, 0.6);
//! let start = DMatrix::from_column_slice(4, 1, &[1.0, 1.0, 1.0, -1.0]);
//! let flow = Flow { rbm: &rbm, rule: Rule::Mean };
//! let end = flow.run(start, 50, &mut stats::stream(1, "example", 0), |_, _| ());
//! let fixed_point = exact::symmetric::mean_fixed_point(4, 2, 0.6);
//! assert!(end.iter().all(|&v| (f64::from(v) - fixed_point).abs() < 1e-5));
//! ```

#![warn(clippy::disallowed_methods)]

pub mod basins;
pub mod chain;
mod error;
pub mod fixed_point;
pub mod freezing;
pub mod mean;
pub mod observables;
mod rule;
mod thermometer;

pub use error::Error;
pub use rule::{Flow, Rule};
pub use thermometer::{
    Calibration, FieldReadings, Fit, IsingCurves, NetworkReading, NetworkThermometer, Reading,
    Readings, Thermometers, Verdict, read_in_field,
};
