//! What holds for any lattice, coupling and schedule.

mod common;

use common::tokens::round_trip;
use ising::{Algorithm, Coupling, Error, Lattice, Samples, Schedule, chain};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn lattice() -> impl Strategy<Value = Lattice> {
    let ring = (1usize..140).prop_map(|n| Lattice::ring(n).expect("n >= 1"));
    let torus = (1usize..12).prop_map(|l| Lattice::square(l).expect("l >= 1"));
    prop_oneof![ring, torus]
}

fn coupling() -> impl Strategy<Value = Coupling> {
    let finite = 0.0..40.0f64;
    let edge = prop::sample::select(vec![0.0, f64::MIN_POSITIVE, 1e3, f64::MAX, f64::INFINITY]);
    let size = prop_oneof![4 => finite, 1 => edge];
    (size, any::<bool>()).prop_map(|(k, negative)| {
        Coupling::new(if negative { -k } else { k }).expect("k is a number")
    })
}

fn schedule() -> impl Strategy<Value = Schedule> {
    (0u32..4, 1u32..4, 1u32..8, any::<bool>()).prop_map(|(burn_in, stride, draws, symmetrise)| {
        Schedule { burn_in, stride, draws, symmetrise }
    })
}

const ALGORITHMS: [Algorithm; 3] =
    [Algorithm::Metropolis, Algorithm::HeatBath, Algorithm::Transfer];

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn samples_are_what_was_asked_for(
        lattice in lattice(), coupling in coupling(), schedule in schedule(), seed: u64,
    ) {
        for algorithm in ALGORITHMS {
            let frustrated = !lattice.is_ring() && lattice.width() % 2 == 1 && lattice.width() > 1;
            let exact = coupling.is_frozen() || algorithm == Algorithm::Transfer;
            let refused = coupling.is_antiferromagnetic() && frustrated && exact;
            let samples = match chain(&lattice, coupling, algorithm, schedule, seed) {
                Err(Error::Frustrated { .. }) if refused => continue,
                samples => samples.unwrap(),
            };
            prop_assert!(!refused);
            prop_assert_eq!(samples.len(), schedule.draws as usize);
            prop_assert_eq!(samples.sites(), lattice.sites());
            prop_assert_eq!(samples.couplings(), vec![coupling; samples.len()]);
            for row in 0..samples.len() {
                let spins = samples.row(row);
                prop_assert_eq!(spins.len(), lattice.sites());
                prop_assert!(spins.iter().all(|s| s.abs() == 1));
                let sum: i64 = spins.iter().map(|&s| i64::from(s)).sum();
                prop_assert_eq!(samples.spin_sum(row), sum);
                if coupling.is_frozen() {
                    let n = lattice.sites();
                    // Equal spins; or as many up as down, but for one of an odd ring.
                    let m = if coupling.is_antiferromagnetic() { n % 2 } else { n };
                    prop_assert_eq!(sum.unsigned_abs() as usize, m);
                }
            }
            prop_assert!(samples.to_matrix().iter().all(|x| x.abs() == 1.0));
        }
    }

    #[test]
    fn the_seed_decides_everything(
        lattice in lattice(), k in 0.0..0.3f64, symmetrise: bool, seed: u64, other: u64,
    ) {
        prop_assume!(seed != other);
        // At these couplings 256 draws of even one free spin coincide with a probability below 2^-60.
        let schedule = Schedule { burn_in: 1, stride: 2, draws: 256, symmetrise };
        let coupling = Coupling::new(k).unwrap();
        for algorithm in ALGORITHMS {
            let from = |seed| chain(&lattice, coupling, algorithm, schedule, seed).unwrap();
            let samples = from(seed);
            prop_assert_eq!(&samples, &from(seed));
            prop_assert_ne!(&samples, &from(other));
        }
    }

    #[test]
    fn serialising_loses_nothing(
        lattice in lattice(), couplings in prop::collection::vec(coupling(), 0..3), seed: u64,
    ) {
        let schedule = Schedule { burn_in: 0, stride: 1, draws: 2, symmetrise: true };
        let mut all = Samples::new(lattice.sites());
        for coupling in couplings {
            let samples = chain(&lattice, coupling, Algorithm::HeatBath, schedule, seed);
            all.append(&samples.unwrap_or(Samples::new(lattice.sites()))).unwrap();
        }
        prop_assert_eq!(round_trip(&all).unwrap(), all);
    }
}

#[test]
fn a_coupling_is_checked_when_it_is_read() {
    use common::tokens::Token;
    let read = |k| <Coupling as serde::Deserialize>::deserialize(Token::Float(k));
    assert_eq!(read(f64::INFINITY).unwrap(), Coupling::new(f64::INFINITY).unwrap());
    assert_eq!(read(-1.0).unwrap().value(), -1.0);
    assert!(read(f64::NAN).is_err());
}
