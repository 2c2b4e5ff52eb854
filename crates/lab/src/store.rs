//! The store of stages: a result is kept under the hash of all that went into it.
//!
//! An entry is written under a temporary name, synced and renamed, so that it is there whole or not at all. A second
//! run finds its results, an interrupted one goes on where it was, and both end with the same bytes.

use crate::codec::{self, ContentHash};
use crate::place;
use crate::progress::{Progress, Task};
use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A step of an experiment: a pure function of its serialised fields and its version.
pub trait Stage: Serialize + Sync {
    /// Its name, also the folder of its results.
    const NAME: &'static str;
    /// To be raised whenever the same fields give other numbers.
    const VERSION: u32;
    /// What it makes.
    type Output: Serialize + DeserializeOwned;
    /// Rough cost in seconds of one core, for the progress bar.
    fn effort(&self) -> f64;
    /// Does the work; `task` takes the fraction done.
    fn run(&self, task: &Task<'_>) -> Result<Self::Output>;
}

/// The result of a stage. It serialises as the hash of its content: a stage is keyed by what it consumes.
#[derive(Debug)]
pub struct Done<T> {
    /// What the stage made.
    pub value: T,
    content: ContentHash,
}

impl<T: Serialize> Done<T> {
    /// A result that was not computed by a stage, as tests need it.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn new(value: T) -> Result<Self> {
        let (_, content) = codec::encode(&value)?;
        Ok(Self { value, content })
    }
}

impl<T> Serialize for Done<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.content))
    }
}

/// A directory of results.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    fresh: bool,
    progress: Progress,
    temporary: AtomicU64,
}

impl Store {
    /// Opens the store at `root`; with `fresh`, what is in it is computed again and replaced.
    pub fn open(root: PathBuf, fresh: bool, progress: Progress) -> Result<Self> {
        fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
        let store = Self { root, fresh, progress, temporary: AtomicU64::new(0) };
        store.sweep();
        Ok(store)
    }

    /// The bar that stages move.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The result of a stage, from the store or by running it.
    pub fn get<S: Stage>(&self, stage: &S) -> Result<Done<S::Output>> {
        let task = self.progress.task(stage.effort());
        let path = self.path_of(stage)?;
        if !self.fresh
            && let Some(done) = self.read(&path)?
        {
            return Ok(done);
        }
        let value = stage.run(&task).with_context(|| format!("in the stage {}", S::NAME))?;
        let (bytes, content) = codec::encode(&value)?;
        self.write(&path, &bytes)?;
        Ok(Done { value, content })
    }

    /// The key is the full blake3 of name, version and the canonical JSON of the fields. Neither paths nor the number of
    /// threads are part of it.
    fn path_of<S: Stage>(&self, stage: &S) -> Result<PathBuf> {
        let fields = serde_json::to_string(stage)?;
        let key = blake3::hash(format!("{}\n{}\n{fields}", S::NAME, S::VERSION).as_bytes());
        Ok(self.root.join(S::NAME).join(format!("{}.bin", key.to_hex())))
    }

    /// A sound entry, or `None` where there is none; a damaged one is set aside with a warning.
    fn read<T: DeserializeOwned>(&self, path: &Path) -> Result<Option<Done<T>>> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        match codec::decode(&bytes) {
            Ok((value, content)) => Ok(Some(Done { value, content })),
            Err(reason) => {
                let aside = path.with_extension("damaged");
                fs::rename(path, &aside)
                    .with_context(|| format!("cannot set {} aside", path.display()))?;
                let (path, aside) = (path.display(), aside.display());
                self.progress.warn(&format!(
                    "warning: the store's entry {path} is unusable ({reason}); it is now {aside} and is computed again"
                ));
                Ok(None)
            }
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let number = self.temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = self.root.join(format!(".tmp-{}-{number}", std::process::id()));
        let folder = place::folder(path);
        let saved = fs::create_dir_all(folder).and_then(|()| {
            place::replace(path, &temporary, |mut file| file.write_all(bytes).map(|()| file))
        });
        saved.with_context(|| format!("cannot write {}", path.display()))
    }

    /// Removes what killed runs left under temporary names more than a day ago; younger ones may be another run's.
    fn sweep(&self) {
        const DAY: Duration = Duration::from_secs(24 * 3600);
        let Ok(entries) = fs::read_dir(&self.root) else { return };
        for entry in entries.flatten() {
            let is_temporary = entry.file_name().to_string_lossy().starts_with(".tmp-");
            let age =
                entry.metadata().and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
            if is_temporary && age.is_some_and(|age| age > DAY) {
                // Whoever else is tidying up may have been faster.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
