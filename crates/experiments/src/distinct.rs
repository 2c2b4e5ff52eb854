//! Whether draws have a configuration in common: for tests that training and start sets never share a chain.

use ising::Samples;
use lab::Lab;
use lab::progress::Progress;
use lab::store::Store;
use std::collections::BTreeSet;

/// So hot that a configuration of 64 sites does not come twice by chance: two draws are the same with the probability
/// `Z(2K) / Z(K)^2`, below e^-30.
pub(super) const HOT: [f64; 2] = [4.0, 6.0];

/// A lab with a store of its own, which goes with the directory.
pub(super) fn lab() -> (tempfile::TempDir, Lab) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(directory.path().into(), false, Progress::new(1.0)).expect("a store");
    let lab = Lab { store, published: crate::published().expect("published values"), seed: 1 };
    (directory, lab)
}

/// Panics where a configuration at [`HOT`] or hotter comes twice, flipped or not, in one set or in two.
pub(super) fn assert_distinct(sets: &[&Samples]) {
    let mut seen = BTreeSet::new();
    for samples in sets {
        let is_hot = |row: &usize| samples.couplings()[*row].value() <= 1.0 / HOT[0];
        let hot: Vec<usize> = (0..samples.len()).filter(is_hot).collect();
        assert!(hot.len() > 50, "too few to tell");
        for row in hot {
            let spins = samples.row(row);
            let turned: Vec<i8> = spins.iter().map(|s| -s).collect();
            assert!(seen.insert(spins.max(turned)), "a configuration comes twice");
        }
    }
}

#[test]
#[should_panic(expected = "a configuration comes twice")]
fn draws_with_one_seed_are_found_out() {
    let lattice = ising::Lattice::square(8).expect("a torus");
    let request = ising::Request {
        count: 60,
        algorithm: None,
        field: 0.0,
        symmetrise: false,
        least_effective: 0.0,
    };
    let coupling = ising::Coupling::from_temperature(HOT[1]).expect("a temperature");
    let draw = || ising::draw(&lattice, coupling, &request, 1).expect("draws").samples;
    assert_distinct(&[&draw(), &draw()]);
}
