//! The visible layer of RBMs that can be enumerated: exact observables and Metropolis dynamics against all states.

#[path = "common/chi_square.rs"]
mod chi_square;
#[path = "common/random.rs"]
mod random;
#[path = "common/states.rs"]
mod states;

use chi_square::{draw, p_value};
use nalgebra::DMatrix;
use random::random_rbm;
use rbm::metropolis::{self, Sweeps};
use rbm::observables::observables;
use rbm::{Error, Rbm, partition};
use states::states;

/// Of the tests by chi-square of this file, ten at most: 1e-6 in all.
const LEVEL: f64 = 1e-7;

#[test]
fn observables_are_those_of_all_states() -> Result<(), Error> {
    // More and fewer hidden than visible units; one task of states and several.
    for (visible, hidden, size) in [(6, 3, 0.7), (4, 6, 1.5), (5, 12, 0.6), (3, 2, 30.0)] {
        let rbm = random_rbm(visible, hidden, size, 1);
        let p = partition::visible_probabilities(&rbm)?;
        let v = states(visible).map(f64::from);
        let pairs: Vec<(usize, usize)> = (1..visible).map(|i| (0, i)).collect();
        let found = observables(&rbm, &pairs)?;
        for (&(i, j), mean) in pairs.iter().zip(&found.pairs) {
            let expected: f64 = (0..p.len()).map(|s| p[s] * v[(i, s)] * v[(j, s)]).sum();
            assert!((mean - expected).abs() < 1e-12, "{visible} {hidden}: {mean} {expected}");
        }
        for (up, found) in found.up.iter().enumerate() {
            let is = |s: &usize| s.count_ones() as usize == up;
            let expected: f64 = (0..p.len()).filter(is).map(|s| p[s]).sum();
            assert!((found - expected).abs() < 1e-12, "{visible} {hidden}: {found} {expected}");
        }
    }
    Ok(())
}

#[test]
fn what_cannot_be_summed_is_refused() {
    let rbm = Rbm::uniform(3, 2, 0.1);
    let refused = observables(&rbm, &[(0, 3)]);
    assert!(matches!(refused, Err(Error::Size { found: 3, .. })), "{refused:?}");
    let refused = observables(&Rbm::uniform(3, 25, 0.1), &[]);
    assert!(matches!(refused, Err(Error::TooManyStates { units: 25, .. })), "{refused:?}");
}

fn index(v: &[f32]) -> usize {
    v.iter().enumerate().filter(|(_, v)| **v > 0.0).map(|(i, _)| 1 << i).sum()
}

#[test]
fn metropolis_leaves_the_distribution_as_it_is_and_finds_it() -> Result<(), Error> {
    const CHAINS: usize = 40_000;
    // Factors that all fit one product, and some that need many.
    for (hidden, size) in [(3, 0.8), (5, 1.5), (1, 200.0)] {
        let mut rbm = random_rbm(4, hidden, size, 3);
        if size > 100.0 {
            // Two states are left, of equal probability.
            rbm.visible_bias.fill(0.0);
            rbm.hidden_bias.fill(0.0);
        }
        let p = partition::visible_probabilities(&rbm)?;
        let rng = &mut stats::stream(4, "start", 0);
        let exact = draw(&p, CHAINS, rng);
        let all = states(4);
        let start = DMatrix::from_fn(4, CHAINS, |i, c| all[(i, exact[c])]);
        let one = Sweeps { burn_in: 2, stride: 1, draws: 1 };
        let after = metropolis::draws(&rbm, &start, one, 5);
        let ends: Vec<usize> = after.column_iter().map(|v| index(v.as_slice())).collect();
        assert!(p_value(&ends, &p) > LEVEL, "{hidden} {size}: {}", p_value(&ends, &p));
        if size < 100.0 {
            // From one state to all; an RBM with other weights is told apart.
            let up = DMatrix::repeat(4, CHAINS, 1.0);
            let long = Sweeps { burn_in: 200, stride: 1, draws: 1 };
            let ends = metropolis::draws(&rbm, &up, long, 6);
            let ends: Vec<usize> = ends.column_iter().map(|v| index(v.as_slice())).collect();
            assert!(p_value(&ends, &p) > LEVEL, "{hidden} {size}: {}", p_value(&ends, &p));
            let other = partition::visible_probabilities(&random_rbm(4, hidden, 0.9 * size, 3))?;
            assert!(p_value(&ends, &other) < LEVEL);
        }
    }
    Ok(())
}

#[test]
fn draws_come_chain_after_chain() {
    // Weights so strong that no chain leaves its start.
    let rbm = Rbm::uniform(3, 2, 40.0);
    let start = DMatrix::from_column_slice(3, 2, &[1.0, 1.0, 1.0, -1.0, -1.0, -1.0]);
    let sweeps = Sweeps { burn_in: 1, stride: 2, draws: 3 };
    let drawn = metropolis::draws(&rbm, &start, sweeps, 1);
    assert_eq!(drawn.ncols(), 6);
    assert!(drawn.columns(0, 3).iter().all(|&v| v == 1.0));
    assert!(drawn.columns(3, 3).iter().all(|&v| v == -1.0));
}
