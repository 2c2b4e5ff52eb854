//! The few strokes that figures are made of. Only this file and its parent know the crate kuva.

use kuva::render::color::Color;
use kuva::render::render::{PathData, Primitive, Scene, TextAnchor};

use super::Frame;

pub(crate) const INK: &str = "#222222";
pub(crate) const MARK_INK: &str = "#666666";
pub(crate) const TICK_SIZE: u32 = 13;
pub(crate) const LABEL_SIZE: u32 = 14;

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

pub(crate) type Pixel = (f64, f64);

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Stroke {
    Solid,
    Dashed,
    Dotted,
}

/// The colour of the `key`th series.
pub(crate) fn colour(key: usize) -> &'static str {
    COLOURS[key % COLOURS.len()]
}

pub(crate) fn polyline(
    scene: &mut Scene,
    points: Vec<Pixel>,
    colour: &str,
    width: f64,
    stroke: Stroke,
) {
    let dashes = match stroke {
        Stroke::Solid => None,
        Stroke::Dashed => Some("7 4"),
        Stroke::Dotted => Some("2 3"),
    };
    scene.add(Primitive::PolyLine {
        points,
        stroke: Color::from(colour),
        stroke_width: width,
        stroke_dasharray: dashes.map(str::to_owned),
    });
}

pub(crate) fn line(scene: &mut Scene, from: Pixel, to: Pixel, colour: &str, width: f64) {
    polyline(scene, vec![from, to], colour, width, Stroke::Solid);
}

/// The marker of the `key`th series, with a white rim so that neighbours stay apart.
pub(crate) fn marker(scene: &mut Scene, (x, y): Pixel, key: usize) {
    let outline = MARKERS[key % MARKERS.len()];
    let (fill, rim) = (Color::from(colour(key)), Color::from("#ffffff"));
    if outline.is_empty() {
        scene.add(Primitive::Circle {
            cx: x,
            cy: y,
            r: MARKER_SIZE,
            fill,
            fill_opacity: None,
            stroke: Some(rim),
            stroke_width: Some(0.8),
        });
        return;
    }
    let corners = outline
        .iter()
        .map(|(dx, dy)| format!("{:.2} {:.2}", x + dx * MARKER_SIZE, y + dy * MARKER_SIZE));
    let d = format!("M {} Z", corners.collect::<Vec<_>>().join(" L "));
    scene.add(Primitive::Path(Box::new(PathData {
        d,
        fill: Some(fill),
        stroke: rim,
        stroke_width: 0.8,
        opacity: None,
        stroke_dasharray: None,
    })));
}

/// A small dot in the colour of the `key`th series.
pub(crate) fn dot(scene: &mut Scene, (x, y): Pixel, key: usize) {
    scene.add(Primitive::Circle {
        cx: x,
        cy: y,
        r: DOT_SIZE,
        fill: Color::from(colour(key)),
        fill_opacity: None,
        stroke: None,
        stroke_width: None,
    });
}

/// The part of an error bar between `top` and `bottom`, with a cap on each end that lies there.
pub(crate) fn error_bar(
    scene: &mut Scene,
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
    strokes(scene, path, colour(key), 1.2);
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

pub(crate) fn text(scene: &mut Scene, text: Text) {
    write(scene, text, INK, false, None);
}

pub(crate) fn bold(scene: &mut Scene, text: Text) {
    write(scene, text, INK, true, None);
}

pub(crate) fn faint(scene: &mut Scene, text: Text) {
    write(scene, text, MARK_INK, false, None);
}

/// Reads from bottom to top.
pub(crate) fn upright(scene: &mut Scene, text: Text) {
    write(scene, text, INK, false, Some(-90.0));
}

fn write(scene: &mut Scene, text: Text, colour: &str, bold: bool, rotate: Option<f64>) {
    scene.add(Primitive::Text {
        x: text.at.0,
        y: text.at.1,
        content: text.content.to_owned(),
        size: text.size,
        anchor: match text.align {
            Align::Left => TextAnchor::Start,
            Align::Middle => TextAnchor::Middle,
            Align::Right => TextAnchor::End,
        },
        rotate,
        bold,
        color: Some(Color::from(colour)),
    });
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

/// Hides what lies below, for text on top of lines.
pub(crate) fn blank(scene: &mut Scene, left: f64, top: f64, width: f64, height: f64) {
    rectangle(scene, Frame { left, top, width, height }, "#ffffff");
}

/// A rectangle of one colour.
pub(crate) fn rectangle(scene: &mut Scene, frame: Frame, colour: &str) {
    let Frame { left: x, top: y, width, height } = frame;
    let fill = Color::from(colour);
    scene.add(Primitive::Rect {
        x,
        y,
        width,
        height,
        fill,
        stroke: None,
        stroke_width: None,
        opacity: None,
    });
}

/// Lines along the path `d`.
pub(crate) fn strokes(scene: &mut Scene, d: String, colour: &str, width: f64) {
    scene.add(Primitive::Path(Box::new(PathData {
        d,
        fill: None,
        stroke: Color::from(colour),
        stroke_width: width,
        opacity: None,
        stroke_dasharray: None,
    })));
}

/// Draws the contents in units of their own, from an origin of their own, with hard edges: neighbours leave no seam.
pub(crate) fn scaled(
    scene: &mut Scene,
    (x, y): Pixel,
    (width, height): Pixel,
    draw: impl FnOnce(&mut Scene),
) {
    let transform = format!("translate({x:.3} {y:.3}) scale({width:.5} {height:.5})");
    // Cells with soft edges would show seams.
    let extra_attrs = Some("shape-rendering=\"crispEdges\"".to_owned());
    scene.add(Primitive::GroupStart { transform: Some(transform), title: None, extra_attrs });
    draw(scene);
    scene.add(Primitive::GroupEnd);
}

/// Draws the contents inside a rectangle only. `id` must be unique on the page.
pub(crate) fn clipped(
    scene: &mut Scene,
    id: String,
    frame: [f64; 4],
    draw: impl FnOnce(&mut Scene),
) {
    let [x, y, width, height] = frame;
    scene.defs.push(format!(
        "<clipPath id=\"{id}\"><rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"/></clipPath>"
    ));
    scene.add(Primitive::ClipStart { x, y, width, height, id });
    draw(scene);
    scene.add(Primitive::ClipEnd);
}
