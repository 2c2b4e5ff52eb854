//! `thermometer`: what five thermometers read of configurations whose temperature is known (iso-2018, ter-hoeve-2018).

use super::thermometers::{LEVEL, Thermometer};
use super::torus::{NetworkSettings, SEGMENT};
use crate::stages::{DrawEquilibrium, MeasureCurves, calibrate};
use anyhow::{Context, Result, ensure};
use exact::square::critical_temperature;
use flow::{NetworkThermometer, Thermometers, Verdict};
use lab::family::{Family, Scores, z_score};
use lab::kinds::{Ascending, Count, Seeds, Within, check_within};
use lab::{Grid, Lab, Row, verdict};
use nalgebra::{DMatrix, RowDVector};
use report::numbers::fixed;
use report::{Check, Claim, Figure, Panel, Section, Table};
use report::{figure, panel, rough, section, shown, table};
use serde::{Deserialize, Serialize};
use stats::{Estimate, tails};
use std::collections::BTreeSet;

/// How often the tests of all physical thermometers together may fail by chance.
const FAMILY: f64 = 1e-6;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Temperatures that the networks know, J / k_B.
    scale: Ascending<f64>,
    /// Temperatures at which ensembles are read, on the scale and between.
    read: Ascending<f64>,
    /// The hottest temperature of the physical thermometers.
    hottest: Within<1, 1000>,
    /// Independent repetitions of everything: curves, networks, ensembles.
    seeds: Seeds,
    /// Configurations in an ensemble that is read.
    ensemble: Count<100, 1_000_000>,
    lattices: Vec<TorusSettings>,
}

/// A torus and what its thermometers are made with.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TorusSettings {
    side: Count<4, 256>,
    /// Configurations at each temperature of the curves.
    curve_draws: Count<100, 10_000_000>,
    /// Configurations at each temperature of the scale, for the networks.
    samples: Count<10, 10_000_000>,
    networks: Vec<NetworkSettings>,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_within("the first of scale", self.scale.lowest(), 0.0, 100.0)?;
        check_within("the last of scale", self.scale.highest(), 0.0, 100.0)?;
        check_within("the first of read", self.read.lowest(), 0.5, 100.0)?;
        let (last, hottest) = (self.read.highest(), *self.hottest);
        ensure!(last < hottest, "hottest is {hottest}, but must be above all of read");
        ensure!(self.scale.len() >= 2, "scale needs at least two entries");
        ensure!(!self.lattices.is_empty(), "lattices is empty, but needs at least one");
        let ascend = self.lattices.is_sorted_by(|a, b| a.side < b.side);
        ensure!(ascend, "the sides of lattices must ascend");
        for TorusSettings { side, networks, .. } in &self.lattices {
            let names: BTreeSet<&str> = networks.iter().map(|n| n.name.as_str()).collect();
            let named = !networks.is_empty() && names.len() == networks.len();
            ensure!(named, "L = {side} needs networks, each with a name of its own");
            for network in networks {
                let sites = side.size() * side.size();
                flow::Calibration::new(&self.scale, sites, network.train.clone(), 0)?;
            }
        }
        Ok(())
    }
}

/// One repetition on one torus.
struct TorusReadings {
    /// An ensemble at each temperature that is read.
    ensembles: Vec<Ensemble>,
    /// How many held-out configurations each network takes for which temperature: `[true, read]` on its scale.
    confusion: Vec<DMatrix<u64>>,
}

/// What is read of configurations of one temperature.
struct Ensemble {
    /// In the order of [`names`], where it is on the thermometer's scale.
    read: Vec<Option<Estimate>>,
    has_temperature: bool,
    /// Of the two-point function's fit.
    p_value: f64,
}

