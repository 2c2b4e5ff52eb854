//! What the sources say of exponents and logarithms, against what is found.

use super::cells::{ABS_M, Cell, ENERGY, OBSERVABLES, times};
use super::fits::{self, Fit};
use super::{Settings, laws};
use crate::stages::Dynamics;
use anyhow::Result;
use lab::Run;
use lab::parts::{SIGMAS, agreement, shown};
use lab::published::Finding;
use report::content::{Claim, Verdict};
use stats::Estimate;

/// Published exponents: of single spin flips, of the energy under Swendsen and Wang's dynamics and under Wolff's.
pub(super) const FLIPS: &str = "nightingale-bloete-1996/z";
pub(super) const CLUSTERS: &str = "salas-sokal-1997/z";
const CONJECTURE: &str = "ossola-sokal-2004/conjecture";
const WOLFF: &str = "baillie-coddington-1991/z";

/// Sides that must be reached before an exponent contradicts a published one, and before one of clusters, which drifts with
/// L, is compared with one at all.
const REACH: usize = 128;

pub(super) fn claims(run: &Run, settings: &Settings, cells: &[Cell]) -> Result<Vec<Claim>> {
    let claim = |id: &str, key: &str, finding: Finding| {
        run.published.claim(&format!("dynamics/{id}"), key, finding)
    };
    let flips = |id, dynamics| {
        claim(id, FLIPS, flips(settings, cells, dynamics, run.published.value(FLIPS)?))
    };
    let clusters = |id, dynamics, key| {
        claim(id, key, clusters(settings, cells, dynamics, run.published.value(key)?))
    };
    use Dynamics::{HeatBath, Metropolis, SwendsenWang, Wolff};
    Ok(vec![
        flips("metropolis", Metropolis)?,
        flips("heat-bath", HeatBath)?,
        claim("universal", "nightingale-bloete-2000/universal", universal(settings, cells))?,
        clusters("swendsen-wang", SwendsenWang, CLUSTERS)?,
        clusters("conjecture", SwendsenWang, CONJECTURE)?,
        claim("logarithm", "du-2006/logarithm", logarithm(settings, cells))?,
        claim("bound", "salas-sokal-1997/bound", bound(settings, cells)?)?,
        clusters("wolff", Wolff, WOLFF)?,
        claim("specific-heat", "coddington-baillie-1992/specific-heat", heat(settings, cells)?)?,
    ])
}

/// Reproduced where the chosen exponent agrees. Where it does not, but that of the three largest sizes alone does, the
/// sizes are too small for a plain power law; a contradiction takes both, on lattices up to [`REACH`].
fn verdict(ladder: &[Fit], chosen: &Fit, published: f64) -> Verdict {
    let agrees = |fit: &Fit| agreement(fit.slope, published) == Verdict::Reproduced;
    match (agrees(chosen), ladder.last().is_some_and(agrees)) {
        (true, _) => Verdict::Reproduced,
        (false, false) if chosen.to >= REACH => Verdict::Contradicted,
        _ => Verdict::NotComparable,
    }
}

/// Exponents from ever larger sizes.
fn ladder(cells: &[Cell], dynamics: Dynamics, observable: usize) -> Vec<Fit> {
    fits::ladder(&laws::power(&times(cells, dynamics, observable)))
}

/// The power law that was chosen for one observable.
pub(super) fn power(
    settings: &Settings,
    cells: &[Cell],
    dynamics: Dynamics,
    observable: usize,
) -> Option<Fit> {
    fits::chosen(&ladder(cells, dynamics, observable), settings.acceptable)
}

fn unknown() -> Estimate {
    Estimate { mean: f64::NAN, ..Estimate::exact(0.0) }
}

/// What a fit is worth, in words.
fn quality(fit: &Fit) -> String {
    format!(
        "L = {} to {}, $\\chi^2$ = {:.1} for {} degrees of freedom",
        fit.from, fit.to, fit.chi2, fit.freedom
    )
}

