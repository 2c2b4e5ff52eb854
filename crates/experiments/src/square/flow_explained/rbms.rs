//! RBMs through their training: what p(v) is, where the flow goes and how fast it forgets its start, at every checkpoint.

use super::{Pinned, RbmTraining, Settings};
use crate::square::torus::{Blocks, Repetition};
use crate::stages::{
    CheckStationarity, EnergyAndMagnetisation, ExactMoments, Flowing, KlDivergence, MAX_EXACT,
    MeanFlow, MeasureKl, Relax, Relaxation, RunMeanFlow, RunMetropolis, Stationarity, calibrate,
    train_through,
};
use anyhow::Result;
use exact::torus::{TorusMixture, kaufman, temperature_at_energy};
use flow::{Calibration, freezing};
use lab::family::{self, Family, Scores, z_score};
use lab::{Done, Lab, Row, verdict};
use rbm::Trainer;
use report::Check;
use stats::{Estimate, child_seed};

/// The training mixture, exactly.
pub(super) struct TrainingMixture {
    /// Per spin, J.
    pub(super) energy: f64,
    pub(super) abs_m: f64,
    /// At which the torus has this energy, J / k_B.
    pub(super) temperature: f64,
}

impl TrainingMixture {
    pub(super) fn of(lab: &Lab, s: &Settings) -> Result<Self> {
        let (side, temperatures) = (s.side.size(), &s.temperatures[..]);
        let moments = lab.get(&ExactMoments { side, temperatures })?.value;
        let abs_m = moments.iter().map(|m| m.abs_m).sum::<f64>() / moments.len() as f64;
        let energy = TorusMixture::new(side, side, temperatures)?.energy_per_spin();
        Ok(Self { energy, abs_m, temperature: temperature_at_energy(side, side, energy)? })
    }
}

/// What a repetition starts with, and what it measures of an RBM.
pub(super) struct Start<'a> {
    pub(super) s: &'a Settings,
    pub(super) of: Repetition<'a>,
    training: Blocks,
    pub(super) held_out: Blocks,
    pub(super) network: Done<Calibration>,
}

impl<'a> Start<'a> {
    pub(super) fn new(lab: &'a Lab, s: &'a Settings, index: u64) -> Result<Self> {
        let of = Repetition::new(lab, s.side.size(), "flow-explained", index);
        let training = of.draw("training", &s.temperatures, s.samples.short())?;
        let held_out = of.draw("held-out", &s.temperatures, s.held_out.short())?;
        let (data, scale, config) = (&training.samples, &s.temperatures, &s.thermometer);
        let (epochs, seed) = (*s.thermometer_epochs, of.seed("thermometer"));
        let network = calibrate(&lab.store, data, scale, config, epochs, epochs, seed)?;
        Ok(Self { s, of, training, held_out, network })
    }

    /// Where so many hot starts are among the held-out configurations.
    fn hot(&self, count: usize) -> Result<(usize, usize)> {
        let (first, _) = self.held_out.range(self.s.temperatures.highest())?;
        Ok((first, first + count))
    }

    /// The flow by the mean rule; `fixed_point_starts` is 0 where its fixed points are not searched.
    fn mean_flow(
        &self,
        rbm: Flowing<'_>,
        fixed_point_starts: usize,
        seed: u64,
    ) -> Result<MeanFlow> {
        let (network, held_out) = (&self.network, &self.held_out.samples);
        let (hot, steps) = (self.hot(self.s.chains.size())?, self.s.mean_steps.size());
        let seed = child_seed(seed, "means", 0);
        let stage = RunMeanFlow { rbm, network, held_out, hot, steps, fixed_point_starts, seed };
        Ok(self.of.lab.get(&stage)?.value)
    }

    /// Where the sampled flow ends from both starts, and how fast it forgets them.
    pub(super) fn relax(&self, rbm: Flowing<'_>, seed: u64) -> Result<Relaxation> {
        let (network, hot) = (&self.network, &self.held_out.samples);
        let (range, side) = (self.hot(self.s.chains.size())?, self.of.side);
        let (steps, seed) = (self.s.steps.size(), child_seed(seed, "relaxation", 0));
        Ok(self.of.lab.get(&Relax { rbm, network, hot, range, side, steps, seed })?.value)
    }

