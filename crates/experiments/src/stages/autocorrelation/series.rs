//! A long stationary series of one or many chains, kept as means over bins, and its autocorrelation times.

use super::AutocorrelationTimes;
use stats::{Estimate, jackknife};

/// Bins that are kept of all chains together; when there are more, each two become one.
const MAX: usize = 1 << 19;
/// Automatic window: the sum of the autocorrelations stops at the first `W >= 6 tau` (`madras-sokal-1988`).
const WINDOW: f64 = 6.0;
/// One chain is cut into so many, whose scatter gives the errors.
const PIECES: usize = 64;
/// Energy, |m| and m^2, then their squares.
const COLUMNS: usize = 6;

/// Energy, |m|, m^2 and the squares of the three, in bins of equal length.
///
/// Means over bins keep the sum of all autocovariances, which is what tau_int is made of, exactly; the variance of a
/// single measurement comes from the squares.
pub(super) struct Series {
    sites: f64,
    /// 0 before the first measurement.
    chains: usize,
    /// Sweeps in a bin, and in the one that is being filled.
    bin: usize,
    filled: usize,
    filling: Vec<f64>,
    /// Bin after bin, column after column, chain after chain.
    bins: Vec<f64>,
    sweeps: u64,
    moves: u64,
}

impl Series {
    pub(super) fn new(sites: usize) -> Self {
        let (filling, bins) = (Vec::new(), Vec::new());
        let sites = sites as f64;
        Self { sites, chains: 0, bin: 1, filled: 0, filling, bins, sweeps: 0, moves: 0 }
    }

    /// Adds a sweep with the sums of the spins and of `s_i s_j` over the bonds, of each chain.
    pub(super) fn push(&mut self, moves: u64, spins: &[i64], bonds: &[i64]) {
        if self.chains == 0 {
            self.chains = spins.len();
            self.filling = vec![0.0; COLUMNS * self.chains];
        }
        let chains = self.chains;
        for (chain, (&spins, &bonds)) in spins.iter().zip(bonds).enumerate() {
            let (energy, m) = (-bonds as f64 / self.sites, spins.abs() as f64 / self.sites);
            let values = [energy, m, m * m, energy * energy, m * m, m * m * m * m];
            for (column, value) in values.into_iter().enumerate() {
                self.filling[column * chains + chain] += value;
            }
        }
        self.sweeps += 1;
        self.moves += moves / chains as u64;
        self.filled += 1;
        if self.filled == self.bin {
            let bin = self.bin as f64;
            self.bins.extend(self.filling.iter().map(|sum| sum / bin));
            self.filling.fill(0.0);
            self.filled = 0;
            if self.bins.len() == COLUMNS * MAX {
                self.join();
            }
        }
    }

    /// Makes one bin of each two.
    fn join(&mut self) {
        let row = COLUMNS * self.chains;
        let pairs = self.bins.chunks_exact(2 * row).map(|pair| pair.split_at(row));
        self.bins = pairs.flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| 0.5 * (a + b))).collect();
        self.bin *= 2;
    }

    /// A column, `[time, chain]`, a single chain cut into pieces.
    fn column(&self, column: usize) -> Column {
        let row = COLUMNS * self.chains;
        let bins = self.bins.len() / row.max(1);
        let pieces = if self.chains == 1 { PIECES } else { 1 };
        let (length, chains) = (bins / pieces, self.chains * pieces);
        let mut values = Vec::with_capacity(length * chains);
        for time in 0..length {
            for chain in 0..chains {
                let bin = chain % pieces * length + time;
                values.push(self.bins[bin * row + column * self.chains + chain / pieces]);
            }
        }
        Column { chains, values }
    }

    /// Autocorrelation times in sweeps, all with the window that the longest of them needs; nothing when that is more
    /// than half of a chain.
    pub(super) fn times(&self) -> Option<AutocorrelationTimes> {
        let columns: Vec<Column> = (0..COLUMNS).map(|column| self.column(column)).collect();
        let mut observables = [0, 1, 2].map(|k| Observable::new(&columns[k], &columns[k + 3]));
        let length = columns[0].values.len() / columns[0].chains.max(1);
        for lag in 1..=length / 2 {
            observables.iter_mut().for_each(|observable| observable.add(lag));
            let longest = observables.iter().map(Observable::tau).fold(0.0, f64::max);
            if lag as f64 >= WINDOW * longest {
                let bin = self.bin as f64;
                let scaled = |tau: Estimate| Estimate {
                    mean: bin * tau.mean,
                    error: bin * tau.error,
                    ..tau
                };
                return Some(AutocorrelationTimes {
                    tau: observables.each_ref().map(|o| scaled(o.estimate())),
                    window: bin * lag as f64,
                    means: observables.each_ref().map(Observable::mean),
                    moves: self.moves as f64 / self.sweeps as f64 / self.sites,
                });
            }
        }
        None
    }
}

/// One number per bin and chain.
struct Column {
    chains: usize,
    values: Vec<f64>,
}

