//! Kinds of values in settings, which say by themselves what is allowed: counts, lists in ascending order, distinct lists.

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt::{Debug, Display};
use std::ops::Deref;

/// A whole number from `LOW` to `HIGH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Count<const LOW: u64, const HIGH: u64>(u64);

/// Independent repetitions of everything: at least two, or there is no error over them.
pub type Seeds = Count<2, 1000>;

impl<const LOW: u64, const HIGH: u64> Count<LOW, HIGH> {
    /// The number where sizes are counted.
    pub fn size(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// The number where at most `u32::MAX` is allowed.
    pub fn short(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

impl<const LOW: u64, const HIGH: u64> Deref for Count<LOW, HIGH> {
    type Target = u64;

    fn deref(&self) -> &u64 {
        &self.0
    }
}

impl<const LOW: u64, const HIGH: u64> Display for Count<LOW, HIGH> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl<'de, const LOW: u64, const HIGH: u64> Deserialize<'de> for Count<LOW, HIGH> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        match u64::try_from(number) {
            Ok(count) if (LOW..=HIGH).contains(&count) => Ok(Self(count)),
            _ => Err(Error::invalid_value(
                Unexpected::Signed(number),
                &format!("a whole number from {LOW} to {HIGH}").as_str(),
            )),
        }
    }
}

/// A number from `LOW` to `HIGH`, both whole.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Within<const LOW: i64, const HIGH: i64>(f64);

impl<const LOW: i64, const HIGH: i64> Deref for Within<LOW, HIGH> {
    type Target = f64;

    fn deref(&self) -> &f64 {
        &self.0
    }
}

impl<const LOW: i64, const HIGH: i64> From<Within<LOW, HIGH>> for f64 {
    fn from(within: Within<LOW, HIGH>) -> Self {
        within.0
    }
}

impl<const LOW: i64, const HIGH: i64> Display for Within<LOW, HIGH> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl<'de, const LOW: i64, const HIGH: i64> Deserialize<'de> for Within<LOW, HIGH> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        match (LOW as f64..=HIGH as f64).contains(&number) {
            true => Ok(Self(number)),
            false => Err(Error::invalid_value(
                Unexpected::Float(number),
                &format!("a number from {LOW} to {HIGH}").as_str(),
            )),
        }
    }
}

/// A number above 0, at most `HIGH`: rates, spreads, durations.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Positive<const HIGH: u64>(f64);

impl<const HIGH: u64> Deref for Positive<HIGH> {
    type Target = f64;

    fn deref(&self) -> &f64 {
        &self.0
    }
}

impl<const HIGH: u64> Display for Positive<HIGH> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl<'de, const HIGH: u64> Deserialize<'de> for Positive<HIGH> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        match number > 0.0 && number <= HIGH as f64 {
            true => Ok(Self(number)),
            false => Err(Error::invalid_value(
                Unexpected::Float(number),
                &format!("a number above 0, at most {HIGH}").as_str(),
            )),
        }
    }
}

/// At least one value, each larger than the one before.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Ascending<T>(Vec<T>);

impl<T> Deref for Ascending<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Copy> Ascending<T> {
    /// The smallest value: there is always one.
    pub fn lowest(&self) -> T {
        self.0[0]
    }

    /// The largest value.
    pub fn highest(&self) -> T {
        self.0[self.0.len() - 1]
    }
}

impl<T: Copy + Into<f64>> Ascending<T> {
    /// The values as numbers.
    pub fn values(&self) -> Vec<f64> {
        self.0.iter().map(|&value| value.into()).collect()
    }

    /// The place of the value that is nearest to a number.
    pub fn nearest(&self, to: f64) -> usize {
        let distance = |place: &usize| (self.0[*place].into() - to).abs();
        (0..self.0.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
    }

    /// The widest gap between neighbours, such as what a scale of these values can tell apart; 0 of a single value.
    pub fn widest_gap(&self) -> f64 {
        self.values().windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
    }
}

impl<'de, T: Deserialize<'de> + PartialOrd + Debug> Deserialize<'de> for Ascending<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Vec::<T>::deserialize(deserializer)?;
        if values.is_empty() {
            return Err(Error::custom("the list is empty, but needs at least one value"));
        }
        if let Some(value) = values.iter().find(|value| value.partial_cmp(value).is_none()) {
            return Err(Error::custom(format!("{value:?} has no place in an order")));
        }
        match values.windows(2).find(|pair| pair[0] >= pair[1]) {
            None => Ok(Self(values)),
            Some(pair) => Err(Error::custom(format!(
                "{:?} comes before {:?}, but values must ascend",
                pair[0], pair[1]
            ))),
        }
    }
}

/// At least one value, none of them twice, or its results would count twice.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Distinct<T>(Vec<T>);

impl<T> Deref for Distinct<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + PartialEq + Debug> Deserialize<'de> for Distinct<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Vec::<T>::deserialize(deserializer)?;
        if values.is_empty() {
            return Err(Error::custom("the list is empty, but needs at least one value"));
        }
        match values.iter().enumerate().find(|(i, value)| values[..*i].contains(value)) {
            None => Ok(Self(values)),
            Some((_, value)) => {
                Err(Error::custom(format!("{value:?} is there twice, but every entry must differ")))
            }
        }
    }
}

/// Whether `value` lies within `range`, as a sentence that names its key.
///
/// # Errors
/// That sentence.
pub fn check_within<T: PartialOrd + Display>(
    key: &str,
    value: T,
    low: T,
    high: T,
) -> anyhow::Result<()> {
    let inside = low <= value && value <= high;
    anyhow::ensure!(inside, "{key} is {value}, but must be from {low} to {high}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Of {
        seeds: Option<Seeds>,
        share: Option<Within<0, 2>>,
        rate: Option<Positive<10>>,
        temperatures: Option<Ascending<f64>>,
        sides: Option<Distinct<u64>>,
    }

    #[test]
    fn what_is_allowed_is_read() {
        let of: Of = toml::from_str(
            "seeds = 2\nshare = 0.5\nrate = 1e-9\ntemperatures = [0.0, 1.5]\nsides = [8, 4]",
        )
        .unwrap();
        assert_eq!((of.seeds.unwrap().size(), *of.share.unwrap()), (2, 0.5));
        assert_eq!(*of.rate.unwrap(), 1e-9);
        let temperatures = of.temperatures.unwrap();
        assert_eq!((temperatures.lowest(), temperatures.highest()), (0.0, 1.5));
        assert_eq!((temperatures.widest_gap(), temperatures.values()), (1.5, vec![0.0, 1.5]));
        assert_eq!([-1.0, 0.7, 0.8, 9.0].map(|to| temperatures.nearest(to)), [0, 0, 1, 1]);
        assert_eq!(*of.sides.unwrap(), [8, 4]);
    }

    #[test]
    fn what_is_not_is_refused_with_what_is_allowed() {
        for (text, said) in [
            ("seeds = 1", "a whole number from 2 to 1000"),
            ("seeds = -3", "a whole number from 2 to 1000"),
            ("share = 2.5", "a number from 0 to 2"),
            ("share = nan", "a number from 0 to 2"),
            ("rate = 0", "a number above 0, at most 10"),
            ("rate = inf", "a number above 0, at most 10"),
            ("temperatures = []", "at least one"),
            ("temperatures = [1.0, 1.0]", "must ascend"),
            ("temperatures = [nan]", "no place"),
            ("sides = [4, 8, 4]", "4 is there twice"),
            ("sides = []", "at least one"),
        ] {
            let error = toml::from_str::<Of>(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
