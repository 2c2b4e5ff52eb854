//! `equilibrium`: do all samplers of the square lattice draw from the Boltzmann distribution, with errors that are right?

mod samplers;

use crate::stages::Spacing;
use anyhow::{Result, ensure};
use exact::transfer::MAX_WIDTH;
use ising::Algorithm;
use lab::Lab;
use lab::family::{Family, Scores};
use lab::kinds::{Ascending, Count, Distinct, Within, check_within};
use lab::verdict::{all, largest};
use report::numbers::exact as number;
use report::{
    Cell, Check, Claim, Figure, Panel, Rows, Section, figure, list, panel, rough, section, table,
};

use samplers::{Group, OBSERVABLES, Sampler};
use serde::{Deserialize, Serialize};
use stats::{Estimate, tails};

/// Settings.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Temperatures, J / k_B.
    temperatures: Ascending<Within<0, 1_000_000>>,
    /// Sides L of the tori; those up to `moments_up_to` have exact moments of the magnetisation.
    sides: Distinct<Count<3, 1024>>,
    moments_up_to: Count<0, { MAX_WIDTH as u64 }>,
    /// What `ising::draw` is asked for: configurations per temperature, and the least effective size.
    algorithms: Distinct<Algorithm>,
    draws: Count<1024, 16_777_216>,
    least_effective: f64,
    /// Multispin heat bath.
    replicas: Spacing,
    /// Checkerboard sweeps of one large torus.
    large_torus: LargeTorus,
    /// Wrong on purpose.
    wrong: Wrong,
    /// z-scores are formed where at least so many configurations are expected not to be ground states.
    least_excited: Within<20, 1_000_000_000>,
    /// The probability that any verdict on right samplers is wrong.
    level: f64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LargeTorus {
    side: Count<128, 16_384>,
    /// Independent runs, and the number of configurations of all together.
    tori: Count<2, 10_000>,
    draws: u32,
    spacing: Spacing,
    /// Temperatures at which spins are correlated over more sites than this are left out.
    longest: f64,
}

/// Samplers that are known to be wrong, and must be found out.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrong {
    /// Relative error of the coupling.
    coupling: f64,
    /// Sweeps after a random start.
    sweeps: Count<0, 1_048_576>,
    /// Burn-in of the chain whose states are taken for independent, in sweeps.
    burn_in: Count<0, 1_048_576>,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        let Self { draws, large_torus: LargeTorus { side, tori, draws: of_large, .. }, .. } = self;
        ensure!(
            draws.is_multiple_of(512),
            "draws is {draws}, but must be a multiple of 512, the number of replicas"
        );
        check_within("least_effective", self.least_effective, 1.0, **draws as f64)?;
        ensure!(
            side.is_multiple_of(128),
            "side of large_torus is {side}, but must be a multiple of 128"
        );
        let each = of_large / tori.short();
        ensure!(
            of_large.is_multiple_of(tori.short()) && each >= 8,
            "draws of large_torus is {of_large}, but must be a multiple of its tori, at least 8 for each"
        );
        check_within("longest of large_torus", self.large_torus.longest, 1.0, f64::INFINITY)?;
        for (key, spacing) in
            [("replicas", self.replicas), ("large_torus", self.large_torus.spacing)]
        {
            check_within(&format!("burn_in of {key}"), spacing.burn_in, 1e-3, 1e3)?;
            check_within(&format!("stride of {key}"), spacing.stride, 1e-3, 1e3)?;
        }
        check_within("coupling of wrong", self.wrong.coupling, 1e-4, 1.0)?;
        check_within("level", self.level, 1e-9, 0.5)
    }
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let tori = samplers::tori(lab, s)?;
    let test = |plan: &samplers::Plan| Sampler::run(lab, s, &tori, plan);
    let right = lab.each(&samplers::right(s), test)?;
    let wrong = lab.each(&samplers::wrong(s), test)?;
    let scores: Vec<_> = right.iter().map(Sampler::family).collect();
    let family = Family::new(s.level, &scores);
    let in_equilibrium = |sampler: &Sampler| sampler.judge(&family).is() == Some(true);
    let held = right.iter().filter(|sampler| in_equilibrium(sampler)).count();
    let caught = wrong.iter().filter(|sampler| !in_equilibrium(sampler)).count();
    let largest = largest(scores.iter().map(Scores::largest));
    let counted: usize = scores.iter().map(|s| s.count()).sum();
    Ok(section("equilibrium", "Samplers in equilibrium")
        .answer(format!(
            "{held} of {} samplers agree with exact values of finite tori: of {counted} z-scores the largest is {largest:.2}, where {:.2} would be needed to contradict. {caught} of {} samplers that are wrong on purpose are found out by the same test.",
            right.len(),
            family.largest,
            wrong.len()
        ))
        .text(format!(
            "Every sampler draws tori of side L = {} at {} temperatures. Energy E and specific heat C per spin are compared with Kaufman's closed form; on tori up to L = {} also $\\langle |m| \\rangle$, $\\langle m^2 \\rangle$ and $\\langle m^4 \\rangle$ with the transfer matrix. A z-score is the distance from the exact value in units of the error that the sampler itself states.",
            list(s.sides.iter()),
            s.temperatures.len(),
            s.moments_up_to
        ))
        .text(format!(
            "`draw` finds its own burn-in and spacing, and refuses chains that do not settle or are worth fewer than {} independent configurations. Multispin heat bath and the checkerboard of one torus of {side} x {side} run on a fixed schedule, the latter where spins are correlated over no more than {} sites.",
            s.least_effective,
            s.large_torus.longest.min(*s.large_torus.side as f64),
            side = s.large_torus.side
        ))
        .claims(exact_draws(lab, &right, &family)?)
        .checks(right_checks(&right, &family))
        .checks(["wrong-coupling", "wrong-burn-in", "wrong-errors"].iter().zip(&wrong).map(
            |(name, sampler)| {
                sampler.judge(&family).negated("a bound that right samplers keep is broken").check(
                    *name,
                    format!("A sampler that is wrong on purpose is found out: {}.", sampler.plan.name),
                    format!("largest of {} |z|", sampler.scores.len()),
                    format!("p = {} of the sums", rough(sampler.family().probability())),
                )
            },
        ))
        .figure(scores_figure(s, &right, &wrong, &family))
        .figure(quantiles(&right, &wrong))
        .table(samplers_table(s, right.iter().chain(&wrong), &family))
        .discussion(format!(
            "Where fewer than {} configurations are expected to differ from a ground state, a mean is no normal number: there they are counted, and compared as a Poisson number. In the cold a torus that began at random may fall into two stripes, which last for some $e^{{4/T}}$ sweeps: `draw` refuses such chains. Clusters and exact draws are not affected.",
            s.least_excited
        )))
}

