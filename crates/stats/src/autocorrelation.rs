//! How long a series remembers: the integrated autocorrelation time, pooled over chains.

/// Automatic window of Madras and Sokal (1988): the sum of the autocorrelations stops at the first `W >= 6 tau(W)`.
const WINDOW: f64 = 6.0;

/// Lags that are summed side by side: one pass over the data serves all, each in the order of the data.
const LAGS: usize = 16;

/// What stationary series say about their memory, in units of the spacing of the data.
///
/// ```
/// use rand::RngExt;
///
/// // The chain x' = rho x + noise has the autocorrelation rho^t, so that tau = (1 + rho) / 2 (1 - rho): 3/2 here.
/// let mut rng = stats::stream(1, "example", 0);
/// let mut x = 0.0;
/// let mut step = || {
///     x = 0.5 * x + rng.random::<f64>() - 0.5;
///     x
/// };
/// let chain: Vec<f64> = (0..20_000).map(|_| step()).collect();
/// let memory = stats::autocorrelation(&chain, 1);
/// assert!((memory.tau - 1.5).abs() < 4.0 * memory.error);
/// // The variance of one number: that of the noise, 1/12, over 1 - rho^2.
/// assert!((memory.variance - 1.0 / 9.0).abs() < 0.01);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Autocorrelation {
    /// Integrated autocorrelation time `tau_int = 1/2 + sum_{t=1}^{W} rho(t)`: 1/2 for independent data and, by
    /// convention, for constant ones.
    pub tau: f64,
    /// Standard error of `tau`, `tau sqrt(2 (2W + 1) / n)` (`madras-sokal-1988`).
    pub error: f64,
    /// The last lag W of the sum. The series were too short to show their memory where `W < 6 tau`.
    pub window: usize,
    /// Variance of one datum, corrected for the mean being that of the same data; NaN for fewer than two data.
    pub variance: f64,
    /// The mean of all data.
    pub mean: f64,
    /// The number n of all data.
    pub count: u64,
}

/// Autocorrelation time of `chains` stationary series, one after the other in `data` (`madras-sokal-1988`): as equal in
/// length as can be, the first ones with one datum more where the number of chains does not divide that of the data.
///
/// The chains are independent and have one mean and one autocovariance, `c(t) = sum_{chains, i} x_i x_{i+t} / n` with x
/// the deviation from the common mean. Chains of l data have `l - t` pairs at lag t, so that `rho(t)` carries the factor
/// `1 - t / l`. With it `2 tau Var / n` is the variance of the mean of such chains also where they are short; as a
/// property of the process tau is then too small by a relative tau / l. Takes n W steps.
///
/// # Panics
/// When `chains` is 0 or more than the number of data.
///
/// ```
/// use rand::RngExt;
///
/// // Coins that are tossed at every fourth step only: tau = 1/2 + 3/4 + 2/4 + 1/4.
/// let mut rng = stats::stream(1, "coins", 0);
/// let coins: Vec<f64> = (0..5000).flat_map(|_| [f64::from(rng.random::<bool>()); 4]).collect();
/// let memory = stats::autocorrelation(&coins, 1);
/// assert!((memory.tau - 2.0).abs() < 4.0 * memory.error);
/// ```
pub fn autocorrelation(data: &[f64], chains: usize) -> Autocorrelation {
    assert!(chains > 0 && chains <= data.len().max(1), "{} data in {chains} chains", data.len());
    let (n, length) = (data.len() as f64, data.len().div_ceil(chains));
    let mean = mean(data);
    let centred: Vec<f64> = data.iter().map(|x| x - mean).collect();
    let variance = centred.iter().map(|x| x * x).sum::<f64>() / n;
    let (mut tau, mut window) = (0.5, 0);
    // One chain's autocovariances around its own mean sum to zero: half of them would spoil the rest. Equal data, as at
    // T = 0, do not fluctuate and so are not correlated.
    let end = match chains {
        _ if variance == 0.0 => 0,
        1 => length / 2,
        _ => length,
    };
    let batches = (1..end).step_by(LAGS).flat_map(|first| sums(&centred, chains, first));
    for sum in batches.take(end.saturating_sub(1)) {
        window += 1;
        tau += sum / n / variance;
        if window as f64 >= WINDOW * tau {
            break;
        }
    }
    // The window leaves about half the independent value at least; below that the sum is noise.
    let tau = tau.max(0.5);
    // The n - 1 of independent data becomes n - 2 tau.
    let unbiased = variance / (1.0 - 2.0 * tau / n).max(1.0 / n);
    Autocorrelation {
        tau,
        error: tau * (2.0 * (2.0 * window as f64 + 1.0) / n).sqrt(),
        window,
        variance: if data.len() < 2 { f64::NAN } else { unbiased },
        mean,
        count: data.len() as u64,
    }
}

/// `sum_{chains, i} x_i x_{i+t}` at the lags `t = first..first + LAGS`.
fn sums(centred: &[f64], chains: usize, first: usize) -> [f64; LAGS] {
    let mut total = [0.0; LAGS];
    for chain in split(centred, chains) {
        let later = chain.get(first..).unwrap_or(&[]);
        let mut sums = whole(chain, later);
        // The last pairs, whose window would reach beyond the chain.
        for i in (later.len() + 1).saturating_sub(LAGS)..later.len() {
            sums.iter_mut().zip(&later[i..]).for_each(|(sum, y)| *sum += chain[i] * y);
        }
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
    }
    total
}

