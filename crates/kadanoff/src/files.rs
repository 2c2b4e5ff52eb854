//! Files that verbs read and write: arrays of numpy, configurations, RBMs, thermometers.

pub(crate) mod configurations;
mod npy;
pub(crate) mod npz;
pub(crate) mod rbm;
pub(crate) mod thermometer;
