//! `flow-large` (iso-2018): does the end of the flow tend to T_c on larger tori?

use super::thermometers::{Thermometer, has_temperature, on_scale};
use super::torus::{Repetition, TorusThermometers};
use crate::stages::{Data, Flowing, Step, anneal_rbm};
use anyhow::{Result, ensure};
use exact::square::critical_temperature;
use exact::torus::specific_heat_peak;
use flow::{Readings, Rule};
use lab::kinds::{Ascending, Count, Seeds, Within, check_within};
use lab::verdict::{self, Ruling};
use lab::{Grid, Lab, Row};
use rbm::{GradientEstimator, Optimiser, Schedule, TrainConfig, WeightSharing};
use report::{Cell, Figure, Section, Table, figure, list, panel, section, shown, table};
use serde::{Deserialize, Serialize};
use stats::{Estimate, Line, weighted_line};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Temperatures of the training set, J / k_B; flows start from the first and the last.
    temperatures: Ascending<f64>,
    /// Configurations at each temperature of the training set.
    samples: Count<1, 10_000_000>,
    seeds: Seeds,
    /// Hidden units per visible one, rounded to the nearest number of them.
    hidden_share: Within<0, 100>,
    /// Plain CD-1, the same for all tori: rate times updates is equal.
    batch: Count<1, 10_000_000>,
    learning_rate: f32,
    initial_std: f32,
    /// Epochs after which the RBMs are looked at; the last is the end.
    epochs: Ascending<u64>,
    /// Configurations that flow from each start, and of the training mixture at each temperature.
    copies: Count<100, 10_000_000>,
    mixture: Count<10, 10_000_000>,
    steps: Count<1, 1_000_000>,
    /// The hottest temperature of the physical thermometers.
    hottest: Within<1, 1000>,
    /// The network thermometer: hidden layers and epochs, on the training set of the RBM.
    network_epochs: Count<1, 1_000_000>,
    network: nn::TrainConfig,
    tori: Vec<Size>,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Size {
    side: Count<4, 256>,
    /// Configurations at each temperature of the physical thermometers' curves.
    curve_draws: Count<100, 10_000_000>,
}

impl Settings {
    fn hidden(&self, size: Size) -> usize {
        (*self.hidden_share * size.side.pow(2) as f64).round() as usize
    }

    fn train_config(&self, size: Size) -> TrainConfig {
        TrainConfig {
            hidden: self.hidden(size),
            batch: self.batch.size(),
            learning_rate: self.learning_rate,
            schedule: Schedule::Constant,
            gradient: GradientEstimator::Contrastive { steps: 1 },
            optimiser: Optimiser::Ascent { momentum: 0.0 },
            l1: 0.0,
            l2: 0.0,
            initial_std: self.initial_std,
            biases: false,
            sharing: WeightSharing::Free,
        }
    }

    /// Rate times updates after so many epochs.
    fn clock(&self, epochs: u64) -> f64 {
        let batches = *self.samples * self.temperatures.len() as u64 / *self.batch;
        f64::from(self.learning_rate) * (batches * epochs) as f64
    }

    fn starts(&self) -> [f64; 2] {
        [self.temperatures.lowest(), self.temperatures.highest()]
    }

    /// How close a reading of T_c must be to be one: the spacing of the network's scale, and what a line through three tori
    /// can be expected to tell for the energy.
    fn resolution(&self, thermometer: Thermometer) -> f64 {
        match thermometer {
            Thermometer::Network => self.temperatures.widest_gap(),
            _ => 0.05,
        }
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        let [first, last] = self.starts();
        let inside =
            0.0 <= first && first < critical_temperature() && critical_temperature() < last;
        ensure!(inside, "temperatures must lie on both sides of T_c, but are {first} to {last}");
        ensure!(self.tori.len() >= 2, "tori needs at least two sides");
        ensure!(self.tori.is_sorted_by(|a, b| a.side < b.side), "the sides of tori must ascend");
        let training = *self.samples * self.temperatures.len() as u64;
        check_within("batch", *self.batch, 1, training)?;
        flow::Calibration::new(&self.temperatures, 1, self.network.clone(), 0)?;
        for &size in &self.tori {
            check_within("the number of hidden units", self.hidden(size), 1, 1_000_000)?;
            self.train_config(size).check(size.side.pow(2) as usize)?;
        }
        Ok(())
    }
}

/// One repetition on one torus.
struct FlowReadings {
    /// What the network reads of configurations at T_c.
    network_at_critical: Estimate,
    /// What all thermometers read of the training mixture.
    mixture: Readings,
    /// `[epochs][start]`: where the sampled flow is after its last step.
    ends: Vec<[Step; 2]>,
}

