//! The product at its edges: no rows, one row, sizes across the kernels' blocks, old content that must not be read.

use linalg::{plain, product, transposed};
use nalgebra::DMatrix;
use proptest::prelude::*;
use rand::RngExt;

fn random(rows: usize, columns: usize, seed: u64) -> DMatrix<f32> {
    let mut rng = stats::stream(seed, "product edges", 0);
    DMatrix::from_fn(rows, columns, |_, _| 2.0 * rng.random::<f32>() - 1.0)
}

/// The four ways to give the same product.
fn all_ways(a: &DMatrix<f32>, b: &DMatrix<f32>, mut check: impl FnMut(DMatrix<f32>)) {
    let (at, bt) = (a.transpose(), b.transpose());
    for first in [plain(a), transposed(&at)] {
        for second in [plain(b), transposed(&bt)] {
            // Without beta the content is not read.
            let mut c = DMatrix::from_element(a.nrows(), b.ncols(), f32::NAN);
            product(1.0, first, second, 0.0, &mut c);
            check(c);
        }
    }
}

fn close(a: &DMatrix<f32>, b: &DMatrix<f32>) {
    let exact = a.map(f64::from) * b.map(f64::from);
    // Whatever the order: k products below 1 and k roundings of sums below k, of 6e-8 each; k^2 is the worst case,
    // k^(3/2) already far beyond what random signs give.
    let k = a.ncols() as f64;
    let tolerance = k.powf(1.5) * f64::from(f32::EPSILON) + f64::from(f32::EPSILON);
    all_ways(a, b, |c| {
        assert_eq!(c.shape(), exact.shape());
        let apart =
            c.iter().zip(&exact).map(|(c, e)| (f64::from(*c) - e).abs()).fold(0.0, f64::max);
        assert!(apart <= tolerance, "{:?} {:?}: {apart}", a.shape(), b.shape());
        assert!(c.iter().all(|c| c.is_finite()));
    });
}

#[test]
fn empty_products() {
    for (m, k, n) in [(0, 3, 2), (2, 3, 0), (0, 0, 0), (0, 3, 0), (2, 0, 3)] {
        close(&random(m, k, 1), &random(k, n, 2));
    }
    // No terms: beta alone is left.
    let mut c = DMatrix::from_element(2, 3, 4.0);
    product(1.0, plain(&random(2, 0, 1)), plain(&random(0, 3, 1)), 0.5, &mut c);
    assert_eq!(c, DMatrix::from_element(2, 3, 2.0));
    product(1.0, plain(&random(2, 0, 1)), plain(&random(0, 3, 1)), 0.0, &mut c);
    assert_eq!(c, DMatrix::zeros(2, 3));
}

#[test]
fn sizes_across_the_edges_of_kernels_and_blocks() {
    // Vectors hold 4 to 16 numbers, kernels some 6 x 32, blocks a few hundred.
    for (m, k, n) in [
        (1, 1, 1),
        (1, 300, 1),
        (1, 7, 500),
        (500, 7, 1),
        (15, 16, 17),
        (31, 33, 32),
        (47, 65, 97),
        (129, 127, 128),
        (257, 513, 63),
        (64, 1025, 65),
    ] {
        close(&random(m, k, 3), &random(k, n, 4));
    }
}

#[test]
fn repeated_and_threaded_products_have_the_same_bytes() {
    let (a, b) = (random(130, 70, 5), random(70, 90, 6));
    let compute = || {
        let mut c = DMatrix::zeros(130, 90);
        product(0.7, plain(&a), plain(&b), 0.0, &mut c);
        c.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    let once = compute();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(compute)).collect();
        threads.into_iter().for_each(|t| assert_eq!(t.join().ok().as_ref(), Some(&once)));
    });
}

proptest! {
    #[test]
    fn whole_numbers_are_exact(
        (m, k, n) in (0usize..20, 0usize..20, 0usize..20),
        alpha in -3i8..=3, beta in -3i8..=3, seed: u64,
    ) {
        // Sums far below 2^24: every order of additions, fused or not, gives the same.
        let whole = |x: DMatrix<f32>| x.map(|x| (8.0 * x).round());
        let (a, b, start) = (whole(random(m, k, seed)), whole(random(k, n, seed ^ 1)), whole(random(m, n, seed ^ 2)));
        let (alpha, beta) = (f32::from(alpha), f32::from(beta));
        let expected = (&a * &b) * alpha + &start * beta;
        let mut c = start;
        product(alpha, plain(&a), plain(&b), beta, &mut c);
        prop_assert_eq!(c, expected);
    }

    #[test]
    fn a_sign_turns_every_bit_with_it(m in 1usize..40, k in 1usize..40, n in 1usize..9, seed: u64) {
        // Rounding to nearest is symmetric: what makes a flow without biases odd, exactly.
        let (a, b) = (random(m, k, seed), random(k, n, seed ^ 1));
        let mut c = DMatrix::zeros(m, n);
        let mut d = DMatrix::zeros(m, n);
        product(1.0, plain(&a), plain(&b), 0.0, &mut c);
        product(1.0, plain(&a), plain(&-b), 0.0, &mut d);
        prop_assert_eq!(c, -d);
    }
}

#[test]
#[should_panic(expected = "inner sizes")]
fn inner_sizes_must_agree() {
    product(1.0, plain(&random(2, 3, 1)), plain(&random(2, 3, 1)), 0.0, &mut DMatrix::zeros(2, 3));
}

#[test]
#[should_panic(expected = "another shape")]
fn the_result_must_fit() {
    let a = random(2, 3, 1);
    product(1.0, plain(&a), transposed(&a), 0.0, &mut DMatrix::zeros(2, 3));
}
