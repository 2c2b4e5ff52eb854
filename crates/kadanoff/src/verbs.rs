//! The verbs, a file and a folder each, and which of them a command line names.

mod calibrate;
mod evaluate;
mod exact;
mod flow;
mod list;
mod reproduce;
mod sample;
mod settings;
mod train;

use anyhow::Result;
use clap::Subcommand;

/// A verb with its options.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run experiments, write the report, print the claims with their verdicts.
    #[command(after_help = "Example: kadanoff reproduce flow-ring --profile standard --seed 2")]
    Reproduce(reproduce::Reproduce),
    /// List the experiments: what each redoes and how long it takes.
    #[command(after_help = "Example: kadanoff list --profile standard")]
    List(list::List),
    /// Print the settings of an experiment, to be changed and given to `reproduce --settings`.
    #[command(after_help = "Example: kadanoff settings flow-ring > mine.toml")]
    Settings(settings::Settings),
    /// Compute a single quantity exactly, in closed form or by a sum over all states.
    #[command(after_help = "Example: kadanoff exact weight --visible 8 --hidden 4 --coupling 1")]
    Exact(exact::Exact),
    /// Draw configurations in equilibrium into a file for numpy, and say how good they are.
    #[command(
        after_help = "Example: kadanoff sample --lattice square:10 --temperatures 0:6:0.25 --count 1000 --seed 1 --out train.npz"
    )]
    Sample(sample::Sample),
    /// Train a restricted Boltzmann machine on configurations, and say how well it describes them.
    ///
    /// The RBM p(v) = sum over h of exp(b v + c h + v W h) / Z, all units 1 or -1, learns by gradient ascent of its
    /// likelihood. Each epoch takes the samples once, in a new random order, in full batches; what does not fill a batch waits
    /// for another epoch. The same options give the same bytes, at any number of threads. All that is needed to go on is saved
    /// beside the RBM as F.safetensors.run: within the first second, then after ever longer times up to ten seconds, and at
    /// the end.
    #[command(
        after_help = "Example: kadanoff train --data train.npz --hidden 64 --epochs 20 --batch 100 --rate 0.05 --gradient pcd:100:1 --seed 1 --out rbm.safetensors"
    )]
    Train(train::Train),
    /// Judge an RBM by data: likelihood with exact or annealed ln Z, pseudo-likelihood, reconstruction.
    #[command(
        after_help = "Example: kadanoff evaluate --rbm rbm.safetensors --data test.npz --ais-steps 5000"
    )]
    Evaluate(evaluate::Evaluate),
    /// Make thermometers from configurations of known temperature, and test them on others.
    #[command(
        after_help = "Example: kadanoff calibrate --data train.npz --out thermometer.safetensors"
    )]
    Calibrate(calibrate::Calibrate),
    /// Let configurations flow through an RBM, v to h to v', and read the temperature of every step.
    #[command(
        after_help = "Example: kadanoff flow --rbm rbm.safetensors --start train.npz --steps 20 --rule sampled --seed 1 --out flow.npz --thermometer thermometer.safetensors"
    )]
    Flow(flow::Flow),
}

/// Does what a verb says.
///
/// # Errors
/// [`lab::input::BadInput`] where the user can mend it, anything else where the run failed.
pub fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::Reproduce(options) => reproduce::run(options),
        Verb::List(options) => list::run(options),
        Verb::Settings(options) => settings::run(options),
        Verb::Exact(options) => exact::run(options),
        Verb::Sample(options) => sample::run(options),
        Verb::Train(options) => train::run(options),
        Verb::Evaluate(options) => evaluate::run(options),
        Verb::Calibrate(options) => calibrate::run(options),
        Verb::Flow(options) => flow::run(options),
    }
}
