//! A thermometer as a safetensors file: the network layer by layer for Python, and the curves of the torus.

use anyhow::Result;
use flow::{IsingCurves, NetworkThermometer};
use lab::codec;
use lab::input::{BadInput, bytes};
use nalgebra::{DMatrix, DVector};
use nn::{Dense, Network};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value};
use std::path::Path;

/// Raised when another form of the file is written, or other curves.
const FORMAT: u64 = 1;
/// What the metadata are under: one name, because `safetensors` keeps several in an order of its own.
const METADATA: &str = "thermometer";
/// The largest file that is read.
const MAX_BYTES: u64 = 1 << 28;

/// What is in a file.
pub(crate) struct Thermometer {
    pub(crate) network: NetworkThermometer,
    /// None where the configurations are no square that physical thermometers read.
    pub(crate) curves: Option<IsingCurves>,
}

impl Thermometer {
    /// The file; `settings` say what it was made of.
    pub(crate) fn to_bytes(&self, mut settings: Map<String, Value>) -> Result<Vec<u8>> {
        settings.insert("format".to_owned(), FORMAT.into());
        settings.insert("version".to_owned(), env!("CARGO_PKG_VERSION").into());
        let mut tensors = Vec::new();
        let scale = self.network.scale();
        let of_f64 = scale.iter().flat_map(|t| t.to_le_bytes()).collect();
        tensors.push(("scale".to_owned(), Dtype::F64, vec![scale.len()], of_f64));
        for (depth, layer) in self.network.network().layers.iter().enumerate() {
            let (outputs, inputs) = layer.weights.shape();
            // By rows, as numpy has them.
            let rows = layer.weights.transpose();
            let parts = [
                ("weights", vec![outputs, inputs], rows.as_slice()),
                ("bias", vec![outputs], layer.bias.as_slice()),
            ];
            for (name, shape, numbers) in parts {
                let of_f32 = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
                tensors.push((format!("{name}.{depth}"), Dtype::F32, shape, of_f32));
            }
        }
        if let Some(curves) = &self.curves {
            let (bytes, _) = codec::encode(curves)?;
            tensors.push(("curves".to_owned(), Dtype::U8, vec![bytes.len()], bytes));
        }
        let mut views = Vec::new();
        for (name, dtype, shape, bytes) in &tensors {
            views.push((name, TensorView::new(*dtype, shape.clone(), bytes)?));
        }
        let metadata = [(METADATA.to_owned(), Value::from(settings).to_string())];
        Ok(safetensors::serialize(views, Some(metadata.into_iter().collect()))?)
    }

