//! What the network thermometer measures: the same |m| with and without the geometry of the lattice.

use super::Settings;
use super::courses::Set;
use anyhow::Result;
use ising::{Coupling, Lattice, Samples, complete_graph, energies, magnetisations};
use lab::Run;
use lab::parts::*;
use lab::published::Finding;
use nalgebra::DMatrix;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use report::content::{Claim, Figure, Panel, Style, Verdict};
use report::numbers;
use stats::Estimate;
use std::collections::BTreeMap;

/// Configurations of one kind at one temperature, one seed.
#[derive(Clone, Copy)]
struct Block {
    abs_m: Estimate,
    network: Estimate,
}

/// One seed.
struct Seed {
    /// By temperature: configurations of the torus; the same with their sites permuted; the complete graph.
    kinds: [Vec<Block>; 3],
    /// By temperature: what the network reads less of a configuration than of the same one permuted.
    lost: Vec<Estimate>,
    /// At fixed |m|: by how much the reading rises with the energy per spin.
    slope: f64,
    /// The share of the variance of readings of the torus that |m| alone explains.
    explained: f64,
}

pub(super) struct Geometry {
    temperatures: Vec<f64>,
    seeds: Vec<Seed>,
}

const KINDS: [&str; 3] = ["torus at T", "the same, sites permuted", "complete graph"];

pub(super) fn geometry(settings: &Settings, sets: &[Set]) -> Result<Geometry> {
    let lattice = Lattice::square(settings.side)?;
    let seeds = sets.par_iter().map(|set| seed(settings, &lattice, set));
    let seeds = seeds.collect::<Result<_>>()?;
    Ok(Geometry { temperatures: settings.temperatures.clone(), seeds })
}

fn seed(settings: &Settings, lattice: &Lattice, set: &Set) -> Result<Seed> {
    let (samples, count) = (&set.held_out.value, settings.held_out as usize);
    let torus = samples.to_matrix();
    let mut rng = stats::stream(set.seed, "permuted", 0);
    let mut permuted = torus.clone();
    permuted.column_iter_mut().for_each(|mut v| v.as_mut_slice().shuffle(&mut rng));
    // The complete graph orders at T = 1: the same range of T / T_c as on the torus, about.
    let critical = exact::square::critical_temperature();
    let mut complete = Samples::new(lattice.sites());
    for &t in &settings.temperatures {
        let coupling = Coupling::from_temperature(t / critical)?;
        complete.append(&complete_graph(lattice.sites(), coupling, count, &mut rng)?)?;
    }
    let network = set.network.value.thermometer();
    let read = |v: &DMatrix<f32>| network.read(v).temperatures;
    let m = |v: &DMatrix<f32>| -> Vec<f64> {
        v.column_iter().map(|v| f64::from(v.mean()).abs()).collect()
    };
    let (complete_m, complete) = (magnetisations(&complete), complete.to_matrix());
    let readings = [read(&torus), read(&permuted), read(&complete)];
    let complete_m: Vec<f64> = complete_m.iter().map(|m| m.abs()).collect();
    let abs_m = [m(&torus), m(&permuted), complete_m];
    let mean = |values: &[f64], block: usize| {
        Estimate::from_independent(&values[block * count..(block + 1) * count])
    };
    let blocks = 0..settings.temperatures.len();
    let kinds = [0, 1, 2].map(|kind| {
        let block = |b| Block { abs_m: mean(&abs_m[kind], b), network: mean(&readings[kind], b) };
        blocks.clone().map(block).collect()
    });
    let lost: Vec<f64> = readings[0].iter().zip(&readings[1]).map(|(a, b)| a - b).collect();
    let permuted = ising::Configurations::from_matrix(&permuted)?;
    let both = [energies(lattice, samples), energies(lattice, &permuted)].concat();
    let sums: Vec<i64> = (0..samples.len()).map(|row| samples.spin_sum(row).abs()).collect();
    let pooled = fit(&sums.repeat(2), &both, &readings[..2].concat());
    let alone = fit(&sums, &vec![0.0; sums.len()], &readings[0]);
    Ok(Seed {
        kinds,
        lost: blocks.map(|block| mean(&lost, block)).collect(),
        slope: pooled.slope,
        explained: alone.explained,
    })
}

struct Fitted {
    slope: f64,
    explained: f64,
}

