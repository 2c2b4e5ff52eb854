//! Experiment `dynamics`: how long chains of the square lattice remember at T_c, and what an independent configuration costs.

mod cells;
mod claims;
mod cost;
mod figures;
mod fits;
mod laws;
mod prose;
mod tables;

use crate::stages::Dynamics;
use anyhow::{Result, ensure};
use lab::Run;
use lab::parts::*;
use report::content::Section;
use serde::{Deserialize, Serialize};

/// The dynamics that laws are fitted to.
const SHOWN: [Dynamics; 4] =
    [Dynamics::Metropolis, Dynamics::HeatBath, Dynamics::SwendsenWang, Dynamics::Wolff];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Of each dynamics the sides L, ascending, and the sweeps of one run on each; of Wolff clusters.
    metropolis: Vec<[u32; 2]>,
    heat_bath: Vec<[u32; 2]>,
    random_metropolis: Vec<[u32; 2]>,
    sequential_heat_bath: Vec<[u32; 2]>,
    swendsen_wang: Vec<[u32; 2]>,
    wolff: Vec<[u32; 2]>,
    /// Clusters of Wolff before each chain begins.
    start: u32,
    /// Independent repetitions of everything.
    runs: u64,
    /// chi^2 per degree of freedom up to which a fit is accepted.
    acceptable: f64,
    /// Sides on which exact draws are timed.
    transfer_sides: Vec<usize>,
    perfect_sides: Vec<usize>,
    /// Seconds that each sampler is timed on each side; 0 to leave times out.
    timing_seconds: f64,
}

impl Settings {
    fn lengths(&self) -> [(Dynamics, &[[u32; 2]]); 6] {
        [
            (Dynamics::Metropolis, &self.metropolis),
            (Dynamics::HeatBath, &self.heat_bath),
            (Dynamics::RandomMetropolis, &self.random_metropolis),
            (Dynamics::SequentialHeatBath, &self.sequential_heat_bath),
            (Dynamics::SwendsenWang, &self.swendsen_wang),
            (Dynamics::Wolff, &self.wolff),
        ]
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        for (dynamics, lengths) in self.lengths() {
            let key = format!("{dynamics:?}");
            ensure!(lengths.len() >= 3, "{key} has {} sides, but a law takes three", lengths.len());
            ensure!(lengths.is_sorted_by(|a, b| a[0] < b[0]), "{key}: sides must ascend");
            for &[side, sweeps] in lengths {
                check_count(&format!("a side of {key}"), side.into(), 4, 1024)?;
                check_count(&format!("sweeps of {key}"), sweeps.into(), 100, 1_000_000_000)?;
            }
        }
        check_count("start", self.start.into(), 1, 1_000_000)?;
        check_count("runs", self.runs, 2, 1000)?;
        check_values("acceptable", &[self.acceptable], 0.1, 100.0)?;
        check_values("timing_seconds", &[self.timing_seconds], 0.0, 60.0)
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let cells = cells::measure(run, settings)?;
    // Alone on the machine, as far as that is up to this program.
    let costs = cost::measure(run, settings, &cells)?;
    let published = [run.published.value(claims::FLIPS)?, run.published.value(claims::CLUSTERS)?];
    let mut figures = vec![
        figures::growth(settings, &cells),
        figures::exponents(&cells, published),
        figures::specific_heat(settings, &cells)?,
    ];
    let mut tables = vec![tables::times(&cells), tables::fits(settings, &cells)];
    if !costs.is_empty() {
        figures.insert(0, figures::cost(settings, &costs));
        tables.push(tables::cost(&costs));
    }
    Ok(Section {
        checks: vec![],
        experiment: "dynamics".into(),
        title: "How long chains remember at the critical point".into(),
        headline: prose::headline(settings, &cells),
        introduction: prose::introduction(settings),
        claims: claims::claims(run, settings, &cells)?,
        figures,
        tables,
        discussion: prose::discussion(&cells, &costs),
        settings: toml::to_string(settings)?,
    })
}
