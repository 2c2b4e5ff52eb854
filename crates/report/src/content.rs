//! What a report is made of: claims, figures and tables, as plain data.

use serde::Serialize;
use stats::Estimate;

/// One run of `reproduce`, ready to be rendered.
pub struct Report {
    pub sections: Vec<Section>,
    pub provenance: Provenance,
}

/// Where the numbers of a report come from (invariant 8).
pub struct Provenance {
    pub version: String,
    pub profile: String,
    /// Where settings are one's own: that they are, and from which file, one sentence.
    pub own_settings: Option<String>,
    pub seed: u64,
    pub machine: String,
    pub threads: usize,
    /// UTC, ISO 8601.
    pub finished: String,
    pub seconds: f64,
}

/// One experiment. Prose is plain text in paragraphs; `$...$` holds LaTeX mathematics.
pub struct Section {
    pub experiment: String,
    pub title: String,
    /// The result in one sentence.
    pub headline: String,
    pub introduction: Vec<String>,
    pub claims: Vec<Claim>,
    pub checks: Vec<Check>,
    pub figures: Vec<Figure>,
    pub tables: Vec<Table>,
    /// What the figures show, in prose.
    pub discussion: Vec<String>,
    /// The settings of this run as TOML, every scientific value written out.
    pub settings: String,
}

/// A statement of a source beside what this run found.
#[derive(Clone, Serialize)]
pub struct Claim {
    /// `experiment/source/statement`.
    pub id: String,
    pub experiment: String,
    pub statement: String,
    /// Reference with equation, figure or section number.
    pub source: String,
    pub published: Option<f64>,
    /// What was found; the first quantity is the one that stands beside the published value.
    pub evidence: Vec<Evidence>,
    pub verdict: Verdict,
    /// The rule that the verdict follows from, one sentence.
    pub rule: String,
    /// What else a reader must know to believe the verdict, with numbers.
    pub reason: String,
}

/// One quantity that bears on a statement.
#[derive(Clone, Serialize)]
pub struct Evidence {
    /// What it is, in a few words.
    pub quantity: String,
    /// Its value, where it has one: a reading off its scale has none.
    pub found: Option<Found>,
}

/// A test of ours, such as an identity, a control or a fault made on purpose: it holds or fails.
#[derive(Clone, Serialize)]
pub struct Check {
    /// `experiment/short-name`.
    pub id: String,
    pub experiment: String,
    /// What must hold, one sentence.
    pub statement: String,
    pub evidence: Vec<Evidence>,
    pub holds: bool,
    /// The rule by which it holds or fails, one sentence.
    pub rule: String,
    pub reason: String,
}

/// A value and its standard error; the error is 0 for an exact value.
#[derive(Clone, Copy, Serialize)]
pub struct Found {
    pub mean: f64,
    pub error: f64,
}

impl From<Estimate> for Found {
    fn from(e: Estimate) -> Self {
        Self { mean: e.mean, error: e.error }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Verdict {
    #[serde(rename = "reproduced")]
    Reproduced,
    #[serde(rename = "contradicted")]
    Contradicted,
    #[serde(rename = "corrected")]
    Corrected,
    #[serde(rename = "undecided")]
    Undecided,
    #[serde(rename = "not comparable")]
    NotComparable,
}

/// Panels side by side under one caption. `id` names the files, e.g. `flow-ring-bifurcation`.
pub struct Figure {
    pub id: String,
    pub caption: String,
    pub panels: Vec<Panel>,
}

/// Curves; or a heat map, whose series are rows of one matrix ([`Style::Row`]): then `y` is what the colours mean, and the
/// rows' label is that of their axis.
pub struct Panel {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
    pub marks: Vec<Mark>,
}

/// Labels carry their unit, e.g. `temperature T (J/k_B)`; Unicode, no LaTeX.
pub struct Axis {
    pub label: String,
    pub log: bool,
    /// `None`: from the data; of colours, from all heat maps of the figure.
    pub range: Option<(f64, f64)>,
}

/// Stands in a label between a thing and the source that it is from; one thing has one colour.
pub const SOURCE: &str = ", by ";

pub struct Series {
    pub label: String,
    pub style: Style,
    pub points: Vec<Point>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Style {
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
pub struct Point {
    pub x: f64,
    pub y: f64,
    pub error: f64,
}

/// A labelled reference line across the panel.
pub struct Mark {
    pub label: String,
    pub at: At,
}

pub enum At {
    X(f64),
    Y(f64),
}

pub struct Table {
    pub id: String,
    pub caption: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

#[derive(Clone)]
pub enum Cell {
    Text(String),
    /// An exact number.
    Number(f64),
    /// A number with its standard error.
    Measured(Found),
}
