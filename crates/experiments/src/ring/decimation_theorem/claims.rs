//! What the thesis says of the trained machine, against what is found.

use super::Settings;
use super::minima::{self, Curvature, Minimum, Path};
use super::sampled::{self, Sampled};
use anyhow::Result;
use exact::ring::decimate;
use lab::Run;
use lab::parts::{SIGMAS, rough, shown};
use lab::published::{Finding, exactly};
use report::content::{Claim, Verdict};

pub(super) fn claims(
    run: &Run,
    settings: &Settings,
    minima: &[Minimum],
    sampled: &[Sampled],
    exact: &Exact<'_>,
) -> Result<Vec<Claim>> {
    let k = settings.coupling;
    let (minimum, trained) = (minima::at(minima, k)?, sampled::at(sampled, k)?);
    let claim = |id: &str, finding: Finding| {
        let key = format!("ter-hoeve-2018/{id}");
        run.published.claim(&format!("decimation-theorem/{id}"), &key, finding)
    };
    Ok(vec![
        claim("equal-by-symmetry", saddle(settings, minimum, exact.curvatures))?,
        claim("training-gives-equal", training(settings, minimum, trained))?,
        claim("opposite-to-rg", opposite(settings, minima, minimum, trained, exact.paths))?,
    ])
}

/// What is exact besides the minima.
pub(super) struct Exact<'a> {
    pub(super) curvatures: &'a [Curvature],
    pub(super) paths: &'a [Path],
}

/// The curvature at equal weights, at the coupling that is shown and at the mildest.
fn saddle(settings: &Settings, minimum: &Minimum, curvatures: &[Curvature]) -> Finding {
    let k = settings.coupling;
    let lowest = |c: &Curvature| c.modes.iter().copied().fold(f64::INFINITY, f64::min);
    let mildest = curvatures.iter().map(lowest).fold(f64::NEG_INFINITY, f64::max);
    let here = curvatures.iter().find(|c| c.coupling == k);
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
    let quantity = format!("lowest curvature of KL at equal weights, $K = {k}$");
    exactly(here.map_or(f64::NAN, lowest), &quantity, verdict, reason)
}

/// Where training on samples ends, trapped machines included.
fn training(settings: &Settings, minimum: &Minimum, trained: &Sampled) -> Finding {
    let learnt = trained.learnt().count();
    let highest = trained.machines.last().map_or(f64::NAN, |t| t.kl);
    Finding {
        value: trained.kl_of_all,
        quantity: format!(
            "KL of all machines trained on samples at $K = {}$, nats",
            settings.coupling
        ),
        verdict: match (minimum.equal_kl - trained.kl_of_all.mean) / trained.kl_of_all.error {
            sigmas if sigmas > SIGMAS => Verdict::Contradicted,
            sigmas if sigmas.is_nan() => Verdict::NotComparable,
            _ => Verdict::Reproduced,
        },
        reason: format!(
            "Equal weights have {:.4}. {learnt} of {} machines end near 0, the others in defects; the worst has {highest:.4}.",
            minimum.equal_kl,
            trained.machines.len(),
        ),
    }
}

/// K' of machines trained on samples, against K and against eq. (48).
fn opposite(
    settings: &Settings,
    minima: &[Minimum],
    minimum: &Minimum,
    trained: &Sampled,
    paths: &[Path],
) -> Finding {
    let k = settings.coupling;
    let deviation = minima.iter().map(|m| m.deviation).fold(0.0, f64::max);
    // A plain descent with the exact gradient where it passes the divergence of the trained machines.
    let as_far = paths.iter().filter_map(|p| {
        let step = p.kl.iter().position(|kl| *kl < trained.kl.mean)?;
        p.hidden.get(step)
    });
    let as_far: Vec<f64> = as_far.copied().collect();
    let passing = match as_far.as_slice() {
        [] => String::new(),
        all => format!(
            " Descents with the exact gradient pass the same KL with $K' = {:.4}$: what is left is that the units are not locked for good.",
            all.iter().sum::<f64>() / all.len() as f64
        ),
    };
    Finding {
        value: trained.coupling,
        quantity: format!("coupling $K'$ of the hidden layer, trained on samples at $K = {k}$"),
        verdict: direction(trained, minima, k),
        reason: format!(
            "The thesis compares the flow $v \\to h \\to v'$ within one layer, at training temperature 0. Read as the renormalization group is, from layer to layer, eq. (48) lowers K to {:.6}; all descents that reached the minimum agree with it within {} at every K, and machines trained on samples come to it (KL = {}).{passing}",
            decimate(minimum.coupling),
            rough(deviation),
            shown(trained.kl),
        ),
    }
}

/// Corrected where the hidden layers are rings with `K' < K`, as the renormalization group has it; reproduced where
/// `K' > K`.
fn direction(trained: &Sampled, minima: &[Minimum], k: f64) -> Verdict {
    let is_ring = |t: &sampled::Trained| {
        t.hidden.is_ring && t.hidden.sign > 0.0 && t.hidden.largest_other < 0.2 * t.hidden.coupling
    };
    // Descents end where the gradient is small, not where it is 0: at infinite locking.
    let exact = minima.iter().all(|m| m.all_rings && m.deviation < 1e-4);
    let sigmas = (k - trained.coupling.mean) / trained.coupling.error;
    if sigmas > SIGMAS && exact && trained.learnt().all(is_ring) {
        Verdict::Corrected
    } else if sigmas < -SIGMAS {
        Verdict::Reproduced
    } else {
        Verdict::NotComparable
    }
}
