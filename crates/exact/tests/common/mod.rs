//! Golden values read and compared.

// Every test file takes what it needs.
#![allow(dead_code)]

use serde_json::Value;

/// Closed forms and sums: a few hundred roundings of 1e-16 each.
pub(crate) const CLOSED: f64 = 1e-12;
/// Absolute, for differences of terms of order 10 that may cancel (KL, f - g, correlations that vanish).
const CANCELS: f64 = 1e-13;

pub(crate) fn golden(name: &str) -> Value {
    let path = format!("{}/../../data/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

pub(crate) fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("no number '{key}' in {value}"))
}

pub(crate) fn count(value: &Value, key: &str) -> usize {
    value[key].as_u64().unwrap_or_else(|| panic!("no count '{key}' in {value}")) as usize
}

pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list '{key}' in {value}"))
}

pub(crate) fn numbers(value: &Value, key: &str) -> Vec<f64> {
    list(value, key).iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// Compares and counts; each test ends with the count that the file's array lengths imply.
#[derive(Default)]
pub(crate) struct Tally(pub(crate) usize);

impl Tally {
    /// Agreement to `relative`, plus the absolute `floor`.
    pub(crate) fn compare(
        &mut self,
        case: &str,
        found: f64,
        expected: f64,
        relative: f64,
        floor: f64,
    ) {
        self.0 += 1;
        let allowed = relative * expected.abs() + floor;
        let error = (found - expected).abs();
        assert!(error <= allowed, "{case}: {found:e}, not {expected:e}; {error:e} > {allowed:e}");
    }

    pub(crate) fn relative(&mut self, case: &str, found: f64, expected: f64, relative: f64) {
        self.compare(case, found, expected, relative, 0.0);
    }

    pub(crate) fn cancelling(&mut self, case: &str, found: f64, expected: f64) {
        self.compare(case, found, expected, CLOSED, CANCELS);
    }

    pub(crate) fn all(&mut self, case: &str, found: &[f64], expected: &[f64], relative: f64) {
        assert_eq!(found.len(), expected.len(), "{case}: length");
        for (i, (a, b)) in found.iter().zip(expected).enumerate() {
            self.relative(&format!("{case}[{i}]"), *a, *b, relative);
        }
    }
}

pub(crate) fn label(case: &Value, keys: &[&str]) -> String {
    keys.iter().map(|k| format!("{k} = {} ", case[k])).collect()
}
