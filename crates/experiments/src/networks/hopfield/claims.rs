//! What the sources say of Hopfield networks, against what is found.

use super::recall::{Basin, Curve, Limit, Loaded};
use super::{Settings, theory};
use anyhow::{Context, Result};
use lab::Run;
use lab::parts::{SIGMAS, agreement, rough, shown};
use lab::published::{Finding, exactly};
use report::content::{Claim, Verdict};
use stats::Estimate;

pub(super) fn claims(
    run: &Run,
    settings: &Settings,
    curves: &[Curve],
    basins: &[Basin],
    limit: &Limit,
) -> Result<Vec<Claim>> {
    let claim = |id: &str, key: &str, finding: Finding| {
        run.published.claim(&format!("hopfield/{id}"), key, finding)
    };
    let published = run.published.value("amit-1985/capacity")?;
    let largest = curves.last().context("there is no size")?;
    let overlap = run.published.value("amit-1985/overlap-at-capacity")?;
    Ok(vec![
        claim("capacity-theory", "amit-1985/capacity", by_theory(published))?,
        claim("capacity-measured", "amit-1985/capacity", measured(run, limit, published)?)?,
        claim(
            "overlap-at-capacity",
            "amit-1985/overlap-at-capacity",
            at_capacity(largest, overlap)?,
        )?,
        claim("stationary", "ter-hoeve-2018/hebb-stationary", stationary(largest)?)?,
        claim("restored", "ter-hoeve-2018/distorted-restored", restored(settings, basins)?)?,
        claim("gross", "ter-hoeve-2018/many-memories", gross(settings, basins)?)?,
    ])
}

fn by_theory(published: f64) -> Finding {
    let capacity = theory::capacity();
    let agrees = (capacity - published).abs() <= 5e-4;
    let verdict = if agrees { Verdict::Reproduced } else { Verdict::Contradicted };
    let reason = "The largest load at which the equations of the replica-symmetric theory at zero temperature have a retrieval state; to the digits that are quoted.".into();
    exactly(capacity, "largest load with a retrieval state in theory", verdict, reason)
}

/// Fewer sizes than this leave nothing to test a line in `N^-x` of free power by, which has three parameters.
const SIZES: usize = 4;

/// The widest five errors, as a share of a capacity, that decide anything.
const DECISIVE: f64 = 0.1;

/// The limit for large N against the published capacities, one of which is `published`.
fn measured(run: &Run, limit: &Limit, published: f64) -> Result<Finding> {
    let value = limit.value;
    let sizes = limit.crossings.iter().filter(|(_, load)| load.mean.is_finite()).count();
    let decides = sizes >= SIZES && SIGMAS * value.error <= DECISIVE * published;
    let quantity = "load at which half of the patterns are lost, $N \\to \\infty$".into();
    let verdict = if decides { agreement(value, published) } else { Verdict::NotComparable };
    if !value.mean.is_finite() {
        let reason = "The loads of these settings do not hold the capacity of enough sizes.".into();
        return Ok(Finding { value: limit.largest, quantity, verdict, reason });
    }
    let allowed = [
        ("amit-1985/capacity", "the replica-symmetric theory"),
        ("steffan-kuehn-1994/capacity-broken", "replica symmetry broken in two steps"),
        ("steffan-kuehn-1994/capacity-crisanti", "an older calculation with one step"),
    ];
    let (mut others, mut all) = (Vec::new(), true);
    for (key, name) in allowed {
        let capacity = run.published.value(key)?;
        all &= value.sigmas_from(capacity) <= SIGMAS;
        others.push(format!(
            "{capacity} of {name} is {:.1} standard errors away",
            value.sigmas_from(capacity)
        ));
    }
    let mut reason = format!(
        "Measured at {sizes} sizes, {} at the largest; linear in $N^{{-x}}$ with x free, which fits best at x = {:.2}. Linear in 1/N it would tend to {}, in $1/\\sqrt{{N}}$ to {} ($\\chi^2$ = {:.1}, {:.1}; {:.1} with x free). {}.",
        shown(limit.largest),
        limit.best.power,
        shown(limit.linear.at_zero),
        shown(limit.root.at_zero),
        limit.linear.chi2,
        limit.root.chi2,
        limit.best.chi2,
        others.join(", "),
    );
    reason += match (sizes >= SIZES, decides, all) {
        (false, ..) => " Three parameters through so few sizes are no test.",
        (true, false, _) => " Five errors are more than a tenth of it, which decides nothing.",
        (true, true, true) => " All lie within five and are allowed: they are not told apart.",
        (true, true, false) => " What lies within five is allowed.",
    };
    reason += " Theory counts minima; recall ends where its dynamics leads.";
    Ok(Finding { value, quantity, verdict, reason })
}

