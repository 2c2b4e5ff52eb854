//! What equilibrium means, against what each group of samplers gives.

use super::Settings;
use super::samplers::{Group, Sampler};
use super::scores::Bounds;
use anyhow::Result;
use exact::torus::kaufman;
use lab::Run;
use lab::parts::rough;
use lab::published::{Finding, exactly};
use report::content::{Claim, Found, Verdict};

const PUBLISHED_ENERGY: &str = "torlai-melko-2016/energy";

pub(super) fn claims(
    run: &Run,
    settings: &Settings,
    right: &[Sampler],
    wrong: &[Sampler],
    bounds: Bounds,
) -> Result<Vec<Claim>> {
    let claim = |id: &str, key: &str, finding: Finding| {
        run.published.claim(&format!("equilibrium/{id}"), key, finding)
    };
    let mut claims = Vec::new();
    for (id, group, key) in [
        ("single-flips", Group::Flips, "kaufman-1949/finite-torus"),
        ("multispin", Group::Multispin, "kaufman-1949/finite-torus"),
        ("checkerboard", Group::Plane, "kaufman-1949/finite-torus"),
        ("clusters", Group::Clusters, "kaufman-1949/finite-torus"),
        ("exact-draws", Group::Exact, "propp-wilson-1996/exact-draws"),
    ] {
        let members: Vec<&Sampler> = right.iter().filter(|s| s.group == group).collect();
        if !members.is_empty() {
            claims.push(claim(id, key, of_group(&members, bounds))?);
        }
    }
    let names = ["wrong-coupling", "wrong-burn-in", "wrong-errors"];
    claims.extend(names.iter().zip(wrong).map(|(id, s)| on_purpose(settings, id, s, bounds)));
    claims.push(claim("published-energy", PUBLISHED_ENERGY, published_energy(run)?)?);
    Ok(claims)
}

fn of_group(members: &[&Sampler], bounds: Bounds) -> Finding {
    let largest = members.iter().map(|s| s.scores.largest()).fold(0.0, f64::max);
    let count: usize = members.iter().map(|s| s.scores.z.len()).sum();
    let out: Vec<&str> =
        members.iter().filter(|s| !bounds.hold(&s.scores)).map(|s| s.name.as_str()).collect();
    let names: Vec<&str> = members.iter().map(|s| s.name.as_str()).collect();
    let least = members.iter().map(|s| s.scores.probability()).fold(1.0, f64::min);
    let refused: usize = members.iter().map(|s| s.scores.refused.len()).sum();
    let handed = match refused {
        0 => String::new(),
        n => format!(" At {n} pairs of side and temperature nothing was handed out (table)."),
    };
    let reason = if out.is_empty() {
        format!(
            "Below the bound {:.2}; sums over temperatures are as probable as {} at least.{handed}",
            bounds.z,
            rough(least)
        )
    } else {
        format!(
            "Not in equilibrium: {}. The bound is {:.2}; p = {}.{handed}",
            out.join(", "),
            bounds.z,
            rough(least)
        )
    };
    let quantity = format!("largest of {count} |z|: {}", names.join(", "));
    let verdict = if out.is_empty() { Verdict::Reproduced } else { Verdict::Contradicted };
    exactly(largest, &quantity, verdict, reason)
}

/// The test of the test.
fn on_purpose(settings: &Settings, id: &str, sampler: &Sampler, bounds: Bounds) -> Claim {
    let largest = sampler.scores.largest();
    let verdict = match bounds.hold(&sampler.scores) {
        true => Verdict::Reproduced,
        false => Verdict::Contradicted,
    };
    Claim::from(lab::parts::OwnClaim {
        id: format!("equilibrium/{id}"),
        experiment: "equilibrium".into(),
        statement: format!("Wrong on purpose ({}): still in equilibrium.", sampler.name),
        source: "a test of the test".into(),
        published: None,
        found: Found { mean: largest, error: 0.0 },
        quantity: format!("largest of {} |z|", sampler.scores.z.len()),
        verdict,
        reason: format!(
            "It must be found out, or the verdicts above would mean nothing. The bound is {:.2}, at the level {}; sums over temperatures have p = {}.",
            bounds.z,
            settings.level,
            rough(sampler.scores.probability())
        ),
    })
}

/// A published Monte Carlo energy beside the exact one.
fn published_energy(run: &Run) -> Result<Finding> {
    let (side, t): (usize, f64) = (8, 2.269);
    let published = run.published.value(PUBLISHED_ENERGY)?;
    let torus = kaufman(side, side, t.recip())?;
    let distance = (published - torus.energy_per_spin).abs();
    // In standard deviations of one configuration.
    let variance = torus.specific_heat * t * t / (side * side) as f64;
    let distance_of_one = distance / variance.sqrt();
    // All digits are right if they are within half of the last.
    let verdict = if distance <= 0.5e-5 { Verdict::Reproduced } else { Verdict::Corrected };
    let quantity = format!("energy per spin of the torus of side {side} at $T = {t}$, exact");
    let reason = format!(
        "Published without an error. It is off by {distance_of_one:.4} standard deviations of a single configuration, as the mean of some {} independent ones is.",
        rough(distance_of_one.powi(-2))
    );
    Ok(exactly(torus.energy_per_spin, &quantity, verdict, reason))
}
