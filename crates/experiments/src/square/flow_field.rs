//! `flow-field` (funai-giataganas-2020): does the flow of RBMs trained in a field end at the maximum of the specific heat?

mod figures;

use super::thermometers::{LEVEL, finite_size_shift, on_scale};
use super::torus::Repetition;
use crate::stages::{
    Data, DrawInField, Flowing, Instruments, Shape, Step, Trajectory, calibrate, train_rbm_on,
};
use anyhow::{Context, Result, ensure};
use exact::square::critical_temperature;
use exact::transfer::{DensityOfStates, TorusInField};
use flow::{FieldReadings, Rule, read_in_field};
use ising::Samples;
use lab::kinds::{Ascending, Count, Distinct, Seeds, check_within};
use lab::verdict::{self, Ruling};
use lab::{Done, Grid, Lab, Row};
use rbm::{TrainConfig, Trainer};
use report::{Claim, Section, Verdict, list, section, shown};
use serde::{Deserialize, Serialize};
use stats::{Estimate, child_seed};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Side L of the torus, all of whose states are counted.
    side: Count<3, 8>,
    /// Temperatures of the training sets: from 0 to each of these, J / k_B.
    hottest: Distinct<f64>,
    /// Their distance.
    spacing: f64,
    /// External fields h, in J, from 0.
    fields: Ascending<f64>,
    /// Configurations per temperature, in training and held out.
    samples: Count<10, 1_000_000>,
    held_out: Count<100, 1_000_000>,
    seeds: Seeds,
    /// Epochs after which the flow is run; claims are about the last.
    epochs: Ascending<u64>,
    train: TrainConfig,
    network_epochs: Count<1, 1_000_000>,
    network: nn::TrainConfig,
    /// Steps of the flow; it is read after the last.
    steps: Ascending<usize>,
}

impl Settings {
    /// The temperatures of a training set.
    fn temperatures(&self, hottest: f64) -> Vec<f64> {
        let last = (hottest / self.spacing).round() as usize;
        (0..=last).map(|i| self.spacing * i as f64).collect()
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_within("spacing", self.spacing, 0.01, 10.0)?;
        let from_zero = self.fields.lowest() == 0.0 && self.fields.len() >= 2;
        ensure!(from_zero, "fields must begin with 0 and hold at least one more");
        check_within("fields", self.fields.highest(), 0.0, 10.0)?;
        check_within("epochs", self.epochs.lowest(), 1, 10_000_000)?;
        let sites = self.side.pow(2) as usize;
        self.train.check(sites)?;
        for &hottest in &*self.hottest {
            check_within("hottest", hottest, 2.0 * self.spacing, 40.0)?;
            let temperatures = self.temperatures(hottest);
            let training = temperatures.len() * self.samples.size();
            check_within("batch in train", self.train.batch, 1, training)?;
            check_within("batch in network", self.network.batch, 1, training)?;
            flow::Calibration::new(&temperatures, sites, self.network.clone(), 0)?;
        }
        Ok(())
    }
}

/// What an RBM is trained on: temperatures from 0 to `hottest` in one field. And where its flow might end.
#[derive(Clone, Copy)]
struct Case {
    number: u64,
    hottest: f64,
    field: f64,
    /// Where the specific heat is largest.
    peak: f64,
    /// The temperature with the mean energy of the training set; none off the scale.
    mixture: Option<f64>,
}

fn cases(lab: &Lab, s: &Settings, states: &DensityOfStates) -> Result<Vec<Case>> {
    let all = s.hottest.iter().flat_map(|&hottest| s.fields.iter().map(move |&h| (hottest, h)));
    let numbered: Vec<(u64, (f64, f64))> = (0..).zip(all).collect();
    lab.each(&numbered, |&(number, (hottest, field))| {
        let torus = TorusInField { states, field };
        let mixture = torus.mixture_temperature(&s.temperatures(hottest))?;
        Ok(Case { number, hottest, field, peak: torus.specific_heat_peak()?, mixture })
    })
}

/// Where a flow is after its last step.
struct Endpoint {
    /// By each of the thermometers, where it is on its scale.
    temperatures: [Option<Estimate>; 3],
    /// Of the ensemble, if it has one temperature.
    p_value: f64,
    /// Magnetisation, of which the size is taken without a field, and energy of the bonds, per spin.
    place: [Estimate; 2],
}

/// The three thermometers; the network was trained in the same field.
#[derive(Clone, Copy)]
enum By {
    Energy,
    Magnetisation,
    Network,
}

