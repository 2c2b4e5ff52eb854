//! What `draw` gives, what it says of it, and what it refuses.

mod common;

use common::{Enumerated, Shape, critical_z};
use exact::transfer::{Moments, magnetisation_probabilities};
use ising::{Algorithm, Coupling, Error, Lattice, Request, draw};

const REQUEST: Request = Request {
    count: 1000,
    algorithm: Some(Algorithm::Wolff),
    field: 0.0,
    symmetrise: false,
    least_effective: 0.0,
};

fn at(t: f64) -> Coupling {
    Coupling::from_temperature(t).expect("a temperature")
}

#[test]
fn all_algorithms_agree_with_the_exact_torus() {
    let side = 8;
    let lattice = Lattice::square(side).unwrap();
    for t in [1.2, 2.0, 2.269, 3.0, 10.0] {
        let energy = exact::torus::kaufman(side, side, 1.0 / t).unwrap().energy_per_spin;
        let exact = Moments::of(&magnetisation_probabilities(side, 1.0 / t).unwrap());
        for algorithm in Algorithm::ALL {
            let request = Request {
                algorithm: Some(algorithm),
                count: 3000,
                least_effective: 1500.0,
                ..REQUEST
            };
            let quality = draw(&lattice, at(t), &request, 1).unwrap().quality;
            let summary = &quality.summary;
            let values = [
                (summary.energy_per_spin, energy),
                (summary.abs_m, exact.abs_m),
                (summary.m2, exact.m2),
                (summary.m4, exact.m4),
            ];
            for (found, exact) in values {
                let z = found.sigmas_from(exact);
                assert!(z <= critical_z(), "{algorithm:?}, T = {t}: {found:?}, exactly {exact}");
            }
        }
    }
}

fn knows_no_field(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::SwendsenWang | Algorithm::Wolff)
}

#[test]
fn antiferromagnets_and_fields() {
    for shape in [Shape::Square(3), Shape::Square(4), Shape::Ring(5)] {
        for (k, h) in [(-0.3, 0.0), (0.3, 0.4), (-0.4, 0.5)] {
            let exact = Enumerated::in_field(shape, k, h);
            let energy = exact.mean(|state| exact.energy_per_spin(state));
            let m2 = exact.mean(|state| exact.magnetisation(state).powi(2));
            let frustrated = k < 0.0 && shape.is_frustrated();
            for algorithm in Algorithm::ALL {
                let request =
                    Request { algorithm: Some(algorithm), field: h, count: 4000, ..REQUEST };
                let drawn = draw(&shape.lattice(), exact.coupling(), &request, 2);
                let quality = match (drawn, algorithm) {
                    (Ok(drawn), _) => drawn.quality,
                    (Err(Error::FieldOf { .. }), algorithm) if h != 0.0 => {
                        assert!(knows_no_field(algorithm) || k < 0.0, "{algorithm:?}");
                        continue;
                    }
                    (Err(Error::Frustrated { .. }), Algorithm::Transfer | Algorithm::Perfect) => {
                        assert!(frustrated, "{algorithm:?}, {shape:?}");
                        continue;
                    }
                    (Err(error), _) => panic!("{algorithm:?}, {shape:?}, {k}, {h}: {error}"),
                };
                for (found, exact) in
                    [(quality.summary.energy_per_spin, energy), (quality.summary.m2, m2)]
                {
                    let z = found.sigmas_from(exact);
                    let place = format!("{algorithm:?}, {shape:?}, K = {k}, H = {h}");
                    assert!(z <= critical_z(), "{place}: {found:?}, exactly {exact}");
                }
            }
        }
    }
}

#[test]
fn wells_that_are_not_left_in_a_field_are_noticed() {
    // The well against the field has a share of e^{-2 H M} < 1e-5, but half of the random starts fall into it.
    let lattice = Lattice::square(8).unwrap();
    for algorithm in [Algorithm::Metropolis, Algorithm::HeatBath, Algorithm::Multispin] {
        let request =
            Request { algorithm: Some(algorithm), field: 0.1, least_effective: 900.0, ..REQUEST };
        let error = draw(&lattice, at(1.0), &request, 1).unwrap_err();
        assert!(matches!(error, Error::Unsettled { .. }), "{algorithm:?}: {error}");
    }
    // What is best there draws the other well as rarely as it should.
    let request = Request { field: 0.1, least_effective: 900.0, ..REQUEST };
    let drawn = draw(&lattice, at(1.0), &Request { algorithm: None, ..request }, 1).unwrap();
    assert_eq!(drawn.quality.algorithm, Algorithm::Transfer);
    assert!(drawn.quality.summary.m.mean > 0.99, "{:?}", drawn.quality.summary.m);
}

#[test]
fn exact_draws_are_independent_and_chains_say_how_much_they_are() {
    let lattice = Lattice::square(8).unwrap();
    for algorithm in Algorithm::ALL {
        let drawn =
            draw(&lattice, at(2.5), &Request { algorithm: Some(algorithm), ..REQUEST }, 1).unwrap();
        let quality = &drawn.quality;
        assert_eq!(drawn.samples.len(), 1000);
        assert_eq!(quality.chains.iter().sum::<u32>(), 1000);
        assert!(quality.effective > 500.0 && quality.effective <= 1000.0, "{quality:?}");
        if matches!(algorithm, Algorithm::Transfer | Algorithm::Perfect) {
            assert_eq!((quality.burn_in, quality.stride, quality.r_hat), (0, 0, None));
            assert_eq!(quality.effective, 1000.0);
        } else {
            let (tau, r_hat) = (quality.tau.unwrap(), quality.r_hat.unwrap());
            assert!(quality.burn_in as f64 >= 20.0 * tau && quality.stride as f64 >= 4.0 * tau);
            assert!((0.9..1.1).contains(&r_hat), "{algorithm:?}: {r_hat}");
        }
    }
}

