//! Reading golden files, and RBMs of golden weights.

use nalgebra::{DMatrix, DVector};
use rbm::Rbm;
use serde_json::Value;

pub(crate) fn golden(name: &str) -> Value {
    let path = format!("{}/../../data/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

pub(crate) fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("no number '{key}' in {value}"))
}

/// An RBM of these weights, rounded to f32.
pub(crate) fn without_biases(weights: &DMatrix<f64>) -> Rbm {
    let biases = |count| DVector::zeros(count);
    let (visible_bias, hidden_bias) = (biases(weights.nrows()), biases(weights.ncols()));
    Rbm { weights: weights.map(|w| w as f32), visible_bias, hidden_bias }
}
