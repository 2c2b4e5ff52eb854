//! Turns a figure into an SVG: panels side by side, legends below, nothing on top of the data.

use kuva::backend::svg::SvgBackend;
use kuva::render::render::Scene;

use super::content::{At, Figure, Panel, Point, SOURCE, Series, Style};
use super::scale::{Scale, Tick, scale};
use marks::{Placed, ROW};
use pen::{Align, LABEL_SIZE, MARK_INK, Pixel, Stroke, TICK_SIZE, Text};

mod legend;
mod map;
mod marks;
mod pen;

const FONT: &str = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif";
/// Tick labels and the axis label below the axes.
const X_LABELS: f64 = 50.0;

/// A panel with its axes settled; positions of marks and their labels in pixels within the axes.
struct Plot<'a> {
    panel: &'a Panel,
    x: Scale,
    y: Scale,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    x_marks: Vec<Placed<'a>>,
    y_marks: Vec<Placed<'a>>,
    y_label: String,
    /// Of a heat map: what its colours mean.
    colours: Option<map::Colours>,
}

/// What surrounds the axes of every panel of a figure.
struct Margins {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// The axes of one panel.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

pub fn svg(figure: &Figure) -> String {
    // Four panels in one row would be too small to read in a column of text; more than eight make a page of their own.
    let (columns, width, height) = match figure.panels.len() {
        // Matrices are square.
        n if figure.panels.iter().any(map::is_map) => (n.clamp(1, 3), 250.0, 250.0),
        0 | 1 => (1, 470.0, 300.0),
        2 => (2, 370.0, 280.0),
        3 => (3, 250.0, 240.0),
        4..=8 => (2, 370.0, 240.0),
        _ => (3, 250.0, 190.0),
    };
    let keys = keys(figure);
    let plots: Vec<Plot> =
        figure.panels.iter().map(|p| plot(p, &figure.panels, width, height)).collect();
    let legends: Vec<_> = figure.panels.iter().map(|p| legend::entries(p, &keys)).collect();
    let is_shared = legends.windows(2).all(|pair| pair[0] == pair[1]);

    let mut margins = margins(&plots, width);
    let cell_width = margins.left + width + margins.right;
    let legend_width = if is_shared { cell_width * columns as f64 } else { cell_width };
    let legend_height = legends.iter().map(|l| legend::height(l, legend_width)).fold(0.0, f64::max);
    if !is_shared {
        margins.bottom += legend_height;
    }
    let cell_height = margins.top + height + margins.bottom;
    let axes_height = cell_height * plots.len().div_ceil(columns) as f64;
    let total_width = cell_width * columns as f64;
    let total_height = axes_height + if is_shared { legend_height } else { 0.0 };

    let mut scene = Scene::new(total_width, total_height);
    scene.font_family = Some(FONT.to_owned());
    for (i, (plot, legend)) in plots.iter().zip(&legends).enumerate() {
        let left = cell_width * (i % columns) as f64 + margins.left;
        let top = cell_height * (i / columns) as f64 + margins.top;
        let frame = Frame { left, top, width, height };
        if let Some(colours) = plot.colours {
            map::draw_cells(&mut scene, plot.panel, colours, frame);
            map::draw_bar(&mut scene, plot.panel, colours, frame);
        }
        draw_axes(&mut scene, plot, frame, &margins);
        draw_marks(&mut scene, plot, frame);
        draw_data(&mut scene, plot, frame, format!("clip-{}-{i}", identifier(&figure.id)), &keys);
        if !is_shared {
            let middle = left - margins.left + cell_width / 2.0;
            legend::draw(&mut scene, legend, middle, top + height + X_LABELS, cell_width);
        }
    }
    if let Some(legend) = legends.first().filter(|_| is_shared) {
        legend::draw(&mut scene, legend, total_width / 2.0, axes_height, total_width);
    }
    finished(&scene)
}

/// The SVG text, with a view box so that a page can scale it.
fn finished(scene: &Scene) -> String {
    let (width, height) = (scene.width, scene.height);
    let opening = format!("<svg viewBox=\"0 0 {width:.2} {height:.2}\" role=\"img\" ");
    subscripted(&SvgBackend.render_scene(scene).replacen("<svg ", &opening, 1))
}

/// Sets `T_c` with a subscript. Underscores occur in labels only, never in the markup.
fn subscripted(svg: &str) -> String {
    let mut pieces = svg.split('_');
    let mut set = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_alphanumeric()).unwrap_or(piece.len());
        let (index, rest) = piece.split_at(end);
        // A shift lasts, so an empty character takes it back.
        set += &match index {
            "" => format!("_{rest}"),
            _ => format!(
                "<tspan dy=\"3.5\" font-size=\"75%\">{index}</tspan><tspan dy=\"-3.5\">\u{200b}</tspan>{rest}"
            ),
        };
    }
    set
}

