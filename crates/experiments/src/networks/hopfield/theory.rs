//! What is known of Hopfield networks: the crosstalk of one unit, exactly, and the replica theory of many.

use std::f64::consts::PI;

/// The probability that a unit of a stored pattern is not stable, in a network of N units and P random patterns.
///
/// Its field times its sign is N - 1, from the pattern itself, plus the sum of (N - 1)(P - 1) independent fair signs; a field
/// of 0 turns it to +1, which is wrong half of the time.
pub(super) fn unstable(units: usize, patterns: usize) -> f64 {
    let signs = (units - 1) * (patterns - 1);
    // k of the signs are up: 2 k - signs < -(N - 1), a tie where they are equal.
    let Some(twice) = signs.checked_sub(units - 1) else { return 0.0 };
    let most = twice / 2;
    let ln_choose: f64 = (0..most).map(|i| ((signs - i) as f64 / (i + 1) as f64).ln()).sum();
    let mut term = (ln_choose - signs as f64 * 2f64.ln()).exp();
    let mut sum = if twice % 2 == 0 { 0.5 * term } else { term };
    for k in (1..=most).rev() {
        term *= k as f64 / (signs - k + 1) as f64;
        sum += term;
        if term < 1e-17 * sum {
            break;
        }
    }
    sum
}

/// The load at which the replica-symmetric theory at zero temperature has a retrieval state of the field `y`, where
/// `m = erf y` (`amit-1985`): `sqrt(2 alpha) = erf(y) / y - (2 / sqrt(pi)) exp(-y^2)`.
fn load_of(y: f64) -> f64 {
    let root = erf(y) / y - 2.0 / PI.sqrt() * (-y * y).exp();
    0.5 * root * root
}

/// The field at the largest load, by golden section: the load rises to it and falls beyond.
fn field_at_capacity() -> f64 {
    let ratio = 0.5 * (5f64.sqrt() - 1.0);
    let (mut low, mut high) = (0.5, 5.0);
    for _ in 0..80 {
        let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
        match load_of(a) < load_of(b) {
            true => low = a,
            false => high = b,
        }
    }
    0.5 * (low + high)
}

/// The largest load at which there is a retrieval state.
pub(super) fn capacity() -> f64 {
    load_of(field_at_capacity())
}

/// The overlap of the retrieval state, as points (load, overlap) from a small load to the capacity.
pub(super) fn overlaps(points: usize) -> impl Iterator<Item = (f64, f64)> {
    let (first, last) = (5.0, field_at_capacity());
    let field = move |i: usize| first + (last - first) * i as f64 / points as f64;
    (0..=points).map(field).map(|y| (load_of(y), erf(y)))
}

/// The overlap of the retrieval state at a load, 0 where there is none.
pub(super) fn overlap_at(load: f64) -> f64 {
    let (mut low, mut high) = (field_at_capacity(), 6.0);
    if load > load_of(low) {
        return 0.0;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        match load_of(middle) > load {
            true => low = middle,
            false => high = middle,
        }
    }
    erf(low)
}

/// The overlap at the capacity.
pub(super) fn overlap_at_capacity() -> f64 {
    erf(field_at_capacity())
}

/// `erf y = (2 / sqrt(pi)) exp(-y^2) sum_n 2^n y^(2n+1) / (2n+1)!!`: all terms positive, of use up to y of 6 or so.
fn erf(y: f64) -> f64 {
    let (mut term, mut sum, mut n) = (y, y, 0.0);
    while term > 1e-17 * sum {
        n += 1.0;
        term *= 2.0 * y * y / (2.0 * n + 1.0);
        sum += term;
    }
    2.0 / PI.sqrt() * (-y * y).exp() * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_capacity_is_the_known_one() {
        assert!((erf(1.0) - 0.842_700_792_949_714_9).abs() < 1e-14);
        assert!((capacity() - 0.137_906).abs() < 1e-6, "{}", capacity());
        assert!((overlap_at_capacity() - 0.967).abs() < 1e-3, "{}", overlap_at_capacity());
    }

    #[test]
    fn crosstalk_of_few_units_is_counted() {
        // Three units, two patterns: two signs against a field of 2. Both down is a tie, wrong half of the time.
        assert!((unstable(3, 2) - 0.125).abs() < 1e-15);
        // Three patterns: 4 signs. All down, 1/16, is an error, and one up, 4/16, a tie.
        assert!((unstable(3, 3) - 3.0 / 16.0).abs() < 1e-15);
        assert_eq!(unstable(5, 1), 0.0);
        // Of many, the Gaussian tail at a distance of sqrt(N / P): erfc(sqrt(5)) / 2.
        let gauss = 0.5 * (1.0 - erf(5f64.sqrt()));
        assert!((unstable(4000, 400) / gauss - 1.0).abs() < 0.02);
    }
}