/// Draw, calibrate, train, flow, read.
fn repetition(lab: &Lab, s: &Settings, size: Size, index: u64) -> Result<FlowReadings> {
    let side = size.side.size();
    let of = Repetition::new(lab, side, &format!("flow-large/{side}"), index);
    let [cold, hot] = s.starts();
    let training = of.draw("training", &s.temperatures, s.samples.short())?;
    let starts = of.draw("starts", &[cold, hot, critical_temperature()], s.copies.short())?;
    let mixture = of.draw("mixture", &s.temperatures, s.mixture.short())?;
    let torus: TorusThermometers = of.thermometers(
        (*s.hottest, size.curve_draws.short()),
        (&s.network, *s.network_epochs),
        &training,
    )?;
    let before = [0].into_iter().chain(s.epochs.iter().copied());
    let phases: Vec<(u64, f32)> =
        s.epochs.iter().zip(before).map(|(to, from)| (to - from, s.learning_rate)).collect();
    let data = Data::Samples(&training.samples);
    let rbms = anneal_rbm(&lab.store, data, s.train_config(size), &phases, of.seed("rbm"))?;
    let end = |rbm, number: u64, start| {
        let seed = stats::child_seed(of.seed, "flow", number);
        torus.end(of, Flowing::Trained(rbm), (&starts, start), Rule::Sampled, s.steps.size(), seed)
    };
    let critical = starts.at(critical_temperature())?;
    Ok(FlowReadings {
        network_at_critical: torus.network_of(&critical)?,
        mixture: torus.read(&mixture.samples.value)?,
        ends: rbms
            .iter()
            .map(|rbm| Ok([end(rbm, 0, cold)?, end(rbm, 1, hot)?]))
            .collect::<Result<_>>()?,
    })
}

/// A thermometer at the end of the flow, over seeds; `epochs` is a number in the settings.
fn end(
    of: Row<Size, FlowReadings>,
    epochs: usize,
    start: usize,
    by: Thermometer,
) -> Option<Estimate> {
    of.mean_if(|found| by.at(&found.ends[epochs][start]))
}

/// The distance from T_c of fully trained RBMs' ends against 1/L; of the network from what it reads at T_c itself.
fn trend(ends: &Grid<Size, FlowReadings>, start: usize, by: Thermometer) -> Option<Line> {
    let distance = |of: Row<Size, FlowReadings>| {
        let end = end(of, of.first()?.ends.len() - 1, start, by)?;
        let place = match by {
            Thermometer::Network => of.mean(|found| found.network_at_critical),
            _ => Estimate::exact(critical_temperature()),
        };
        Some((1.0 / *of.side as f64, end - place))
    };
    let distances: Option<Vec<_>> = ends.rows().map(distance).collect();
    Some(weighted_line(&distances?))
}

/// Does the end tend to T_c, by a straight line in 1/L?
fn tends_to_critical(
    s: &Settings,
    ends: &Grid<Size, FlowReadings>,
    start: usize,
    by: Thermometer,
) -> Ruling {
    let line = trend(ends, start, by);
    on_scale(line, |line| verdict::agrees(line.intercept, 0.0, s.resolution(by)))
}

const STARTS: [&str; 2] = ["cold", "hot"];
/// The two thermometers that the answer is given by.
const JUDGED: [Thermometer; 2] = [Thermometer::Energy, Thermometer::Network];

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let ends =
        lab.grid(s.tori.iter().copied(), *s.seeds, |&size, index| repetition(lab, s, size, index))?;
    let peaks = lab.each(&s.tori, |size| Ok(specific_heat_peak(size.side.size())?))?;

    let last = s.epochs.len() - 1;
    let by_energy = |start| {
        list(ends.rows().filter_map(|of| {
            Some(format!(
                "{} at L = {}",
                shown(end(of, last, start, Thermometer::Energy)?),
                of.side
            ))
        }))
    };
    let judged = JUDGED.into_iter().flat_map(|by| [(by, 0), (by, 1)]);
    let ruling =
        verdict::all(judged.clone().map(|(by, start)| tends_to_critical(s, &ends, start, by)));
    let limit = |by, start| Some(trend(&ends, start, by)?.intercept);
    let mut claim = lab.says("iso-2018/flows-to-tc")?.judged(
        ruling.clone().showing(limit(Thermometer::Energy, 0).map(|e| e - -critical_temperature())),
        "temperature by the energy, from the cold start, that a line in 1/L tends to",
        format!(
            "{} steps of the sampled rule, rate × updates {:.0}, L = {}; errors over {} seeds.",
            s.steps,
            s.clock(s.epochs.highest()),
            list(s.tori.iter().map(|size| *size.side)),
            s.seeds
        ),
    );
    for (by, start) in judged {
        let quantity = format!("limit minus $T_c$ by the {}, {} start", by.name(), STARTS[start]);
        claim = claim.and(quantity, limit(by, start));
    }
    Ok(section("flow-large", "Does the end of the flow tend to the critical point on larger tori?")
        .answer(format!(
            "{}: by the energy it is at {} from the cold start and {} from the hot one.",
            ruling.among([
                "Yes",
                "No, the end of the flow does not tend to $T_c$",
                "It cannot be told with these errors whether the end of the flow tends to $T_c$",
            ]),
            by_energy(0),
            by_energy(1)
        ))
        .text("Equal rate × updates is not equal learning: the collective mode of m gains in proportion to the number of spins, so that larger tori are ahead in their training at the same time.")
        .claim(claim)
        .figure(against_size(s, &ends, &peaks))
        .figure(against_training(s, &ends))
        .table(ends_table(s, &ends, &peaks)))
}