/// What a colour stands for, in order of appearance: it is the same in every panel.
fn keys(figure: &Figure) -> Vec<&str> {
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

fn key(keys: &[&str], label: &str) -> usize {
    keys.iter().position(|k| *k == thing(label)).unwrap_or(0)
}

/// The label without its source.
fn thing(label: &str) -> &str {
    label.split(SOURCE).next().unwrap_or(label)
}

fn identifier(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

fn plot<'a>(panel: &'a Panel, panels: &[Panel], width: f64, height: f64) -> Plot<'a> {
    if map::is_map(panel) {
        return map::plot(panel, panels, width, height);
    }
    let points = || panel.series.iter().flat_map(finite);
    let marks_x = panel.marks.iter().filter_map(|m| match m.at {
        At::X(x) => Some((m.label.as_str(), x)),
        At::Y(_) => None,
    });
    let marks_y = panel.marks.iter().filter_map(|m| match m.at {
        At::X(_) => None,
        At::Y(y) => Some((m.label.as_str(), y)),
    });
    let bars = points().flat_map(|p| [p.y, p.y - bar(p), p.y + bar(p)]);
    let x = scale(&panel.x, points().map(|p| p.x).chain(marks_x.clone().map(|(_, x)| x)));
    let y = scale(&panel.y, bars.chain(marks_y.clone().map(|(_, y)| y)));
    Plot {
        panel,
        x_ticks: x.ticks((width / 75.0) as usize),
        y_ticks: y.ticks((height / 50.0) as usize),
        x_marks: marks::stacked(marks::on_axis(&x, marks_x, width)),
        y_marks: marks::spread(marks::on_axis(&y, marks_y, -height), height),
        x,
        y,
        y_label: panel.y.label.clone(),
        colours: None,
    }
}

fn finite(series: &Series) -> impl Iterator<Item = &Point> {
    series.points.iter().filter(|p| p.x.is_finite() && p.y.is_finite())
}

/// The half length of an error bar, 0 for none.
fn bar(point: &Point) -> f64 {
    if point.error.is_finite() { point.error.max(0.0) } else { 0.0 }
}

fn margins(plots: &[Plot], width: f64) -> Margins {
    let most = |room: fn(&Plot) -> f64| plots.iter().map(room).fold(0.0, f64::max);
    let tick_labels = most(|p| {
        let widths = p.y_ticks.iter().filter_map(|t| t.label.as_deref());
        widths.map(|label| pen::text_width(label, TICK_SIZE)).fold(0.0, f64::max)
    });
    let axis_label = most(|p| if p.y_label.is_empty() { 0.0 } else { 24.0 });
    let title = most(|p| if p.panel.title.is_empty() { 0.0 } else { 24.0 });
    let mark_rows = most(|p| p.x_marks.iter().map(|m| m.label_at + 1.0).fold(0.0, f64::max));
    let mark_labels = most(|p| {
        let widths = p.y_marks.iter().map(|m| pen::text_width(m.label, TICK_SIZE));
        widths.map(|width| width + 18.0).fold(0.0, f64::max)
    });
    let bars = most(|p| p.colours.map_or(0.0, |colours| colours.room(p.panel)));
    let overhang = plots
        .iter()
        .flat_map(|p| &p.x_marks)
        .map(|m| m.at + pen::text_width(m.label, TICK_SIZE) / 2.0 - width)
        .fold(0.0, f64::max);
    Margins {
        left: tick_labels + axis_label + 16.0,
        right: mark_labels.max(bars).max(overhang).max(22.0),
        top: 14.0 + title + mark_rows * ROW,
        bottom: X_LABELS,
    }
}

