//! What is done in `flow-square`: draw, calibrate, train on three sets, let configurations flow, and read them.

use super::correlators::Correlators;
use super::gram::Gram;
use super::{Settings, TrainingSet};
use crate::square::thermometers::Thermometer;
use crate::square::torus::{Blocks, Repetition, TorusThermometers};
use crate::stages::{
    DrawSamples, Flowing, Instruments, MeasureCurves, Shape, Step, Trajectory, calibrate,
    train_rbm_on,
};
use anyhow::{Context, Error, Result};
use exact::square::critical_temperature;
use flow::Rule;
use ising::{Samples, Schedule};
use lab::{Done, Grid, Lab, Row};
use rbm::Trainer;
use stats::{Estimate, child_seed};

/// What a repetition begins with: a training set, independent configurations at its temperatures and at T_c, thermometers.
struct Draws<'a> {
    of: Repetition<'a>,
    training: Done<Samples>,
    held_out: Blocks,
    torus: TorusThermometers,
}

impl<'a> Draws<'a> {
    fn new(lab: &'a Lab, s: &Settings, index: u64) -> Result<Self> {
        let side = s.side.size();
        let of = Repetition::new(lab, side, "flow-square", index);
        let training = lab.get(&DrawSamples {
            shape: s.shape(),
            temperatures: &s.temperatures,
            algorithm: s.algorithm,
            schedule: Schedule {
                burn_in: s.burn_in,
                stride: s.stride.short(),
                draws: s.samples.short(),
                symmetrise: s.symmetrise,
            },
            seed: of.seed("training"),
        })?;
        let (hottest, draws) = (*s.hottest, s.curve_draws.short());
        let torus = TorusThermometers {
            side,
            curves: lab.get(&MeasureCurves { side, hottest, draws, seed: of.seed("curves") })?,
            network: calibrate(
                &lab.store,
                &training,
                &s.temperatures,
                &s.thermometer,
                *s.thermometer_epochs,
                *s.segment,
                of.seed("thermometer"),
            )?,
        };
        let temperatures: Vec<f64> =
            s.temperatures.iter().copied().chain([critical_temperature()]).collect();
        let held_out = of.draw("held-out", &temperatures, s.held_out.short())?;
        Ok(Self { of, training, held_out, torus })
    }

    /// An RBM at every state of its training that is kept.
    fn train(
        &self,
        s: &Settings,
        (set, hidden): (TrainingSet, usize),
    ) -> Result<Vec<Done<Trainer>>> {
        let label = match set {
            TrainingSet::V => "rbm".to_owned(),
            _ => format!("rbm {}", set.name()),
        };
        let seed = child_seed(self.of.seed, &label, hidden as u64);
        let data = set.data(s, &self.training);
        train_rbm_on(&self.of.lab.store, data, s.train_config(hidden), &set.epochs(s), seed)
    }

    /// Steps of a flow that `label` names, read by the network, and by the physical thermometers where `all` are asked for.
    fn flow(
        &self,
        rbm: &Done<Trainer>,
        flow: &FlowCase,
        read: &[usize],
        all: bool,
        label: &str,
    ) -> Result<Vec<Step>> {
        let range = self.held_out.range(flow.start)?;
        let trajectory = Trajectory {
            rbm: Flowing::Trained(rbm),
            start: &self.held_out.samples,
            range,
            shape: Shape::Square(self.of.side),
            rule: flow.rule,
            read,
            instruments: Instruments {
                network: Some(&self.torus.network),
                curves: all.then_some(&self.torus.curves),
                configurations: false,
            },
            seed: child_seed(self.of.seed, label, range.0 as u64),
        };
        Ok(self.of.lab.get(&trajectory)?.value)
    }

    /// Configurations in equilibrium: the network's reading, |m|, and the energy per spin in J.
    fn equilibrium(&self, s: &Settings, temperature: f64) -> Result<[Estimate; 3]> {
        let samples = self.held_out.at(temperature)?;
        let network = self.torus.network.value.thermometer().read(&samples.to_matrix());
        let abs_m = ising::magnetisations(&samples).into_iter().map(f64::abs).collect();
        let energy = ising::energies(&s.shape().lattice()?, &samples);
        Ok([network.temperatures, abs_m, energy].map(|series| Estimate::from_series(&series)))
    }
}

/// A flow: of the RBM of a training set and number of hidden units at one state of its training, by one rule, from one start.
#[derive(Clone, Copy)]
pub(super) struct FlowCase {
    pub(super) set: TrainingSet,
    pub(super) hidden: usize,
    /// The number of the state, its time (rate × updates), and whether it is the last.
    pub(super) state: usize,
    pub(super) time: f64,
    pub(super) trained: bool,
    pub(super) rule: Rule,
    /// Temperature of the start, J / k_B.
    pub(super) start: f64,
}

