//! The RBM that an option `--rbm` names.

use lab::input::{BadInput, bytes};
use rbm::{Rbm, file};
use std::fmt::Display;
use std::path::Path;

/// The largest RBM that `train` writes, and its head.
const MAX_BYTES: u64 = 1 << 27;

/// Reads it.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn read(path: &Path) -> Result<Rbm, BadInput> {
    let wrong = |why: &dyn Display| BadInput(format!("--rbm {}: {why}", path.display()));
    let bytes = bytes(path, MAX_BYTES).map_err(|why| wrong(&why))?;
    Ok(file::from_bytes(&bytes).map_err(|why| wrong(&why))?.0)
}
