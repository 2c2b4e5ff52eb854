//! What the sources say, with how it came to us; and a claim made of a statement and a ruling.

use crate::settings::parse;
use crate::verdict::Ruling;
use anyhow::{Context, Result, ensure};
use report::content::Found;
use report::{Claim, Evidence, Verdict};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    /// Its key in REFERENCES.md.
    key: String,
    /// As it is cited in a table.
    short: String,
    /// Everything of it that we compare with.
    statement: Vec<Stated>,
    /// Tables of numbers, where there are such.
    #[serde(default)]
    table: Vec<Numbers>,
}

/// A published table: rows of numbers under named columns. The first column names the row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    id: String,
    columns: Vec<String>,
    rows: Vec<Vec<f64>>,
}

/// One published number or statement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    id: String,
    /// What the source says, in our words; `$...$` is LaTeX.
    says: String,
    /// Equation, figure or section.
    place: String,
    /// The number, where there is one.
    value: Option<f64>,
    /// How the number or statement came to us.
    obtained: Obtained,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Obtained {
    /// Read in the source itself.
    Read,
    /// Not printed, but what the statement comes to as a number.
    Implied,
    /// Read in the abstract only.
    Abstract,
    /// Quoted from memory: the source was not at hand.
    Remembered,
}

impl Obtained {
    /// What a reader of the report must know of it.
    fn remark(self) -> &'static str {
        match self {
            Self::Read => "",
            Self::Implied => " (value implied)",
            Self::Abstract => " (abstract read)",
            Self::Remembered => " (quoted from memory)",
        }
    }
}

/// All sources, by `source/id`.
#[derive(Debug)]
pub struct Published {
    statements: BTreeMap<String, (String, Stated)>,
    tables: BTreeMap<String, Numbers>,
}

impl Published {
    /// Reads the sources, each a name for errors and a text.
    ///
    /// # Errors
    /// What is wrong with one of them, in one sentence.
    pub fn read(sources: &[(&str, &str)]) -> Result<Self> {
        let (mut statements, mut tables) = (BTreeMap::new(), BTreeMap::new());
        for (name, text) in sources {
            let source: Source = parse(text, name)?;
            for statement in source.statement {
                let key = format!("{}/{}", source.key, statement.id);
                let known = statements.insert(key.clone(), (source.short.clone(), statement));
                ensure!(known.is_none(), "{name} states {key} twice");
            }
            for table in source.table {
                let key = format!("{}/{}", source.key, table.id);
                let whole = table.rows.iter().all(|row| row.len() == table.columns.len());
                ensure!(whole, "{name}: a row of {key} has not one number for each column");
                let known = tables.insert(key.clone(), table);
                ensure!(known.is_none(), "{name} has the table {key} twice");
            }
        }
        Ok(Self { statements, tables })
    }

    /// The statement `key` = `source/id`.
    ///
    /// # Errors
    /// When no source states it.
    pub fn statement(&self, key: &str) -> Result<Statement<'_>> {
        let found = self.statements.get_key_value(key);
        let (key, (source, stated)) = found.with_context(|| format!("no source states {key}"))?;
        Ok(Statement { key, source, stated })
    }

    /// The number of the statement `key` = `source/id`.
    ///
    /// # Errors
    /// When there is none.
    pub fn value(&self, key: &str) -> Result<f64> {
        let value = self.statements.get(key).and_then(|(_, stated)| stated.value);
        value.with_context(|| format!("data/published has no number for {key}"))
    }

    fn table(&self, key: &str) -> Result<&Numbers> {
        self.tables.get(key).with_context(|| format!("data/published lacks {key}"))
    }

    /// The number of the table `key` = `source/id` in the row that begins with `row`, under `column`.
    ///
    /// # Errors
    /// When there is none.
    pub fn entry(&self, key: &str, row: f64, column: &str) -> Result<f64> {
        let table = self.table(key)?;
        let place = table.columns.iter().position(|name| name == column);
        let row_found = table.rows.iter().find(|numbers| numbers.first() == Some(&row));
        let entry = row_found.zip(place).map(|(numbers, place)| numbers[place]);
        entry.with_context(|| format!("data/published has no {column} at {row} in {key}"))
    }

    /// What the rows of the table `key` = `source/id` begin with.
    ///
    /// # Errors
    /// When there is no such table.
    pub fn rows(&self, key: &str) -> Result<Vec<f64>> {
        Ok(self.table(key)?.rows.iter().filter_map(|row| row.first().copied()).collect())
    }
}

/// A statement of a source, to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    key: &'a str,
    source: &'a str,
    stated: &'a Stated,
}

impl Statement<'_> {
    /// The number that it names, where it names one.
    pub fn value(&self) -> Option<f64> {
        self.stated.value
    }

    /// The claim that this statement becomes under a ruling: `quantity` says what was found, `reason` what else a reader must
    /// know. What we quote from memory is never contradicted: the source would have to be read.
    pub fn judged(
        self,
        ruling: Ruling,
        quantity: impl Into<String>,
        reason: impl Into<String>,
    ) -> Claim {
        let mut rule = ruling.answered();
        let Ruling { mut verdict, found, .. } = ruling;
        if verdict == Verdict::Contradicted && self.stated.obtained == Obtained::Remembered {
            verdict = Verdict::Undecided;
            rule += ", but the source is quoted from memory and would have to be read";
        }
        Claim {
            id: self.key.to_owned(),
            experiment: String::new(),
            statement: self.stated.says.clone(),
            source: format!(
                "{}, {}{}",
                self.source,
                self.stated.place,
                self.stated.obtained.remark()
            ),
            published: self.stated.value,
            evidence: vec![Evidence { quantity: quantity.into(), found: found.map(Found::from) }],
            verdict,
            rule,
            reason: reason.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::holds;

    const TEXT: &str = "key = 'a-2000'\nshort = 'A'\n
[[statement]]\nid = 'read'\nsays = 's'\nplace = 'p. 1'\nobtained = 'read'\nvalue = 2.0
[[statement]]\nid = 'heard'\nsays = 's'\nplace = 'p. 2'\nobtained = 'remembered'\n";

    #[test]
    fn what_is_quoted_from_memory_is_never_contradicted() {
        let published = Published::read(&[("a.toml", TEXT)]).unwrap();
        let verdict = |key: &str, yes| {
            published.statement(key).unwrap().judged(holds(yes, "it is so"), "q", "").verdict
        };
        assert_eq!(verdict("a-2000/read", false), Verdict::Contradicted);
        assert_eq!(verdict("a-2000/heard", false), Verdict::Undecided);
        assert_eq!(verdict("a-2000/heard", true), Verdict::Reproduced);
        assert!(published.statement("a-2000/unheard").is_err());
    }

    #[test]
    fn nothing_is_stated_twice() {
        assert!(Published::read(&[("a.toml", TEXT), ("b.toml", TEXT)]).is_err());
    }
}
