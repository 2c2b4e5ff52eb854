//! Observables of one configuration.

use crate::Lattice;

/// Energy per spin in units of J, `-(1/N) sum_<ij> s_i s_j`.
///
/// # Panics
/// When `spins` is shorter than the lattice.
pub fn energy_per_spin(lattice: &Lattice, spins: &[i8]) -> f64 {
    let twice: i64 = (0..lattice.sites())
        .map(|i| i64::from(spins[i]) * i64::from(lattice.field(spins, i)))
        .sum();
    -0.5 * twice as f64 / lattice.sites() as f64
}

/// Magnetisation per spin, `(1/N) sum s_i`.
pub fn magnetisation(spins: &[i8]) -> f64 {
    spins.iter().map(|&s| f64::from(s)).sum::<f64>() / spins.len() as f64
}
