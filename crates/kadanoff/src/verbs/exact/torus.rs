//! `exact torus`: the square lattice with periodic boundaries.

use super::print::Value::Number;
use super::print::Values;
use super::refused;
use crate::values::{temperature, whole};
use anyhow::Result;
use clap::Args;
use exact::transfer::{Moments, magnetisation_probabilities};

/// The largest side whose magnetisation is enumerated; L = 11 and 12 take seconds and more.
const MAX_COUNTED: usize = 10;

#[derive(Debug, Args)]
pub(super) struct Torus {
    /// The side L, from 1 to 1024; moments of the magnetisation (abs_m, m2, m4, binder) up to L = 10.
    #[arg(long, value_name = "L", allow_hyphen_values = true, value_parser = whole(1, 1024))]
    side: usize,
    /// T in units of J / k_B, from 0, where ln_z is infinite (null in JSON), to inf.
    #[arg(long, value_name = "T", allow_hyphen_values = true, value_parser = temperature)]
    temperature: f64,
}

pub(super) fn values(options: &Torus) -> Result<Values> {
    let (side, coupling) = (options.side, options.temperature.recip());
    let option = || refused(format!("--temperature {:?}", options.temperature));
    let torus = exact::torus::kaufman(side, side, coupling).map_err(option())?;
    let mut values = vec![
        ("ln_z", Number(torus.ln_z)),
        ("energy_per_spin", Number(torus.energy_per_spin)),
        ("specific_heat", Number(torus.specific_heat)),
    ];
    if side <= MAX_COUNTED {
        let p = magnetisation_probabilities(side, coupling).map_err(option())?;
        let moments = Moments::of(&p);
        values.extend([
            ("abs_m", Number(moments.abs_m)),
            ("m2", Number(moments.m2)),
            ("m4", Number(moments.m4)),
            ("binder", Number(moments.binder())),
        ]);
    }
    Ok(values)
}
