//! All states of a few units.

use nalgebra::DMatrix;

/// All states of `units` units as columns: bit i of the column's number is unit i, set for +1.
pub(crate) fn states(units: usize) -> DMatrix<f32> {
    DMatrix::from_fn(units, 1 << units, |i, s| if s >> i & 1 == 1 { 1.0 } else { -1.0 })
}
