//! The stages of `flow-controls`: thermometers, machines of both kinds on every data set, their flows.

use super::{DataSet, Kind, Settings, Torus};
use crate::stages::{
    DrawEquilibrium, DrawUnstructured, FlowReadings, FlowSteps, Flowing, MeasureCurves, ReadFlow,
    RunFlow, Shape, Source, calibrate, train_rbm,
};
use anyhow::{Context, Result};
use exact::square::critical_temperature;
use flow::{Calibration, Flow, IsingCurves, Rule};
use ising::Samples;
use lab::Run;
use lab::parts::over_exact;
use lab::store::Done;
use rayon::prelude::*;
use rbm::{Rbm, Trainer};
use stats::{Estimate, child_seed};

/// Epochs of a network that an interruption loses at most.
const SEGMENT: u64 = 20;

/// The names of the starts, cold and hot.
pub(super) const STARTS: [&str; 2] = ["0", "∞"];

/// What the machine of the torus is called when its weights are drawn anew.
pub(super) const REDRAWN: &str = "redrawn weights";

/// What a seed starts with.
pub(super) struct Seed {
    pub(super) seed: u64,
    /// By training.
    data: Vec<Done<Samples>>,
    pub(super) curves: Done<IsingCurves>,
    pub(super) networks: [Done<Calibration>; 2],
    /// All up, then balanced: `copies` of each.
    starts: Done<Samples>,
    /// Independent configurations at T_c.
    pub(super) critical: Done<Samples>,
}

/// A machine of every seed.
pub(super) struct Machine {
    /// Number of its training.
    pub(super) training: usize,
    pub(super) kind: Kind,
    /// Whether it is that of the check: another learning rate.
    pub(super) is_check: bool,
    /// By seed, its states after every segment.
    pub(super) states: Vec<Vec<Done<Trainer>>>,
}

/// A flow, all seeds.
pub(super) struct Path {
    /// Of the data set, or that weights were redrawn.
    pub(super) name: &'static str,
    /// In file names.
    pub(super) key: &'static str,
    /// The number of the training, but for redrawn weights.
    pub(super) training: Option<usize>,
    pub(super) kind: Kind,
    /// Cold or hot, of [`STARTS`].
    pub(super) start: usize,
    /// None: trained to the end; else rate times updates, of the torus' machines and of those of the check.
    pub(super) early: Option<(bool, f64)>,
    /// By seed.
    pub(super) seeds: Vec<Flown>,
}

/// A flow of one seed.
pub(super) struct Flown {
    /// |m| and the second network, every step.
    pub(super) steps: FlowSteps,
    /// By the first network and all physical thermometers, at the steps shown; at the end alone of machines of the check.
    pub(super) readings: Vec<FlowReadings>,
}

pub(super) fn seeds(run: &Run, settings: &Settings, torus: &Torus) -> Result<Vec<Seed>> {
    let side = torus.side;
    let name = format!("flow-controls/{side}");
    let of_seed = |index: u64| -> Result<Seed> {
        let seed = child_seed(run.seed, &name, index);
        let child = |what: &str| child_seed(seed, what, 0);
        let temperatures = &torus.temperatures;
        let draw = |what: &str, temperatures: &[f64], count: u32| {
            run.store.get(&DrawEquilibrium { side, temperatures, count, seed: child(what) })
        };
        let curves = run.store.get(&MeasureCurves {
            side,
            hottest: settings.hottest,
            draws: torus.curve_draws,
            seed: child("curves"),
        })?;
        let of_network = draw("network", temperatures, torus.network_samples)?;
        let network = |number: usize| {
            let network = &torus.networks[number];
            let seed = child_seed(seed, "thermometer", number as u64);
            let (train, epochs) = (&network.train, network.epochs);
            calibrate(&run.store, &of_network, temperatures, train, epochs, SEGMENT, seed)
        };
        let unstructured = |what: &str, sources: &[Source], count: u32| {
            let (sites, seed) = (torus.sites(), child(what));
            run.store.get(&DrawUnstructured { sites, sources, count, seed })
        };
        let data = torus.trainings.iter().map(|training| match training.data {
            DataSet::Torus => draw("training", temperatures, training.samples),
            data => {
                let sources = data.sources(temperatures, settings.mean_field_critical);
                unstructured(data.key(), &sources, training.samples)
            }
        });
        Ok(Seed {
            seed,
            data: data.collect::<Result<_>>()?,
            curves,
            networks: [network(0)?, network(1)?],
            starts: unstructured("starts", &[Source::Up, Source::Balanced], settings.copies)?,
            critical: draw("critical", &[critical_temperature()], settings.copies)?,
        })
    };
    (0..torus.seeds).into_par_iter().map(of_seed).collect()
}