/// Draw, calibrate, read: no configuration that is read was used before.
fn repetition(
    lab: &Lab,
    s: &Settings,
    lattice: &TorusSettings,
    index: u64,
) -> Result<TorusReadings> {
    let (side, count) = (lattice.side.size(), s.ensemble.size());
    let seed = |what: &str| lab.seed(&format!("thermometer/{what}/{side}"), index);
    let draw = |what: &str, temperatures: &[f64], count: u32| {
        lab.get(&DrawEquilibrium { side, temperatures, count, seed: seed(what) })
    };
    let training = draw("training", &s.scale, lattice.samples.short())?;
    let held_out = draw("held out", &s.scale, s.ensemble.short())?;
    let read = draw("read", &s.read, s.ensemble.short())?;
    let (hottest, draws) = (*s.hottest, lattice.curve_draws.short());
    let curves = lab.get(&MeasureCurves { side, hottest, draws, seed: seed("curves") })?;
    let network = |NetworkSettings { name, epochs, train }: &NetworkSettings| {
        let seed = seed(&format!("network {name}"));
        let trained = calibrate(&lab.store, &training, &s.scale, train, **epochs, SEGMENT, seed)?;
        Ok(trained.value.thermometer())
    };
    let networks: Vec<NetworkThermometer> =
        lattice.networks.iter().map(network).collect::<Result<_>>()?;
    let ensemble = |number: usize| -> Result<Ensemble> {
        let samples = read.value.rows(number * count..(number + 1) * count);
        let readings = Thermometers { network: None, curves: &curves.value };
        let readings = readings.read(&samples, count)?;
        let mut read: Vec<_> = Thermometer::PHYSICAL.iter().map(|by| by.of(&readings)).collect();
        for network in &networks {
            read.push(Some(network.temperature(&samples, count)?));
        }
        let has_temperature = readings.verdict(LEVEL) != Verdict::NoTemperature;
        Ok(Ensemble { read, has_temperature, p_value: readings.two_point.p_value })
    };
    let confusion = networks.iter().map(|network| network.confusion(&held_out.value));
    Ok(TorusReadings {
        ensembles: (0..s.read.len()).map(ensemble).collect::<Result<_>>()?,
        confusion: confusion.collect::<Result<_, _>>()?,
    })
}

type Tori<'a> = Grid<&'a TorusSettings, TorusReadings>;
type TorusRow<'a> = Row<'a, &'a TorusSettings, TorusReadings>;

/// The thermometers of a torus, the physical ones first.
fn names(lattice: &TorusSettings) -> Vec<String> {
    let physical = Thermometer::PHYSICAL.map(|by| by.name().to_owned());
    let networks = lattice.networks.iter().map(|network| format!("network, {}", network.name));
    physical.into_iter().chain(networks).collect()
}

/// What a thermometer reads of the ensemble with this number, over seeds, where all are on its scale.
fn reading(of: TorusRow, by: usize, number: usize) -> Option<Estimate> {
    of.mean_if(|found| found.ensembles[number].read[by])
}

/// Every network: its torus, its number there, and its name.
fn networks<'a>(tori: &'a Tori<'a>) -> impl Iterator<Item = (TorusRow<'a>, usize, &'a str)> {
    tori.rows().flat_map(|of| {
        let networks = of.case.networks.iter().enumerate();
        networks.map(move |(number, network)| (of, number, network.name.as_str()))
    })
}

/// What a network reads of an ensemble minus the truth.
struct Bias {
    network: String,
    temperature: f64,
    bias: Estimate,
}

/// Of all networks, each at all temperatures.
fn biases(s: &Settings, tori: &Tori) -> Vec<Vec<Bias>> {
    let of_network = |(of, n, name): (TorusRow, usize, &str)| -> Vec<Bias> {
        let bias = |(number, &temperature): (usize, &f64)| {
            Some(Bias {
                network: format!("L = {}, {name}", of.side),
                temperature,
                bias: reading(of, Thermometer::PHYSICAL.len() + n, number)? - temperature,
            })
        };
        s.read.iter().enumerate().filter_map(bias).collect()
    };
    networks(tori).map(of_network).collect()
}

/// Does a network measure the temperature? Within half of the spacing of its scale it must read every ensemble.
fn network_measures(lab: &Lab, s: &Settings, networks: &[Vec<Bias>]) -> Result<Claim> {
    let half = 0.5 * s.scale.widest_gap();
    let all = || networks.iter().flatten();
    let worst = worst(networks)?;
    let beyond = all().filter(|of| of.bias.mean.abs() > half).count();
    let ascend = |of: &Vec<Bias>| {
        of.is_sorted_by(|a, b| a.temperature + a.bias.mean < b.temperature + b.bias.mean)
    };
    let rulings = all().map(|of| verdict::near(of.bias, 0.0, half));
    let rule = format!("off by at most half of the spacing, {half}, beyond errors, at every T");
    let ruling = verdict::every(rulings, rule)
        .corrected_if(
            networks.iter().all(ascend),
            "readings ascend with the temperature, as those of a thermometer with a wrong scale do",
        )
        .showing(worst.bias);
    let claim = lab.says("ter-hoeve-2018/network-measures-temperature")?.judged(
        ruling,
        format!("largest bias of a network, {}, at $T = {}$", worst.network, worst.temperature),
        format!(
            "Of {} readings at known temperatures {beyond} are off by more than half of the spacing of the scale.",
            all().count()
        ),
    );
    let from_critical = |of: &Bias| (of.temperature - critical_temperature()).abs();
    let nearest = networks
        .iter()
        .filter_map(|of| of.iter().min_by(|a, b| from_critical(a).total_cmp(&from_critical(b))));
    Ok(nearest.fold(claim, |claim, of| {
        claim.and(format!("bias at $T = {}$, {}", of.temperature, of.network), Some(of.bias))
    }))
}

