//! Averages of chains from hot and cold starts against exact ones, by error bars that know the autocorrelation.

use super::critical_z;
use ising::{Coupling, Lattice, Sampler, Samples, Schedule, Spins, run};
use stats::Estimate;

/// A random state and a ground state of this sign of K.
pub(crate) fn hot_and_cold(lattice: &Lattice, coupling: Coupling, seed: u64) -> [Spins; 2] {
    let rng = &mut stats::stream(seed, "hot-and-cold", 0);
    let hot = Spins::random(lattice.sites(), rng);
    match coupling.is_antiferromagnetic() {
        true => [hot, Spins::staggered(lattice, rng)],
        false => [hot, Spins::ground_state(lattice.sites(), rng)],
    }
}

/// What `observe` says of each draw of a chain.
pub(crate) fn series<S: Sampler<State = Spins>, const N: usize>(
    sampler: &mut S,
    mut start: Spins,
    schedule: Schedule,
    observe: impl Fn(&[i8]) -> [f64; N],
) -> Vec<[f64; N]> {
    let mut series = Vec::new();
    let rng = &mut stats::stream(2, "averages", 0);
    run(sampler, &mut start, schedule, rng, |state, _| series.push(observe(state.as_slice())));
    series
}

/// What `observe` says of each sample.
pub(crate) fn of_samples<const N: usize>(
    samples: &Samples,
    observe: impl Fn(&[i8]) -> [f64; N],
) -> Vec<[f64; N]> {
    (0..samples.len()).map(|row| observe(&samples.row(row))).collect()
}

pub(crate) fn assert_averages<const N: usize>(series: &[[f64; N]], exact: [f64; N], what: &str) {
    for (i, exact) in exact.into_iter().enumerate() {
        let data: Vec<f64> = series.iter().map(|values| values[i]).collect();
        let estimate = Estimate::from_series(&data);
        let sigmas = estimate.sigmas_from(exact);
        assert!(sigmas < critical_z(), "{what}, average {i}: {estimate:?}, exactly {exact}");
    }
}
