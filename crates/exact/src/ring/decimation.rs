//! Decimation of the ring: the exact renormalization group of one dimension, by any factor.

use super::SATURATION;
use crate::logs::{ln_2cosh, ln_cosh};
use std::f64::consts::LN_2;

/// One step of the renormalization group, `tanh K' = tanh^2 K`, thesis (48): every second spin is summed over.
///
/// Computed as `K' = ln(cosh 2K) / 2`, which neither cancels at small nor overflows at large K. `K < 0` maps to
/// `K' > 0`: decimation by two erases the sign. Infinity is a fixed point.
///
/// ```
/// let k = exact::ring::decimate(1.0);
/// assert!((k.tanh() - 1f64.tanh().powi(2)).abs() < 1e-15);
/// ```
pub fn decimate(coupling: f64) -> f64 {
    if coupling.is_infinite() { f64::INFINITY } else { 0.5 * ln_cosh(2.0 * coupling) }
}

/// The constant `K0' = ln[2 e^{2 K0} cosh^2 K / cosh K']` per bond, thesis (49), equal to `2 K0 + ln(4 cosh 2K) / 2`.
///
/// With it the partition function of the ring of M/2 spins at (K', K0') is that of the ring of M spins at (K, K0).
pub fn decimate_constant(coupling: f64, constant: f64) -> f64 {
    2.0 * constant + 0.5 * (LN_2 + ln_2cosh(2.0 * coupling))
}

/// Decimation by the factor b, `tanh K' = tanh^b K`: of every b spins one is kept. b = 2 is [`decimate`], thesis (48); for
/// odd b the sign of K stays.
///
/// ```
/// let k = exact::ring::decimate_by(3, -1.0);
/// assert!((k.tanh() - (-1f64).tanh().powi(3)).abs() < 1e-15);
/// ```
pub fn decimate_by(factor: u32, coupling: f64) -> f64 {
    if factor.is_multiple_of(2) && coupling < 0.0 {
        return decimate_by(factor, -coupling);
    }
    if coupling.is_infinite() {
        return coupling;
    }
    if coupling.abs() > SATURATION {
        // 1 - tanh^b K = 2b e^{-2K}, which underflows sooner than K' does anything new.
        return (coupling.abs() - 0.5 * f64::from(factor).ln()).copysign(coupling);
    }
    let ln_u = f64::from(factor) * ln_tanh(coupling.abs());
    let u = ln_u.exp();
    // artanh u; 1 - u would cancel at large K.
    let size = if u < 0.5 {
        0.5 * (2.0 * u / (1.0 - u)).ln_1p()
    } else {
        0.5 * (u.ln_1p() - (-ln_u.exp_m1()).ln())
    };
    size.copysign(coupling)
}

/// The constant per bond after decimation by b: `K0' = b (K0 + ln 2 cosh K) - ln 2 + ln(1 - tanh^{2b} K) / 2`.
///
/// With it the partition function of the ring of M/b spins at (K', K0') is that of the ring of M spins at (K, K0); b = 2
/// is [`decimate_constant`], thesis (49).
pub fn decimate_constant_by(factor: u32, coupling: f64, constant: f64) -> f64 {
    let b = f64::from(factor);
    let k = coupling.abs();
    if k > SATURATION {
        // 1 - tanh^{2b} K = 4b e^{-2K}.
        return b * constant + (b - 1.0) * k + 0.5 * b.ln();
    }
    let ln_u = b * ln_tanh(k);
    b * (constant + ln_2cosh(coupling)) - LN_2 + 0.5 * (-(2.0 * ln_u).exp_m1()).ln()
}

/// `ln tanh K` for K >= 0, without cancellation at large K.
pub(super) fn ln_tanh(k: f64) -> f64 {
    if k < 1.0 { k.tanh().ln() } else { (-2.0 / ((2.0 * k).exp() + 1.0)).ln_1p() }
}
