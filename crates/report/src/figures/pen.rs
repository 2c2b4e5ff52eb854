//! The few strokes that figures are made of: lines, markers, text, as elements of SVG.

use super::Frame;
use svg::node::Node;
use svg::node::element::{Circle, ClipPath, Element, Group, Rectangle, SVG};

pub(crate) const INK: &str = "#222222";
pub(crate) const MARK_INK: &str = "#666666";
pub(crate) const TICK_SIZE: u32 = 13;
pub(crate) const LABEL_SIZE: u32 = 14;

const FONT: &str = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif";

/// Okabe and Ito's palette without its yellow, which is too faint for a line on white.
const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/// Outlines in units of the marker size; an empty one is a circle.
const MARKERS: [&[(f64, f64)]; 6] = [
    &[],
    &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    &[(0.0, -1.3), (1.2, 0.8), (-1.2, 0.8)],
    &[(0.0, -1.35), (1.35, 0.0), (0.0, 1.35), (-1.35, 0.0)],
    &[(0.0, 1.3), (1.2, -0.8), (-1.2, -0.8)],
    &[(0.0, -1.25), (1.19, -0.39), (0.73, 1.01), (-0.73, 1.01), (-1.19, -0.39)],
];
const MARKER_SIZE: f64 = 4.2;
const DOT_SIZE: f64 = 1.9;
/// Around a marker, so that neighbours stay apart.
const RIM: &str = "#ffffff";
const RIM_WIDTH: f64 = 0.8;

pub(crate) type Pixel = (f64, f64);

/// What is drawn so far; later strokes lie on top.
pub(crate) type Drawing = Group;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Stroke {
    Solid,
    Dashed,
    Dotted,
}

/// The SVG text on white ground, with a view box so that a page can scale it.
pub(crate) fn finished(drawing: Drawing, width: f64, height: f64) -> String {
    let ground = Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "white");
    let svg = SVG::new()
        .set("viewBox", format!("0 0 {width:.2} {height:.2}"))
        .set("role", "img")
        .set("width", short(width))
        .set("height", short(height))
        .set("font-family", FONT);
    subscripted(&svg.add(ground).add(drawing).to_string())
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

/// Hundredths of a pixel are enough.
fn short(pixels: f64) -> f64 {
    (pixels * 100.0).round() / 100.0
}

/// The colour of the `key`th series.
pub(crate) fn colour(key: usize) -> &'static str {
    COLOURS[key % COLOURS.len()]
}

/// A path `d` that is not filled.
fn path(d: String, colour: &str, width: f64) -> Element {
    let mut path = Element::new("path");
    path.assign("d", d);
    path.assign("fill", "none");
    path.assign("stroke", colour);
    path.assign("stroke-width", short(width));
    path
}

/// `M` to the first point, lines to the others.
fn course(points: &[Pixel]) -> String {
    let ends = points.iter().map(|&(x, y)| format!("{} {}", short(x), short(y)));
    format!("M{}", ends.collect::<Vec<_>>().join("L"))
}

pub(crate) fn polyline(
    drawing: &mut Drawing,
    points: &[Pixel],
    colour: &str,
    width: f64,
    stroke: Stroke,
) {
    let mut line = path(course(points), colour, width);
    match stroke {
        Stroke::Solid => (),
        Stroke::Dashed => line.assign("stroke-dasharray", "7 4"),
        Stroke::Dotted => line.assign("stroke-dasharray", "2 3"),
    }
    drawing.append(line);
}

pub(crate) fn line(drawing: &mut Drawing, from: Pixel, to: Pixel, colour: &str, width: f64) {
    polyline(drawing, &[from, to], colour, width, Stroke::Solid);
}

/// Lines along the path `d`.
pub(crate) fn strokes(drawing: &mut Drawing, d: String, colour: &str, width: f64) {
    drawing.append(path(d, colour, width));
}

/// The outline of a rectangle.
pub(crate) fn outline(drawing: &mut Drawing, frame: Frame) {
    let Frame { left, top, .. } = frame;
    let (right, bottom) = (left + frame.width, top + frame.height);
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    polyline(drawing, &corners, INK, 1.0, Stroke::Solid);
}

/// The marker of the `key`th series.
pub(crate) fn marker(drawing: &mut Drawing, (x, y): Pixel, key: usize) {
    let outline = MARKERS[key % MARKERS.len()];
    if outline.is_empty() {
        let circle = circle((x, y), MARKER_SIZE, key);
        drawing.append(circle.set("stroke", RIM).set("stroke-width", RIM_WIDTH));
        return;
    }
    let corners = outline.iter().map(|(dx, dy)| (x + dx * MARKER_SIZE, y + dy * MARKER_SIZE));
    let mut marker = path(course(&corners.collect::<Vec<_>>()) + "Z", RIM, RIM_WIDTH);
    marker.assign("fill", colour(key));
    drawing.append(marker);
}

