//! What a report is made of, as plain data, and how it is drawn: page, SVG, CSV, JSON and terminal.
//!
//! ```
//! use report::content::{Provenance, Report};
//! use report::{Claim, Evidence, Verdict, figure, panel, section, table};
//! use stats::Estimate;
//!
//! let sides = [8_usize, 16, 32];
//! let ends = [2.31, 2.29, 2.27].map(|t| Estimate { error: 0.02, ..Estimate::exact(t) });
//! let claim = Claim {
//!     id: "iso-2018/flows-to-tc".into(),
//!     experiment: String::new(), // given by the section, which also begins the id
//!     statement: "The flow of a trained RBM ends at $T_c$.".into(),
//!     source: "Iso et al. (2018), Fig. 5".into(),
//!     published: Some(2.269),
//!     evidence: vec![Evidence::new("the end at L = 32", Some(ends[2]))],
//!     verdict: Verdict::Reproduced,
//!     rule: "within five standard errors".into(),
//!     reason: "The ends at smaller L are higher.".into(),
//! };
//! let section = section("flow", "Where does the flow end?")
//!     .answer("At $T_c$.")
//!     .claim(claim)
//!     .figure(figure("ends", "The end of the flow on tori of side L.").panel(
//!         panel("L", "temperature T (J/k_B)")
//!             .log_x()
//!             .joined("end of the flow", sides.into_iter().zip(ends))
//!             .mark_y("T_c", 2.269),
//!     ))
//!     .table(
//!         table("ends", "The same in numbers.")
//!             .rows(sides.into_iter().zip(ends))
//!             .column("L", |row| row.0)
//!             .column("T", |row| row.1),
//!     );
//! let provenance = Provenance {
//!     version: "kadanoff 0.1.0".into(),
//!     profile: "quick".into(),
//!     own_settings: None,
//!     seed: 1,
//!     machine: "linux x86_64".into(),
//!     threads: 2,
//!     finished: "2026-01-01T00:00:00Z".into(),
//!     seconds: 1.5,
//! };
//! let report = Report { sections: vec![section], provenance };
//! let page = report::page::html(&report)?;
//! assert!(page.contains("1 reproduced") && page.contains("2.270(20)"));
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod columns;
pub mod content;
mod data;
#[cfg(test)]
mod example;
mod figure;
pub mod figures;
pub mod files;
pub mod numbers;
pub mod page;
mod plain;
mod prose;
mod scale;
mod section;
mod summary;
mod table;
pub mod terminal;

pub use content::{
    Cell, Check, Claim, Evidence, Figure, Found, Panel, Section, Style, Table, Verdict,
};
pub use figure::{Coordinate, Height, IntoPoint, figure, grid, is_shown, log_spaced, panel};
pub use numbers::{list, rough, shown};
pub use section::section;
pub use table::{Rows, table};