    /// How far p(v) is from the training mixture.
    fn kl(&self, rbm: Flowing<'_>, seed: u64) -> Result<KlDivergence> {
        let (held_out, side) = (&self.held_out.samples, self.of.side);
        let (temperatures, annealing) = (&self.s.temperatures[..], self.s.annealing);
        let seed = child_seed(seed, "divergence", 0);
        let stage = MeasureKl { rbm, held_out, side, temperatures, annealing, seed };
        Ok(self.of.lab.get(&stage)?.value)
    }

    /// Exact draws from p(v) before and after the flow.
    fn stationarity(&self, rbm: Flowing<'_>, seed: u64) -> Result<Stationarity> {
        let (side, draws, steps) = (self.of.side, self.s.exact_draws.size(), self.s.steps.size());
        let seed = child_seed(seed, "stationary", 0);
        Ok(self.of.lab.get(&CheckStationarity { rbm, side, draws, steps, seed })?.value)
    }

    /// p(v) by dynamics that have nothing in common with the flow, from the cold and from the hot start.
    fn metropolis(&self, rbm: Flowing<'_>, seed: u64) -> Result<[EnergyAndMagnetisation; 2]> {
        let range = self.hot(self.s.metropolis_chains.size())?;
        let (hot, side) = (&self.held_out.samples, self.of.side);
        let (sweeps, seed) = (self.s.metropolis_sweeps.size(), child_seed(seed, "witness", 0));
        Ok(self.of.lab.get(&RunMetropolis { rbm, hot, range, side, sweeps, seed })?.value)
    }
}

/// An RBM at one moment of its training.
pub(super) struct State {
    /// Rate x updates.
    pub(super) time: f64,
    pub(super) largest_weight: f64,
    /// Hidden units pinned to a site.
    pub(super) pinned: usize,
    pub(super) mean_flow: MeanFlow,
    /// From the first reading on.
    pub(super) reading: Option<Reading>,
}

/// What was measured of the sampled flow and of p(v).
pub(super) struct Reading {
    pub(super) relaxation: Relaxation,
    /// Of p(v) from the training mixture.
    pub(super) kl: KlDivergence,
    /// Where the hidden states can be enumerated.
    pub(super) stationarity: Option<Stationarity>,
    /// Of all others, once in each factor of ten and at the end.
    metropolis: Option<[EnergyAndMagnetisation; 2]>,
    /// Of a fully trained RBM with pinned units: KL and flow with their weights clipped.
    pub(super) clipped: Option<(KlDivergence, Relaxation)>,
}

impl State {
    pub(super) fn largest_singular_value(&self) -> f64 {
        self.mean_flow.singular_values.first().copied().unwrap_or(0.0)
    }

    /// How many singular values are above 1.
    pub(super) fn above_one(&self) -> f64 {
        self.mean_flow.singular_values.iter().filter(|&&value| value > 1.0).count() as f64
    }
}

/// Train, and at every checkpoint let it flow and measure what p(v) is.
pub(super) fn through_training(start: &Start<'_>, training: &RbmTraining) -> Result<Vec<State>> {
    let (s, lab) = (start.s, start.of.lab);
    let seed = child_seed(start.of.seed, &training.rule(), training.hidden as u64);
    let (data, updates) = (&start.training.samples, s.checkpoints(training));
    let rbms = train_through(&lab.store, data, s.config(training), &updates, seed)?;
    // Fixed points take long to search: those of the first training are enough.
    let is_first = s.trainings.first().is_some_and(|first| first.name() == training.name());
    let searched = if is_first { s.fixed_point_starts.size() } else { 0 };
    let numbers: Vec<usize> = (0..rbms.len()).collect();
    lab.each(&numbers, |&number| {
        let (rbm, seed) = (&rbms[number], child_seed(seed, "state", number as u64));
        let trained = rbm.value.rbm();
        let pinned =
            freezing::pinned_units(trained, s.pinned.weight, *s.pinned.participation).len();
        let is_read = rbm.value.updates() >= *s.first_reading;
        let is_last = number + 1 == rbms.len();
        let reading = is_read.then(|| reading(start, rbm, is_last, is_last && pinned > 0, seed));
        Ok(State {
            time: s.time(rbm.value.updates()),
            largest_weight: trained.weights.amax().into(),
            pinned,
            mean_flow: start.mean_flow(Flowing::Trained(rbm), searched, seed)?,
            reading: reading.transpose()?,
        })
    })
}

