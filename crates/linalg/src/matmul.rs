//! The matrix product: `C <- alpha A B + beta C`, each factor transposed or not.

use gemm_common::Parallelism;
use gemm_f32::gemm::f32::get_gemm_fn;
use nalgebra::{DMatrixView, DMatrixViewMut};

/// A factor of a [`product`]: a matrix as it is or transposed.
#[derive(Clone, Copy, Debug)]
pub struct Factor<'a> {
    matrix: DMatrixView<'a, f32>,
    transposed: bool,
}

/// The matrix, or some of its columns, as it is.
pub fn plain<'a>(matrix: impl Into<DMatrixView<'a, f32>>) -> Factor<'a> {
    Factor { matrix: matrix.into(), transposed: false }
}

/// The matrix, or some of its rows or columns, transposed; nothing is moved.
pub fn transposed<'a>(matrix: impl Into<DMatrixView<'a, f32>>) -> Factor<'a> {
    Factor { matrix: matrix.into(), transposed: true }
}

impl Factor<'_> {
    fn shape(&self) -> (usize, usize) {
        let (rows, columns) = self.matrix.shape();
        if self.transposed { (columns, rows) } else { (rows, columns) }
    }

    /// Distances in memory between neighbouring columns and neighbouring rows.
    fn strides(&self) -> (isize, isize) {
        let (_, leading) = self.matrix.strides();
        if self.transposed { (1, leading as isize) } else { (leading as isize, 1) }
    }
}

/// `C <- alpha A B + beta C`, single-threaded: parallelism belongs to the caller, over batches or cells.
///
/// With `beta = 0` the old content of `c` is not read.
///
/// # Panics
/// When the shapes do not fit.
pub fn product<'c>(
    alpha: f32,
    a: Factor<'_>,
    b: Factor<'_>,
    beta: f32,
    c: impl Into<DMatrixViewMut<'c, f32>>,
) {
    multiply(alpha, a, b, beta, c.into());
}

/// Apart from [`product`], which is compiled where it is called.
fn multiply(alpha: f32, a: Factor<'_>, b: Factor<'_>, beta: f32, mut c: DMatrixViewMut<'_, f32>) {
    let (_, leading) = c.strides();
    let ((m, k), (kb, n)) = (a.shape(), b.shape());
    assert_eq!(k, kb, "the inner sizes of the product differ");
    assert_eq!((m, n), c.shape(), "the result of the product has another shape");
    let (a_column, a_row) = a.strides();
    let (b_column, b_row) = b.strides();
    // SAFETY: the pointers and strides describe live views of the asserted shapes, and `c`, borrowed
    // mutably, cannot overlap the factors. Its neighbouring rows are one apart, as the function wants them.
    unsafe {
        get_gemm_fn()(
            m,
            n,
            k,
            c.as_mut_ptr(),
            leading as isize,
            1,
            beta != 0.0,
            a.matrix.as_ptr(),
            a_column,
            a_row,
            b.matrix.as_ptr(),
            b_column,
            b_row,
            beta,
            alpha,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;
    use proptest::prelude::*;
    use rand::RngExt;

    /// All but the first column, first row and last row.
    fn part(x: &DMatrix<f32>) -> DMatrixView<'_, f32> {
        x.view((1, 1), (x.nrows() - 2, x.ncols() - 1))
    }

    proptest! {
        #[test]
        fn equals_the_sum_written_out(
            (m, n, k) in (1usize..40, 1usize..40, 0usize..40),
            ta: bool, tb: bool, alpha in -2.0..2.0f32, add: bool, seed: u64,
        ) {
            let mut rng = stats::stream(seed, "product", 0);
            // All of them parts of larger matrices.
            let mut random = |r, c| DMatrix::from_fn(r + 2, c + 1, |_, _| rng.random::<f32>() - 0.5);
            let a = if ta { random(k, m) } else { random(m, k) };
            let b = if tb { random(n, k) } else { random(k, n) };
            let start = random(m, n);
            let mut c = start.clone();
            let factor = |x, t| Factor { matrix: part(x), transposed: t };
            let beta = if add { 1.0 } else { 0.0 };
            product(alpha, factor(&a, ta), factor(&b, tb), beta, c.view_mut((1, 1), (m, n)));
            let outside = (0..m + 2).flat_map(|i| (0..n + 1).map(move |j| (i, j)));
            let mut outside = outside.filter(|&(i, j)| i == 0 || i > m || j == 0);
            prop_assert!(outside.all(|at| c[at] == start[at]));
            let (a, b, c, start) = (part(&a), part(&b), part(&c), part(&start));
            for i in 0..m {
                for j in 0..n {
                    let term = |l| {
                        let x = if ta { a[(l, i)] } else { a[(i, l)] };
                        let y = if tb { b[(j, l)] } else { b[(l, j)] };
                        f64::from(x) * f64::from(y)
                    };
                    let sum: f64 = (0..k).map(term).sum();
                    let plain = f64::from(alpha) * sum + f64::from(beta) * f64::from(start[(i, j)]);
                    // k + 2 roundings of numbers below 1/4 each.
                    let tolerance = (k + 2) as f64 * f64::from(f32::EPSILON);
                    prop_assert!((plain - f64::from(c[(i, j)])).abs() < tolerance);
                }
            }
        }
    }
}
