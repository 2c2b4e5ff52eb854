//! Arrays under their names in one file, as numpy's `load` reads them: a zip of .npy files, not compressed.

use npyz::{DType, WriteOptions, WriterBuilder};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

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
        self.begin(name, "|i1", &[rows.len() as u64, length as u64])?;
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
        self.begin(name, "<f8", &[numbers.len() as u64])?;
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
    pub(crate) fn begin(&mut self, name: &str, type_name: &str, shape: &[u64]) -> io::Result<()> {
        // Without compression or a time, so that the same arrays give the same bytes.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.0.start_file(format!("{name}.npy"), options)?;
        let type_of = type_name.parse().map_err(io::Error::other)?;
        let header = WriteOptions::new_header_only().dtype(DType::Plain(type_of));
        header.shape(shape).writer(&mut self.0).write_header_only()?;
        Ok(())
    }
}
