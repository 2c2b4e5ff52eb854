//! Arrays under their names in one file, as numpy's `load` reads them and its `savez` and `savez_compressed` write them: a zip
//! of .npy files.

use super::npy::{Head, MAGIC};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Reads the array `name` of an .npz, or the array of an .npy, where that is what is looked for; `None` where there is none.
///
/// # Errors
/// What is wrong with the file, as a sentence without its subject, or what `read` says of the array.
pub(crate) fn read<T>(
    path: &Path,
    name: &str,
    alone: Alone,
    read: impl FnOnce(&str, &mut dyn BufRead) -> Result<T, String>,
) -> Result<Option<T>, String> {
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    if file.fill_buf().map_err(unreadable)?.starts_with(MAGIC) {
        return match alone {
            Alone::Allowed => read("the array", &mut file).map(Some),
            Alone::Other => Ok(None),
        };
    }
    let mut archive = ZipArchive::new(file).map_err(|error| {
        format!("it is no whole .npz or .npy file as numpy writes them: {error}")
    })?;
    match archive.by_name(&format!("{name}.npy")) {
        Ok(entry) => read(&format!("the array {name}"), &mut BufReader::new(entry)).map(Some),
        Err(ZipError::FileNotFound) => Ok(None),
        Err(error) => Err(format!("the array {name} cannot be read: {error}")),
    }
}

/// What an array that is alone in its file, without a name, is.
#[derive(Clone, Copy)]
pub(crate) enum Alone {
    /// The one that is looked for.
    Allowed,
    /// Another one.
    Other,
}

/// A file that is being written.
pub(crate) struct Archive(ZipWriter<BufWriter<File>>);

impl Archive {
    pub(crate) fn new(file: File) -> Self {
        Self(ZipWriter::new(BufWriter::new(file)))
    }

    /// An array of bytes with sign, by rows of one length.
    pub(crate) fn rows(
        &mut self,
        name: &str,
        length: usize,
        rows: impl ExactSizeIterator<Item = Vec<i8>>,
    ) -> io::Result<()> {
        self.begin(name, "|i1", &[rows.len(), length])?;
        let mut bytes = Vec::new();
        for row in rows {
            bytes.clear();
            bytes.extend(row.iter().map(|x| x.to_le_bytes()[0]));
            self.0.write_all(&bytes)?;
        }
        Ok(())
    }

    /// A list of numbers.
    pub(crate) fn numbers(
        &mut self,
        name: &str,
        numbers: impl ExactSizeIterator<Item = f64>,
    ) -> io::Result<()> {
        self.begin(name, "<f8", &[numbers.len()])?;
        for number in numbers {
            self.0.write_all(&number.to_le_bytes())?;
        }
        Ok(())
    }

    /// One text, an array without axes.
    pub(crate) fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.begin(name, &format!("<U{}", text.chars().count()), &[])?;
        for character in text.chars() {
            self.0.write_all(&u32::from(character).to_le_bytes())?;
        }
        Ok(())
    }

    /// Bytes of the array that was begun last.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// The file, complete.
    pub(crate) fn finish(self) -> io::Result<File> {
        Ok(self.0.finish()?.into_inner()?)
    }

    /// Begins an array of this type and shape; its entries follow, the last axis first.
    pub(crate) fn begin(&mut self, name: &str, kind: &str, shape: &[usize]) -> io::Result<()> {
        // Without compression or a time, so that the same arrays give the same bytes.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.0.start_file(format!("{name}.npy"), options)?;
        self.0.write_all(&Head::by_rows(kind, shape))
    }
}