fn worst(networks: &[Vec<Bias>]) -> Result<&Bias> {
    let all = networks.iter().flatten();
    all.max_by(|a, b| a.bias.mean.abs().total_cmp(&b.bias.mean.abs())).context("no network")
}

/// How many of the physical thermometers read known temperatures within their errors, and the check that all do.
fn physical_are_right(s: &Settings, tori: &Tori) -> (String, Check) {
    // Deviations from the truth in units of the stated errors, of a thermometer on a torus.
    let deviations = |of: TorusRow, by: usize| {
        let read = of.cells.iter().flat_map(|found| found.ensembles.iter().zip(&*s.read));
        let z = read.filter_map(|(of, &t)| Some(z_score(of.read[by]?, t)));
        let name = format!("{}, L = {}", Thermometer::PHYSICAL[by].name(), of.side);
        (name, Scores { groups: vec![z.collect()], rare: None })
    };
    let of_torus = |of| (0..Thermometer::PHYSICAL.len()).map(move |by| deviations(of, by));
    let all: Vec<_> = tori.rows().flat_map(of_torus).filter(|(_, of)| of.count() > 0).collect();
    let family = Family::new(FAMILY, all.iter().map(|(_, scores)| scores));
    let rulings: Vec<_> = all.iter().map(|(_, scores)| family.judge(scores)).collect();
    let right = rulings.iter().filter(|ruling| ruling.is() == Some(true)).count();
    let scores = all.iter().map(|(name, scores)| {
        let squares: f64 = scores.groups.iter().flatten().map(|z| z * z).sum();
        let (squares, largest) = (fixed(squares, 1), fixed(scores.largest(), 1));
        format!("{name}: sum of z² {squares} of {} readings, largest |z| {largest}", scores.count())
    });
    let check = verdict::all(rulings).showing(Estimate::exact(right as f64)).check(
        "physical",
        "Energy, |m|, correlation length and two-point function read the temperature of equilibrium ensembles within the errors that they state.",
        format!("of {} thermometers, how many do", all.len()),
        format!("{}. Readings beyond the end of a scale are left out.", scores.collect::<Vec<_>>().join("; ")),
    );
    (format!("Of {} physical thermometers {right} read", all.len()), check)
}

/// Ising ensembles are said to be none as seldom as the level allows.
fn ensembles_are_recognised(s: &Settings, tori: &Tori) -> Check {
    let all = || tori.cells().iter().flat_map(|found| &found.ensembles);
    let count = all().count();
    let refused = all().filter(|of| !of.has_temperature).count();
    let p: f64 = all().map(|of| of.p_value).sum();
    let chance = tails::poisson(refused as u64, LEVEL * count as f64);
    verdict::probable(chance, FAMILY).showing(Estimate::exact(refused as f64)).check(
        "recognised",
        "Ensembles of the Ising model are found to have one temperature.",
        format!("of {count} ensembles, how many are said to have no temperature"),
        format!(
            "At the level {LEVEL} for each ensemble of {} configurations; a number as unlikely as this has the probability {}. The p-values of the two-point fits have the mean {} (0.5 in theory, more where all is frozen).",
            s.ensemble,
            rough(chance),
            fixed(p / count as f64, 2)
        ),
    )
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let tori =
        lab.grid(&s.lattices, *s.seeds, |lattice, index| repetition(lab, s, lattice, index))?;
    let networks = biases(s, &tori);
    let worst = worst(&networks)?;
    let (right, physical) = physical_are_right(s, &tori);
    Ok(section("thermometer", "Accuracy of five thermometers")
        .answer(format!(
            "{right} known temperatures within their stated errors; networks are off by up to {} ({}, at $T = {}$).",
            shown(worst.bias),
            worst.network,
            worst.temperature
        ))
        .text(format!(
            "All five thermometers read ensembles of {} independent configurations in equilibrium at known temperatures, on the networks' scale of {} temperatures and between; none was used to train or to calibrate.",
            s.ensemble,
            s.scale.len()
        ))
        .claim(network_measures(lab, s, &networks)?)
        .check(physical)
        .check(ensembles_are_recognised(s, &tori))
        .figure(bias_figure(s, &tori))
        .figure(errors_figure(s, &tori))
        .figure(confusion_figure(s, &tori))
        .table(readings_table(s, &tori))
        .table(confusion_table(s, &tori)))
}