fn draw_axes(scene: &mut Scene, plot: &Plot, frame: Frame, margins: &Margins) {
    let Frame { left, top, width, height } = frame;
    let (right, bottom, middle) = (left + width, top + height, left + width / 2.0);
    let corners = vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    pen::polyline(scene, corners, pen::INK, 1.0, Stroke::Solid);
    let tick_length = |tick: &Tick| if tick.label.is_some() { 6.0 } else { 3.0 };
    let mut ticks = String::new();
    for tick in &plot.x_ticks {
        let (x, length) = (left + tick.at * width, tick_length(tick));
        ticks += &format!("M{x:.2} {bottom:.2}v-{length}M{x:.2} {top:.2}v{length}");
        if let Some(label) = &tick.label {
            let at = (x, bottom + 18.0);
            pen::text(scene, Text { content: label, at, size: TICK_SIZE, align: Align::Middle });
        }
    }
    for tick in &plot.y_ticks {
        let (y, length) = (bottom - tick.at * height, tick_length(tick));
        ticks += &format!("M{left:.2} {y:.2}h{length}M{right:.2} {y:.2}h-{length}");
        if let Some(label) = &tick.label {
            let at = (left - 7.0, y + 4.5);
            pen::text(scene, Text { content: label, at, size: TICK_SIZE, align: Align::Right });
        }
    }
    if !ticks.is_empty() {
        pen::strokes(scene, ticks, pen::INK, 1.0);
    }
    let label = |content, at| Text { content, at, size: LABEL_SIZE, align: Align::Middle };
    pen::text(scene, label(&plot.panel.x.label, (middle, bottom + 40.0)));
    let y_label_at = (left - margins.left + 18.0, top + height / 2.0);
    pen::upright(scene, label(&plot.y_label, y_label_at));
    pen::bold(scene, label(&plot.panel.title, (middle, top - margins.top + 22.0)));
}

fn draw_marks(scene: &mut Scene, plot: &Plot, frame: Frame) {
    let Frame { left, top, width, height } = frame;
    for mark in &plot.x_marks {
        let x = left + mark.at;
        let ends = vec![(x, top + height), (x, top - mark.label_at * ROW - 3.0)];
        pen::polyline(scene, ends, MARK_INK, 1.2, Stroke::Dotted);
    }
    for mark in &plot.x_marks {
        let at = (left + mark.at, top - mark.label_at * ROW - 7.0);
        let label_width = pen::text_width(mark.label, TICK_SIZE);
        pen::blank(scene, at.0 - label_width / 2.0, at.1 - 11.0, label_width, 14.0);
        pen::faint(scene, Text { content: mark.label, at, size: TICK_SIZE, align: Align::Middle });
    }
    for mark in &plot.y_marks {
        let (y, right, label_y) = (top + mark.at, left + width, top + mark.label_at);
        let path = vec![(left, y), (right, y), (right + 8.0, label_y)];
        pen::polyline(scene, path, MARK_INK, 1.2, Stroke::Dotted);
        let at = (right + 11.0, label_y + 4.5);
        pen::faint(scene, Text { content: mark.label, at, size: TICK_SIZE, align: Align::Left });
    }
}

fn draw_data(scene: &mut Scene, plot: &Plot, frame: Frame, clip_id: String, keys: &[&str]) {
    let Frame { left, top, width, height } = frame;
    let curves = plot.panel.series.iter().filter(|series| series.style != Style::Row);
    let series = || curves.clone().map(|s| (s, key(keys, &s.label)));
    pen::clipped(scene, clip_id, [left, top, width, height], |scene| {
        for (series, key) in series() {
            let points: Vec<Pixel> =
                finite(series).filter_map(|p| pixel(plot, frame, p.x, p.y)).collect();
            if series.style == Style::Dots {
                points.iter().for_each(|&at| pen::dot(scene, at, key));
            }
            if let Some(stroke) = stroke(series.style).filter(|_| !points.is_empty()) {
                pen::polyline(scene, points, pen::colour(key), 2.0, stroke);
            }
        }
    });
    // Outside the clip, so that markers at the edge of the axes stay whole.
    for (series, key) in series().filter(|(s, _)| has_markers(s)) {
        for point in finite(series) {
            draw_point(scene, plot, frame, point, key);
        }
    }
}