impl Endpoint {
    fn of(torus: &TorusInField<'_>, step: &Step) -> Result<Self> {
        let mean = |of: &dyn Fn([f64; 2]) -> f64| {
            step.configurations.iter().map(|&configuration| of(configuration)).collect()
        };
        let FieldReadings { energy, magnetisation, p_value, .. } =
            read_in_field(torus, &step.configurations)?;
        let network = Some(step.network_temperature());
        Ok(Self {
            temperatures: [energy.estimate(), magnetisation.estimate(), network],
            p_value,
            place: [mean(&|c| torus.observables(c)[1]), mean(&|[bonds, _]| bonds)],
        })
    }
}

/// Flows start from the coldest and from the hottest configurations of the training temperatures.
const COLD: usize = 0;
const HOT: usize = 1;

/// By case, and of each repetition `[epochs][start]`.
type Ends = Grid<Case, Vec<[Endpoint; 2]>>;
type CaseRow<'a> = Row<'a, Case, Vec<[Endpoint; 2]>>;

/// So many configurations at each temperature in each field.
fn draw(
    of: Repetition<'_>,
    name: &str,
    temperatures: &[f64],
    fields: &[f64],
    count: u32,
) -> Result<Done<Samples>> {
    let (side, seed) = (of.side, of.seed(name));
    of.lab.get(&DrawInField { side, temperatures, fields, count, seed })
}

/// An RBM of one field: draw, calibrate, train, and read where the sampled flow ends.
fn one_field(
    lab: &Lab,
    s: &Settings,
    states: &DensityOfStates,
    case: &Case,
    index: u64,
) -> Result<Vec<[Endpoint; 2]>> {
    let of = Repetition::new(lab, s.side.size(), "flow-field", index);
    let of = Repetition { seed: child_seed(of.seed, "field", case.number), ..of };
    let (temperatures, fields) = (s.temperatures(case.hottest), [case.field]);
    let training = draw(of, "training", &temperatures, &fields, s.samples.short())?;
    let held_out = draw(of, "held-out", &temperatures, &fields, s.held_out.short())?;
    let (epochs, seed) = (*s.network_epochs, of.seed("network"));
    let network =
        calibrate(&lab.store, &training, &temperatures, &s.network, epochs, epochs, seed)?;
    let data = Data::Samples(&training);
    let rbms = train_rbm_on(&lab.store, data, s.train, &s.epochs, of.seed("rbm"))?;
    let torus = TorusInField { states, field: case.field };
    let instruments = Instruments { network: Some(&network), curves: None, configurations: true };
    let copies = s.held_out.size();
    let end = |rbm, first: usize| {
        let (block, read) = ((first, first + copies), [s.steps.highest()]);
        let steps = flow(of, rbm, &held_out, block, &read, instruments, first as u64)?;
        Endpoint::of(&torus, steps.last().context("nothing was read")?)
    };
    let hot = held_out.value.len() - copies;
    rbms.iter().map(|rbm| Ok([end(rbm, 0)?, end(rbm, hot)?])).collect()
}

/// The sampled flow of a block of configurations, as it is at the steps `read`.
fn flow(
    of: Repetition<'_>,
    rbm: &Done<Trainer>,
    start: &Done<Samples>,
    range: (usize, usize),
    read: &[usize],
    instruments: Instruments<'_>,
    number: u64,
) -> Result<Vec<Step>> {
    let (rbm, shape, rule) = (Flowing::Trained(rbm), Shape::Square(of.side), Rule::Sampled);
    let seed = child_seed(of.seed, "flow", number);
    Ok(of.lab.get(&Trajectory { rbm, start, range, shape, rule, read, instruments, seed })?.value)
}

/// An RBM that was shown all fields, and its flows from hot configurations in each of them: start and end, by field.
fn all_fields(lab: &Lab, s: &Settings, index: u64) -> Result<Vec<[Step; 2]>> {
    let of = Repetition::new(lab, s.side.size(), "flow-field joint", index);
    let temperatures = s.temperatures(s.hottest[0]);
    // Altogether as many configurations as an RBM of one field learns, or nearly.
    let share = s.samples.short().div_ceil(s.fields.len() as u32);
    let training = draw(of, "training", &temperatures, &s.fields, share)?;
    let held_out = draw(of, "held-out", &temperatures, &s.fields, s.held_out.short())?;
    let data = Data::Samples(&training);
    let rbms = train_rbm_on(&lab.store, data, s.train, &s.epochs, of.seed("rbm"))?;
    let rbm = rbms.last().context("no RBM was trained")?;
    let copies = s.held_out.size();
    let of_field = |field: usize| {
        let hot = ((field + 1) * temperatures.len() - 1) * copies;
        let (block, read) = ((hot, hot + copies), [0, s.steps.highest()]);
        let steps = flow(of, rbm, &held_out, block, &read, Instruments::default(), field as u64)?;
        steps.try_into().ok().context("a step was not read")
    };
    (0..s.fields.len()).map(of_field).collect()
}

