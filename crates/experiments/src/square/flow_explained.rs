//! `flow-explained` (iso-2018, veiga-2020): what does the flow of an RBM go to, and is that the critical point?

mod figures;
mod geometry;
mod pinning;
mod rbms;

use super::thermometers::passage;
use super::unlike_veiga;
use anyhow::{Context, Result, ensure};
use exact::square::critical_temperature;
use exact::transfer::MAX_WIDTH;
use ising::Coupling;
use lab::kinds::{Ascending, Count, Seeds, Within, check_within};
use lab::verdict::{self, Ruling};
use lab::{Grid, Lab};
use rbm::ais::Annealing;
use rbm::{GradientEstimator, TrainConfig};
use rbms::{Start, State, TrainingMixture, TrainingRow, at_end, end_by_energy, meeting, through};
use report::{Check, Claim, Section, list, numbers, section, shown};
use serde::{Deserialize, Serialize};
use stats::Estimate;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Side L of the torus, even.
    side: Count<4, { MAX_WIDTH as u64 }>,
    /// Temperatures of the training mixture in equal shares, J / k_B; flows start from the first and the last.
    temperatures: Ascending<f64>,
    /// Independent configurations at each of them, in training and held out.
    samples: Count<10, 10_000_000>,
    held_out: Count<4, 10_000_000>,
    /// Independent repetitions of everything.
    seeds: Seeds,
    /// RBMs are kept from the first update on, so many times in each factor of ten; the sampled flow is read from so many
    /// updates on.
    checkpoints_per_decade: Count<1, 100>,
    first_reading: Count<1, 1_000_000_000>,
    /// Independent chains of the sampled flow from each start, and their steps: averages are over the second half.
    chains: Count<2, 10_000_000>,
    steps: Count<4, 10_000_000>,
    /// Steps of the flow by the mean rule, and starts of the search for its fixed points.
    mean_steps: Count<1, 10_000_000>,
    fixed_point_starts: Count<1, 10_000_000>,
    /// Exact draws from the p(v) of RBMs whose hidden states can be enumerated.
    exact_draws: Count<10, 10_000_000>,
    /// Metropolis chains from each start, and their sweeps before and during the draws.
    metropolis_chains: Count<2, 10_000_000>,
    metropolis_sweeps: Count<2, 10_000_000>,
    annealing: Annealing,
    /// The network thermometer, trained on the training mixture.
    thermometer_epochs: Count<1, 10_000_000>,
    thermometer: nn::TrainConfig,
    /// What all trainings have in common; the first training is the one that most figures are about.
    train: TrainConfig,
    trainings: Vec<RbmTraining>,
    pinned: Pinned,
    copying: Copying,
}

/// An RBM and how it is trained.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RbmTraining {
    hidden: usize,
    gradient: GradientEstimator,
    updates: u64,
}

/// A hidden unit is pinned to a site when its largest weight and its participation ratio are so; and to what that weight is
/// clipped.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pinned {
    weight: f32,
    participation: Within<1, 1_000_000>,
    limit: f32,
}

/// RBMs made by hand that are the torus at one temperature: a hidden unit copies every second site.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Copying {
    temperature: Within<1, 100>,
    /// The weights with which sites are copied.
    weights: Ascending<f64>,
    held_out: Count<10, 10_000_000>,
}

impl RbmTraining {
    fn rule(&self) -> String {
        self.gradient.to_string()
    }

    fn size(&self) -> String {
        format!("N = {}", self.hidden)
    }

    fn name(&self) -> String {
        format!("{} by {}", self.size(), self.rule())
    }
}

impl Settings {
    fn config(&self, training: &RbmTraining) -> TrainConfig {
        TrainConfig { hidden: training.hidden, gradient: training.gradient, ..self.train }
    }

    /// Updates after which an RBM is kept, ascending.
    fn checkpoints(&self, training: &RbmTraining) -> Vec<u64> {
        let decade = *self.checkpoints_per_decade as f64;
        let place = |k: i32| 10f64.powf(f64::from(k) / decade).round() as u64;
        let mut updates: Vec<u64> =
            (0..).map(place).take_while(|updates| *updates < training.updates).collect();
        updates.push(training.updates);
        updates.dedup();
        updates
    }

