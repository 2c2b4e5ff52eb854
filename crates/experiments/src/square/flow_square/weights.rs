//! What the weights look like: spectra of W W^T, its entries, and their mean against the distance of the sites.

use super::Settings;
use super::machines::Machine;
use super::sets::{Kind, Set};
use anyhow::Result;
use lab::parts::over_exact;
use nalgebra::DMatrix;
use rbm::{Rbm, features};
use stats::Estimate;
use std::collections::BTreeMap;

/// The machines of one training set and size, all seeds.
pub(super) struct Weights {
    pub(super) kind: Kind,
    pub(super) hidden: usize,
    pub(super) seeds: Vec<Gram>,
}

/// `W W^T` of one machine.
pub(super) struct Gram {
    /// Its eigenvalues that can differ from 0, largest first: as many as the smaller layer has units.
    pub(super) eigenvalues: Vec<f64>,
    /// Those of independent normal weights of the same mean square.
    pub(super) of_noise: Vec<f64>,
    /// Its entries in units of the mean of its diagonal, sites row after row.
    pub(super) entries: DMatrix<f64>,
    /// The mean entry at each distance of the sites on the torus, ascending.
    pub(super) by_distance: Vec<(f64, f64)>,
}

pub(super) fn weights(
    settings: &Settings,
    sets: &[Set],
    machines: &[Machine],
) -> Result<Vec<Weights>> {
    let mut all: Vec<Weights> = Vec::new();
    for machine in machines {
        let noise = stats::stream(sets[machine.set].seed, "noise", machine.hidden as u64);
        let gram = gram(&machine.trained()?.value.rbm().weights, settings.side, noise);
        match all.iter_mut().find(|w| (w.kind, w.hidden) == (machine.kind, machine.hidden)) {
            Some(weights) => weights.seeds.push(gram),
            None => {
                let (kind, hidden) = (machine.kind, machine.hidden);
                all.push(Weights { kind, hidden, seeds: vec![gram] });
            }
        }
    }
    Ok(all)
}

fn gram(weights: &DMatrix<f32>, side: usize, mut noise: stats::Pcg64) -> Gram {
    let squares = |weights: &DMatrix<f32>| -> Vec<f64> {
        features::singular_values(weights).iter().map(|s| s * s).collect()
    };
    let mean_square = weights.map(f64::from).norm_squared() / weights.len() as f64;
    let std = mean_square.sqrt() as f32;
    let random = Rbm::random(weights.nrows(), weights.ncols(), std, &mut noise);
    let entries = features::gram(weights);
    let diagonal = entries.diagonal().mean();
    let entries = entries / diagonal;
    Gram {
        eigenvalues: squares(weights),
        of_noise: squares(&random.weights),
        by_distance: by_distance(&entries, side),
        entries,
    }
}

/// The mean entry of pairs of sites at each distance on the square torus.
fn by_distance(entries: &DMatrix<f64>, side: usize) -> Vec<(f64, f64)> {
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
    sums.into_iter().map(mean).collect()
}

fn effective_share(eigenvalues: &[f64]) -> f64 {
    let sum: f64 = eigenvalues.iter().sum();
    let squares: f64 = eigenvalues.iter().map(|x| x * x).sum();
    sum * sum / squares / eigenvalues.len() as f64
}

impl Gram {
    /// The mean entry at the distance nearest to this one.
    fn at_distance(&self, distance: f64) -> f64 {
        let near = |a: &&(f64, f64), b: &&(f64, f64)| {
            (a.0 - distance).abs().total_cmp(&(b.0 - distance).abs())
        };
        self.by_distance.iter().min_by(near).map_or(f64::NAN, |(_, mean)| *mean)
    }

    fn off_diagonal(&self) -> impl Iterator<Item = f64> {
        let n = self.entries.nrows();
        (0..n).flat_map(move |i| (0..n).filter(move |j| *j != i).map(move |j| self.entries[(i, j)]))
    }
}

