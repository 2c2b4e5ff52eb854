//! The complete graph, on which every spin is a neighbour of every other: configurations that know of no lattice.

use crate::{Coupling, Error, Samples};
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::seq::index;
use rand_pcg::Pcg64;

/// Exact independent draws of `sites` spins with the weight `exp(K (sum_i s_i)^2 / 2N)` (Curie and Weiss), whose energy
/// `-(J / 2N) (sum_i s_i)^2` grows in proportion to N; the infinite system orders at K = 1.
///
/// The number of spins up has the weight `binomial(N, u) exp(K (2u - N)^2 / 2N)`, and given that number all configurations
/// are equally likely. Their [`Samples`] know K as they do on a lattice. Of negative K the smallest `|sum s|` is preferred.
///
/// # Errors
/// [`Error::Side`] unless there are 1 to 65535 spins.
///
/// ```
/// use ising::{Coupling, complete_graph, magnetisations};
///
/// let hot = complete_graph(100, Coupling::new(0.5)?, 1000, &mut stats::stream(1, "example", 0))?;
/// let m2 = magnetisations(&hot).iter().map(|m| m * m).sum::<f64>() / 1000.0;
/// // 1 / N (1 - K) but for corrections of order 1 / N.
/// assert!((m2 - 0.02).abs() < 0.005);
/// # Ok::<(), ising::Error>(())
/// ```
pub fn complete_graph(
    sites: usize,
    coupling: Coupling,
    draws: usize,
    rng: &mut Pcg64,
) -> Result<Samples, Error> {
    if !(1..=usize::from(u16::MAX)).contains(&sites) {
        return Err(Error::Side(sites));
    }
    let weights = WeightedIndex::new(weights(sites, coupling.value()));
    // The largest weight is 1 and none is negative.
    let up = weights.map_err(|_| Error::Coupling(coupling.value()))?;
    let mut samples = Samples::new(sites);
    let mut spins = vec![-1; sites];
    for _ in 0..draws {
        spins.fill(-1);
        let up = up.sample(rng);
        index::sample(rng, sites, up).iter().for_each(|site| spins[site] = 1);
        samples.push(&spins, coupling);
    }
    samples.set_symmetrised(true);
    Ok(samples)
}

/// The weight of each number of spins up, from 0 on, relative to the largest.
fn weights(sites: usize, coupling: f64) -> Vec<f64> {
    let n = sites as f64;
    let squares = |up: usize| (2.0 * up as f64 - n).powi(2);
    let preferred = if coupling < 0.0 { (sites % 2) as f64 } else { n * n };
    let mut ln_binomial = 0.0;
    let mut ln_weights = Vec::with_capacity(sites + 1);
    for up in 0..=sites {
        let apart = squares(up) - preferred;
        // At zero temperature infinity times nothing is nothing.
        let energy = if apart == 0.0 { 0.0 } else { coupling * apart / (2.0 * n) };
        ln_weights.push(ln_binomial + energy);
        ln_binomial += ((n - up as f64) / (up as f64 + 1.0)).ln();
    }
    let largest = ln_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    ln_weights.iter().map(|w| (w - largest).exp()).collect()
}
