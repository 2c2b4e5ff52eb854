//! `flow-controls` (veiga-2020): flows of RBMs that were never shown a lattice, and what thermometers read there.

mod claims;
mod figures;
mod settings;

use super::thermometers::{Thermometer, finite_size_shift, has_temperature, on_scale};
use super::torus::{Blocks, Repetition, TorusThermometers};
use crate::stages::{Data, Flowing, Instruments, Shape, Source, Step, Trajectory, train_rbm_on};
use anyhow::{Context, Result};
use exact::square::{critical_coupling, critical_temperature};
use exact::transfer::{MAX_WIDTH, Moments, magnetisation_probabilities};
use flow::{Calibration, Flow, Rule};
use lab::verdict::{self, Ruling};
use lab::{Done, Grid, Lab, Row};
use rbm::Trainer;
use report::{Section, list, section, shown};
use settings::{DataSet, Protocol, TrainingSettings, Units};
use stats::{Estimate, child_seed};

pub(crate) use settings::Settings;

/// An RBM that is trained.
#[derive(Clone, Copy, PartialEq)]
struct Model {
    /// The number of its training, and what it is trained on.
    training: usize,
    data: DataSet,
    units: Units,
    /// At the other learning rate.
    is_check: bool,
}

/// A flow.
#[derive(Clone, Copy)]
struct FlowCase {
    rbm: Model,
    /// Whether its weights are drawn anew.
    is_redrawn: bool,
    start: usize,
    /// The number of the segment of training after which it flows; none after the last, where all is read.
    segment: Option<usize>,
}

/// What a flow starts from: all spins up, which is T = 0, or as many up as down, which the source calls T = ∞.
const STARTS: [&str; 2] = ["0", "∞"];
const TEMPERATURES: [f64; 2] = [0.0, f64::INFINITY];

fn models(p: &Protocol) -> impl Iterator<Item = Model> {
    let of = |(training, of): (usize, &TrainingSettings)| {
        Units::BOTH.map(|units| Model { training, data: of.data, units, is_check: false })
    };
    let check = Model { training: 0, data: DataSet::Torus, units: Units::Binary, is_check: true };
    p.trainings.iter().enumerate().flat_map(of).chain([check])
}

impl Model {
    fn pace(self, p: &Protocol) -> settings::Pace {
        match self.is_check {
            true => p.check,
            false => p.trainings[self.training].pace(self.units),
        }
    }

    /// Its flows: of the fully trained RBM, on the torus with redrawn weights, and of the source's own RBM in training.
    fn paths(self, p: &Protocol) -> impl Iterator<Item = FlowCase> {
        let is_own = self.data == DataSet::Torus && self.units == Units::Binary;
        let segments = if is_own { self.pace(p).stops().len() } else { 0 };
        (0..STARTS.len()).flat_map(move |start| {
            let path =
                move |is_redrawn, segment| FlowCase { rbm: self, is_redrawn, start, segment };
            let trained = (!self.is_check).then(|| path(false, None));
            let redrawn = trained.filter(|_| self.data == DataSet::Torus).map(|_| path(true, None));
            let early = (0..segments).map(move |segment| path(false, Some(segment)));
            trained.into_iter().chain(redrawn).chain(early)
        })
    }
}

impl FlowCase {
    fn name(self) -> &'static str {
        if self.is_redrawn { "redrawn weights" } else { self.rbm.data.name() }
    }

    /// Whether it flows after the whole training.
    fn is_trained(self) -> bool {
        self.segment.is_none()
    }
}

/// What a repetition starts with.
struct Start {
    data: Vec<Done<ising::Samples>>,
    torus: TorusThermometers,
    second_network: Done<Calibration>,
    starts: Blocks,
    /// What both networks read of configurations at T_c, and their |m|.
    critical: [Estimate; 2],
    abs_m: Estimate,
}

fn repetition<'a>(lab: &'a Lab, p: &Protocol, index: u64) -> Repetition<'a> {
    let side = p.side.size();
    Repetition::new(lab, side, &format!("flow-controls/{side}"), index)
}

