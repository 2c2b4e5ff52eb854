//! Observables: of one configuration spin by spin, of many by counting the bits of packed rows.

mod lines;
mod pairs;
mod summary;
mod thermodynamics;

pub use summary::Summary;
pub use thermodynamics::Thermodynamics;

use crate::{Configurations, Lattice};
use multiversion::multiversion;
use pairs::Pairs;
use stats::Estimate;

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
    // Whole numbers, because a sum of f64 is one addition after the other.
    spins.iter().map(|&s| i64::from(s)).sum::<i64>() as f64 / spins.len() as f64
}

/// [`energy_per_spin`] of each configuration, to the last bit.
///
/// # Panics
/// When the configurations are of another size than the lattice.
pub fn energies(lattice: &Lattice, configurations: &Configurations) -> Vec<f64> {
    energies_of(lattice, all(lattice, configurations))
}

/// [`magnetisation`] of each configuration, to the last bit.
pub fn magnetisations(configurations: &Configurations) -> Vec<f64> {
    magnetisations_of(configurations.sites(), configurations.words(0..configurations.len()))
}

/// Two-point function of each configuration at a distance along the axes, `C(r) = (1/N) sum_x s_x s_{x+r}`, on a torus
/// the average of both directions.
///
/// Every side closes on itself: distances count modulo the side. `C(1)` is minus the energy per spin, on a torus half.
///
/// # Panics
/// When the configurations are of another size than the lattice.
///
/// ```
/// use ising::{Configurations, Lattice, correlations};
/// use nalgebra::DMatrix;
///
/// // On an alternating ring neighbours differ, and second neighbours agree.
/// let alternating = DMatrix::from_fn(8, 1, |site, _| if site % 2 == 0 { 1.0 } else { -1.0 });
/// let (ring, one) = (Lattice::ring(8)?, Configurations::from_matrix(&alternating)?);
/// assert_eq!(correlations(&ring, &one, 1), [-1.0]);
/// assert_eq!(correlations(&ring, &one, 2), [1.0]);
/// # Ok::<(), ising::Error>(())
/// ```
pub fn correlations(
    lattice: &Lattice,
    configurations: &Configurations,
    distance: usize,
) -> Vec<f64> {
    correlations_of(lattice, all(lattice, configurations), distance)
}

/// Structure factor of each configuration at the smallest momentum, `S(k) = (1/N) |sum_x s_x e^{ikx}|^2`, `k = 2 pi / L`
/// along the longest side L, on squares the average of both directions. NaN on a single site.
///
/// # Panics
/// When the configurations are of another size than the lattice.
///
/// ```
/// use ising::{Configurations, Lattice, structure_factors};
/// use nalgebra::dmatrix;
///
/// // Two domains on a ring of four: |1 + i - i^2 - i^3|^2 / 4 = 2. Without domains nothing is left.
/// let rings = Configurations::from_matrix(&dmatrix![1.0, 1.0; 1.0, 1.0; -1.0, 1.0; -1.0, 1.0])?;
/// let found = structure_factors(&Lattice::ring(4)?, &rings);
/// assert!((found[0] - 2.0).abs() < 1e-12 && found[1].abs() < 1e-12);
/// # Ok::<(), ising::Error>(())
/// ```
pub fn structure_factors(lattice: &Lattice, configurations: &Configurations) -> Vec<f64> {
    lines::structure_factors(lattice, all(lattice, configurations))
}

fn all<'a>(lattice: &Lattice, configurations: &'a Configurations) -> &'a [u64] {
    assert_eq!(lattice.sites(), configurations.sites(), "configurations of another lattice");
    configurations.words(0..configurations.len())
}

/// The energy of each packed row.
fn energies_of(lattice: &Lattice, words: &[u64]) -> Vec<f64> {
    let (bonds, n) = (lattice.bonds() as i64, lattice.sites() as f64);
    let energy = |unequal: u64| (2 * unequal as i64 - bonds) as f64 / n;
    unequal_pairs(lattice, words, 1).into_iter().map(energy).collect()
}

/// The magnetisation of each packed row.
fn magnetisations_of(sites: usize, words: &[u64]) -> Vec<f64> {
    let magnetisation = |up: u64| (2 * up as i64 - sites as i64) as f64 / sites as f64;
    up_spins(words, sites.div_ceil(64)).into_iter().map(magnetisation).collect()
}

