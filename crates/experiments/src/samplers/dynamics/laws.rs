//! The laws that are fitted to autocorrelation times: powers of L, logarithms of L, straight lines in the specific heat.

use super::fits::Datum;
use anyhow::Result;
use exact::square::critical_coupling;
use exact::torus::kaufman;
use stats::Estimate;

/// `tau = A L^z` as a line in ln L: the slope is z.
pub(super) fn power(times: &[(usize, Estimate)]) -> Vec<Datum> {
    let datum = |&(side, tau): &(usize, Estimate)| {
        let (x, y) = ((side as f64).ln(), tau.mean.ln());
        Datum { side, x, y, error: tau.error / tau.mean }
    };
    times.iter().map(datum).collect()
}

/// `tau = A + B ln L`: the slope is B.
pub(super) fn logarithm(times: &[(usize, Estimate)]) -> Vec<Datum> {
    let datum = |&(side, tau): &(usize, Estimate)| {
        let Estimate { mean, error, .. } = tau;
        Datum { side, x: (side as f64).ln(), y: mean, error }
    };
    times.iter().map(datum).collect()
}

/// `tau = A + B C(L)` with the exact specific heat C, which grows like ln L.
pub(super) fn heat(times: &[(usize, Estimate)]) -> Result<Vec<Datum>> {
    let mut data = logarithm(times);
    for datum in &mut data {
        datum.x = specific_heat(datum.side)?;
    }
    Ok(data)
}

/// Specific heat per spin of the L x L torus at T_c, k_B (`kaufman-1949`).
pub(super) fn specific_heat(side: usize) -> Result<f64> {
    Ok(kaufman(side, side, critical_coupling())?.specific_heat)
}

/// Times over the specific heat.
pub(super) fn over_heat(times: &[(usize, Estimate)]) -> Result<Vec<(usize, Estimate)>> {
    let ratio = |&(side, tau): &(usize, Estimate)| {
        let heat = specific_heat(side)?;
        Ok((side, Estimate { mean: tau.mean / heat, error: tau.error / heat, ..tau }))
    };
    times.iter().map(ratio).collect()
}
