//! Reading an RBM from JSON or safetensors: what does not fit is said in one sentence.

use super::refused;
use anyhow::Result;
use exact::Rbm64;
use lab::input::{BadInput, bytes};
use nalgebra::{DMatrix, DVector};
use safetensors::{Dtype, SafeTensors};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::path::Path;

/// A million weights with room to spare.
const MAX_BYTES: u64 = 1 << 26;

/// An RBM and, where there are some, configurations `[visible, sample]`.
pub(super) struct Contents {
    pub(super) rbm: Rbm64,
    pub(super) data: Option<DMatrix<f64>>,
}

/// The file at `path`: safetensors by its extension, otherwise JSON.
pub(super) fn read(path: &Path) -> Result<Contents, BadInput> {
    let bytes = bytes(path, MAX_BYTES)
        .map_err(|why| BadInput(format!("--file {}: {why}", path.display())))?;
    let extension = path.extension().unwrap_or_default();
    let contents = match extension.eq_ignore_ascii_case("safetensors") {
        true => of_tensors(&bytes),
        false => of_json(&bytes),
    };
    contents.map_err(|BadInput(why)| BadInput(format!("--file {}{why}", path.display())))
}

// Below, errors lack the path, which `read` puts before them.

fn wrong(key: &str, why: impl std::fmt::Display) -> BadInput {
    BadInput(format!(", key {key}: {why}"))
}

fn of_json(bytes: &[u8]) -> Result<Contents, BadInput> {
    let file: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|error| BadInput(format!(": {error}")))?;
    let visible = size(&file, "M")?;
    let hidden = size(&file, "N")?;
    let rows: Vec<Vec<f64>> = required(&file, "W")?;
    if rows.len() != visible {
        return Err(wrong("W", format!("it has {} rows, but M is {visible}", rows.len())));
    }
    check_rows("W", &rows, "N", hidden)?;
    let bias = |key, name, expected| {
        let bias: Vec<f64> = required(&file, key)?;
        match bias.len() == expected {
            true => Ok(DVector::from_vec(bias)),
            false => {
                Err(wrong(key, format!("it has {} entries, but {name} is {expected}", bias.len())))
            }
        }
    };
    let (b, c) = (bias("b_visible", "M", visible)?, bias("c_hidden", "N", hidden)?);
    let weights = DMatrix::from_row_iterator(visible, hidden, rows.into_iter().flatten());
    let data: Option<Vec<Vec<f64>>> = optional(&file, "data")?;
    let data = data.map(|data| {
        check_rows("data", &data, "M", visible)?;
        let samples = data.len();
        Ok(DMatrix::from_iterator(visible, samples, data.into_iter().flatten()))
    });
    Ok(Contents { rbm: rbm(weights, b, c)?, data: data.transpose()? })
}

fn rbm(
    weights: DMatrix<f64>,
    visible_bias: DVector<f64>,
    hidden_bias: DVector<f64>,
) -> Result<Rbm64, BadInput> {
    Rbm64::new(weights, visible_bias, hidden_bias).map_err(refused(""))
}

fn required<T: DeserializeOwned>(file: &Map<String, Value>, key: &str) -> Result<T, BadInput> {
    optional(file, key)?.ok_or_else(|| BadInput(format!(": the key {key} is missing")))
}

fn optional<T: DeserializeOwned>(
    file: &Map<String, Value>,
    key: &str,
) -> Result<Option<T>, BadInput> {
    let value = file.get(key).map(T::deserialize);
    value.transpose().map_err(|error| wrong(key, error))
}

/// The number of units in a layer.
fn size(file: &Map<String, Value>, key: &str) -> Result<usize, BadInput> {
    match required(file, key)? {
        0 => Err(wrong(key, "it is 0, but must be at least 1")),
        size => Ok(size),
    }
}

fn check_rows(key: &str, rows: &[Vec<f64>], name: &str, expected: usize) -> Result<(), BadInput> {
    match rows.iter().position(|row| row.len() != expected) {
        None => Ok(()),
        Some(index) => {
            let (row, found) = (index + 1, rows[index].len());
            Err(wrong(key, format!("row {row} has {found} entries, but {name} is {expected}")))
        }
    }
}

fn of_tensors(bytes: &[u8]) -> Result<Contents, BadInput> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| BadInput(format!(": {error}")))?;
    let (shape, weights) =
        tensor(&file, "weights")?.ok_or(BadInput(": there is no tensor weights".to_owned()))?;
    let (visible, hidden) = match shape[..] {
        [visible, hidden] if visible > 0 && hidden > 0 => (visible, hidden),
        _ => {
            let allowed = "[visible, hidden], both at least 1";
            return Err(misshapen("weights", &shape, allowed));
        }
    };
    let bias = |name, units: usize| match tensor(&file, name)? {
        None => Ok(DVector::zeros(units)),
        Some((shape, bias)) if shape == [units] => Ok(DVector::from_vec(bias)),
        Some((shape, _)) => Err(misshapen(name, &shape, &format!("[{units}]"))),
    };
    let (b, c) = (bias("visible_bias", visible)?, bias("hidden_bias", hidden)?);
    let weights = DMatrix::from_row_iterator(visible, hidden, weights);
    Ok(Contents { rbm: rbm(weights, b, c)?, data: None })
}

fn misshapen(name: &str, shape: &[usize], allowed: &str) -> BadInput {
    BadInput(format!(", tensor {name}: its shape is {shape:?}, but must be {allowed}"))
}

/// A tensor's shape, and its entries row by row.
type Tensor = (Vec<usize>, Vec<f64>);

/// The tensor of that name, if there is one.
fn tensor(file: &SafeTensors<'_>, name: &str) -> Result<Option<Tensor>, BadInput> {
    let Ok(view) = file.tensor(name) else { return Ok(None) };
    let (singles, _) = view.data().as_chunks::<4>();
    let (doubles, _) = view.data().as_chunks::<8>();
    let values = match view.dtype() {
        Dtype::F32 => singles.iter().map(|&bytes| f32::from_le_bytes(bytes).into()).collect(),
        Dtype::F64 => doubles.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect(),
        other => {
            let why = format!(", tensor {name}: its type is {other}, but must be F32 or F64");
            return Err(BadInput(why));
        }
    };
    Ok(Some((view.shape().to_vec(), values)))
}
