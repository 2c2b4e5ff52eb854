//! The jackknife: a function of means of correlated data, with its error and without its bias to first order.

use crate::Estimate;

/// `f` of the means of the columns, from what it becomes without one block of data after the other.
///
/// Blocks are `block` consecutive data, the last with the remainder, and count as independent: they must be long against
/// the autocorrelation time ([`Estimate::block_length`]). With `m_j` of the n data in block j and `theta_j` the value
/// without them, the mean is `g theta - sum (1 - m_j / n) theta_j` over the g blocks, free of the bias of order 1/n
/// (`quenouille-1956`), and the error that of the blocks (`kunsch-1989`, `busing-1999` where they differ in length). The
/// `count` of the estimate is g, its tau 1/2. With fewer than two blocks the mean is `f` itself and the error NaN.
///
/// # Panics
/// When `block` is 0 or the columns differ in length.
///
/// ```
/// let (x, y) = ([2.0, 2.5, 1.5, 2.0], [1.0, 1.2, 0.9, 0.9]);
/// let ratio = stats::jackknife(&[&x, &y], 1, |means| means[0] / means[1]);
/// assert!(ratio.sigmas_from(2.0) < 1.0);
/// ```
pub fn jackknife(columns: &[&[f64]], block: usize, f: impl Fn(&[f64]) -> f64) -> Estimate {
    of_blocks(columns, block, &f)
}

fn of_blocks(columns: &[&[f64]], block: usize, f: &dyn Fn(&[f64]) -> f64) -> Estimate {
    let count = columns.first().map_or(0, |column| column.len());
    assert!(block > 0, "blocks have data");
    assert!(columns.iter().all(|column| column.len() == count), "columns of one length");
    let (n, blocks) = (count as f64, count / block);
    let sums: Vec<f64> = columns.iter().map(|column| column.iter().sum()).collect();
    let mut means: Vec<f64> = sums.iter().map(|sum| sum / n).collect();
    let whole = f(&means);
    if blocks < 2 {
        return Estimate { mean: whole, error: f64::NAN, tau: 0.5, count: 1 };
    }
    // Of each block its share of the data, and the value without it.
    let without: Vec<(f64, f64)> = (0..blocks)
        .map(|j| {
            let end = if j + 1 == blocks { count } else { (j + 1) * block };
            let inside = j * block..end;
            let left = (count - inside.len()) as f64;
            for ((mean, sum), column) in means.iter_mut().zip(&sums).zip(columns) {
                *mean = (sum - column[inside.clone()].iter().sum::<f64>()) / left;
            }
            (inside.len() as f64 / n, f(&means))
        })
        .collect();
    // Differences from the whole, which are small.
    let shift: f64 = without.iter().map(|(share, value)| (1.0 - share) * (whole - value)).sum();
    let mean = whole + shift;
    let square = |&(share, value): &(f64, f64)| {
        let pseudo = (1.0 - share) / share * (whole - value) - shift;
        pseudo * pseudo * share / (1.0 - share)
    };
    let variance = without.iter().map(square).sum::<f64>() / blocks as f64;
    Estimate { mean, error: variance.sqrt(), tau: 0.5, count: blocks as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autocorrelation::tests::autoregressive;
    use proptest::prelude::*;

    #[test]
    fn a_ratio_of_means_covers_at_the_stated_rate() {
        // 400 pairs of correlated series of means 2 and 1. Binomial, two-sided level 1e-6: z = 4.89. The error is
        // 1 % too small by the length of the blocks, and uncertain with 90 blocks: 1 % of the trials.
        let (trials, n) = (400, 8000);
        let ratio = |seed: u64, block: Option<usize>| {
            let moved = |by: f64, seed: u64| -> Vec<f64> {
                autoregressive(0.8, n, seed).into_iter().map(|x| by + x).collect()
            };
            let (x, y) = (moved(2.0, 2 * seed), moved(1.0, 2 * seed + 1));
            let block = block.unwrap_or(Estimate::from_series(&x).block_length());
            jackknife(&[&x, &y], block, |means| means[0] / means[1])
        };
        let within = |block: Option<usize>| {
            (0..trials).filter(|&seed| ratio(seed, block).sigmas_from(2.0) < 1.0).count() as f64
        };
        let spread = (trials as f64 * 0.6827 * 0.3173).sqrt();
        let expected = 0.6827 * trials as f64;
        let (good, naive) = (within(None), within(Some(1)));
        assert!((good - expected).abs() < 4.89 * spread + 0.01 * trials as f64, "{good}");
        assert!((naive - expected).abs() > 4.89 * spread, "single data are not independent");
    }

    proptest! {
        #[test]
        fn a_mean_has_its_textbook_error(
            data in prop::collection::vec(-1.0..1.0f64, 2..60),
        ) {
            let jackknife = jackknife(&[&data], 1, |means| means[0]);
            let textbook = Estimate::from_independent(&data);
            prop_assert!((jackknife.mean - textbook.mean).abs() < 1e-12);
            prop_assert!((jackknife.error - textbook.error).abs() < 1e-12);
            prop_assert_eq!(jackknife.count, data.len() as u64);
        }

        #[test]
        fn the_bias_of_a_variance_is_removed(data in prop::collection::vec(-1.0..1.0f64, 3..60)) {
            let squares: Vec<f64> = data.iter().map(|x| x * x).collect();
            let variance = jackknife(&[&data, &squares], 1, |means| means[1] - means[0] * means[0]);
            let unbiased = Estimate::from_independent(&data).error.powi(2) * data.len() as f64;
            prop_assert!((variance.mean - unbiased).abs() < 1e-11);
        }

        #[test]
        fn a_mean_stays_itself_in_unequal_blocks(
            data in prop::collection::vec(-1.0..1.0f64, 6..80), block in 1usize..4,
        ) {
            let estimate = jackknife(&[&data], block, |means| means[0]);
            prop_assert!((estimate.mean - Estimate::from_series(&data).mean).abs() < 1e-12);
            prop_assert_eq!(estimate.count, (data.len() / block) as u64);
            // By hand: (1/g) sum of (m_j / n) / (1 - m_j / n) times the squared distance of the block's mean.
            let (g, n) = (data.len() / block, data.len() as f64);
            let square = |j: usize| {
                let end = if j + 1 == g { data.len() } else { (j + 1) * block };
                let inside = &data[j * block..end];
                let m = inside.len() as f64;
                (inside.iter().sum::<f64>() / m - estimate.mean).powi(2) * m / (n - m)
            };
            let variance = (0..g).map(square).sum::<f64>() / g as f64;
            prop_assert!((estimate.error - variance.sqrt()).abs() < 1e-12);
        }
    }

    #[test]
    fn too_few_blocks_give_no_error() {
        let estimate = jackknife(&[&[1.0, 2.0, 3.0]], 2, |means| means[0]);
        assert_eq!(estimate.mean, 2.0);
        assert!(estimate.error.is_nan());
    }
}