/// A check for each kind of sampler.
fn right_checks(right: &[Sampler], family: &Family) -> Vec<Check> {
    let check = |(name, group, who): (&str, Group, &str)| {
        let members: Vec<&Sampler> = right.iter().filter(|s| s.plan.group == group).collect();
        let scores: Vec<Scores> = members.iter().map(|s| s.family()).collect();
        let least = scores.iter().map(Scores::probability).fold(1.0, f64::min);
        let ruling = all(members.iter().map(|s| s.judge(family)));
        let check =
            ruling.showing(Estimate::exact(largest(scores.iter().map(Scores::largest)))).check(
                name,
                format!("{who} give finite tori their exact energy, specific heat and moments."),
                format!("largest of {} |z|", scores.iter().map(Scores::count).sum::<usize>()),
                format!(
                    "{}; p = {} of the sums; refused at {} pairs of side and temperature",
                    list(members.iter().map(|s| &s.plan.name)),
                    rough(least),
                    members.iter().map(|s| s.refused.len()).sum::<usize>()
                ),
            );
        (!members.is_empty()).then_some(check)
    };
    let groups = [
        ("single-flips", Group::Flips, "Single spin flips"),
        ("multispin", Group::Multispin, "Single spin flips of 512 replicas"),
        ("checkerboard", Group::LargeTorus, "Checkerboard sweeps of a large torus"),
        ("clusters", Group::Clusters, "Clusters"),
        ("exact-draws", Group::Exact, "Exact draws"),
    ];
    groups.into_iter().filter_map(check).collect()
}

/// Coupling from the past, where it is among the algorithms.
fn exact_draws(lab: &Lab, right: &[Sampler], family: &Family) -> Result<Option<Claim>> {
    let perfect = right.iter().find(|sampler| sampler.plan.name == Algorithm::Perfect.name());
    let Some(perfect) = perfect else { return Ok(None) };
    Ok(Some(lab.says("propp-wilson-1996/exact-draws")?.judged(
        perfect.judge(family),
        format!("largest of {} |z|, coupling from the past", perfect.scores.len()),
        format!(
            "L = {}; p = {} of the sums; no draw is refused or thrown away",
            list(&perfect.plan.sides),
            rough(perfect.family().probability())
        ),
    )))
}

/// Observables of one temperature stand side by side, this far apart.
const ASIDE: f64 = 0.036;
/// How far beyond the bounds the axis of z reaches.
const ROOM: f64 = 1.8;

fn scores_figure(s: &Settings, right: &[Sampler], wrong: &[Sampler], family: &Family) -> Figure {
    // A panel for each sampler, one for both rules of the large torus.
    let of_large =
        |a: &Sampler, b: &Sampler| [a, b].iter().all(|s| s.plan.group == Group::LargeTorus);
    let chunks = right.chunk_by(of_large).chain(wrong.chunk_by(of_large));
    figure(
        "scores",
        format!(
            "z-scores against temperature, of all tori; right samplers stay between the dotted lines with probability {}. Below: temperatures at which `draw` refused. Last: wrong on purpose, what lies beyond the axis at its edge.",
            1.0 - 0.5 * s.level
        ),
    )
    .panels(chunks, |samplers| scores_panel(*s.temperatures.highest(), samplers, family.largest))
}