/// The part of [`sums`] where all lags have their pair; apart, so that the sums stay in registers.
fn whole(chain: &[f64], later: &[f64]) -> [f64; LAGS] {
    let mut sums = [0.0; LAGS];
    for (x, later) in chain.iter().zip(later.windows(LAGS)) {
        for (sum, y) in sums.iter_mut().zip(later) {
            *sum += x * y;
        }
    }
    sums
}

/// The data of each chain.
fn split(data: &[f64], chains: usize) -> impl Iterator<Item = &[f64]> {
    let (length, longer) = (data.len() / chains, data.len() % chains);
    let (long, short) = data.split_at(longer * (length + 1));
    long.chunks_exact(length + 1).chain(short.chunks_exact(length.max(1)))
}

/// The mean; of equal data exactly the value that they have.
pub(crate) fn mean(data: &[f64]) -> f64 {
    match data {
        [first, rest @ ..] if rest.iter().all(|x| x == first) => *first,
        _ => data.iter().sum::<f64>() / data.len() as f64,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::stream;
    use proptest::prelude::*;
    use rand::RngExt;

    /// An autoregressive series has `tau_int = (1 + phi) / (2 (1 - phi))` exactly. It starts in equilibrium up to
    /// `phi^200`.
    pub(crate) fn autoregressive(phi: f64, n: usize, seed: u64) -> Vec<f64> {
        let mut rng = stream(seed, "autoregressive", 0);
        let mut x = 0.0;
        let next = move || {
            x = phi * x + rng.random::<f64>() - 0.5;
            x
        };
        std::iter::repeat_with(next).skip(200).take(n).collect()
    }

    /// Chains of `length` data, one after the other.
    pub(crate) fn chains(phi: f64, chains: u64, length: usize, seed: u64) -> Vec<f64> {
        (0..chains).flat_map(|c| autoregressive(phi, length, seed * chains + c)).collect()
    }

    #[test]
    fn a_known_process_in_any_number_of_chains() {
        for (phi, seed) in [(0.0, 1), (0.5, 2), (0.9, 3), (0.99, 4)] {
            for number in [1, 4, 50] {
                let length = 400_000 / number;
                let memory = autocorrelation(&chains(phi, number as u64, length, seed), number);
                let exact = (1.0 + phi) / (2.0 * (1.0 - phi));
                // 5 of its own standard errors; the bias of the window, tau e^{-6}, and of the ends of the chains.
                let bias = exact * (0.005 + exact / length as f64);
                let distance = (memory.tau - exact).abs();
                assert!(distance < 5.0 * memory.error + bias, "{phi}, {number}: {memory:?}");
                assert!(memory.window as f64 >= 6.0 * memory.tau);
                // Uniform noise of variance 1/12; the variance of a variance is about 4 tau' / n with tau' < tau.
                let variance = 1.0 / 12.0 / (1.0 - phi * phi);
                let spread = 2.0 * (exact / 400_000.0).sqrt();
                assert!((memory.variance / variance - 1.0).abs() < 5.0 * spread, "{memory:?}");
            }
        }
    }

    #[test]
    fn the_error_of_tau_covers_at_its_stated_rate() {
        // Binomial, two-sided level 1e-6: z = 4.89. The formula is for large windows and n; it may be a tenth wrong.
        let (trials, exact) = (400, 4.5);
        let inside = (0..trials)
            .filter(|&seed| {
                let memory = autocorrelation(&chains(0.8, 4, 20_000, 1000 + seed), 4);
                (memory.tau - exact).abs() < memory.error
            })
            .count() as f64;
        let spread = (trials as f64 * 0.6827 * 0.3173).sqrt();
        let tolerance = 4.89 * spread + 0.05 * trials as f64;
        assert!((inside - 0.6827 * trials as f64).abs() < tolerance, "{inside} of {trials}");
    }

    #[test]
    fn chains_of_one_datum_are_independent() {
        let memory = autocorrelation(&autoregressive(0.9, 1000, 1), 1000);
        assert_eq!((memory.tau, memory.window), (0.5, 0));
        // Pairs of equal data are worth one datum: tau = 1/2 + (1 - 1/2).
        let pairs: Vec<f64> =
            autoregressive(0.0, 100_000, 2).into_iter().flat_map(|x| [x, x]).collect();
        assert!((autocorrelation(&pairs, 100_000).tau - 1.0).abs() < 1e-4);
    }

    #[test]
    fn equal_data_have_no_memory() {
        let constant = autocorrelation(&[0.1; 30], 3);
        assert_eq!((constant.mean, constant.variance, constant.tau), (0.1, 0.0, 0.5));
        assert!(autocorrelation(&[1.0], 1).variance.is_nan());
        assert!(autocorrelation(&[], 1).mean.is_nan());
    }

    proptest! {
        #[test]
        fn side_by_side_is_one_by_one(
            data in prop::collection::vec(-1.0..1.0f64, 1..120), chains in 1usize..4, first in 1usize..70,
        ) {
            let chains = chains.min(data.len());
            let mut rest = &data[..];
            let mut own = Vec::new();
            for chain in 0..chains {
                let (some, others) = rest.split_at(rest.len().div_ceil(chains - chain));
                (rest, own) = (others, [own, vec![some]].concat());
            }
            for (j, sum) in sums(&data, chains, first).into_iter().enumerate() {
                let of_chain = |chain: &&[f64]| -> f64 {
                    let later = chain.get(first + j..).unwrap_or(&[]);
                    chain.iter().zip(later).map(|(a, b)| a * b).fold(0.0, |sum, x| sum + x)
                };
                let plain = own.iter().map(of_chain).fold(0.0, |sum, x| sum + x);
                prop_assert_eq!(sum, plain);
            }
        }
    }
}