/// A temperature at the end of the flow, over repetitions; `epochs` is a number in the settings.
fn end(of: CaseRow<'_>, epochs: usize, start: usize, by: By) -> Option<Estimate> {
    of.mean_if(|ends| ends[epochs][start].temperatures[by as usize])
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let states = &DensityOfStates::new(s.side.size())?;
    let ends = lab.grid(cases(lab, s, states)?, *s.seeds, |case, index| {
        one_field(lab, s, states, case, index)
    })?;
    let joint = lab.grid([()], *s.seeds, |(), index| all_fields(lab, s, index))?;
    let joint = joint.at(&()).context("nothing was repeated")?;

    let last = s.epochs.len() - 1;
    let to_peak = |epochs| distance(&ends, epochs, By::Energy, |case| Some(case.peak));
    let maximal = maximal_heat(lab, s, &ends, joint)?;
    Ok(section("flow-field", "The flow in an external field")
        .answer(format!(
            "{}: in fields up to {} J the end of the flow is off that maximum by {} J/k_B by its energy, and off $T_c$ by {} (root mean square); {} of {} ensembles at the end have one temperature.",
            match maximal.verdict {
                Verdict::Reproduced => "The flow ends at the maximum of the specific heat",
                Verdict::Contradicted => "The flow does not end at the maximum of the specific heat",
                _ => "It cannot be told with these errors whether the flow ends at the maximum of the specific heat",
            },
            s.fields.highest(),
            shown(to_peak(last)),
            shown(distance(&ends, last, By::Energy, |_| Some(critical_temperature()))),
            ends.rows().map(with_temperature).sum::<usize>(),
            ends.cells().len(),
        ))
        .text(format!(
            "A field moves the maximum of the specific heat far above $T_c$, so that the two can be told apart. On the {0} × {0} torus all states are counted: energy, magnetisation and specific heat are exact at every temperature and field. An RBM of {1} hidden units with biases learns temperatures from 0 to {2} in one field; held-out configurations then flow for {3} steps of the sampled rule.",
            s.side, s.train.hidden, list(s.hottest.iter().map(f64::to_string)), s.steps.highest(),
        ))
        .claim(maximal)
        .claim(zero_field(lab, s, &ends)?)
        .figure(figures::temperatures(lab, s, states, &ends)?)
        .figure(figures::training(s, &ends))
        .figure(figures::plane(s, states, &ends, joint)?)
        .table(figures::ends_table(s, &ends))
        .discussion("The sampled flow relaxes to the RBM's own distribution, which imitates the training set: a mixture of temperatures. The temperature with the mean energy of that mixture rises with the field, as the maximum of the specific heat does, because aligned spins take more heat to turn.")
        .discussion("In the plane of magnetisation and energy an end below all curves has the energy of a cold torus and too little magnetisation for it: flows from hot starts fall into both wells, up and down, and stay there. An RBM that was shown all fields has one stationary distribution, which cannot be at the maximum of the specific heat of more than one field."))
}

/// How far the flow from hot starts ends from a temperature, root mean square over ranges and fields.
fn distance(ends: &Ends, epochs: usize, by: By, from: impl Fn(&Case) -> Option<f64>) -> Estimate {
    let of = |of: CaseRow<'_>| Some(end(of, epochs, HOT, by)? - from(of.case)?);
    Estimate::root_mean_square(&ends.rows().filter_map(of).collect::<Vec<_>>())
}

/// Whether the flow from hot starts ends at a temperature by its energy, in all of these cases.
fn ends_at<'a>(
    of: impl Iterator<Item = CaseRow<'a>>,
    resolution: f64,
    place: impl Fn(&Case) -> f64,
) -> Ruling {
    let at = |of: CaseRow<'_>| {
        let end = end(of, of.first()?.len() - 1, HOT, By::Energy);
        Some(on_scale(end, |t| verdict::near(t, place(of.case), resolution)))
    };
    let all: Vec<Ruling> = of.filter_map(at).collect();
    let rule = format!(
        "within {resolution:.2}, the distance of this torus' own maximum without a field from T_c, beyond errors, in each of {} cases",
        all.len()
    );
    verdict::every(all, rule)
}

