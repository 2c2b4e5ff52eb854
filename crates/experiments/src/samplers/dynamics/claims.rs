//! What the sources say of exponents and logarithms, against what is found.

use super::fits::{self, Fit, Fits};
use super::{
    ABS_M, ENERGY, FLIPS, M2, OBSERVABLES, Settings, TorusDynamics, logarithms, powers, times,
};
use crate::stages::Dynamics;
use anyhow::Result;
use lab::Lab;
use lab::verdict::{Ruling, above, agrees, all, holds, not_comparable, undecided};
use report::{Claim, shown};
use stats::Estimate;

pub(super) const FLIPS_Z: &str = "nightingale-bloete-1996/z";
pub(super) const SWENDSEN_WANG_Z: &str = "salas-sokal-1997/z";
const CONJECTURE: &str = "ossola-sokal-2004/conjecture";
const WOLFF_Z: &str = "baillie-coddington-1991/z";

/// Exponents of single spin flips: less than from 2.17 to the 2 of a random walk.
const FLIPS_RESOLUTION: f64 = 0.1;
/// Exponents of clusters: less than from 0.22 to the 1/8 of the conjecture.
const CLUSTERS_RESOLUTION: f64 = 0.05;
/// The side that must be reached before a plain power law contradicts, and before an exponent of clusters, which drifts with
/// L, says anything.
const REACH: usize = 128;

pub(super) fn claims(lab: &Lab, s: &Settings, tori: &[TorusDynamics]) -> Result<Vec<Claim>> {
    let clusters =
        |dynamics, key| clusters(lab, &powers(s, tori, dynamics, ENERGY), dynamics, tori, key);
    Ok(vec![
        flips(lab, s, tori)?,
        universal(lab, s, tori)?,
        clusters(Dynamics::SwendsenWang, SWENDSEN_WANG_Z)?,
        clusters(Dynamics::SwendsenWang, CONJECTURE)?,
        logarithm(lab, s, tori)?,
        bound(lab, s, tori)?,
        clusters(Dynamics::Wolff, WOLFF_Z)?,
        heat(lab, s, tori)?,
    ])
}

fn quality(fit: Option<Fit>) -> String {
    fit.map_or("no range of sides is fitted".into(), |fit| fit.quality())
}

fn slope(fits: &Fits) -> Option<Estimate> {
    fits.chosen.map(|fit| fit.slope())
}

fn nothing_fits() -> Ruling {
    undecided(None, "no range of sides fits: it would take larger sides")
}

/// Is a published exponent that of the chosen power law? What contradicts it on small lattices, or not on the three largest
/// alone, may be a correction to scaling.
fn exponent(fits: &Fits, published: f64, resolution: f64) -> Ruling {
    let Some(fit) = fits.chosen else { return nothing_fits() };
    let agrees = |fit: &Fit| agrees(fit.slope(), published, resolution);
    let contradicts = |fit: &Fit| agrees(fit).is() == Some(false);
    match contradicts(&fit) {
        true if fit.to < REACH => undecided(fit.slope(), needs_size(fit.to)),
        true if !fits.all.last().is_some_and(contradicts) => undecided(
            fit.slope(),
            format!(
                "{published} is beyond errors for L = {} to {}, but not for the three largest sides alone: it would take larger ones",
                fit.from, fit.to
            ),
        ),
        _ => agrees(&fit),
    }
}

fn needs_size(to: usize) -> String {
    format!(
        "sides reach L = {to} and would have to reach {REACH}: small lattices have corrections to scaling"
    )
}

/// z of |m| by single spin flips.
fn flips(lab: &Lab, s: &Settings, tori: &[TorusDynamics]) -> Result<Claim> {
    let published = lab.published.value(FLIPS_Z)?;
    let fits = FLIPS.map(|dynamics| powers(s, tori, dynamics, ABS_M));
    let ruling = all(fits.iter().map(|fits| exponent(fits, published, FLIPS_RESOLUTION)));
    let [metropolis, bath] = fits;
    let claim = lab.says(FLIPS_Z)?.judged(
        ruling,
        "z from $\\tau_{|m|}$, Metropolis on a checkerboard",
        format!(
            "{}; heat bath: {}. The energy's time grows like $L^z / \\ln L$: of its variance only a part relaxes slowly",
            quality(metropolis.chosen),
            quality(bath.chosen)
        ),
    );
    let others = FLIPS.into_iter().flat_map(|dynamics| {
        [M2, ENERGY].map(|k| {
            let found = slope(&powers(s, tori, dynamics, k));
            (format!("{}, {}", dynamics.name(), OBSERVABLES[k]), found)
        })
    });
    Ok(claim.and("z from $\\tau_{|m|}$, heat bath on a checkerboard", slope(&bath)).and_all(others))
}

