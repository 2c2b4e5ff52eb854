//! Receptive fields of known shape have the centre, extent and spectrum they should.

#[path = "common/random.rs"]
mod random;

use exact::decimation;
use nalgebra::DMatrix;
use proptest::prelude::*;
use random::random_rbm;
use rbm::features::{gram, participation_ratios, singular_values, spots};
use rbm::{Error, Rbm};

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-12 * expected.abs().max(1.0)
}

/// The weights moved by `(dx, dy)` around the lattice.
fn moved(
    weights: &DMatrix<f32>,
    [width, height]: [usize; 2],
    (dx, dy): (usize, usize),
) -> DMatrix<f32> {
    DMatrix::from_fn(weights.nrows(), weights.ncols(), |i, a| {
        let (x, y) = ((i % width + width - dx) % width, (i / width + height - dy) % height);
        weights[(y * width + x, a)]
    })
}

proptest! {
    #[test]
    fn singular_values_are_the_roots_of_the_gram_matrix(m in 1usize..12, n in 1usize..12, seed: u64) {
        let w = random_rbm(m, n, 2.0, seed).weights;
        let values = singular_values(&w);
        prop_assert_eq!(values.len(), m.min(n));
        prop_assert!(values.is_sorted_by(|a, b| a >= b));
        let squares: f64 = values.iter().map(|s| s * s).sum();
        prop_assert!(close(gram(&w).trace(), squares));
        let fourth: f64 = values.iter().map(|s| s.powi(4)).sum();
        prop_assert!(close(gram(&w).norm_squared(), fourth));
        // Exchange of the layers.
        let transposed = singular_values(&w.transpose());
        prop_assert!(values.iter().zip(&transposed).all(|(a, b)| close(*a, *b)));
        prop_assert!(close(gram(&w.transpose()).norm(), gram(&w).norm()));
    }

    #[test]
    fn a_moved_field_is_the_same_spot_elsewhere(
        (width, height) in (1usize..9, 1usize..6), dx in 0usize..9, dy in 0usize..6,
        size in 1e-20..1e15f32, seed: u64,
    ) {
        let shape = [width, height];
        let (dx, dy) = (dx % width, dy % height);
        let w = random_rbm(width * height, 2, 1.0, seed).weights;
        let there = moved(&w, shape, (dx, dy)) * -size;
        let (here, there) = (spots(&w, shape).unwrap(), (spots(&there, shape).unwrap(), there));
        for (a, (spot, other)) in here.iter().zip(&there.0).enumerate() {
            let (spot, other) = (spot.unwrap(), other.unwrap());
            // A centre is as good as the mean vector is long; weights are rounded when scaled.
            let blur = 1e-6 * (width + height) as f64
                / spot.concentration.into_iter().fold(1.0_f64, f64::min).max(1e-300);
            for (axis, (length, shift)) in [(width, dx), (height, dy)].into_iter().enumerate() {
                prop_assert!((0.0..length as f64).contains(&other.centre[axis]));
                let gap = (spot.centre[axis] + shift as f64 - other.centre[axis]).rem_euclid(length as f64);
                prop_assert!(gap.min(length as f64 - gap) < blur);
                prop_assert!((spot.concentration[axis] - other.concentration[axis]).abs() < 1e-6);
            }
            prop_assert!((spot.extent - other.extent).abs() < blur.max(1e-6));
            let ratios = (participation_ratios(&w)[a], participation_ratios(&there.1)[a]);
            prop_assert!((ratios.0 / ratios.1 - 1.0).abs() < 1e-5);
            prop_assert!((1.0 - 1e-12..=(width * height) as f64 + 1e-9).contains(&ratios.0));
        }
    }
}

#[test]
fn equal_weights_have_one_singular_value() {
    let values = singular_values(&Rbm::uniform(8, 4, 0.25).weights);
    // W sqrt(M N).
    assert!(close(values[0], 0.25 * 32.0_f64.sqrt()));
    assert!(values[1..].iter().all(|s| s.abs() < 1e-15));
    assert_eq!(participation_ratios(&Rbm::uniform(8, 4, 0.25).weights), [8.0; 4]);
}

