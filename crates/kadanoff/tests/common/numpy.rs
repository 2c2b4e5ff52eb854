//! Files as numpy writes them, made here byte by byte.

use npyz::NpyFile;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, ZipArchive};

/// An array of a type (`<f8`) and a shape (`(2, 3)`), by rows.
pub(crate) fn npy(kind: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    npy_in_order(kind, shape, "False", numbers)
}

/// The same, by columns where `fortran` is `True`.
pub(crate) fn npy_in_order(kind: &str, shape: &str, fortran: &str, numbers: &[u8]) -> Vec<u8> {
    let mut head = format!("{{'descr': '{kind}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
    let length = (10 + head.len() + 1).next_multiple_of(64) - 10;
    head += &" ".repeat(length - 1 - head.len());
    head.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(head.into_bytes());
    bytes.extend(numbers);
    bytes
}

/// Arrays under their names in one file, compressed or not.
pub(crate) fn npz(path: &Path, arrays: &[(&str, Vec<u8>)], method: CompressionMethod) {
    let mut archive = ZipWriter::new(File::create(path).expect("a file"));
    for (name, bytes) in arrays {
        let options = SimpleFileOptions::default().compression_method(method);
        archive.start_file(format!("{name}.npy"), options).expect("an entry");
        archive.write_all(bytes).expect("bytes");
    }
    archive.finish().expect("a zip");
}

/// Samples of 1 and -1 as an .npz of bytes.
pub(crate) fn spins(path: &Path, samples: &[Vec<i8>]) {
    let shape = format!("({}, {})", samples.len(), samples[0].len());
    let bytes: Vec<u8> = samples.iter().flatten().map(|spin| spin.to_le_bytes()[0]).collect();
    npz(path, &[("spins", npy("|i1", &shape, &bytes))], CompressionMethod::Stored);
}

/// Changes one byte of a file.
pub(crate) fn damage(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("a file");
    bytes[at] ^= 1;
    fs::write(path, bytes).expect("a file");
}

/// One array of a file of three: its type, its shape and its bytes.
pub(crate) fn array(path: &Path, name: &str) -> (String, Vec<u64>, Vec<u8>) {
    let mut archive = ZipArchive::new(File::open(path).expect("a file")).expect("a zip");
    let names = archive.file_names().map(|name| name.expect("a name").into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert_eq!(names, ["settings.npy", "spins.npy", "temperature.npy"]);
    let mut bytes = Vec::new();
    archive
        .by_name(&format!("{name}.npy"))
        .expect("an array")
        .read_to_end(&mut bytes)
        .expect("bytes");
    let file = NpyFile::new(&bytes[..]).expect("an array of numpy's");
    assert_eq!(file.order(), npyz::Order::C);
    (file.dtype().descr(), file.shape().to_vec(), bytes)
}
