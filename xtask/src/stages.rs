//! The stages that experiments are made of: draw, train, calibrate, flow, descend.

mod descents;
mod flows;
mod samples;
mod training;

pub(crate) use descents::{Descend, Descent, Target, best, reached};
pub(crate) use flows::{FlowSteps, RunFlow};
pub(crate) use samples::{DrawSamples, Shape};
pub(crate) use training::{Data, anneal_rbm, calibrate, train_rbm};
