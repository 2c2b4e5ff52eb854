//! `exact`: quantities known exactly, each a function from options to named values; text and JSON are made of those.

mod decimation;
mod equal;
mod flow;
mod machine;
mod machine_file;
mod minimum;
mod print;
mod ring;
mod torus;

use anyhow::Result;
use clap::{Args, Subcommand};
use lab::input::BadInput;
use print::Values;
use std::fmt::Display;

#[derive(Args)]
// Without a quantity: the sentence that names them, as for any wrong input, instead of the help.
#[command(arg_required_else_help = false)]
pub(crate) struct Exact {
    #[command(subcommand)]
    quantity: Quantity,
    /// Print one JSON document in full precision; a value that is not finite is null.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Quantity {
    /// The Ising ring: thermodynamics, moments, distributions, correlations.
    #[command(after_help = "Example: cargo xtask exact ring --sites 8 --coupling 1")]
    Ring(ring::Ring),
    /// The renormalization group of the ring: every b-th spin is kept, again and again.
    #[command(after_help = "Example: cargo xtask exact decimate --coupling 1 --steps 5")]
    Decimate(decimation::Decimate),
    /// The best weight of the machine with equal weights, trained on rings.
    #[command(after_help = "Example: cargo xtask exact weight --visible 8 --hidden 4 --coupling 1")]
    Weight(equal::Weight),
    /// The machine with equal weights: partition function and distributions of its two sums.
    #[command(
        after_help = "Example: cargo xtask exact partition --visible 8 --hidden 4 --weight 0.3"
    )]
    Partition(equal::Partition),
    /// The training coupling K_c above which the deterministic flow of the trained machine orders.
    #[command(after_help = "Example: cargo xtask exact threshold --visible 8 --hidden 4")]
    Threshold(equal::Threshold),
    /// The sampled flow of rings through the trained machine with equal weights, exact at each step.
    #[command(
        after_help = "Example: cargo xtask exact flow --visible 8 --hidden 4 --train-coupling 1 --start-coupling 0.25 --steps 10"
    )]
    Flow(flow::Flow),
    /// The Ising model on the L x L torus, J = k_B = 1.
    #[command(after_help = "Example: cargo xtask exact torus --side 8 --temperature 2.269")]
    Torus(torus::Torus),
    /// A machine of any weights from a file: ln Z, p(v) and means by sums over all states.
    #[command(after_help = "Example: cargo xtask exact rbm --file machine.json")]
    Rbm(machine::Rbm),
    /// The best machine of free weights for a ring: the lowest of descents from random starts.
    ///
    /// A descent starts from weights drawn from a normal distribution of mean 0 and standard deviation 0.5 and follows the
    /// exact divergence, for 20000 steps at most. fraction_reaching_best is the share of descents within 1e-6 nats of the
    /// lowest, kl_uniform the divergence of the best equal weights, hidden_coupling K' of the hidden layer read as a ring:
    /// the mean of its N strongest pair couplings (half of the one for N = 2), with hidden_spread, the largest of them minus
    /// the smallest, and hidden_largest_other, the largest coupling of any order that is not among them: where these are not
    /// small the layer is no ring. None (null in JSON) for a single hidden unit and above 24.
    #[command(
        after_help = "Example: cargo xtask exact minimum --visible 8 --hidden 4 --coupling 1 --starts 20 --seed 1"
    )]
    Minimum(minimum::Minimum),
}

/// Computes and prints a quantity; nothing is printed unless all of it is known.
pub(crate) fn run(flags: &Exact) -> Result<()> {
    let values = values(&flags.quantity)?;
    crate::say(&if flags.json { print::json(&values)? } else { print::text(&values) })
}

fn values(quantity: &Quantity) -> Result<Values> {
    match quantity {
        Quantity::Ring(flags) => ring::values(flags),
        Quantity::Decimate(flags) => Ok(decimation::values(flags)),
        Quantity::Weight(flags) => equal::weight(flags),
        Quantity::Partition(flags) => Ok(equal::partition(flags)),
        Quantity::Threshold(flags) => equal::threshold(flags),
        Quantity::Flow(flags) => flow::values(flags),
        Quantity::Torus(flags) => torus::values(flags),
        Quantity::Rbm(flags) => machine::values(flags),
        Quantity::Minimum(flags) => minimum::values(flags),
    }
}

/// What the library refuses is the user's to mend: its sentence after the option or the file that it concerns.
fn refused(concerns: impl Display) -> impl FnOnce(exact::Error) -> BadInput {
    move |error| BadInput(format!("{concerns}: {error}"))
}
