//! `exact minimum`: the best RBM of free weights for a ring.

use super::print::Value::{Missing, Number};
use super::print::Values;
use super::rbm::rows;
use super::refused;
use crate::values::{coupling, seed, whole};
use anyhow::Result;
use clap::Args;
use exact::decimation::{HiddenCoupling, hidden_coupling};
use exact::enumerate::MAX_UNITS;
use exact::{Rbm64, Ring, symmetric};
use experiments::stages::{self, Descend, Target};
use lab::input::BadInput;

/// Of free weights: a descent keeps their inverse Hessian.
const MAX_WEIGHTS: usize = 128;
/// The standard deviation of the weights at the start, as the help says.
const INITIAL_STD: f64 = 0.5;

#[derive(Debug, Args)]
pub(super) struct Minimum {
    /// The number of visible units M, from 2 to 14.
    #[arg(long, value_name = "M", allow_hyphen_values = true, value_parser = whole(2, 14))]
    visible: usize,
    /// The number of hidden units N, from 1 to 64; M N is at most 128.
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = whole(1, MAX_WEIGHTS / 2))]
    hidden: usize,
    /// K of the ring.
    #[arg(long, value_name = "K", allow_hyphen_values = true, value_parser = coupling)]
    coupling: f64,
    /// The number of descents, from 1 to 100000. One takes milliseconds at M = 8 and some seconds at M = 14.
    #[arg(long, value_name = "S", allow_hyphen_values = true, value_parser = whole(1, 100_000))]
    starts: usize,
    /// The seed from which every random number comes; starts are normal with standard deviation 0.5.
    #[arg(long, value_name = "s", allow_hyphen_values = true, value_parser = seed)]
    seed: u64,
}

pub(super) fn values(options: &Minimum) -> Result<Values> {
    let (sites, hidden, coupling) = (options.visible, options.hidden, options.coupling);
    let count = sites * hidden;
    if count > MAX_WEIGHTS {
        let sentence = format!(
            "--visible {sites} times --hidden {hidden} is {count}, but must be at most {MAX_WEIGHTS}"
        );
        return Err(BadInput(sentence).into());
    }
    let option = || refused(format!("--coupling {coupling:?}"));
    let ring = Ring::new(sites, coupling).map_err(option())?;
    let equal = symmetric::best_weight(&ring.into(), hidden).map_err(option())?;
    let target = Target::Ring { sites, coupling };
    let starts = options.starts as u64;
    let descend = Descend { target, hidden, starts, initial_std: INITIAL_STD, seed: options.seed };
    let descents = descend.descend(|_| ()).map_err(option())?;
    let best = stages::best(&descents)?;
    let share = stages::reached(&descents)?.len() as f64 / descents.len() as f64;
    let rbm = Rbm64::without_biases(best.weights.clone()).map_err(option())?;
    let renormalised = match hidden {
        2..=MAX_UNITS => Some(hidden_coupling(&rbm).map_err(refused("--hidden"))?),
        _ => None,
    };
    let of_hidden = |of: fn(&HiddenCoupling) -> f64| {
        renormalised.as_ref().map_or(Missing, |hidden| Number(of(hidden)))
    };
    Ok(vec![
        ("kl_best", Number(best.kl)),
        ("kl_uniform", Number(symmetric::kl(&ring.into(), hidden, equal))),
        ("fraction_reaching_best", Number(share)),
        ("weights", rows(&best.weights)),
        ("hidden_coupling", of_hidden(|hidden| hidden.coupling)),
        ("hidden_spread", of_hidden(|hidden| hidden.spread)),
        ("hidden_largest_other", of_hidden(|hidden| hidden.largest_other)),
    ])
}
