//! Experiments on the Ising ring, where nearly everything is exact.

pub(crate) mod decimation;
pub(crate) mod decimation_theorem;
pub(crate) mod flow_ring;
pub(crate) mod rings;
pub(crate) mod temperature_ranges;
pub(crate) mod variational_rg;
pub(crate) mod weight_of_coupling;