pub(super) fn machines(run: &Run, torus: &Torus, seeds: &[Seed]) -> Result<Vec<Machine>> {
    let of_training = |training: usize| Kind::BOTH.map(|kind| (training, kind, false));
    let all = (0..torus.trainings.len()).flat_map(of_training).chain([(0, Kind::Binary, true)]);
    let all: Vec<(usize, Kind, bool)> = all.collect();
    let train = |&(number, seed): &(usize, usize)| {
        let ((training, kind, is_check), of_seed) = (all[number], &seeds[seed]);
        let pace = if is_check { torus.check } else { torus.trainings[training].pace(kind) };
        let config = torus.train_config(kind, pace.learning_rate);
        let seed = child_seed(of_seed.seed, "rbm", number as u64);
        let data = &of_seed.data[training];
        train_rbm(&run.store, data, config, pace.epochs, pace.segment, seed)
    };
    let cells: Vec<(usize, usize)> = (0..all.len())
        .flat_map(|number| (0..seeds.len()).map(move |seed| (number, seed)))
        .collect();
    let mut states: Vec<Vec<Done<Trainer>>> = cells.par_iter().map(train).collect::<Result<_>>()?;
    let machine = |&(training, kind, is_check): &(usize, Kind, bool)| {
        let rest = states.split_off(seeds.len());
        Machine { training, kind, is_check, states: std::mem::replace(&mut states, rest) }
    };
    Ok(all.iter().map(machine).collect())
}

/// One flow that is to be run, of all seeds: a path without its results, its machine, and which of its states.
type Wanted<'a> = (Path, &'a Machine, Option<usize>);

pub(super) fn paths(
    run: &Run,
    settings: &Settings,
    torus: &Torus,
    seeds: &[Seed],
    machines: &[Machine],
) -> Result<Vec<Path>> {
    let mut wanted: Vec<Wanted<'_>> = Vec::new();
    for machine in machines {
        let training = &torus.trainings[machine.training];
        let data = training.data;
        for start in 0..STARTS.len() {
            let path = |name, key, early| Path {
                name,
                key,
                training: (key == data.key()).then_some(machine.training),
                kind: machine.kind,
                start,
                early,
                seeds: Vec::new(),
            };
            let of_torus = data == DataSet::Torus;
            if !machine.is_check {
                wanted.push((path(data.name(), data.key(), None), machine, None));
            }
            if of_torus && !machine.is_check {
                wanted.push((path(REDRAWN, "redrawn", None), machine, None));
            }
            // How the end depends on training time, of the machines of units 0 and 1.
            let states = machine.states.first().map_or(0, Vec::len);
            let pace = if machine.is_check { torus.check } else { training.binary };
            for state in (0..states).filter(|_| of_torus && machine.kind == Kind::Binary) {
                let epochs = (pace.segment * (state as u64 + 1)).min(pace.epochs);
                let time = torus.time(training, super::settings::Pace { epochs, ..pace });
                let early = Some((machine.is_check, time));
                wanted.push((path(data.name(), data.key(), early), machine, Some(state)));
            }
        }
    }
    let fill = |(path, machine, state): Wanted<'_>| -> Result<Path> {
        let of_seed = |(number, seed): (usize, &Seed)| {
            let states = &machine.states[number];
            let trained = state.map_or(states.last(), |state| states.get(state));
            flown(run, settings, torus, seed, trained.context("a machine was not trained")?, &path)
        };
        let seeds = seeds.par_iter().enumerate().map(of_seed).collect::<Result<_>>()?;
        Ok(Path { seeds, ..path })
    };
    wanted.into_par_iter().map(fill).collect()
}

