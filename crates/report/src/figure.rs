//! Figures as an experiment writes them: panels, their axes, and what is drawn in them.

use crate::content::{At, Axis, Figure, Mark, Panel, Point, Series, Style};
use nalgebra::DMatrix;
use stats::Estimate;

/// A figure without panels. Its id names its files, after the experiment's name; `$...$` in the caption is LaTeX.
pub fn figure(id: impl Into<String>, caption: impl Into<String>) -> Figure {
    Figure { id: id.into(), caption: caption.into(), panels: Vec::new() }
}

impl Figure {
    /// One more panel.
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// A panel for each item.
    pub fn panels<T>(self, items: impl IntoIterator<Item = T>, of: impl FnMut(T) -> Panel) -> Self {
        items.into_iter().map(of).fold(self, Self::panel)
    }
}

/// A panel with linear axes that fit the data. Labels carry their unit, e.g. `temperature T (J/k_B)`: Unicode, no LaTeX.
pub fn panel(x: impl Into<String>, y: impl Into<String>) -> Panel {
    let axis = |label| Axis { label, log: false, range: None };
    Panel {
        title: String::new(),
        x: axis(x.into()),
        y: axis(y.into()),
        series: Vec::new(),
        marks: Vec::new(),
    }
}

impl Panel {
    /// What stands above it.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// A logarithmic x axis.
    pub fn log_x(mut self) -> Self {
        self.x.log = true;
        self
    }

    /// A logarithmic y axis.
    pub fn log_y(mut self) -> Self {
        self.y.log = true;
        self
    }

    /// The range of the x axis, instead of that of the data.
    pub fn x_from(mut self, low: f64, high: f64) -> Self {
        self.x.range = Some((low, high));
        self
    }

    /// The range of the y axis, or of the colours of a heat map, instead of that of the data.
    pub fn y_from(mut self, low: f64, high: f64) -> Self {
        self.y.range = Some((low, high));
        self
    }

    /// Points as `(x, y)`; y may be exact, an estimate with its error bar, or absent.
    pub fn series<P: IntoPoint>(
        mut self,
        style: Style,
        label: impl Into<String>,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        let points = points.into_iter().filter_map(IntoPoint::point).collect();
        self.series.push(Series { label: label.into(), style, points });
        self
    }

    /// Markers.
    pub fn points<P: IntoPoint>(
        self,
        label: impl Into<String>,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        self.series(Style::Points, label, points)
    }

    /// Markers joined by a line.
    pub fn joined<P: IntoPoint>(
        self,
        label: impl Into<String>,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        self.series(Style::LinePoints, label, points)
    }

    /// A curve.
    pub fn line<P: IntoPoint>(
        self,
        label: impl Into<String>,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        self.series(Style::Line, label, points)
    }

    /// A dashed curve.
    pub fn dashed<P: IntoPoint>(
        self,
        label: impl Into<String>,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        self.series(Style::Dashed, label, points)
    }

    /// Small dots without error bars: where there are hundreds.
    pub fn dots<P: IntoPoint>(
        self,
        label: impl Into<String>,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        self.series(Style::Dots, label, points)
    }

    /// A series for each item: what is drawn of it is said by `of`, which takes the panel and gives it back.
    pub fn each<T>(
        self,
        items: impl IntoIterator<Item = T>,
        of: impl FnMut(Self, T) -> Self,
    ) -> Self {
        items.into_iter().fold(self, of)
    }

    /// A heat map: entry `[row, column]`, the first row at the top; `rows` is the label of the axis of rows. Then the label
    /// of y says what the colours mean.
    pub fn matrix(mut self, rows: &str, entries: &DMatrix<f64>) -> Self {
        for row in entries.row_iter() {
            let at = |(x, &y): (usize, &f64)| Point { x: x as f64, y, error: 0.0 };
            let points = row.iter().enumerate().map(at).collect();
            self.series.push(Series { label: rows.to_owned(), style: Style::Row, points });
        }
        self
    }

    /// A labelled line across the panel at this x.
    pub fn mark_x(mut self, label: impl Into<String>, x: f64) -> Self {
        self.marks.push(Mark { label: label.into(), at: At::X(x) });
        self
    }

