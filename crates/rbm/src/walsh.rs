//! The fast Walsh-Hadamard transform, between the states of a few units and the products of their values.
//!
//! Bit i of a state is unit i, set for +1; bit i of a product says whether unit i is a factor.

/// `x_S = sum_s x_s prod_{i in S} s_i`, in place: of probabilities, the means of all products of units.
pub(crate) fn to_products(values: &mut [f64]) {
    butterflies(values, |down, up| (down + up, up - down));
}

/// `x_s = sum_S x_S prod_{i in S} s_i`, in place: of couplings, minus the energy of all states.
pub(crate) fn to_states(values: &mut [f64]) {
    butterflies(values, |without, with| (without - with, without + with));
}

/// Combines, for each unit in turn, the entries that differ in its bit alone.
fn butterflies(values: &mut [f64], combine: impl Fn(f64, f64) -> (f64, f64)) {
    let mut half = 1;
    while half < values.len() {
        for pair in values.chunks_exact_mut(2 * half) {
            let (clear, set) = pair.split_at_mut(half);
            clear.iter_mut().zip(set).for_each(|(x, y)| (*x, *y) = combine(*x, *y));
        }
        half *= 2;
    }
}