    /// Training time: learning rate times updates, the rate as it was written and not as f32 has it.
    fn time(&self, updates: u64) -> f64 {
        let rate = self.train.learning_rate.to_string().parse::<f64>();
        rate.unwrap_or(f64::NAN) * updates as f64
    }

    fn starts(&self) -> [f64; 2] {
        [self.temperatures.lowest(), self.temperatures.highest()]
    }

    /// The spacing of the network's scale.
    fn spacing(&self) -> f64 {
        self.temperatures.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        ensure!(self.side.is_multiple_of(2), "side is {}, but must be even", self.side);
        let (sites, temperatures) = (self.side.pow(2) as usize, self.temperatures.len());
        ensure!(temperatures >= 2, "temperatures needs at least two entries");
        for &t in self.temperatures.iter() {
            Coupling::from_temperature(t)?;
        }
        check_within("chains", *self.chains, 2, *self.held_out)?;
        check_within("metropolis_chains", *self.metropolis_chains, 2, *self.held_out)?;
        let held_out = *self.held_out * temperatures as u64;
        check_within("fixed_point_starts", *self.fixed_point_starts, 1, held_out)?;
        check_within("chains of annealing", self.annealing.chains, 2, 1_000_000)?;
        check_within("steps of annealing", self.annealing.steps, 1, 10_000_000)?;
        check_within("batch in train", self.train.batch, 1, self.samples.size() * temperatures)?;
        for (number, training) in self.trainings.iter().enumerate() {
            let name = training.name();
            let is_twice = self.trainings[..number].iter().any(|of| of.name() == name);
            ensure!(!is_twice, "trainings has {name} twice, but every entry must differ");
            let least = 10 * *self.first_reading;
            check_within("updates in trainings", training.updates, least, 1_000_000_000)?;
            self.config(training).check(sites)?;
        }
        ensure!(
            self.trainings.first().is_some_and(|first| first.hidden == self.train.hidden),
            "trainings must begin with {} hidden units, as hidden in train says",
            self.train.hidden
        );
        flow::Calibration::new(&self.temperatures, sites, self.thermometer.clone(), 0)?;
        check_within("weight in pinned", self.pinned.weight, 0.1, 100.0)?;
        check_within("limit in pinned", self.pinned.limit, 0.01, self.pinned.weight)?;
        for &weight in self.copying.weights.iter() {
            check_within("every entry of weights in copying", weight, 0.1, 20.0)?;
        }
        Ok(())
    }
}

/// What was found of the RBMs that were trained.
struct Study<'a> {
    s: &'a Settings,
    mixture: TrainingMixture,
    rbms: Grid<RbmTraining, Vec<State>>,
}

