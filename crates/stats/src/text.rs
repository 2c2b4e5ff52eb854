//! Numbers as text: exact ones shortened, measured ones with their error in parentheses. Plain ASCII.

use crate::Estimate;
use std::fmt;

/// Up to six significant digits: `0.306308`, `-2`, `1.5e-7`, `inf`, `NaN`.
///
/// ```
/// assert_eq!(stats::exact_text(2.269185314213022), "2.26919");
/// ```
pub fn exact_text(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let Some(magnitude) = magnitude(value) else {
        return "0".to_owned();
    };
    if is_plain(magnitude) {
        let decimals = usize::try_from(5 - magnitude).unwrap_or(0);
        trimmed(&format!("{value:.decimals$}"))
    } else {
        format!("{}e{magnitude}", trimmed(&format!("{:.5}", shifted(value, magnitude))))
    }
}

/// `2.27(5)`: the error is in units of the last digits shown, two of them when it starts with 1 or 2, else one; an error
/// above 1 with decimals has its point, `12.3(1.2)`. Very large and very small ones share a power of ten, `1.234(5)e-7`.
/// An error of 0 means an exact number; one that is none is shown as `(?)`.
///
/// ```
/// assert_eq!(stats::measured_text(2.2691, 0.0503), "2.27(5)");
/// assert_eq!(stats::measured_text(0.44071, 0.00123), "0.4407(12)");
/// ```
pub fn measured_text(mean: f64, error: f64) -> String {
    if !mean.is_finite() || error == 0.0 {
        return exact_text(mean);
    }
    if !error.is_finite() || error < 0.0 {
        return format!("{}(?)", exact_text(mean));
    }
    match magnitude(mean).max(magnitude(error)) {
        Some(top) if !is_plain(top) => {
            format!("{}e{top}", parenthesised(shifted(mean, top), shifted(error, top)))
        }
        _ => parenthesised(mean, error),
    }
}

/// As [`measured_text`] has it: `0.4407(12)`.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&measured_text(self.mean, self.error))
    }
}

/// `decimals` decimals, and no sign on a zero.
fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if !digits.contains(|c: char| ('1'..='9').contains(&c)) => digits.to_owned(),
        _ => text,
    }
}

/// The exponent of the first significant digit; `None` for zero.
fn magnitude(value: f64) -> Option<i32> {
    scientific(value).filter(|_| value != 0.0).map(|(_, exponent)| exponent)
}

/// `value / 10^by`, through the decimal text so that no digit is lost and nothing overflows.
fn shifted(value: f64, by: i32) -> f64 {
    scientific(value)
        .and_then(|(mantissa, exponent)| format!("{mantissa}e{}", exponent - by).parse().ok())
        .unwrap_or(value)
}

fn scientific(value: f64) -> Option<(String, i32)> {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    Some((mantissa.to_owned(), exponent.parse().ok()?))
}

fn is_plain(magnitude: i32) -> bool {
    (-4..6).contains(&magnitude)
}

fn parenthesised(mean: f64, error: f64) -> String {
    let Some((mantissa, magnitude)) = scientific(error) else {
        return exact_text(mean);
    };
    let digits = if mantissa.starts_with(['1', '2']) { 2 } else { 1 };
    let last_place = magnitude + 1 - digits;
    let units = shifted(error, last_place).round();
    if last_place >= 0 {
        let rounded = shifted(shifted(mean, last_place).round(), -last_place);
        return format!("{}({:.0})", fixed(rounded, 0), shifted(units, -last_place));
    }
    let decimals = last_place.unsigned_abs() as usize;
    if error >= 1.0 {
        format!("{}({error:.decimals$})", fixed(mean, decimals))
    } else {
        format!("{}({units:.0})", fixed(mean, decimals))
    }
}

fn trimmed(text: &str) -> String {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{exact_text as exact, measured_text as measured};
    use crate::Estimate;

    #[test]
    fn exact_numbers_keep_six_digits() {
        assert_eq!(exact(0.306_308_1), "0.306308");
        assert_eq!(exact(2.0), "2");
        assert_eq!(exact(-0.125), "-0.125");
        assert_eq!(exact(123_456.7), "123457");
        assert_eq!(exact(999_999.7), "1000000");
        assert_eq!(exact(1.5e-7), "1.5e-7");
        assert_eq!(exact(-2.5e12), "-2.5e12");
        assert_eq!(exact(0.0), "0");
        assert_eq!(exact(-0.0), "0");
        assert_eq!(exact(f64::NAN), "NaN");
        assert_eq!(exact(f64::NEG_INFINITY), "-inf");
        assert_eq!(exact(5e-324), "5e-324");
    }

    #[test]
    fn errors_have_one_or_two_digits() {
        assert_eq!(measured(2.2691, 0.05), "2.27(5)");
        assert_eq!(measured(2.2691, 0.0123), "2.269(12)");
        assert_eq!(measured(2.2691, 0.0299), "2.269(30)");
        assert_eq!(measured(3.44, 0.96), "3.4(10)");
        assert_eq!(measured(-0.001, 0.05), "0.00(5)");
        assert_eq!(measured(-0.31, 0.05), "-0.31(5)");
        assert_eq!(measured(0.306308, 0.0), "0.306308");
    }

    #[test]
    fn odd_errors_stay_readable() {
        assert_eq!(measured(0.3, 5.0), "0(5)");
        assert_eq!(measured(12.34, 1.23), "12.3(1.2)");
        assert_eq!(measured(12_345.0, 123.0), "12350(120)");
        assert_eq!(measured(1.234e-7, 5e-10), "1.234(5)e-7");
        assert_eq!(measured(-1.234e9, 5e6), "-1.234(5)e9");
        assert_eq!(measured(1e-9, 3e-6), "0(3)e-6");
        assert_eq!(measured(0.0, 0.004), "0.000(4)");
        assert_eq!(measured(1.5, f64::NAN), "1.5(?)");
        assert_eq!(measured(1.5, -1.0), "1.5(?)");
        assert_eq!(measured(f64::NAN, 0.1), "NaN");
    }

    #[test]
    fn an_estimate_is_shown_with_its_error() {
        let critical = Estimate { error: 0.0012, ..Estimate::exact(0.440_687) };
        assert_eq!(critical.to_string(), "0.4407(12)");
        assert_eq!(format!("{:>9}", Estimate::exact(-0.5)), "     -0.5");
    }
}