#[test]
fn weights_that_are_not_finite_have_no_singular_values() {
    for bad in [f32::NAN, f32::INFINITY] {
        let mut weights = Rbm::uniform(5, 3, 0.2).weights;
        weights[(2, 1)] = bad;
        let values = singular_values(&weights);
        assert!(values.len() == 3 && values.iter().all(|s| s.is_nan()), "{values:?}");
    }
}

#[test]
fn units_on_bonds_have_the_spectrum_of_waves() {
    // W |1 + e^{ik}|, k = 2 pi n / M.
    let sites = 10;
    let bonds = decimation::bonds(sites, 0.7).expect("a ring").weights.map(|w| w as f32);
    let w = f64::from(bonds[(0, 0)]);
    let wave = |n: usize| 2.0 * w * (std::f64::consts::PI * n as f64 / sites as f64).cos().abs();
    let mut expected: Vec<f64> = (0..sites).map(wave).collect();
    expected.sort_by(|a, b| b.total_cmp(a));
    let found = singular_values(&bonds);
    assert!(found.iter().zip(&expected).all(|(f, e)| (f - e).abs() < 1e-14), "{found:?}");
    // Each looks at two sites, from the middle between them.
    assert!(participation_ratios(&bonds).iter().all(|r| close(*r, 2.0)));
    for (a, spot) in spots(&bonds, [sites, 1]).unwrap().into_iter().enumerate() {
        let spot = spot.expect("weights");
        let middle = (a as f64 + 0.5) % sites as f64;
        assert!(close(spot.centre[0], middle) && close(spot.extent, 0.5), "{a}: {spot:?}");
        assert!(close(spot.concentration[0], (std::f64::consts::PI / sites as f64).cos()));
        assert_eq!((spot.centre[1], spot.concentration[1]), (0.0, 1.0));
    }
}

#[test]
fn spots_of_known_shape() {
    // A single site; a cross over the corner of a torus; nothing; everything.
    let (width, height) = (8, 6);
    let mut w = DMatrix::zeros(width * height, 4);
    w[(3 * width + 5, 0)] = -2.0;
    for site in [0, 1, width - 1, width, (height - 1) * width] {
        w[(site, 1)] = 1.0;
    }
    w.column_mut(3).fill(0.1);
    let found = spots(&w, [width, height]).unwrap();
    let [single, cross, nothing, everything] = found[..] else { panic!("four units") };
    let single = single.expect("a spot");
    assert!(close(single.centre[0], 5.0) && close(single.centre[1], 3.0), "{single:?}");
    assert!(single.extent < 1e-12 && single.concentration.iter().all(|&c| close(c, 1.0)));
    let cross = cross.expect("a spot");
    let at_corner = |x: f64, length: usize| x.min(length as f64 - x) < 1e-12;
    assert!(at_corner(cross.centre[0], width) && at_corner(cross.centre[1], height), "{cross:?}");
    assert!(close(cross.extent, 0.8_f64.sqrt()));
    // (3 + 2 cos(2 pi / L)) / 5 in either direction.
    let resultant =
        |length: usize| (3.0 + 2.0 * (std::f64::consts::TAU / length as f64).cos()) / 5.0;
    assert!(close(cross.concentration[0], resultant(width)));
    assert!(close(cross.concentration[1], resultant(height)));
    assert_eq!(nothing, None);
    let everything = everything.expect("a spot");
    assert!(everything.concentration.iter().all(|&c| c < 1e-12));
    // (L^2 - 1) / 12 to (L^2 + 2) / 12 in either direction, as the centre falls.
    let squares = ((width * width + height * height) as f64 - 2.0) / 12.0;
    assert!((squares..=squares + 0.5 + 1e-12).contains(&everything.extent.powi(2)));

    let ratios = participation_ratios(&w);
    let expected = [1.0, 5.0, 0.0, 48.0];
    assert!(ratios.iter().zip(expected).all(|(r, e)| close(*r, e)), "{ratios:?}");
}

#[test]
fn a_lattice_of_another_size_is_refused() {
    let w = DMatrix::from_element(12, 1, 1.0_f32);
    assert!(spots(&w, [4, 3]).is_ok());
    let refused = Error::Size { what: "the visible layer", found: 12, expected: 20 };
    assert_eq!(spots(&w, [4, 5]), Err(refused));
}
