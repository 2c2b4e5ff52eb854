//! The place of a report: what may be replaced, and how it is moved there whole.

use anyhow::{Context, Result};
use lab::input::BadInput;
use report::content::Report;
use report::files;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The report's place must be free, empty, or hold an earlier report and nothing else, which is replaced; and the store must
/// be somewhere else, in a place where a directory can be.
pub(super) fn check(out: &Path, store: &Path) -> Result<()> {
    let refuse = |why: &str| Err(BadInput(format!("--out {}: {why}", out.display())).into());
    if absolute(store).starts_with(absolute(out)) {
        return refuse(&format!("it would replace the store, {}", store.display()));
    }
    if let Some(path) = store.ancestors().find(blocks) {
        let (store, path) = (store.display(), path.display());
        return Err(
            BadInput(format!("--store {store}: {path} is there and is no directory")).into()
        );
    }
    if out.file_name().is_none() {
        return refuse("it does not end in the name of a directory");
    }
    if let Some(path) = out.ancestors().find(blocks) {
        return refuse(&format!("{} is there and is no directory", path.display()));
    }
    if !out.exists() {
        return Ok(());
    }
    let entries = match fs::read_dir(out).and_then(|entries| entries.collect()) {
        Ok::<Vec<fs::DirEntry>, _>(entries) => entries,
        Err(error) => return refuse(&format!("it cannot be read: {error}")),
    };
    let foreign = entries.iter().find(|entry| !is_part_of_report(&entry.path()));
    if foreign.is_some() || !(entries.is_empty() || out.join("claims.json").is_file()) {
        return refuse("it holds something else than a report, and nothing is overwritten");
    }
    Ok(())
}

/// Whether something is there that is no directory. Not only files: sockets, devices and links that lead nowhere would be
/// moved away too.
fn blocks(path: &&Path) -> bool {
    path.symlink_metadata().is_ok() && !path.is_dir()
}

/// The path from the root, through links where what is there is a link; what is not there yet has none.
fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = path.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    let (part, found) = there.unwrap_or((Path::new(""), PathBuf::new()));
    let mut absolute = found;
    for component in path.strip_prefix(part).unwrap_or(&path).components() {
        match component {
            Component::ParentDir => {
                absolute.pop();
            }
            name => absolute.push(name),
        }
    }
    absolute
}

/// Whether a report may have written this file.
fn is_part_of_report(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let named = ["index.html", "claims.json", "checks.json"].contains(&name)
        || [".csv", ".svg"].iter().any(|ending| name.ends_with(ending));
    named && path.is_file()
}

/// Writes the report beside its place and moves it there, so that a reader never sees half of one.
pub(super) fn write(report: &Report, out: &Path) -> Result<()> {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    let beside =
        |suffix: &str| out.with_file_name(format!(".{name}.{suffix}-{}", std::process::id()));
    let (new, old) = (beside("new"), beside("old"));
    let place = || -> Result<()> {
        // A killed run with the same process number may have left some of its own.
        for leftover in [&new, &old].into_iter().filter(|leftover| leftover.exists()) {
            fs::remove_dir_all(leftover)?;
        }
        fs::create_dir_all(&new)?;
        files::write(report, &new)?;
        if out.exists() {
            fs::rename(out, &old)?;
        }
        if let Err(error) = fs::rename(&new, out) {
            // Rather the report of before than none.
            let _ = fs::rename(&old, out);
            return Err(error.into());
        }
        if old.exists() {
            fs::remove_dir_all(&old)?;
        }
        Ok(())
    };
    let placed = place();
    if placed.is_err() && new.exists() {
        let _ = fs::remove_dir_all(&new);
    }
    placed.with_context(|| format!("cannot write the report to {}", out.display()))
}
