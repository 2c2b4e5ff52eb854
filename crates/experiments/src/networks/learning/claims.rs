//! What the sources say of contrastive divergence and of where training ends, against what is found.

use super::bias::Field;
use super::onward::{Learnt, Onward};
use super::race::Race;
use super::saddle::Saddle;
use super::tied::{self, Tied};
use super::{CD_1, Settings};
use anyhow::{Context, Result};
use lab::Run;
use lab::parts::{SIGMAS, rough, shown};
use lab::published::{Finding, exactly};
use rbm::Negative;
use report::content::{Claim, Verdict};
use stats::Estimate;

/// All that was found at the coupling of the claims.
pub(super) struct Found<'a> {
    pub(super) race: &'a Race,
    pub(super) tied: &'a Tied,
    pub(super) saddle: &'a Saddle,
    pub(super) onward: &'a Onward,
    pub(super) fields: &'a [Field],
}

pub(super) fn claims(run: &Run, settings: &Settings, found: &Found<'_>) -> Result<Vec<Claim>> {
    let claim = |id: &str, source: &str, finding: Finding| {
        run.published.claim(&format!("learning/{id}"), &format!("{source}/{id}"), finding)
    };
    Ok(vec![
        claim("cd-descends", "ter-hoeve-2018", descends(settings, found.tied)?)?,
        claim("cd-is-no-gradient", "sutskever-tieleman-2010", gradient(settings, found.fields)?)?,
        claim("cd-bias-small", "carreira-perpinan-hinton-2005", small(settings, found)?)?,
        claim("training-gives-equal", "ter-hoeve-2018", tied_weights(settings, found.tied)?)?,
        claim("equal-by-symmetry", "ter-hoeve-2018", free_weights(settings, found.saddle))?,
        claim("opposite-to-rg", "ter-hoeve-2018", decimates(settings, found.onward))?,
    ])
}

/// From the optimum CD-1 goes uphill: where it ends minus W(K).
fn descends(settings: &Settings, tied: &Tied) -> Result<Finding> {
    let k = settings.shown_coupling;
    let first = tied::of(tied, CD_1)?;
    let shift = beside_optimum(tied, first.root, first.deviation);
    let agrees = first.deviation.sigmas_from(0.0) <= SIGMAS;
    let verdict = match shift.sigmas_from(0.0) > SIGMAS && agrees {
        true => Verdict::Corrected,
        false => Verdict::NotComparable,
    };
    let mut longest =
        tied.limits.iter().filter(|l| matches!(l.negative, Negative::Contrastive { .. }));
    let longest =
        longest.next_back().context("no machine was trained by contrastive divergence")?;
    Ok(Finding {
        value: shift,
        quantity: format!("tied weight where CD-1 ends minus W(K), $K = {k}$"),
        verdict,
        reason: format!(
            "At W(K) the gradient is 0 and the mean update of CD-1 is not: it goes uphill, from KL = {:.4} to {:.4}, and ends at its own root, {:.6}, to {} of it. It is biased; {} ends {} from W(K).",
            tied.best_kl,
            first.root_kl,
            first.root,
            shown(first.deviation),
            longest.negative,
            rough(longest.root - tied.best),
        ),
    })
}

/// Where training ends minus W(K), freed of the noise of the samples, which root and machine share.
pub(super) fn beside_optimum(tied: &Tied, root: f64, deviation: Estimate) -> Estimate {
    Estimate { mean: root - tied.best + deviation.mean, ..deviation }
}

fn gradient(settings: &Settings, fields: &[Field]) -> Result<Finding> {
    let of = |negative: Negative| {
        let found = fields.iter().find(|field| field.negative == negative);
        found.context("CD-1 and the exact gradient are not among tied.negatives")
    };
    let (first, exact) = (of(CD_1)?, of(Negative::Exact)?);
    // What differences make of a symmetric matrix.
    const SYMMETRIC: f64 = 1e-6;
    let is_none = first.asymmetry.mean - SIGMAS * first.asymmetry.error > SYMMETRIC;
    Ok(Finding {
        value: first.asymmetry,
        quantity: "antisymmetric share of the derivatives of the mean update of CD-1".into(),
        verdict: if is_none { Verdict::Reproduced } else { Verdict::Contradicted },
        reason: format!(
            "A gradient has a symmetric matrix of derivatives. Exact, at {} machines with random weights of standard deviation {}; that of the exact gradient comes out as {}, which is rounding.",
            settings.fields,
            settings.field_std,
            rough(exact.asymmetry.mean),
        ),
    })
}

/// What the bias costs where the machine cannot fit the data, and where it can.
fn small(settings: &Settings, found: &Found<'_>) -> Result<Finding> {
    let Found { race, tied, .. } = found;
    let k = settings.shown_coupling;
    let first = tied::of(tied, CD_1)?;
    let cost = first.root_kl - tied.best_kl;
    let end = |negative: Negative| {
        let curve = race.curves.iter().find(|curve| curve.negative == negative);
        let last = curve.and_then(|curve| curve.kl.last());
        last.copied().with_context(|| format!("no machine was trained by {negative}"))
    };
    // What is meant by "very small".
    const SMALL: f64 = 0.1;
    let verdict = match cost / tied.best_kl {
        share if share < SMALL => Verdict::Reproduced,
        _ => Verdict::Contradicted,
    };
    let quantity = format!("KL that the bias of CD-1 costs tied weights, $K = {k}$, nats");
    let reason = format!(
        "{:.1} % of the KL that equal weights have in any case; below {:.0} % is taken for very small. Free weights can fit the ring, and there the bias vanishes with KL; after {} updates CD-1 has KL = {} and the exact gradient {}.",
        100.0 * cost / tied.best_kl,
        100.0 * SMALL,
        settings.race.updates,
        shown(end(CD_1)?),
        shown(end(Negative::Exact)?),
    );
    Ok(exactly(cost, &quantity, verdict, reason))
}

