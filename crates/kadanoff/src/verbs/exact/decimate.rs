//! `exact decimate`: couplings and constants along the renormalization group of the ring.

use super::print::Value::List;
use super::print::Values;
use crate::values::{coupling, finite, whole};
use clap::Args;
use exact::ring;

#[derive(Debug, Args)]
pub(super) struct Decimate {
    /// K at the start, of either sign.
    #[arg(long, value_name = "K", allow_hyphen_values = true, value_parser = coupling)]
    coupling: f64,
    /// The constant K0 per bond at the start; in the list it grows like b^n, and is infinite (null in JSON) beyond 1e308.
    #[arg(long, value_name = "K0", default_value = "0", allow_hyphen_values = true, value_parser = finite)]
    constant: f64,
    /// The factor b: of every b spins one is kept.
    #[arg(long, value_name = "b", default_value = "2", allow_hyphen_values = true, value_parser = factor)]
    factor: u32,
    /// The number of steps n; the lists have n + 1 entries, the first is the start.
    #[arg(long, value_name = "n", allow_hyphen_values = true, value_parser = whole(0, 1_000_000))]
    steps: usize,
}

fn factor(text: &str) -> Result<u32, &'static str> {
    const MAX: u32 = 1_000_000;
    let allowed = text.parse().ok().filter(|factor| (2..=MAX).contains(factor));
    allowed.ok_or("it must be a whole number from 2 to 1000000")
}

pub(super) fn values(options: &Decimate) -> Values {
    let step = |&(coupling, constant): &(f64, f64)| match options.factor {
        // The form of b = 2 needs no logarithm of a small tanh.
        2 => Some((ring::decimate(coupling), ring::decimate_constant(coupling, constant))),
        b => Some((
            ring::decimate_by(b, coupling),
            ring::decimate_constant_by(b, coupling, constant),
        )),
    };
    let flow = std::iter::successors(Some((options.coupling, options.constant)), step);
    let (couplings, constants) = flow.take(options.steps + 1).unzip();
    vec![("couplings", List(couplings)), ("constants", List(constants))]
}
