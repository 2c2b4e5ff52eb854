//! R-hat: whether chains that started apart have come to the same distribution.

use crate::Estimate;

/// Potential scale reduction of groups of n data each, `sqrt((1 - 1/n) + V / W)` with V the variance of the groups' means
/// and W the mean of the variances within the groups (`gelman-rubin-1992`, without its correction for degrees of
/// freedom).
///
/// Near 1 when the groups agree; above 1.01 or so they do not, or the data of a group are few against its autocorrelation
/// time. Of groups in which nothing varies it is 1 when all agree and infinity when they do not. NaN for fewer than two
/// groups or two data in each.
///
/// # Panics
/// When the groups differ in length.
///
/// ```
/// assert!(stats::r_hat(&[&[0.0, 1.0, 2.0], &[1.0, 0.0, 2.0]]) < 1.0);
/// assert!(stats::r_hat(&[&[0.0, 1.0, 2.0], &[5.0, 6.0, 7.0]]) > 3.0);
/// ```
pub fn r_hat(groups: &[&[f64]]) -> f64 {
    let n = groups.first().map_or(0, |group| group.len());
    assert!(groups.iter().all(|group| group.len() == n), "groups of one length");
    if groups.len() < 2 || n < 2 {
        return f64::NAN;
    }
    let each: Vec<Estimate> =
        groups.iter().map(|group| Estimate::from_independent(group)).collect();
    let means: Vec<f64> = each.iter().map(|group| group.mean).collect();
    let (m, n) = (groups.len() as f64, n as f64);
    let within = each.iter().map(|group| group.error.powi(2) * n).sum::<f64>() / m;
    let between = Estimate::from_independent(&means).error.powi(2) * m;
    if between == 0.0 && within == 0.0 {
        return 1.0;
    }
    (1.0 - 1.0 / n + between / within).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autocorrelation::tests::{autoregressive, chains};
    use proptest::prelude::*;

    #[test]
    fn chains_of_a_known_process() {
        // V / W has the mean 2 tau / n, and m - 1 degrees of freedom: 5 of their spreads, sqrt(2 / (m - 1)) each.
        for (phi, tau) in [(0.0, 0.5), (0.9, 9.5)] {
            let (m, n) = (100, 2000);
            let data = chains(phi, m, n, 1);
            let groups: Vec<&[f64]> = data.chunks_exact(n).collect();
            let ratio = r_hat(&groups).powi(2) - 1.0 + 1.0 / n as f64;
            let expected = 2.0 * tau / n as f64;
            assert!(
                (ratio / expected - 1.0).abs() < 5.0 * (2.0 / 99.0f64).sqrt(),
                "{phi}: {ratio}"
            );
        }
    }

    #[test]
    fn a_group_that_went_elsewhere_is_noticed() {
        let moved = |by: f64, seed| -> Vec<f64> {
            autoregressive(0.5, 1000, seed).into_iter().map(|x| x + by).collect()
        };
        let (a, b, c) = (moved(0.0, 1), moved(0.0, 2), moved(1.0, 3));
        assert!(r_hat(&[&a, &b]) < 1.01);
        assert!(r_hat(&[&a, &b, &c]) > 1.5);
    }

    #[test]
    fn groups_in_which_nothing_varies() {
        assert_eq!(r_hat(&[&[0.1; 3], &[0.1; 3], &[0.1; 3]]), 1.0);
        assert_eq!(r_hat(&[&[0.1; 3], &[0.2; 3]]), f64::INFINITY);
        assert!(r_hat(&[&[0.1; 3]]).is_nan());
        assert!(r_hat(&[&[0.1], &[0.2]]).is_nan());
    }

    proptest! {
        #[test]
        fn as_defined(data in prop::collection::vec(-1.0..1.0f64, 8..40), scale in 0.5..4.0f64, shift in -4.0..4.0f64) {
            let n = data.len() / 4;
            let data: Vec<f64> = data[..4 * n].to_vec();
            let variance = |x: &[f64]| {
                let mean = x.iter().sum::<f64>() / x.len() as f64;
                x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (x.len() as f64 - 1.0)
            };
            let groups: Vec<&[f64]> = data.chunks_exact(n).collect();
            let within = groups.iter().map(|g| variance(g)).sum::<f64>() / 4.0;
            let means: Vec<f64> = groups.iter().map(|g| g.iter().sum::<f64>() / n as f64).collect();
            let n = n as f64;
            let pooled = (n - 1.0) / n * within + variance(&means);
            prop_assert!((r_hat(&groups) - (pooled / within).sqrt()).abs() < 1e-9);
            let moved: Vec<f64> = data.iter().map(|x| scale * x + shift).collect();
            let moved: Vec<&[f64]> = moved.chunks_exact(n as usize).collect();
            prop_assert!((r_hat(&moved) - r_hat(&groups)).abs() < 1e-9);
        }
    }
}
