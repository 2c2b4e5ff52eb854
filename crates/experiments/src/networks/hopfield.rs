//! Experiment `hopfield`: how many patterns a network of the thesis' section 2.2 can hold, and from how far it recalls them.

mod claims;
mod figures;
mod recall;
mod theory;

use anyhow::{Result, ensure};
use lab::Run;
use lab::parts::*;
use report::content::Section;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Numbers of units N, ascending, and of networks of each at every load.
    sizes: Vec<(usize, u64)>,
    /// Loads P/N, ascending.
    loads: Vec<f64>,
    /// Patterns that are recalled in each network.
    recalled: usize,
    /// The overlap with its pattern above which a recall counts as retrieval.
    retrieved_above: f64,
    basins: Basins,
}

/// Recall from corrupted patterns, at one size.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Basins {
    units: usize,
    networks: u64,
    loads: Vec<f64>,
    /// Fractions of units that are turned around before the recall.
    corrupted: Vec<f64>,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        ensure!(self.sizes.len() >= 3, "sizes needs at least three entries, for the limit");
        for &(units, networks) in &self.sizes {
            check_count("units in sizes", units as u64, 10, 20_000)?;
            check_count("networks in sizes", networks, 2, 1_000_000)?;
        }
        ensure!(self.sizes.is_sorted_by(|a, b| a.0 < b.0), "sizes must ascend");
        check_values("loads", &self.loads, 0.01, 1.0)?;
        ensure!(self.loads.is_sorted_by(|a, b| a < b), "loads must ascend");
        ensure!(self.loads.len() >= 2, "loads needs at least two entries");
        check_count("recalled", self.recalled as u64, 1, 10_000)?;
        check_values("retrieved_above", &[self.retrieved_above], 0.0, 1.0)?;
        check_count("basins.units", self.basins.units as u64, 10, 20_000)?;
        check_count("basins.networks", self.basins.networks, 2, 1_000_000)?;
        check_values("basins.loads", &self.basins.loads, 0.005, 1.0)?;
        check_distinct("basins.loads", &self.basins.loads)?;
        check_values("basins.corrupted", &self.basins.corrupted, 0.0, 0.5)?;
        check_distinct("basins.corrupted", &self.basins.corrupted)
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let curves = recall::over_loads(run, settings)?;
    let basins = recall::basins(run, settings)?;
    let limit = recall::limit(&curves);
    let capacity = theory::capacity();
    Ok(Section {
        checks: vec![],
        experiment: "hopfield".into(),
        title: "How much a Hopfield network remembers".into(),
        headline: format!("Replica theory loses memory at P/N = {capacity:.4}; in networks of up to {} units half of the patterns are lost at {}, and for large N this tends to {}.",
            settings.sizes.last().map_or(0, |size| size.0), shown(limit.largest), shown(limit.value)),
        introduction: vec![
            "A network of N units stores P random patterns by Hebb's rule, $w_{ij} = \\frac{1}{N} \\sum_\\mu \\xi_i^\\mu \\xi_j^\\mu$, and recalls one by updating unit after unit until nothing changes. The energy falls with every change, so that it always ends in a minimum; the question is whether that is the pattern.".into(),
            "Recall starts at the pattern itself, or at the pattern with some of its units turned around. The overlap m of the end with the pattern is 1 for perfect recall. Errors are those over networks, whose patterns are all new: recalls in one network are not independent.".into(),
            "Two things are known exactly. Whether a unit of a stored pattern is stable is decided by a sum of $(N-1)(P-1)$ fair signs, the crosstalk of the other patterns: a binomial tail at every N and P. And for $N \\to \\infty$ the replica-symmetric theory at zero temperature gives m where it has a solution: $\\sqrt{2\\alpha}\\, y = \\mathrm{erf}\\, y - \\frac{2}{\\sqrt{\\pi}} y\\, e^{-y^2}$ with $m = \\mathrm{erf}\\, y$ and $\\alpha = P/N$; there is none above the largest $\\alpha$ that it has.".into(),
        ],
        claims: claims::claims(run, settings, &curves, &basins, &limit)?,
        figures: vec![
            figures::capacity(settings, &curves, &limit),
            figures::stability(&curves),
            figures::basins(settings, &basins),
        ],
        tables: vec![
            figures::capacity_table(settings, &curves),
            figures::crossing_table(&limit),
            figures::basins_table(settings, &basins),
        ],
        discussion: discussion(),
        settings: toml::to_string(settings)?,
    })
}

fn discussion() -> Vec<String> {
    [
        "At low loads the stored patterns themselves are minima. Towards the capacity they no longer are, but there is one close by: crosstalk turns some units around, these turn a few more, and it ends there. Near the capacity that avalanche no longer stops. A pattern is then lost at once: patterns that are retrieved have an overlap above 0.9, and the larger N, the narrower are the loads at which some patterns are retrieved and others are not. Nothing in one unit's stability announces it, which falls smoothly.",
        "What is measured is dynamics, not the theory's minima: a recall that starts at the pattern ends in the first minimum on its way. Whether that is the retrieval state for all loads at which such a state exists is not for the theory to say, and it takes $N \\to \\infty$ first. Replica symmetry is broken at these temperatures besides: Steffan and Kühn (1994) find that this lifts the capacity by less than 0.0003, where an older calculation had 0.144, and quote simulations with 0.145 ± 0.009. How finite sizes approach the limit is not known, and the limit depends on it: the power of N is left free, and the error holds all powers that fit.",
        "The basins shrink with the load: at a low load a pattern is recalled from 40 % of wrong units, close to capacity only from few. Corruption of 50 % leaves nothing of the pattern, and what overlap is left then is chance.",
    ]
    .map(String::from)
    .into()
}