/// A small dot in the colour of the `key`th series.
pub(crate) fn dot(drawing: &mut Drawing, at: Pixel, key: usize) {
    drawing.append(circle(at, DOT_SIZE, key));
}

fn circle((x, y): Pixel, radius: f64, key: usize) -> Circle {
    Circle::new().set("cx", short(x)).set("cy", short(y)).set("r", radius).set("fill", colour(key))
}

/// The part of an error bar between `top` and `bottom`, with a cap on each end that lies there.
pub(crate) fn error_bar(
    drawing: &mut Drawing,
    x: f64,
    ends: [f64; 2],
    [top, bottom]: [f64; 2],
    key: usize,
) {
    let [from, to] = ends.map(|end| end.clamp(top, bottom));
    let mut path = format!("M{x:.2} {from:.2}V{to:.2}");
    for end in ends.into_iter().filter(|end| (top..=bottom).contains(end)) {
        path += &format!("M{:.2} {end:.2}h7", x - 3.5);
    }
    strokes(drawing, path, colour(key), 1.2);
}

#[derive(Clone, Copy)]
pub(crate) enum Align {
    Left,
    Middle,
    Right,
}

pub(crate) struct Text<'a> {
    pub(crate) content: &'a str,
    pub(crate) at: Pixel,
    pub(crate) size: u32,
    pub(crate) align: Align,
}

pub(crate) fn text(drawing: &mut Drawing, text: Text) {
    drawing.append(written(text, INK));
}

pub(crate) fn faint(drawing: &mut Drawing, text: Text) {
    drawing.append(written(text, MARK_INK));
}

pub(crate) fn bold(drawing: &mut Drawing, text: Text) {
    let mut written = written(text, INK);
    written.assign("font-weight", "bold");
    drawing.append(written);
}

/// Reads from bottom to top.
pub(crate) fn upright(drawing: &mut Drawing, text: Text) {
    let (x, y) = text.at;
    let mut written = written(text, INK);
    written.assign("transform", format!("rotate(-90,{},{})", short(x), short(y)));
    drawing.append(written);
}

fn written(text: Text, colour: &str) -> Element {
    let anchor = match text.align {
        Align::Left => "start",
        Align::Middle => "middle",
        Align::Right => "end",
    };
    // The crate's own element of this name puts white space around what it holds.
    let mut element = Element::new("text");
    element.assign("x", short(text.at.0));
    element.assign("y", short(text.at.1));
    element.assign("font-size", text.size);
    element.assign("text-anchor", anchor);
    element.assign("fill", colour);
    element.append(svg::node::Text::new(text.content));
    element
}

/// An upper estimate: the reader's font is unknown.
pub(crate) fn text_width(text: &str, size: u32) -> f64 {
    let ems = |c: char| match c {
        _ if " .,:;'|()[]iljtfrI·⁻¹".contains(c) => 0.38,
        'm' | 'w' | 'M' | 'W' => 0.95,
        _ => 0.6,
    };
    let ems: f64 = text.chars().map(ems).sum();
    ems * f64::from(size)
}

/// A rectangle of one colour.
pub(crate) fn rectangle(drawing: &mut Drawing, frame: Frame, colour: &str) {
    drawing.append(area(frame).set("fill", colour));
}

fn area(frame: Frame) -> Rectangle {
    Rectangle::new()
        .set("x", short(frame.left))
        .set("y", short(frame.top))
        .set("width", short(frame.width))
        .set("height", short(frame.height))
}

/// Draws the contents in units of their own, from an origin of their own, with hard edges: neighbours leave no seam.
pub(crate) fn scaled(
    drawing: &mut Drawing,
    (x, y): Pixel,
    (width, height): Pixel,
    draw: impl FnOnce(&mut Drawing),
) {
    let transform = format!("translate({x:.3} {y:.3}) scale({width:.5} {height:.5})");
    let mut group = Group::new().set("transform", transform).set("shape-rendering", "crispEdges");
    draw(&mut group);
    drawing.append(group);
}

/// Draws the contents inside a rectangle only. `id` must be unique on the page.
pub(crate) fn clipped(
    drawing: &mut Drawing,
    id: &str,
    frame: Frame,
    draw: impl FnOnce(&mut Drawing),
) {
    let mut group = Group::new().set("clip-path", format!("url(#{id})"));
    draw(&mut group);
    drawing.append(ClipPath::new().set("id", id).add(area(frame)));
    drawing.append(group);
}
