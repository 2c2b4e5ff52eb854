//! Where the labels of reference lines go: outside the axes, none on top of another.

use super::pen::{self, TICK_SIZE};
use crate::scale::Scale;

/// The height of a label with the space around it.
pub(crate) const ROW: f64 = 18.0;

/// A mark in pixels from the left or the top of the axes.
pub(crate) struct Placed<'a> {
    pub(crate) label: &'a str,
    pub(crate) at: f64,
    /// Above the axes: the row of the label. Beside them: its height.
    pub(crate) label_at: f64,
}

/// Marks within the axis; a negative length counts pixels from the top.
pub(crate) fn on_axis<'a>(
    scale: &Scale,
    marks: impl Iterator<Item = (&'a str, f64)>,
    length: f64,
) -> Vec<Placed<'a>> {
    let pixel = |at: f64| if length < 0.0 { (at - 1.0) * length } else { at * length };
    let mut placed: Vec<Placed> = marks
        .filter_map(|(label, value)| Some((label, scale.position(value)?)))
        .filter(|(_, at)| (0.0..=1.0).contains(at))
        .map(|(label, at)| Placed { label, at: pixel(at), label_at: pixel(at) })
        .collect();
    placed.sort_by(|a, b| a.at.total_cmp(&b.at));
    placed
}

/// Puts each label centred over its line in the lowest row where it is free of the others.
pub(crate) fn stacked(mut marks: Vec<Placed>) -> Vec<Placed> {
    let mut row_ends: Vec<f64> = Vec::new();
    for mark in &mut marks {
        let half = pen::text_width(mark.label, TICK_SIZE) / 2.0 + 4.0;
        let free = row_ends.iter().position(|end| *end <= mark.at - half);
        let row = free.unwrap_or(row_ends.len());
        if free.is_none() {
            row_ends.push(0.0);
        }
        row_ends[row] = mark.at + half;
        mark.label_at = row as f64;
    }
    marks
}

/// Moves labels beside the axes apart, then back up where they would leave the bottom.
pub(crate) fn spread(mut marks: Vec<Placed>, height: f64) -> Vec<Placed> {
    let mut free_from = f64::NEG_INFINITY;
    for mark in &mut marks {
        mark.label_at = mark.label_at.max(free_from);
        free_from = mark.label_at + ROW;
    }
    let mut free_to = height;
    for mark in marks.iter_mut().rev() {
        mark.label_at = mark.label_at.min(free_to);
        free_to = mark.label_at - ROW;
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_are_close_get_rows_of_their_own() {
        let mark = |at| Placed { label: "T_c (exact)", at, label_at: at };
        let rows = stacked(vec![mark(100.0), mark(110.0), mark(300.0)]);
        assert_eq!(rows.iter().map(|m| m.label_at).collect::<Vec<_>>(), [0.0, 1.0, 0.0]);
        let beside = spread(vec![mark(290.0), mark(295.0)], 300.0);
        assert!(beside[1].label_at - beside[0].label_at >= ROW && beside[1].label_at <= 300.0);
    }
}
