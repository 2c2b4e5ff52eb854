//! The Hopfield network that stores random patterns: the crosstalk on one unit, exactly, and mean-field theory for N -> infinity.
//!
//! P patterns of N units +-1 are stored by Hebb's rule, `w_ij = (1/N) sum_mu xi_i^mu xi_j^mu` and `w_ii = 0`
//! (`hopfield-1982`); the load is `alpha = P / N`, and the overlap of a state x with a pattern `m = (1/N) sum_i xi_i x_i`.
//!
//! At zero temperature and with replica symmetry, mean-field theory (`amit-1985`) describes a state that retrieves one
//! pattern by its overlap m, the noise r of the other patterns and a susceptibility C:
//! `m = erf y`, `C = (2 / sqrt(pi)) (y / m) exp(-y^2)`, `r = (1 - C)^-2`, where `y = m / sqrt(2 alpha r)`. Together they are
//! one equation, `sqrt(2 alpha) = erf(y) / y - (2 / sqrt(pi)) exp(-y^2)`. Its right side has one maximum: the capacity is
//! the largest load with a solution, and the retrieval state is the solution with the larger y.

use crate::Error;
use crate::root::bisect;
use std::f64::consts::FRAC_2_SQRT_PI;

/// The probability that a unit of a stored pattern is unstable: that it would change if it were updated with all others as
/// they are in the pattern.
///
/// The unit's field times its sign is N - 1, from the pattern itself, plus a sum of (N - 1)(P - 1) independent fair signs,
/// the crosstalk of the other patterns: a binomial tail. A field of 0 makes the unit +1, which is wrong half of the time.
/// Summed from its largest term; the relative error grows like 1e-16 times the number of signs.
///
/// ```
/// // Three units and two patterns: both signs are negative, a tie with the field of 2, once in four.
/// assert!((exact::hopfield::instability(3, 2) - 0.125).abs() < 1e-15);
/// ```
pub fn instability(units: usize, patterns: usize) -> f64 {
    let own_field = units.saturating_sub(1);
    let signs = own_field * patterns.saturating_sub(1);
    // k of the signs are positive: unstable where 2 k - signs < -(N - 1), and a tie where they are equal.
    let Some(twice) = signs.checked_sub(own_field).filter(|_| own_field > 0) else { return 0.0 };
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

/// The capacity: the largest load alpha = P/N at which mean-field theory has a retrieval state, 0.137906 (`amit-1985`).
///
/// # Errors
/// None in practice: those of [`bisect`].
pub fn capacity() -> Result<f64, Error> {
    Ok(load_of(argument_at_capacity()?))
}

/// The overlap of the retrieval state at the capacity, 0.967 (`amit-1985`): retrieval ends at once, not by fading.
///
/// # Errors
/// None in practice: those of [`bisect`].
pub fn overlap_at_capacity() -> Result<f64, Error> {
    Ok(erf(argument_at_capacity()?))
}

/// The overlap of the retrieval state at a load alpha = P/N in mean-field theory; `None` above the capacity.
///
/// # Errors
/// [`Error::OutOfRange`] unless the load is positive.
pub fn retrieval_overlap(load: f64) -> Result<Option<f64>, Error> {
    if load.is_nan() || load <= 0.0 {
        return Err(Error::OutOfRange { what: "the load", value: load, allowed: "positive" });
    }
    let low = argument_at_capacity()?;
    if load > load_of(low) {
        return Ok(None);
    }
    // Without the last term of the equation y would be erf(y) / sqrt(2 alpha), so it is less than that.
    let high = (2.0 * load).sqrt().recip();
    Ok(Some(erf(bisect(|y| load_of(y) - load, low, high)?)))
}

/// The retrieval states of mean-field theory as points (load, overlap), from the load of 0.02 up to the capacity: a curve.
///
/// # Errors
/// None in practice: those of [`bisect`].
pub fn retrieval_states(points: usize) -> Result<Vec<(f64, f64)>, Error> {
    let (first, last) = (5.0, argument_at_capacity()?);
    let argument = |i: usize| first + (last - first) * i as f64 / points as f64;
    Ok((0..=points).map(argument).map(|y| (load_of(y), erf(y))).collect())
}

/// The load at which the equation of the retrieval state has the solution y.
fn load_of(y: f64) -> f64 {
    let root = erf(y) / y - FRAC_2_SQRT_PI * (-y * y).exp();
    0.5 * root * root
}

/// y at the largest load, where its derivative vanishes: `(2 / sqrt(pi)) (y + 2 y^3) exp(-y^2) = erf y`.
fn argument_at_capacity() -> Result<f64, Error> {
    let slope = |y: f64| FRAC_2_SQRT_PI * (y + 2.0 * y.powi(3)) * (-y * y).exp() - erf(y);
    bisect(slope, 0.5, 5.0)
}

/// `erf y = (2 / sqrt(pi)) exp(-y^2) sum_n 2^n y^(2n+1) / (2n+1)!!` for `y >= 0`: all terms are positive. 1 to rounding from 6 on.
fn erf(y: f64) -> f64 {
    if y >= 6.0 {
        return 1.0;
    }
    let (mut term, mut sum, mut n) = (y, y, 0.0);
    while term > 1e-17 * sum {
        n += 1.0;
        term *= 2.0 * y * y / (2.0 * n + 1.0);
        sum += term;
    }
    FRAC_2_SQRT_PI * (-y * y).exp() * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_function_is_the_tabulated_one() {
        for (y, value) in
            [(0.0, 0.0), (0.5, 0.520_499_877_813_046_5), (1.0, 0.842_700_792_949_714_9)]
        {
            assert!((erf(y) - value).abs() < 1e-15, "{y}");
        }
        assert!((erf(2.0) - 0.995_322_265_018_952_7).abs() < 1e-15);
        assert!((erf(5.999) - 1.0).abs() < 1e-15 && erf(f64::INFINITY) == 1.0);
    }

    #[test]
    fn the_capacity_is_the_known_one() {
        let (capacity, overlap) = (capacity().unwrap(), overlap_at_capacity().unwrap());
        assert!((capacity - 0.137_905_6).abs() < 1e-7, "{capacity}");
        assert!((overlap - 0.967_4).abs() < 1e-4, "{overlap}");
        assert!((retrieval_overlap(capacity).unwrap().unwrap() - overlap).abs() < 1e-7);
        assert_eq!(retrieval_overlap(1.0001 * capacity).unwrap(), None);
        assert!(retrieval_overlap(0.0).is_err() && retrieval_overlap(f64::NAN).is_err());
    }

    #[test]
    fn retrieval_states_solve_the_three_equations() {
        for load in [0.05, 0.1, 0.13, 0.1379] {
            let m = retrieval_overlap(load).unwrap().unwrap();
            let y = bisect(|y| erf(y) - m, 0.0, 6.0).unwrap();
            let c = FRAC_2_SQRT_PI * y / m * (-y * y).exp();
            let r = (1.0 - c).powi(-2);
            assert!((m / (2.0 * load * r).sqrt() / y - 1.0).abs() < 1e-9, "{load}");
        }
        // Of few patterns the error is the Gaussian tail of their crosstalk, erfc(1 / sqrt(2 alpha)).
        let m = retrieval_overlap(0.05).unwrap().unwrap();
        let tail = 1.0 - erf(10f64.sqrt());
        assert!(((1.0 - m) / tail - 1.0).abs() < 1e-2, "{m}");
        let states = retrieval_states(10).unwrap();
        assert!(states.is_sorted_by(|a, b| a.0 < b.0 && a.1 >= b.1));
    }

    #[test]
    fn crosstalk_of_few_units_is_counted() {
        // Three units, three patterns: 4 signs. All negative, 1/16, is an error, and one positive, 4/16, a tie.
        assert!((instability(3, 3) - 3.0 / 16.0).abs() < 1e-15);
        assert_eq!([instability(5, 1), instability(1, 5), instability(0, 0)], [0.0; 3]);
        // Of many, the Gaussian tail at a distance of sqrt(N / P): erfc(sqrt(5)) / 2.
        let gauss = 0.5 * (1.0 - erf(5f64.sqrt()));
        assert!((instability(4000, 400) / gauss - 1.0).abs() < 0.02);
    }

    #[test]
    fn instability_is_that_of_all_patterns_counted() {
        // Every set of patterns of 3 and 4 units, unit 0 of the first pattern: field times sign below 0, or 0 at a sign of -1.
        for (n, p) in [(3, 2), (3, 3), (4, 2), (4, 3)] {
            let spin = |state: usize, mu: usize, i: usize| {
                if state >> (mu * n + i) & 1 == 1 { 1_i64 } else { -1 }
            };
            let unstable = |state: &usize| {
                let field: i64 = (1..n)
                    .map(|j| {
                        let coupling: i64 =
                            (0..p).map(|mu| spin(*state, mu, 0) * spin(*state, mu, j)).sum();
                        coupling * spin(*state, 0, j)
                    })
                    .sum();
                (field >= 0) != (spin(*state, 0, 0) > 0)
            };
            let share =
                (0..1_usize << (n * p)).filter(unstable).count() as f64 / 2f64.powi((n * p) as i32);
            assert!((instability(n, p) - share).abs() < 1e-15, "{n} units, {p} patterns");
        }
    }
}
