//! Courses of training: what an RBM is, and where its flow goes, at every state that was kept.

use super::{Pinned, Recipe, Run, Settings};
use crate::stages::{
    Diverge, Divergence, DrawEquilibrium, ExactMoments, FlowOfMeans, Flowing, MAX_EXACT, MeanFlow,
    Pair, Relax, Relaxation, Stand, Stood, Witness, calibrate, train_through,
};
use anyhow::Result;
use exact::root::bisect;
use exact::torus::{TorusMixture, kaufman};
use flow::{Calibration, freezing};
use ising::Samples;
use lab::parts::*;
use lab::store::Done;
use rayon::prelude::*;
use rbm::Trainer;
use stats::{Estimate, child_seed};

/// What a seed starts with.
pub(super) struct Set {
    pub(super) seed: u64,
    training: Done<Samples>,
    /// Independent of those for training; the same number at each temperature, in their order.
    pub(super) held_out: Done<Samples>,
    pub(super) network: Done<Calibration>,
}

/// The training mixture, exactly.
pub(super) struct Mixture {
    pub(super) energy: f64,
    pub(super) abs_m: f64,
    /// By energy.
    pub(super) temperature: f64,
}

/// An RBM at one moment of its training.
pub(super) struct State {
    pub(super) updates: u64,
    pub(super) time: f64,
    pub(super) rbm: Done<Trainer>,
    pub(super) means: MeanFlow,
    /// From the first reading on.
    pub(super) read: Option<Reading>,
    /// Hidden units that copy a site.
    pub(super) locks: usize,
}

/// What was measured of the sampled flow and of p(v).
pub(super) struct Reading {
    pub(super) relaxation: Relaxation,
    pub(super) divergence: Divergence,
    /// Of RBMs that can be enumerated.
    pub(super) stood: Option<Stood>,
    /// Of all others, once a decade and at the end: Metropolis chains from cold and from hot starts.
    pub(super) witness: Option<[Pair; 2]>,
    /// Of a trained RBM with hidden units that copy a site: what it is when their weights are cut.
    pub(super) clipped: Option<(Divergence, Relaxation)>,
}

/// One RBM through its training.
pub(super) struct Course {
    /// Its number among the RBMs of the settings.
    pub(super) recipe: usize,
    pub(super) states: Vec<State>,
}

impl Course {
    /// The states of which the flow was read.
    pub(super) fn readings(&self) -> impl Iterator<Item = (&State, &Reading)> {
        self.states.iter().filter_map(|state| Some((state, state.read.as_ref()?)))
    }
}

pub(super) fn sets(run: &Run, settings: &Settings) -> Result<Vec<Set>> {
    let set = |index: u64| -> Result<Set> {
        let seed = child_seed(run.seed, "flow-explained", index);
        let draw = |what: &str, count: u32| {
            run.store.get(&DrawEquilibrium {
                side: settings.side,
                temperatures: &settings.temperatures,
                count,
                seed: child_seed(seed, what, 0),
            })
        };
        let training = draw("training", settings.samples)?;
        let epochs = settings.thermometer_epochs;
        let network = calibrate(
            &run.store,
            &training,
            &settings.temperatures,
            &settings.thermometer,
            epochs,
            epochs,
            child_seed(seed, "thermometer", 0),
        )?;
        Ok(Set { seed, held_out: draw("held-out", settings.held_out)?, training, network })
    };
    (0..settings.seeds).into_par_iter().map(set).collect()
}

pub(super) fn mixture(run: &Run, settings: &Settings) -> Result<Mixture> {
    let (side, temperatures) = (settings.side, &settings.temperatures[..]);
    let moments = run.store.get(&ExactMoments { side, temperatures })?.value;
    let abs_m = moments.iter().map(|m| m.abs_m).sum::<f64>() / moments.len() as f64;
    let energy = TorusMixture::new(side, side, temperatures)?.energy_per_spin();
    let read = temperature(side, Estimate::exact(energy));
    Ok(Mixture { energy, abs_m, temperature: read.map_or(f64::NAN, |read| read.mean) })
}

/// The temperature with this exact mean energy per spin; none beyond both ends of the scale.
pub(super) fn temperature(side: usize, energy: Estimate) -> Option<Estimate> {
    let torus = |t: f64| kaufman(side, side, t.recip());
    let excess = |t: f64| torus(t).map_or(f64::NAN, |torus| torus.energy_per_spin - energy.mean);
    let t = bisect(excess, 0.1, 1e4).ok()?;
    // dE/dT is the specific heat.
    let heat = torus(t).ok()?.specific_heat;
    Some(Estimate { mean: t, error: energy.error / heat, ..energy })
}