fn maximal_heat(
    lab: &Lab,
    s: &Settings,
    ends: &Ends,
    joint: Row<'_, (), Vec<[Step; 2]>>,
) -> Result<Claim> {
    let last = s.epochs.len() - 1;
    let peak = |case: &Case| Some(case.peak);
    let mixture = |case: &Case| case.mixture;
    let critical = |_: &Case| Some(critical_temperature());
    let ruling = ends_at(ends.rows(), finite_size_shift(s.side.size())?, |case| case.peak);
    let claim = lab.says("funai-giataganas-2020/maximal-heat")?.judged(
        ruling.showing(distance(ends, last, By::Energy, peak)),
        "distance of the end of the flow, by its energy, from the largest specific heat (root mean square), J/k_B",
        format!(
            "{} steps of the sampled rule from hot starts after {} epochs; {} seeds.",
            s.steps.highest(), s.epochs.highest(), s.seeds
        ),
    );
    let early = format!("the same after {} epochs", s.epochs.lowest());
    let claim = claim
        .and(early, Some(distance(ends, 0, By::Energy, peak)))
        .and("the same by the network", Some(distance(ends, last, By::Network, peak)))
        .and("distance from $T_c$", Some(distance(ends, last, By::Energy, critical)))
        .and("distance from the training mixture", Some(distance(ends, last, By::Energy, mixture)));
    // A wider range of training temperatures leaves the specific heat as it is.
    let claim = match *s.hottest {
        [first, second, ..] => claim
            .and(
                format!("shift of the end, mean over fields, with training up to T = {second} instead of {first}"),
                shift(s, ends, |of| end(of, last, HOT, By::Energy)),
            )
            .and("the same of the training mixture", shift(s, ends, |of| of.mixture.map(Estimate::exact))),
        _ => claim,
    };
    // What the flow of one RBM that was shown all fields remembers of the field of its start.
    let (highest, fields) = (s.fields.highest(), s.fields.len());
    let of_field = |field: usize, when: usize| joint.mean(|fields| fields[field][when].abs_m);
    let remembered = |when| Some(of_field(fields - 1, when) - of_field(0, when));
    Ok(claim
        .and(format!("|m| at the start in the field {highest} minus that without a field, one RBM of all fields"), remembered(0))
        .and("the same at the end", remembered(1)))
}

/// How much a quantity grows from the first range of training temperatures to the second, mean over the fields. The fields'
/// values differ, so that only their errors count.
fn shift(
    s: &Settings,
    ends: &Ends,
    of: impl Fn(CaseRow<'_>) -> Option<Estimate>,
) -> Option<Estimate> {
    let range = |number: usize| ends.filter(move |case| case.hottest == s.hottest[number]);
    let shifts = range(0).zip(range(1)).filter_map(|(a, b)| Some(of(b)? - of(a)?));
    let shifts: Vec<Estimate> = shifts.collect();
    (!shifts.is_empty()).then(|| Estimate::mean_of(&shifts))
}

fn zero_field(lab: &Lab, s: &Settings, ends: &Ends) -> Result<Claim> {
    let last = s.epochs.len() - 1;
    let without = || ends.filter(|case| case.field == 0.0);
    let ruling = ends_at(without(), finite_size_shift(s.side.size())?, |_| critical_temperature());
    let count: usize = without().map(with_temperature).sum();
    let claim = lab.says("funai-giataganas-2020/zero-field")?.judged(
        ruling,
        format!("temperature at the end by the energy, trained up to T = {}", s.hottest[0]),
        format!(
            "From hot starts after {} epochs; of {} ensembles at the end {count} have one temperature.",
            s.epochs.highest(),
            without().count() * s.seeds.size(),
        ),
    );
    let of_each = |name: &'static str, by| {
        without().map(move |of| {
            let quantity = format!("temperature by the {name}, trained up to T = {}", of.hottest);
            (quantity, end(of, last, HOT, by))
        })
    };
    Ok(claim
        .and_all(of_each("network", By::Network))
        .and_all(of_each("energy", By::Energy).skip(1)))
}

/// In how many repetitions the fully trained RBM's end, from hot starts, is not told from an Ising ensemble of one temperature.
fn with_temperature(of: CaseRow<'_>) -> usize {
    let has = |ends: &[Endpoint; 2]| ends[HOT].p_value >= LEVEL;
    of.count(|ends| ends.last().is_some_and(has))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distinct::{HOT, assert_distinct, lab};

    #[test]
    fn sets_in_a_field_share_no_configuration() {
        let (_directory, lab) = lab();
        let sets = |index| {
            let of = Repetition::new(&lab, 8, "flow-field", index);
            ["training", "held-out"].map(|name| draw(of, name, &HOT, &[0.0, 0.5], 300).unwrap())
        };
        let drawn = [0, 1].map(sets);
        assert_distinct(&drawn.iter().flatten().map(|done| &done.value).collect::<Vec<_>>());
    }
}
