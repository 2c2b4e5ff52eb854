//! How much of "the flow goes to T_c" survives, in sentences whose numbers and words are results.

use super::Settings;
use super::claims::{THEIR_STEPS, cold, drift, ends, extremes, passes_critical, rbm, too_slow};
use super::courses::{Course, Mixture, Reading, at_end, meeting, through};
use exact::square::critical_temperature;
use lab::parts::*;
use report::numbers;
use stats::Estimate;

/// Three sentences: where it ends, what it is where it ends, what a temperature there is worth.
pub(super) fn headline(settings: &Settings, mixture: &Mixture, courses: &[Course]) -> String {
    [
        where_it_ends(settings, courses),
        what_it_is(settings, mixture, courses),
        what_it_takes(settings, courses),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(" ")
}

fn where_it_ends(settings: &Settings, courses: &[Course]) -> Option<String> {
    let [low, high] = extremes(&ends(settings, courses))?;
    let drift = drift(settings, courses, 0)?;
    let end = at_end(courses, 0, |_, reading| cold(settings, reading))?;
    let network = at_end(courses, 0, |_, reading| Some(reading.relaxation.cold.network))?;
    let (times, stays) = passes_critical(settings, courses);
    let critical = numbers::fixed(critical_temperature(), 3);
    let at_critical = match (times.first().zip(times.last()), stays) {
        (Some((first, _)), true) => {
            format!("is near $T_c = {critical}$ from training time {} on", numbers::exact(*first))
        }
        (Some((first, last)), false) if first < last => format!(
            "is near $T_c = {critical}$ only for training times from {} to {}",
            numbers::exact(*first),
            numbers::exact(*last)
        ),
        (Some((only, _)), false) => format!(
            "is near $T_c = {critical}$ only at the training time {}",
            numbers::exact(*only)
        ),
        (None, _) => format!("is never near $T_c = {critical}$"),
    };
    let times: Vec<f64> =
        settings.rbms.iter().map(|recipe| settings.time(recipe.updates)).collect();
    let drifts = match drift.sigmas_from(0.0) > SIGMAS {
        true => "and drifts",
        false => "and changes",
    };
    Some(format!(
        "The temperature at which the sampled flow of {} ends {at_critical} {drifts} by {} over the last factor of ten of training, to {} by energy and {} by the network; over the RBMs here, each at the end of its training ({} to {}), it is anything from {} ({}) to {} ({}).",
        rbm(settings, 0),
        shown(drift),
        shown(end),
        shown(network),
        numbers::exact(times.iter().copied().fold(f64::INFINITY, f64::min)),
        numbers::exact(times.iter().copied().fold(0.0, f64::max)),
        shown(low.1),
        rbm(settings, low.0),
        shown(high.1),
        rbm(settings, high.0)
    ))
}

fn what_it_is(settings: &Settings, mixture: &Mixture, courses: &[Course]) -> Option<String> {
    let kl = at_end(courses, 0, |_, reading| Some(reading.divergence.kl))?;
    let end = at_end(courses, 0, |_, reading| cold(settings, reading))?;
    let is_there = (end.mean - mixture.temperature).abs() <= SIGMAS * end.error;
    let at = match is_there {
        true => "which is where it ends",
        false => "which is not where it ends",
    };
    Some(format!(
        "The end is the RBM's own $p(v)$, at the end of training {} nats away from the training mixture; the mixture itself, where a perfect RBM would end, has the energy of T = {}, {at}.",
        shown(kl),
        numbers::fixed(mixture.temperature, 2)
    ))
}

fn what_it_takes(settings: &Settings, courses: &[Course]) -> Option<String> {
    let met = |reading: &Reading| meeting(settings, &reading.relaxation);
    let steps = at_end(courses, 0, |_, reading| Some(met(reading)))?;
    let path = through(courses, 0, |_, reading| Some(met(reading)));
    let first = path.first()?.1;
    let last = || courses.iter().filter_map(|course| course.readings().last());
    let apart = last().filter(|(_, reading)| reading.relaxation.met.is_none()).count();
    let all = last().count();
    let slow = too_slow(settings, courses);
    let rbms = settings.rbms.len();
    let survives = match apart {
        0 => format!("what survives is that flows from both sides meet, in all of {all} runs"),
        _ => format!(
            "what survives is that flows from both sides approach each other, though in {apart} of {all} runs they have not met after {} steps",
            settings.steps
        ),
    };
    let where_to = match passes_critical(settings, courses).1 {
        true => "near $T_c$ at these settings",
        false => "not at $T_c$",
    };
    Some(format!(
        "Hot and cold starts of this machine take {} steps to meet, {} at the first reading, and {slow} of the {rbms} RBMs beyond doubt more than the {THEIR_STEPS} of published flows: {survives}, {where_to}.",
        shown(steps),
        shown(first)
    ))
}

pub(super) fn introduction(settings: &Settings, mixture: &Mixture) -> Vec<String> {
    let rbms: Vec<String> = (0..settings.rbms.len()).map(|recipe| rbm(settings, recipe)).collect();
    vec![
        format!(
            "The flow $v \\to h \\to v'$ of an RBM trained on {} temperatures of the {side} × {side} torus is said to go to $T_c$. Here that end is followed through the training of {} RBMs ({}), each for {} seeds, at a constant learning rate of {}; training time is the rate times the number of updates. All configurations are independent draws from equilibrium.",
            settings.temperatures.len(),
            rbms.len(),
            rbms.join("; "),
            settings.seeds,
            settings.train.learning_rate,
            side = settings.side
        ),
        format!(
            "By the sampled rule the flow is a Markov chain with the stationary distribution $p(v)$ of the RBM. So there are three questions: is it there already, which relaxation times answer; what is $p(v)$, which sums over hidden states, or annealing and Metropolis dynamics, answer; and how far is $p(v)$ from what was shown, the mixture $q(v) = \\frac1n \\sum_T e^{{-E(v)/T}}/Z_T$, which is known exactly. Its energy is that of T = {} and its |m| is {}: a perfect RBM would flow there.",
            numbers::fixed(mixture.temperature, 3),
            numbers::fixed(mixture.abs_m, 3)
        ),
    ]
}

pub(super) fn discussion(settings: &Settings, courses: &[Course]) -> Vec<String> {
    let taus = (0..settings.rbms.len()).filter_map(|recipe| {
        let path = through(courses, recipe, |_, reading| {
            Some(Estimate::exact(reading.relaxation.abs_m.tau))
        });
        let (first, last) = (path.first()?.1, path.last()?.1);
        Some(format!("{} from {} to {}", rbm(settings, recipe), shown(first), shown(last)))
    });
    let taus: Vec<String> = taus.collect();
    vec![
        format!(
            "A reading of the flow is three things at once: what the RBM is, how far the flow has come, and what the thermometer makes of configurations that belong to no temperature. Autocorrelation times of |m| in steps, from the first reading to the end of training: {}. Times near half of the steps are lower bounds. For RBMs of up to ten visible units relaxation times are exact (`flow::chain`), and tested there.",
            taus.join("; ")
        ),
        "The mean rule has no stationary distribution but fixed points. They are born where singular values of W pass 1, one after another as training goes on, and which of them a start goes to is a matter of basins. None is an ensemble: units are real numbers, and a network trained on spins is read outside of its domain.".into(),
    ]
}
