//! Experiments on the square lattice: flows, thermometers, and what RBMs reproduce of it.

pub(crate) mod flow_controls;
pub(crate) mod flow_explained;
pub(crate) mod flow_field;
pub(crate) mod flow_large;
pub(crate) mod flow_square;
pub(crate) mod thermodynamics;
pub(crate) mod thermometer;
mod thermometers;
mod torus;
