//! What a report is made of: claims, figures and tables, as plain data.

use serde::Serialize;
use stats::Estimate;

/// One run of `reproduce`, ready to be rendered.
pub(crate) struct Report {
    pub(crate) sections: Vec<Section>,
    pub(crate) provenance: Provenance,
}

/// Where the numbers of a report come from (invariant 8).
pub(crate) struct Provenance {
    pub(crate) version: String,
    pub(crate) profile: String,
    pub(crate) seed: u64,
    pub(crate) machine: String,
    pub(crate) threads: usize,
    /// UTC, ISO 8601.
    pub(crate) finished: String,
    pub(crate) seconds: f64,
}

/// One experiment. Prose is plain text in paragraphs; `$...$` holds LaTeX mathematics.
pub(crate) struct Section {
    pub(crate) experiment: String,
    pub(crate) title: String,
    /// The result in one sentence.
    pub(crate) headline: String,
    pub(crate) introduction: Vec<String>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) tables: Vec<Table>,
    /// What the figures show, in prose.
    pub(crate) discussion: Vec<String>,
    /// The settings of this run as TOML, every scientific value written out.
    pub(crate) settings: String,
}

/// A statement of a source beside what this run found.
#[derive(Clone, Serialize)]
pub(crate) struct Claim {
    /// `experiment/short-name`.
    pub(crate) id: String,
    pub(crate) experiment: String,
    pub(crate) statement: String,
    /// Reference with equation, figure or section number.
    pub(crate) source: String,
    pub(crate) published: Option<f64>,
    pub(crate) found: Found,
    /// What `found` is, in a few words.
    pub(crate) quantity: String,
    pub(crate) verdict: Verdict,
    /// Why the verdict is what it is, one sentence.
    pub(crate) reason: String,
}

/// A value and its standard error; the error is 0 for an exact value.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Found {
    pub(crate) mean: f64,
    pub(crate) error: f64,
}

impl From<Estimate> for Found {
    fn from(e: Estimate) -> Self {
        Self { mean: e.mean, error: e.error }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(crate) enum Verdict {
    #[serde(rename = "reproduced")]
    Reproduced,
    #[serde(rename = "contradicted")]
    Contradicted,
    #[serde(rename = "corrected")]
    Corrected,
    #[serde(rename = "not comparable")]
    NotComparable,
}

/// Panels side by side under one caption. `id` names the files, e.g. `flow-ring-bifurcation`.
pub(crate) struct Figure {
    pub(crate) id: String,
    pub(crate) caption: String,
    pub(crate) panels: Vec<Panel>,
}

/// Curves; or a heat map, whose series are rows of one matrix ([`Style::Row`]): then `y` is what the colours mean, and the
/// rows' label is that of their axis.
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) series: Vec<Series>,
    pub(crate) marks: Vec<Mark>,
}

/// Labels carry their unit, e.g. `temperature T (J/k_B)`; Unicode, no LaTeX.
pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) log: bool,
    /// `None`: from the data; of colours, from all heat maps of the figure.
    pub(crate) range: Option<(f64, f64)>,
}

/// Stands in a label between a thing and the source that it is from; one thing has one colour.
pub(crate) const SOURCE: &str = ", by ";

pub(crate) struct Series {
    pub(crate) label: String,
    pub(crate) style: Style,
    pub(crate) points: Vec<Point>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Line,
    Dashed,
    /// Markers, with error bars where `error > 0`.
    Points,
    /// Small dots, without error bars: where there are hundreds.
    Dots,
    /// Markers joined by a line, with error bars where `error > 0`.
    LinePoints,
    /// A row of a heat map, the first at the top: x is the column, a whole number, and y is shown as a colour.
    Row,
}

#[derive(Clone, Copy)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) error: f64,
}

/// A labelled reference line across the panel.
pub(crate) struct Mark {
    pub(crate) label: String,
    pub(crate) at: At,
}

pub(crate) enum At {
    X(f64),
    Y(f64),
}

pub(crate) struct Table {
    pub(crate) id: String,
    pub(crate) caption: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

pub(crate) enum Cell {
    Text(String),
    /// An exact number.
    Number(f64),
    /// A number with its standard error.
    Measured(Found),
}
