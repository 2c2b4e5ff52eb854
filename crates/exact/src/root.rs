//! Bracketed bisection, to the last bit, a narrowing of its bracket; and where a function is largest.

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

/// The root of [`bisect`] in fewer steps where f is smooth: the bracket is narrowed by quadratic interval refinement
/// (`abbott-2014`) and its last bits are bisected.
///
/// One end moves to where f, interpolated, vanishes, and the other end to a small part of the bracket beyond. If the root
/// was in that part, the next part is its square, else a quarter again, and the bracket is halved besides: no f takes more
/// than three times the steps of bisection. The sign of f alone decides, as there; its size only makes guesses good.
///
/// # Errors
/// As [`bisect`].
pub(crate) fn refine(f: impl Fn(f64) -> f64, low: f64, high: f64) -> Result<f64, Error> {
    const LARGEST_PART: f64 = 0.25;
    let last_bits = 16.0 * f64::EPSILON * high.abs();
    let mut bracket = Bracket { a: low, b: high, at_a: f(low), at_b: f(high) };
    let mut part = LARGEST_PART;
    // Where a sign is missing, bisection has the answer or the error.
    while bracket.at_a * bracket.at_b < 0.0 && bracket.width() > last_bits {
        // From four units in the last place to a quarter of the bracket: every step below gets on.
        let step = (part * bracket.width()).max(LARGEST_PART * last_bits);
        let guess = bracket.cut(&f, bracket.interpolated(step));
        if bracket.width() > step {
            let beyond = if guess == bracket.a { guess + step } else { guess - step };
            bracket.cut(&f, beyond);
        }
        // One step, but for rounding.
        if bracket.width() < 1.5 * step {
            part *= part;
        } else {
            part = LARGEST_PART;
            bracket.cut(&f, bracket.a.midpoint(bracket.b));
        }
    }
    bisect(f, bracket.a, bracket.b)
}

/// Where `f` is largest: at the best of `low + i step`, i = 0..=steps, and then closed in on by thirds of the interval to its
/// neighbours, to 1e-6. The step must be fine enough that there is one maximum between neighbours.
///
/// ```
/// let at = exact::root::maximum(|x| x * (2.0 - x), 0.0, 0.3, 10);
/// assert!((at - 1.0).abs() < 1e-6);
/// ```
pub fn maximum(f: impl Fn(f64) -> f64, low: f64, step: f64, steps: u32) -> f64 {
    let (mut best, mut most) = (low, f64::NEG_INFINITY);
    for i in 0..=steps {
        let x = low + step * f64::from(i);
        let value = f(x);
        if value > most {
            (best, most) = (x, value);
        }
    }
    let (mut low, mut high) = (best - step, best + step);
    while high - low > 1e-6 {
        let third = (high - low) / 3.0;
        match f(low + third) < f(high - third) {
            true => low += third,
            false => high -= third,
        }
    }
    0.5 * (low + high)
}

/// Two numbers and the values there, which differ in sign.
struct Bracket {
    a: f64,
    b: f64,
    at_a: f64,
    at_b: f64,
}

impl Bracket {
    fn width(&self) -> f64 {
        self.b - self.a
    }

    /// Where the straight line through both ends vanishes, but at least `step` away from them.
    fn interpolated(&self, step: f64) -> f64 {
        let x = self.a + self.width() * (self.at_a / (self.at_a - self.at_b));
        x.max(self.a + step).min(self.b - step)
    }

    /// Moves the end whose sign f has at x to x, which is returned.
    fn cut(&mut self, f: impl Fn(f64) -> f64, x: f64) -> f64 {
        let at = f(x);
        if (at > 0.0) == (self.at_a > 0.0) {
            (self.a, self.at_a) = (x, at);
        } else {
            (self.b, self.at_b) = (x, at);
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// The root that `refine` finds, and after how many values.
    fn root(f: impl Fn(f64) -> f64, low: f64, high: f64) -> (f64, u32) {
        let calls = Cell::new(0);
        let counted = |x| {
            calls.set(calls.get() + 1);
            f(x)
        };
        (refine(counted, low, high).unwrap(), calls.get())
    }

    #[test]
    fn smooth_functions_take_a_third_of_the_steps() {
        for c in [1e-200, 0.3, 1.0, 7.0, 1e200_f64] {
            let (x, calls) = root(|x| x * x / c - 1.0, c.sqrt() / 1.9, c.sqrt() * 1.3);
            assert!((x / c.sqrt() - 1.0).abs() < 4.0 * f64::EPSILON, "{x}");
            assert!(calls <= 24, "{calls} values for {c}");
        }
    }

    #[test]
    fn of_the_rest_only_the_sign_counts() {
        let step = |x: f64| if x < 0.7 { -1e-300 } else { f64::INFINITY };
        let noisy = |x: f64| (x - 0.7) * (1.0 + 0.9 * (1e20 * x).sin());
        let steep = |x: f64| (x - 0.7).signum() * (x - 0.7).abs().powf(1e-3);
        for f in [&step as &dyn Fn(f64) -> f64, &noisy, &steep] {
            let (x, calls) = root(f, 0.5, 1.0);
            assert!((x - 0.7).abs() < 1e-15 && calls < 170, "{x}, {calls} values");
        }
        assert!(refine(|x| x - 2.0, 0.0, 1.0).is_err() && refine(f64::sqrt, -1.0, 1.0).is_err());
    }
}
