//! Independent draws from a known distribution, and Pearson's test of whether draws have it.

use rand::RngExt;
use rand_pcg::Pcg64;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Exact independent draws of states, by inversion.
pub(crate) fn draw(p: &[f64], count: usize, rng: &mut Pcg64) -> Vec<usize> {
    let sum = |sum: &mut f64, p: &f64| {
        *sum += p;
        Some(*sum)
    };
    let cumulative: Vec<f64> = p.iter().scan(0.0, sum).collect();
    let total = cumulative[p.len() - 1];
    let mut one = || {
        let u = rng.random::<f64>() * total;
        cumulative.partition_point(|&c| c <= u)
    };
    (0..count).map(|_| one()).collect()
}

/// Pearson's p-value of independent draws of states; those of fewer than 10 expected are pooled.
pub(crate) fn p_value(found: &[usize], p: &[f64]) -> f64 {
    let mut counts = vec![0.0; p.len()];
    found.iter().for_each(|&s| counts[s] += 1.0);
    let mut cells: Vec<(f64, f64)> = Vec::new();
    let mut pooled = (0.0, 0.0);
    for (count, p) in counts.into_iter().zip(p) {
        let expected = p * found.len() as f64;
        if expected < 10.0 {
            pooled = (pooled.0 + count, pooled.1 + expected);
        } else {
            cells.push((count, expected));
        }
    }
    if pooled.1 >= 10.0 {
        cells.push(pooled);
    } else {
        // Too rare for a cell of their own: at most a few must have been seen.
        assert!(pooled.0 <= pooled.1 + 10.0 * (1.0 + pooled.1).sqrt(), "{pooled:?}");
    }
    let chi_square: f64 = cells.iter().map(|(c, e)| (c - e).powi(2) / e).sum();
    ChiSquared::new((cells.len() - 1) as f64).expect("degrees of freedom").sf(chi_square)
}
