//! `exact flow`: the sampled flow through the trained RBM with equal weights.

use super::print::Value::{List, Number};
use super::print::Values;
use super::refused;
use crate::values::{coupling, coupling_or_inf, whole};
use anyhow::Result;
use clap::Args;
use exact::symmetric::FlowStep;
use exact::{Ring, symmetric};
use lab::input::BadInput;

/// The kernel is quadratic in the units, its spectrum cubic.
const MAX_UNITS: usize = 2000;
/// Of all steps together: a distribution is kept for each.
const MAX_PROBABILITIES: usize = 50_000_000;

#[derive(Debug, Args)]
pub(super) struct Flow {
    /// The number of visible units M, from 3 to 2000; the spectrum of 2000 takes minutes.
    #[arg(long, value_name = "M", allow_hyphen_values = true, value_parser = whole(3, MAX_UNITS))]
    visible: usize,
    /// The number of hidden units N, from 1 to 2000.
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = whole(1, MAX_UNITS))]
    hidden: usize,
    /// K of the rings on which the RBM was trained.
    #[arg(long, value_name = "K1", allow_hyphen_values = true, value_parser = coupling)]
    train_coupling: f64,
    /// K of the rings that flow; inf is zero temperature. A coupling beyond what can be read is infinite (null in JSON).
    #[arg(long, value_name = "K0", allow_hyphen_values = true, value_parser = coupling_or_inf)]
    start_coupling: f64,
    /// The number of steps n; the lists have n + 1 entries, the first is the start.
    #[arg(long, value_name = "n", allow_hyphen_values = true, value_parser = whole(0, 1_000_000))]
    steps: usize,
}

pub(super) fn values(options: &Flow) -> Result<Values> {
    let (visible, hidden, steps) = (options.visible, options.hidden, options.steps);
    let most = MAX_PROBABILITIES / visible;
    if steps > most {
        let sentence =
            format!("--steps is {steps}, but must be at most {most} with --visible {visible}");
        return Err(BadInput(sentence).into());
    }
    let train = format!("--train-coupling {:?}", options.train_coupling);
    let start = format!("--start-coupling {:?}", options.start_coupling);
    let data = Ring::new(visible, options.train_coupling).map_err(refused(&train))?.into();
    let weight = symmetric::best_weight(&data, hidden).map_err(refused(&train))?;
    let rings = Ring::new(visible, options.start_coupling).map_err(refused(&start))?.into();
    let flow = symmetric::sampled_flow(&rings, hidden, weight, steps)
        .map_err(refused(format!("{train} {start}")))?;
    let spectrum = symmetric::spectrum(visible, hidden, weight).map_err(refused(&train))?;
    let of_steps = |of: fn(&FlowStep) -> f64| List(flow.iter().map(of).collect());
    let eigenvalues = spectrum.modes.iter().map(|mode| mode.eigenvalue).collect();
    Ok(vec![
        ("v2", of_steps(|step| step.v2)),
        ("neighbour_correlation", of_steps(|step| step.neighbour_correlation)),
        ("coupling_from_correlation", of_steps(|step| step.coupling_from_correlation)),
        ("coupling_from_v2", of_steps(|step| step.coupling_from_v2)),
        ("eigenvalues", List(eigenvalues)),
        ("relaxation_time_odd", Number(spectrum.relaxation_time_odd)),
        ("relaxation_time_even", Number(spectrum.relaxation_time_even)),
    ])
}