/// One observable on the way to its autocorrelation time.
struct Observable<'a> {
    chains: usize,
    values: &'a [f64],
    centred: Vec<f64>,
    /// Of each chain the variance of a single measurement.
    variance: Vec<f64>,
    /// Of each chain the sum of the autocovariances of bins, that at lag 0 halved, up to the window.
    sum: Vec<f64>,
}

impl<'a> Observable<'a> {
    fn new(values: &'a Column, squares: &Column) -> Self {
        let chains = values.chains;
        let length = (values.values.len() / chains) as f64;
        let mean = values.values.iter().sum::<f64>() / values.values.len() as f64;
        let centred: Vec<f64> = values.values.iter().map(|x| x - mean).collect();
        let per_chain = |of: &dyn Fn(usize) -> f64| {
            let mut total = vec![0.0; chains];
            for (i, _) in centred.iter().enumerate() {
                total[i % chains] += of(i) / length;
            }
            total
        };
        let variance = per_chain(&|i| squares.values[i] - mean * (values.values[i] + centred[i]));
        let sum = per_chain(&|i| 0.5 * centred[i] * centred[i]);
        Self { chains, values: &values.values, centred, variance, sum }
    }

    /// Adds the autocovariance at this lag, of each chain the mean over its own pairs.
    fn add(&mut self, lag: usize) {
        let later = &self.centred[lag * self.chains..];
        let mut total = vec![0.0; self.chains];
        for (x, y) in self.centred.chunks_exact(self.chains).zip(later.chunks_exact(self.chains)) {
            for ((total, x), y) in total.iter_mut().zip(x).zip(y) {
                *total += x * y;
            }
        }
        let pairs = (later.len() / self.chains) as f64;
        self.sum.iter_mut().zip(total).for_each(|(sum, total)| *sum += total / pairs);
    }

    /// In bins.
    fn tau(&self) -> f64 {
        self.sum.iter().sum::<f64>() / self.variance.iter().sum::<f64>()
    }

    /// In bins, with the error from the scatter of the chains.
    fn estimate(&self) -> Estimate {
        jackknife(&[&self.sum, &self.variance], 1, |means| means[0] / means[1])
    }

    /// The mean over chains, which are independent.
    fn mean(&self) -> Estimate {
        let mut means = vec![0.0; self.chains];
        let length = (self.values.len() / self.chains) as f64;
        for (i, value) in self.values.iter().enumerate() {
            means[i % self.chains] += value / length;
        }
        Estimate::from_independent(&means)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Autoregressive series `x' = phi x + noise` in equilibrium up to `phi^100`, with tau_int = (1 + phi) / 2 (1 - phi).
    fn series(chains: u64, sweeps: u64, [of_spins, of_bonds]: [f64; 2]) -> Series {
        const SITES: f64 = 1e9;
        let mut series = Series::new(SITES as usize);
        let mut walks = vec![[0.0; 2]; chains as usize];
        for sweep in 0..100 + sweeps {
            for (chain, [x, y]) in walks.iter_mut().enumerate() {
                let bits = stats::child_seed(chain as u64, "series-test", sweep);
                *x = of_spins * *x + (bits >> 32) as f64 / 2f64.powi(32) - 0.5;
                *y = of_bonds * *y + (bits as u32) as f64 / 2f64.powi(32) - 0.5;
            }
            if sweep >= 100 {
                // Far from 0, so that |m| and m^2 are as good as linear.
                let spins = walks.iter().map(|[x, _]| (SITES * (0.5 + 1e-3 * x)) as i64);
                let bonds = walks.iter().map(|[_, y]| (SITES * 1e-3 * y) as i64);
                series.push(7 * chains, &spins.collect::<Vec<_>>(), &bonds.collect::<Vec<_>>());
            }
        }
        series
    }

    #[test]
    fn the_times_of_known_processes() {
        // Of many chains, whose bins are joined on the way, and of one.
        for (chains, sweeps) in [(512, 1500), (1, 300_000)] {
            let series = series(chains, sweeps, [0.5, 0.9]);
            assert_eq!(series.bin, if chains == 1 { 1 } else { 2 });
            let times = series.times().unwrap();
            for (tau, exact) in times.tau.iter().zip([9.5, 1.5, 1.5]) {
                // Five errors and the bias of the window; errors as `madras-sokal-1988` has them, which the scatter of
                // 64 pieces knows to a tenth.
                let n = (chains * sweeps) as f64;
                let expected = exact * (2.0 * (2.0 * times.window + 1.0) / n).sqrt();
                assert!((tau.error / expected - 1.0).abs() < 0.5, "{tau:?} {expected}");
                assert!((tau.mean - exact).abs() < 5.0 * tau.error + 0.01 * exact, "{tau:?}");
            }
            assert!((57.0 * 0.9..57.0 * 1.1).contains(&times.window), "{}", times.window);
            assert!(times.means[1].sigmas_from(0.5) < 5.0);
            assert!((times.moves * 1e9 - 7.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_chain_shorter_than_two_windows_says_nothing() {
        assert!(series(8, 40, [0.5, 0.9]).times().is_none());
        assert!(series(512, 1, [0.5, 0.9]).times().is_none());
    }
}