fn reading(
    start: &Start<'_>,
    trained: &Done<Trainer>,
    is_last: bool,
    is_clipped: bool,
    seed: u64,
) -> Result<Reading> {
    let decade = *start.s.checkpoints_per_decade;
    let place = (decade as f64 * (trained.value.updates() as f64).log10()).round() as u64;
    let is_exact = trained.value.rbm().hidden() <= MAX_EXACT;
    let by_metropolis = !is_exact && (is_last || place.is_multiple_of(decade));
    let rbm = Flowing::Trained(trained);
    let Pinned { weight, participation, limit } = start.s.pinned;
    let participation = *participation;
    let clipped = || {
        let seed = child_seed(seed, "capped", 0);
        let rbm = Flowing::Clipped { clipped: trained, weight, participation, limit };
        Ok::<_, anyhow::Error>((start.kl(rbm, seed)?, start.relax(rbm, seed)?))
    };
    Ok(Reading {
        kl: start.kl(rbm, seed)?,
        relaxation: start.relax(rbm, seed)?,
        stationarity: is_exact.then(|| start.stationarity(rbm, seed)).transpose()?,
        metropolis: by_metropolis.then(|| start.metropolis(rbm, seed)).transpose()?,
        clipped: is_clipped.then(clipped).transpose()?,
    })
}

/// One training with its seeds, each with all checkpoints.
pub(super) type TrainingRow<'a> = Row<'a, RbmTraining, Vec<State>>;

/// A quantity against training time, over seeds; where a seed lacks it, it is left out.
pub(super) fn along(
    of: TrainingRow<'_>,
    quantity: impl Fn(&State) -> Option<Estimate>,
) -> Vec<(f64, Estimate)> {
    let states = of.first().map_or(&[][..], Vec::as_slice).iter().enumerate();
    let at = |number: usize| of.mean_if(|states| quantity(&states[number]));
    states.filter_map(|(number, state)| Some((state.time, at(number)?))).collect()
}

/// [`along`], of what was measured of the sampled flow.
pub(super) fn through(
    of: TrainingRow<'_>,
    quantity: impl Fn(&Reading) -> Option<Estimate>,
) -> Vec<(f64, Estimate)> {
    along(of, |state| quantity(state.reading.as_ref()?))
}

/// The same at the end of training.
pub(super) fn at_end(
    of: TrainingRow<'_>,
    quantity: impl Fn(&Reading) -> Option<Estimate>,
) -> Option<Estimate> {
    of.mean_if(|states| quantity(states.last()?.reading.as_ref()?))
}

/// The temperature at which the torus has the energy where the sampled flow ends; none off the scale.
pub(super) fn end_by_energy(s: &Settings, reading: &Reading, start: usize) -> Option<Estimate> {
    let (side, energy) = (s.side.size(), reading.relaxation.ends[start].energy);
    let t = temperature_at_energy(side, side, energy.mean).ok()?;
    // dE/dT is the specific heat.
    let heat = kaufman(side, side, t.recip()).ok()?.specific_heat;
    Some(Estimate { mean: t, error: energy.error / heat, ..energy })
}

/// Steps until flows from both starts met, where they did.
pub(super) fn meeting(reading: &Reading) -> Option<Estimate> {
    Some(Estimate::exact(reading.relaxation.met? as f64))
}

/// Family-wise level of the tests that theory must pass.
const FAMILY: f64 = 1e-6;

/// z-scores of energy and |m|.
fn z_scores(found: [Estimate; 2], expected: [Estimate; 2]) -> [f64; 2] {
    [0, 1].map(|k| z_score(found[k] - expected[k], 0.0))
}

fn means(of: &EnergyAndMagnetisation) -> [Estimate; 2] {
    [of.energy, of.abs_m]
}

