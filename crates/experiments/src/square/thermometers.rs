//! What five thermometers say of ensembles, over seeds: for experiments that read flows.

use crate::stages::Step;
use anyhow::Result;
use exact::square::critical_temperature;
use exact::torus::specific_heat_peak;
use flow::{Readings, Verdict};
use lab::verdict::{self, Ruling};
use stats::Estimate;

/// The share of Ising ensembles that may be said to have no temperature.
pub(super) const LEVEL: f64 = 1e-3;

/// The thermometers, in the order of [`temperatures`]: the network last.
pub(super) const NAMES: [&str; 5] =
    ["energy", "magnetisation", "correlation length", "two-point function", "network"];

/// One of the five thermometers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Thermometer {
    Energy,
    Magnetisation,
    CorrelationLength,
    TwoPoint,
    Network,
}

impl Thermometer {
    /// All of them, the network last.
    pub(super) const ALL: [Self; 5] =
        [Self::Energy, Self::Magnetisation, Self::CorrelationLength, Self::TwoPoint, Self::Network];

    /// Those that compare an ensemble with the Ising model itself.
    pub(super) const PHYSICAL: [Self; 4] =
        [Self::Energy, Self::Magnetisation, Self::CorrelationLength, Self::TwoPoint];

    pub(super) fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// What it reads, where that is on its scale.
    pub(super) fn of(self, readings: &Readings) -> Option<Estimate> {
        temperatures(readings)[self as usize]
    }

    /// What it reads of a step of a trajectory.
    pub(super) fn at(self, step: &Step) -> Option<Estimate> {
        self.of(step.readings.as_ref()?)
    }
}

/// Whether a step's ensemble is not told from an Ising ensemble at one temperature, at the level [`LEVEL`]; one without
/// anything to judge has no temperature.
pub(super) fn has_temperature(step: &Step) -> bool {
    let verdict = step.readings.as_ref().map(|readings| readings.verdict(LEVEL));
    verdict.is_some_and(|verdict| verdict != Verdict::NoTemperature)
}

/// By a rule where a thermometer reads something on its scale; what is off the scale is not so.
pub(super) fn on_scale<T>(read: Option<T>, rule: impl FnOnce(T) -> Ruling) -> Ruling {
    read.map_or_else(|| verdict::holds(false, "on the scale of the thermometer"), rule)
}

/// How close to T_c a thermometer without a scale of its own must read to be at T_c, J / k_B: as close as the maximum of this
/// torus' specific heat is.
pub(super) fn finite_size_shift(side: usize) -> Result<f64> {
    Ok((specific_heat_peak(side)? - critical_temperature()).abs())
}

/// What each thermometer reads, where it is on its scale.
pub(super) fn temperatures(readings: &Readings) -> [Option<Estimate>; 5] {
    let Readings { energy, magnetisation, correlation_length, two_point, network, .. } = readings;
    [
        energy.estimate(),
        magnetisation.estimate(),
        correlation_length.estimate(),
        two_point.reading.estimate(),
        *network,
    ]
}

/// Between which times of its training a reading of the end passes a temperature for the first time, in words.
pub(super) fn passes(readings: &[(f64, f64)], temperature: f64) -> Option<String> {
    let [before, after] = passage(readings, temperature)?;
    Some(format!("during training it is crossed between rate × updates {before} and {after}"))
}

/// The two times.
pub(super) fn passage(readings: &[(f64, f64)], temperature: f64) -> Option<[String; 2]> {
    let pair = readings.windows(2).find(|of| (of[0].1 > temperature) != (of[1].1 > temperature))?;
    Some([pair[0].0, pair[1].0].map(report::numbers::exact))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_is_the_first_one() {
        let of = |values: &[f64]| {
            let readings: Vec<_> = (1..).map(f64::from).zip(values.iter().copied()).collect();
            passes(&readings, 2.0)
        };
        assert_eq!(of(&[1.0, 1.5, 1.9]), None);
        let when = of(&[1.0, 1.5, 2.5, 1.0]).unwrap();
        assert!(when.ends_with("2 and 3"), "{when}");
    }
}
