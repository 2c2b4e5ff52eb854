//! What the flows of `flow-square` are held against: the same readings of configurations in equilibrium.

use super::cells::{Cell, Set, held_out_temperatures, select};
use super::{Settings, over_seeds};
use crate::stages::FlowSteps;
use anyhow::Result;
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
    /// The temperature whose equilibrium |m| is `abs_m`, by linear interpolation between the training temperatures.
    fn temperature_of(&self, temperatures: &[f64], abs_m: f64) -> f64 {
        let falls = |pair: &&[usize]| self.abs_m[pair[1]].mean <= abs_m;
        let numbers: Vec<usize> = (0..temperatures.len()).collect();
        let Some(&[i, j]) = numbers.windows(2).find(falls) else {
            return temperatures[temperatures.len() - 1];
        };
        let (high, low) = (self.abs_m[i].mean, self.abs_m[j].mean);
        let fraction =
            if high > low { ((high - abs_m) / (high - low)).clamp(0.0, 1.0) } else { 0.0 };
        temperatures[i] + fraction * (temperatures[j] - temperatures[i])
    }
}

/// Network's temperature minus that of |m|, at the end of the flow by the first rule from the coldest start.
pub(super) fn thermometers_disagree(
    settings: &Settings,
    equilibrium: &Equilibrium,
    cells: &[Cell],
    hidden: usize,
) -> Estimate {
    let difference = |steps: &FlowSteps| {
        let last = settings.steps;
        let (network, m) = (steps.temperature[last], steps.abs_m[last]);
        let of_m = |m: f64| equilibrium.temperature_of(&settings.temperatures, m);
        // |m| falls with T: the error carries over by the difference that it makes.
        let spread = 0.5 * (of_m(m.mean - m.error) - of_m(m.mean + m.error)).abs();
        let mean = network.mean - of_m(m.mean);
        Estimate { mean, error: network.error.hypot(spread), ..network }
    };
    over_seeds(&select(cells, hidden, settings.rules[0], 0).map(difference).collect::<Vec<_>>())
}