/// The stationary distribution of the sampled flow, Gibbs sampling of the two layers in turn, is p(v): by exact draws, by flows
/// from both starts, and against Metropolis dynamics. Each is left out where there is nothing to judge.
pub(super) fn checks<'a>(s: &Settings, rbms: impl Iterator<Item = TrainingRow<'a>>) -> Vec<Check> {
    let states = rbms.flat_map(|of| of.cells.iter().flatten());
    let readings: Vec<&Reading> = states.filter_map(|state| state.reading.as_ref()).collect();
    // Averages over the second half of the steps can be trusted where they are worth 20 autocorrelation times.
    let has_relaxed = |Relaxation { met, abs_m, energy, .. }: &Relaxation| {
        met.is_some() && 20.0 * abs_m.tau.max(energy.tau) <= (s.steps.size() / 2) as f64
    };
    let relaxed = || readings.iter().filter(|reading| has_relaxed(&reading.relaxation));
    [stays(&readings), arrives(relaxed()), as_metropolis(relaxed())].into_iter().flatten().collect()
}

/// Draws from p(v) stay draws from p(v).
fn stays(readings: &[&Reading]) -> Option<Check> {
    let exact = readings.iter().filter_map(|reading| reading.stationarity);
    let z: Vec<[f64; 2]> = exact.map(|of| z_scores(means(&of.after), means(&of.exact))).collect();
    // Energy and |m| of the same draws are not independent of each other, RBMs are.
    let group = |k: usize| z.iter().map(|z| z[k]).collect();
    let scores = Scores { groups: vec![group(0), group(1)], rare: None };
    (!z.is_empty()).then(|| {
        Family::new(FAMILY, [&scores]).judge(&scores).check(
            "stationary",
            "The sampled flow leaves the RBM's own p(v) as it is.",
            format!("largest of {} |z| of energy and |m| after the flow", scores.count()),
            format!("Exact draws from {} RBMs with few hidden units, before and after.", z.len()),
        )
    })
}

/// Flows from both starts end in p(v) where there is time to forget them.
fn arrives<'a>(relaxed: impl Iterator<Item = &'a &'a Reading>) -> Option<Check> {
    let exact = relaxed.filter_map(|reading| Some((reading, means(&reading.stationarity?.exact))));
    let z = exact.flat_map(|(reading, exact)| {
        reading.relaxation.ends.map(|end| z_scores([end.energy, end.abs_m], exact))
    });
    by_size(
        z.flatten().collect(),
        "arrives",
        "From hot and from cold starts the sampled flow ends in the RBM's own p(v).",
        "Against exact sums over hidden states",
    )
}

/// The flow against Metropolis chains on the free energy, where neither depends on its start.
fn as_metropolis<'a>(relaxed: impl Iterator<Item = &'a &'a Reading>) -> Option<Check> {
    let pairs = relaxed.filter_map(|reading| {
        let [cold, hot] = reading.metropolis.as_ref()?.each_ref().map(means);
        let forgot = z_scores(cold, hot).iter().all(|z| z.abs() < verdict::SIGMAS);
        forgot.then(|| (reading, [0, 1].map(|k| Estimate::over_seeds(&[cold[k], hot[k]]))))
    });
    let z = pairs.flat_map(|(Reading { relaxation, .. }, expected)| {
        z_scores([relaxation.energy, relaxation.abs_m], expected)
    });
    by_size(
        z.collect(),
        "metropolis",
        "The sampled flow ends where Metropolis dynamics on the free energy F(v) does, with many hidden units too.",
        "Metropolis dynamics flip single spins by the ratio of $e^{-F}$ alone",
    )
}

/// A check by z-scores of correlated series.
fn by_size(z: Vec<f64>, name: &str, statement: &str, reason: &str) -> Option<Check> {
    let quantity = format!("largest of {} |z| of energy and |m|", z.len());
    let reason = format!(
        "{reason}; judged are RBMs whose flows have met and whose averages are worth 20 autocorrelation times."
    );
    (!z.is_empty()).then(|| family::by_size(FAMILY, &z).check(name, statement, quantity, reason))
}