    /// A labelled line across the panel at this y.
    pub fn mark_y(mut self, label: impl Into<String>, y: f64) -> Self {
        self.marks.push(Mark { label: label.into(), at: At::Y(y) });
        self
    }
}

/// n + 1 equidistant points from `low` to `high`, for a curve.
pub fn grid(low: f64, high: f64, n: usize) -> impl Iterator<Item = f64> + Clone {
    (0..=n).map(move |i| low + (high - low) * i as f64 / n as f64)
}

/// Whether a step of a long series is shown on a logarithmic axis: the first, and 20 a decade.
pub fn is_shown(step: u64) -> bool {
    let place = |step: u64| (20.0 * (step as f64 + 1.0).log10()).floor();
    step == 0 || place(step) > place(step - 1)
}

/// The steps from 0 to `last` that a logarithmic axis shows, ascending: 20 a decade of `step + 1`, the first and the last.
pub fn log_spaced(last: u64) -> impl Iterator<Item = u64> {
    (0..=last).filter(move |&step| step == last || is_shown(step))
}

/// What can be drawn as a point, or is not there to be drawn.
pub trait IntoPoint {
    /// The point, where there is one.
    fn point(self) -> Option<Point>;
}

impl<X: Coordinate, Y: Height> IntoPoint for (X, Y) {
    fn point(self) -> Option<Point> {
        let (y, error) = self.1.height()?;
        Some(Point { x: self.0.coordinate(), y, error })
    }
}

impl IntoPoint for Point {
    fn point(self) -> Option<Point> {
        Some(self)
    }
}

/// A number along the x axis.
pub trait Coordinate {
    /// That number.
    fn coordinate(self) -> f64;
}

impl Coordinate for f64 {
    fn coordinate(self) -> f64 {
        self
    }
}

impl Coordinate for usize {
    fn coordinate(self) -> f64 {
        self as f64
    }
}

impl Coordinate for u64 {
    fn coordinate(self) -> f64 {
        self as f64
    }
}

/// What stands at a height, with an error: exact, measured, or absent.
pub trait Height {
    /// The value and its error.
    fn height(self) -> Option<(f64, f64)>;
}

impl Height for f64 {
    fn height(self) -> Option<(f64, f64)> {
        Some((self, 0.0))
    }
}

impl Height for Estimate {
    fn height(self) -> Option<(f64, f64)> {
        Some((self.mean, self.error))
    }
}

impl<H: Height> Height for Option<H> {
    fn height(self) -> Option<(f64, f64)> {
        self?.height()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_not_drawn() {
        let e = Estimate { error: 0.1, ..Estimate::exact(2.0) };
        let panel = panel("L", "T").joined("energy", [(8_usize, Some(e)), (16, None)]);
        let points: Vec<_> = panel.series[0].points.iter().map(|p| (p.x, p.y, p.error)).collect();
        assert_eq!(points, [(8.0, 2.0, 0.1)]);
    }

    #[test]
    fn twenty_steps_a_decade_are_shown() {
        let shown = |from: u64| (from..10 * from).filter(|&step| is_shown(step)).count();
        assert_eq!([shown(99), shown(999)], [20, 20]);
        assert!((0..5).all(is_shown));
    }

    #[test]
    fn steps_of_a_logarithmic_axis() {
        assert_eq!(log_spaced(8).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        let steps: Vec<u64> = log_spaced(12_345).collect();
        assert_eq!((steps[0], steps[steps.len() - 1]), (0, 12_345));
        let decade = steps.iter().filter(|step| (99..999).contains(*step)).count();
        assert_eq!(decade, 20);
    }

    #[test]
    fn rows_of_a_heat_map_are_series() {
        let panel = panel("column", "weight")
            .matrix("row", &DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 3.0, 4.0]));
        let values: Vec<Vec<f64>> =
            panel.series.iter().map(|row| row.points.iter().map(|p| p.y).collect()).collect();
        assert_eq!(values, [[1.0, 2.0], [3.0, 4.0]]);
    }
}
