//! The verb `exact`: quantities known exactly, each a function from options to named values; text and JSON are made of those.

mod decimate;
mod equal_weight;
mod flow;
mod minimum;
mod print;
mod rbm;
mod rbm_file;
mod ring;
mod torus;

use crate::terminal;
use anyhow::Result;
use clap::{Args, Subcommand};
use lab::input::BadInput;
use print::Values;
use std::fmt::Display;

#[derive(Debug, Args)]
// Without a quantity: the sentence that names them, as for any wrong input, instead of the help.
#[command(arg_required_else_help = false)]
pub struct Exact {
    #[command(subcommand)]
    quantity: Quantity,
    /// Print one JSON document in full precision; a value that is not finite is null.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Quantity {
    /// The Ising ring: thermodynamics, moments, distributions, correlations.
    #[command(after_help = "Example: kadanoff exact ring --sites 8 --coupling 1")]
    Ring(ring::Ring),
    /// The renormalization group of the ring: every b-th spin is kept, again and again.
    #[command(after_help = "Example: kadanoff exact decimate --coupling 1 --steps 5")]
    Decimate(decimate::Decimate),
    /// The best weight of the RBM with equal weights, trained on rings.
    #[command(after_help = "Example: kadanoff exact weight --visible 8 --hidden 4 --coupling 1")]
    Weight(equal_weight::Weight),
    /// The RBM with equal weights: partition function and distributions of its two sums.
    #[command(after_help = "Example: kadanoff exact partition --visible 8 --hidden 4 --weight 0.3")]
    Partition(equal_weight::Partition),
    /// The training coupling K_c above which the deterministic flow of the trained RBM orders.
    #[command(after_help = "Example: kadanoff exact threshold --visible 8 --hidden 4")]
    Threshold(equal_weight::Threshold),
    /// The sampled flow of rings through the trained RBM with equal weights, exact at each step.
    #[command(
        after_help = "Example: kadanoff exact flow --visible 8 --hidden 4 --train-coupling 1 --start-coupling 0.25 --steps 10"
    )]
    Flow(flow::Flow),
    /// The Ising model on the L x L torus, J = k_B = 1.
    #[command(after_help = "Example: kadanoff exact torus --side 8 --temperature 2.269")]
    Torus(torus::Torus),
    /// An RBM of any weights from a file: ln Z, p(v) and means by sums over all states.
    #[command(after_help = "Example: kadanoff exact rbm --file rbm.json")]
    Rbm(rbm::Rbm),
    /// The best RBM of free weights for a ring: the lowest of descents from random starts.
    ///
    /// A descent starts from weights drawn from a normal distribution of mean 0 and standard deviation 0.5 and follows the
    /// exact divergence, for 20000 steps at most. fraction_reaching_best is the share of descents within 1e-6 nats of the
    /// lowest, kl_uniform the divergence of the best equal weights, hidden_coupling K' of the hidden layer read as a ring:
    /// the mean of its N strongest pair couplings (half of the one for N = 2), with hidden_spread, the largest of them minus
    /// the smallest, and hidden_largest_other, the largest coupling of any order that is not among them: where these are not
    /// small the layer is no ring. None (null in JSON) for a single hidden unit and above 24.
    #[command(
        after_help = "Example: kadanoff exact minimum --visible 8 --hidden 4 --coupling 1 --starts 20 --seed 1"
    )]
    Minimum(minimum::Minimum),
}

/// Computes and prints a quantity; nothing is printed unless all of it is known.
pub(super) fn run(options: &Exact) -> Result<()> {
    let values = values(&options.quantity)?;
    terminal::print(&if options.json { print::json(&values)? } else { print::text(&values) })
}

fn values(quantity: &Quantity) -> Result<Values> {
    match quantity {
        Quantity::Ring(options) => ring::values(options),
        Quantity::Decimate(options) => Ok(decimate::values(options)),
        Quantity::Weight(options) => equal_weight::weight(options),
        Quantity::Partition(options) => Ok(equal_weight::partition(options)),
        Quantity::Threshold(options) => equal_weight::threshold(options),
        Quantity::Flow(options) => flow::values(options),
        Quantity::Torus(options) => torus::values(options),
        Quantity::Rbm(options) => rbm::values(options),
        Quantity::Minimum(options) => minimum::values(options),
    }
}

/// What the library refuses is the user's to mend: its sentence after the option or the file that it concerns.
fn refused(concerns: impl Display) -> impl FnOnce(exact::Error) -> BadInput {
    move |error| BadInput(format!("{concerns}: {error}"))
}
