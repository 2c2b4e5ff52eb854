//! `exact ring`: thermodynamics, moments, distributions and correlations of the Ising ring.

use super::print::Value::{List, Number};
use super::print::Values;
use super::refused;
use crate::values::{MAX_LISTED, MAX_UNITS, coupling_or_inf, whole};
use anyhow::Result;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Ring {
    /// The number of spins M, from 2 to 10000000.
    #[arg(long, value_name = "M", allow_hyphen_values = true, value_parser = whole(2, MAX_UNITS))]
    sites: usize,
    /// K = beta J, of either sign; inf is zero temperature, where ln_z is infinite (null in JSON).
    #[arg(long, value_name = "K", allow_hyphen_values = true, value_parser = coupling_or_inf)]
    coupling: f64,
    /// Also above M = 4096 the lists: p_v (0..M spins up), p_walls (0, 2, .. walls), correlation (distance 0..M-1).
    #[arg(long)]
    full: bool,
}

pub(super) fn values(options: &Ring) -> Result<Values> {
    let ring = exact::Ring::new(options.sites, options.coupling).map_err(refused("--coupling"))?;
    let mut values = vec![
        ("ln_z", Number(ring.ln_z())),
        ("free_energy_per_spin", Number(ring.free_energy_per_spin())),
        ("energy_per_spin", Number(ring.energy_per_spin())),
        ("heat_capacity_per_spin", Number(ring.heat_capacity_per_spin())),
        ("v2", Number(ring.v2())),
        ("v4", Number(ring.v4())),
    ];
    if options.full || options.sites <= MAX_LISTED {
        let correlation = (0..options.sites).map(|r| ring.correlation(r)).collect();
        values.extend([
            ("p_v", List(ring.magnetisation_probabilities())),
            ("p_walls", List(ring.wall_probabilities())),
            ("correlation", List(correlation)),
        ]);
    }
    Ok(values)
}
