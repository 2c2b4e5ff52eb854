//! The program as its users meet it: command lines, files, exit codes.

mod command_line;
mod common;
mod evaluate;
mod exact;
mod flow;
mod report;
// Killing by signal, and pipes that stop a run at a known place.
#[cfg(unix)]
mod resume;
mod sample;
mod settings;
mod store;
mod threads;
mod train;
