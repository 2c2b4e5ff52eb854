//! Settings of experiments: a TOML with a table for each profile, read strictly and checked before anything runs; and settings
//! of one's own, whose keys take the place of committed ones.

// tidy: long because its tests need a file of settings.

use crate::input::{BadInput, bytes, sentence};
use anyhow::Result;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;
use toml::de::{DeTable, DeValue, Deserializer, Error, ValueDeserializer};
use toml::{Spanned, Table, Value};

/// The key by which a file of one's own names its experiment.
const EXPERIMENT: &str = "experiment";

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
    #[serde(rename = "tiny")]
    _tiny: Table,
    #[serde(rename = "quick")]
    _quick: Table,
    #[serde(rename = "standard")]
    _standard: Table,
    #[serde(rename = "paper")]
    _paper: Table,
}

impl File {
    fn read(name: &str, text: &str) -> Result<Self> {
        parse(text, &format!("{name}.toml"))
    }

    fn seconds(&self, profile: Profile) -> Option<f64> {
        let number = |value: &Value| value.as_float().or(value.as_integer().map(|n| n as f64));
        let seconds = self.seconds.get(profile.name()).map_or(Some(0.0), number);
        seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0)
    }
}

/// The settings of one experiment in one profile.
#[derive(Debug)]
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

/// Settings of one's own: a file that names its experiment and any of its keys.
#[derive(Debug)]
pub struct Own {
    /// The path of the file, as it was given.
    pub file: String,
    /// The experiment that it names.
    pub experiment: String,
    text: String,
}

impl Own {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it, in one sentence.
    pub fn read(path: &Path) -> Result<Self> {
        const MAX_BYTES: u64 = 1 << 20;
        let file = path.display().to_string();
        let bad = |why: String| BadInput(format!("{file}: {why}"));
        let bytes = bytes(path, MAX_BYTES).map_err(bad)?;
        let text = String::from_utf8(bytes).map_err(|_| bad("it is no text".to_owned()))?;
        Ok(Self::of(file, text)?)
    }

    fn of(file: String, text: String) -> Result<Self, BadInput> {
        let table = DeTable::parse(&text).map_err(|error| said(&error, &text, &file))?;
        let experiment = table.get_ref().get(EXPERIMENT).and_then(|name| name.get_ref().as_str());
        let Some(experiment) = experiment.map(str::to_owned) else {
            return Err(BadInput(format!(
                "{file}: it must name its experiment in its first line, as {EXPERIMENT} = \"decimation\" does"
            )));
        };
        Ok(Self { file, experiment, text })
    }
}

/// Reads the settings of `profile` from `text`, the committed file of the experiment `name`; keys of one's own, where there
/// are any, take the place of committed ones, tables within tables likewise.
///
/// # Errors
/// One sentence with the file, the line and the key, where they are known, and what is allowed.
pub fn load<S: Settings>(
    name: &str,
    text: &str,
    profile: Profile,
    own: Option<&Own>,
) -> Result<Experiment<S>> {
    let file = File::read(name, text)?;
    let (key, committed) = (profile.name(), format!("{name}.toml"));
    let seconds = file.seconds(profile).ok_or_else(|| {
        BadInput(format!("{committed}: seconds of {} must be a number, at least 0", profile.name()))
    })?;
    let (path, mine) = own.map_or((&committed, ""), |own| (&own.file, &own.text));
    // Committed settings are read behind one's own: from where something is wrong follows in which of them.
    let behind = " ".repeat(mine.len()) + text;
    let said = |error| said(&error, if own.is_some() { mine } else { text }, path);
    let mut tables = DeTable::parse(&behind).map_err(said)?.into_inner();
    let none = || Spanned::new(0..0, DeValue::Table(DeTable::new()));
    let mut table = tables.remove(key).unwrap_or_else(none);
    let mut changes = DeTable::parse(mine).map_err(said)?.into_inner();
    changes.remove(EXPERIMENT);
    merge(&mut table, changes);
    let settings = S::deserialize(ValueDeserializer::from(table)).map_err(said)?;
    let place = match own {
        None => format!("{committed}, table [{key}]"),
        Some(own) => own.file.clone(),
    };
    settings.check().map_err(|error| BadInput(format!("{place}: {}", sentence(&error))))?;
    Ok(Experiment { redoes: file.redoes, seconds, settings })
}

/// Puts keys in the place of those of the same name, in tables within tables likewise.
fn merge<'a>(value: &mut Spanned<DeValue<'a>>, changes: DeTable<'a>) {
    let DeValue::Table(table) = value.get_mut() else { return };
    for (key, change) in changes {
        match (table.get_mut(key.get_ref().as_ref()), change.get_ref()) {
            (Some(old), DeValue::Table(change)) if old.get_ref().is_table() => {
                merge(old, change.clone());
            }
            _ => {
                // With its own key, which says where it is.
                table.remove(key.get_ref().as_ref());
                table.insert(key, change);
            }
        }
    }
}