/// Readings by |sum of spins|, each value a group of its own: the common slope by x within groups, and the share of the
/// variance that lies between them.
fn fit(sums: &[i64], x: &[f64], readings: &[f64]) -> Fitted {
    let mut groups: BTreeMap<i64, Vec<(f64, f64)>> = BTreeMap::new();
    for ((sum, x), y) in sums.iter().zip(x).zip(readings) {
        groups.entry(*sum).or_default().push((*x, *y));
    }
    let (mut products, mut squares, mut within) = (0.0, 0.0, 0.0);
    for group in groups.values() {
        let n = group.len() as f64;
        let mean_x = group.iter().map(|(x, _)| x).sum::<f64>() / n;
        let mean_y = group.iter().map(|(_, y)| y).sum::<f64>() / n;
        for (x, y) in group {
            products += (x - mean_x) * (y - mean_y);
            squares += (x - mean_x).powi(2);
            within += (y - mean_y).powi(2);
        }
    }
    let mean = readings.iter().sum::<f64>() / readings.len() as f64;
    let all: f64 = readings.iter().map(|y| (y - mean).powi(2)).sum();
    Fitted { slope: products / squares, explained: 1.0 - within / all }
}

impl Geometry {
    fn block(&self, kind: usize, number: usize, of: fn(&Block) -> Estimate) -> Estimate {
        over_seeds(&self.seeds.iter().map(|s| of(&s.kinds[kind][number])).collect::<Vec<_>>())
    }

    fn lost(&self, number: usize) -> Estimate {
        over_seeds(&self.seeds.iter().map(|seed| seed.lost[number]).collect::<Vec<_>>())
    }

    pub(super) fn slope(&self) -> Estimate {
        over_exact(&self.seeds.iter().map(|seed| seed.slope).collect::<Vec<_>>())
    }

    pub(super) fn explained(&self) -> Estimate {
        over_exact(&self.seeds.iter().map(|seed| seed.explained).collect::<Vec<_>>())
    }
}

/// Whether energy matters to the network at the same |m|.
pub(super) fn claim(run: &Run, geometry: &Geometry) -> Result<Claim> {
    let numbers_of = 0..geometry.temperatures.len();
    let largest = numbers_of
        .max_by(|&a, &b| geometry.lost(a).mean.abs().total_cmp(&geometry.lost(b).mean.abs()));
    let largest = largest.unwrap_or(0);
    let (lost, slope) = (geometry.lost(largest), geometry.slope());
    let matters = lost.sigmas_from(0.0) > SIGMAS && slope.sigmas_from(0.0) > SIGMAS;
    let verdict = if matters { Verdict::Corrected } else { Verdict::Reproduced };
    let conclusion = match matters {
        true => "So geometry enters the reading, though |m| dominates it",
        false => "So beyond |m| nothing is seen within five errors",
    };
    let finding = Finding {
        value: lost,
        quantity: format!(
            "network temperature of configurations at T = {} less that of the same with their sites permuted",
            geometry.temperatures[largest]
        ),
        verdict,
        reason: format!(
            "Permuted sites keep m and lose all geometry. At fixed |m| the reading changes by {} per unit of energy per spin; |m| alone explains a share of {} of the variance of readings on the torus. {conclusion}; the temperature shown is that of the largest difference.",
            shown(slope),
            shown(geometry.explained())
        ),
    };
    run.published.claim("flow-explained/thermometer", "veiga-2020/thermometer", finding)
}

pub(super) fn figure(geometry: &Geometry) -> Figure {
    let count = geometry.temperatures.len();
    let series = (0..KINDS.len()).map(|kind| {
        let point = |number| {
            let m = geometry.block(kind, number, |block| block.abs_m);
            (m.mean, geometry.block(kind, number, |block| block.network))
        };
        measured(KINDS[kind], Style::LinePoints, (0..count).map(point).collect::<Vec<_>>())
    });
    let lost = (0..count).map(|number| (geometry.temperatures[number], geometry.lost(number)));
    Figure {
        id: "flow-explained-geometry".into(),
        caption: format!(
            "What the network reads against |m|, for configurations of the torus, for the same with their sites permuted, and for the complete graph; right: what permuting changes. Mean and error over seeds; {} temperatures.",
            numbers::exact(count as f64)
        ),
        panels: vec![
            Panel {
                title: String::new(),
                x: axis("magnetisation ⟨|m|⟩"),
                y: axis("network temperature (J/k_B)"),
                series: series.collect(),
                marks: vec![mark_y("T_c", exact::square::critical_temperature())],
            },
            Panel {
                title: String::new(),
                x: axis("temperature T (J/k_B)"),
                y: axis("reading: torus less permuted (J/k_B)"),
                series: vec![measured("difference", Style::LinePoints, lost.collect::<Vec<_>>())],
                marks: vec![mark_y("|m| alone", 0.0)],
            },
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_within_groups() {
        // Between groups the reading falls with x, within it rises by 2.
        let (sums, x) = ([0, 0, 4, 4], [1.0, 2.0, 5.0, 7.0]);
        let readings = [10.0, 12.0, 3.0, 7.0];
        let found = fit(&sums, &x, &readings);
        assert!((found.slope - 2.0).abs() < 1e-12);
        // 46 in all, 2 + 8 within.
        assert!((found.explained - 36.0 / 46.0).abs() < 1e-12);
    }
}