/// W(K), reached from samples.
fn tied_weights(settings: &Settings, tied: &Tied) -> Result<Finding> {
    let exact = tied::of(tied, Negative::Exact)?;
    let agrees =
        exact.weight.sigmas_from(tied.best) <= SIGMAS && exact.deviation.sigmas_from(0.0) <= SIGMAS;
    Ok(Finding {
        value: exact.weight,
        quantity: format!(
            "tied weight after training by the exact gradient on samples, $K = {}$",
            settings.shown_coupling
        ),
        verdict: if agrees { Verdict::Reproduced } else { Verdict::Contradicted },
        reason: format!(
            "As long as all weights are tied to one value: W(K) = {:.6}, and each machine ends at the best weight of its own sample to {}. Free weights do not stay there (below).",
            tied.best,
            shown(exact.deviation),
        ),
    })
}

/// KL at the end of training that starts at equal weights.
fn free_weights(settings: &Settings, saddle: &Saddle) -> Finding {
    let end = saddle.sampled.end;
    let verdict = match (saddle.equal_kl - end.mean) / end.error {
        sigmas if sigmas > SIGMAS => Verdict::Contradicted,
        sigmas if sigmas.is_nan() => Verdict::NotComparable,
        _ => Verdict::Reproduced,
    };
    Finding {
        value: end,
        quantity: format!(
            "KL after training by {} from equal weights, $K = {}$, nats",
            settings.saddle.sampled.negative, settings.shown_coupling
        ),
        verdict,
        reason: format!(
            "Equal weights have {:.4} and are a saddle: differences between hidden units of {} at the start grow until KL falls. By the exact gradient of all samples at once they grow at {} of the rate that the Hessian of each sample says.",
            saddle.equal_kl,
            rough(settings.saddle.noise.into()),
            shown(saddle.ratio),
        ),
    }
}

/// Below this share of what is left of its way, the descent on the ring itself extrapolates to eq. (48).
const MISSED: f64 = 0.1;

/// K' where machines that have left equal weights tend to, against K and against eq. (48).
fn decimates(settings: &Settings, onward: &Onward) -> Finding {
    let (k, Onward { decimated, law, exact, .. }) = (settings.shown_coupling, onward);
    let left = law.coupling.last().map_or(f64::NAN, |last| last - decimated);
    let extrapolates = (law.limit - decimated).abs() < MISSED * left.abs();
    let is_step = |learnt: &Learnt| {
        // What is no ring in a hidden layer is noise of the sample.
        let is_ring = learnt.rings && learnt.other < 0.2;
        learnt.number > 1 && is_ring && learnt.limit.sigmas_from(*decimated) <= SIGMAS
    };
    let known = exact.number > 1 && exact.limit.error.is_finite();
    let verdict = match (exact.limit.mean - k) / exact.limit.error {
        _ if !known => Verdict::NotComparable,
        sigmas if sigmas > SIGMAS => Verdict::Reproduced,
        _ if is_step(exact) && extrapolates => Verdict::Corrected,
        _ => Verdict::Contradicted,
    };
    let value = match known {
        true => exact.limit,
        false => Estimate::exact(law.limit),
    };
    Finding {
        value,
        quantity: format!(
            "coupling $K'$ of the hidden layer that free weights tend to, trained on samples at $K = {k}$"
        ),
        verdict,
        reason: reason(settings, onward),
    }
}

fn reason(settings: &Settings, onward: &Onward) -> String {
    let Onward { decimated, law, exact, sampled, prolonged, .. } = onward;
    if exact.number < 2 {
        return "After so few updates from equal weights no machines have learnt the ring.".into();
    }
    let after = law.coupling.last().copied().unwrap_or(f64::NAN);
    let mut text = format!(
        "Eq. (48), as the renormalization group has it, is {decimated:.6}. Training slows down on its way there: by the exact gradient $K'$ is {} after {} updates, {} after {} more, and the minimum downhill from there has {} for the sample of each machine ({} of {} have learnt the ring). For the ring itself, without the noise of samples, the same descent has {after:.6} after {} updates; what is left falls as $t^{{{:.2}}}$, and with the power $-1/2$ it tends to {:.6}.",
        shown(exact.end),
        settings.saddle.updates,
        shown(*prolonged),
        settings.saddle.further,
        shown(exact.limit),
        exact.number,
        settings.seeds,
        settings.saddle.further,
        law.power,
        law.limit,
    );
    if sampled.number > 1 {
        text += &format!(
            " {} on mini-batches stops at {}, and downhill from there $K'$ is {}.",
            settings.saddle.sampled.negative,
            shown(sampled.end),
            shown(sampled.limit),
        );
    }
    text
}
