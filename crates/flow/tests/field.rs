//! The thermometer in a field against Ising ensembles of known temperature, and against what has none.

// A helper may unwrap as the tests do.
#![allow(clippy::unwrap_used)]

use exact::transfer::{DensityOfStates, TorusInField};
use flow::{Reading, read_in_field};
use ising::{Coupling, Lattice, Request};

/// Bond energy and magnetisation of independent configurations of the 4 x 4 torus at T in the field h.
fn configurations(t: f64, h: f64, seed: u64) -> Vec<[f64; 2]> {
    let lattice = Lattice::square(4).unwrap();
    let request = Request {
        count: 20_000,
        algorithm: None,
        field: h / t,
        symmetrise: h == 0.0,
        least_effective: 18_000.0,
    };
    let coupling = Coupling::from_temperature(t).unwrap();
    let samples = ising::draw(&lattice, coupling, &request, seed).unwrap().samples;
    let energies = ising::energies(&lattice, &samples);
    energies.into_iter().zip(ising::magnetisations(&samples)).map(|(e, m)| [e, m]).collect()
}

#[test]
fn an_ising_ensemble_has_its_temperature() {
    let states = DensityOfStates::new(4).unwrap();
    // 12 readings and 6 fits; family-wise below 1e-6 at 5.5 standard errors and p = 1e-7.
    let points = [(1.8, 0.0), (2.5, 0.0), (4.0, 0.0), (2.0, 0.1), (3.0, 0.5), (5.0, 2.0)];
    for (index, (t, h)) in points.into_iter().enumerate() {
        let torus = TorusInField { states: &states, field: h };
        let configurations = configurations(t, h, index as u64);
        let readings = read_in_field(&torus, &configurations).unwrap();
        for read in [readings.energy, readings.magnetisation] {
            assert!(read.estimate().unwrap().sigmas_from(t) < 5.5, "T = {t}, h = {h}: {read:?}");
        }
        assert!(readings.p_value > 1e-7, "T = {t}, h = {h}: {}", readings.p_value);
        // Half of it from T = 0 is no ensemble of one temperature.
        let mixed: Vec<[f64; 2]> = configurations
            .iter()
            .enumerate()
            .map(|(i, c)| if i % 2 == 0 { *c } else { [-2.0, 1.0] })
            .collect();
        assert!(read_in_field(&torus, &mixed).unwrap().p_value < 1e-7, "T = {t}, h = {h}");
    }
}

#[test]
fn what_is_off_the_scale_is_said_to_be() {
    let states = DensityOfStates::new(4).unwrap();
    let torus = TorusInField { states: &states, field: 0.5 };
    let frozen = read_in_field(&torus, &[[-2.0, 1.0]; 10]).unwrap();
    assert_eq!((frozen.energy, frozen.magnetisation), (Reading::AtMost(0.2), Reading::AtMost(0.2)));
    assert_eq!(frozen.p_value, 0.0);
    let reversed = read_in_field(&torus, &[[2.0, -0.5]; 10]).unwrap();
    assert_eq!(
        (reversed.energy, reversed.magnetisation),
        (Reading::AtLeast(50.0), Reading::AtLeast(50.0))
    );
    assert!(read_in_field(&torus, &[[-2.0, 1.0]; 3]).is_err());
}
