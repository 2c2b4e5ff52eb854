//! The mean rule climbs its bound, follows its Jacobian, and ends where Newton's method ends.

mod common;

use common::{cube, random_rbm};
use exact::{Rbm64, enumerate, symmetric};
use flow::basins::{End, basins};
use flow::fixed_point::{descend, newton, search};
use flow::mean::{
    bound, hidden_mean, in_f64, jacobian, mean_step, multipliers, spectral_radius,
    unstable_directions,
};
use flow::{Error, Flow, Rule};
use nalgebra::{DMatrix, DVector, dmatrix, dvector};
use proptest::prelude::*;
use rbm::{Rbm, features};

fn wide(visible: usize, hidden: usize, size: f32, bias: f32, seed: u64) -> Rbm64 {
    in_f64(&random_rbm(visible, hidden, size, bias, seed)).expect("an RBM")
}

/// The divergence of two distributions of independent units with these means.
fn divergence(v: &DVector<f64>, w: &DVector<f64>) -> f64 {
    let term = |p: f64, q: f64| if p > 0.0 { p * (p / q).ln() } else { 0.0 };
    let of_unit = |(&x, &y): (&f64, &f64)| {
        term(0.5 * (1.0 + x), 0.5 * (1.0 + y)) + term(0.5 * (1.0 - x), 0.5 * (1.0 - y))
    };
    v.iter().zip(w).map(of_unit).sum()
}

proptest! {
    #[test]
    fn every_step_climbs_by_at_least_the_divergence(
        (m, n) in (1usize..8, 0usize..8), size in 0.0..2.0f32, bias in 0.0..1.0f32, seed: u64,
    ) {
        let rbm = wide(m, n, size, bias, seed);
        let ln_z = enumerate::ln_z(&rbm).expect("few states");
        let first = cube(m, 1, seed ^ 1).column(0).into_owned();
        let (mut v, mut moved) = (first.clone(), 0.0);
        for _ in 0..50 {
            let next = mean_step(&rbm, &v);
            let gain = bound(&rbm, &next) - bound(&rbm, &v);
            let least = divergence(&v, &next);
            let squared = (&next - &v).norm_squared();
            // Sums of some ten terms of order ten.
            prop_assert!(gain >= least - 1e-13 && least >= 0.5 * squared - 1e-13, "{gain:e} {least:e}");
            prop_assert!(bound(&rbm, &next) <= ln_z + 1e-13);
            moved += squared;
            v = next;
        }
        prop_assert!(moved <= 2.0 * (ln_z - bound(&rbm, &first)) + 1e-11);
    }

    #[test]
    fn the_jacobian_is_the_derivative(
        (m, n) in (1usize..7, 1usize..7), size in 0.1..1.5f32, bias in 0.0..1.0f32, seed: u64,
    ) {
        let rbm = wide(m, n, size, bias, seed);
        let v = cube(m, 1, seed ^ 1).column(0).into_owned();
        let found = jacobian(&rbm, &v);
        const STEP: f64 = 1e-5;
        for j in 0..m {
            let shifted = |by: f64| {
                let mut v = v.clone();
                v[j] += by;
                mean_step(&rbm, &v)
            };
            let slope = (shifted(STEP) - shifted(-STEP)) / (2.0 * STEP);
            // Third derivatives are sums of up to n m^2 products of six weights: below 1e5 for these sizes.
            prop_assert!((slope - found.column(j)).amax() < 1e-5 * (1.0 + found.amax()));
        }
        // Its eigenvalues are real: those of the general solver, which does not know that.
        let mut general: Vec<f64> = found.complex_eigenvalues().iter().map(|x| x.norm()).collect();
        general.sort_by(|a, b| b.total_cmp(a));
        let own = multipliers(&rbm, &v);
        prop_assert_eq!(own.len(), m.min(n));
        for (index, value) in general.into_iter().enumerate() {
            let expected = own.get(index).copied().unwrap_or(0.0);
            // Eigenvalues of a matrix that is not symmetric suffer more from rounding where they are small.
            prop_assert!((value - expected).abs() < 1e-6 * own[0].max(1e-3), "{value} {expected}");
        }
    }

    #[test]
    fn at_zero_the_spectrum_of_the_weights_decides(
        (m, n) in (1usize..20, 1usize..20), seed: u64, of_largest in 0.9..1.1f64,
    ) {
        let drawn = wide(m, n, 1.0, 0.0, seed);
        let largest = drawn.weights.clone().singular_values().max();
        let rbm = Rbm64::without_biases(drawn.weights * (of_largest / largest)).expect("finite");
        let zero = DVector::zeros(m);
        let singular: Vec<f64> = rbm.weights.clone().singular_values().iter().copied().collect();
        let above = singular.iter().filter(|&&s| s > 1.0).count();
        prop_assert_eq!(unstable_directions(&rbm, &zero), above);
        prop_assert!((spectral_radius(&rbm, &zero) - of_largest.powi(2)).abs() < 1e-13);
        prop_assert!((jacobian(&rbm, &zero) - &rbm.weights * rbm.weights.transpose()).amax() < 1e-14);
        // A small start grows if and only if the largest exceeds 1.
        if (of_largest - 1.0).abs() > 0.01 {
            let start = 1e-6 * cube(m, 1, seed ^ 1).column(0).into_owned().add_scalar(0.1);
            let end = (0..3000).fold(start.clone(), |v, _| mean_step(&rbm, &v));
            prop_assert_eq!(end.norm() > start.norm(), of_largest > 1.0);
        }
    }

    #[test]
    fn the_ends_of_the_flow_are_fixed_points_of_newtons_method(
        (m, n) in (1usize..30, 1usize..30), size in 0.0..1.0f32, bias in 0.0..0.5f32, seed: u64,
    ) {
        let rbm = wide(m, n, size, bias, seed);
        let start = cube(m, 1, seed ^ 1).column(0).into_owned();
        // The plain flow, slow and sure.
        let mut v = start.clone();
        let mut steps = 0;
        while (mean_step(&rbm, &v) - &v).amax() > 1e-13 && steps < 200_000 {
            v = mean_step(&rbm, &v);
            steps += 1;
        }
        let end = descend(&rbm, &start, 1 << 14).expect("an end");
        let radius = end.spectral_radius();
        // RBMs close to a bifurcation aside, where the plain flow is still on its way.
        prop_assume!(radius < 0.999);
        prop_assert!((&end.v - &v).amax() < 1e-12 + 1e-12 / (1.0 - radius), "{radius}");
        let polished = newton(&rbm, &v).expect("a fixed point");
        prop_assert!((&end.v - polished.v).amax() < 1e-12 / (1.0 - radius));
        prop_assert!(end.residual <= 1e-13);
        prop_assert_eq!(end.unstable_directions(), 0);
    }
}

