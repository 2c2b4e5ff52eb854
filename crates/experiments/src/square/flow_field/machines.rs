//! The stages of `flow-field`, over seeds, fields and ranges of temperatures, and what they are held against.

use super::Settings;
use super::law::{Law, Reading};
use crate::stages::{Data, DrawInField, FlowInField, InField, TrainRbm, calibrate};
use anyhow::{Context, Result};
use exact::transfer::DensityOfStates;
use ising::Samples;
use lab::Run;
use lab::parts::over_seeds;
use lab::store::Done;
use rayon::prelude::*;
use rbm::Trainer;
use stats::{Estimate, child_seed};

/// Where the flow of a machine ends, over seeds.
pub(super) struct End {
    /// Numbers in the settings.
    pub(super) field: usize,
    pub(super) range: usize,
    pub(super) epochs: u64,
    pub(super) start: Start,
    /// Temperatures where all seeds are on the scale, J / k_B.
    pub(super) energy: Option<Estimate>,
    pub(super) magnetisation: Option<Estimate>,
    pub(super) network: Estimate,
    /// Magnetisation, of which the size is taken without a field, and energy of the bonds per spin.
    pub(super) plane: [Estimate; 2],
    /// Of how many ensembles u, m and the variance of u are those of one temperature, at the level 1e-3.
    pub(super) with_temperature: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Cold,
    Hot,
}

/// The share of Ising ensembles that may be said to have no temperature.
const LEVEL: f64 = 1e-3;

/// One range of temperatures in one field: where the specific heat is largest, and the temperature with the mean energy of the
/// training mixture.
pub(super) struct Exact {
    pub(super) peak: f64,
    pub(super) mixture: f64,
}

/// By range and, inside, field.
pub(super) fn exact(settings: &Settings, states: &DensityOfStates) -> Result<Vec<Vec<Exact>>> {
    let of = |hottest: f64, field: f64| -> Result<Exact> {
        let law = Law { states, field };
        let temperatures = settings.temperatures(hottest);
        // At zero temperature all spins lie along the field.
        let u = temperatures.iter().map(|&t| match t {
            0.0 => Ok(-2.0 - field),
            t => Ok(law.means(t)?.u),
        });
        let sum: f64 = u.collect::<Result<Vec<f64>>>()?.iter().sum();
        let mixture = law.of_energy(sum / temperatures.len() as f64).unwrap_or(f64::NAN);
        Ok(Exact { peak: law.peak()?, mixture })
    };
    let of_range = |&hottest: &f64| settings.fields.iter().map(|&h| of(hottest, h)).collect();
    settings.hottest.iter().map(of_range).collect()
}

/// Machines of one field each, and their flows.
pub(super) fn of_one_field(
    run: &Run,
    settings: &Settings,
    states: &DensityOfStates,
) -> Result<Vec<End>> {
    let mut cells = Vec::new();
    for range in 0..settings.hottest.len() {
        for field in 0..settings.fields.len() {
            cells.extend((0..settings.seeds).map(|seed| (range, field, seed)));
        }
    }
    let of_cell = |&(range, field, seed): &(usize, usize, u64)| {
        let place = (range * settings.fields.len() + field) as u64;
        let seed = child_seed(child_seed(run.seed, "flow-field", seed), "field", place);
        flows(run, settings, range, field, seed)
    };
    let flown: Vec<Vec<Flown>> = cells.par_iter().map(of_cell).collect::<Result<_>>()?;
    let seeds = settings.seeds as usize;
    let mut ends = Vec::new();
    for (cell, of_seeds) in cells.iter().step_by(seeds).zip(flown.chunks_exact(seeds)) {
        let &(range, field, _) = cell;
        let law = Law { states, field: settings.fields[field] };
        for which in 0..of_seeds[0].len() {
            let (epochs, start) = (of_seeds[0][which].epochs, of_seeds[0][which].start);
            let read = |flown: &Vec<Flown>| law.read(&flown[which].end.configurations);
            let readings: Vec<Reading> = of_seeds.par_iter().map(read).collect::<Result<_>>()?;
            let merge = |of: fn(&Reading) -> Option<Estimate>| {
                Some(over_seeds(&readings.iter().map(of).collect::<Option<Vec<_>>>()?))
            };
            let networks: Vec<Estimate> =
                of_seeds.iter().filter_map(|flown| flown[which].end.network).collect();
            ends.push(End {
                field,
                range,
                epochs,
                start,
                energy: merge(|reading| reading.energy),
                magnetisation: merge(|reading| reading.magnetisation),
                network: over_seeds(&networks),
                plane: plane(of_seeds.iter().map(|flown| &flown[which].end), |c| {
                    [law.observables(c)[1], c[0]]
                }),
                with_temperature: readings.iter().filter(|r| r.p_value >= LEVEL).count(),
            });
        }
    }
    Ok(ends)
}

/// One flow at its end.
struct Flown {
    epochs: u64,
    start: Start,
    end: InField,
}

/// Configurations for training and for the start, so many of the first at each temperature in each field.
fn sets(
    run: &Run,
    settings: &Settings,
    temperatures: &[f64],
    fields: &[f64],
    samples: u32,
    seed: u64,
) -> Result<[Done<Samples>; 2]> {
    let draw = |count, what| {
        let (side, seed) = (settings.side, child_seed(seed, what, 0));
        run.store.get(&DrawInField { side, temperatures, fields, count, seed })
    };
    Ok([draw(samples, "training")?, draw(settings.held_out, "held-out")?])
}

