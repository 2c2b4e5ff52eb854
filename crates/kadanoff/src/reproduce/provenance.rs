//! Where a report's numbers come from: version, seed, machine and time.

use super::Request;
use chrono::Utc;
use report::content::Provenance;
use std::fs;

pub(super) fn provenance(request: &Request, seconds: f64) -> Provenance {
    Provenance {
        version: format!("kadanoff {}", env!("CARGO_PKG_VERSION")),
        profile: request.profile.name().to_owned(),
        seed: request.seed,
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