#[test]
fn two_patterns_have_their_valleys_and_passes() {
    // Two orthogonal patterns with a hidden unit each: the flow goes to their sum or difference, where both units are at
    // work, and the patterns themselves are passes in between.
    let patterns = dmatrix![1.0, 1.0; 1.0, 1.0; 1.0, -1.0; 1.0, -1.0];
    let rbm = Rbm64::without_biases(0.7 * &patterns).unwrap();
    let points = search(&rbm, &cube(4, 200, 1), 4096);
    let kinds: Vec<usize> = points.iter().map(|point| point.unstable_directions()).collect();
    // Mirror images merged: sum and difference, the two patterns, and zero, from which both patterns lead away.
    assert_eq!(kinds, [0, 0, 1, 1, 2], "{points:#?}");
    assert!(points.iter().all(|point| point.residual <= 1e-13));
    assert!(points.iter().all(|point| point.magnetisation() >= 0.0));
    assert!(points[0].bound >= points[1].bound && points[1].bound > points[2].bound);
    assert!(
        points[..2].iter().all(|point| point.v.map(f64::abs).min() < 1e-12 && point.v.amax() > 0.5)
    );
    let sizes = |v: &DVector<f64>| v.map(f64::abs);
    assert!(points[2..4].iter().all(|point| sizes(&point.v).max() - sizes(&point.v).min() < 1e-12));
    // Zero is the lowest: ln Z of independent coins.
    assert!((points[4].bound - 6.0 * 2f64.ln()).abs() < 1e-12);
}

#[test]
fn biases_take_the_mirror_images_away() {
    let rbm = Rbm64::new(
        DMatrix::from_element(4, 2, 0.6),
        DVector::from_element(4, 0.01),
        DVector::zeros(2),
    );
    let points = search(&rbm.unwrap(), &cube(4, 50, 1), 4096);
    let magnetisations: Vec<f64> = points.iter().map(|point| point.magnetisation()).collect();
    assert_eq!(points.len(), 3, "{magnetisations:?}");
    assert!(magnetisations[0] > 0.0 && magnetisations[1] < 0.0, "{magnetisations:?}");
    assert!(!points[2].is_stable() && magnetisations[2].abs() < 0.1);
}