fn against_size(s: &Settings, ends: &Grid<Size, FlowReadings>, peaks: &[f64]) -> Figure {
    let last = s.epochs.len() - 1;
    let x = |of: Row<Size, FlowReadings>| 1.0 / *of.side as f64;
    // The two-point function's temperature is that of the energy.
    let shown = Thermometer::ALL.into_iter().filter(|by| *by != Thermometer::TwoPoint);
    let peak = |(size, &peak): (&Size, &f64)| (1.0 / *size.side as f64, peak);
    figure("sizes", format!(
        "Where the sampled flow is after {} steps, by four thermometers; what the energy thermometer reads of the training mixture, the network of configurations at $T_c$, and the exact maximum of the specific heat C.", s.steps))
        .panels(0..2, |start| panel("1/L", "temperature (J/k_B)")
            .title(format!("from T = {}", s.starts()[start]))
            .each(shown.clone(), |panel, by| {
                panel.joined(by.name(), ends.rows().map(|of| (x(of), end(of, last, start, by))))
            })
            .dashed("mixture, energy", ends.rows().map(|of| {
                (x(of), of.mean_if(|found| Thermometer::Energy.of(&found.mixture)))
            }))
            .dashed("network of T_c", ends.rows().map(|of| (x(of), of.mean(|f| f.network_at_critical))))
            .line("maximum of C", s.tori.iter().zip(peaks).map(peak))
            .mark_y("T_c", critical_temperature()))
}

fn against_training(s: &Settings, ends: &Grid<Size, FlowReadings>) -> Figure {
    figure(
        "training",
        format!("The end of the sampled flow by the energy, against training; {} seeds.", s.seeds),
    )
    .panels(0..2, |start| {
        panel("learning rate × updates", "energy temperature (J/k_B)")
            .title(format!("from T = {}", s.starts()[start]))
            .log_x()
            .each(ends.rows(), |panel, of| {
                let points = s.epochs.iter().enumerate();
                panel.joined(
                    format!("L = {}", of.side),
                    points.map(|(number, &epochs)| {
                        (s.clock(epochs), end(of, number, start, Thermometer::Energy))
                    }),
                )
            })
            .mark_y("T_c", critical_temperature())
    })
}

/// What a row of the table is about.
enum Ensemble {
    Flow(usize),
    Mixture,
    Critical,
    SpecificHeat(f64),
}

fn ends_table(s: &Settings, ends: &Grid<Size, FlowReadings>, peaks: &[f64]) -> Table {
    use Ensemble::{Critical, Flow, Mixture, SpecificHeat};
    let last = s.epochs.len() - 1;
    let rows = ends.rows().zip(peaks).flat_map(|(of, &peak)| {
        [Flow(0), Flow(1), Mixture, Critical, SpecificHeat(peak)].map(|ensemble| (of, ensemble))
    });
    let read = |of: &Row<Size, FlowReadings>, ensemble: &Ensemble, by: Thermometer| match *ensemble
    {
        Flow(start) => Cell::or(end(*of, last, start, by), "off the scale"),
        Mixture => Cell::or(of.mean_if(|found| by.of(&found.mixture)), "off the scale"),
        Critical if by == Thermometer::Network => of.mean(|found| found.network_at_critical).into(),
        Critical => critical_temperature().into(),
        SpecificHeat(peak) if by == Thermometer::Energy => peak.into(),
        SpecificHeat(_) => "".into(),
    };
    table("ends", format!(
        "Temperatures (J/k_B) read at the end of the sampled flow ({} steps), of the training mixture and of configurations at T_c; how many of the seeds' ensembles have one temperature.", s.steps))
        .rows(rows)
        .column("L", |(of, _)| *of.side)
        .column("ensemble", |(_, ensemble)| match ensemble {
            Flow(start) => format!("flow from T = {}", s.starts()[*start]),
            Mixture => "training mixture".to_owned(),
            Critical => "configurations at T_c".to_owned(),
            SpecificHeat(_) => "maximum of the specific heat".to_owned(),
        })
        .columns(Thermometer::ALL.map(|by| (by.name(), by)), |&by, (of, ensemble)| read(of, ensemble, by))
        .column("one temperature", |(of, ensemble)| match ensemble {
            Flow(start) => {
                format!("{} of {}", of.count(|found| has_temperature(&found.ends[last][*start])), s.seeds)
            }
            _ => String::new(),
        })
        .into()
}
