//! `cargo xtask compare`: what differs between two reports, claim by claim and file by file.

#[cfg(test)]
mod tests;

use anyhow::{Context, Result, ensure};
use clap::Args;
use lab::input::BadInput;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Combined errors within which two numbers agree.
const SIGMAS: f64 = 5.0;

#[derive(Args)]
pub(crate) struct Compare {
    /// The folder of the one report.
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The folder of the other.
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    /// Also say of numbers that differ whether they agree within five combined errors, where both have an error.
    #[arg(long)]
    errors: bool,
}

/// Prints what differs, a line for each claim and file.
///
/// # Errors
/// When anything does, or when a folder holds no report.
pub(crate) fn run(options: &Compare) -> Result<()> {
    let reports = (read(&options.before)?, read(&options.after)?);
    let lines = differences(&reports.0, &reports.1, options.errors);
    for line in &lines {
        kadanoff::print(line)?;
    }
    ensure!(lines.is_empty(), "{} differences", lines.len());
    let (claims, files) = (reports.0.claims.len(), reports.0.files.len());
    kadanoff::print(&format!("the same: {claims} claims, {files} files of numbers and drawings"))
}

/// What is compared of a report.
struct Report {
    /// By their id.
    claims: BTreeMap<String, Claim>,
    /// Numbers (.csv) and drawings (.svg) by their name.
    files: BTreeMap<String, Vec<u8>>,
}

#[derive(Deserialize)]
struct Claim {
    id: String,
    verdict: String,
    evidence: Vec<Evidence>,
}

#[derive(Deserialize)]
struct Evidence {
    quantity: String,
    found: Option<Number>,
}

/// A number, null where it is not finite, and its error, where it has one.
#[derive(Clone, Copy, PartialEq, Deserialize)]
struct Number {
    mean: Option<f64>,
    error: Option<f64>,
}

fn read(folder: &Path) -> Result<Report> {
    let path = folder.join("claims.json");
    let bad = |why: &dyn std::fmt::Display| {
        BadInput(format!("{} holds no report: claims.json {why}", folder.display()))
    };
    let text = fs::read_to_string(&path).map_err(|why| bad(&format!("cannot be read: {why}")))?;
    let claims: Vec<Claim> = serde_json::from_str(&text).map_err(|why| bad(&why))?;
    let claims = claims.into_iter().map(|claim| (claim.id.clone(), claim)).collect();
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".csv") || name.ends_with(".svg") {
            let bytes = fs::read(entry.path()).with_context(|| format!("cannot read {name}"))?;
            files.insert(name, bytes);
        }
    }
    Ok(Report { claims, files })
}

/// A line for each claim and each file that differs.
fn differences(before: &Report, after: &Report, errors: bool) -> Vec<String> {
    let claim = |one: &Claim, other: &Claim| of_claims(one, other, errors);
    let mut lines = of_all(&before.claims, &after.claims, claim);
    lines.extend(of_all(&before.files, &after.files, |one, other| {
        if one == other {
            return Vec::new();
        }
        let tables = table(one).zip(table(other));
        vec![
            tables.map_or("other bytes".to_owned(), |(one, other)| of_tables(&one, &other, errors)),
        ]
    }));
    lines
}

/// What differs between things of the same name, and what there is once.
fn of_all<T>(
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
    of: impl Fn(&T, &T) -> Vec<String>,
) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut lines = Vec::new();
    for name in names {
        let found = match (before.get(name), after.get(name)) {
            (Some(one), Some(other)) => of(one, other),
            (Some(_), None) => vec!["before only".to_owned()],
            _ => vec!["after only".to_owned()],
        };
        lines.extend(found.into_iter().map(|line| format!("{name}: {line}")));
    }
    lines
}

fn of_claims(one: &Claim, other: &Claim, errors: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if one.verdict != other.verdict {
        lines.push(format!("{}, then {}", one.verdict, other.verdict));
    }
    let quantities = |claim: &Claim| -> BTreeMap<String, Option<Number>> {
        claim.evidence.iter().map(|e| (e.quantity.clone(), e.found)).collect()
    };
    lines.extend(of_all(&quantities(one), &quantities(other), |one, other| {
        let agreement = match (errors, apart(*one, *other)) {
            (true, Some(sigmas)) => format!(", {sigmas:.1} errors apart"),
            _ => String::new(),
        };
        let line = || format!("{}, then {}{agreement}", shown(*one), shown(*other));
        if one == other { Vec::new() } else { vec![line()] }
    }));
    lines
}

fn shown(found: Option<Number>) -> String {
    let number = |x: Option<f64>| x.map_or("null".to_owned(), |x| x.to_string());
    match found {
        Some(Number { mean, error: Some(0.0) }) => number(mean),
        Some(Number { mean, error }) => format!("{} ± {}", number(mean), number(error)),
        None => "nothing".to_owned(),
    }
}

/// The distance of two numbers in combined errors, where there is an error.
fn apart(one: Option<Number>, other: Option<Number>) -> Option<f64> {
    let (one, other) = (one?, other?);
    let error = one.error?.hypot(other.error?);
    (error > 0.0).then_some((one.mean? - other.mean?).abs() / error)
}

/// The rows of a CSV, the first of which are names; none where it is something else.
fn table(bytes: &[u8]) -> Option<Vec<csv::StringRecord>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    let rows: Vec<_> = reader.records().collect::<Result<_, _>>().ok()?;
    (rows.len() > 1 && rows[0].len() > 1).then_some(rows)
}

fn of_tables(before: &[csv::StringRecord], after: &[csv::StringRecord], errors: bool) -> String {
    if before[0] != after[0] {
        return "other columns".to_owned();
    }
    if before.len() != after.len() {
        return format!("{} rows, then {}", before.len() - 1, after.len() - 1);
    }
    let names = &before[0];
    // Behind a column stands, if there is one, that of its errors.
    let error_of = |column: usize| {
        let next = names.get(column + 1)?;
        (next == "error" || next == format!("{}_error", &names[column])).then_some(column + 1)
    };
    let number = |row: &csv::StringRecord, column: usize| {
        let error = error_of(column).and_then(|column| row[column].parse().ok());
        Some(Number { mean: row[column].parse().ok(), error })
    };
    let (mut differ, mut beyond, mut without) = (0, 0, 0);
    let cells = before.iter().zip(after).skip(1);
    for (one, other) in cells {
        for column in (0..names.len()).filter(|&column| one[column] != other[column]) {
            differ += 1;
            match apart(number(one, column), number(other, column)) {
                Some(sigmas) if sigmas <= SIGMAS => {}
                Some(_) => beyond += 1,
                None => without += 1,
            }
        }
    }
    let all = (before.len() - 1) * names.len();
    let agreement = match errors {
        true => {
            format!(": {beyond} by more than {SIGMAS} combined errors, {without} have no error")
        }
        false => String::new(),
    };
    format!("{differ} of {all} cells differ{agreement}")
}
