//! The edges: temperatures zero and infinite, sides of one and two, odd sides with the antiferromagnet; every algorithm
//! of `chain` is right there or says what it cannot do.

mod common;

use common::{Enumerated, Shape, chi_square, index};
use ising::{Algorithm, Error, Schedule, chain};

/// A new algorithm joins here.
const ALGORITHMS: [Algorithm; 3] =
    [Algorithm::Metropolis, Algorithm::HeatBath, Algorithm::Transfer];
const SHAPES: [Shape; 8] = [
    Shape::Ring(1),
    Shape::Ring(2),
    Shape::Ring(3),
    Shape::Square(1),
    Shape::Square(2),
    Shape::Square(3),
    Shape::Rectangle(1, 4),
    Shape::Rectangle(2, 3),
];
/// At K = +-0.2 single spin flips on at most nine sites forget within a few sweeps; forty leave no trace.
const COUPLINGS: [f64; 5] = [0.0, 0.2, -0.2, f64::INFINITY, f64::NEG_INFINITY];
const SCHEDULE: Schedule = Schedule { burn_in: 40, stride: 40, draws: 5000, symmetrise: false };

/// Draws from `algorithm` fit the enumerated distribution: the error text, if not.
fn fit(exact: &Enumerated, algorithm: Algorithm, schedule: Schedule) -> Result<(), String> {
    let lattice = exact.shape.lattice();
    let samples = chain(&lattice, exact.coupling(), algorithm, schedule, 1);
    let samples = samples.map_err(|error| error.to_string())?;
    let mut counts = vec![0; exact.probabilities.len()];
    (0..samples.len()).for_each(|row| counts[index(&samples.row(row))] += 1);
    chi_square(&counts, &exact.probabilities)
}

/// The frustrated tori that nothing here can draw.
fn beyond(shape: Shape, k: f64, algorithm: Algorithm) -> bool {
    let frustrated = k < 0.0 && shape.is_frustrated() && !shape.is_ring();
    frustrated && (k.is_infinite() || algorithm == Algorithm::Transfer)
}

#[test]
fn every_algorithm_is_right_at_every_edge_or_refuses() {
    for shape in SHAPES {
        for k in COUPLINGS {
            let exact = Enumerated::new(shape, k);
            for algorithm in ALGORITHMS {
                let what = format!("{shape:?}, K = {k}, {algorithm:?}");
                if beyond(shape, k, algorithm) {
                    let lattice = shape.lattice();
                    let error = chain(&lattice, exact.coupling(), algorithm, SCHEDULE, 1);
                    let refused = matches!(error, Err(Error::Frustrated { .. }));
                    assert!(refused, "{what}");
                } else {
                    assert_eq!(fit(&exact, algorithm, SCHEDULE), Ok(()), "{what}");
                }
            }
        }
    }
}

#[test]
fn turning_draws_over_changes_nothing_without_a_field() {
    let schedule = Schedule { symmetrise: true, ..SCHEDULE };
    for (shape, k) in
        [(Shape::Ring(3), -0.2), (Shape::Ring(3), f64::NEG_INFINITY), (Shape::Square(2), -0.2)]
    {
        for algorithm in ALGORITHMS {
            assert_eq!(fit(&Enumerated::new(shape, k), algorithm, schedule), Ok(()));
        }
    }
}

#[test]
fn refusals_say_why() {
    let text =
        |k, algorithm| fit(&Enumerated::new(Shape::Square(3), k), algorithm, SCHEDULE).unwrap_err();
    assert_eq!(
        text(-0.2, Algorithm::Transfer),
        "an odd side frustrates the antiferromagnet: the transfer matrix of the ferromagnet cannot draw it"
    );
    assert_eq!(
        text(f64::NEG_INFINITY, Algorithm::HeatBath),
        "an odd side frustrates the antiferromagnet: a chain at zero temperature cannot draw it"
    );
}
