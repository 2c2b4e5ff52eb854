//! The bootstrap: the error of any statistic of independent data.

use crate::stream;
use rand::RngExt;

/// Standard error of `statistic` over `n` independent data, by resampling them `resamples` times with replacement
/// (`efron-1979`).
///
/// `statistic` receives `n` indices into the caller's data, so that nothing needs to be copied; it is the caller's
/// part that the data are independent (one per chain or seed, or thinned by the autocorrelation time).
///
/// ```
/// let data = [1.0, 2.0, 4.0, 8.0];
/// let mean = |rows: &[usize]| rows.iter().map(|&i| data[i]).sum::<f64>() / rows.len() as f64;
/// assert!(stats::bootstrap_error(data.len(), 200, 1, mean) > 0.0);
/// ```
pub fn bootstrap_error(
    n: usize,
    resamples: usize,
    seed: u64,
    mut statistic: impl FnMut(&[usize]) -> f64,
) -> f64 {
    error(n, resamples, seed, &mut statistic)
}

fn error(n: usize, resamples: usize, seed: u64, statistic: &mut dyn FnMut(&[usize]) -> f64) -> f64 {
    let mut rng = stream(seed, "bootstrap", 0);
    let mut rows = vec![0; n];
    let mut values = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        rows.fill_with(|| rng.random_range(0..n as u32) as usize);
        values.push(statistic(&rows));
    }
    let mean = values.iter().sum::<f64>() / resamples as f64;
    (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (resamples as f64 - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Estimate;

    #[test]
    fn agrees_with_the_standard_error_of_a_mean() {
        let mut rng = stream(5, "bootstrap-test", 0);
        let data: Vec<f64> = (0..400).map(|_| rng.random::<f64>()).collect();
        let mean = |rows: &[usize]| rows.iter().map(|&i| data[i]).sum::<f64>() / rows.len() as f64;
        let resamples = 2000;
        let bootstrap = bootstrap_error(data.len(), resamples, 1, mean);
        let standard = Estimate::from_independent(&data).error;
        // The bootstrap error has itself the relative error 1 / sqrt(2 resamples): 5 of them, and 1/2n of bias.
        let tolerance = 5.0 / (2.0 * resamples as f64).sqrt() + 0.5 / 400.0;
        assert!((bootstrap / standard - 1.0).abs() < tolerance, "{bootstrap} against {standard}");
    }
}