pub(super) fn courses(run: &Run, settings: &Settings, sets: &[Set]) -> Result<Vec<Course>> {
    let all: Vec<(usize, usize)> = (0..settings.rbms.len())
        .flat_map(|recipe| (0..sets.len()).map(move |set| (recipe, set)))
        .collect();
    let course = |&(recipe, set): &(usize, usize)| -> Result<Course> {
        let recipe_of = &settings.rbms[recipe];
        let of = &sets[set];
        let seed = child_seed(of.seed, &name(recipe_of), recipe_of.hidden as u64);
        let updates = settings.checkpoints(recipe_of);
        let config = settings.config(recipe_of);
        let rbms = train_through(&run.store, &of.training, config, &updates, seed)?;
        let states = rbms.into_par_iter().enumerate().map(|(number, rbm)| {
            let last = number + 1 == updates.len();
            state(run, settings, of, (recipe, last), rbm, child_seed(seed, "state", number as u64))
        });
        Ok(Course { recipe, states: states.collect::<Result<_>>()? })
    };
    all.par_iter().map(course).collect()
}

fn state(
    run: &Run,
    settings: &Settings,
    set: &Set,
    (recipe, last): (usize, bool),
    rbm64: Done<Trainer>,
    seed: u64,
) -> Result<State> {
    let updates = rbm64.value.updates();
    let means = run.store.get(&FlowOfMeans {
        rbm: Flowing::Trained(&rbm64),
        network: &set.network,
        held_out: &set.held_out,
        hot: settings.hot(settings.chains),
        steps: settings.mean_steps,
        // The search takes long: that of the RBMs shown is enough.
        searched: if recipe == 0 { settings.searched } else { 0 },
        seed: child_seed(seed, "means", 0),
    })?;
    let decade = f64::from(settings.a_decade) * (updates as f64).log10();
    let witnessed = last || (decade.round() as u32).is_multiple_of(settings.a_decade);
    let Pinned { weight, participation, most } = settings.locks;
    let locks = freezing::pinned_units(rbm64.value.rbm(), weight, participation).len();
    let read = match updates >= settings.first {
        true => {
            let rbm = Flowing::Trained(&rbm64);
            let (divergence, relaxation) = measure(run, settings, set, rbm, seed)?;
            let (stood, witness) = witnesses(run, settings, set, &rbm64, witnessed, seed)?;
            let rbm = Flowing::Capped { clipped: &rbm64, weight, participation, most };
            let clipped = match last && locks > 0 {
                true => Some(measure(run, settings, set, rbm, child_seed(seed, "clipped", 0))?),
                false => None,
            };
            Some(Reading { relaxation, divergence, stood, witness, clipped })
        }
        false => None,
    };
    Ok(State { updates, time: settings.time(updates), means: means.value, read, locks, rbm: rbm64 })
}

/// How an RBM's flow relaxes.
pub(super) fn relax(
    run: &Run,
    settings: &Settings,
    set: &Set,
    rbm: Flowing<'_>,
    seed: u64,
) -> Result<Relaxation> {
    let done = run.store.get(&Relax {
        rbm,
        network: &set.network,
        hot: &set.held_out,
        range: settings.hot(settings.chains),
        side: settings.side,
        steps: settings.steps,
        seed: child_seed(seed, "relaxation", 0),
    })?;
    Ok(done.value)
}

/// What an RBM is to the mixture, and how its flow relaxes.
fn measure(
    run: &Run,
    settings: &Settings,
    set: &Set,
    rbm: Flowing<'_>,
    seed: u64,
) -> Result<(Divergence, Relaxation)> {
    let divergence = run.store.get(&Diverge {
        rbm,
        held_out: &set.held_out,
        side: settings.side,
        temperatures: &settings.temperatures,
        annealing: settings.annealing,
        seed: child_seed(seed, "divergence", 0),
    })?;
    Ok((divergence.value, relax(run, settings, set, rbm, seed)?))
}