impl Study<'_> {
    /// The temperature at the end of a flow by the energy, at the end of training; none where a seed is off the scale.
    fn end(&self, of: TrainingRow<'_>, start: usize) -> Option<Estimate> {
        at_end(of, |reading| end_by_energy(self.s, reading, start))
    }

    /// The lowest and the highest end from the cold start.
    fn extremes(&self) -> Option<[(TrainingRow<'_>, Estimate); 2]> {
        let ends = || self.rbms.rows().filter_map(|of| Some((of, self.end(of, 0)?)));
        let by_mean = |a: &(TrainingRow<'_>, Estimate), b: &(TrainingRow<'_>, Estimate)| {
            a.1.mean.total_cmp(&b.1.mean)
        };
        Some([ends().min_by(by_mean)?, ends().max_by(by_mean)?])
    }

    /// The change of that temperature, from the cold start, over the last factor of ten of the training.
    fn drift(&self, of: TrainingRow<'_>) -> Option<Estimate> {
        of.mean_if(|states| {
            let read = || states.iter().filter(|state| state.reading.is_some());
            let last = read().next_back()?;
            let distance = |state: &State| (state.time / (0.1 * last.time)).ln().abs();
            let before = read().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
            let end = |state: &State| end_by_energy(self.s, state.reading.as_ref()?, 0);
            Some(end(last)? - end(before)?)
        })
    }

    /// Whether every flow ends at T_c by the energy, from both starts.
    fn ends_at_critical(&self) -> Ruling {
        /// How close to T_c the energy must read to be at T_c, J / k_B.
        const RESOLUTION: f64 = 0.05;
        let ends = self.rbms.rows().flat_map(|of| [self.end(of, 0), self.end(of, 1)]);
        let near = ends.map(|end| match end {
            Some(end) => verdict::near(end, critical_temperature(), RESOLUTION),
            None => verdict::holds(false, "on the scale"),
        });
        let rule =
            format!("by the energy within {RESOLUTION} of $T_c$, for every RBM and both starts");
        let [low, high] = self.s.starts();
        let differs = ([low, high] != [0.0, 6.0])
            .then(|| format!("the source trains on T = 0 to 6, here on {low} to {high}"));
        verdict::every(near, rule).unless(differs)
    }
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let starts = lab.grid([()], *s.seeds, |(), index| Start::new(lab, s, index))?;
    let starts = starts.cells();
    let rbms = lab.grid(s.trainings.iter().copied(), *s.seeds, |training, index| {
        rbms::through_training(&starts[index as usize], training)
    })?;
    let study = Study { s, mixture: TrainingMixture::of(lab, s)?, rbms };
    let copies = pinning::copies(lab, s, starts)?;
    let geometry = geometry::geometry(lab, s, starts)?;
    let geometry = geometry.at(&()).context("nothing was repeated")?;
    // The training that most figures are about.
    let first = study.rbms.rows().next().context("trainings is empty")?;

    Ok(section("flow-explained", "What does the flow of an RBM go to, and is that the critical point?")
        .answer(answer(&study))
        .text(format!(
            "RBMs are trained on {} temperatures of the {side} × {side} torus at the constant rate {}: {}; {} seeds. Training time is rate × updates. All configurations are independent draws from equilibrium.",
            s.temperatures.len(),
            s.train.learning_rate,
            list(s.trainings.iter().map(RbmTraining::name)),
            s.seeds,
            side = s.side
        ))
        .text(format!(
            "The sampled flow is a Markov chain whose stationary distribution is the RBM's own p(v). So three things are asked: whether the flow is there already, what p(v) is, and how far it is from the training mixture $q(v) = \\frac1n \\sum_T e^{{-E(v)/T}}/Z_T$, where the flow of a perfect RBM would end: its energy is that of T = {:.3}, its |m| is {:.3}, both exactly.",
            study.mixture.temperature, study.mixture.abs_m
        ))
        .claim(flows_to_critical(lab, &study, first)?)
        .claim(forty_steps(lab, &study, first)?)
        .claim(geometry::thermometer(lab, s, geometry)?)
        .checks(rbms::checks(s, study.rbms.rows()))
        .check(bifurcation(&study, first))
        .check(pinning::check(s, &study, &copies))
        .figures(figures::figures(&study, first, &copies, geometry))
        .tables(figures::tables(&study, &copies)))
}