/// Training, held-out configurations, a network and flows of one seed.
fn flows(
    run: &Run,
    settings: &Settings,
    range: usize,
    field: usize,
    seed: u64,
) -> Result<Vec<Flown>> {
    let temperatures = settings.temperatures(settings.hottest[range]);
    let fields = &settings.fields[field..=field];
    let [training, held_out] = sets(run, settings, &temperatures, fields, settings.samples, seed)?;
    let network = calibrate(
        &run.store,
        &training,
        &temperatures,
        &settings.network,
        settings.network_epochs,
        settings.network_epochs,
        child_seed(seed, "network", 0),
    )?;
    let mut flown = Vec::new();
    for state in machine(run, settings, Data::Samples(&training), child_seed(seed, "rbm", 0))? {
        let last = held_out.value.len() - settings.held_out as usize;
        for (start, first) in [(Start::Cold, 0), (Start::Hot, last)] {
            let done = run.store.get(&FlowInField {
                rbm: &state,
                network: Some(&network),
                start: &held_out,
                range: (first, first + settings.held_out as usize),
                side: settings.side,
                read: &settings.steps,
                seed: child_seed(seed, "flow", first as u64),
            })?;
            let epochs = state.value.epochs(training.value.len());
            flown.extend(done.value.into_iter().next_back().map(|end| Flown {
                epochs,
                start,
                end,
            }));
        }
    }
    Ok(flown)
}

/// A machine after each of the epochs of the settings.
fn machine(
    run: &Run,
    settings: &Settings,
    data: Data<'_>,
    seed: u64,
) -> Result<Vec<Done<Trainer>>> {
    let mut states: Vec<Done<Trainer>> = Vec::new();
    let mut before = 0;
    for &epochs in &settings.epochs {
        let (config, from) = (settings.train, states.last());
        let stage = TrainRbm { data, config, from, epochs: epochs - before, seed };
        states.push(run.store.get(&stage)?);
        before = epochs;
    }
    Ok(states)
}

/// Means over the configurations of each seed, and over seeds.
fn plane<'a>(
    of_seeds: impl Iterator<Item = &'a InField>,
    of: impl Fn([f64; 2]) -> [f64; 2],
) -> [Estimate; 2] {
    let all: Vec<Vec<[f64; 2]>> =
        of_seeds.map(|end| end.configurations.iter().map(|&c| of(c)).collect()).collect();
    [0, 1].map(|which| {
        let column = |end: &Vec<[f64; 2]>| end.iter().map(|c| c[which]).collect::<Vec<_>>();
        let estimates = all.iter().map(|end| Estimate::from_independent(&column(end)));
        over_seeds(&estimates.collect::<Vec<_>>())
    })
}

/// The flow of machines that were shown all fields, from hot configurations in one of them.
pub(super) struct Joint {
    /// Number of the field in which it started.
    pub(super) field: usize,
    /// `|m|` and energy of the bonds per spin at the start and at the end.
    pub(super) started: [Estimate; 2],
    pub(super) ended: [Estimate; 2],
}

/// Machines of all fields together: each sees as many configurations as one of a single field does, or nearly.
pub(super) fn of_all_fields(run: &Run, settings: &Settings) -> Result<Vec<Joint>> {
    let of_seed = |seed: u64| joint(run, settings, child_seed(run.seed, "flow-field joint", seed));
    let seeds: Vec<Vec<Vec<InField>>> =
        (0..settings.seeds).into_par_iter().map(of_seed).collect::<Result<_>>()?;
    let of_field = |field: usize| {
        let at = |which: usize| {
            plane(seeds.iter().map(move |fields| &fields[field][which]), |[e, m]| [m.abs(), e])
        };
        Joint { field, started: at(0), ended: at(1) }
    };
    Ok((0..settings.fields.len()).map(of_field).collect())
}

/// Start and end of the flows from all fields, of one seed's machine.
fn joint(run: &Run, settings: &Settings, seed: u64) -> Result<Vec<Vec<InField>>> {
    let temperatures = &settings.temperatures(settings.hottest[0]);
    let share = settings.samples.div_ceil(settings.fields.len() as u32);
    let [training, held_out] = sets(run, settings, temperatures, &settings.fields, share, seed)?;
    let states = machine(run, settings, Data::Samples(&training), child_seed(seed, "rbm", 0))?;
    let rbm = states.last().context("a machine was not trained")?;
    let count = settings.held_out as usize;
    let flow = |field: usize| {
        let hot = (field + 1) * temperatures.len() * count - count;
        let done = run.store.get(&FlowInField {
            rbm,
            network: None,
            start: &held_out,
            range: (hot, hot + count),
            side: settings.side,
            read: &[0, settings.steps.last().copied().unwrap_or(0)],
            seed: child_seed(seed, "flow", field as u64),
        })?;
        Ok(done.value)
    };
    (0..settings.fields.len()).map(flow).collect()
}

#[cfg(any())]
mod tests {
    use super::*;
    use crate::distinct::{HOT, assert_distinct, run};
    use lab::settings::{Profile, load};

    #[test]
    fn training_and_start_sets_share_no_configuration() {
        let (_directory, run) = run();
        let mut settings = load::<Settings>("flow-field", Profile::Quick).unwrap().settings;
        (settings.side, settings.held_out) = (8, 300);
        let fields = [0.0, 0.5];
        let of = |seed| sets(&run, &settings, &HOT, &fields, 300, seed).unwrap();
        let drawn = [1, 2].map(of);
        let drawn = drawn.iter().flatten().map(|done| &done.value);
        assert_distinct(&drawn.collect::<Vec<_>>());
    }
}