/// z of |m| by single spin flips.
fn flips(settings: &Settings, cells: &[Cell], dynamics: Dynamics, published: f64) -> Finding {
    let quantity =
        format!("z from $\\tau_{{|m|}}$, {} in the order of a checkerboard", dynamics.name());
    let Some(fit) = power(settings, cells, dynamics, ABS_M) else {
        return nothing_fits(quantity);
    };
    let others: Vec<String> = [ENERGY, 2]
        .into_iter()
        .filter_map(|k| power(settings, cells, dynamics, k).map(|fit| (k, fit)))
        .map(|(k, fit)| format!("{} gives {}", OBSERVABLES[k], shown(fit.slope)))
        .collect();
    let others = match others.is_empty() {
        true => String::new(),
        false => format!(" {}.", others.join(", ")),
    };
    Finding {
        value: fit.slope,
        quantity,
        verdict: verdict(&ladder(cells, dynamics, ABS_M), &fit, published),
        reason: format!(
            "{}; a plain power law, errors of statistics only.{others} The energy's time grows more slowly, like $L^z / \\ln L$: only a part of its variance, which grows like $\\ln L$, relaxes slowly. The source takes the slowest mode on lattices up to 15 × 15, with corrections to scaling, and random sites.",
            quality(&fit)
        ),
    }
}

fn nothing_fits(quantity: String) -> Finding {
    let reason = "No range of sizes is fitted well enough by the law.".to_owned();
    Finding { value: unknown(), quantity, verdict: Verdict::NotComparable, reason }
}

/// Whether two kinds of single spin flips have one z.
fn universal(settings: &Settings, cells: &[Cell]) -> Finding {
    let quantity = "z by the heat bath minus z by Metropolis, from $\\tau_{|m|}$".to_owned();
    let fits = [Dynamics::HeatBath, Dynamics::Metropolis]
        .map(|dynamics| power(settings, cells, dynamics, ABS_M));
    let [Some(bath), Some(metropolis)] = fits else { return nothing_fits(quantity) };
    let value = Estimate { tau: 0.5, count: 2, ..bath.slope - metropolis.slope };
    let ratio = |observable| {
        let of = |dynamics| times(cells, dynamics, observable);
        let (bath, metropolis) = (of(Dynamics::HeatBath), of(Dynamics::Metropolis));
        bath.last().and_then(|&(side, tau)| {
            let other = metropolis.iter().find(|(other, _)| *other == side)?.1;
            let mean = tau.mean / other.mean;
            let error = mean * (tau.error / tau.mean).hypot(other.error / other.mean);
            Some(format!(
                "{} for {} at L = {side}",
                shown(Estimate { mean, error, ..tau }),
                OBSERVABLES[observable]
            ))
        })
    };
    let ratios: Vec<String> = [ABS_M, 2, ENERGY].into_iter().filter_map(ratio).collect();
    Finding {
        value,
        quantity,
        verdict: agreement(value, 0.0),
        reason: format!(
            "The heat bath is slower by one factor: {}. (A move of Metropolis in 16 is left out, which slows it by a fifteenth.) Here two dynamics of one model are compared, by $\\tau_{{int}}$; the source compares models and modes.",
            ratios.join(", ")
        ),
    }
}

