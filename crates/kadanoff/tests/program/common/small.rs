//! An experiment of many short stages, whose settings the tests change.

use super::Room;
use std::fs;
use std::path::Path;

/// All experiments, as their files are named.
pub(crate) fn experiments() -> Vec<String> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/experiments");
    let names = fs::read_dir(data).expect("committed settings").map(|entry| {
        let path = entry.expect("an entry").path();
        path.file_stem().expect("a name").to_str().expect("UTF-8").to_owned()
    });
    names.collect()
}

/// `small.toml`: 164 stages of a millisecond each.
const SETTINGS: &str = r#"
experiment = "flow-square"
side = 4
temperatures = [0.0, 2.0, 4.0]
samples = 30
held_out = 20
burn_in = 10
stride = 2
seeds = 2
hidden = [4, 8]
epochs = 4
segment = 1
thermometer_epochs = 3
hottest = 8.0
curve_draws = 200
starts = [0.0, 4.0]
steps = 3
train = { hidden = 8, batch = 10 }
thermometer = { hidden = [6], batch = 10, learning_rate = 0.01 }
"#;

/// What runs it.
pub(crate) const RUN: [&str; 2] = ["--settings", "small.toml"];

impl Room {
    /// A room with `small.toml`.
    pub(crate) fn with_small_settings() -> Self {
        let room = Self::new();
        room.write("small.toml", SETTINGS);
        room
    }

    /// Replaces text in `small.toml`.
    pub(crate) fn edit(&self, old: &str, new: &str) {
        let text = fs::read_to_string(self.path("small.toml")).expect("settings");
        assert!(text.contains(old), "no {old:?}");
        self.write("small.toml", text.replacen(old, new, 1));
    }
}
