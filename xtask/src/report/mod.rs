//! The report of a run: its content as plain data, and the page, files and terminal table made of it.

pub(crate) mod content;
#[cfg(test)]
mod example;
pub(crate) mod figures;
pub(crate) mod files;
pub(crate) mod numbers;
pub(crate) mod page;
mod scale;
pub(crate) mod terminal;
