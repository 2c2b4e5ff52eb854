//! Magnetisation and energy of units that need not be spins: of real numbers between -1 and 1, such as the mean rule makes.

use ising::Lattice;
use nalgebra::DVectorView;

/// `|m| = |sum_i v_i| / N` of one configuration.
pub fn abs_magnetisation(v: DVectorView<'_, f32>) -> f64 {
    f64::from(v.mean()).abs()
}

/// The energy per spin `-(1/N) sum_<ij> v_i v_j` in units of J, each bond once; of real units that of the product state with
/// these means.
///
/// # Panics
/// When there are fewer units than sites.
///
/// ```
/// use nalgebra::DVector;
///
/// // All units at the mean m: two bonds a site, each -m^2.
/// let torus = ising::Lattice::square(4)?;
/// let v = DVector::from_element(16, 0.5);
/// assert_eq!(flow::observables::energy_per_spin(&torus, v.column(0)), -2.0 * 0.25);
/// # Ok::<(), ising::Error>(())
/// ```
pub fn energy_per_spin(lattice: &Lattice, v: DVectorView<'_, f32>) -> f64 {
    let field = |i| lattice.neighbours(i).iter().map(|&j| v[j as usize]).sum::<f32>();
    let twice: f64 = (0..lattice.sites()).map(|i| f64::from(v[i] * field(i))).sum();
    -0.5 * twice / lattice.sites() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DVector;

    #[test]
    fn spins_have_the_energy_of_the_ising_model() {
        let lattice = Lattice::square(4).unwrap();
        let spins: Vec<i8> = (0..16).map(|i| if i % 3 == 0 { -1 } else { 1 }).collect();
        let v = DVector::from_iterator(16, spins.iter().map(|&s| f32::from(s)));
        let energy = energy_per_spin(&lattice, v.as_view());
        assert!((energy - ising::energy_per_spin(&lattice, &spins)).abs() < 1e-12);
        assert!((abs_magnetisation(v.as_view()) - 0.25).abs() < 1e-7);
        // Of a product state with means 1/2 every bond has 1/4: two bonds a site.
        let half = DVector::from_element(16, 0.5_f32);
        assert!((energy_per_spin(&lattice, half.as_view()) + 0.5).abs() < 1e-7);
    }
}
