//! Experiments on the samplers themselves: equilibrium and dynamics.

pub(crate) mod dynamics;
pub(crate) mod equilibrium;
