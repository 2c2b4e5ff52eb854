//! The samplers that are tested, three of them wrong on purpose, and their z-scores against exact values of finite tori.

use super::{LargeTorus, Settings, Wrong};
use crate::stages::{
    ExactMoments, Measure, Measured, Outcome, Sampling, SpinFlip, correlated_length,
};
use anyhow::Result;
use exact::torus::{excitation_probability, kaufman};
use exact::transfer::MAX_WIDTH;
use ising::{Algorithm, Coupling};
use lab::Lab;
use lab::family::{Family, Scores, z_score};
use lab::verdict::{Ruling, all, holds};
use stats::Estimate;
use std::collections::BTreeMap;

/// What is compared, by its number.
pub(super) const OBSERVABLES: [&str; 5] = ["E", "C", "|m|", "m²", "m⁴"];

/// A torus at one temperature.
#[derive(Clone)]
pub(super) struct Exact {
    temperature: f64,
    /// The observables in their order; the moments of the magnetisation only where the torus is small enough.
    values: Vec<f64>,
    /// Probability that a configuration is not a ground state.
    excited: f64,
}

/// Exact values at all temperatures, by the side of the torus.
pub(super) type Tori = BTreeMap<usize, Vec<Exact>>;

/// Energy and specific heat in closed form, moments of the magnetisation by transfer matrix.
pub(super) fn tori(lab: &Lab, s: &Settings) -> Result<Tori> {
    let temperatures = &s.temperatures.values();
    let torus = |side: usize| -> Result<Vec<Exact>> {
        let moments = match side <= s.moments_up_to.size() {
            true => lab.get(&ExactMoments { side, temperatures })?.value,
            false => Vec::new(),
        };
        let at = |(index, &temperature): (usize, &f64)| {
            let torus = kaufman(side, side, temperature.recip())?;
            let mut values = vec![torus.energy_per_spin, torus.specific_heat];
            values.extend(moments.get(index).into_iter().flat_map(|m| [m.abs_m, m.m2, m.m4]));
            let excited = excitation_probability(side, side, temperature.recip())?;
            Ok(Exact { temperature, values, excited })
        };
        temperatures.iter().enumerate().map(at).collect()
    };
    let sides = s.sides.iter().map(|side| side.size()).chain([s.large_torus.side.size()]);
    sides.map(|side| Ok((side, torus(side)?))).collect()
}

/// What samplers have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// Single spin flips of one configuration.
    Flips,
    /// Single spin flips of 512 configurations at once.
    Multispin,
    /// Single spin flips of many sites of one large torus at once.
    LargeTorus,
    Clusters,
    /// Independent by construction.
    Exact,
    Wrong,
}

/// A sampler to be run.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) group: Group,
    sampling: Sampling,
    pub(super) sides: Vec<usize>,
    draws: u32,
    /// It is run at the temperatures that it is compared at, times this.
    scale: f64,
}

impl Plan {
    fn new(s: &Settings, name: impl Into<String>, group: Group, sampling: Sampling) -> Self {
        let sides = s.sides.iter().map(|side| side.size()).collect();
        Self { name: name.into(), group, sampling, sides, draws: s.draws.short(), scale: 1.0 }
    }

    /// `ising::draw` with one algorithm.
    fn drawn(s: &Settings, algorithm: Algorithm) -> Self {
        let (name, group) = match algorithm {
            Algorithm::Metropolis => ("Metropolis", Group::Flips),
            Algorithm::HeatBath => ("heat bath", Group::Flips),
            Algorithm::Multispin => ("multispin Metropolis", Group::Multispin),
            Algorithm::SwendsenWang => ("Swendsen–Wang", Group::Clusters),
            Algorithm::Wolff => ("Wolff", Group::Clusters),
            Algorithm::Transfer => ("transfer matrix", Group::Exact),
            other => (other.name(), Group::Exact),
        };
        let least_effective = s.least_effective;
        let mut plan = Self::new(s, name, group, Sampling::Draw { algorithm, least_effective });
        plan.sides.retain(|&side| algorithm != Algorithm::Transfer || side <= MAX_WIDTH);
        plan
    }