fn draw_point(scene: &mut Scene, plot: &Plot, frame: Frame, point: &Point, key: usize) {
    let Some((x, y)) = pixel(plot, frame, point.x, point.y) else { return };
    let is_within =
        |at: f64, from: f64, length: f64| (-0.01..=length + 0.01).contains(&(at - from));
    if !is_within(x, frame.left, frame.width) {
        return;
    }
    if is_within(y, frame.top, frame.height) {
        pen::marker(scene, (x, y), key);
    }
    if bar(point) > 0.0 {
        // On a log axis a bar that reaches down to zero leaves the axes.
        let end = |value| pixel(plot, frame, point.x, value).map_or(f64::INFINITY, |at| at.1);
        let ends = [point.y - bar(point), point.y + bar(point)].map(end);
        pen::error_bar(scene, x, ends, [frame.top, frame.top + frame.height], key);
    }
}

fn stroke(style: Style) -> Option<Stroke> {
    match style {
        Style::Line | Style::LinePoints => Some(Stroke::Solid),
        Style::Dashed => Some(Stroke::Dashed),
        Style::Points | Style::Dots | Style::Row => None,
    }
}

fn has_markers(series: &Series) -> bool {
    matches!(series.style, Style::Points | Style::LinePoints)
}

fn pixel(plot: &Plot, frame: Frame, x: f64, y: f64) -> Option<Pixel> {
    // Far outside the axes only the direction matters, and viewers dislike huge numbers.
    let bounded = |at: f64| at.clamp(-1e3, 1e3);
    let (x, y) = (bounded(plot.x.position(x)?), bounded(plot.y.position(y)?));
    Some((frame.left + x * frame.width, frame.top + (1.0 - y) * frame.height))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Axis, Mark};

    fn axis(log: bool) -> Axis {
        Axis { label: "a < b & c".to_owned(), log, range: None }
    }

    fn figure(series: Vec<Series>, log: bool) -> Figure {
        let marks = vec![Mark { label: "T_c".to_owned(), at: At::X(1.0) }];
        let panel = Panel { title: String::new(), x: axis(log), y: axis(log), series, marks };
        Figure { id: "flow/a\"b".to_owned(), caption: String::new(), panels: vec![panel] }
    }

    fn series(style: Style, points: &[(f64, f64, f64)]) -> Series {
        let points = points.iter().map(|&(x, y, error)| Point { x, y, error }).collect();
        Series { label: "<i>".to_owned(), style, points }
    }

    #[test]
    fn odd_data_is_drawn_without_panic_or_nan() {
        let cases: [&[(f64, f64, f64)]; 5] = [
            &[],
            &[(1.0, 1.0, 0.0)],
            &[(1.0, 2.0, 5.0), (2.0, 2.0, f64::NAN)],
            &[(f64::NAN, 1.0, 0.0), (1.0, f64::INFINITY, 1.0), (0.0, -1.0, 0.1)],
            &[(1e-300, 1e300, 1e300), (1e300, 1e-300, 0.0)],
        ];
        for points in cases {
            for style in [Style::Line, Style::Dashed, Style::Points, Style::Dots, Style::LinePoints]
            {
                for log in [false, true] {
                    let svg = svg(&figure(vec![series(style, points)], log));
                    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
                }
            }
        }
        let empty = Figure { id: String::new(), caption: String::new(), panels: Vec::new() };
        assert!(svg(&empty).starts_with("<svg"));
    }

    #[test]
    fn text_is_escaped_and_ids_belong_to_the_figure() {
        let svg = svg(&figure(vec![series(Style::Points, &[(1.0, 1.0, 0.1)])], false));
        assert!(svg.contains("a &lt; b &amp; c") && svg.contains("&lt;i&gt;"));
        assert!(svg.contains("T<tspan dy=\"3.5\" font-size=\"75%\">c</tspan>"));
        assert!(svg.contains("id=\"clip-flow-a-b-0\"") && svg.contains("url(#clip-flow-a-b-0)"));
    }
}
