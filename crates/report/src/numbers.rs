//! Numbers as a reader sees them: exact ones shortened, measured ones with the error in parentheses.

use crate::content::Found;
use stats::Estimate;

/// Up to six significant digits, e.g. `0.306308`, `−2`, `1.5×10⁻⁷`.
pub fn exact(value: f64) -> String {
    typeset(&stats::exact_text(value))
}

/// `2.27(5)`: the error is in units of the last digits shown, by the rule of [`stats::measured_text`].
pub fn measured(found: Found) -> String {
    typeset(&stats::measured_text(found.mean, found.error))
}

/// True signs for those of ASCII: `−1.5×10⁻⁷` for `-1.5e-7`.
fn typeset(text: &str) -> String {
    match text {
        "NaN" => "–".to_owned(),
        "inf" => "∞".to_owned(),
        "-inf" => "−∞".to_owned(),
        _ => match text.split_once('e') {
            Some((digits, power)) => format!("{}×10{}", digits.replace('-', "−"), raised(power)),
            None => text.replace('-', "−"),
        },
    }
}

/// A value, or a dash where there is none.
pub(crate) fn or_dash(found: Option<Found>) -> String {
    found.map_or("–".to_owned(), measured)
}

/// A measured number in prose, the error in parentheses.
pub fn shown(e: Estimate) -> String {
    measured(e.into())
}

/// An exact number in prose, of which only the size matters: `3×10⁻¹¹`.
pub fn rough(value: f64) -> String {
    let text = format!("{value:.0e}");
    typeset(text.strip_suffix("e0").unwrap_or(&text))
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

/// `⁻⁷`.
pub fn superscript(number: i32) -> String {
    raised(&number.to_string())
}

/// Digits and minus signs as superscripts; anything else stays.
fn raised(text: &str) -> String {
    let raised = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        // The other superscript digits are contiguous in Unicode, 1 to 3 are not.
        _ => c.to_digit(10).and_then(|digit| char::from_u32('⁰' as u32 + digit)).unwrap_or(c),
    };
    text.chars().map(raised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn m(mean: f64, error: f64) -> String {
        measured(Found { mean, error })
    }

    #[test]
    fn signs_are_those_of_typography() {
        assert_eq!(exact(0.306_308_1), "0.306308");
        assert_eq!(exact(-0.125), "−0.125");
        assert_eq!(exact(-2.5e12), "−2.5×10¹²");
        assert_eq!(exact(5e-324), "5×10⁻³²⁴");
        assert_eq!(exact(-0.0), "0");
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(exact), ["–", "∞", "−∞"]);
    }

    #[test]
    fn errors_stand_in_parentheses() {
        assert_eq!(m(-2.2691, 0.0123), "−2.269(12)");
        assert_eq!(m(1.234e-7, 5e-10), "1.234(5)×10⁻⁷");
        assert_eq!(m(1e-9, 3e-6), "0(3)×10⁻⁶");
        assert_eq!(m(-1.5e-7, f64::NAN), "−1.5×10⁻⁷(?)");
        assert_eq!(m(0.306308, 0.0), "0.306308");
        assert_eq!(m(f64::NAN, 0.1), "–");
    }

    #[test]
    fn of_some_numbers_only_the_size_is_said() {
        assert_eq!([3.2e-11, -2.0, 0.0].map(rough), ["3×10⁻¹¹", "−2", "0"]);
    }

    #[test]
    fn a_zero_has_no_sign() {
        assert_eq!([-0.001, -0.01, 0.25].map(|x| fixed(x, 2)), ["0.00", "−0.01", "0.25"]);
    }

    #[test]
    fn lists_end_in_and() {
        assert_eq!([list([5]), list([5, 8]), list([5, 8, 16])], ["5", "5 and 8", "5, 8 and 16"]);
    }
}
