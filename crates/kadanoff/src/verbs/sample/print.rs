//! The quality of a set as one JSON document, and as a table for a reader.

use super::{Sample, Set};
use report::columns::columns;
use report::numbers;
use serde::Serialize;
use stats::Estimate;

#[derive(Serialize)]
struct Document {
    /// All that were used, in order of the temperatures.
    algorithm: String,
    seconds: f64,
    per_temperature: Vec<AtTemperature>,
}

/// A number that is not finite becomes null.
#[derive(Serialize)]
struct AtTemperature {
    temperature: f64,
    algorithm: &'static str,
    count: usize,
    /// For all that stays the same when every spin is flipped.
    effective_samples: f64,
    /// For the magnetisation with its sign.
    effective_samples_of_m: f64,
    energy_per_spin: Measured,
    abs_m: Measured,
    m2: Measured,
    m4: Measured,
    specific_heat: Measured,
    chains: usize,
    burn_in: u64,
    stride: u64,
    r_hat: Option<f64>,
}

#[derive(Serialize)]
struct Measured {
    mean: f64,
    error: f64,
    tau: f64,
}

impl From<Estimate> for Measured {
    fn from(Estimate { mean, error, tau, .. }: Estimate) -> Self {
        Self { mean, error, tau }
    }
}

pub(super) fn json(sets: &[Set], seconds: f64) -> serde_json::Result<String> {
    let at = |set: &Set| {
        let (quality, summary) = (&set.drawn.quality, &set.drawn.quality.summary);
        AtTemperature {
            temperature: set.temperature,
            algorithm: set.algorithm(),
            count: set.drawn.samples.len(),
            effective_samples: quality.effective,
            effective_samples_of_m: quality.effective_of_m,
            energy_per_spin: summary.energy_per_spin.into(),
            abs_m: summary.abs_m.into(),
            m2: summary.m2.into(),
            m4: summary.m4.into(),
            specific_heat: summary.specific_heat.into(),
            chains: quality.chains.len(),
            burn_in: quality.burn_in,
            stride: quality.stride,
            r_hat: quality.r_hat,
        }
    };
    let mut names: Vec<&str> = Vec::new();
    for set in sets {
        if !names.contains(&set.algorithm()) {
            names.push(set.algorithm());
        }
    }
    let per_temperature = sets.iter().map(at).collect();
    serde_json::to_string_pretty(&Document {
        algorithm: names.join(", "),
        seconds,
        per_temperature,
    })
}

pub(super) fn text(options: &Sample, sets: &[Set], seconds: f64) -> String {
    let head = [
        "T",
        "algorithm",
        "effective",
        "of m",
        "energy per spin",
        "|m|",
        "m²",
        "m⁴",
        "specific heat",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for set in sets {
        let (quality, summary) = (&set.drawn.quality, &set.drawn.quality.summary);
        let means =
            [summary.energy_per_spin, summary.abs_m, summary.m2, summary.m4, summary.specific_heat];
        let mut row = vec![
            numbers::exact(set.temperature),
            set.algorithm().to_owned(),
            format!("{:.0}", quality.effective),
            format!("{:.0}", quality.effective_of_m),
        ];
        row.extend(means.map(report::shown));
        rows.push(row);
    }
    let (count, lattice, out) = (options.count, options.lattice, options.out.display());
    let table = columns(&rows, 0);
    let signs = |set: &Set| set.drawn.quality.effective_of_m < 0.5 * set.drawn.quality.effective;
    let note = match sets.iter().any(signs) {
        true => {
            "\nThe sign of m hardly changes within some sets (of m): --symmetrise flips all spins with probability 1/2."
        }
        false => "",
    };
    format!(
        "{table}{note}\n{count} x {lattice} at each temperature, drawn in {seconds:.2} s: {out}"
    )
}
