//! `exact weight`, `partition` and `threshold`: the RBM with equal weights.

use super::print::Value::{List, Number};
use super::print::Values;
use super::refused;
use crate::values::{MAX_UNITS, coupling_or_inf, range, temperature, whole};
use anyhow::Result;
use clap::Args;
use exact::{Mixture, Ring, symmetric};
use lab::input::BadInput;

/// The most visible units of an RBM trained on a range.
const MAX_OF_RANGE: usize = 1_000_000;

#[derive(Debug, Args)]
pub(super) struct Layers {
    /// The number of visible units M, from 2 to 10000000.
    #[arg(long, value_name = "M", allow_hyphen_values = true, value_parser = whole(2, MAX_UNITS))]
    visible: usize,
    /// The number of hidden units N, from 1 to 10000000.
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = whole(1, MAX_UNITS))]
    hidden: usize,
}

#[derive(Debug, Args)]
pub(super) struct Weight {
    #[command(flatten)]
    layers: Layers,
    #[command(flatten)]
    data: Data,
}

/// The training set: rings of M spins.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Data {
    /// Rings at one K, of either sign; at inf, zero temperature, weight and gain are infinite (null in JSON).
    #[arg(long, value_name = "K", allow_hyphen_values = true, value_parser = coupling_or_inf)]
    coupling: Option<f64>,
    /// Rings at all temperatures from T1 to T2, 0 <= T1 < T2.
    #[arg(long, value_name = "T1,T2", allow_hyphen_values = true, value_parser = range)]
    range: Option<(f64, f64)>,
    /// Equal numbers of rings at each of these temperatures; 0 and inf are allowed.
    #[arg(long, value_name = "T,T,..", allow_hyphen_values = true, value_delimiter = ',', value_parser = temperature)]
    temperatures: Option<Vec<f64>>,
}

impl Data {
    /// The training set, and the option that it came from.
    fn mixture(&self, sites: usize) -> Result<(Mixture, String), BadInput> {
        let (mixture, option) = match (self.coupling, self.range, &self.temperatures) {
            (Some(k), _, _) => {
                (Ring::new(sites, k).map(Mixture::from), format!("--coupling {k:?}"))
            }
            (_, Some(_), _) if sites > MAX_OF_RANGE => {
                let sentence = format!(
                    "--visible is {sites}, but must be at most {MAX_OF_RANGE} with --range, which takes hundreds of temperatures"
                );
                return Err(BadInput(sentence));
            }
            (_, Some((low, high)), _) => {
                (Mixture::range(sites, low, high), format!("--range {low:?},{high:?}"))
            }
            (_, _, temperatures) => {
                let temperatures = temperatures.as_deref().unwrap_or_default();
                (Mixture::of_temperatures(sites, temperatures), "--temperatures".to_owned())
            }
        };
        Ok((mixture.map_err(refused(&option))?, option))
    }
}

pub(super) fn weight(options: &Weight) -> Result<Values> {
    let Layers { visible, hidden } = options.layers;
    let (data, option) = options.data.mixture(visible)?;
    let weight = symmetric::best_weight(&data, hidden).map_err(refused(option))?;
    Ok(vec![
        ("weight", Number(weight)),
        ("kl", Number(symmetric::kl(&data, hidden, weight))),
        ("gain", Number(symmetric::gain(visible, hidden, weight))),
        ("fixed_point", Number(symmetric::mean_fixed_point(visible, hidden, weight))),
    ])
}

#[derive(Debug, Args)]
pub(super) struct Partition {
    #[command(flatten)]
    layers: Layers,
    /// W, of either sign; at inf, ln_z is infinite (null in JSON).
    #[arg(long, value_name = "W", allow_hyphen_values = true, value_parser = coupling_or_inf)]
    weight: f64,
}

pub(super) fn partition(options: &Partition) -> Values {
    let Layers { visible, hidden } = options.layers;
    let w = options.weight;
    let p_v = symmetric::visible_sum_probabilities(visible, hidden, w);
    let (v2, pair) = (symmetric::second_moment(&p_v), symmetric::pair_correlation(&p_v));
    vec![
        ("ln_z", Number(symmetric::ln_z(visible, hidden, w))),
        ("dln_z_dw", Number(symmetric::ln_z_slope(visible, hidden, w))),
        ("p_v", List(p_v)),
        ("p_h", List(symmetric::visible_sum_probabilities(hidden, visible, w))),
        ("v2", Number(v2)),
        ("neighbour_correlation", Number(pair)),
    ]
}

#[derive(Debug, Args)]
pub(super) struct Threshold {
    #[command(flatten)]
    layers: Layers,
}

pub(super) fn threshold(options: &Threshold) -> Result<Values> {
    let Layers { visible, hidden } = options.layers;
    let option = format!("--visible {visible} --hidden {hidden}");
    let coupling = symmetric::critical_coupling(visible, hidden).map_err(refused(option))?;
    // There N M W^2 = 1.
    let weight = (visible as f64 * hidden as f64).sqrt().recip();
    Ok(vec![("coupling", Number(coupling)), ("weight", Number(weight))])
}