/// The highest load of a size that the theory allows.
fn below_capacity(curve: &Curve) -> Result<&Loaded> {
    let mut below = curve.points.iter().filter(|p| p.load <= theory::capacity());
    below.next_back().or(curve.points.first()).context("there is no load")
}

fn at_capacity(largest: &Curve, published: f64) -> Result<Finding> {
    let point = below_capacity(largest)?;
    let value = point.overlap_of_retrieved.unwrap_or(point.overlap);
    let theory = theory::overlap_at(point.load);
    // The published number is rounded to this.
    const ROUNDED: f64 = 0.005;
    let reached = value.mean + SIGMAS * value.error >= published - ROUNDED;
    Ok(Finding {
        value,
        quantity: format!(
            "overlap of retrieved patterns at P/N = {:.4}, N = {}",
            point.load, largest.units
        ),
        verdict: if reached { Verdict::Reproduced } else { Verdict::Contradicted },
        reason: format!(
            "The theory, for $N \\to \\infty$, has {theory:.4} at this load, {:.1} standard errors from what is found, and {:.4} at the capacity; {:.0} % of the patterns are retrieved here, and the overlap is that of these alone.",
            value.sigmas_from(theory),
            theory::overlap_at_capacity(),
            100.0 * point.retrieved.mean,
        ),
    })
}

/// Stored patterns themselves are not minima.
fn stationary(largest: &Curve) -> Result<Finding> {
    let point = below_capacity(largest)?;
    let exact = theory::unstable(largest.units, point.patterns);
    let whole = (largest.units as f64 * (-exact).ln_1p()).exp();
    let agrees = point.unstable.sigmas_from(exact) <= SIGMAS;
    Ok(Finding {
        value: point.unstable,
        quantity: format!(
            "share of units of a stored pattern that are unstable, P/N = {:.4}, N = {}",
            point.load, largest.units
        ),
        verdict: if agrees { Verdict::Corrected } else { Verdict::Contradicted },
        reason: format!(
            "Exactly {exact:.6}, so that a pattern of {} units is stationary as a whole with a probability of about {}. What is stationary is a state close by, with an overlap of {}.",
            largest.units,
            rough(whole),
            shown(point.overlap_of_retrieved.unwrap_or(point.overlap)),
        ),
    })
}

fn restored(settings: &Settings, basins: &[Basin]) -> Result<Finding> {
    let distance = |b: &&Basin| (b.load - 0.1).abs();
    let basin = basins.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    let (basin, f) = (basin.context("there is no load")?, closest(settings, 0.2)?);
    let share = basin.retrieved[f];
    Ok(Finding {
        value: share,
        quantity: format!(
            "share of patterns retrieved from {:.0} % of wrong units, P/N = {}",
            100.0 * settings.basins.corrupted[f],
            basin.load
        ),
        verdict: if share.mean > 0.5 { Verdict::Reproduced } else { Verdict::Contradicted },
        reason: format!(
            "N = {}; retrieved means an overlap above {} at the end, which is {} on average.",
            settings.basins.units,
            settings.retrieved_above,
            shown(basin.overlap[f]),
        ),
    })
}

fn gross(settings: &Settings, basins: &[Basin]) -> Result<Finding> {
    let (last, f) = (basins.last().context("there is no load")?, closest(settings, 0.1)?);
    let first = basins.first().context("there is no load")?;
    let lost =
        |basin: &Basin| Estimate { mean: 1.0 - basin.retrieved[f].mean, ..basin.retrieved[f] };
    let (low, high) = (lost(first), lost(last));
    let Estimate { mean, error, .. } = high - low;
    let more = mean > SIGMAS * error && high.mean > 0.1;
    Ok(Finding {
        value: high,
        quantity: format!(
            "share of patterns not retrieved from {:.0} % of wrong units, P/N = {}",
            100.0 * settings.basins.corrupted[f],
            last.load
        ),
        verdict: if more { Verdict::Reproduced } else { Verdict::Contradicted },
        reason: format!("At P/N = {} it is {}.", first.load, shown(low)),
    })
}

/// The fraction of corrupted units closest to this one.
fn closest(settings: &Settings, fraction: f64) -> Result<usize> {
    let distance = |f: &usize| (settings.basins.corrupted[*f] - fraction).abs();
    let all = 0..settings.basins.corrupted.len();
    all.min_by(|a, b| distance(a).total_cmp(&distance(b))).context("nothing is corrupted")
}
