//! Values of options: a wrong one is refused with what is allowed; clap adds the option and the value.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use lab::Profile;

/// Above this many sites or states, lists are left out unless they are asked for.
pub(crate) const MAX_LISTED: usize = 4096;
/// The most units of a layer where the cost is linear in them: a list takes 80 MB.
pub(crate) const MAX_UNITS: usize = 10_000_000;

/// Squares of couplings beyond this would overflow.
const MAX_COUPLING: f64 = 1e100;
/// Reciprocals of smaller ones would overflow.
pub(crate) const MIN_TEMPERATURE: f64 = 1e-100;

/// A whole number from `least` to `most`.
pub(crate) fn whole(
    least: usize,
    most: usize,
) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync + 'static {
    move |text| match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("it must be a whole number from {least} to {most}")),
    }
}

/// A seed of random numbers.
pub(crate) fn seed(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "it must be a whole number from 0 to 18446744073709551615")
}

/// A profile by its name.
pub(crate) fn profile() -> impl TypedValueParser<Value = Profile> {
    PossibleValuesParser::new(Profile::ALL.map(Profile::name)).map(|name| {
        Profile::ALL.into_iter().find(|profile| profile.name() == name).unwrap_or(Profile::Quick)
    })
}

/// A finite number.
pub(crate) fn finite(text: &str) -> Result<f64, &'static str> {
    match parse(text) {
        Some(x) if x.is_finite() => Ok(x),
        _ => Err("it must be a finite number"),
    }
}

/// A number from `least` to `most`.
pub(crate) fn number(
    least: f64,
    most: f64,
) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync + 'static {
    move |text| match parse(text) {
        Some(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("it must be a number from {} to {}", short(least), short(most))),
    }
}

/// 1e-30 and 1000000, not 0.000000000000000000000000000001 and 1000000.0.
fn short(number: f64) -> String {
    format!("{number:?}").trim_end_matches(".0").to_owned()
}

/// A coupling `K = beta J`, without zero temperature.
pub(crate) fn coupling(text: &str) -> Result<f64, &'static str> {
    match parse(text) {
        Some(k) if k.abs() <= MAX_COUPLING => Ok(k),
        _ => Err("it must be a number from -1e100 to 1e100"),
    }
}

/// A coupling, or a weight; inf stands for zero temperature.
pub(crate) fn coupling_or_inf(text: &str) -> Result<f64, &'static str> {
    match parse(text) {
        Some(k) if k.abs() <= MAX_COUPLING || k == f64::INFINITY => Ok(k),
        _ => Err("it must be a number from -1e100 to 1e100, or inf"),
    }
}

/// A temperature in units of J / k_B, from 0 to infinity.
pub(crate) fn temperature(text: &str) -> Result<f64, &'static str> {
    match parse(text) {
        Some(t) if t == 0.0 || t >= MIN_TEMPERATURE => Ok(t),
        _ => Err("it must be 0, a number of at least 1e-100, or inf"),
    }
}

/// Two temperatures; whether they are a range is the library's to say.
pub(crate) fn range(text: &str) -> Result<(f64, f64), &'static str> {
    let ends = text.split_once(',');
    let ends = ends.and_then(|(low, high)| Some((temperature(low).ok()?, temperature(high).ok()?)));
    ends.ok_or("it must be T1,T2, each 0 or a number of at least 1e-100")
}

/// A number; infinity only by name, not as one too large for f64. Minus zero is zero: its reciprocal is another.
fn parse(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    let named = text.chars().any(|c| c.eq_ignore_ascii_case(&'i'));
    (number.is_finite() || named).then_some(number + 0.0)
}