    /// A large torus takes too long to relax where spins are correlated over many sites.
    fn is_run(&self, s: &Settings, temperature: f64) -> bool {
        let length = || Coupling::from_temperature(temperature).map(correlated_length);
        self.group != Group::LargeTorus
            || length().is_ok_and(|length| length <= s.large_torus.longest)
    }
}

/// All samplers that should be right.
pub(super) fn right(s: &Settings) -> Vec<Plan> {
    let replicas = Sampling::Replicas { spacing: s.replicas };
    let replicas = Plan::new(s, "multispin heat bath", Group::Multispin, replicas);
    let LargeTorus { side, tori, draws, spacing, .. } = s.large_torus;
    let rules = [
        ("checkerboard Metropolis", SpinFlip::Metropolis),
        ("checkerboard heat bath", SpinFlip::HeatBath),
    ];
    let large_torus = rules.map(|(name, rule)| {
        let sampling = Sampling::LargeTorus { rule, tori: tori.short(), spacing };
        let plan = Plan::new(s, name, Group::LargeTorus, sampling);
        Plan { sides: vec![side.size()], draws, ..plan }
    });
    let drawn = s.algorithms.iter().map(|&algorithm| Plan::drawn(s, algorithm));
    let mut plans: Vec<Plan> = drawn.chain([replicas]).chain(large_torus).collect();
    plans.sort_by_key(|plan| plan.group as u8);
    plans
}

/// Samplers that must be found out.
pub(super) fn wrong(s: &Settings) -> [Plan; 3] {
    let Wrong { coupling, sweeps, burn_in } = s.wrong;
    let plan = |name, sampling| Plan::new(s, name, Group::Wrong, sampling);
    let draw = Plan::drawn(s, Algorithm::SwendsenWang).sampling;
    let hot = plan(format!("coupling {} % too large", 100.0 * coupling), draw);
    [
        Plan { scale: (1.0 + coupling).recip(), ..hot },
        plan(
            format!("{sweeps} sweeps after a random start"),
            Sampling::Hasty { sweeps: sweeps.short() },
        ),
        plan(
            "errors without autocorrelation".to_owned(),
            Sampling::Naive { burn_in: burn_in.short() },
        ),
    ]
}

/// One z-score.
#[derive(Clone, Copy)]
pub(super) struct Score {
    pub(super) temperature: f64,
    pub(super) observable: usize,
    pub(super) z: f64,
}

/// A sampler with all its z-scores.
pub(super) struct Sampler {
    pub(super) plan: Plan,
    pub(super) scores: Vec<Score>,
    /// Excited configurations, found and expected, where too few are expected for a mean to be a normal number.
    pub(super) cold: (u64, f64),
    /// Whether all configurations at zero temperature are ground states.
    frozen: bool,
    /// Sides and temperatures at which `draw` refused.
    pub(super) refused: Vec<(usize, f64)>,
}

impl Sampler {
    fn new(plan: Plan) -> Self {
        Self { plan, scores: Vec::new(), cold: (0, 0.0), frozen: true, refused: Vec::new() }
    }

    /// Runs a sampler on all its tori and compares.
    pub(super) fn run(lab: &Lab, s: &Settings, tori: &Tori, plan: &Plan) -> Result<Self> {
        let mut sampler = Self::new(plan.clone());
        let label = format!("equilibrium/{}", plan.name);
        for &side in &plan.sides {
            let exact = tori[&side].iter().filter(|exact| plan.is_run(s, exact.temperature));
            let exact: Vec<&Exact> = exact.collect();
            let temperatures: Vec<f64> = exact.iter().map(|e| plan.scale * e.temperature).collect();
            let found = lab.get(&Measure {
                sampling: plan.sampling,
                side,
                temperatures: &temperatures,
                draws: plan.draws,
                seed: lab.seed(&label, side as u64),
            })?;
            for (exact, outcome) in exact.into_iter().zip(&found.value) {
                match outcome {
                    Outcome::Drawn(measured) => sampler.compare(*s.least_excited, exact, measured),
                    Outcome::Refused(_) => sampler.refused.push((side, exact.temperature)),
                }
            }
        }
        Ok(sampler)
    }