/// A TOML text; what is wrong with it is said in one sentence with its line.
///
/// # Errors
/// That sentence, with `place` as the name of the text.
pub fn parse<T: DeserializeOwned>(text: &str, place: &str) -> Result<T> {
    let said = |error| said(&error, text, place);
    Ok(T::deserialize(Deserializer::parse(text).map_err(said)?).map_err(said)?)
}

/// What is wrong, in one sentence with the place, the line if it is one of this text, and the key.
fn said(error: &Error, text: &str, place: &str) -> BadInput {
    let start = error.span().map(|span| span.start).filter(|start| *start <= text.len());
    let before = start.and_then(|start| text.get(..start));
    let line = before
        .map_or(String::new(), |before| format!(", line {}", 1 + before.matches('\n').count()));
    // The path of the key, where there is one, is the last line of what the error shows.
    let shown = error.to_string();
    let key = shown.trim_end().rsplit_once("\nin `").and_then(|(_, key)| key.strip_suffix('`'));
    let key = key.map_or(String::new(), |key| format!(", key {key}"));
    let message = plain(&error.message().replace('\n', " "));
    BadInput(format!("{place}{line}{key}: {message}"))
}

/// The message of the deserializer without the words of a programmer.
fn plain(message: &str) -> String {
    const WORDS: [(&str, &[&str]); 5] = [
        ("a number", &["f64", "f32"]),
        ("a whole number, at least 0", &["u8", "u16", "u32", "u64", "usize"]),
        ("a whole number", &["i8", "i16", "i32", "i64", "isize"]),
        ("a list", &["a sequence"]),
        ("a table", &["a map"]),
    ];
    let Some((found, expected)) = message.rsplit_once("expected ") else { return message.into() };
    let word = WORDS.iter().find(|(_, kinds)| kinds.contains(&expected)).map(|(word, _)| *word);
    let word = if expected.starts_with("struct ") { Some("a table") } else { word };
    format!("{found}expected {}", word.unwrap_or(expected))
}

/// The settings of `profile` as a file to start from: the experiment's name, the comments at the head of its committed file,
/// and the profile's table with its comments and without the profile in its headers.
///
/// # Errors
/// What is wrong with the committed file.
pub fn to_start_from(name: &str, text: &str, profile: Profile) -> Result<String> {
    File::read(name, text)?;
    let wanted = profile.name();
    let lines: Vec<&str> = text.lines().collect();
    let is_comment = |line: &&&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let find = |(at, line): (usize, &&str)| header(line).map(|header| (at, header));
    let headers: Vec<_> = lines.iter().enumerate().filter_map(find).collect();
    // A table begins with the comments above its header.
    let begin =
        |header: usize| header - lines[..header].iter().rev().take_while(is_comment).count();
    let ends = headers.iter().skip(1).map(|(at, _)| begin(*at)).chain([lines.len()]);

    let mut shown = vec![format!("{EXPERIMENT} = \"{name}\"")];
    let head = lines.iter().take_while(|line| line.starts_with('#'));
    shown.extend(head.map(|line| (*line).to_owned()));
    for ((at, (table, header)), end) in headers.iter().zip(ends) {
        if *table == wanted {
            shown.extend(lines[begin(*at)..*at].iter().map(|line| (*line).to_owned()));
            shown.push(header.clone());
            shown.extend(lines[at + 1..end].iter().map(|line| (*line).to_owned()));
        }
    }
    Ok(shown.join("\n") + "\n")
}

