//! An RBM as the bytes of a safetensors file, which Python reads too.
//!
//! The tensors are `weights` `[visible, hidden]`, row by row as in NumPy, `visible_bias` `[visible]` and `hidden_bias`
//! `[hidden]`, all little-endian f32; the metadata are names with texts.
//!
//! ```
//! use rbm::{Rbm, file};
//! use std::collections::BTreeMap;
//!
//! let rbm = Rbm::uniform(8, 4, 0.3);
//! let metadata = BTreeMap::from([("seed".to_owned(), "1".to_owned())]);
//! let bytes = file::to_bytes(&rbm, &metadata);
//! assert_eq!(file::from_bytes(&bytes)?, (rbm, metadata));
//! # Ok::<(), rbm::Error>(())
//! ```

use crate::{Error, Rbm};
use nalgebra::{DMatrix, DVector};
use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Names and texts that go with an RBM.
pub type Metadata = BTreeMap<String, String>;

/// The file of an RBM. The same RBM and metadata give the same bytes.
///
/// The head is written here because the crate `safetensors` keeps metadata in a hash map, whose order changes from run to
/// run. Keys are put in alphabetical order, so that it does not matter whether JSON objects keep theirs.
pub fn to_bytes(rbm: &Rbm, metadata: &Metadata) -> Vec<u8> {
    let rows = rbm.weights.transpose();
    let (visible, hidden) = (rbm.visible_bias.len(), rbm.hidden_bias.len());
    let ends = [rows.len(), rows.len() + visible, rows.len() + visible + hidden].map(|n| 4 * n);
    let tensor = |shape: &[usize], start: usize, end: usize| json!({ "data_offsets": [start, end], "dtype": "F32", "shape": shape });
    let metadata: Map<String, Value> =
        metadata.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect();
    let mut head = json!({
        "__metadata__": metadata,
        "hidden_bias": tensor(&[hidden], ends[1], ends[2]),
        "visible_bias": tensor(&[visible], ends[0], ends[1]),
        "weights": tensor(&[rbm.visible(), rbm.hidden()], 0, ends[0]),
    })
    .to_string();
    // Numbers begin at a multiple of 8 bytes; blanks after JSON mean nothing.
    head.extend(std::iter::repeat_n(' ', head.len().next_multiple_of(8) - head.len()));

    let mut bytes = (head.len() as u64).to_le_bytes().to_vec();
    bytes.extend(head.into_bytes());
    let numbers = rows.iter().chain(&rbm.visible_bias).chain(&rbm.hidden_bias);
    numbers.for_each(|number| bytes.extend(number.to_le_bytes()));
    bytes
}

/// The RBM in a file, with its metadata; other tensors in it are passed over.
///
/// # Errors
/// [`Error::NotAFile`], [`Error::NoTensor`], [`Error::TensorType`], [`Error::TensorShape`] also for a layer without units,
/// [`Error::TensorNotFinite`].
pub fn from_bytes(bytes: &[u8]) -> Result<(Rbm, Metadata), Error> {
    let broken = |why: safetensors::SafeTensorError| Error::NotAFile { why: why.to_string() };
    let file = SafeTensors::deserialize(bytes).map_err(broken)?;
    let (_, head) = SafeTensors::read_metadata(bytes).map_err(broken)?;

    let (shape, weights) = tensor(&file, "weights")?;
    let (visible, hidden) = match shape[..] {
        [visible, hidden] if visible > 0 && hidden > 0 => (visible, hidden),
        _ => {
            let allowed = "[visible, hidden], both at least 1".to_owned();
            return Err(Error::TensorShape { name: "weights", found: shape, allowed });
        }
    };
    let bias = |name, units: usize| match tensor(&file, name)? {
        (shape, bias) if shape == [units] => Ok(DVector::from_vec(bias)),
        (found, _) => Err(Error::TensorShape { name, found, allowed: format!("[{units}]") }),
    };
    let rbm = Rbm {
        weights: DMatrix::from_row_slice(visible, hidden, &weights),
        visible_bias: bias("visible_bias", visible)?,
        hidden_bias: bias("hidden_bias", hidden)?,
    };
    let metadata = head.metadata().iter().flatten();
    Ok((rbm, metadata.map(|(name, text)| (name.clone(), text.clone())).collect()))
}

/// The shape of a tensor and its finite numbers, row by row.
fn tensor(file: &SafeTensors<'_>, name: &'static str) -> Result<(Vec<usize>, Vec<f32>), Error> {
    let view = file.tensor(name).map_err(|_| Error::NoTensor { name })?;
    if view.dtype() != Dtype::F32 {
        return Err(Error::TensorType { name, found: view.dtype().to_string() });
    }
    let (numbers, _) = view.data().as_chunks::<4>();
    let numbers: Vec<f32> = numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    match numbers.iter().position(|x| !x.is_finite()) {
        Some(index) => Err(Error::TensorNotFinite { name, index, value: numbers[index] }),
        None => Ok((view.shape().to_vec(), numbers)),
    }
}