/// What p(v) is by other means than the flow: sums over hidden states, or Metropolis dynamics.
fn witnesses(
    run: &Run,
    settings: &Settings,
    set: &Set,
    rbm64: &Done<Trainer>,
    witnessed: bool,
    seed: u64,
) -> Result<(Option<Stood>, Option<[Pair; 2]>)> {
    let (rbm, side) = (Flowing::Trained(rbm64), settings.side);
    if rbm64.value.rbm().hidden() <= MAX_EXACT {
        let (draws, steps) = (settings.draws, settings.steps);
        let seed = child_seed(seed, "stationary", 0);
        let stood = run.store.get(&Stand { rbm, side, draws, steps, seed })?;
        return Ok((Some(stood.value), None));
    }
    if !witnessed {
        return Ok((None, None));
    }
    let (range, hot, sweeps) = (settings.hot(settings.witnesses), &set.held_out, settings.sweeps);
    let seed = child_seed(seed, "witness", 0);
    let witness = run.store.get(&Witness { rbm, hot, range, side, sweeps, seed })?;
    Ok((None, Some(witness.value)))
}

/// A training rule as figures name it.
pub(super) fn name(recipe: &Recipe) -> String {
    recipe.gradient.to_string()
}

/// The number of the checkpoint nearest to a tenth of the training, of those read, and of the last.
pub(super) fn last_decade(course: &Course) -> Option<(usize, usize)> {
    let updates: Vec<u64> = course.readings().map(|(state, _)| state.updates).collect();
    let last = *updates.last()? as f64;
    let distance = |number: &usize| ((updates[*number] as f64) / (0.1 * last)).ln().abs();
    let numbers = 0..updates.len();
    let before = numbers.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    Some((before, updates.len() - 1))
}

/// A quantity through the training of one recipe against training time, over seeds; where a seed lacks it, it is left out.
pub(super) fn along(
    courses: &[Course],
    recipe: usize,
    of: impl Fn(&State) -> Option<Estimate>,
) -> Vec<(f64, Estimate)> {
    let mine: Vec<&Course> = courses.iter().filter(|course| course.recipe == recipe).collect();
    let count = mine.first().map_or(0, |course| course.states.len());
    let at = |number: usize| -> Option<(f64, Estimate)> {
        let values = mine.iter().map(|course| of(&course.states[number]));
        let values = values.collect::<Option<Vec<_>>>()?;
        Some((mine[0].states[number].time, over_seeds(&values)))
    };
    (0..count).filter_map(at).collect()
}

/// [`along`], of what was measured of the sampled flow.
pub(super) fn through(
    courses: &[Course],
    recipe: usize,
    of: impl Fn(&State, &Reading) -> Option<Estimate>,
) -> Vec<(f64, Estimate)> {
    along(courses, recipe, |state| of(state, state.read.as_ref()?))
}

/// A quantity at the end of the training of one recipe, over seeds.
pub(super) fn at_end(
    courses: &[Course],
    recipe: usize,
    of: impl Fn(&State, &Reading) -> Option<Estimate>,
) -> Option<Estimate> {
    let mine = courses.iter().filter(|course| course.recipe == recipe);
    let value = |course: &Course| course.readings().last().and_then(|(s, r)| of(s, r));
    let values = mine.map(value).collect::<Option<Vec<_>>>()?;
    Some(over_seeds(&values))
}

/// Steps until the starts have met, or all that were looked at.
pub(super) fn meeting(settings: &Settings, relaxation: &Relaxation) -> Estimate {
    Estimate::exact(relaxation.met.unwrap_or(settings.steps) as f64)
}

/// Whether the second half of the steps is worth so many autocorrelation times that a mean over it can be trusted.
pub(super) fn has_relaxed(settings: &Settings, relaxation: &Relaxation) -> bool {
    const TIMES: f64 = 20.0;
    let tau = relaxation.abs_m.tau.max(relaxation.energy.tau);
    relaxation.met.is_some() && TIMES * tau <= (settings.steps / 2) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distinct::{HOT, assert_distinct, run};
    use lab::settings::{Profile, load};

    #[test]
    fn training_and_start_sets_share_no_configuration() {
        let (_directory, run) = run();
        let mut settings = load::<Settings>(
            "flow-explained",
            crate::entry("flow-explained").unwrap().settings,
            Profile::Quick,
            None,
        )
        .unwrap()
        .settings;
        settings.temperatures = HOT.into();
        (settings.samples, settings.held_out, settings.thermometer_epochs) = (300, 300, 1);
        let sets = sets(&run, &settings).unwrap();
        let drawn = sets.iter().flat_map(|set| [&set.training.value, &set.held_out.value]);
        assert_distinct(&drawn.collect::<Vec<_>>());
    }
}
