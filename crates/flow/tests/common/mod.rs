//! RBMs, distributions and golden files for the tests of the flow.

// Not every test uses all of it.
#![allow(dead_code)]

use exact::Rbm64;
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rbm::Rbm;
use serde_json::Value;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// An RBM with weights and biases evenly spread up to a size.
pub(crate) fn random_rbm(visible: usize, hidden: usize, size: f32, bias: f32, seed: u64) -> Rbm {
    let mut rng = stats::stream(seed, "machine", 0);
    let mut number = |size: f32| size * (2.0 * rng.random::<f32>() - 1.0);
    Rbm {
        weights: DMatrix::from_fn(visible, hidden, |_, _| number(size)),
        visible_bias: DVector::from_fn(visible, |_, _| number(bias)),
        hidden_bias: DVector::from_fn(hidden, |_, _| number(bias)),
    }
}

/// The RBM in f32.
pub(crate) fn narrow(rbm: &Rbm64) -> Rbm {
    let narrow = |bias: &DVector<f64>| bias.map(|x| x as f32);
    Rbm {
        weights: rbm.weights.map(|w| w as f32),
        visible_bias: narrow(&rbm.visible_bias),
        hidden_bias: narrow(&rbm.hidden_bias),
    }
}

/// Evenly spread vectors in `[-1, 1]^n`, a column each.
pub(crate) fn cube(n: usize, count: usize, seed: u64) -> DMatrix<f64> {
    random_rbm(n, count, 1.0, 0.0, seed).weights.map(f64::from)
}

/// The number of the state of a column of +-1 units: bit i is unit i, set for +1.
pub(crate) fn state(v: nalgebra::DVectorView<'_, f32>) -> usize {
    assert!(v.iter().all(|v| v.abs() == 1.0));
    v.iter().enumerate().filter(|(_, v)| **v > 0.0).map(|(i, _)| 1 << i).sum()
}

/// How often each state stands in a batch.
pub(crate) fn counts(v: &DMatrix<f32>) -> Vec<f64> {
    let mut counts = vec![0.0; 1 << v.nrows()];
    v.column_iter().for_each(|column| counts[state(column)] += 1.0);
    counts
}

/// Pearson's test; neighbouring values with fewer than 10 expected are pooled.
pub(crate) fn p_value(counts: &[f64], p: &[f64]) -> f64 {
    assert_eq!(counts.len(), p.len());
    let total: f64 = counts.iter().sum();
    let mut cells = vec![(0.0, 0.0)];
    for (count, p) in counts.iter().zip(p) {
        match cells.last_mut() {
            Some(cell) if cell.1 < 10.0 => *cell = (cell.0 + count, cell.1 + p * total),
            _ => cells.push((*count, p * total)),
        }
    }
    if let [.., before, last] = cells.as_mut_slice()
        && last.1 < 10.0
    {
        *before = (before.0 + last.0, before.1 + last.1);
        cells.pop();
    }
    let sum: f64 = cells.iter().map(|(c, e)| (c - e).powi(2) / e).sum();
    ChiSquared::new((cells.len() - 1) as f64).expect("degrees of freedom").sf(sum)
}

pub(crate) fn golden(name: &str) -> Value {
    let path = format!("{}/../../data/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

pub(crate) fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("no number '{key}' in {value}"))
}

pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list '{key}' in {value}"))
}

pub(crate) fn numbers(value: &Value, key: &str) -> Vec<f64> {
    list(value, key).iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// Agreement to `relative`, with the absolute `floor`.
pub(crate) fn close(what: &str, found: f64, expected: f64, relative: f64, floor: f64) {
    let apart = (found - expected).abs();
    assert!(apart <= relative * expected.abs() + floor, "{what}: {found:e}, not {expected:e}");
}
