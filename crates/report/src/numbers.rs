//! Numbers as a reader sees them: exact ones shortened, measured ones with the error in parentheses.

use super::content::{Evidence, Found};
use stats::Estimate;

/// Up to six significant digits, e.g. `0.306308`, `−2`, `1.5×10⁻⁷`.
pub fn exact(value: f64) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    let Some(magnitude) = magnitude(value) else {
        return "0".to_owned();
    };
    if is_plain(magnitude) {
        let decimals = usize::try_from(5 - magnitude).unwrap_or(0);
        trimmed(&format!("{value:.decimals$}"))
    } else {
        let mantissa = trimmed(&format!("{:.5}", shifted(value, magnitude)));
        format!("{mantissa}{}", power_of_ten(magnitude))
    }
}

/// `2.27(5)`: the error is in units of the last digits shown. Two digits of error when it starts
/// with 1 or 2, else one. An error of zero means an exact value.
pub fn measured(found: Found) -> String {
    let Found { mean, error } = found;
    if !mean.is_finite() || error == 0.0 {
        return exact(mean);
    }
    if !error.is_finite() || error < 0.0 {
        return format!("{}(?)", exact(mean));
    }
    match magnitude(mean).max(magnitude(error)) {
        Some(top) if !is_plain(top) => {
            format!(
                "{}{}",
                parenthesised(shifted(mean, top), shifted(error, top)),
                power_of_ten(top)
            )
        }
        _ => parenthesised(mean, error),
    }
}

/// The value of the first quantity, or a dash where it has none.
pub fn found(evidence: &[Evidence]) -> String {
    evidence.first().and_then(|e| e.found).map_or("–".to_owned(), measured)
}

/// A measured number in prose, the error in parentheses.
pub fn shown(e: Estimate) -> String {
    measured(e.into())
}

/// An exact number in prose, of which only the size matters: `3×10⁻¹¹`.
pub fn rough(value: f64) -> String {
    let text = format!("{value:.0e}");
    match text.split_once('e').and_then(|(digit, power)| Some((digit, power.parse().ok()?))) {
        Some((digit, power)) if power != 0 => {
            format!("{}{}", digit.replace('-', "−"), power_of_ten(power))
        }
        _ => text.replace("e0", ""),
    }
}

/// `5, 8 and 16`.
pub fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// `n` decimals with a true minus sign, and no sign on a zero.
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.contains(|c: char| ('1'..='9').contains(&c)) => format!("−{digits}"),
        Some(digits) => digits.to_owned(),
        None => text,
    }
}

/// `×10⁻⁷`.
pub fn power_of_ten(exponent: i32) -> String {
    format!("×10{}", superscript(exponent))
}

pub fn superscript(number: i32) -> String {
    let raised = |c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        // The other superscript digits are contiguous in Unicode, 1 to 3 are not.
        c => char::from_digit(0, 10)
            .and_then(|zero| char::from_u32('⁰' as u32 + c as u32 - zero as u32))
            .unwrap_or(c),
    };
    number.to_string().chars().map(raised).collect()
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
        return exact(mean);
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
    let digits = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    };
    digits.replacen('-', "−", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn m(mean: f64, error: f64) -> String {
        measured(Found { mean, error })
    }

    #[test]
    fn exact_numbers_keep_six_digits() {
        assert_eq!(exact(0.306_308_1), "0.306308");
        assert_eq!(exact(2.0), "2");
        assert_eq!(exact(-0.125), "−0.125");
        assert_eq!(exact(123_456.7), "123457");
        assert_eq!(exact(999_999.7), "1000000");
        assert_eq!(exact(1.5e-7), "1.5×10⁻⁷");
        assert_eq!(exact(-2.5e12), "−2.5×10¹²");
        assert_eq!(exact(0.0), "0");
        assert_eq!(exact(-0.0), "0");
        assert_eq!(exact(f64::NAN), "–");
        assert_eq!(exact(f64::NEG_INFINITY), "−∞");
        assert_eq!(exact(5e-324), "5×10⁻³²⁴");
    }

    #[test]
    fn errors_have_one_or_two_digits() {
        assert_eq!(m(2.2691, 0.05), "2.27(5)");
        assert_eq!(m(2.2691, 0.0123), "2.269(12)");
        assert_eq!(m(2.2691, 0.0299), "2.269(30)");
        assert_eq!(m(3.44, 0.96), "3.4(10)");
        assert_eq!(m(-0.001, 0.05), "0.00(5)");
        assert_eq!(m(0.306308, 0.0), "0.306308");
    }

    #[test]
    fn odd_errors_stay_readable() {
        assert_eq!(m(0.3, 5.0), "0(5)");
        assert_eq!(m(12.34, 1.23), "12.3(1.2)");
        assert_eq!(m(12_345.0, 123.0), "12350(120)");
        assert_eq!(m(1.234e-7, 5e-10), "1.234(5)×10⁻⁷");
        assert_eq!(m(1.234e9, 5e6), "1.234(5)×10⁹");
        assert_eq!(m(1e-9, 3e-6), "0(3)×10⁻⁶");
        assert_eq!(m(0.0, 0.004), "0.000(4)");
        assert_eq!(m(1.5, f64::NAN), "1.5(?)");
        assert_eq!(m(1.5, -1.0), "1.5(?)");
        assert_eq!(m(f64::NAN, 0.1), "–");
    }
}
