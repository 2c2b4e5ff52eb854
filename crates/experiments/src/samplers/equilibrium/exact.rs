//! What the tori have exactly: energy and specific heat in closed form, moments of the magnetisation by transfer matrix.

use super::Settings;
use crate::stages::{ExactMoments, OfMagnetisation};
use anyhow::Result;
use exact::torus::kaufman;
use lab::Run;
use std::collections::BTreeMap;

/// A torus at one temperature.
#[derive(Clone, Copy)]
pub(super) struct Exact {
    pub(super) temperature: f64,
    pub(super) energy_per_spin: f64,
    pub(super) specific_heat: f64,
    /// Where the torus is small enough.
    pub(super) moments: Option<OfMagnetisation>,
    /// Probability that a configuration is no ground state, `1 - 2 e^{2NK} / Z`.
    pub(super) excited: f64,
}

/// All tori that anything is compared with, by their sides.
pub(super) fn tori(run: &Run, settings: &Settings) -> Result<BTreeMap<usize, Vec<Exact>>> {
    let sides = settings.sides.iter().chain([&settings.plane.side]);
    sides.map(|&side| Ok((side, torus(run, settings, side)?))).collect()
}

/// The L x L torus at all temperatures.
fn torus(run: &Run, settings: &Settings, side: usize) -> Result<Vec<Exact>> {
    let temperatures = &settings.temperatures;
    let moments = match side <= settings.moments_up_to {
        true => run.store.get(&ExactMoments { side, temperatures })?.value,
        false => Vec::new(),
    };
    let at = |(index, &temperature): (usize, &f64)| {
        let k = temperature.recip();
        let torus = kaufman(side, side, k)?;
        let above = 2.0 * (side * side) as f64 * k + std::f64::consts::LN_2 - torus.ln_z;
        Ok(Exact {
            temperature,
            energy_per_spin: torus.energy_per_spin,
            specific_heat: torus.specific_heat,
            moments: moments.get(index).copied(),
            // At zero temperature infinity minus infinity; rounding may leave a sign.
            excited: if temperature == 0.0 { 0.0 } else { (-above.exp_m1()).max(0.0) },
        })
    };
    temperatures.iter().enumerate().map(at).collect()
}