/// All panels have the same series, so that they share a legend.
fn scores_panel(hottest: f64, samplers: &[Sampler], bound: f64) -> Panel {
    let title = match samplers {
        [sampler] => sampler.plan.name.clone(),
        _ => "checkerboard, both rules".into(),
    };
    let is_wrong = samplers.iter().any(|sampler| sampler.plan.group == Group::Wrong);
    let edge = bound + ROOM - 0.2;
    let points = |is_drawn: &dyn Fn(usize) -> bool| -> Vec<(f64, f64)> {
        let scores = samplers.iter().flat_map(|s| &s.scores).filter(|s| is_drawn(s.observable));
        let aside = |observable: usize| (observable as f64 - 2.0) * ASIDE;
        scores.map(|s| (s.temperature + aside(s.observable), s.z.clamp(-edge, edge))).collect()
    };
    let refused = samplers.iter().flat_map(|s| &s.refused).map(|&(_, t)| (t, -edge));
    panel("temperature T (J/k_B)", "z")
        .title(title)
        .x_from(-0.15, hottest + 0.15)
        .y_from(-bound - ROOM, bound + ROOM)
        .each(OBSERVABLES.iter().enumerate(), |panel, (index, label)| {
            panel.dots(*label, points(&|observable| observable == index && !is_wrong))
        })
        .dots("wrong on purpose", points(&|_| is_wrong))
        .points("refused", refused)
        .mark_y("", bound)
        .mark_y("", -bound)
}

fn quantiles(right: &[Sampler], wrong: &[Sampler]) -> Figure {
    let panels: [(&str, &[Group], f64); 3] = [
        ("single spin flips", &[Group::Flips, Group::Multispin, Group::LargeTorus], 4.5),
        ("clusters and exact draws", &[Group::Clusters, Group::Exact], 4.5),
        ("wrong on purpose", &[Group::Wrong], 8.0),
    ];
    figure(
        "quantiles",
        "z-scores in increasing order against normal quantiles: the diagonal where means and errors are right, steeper where errors are too small, shifted where there is a bias.",
    )
    .panels(panels, |(title, groups, reach)| {
        let own = right.iter().chain(wrong).filter(|s| groups.contains(&s.plan.group));
        panel("normal quantile", "z, in order")
            .title(title)
            .x_from(-3.8, 3.8)
            .y_from(-reach, reach)
            .each(own, |panel, sampler| {
                let n = sampler.scores.len() as f64;
                let quantile = |i: usize| tails::quantile((i as f64 + 0.5) / n);
                let ordered = sampler.sorted().into_iter().enumerate();
                panel.line(&sampler.plan.name, ordered.map(|(i, z)| (quantile(i), z)))
            })
            .dashed("normal distribution", [(-reach, -reach), (reach, reach)])
    })
}

fn samplers_table<'a>(
    s: &Settings,
    samplers: impl Iterator<Item = &'a Sampler>,
    family: &Family,
) -> Rows<&'a Sampler> {
    let temperatures = s.temperatures.values();
    let caption = format!(
        "Mean and root mean square of z should be 0 and 1. p: the smallest probability of sums and counts, times their number. Cold: excited configurations, found and expected, at temperatures where fewer than {} are.",
        s.least_excited
    );
    table("samplers", caption)
        .rows(samplers)
        .column("sampler", |s| s.plan.name.as_str())
        .column("L", |s| list(&s.plan.sides))
        .column("z-scores", |s| s.scores.len())
        .column("mean z", |s| s.moments()[0])
        .column("rms z", |s| s.moments()[1])
        .column("largest |z|", |s| Cell::rounded(s.family().largest()))
        .column("p", |s| Cell::rounded(s.family().probability()))
        .column("cold", |s| s.cold.0)
        .column("expected", |s| Cell::rounded(s.cold.1))
        .column("refused", move |of| refused(&temperatures, of))
        .column("verdict", |s| match s.judge(family).is() {
            Some(true) => "in equilibrium",
            _ => "not in equilibrium",
        })
}

/// Where a sampler refused: `T = 0.25 (L = 8, 16)`.
fn refused(temperatures: &[f64], sampler: &Sampler) -> String {
    let at = |&temperature: &f64| {
        let refused = sampler.refused.iter().filter(|(_, t)| *t == temperature);
        let sides: Vec<String> = refused.map(|(side, _)| side.to_string()).collect();
        let words = format!("T = {} (L = {})", number(temperature), sides.join(", "));
        (!sides.is_empty()).then_some(words)
    };
    let all: Vec<String> = temperatures.iter().filter_map(at).collect();
    if all.is_empty() { "none".into() } else { all.join("; ") }
}
