//! The place of a file, where it is whole or not at all: written under another name beside it, synced and renamed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Replaces the file at `path` by what `fill` writes to the file at `temporary`, in a folder of the same disk. After an
/// error all is as before.
pub fn replace(
    path: &Path,
    temporary: &Path,
    fill: impl FnOnce(File) -> io::Result<File>,
) -> io::Result<()> {
    let placed = File::create(temporary).and_then(|file| {
        // Says that somebody writes it; where there are no locks, nobody asks.
        let _ = file.try_lock();
        fill(file)?.sync_all()?;
        fs::rename(temporary, path)?;
        // The rename itself is on disk only when its folder is.
        File::open(folder(path))?.sync_all()
    });
    if placed.is_err() {
        let _ = fs::remove_file(temporary);
    }
    placed
}

/// The folder of a file, "." where the path has none.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The place of a file that a user named.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    /// What all temporary names begin with, and the one of this process.
    prefix: String,
    temporary: PathBuf,
}

impl Place {
    /// The place at `path`: its name must have this extension, its folder must be there and writable, and whatever is there
    /// must be a file. What killed runs left there under temporary names is removed.
    ///
    /// # Errors
    /// Why it cannot be, as a sentence without its subject.
    pub fn new(path: &Path, extension: &str) -> Result<Self, String> {
        // Without a slash or dot at its end.
        let path: PathBuf = path.components().collect();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.extension().is_none_or(|found| found != extension) {
            return Err(format!("its name must end in .{extension}"));
        }
        if path.symlink_metadata().is_ok() && !path.is_file() {
            return Err("it is there and is no file".to_owned());
        }
        let folder = folder(&path);
        if !folder.is_dir() {
            return Err(format!("there is no folder {}", folder.display()));
        }
        let prefix = format!(".{name}.tmp-");
        let temporary = folder.join(format!("{prefix}{}", std::process::id()));
        let place = Self { path, prefix, temporary };
        place.sweep();
        let tried = File::create(&place.temporary).and_then(|_| fs::remove_file(&place.temporary));
        tried.map_err(|error| format!("it cannot be written: {error}"))?;
        Ok(place)
    }

    /// Puts what `fill` writes there.
    pub fn fill(&self, fill: impl FnOnce(File) -> io::Result<File>) -> io::Result<()> {
        replace(&self.path, &self.temporary, fill)
    }

    /// Removes temporary files that nobody has locked.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(folder(&self.path)) else { return };
        for entry in entries.flatten() {
            let is_temporary = entry.file_name().to_string_lossy().starts_with(&self.prefix);
            let path = entry.path();
            if is_temporary && File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
                // Whoever else is tidying up may have been faster.
                let _ = fs::remove_file(path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn write(mut file: File) -> io::Result<File> {
        file.write_all(b"new")?;
        Ok(file)
    }

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        fs::write(&path, "old").unwrap();
        let names = || fs::read_dir(folder.path()).unwrap().count();
        let place = Place::new(&path, "npz").unwrap();
        assert_eq!(names(), 1);
        let failed = place.fill(|file| {
            write(file)?;
            Err(io::Error::other("full"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "full");
        assert_eq!((fs::read(&path).unwrap(), names()), (b"old".to_vec(), 1));
        place.fill(write).unwrap();
        assert_eq!((fs::read(&path).unwrap(), names()), (b"new".to_vec(), 1));
    }

    #[test]
    fn what_the_killed_left_goes_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let [left, written, other] =
            [".a.npz.tmp-1", ".a.npz.tmp-2", ".b.npz.tmp-1"].map(|name| folder.path().join(name));
        let files = [&left, &written, &other].map(|path| File::create(path).unwrap());
        files[1].lock().unwrap();
        Place::new(&folder.path().join("a.npz"), "npz").unwrap();
        assert_eq!([left, written, other].map(|path| path.exists()), [false, true, true]);
    }

    #[test]
    fn places_that_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("folder.npz")).unwrap();
        for (name, why) in [
            ("a", "must end in .npz"),
            ("a.npy", "must end in .npz"),
            ("folder.npz", "no file"),
            ("none/a.npz", "no folder"),
            ("", "must end in .npz"),
        ] {
            let refused = Place::new(&folder.path().join(name), "npz").err().unwrap();
            assert!(refused.contains(why), "{name}: {refused}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
