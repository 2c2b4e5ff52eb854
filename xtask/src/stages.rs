//! The stages that experiments are made of: draw, train, calibrate, flow.

mod flows;
mod samples;
mod training;

pub(crate) use flows::{FlowSteps, RunFlow};
pub(crate) use samples::{DrawSamples, Shape};
pub(crate) use training::{calibrate, train_rbm};