/// Draw and calibrate.
fn start(lab: &Lab, s: &Settings, p: &Protocol, index: u64) -> Result<Start> {
    let of = repetition(lab, p, index);
    let data = p.trainings.iter().map(|training| {
        let count = training.samples.short();
        let blocks = match training.data {
            DataSet::Torus => of.draw("training", &p.temperatures, count)?,
            data => of.draw_unstructured(data.key(), &s.sources(p, data), count)?,
        };
        Ok(blocks.samples)
    });
    let [first, second] = &p.networks;
    let learnt = of.draw("network", &p.temperatures, p.network_samples.short())?;
    let curves = (*s.hottest, p.curve_draws.short());
    let torus = of.thermometers(curves, (&first.train, *first.epochs), &learnt)?;
    let second_network = of.network((&second.train, *second.epochs), &learnt, 1)?;
    let up_and_balanced = [(TEMPERATURES[0], Source::Up), (TEMPERATURES[1], Source::Balanced)];
    let critical = of.draw("critical", &[critical_temperature()], s.copies.short())?;
    let samples = &critical.samples.value;
    let by_second = second_network.value.thermometer().temperature(samples, samples.len())?;
    Ok(Start {
        data: data.collect::<Result<_>>()?,
        starts: of.draw_unstructured("starts", &up_and_balanced, s.copies.short())?,
        critical: [torus.network_of(samples)?, by_second],
        abs_m: ising::magnetisations(samples).into_iter().map(f64::abs).collect(),
        torus,
        second_network,
    })
}

/// A trained RBM.
struct TrainedRbm {
    /// After every segment.
    states: Vec<Done<Trainer>>,
    /// The share of units that one sampled step changes, on the data themselves.
    changed: f64,
}

fn train(lab: &Lab, p: &Protocol, start: &Start, rbm: &Model, index: u64) -> Result<TrainedRbm> {
    let of = repetition(lab, p, index);
    let (pace, data) = (rbm.pace(p), &start.data[rbm.training]);
    let config = p.train_config(rbm.units, pace.learning_rate);
    let number = models(p).take_while(|other| other != rbm).count();
    let seed = child_seed(of.seed, "rbm", number as u64);
    let states = train_rbm_on(&lab.store, Data::Samples(data), config, &pace.stops(), seed)?;
    let rbm = states.last().context("no RBM was trained")?.value.rbm();
    let v = data.value.to_matrix();
    let mut rng = stats::stream(of.seed, "reconstruction", 0);
    let next = Flow { rbm, rule: Rule::Sampled }.step(&v, &mut rng);
    Ok(TrainedRbm { states, changed: 0.5 - 0.5 * f64::from(v.component_mul(&next).mean()) })
}

/// What a flow gave.
struct Flown {
    /// By the first network and all physical thermometers, at the steps shown; of RBMs in training at the end alone.
    steps: Vec<Step>,
    /// |m| at every step, and the second network at the end; not of RBMs in training.
    abs_m: Vec<Estimate>,
    second: Option<Estimate>,
}

impl Flown {
    fn end(&self) -> Option<&Step> {
        self.steps.last()
    }
}

fn flow(
    (lab, s, p): (&Lab, &Settings, &Protocol),
    start: &Start,
    trained: &TrainedRbm,
    path: &FlowCase,
    index: u64,
) -> Result<Flown> {
    let of = repetition(lab, p, index);
    let last = trained.states.len() - 1;
    let state = &trained.states[path.segment.unwrap_or(last)];
    let rbm = match path.is_redrawn {
        true => Flowing::Redrawn { redrawn: state, seed: of.seed("redrawn") },
        false => Flowing::Trained(state),
    };
    let seed = child_seed(of.seed, "flow", path.start as u64);
    let from = (&start.starts, TEMPERATURES[path.start]);
    let read: &[usize] = if path.is_trained() { &s.shown } else { &[s.steps.size()] };
    let steps = start.torus.trajectory(of, rbm, from, Rule::Sampled, read, seed)?;
    if !path.is_trained() {
        return Ok(Flown { steps, abs_m: Vec::new(), second: None });
    }
    // The same configurations: the seed is the same.
    let every = lab.get(&Trajectory {
        rbm,
        start: &start.starts.samples,
        range: start.starts.range(from.1)?,
        shape: Shape::Square(of.side),
        rule: Rule::Sampled,
        read: &(0..=s.steps.size()).collect::<Vec<_>>(),
        instruments: Instruments { network: Some(&start.second_network), ..Default::default() },
        seed,
    })?;
    let second = every.value.last().map(Step::network_temperature);
    Ok(Flown { steps, abs_m: every.value.iter().map(|step| step.abs_m).collect(), second })
}

type FlowRow<'a> = Row<'a, FlowCase, Flown>;

