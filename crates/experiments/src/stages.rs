//! The stages that experiments are made of: draw, measure, remember, train, calibrate, flow, descend, recall; and times.

mod autocorrelation;
mod checkpoints;
mod descent;
mod descents;
mod equilibrium;
mod flowing;
mod in_field;
mod mean_flow;
mod measurements;
mod moments;
mod own_samples;
mod recalls;
mod relaxation;
mod ring_paths;
mod samples;
mod segments;
mod stationarity;
mod timing;
mod training;
mod trajectory;
mod unstructured;

pub(crate) use autocorrelation::{AutocorrelationTimes, Dynamics, MeasureAutocorrelation};
pub(crate) use checkpoints::Checkpoints;
pub(crate) use descent::GradientDescent;
pub use descents::{Descend, Descent, Target, best, reached};
pub(crate) use equilibrium::{DrawEquilibrium, MeasureCurves};
pub(crate) use flowing::Flowing;
pub(crate) use in_field::DrawInField;
pub(crate) use mean_flow::{MeanFlow, RunMeanFlow};
pub(crate) use measurements::{
    Measure, Measured, Outcome, Sampling, Spacing, SpinFlip, correlated_length,
};
pub(crate) use moments::{ExactMoments, MagnetisationMoments};
pub(crate) use own_samples::{Means, MeasureRbm, Measuring, OfRbm};
pub(crate) use recalls::{NetworkRecalls, Recalls};
pub(crate) use relaxation::{Relax, Relaxation};
pub(crate) use ring_paths::{MeanEnds, RingTrajectory, SampledTrajectory};
pub(crate) use samples::{DrawSamples, Shape};
pub(crate) use segments::train_through;
pub(crate) use stationarity::{
    CheckStationarity, EnergyAndMagnetisation, KlDivergence, MAX_EXACT, MeasureKl, RunMetropolis,
    Stationarity,
};
pub(crate) use timing::{Time, Work};
pub(crate) use training::{Data, TrainRbm, anneal_rbm, calibrate, train_rbm, train_rbm_on};
pub use training::{TRAINING_VERSION, seconds_per_sample};
pub(crate) use trajectory::{Instruments, Step, Trajectory};
pub(crate) use unstructured::{DrawUnstructured, Source};
