//! The infinite square lattice: its critical point.

/// Critical coupling `K_c = ln(1 + sqrt 2) / 2` (`onsager-1944`).
///
/// ```
/// assert!((exact::square::critical_coupling() - 0.440686793509772).abs() < 1e-14);
/// ```
pub fn critical_coupling() -> f64 {
    0.5 * 2f64.sqrt().ln_1p()
}

/// Critical temperature `T_c = 2 / ln(1 + sqrt 2)` in units of `J / k_B` (`onsager-1944`).
///
/// ```
/// assert!((exact::square::critical_temperature() - 2.269185314213022).abs() < 1e-14);
/// ```
pub fn critical_temperature() -> f64 {
    critical_coupling().recip()
}
