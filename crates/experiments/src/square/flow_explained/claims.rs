//! Whether there is one temperature, whether the flow's distribution is p(v), and how far that is from the mixture.

use super::Settings;
use super::courses::{
    Course, Mixture, Reading, at_end, has_relaxed, last_decade, meeting, name, temperature,
};
use crate::stages::{End, Pair};
use anyhow::{Context, Result};
use exact::square::critical_temperature;
use lab::parts::*;
use report::content::{Claim, Found, Verdict};
use report::numbers;
use stats::Estimate;
use stats::tails;

/// Family-wise level of the tests that theory must pass.
const FAMILY: f64 = 1e-6;

/// Nats of the whole lattice that count as hardly a difference of two distributions.
pub(super) const HARDLY: f64 = 1.0;

/// Steps of the flows of `veiga-2020`.
pub(super) const THEIR_STEPS: usize = 40;

pub(super) fn claims(
    settings: &Settings,
    mixture: &Mixture,
    courses: &[Course],
) -> Result<Vec<Claim>> {
    let mut claims = vec![
        one_number(settings, courses)?,
        stays(courses),
        arrives(settings, courses),
        learnt(settings, mixture, courses)?,
        forgets(settings, courses)?,
    ];
    claims.extend(witnessed(settings, courses));
    Ok(claims)
}

/// Our own statements, of which no source has a number.
fn ours(name: &str, statement: String, source: &str, found: Found, quantity: String) -> Claim {
    Claim::from(lab::parts::OwnClaim {
        id: format!("flow-explained/{name}"),
        experiment: "flow-explained".into(),
        statement,
        source: source.into(),
        published: None,
        found,
        quantity,
        verdict: Verdict::NotComparable,
        reason: String::new(),
    })
}

/// A temperature by the energy at the end from the cold start.
pub(super) fn cold(settings: &Settings, reading: &Reading) -> Option<Estimate> {
    temperature(settings.side, reading.relaxation.cold.energy)
}

pub(super) fn hot(settings: &Settings, reading: &Reading) -> Option<Estimate> {
    temperature(settings.side, reading.relaxation.hot.energy)
}

/// The change of the temperature at the end over the last factor of ten of the training, over seeds.
pub(super) fn drift(settings: &Settings, courses: &[Course], recipe: usize) -> Option<Estimate> {
    let of_course = |course: &Course| -> Option<Estimate> {
        let (before, last) = last_decade(course)?;
        let readings: Vec<&Reading> = course.readings().map(|(_, reading)| reading).collect();
        let [from, to] = [before, last].map(|number| cold(settings, readings[number]));
        Some(to? - from?)
    };
    let mine = courses.iter().filter(|course| course.recipe == recipe);
    Some(over_seeds(&mine.map(of_course).collect::<Option<Vec<_>>>()?))
}

/// Where the flow of every RBM ends, by energy, from the cold start, trained.
pub(super) fn ends(settings: &Settings, courses: &[Course]) -> Vec<(usize, Estimate)> {
    let end =
        |recipe| Some((recipe, at_end(courses, recipe, |_, reading| cold(settings, reading))?));
    (0..settings.rbms.len()).filter_map(end).collect()
}

/// The lowest and the highest of [`ends`].
pub(super) fn extremes(ends: &[(usize, Estimate)]) -> Option<[(usize, Estimate); 2]> {
    let by = |a: &&(usize, Estimate), b: &&(usize, Estimate)| a.1.mean.total_cmp(&b.1.mean);
    Some([*ends.iter().min_by(by)?, *ends.iter().max_by(by)?])
}

pub(super) fn rbm(settings: &Settings, recipe: usize) -> String {
    let recipe = &settings.rbms[recipe];
    format!("N = {} by {}", recipe.hidden, name(recipe))
}