/// Whether two kinds of single spin flips have one z.
fn universal(lab: &Lab, s: &Settings, tori: &[TorusDynamics]) -> Result<Claim> {
    let [metropolis, bath] = FLIPS.map(|dynamics| powers(s, tori, dynamics, ABS_M).chosen);
    let ruling = match metropolis.zip(bath) {
        Some((metropolis, bath)) => {
            let ruling = agrees(bath.slope() - metropolis.slope(), 0.0, FLIPS_RESOLUTION);
            let to = bath.to.min(metropolis.to);
            match ruling.is() {
                Some(false) if to < REACH => undecided(ruling.found, needs_size(to)),
                _ => ruling,
            }
        }
        None => nothing_fits(),
    };
    let differs =
        "the source compares three models and five relaxation modes, here two rules of one model";
    let claim = lab.says("nightingale-bloete-2000/universal")?.judged(
        ruling.unless(Some(differs.to_owned())),
        "z by the heat bath minus z by Metropolis, from $\\tau_{|m|}$",
        "The heat bath is slower by one factor.",
    );
    // On the largest side that both have.
    let ratio = |observable: usize| {
        let [metropolis, bath] = FLIPS.map(|dynamics| times(tori, dynamics, observable));
        let both = bath.iter().rev().find_map(|&(side, bath)| {
            let (_, metropolis) = metropolis.iter().find(|(other, _)| *other == side)?;
            Some((side, bath / *metropolis))
        });
        let side = both.map_or(0, |(side, _)| side);
        let quantity = format!("that factor for {} at L = {side}", OBSERVABLES[observable]);
        (quantity, both.map(|(_, ratio)| ratio))
    };
    Ok(claim.and_all([ABS_M, M2, ENERGY].map(ratio)))
}

/// z of the energy under cluster dynamics.
fn clusters(
    lab: &Lab,
    fits: &Fits,
    dynamics: Dynamics,
    tori: &[TorusDynamics],
    key: &str,
) -> Result<Claim> {
    let local = fits::local(&times(tori, dynamics, ENERGY));
    let last = fits.all.last().map(|fit| fit.slope());
    let claim = lab.says(key)?.judged(
        drifting(fits, lab.published.value(key)?),
        format!("z from $\\tau_E$ in sweeps, {}", dynamics.name()),
        format!(
            "{}; an effective exponent, which falls if it is a logarithm",
            quality(fits.chosen)
        ),
    );
    Ok(claim
        .and("from the three largest sides alone", last)
        .and("between the two largest sides", local.last().map(|&(_, z)| z)))
}

/// Is it a published exponent of clusters? Only large lattices can say.
fn drifting(fits: &Fits, published: f64) -> Ruling {
    match fits.chosen {
        Some(fit) if fit.to < REACH => undecided(fit.slope(), needs_size(fit.to)),
        _ => exponent(fits, published, CLUSTERS_RESOLUTION),
    }
}

/// Power or logarithm.
fn logarithm(lab: &Lab, s: &Settings, tori: &[TorusDynamics]) -> Result<Claim> {
    let fits = logarithms(s, tori, Dynamics::SwendsenWang, ENERGY);
    let from = fits.chosen.map(|fit| Estimate::exact(fit.from as f64));
    let power = powers(s, tori, Dynamics::SwendsenWang, ENERGY).chosen;
    Ok(lab
        .says("du-2006/logarithm")?
        .judged(
            not_comparable(from, "the source looks at exponential relaxation from an ordered start on L up to 8192, here are integrated times in equilibrium"),
            "smallest L from which $A + B \\ln L$ fits $\\tau_E$, Swendsen–Wang",
            format!("logarithm: {}; power law: {}", quality(fits.chosen), quality(power)),
        )
        .and("B (sweeps)", slope(&fits)))
}