#[test]
fn a_search_that_fails_says_so() {
    // At the bifurcation itself the flow comes to zero as 1 / sqrt(steps).
    let rbm = Rbm64::uniform(4, 4, 0.25).unwrap();
    let refused = descend(&rbm, &DVector::from_element(4, 1.0), 100);
    assert!(
        matches!(refused, Err(Error::NoFixedPoint { residual, steps: 100 }) if residual > 1e-6)
    );
    let broken = Rbm::uniform(2, 2, f32::NAN);
    assert!(matches!(in_f64(&broken), Err(Error::Exact(_))));
    assert!(matches!(basins(&broken, &DMatrix::zeros(2, 1), 1), Err(Error::Exact(_))));
}

#[test]
fn rbms_without_hidden_units_have_one_fixed_point() {
    let rbm = Rbm64::new(DMatrix::zeros(2, 0), dvector![0.3, -0.2], DVector::zeros(0)).unwrap();
    let end = descend(&rbm, &dvector![1.0, 1.0], 10).unwrap();
    assert!((&end.v - dvector![0.3_f64, -0.2].map(f64::tanh)).amax() < 1e-15);
    assert_eq!((end.multipliers.len(), end.unstable_directions()), (0, 0));
}

#[test]
fn equal_weights_have_two_basins() {
    let (m, n, w) = (8, 4, 0.3);
    let states: Vec<usize> = (0..1 << m).collect();
    let starts = DMatrix::from_fn(m, states.len(), |i, s| (2 * (s >> i & 1)) as f32 - 1.0);
    let found = basins(&Rbm::uniform(m, n, w), &starts, 200).unwrap();
    let fixed = symmetric::mean_fixed_point(m, n, f64::from(w));
    assert!((found.points[0].magnetisation() - fixed).abs() < 1e-12);
    for (start, end) in found.magnetisations.iter().zip(&found.ends) {
        // V = 0 stays at 0 or leaves it by rounding.
        if *start != 0.0 {
            assert_eq!(*end, Some(End { point: 0, mirrored: *start < 0.0 }), "{start}");
        }
    }
    // Classes of two values of V each, and V = 0 in a class of its own.
    let table = found.by_magnetisation(5);
    let counts: Vec<usize> = table.iter().map(|class| class.count).collect();
    assert_eq!(counts, [9, 84, 70, 84, 9]);
    for (class, [plus, minus]) in
        table.iter().zip([[0., 1.], [0., 1.], [f64::NAN; 2], [1., 0.], [1., 0.]])
    {
        if plus.is_finite() {
            let [up, down] = class.shares[0];
            assert_eq!((up.mean, down.mean, class.undecided.mean), (plus, minus, 0.0));
        }
        let all: f64 = class.shares.iter().flatten().map(|share| share.mean).sum();
        assert!((all + class.undecided.mean - 1.0).abs() < 1e-12);
    }
}

#[test]
fn the_f32_flow_ends_in_the_same_basins() {
    let rbm = random_rbm(20, 10, 0.7, 0.2, 5);
    let starts = cube(20, 200, 6).map(|x| if x > 0.0 { 1.0_f32 } else { -1.0 });
    let found = basins(&rbm, &starts, 100).unwrap();
    let wide = in_f64(&rbm).unwrap();
    assert!(found.points.len() > 1, "one basin tests nothing");
    for (start, end) in starts.column_iter().zip(&found.ends) {
        let own = descend(&wide, &start.map(f64::from), 1 << 12).unwrap();
        let end = end.expect("an end");
        assert!(!end.mirrored && (own.v - &found.points[end.point].v).amax() < 1e-9);
    }
    // One step in f32 and in f64: 30 terms up to 14, twice.
    let once =
        Flow { rbm: &rbm, rule: Rule::Mean }.step(&starts, &mut stats::stream(1, "unused", 0));
    for (start, v) in starts.column_iter().zip(once.column_iter()) {
        let expected = mean_step(&wide, &start.map(f64::from));
        assert!((expected - v.map(f64::from)).amax() < 5e-5);
    }
    assert_eq!(features::singular_values(&rbm.weights).len(), 10);
    assert_eq!(hidden_mean(&wide, &DVector::zeros(20)).len(), 10);
}