    /// Reads what [`Self::to_bytes`] made.
    ///
    /// # Errors
    /// What is wrong with the file, after the option that names it.
    pub(crate) fn read(option: &str, path: &Path) -> Result<Self, BadInput> {
        bytes(path, MAX_BYTES)
            .and_then(|bytes| Self::of_bytes(&bytes))
            .map_err(|why| BadInput(format!("{option} {}: {why}", path.display())))
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, String> {
        let none = |why: &dyn std::fmt::Display| format!("it is no thermometer: {why}");
        let file = SafeTensors::deserialize(bytes).map_err(|why| none(&why))?;
        let (_, head) = SafeTensors::read_metadata(bytes).map_err(|why| none(&why))?;
        let text = head.metadata().as_ref().and_then(|entries| entries.get(METADATA));
        let text = text.ok_or_else(|| none(&"`calibrate` did not write it"))?;
        let settings: Value = serde_json::from_str(text).map_err(|why| none(&why))?;
        match settings["format"].as_u64() {
            Some(FORMAT) => {}
            found => {
                let found = found.map_or("unknown".to_owned(), |format| format.to_string());
                return Err(format!(
                    "the format of the thermometer is {found}, but this version reads {FORMAT}; calibrate anew"
                ));
            }
        }
        let scale = numbers(&file, "scale", Dtype::F64, f64::from_le_bytes)?.1;
        let mut layers: Vec<Dense> = Vec::new();
        while file.tensor(&format!("weights.{}", layers.len())).is_ok() {
            let layer = layer(&file, layers.len(), layers.last())?;
            layers.push(layer);
        }
        let network = NetworkThermometer::new(scale, Network { layers })
            .map_err(|error| error.to_string())?;
        let curves = match file.tensor("curves") {
            Ok(view) => Some(curves(view.data(), network.network().inputs())?),
            Err(_) => None,
        };
        Ok(Self { network, curves })
    }
}

/// The curves, of a torus of so many sites.
fn curves(bytes: &[u8], sites: usize) -> Result<IsingCurves, String> {
    let (curves, _) = codec::decode::<IsingCurves>(bytes)
        .map_err(|why| format!("its tensor curves cannot be read: {why}"))?;
    let side = curves.side();
    if side * side != sites {
        return Err(format!(
            "its curves are those of {side} x {side} sites, its network's {sites}"
        ));
    }
    Ok(curves)
}

/// A layer that fits to the one before.
fn layer(file: &SafeTensors<'_>, depth: usize, before: Option<&Dense>) -> Result<Dense, String> {
    let (shape, weights) =
        numbers(file, &format!("weights.{depth}"), Dtype::F32, f32::from_le_bytes)?;
    let (bias_shape, bias) =
        numbers(file, &format!("bias.{depth}"), Dtype::F32, f32::from_le_bytes)?;
    let fits = match shape[..] {
        [outputs, inputs] => {
            let expected = before.map_or(inputs, |layer| layer.bias.len());
            outputs > 0 && inputs > 0 && inputs == expected && bias_shape == [outputs]
        }
        _ => false,
    };
    if !fits {
        return Err(format!(
            "weights.{depth} of the shape {shape:?} and bias.{depth} of {bias_shape:?} are no layer that fits"
        ));
    }
    if let Some(x) = weights.iter().chain(&bias).find(|x| !x.is_finite()) {
        return Err(format!("layer {depth} holds {x}, but must hold finite numbers"));
    }
    let weights = DMatrix::from_row_slice(shape[0], shape[1], &weights);
    Ok(Dense { weights, bias: DVector::from_vec(bias) })
}

/// The shape of a tensor and its numbers, row by row.
fn numbers<T, const N: usize>(
    file: &SafeTensors<'_>,
    name: &str,
    dtype: Dtype,
    number: impl Fn([u8; N]) -> T,
) -> Result<(Vec<usize>, Vec<T>), String> {
    let view = file.tensor(name).map_err(|_| format!("there is no tensor {name} in it"))?;
    if view.dtype() != dtype {
        return Err(format!(
            "its tensor {name} is of the type {}, but must be {dtype}",
            view.dtype()
        ));
    }
    let (parts, _) = view.data().as_chunks::<N>();
    Ok((view.shape().to_vec(), parts.iter().map(|&bytes| number(bytes)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thermometer() -> Thermometer {
        let layer = |outputs: usize, inputs: usize| Dense {
            weights: DMatrix::from_fn(outputs, inputs, |i, j| i as f32 - 0.5 * j as f32),
            bias: DVector::from_fn(outputs, |i, _| 0.1 * i as f32),
        };
        let network = Network { layers: vec![layer(3, 16), layer(2, 3)] };
        let curves = IsingCurves::measure(4, &[0.0, 2.0, f64::INFINITY], 100, 1).unwrap();
        let network = NetworkThermometer::new(vec![0.0, 2.5], network).unwrap();
        Thermometer { network, curves: Some(curves) }
    }

    fn settings() -> Map<String, Value> {
        Map::from_iter([("seed".to_owned(), 1.into()), ("epochs".to_owned(), 2.into())])
    }

    #[test]
    fn what_is_written_is_read() {
        let written = thermometer();
        let bytes = written.to_bytes(settings()).unwrap();
        assert_eq!(bytes, written.to_bytes(settings()).unwrap());
        let read = Thermometer::of_bytes(&bytes).unwrap();
        assert_eq!((read.network, read.curves), (written.network, written.curves));
        // By rows: the second number of the file's first layer is that of the second input.
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let (shape, weights) = numbers(&file, "weights.0", Dtype::F32, f32::from_le_bytes).unwrap();
        assert_eq!((shape, weights[1]), (vec![3, 16], -0.5));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let bytes = thermometer().to_bytes(settings()).unwrap();
        let refused = |bytes: &[u8]| Thermometer::of_bytes(bytes).err().unwrap();
        let replaced = |old: &str, new: &str| {
            let at = bytes.windows(old.len()).position(|part| part == old.as_bytes()).unwrap();
            let mut other = bytes.clone();
            other[at..at + old.len()].copy_from_slice(new.as_bytes());
            refused(&other)
        };
        assert!(refused(&bytes[..bytes.len() - 1]).contains("no thermometer"));
        assert!(replaced("thermometer", "barometer..").contains("did not write it"));
        let other = replaced(r#"\"format\":1"#, r#"\"format\":2"#);
        assert!(other.contains("is 2, but this version reads 1"), "{other}");
        assert!(replaced("weights.1", "weighty.1").contains("last layer has the size 3"));
        assert!(replaced("bias.0", "bios.0").contains("no tensor bias.0"));
        let mut damaged = bytes.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert!(refused(&damaged).contains("checksum"));
    }
}
