//! Heat maps: a matrix as rows of coloured cells, and the bar that says what the colours mean.

use super::curves::finite;
use super::pen::{self, Align, Drawing, INK, LABEL_SIZE, TICK_SIZE, Text};
use super::{Frame, Plot};
use crate::content::{Axis, Panel, Series, Style};
use crate::scale::{Scale, Tick, scale};

/// Colours for −1, −1/2, 0, 1/2 and 1: they darken alike on both sides, and blue and orange are told apart by all eyes.
const ANCHORS: [[f64; 3]; 5] = [
    [11.0, 37.0, 69.0],
    [0.0, 114.0, 178.0],
    [255.0, 255.0, 255.0],
    [213.0, 94.0, 0.0],
    [92.0, 26.0, 0.0],
];
/// Where there is no value.
const MISSING: &str = "#cccccc";
/// Shades on each side of 0: more are not told apart, and cells of one shade are drawn together.
const SHADES: i32 = 32;
/// By how much cells reach over their edges, in pixels.
const OVERLAP: f64 = 0.6;
/// The bar beside the axes: its distance from them, its width, and the room for its label.
const GAP: f64 = 14.0;
const BAR: f64 = 13.0;
const LABEL: f64 = 30.0;

/// What the colours of a panel mean: the values at the ends of the bar.
#[derive(Clone, Copy)]
pub(crate) struct Colours {
    low: f64,
    high: f64,
}

pub(crate) fn is_map(panel: &Panel) -> bool {
    panel.series.iter().any(|series| series.style == Style::Row)
}

/// A heat map has its rows on the second axis, from the top, and its values in colours.
pub(crate) fn plot<'a>(panel: &'a Panel, panels: &[Panel], width: f64, height: f64) -> Plot<'a> {
    let rows = row_axis(panel);
    let x = scale(&column_axis(panel), std::iter::empty());
    let y = scale(&rows, std::iter::empty());
    let upside_down = |tick: Tick| Tick { at: 1.0 - tick.at, label: tick.label };
    Plot {
        panel,
        x_ticks: x.ticks((width / 75.0) as usize),
        y_ticks: y.ticks((height / 50.0) as usize).into_iter().map(upside_down).collect(),
        x_marks: vec![],
        y_marks: vec![],
        x,
        y,
        y_label: rows.label,
        colours: Some(colours(panel, panels)),
    }
}

fn rows(panel: &Panel) -> impl Iterator<Item = &Series> {
    panel.series.iter().filter(|series| series.style == Style::Row)
}

/// Rows are numbered from the top; this axis goes up.
fn row_axis(panel: &Panel) -> Axis {
    let label = rows(panel).next().map_or_else(String::new, |row| row.label.clone());
    let count = rows(panel).count().max(1) as f64;
    Axis { label, log: false, range: Some((-0.5, count - 0.5)) }
}

/// Columns stand at whole numbers, and their cells reach half way to the next.
fn column_axis(panel: &Panel) -> Axis {
    let places = rows(panel).flat_map(|row| &row.points).map(|p| p.x).filter(|x| x.is_finite());
    let (low, high) =
        places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let range = if low <= high { (low - 0.5, high + 0.5) } else { (-0.5, 0.5) };
    Axis { label: panel.x.label.clone(), log: false, range: panel.x.range.or(Some(range)) }
}

/// The range of a panel is its own, or that of all maps of its figure, so that their colours mean the same; 0 is in its
/// middle where there are negative values, and else at its end.
fn colours(panel: &Panel, panels: &[Panel]) -> Colours {
    let own = panel.y.range.filter(|(low, high)| low.is_finite() && high.is_finite());
    let values: Vec<f64> = match own {
        Some((low, high)) => vec![low, high],
        None => {
            let of_figure = panels.iter().filter(|panel| panel.y.range.is_none()).flat_map(rows);
            of_figure.flat_map(finite).map(|p| p.y).collect()
        }
    };
    let most = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let high = if most > 0.0 { most } else { 1.0 };
    let low = if values.iter().any(|value| *value < 0.0) { -high } else { 0.0 };
    Colours { low, high }
}

