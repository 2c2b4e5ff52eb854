//! Numbered random streams: one master seed, a full generator state for every task.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

/// The generator of task `index` of the family `label` under the master `seed`.
///
/// The whole 256-bit state of the generator is the blake3 hash of the three arguments: streams that differ only in
/// PCG's increment can be correlated, streams with hashed states are not. A parallel task takes a stream by its own
/// number, so that results do not depend on the number of threads.
///
/// ```
/// use rand::RngExt;
/// let a: u64 = stats::stream(7, "chain", 0).random();
/// let b: u64 = stats::stream(7, "chain", 1).random();
/// assert_ne!(a, b);
/// assert_eq!(a, stats::stream(7, "chain", 0).random::<u64>());
/// ```
pub fn stream(seed: u64, label: &str, index: u64) -> Pcg64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    // The length keeps ("ab", ..) and ("a", 'b' ..) apart.
    hasher.update(&(label.len() as u64).to_le_bytes());
    hasher.update(label.as_bytes());
    hasher.update(&index.to_le_bytes());
    Pcg64::from_seed(*hasher.finalize().as_bytes())
}

/// A seed of its own for task `index` of the family `label`: the first 64 bits of its stream.
///
/// For functions that take a seed and open streams themselves.
pub fn child_seed(seed: u64, label: &str, index: u64) -> u64 {
    stream(seed, label, index).next_u64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn values_are_stable() {
        let mut rng = stream(1, "value-stability", 2);
        let drawn: [u64; 3] = std::array::from_fn(|_| rng.random());
        assert_eq!(drawn, [10461267247885066850, 12129588234922318943, 3525108120687858858]);
    }

    #[test]
    fn every_argument_matters() {
        let first = |seed, label, index| stream(seed, label, index).random::<u64>();
        let reference = first(1, "a", 0);
        assert_ne!(reference, first(2, "a", 0));
        assert_ne!(reference, first(1, "b", 0));
        assert_ne!(reference, first(1, "a", 1));
    }
}