fn flown(
    run: &Run,
    settings: &Settings,
    torus: &Torus,
    seed: &Seed,
    trained: &Done<Trainer>,
    path: &Path,
) -> Result<Flown> {
    let rbm = match path.name {
        REDRAWN => Flowing::Redrawn { redrawn: trained, seed: child_seed(seed.seed, "redrawn", 0) },
        _ => Flowing::Trained(trained),
    };
    let copies = settings.copies as usize;
    let range = (path.start * copies, (path.start + 1) * copies);
    let of_seed = child_seed(seed.seed, "flow", path.start as u64);
    let steps = run.store.get(&RunFlow {
        rbm,
        thermometer: &seed.networks[1],
        start: &seed.starts,
        range,
        shape: Shape::Square(torus.side),
        rule: Rule::Sampled,
        steps: settings.steps,
        seed: of_seed,
    })?;
    let end = [settings.steps];
    let readings = run.store.get(&ReadFlow {
        rbm,
        network: &seed.networks[0],
        curves: &seed.curves,
        start: &seed.starts,
        range,
        rule: Rule::Sampled,
        read: if path.early.is_some() { &end } else { &settings.shown },
        seed: of_seed,
    })?;
    Ok(Flown { steps: steps.value, readings: readings.value })
}

/// The share of units that one sampled step changes, of each training and kind: over seeds, on the data themselves.
pub(super) fn reconstructions(
    seeds: &[Seed],
    machines: &[Machine],
) -> Vec<(usize, Kind, Estimate)> {
    let changed = |rbm: &Rbm, data: &Samples, seed: u64| {
        let v = data.to_matrix();
        let flow = Flow { rbm, rule: Rule::Sampled };
        let next = flow.step(&v, &mut stats::stream(seed, "reconstruction", 0));
        0.5 - 0.5 * f64::from(v.component_mul(&next).mean())
    };
    let of_machine = |machine: &Machine| {
        let of_seed = |(seed, states): (&Seed, &Vec<Done<Trainer>>)| {
            let trained = states.last()?;
            Some(changed(trained.value.rbm(), &seed.data[machine.training].value, seed.seed))
        };
        let shares: Vec<f64> = seeds.iter().zip(&machine.states).filter_map(of_seed).collect();
        (machine.training, machine.kind, over_exact(&shares))
    };
    machines.iter().filter(|machine| !machine.is_check).map(of_machine).collect()
}

#[cfg(any())]
mod tests {
    use super::*;
    use crate::distinct::{HOT, assert_distinct, run};
    use lab::settings::{Profile, load};

    #[test]
    fn training_and_start_sets_share_no_configuration() {
        let (_directory, run) = run();
        let mut settings = load::<Settings>("flow-controls", Profile::Quick).unwrap().settings;
        settings.copies = 100;
        let torus = &mut settings.tori[0];
        torus.temperatures = HOT.into();
        torus.curve_draws = 100;
        torus.networks.iter_mut().for_each(|network| network.epochs = 1);
        torus.trainings.iter_mut().for_each(|training| training.samples = 100);
        let seeds = seeds(&run, &settings, &settings.tori[0]).unwrap();
        // The starts: of the hot ones every site is a coin.
        let hot = |seed: &Seed| seed.starts.value.rows(100..200);
        let starts: Vec<Samples> = seeds.iter().map(hot).collect();
        let tori = seeds.iter().map(|seed| &seed.data[0].value);
        assert_distinct(&tori.chain(&starts).collect::<Vec<_>>());
    }
}
