//! The table: what all z-scores of a sampler come to.

use super::Settings;
use super::samplers::Sampler;
use super::scores::Bounds;
use report::content::{Cell, Table};
use report::numbers;

pub(super) fn table(
    settings: &Settings,
    right: &[Sampler],
    wrong: &[Sampler],
    bounds: Bounds,
) -> Table {
    let row = |sampler: &Sampler| {
        let scores = &sampler.scores;
        let [mean, rms] = scores.moments();
        vec![
            Cell::Text(sampler.name.clone()),
            Cell::Text(super::list(&sampler.sides)),
            Cell::Number(scores.z.len() as f64),
            Cell::Measured(mean.into()),
            Cell::Measured(rms.into()),
            Cell::Number(rounded(scores.largest())),
            Cell::Number(rounded(scores.probability())),
            Cell::Number(scores.found as f64),
            Cell::Number(rounded(scores.expected)),
            Cell::Text(refused(sampler)),
            Cell::Text(
                if bounds.hold(scores) { "in equilibrium" } else { "not in equilibrium" }.into(),
            ),
        ]
    };
    Table {
        id: "equilibrium-samplers".into(),
        caption: format!(
            "What the z-scores come to. Mean and root mean square should be 0 and 1; no |z| above {:.2}. p is the smallest probability of the sums over runs and of the count of excited configurations, times their number. Cold: excited configurations found, and expected, at temperatures where fewer than {} are. The last three samplers are wrong on purpose.",
            bounds.z, settings.least_excited
        ),
        columns: [
            "sampler",
            "L",
            "z-scores",
            "mean z",
            "rms z",
            "largest |z|",
            "p",
            "cold",
            "expected",
            "refused",
            "verdict",
        ]
        .map(String::from)
        .into(),
        rows: right.iter().chain(wrong).map(row).collect(),
    }
}

/// Three digits are enough for a probability.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// `T = 0.25 (L = 8, 16)`.
fn refused(sampler: &Sampler) -> String {
    let refused = &sampler.scores.refused;
    let mut temperatures: Vec<f64> = refused.iter().map(|r| r.1).collect();
    temperatures.sort_by(f64::total_cmp);
    temperatures.dedup();
    let at = |&temperature: &f64| {
        let sides = refused.iter().filter(|r| r.1 == temperature).map(|r| r.0.to_string());
        let sides: Vec<String> = sides.collect();
        format!("T = {} (L = {})", numbers::exact(temperature), sides.join(", "))
    };
    let all: Vec<String> = temperatures.iter().map(at).collect();
    if all.is_empty() { "none".into() } else { all.join("; ") }
}