fn one_number(settings: &Settings, courses: &[Course]) -> Result<Claim> {
    let ends = ends(settings, courses);
    let [low, high] = extremes(&ends).context("no flow ends at a temperature")?;
    let spread = high.1 - low.1;
    let drifts: Vec<(usize, Estimate)> = (0..settings.rbms.len())
        .filter_map(|recipe| Some((recipe, drift(settings, courses, recipe)?)))
        .collect();
    let drifting = drifts.iter().filter(|(_, d)| d.sigmas_from(0.0) > SIGMAS).count();
    let words: Vec<String> = drifts
        .iter()
        .map(|&(recipe, drift)| format!("{} {}", rbm(settings, recipe), shown(drift)))
        .collect();
    let is_one = drifting == 0 && spread.sigmas_from(0.0) <= SIGMAS;
    let claim = ours(
        "one-number",
        "The flow of an RBM trained on the mixture of temperatures goes to one temperature.".into(),
        "implied by Iso et al. (2018) and by all who name one",
        spread.into(),
        format!(
            "temperature at the end of the sampled flow, by energy, from $T = {}$: highest ({}) less lowest ({}) of {} RBMs",
            settings.coldest(),
            rbm(settings, high.0),
            rbm(settings, low.0),
            ends.len()
        ),
    );
    Ok(Claim {
        verdict: if is_one { Verdict::Reproduced } else { Verdict::Contradicted },
        reason: format!(
            "The ends run from {} to {}; over the last factor of ten of training time {drifting} of {} drift by more than five errors: {}.",
            shown(low.1),
            shown(high.1),
            drifts.len(),
            words.join("; ")
        ),
        ..claim
    })
}

/// Deviations in units of their errors, judged together.
struct Pulls(Vec<f64>);

impl Pulls {
    /// Of independent pulls by chi-square.
    fn p_value(&self) -> f64 {
        tails::chi_square(self.0.iter().map(|z| z * z).sum(), self.0.len())
    }

    fn largest(&self) -> f64 {
        self.0.iter().map(|z| z.abs()).fold(0.0, f64::max)
    }

    /// Pulls of which only the size can be judged: their errors are uncertain themselves.
    fn verdict_by_size(&self) -> Verdict {
        let level = 0.5 * FAMILY / self.0.len().max(1) as f64;
        match self.0.is_empty() {
            true => Verdict::NotComparable,
            // Errors of autocorrelated series are known to some 10 %.
            false if self.largest() <= 1.2 * tails::critical(level) => Verdict::Reproduced,
            false => Verdict::Contradicted,
        }
    }
}

fn pull(a: Estimate, b: Estimate) -> Option<f64> {
    let Estimate { mean, error, .. } = a - b;
    (error > 0.0).then(|| mean / error)
}

/// Draws from p(v) stay draws from p(v).
fn stays(courses: &[Course]) -> Claim {
    let stood: Vec<_> =
        courses.iter().flat_map(Course::readings).filter_map(|(_, r)| r.stood).collect();
    // Of the same draws: pulls of both are not independent of each other.
    let of = |observable: fn(&Pair) -> Estimate| {
        let pulls = stood.iter().filter_map(|s| pull(observable(&s.after), observable(&s.exact)));
        Pulls(pulls.collect())
    };
    let both = [of(|pair| pair.energy), of(|pair| pair.abs_m)];
    let largest = both.iter().map(Pulls::largest).fold(0.0, f64::max);
    let p_value = 2.0 * both.iter().map(Pulls::p_value).fold(0.5, f64::min);
    let claim = ours(
        "stationary",
        "The sampled flow leaves the RBM's own $p(v)$ as it is.".into(),
        "errata E13",
        Found { mean: largest, error: 0.0 },
        format!(
            "largest of {} deviations of energy and |m| from exact sums, in errors",
            both.iter().map(|pulls| pulls.0.len()).sum::<usize>()
        ),
    );
    Claim {
        verdict: match stood.is_empty() {
            true => Verdict::NotComparable,
            false if p_value > FAMILY => Verdict::Reproduced,
            false => Verdict::Contradicted,
        },
        reason: format!(
            "Exact draws from {} RBMs whose hidden states can be enumerated were taken along the flow; the sum of squared deviations, of energy or of |m|, is as large or larger with probability {} (twice the smaller of both).",
            stood.len(),
            numbers::fixed(p_value, 3)
        ),
        ..claim
    }
}

