//! Legends: rows of samples and names, centred below what they explain.

use super::curves::{has_markers, stroke};
use super::keys::key;
use super::pen::{self, Align, Drawing, Stroke, TICK_SIZE, Text};
use crate::content::{Panel, Series, Style};

const ROW: f64 = 21.0;
const SAMPLE: f64 = 30.0;
const GAP: f64 = 18.0;
/// How much of the width a row may fill: that of text is an estimate.
const FILL: f64 = 0.94;

#[derive(PartialEq)]
pub(crate) struct Entry<'a> {
    label: &'a str,
    line: Option<Stroke>,
    marker: bool,
    dot: bool,
    key: usize,
}

/// The named series of a panel. Of one name there is one entry: points and the line through them are explained together.
/// `keys` holds the labels in the order of their colours.
pub(crate) fn entries<'a>(panel: &'a Panel, keys: &[&str]) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry> = Vec::new();
    let named = |s: &&Series| !s.label.is_empty() && s.style != Style::Row;
    for series in panel.series.iter().filter(named) {
        let (line, marker) = (stroke(series.style), has_markers(series));
        let dot = series.style == Style::Dots;
        match entries.iter_mut().find(|entry| entry.label == series.label) {
            Some(entry) => {
                entry.line = entry.line.or(line);
                entry.marker |= marker;
                entry.dot |= dot;
            }
            None => {
                let key = key(keys, &series.label);
                entries.push(Entry { label: &series.label, line, marker, dot, key });
            }
        }
    }
    entries
}

pub(crate) fn height(entries: &[Entry], width: f64) -> f64 {
    match rows(entries, width).len() {
        0 => 0.0,
        n => n as f64 * ROW + 10.0,
    }
}

pub(crate) fn draw(drawing: &mut Drawing, entries: &[Entry], middle: f64, top: f64, width: f64) {
    for (i, row) in rows(entries, width).iter().enumerate() {
        let row_width: f64 = row.iter().map(|e| entry_width(e)).sum::<f64>() - GAP;
        let mut x = middle - row_width / 2.0;
        let y = top + (i as f64 + 0.5) * ROW;
        for entry in row {
            sample(drawing, entry, x, y);
            let at = (x + SAMPLE + 7.0, y + 4.5);
            pen::text(
                drawing,
                Text { content: entry.label, at, size: TICK_SIZE, align: Align::Left },
            );
            x += entry_width(entry);
        }
    }
}

fn rows<'a, 'b>(entries: &'b [Entry<'a>], width: f64) -> Vec<Vec<&'b Entry<'a>>> {
    let mut rows: Vec<Vec<&Entry>> = Vec::new();
    let mut filled = 0.0;
    for entry in entries {
        let needed = entry_width(entry);
        match rows.last_mut().filter(|_| filled + needed - GAP <= FILL * width) {
            Some(row) => row.push(entry),
            None => {
                rows.push(vec![entry]);
                filled = 0.0;
            }
        }
        filled += needed;
    }
    rows
}

fn entry_width(entry: &Entry) -> f64 {
    SAMPLE + 7.0 + pen::text_width(entry.label, TICK_SIZE) + GAP
}

fn sample(drawing: &mut Drawing, entry: &Entry, x: f64, y: f64) {
    let colour = pen::colour(entry.key);
    let ends = [(x, y), (x + SAMPLE, y)];
    if let Some(stroke) = entry.line {
        pen::polyline(drawing, &ends, colour, 2.0, stroke);
    }
    if entry.dot {
        pen::dot(drawing, (x + SAMPLE / 2.0, y), entry.key);
    }
    if entry.marker {
        pen::marker(drawing, (x + SAMPLE / 2.0, y), entry.key);
    }
}
