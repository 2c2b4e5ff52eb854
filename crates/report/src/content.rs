//! What a report is made of: claims, figures and tables, as plain data.

use serde::Serialize;
use stats::Estimate;

/// One run of `reproduce`, ready to be rendered.
#[derive(Debug)]
pub struct Report {
    /// One for each experiment, in the order in which they are read.
    pub sections: Vec<Section>,
    /// Where the numbers come from.
    pub provenance: Provenance,
}

/// Where the numbers of a report come from (invariant 8).
#[derive(Debug)]
pub struct Provenance {
    /// Name and version of the program.
    pub version: String,
    /// Which of the committed settings were used.
    pub profile: String,
    /// Where settings are one's own: that they are, and from which file, one sentence.
    pub own_settings: Option<String>,
    /// The seed that all random numbers derive from.
    pub seed: u64,
    /// Operating system, architecture and processor.
    pub machine: String,
    /// Threads that computed.
    pub threads: usize,
    /// When the run ended: UTC, ISO 8601.
    pub finished: String,
    /// How long it took.
    pub seconds: f64,
}

/// One experiment. Prose is plain text in paragraphs; `$...$` holds LaTeX mathematics.
#[derive(Debug)]
pub struct Section {
    /// The experiment's name, which begins the names of everything in the section.
    pub experiment: String,
    /// The question.
    pub title: String,
    /// The answer in one sentence.
    pub headline: String,
    /// What is done, before the figures.
    pub introduction: Vec<String>,
    /// What sources say, judged.
    pub claims: Vec<Claim>,
    /// Tests of ours.
    pub checks: Vec<Check>,
    /// Drawn one below the other.
    pub figures: Vec<Figure>,
    /// After the figures.
    pub tables: Vec<Table>,
    /// What figures and tables show, in prose.
    pub discussion: Vec<String>,
    /// The settings of this run as TOML, every scientific value written out.
    pub settings: String,
}

/// A statement of a source beside what this run found.
#[derive(Clone, Debug, Serialize)]
pub struct Claim {
    /// `experiment/source/statement`.
    pub id: String,
    /// The experiment that judges it.
    pub experiment: String,
    /// What the source says.
    pub statement: String,
    /// Reference with equation, figure or section number.
    pub source: String,
    /// The number that the source gives, where it gives one.
    pub published: Option<f64>,
    /// What was found; the first quantity is the one that stands beside the published value.
    pub evidence: Vec<Evidence>,
    /// What the statement comes to.
    pub verdict: Verdict,
    /// The rule that the verdict follows from, one sentence.
    pub rule: String,
    /// What else a reader must know to believe the verdict, with numbers.
    pub reason: String,
}

/// One quantity that bears on a statement.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// What it is, in a few words.
    pub quantity: String,
    /// Its value, where it has one: a reading off its scale has none.
    pub found: Option<Found>,
}

/// A test of ours, such as an identity, a control or a fault made on purpose: it holds or fails.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// `experiment/short-name`.
    pub id: String,
    /// The experiment that it belongs to.
    pub experiment: String,
    /// What must hold, one sentence.
    pub statement: String,
    /// What was found.
    pub evidence: Vec<Evidence>,
    /// Whether it holds.
    pub holds: bool,
    /// The rule by which it holds or fails, one sentence.
    pub rule: String,
    /// What else a reader must know to believe it, with numbers.
    pub reason: String,
}

/// A value and its standard error; the error is 0 for an exact value.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Found {
    /// The value.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
}

impl From<Estimate> for Found {
    fn from(e: Estimate) -> Self {
        Self { mean: e.mean, error: e.error }
    }
}

/// What a statement comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds here by the named rule, at settings that it covers.
    Reproduced,
    /// Its substance holds, but a number, a reason or a scope is wrong, and the right one is given.
    Corrected,
    /// It fails beyond errors, at settings that it covers.
    Contradicted,
    /// The rule cannot tell.
    Undecided,
    /// Our settings lie outside what it speaks of.
    #[serde(rename = "not comparable")]
    NotComparable,
}

/// Panels side by side under one caption.
#[derive(Debug)]
pub struct Figure {
    /// Names its files, e.g. `flow-ring-bifurcation`.
    pub(crate) id: String,
    /// `$...$` is LaTeX.
    pub(crate) caption: String,
    /// From the left, row by row.
    pub(crate) panels: Vec<Panel>,
}

/// Curves; or a heat map, whose series are rows of one matrix ([`Style::Row`]): then `y` is what the colours mean, and the
/// rows' label is that of their axis.
#[derive(Debug)]
pub struct Panel {
    /// Above it; may be empty.
    pub(crate) title: String,
    /// The axis below.
    pub(crate) x: Axis,
    /// The axis at the left, or the colours of a heat map.
    pub(crate) y: Axis,
    /// What is drawn, later ones on top.
    pub(crate) series: Vec<Series>,
    /// Reference lines.
    pub(crate) marks: Vec<Mark>,
}

/// An axis of a panel.
#[derive(Debug)]
pub struct Axis {
    /// Carries its unit, e.g. `temperature T (J/k_B)`; Unicode, no LaTeX.
    pub(crate) label: String,
    /// Whether it is logarithmic.
    pub(crate) log: bool,
    /// `None`: from the data; of colours, from all heat maps of the figure.
    pub(crate) range: Option<(f64, f64)>,
}

/// Stands in a label between a thing and the source that it is from; one thing has one colour.
pub const SOURCE: &str = ", by ";

/// Points that belong together.
#[derive(Debug)]
pub struct Series {
    /// In the legend; one label has one colour in all panels of a figure.
    pub(crate) label: String,
    /// How they are drawn.
    pub(crate) style: Style,
    /// In the order in which a line joins them.
    pub(crate) points: Vec<Point>,
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A curve.
    Line,
    /// A dashed curve.
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

/// A point of a series.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Along the axis below.
    pub x: f64,
    /// Along the axis at the left.
    pub y: f64,
    /// The standard error of y, 0 for an exact value.
    pub error: f64,
}

/// A labelled reference line across the panel.
#[derive(Debug)]
pub struct Mark {
    /// Stands outside the axes, at the end of the line.
    pub label: String,
    /// Where it is.
    pub at: At,
}

/// The place of a reference line.
#[derive(Debug)]
pub enum At {
    /// From bottom to top, at this x.
    X(f64),
    /// From left to right, at this y.
    Y(f64),
}

/// Rows of cells under headings, one cell for each heading.
#[derive(Debug)]
pub struct Table {
    /// Names its file.
    pub(crate) id: String,
    /// `$...$` is LaTeX.
    pub(crate) caption: String,
    /// The headings; `$...$` is LaTeX.
    pub(crate) columns: Vec<String>,
    /// From the top.
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Words; `$...$` is LaTeX.
    Text(String),
    /// An exact number.
    Number(f64),
    /// A number with its standard error.
    Measured(Found),
}
