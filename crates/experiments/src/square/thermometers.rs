//! What five thermometers say of ensembles, over seeds: for experiments that read flows.

use crate::stages::FlowReadings;
use flow::{Readings, Verdict};
use lab::parts::over_seeds;
use stats::Estimate;

/// The share of Ising ensembles that may be said to have no temperature.
pub(super) const LEVEL: f64 = 1e-3;

/// The thermometers, in the order of [`temperatures`]: the network last.
pub(super) const NAMES: [&str; 5] =
    ["energy", "magnetisation", "correlation length", "two-point function", "network"];

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

/// One thermometer on the same ensemble of every seed; none where it is off its scale for any.
pub(super) fn temperature<'a>(
    of_seeds: impl IntoIterator<Item = &'a FlowReadings>,
    thermometer: usize,
) -> Option<Estimate> {
    let of_seed = |read: &FlowReadings| temperatures(read.readings.as_ref()?)[thermometer];
    Some(over_seeds(&of_seeds.into_iter().map(of_seed).collect::<Option<Vec<_>>>()?))
}

/// How many ensembles have a temperature, at the level [`LEVEL`]; one without anything to judge has none.
pub(super) fn with_temperature<'a>(ensembles: impl IntoIterator<Item = &'a FlowReadings>) -> usize {
    let has = |read: &&FlowReadings| {
        let verdict = read.readings.as_ref().map(|readings| readings.verdict(LEVEL));
        verdict.is_some_and(|verdict| verdict != Verdict::NoTemperature)
    };
    ensembles.into_iter().filter(has).count()
}

/// What all thermometers read of the same ensemble of every seed, as text.
pub(super) fn in_words(of_seeds: &[&FlowReadings]) -> String {
    let read = NAMES.iter().enumerate().filter_map(|(index, name)| {
        let read = temperature(of_seeds.iter().copied(), index)?;
        Some(format!("{name} {}", lab::parts::shown(read)))
    });
    read.collect::<Vec<_>>().join(", ")
}
