//! The data of a panel: curves, markers and error bars, each in the colour of what it shows.

use super::keys::key;
use super::pen::{self, Drawing, Pixel, Stroke};
use super::{Frame, Plot};
use crate::content::{Point, Series, Style};

/// All series but the rows of a heat map; `clip_id` must be unique on the page.
pub(crate) fn draw(drawing: &mut Drawing, plot: &Plot, frame: Frame, clip_id: &str, keys: &[&str]) {
    let curves = plot.panel.series.iter().filter(|series| series.style != Style::Row);
    let series = || curves.clone().map(|s| (s, key(keys, &s.label)));
    pen::clipped(drawing, clip_id, frame, |drawing| {
        for (series, key) in series() {
            let points: Vec<Pixel> =
                finite(series).filter_map(|p| pixel(plot, frame, p.x, p.y)).collect();
            if series.style == Style::Dots {
                points.iter().for_each(|&at| pen::dot(drawing, at, key));
            }
            if let Some(stroke) = stroke(series.style).filter(|_| !points.is_empty()) {
                pen::polyline(drawing, &points, pen::colour(key), 2.0, stroke);
            }
        }
    });
    // Outside the clip, so that markers at the edge of the axes stay whole.
    for (series, key) in series().filter(|(s, _)| has_markers(s)) {
        for point in finite(series) {
            draw_point(drawing, plot, frame, point, key);
        }
    }
}

fn draw_point(drawing: &mut Drawing, plot: &Plot, frame: Frame, point: &Point, key: usize) {
    let Some((x, y)) = pixel(plot, frame, point.x, point.y) else { return };
    let is_within =
        |at: f64, from: f64, length: f64| (-0.01..=length + 0.01).contains(&(at - from));
    if !is_within(x, frame.left, frame.width) {
        return;
    }
    if is_within(y, frame.top, frame.height) {
        pen::marker(drawing, (x, y), key);
    }
    if bar(point) > 0.0 {
        // On a log axis a bar that reaches down to zero leaves the axes.
        let end = |value| pixel(plot, frame, point.x, value).map_or(f64::INFINITY, |at| at.1);
        let ends = [point.y - bar(point), point.y + bar(point)].map(end);
        pen::error_bar(drawing, x, ends, [frame.top, frame.top + frame.height], key);
    }
}

/// The points that can be drawn.
pub(crate) fn finite(series: &Series) -> impl Iterator<Item = &Point> {
    series.points.iter().filter(|p| p.x.is_finite() && p.y.is_finite())
}

/// The half length of an error bar, 0 for none.
pub(crate) fn bar(point: &Point) -> f64 {
    if point.error.is_finite() { point.error.max(0.0) } else { 0.0 }
}

/// The line through the points, where there is one.
pub(crate) fn stroke(style: Style) -> Option<Stroke> {
    match style {
        Style::Line | Style::LinePoints => Some(Stroke::Solid),
        Style::Dashed => Some(Stroke::Dashed),
        Style::Points | Style::Dots | Style::Row => None,
    }
}

pub(crate) fn has_markers(series: &Series) -> bool {
    matches!(series.style, Style::Points | Style::LinePoints)
}

fn pixel(plot: &Plot, frame: Frame, x: f64, y: f64) -> Option<Pixel> {
    // Far outside the axes only the direction matters, and viewers dislike huge numbers.
    let bounded = |at: f64| at.clamp(-1e3, 1e3);
    let (x, y) = (bounded(plot.x.position(x)?), bounded(plot.y.position(y)?));
    Some((frame.left + x * frame.width, frame.top + (1.0 - y) * frame.height))
}