/// Flows from both sides end in p(v) where there is time to forget.
fn arrives(settings: &Settings, courses: &[Course]) -> Claim {
    let all: Vec<_> = courses
        .iter()
        .flat_map(Course::readings)
        .filter_map(|(_, reading)| Some((reading, reading.stood?.exact)))
        .collect();
    let relaxed: Vec<_> =
        all.iter().filter(|(reading, _)| has_relaxed(settings, &reading.relaxation)).collect();
    let pulls = relaxed.iter().flat_map(|(reading, exact)| {
        [reading.relaxation.cold, reading.relaxation.hot]
            .into_iter()
            .flat_map(|end: End| [pull(end.energy, exact.energy), pull(end.abs_m, exact.abs_m)])
    });
    let pulls = Pulls(pulls.flatten().collect());
    let claim = ours(
        "arrives",
        "From hot and from cold starts the sampled flow ends in the RBM's own $p(v)$.".into(),
        "errata E13",
        Found { mean: pulls.largest(), error: 0.0 },
        format!(
            "largest of {} deviations of energy and |m| at the end from exact sums, in errors",
            pulls.0.len()
        ),
    );
    Claim {
        verdict: pulls.verdict_by_size(),
        reason: format!(
            "Of {} RBMs that can be enumerated, {} have forgotten their start: 20 autocorrelation times fit into the half of {} steps that is averaged over. The others are not judged.",
            all.len(),
            relaxed.len(),
            settings.steps
        ),
        ..claim
    }
}

/// The flow against Metropolis chains on the free energy, where neither depends on its start.
fn witnessed(settings: &Settings, courses: &[Course]) -> Option<Claim> {
    let all: Vec<_> = courses
        .iter()
        .flat_map(Course::readings)
        .filter_map(|(_, reading)| Some((reading, reading.witness?)))
        .collect();
    let agree = |[cold, hot]: &[Pair; 2]| {
        let pulls = [pull(cold.energy, hot.energy), pull(cold.abs_m, hot.abs_m)];
        pulls.into_iter().flatten().all(|z| z.abs() < SIGMAS)
    };
    let judged: Vec<_> = all
        .iter()
        .filter(|(reading, pairs)| has_relaxed(settings, &reading.relaxation) && agree(pairs))
        .collect();
    let pulls = judged.iter().flat_map(|(reading, [cold, hot])| {
        let both = |of: fn(&Pair) -> Estimate| over_seeds(&[of(cold), of(hot)]);
        [
            pull(reading.relaxation.energy, both(|pair| pair.energy)),
            pull(reading.relaxation.abs_m, both(|pair| pair.abs_m)),
        ]
    });
    let pulls = Pulls(pulls.flatten().collect());
    all.first()?;
    let claim = ours(
        "witness",
        "Where hidden states are too many to count, the flow ends where Metropolis dynamics on the free energy $F(v)$ does.".into(),
        "errata E13",
        Found { mean: pulls.largest(), error: 0.0 },
        format!("largest of {} deviations of energy and |m|, in errors", pulls.0.len()),
    );
    Some(Claim {
        verdict: pulls.verdict_by_size(),
        reason: format!(
            "Single spins are turned by the ratio of $e^{{-F}}$ alone, with nothing in common with the flow; {} of {} RBMs are judged, in which neither sampler knows its start any more.",
            judged.len(),
            all.len()
        ),
        ..claim
    })
}

/// Nats of the whole lattice between the mixture and the RBM shown, trained.
fn learnt(settings: &Settings, mixture: &Mixture, courses: &[Course]) -> Result<Claim> {
    let kl = at_end(courses, 0, |_, reading| Some(reading.divergence.kl)).context("no RBM")?;
    let end = at_end(courses, 0, |_, reading| cold(settings, reading));
    let abs_m = at_end(courses, 0, |_, reading| Some(reading.relaxation.cold.abs_m));
    let others = (1..settings.rbms.len()).filter_map(|recipe| {
        let kl = at_end(courses, recipe, |_, reading| Some(reading.divergence.kl))?;
        Some(format!("{} {}", rbm(settings, recipe), shown(kl)))
    });
    let others: Vec<String> = others.collect();
    let at = end.map_or_else(|| "off the scale".into(), shown);
    let claim = ours(
        "mixture",
        "An RBM trained on the mixture has learnt it, so that its flow ends in the mixture.".into(),
        "errata E13, for a perfect RBM",
        kl.into(),
        format!(
            "KL(mixture ‖ RBM) at the end of training, nats of the whole lattice, {}",
            rbm(settings, 0)
        ),
    );
    Ok(Claim {
        verdict: verdict_near(is_near(kl, HARDLY)),
        reason: format!(
            "Judged within {HARDLY} nat. The mixture has the energy of T = {} and |m| = {}; the flow ends at T = {at} by energy and at |m| = {}. Other RBMs: {}.",
            numbers::fixed(mixture.temperature, 3),
            numbers::fixed(mixture.abs_m, 3),
            abs_m.map_or_else(String::new, shown),
            others.join("; ")
        ),
        ..claim
    })
}