/// A panel of a torus against the true temperature, with a series for each thermometer.
fn of_torus(
    s: &Settings,
    of: TorusRow,
    y: &str,
    value: impl Fn(usize, usize, f64) -> Option<Estimate>,
) -> Panel {
    let temperatures = || s.read.iter().copied().enumerate();
    panel("true temperature T (J/k_B)", y)
        .title(format!("L = {}", of.side))
        .each(names(&of).into_iter().enumerate(), |panel, (by, name)| {
            panel.joined(name, temperatures().map(|(number, t)| (t, value(by, number, t))))
        })
        .mark_x("T_c", critical_temperature())
}

fn bias_figure(s: &Settings, tori: &Tori) -> Figure {
    figure("bias", "What thermometers read of ensembles in equilibrium, minus the temperature at which these were drawn; mean and error over seeds. The physical thermometers scatter around 0; networks do not.")
        .panels(tori.rows(), |of| {
            of_torus(s, of, "temperature read minus true (J/k_B)", |by, number, t| {
                Some(reading(of, by, number)? - t)
            })
            .mark_y("", 0.0)
        })
}

fn errors_figure(s: &Settings, tori: &Tori) -> Figure {
    let error = |of: TorusRow, by: usize, number: usize| {
        let read = of.cells.iter().map(|found| found.ensembles[number].read[by]);
        let squares = read.map(|read| Some(read?.error.powi(2)));
        let mean = squares.sum::<Option<f64>>()? / of.cells.len() as f64;
        Some(Estimate::exact(mean.sqrt()))
    };
    figure("errors", format!(
        "The error that each thermometer states for an ensemble of {} configurations. The energy's, the temperature of maximum likelihood, is the smallest possible; the networks' do not contain their bias.", s.ensemble))
        .panels(tori.rows(), |of| {
            of_torus(s, of, "stated error (J/k_B)", |by, number, _| error(of, by, number)).log_y()
        })
}

/// The confusion matrix of a network over all seeds.
fn confusion(of: TorusRow, network: usize) -> DMatrix<u64> {
    of.cells.iter().map(|found| &found.confusion[network]).sum()
}

fn confusion_figure(s: &Settings, tori: &Tori) -> Figure {
    figure("confusion-map", format!(
        "Single held-out configurations as the networks class them, by the numbers of the {} temperatures on their scale, from 0.", s.scale.len()))
        .panels(networks(tori), |(of, number, name)| {
            let counts = confusion(of, number);
            let share = |row: usize, column: usize| {
                counts[(row, column)] as f64 / counts.row(row).sum().max(1) as f64
            };
            let shares = DMatrix::from_fn(counts.nrows(), counts.ncols(), share);
            panel("temperature read, its number", "share of configurations")
                .title(format!("network {name}, L = {}", of.side))
                .matrix("true temperature, its number", &shares)
        })
}

fn readings_table(s: &Settings, tori: &Tori) -> Table {
    let mut all: Vec<String> = Vec::new();
    for name in tori.rows().flat_map(|of| names(&of)) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    let rows = tori.rows().flat_map(|of| s.read.iter().enumerate().map(move |at| (of, at)));
    table("readings", "Temperatures read (J/k_B), mean and error over seeds; – where an ensemble of some seed was beyond the end of the scale.")
        .rows(rows)
        .column("L", |(of, _)| *of.side)
        .column("T (J/k_B)", |(_, (_, t))| **t)
        .columns(all.into_iter().map(|name| (name.clone(), name)), |name, (of, (number, _))| {
            let by = names(of).iter().position(|own| own == name);
            by.and_then(|by| reading(*of, by, *number))
        })
        .into()
}

fn confusion_table(s: &Settings, tori: &Tori) -> Table {
    let rows = networks(tori).flat_map(|(of, number, name)| {
        let counts = confusion(of, number);
        (0..s.scale.len()).map(move |class| (of, name, class, counts.row(class).into_owned()))
    });
    // The share that is read at most so many places off.
    let share = |class: usize, counts: &RowDVector<u64>, reach: usize| {
        let near = counts.iter().enumerate().filter(|(read, _)| read.abs_diff(class) <= reach);
        let share = near.map(|(_, count)| count).sum::<u64>() as f64 / counts.sum() as f64;
        (1000.0 * share).round() / 1000.0
    };
    table("confusion", "Single held-out configurations as the networks class them: the share that is taken for its own temperature, and for it or a neighbour on the scale; the temperature that they are taken for most often.")
        .rows(rows)
        .column("L", |(of, ..)| *of.side)
        .column("network", |(_, name, ..)| *name)
        .column("T (J/k_B)", |&(_, _, class, _)| s.scale[class])
        .column("right", |(_, _, class, counts)| share(*class, counts, 0))
        .column("right or next", |(_, _, class, counts)| share(*class, counts, 1))
        .column("most often (J/k_B)", |(.., counts)| s.scale[counts.transpose().argmax().0])
        .into()
}
