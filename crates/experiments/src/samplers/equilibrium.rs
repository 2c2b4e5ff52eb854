//! Experiment `equilibrium`: all samplers of the square lattice against what is known exactly of finite tori.

mod claims;
mod exact;
mod figures;
mod samplers;
mod scores;
mod table;

use crate::stages::Spacing;
use anyhow::{Result, ensure};
use ising::Algorithm;
use lab::Run;
use lab::parts::*;
use report::content::Section;
use scores::Bounds;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Temperatures, ascending, J / k_B.
    temperatures: Vec<f64>,
    /// Sides L of the tori; those up to `moments_up_to` have exact moments of the magnetisation.
    sides: Vec<usize>,
    moments_up_to: usize,
    /// What the front door is asked for: configurations per temperature, and the effective size that it must warrant.
    algorithms: Vec<Algorithm>,
    draws: u32,
    least_effective: f64,
    /// Multispin heat bath.
    replicas: Spacing,
    /// Checkerboard sweeps of one large torus.
    plane: Plane,
    /// Wrong on purpose.
    wrong: Wrong,
    /// z-scores are formed where at least so many configurations are expected not to be ground states.
    least_excited: f64,
    /// The probability that any verdict on right samplers is wrong.
    level: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plane {
    side: usize,
    /// Independent runs, and the number of configurations of all together.
    tori: u32,
    draws: u32,
    spacing: Spacing,
    /// Temperatures at which spins are correlated over more sites than this are left out.
    longest: f64,
}

/// Samplers that are known to be wrong, and must be found out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrong {
    /// Relative error of the coupling.
    coupling: f64,
    /// Sweeps after a random start.
    sweeps: u32,
    /// Burn-in of the chain whose states are taken for independent, in sweeps.
    burn_in: u32,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_values("temperatures", &self.temperatures, 0.0, 1e6)?;
        check_distinct("temperatures", &self.temperatures)?;
        ensure!(!self.sides.is_empty(), "sides is empty, but needs at least one side");
        check_distinct("sides", &self.sides)?;
        for &side in &self.sides {
            check_count("an entry of sides", side as u64, 3, 1024)?;
        }
        let widest = ::exact::transfer::WIDTH_LIMIT as u64;
        check_count("moments_up_to", self.moments_up_to as u64, 0, widest)?;
        ensure!(!self.algorithms.is_empty(), "algorithms is empty, but needs at least one");
        check_distinct("algorithms", &self.algorithms)?;
        check_count("draws", self.draws.into(), 1024, 1 << 24)?;
        ensure!(
            self.draws.is_multiple_of(512),
            "draws is {}, but must be a multiple of 512, the number of replicas",
            self.draws
        );
        check_values("least_effective", &[self.least_effective], 1.0, self.draws.into())?;
        let Plane { side, tori, draws, .. } = self.plane;
        ensure!(
            side.is_multiple_of(128) && (128..=1 << 14).contains(&side),
            "side of plane is {side}, but must be a multiple of 128 up to 16384"
        );
        check_count("tori of plane", tori.into(), 2, 10_000)?;
        ensure!(
            draws.is_multiple_of(tori) && draws >= 8 * tori,
            "draws of plane is {draws}, but must be a multiple of its tori, at least 8 for each"
        );
        check_values("longest of plane", &[self.plane.longest], 1.0, f64::INFINITY)?;
        for (key, spacing) in [("replicas", self.replicas), ("plane", self.plane.spacing)] {
            let Spacing { burn_in, stride } = spacing;
            check_values(&format!("burn_in or stride of {key}"), &[burn_in, stride], 1e-3, 1e3)?;
        }
        check_values("coupling of wrong", &[self.wrong.coupling], 1e-4, 1.0)?;
        check_count("sweeps of wrong", self.wrong.sweeps.into(), 0, 1 << 20)?;
        check_count("burn_in of wrong", self.wrong.burn_in.into(), 0, 1 << 20)?;
        check_values("least_excited", &[self.least_excited], 20.0, 1e9)?;
        check_values("level", &[self.level], 1e-9, 0.5)
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let tori = exact::tori(run, settings)?;
    let right = samplers::right(run, settings, &tori)?;
    let wrong = samplers::wrong(run, settings, &tori)?;
    let bounds = Bounds::new(settings.level, right.iter().map(|s| &s.scores));
    let (counted, largest) = right.iter().fold((0, 0.0_f64), |(n, largest), s| {
        (n + s.scores.z.len(), largest.max(s.scores.largest()))
    });
    let held = right.iter().filter(|s| bounds.hold(&s.scores)).count();
    let caught = wrong.iter().filter(|s| !bounds.hold(&s.scores)).count();
    Ok(Section {
        checks: vec![],
        experiment: "equilibrium".into(),
        title: "Samplers in equilibrium".into(),
        headline: format!(
            "{held} of {} samplers are in equilibrium at every temperature at which they hand anything out: of {counted} z-scores against exact values the largest is {largest:.2}, where {:.2} would be needed to contradict. {caught} of {} samplers that are wrong on purpose are found out by the same numbers.",
            right.len(),
            bounds.z,
            wrong.len()
        ),
        introduction: vec![
            format!(
                "Everything else in this report begins with configurations, so that they must be right, and their errors too. Each sampler draws tori of side L = {} at {} temperatures, those of the published protocol (0, 0.25, .., 6) and $T_c$. The energy per spin E and the specific heat C per spin are compared with Kaufman's closed form; on tori up to L = {} also $\\langle |m| \\rangle$, $\\langle m^2 \\rangle$ and $\\langle m^4 \\rangle$ with sums over all configurations by transfer matrix. A z-score is the distance from the exact value in units of the error that the sampler itself states; if all is right it is a standard normal number.",
                list(&settings.sides),
                settings.temperatures.len(),
                settings.moments_up_to
            ),
            format!(
                "`draw` finds its own burn-in and spacing, and refuses chains that do not settle or are worth fewer than {} independent configurations. Multispin heat bath and the checkerboard of one torus of {} x {} run on a schedule of this experiment, the latter where spins are correlated over no more than {} sites.",
                settings.least_effective,
                settings.plane.side,
                settings.plane.side,
                settings.plane.longest.min(settings.plane.side as f64)
            ),
        ],
        claims: claims::claims(run, settings, &right, &wrong, bounds)?,
        figures: vec![
            figures::scores(settings, &right, &wrong, bounds),
            figures::quantiles(&right, &wrong),
        ],
        tables: vec![table::table(settings, &right, &wrong, bounds)],
        discussion: discussion(settings),
        settings: toml::to_string(settings)?,
    })
}

