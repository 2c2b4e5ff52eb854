//! Where a report's numbers come from: version, seed, machine and time.

use super::Reproduce;
use chrono::Utc;
use lab::settings::Own;
use report::content::Provenance;
use std::fs;

pub(super) fn provenance(options: &Reproduce, own: Option<&Own>, seconds: f64) -> Provenance {
    let profile = options.profile.name().to_owned();
    let own_settings = own.map(|Own { file, .. }| {
        format!(
            "Settings of one's own, {file}; what it leaves out is that of the profile {profile}."
        )
    });
    Provenance {
        version: format!("kadanoff {}", env!("CARGO_PKG_VERSION")),
        profile,
        own_settings,
        seed: options.seed,
        machine: machine(),
        threads: rayon::current_num_threads(),
        finished: Utc::now().format("%FT%TZ").to_string(),
        seconds,
    }
}

/// Operating system, architecture and, where the system tells, the processor.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split(':').nth(1)).map(str::trim).unwrap_or("processor");
    format!("{} {}, {model}", std::env::consts::OS, std::env::consts::ARCH)
}
