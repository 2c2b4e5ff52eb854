//! What a report is made of, as plain data, and how it is drawn: page, SVG, CSV, JSON and terminal.

pub mod columns;
pub mod content;
#[cfg(test)]
mod example;
mod figure;
pub mod figures;
pub mod files;
pub mod numbers;
pub mod page;
mod scale;
mod section;
mod table;
pub mod terminal;

pub use content::{
    Cell, Check, Claim, Evidence, Figure, Found, Panel, Section, Style, Table, Verdict,
};
pub use figure::{Coordinate, Height, IntoPoint, figure, grid, is_shown, log_spaced, panel};
pub use numbers::{list, rough, shown};
pub use section::section;
pub use table::{Rows, table};
