//! What a verb prints with `--json`.

use super::Said;
use serde_json::Value;

/// The document of a run, which must have succeeded.
pub(crate) fn document(said: Said) -> Value {
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    serde_json::from_str(&said.out).expect("one document")
}

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}