/// The profile that a header of a table names, and the header without it: of `[quick.train]`, `quick` and `[train]`.
fn header(line: &str) -> Option<(&'static str, String)> {
    let name = line.trim_start().strip_prefix('[')?;
    let (open, name, close) = match name.strip_prefix('[') {
        Some(name) => ("[[", name, "]]"),
        None => ("[", name, "]"),
    };
    let (path, after) = name.split_once(close)?;
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let table = Profile::ALL.map(Profile::name).into_iter().find(|name| *name == first.trim())?;
    let header = if rest.is_empty() { String::new() } else { format!("{open}{rest}{close}") };
    Some((table, format!("{header}{after}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Of {
        sides: Vec<u64>,
        train: Train,
        tori: Vec<Torus>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Train {
        rate: f64,
        epochs: u64,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Torus {
        side: u64,
        draws: u64,
    }

    impl Settings for Of {
        fn check(&self) -> Result<()> {
            anyhow::ensure!(!self.sides.is_empty(), "sides is empty");
            Ok(())
        }
    }

    fn text() -> String {
        let table = |profile: &str, side: u64| {
            format!(
                "\n# Of {profile}.\n[{profile}]\nsides = [{side}] # published\n\n# All of {profile}.\n[{profile}.train]\nrate = 0.1\n# Few.\nepochs = 2\n[[{profile}.tori]]\nside = 4\ndraws = 10\n"
            )
        };
        let head = "# Published: sides.\n# Ours: the rest.\nredoes = 'x'\nseconds = { quick = 1, standard = 2.5, paper = 3 }\n";
        head.to_owned()
            + &table("tiny", 2)
            + &table("quick", 4)
            + &table("standard", 8)
            + &table("paper", 16)
    }

    fn load_own(own: &str) -> Result<Of> {
        let own = Own::of("mine.toml".to_owned(), format!("experiment = 'x'\n{own}"))?;
        assert_eq!(own.experiment, "x");
        Ok(load::<Of>("x", &text(), Profile::Standard, Some(&own))?.settings)
    }

    #[test]
    fn keys_of_ones_own_take_the_place_of_committed_ones() -> Result<()> {
        let of = load_own("train = { epochs = 7 }\ntori = [{ side = 6, draws = 1 }]")?;
        let (train, tori) = (Train { rate: 0.1, epochs: 7 }, vec![Torus { side: 6, draws: 1 }]);
        assert_eq!(of, Of { sides: vec![8], train, tori });
        let committed = load::<Of>("x", &text(), Profile::Standard, None)?;
        assert_eq!((committed.seconds, load_own("")?), (2.5, committed.settings));
        Ok(())
    }

    #[test]
    fn wrong_keys_and_values_are_one_sentence() {
        for (own, said) in [
            ("\nside = [3]", "mine.toml, line 3: unknown field `side`, expected one of `sides`,"),
            ("sides = []", "mine.toml: sides is empty"),
            (
                "sides = [8, -1]",
                "mine.toml, line 2, key sides: invalid value: integer `-1`, expected a whole number, at least 0",
            ),
            (
                "sides = 8",
                "mine.toml, line 2, key sides: invalid type: integer `8`, expected a list",
            ),
            (
                "[train]\nrate = 'fast'",
                "mine.toml, line 3, key train.rate: invalid type: string \"fast\", expected a number",
            ),
            (
                "train = { rat = 1 }",
                "mine.toml, line 2, key train: unknown field `rat`, expected `rate` or `epochs`",
            ),
            (
                "train = 3",
                "mine.toml, line 2, key train: invalid type: integer `3`, expected a table",
            ),
            (
                "tori = [{ side = 4, draws = 1 },\n  { side = 6 }]",
                "mine.toml, line 3, key tori: missing field `draws`",
            ),
            ("[quick]\nsides = [3]", "mine.toml, line 2: unknown field `quick`"),
            ("sides = [3", "mine.toml, line 2: "),
            ("sides = [3]\nsides = [4]", "mine.toml, line 3: duplicate key"),
        ] {
            let error = load_own(own).unwrap_err();
            assert!(error.is::<BadInput>());
            let sentence = error.to_string();
            assert!(sentence.starts_with(said) && !sentence.contains('\n'), "{sentence}");
        }
        for (text, said) in [("a = 1", "must name its experiment"), ("experiment = 3", "must name")]
        {
            let error = Own::of("mine.toml".to_owned(), text.to_owned()).unwrap_err();
            assert!(error.0.contains(said), "{error}");
        }
        let wrong = text().replace("sides = [8]", "sides = 'large'");
        let error = load::<Of>("x", &wrong, Profile::Standard, None).err().unwrap().to_string();
        assert!(error.starts_with("x.toml, line 34, key sides: "), "{error}");
        let broken = parse::<Table>("a = 1\nb = ", "mine.toml").unwrap_err().to_string();
        assert!(broken.starts_with("mine.toml, line 2: "), "{broken}");
    }

    #[test]
    fn a_file_to_start_from_is_the_table_with_its_comments() {
        let expected = "experiment = \"x\"
# Published: sides.
# Ours: the rest.

# Of standard.

sides = [8] # published

# All of standard.
[train]
rate = 0.1
# Few.
epochs = 2
[[tori]]
side = 4
draws = 10
";
        let found = to_start_from("x", &text(), Profile::Standard).unwrap();
        assert_eq!(found, expected);
        assert_eq!(header("[quick]\r").unwrap().0, "quick");
        for line in ["[0.5]", "[1, 2],", "[quickly]", "quick = []", "[[tori]]"] {
            assert_eq!(header(line), None, "{line}");
        }
    }
}