/// What was found on one torus.
struct Study<'a> {
    p: &'a Protocol,
    /// What both networks read of configurations at T_c, and their `<|m|>`: exact where the torus is small.
    critical: [Estimate; 2],
    abs_m: Estimate,
    /// How far from T_c a physical thermometer may read.
    shift: f64,
    flows: Grid<FlowCase, Flown>,
    /// The share of units that a step changes, of RBMs of units 0 and 1, by training.
    changed: Vec<Estimate>,
}

fn study<'a>(lab: &Lab, s: &Settings, p: &'a Protocol) -> Result<Study<'a>> {
    let starts = lab.grid([()], *p.seeds, |(), index| start(lab, s, p, index))?;
    let starts = starts.at(&()).context("nothing was repeated")?;
    let start = |index: u64| &starts.cells[index as usize];
    let trained =
        lab.grid(models(p), *p.seeds, |rbm, index| train(lab, p, start(index), rbm, index))?;
    let paths = models(p).flat_map(|rbm| rbm.paths(p));
    let flows = lab.grid(paths, *p.seeds, |path, index| {
        let of = trained.at(&path.rbm).context("no RBM was trained")?;
        flow((lab, s, p), start(index), &of.cells[index as usize], path, index)
    })?;
    let is_own = |rbm: &Model| rbm.units == Units::Binary && !rbm.is_check;
    let abs_m = match p.side.size() {
        side if side <= MAX_WIDTH => Estimate::exact(
            Moments::of(&magnetisation_probabilities(side, critical_coupling())?).abs_m,
        ),
        _ => starts.mean(|start| start.abs_m),
    };
    Ok(Study {
        p,
        critical: [0, 1].map(|network| starts.mean(|start| start.critical[network])),
        abs_m,
        shift: finite_size_shift(p.side.size())?,
        changed: trained.filter(is_own).map(|of| of.mean(|trained| trained.changed)).collect(),
        flows,
    })
}

/// The thermometers: four physical ones and the source's network, then the second network.
#[derive(Clone, Copy, PartialEq)]
enum By {
    First(Thermometer),
    Second,
}

impl By {
    /// Physical ones first.
    fn all() -> impl Iterator<Item = Self> + Clone {
        Thermometer::ALL.into_iter().map(Self::First).chain([Self::Second])
    }
}

/// The source's network.
const NETWORK: By = By::First(Thermometer::Network);

/// What a thermometer reads where a flow ends, over seeds; none off the scale.
fn read(of: FlowRow<'_>, by: By) -> Option<Estimate> {
    match by {
        By::First(thermometer) => of.mean_if(|flown| thermometer.at(flown.end()?)),
        By::Second => of.mean_if(|flown| flown.second),
    }
}

fn abs_m(of: FlowRow<'_>) -> Option<Estimate> {
    of.mean_if(|flown| Some(flown.end()?.abs_m))
}

