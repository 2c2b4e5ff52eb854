//! Bad input: what the user can mend, said in one sentence, exit code 2.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// An error of the user's, not of the run.
#[derive(Debug)]
pub struct BadInput(pub String);

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// The error as one line: what was being done, then why it failed.
pub fn sentence(error: &anyhow::Error) -> String {
    let parts: Vec<String> =
        error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
    parts.join(": ")
}

/// The bytes of a file, of which there may be so many: a device without an end is no file.
///
/// # Errors
/// Why it cannot be read, as a sentence without its subject.
pub fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    match read {
        Err(error) => Err(format!("cannot be read: {error}")),
        Ok(_) if bytes.len() as u64 > most => {
            Err(format!("cannot be read: it has more than {most} bytes"))
        }
        Ok(_) => Ok(bytes),
    }
}

/// Refuses an output that would take the place of an input, each under its option.
pub fn check_apart(out: &Path, inputs: &[(&str, &Path)]) -> Result<(), BadInput> {
    let Ok(found) = out.canonicalize() else { return Ok(()) };
    let same = |path: &Path| path.canonicalize().is_ok_and(|path| path == found);
    match inputs.iter().find(|(_, path)| same(path)) {
        None => Ok(()),
        Some((option, _)) => {
            let out = out.display();
            Err(BadInput(format!("--out {out}: it would replace what {option} reads")))
        }
    }
}
