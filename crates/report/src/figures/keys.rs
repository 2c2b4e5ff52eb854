//! What a colour and a marker stand for: one thing has the same in every panel of a figure.

use crate::content::{Figure, SOURCE, Style};

/// The things that a figure shows, in order of appearance.
pub(crate) fn keys(figure: &Figure) -> Vec<&str> {
    let mut keys = Vec::new();
    let series = figure.panels.iter().flat_map(|p| &p.series);
    for series in series.filter(|series| series.style != Style::Row) {
        let thing = thing(&series.label);
        if !keys.contains(&thing) {
            keys.push(thing);
        }
    }
    keys
}

/// The place of the thing with this label among `keys`.
pub(crate) fn key(keys: &[&str], label: &str) -> usize {
    keys.iter().position(|k| *k == thing(label)).unwrap_or(0)
}

/// The label without its source.
fn thing(label: &str) -> &str {
    label.split(SOURCE).next().unwrap_or(label)
}
