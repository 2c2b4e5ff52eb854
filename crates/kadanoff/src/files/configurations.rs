//! Configurations out of numpy's files: the array `spins` of an .npz, compressed or not, or an array alone as .npy.

use super::npy::{Head, broken};
use super::npz::{self, Alone};
use crate::values::MIN_TEMPERATURE;
use lab::input::BadInput;
use nalgebra::DMatrix;
use serde::Serialize;
use std::io::BufRead;
use std::path::Path;

/// The most spins in a file: a byte each.
pub(crate) const MAX_SPINS: usize = 1 << 30;

/// The configurations of a file, `[site, sample]`: one column a sample, as the libraries take them. The array is
/// `[sample, site]`, of signed integers or of floats.
///
/// # Errors
/// What is wrong with the file, after the option that names it.
pub(crate) fn read(option: &str, path: &Path) -> Result<DMatrix<f32>, BadInput> {
    let found = npz::read(path, "spins", Alone::Allowed, |name, reader| {
        spins(reader).map_err(|why| format!("{name} {why}"))
    });
    let found = found.and_then(|spins| spins.ok_or("there is no array spins in it".to_owned()));
    found.map_err(|why| BadInput(format!("{option} {}: {why}", path.display())))
}

/// The array `temperature` of the same file, a number for each sample, in units of J / k_B; `None` where there is none.
///
/// # Errors
/// What is wrong with it, after the option that names the file.
pub(crate) fn temperatures(
    option: &str,
    path: &Path,
    samples: usize,
) -> Result<Option<Vec<f64>>, BadInput> {
    let found = npz::read(path, "temperature", Alone::Other, |name, reader| {
        numbers(reader, samples).map_err(|why| format!("{name} {why}"))
    });
    found.map_err(|why| BadInput(format!("{option} {}: {why}", path.display())))
}

/// A set of configurations by its content, wherever its file is.
#[derive(Serialize)]
pub(crate) struct Content {
    samples: usize,
    sites: usize,
    /// The hash of its spins as bytes with sign, sample by sample.
    blake3: String,
}

impl Content {
    pub(crate) fn of(configurations: &DMatrix<f32>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for sample in configurations.column_iter() {
            let bytes: Vec<u8> = sample.iter().map(|&spin| (spin as i8).to_le_bytes()[0]).collect();
            hasher.update(&bytes);
        }
        let blake3 = hasher.finalize().to_hex().to_string();
        Self { samples: configurations.ncols(), sites: configurations.nrows(), blake3 }
    }
}

// Below, errors are sentences that lack their subject, the array.

fn spins(reader: &mut dyn BufRead) -> Result<DMatrix<f32>, String> {
    let mut reader = reader;
    let head = Head::read(&mut reader)?;
    let (samples, sites) = match head.shape[..] {
        [samples, sites] if samples > 0 && sites > 0 => (samples, sites),
        _ => {
            let shape = &head.shape;
            return Err(format!(
                "has the shape {shape:?}, but must have [samples, sites], both at least 1"
            ));
        }
    };
    let count = samples.saturating_mul(sites);
    if count > MAX_SPINS {
        return Err(format!("has {count} spins, but must have at most {MAX_SPINS}"));
    }
    let layout = head.layout().ok_or_else(|| {
        other(
            &head,
            "signed integers or floats of the usual sizes (int8 to int64, float32, float64)",
        )
    })?;
    // Memory grows with what is really there.
    let mut spins = Vec::new();
    for index in 0..count {
        let number = layout.read(&mut reader)?;
        spins.push(match f64::from(number) {
            1.0 => 1.0,
            -1.0 => -1.0,
            _ => {
                let (sample, site) = match head.by_columns {
                    true => (index % samples, index / samples),
                    false => (index / sites, index % sites),
                };
                return Err(format!(
                    "is {number} at site {site} of sample {sample} (both from 0), but must be 1 or -1"
                ));
            }
        });
    }
    check_end(reader, &head)?;
    Ok(match head.by_columns {
        true => DMatrix::from_vec(samples, sites, spins).transpose(),
        false => DMatrix::from_vec(sites, samples, spins),
    })
}

fn numbers(reader: &mut dyn BufRead, samples: usize) -> Result<Vec<f64>, String> {
    let mut reader = reader;
    let head = Head::read(&mut reader)?;
    if head.shape != [samples] {
        let shape = &head.shape;
        return Err(format!(
            "has the shape {shape:?}, but must have [{samples}], one number for each sample"
        ));
    }
    let layout = head.layout().filter(|layout| layout.is_float);
    let layout = layout.ok_or_else(|| other(&head, "floats (float32, float64)"))?;
    let numbers = (0..samples).map(|_| layout.read(&mut reader).map(f64::from));
    let numbers = numbers.collect::<Result<Vec<f64>, String>>()?;
    check_end(reader, &head)?;
    match numbers.iter().position(|&t| !(t == 0.0 || t >= MIN_TEMPERATURE)) {
        Some(sample) => Err(format!(
            "has the temperature {} for sample {sample} (from 0), but must have 0, at least {MIN_TEMPERATURE:?}, or inf",
            numbers[sample]
        )),
        None => Ok(numbers),
    }
}

fn other(head: &Head, allowed: &str) -> String {
    format!("has numbers of the type '{}', but must have {allowed}", head.kind)
}

/// The end of an entry is where its checksum is compared.
fn check_end(reader: &mut dyn BufRead, head: &Head) -> Result<(), String> {
    match reader.fill_buf().map_err(broken)? {
        [] => Ok(()),
        _ => Err(format!("has more numbers than its shape, {:?}", head.shape)),
    }
}
