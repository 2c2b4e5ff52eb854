//! What the sources say: data/published/*.toml, and claims made of it.

use crate::experiment::{data, read_toml};
use crate::report::content::{Claim, Verdict};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use stats::Estimate;
use std::collections::BTreeMap;

/// One source.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    /// Its key in REFERENCES.md.
    key: String,
    /// As it is cited in a table.
    short: String,
    /// Everything of it that we compare with.
    statement: Vec<Statement>,
    /// Tables of numbers, where there are such.
    #[serde(default)]
    table: Vec<Numbers>,
}

/// A published table: rows of numbers under named columns. The first column names the row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    id: String,
    columns: Vec<String>,
    rows: Vec<Vec<f64>>,
}

/// One published number or statement.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
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

#[derive(Deserialize)]
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
    fn remark(&self) -> &'static str {
        match self {
            Self::Read => "",
            Self::Implied => " (value implied)",
            Self::Abstract => " (abstract read)",
            Self::Remembered => " (quoted from memory)",
        }
    }
}

/// All sources, by `key/id`.
pub(crate) struct Published {
    statements: BTreeMap<String, (String, Statement)>,
    tables: BTreeMap<String, Numbers>,
}

impl Published {
    /// Reads all of data/published.
    pub(crate) fn load() -> Result<Self> {
        let folder = data().join("published");
        let (mut statements, mut tables) = (BTreeMap::new(), BTreeMap::new());
        for entry in std::fs::read_dir(&folder)
            .with_context(|| format!("cannot read {}", folder.display()))?
        {
            let path = entry?.path();
            let source: Source = read_toml(&path)?;
            for statement in source.statement {
                let key = format!("{}/{}", source.key, statement.id);
                let known = statements.insert(key.clone(), (source.short.clone(), statement));
                ensure!(known.is_none(), "data/published states {key} twice");
            }
            for table in source.table {
                let key = format!("{}/{}", source.key, table.id);
                let whole = table.rows.iter().all(|row| row.len() == table.columns.len());
                ensure!(whole, "data/published: a row of {key} has not one number for each column");
                let known = tables.insert(key.clone(), table);
                ensure!(known.is_none(), "data/published has the table {key} twice");
            }
        }
        Ok(Self { statements, tables })
    }

    /// The number of the statement `key` = `source/id`.
    pub(crate) fn value(&self, key: &str) -> Result<f64> {
        let value = self.statements.get(key).and_then(|(_, statement)| statement.value);
        value.with_context(|| format!("data/published has no number for {key}"))
    }

    /// The number of the table `key` = `source/id` in the row that begins with `row`, under `column`.
    pub(crate) fn entry(&self, key: &str, row: f64, column: &str) -> Result<f64> {
        let table = self.tables.get(key).with_context(|| format!("data/published lacks {key}"))?;
        let place = table.columns.iter().position(|name| name == column);
        let row_found = table.rows.iter().find(|numbers| numbers.first() == Some(&row));
        let entry = row_found.zip(place).map(|(numbers, place)| numbers[place]);
        entry.with_context(|| format!("data/published has no {column} at {row} in {key}"))
    }

    /// What the rows of the table `key` = `source/id` begin with.
    pub(crate) fn rows(&self, key: &str) -> Result<Vec<f64>> {
        let table = self.tables.get(key).with_context(|| format!("data/published lacks {key}"))?;
        Ok(table.rows.iter().filter_map(|row| row.first().copied()).collect())
    }

    /// The claim `id` = `experiment/name` about the statement `key` = `source/id`.
    pub(crate) fn claim(&self, id: &str, key: &str, finding: Finding) -> Result<Claim> {
        let (source, statement) =
            self.statements.get(key).with_context(|| format!("data/published lacks {key}"))?;
        let Finding { value, quantity, verdict, reason } = finding;
        Ok(Claim {
            id: id.to_owned(),
            experiment: id.split('/').next().unwrap_or(id).to_owned(),
            statement: statement.says.clone(),
            source: format!("{source}, {}{}", statement.place, statement.obtained.remark()),
            published: statement.value,
            found: value.into(),
            quantity,
            verdict,
            reason,
        })
    }
}

/// What a run found about a statement.
pub(crate) struct Finding {
    pub(crate) value: Estimate,
    /// What the value is, in a few words.
    pub(crate) quantity: String,
    pub(crate) verdict: Verdict,
    /// Why the verdict is what it is, one sentence or two.
    pub(crate) reason: String,
}

/// A finding whose value is exact.
pub(crate) fn exactly(value: f64, quantity: &str, verdict: Verdict, reason: String) -> Finding {
    Finding { value: Estimate::exact(value), quantity: quantity.to_owned(), verdict, reason }
}