/// The two-point function of each packed row.
fn correlations_of(lattice: &Lattice, words: &[u64], distance: usize) -> Vec<f64> {
    let pairs = lattice.bonds() as i64;
    let correlation = |unequal: u64| (pairs - 2 * unequal as i64) as f64 / pairs as f64;
    unequal_pairs(lattice, words, distance).into_iter().map(correlation).collect()
}

/// Of each packed row, how many of the N pairs at this distance along each axis are unequal.
fn unequal_pairs(lattice: &Lattice, words: &[u64], distance: usize) -> Vec<u64> {
    let pairs = Pairs::along_axes(lattice, distance);
    pairs::unequal(words, lattice.sites().div_ceil(64), &pairs)
}

/// None where it is no finite number.
fn finite(estimate: Estimate) -> Option<Estimate> {
    estimate.mean.is_finite().then_some(estimate)
}

#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx512vpopcntdq+popcnt",
    "x86_64+avx2+popcnt"
))]
fn up_spins(words: &[u64], row_words: usize) -> Vec<u64> {
    let up = |row: &[u64]| row.iter().map(|word| u64::from(word.count_ones())).sum();
    words.chunks_exact(row_words).map(up).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Spins;
    use proptest::prelude::*;

    /// Rings and tori, also where rows of the lattice begin or end with a word.
    pub(super) fn lattice() -> impl Strategy<Value = Lattice> {
        let ring = prop_oneof![1usize..10, prop::sample::select(vec![63, 64, 65, 128, 130])];
        let side = || prop_oneof![8 => 1usize..10, 1 => prop::sample::select(vec![64, 65, 130])];
        prop_oneof![
            ring.prop_map(|n| Lattice::ring(n).unwrap()),
            (side(), side()).prop_map(|(w, h)| Lattice::rectangle(w, h).unwrap()),
        ]
    }

    pub(super) fn random_rows(lattice: &Lattice, rows: usize, seed: u64) -> Configurations {
        let mut configurations = Configurations::new(lattice.sites());
        let mut rng = stats::stream(seed, "observe-test", 0);
        for _ in 0..rows {
            configurations.push(Spins::random(lattice.sites(), &mut rng).as_slice());
        }
        configurations
    }

    /// Sites at this distance to the right and, on a torus, below.
    fn partners(lattice: &Lattice, site: usize, distance: usize) -> Vec<usize> {
        let (w, h) = (lattice.width(), lattice.height());
        let (x, y) = (site % w, site / w);
        let right = y * w + (x + distance) % w;
        let below = (y + distance) % h * w + x;
        if lattice.is_ring() { vec![right] } else { vec![right, below] }
    }

    proptest! {
        #[test]
        fn counted_bits_are_summed_spins(lattice in lattice(), distance in 0usize..140, seed: u64) {
            let samples = random_rows(&lattice, 3, seed);
            let (e, m) = (energies(&lattice, &samples), magnetisations(&samples));
            let c = correlations(&lattice, &samples, distance);
            for row in 0..samples.len() {
                let spins = samples.row(row);
                prop_assert_eq!(e[row], energy_per_spin(&lattice, &spins));
                prop_assert_eq!(m[row], magnetisation(&spins));
                let products = (0..spins.len()).flat_map(|i| {
                    let spins = &spins;
                    partners(&lattice, i, distance).into_iter().map(move |j| spins[i] * spins[j])
                });
                let sum: i64 = products.map(i64::from).sum();
                prop_assert_eq!(c[row], sum as f64 / lattice.bonds() as f64);
            }
        }
    }

    #[test]
    fn short_sides_have_the_bonds_of_the_lattice() {
        // Every ring and torus up to 9 x 9, in particular sides 1 and 2.
        for (width, height) in (1..=9).flat_map(|w| (1..=9).map(move |h| (w, h))) {
            for lattice in [Lattice::rectangle(width, height), Lattice::ring(width)] {
                let lattice = lattice.unwrap();
                let samples = random_rows(&lattice, 4, (10 * width + height) as u64);
                let plain = |row| energy_per_spin(&lattice, &samples.row(row));
                let plain: Vec<f64> = (0..samples.len()).map(plain).collect();
                assert_eq!(energies(&lattice, &samples), plain, "{width} x {height}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "another lattice")]
    fn another_lattice_is_refused() {
        let lattice = Lattice::ring(4).unwrap();
        energies(&lattice, &Configurations::new(5));
    }
}
