//! What the flows of `flow-square` are held against: the same readings of configurations in equilibrium.

use super::Settings;
use super::flows::{Cell, select};
use super::sets::{Kind, Set, held_out_temperatures};
use crate::stages::FlowSteps;
use anyhow::Result;
use flow::Rule;
use lab::parts::over_seeds;
use rayon::prelude::*;
use stats::Estimate;

/// Held-out configurations in equilibrium, over seeds: what the flow's configurations are held against.
pub(crate) struct Equilibrium {
    /// By training temperature.
    pub(super) reading: Vec<Estimate>,
    pub(super) abs_m: Vec<Estimate>,
    pub(super) energy: Vec<Estimate>,
    /// Independent configurations that a seed's are worth, by the slower of |m| and energy.
    pub(super) effective: Vec<f64>,
    pub(super) reading_at_critical: Estimate,
    pub(super) abs_m_at_critical: Estimate,
    pub(super) energy_at_critical: Estimate,
}

/// One temperature of one seed: the network's reading, |m|, energy.
type Block = [Estimate; 3];

pub(super) fn equilibrium(settings: &Settings, sets: &[Set]) -> Result<Equilibrium> {
    let lattice = settings.shape().lattice()?;
    let draws = settings.held_out as usize;
    let block = |set: &Set, number: usize| -> Block {
        let samples = &set.held_out.value;
        let rows = number * draws..(number + 1) * draws;
        let configurations = samples.to_matrix().columns(rows.start, draws).into_owned();
        let readings = set.calibration.value.thermometer().read(&configurations).temperatures;
        let of_rows = |observable: &dyn Fn(&[i8]) -> f64| -> Vec<f64> {
            rows.clone().map(|row| observable(&samples.row(row))).collect()
        };
        let abs_m = of_rows(&|spins| ising::magnetisation(spins).abs());
        let energy = of_rows(&|spins| ising::energy_per_spin(&lattice, spins));
        [readings, abs_m, energy].map(|series| Estimate::from_series(&series))
    };
    let number = held_out_temperatures(settings).len();
    let blocks: Vec<Vec<Block>> =
        sets.par_iter().map(|set| (0..number).map(|index| block(set, index)).collect()).collect();
    let merge = |index: usize, which: usize| {
        over_seeds(&blocks.iter().map(|of_seed| of_seed[index][which]).collect::<Vec<_>>())
    };
    let effective = |index: usize| {
        let slower = |block: &Block| block[1].effective_count().min(block[2].effective_count());
        blocks.iter().map(|of_seed| slower(&of_seed[index])).sum::<f64>() / blocks.len() as f64
    };
    let column = |which| (0..number - 1).map(|index| merge(index, which)).collect();
    Ok(Equilibrium {
        reading: column(0),
        abs_m: column(1),
        energy: column(2),
        effective: (0..number - 1).map(effective).collect(),
        reading_at_critical: merge(number - 1, 0),
        abs_m_at_critical: merge(number - 1, 1),
        energy_at_critical: merge(number - 1, 2),
    })
}

impl Equilibrium {
    /// What the network reads of genuine configurations with this |m|, by linear interpolation between temperatures.
    fn reading_of(&self, abs_m: f64) -> f64 {
        let last = self.abs_m.len() - 1;
        // |m| falls with T.
        let below = (1..last).find(|&i| self.abs_m[i].mean <= abs_m).unwrap_or(last);
        let [high, low] = [below - 1, below].map(|i| (self.abs_m[i].mean, self.reading[i].mean));
        if high.0 <= low.0 {
            return low.1;
        }
        let fraction = ((high.0 - abs_m) / (high.0 - low.0)).clamp(0.0, 1.0);
        high.1 + fraction * (low.1 - high.1)
    }
}

/// At the end of the flow from the coldest start: what the network reads, minus what it reads of genuine configurations
/// with the same |m|.
pub(super) fn excess_reading(
    settings: &Settings,
    equilibrium: &Equilibrium,
    cells: &[Cell],
    rule: Rule,
) -> Estimate {
    let excess = |steps: &FlowSteps| {
        let last = settings.steps;
        let (network, m) = (steps.temperature[last], steps.abs_m[last]);
        let genuine = |m: f64| equilibrium.reading_of(m);
        let spread = 0.5 * (genuine(m.mean - m.error) - genuine(m.mean + m.error)).abs();
        let mean = network.mean - genuine(m.mean);
        Estimate { mean, error: network.error.hypot(spread), ..network }
    };
    let of_seeds = select(cells, Kind::All, rule, settings.coldest());
    over_seeds(&of_seeds.map(excess).collect::<Vec<_>>())
}
