//! Files as numpy writes them, made and read here byte by byte.

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

/// One array of a file of three, as the program writes them: its type, its shape, and the bytes of its entries.
pub(crate) fn array(path: &Path, name: &str) -> (String, Vec<u64>, Vec<u8>) {
    let mut archive = ZipArchive::new(File::open(path).expect("a file")).expect("a zip");
    let names = archive.file_names().map(|name| name.expect("a name").into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert_eq!(names, ["settings.npy", "spins.npy", "temperature.npy"]);
    let mut bytes = Vec::new();
    let mut entry = archive.by_name(&format!("{name}.npy")).expect("an array");
    entry.read_to_end(&mut bytes).expect("bytes");
    let rest = bytes.strip_prefix(b"\x93NUMPY\x01\x00").expect("version 1.0");
    let length = usize::from(u16::from_le_bytes([rest[0], rest[1]]));
    assert_eq!((10 + length) % 64, 0, "numbers are not aligned");
    let (head, numbers) = rest[2..].split_at(length);
    let head = str::from_utf8(head).expect("text").strip_suffix('\n').expect("a line").trim_end();
    let head = head.strip_prefix("{'descr': '").and_then(|head| head.strip_suffix("), }"));
    let parts = head.and_then(|head| head.split_once("', 'fortran_order': False, 'shape': ("));
    let (kind, shape) = parts.expect("type, order and shape");
    let axes = shape.split(',').map(str::trim).filter(|axis| !axis.is_empty());
    let shape = axes.map(|axis| axis.parse().expect("a number")).collect();
    (kind.to_owned(), shape, numbers.to_vec())
}

/// The same of numbers, each of so many bytes.
pub(crate) fn numbers<T, const N: usize>(
    path: &Path,
    name: &str,
    kind: &str,
    of: impl Fn([u8; N]) -> T,
) -> (Vec<u64>, Vec<T>) {
    let (found, shape, bytes) = array(path, name);
    assert_eq!(found, kind, "{name}");
    let (numbers, rest) = bytes.as_chunks::<N>();
    assert_eq!((rest.len(), numbers.len() as u64), (0, shape.iter().product()), "{name}");
    (shape, numbers.iter().map(|&bytes| of(bytes)).collect())
}

/// The spins of a file, all 1 or -1, with their shape.
pub(crate) fn spins_of(path: &Path) -> (Vec<u64>, Vec<i8>) {
    let (shape, spins) = numbers(path, "spins", "|i1", i8::from_le_bytes);
    assert!(spins.iter().all(|spin| [-1, 1].contains(spin)));
    (shape, spins)
}

/// The temperatures of a file.
pub(crate) fn temperatures_of(path: &Path) -> Vec<f64> {
    let (shape, temperatures) = numbers(path, "temperature", "<f8", f64::from_le_bytes);
    assert_eq!(shape, [temperatures.len() as u64]);
    temperatures
}

/// The settings of a file.
pub(crate) fn settings_of(path: &Path) -> serde_json::Value {
    let (kind, shape, bytes) = array(path, "settings");
    assert_eq!((kind, shape), (format!("<U{}", bytes.len() / 4), Vec::new()));
    let letter = |&bytes: &[u8; 4]| char::from_u32(u32::from_le_bytes(bytes)).expect("a letter");
    let text: String = bytes.as_chunks::<4>().0.iter().map(letter).collect();
    serde_json::from_str(&text).expect("JSON")
}
