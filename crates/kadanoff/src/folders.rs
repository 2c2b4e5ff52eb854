//! Where results are kept and reports go unless told otherwise: below `target` in a checkout of the project, elsewhere in the
//! user's folder of caches and in the current folder.

use std::env;
use std::path::{Path, PathBuf};

/// The checkout of the project that the current folder is in, if it is in one.
pub fn checkout() -> Option<PathBuf> {
    let current = env::current_dir().ok()?;
    let is_ours = |folder: &&Path| folder.join("crates/kadanoff/Cargo.toml").is_file();
    current.ancestors().find(is_ours).map(Path::to_path_buf)
}

/// The folder of the store.
pub(crate) fn store() -> PathBuf {
    match checkout() {
        Some(root) => root.join("target/store"),
        None => caches().unwrap_or_default().join("kadanoff/store"),
    }
}

/// The folder of the report.
pub(crate) fn report() -> PathBuf {
    match checkout() {
        Some(root) => root.join("target/reproduce/latest"),
        None => PathBuf::from("kadanoff-report"),
    }
}

/// The user's folder of caches as the operating system has it; none for a user without a home, whose store is then in the
/// current folder.
fn caches() -> Option<PathBuf> {
    let home = || env::home_dir().filter(|home| home.is_absolute());
    match env::consts::OS {
        "windows" => env::var_os("LOCALAPPDATA").map(PathBuf::from),
        "macos" => home().map(|home| home.join("Library/Caches")),
        _ => {
            let named = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            // The convention: a relative path is to be ignored.
            named
                .filter(|path| path.is_absolute())
                .or_else(|| home().map(|home| home.join(".cache")))
        }
    }
}
