//! Bracketed bisection, to the last bit.

use crate::Error;

/// A root of `f` between `low` and `high`, where `f` has opposite signs.
///
/// Bisection halves the bracket until no number lies between its ends. It needs nothing of `f` but its sign, which is
/// why the thesis' equation (69) is solved with it.
///
/// # Errors
/// [`Error::NoRoot`] when the signs at both ends agree or one is NaN, and when an end is not finite.
///
/// ```
/// let root = exact::root::bisect(|x| x * x - 2.0, 1.0, 2.0)?;
/// assert!((root - 2f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), exact::Error>(())
/// ```
pub fn bisect(f: impl Fn(f64) -> f64, low: f64, high: f64) -> Result<f64, Error> {
    if !(low.is_finite() && high.is_finite()) {
        return Err(Error::NoRoot { low, high });
    }
    let (mut a, mut b) = (low, high);
    let (at_a, at_b) = (f(a), f(b));
    if at_a == 0.0 {
        return Ok(a);
    }
    if at_b == 0.0 {
        return Ok(b);
    }
    if at_a.is_nan() || at_b.is_nan() || (at_a > 0.0) == (at_b > 0.0) {
        return Err(Error::NoRoot { low, high });
    }
    loop {
        let middle = a.midpoint(b);
        if middle == a || middle == b {
            return Ok(middle);
        }
        let at_middle = f(middle);
        if at_middle == 0.0 {
            return Ok(middle);
        }
        if (at_middle > 0.0) == (at_a > 0.0) {
            a = middle;
        } else {
            b = middle;
        }
    }
}