impl FlowCase {
    pub(super) fn is(&self, set: TrainingSet, hidden: usize) -> bool {
        self.set == set && self.hidden == hidden
    }
}

/// RBMs of a training set and number of hidden units, by seed, at every state of their training that is kept.
type Rbms = Grid<(TrainingSet, usize), Vec<Done<Trainer>>>;

/// RBMs of V and all of the size shown flow from every start, the rest from the coldest and the hottest; the RBM shown does so
/// at every state of its training.
fn flows(s: &Settings, rbms: &Rbms) -> Vec<FlowCase> {
    let mut flows = Vec::new();
    for rbm in rbms.rows() {
        let ((set, hidden), states) = (*rbm.case, rbm.cells[0].as_slice());
        let is_shown = hidden == s.train.hidden;
        for (state, trainer) in states.iter().enumerate() {
            let trained = state + 1 == states.len();
            let starts = match trained {
                true if set == TrainingSet::V || is_shown => s.starts.to_vec(),
                true => s.extremes().to_vec(),
                false if set == TrainingSet::V && is_shown => s.extremes().to_vec(),
                false => continue,
            };
            let time = f64::from(s.train.learning_rate) * trainer.value.updates() as f64;
            for &rule in s.rules.iter() {
                let flow = |&start| FlowCase { set, hidden, state, time, trained, rule, start };
                flows.extend(starts.iter().map(flow));
            }
        }
    }
    flows
}

/// Steps that all thermometers read: 0, 1, 2, 5, 10, 20, 50, .. and the last.
fn steps_read(last: usize) -> Vec<usize> {
    let decades = (0..).map(|n| 10_usize.pow(n)).take_while(|decade| *decade < last);
    let within = decades.flat_map(|decade| [decade, 2 * decade, 5 * decade]);
    [0].into_iter().chain(within.filter(|step| *step < last)).chain([last]).collect()
}

/// All that is found.
pub(super) struct Results<'a> {
    pub(super) s: &'a Settings,
    /// By temperature, T_c the last: the network's reading, |m|, and the energy.
    pub(super) equilibrium: Grid<f64, [Estimate; 3]>,
    /// The flows of RBMs of the size shown at every step, by the network; that of V at some steps, by all thermometers.
    pub(super) every_step: Grid<FlowCase, Vec<Step>>,
    pub(super) some_steps: Grid<FlowCase, Vec<Step>>,
    /// The ends of all flows, by all thermometers.
    pub(super) ends: Grid<FlowCase, Step>,
    pub(super) weights: Grid<(TrainingSet, usize), Gram>,
    pub(super) correlators: Grid<(), Correlators>,
}

impl<'a> Results<'a> {
    pub(super) fn of(lab: &Lab, s: &'a Settings) -> Result<Self> {
        let (seeds, shown, steps) = (*s.seeds, s.train.hidden, s.steps.size());
        let draws = lab.grid([()], seeds, |(), index| Draws::new(lab, s, index))?;
        let draws = draws.cells();
        let temperatures = s.temperatures.iter().copied().chain([critical_temperature()]);

        let sizes = |set| s.hidden.iter().map(move |&hidden| (set, hidden));
        let kinds: Vec<(TrainingSet, usize)> =
            TrainingSet::ALL.into_iter().flat_map(sizes).collect();
        let train = |&kind: &_, index: u64| draws[index as usize].train(s, kind);
        let rbms: Rbms = lab.grid(kinds.iter().copied(), seeds, train)?;
        let states = |kind: (TrainingSet, usize), index: u64| {
            let rbm = rbms.at(&kind).context("an RBM was not trained")?;
            Ok::<_, Error>(rbm.cells[index as usize].as_slice())
        };
        let flow = |flow: &FlowCase, index: u64, read: &[usize], all, label: &str| {
            let rbm = &states((flow.set, flow.hidden), index)?[flow.state];
            draws[index as usize].flow(rbm, flow, read, all, label)
        };

        let all = flows(s, &rbms);
        let is_shown = |flow: &&FlowCase| {
            flow.trained && flow.hidden == shown && s.extremes().contains(&flow.start)
        };
        let of_shown: Vec<FlowCase> = all.iter().filter(is_shown).copied().collect();
        let of_v = of_shown.iter().filter(|flow| flow.set == TrainingSet::V).copied();
        let (every, some) = ((0..=steps).collect::<Vec<_>>(), steps_read(steps));
        Ok(Self {
            s,
            equilibrium: lab.grid(temperatures, seeds, |&temperature, index| {
                draws[index as usize].equilibrium(s, temperature)
            })?,
            some_steps: lab
                .grid(of_v, seeds, |of, index| flow(of, index, &some, true, "flow readings"))?,
            every_step: lab.grid(of_shown.iter().copied(), seeds, |of, index| {
                flow(of, index, &every, false, "flow")
            })?,
            ends: lab.grid(all, seeds, |of, index| {
                let end = flow(of, index, &[steps], true, "flow ends")?.pop();
                end.context("nothing was read")
            })?,
            weights: lab.grid(kinds, seeds, |&kind, index| {
                let noise = stats::stream(draws[index as usize].of.seed, "noise", kind.1 as u64);
                let trained = states(kind, index)?.last().context("nothing was trained")?;
                Ok(Gram::of(&trained.value.rbm().weights, s.side.size(), noise))
            })?,
            correlators: lab.grid([()], seeds, |(), index| {
                let v = draws[index as usize].held_out.at(critical_temperature())?.to_matrix();
                let trained = states((TrainingSet::V, shown), index)?.last();
                let rbm = trained.context("nothing was trained")?.value.rbm();
                Ok(Correlators::of(rbm, &v, s.side.size()))
            })?,
        })
    }

