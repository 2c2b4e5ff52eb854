//! W W^T of an RBM of the square torus, to leading order its couplings of all pairs: spectrum, entries, decay with distance.

use nalgebra::DMatrix;
use rbm::{Rbm, features};
use std::collections::BTreeMap;

/// `W W^T` of one RBM.
pub(super) struct Gram {
    /// Its eigenvalues that can differ from 0, largest first: as many as the smaller layer has units.
    pub(super) eigenvalues: Vec<f64>,
    /// Those of independent normal weights of the same mean square.
    pub(super) of_noise: Vec<f64>,
    /// Its entries in units of the mean of its diagonal, sites row after row.
    pub(super) entries: DMatrix<f64>,
    /// Distances of two sites on the torus, ascending, and the mean entry at each of them.
    pub(super) distances: Vec<f64>,
    pub(super) decay: Vec<f64>,
}

impl Gram {
    pub(super) fn of(weights: &DMatrix<f32>, side: usize, mut noise: stats::Pcg64) -> Self {
        let squares = |weights: &DMatrix<f32>| -> Vec<f64> {
            features::singular_values(weights).iter().map(|s| s * s).collect()
        };
        let mean_square = weights.map(f64::from).norm_squared() / weights.len() as f64;
        let std = mean_square.sqrt() as f32;
        let random = Rbm::random(weights.nrows(), weights.ncols(), std, &mut noise);
        let entries = features::gram(weights);
        let diagonal = entries.diagonal().mean();
        let entries = entries / diagonal;
        let (distances, decay) = by_distance(&entries, side);
        let (eigenvalues, of_noise) = (squares(weights), squares(&random.weights));
        Self { eigenvalues, of_noise, entries, distances, decay }
    }

    /// The largest eigenvalue as a share of the sum of all.
    pub(super) fn share_of_first(&self) -> f64 {
        self.eigenvalues[0] / self.eigenvalues.iter().sum::<f64>()
    }

    /// The effective number of eigenvalues as a share of all, and the same of independent weights.
    pub(super) fn effective_share(&self) -> f64 {
        effective_share(&self.eigenvalues)
    }

    pub(super) fn effective_share_of_noise(&self) -> f64 {
        effective_share(&self.of_noise)
    }

    /// The mean entry at the distance nearest to this one.
    pub(super) fn at_distance(&self, distance: f64) -> f64 {
        let apart = |number: &usize| (self.distances[*number] - distance).abs();
        let nearest = (0..self.distances.len()).min_by(|a, b| apart(a).total_cmp(&apart(b)));
        nearest.map_or(f64::NAN, |number| self.decay[number])
    }

    /// The scatter of the entries outside the diagonal around their mean.
    pub(super) fn scatter(&self) -> f64 {
        let n = self.entries.nrows();
        let pairs =
            || (0..n).flat_map(move |i| (0..n).filter(move |j| *j != i).map(move |j| (i, j)));
        let count = (n * (n - 1)) as f64;
        let mean = pairs().map(|pair| self.entries[pair]).sum::<f64>() / count;
        let squares = pairs().map(|pair| (self.entries[pair] - mean).powi(2)).sum::<f64>();
        (squares / count).sqrt()
    }
}

/// The distances of pairs of sites on the square torus, and the mean entry at each.
fn by_distance(entries: &DMatrix<f64>, side: usize) -> (Vec<f64>, Vec<f64>) {
    let around = |a: usize, b: usize| a.abs_diff(b).min(side - a.abs_diff(b));
    let mut sums: BTreeMap<usize, (f64, usize)> = BTreeMap::new();
    for (i, j) in (0..entries.nrows()).flat_map(|i| (0..entries.ncols()).map(move |j| (i, j))) {
        let (dx, dy) = (around(i % side, j % side), around(i / side, j / side));
        let (sum, count) = sums.entry(dx * dx + dy * dy).or_default();
        (*sum, *count) = (*sum + entries[(i, j)], *count + 1);
    }
    let mean = |(square, (sum, count)): (usize, (f64, usize))| {
        ((square as f64).sqrt(), sum / count as f64)
    };
    sums.into_iter().map(mean).unzip()
}

/// How many equal eigenvalues would have the same sum and sum of squares, as a share of their number.
fn effective_share(eigenvalues: &[f64]) -> f64 {
    let sum: f64 = eigenvalues.iter().sum();
    let squares: f64 = eigenvalues.iter().map(|x| x * x).sum();
    sum * sum / squares / eigenvalues.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each hidden unit looks at a site and at the one to its right with the same weight.
    #[test]
    fn a_known_rbm_has_its_spectrum_and_decay() {
        let (side, sites) = (4, 16);
        let right = |i: usize| i / side * side + (i % side + 1) % side;
        let weights = DMatrix::from_fn(sites, sites, |i, a| {
            f32::from(u8::from(i == a || i == right(a))) * 0.5
        });
        let gram = Gram::of(&weights, side, stats::stream(1, "test", 0));
        // Waves along a row: W W^T has (1 + cos k) / 2 for k = 0, pi/2, pi, 3 pi/2, in each of four rows.
        let expected = [1.0, 1.0, 1.0, 1.0, 0.5];
        assert!(gram.eigenvalues.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(gram.eigenvalues[15].abs() < 1e-6);
        assert!((gram.share_of_first() - 1.0 / 8.0).abs() < 1e-6);
        assert!((gram.effective_share() - 64.0 / 6.0 / 16.0).abs() < 1e-6);
        // On the diagonal 1/2, to the right 1/4: half of it for two of four neighbours.
        assert_eq!(gram.decay[0], 1.0);
        assert!((gram.at_distance(1.1) - 0.25).abs() < 1e-6);
        assert!(gram.decay[2..].iter().all(|mean| mean.abs() < 1e-6));
        let squares = [0.0, 1.0, 2.0, 4.0, 5.0, 8.0];
        assert!(
            gram.distances.iter().zip(squares).all(|(r, square)| (r * r - square).abs() < 1e-9)
        );
        // Two of fifteen are 1/2, the others 0.
        assert!((gram.scatter() - (2.0 / 15.0 * 13.0 / 15.0_f64).sqrt() / 2.0).abs() < 1e-6);
        let sum: f64 = gram.of_noise.iter().sum();
        assert!((sum / gram.eigenvalues.iter().sum::<f64>() - 1.0).abs() < 0.5);
    }
}