    /// Which of the three tests a temperature is good for follows from what is exact, not from what was drawn.
    fn compare(&mut self, least_excited: f64, exact: &Exact, measured: &Measured) {
        let Measured { energy_per_spin, specific_heat, abs_m, m2, m4, draws, excited } = *measured;
        let means = [energy_per_spin, specific_heat, abs_m, m2, m4];
        let temperature = exact.temperature;
        let z = exact.values.iter().zip(means).map(|(&value, mean)| z_score(mean, value));
        let mut scores = z.enumerate().map(|(observable, z)| Score { temperature, observable, z });
        let expected = draws as f64 * exact.excited;
        if temperature == 0.0 {
            self.frozen &= excited == 0 && scores.all(|score| score.z == 0.0);
        } else if expected < least_excited {
            self.cold = (self.cold.0 + excited, self.cold.1 + expected);
        } else {
            self.scores.extend(scores);
        }
    }

    /// By observable: runs at different temperatures and sides are independent, the observables of one run are not.
    pub(super) fn family(&self) -> Scores {
        let of = |observable: usize| {
            self.scores.iter().filter(|s| s.observable == observable).map(|s| s.z).collect()
        };
        Scores { groups: (0..OBSERVABLES.len()).map(of).collect(), rare: Some(self.cold) }
    }

    /// Whether it is in equilibrium.
    pub(super) fn judge(&self, family: &Family) -> Ruling {
        let frozen = holds(self.frozen, "every configuration at T = 0 is a ground state");
        all([family.judge(&self.family()), frozen])
    }

    fn z(&self) -> impl Iterator<Item = f64> {
        self.scores.iter().map(|score| score.z)
    }

    /// z in increasing order.
    pub(super) fn sorted(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.z().collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// Mean z, and the root of the mean z². Errors as if the observables of one run were one: they are correlated.
    pub(super) fn moments(&self) -> [Estimate; 2] {
        let n = self.scores.len() as f64;
        let runs = self.family().groups.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let (mean, square) = (self.z().sum::<f64>() / n, self.z().map(|z| z * z).sum::<f64>() / n);
        let estimate = |mean, error| Estimate { error, ..Estimate::exact(mean) };
        [estimate(mean, runs.sqrt().recip()), estimate(square.sqrt(), (2.0 * runs).sqrt().recip())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(energy: f64, excited: u64) -> Measured {
        let e = |mean| Estimate { error: 0.1, ..Estimate::exact(mean) };
        Measured {
            energy_per_spin: e(energy),
            specific_heat: e(0.0),
            abs_m: e(1.0),
            m2: e(1.0),
            m4: e(1.0),
            draws: 100,
            excited,
        }
    }

    #[test]
    fn what_is_tested_follows_from_exact_values() {
        let exact = |temperature, excited| Exact { temperature, values: vec![-1.0, 0.0], excited };
        let sampling = Sampling::Hasty { sweeps: 0 };
        let (name, group, sides) = (String::new(), Group::Exact, vec![4]);
        let plan = Plan { name, group, sampling, sides, draws: 100, scale: 1.0 };
        let mut sampler = Sampler::new(plan);
        sampler.compare(50.0, &exact(1.0, 0.4), &measured(-0.8, 41));
        assert_eq!((sampler.cold, sampler.scores.len()), ((41, 40.0), 0));
        sampler.compare(50.0, &exact(2.0, 0.6), &measured(-0.8, 60));
        let z: Vec<f64> = sampler.sorted().iter().map(|z| z.round()).collect();
        assert_eq!(z, [0.0, 2.0]);
        let family = Family::new(1e-3, [&sampler.family()]);
        assert_eq!(sampler.judge(&family).is(), Some(true));
        sampler.compare(50.0, &exact(0.0, 0.0), &measured(-1.0, 0));
        assert!(sampler.frozen);
        sampler.compare(50.0, &exact(0.0, 0.0), &measured(-1.0, 1));
        assert_eq!(sampler.judge(&family).is(), Some(false));
    }
}