fn discussion(settings: &Settings) -> Vec<String> {
    vec![
        format!(
            "Runs at different temperatures, sides and samplers are independent; the observables of one run are not. So sums over runs are taken for each observable by itself: of $z^2$, a chi-square number, which sees errors that are too small or chains that have not forgotten their start, and of z, which sees a small shift in the same direction everywhere, such as that of a wrong coupling. The level {} for all verdicts together is divided by the number of z-scores and of sums (Bonferroni), half for each.",
            settings.level
        ),
        format!(
            "A mean is a normal number only if what it averages is seen often. Below T of about 1 hardly any configuration differs from a ground state, by an exactly known probability. Where fewer than {} excited configurations are expected, no z-score is formed: they are counted instead, over all such temperatures, and compared as a Poisson number. At $T = 0$ every configuration must be a ground state. These rules follow from exact values and settings alone, not from what was drawn.",
            settings.least_excited
        ),
        "Where it is cold, single spin flips are refused: a torus that began at random may fall into two stripes, which last for times of the order of $e^{4/T}$ sweeps or more, so that chains from ordered and from random starts do not come to agree. A set of draws is also refused when a slow motion that the pilot run hardly saw, such as a rare change of sign, makes it worth less than was asked. Clusters and exact draws know neither.".into(),
        format!(
            "The test has power: the same draws compared at a coupling that is off by {} %, replicas looked at {} sweeps after a random start, and a right chain whose states are taken for independent, all fail it.",
            100.0 * settings.wrong.coupling,
            settings.wrong.sweeps
        ),
    ]
}

/// `5, 8 and 16`.
fn list(values: &[usize]) -> String {
    let words: Vec<String> = values.iter().map(usize::to_string).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}
