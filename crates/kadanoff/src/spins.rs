//! Configurations out of numpy's files: the array `spins` of an .npz, compressed or not, or an array alone as .npy.

use crate::options::LEAST_TEMPERATURE;
use crate::sample::MOST_SPINS;
use lab::input::BadInput;
use nalgebra::DMatrix;
use npyz::{DType, Deserialize, NpyFile, Order, TypeChar};
use std::fmt::{Debug, Display};
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use zip::ZipArchive;
use zip::result::ZipError;

/// The configurations of a file, `[site, sample]`: one column a sample, as the libraries take them. The array is
/// `[sample, site]`, of signed integers or of floats.
///
/// # Errors
/// What is wrong with the file, after the option that names it.
pub(crate) fn read(option: &str, path: &Path) -> Result<DMatrix<f32>, BadInput> {
    of_file(path).map_err(|why| BadInput(format!("{option} {}: {why}", path.display())))
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
    temperatures_of(path, samples)
        .map_err(|why| BadInput(format!("{option} {}: {why}", path.display())))
}

// Below, errors lack the option and the path, which `read` puts before them.

fn of_file(path: &Path) -> Result<DMatrix<f32>, String> {
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    if file.fill_buf().map_err(unreadable)?.starts_with(b"\x93NUMPY") {
        return of_array("the array", file);
    }
    let mut archive = ZipArchive::new(file).map_err(|error| {
        format!("it is no whole .npz or .npy file as numpy writes them: {error}")
    })?;
    match archive.by_name("spins.npy") {
        Ok(entry) => of_array("the array spins", BufReader::new(entry)),
        Err(ZipError::FileNotFound) => Err("there is no array spins in it".to_owned()),
        Err(error) => Err(format!("the array spins cannot be read: {error}")),
    }
}

fn temperatures_of(path: &Path, samples: usize) -> Result<Option<Vec<f64>>, String> {
    let broken = |error: &dyn Display| format!("the array temperature cannot be read: {error}");
    let file = File::open(path).map_err(|error| broken(&error))?;
    // An array alone is no archive.
    let Ok(mut archive) = ZipArchive::new(BufReader::new(file)) else { return Ok(None) };
    let entry = match archive.by_name("temperature.npy") {
        Ok(entry) => BufReader::new(entry),
        Err(ZipError::FileNotFound) => return Ok(None),
        Err(error) => return Err(broken(&error)),
    };
    let array = NpyFile::new(entry).map_err(|error| broken(&error))?;
    if array.shape() != [samples as u64] {
        let shape = array.shape();
        return Err(format!(
            "the shape of the array temperature is {shape:?}, but must be [{samples}], one for each sample"
        ));
    }
    let kind = array.dtype().descr();
    let numbers = match array.try_data::<f64>() {
        Ok(numbers) => numbers.collect::<io::Result<Vec<f64>>>(),
        Err(array) => match array.try_data::<f32>() {
            Ok(numbers) => numbers.map(|t| t.map(f64::from)).collect(),
            Err(_) => {
                return Err(format!(
                    "the numbers of the array temperature are of the type {kind}, but must be floats (float32, float64)"
                ));
            }
        },
    };
    let numbers = numbers.map_err(|error| broken(&error))?;
    match numbers.iter().position(|&t| !(t == 0.0 || t >= LEAST_TEMPERATURE)) {
        Some(sample) => Err(format!(
            "the temperature of sample {sample} (from 0) is {}, but must be 0, at least {LEAST_TEMPERATURE:?}, or inf",
            numbers[sample]
        )),
        None => Ok(Some(numbers)),
    }
}

fn of_array(name: &str, mut reader: impl Read) -> Result<DMatrix<f32>, String> {
    let broken = |error: io::Error| match error.kind() {
        ErrorKind::UnexpectedEof => format!("{name} ends too early"),
        _ => format!("{name} cannot be read: {error}"),
    };
    let array = NpyFile::new(&mut reader).map_err(broken)?;
    let (samples, sites) = match array.shape() {
        &[samples, sites] if samples > 0 && sites > 0 => (samples as usize, sites as usize),
        shape => {
            return Err(format!(
                "the shape of {name} is {shape:?}, but must be [samples, sites], both at least 1"
            ));
        }
    };
    let spins = samples.saturating_mul(sites);
    if spins > MOST_SPINS {
        return Err(format!("{name} has {spins} spins, but must have at most {MOST_SPINS}"));
    }
    let (kind, order) = (array.dtype(), array.order());
    let place = |index: usize| match order {
        Order::C => (index / sites, index % sites),
        Order::Fortran => (index % samples, index / samples),
    };
    let numbers = numbers(array).map_err(|wrong| match wrong {
        Wrong::Kind => {
            let kind = kind.descr();
            format!("the numbers of {name} are of the type {kind}, but must be signed integers or floats of the usual sizes (int8 to int64, float32, float64)")
        }
        Wrong::Read(error) => broken(error),
        Wrong::Value(index, value) => {
            let (sample, site) = place(index);
            format!("in {name}, site {site} of sample {sample} (both from 0) is {value}, but must be 1 or -1")
        }
    })?;
    // The end of an entry is where its checksum is compared.
    if reader.read(&mut [0]).map_err(broken)? > 0 {
        return Err(format!("{name} has more numbers than its shape, [{samples}, {sites}]"));
    }
    Ok(match order {
        Order::C => DMatrix::from_vec(sites, samples, numbers),
        Order::Fortran => DMatrix::from_vec(samples, sites, numbers).transpose(),
    })
}

/// What can be wrong with an array's numbers.
enum Wrong {
    Kind,
    Read(io::Error),
    /// The number at this place of the file.
    Value(usize, String),
}

/// The numbers in the order of the file.
fn numbers(array: NpyFile<impl Read>) -> Result<Vec<f32>, Wrong> {
    let DType::Plain(kind) = array.dtype() else { return Err(Wrong::Kind) };
    match (kind.type_char(), kind.size_field()) {
        (TypeChar::Int, 1) => numbers_of::<i8>(array),
        (TypeChar::Int, 2) => numbers_of::<i16>(array),
        (TypeChar::Int, 4) => numbers_of::<i32>(array),
        (TypeChar::Int, 8) => numbers_of::<i64>(array),
        (TypeChar::Float, 4) => numbers_of::<f32>(array),
        (TypeChar::Float, 8) => numbers_of::<f64>(array),
        _ => Err(Wrong::Kind),
    }
}

/// The numbers, all of the type T; the memory grows with what is really there.
fn numbers_of<T: Deserialize + From<i8> + PartialEq + Debug>(
    array: NpyFile<impl Read>,
) -> Result<Vec<f32>, Wrong> {
    let (up, down) = (T::from(1), T::from(-1));
    let mut spins = Vec::new();
    for number in array.data::<T>().map_err(|_| Wrong::Kind)? {
        match number.map_err(Wrong::Read)? {
            number if number == up => spins.push(1.0),
            number if number == down => spins.push(-1.0),
            // So that 1e300 is not three hundred digits.
            number => return Err(Wrong::Value(spins.len(), format!("{number:?}"))),
        }
    }
    Ok(spins)
}