#[test]
fn any_count_is_met() {
    let lattice = Lattice::square(4).unwrap();
    for algorithm in Algorithm::ALL {
        for count in [1, 2, 5, 511, 513, 1025] {
            let drawn = draw(
                &lattice,
                at(3.0),
                &Request { algorithm: Some(algorithm), count, ..REQUEST },
                3,
            )
            .unwrap();
            assert_eq!(drawn.samples.len(), count as usize);
            assert_eq!(drawn.quality.chains.iter().sum::<u32>(), count);
            let longest = drawn.quality.chains.iter().max().unwrap();
            assert!(drawn.quality.chains.iter().all(|length| longest - length <= 1));
        }
    }
}

#[test]
fn sets_worth_too_little_are_refused_with_the_numbers() {
    let lattice = Lattice::square(8).unwrap();
    let request = Request { least_effective: 1001.0, ..REQUEST };
    let Err(Error::Effective { effective, count, asked }) = draw(&lattice, at(2.5), &request, 1)
    else {
        panic!("a thousand configurations are never worth more");
    };
    assert!(effective <= 1000.0);
    assert_eq!((count, asked), (1000, 1001.0));
}

#[test]
fn chains_that_do_not_settle_are_refused_unless_told_otherwise() {
    // Stripes of hot starts at T = 0.1 stay for longer than anyone can wait.
    let lattice = Lattice::square(4).unwrap();
    let request =
        Request { algorithm: Some(Algorithm::Multispin), least_effective: 1.0, ..REQUEST };
    let refused = draw(&lattice, at(0.1), &request, 1).unwrap_err();
    assert!(matches!(refused, Error::Unsettled { .. }), "{refused}");
    let told = Request { least_effective: 0.0, ..request };
    let quality = draw(&lattice, at(0.1), &told, 1).unwrap().quality;
    assert!(quality.r_hat.unwrap() > 1.01, "{quality:?}");
}

#[test]
fn zero_and_infinite_temperature() {
    for lattice in [Lattice::ring(6).unwrap(), Lattice::square(4).unwrap()] {
        for algorithm in Algorithm::ALL {
            let request = Request { algorithm: Some(algorithm), least_effective: 500.0, ..REQUEST };
            let ground = draw(&lattice, at(0.0), &request, 1).unwrap();
            let m = ground.quality.summary.m;
            assert_eq!(ground.quality.summary.m2.mean, 1.0, "{algorithm:?}");
            assert!(m.mean.abs() <= critical_z() / 1000f64.sqrt(), "{algorithm:?}: {m:?}");
            let coins = draw(&lattice, at(f64::INFINITY), &request, 1).unwrap();
            let m2 = coins.quality.summary.m2;
            let exact = 1.0 / lattice.sites() as f64;
            assert!(m2.sigmas_from(exact) <= critical_z(), "{algorithm:?}: {m2:?}");
        }
    }
}

#[test]
fn a_ground_state_follows_the_field() {
    let lattice = Lattice::square(2).unwrap();
    let request =
        Request { algorithm: Some(Algorithm::HeatBath), field: 0.2, count: 4000, ..REQUEST };
    let m = draw(&lattice, at(0.0), &request, 1).unwrap().quality.summary.m;
    assert!(m.sigmas_from(0.8f64.tanh()) <= critical_z(), "{m:?}");
}

#[test]
fn symmetrised_sets_have_both_signs() {
    let lattice = Lattice::square(16).unwrap();
    for algorithm in [Algorithm::HeatBath, Algorithm::Multispin, Algorithm::Wolff] {
        let request = Request { algorithm: Some(algorithm), symmetrise: true, ..REQUEST };
        let drawn = draw(&lattice, at(1.5), &request, 1).unwrap();
        assert!(drawn.samples.is_symmetrised());
        let up = (0..1000).filter(|&row| drawn.samples.spin_sum(row) > 0).count();
        common::assert_fair(up as u64, 1000, "symmetrised");
    }
}

#[test]
fn the_same_at_any_number_of_threads() {
    let lattice = Lattice::square(8).unwrap();
    for algorithm in Algorithm::ALL {
        let request = Request { algorithm: Some(algorithm), symmetrise: true, ..REQUEST };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("a pool").install(|| draw(&lattice, at(2.3), &request, 4).unwrap())
        };
        assert_eq!(on(1), on(5), "{algorithm:?}");
    }
}

#[test]
fn impossible_requests_are_refused() {
    let lattice = Lattice::square(8).unwrap();
    let refused = |request: Request| draw(&lattice, at(2.0), &request, 1).unwrap_err();
    assert_eq!(
        refused(Request { count: 0, ..REQUEST }),
        Error::Schedule { what: "number of draws" }
    );
    assert!(matches!(refused(Request { field: f64::NAN, ..REQUEST }), Error::Field(_)));
    let error = refused(Request { field: 0.5, ..REQUEST });
    assert_eq!(error, Error::FieldOf { algorithm: "wolff", field: 0.5 });
    let algorithm = Some(Algorithm::HeatBath);
    let error = refused(Request { field: 0.5, symmetrise: true, algorithm, ..REQUEST });
    assert_eq!(error, Error::SymmetriseInField(0.5));
    let wide = Lattice::square(13).unwrap();
    let request = Request { algorithm: Some(Algorithm::Transfer), ..REQUEST };
    assert!(matches!(draw(&wide, at(2.0), &request, 1), Err(Error::TransferWidth { .. })));
}
