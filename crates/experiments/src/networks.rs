//! Experiments on the networks themselves: how they learn, and what they remember.

pub(crate) mod hopfield;
pub(crate) mod learning;
