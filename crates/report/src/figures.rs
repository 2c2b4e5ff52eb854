//! Turns a figure into an SVG: panels side by side, legends below, nothing on top of the data.

use super::content::{At, Figure, Panel};
use super::scale::{Scale, Tick, scale};
use curves::{bar, finite};
use keys::keys;
use marks::{Placed, ROW};
use pen::{Drawing, TICK_SIZE};

mod axes;
mod curves;
mod keys;
mod legend;
mod map;
mod marks;
mod pen;

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

/// The SVG of a figure, as text.
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

    let mut drawing = Drawing::new();
    for (i, (plot, legend)) in plots.iter().zip(&legends).enumerate() {
        let left = cell_width * (i % columns) as f64 + margins.left;
        let top = cell_height * (i / columns) as f64 + margins.top;
        let frame = Frame { left, top, width, height };
        if let Some(colours) = plot.colours {
            map::draw_cells(&mut drawing, plot.panel, colours, frame);
            map::draw_bar(&mut drawing, plot.panel, colours, frame);
        }
        axes::draw(&mut drawing, plot, frame, &margins);
        axes::draw_marks(&mut drawing, plot, frame);
        let clip_id = format!("clip-{}-{i}", identifier(&figure.id));
        curves::draw(&mut drawing, plot, frame, &clip_id, &keys);
        if !is_shared {
            let middle = left - margins.left + cell_width / 2.0;
            legend::draw(&mut drawing, legend, middle, top + height + X_LABELS, cell_width);
        }
    }
    if let Some(legend) = legends.first().filter(|_| is_shared) {
        legend::draw(&mut drawing, legend, total_width / 2.0, axes_height, total_width);
    }
    pen::finished(drawing, total_width, total_height)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Axis, Mark, Point, Series, Style};

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