/// The exponent with which `tau_E / C` grows.
fn bound(lab: &Lab, s: &Settings, tori: &[TorusDynamics]) -> Result<Claim> {
    let ratios = fits::over_heat(&times(tori, Dynamics::SwendsenWang, ENERGY))?;
    let fits = Fits::new(&fits::power(&ratios), s.acceptable);
    Ok(lab.says("salas-sokal-1997/bound")?.judged(
        slope(&fits).map_or_else(nothing_fits, |p| above(p, 0.0)).unless(Some(
            "the source looks at the three-state Potts model, here the Ising model".to_owned(),
        )),
        "exponent p of $\\tau_E / C \\sim L^p$, Swendsen–Wang, C exact",
        format!("{}; the bound is p ≥ 0, and sharp where p = 0", quality(fits.chosen)),
    ))
}

/// Wolff's times as a line in the exact specific heat.
fn heat(lab: &Lab, s: &Settings, tori: &[TorusDynamics]) -> Result<Claim> {
    let fits = Fits::new(&fits::heat(&times(tori, Dynamics::Wolff, ENERGY))?, s.acceptable);
    let power = powers(s, tori, Dynamics::Wolff, ENERGY).chosen;
    let numbers = fits.chosen.map_or(String::new(), |fit| {
        format!("a = {}, b = {}; ", shown(fit.line.intercept), shown(fit.slope()))
    });
    Ok(lab.says("coddington-baillie-1992/specific-heat")?.judged(
        linear(&fits),
        "smallest L from which $\\tau_E = a + b C$ in sweeps of Wolff, C exact",
        format!("{numbers}{}; power law: {}", quality(fits.chosen), quality(power)),
    ))
}

/// Are times a straight line in what they were fitted against, up to large lattices?
fn linear(fits: &Fits) -> Ruling {
    let Some(fit) = fits.chosen else { return nothing_fits() };
    let from = Estimate::exact(fit.from as f64);
    match fit.to < REACH {
        true => undecided(from, needs_size(fit.to)),
        false => holds(true, "three sides or more up to the largest lie on a line").showing(from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samplers::dynamics::fits::tests::times;
    use report::Verdict::{Contradicted, Reproduced, Undecided};

    fn fits(power_law: impl Fn(f64) -> f64, sides: usize, error: f64) -> Fits {
        Fits::new(&fits::power(&times(power_law, &vec![error; sides])), 2.0)
    }

    #[test]
    fn exponents_contradict_only_on_large_lattices() {
        let verdict =
            |z: f64, sides, error| exponent(&fits(|l| l.powf(z), sides, error), 2.17, 0.1).verdict;
        // Sides 8 to 128, and 8 to 64.
        assert_eq!([verdict(2.17, 5, 0.001), verdict(2.17, 4, 0.001)], [Reproduced; 2]);
        assert_eq!([verdict(2.0, 5, 0.001), verdict(2.0, 4, 0.001)], [Contradicted, Undecided]);
        assert_eq!(verdict(2.17, 5, 0.1), Undecided);
        // A small side pulls the exponent away; the three largest alone agree.
        let bent = |l: f64| l.powf(2.17) * (1.0 + 1.0 / l);
        assert_eq!(exponent(&fits(bent, 5, 0.002), 2.17, 0.1).verdict, Undecided);
        let nothing = Fits::new(&[], 2.0);
        assert_eq!(exponent(&nothing, 2.17, 0.1).verdict, Undecided);
        assert!(exponent(&nothing, 2.17, 0.1).found.is_none());
    }

    #[test]
    fn exponents_of_clusters_need_large_lattices() {
        let verdict = |sides| drifting(&fits(|l| l.powf(0.25), sides, 1e-4), 0.25).verdict;
        assert_eq!([verdict(5), verdict(4)], [Reproduced, Undecided]);
    }

    #[test]
    fn a_line_is_one_up_to_large_lattices() {
        let verdict = |sides| linear(&fits(|l| l, sides, 0.01)).verdict;
        assert_eq!([verdict(5), verdict(4), verdict(2)], [Reproduced, Undecided, Undecided]);
    }
}