impl Study<'_> {
    /// The ends of the flows of fully trained RBMs.
    fn ends(&self) -> impl Iterator<Item = FlowRow<'_>> {
        self.flows.filter(|path| path.is_trained())
    }

    /// Those of RBMs of units 0 and 1, the source's.
    fn binary(&self) -> impl Iterator<Item = FlowRow<'_>> {
        self.ends().filter(|of| of.rbm.units == Units::Binary)
    }

    /// What a thermometer reads at T_c.
    fn at_critical(&self, by: By) -> Estimate {
        match by {
            NETWORK => self.critical[0],
            By::Second => self.critical[1],
            By::First(_) => Estimate::exact(critical_temperature()),
        }
    }

    fn distance(&self, of: FlowRow<'_>, by: By) -> Option<Estimate> {
        Some(read(of, by)? - self.at_critical(by))
    }

    /// How far from T_c a thermometer may read to be at it.
    fn resolution(&self, by: By) -> f64 {
        match by {
            NETWORK | By::Second => self.p.temperatures.widest_gap(),
            By::First(_) => self.shift,
        }
    }

    /// Whether a thermometer reads the end of a flow as it reads configurations at T_c.
    fn is_critical(&self, of: FlowRow<'_>, by: By) -> Ruling {
        let (place, resolution) = (self.at_critical(by), self.resolution(by));
        on_scale(read(of, by), |read| verdict::near(read, place, resolution))
    }

    /// How many physical thermometers are at T_c, and how many are not, beyond errors.
    fn physical(&self, of: FlowRow<'_>) -> (usize, usize) {
        let all = Thermometer::PHYSICAL.map(|by| self.is_critical(of, By::First(by)).is());
        let count = |wanted| all.iter().filter(|is| **is == Some(wanted)).count();
        (count(true), count(false))
    }

    /// In how many cases, of all ends and physical thermometers, network and physical thermometer say the same of whether the end
    /// is at T_c, and in how many the opposite.
    fn agreement(&self) -> (usize, usize) {
        let of = |of: FlowRow<'_>| {
            let (at, off) = self.physical(of);
            self.is_critical(of, NETWORK).among([(at, off), (off, at), (0, 0)])
        };
        self.ends().map(of).fold((0, 0), |sum, case| (sum.0 + case.0, sum.1 + case.1))
    }

    /// The first network's distance from T_c less that of a physical thermometer: differences of every seed.
    fn gap(&self, of: FlowRow<'_>, by: Thermometer) -> Option<Estimate> {
        let gap = of.mean_if(|flown| {
            let end = flown.end()?;
            Some(Thermometer::Network.at(end)? - by.at(end)?)
        });
        Some(gap? - (self.critical[0] - critical_temperature()))
    }

    /// The temperature of the first network's scale with the largest mean probability: what a figure of it shows.
    fn peak(&self, of: FlowRow<'_>) -> f64 {
        let at = |class: usize| {
            of.mean(|flown| flown.end().map_or(f64::NAN, |end| end.distribution()[class])).mean
        };
        let most = (0..self.p.temperatures.len()).max_by(|&a, &b| at(a).total_cmp(&at(b)));
        most.map_or(f64::NAN, |class| self.p.temperatures[class])
    }

    /// Where the flow of the source's own RBM ends from the cold start.
    fn own(&self) -> Option<FlowRow<'_>> {
        self.binary().find(|of| of.rbm.training == 0 && !of.is_redrawn && of.start == 0)
    }
}

/// In how many repetitions the end of a flow has one temperature.
fn with_temperature(of: FlowRow<'_>) -> usize {
    of.count(|flown| flown.end().is_some_and(has_temperature))
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let studies: Vec<Study<'_>> = s.tori.iter().map(|p| study(lab, s, p)).collect::<Result<_>>()?;
    let accuracy = claims::accuracy(&studies);
    let first = studies.first().context("tori is empty")?;
    let own = first.own().context("the source's RBM was not trained")?;
    let apart = Thermometer::ALL.into_iter().filter_map(|by| {
        Some(format!("{} {}", by.name(), shown(first.distance(own, By::First(by))?)))
    });
    let answer = format!(
        "{}: where the flow of Veiga and Vicente's RBM ends they are off it by {} (L = {}).",
        accuracy.among([
            "Network and physical thermometers do not agree on $T_c$",
            "Network and physical thermometers agree on $T_c$",
            "Errors are too large to say whether network and physical thermometers agree on $T_c$",
        ]),
        apart.collect::<Vec<_>>().join(", "),
        first.p.side,
    );
    let section = section("flow-controls", "Controls: flows of RBMs that know no lattice")
        .answer(answer)
        .text(format!(
            "If a network reads the flow of an RBM at $T_c$ although its data knew of no lattice, the reading says nothing about criticality. RBMs are trained on the torus at all temperatures (L = {}), on T = 0 and ∞ alone, on the complete graph and on independent spins in the mean field; and weights of the first are drawn anew. Flows from all spins up (T = 0) and from balanced random spins (T = ∞) are read by two networks and four physical thermometers.",
            list(s.tori.iter().map(|p| p.side))
        ))
        .text("The source's RBMs have units 0 and 1 without biases; in units ±1 they have biases that are sums of their weights, and are trained as such, with the same distribution and gradient. RBMs of units ±1 without biases stand beside them.")
        .claim(claims::thermometer(lab, &studies, accuracy)?)
        .claims(claims::read_at_critical(lab, &studies)?)
        .claims(claims::m_star(lab, s, &studies)?)
        .claims(claims::reconstruction(lab, &studies)?);
    let section = studies
        .iter()
        .try_fold(section, |section, study| figures::figures(lab, s, study, section))?;
    Ok(section.discussion("Data of T = 0 and ∞, of the complete graph and of the mean field are the same under any rearrangement of the sites: they hold nothing of the square lattice, nor of its $T_c$. Where the flow of such an RBM is read near $T_c$, what is read is |m|, which in a mixture of order and disorder lies between those of both."))
}
