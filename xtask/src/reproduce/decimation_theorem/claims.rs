//! What the thesis says of the trained machine, against what is found.

use super::Settings;
use super::minima::{self, Curvature, Minimum};
use super::sampled::{self, Sampled};
use crate::published::{Finding, exactly};
use crate::report::content::{Claim, Verdict};
use crate::reproduce::Run;
use crate::reproduce::parts::{SIGMAS, rough, shown};
use anyhow::Result;
use exact::ring::decimate;
use stats::Estimate;

pub(super) fn claims(
    run: &Run,
    settings: &Settings,
    minima: &[Minimum],
    sampled: &[Sampled],
    curvatures: &[Curvature],
) -> Result<Vec<Claim>> {
    let k = settings.coupling;
    let (minimum, trained) = (minima::at(minima, k)?, sampled::at(sampled, k)?);
    let claim = |id: &str, finding: Finding| {
        let key = format!("ter-hoeve-2018/{id}");
        run.published.claim(&format!("decimation-theorem/{id}"), &key, finding)
    };
    Ok(vec![
        claim("equal-by-symmetry", saddle(settings, minimum, curvatures))?,
        claim("training-gives-equal", training(settings, minimum, trained))?,
        claim("opposite-to-rg", opposite(settings, minimum, trained))?,
        claim("decimation-coupling", decimation(minima))?,
    ])
}

/// The curvature at equal weights, at the coupling that is shown and at the mildest.
fn saddle(settings: &Settings, minimum: &Minimum, curvatures: &[Curvature]) -> Finding {
    let k = settings.coupling;
    let lowest = |c: &Curvature| c.modes.iter().copied().fold(f64::INFINITY, f64::min);
    let mildest = curvatures.iter().map(lowest).fold(f64::NEG_INFINITY, f64::max);
    let distance = |c: &&Curvature| (c.coupling - k).abs();
    let here = curvatures.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    let verdict = match mildest < 0.0 && minimum.best.kl < minimum.equal_kl {
        true => Verdict::Contradicted,
        false => Verdict::Reproduced,
    };
    let reason = format!(
        "Negative at every K of the figure ({} at the mildest): equal weights are a saddle, not a minimum. KL is {:.4} nats there and {} at the best of {} descents.",
        rough(mildest),
        minimum.equal_kl,
        rough(minimum.best.kl),
        settings.starts
    );
    let quantity = format!("lowest curvature of KL at equal weights, near $K = {k}$");
    exactly(here.map_or(f64::NAN, lowest), &quantity, verdict, reason)
}

/// Where training on samples ends.
fn training(settings: &Settings, minimum: &Minimum, trained: &Sampled) -> Finding {
    // What equal weights lack, in units of the error over machines.
    let gap = (minimum.equal_kl - trained.kl.mean) / trained.kl.error;
    let learnt = trained.machines.len();
    Finding {
        value: trained.kl,
        quantity: format!("KL of machines trained on samples at $K = {}$, nats", settings.coupling),
        verdict: if gap > SIGMAS { Verdict::Contradicted } else { Verdict::Reproduced },
        reason: format!(
            "Equal weights have {:.4}. Training starts towards them and leaves: {learnt} of {} machines end near 0, {} in a defect.",
            minimum.equal_kl,
            learnt + trained.trapped,
            trained.trapped
        ),
    }
}

/// K' of machines trained on samples, against K and against eq. (48).
fn opposite(settings: &Settings, minimum: &Minimum, trained: &Sampled) -> Finding {
    let k = settings.coupling;
    Finding {
        value: trained.coupling,
        quantity: format!("coupling $K'$ of the hidden layer, trained on samples at $K = {k}$"),
        verdict: direction(trained.coupling, k),
        reason: format!(
            "The renormalization group lowers K to {:.6}, eq. (48); so do machines trained on samples. What they still lack of it they lack of the ring (KL = {}); the best of the descents, at KL = {}, has {:.6}.",
            decimate(k),
            shown(trained.kl),
            rough(minimum.best.kl),
            minimum.hidden.coupling
        ),
    }
}

/// The best machines' K' over all couplings, against eq. (48).
fn decimation(minima: &[Minimum]) -> Finding {
    let largest = |of: &dyn Fn(&Minimum) -> f64| minima.iter().map(of).fold(0.0, f64::max);
    let deviation = largest(&|m| (m.hidden.coupling / decimate(m.coupling) - 1.0).abs());
    let other = largest(&|m| m.hidden.largest_other);
    let all_rings = minima.iter().all(|m| m.hidden.is_ring && m.hidden.sign > 0.0);
    // The minimum is at infinite locking: the gradient ends the descents while K' still moves in this digit.
    let verdict = match all_rings && deviation < 1e-4 {
        true => Verdict::Reproduced,
        false => Verdict::Contradicted,
    };
    let quantity = "largest relative deviation of the best machines' $K'$ from eq. (48)";
    let reason = format!(
        "Descents over all weights at {} couplings; nothing in them knows of decimation. No coupling that is not the ring's exceeds {}.",
        minima.len(),
        rough(other)
    );
    exactly(deviation, quantity, verdict, reason)
}

/// Opposite to the renormalization group would be `K' > K`.
fn direction(found: Estimate, k: f64) -> Verdict {
    match (k - found.mean) / found.error {
        sigmas if sigmas > SIGMAS => Verdict::Contradicted,
        sigmas if sigmas < -SIGMAS => Verdict::Reproduced,
        _ => Verdict::NotComparable,
    }
}
