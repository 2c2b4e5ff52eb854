//! The RBMs of `data/golden/general_rbm.json`, as this crate holds them.

use nalgebra::{DMatrix, DVector};
use rbm::Rbm;
use serde_json::Value;

/// One RBM with some data and all that is known of it.
pub(crate) struct Case {
    pub(crate) rbm: Rbm,
    /// `[visible, sample]`.
    pub(crate) data: DMatrix<f32>,
    json: Value,
}

/// All RBMs of the file.
pub(crate) fn all() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/golden/general_rbm.json");
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let json: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
    let cases = json["cases"].as_array().unwrap_or_else(|| panic!("no cases in {path}"));
    assert_eq!(cases.len(), 5);
    cases.iter().cloned().map(Case::new).collect()
}

impl Case {
    fn new(json: Value) -> Self {
        let bias = |key| {
            let b = numbers(&json[key]);
            DVector::from_iterator(b.len(), b.iter().map(|&b| exact_f32(b)))
        };
        let rbm = Rbm {
            weights: matrix(&json["W"]).map(exact_f32),
            visible_bias: bias("b_visible"),
            hidden_bias: bias("c_hidden"),
        };
        let data = matrix(&json["data"]).map(exact_f32).transpose();
        assert_eq!(json["M"].as_u64(), Some(rbm.visible() as u64));
        assert_eq!(json["N"].as_u64(), Some(rbm.hidden() as u64));
        Self { rbm, data, json }
    }

    pub(crate) fn number(&self, key: &str) -> f64 {
        self.json[key].as_f64().unwrap_or_else(|| panic!("no number '{key}'"))
    }

    pub(crate) fn numbers(&self, key: &str) -> Vec<f64> {
        numbers(&self.json[key])
    }

    /// A list of rows.
    pub(crate) fn matrix(&self, key: &str) -> DMatrix<f64> {
        matrix(&self.json[key])
    }
}

/// The weights are dyadic: nothing may be lost.
fn exact_f32(x: f64) -> f32 {
    assert_eq!(f64::from(x as f32), x);
    x as f32
}

fn numbers(json: &Value) -> Vec<f64> {
    let list = json.as_array().unwrap_or_else(|| panic!("not a list: {json}"));
    list.iter().map(|x| x.as_f64().unwrap_or_else(|| panic!("not a number: {x}"))).collect()
}

fn matrix(json: &Value) -> DMatrix<f64> {
    let list = json.as_array().unwrap_or_else(|| panic!("not a list: {json}"));
    let rows: Vec<_> = list.iter().map(numbers).collect();
    DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}