fn answer(study: &Study<'_>) -> String {
    let at = |(of, end): (TrainingRow<'_>, Estimate)| format!("{} ({})", shown(end), of.name());
    let ends = study.extremes().map(|[low, high]| format!("from {} to {}", at(low), at(high)));
    format!(
        "{}: from T = {} it ends {} by the energy; a perfect RBM's would end in the training mixture, at {:.2}.",
        match study.ends_at_critical().is() {
            Some(true) => "To its own p(v), which here is at $T_c$",
            Some(false) => "To its own p(v), which is not at $T_c$",
            None => "To its own p(v)",
        },
        study.s.starts()[0],
        ends.unwrap_or_else(|| "off the scale".to_owned()),
        study.mixture.temperature
    )
}

/// Where flows of the training mixture end by the energy, as training goes on, for other rules and sizes.
fn flows_to_critical(lab: &Lab, study: &Study<'_>, first: TrainingRow<'_>) -> Result<Claim> {
    let drifts = study
        .rbms
        .rows()
        .filter_map(|of| Some(format!("{} {}", of.name(), shown(study.drift(of)?))));
    let path = through(first, |reading| end_by_energy(study.s, reading, 0));
    let path: Vec<(f64, f64)> = path.into_iter().map(|(time, end)| (time, end.mean)).collect();
    let crossing = match passage(&path, critical_temperature()) {
        Some([before, after]) => {
            format!("crosses $T_c$ between rate × updates {before} and {after}")
        }
        None => "does not cross $T_c$".to_owned(),
    };
    let network =
        |start: usize| at_end(first, |reading| Some(reading.relaxation.ends[start].network));
    let claim = lab.says("iso-2018/flows-to-tc")?.judged(
        study.ends_at_critical().showing(study.end(first, 0)),
        format!("temperature by the energy at the end, {}, cold start", first.name()),
        format!(
            "Change over the last factor of ten of training: {}. During the training of the first the energy temperature {crossing}. {} steps.",
            list(drifts),
            study.s.steps
        ),
    );
    let spread = study.extremes().map(|[low, high]| high.1 - low.1);
    Ok(claim
        .and("hot start", study.end(first, 1))
        .and("by the network, cold start", network(0))
        .and("by the network, hot start", network(1))
        .and("highest minus lowest end of all RBMs by the energy, cold start", spread)
        .and("temperature by the energy of the training mixture", Some(study.mixture.temperature))
        .and(
            "KL(mixture ‖ RBM) at the end of training, nats of the whole lattice",
            at_end(first, |reading| Some(reading.kl.kl)),
        ))
}

/// Whether flows from both starts have met after 40 steps, for RBMs at the end of their training.
fn forty_steps(lab: &Lab, study: &Study<'_>, first: TrainingRow<'_>) -> Result<Claim> {
    let met = |of| at_end(of, meeting);
    let rulings = study.rbms.rows().map(|of| match met(of) {
        Some(steps) => verdict::below(steps, 40.0),
        None => verdict::holds(false, "within the steps that were made"),
    });
    let ruling = verdict::every(
        rulings,
        "hot and cold starts differ in |m| by less than 5 % of what they did after less than 40 steps, for every RBM",
    )
    .unless(unlike_veiga(&study.s.train, study.s.side.size()));
    let claim = lab.says("veiga-2020/forty-steps")?.judged(
        ruling.showing(met(first)),
        format!("steps until starts met, {}", first.name()),
        format!("None where a run has not met after {} steps.", study.s.steps),
    );
    let others = study.rbms.rows().skip(1);
    Ok(others.fold(claim, |claim, of| claim.and(of.name(), met(of))))
}

/// The mean rule's fixed point v = 0, whose Jacobian is W W^T: it attracts every start where the largest singular value of W is
/// below 1 (tanh contracts), and is unstable above.
fn bifurcation(study: &Study<'_>, first: TrainingRow<'_>) -> Check {
    /// Units smaller than this in the root mean square are at v = 0: it is approached, never reached.
    const VANISHED: f64 = 1e-3;
    let states = || study.rbms.cells().iter().flatten();
    let is_below = |state: &&State| state.largest_singular_value() < 1.0;
    let as_expected = states().filter(|state| {
        let at_zero = state.mean_flow.ends.map(|end| end.rms.mean < VANISHED);
        at_zero == [is_below(state); 2]
    });
    let (as_expected, of) = (as_expected.count(), states().count());
    let rule = format!(
        "for each RBM and start the root mean square of the units is below {} after {} steps if and only if no singular value is above 1",
        numbers::rough(VANISHED),
        study.s.mean_steps
    );
    let last = |quantity: fn(&State) -> f64| {
        first.mean_if(|states| Some(Estimate::exact(quantity(states.last()?))))
    };
    verdict::holds(as_expected == of, rule)
        .showing(Estimate::exact(as_expected as f64 / of as f64))
        .check(
            "bifurcation",
            "The flow by the mean rule ends at $v = 0$ while the largest singular value of W is below 1, and elsewhere when it is above.",
            format!("share of {of} RBMs for which it does"),
            format!(
                "The Jacobian at v = 0 is $W W^T$. {} of the RBMs have no singular value above 1.",
                states().filter(is_below).count()
            ),
        )
        .and(format!("singular values above 1, {}", first.name()), last(State::above_one))
        .and(
            format!("its stable fixed points found from {} starts", study.s.fixed_point_starts),
            last(|state| state.mean_flow.stable as f64),
        )
}
