//! A field on both signs of K: averages of every order of the heat bath and of Metropolis, from hot and cold starts.

mod common;

use common::averages::{assert_averages, hot_and_cold, series};
use common::{Enumerated, Shape};
use ising::{
    Coupling, Error, HeatBath, Lattice, Metropolis, Order, Schedule, energy_per_spin, magnetisation,
};

const SCHEDULE: Schedule = Schedule { burn_in: 500, stride: 1, draws: 15_000, symmetrise: false };

#[test]
fn hot_and_cold_starts_agree_with_enumeration() {
    for shape in [Shape::Ring(8), Shape::Square(3), Shape::Rectangle(4, 2)] {
        let lattice = &shape.lattice();
        for (k, h) in [(0.0, 0.5), (0.3, 0.1), (0.4, -0.2), (-0.4, 0.6)] {
            let exact = Enumerated::in_field(shape, k, h);
            let averages = [
                exact.mean(|s| exact.energy_per_spin(s)),
                exact.mean(|s| exact.magnetisation(s)),
                exact.mean(|s| exact.magnetisation(s).powi(2)),
            ];
            let observe = |spins: &[i8]| {
                let m = magnetisation(spins);
                [energy_per_spin(lattice, spins), m, m * m]
            };
            let what = format!("{shape:?}, K = {k}, H = {h}");
            for start in hot_and_cold(lattice, exact.coupling(), 1) {
                for order in [Order::Sequential, Order::Checkerboard, Order::Random] {
                    let sampler = HeatBath::new(lattice, exact.coupling()).in_order(order);
                    let sampler = &mut sampler.in_field(h).unwrap();
                    let series = series(sampler, start.clone(), SCHEDULE, observe);
                    assert_averages(&series, averages, &format!("{what}, {order:?} heat bath"));
                }
                let sampler = &mut Metropolis::new(lattice, exact.coupling()).in_field(h).unwrap();
                let series = series(sampler, start, SCHEDULE, observe);
                assert_averages(&series, averages, &format!("{what}, Metropolis"));
            }
        }
    }
}

#[test]
fn a_field_must_be_finite() {
    let lattice = Lattice::square(4).unwrap();
    let coupling = Coupling::new(0.4).unwrap();
    for field in [f64::INFINITY, f64::NEG_INFINITY] {
        let refused = HeatBath::new(&lattice, coupling).in_field(field).err();
        assert_eq!(refused, Some(Error::Field(field)));
        let refused = Metropolis::new(&lattice, coupling).in_field(field).err();
        assert_eq!(refused, Some(Error::Field(field)));
    }
    let refused = Metropolis::new(&lattice, coupling).in_field(f64::NAN).err().unwrap();
    assert_eq!(refused.to_string(), "the field is NaN, but must be finite");
}