    /// What the network reads of configurations at T_c.
    pub(super) fn network_at_critical(&self) -> Result<Estimate> {
        let at = self.equilibrium.at(&critical_temperature()).context("nothing was held out")?;
        Ok(at.mean(|[network, ..]| *network))
    }

    /// The ends of trained RBMs of one kind by one rule, one for each start.
    pub(super) fn trained(
        &self,
        set: TrainingSet,
        hidden: usize,
        rule: Rule,
    ) -> impl Iterator<Item = FlowEndpoint<'_>> {
        self.ends.filter(move |flow| flow.trained && flow.is(set, hidden) && flow.rule == rule)
    }

    /// That from one start, by an RBM of so many hidden units.
    pub(super) fn end_of(
        &self,
        set: TrainingSet,
        hidden: usize,
        rule: Rule,
        start: f64,
    ) -> Result<FlowEndpoint<'_>> {
        let mut ends = self.trained(set, hidden, rule);
        ends.find(|end| end.start == start).context("a flow was not read")
    }

    /// That of the size shown.
    pub(super) fn end(&self, set: TrainingSet, rule: Rule, start: f64) -> Result<FlowEndpoint<'_>> {
        self.end_of(set, self.s.train.hidden, rule, start)
    }

    /// The ends while the RBM shown is trained on V, in the order of its training.
    pub(super) fn while_training(
        &self,
        rule: Rule,
        start: f64,
    ) -> impl Iterator<Item = FlowEndpoint<'_>> {
        let hidden = self.s.train.hidden;
        self.ends.filter(move |flow| {
            flow.is(TrainingSet::V, hidden) && (flow.rule, flow.start) == (rule, start)
        })
    }
}

/// The end of one flow, by seed.
pub(super) type FlowEndpoint<'a> = Row<'a, FlowCase, Step>;

/// What the network reads of the units as they are: real numbers by the mean rule.
pub(super) fn network(end: FlowEndpoint<'_>) -> Estimate {
    end.mean(Step::network_temperature)
}

/// What a thermometer reads of spins: those of the mean rule are drawn from its expectations.
pub(super) fn by(thermometer: Thermometer, end: FlowEndpoint<'_>) -> Option<Estimate> {
    end.mean_if(|step| thermometer.at(step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distinct::{HOT, assert_distinct, lab};

    #[test]
    fn training_and_start_sets_share_no_configuration() {
        let (_directory, lab) = lab();
        let own = format!(
            "side = 8\ntemperatures = {HOT:?}\nsamples = 300\nheld_out = 300\ncurve_draws = 100\nthermometer_epochs = 1\nstarts = {HOT:?}"
        );
        let mut settings: toml::Table =
            crate::entry("flow-square").unwrap().settings.parse().unwrap();
        let tiny = settings["tiny"].as_table_mut().unwrap();
        tiny.extend(own.parse::<toml::Table>().unwrap());
        let s: Settings = toml::Value::Table(tiny.clone()).try_into().unwrap();
        let draws = [0, 1].map(|index| Draws::new(&lab, &s, index).unwrap());
        let sets = draws.iter().flat_map(|of| [&of.training.value, &of.held_out.samples.value]);
        assert_distinct(&sets.collect::<Vec<_>>());
    }

    #[test]
    fn steps_read_are_three_a_decade() {
        assert_eq!(steps_read(60), [0, 1, 2, 5, 10, 20, 50, 60]);
        assert_eq!(steps_read(1), [0, 1]);
    }
}