impl Colours {
    fn shade(&self, value: f64) -> i32 {
        let share = (value / self.high).clamp(-1.0, 1.0);
        (share * f64::from(SHADES)).round() as i32
    }

    fn scale(&self, panel: &Panel) -> Scale {
        let range = Some((self.low, self.high));
        scale(&Axis { label: panel.y.label.clone(), log: false, range }, std::iter::empty())
    }

    fn ticks(&self, panel: &Panel) -> Vec<Tick> {
        self.scale(panel).ticks(5)
    }

    /// The room right of the axes that the bar, its numbers and its label need.
    pub(crate) fn room(&self, panel: &Panel) -> f64 {
        GAP + BAR + 8.0 + self.widest(panel) + LABEL
    }

    fn widest(&self, panel: &Panel) -> f64 {
        let ticks = self.ticks(panel);
        let labels = ticks.iter().filter_map(|tick| tick.label.as_deref());
        labels.map(|label| pen::text_width(label, TICK_SIZE)).fold(0.0, f64::max)
    }
}

/// The colour of a shade, linear between the anchors.
fn colour(shade: i32) -> String {
    let place = (f64::from(shade) / f64::from(SHADES) + 1.0) * 2.0;
    let below = (place.floor() as usize).min(ANCHORS.len() - 2);
    let part = place - below as f64;
    let channel = |i: usize| {
        let (from, to) = (ANCHORS[below][i], ANCHORS[below + 1][i]);
        (from + part * (to - from)).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", channel(0), channel(1), channel(2))
}

/// Cells in their own units, rows from the top: those of one shade are one path of thick strokes, equal neighbours one stroke.
/// Strokes are a little too long and too wide, so that no seams show between them.
pub(crate) fn draw_cells(drawing: &mut Drawing, panel: &Panel, colours: Colours, frame: Frame) {
    let columns = column_axis(panel).range.unwrap_or((-0.5, 0.5));
    let width = frame.width / (columns.1 - columns.0);
    let height = frame.height / rows(panel).count().max(1) as f64;
    // As a share of a cell.
    let [wider, higher] = [width, height].map(|size| (OVERLAP / size).min(0.2));
    let mut shades: Vec<String> = vec![String::new(); 2 * SHADES as usize + 1];
    for (number, row) in rows(panel).enumerate() {
        for (from, length, shade) in runs(row, colours) {
            let length = format!("{:.2}", length as f64 + wider);
            let length = length.trim_end_matches('0');
            shades[(shade + SHADES) as usize] += &format!("M{from} {number}h{length}");
        }
    }
    let (left, top) = (frame.left - (columns.0 + 0.5) * width, frame.top + 0.5 * height);
    pen::rectangle(drawing, frame, MISSING);
    pen::scaled(drawing, (left, top), (width, height), |drawing| {
        let shades = shades.into_iter().zip(-SHADES..);
        for (path, shade) in shades.filter(|(path, _)| !path.is_empty()) {
            pen::strokes(drawing, path, &colour(shade), 1.0 + higher);
        }
    });
}

/// Neighbouring cells of one shade: the first column, how many, and the shade.
fn runs(row: &Series, colours: Colours) -> Vec<(i64, i64, i32)> {
    let mut runs: Vec<(i64, i64, i32)> = Vec::new();
    for point in finite(row) {
        // Not beyond what a whole number can be written as.
        let (at, shade) = (point.x.clamp(-1e6, 1e6).round() as i64, colours.shade(point.y));
        match runs.last_mut() {
            Some((from, length, same)) if *same == shade && *from + *length == at => *length += 1,
            _ => runs.push((at, 1, shade)),
        }
    }
    runs
}

/// The bar right of the axes.
pub(crate) fn draw_bar(drawing: &mut Drawing, panel: &Panel, colours: Colours, frame: Frame) {
    let left = frame.left + frame.width + GAP;
    let bar = Frame { left, width: BAR, ..frame };
    let (lowest, shades) = (colours.shade(colours.low), SHADES - colours.shade(colours.low) + 1);
    let step = frame.height / f64::from(shades);
    pen::scaled(drawing, (left, frame.top + 0.5 * step), (BAR, step), |drawing| {
        for shade in lowest..=SHADES {
            pen::strokes(drawing, format!("M0 {}h1", SHADES - shade), &colour(shade), 1.1);
        }
    });
    pen::outline(drawing, bar);
    let right = left + BAR;
    for tick in colours.ticks(panel) {
        let y = bar.top + (1.0 - tick.at) * bar.height;
        if let Some(label) = &tick.label {
            pen::line(drawing, (right, y), (right + 4.0, y), INK, 1.0);
            let at = (right + 7.0, y + 4.5);
            pen::text(drawing, Text { content: label, at, size: TICK_SIZE, align: Align::Left });
        }
    }
    let at = (right + 8.0 + colours.widest(panel) + 21.0, frame.top + frame.height / 2.0);
    let label = Text { content: &panel.y.label, at, size: LABEL_SIZE, align: Align::Middle };
    pen::upright(drawing, label);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Figure, Point};

    fn axis(label: &str) -> Axis {
        Axis { label: label.to_owned(), log: false, range: None }
    }

    fn panel(rows: &[&[f64]]) -> Panel {
        let row = |values: &&[f64]| Series {
            label: "site".to_owned(),
            style: Style::Row,
            points: values
                .iter()
                .enumerate()
                .map(|(x, &y)| Point { x: x as f64, y, error: 0.0 })
                .collect(),
        };
        let series = rows.iter().map(row).collect();
        Panel { title: "m".into(), x: axis("site"), y: axis("value"), series, marks: vec![] }
    }

    fn drawn(panels: Vec<Panel>) -> String {
        super::super::svg(&Figure { id: "map".into(), caption: String::new(), panels })
    }

    #[test]
    fn odd_matrices_are_drawn_without_panic_or_nan() {
        let cases: [&[&[f64]]; 7] = [
            &[&[]],
            &[&[1.0]],
            &[&[0.0, 0.0], &[0.0, 0.0]],
            &[&[f64::NAN, f64::NAN]],
            &[&[f64::NAN, 1.0], &[f64::INFINITY, -2.0]],
            &[&[1e300, -1e300], &[1e-300, 0.0]],
            &[&[5.0, 5.0], &[5.0]],
        ];
        for case in cases {
            let svg = drawn(vec![panel(case)]);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }

    #[test]
    fn colours_mean_the_same_in_all_panels_and_white_is_zero() {
        let panels = vec![panel(&[&[1.0, -0.5]]), panel(&[&[4.0]])];
        for panel in &panels {
            let Colours { low, high } = colours(panel, &panels);
            assert_eq!((low, high), (-4.0, 4.0));
        }
        let positive = vec![panel(&[&[1.0, 2.0]])];
        let Colours { low, high } = colours(&positive[0], &positive);
        assert_eq!((low, high), (0.0, 2.0));
        assert_eq!(colour(0), "#ffffff");
        assert_eq!((colour(-SHADES), colour(SHADES)), ("#0b2545".into(), "#5c1a00".into()));
    }

    #[test]
    fn equal_neighbours_are_one_stroke() {
        let panel = panel(&[&[1.0, 1.0, 1.0, -1.0, f64::NAN, 1.0]]);
        let colours = Colours { low: -1.0, high: 1.0 };
        let expected = [(0, 3, SHADES), (3, 1, -SHADES), (5, 1, SHADES)];
        assert_eq!(runs(&panel.series[0], colours), expected);
    }

    #[test]
    fn three_matrices_of_a_hundred_sites_stay_small() {
        let value = |i: usize, j: usize| ((i * 7919 + j * 104_729) % 1000) as f64 / 500.0 - 1.0;
        let rows: Vec<Vec<f64>> =
            (0..100).map(|i| (0..100).map(|j| value(i, j)).collect()).collect();
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        let svg = drawn((0..3).map(|_| panel(&rows)).collect());
        assert!(svg.len() < 400_000, "{} bytes", svg.len());
    }
}
