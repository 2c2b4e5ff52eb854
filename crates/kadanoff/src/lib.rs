//! The program: redoes the experiments, and draws, trains, judges and reads from the command line.
//!
//! ```
//! // What `kadanoff exact decimate --coupling 1 --steps 5` does.
//! let arguments = ["kadanoff", "exact", "decimate", "--coupling", "1", "--steps", "5"];
//! assert!(kadanoff::parse::<kadanoff::Cli>("kadanoff", arguments).is_ok());
//! ```

// From the bottom up: values of options, folders, files; what several verbs need; the verbs, a file and a folder each; the
// command line on top.
mod command_line;
mod enumeration;
mod files;
mod folders;
mod measured;
mod readings;
mod terminal;
mod values;
mod verbs;

pub use command_line::{Cli, exit_code, parse};
pub use folders::checkout;
pub use terminal::print;
pub use verbs::{Verb, run};
