//! The frame of a panel: axes, ticks, labels, and the lines that mark a value.

use super::marks::ROW;
use super::pen::{self, Align, Drawing, INK, LABEL_SIZE, MARK_INK, Stroke, TICK_SIZE, Text};
use super::{Frame, Margins, Plot};
use crate::scale::Tick;

/// The frame, its ticks and labels, and the panel's title.
pub(crate) fn draw(drawing: &mut Drawing, plot: &Plot, frame: Frame, margins: &Margins) {
    let Frame { left, top, width, height } = frame;
    let (right, bottom, middle) = (left + width, top + height, left + width / 2.0);
    pen::outline(drawing, frame);
    let tick_length = |tick: &Tick| if tick.label.is_some() { 6.0 } else { 3.0 };
    let mut ticks = String::new();
    for tick in &plot.x_ticks {
        let (x, length) = (left + tick.at * width, tick_length(tick));
        ticks += &format!("M{x:.2} {bottom:.2}v-{length}M{x:.2} {top:.2}v{length}");
        if let Some(label) = &tick.label {
            let at = (x, bottom + 18.0);
            pen::text(drawing, Text { content: label, at, size: TICK_SIZE, align: Align::Middle });
        }
    }
    for tick in &plot.y_ticks {
        let (y, length) = (bottom - tick.at * height, tick_length(tick));
        ticks += &format!("M{left:.2} {y:.2}h{length}M{right:.2} {y:.2}h-{length}");
        if let Some(label) = &tick.label {
            let at = (left - 7.0, y + 4.5);
            pen::text(drawing, Text { content: label, at, size: TICK_SIZE, align: Align::Right });
        }
    }
    if !ticks.is_empty() {
        pen::strokes(drawing, ticks, INK, 1.0);
    }
    let label = |content, at| Text { content, at, size: LABEL_SIZE, align: Align::Middle };
    pen::text(drawing, label(&plot.panel.x.label, (middle, bottom + 40.0)));
    let y_label_at = (left - margins.left + 18.0, top + height / 2.0);
    pen::upright(drawing, label(&plot.y_label, y_label_at));
    pen::bold(drawing, label(&plot.panel.title, (middle, top - margins.top + 22.0)));
}

/// Dotted lines across the panel, their labels above it and beside it.
pub(crate) fn draw_marks(drawing: &mut Drawing, plot: &Plot, frame: Frame) {
    let Frame { left, top, width, height } = frame;
    for mark in &plot.x_marks {
        let x = left + mark.at;
        let ends = [(x, top + height), (x, top - mark.label_at * ROW - 3.0)];
        pen::polyline(drawing, &ends, MARK_INK, 1.2, Stroke::Dotted);
    }
    for mark in &plot.x_marks {
        let at = (left + mark.at, top - mark.label_at * ROW - 7.0);
        let width = pen::text_width(mark.label, TICK_SIZE);
        // The line of another mark may pass below a label.
        let ground = Frame { left: at.0 - width / 2.0, top: at.1 - 11.0, width, height: 14.0 };
        pen::rectangle(drawing, ground, "#ffffff");
        pen::faint(
            drawing,
            Text { content: mark.label, at, size: TICK_SIZE, align: Align::Middle },
        );
    }
    for mark in &plot.y_marks {
        let (y, right, label_y) = (top + mark.at, left + width, top + mark.label_at);
        let course = [(left, y), (right, y), (right + 8.0, label_y)];
        pen::polyline(drawing, &course, MARK_INK, 1.2, Stroke::Dotted);
        let at = (right + 11.0, label_y + 4.5);
        pen::faint(drawing, Text { content: mark.label, at, size: TICK_SIZE, align: Align::Left });
    }
}
