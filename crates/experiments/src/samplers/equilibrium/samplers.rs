//! Who is put to the test: every sampler of the square lattice, and three that are wrong on purpose.

use super::Settings;
use super::exact::Exact;
use super::scores::Scores;
use crate::stages::{Measure, Outcome, Rule, Sampling, correlated_length};
use ::exact::transfer::WIDTH_LIMIT;
use anyhow::Result;
use ising::{Algorithm, Coupling};
use lab::Run;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What is exact, by sides.
type Tori = BTreeMap<usize, Vec<Exact>>;

/// A sampler with its scores.
pub(super) struct Sampler {
    pub(super) name: String,
    pub(super) group: Group,
    /// Sides of the tori that it drew.
    pub(super) sides: Vec<usize>,
    pub(super) scores: Scores,
}

/// What samplers have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// Single spin flips of one configuration.
    Flips,
    /// Single spin flips of 512 configurations at once.
    Multispin,
    /// Single spin flips of many sites of one large torus at once.
    Plane,
    Clusters,
    /// Independent by construction.
    Exact,
    Wrong,
}

/// A sampler to be run.
struct Plan {
    name: String,
    group: Group,
    sampling: Sampling,
    sides: Vec<usize>,
    draws: u32,
    /// Temperatures that it is asked for are those that it is compared at, times this.
    scale: f64,
}

impl Plan {
    fn new(settings: &Settings, name: &str, group: Group, sampling: Sampling) -> Self {
        let (sides, draws) = (settings.sides.clone(), settings.draws);
        Self { name: name.into(), group, sampling, sides, draws, scale: 1.0 }
    }

    /// Large tori are left out where they would take longest to forget.
    fn is_asked(&self, settings: &Settings, temperature: f64) -> bool {
        let length = || Coupling::from_temperature(temperature).map(correlated_length);
        self.group != Group::Plane || length().is_ok_and(|length| length <= settings.plane.longest)
    }
}

/// All samplers that should be right.
pub(super) fn right(run: &Run, settings: &Settings, tori: &Tori) -> Result<Vec<Sampler>> {
    let mut plans: Vec<Plan> =
        settings.algorithms.iter().map(|&algorithm| front_door(settings, algorithm)).collect();
    let spacing = settings.replicas;
    let replicas = Sampling::Replicas { spacing };
    plans.push(Plan::new(settings, "multispin heat bath", Group::Multispin, replicas));
    for (name, rule) in
        [("checkerboard Metropolis", Rule::Metropolis), ("checkerboard heat bath", Rule::HeatBath)]
    {
        let (tori, spacing) = (settings.plane.tori, settings.plane.spacing);
        let sampling = Sampling::Plane { rule, tori, spacing };
        plans.push(Plan {
            sides: vec![settings.plane.side],
            draws: settings.plane.draws,
            ..Plan::new(settings, name, Group::Plane, sampling)
        });
    }
    plans.sort_by_key(|plan| plan.group as u8);
    test(run, settings, tori, &plans)
}

/// Samplers that must be found out.
pub(super) fn wrong(run: &Run, settings: &Settings, tori: &Tori) -> Result<Vec<Sampler>> {
    let super::Wrong { coupling, sweeps, burn_in } = settings.wrong;
    let plan = |name: String, sampling| Plan::new(settings, &name, Group::Wrong, sampling);
    let draw = Sampling::Draw {
        algorithm: Algorithm::SwendsenWang,
        least_effective: settings.least_effective,
    };
    let plans = [
        Plan {
            scale: (1.0 + coupling).recip(),
            ..plan(format!("coupling {} % too large", 100.0 * coupling), draw)
        },
        plan(format!("{sweeps} sweeps after a random start"), Sampling::Hasty { sweeps }),
        plan("errors without autocorrelation".into(), Sampling::Naive { burn_in }),
    ];
    test(run, settings, tori, &plans)
}

fn front_door(settings: &Settings, algorithm: Algorithm) -> Plan {
    let (name, group) = match algorithm {
        Algorithm::Metropolis => ("Metropolis", Group::Flips),
        Algorithm::HeatBath => ("heat bath", Group::Flips),
        Algorithm::Multispin => ("multispin Metropolis", Group::Multispin),
        Algorithm::SwendsenWang => ("Swendsen–Wang", Group::Clusters),
        Algorithm::Wolff => ("Wolff", Group::Clusters),
        Algorithm::Transfer => ("transfer matrix", Group::Exact),
        other => (other.name(), Group::Exact),
    };
    let sampling = Sampling::Draw { algorithm, least_effective: settings.least_effective };
    let mut plan = Plan::new(settings, name, group, sampling);
    if algorithm == Algorithm::Transfer {
        plan.sides.retain(|&side| side <= WIDTH_LIMIT);
    }
    plan
}

fn test(run: &Run, settings: &Settings, tori: &Tori, plans: &[Plan]) -> Result<Vec<Sampler>> {
    plans.par_iter().map(|plan| of_plan(run, settings, tori, plan)).collect()
}

fn of_plan(run: &Run, settings: &Settings, tori: &Tori, plan: &Plan) -> Result<Sampler> {
    let mut scores = Scores::new();
    for &side in &plan.sides {
        let exact = tori.get(&side).map_or(&[][..], Vec::as_slice).iter().copied();
        let exact: Vec<Exact> =
            exact.filter(|exact| plan.is_asked(settings, exact.temperature)).collect();
        let temperatures: Vec<f64> = exact.iter().map(|e| plan.scale * e.temperature).collect();
        let label = format!("equilibrium/{}", plan.name);
        let found: Vec<Outcome> = run
            .store
            .get(&Measure {
                sampling: plan.sampling,
                side,
                temperatures: &temperatures,
                draws: plan.draws,
                seed: stats::child_seed(run.seed, &label, side as u64),
            })?
            .value;
        scores.add(settings, side, &exact, &found);
    }
    let (name, group, sides) = (plan.name.clone(), plan.group, plan.sides.clone());
    Ok(Sampler { name, group, sides, scores })
}