/// Steps until the starts of an RBM have met, at the end of training.
fn steps_to_meet(settings: &Settings, courses: &[Course], recipe: usize) -> Option<Estimate> {
    at_end(courses, recipe, |_, reading| Some(meeting(settings, &reading.relaxation)))
}

/// How many RBMs surely need more steps than the flows of the source had.
pub(super) fn too_slow(settings: &Settings, courses: &[Course]) -> usize {
    let slow = |e: Estimate| e.mean - SIGMAS * e.error > THEIR_STEPS as f64;
    let rbms = 0..settings.rbms.len();
    rbms.filter(|&of| steps_to_meet(settings, courses, of).is_some_and(slow)).count()
}

/// How many surely need no more.
fn fast_enough(settings: &Settings, courses: &[Course]) -> usize {
    let fast = |e: Estimate| e.mean + SIGMAS * e.error <= THEIR_STEPS as f64;
    let rbms = 0..settings.rbms.len();
    rbms.filter(|&of| steps_to_meet(settings, courses, of).is_some_and(fast)).count()
}

/// Whether flows of some ten steps are long: for all RBMs, for some, or for none.
fn forgets(settings: &Settings, courses: &[Course]) -> Result<Claim> {
    let met = |recipe| steps_to_meet(settings, courses, recipe);
    let found = met(0).context("no RBM")?;
    let last = |recipe: usize| {
        courses.iter().filter(move |c| c.recipe == recipe).filter_map(|c| c.readings().last())
    };
    let words = (0..settings.rbms.len()).filter_map(|recipe| {
        let never = last(recipe).filter(|(_, r)| r.relaxation.met.is_none()).count();
        let tau = at_end(courses, recipe, |_, r| Some(Estimate::exact(r.relaxation.abs_m.tau)))?;
        let in_time = last(recipe).count() - never;
        Some(format!(
            "{} met in {in_time} of {} runs, mean {}, autocorrelation time of |m| {}",
            rbm(settings, recipe),
            last(recipe).count(),
            shown(met(recipe)?),
            shown(tau)
        ))
    });
    let words: Vec<String> = words.collect();
    let all = settings.rbms.len();
    let verdict = match (too_slow(settings, courses), fast_enough(settings, courses)) {
        (0, fast) if fast == all => Verdict::Reproduced,
        (0, _) => Verdict::NotComparable,
        (slow, _) if slow == all => Verdict::Contradicted,
        _ => Verdict::Corrected,
    };
    let claim = ours(
        "relaxation",
        format!("Flows of {THEIR_STEPS} steps come to their end."),
        "implied by Veiga & Vicente (2020), whose flows have so many",
        found.into(),
        format!(
            "steps until hot and cold starts differ in |m| by less than 5 % of what they did, {}",
            rbm(settings, 0)
        ),
    );
    Ok(Claim {
        verdict,
        reason: format!(
            "At the end of training, beyond five errors, {} of {all} RBMs need more and {} need no more. Followed for {} steps, which stand for what takes longer: {}.",
            too_slow(settings, courses),
            fast_enough(settings, courses),
            settings.steps,
            words.join("; ")
        ),
        ..claim
    })
}

/// The readings of the RBM shown from the cold start at which it passes T_c, within half of the spacing of the scale.
pub(super) fn passes_critical(settings: &Settings, courses: &[Course]) -> (Vec<f64>, bool) {
    let spacing =
        settings.temperatures.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    let path = super::courses::through(courses, 0, |_, reading| cold(settings, reading));
    let near = |e: &Estimate| (e.mean - critical_temperature()).abs() <= 0.5 * spacing;
    let times = path.iter().filter(|(_, e)| near(e)).map(|(time, _)| *time).collect();
    (times, path.last().is_some_and(|(_, e)| near(e)))
}
