//! What six thermometers read where a flow ends, and how far that is from T_c.

use super::machines::{Path, Seed};
use super::{Kind, Torus};
use crate::square::thermometers::{NAMES, temperature, temperatures, with_temperature};
use crate::stages::{FlowReadings, FlowSteps};
use anyhow::Result;
use exact::square::{critical_coupling, critical_temperature};
use exact::transfer::{Moments, WIDTH_LIMIT, magnetisation_probabilities};
use flow::NetworkThermometer;
use lab::parts::*;
use stats::Estimate;

/// How many thermometers are physical; the networks follow.
pub(super) const PHYSICAL: usize = 4;
pub(super) const THERMOMETERS: usize = PHYSICAL + 2;

/// Configurations in equilibrium at T_c: what ends are held against.
pub(super) struct Genuine {
    /// What the networks read.
    pub(super) networks: [Estimate; 2],
    /// `<|m|>`, exact where the torus is small.
    pub(super) abs_m: Estimate,
}

/// Where a flow ends, over seeds.
pub(super) struct End {
    pub(super) name: &'static str,
    pub(super) training: Option<usize>,
    pub(super) kind: Kind,
    pub(super) start: usize,
    /// Four physical thermometers, two networks; none off the scale.
    pub(super) read: [Option<Estimate>; THERMOMETERS],
    /// Distances from T_c: of a network from what it reads there.
    pub(super) distance: [Option<Estimate>; THERMOMETERS],
    /// The first network's distance from T_c less that of each physical thermometer: differences of every seed.
    pub(super) gaps: [Option<Estimate>; PHYSICAL],
    pub(super) abs_m: Estimate,
    /// Where on the scale the first network's mean distribution is largest: what a figure of it shows.
    pub(super) peak: f64,
    /// How many of the seeds' ensembles have one temperature.
    pub(super) with_temperature: usize,
    /// chi^2 of the two-point fit by degree of freedom, the smallest of the seeds.
    pub(super) chi_square: f64,
}

impl Genuine {
    pub(super) fn of(torus: &Torus, seeds: &[Seed]) -> Result<Self> {
        let network = |number: usize| {
            let read = |seed: &Seed| {
                let samples = &seed.critical.value;
                let network: NetworkThermometer = seed.networks[number].value.thermometer();
                Ok(network.temperature(samples, samples.len())?)
            };
            Ok::<_, anyhow::Error>(over_seeds(&seeds.iter().map(read).collect::<Result<Vec<_>>>()?))
        };
        let abs_m = if torus.side <= WIDTH_LIMIT {
            let law = magnetisation_probabilities(torus.side, critical_coupling())?;
            Estimate::exact(Moments::of(&law).abs_m)
        } else {
            let of_seed = |seed: &Seed| {
                let abs_m = ising::magnetisations(&seed.critical.value).into_iter().map(f64::abs);
                Estimate::from_independent(&abs_m.collect::<Vec<_>>())
            };
            over_seeds(&seeds.iter().map(of_seed).collect::<Vec<_>>())
        };
        Ok(Self { networks: [network(0)?, network(1)?], abs_m })
    }
}

/// A quantity after the last step, over seeds.
fn at_end<'a>(
    steps: impl Iterator<Item = &'a FlowSteps>,
    quantity: impl Fn(&FlowSteps) -> &Vec<Estimate>,
) -> Estimate {
    over_seeds(&steps.filter_map(|steps| quantity(steps).last().copied()).collect::<Vec<_>>())
}

/// |m| at the end of a path, over seeds.
pub(super) fn abs_m(path: &Path) -> Estimate {
    at_end(path.seeds.iter().map(|seed| &seed.steps), |steps| &steps.abs_m)
}

/// The energy temperature at the end of a path, over seeds.
pub(super) fn energy_temperature(path: &Path) -> Option<Estimate> {
    temperature(path.seeds.iter().filter_map(|seed| seed.readings.last()), 0)
}

/// The ends of the flows of trained machines.
pub(super) fn ends(torus: &Torus, genuine: &Genuine, paths: &[Path]) -> Vec<End> {
    let trained = paths.iter().filter(|path| path.early.is_none());
    trained.map(|path| end(torus, genuine, path)).collect()
}

fn end(torus: &Torus, genuine: &Genuine, path: &Path) -> End {
    let last: Vec<&FlowReadings> =
        path.seeds.iter().filter_map(|seed| seed.readings.last()).collect();
    let mut read = [None; THERMOMETERS];
    for (thermometer, read) in read.iter_mut().take(NAMES.len()).enumerate() {
        *read = temperature(last.iter().copied(), thermometer);
    }
    let second = path.seeds.iter().map(|seed| &seed.steps);
    read[PHYSICAL + 1] = Some(at_end(second, |steps| &steps.temperature));
    let critical = Estimate::exact(critical_temperature());
    let [first, second] = genuine.networks;
    let at_critical = [critical, critical, critical, critical, first, second];
    let fits = last.iter().filter_map(|read| read.readings.as_ref());
    let chi_square = fits.map(|r| r.two_point.chi_square / r.two_point.degrees_of_freedom as f64);
    End {
        name: path.name,
        training: path.training,
        kind: path.kind,
        start: path.start,
        read,
        distance: std::array::from_fn(|number| Some(read[number]? - at_critical[number])),
        gaps: std::array::from_fn(|of| Some(gap(&last, of)? - (first - critical_temperature()))),
        abs_m: abs_m(path),
        peak: peak(torus, &last),
        with_temperature: with_temperature(last.iter().copied()),
        chi_square: chi_square.fold(f64::NAN, f64::min),
    }
}

/// The network minus another thermometer, over seeds; none where one is off the scale.
fn gap(ends: &[&FlowReadings], thermometer: usize) -> Option<Estimate> {
    let of_seed = |end: &&FlowReadings| {
        let read = temperatures(end.readings.as_ref()?);
        Some(read[PHYSICAL]? - read[thermometer]?)
    };
    Some(over_seeds(&ends.iter().map(of_seed).collect::<Option<Vec<_>>>()?))
}

/// The temperature with the largest mean probability.
fn peak(torus: &Torus, ends: &[&FlowReadings]) -> f64 {
    let at = |class: usize| ends.iter().map(|end| end.distribution[class]).sum::<f64>();
    let most = (0..torus.temperatures.len()).max_by(|&a, &b| at(a).total_cmp(&at(b)));
    most.map_or(f64::NAN, |class| torus.temperatures[class])
}

impl End {
    /// Whether a thermometer is at T_c, within the spacing of the scale. None where five errors do not let that be said.
    pub(super) fn at_critical(&self, torus: &Torus, thermometer: usize) -> Option<bool> {
        let Some(distance) = self.distance[thermometer] else { return Some(false) };
        is_near(distance, torus.resolution())
    }

    /// Whether the source's network is at T_c, where that can be said.
    pub(super) fn network_at_critical(&self, torus: &Torus) -> Option<bool> {
        self.at_critical(torus, PHYSICAL)
    }

    /// Whether the network's distribution is largest next to T_c.
    pub(super) fn peaks_at_critical(&self, torus: &Torus) -> bool {
        (self.peak - critical_temperature()).abs() <= torus.resolution()
    }

    /// How many physical thermometers surely are at T_c, and how many surely are not.
    pub(super) fn physical_at_critical(&self, torus: &Torus) -> (usize, usize) {
        let count =
            |at| (0..PHYSICAL).filter(|&of| self.at_critical(torus, of) == Some(at)).count();
        (count(true), count(false))
    }
}
