//! The stages that experiments are made of: draw, train, calibrate, flow, descend, remember, take time.

mod descents;
mod flows;
mod memory;
mod samples;
mod timing;
mod training;

pub(crate) use descents::{Descend, Descent, Target, best, reached};
pub(crate) use flows::{FlowSteps, RunFlow};
pub(crate) use memory::{Dynamics, Memory, Remember};
pub(crate) use samples::{DrawSamples, Shape};
pub(crate) use timing::{Time, Work};
pub(crate) use training::{Data, anneal_rbm, calibrate, train_rbm};