impl Weights {
    pub(super) fn find(all: &[Self], kind: Kind, hidden: usize) -> Option<&Self> {
        all.iter().find(|weights| (weights.kind, weights.hidden) == (kind, hidden))
    }

    fn over(&self, of: impl Fn(&Gram) -> f64) -> Estimate {
        over_exact(&self.seeds.iter().map(of).collect::<Vec<_>>())
    }

    /// The largest eigenvalue as a share of the sum of all.
    pub(super) fn share_of_first(&self) -> Estimate {
        self.over(|gram| gram.eigenvalues[0] / gram.eigenvalues.iter().sum::<f64>())
    }

    /// How many equal eigenvalues would have the same sum and sum of squares, as a share of their number.
    pub(super) fn effective_share(&self) -> Estimate {
        self.over(|gram| effective_share(&gram.eigenvalues))
    }

    /// The same of independent weights.
    pub(super) fn effective_share_of_noise(&self) -> Estimate {
        self.over(|gram| effective_share(&gram.of_noise))
    }

    /// The mean entry at a distance, in units of the mean of the diagonal.
    pub(super) fn at_distance(&self, distance: f64) -> Estimate {
        self.over(|gram| gram.at_distance(distance))
    }

    /// The scatter of the entries outside the diagonal around their mean, in units of the mean of the diagonal.
    pub(super) fn scatter(&self) -> Estimate {
        self.over(|gram| {
            let count = gram.off_diagonal().count() as f64;
            let mean = gram.off_diagonal().sum::<f64>() / count;
            (gram.off_diagonal().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt()
        })
    }

    /// Eigenvalue by rank, over seeds.
    pub(super) fn spectrum(&self, of: impl Fn(&Gram) -> &Vec<f64>) -> Vec<(f64, Estimate)> {
        let count = self.seeds.first().map_or(0, |gram| of(gram).len());
        (0..count).map(|rank| ((rank + 1) as f64, self.over(|gram| of(gram)[rank]))).collect()
    }

    /// The mean entry against the distance, over seeds.
    pub(super) fn decay(&self) -> Vec<(f64, Estimate)> {
        let distances = self.seeds.first().map_or(&[][..], |gram| &gram.by_distance);
        let at = |(number, &(r, _)): (usize, &(f64, f64))| {
            (r, self.over(|gram| gram.by_distance[number].1))
        };
        distances.iter().enumerate().map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each hidden unit looks at a site and at the one to its right with the same weight.
    #[test]
    fn a_known_machine_has_its_spectrum_and_decay() {
        let (side, sites) = (4, 16);
        let right = |i: usize| i / side * side + (i % side + 1) % side;
        let weights = DMatrix::from_fn(sites, sites, |i, a| {
            f32::from(u8::from(i == a || i == right(a))) * 0.5
        });
        let gram = gram(&weights, side, stats::stream(1, "test", 0));
        // Waves along a row: W W^T has (1 + cos k) / 2 for k = 0, pi/2, pi, 3 pi/2, in each of four rows.
        let expected = [1.0, 1.0, 1.0, 1.0, 0.5];
        assert!(gram.eigenvalues.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(gram.eigenvalues[15].abs() < 1e-6);
        // On the diagonal 1/2, to the right 1/4: half of it for two of four neighbours.
        assert_eq!(gram.by_distance[0], (0.0, 1.0));
        assert!((gram.by_distance[1].1 - 0.25).abs() < 1e-6);
        assert!(gram.by_distance[2..].iter().all(|(_, mean)| mean.abs() < 1e-6));
        let distances: Vec<f64> = gram.by_distance.iter().map(|(r, _)| r * r).collect();
        let squares = [0.0, 1.0, 2.0, 4.0, 5.0, 8.0];
        assert!(distances.iter().zip(squares).all(|(a, b)| (a - b).abs() < 1e-9));
        let sum: f64 = gram.of_noise.iter().sum();
        assert!((sum / gram.eigenvalues.iter().sum::<f64>() - 1.0).abs() < 0.5);
    }
}
