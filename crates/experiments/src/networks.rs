//! Experiments on the networks themselves: how they learn, and their storage capacity.

pub(crate) mod hopfield;
pub(crate) mod learning;
