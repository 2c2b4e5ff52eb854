//! Settings of experiments: a TOML with a table for each profile, read strictly and checked before anything runs.

use crate::input::{BadInput, sentence};
use anyhow::Result;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// How much computing an experiment may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Everything small, in seconds: for tests. Its numbers mean nothing.
    Tiny,
    /// Every conclusion visible, with larger errors: minutes at most.
    Quick,
    /// Errors narrowed, more sizes and seeds: minutes to an hour and a half.
    Standard,
    /// The published settings where they are known: days, or a cluster.
    Paper,
}

impl Profile {
    /// All profiles, the smallest first.
    pub const ALL: [Self; 4] = [Self::Tiny, Self::Quick, Self::Standard, Self::Paper];

    /// As the command line and the files of settings have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Paper => "paper",
        }
    }
}

/// A file of settings: one table per profile, every scientific value written out in each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// What the experiment redoes, one line.
    redoes: String,
    /// Expected run time on two cores, by profile.
    seconds: Table,
    tiny: Option<Table>,
    quick: Table,
    standard: Table,
    paper: Table,
}

/// The settings of one experiment in one profile.
pub struct Experiment<S> {
    /// What the experiment redoes, one line.
    pub redoes: String,
    /// Expected run time on two cores.
    pub seconds: f64,
    /// The settings, checked.
    pub settings: S,
}

/// Settings that can say what is wrong with them before anything runs. What a single value may be is said by its type
/// (see [`crate::kinds`]); `check` holds what relates several of them.
pub trait Settings: DeserializeOwned + Serialize {
    /// # Errors
    /// One sentence that names the key, the value and what is allowed.
    fn check(&self) -> Result<()>;
}

/// Reads the settings of `profile` from `text`, the committed file of the experiment `name`; keys of `own`, where there
/// are any, take the place of committed ones.
///
/// # Errors
/// One sentence with the table, the key and what is allowed.
pub fn load<S: Settings>(
    name: &str,
    text: &str,
    profile: Profile,
    own: Option<&Table>,
) -> Result<Experiment<S>> {
    let file: File = parse(text, &format!("{name}.toml"))?;
    let seconds = file.seconds.get(profile.name()).map_or(Some(0.0), number);
    let seconds = seconds.filter(|s| s.is_finite() && *s >= 0.0).ok_or_else(|| {
        BadInput(format!("{name}.toml: seconds of {} must be a number, at least 0", profile.name()))
    })?;
    let table = match profile {
        Profile::Tiny => file.tiny.unwrap_or(file.quick),
        Profile::Quick => file.quick,
        Profile::Standard => file.standard,
        Profile::Paper => file.paper,
    };
    let table = own.map_or(table.clone(), |own| merged(table, own));
    let place = match own {
        None => format!("{name}.toml, table [{}]", profile.name()),
        Some(_) => format!("settings of {name}"),
    };
    let settings: S = Value::Table(table).try_into().map_err(|error: toml::de::Error| {
        BadInput(format!("{place}: {}", error.to_string().trim().replace('\n', " ")))
    })?;
    settings.check().map_err(|error| BadInput(format!("{place}: {}", sentence(&error))))?;
    Ok(Experiment { redoes: file.redoes, seconds, settings })
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or(value.as_integer().map(|whole| whole as f64))
}

/// The committed settings with the keys of `own` in their place, tables within tables likewise.
fn merged(mut table: Table, own: &Table) -> Table {
    for (key, value) in own {
        let value = match (table.remove(key), value) {
            (Some(Value::Table(inner)), Value::Table(own)) => Value::Table(merged(inner, own)),
            (_, value) => value.clone(),
        };
        table.insert(key.clone(), value);
    }
    table
}

/// A TOML text; what is wrong with it is said in one sentence with its line.
///
/// # Errors
/// That sentence, with `place` as the name of the text.
pub fn parse<T: DeserializeOwned>(text: &str, place: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text[..start].matches('\n').count();
        let message = error.message().replace('\n', " ");
        BadInput(format!("{place}, line {line}: {message}")).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Of {
        sides: Vec<u64>,
        train: Train,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Train {
        rate: f64,
        epochs: u64,
    }

    impl Settings for Of {
        fn check(&self) -> Result<()> {
            anyhow::ensure!(!self.sides.is_empty(), "sides is empty");
            Ok(())
        }
    }

    const TEXT: &str = "redoes = 'x'\nseconds = { quick = 1, standard = 2.5, paper = 3 }\n
[quick]\nsides = [4]\ntrain = { rate = 0.1, epochs = 2 }
[standard]\nsides = [8]\ntrain = { rate = 0.1, epochs = 2 }
[paper]\nsides = [16]\ntrain = { rate = 0.1, epochs = 2 }\n";

    fn load_own(own: &str) -> Result<Of> {
        let own: Table = toml::from_str(own)?;
        Ok(load::<Of>("x", TEXT, Profile::Standard, Some(&own))?.settings)
    }

    #[test]
    fn keys_of_ones_own_take_the_place_of_committed_ones() -> Result<()> {
        let of = load_own("train = { epochs = 7 }")?;
        assert_eq!(of, Of { sides: vec![8], train: Train { rate: 0.1, epochs: 7 } });
        assert_eq!(load::<Of>("x", TEXT, Profile::Standard, None)?.seconds, 2.5);
        Ok(())
    }

    #[test]
    fn wrong_keys_and_values_are_one_sentence() {
        for (own, said) in [
            ("side = [3]", "unknown field `side`"),
            ("sides = []", "sides is empty"),
            ("train = { rate = 'fast' }", "invalid type"),
            ("train = 3", "train"),
        ] {
            let error = load_own(own).unwrap_err();
            assert!(error.is::<BadInput>());
            let sentence = error.to_string();
            assert!(sentence.contains(said) && !sentence.contains('\n'), "{sentence}");
            assert!(sentence.starts_with("settings of x: "), "{sentence}");
        }
        let broken = parse::<Table>("a = 1\nb = ", "mine.toml").unwrap_err().to_string();
        assert!(broken.starts_with("mine.toml, line 2: "), "{broken}");
    }
}
