//! Where results are kept and reports go unless told otherwise: below `target` in the repository, elsewhere in the user's
//! folder of caches and in the current folder.

use std::env;
use std::path::{Path, PathBuf};

/// The repository that the current folder is in, if it is in one.
pub fn repository() -> Option<PathBuf> {
    let current = env::current_dir().ok()?;
    let is_ours = |folder: &&Path| folder.join("crates/kadanoff/Cargo.toml").is_file();
    current.ancestors().find(is_ours).map(Path::to_path_buf)
}

/// The folder of the store.
pub(crate) fn store() -> PathBuf {
    match repository() {
        Some(root) => root.join("target/store"),
        None => caches().join("kadanoff").join("store"),
    }
}

/// The folder of the report.
pub(crate) fn report() -> PathBuf {
    match repository() {
        Some(root) => root.join("target/reproduce/latest"),
        None => PathBuf::from("kadanoff-report"),
    }
}

/// As the operating system has it; the current folder where it has none.
fn caches() -> PathBuf {
    let of = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || of("HOME");
    let folder = match env::consts::OS {
        "windows" => of("LOCALAPPDATA"),
        "macos" => home().map(|home| home.join("Library/Caches")),
        _ => of("XDG_CACHE_HOME").or_else(|| home().map(|home| home.join(".cache"))),
    };
    folder.unwrap_or_default()
}