/// z of the energy under cluster dynamics.
fn clusters(settings: &Settings, cells: &[Cell], dynamics: Dynamics, published: f64) -> Finding {
    let quantity = format!("z from $\\tau_E$ in sweeps, {}", dynamics.name());
    let Some(fit) = power(settings, cells, dynamics, ENERGY) else {
        return nothing_fits(quantity);
    };
    let local = fits::local(&times(cells, dynamics, ENERGY));
    let end = local.last().map_or(String::new(), |&(side, z)| {
        format!(" Between the two largest sides (around L = {side:.0}) it is {}.", shown(z))
    });
    let verdict = match fit.to >= REACH {
        true => verdict(&ladder(cells, dynamics, ENERGY), &fit, published),
        false => Verdict::NotComparable,
    };
    let last = ladder(cells, dynamics, ENERGY).last().map_or(String::new(), |last| {
        format!(" The three largest sizes alone give {}.", shown(last.slope))
    });
    let reach = match fit.to >= REACH {
        true => String::new(),
        false => format!(" Such small lattices say little: a verdict takes L = {REACH}."),
    };
    Finding {
        value: fit.slope,
        quantity,
        verdict,
        reason: format!(
            "{}; an effective exponent, which falls if the law is a logarithm in the end.{end}{reach}{last}",
            quality(&fit)
        ),
    }
}

/// Power or logarithm.
fn logarithm(settings: &Settings, cells: &[Cell]) -> Finding {
    let times = times(cells, Dynamics::SwendsenWang, ENERGY);
    let quantity = "smallest L from which $A + B \\ln L$ fits $\\tau_E$, Swendsen–Wang".to_owned();
    let ladder = fits::ladder(&laws::logarithm(&times));
    let Some(fit) = fits::chosen(&ladder, settings.acceptable) else {
        return nothing_fits(quantity);
    };
    let power = power(settings, cells, Dynamics::SwendsenWang, ENERGY);
    let power = power.map_or("no range".to_owned(), |fit| quality(&fit));
    Finding {
        value: Estimate::exact(fit.from as f64),
        quantity,
        verdict: Verdict::NotComparable,
        reason: format!(
            "The logarithm fits for {} with B = {}; a power law for {power}. On these sizes the two differ by little, and the source looks at exponential relaxation from a quench.",
            quality(&fit),
            shown(fit.slope)
        ),
    }
}

/// The exponent with which `tau_E / C` grows.
fn bound(settings: &Settings, cells: &[Cell]) -> Result<Finding> {
    let ratios = laws::over_heat(&times(cells, Dynamics::SwendsenWang, ENERGY))?;
    let quantity = "exponent p of $\\tau_E / C \\sim L^p$, Swendsen–Wang, C exact".to_owned();
    let ladder = fits::ladder(&laws::power(&ratios));
    let Some(fit) = fits::chosen(&ladder, settings.acceptable) else {
        return Ok(nothing_fits(quantity));
    };
    // The bound is a theorem; what is not is how close to it the dynamics comes.
    let verdict = match fit.slope.mean / fit.slope.error {
        sigmas if sigmas < -SIGMAS => Verdict::Contradicted,
        _ => Verdict::Reproduced,
    };
    Ok(Finding {
        value: fit.slope,
        quantity,
        verdict,
        reason: format!(
            "The bound holds as long as p is not negative. {}; of the three-state model the source has p of about 0.08.",
            quality(&fit)
        ),
    })
}

/// Wolff's times as a line in the exact specific heat.
fn heat(settings: &Settings, cells: &[Cell]) -> Result<Finding> {
    let times = times(cells, Dynamics::Wolff, ENERGY);
    let quantity =
        "smallest L from which $\\tau_E = a + b C$ in sweeps of Wolff, C exact".to_owned();
    let ladder = fits::ladder(&laws::heat(&times)?);
    let Some(fit) = fits::chosen(&ladder, settings.acceptable) else {
        return Ok(nothing_fits(quantity));
    };
    let verdict = match fit.to >= REACH {
        true => Verdict::Reproduced,
        false => Verdict::NotComparable,
    };
    let power = power(settings, cells, Dynamics::Wolff, ENERGY);
    let power = power.map_or("no range".to_owned(), |fit| quality(&fit));
    Ok(Finding {
        value: Estimate::exact(fit.from as f64),
        quantity,
        verdict,
        reason: format!(
            "a = {}, b = {}; {}. A power law fits for {power}.",
            shown(fit.intercept),
            shown(fit.slope),
            quality(&fit)
        ),
    })
}
