//! What `flow-controls` says of the source: its magnetisations, its training, its conclusion.

use super::ends::{End, Genuine, PHYSICAL};
use super::machines::STARTS;
use super::{Kind, Settings, Torus};
use crate::square::thermometers::{LEVEL, NAMES};
use anyhow::{Context, Result};
use lab::Run;
use lab::parts::*;
use lab::published::Finding;
use report::content::{Claim, Found, Verdict};
use report::numbers;
use stats::Estimate;

/// How far rate times updates may be from the source's and still be called its own, relative.
const SAME_TIME: f64 = 0.02;

pub(super) fn claims(
    run: &Run,
    settings: &Settings,
    torus: &Torus,
    genuine: &Genuine,
    ends: &[End],
    reconstructions: &[(usize, Kind, Estimate)],
) -> Result<Vec<Claim>> {
    let binary = || ends.iter().filter(|end| end.kind == Kind::Binary);
    let mut claims: Vec<Claim> = headline_claim(run, torus, ends)?.into_iter().collect();
    for end in binary() {
        claims.extend(by_network(run, torus, genuine, end)?);
    }
    for end in binary() {
        claims.extend(m_star(run, settings, torus, genuine, ends, end)?);
    }
    for &(number, kind, share) in reconstructions.iter().filter(|of| of.1 == Kind::Binary) {
        claims.extend(reconstruction(run, torus, number, kind, share)?);
    }
    claims.push(one_temperature(torus, ends));
    Ok(claims)
}

/// |m| at an end beside the source's, where it has one.
fn m_star(
    run: &Run,
    settings: &Settings,
    torus: &Torus,
    genuine: &Genuine,
    ends: &[End],
    end: &End,
) -> Result<Option<Claim>> {
    // Weights that were redrawn are those of the torus' machine.
    let training = &torus.trainings[end.training.unwrap_or(0)];
    let key = if end.training.is_some() { &training.m_star } else { &torus.m_star_redrawn };
    if key.is_empty() {
        return Ok(None);
    }
    let times = (training.source_time, torus.time(training, training.binary));
    let of_spins =
        |other: &&End| (other.kind, other.name, other.start) == (Kind::Spins, end.name, end.start);
    let beside = ends.iter().find(of_spins).map_or(String::new(), |other| {
        format!(" The machine of units ±1 ends at {}.", shown(other.abs_m))
    });
    let remark = format!("Configurations at $T_c$ have {}.{beside}", shown(genuine.abs_m));
    let quantity = format!(
        "|m| after {} steps from T = {}, units 0/1, {}, L = {}",
        settings.steps, STARTS[end.start], end.name, torus.side
    );
    let finding = one_run(run, key, end.abs_m, quantity, times, &remark)?;
    let id = end_id("m-star", torus, end);
    Ok(Some(run.published.claim(&id, key, finding)?))
}

/// The share of units that a step changes beside the source's, where it has one: whether the machines are the same.
fn reconstruction(
    run: &Run,
    torus: &Torus,
    number: usize,
    kind: Kind,
    share: Estimate,
) -> Result<Option<Claim>> {
    let training = &torus.trainings[number];
    if training.reconstruction.is_empty() {
        return Ok(None);
    }
    let times = (training.source_time, torus.time(training, training.pace(kind)));
    let quantity = format!(
        "share of units that one sampled step changes, units 0/1, {}, L = {}",
        training.data.name(),
        torus.side
    );
    let finding = one_run(run, &training.reconstruction, share, quantity, times, "")?;
    let id = format!("flow-controls/reconstruction-{}-{}", torus.side, training.data.key());
    Ok(Some(run.published.claim(&id, &training.reconstruction, finding)?))
}

/// The name of a claim about an end.
fn end_id(claim: &str, torus: &Torus, end: &End) -> String {
    let data = end.training.map_or("redrawn", |number| torus.trainings[number].data.key());
    let start = ["cold", "hot"][end.start];
    format!("flow-controls/{claim}-{}-{data}-{start}", torus.side)
}

/// A number of one run of the source against ours over seeds: theirs is one more draw, with the spread of seeds.
fn one_run(
    run: &Run,
    key: &str,
    value: Estimate,
    quantity: String,
    (source_time, time): (f64, f64),
    remark: &str,
) -> Result<Finding> {
    let published = run.published.value(key)?;
    let one_more = value.error * (value.count as f64 + 1.0).sqrt();
    let apart = (value.mean - published) / one_more;
    let verdict = match ((time / source_time - 1.0).abs() <= SAME_TIME, apart.abs() <= SIGMAS) {
        (false, _) => Verdict::NotComparable,
        (true, true) => Verdict::Reproduced,
        (true, false) => Verdict::Contradicted,
    };
    let reason = format!(
        "The source has one run; it is {:.1} of our seeds' standard deviations (with our error) away, at rate × updates {time:.0} beside its {source_time:.0}. {remark}",
        apart.abs()
    );
    let reason = reason.trim_end().to_owned();
    Ok(Finding { value, quantity, verdict, reason })
}

/// The number of the correlation length among the thermometers: its ratio to L is what is the same on all scales.
const CORRELATION_LENGTH: usize = 2;

/// The end of the flow of the source's own machine, units 0/1 trained on the torus, from the cold start.
fn own(ends: &[End]) -> Result<&End> {
    let own =
        ends.iter().find(|end| (end.kind, end.training, end.start) == (Kind::Binary, Some(0), 0));
    own.context("the source's machine was not trained")
}

/// What network and physical thermometers say of whether an end is at T_c, all pairs of them at all ends.
struct Counts {
    alike: usize,
    differ: usize,
}

fn counts(torus: &Torus, ends: &[End]) -> Counts {
    let of = |end: &End| {
        let (at, off) = end.physical_at_critical(torus);
        match end.network_at_critical(torus) {
            Some(true) => (at, off),
            Some(false) => (off, at),
            None => (0, 0),
        }
    };
    let both = ends.iter().map(of);
    let (alike, differ) = both.fold((0, 0), |(a, d), (alike, differ)| (a + alike, d + differ));
    Counts { alike, differ }
}

impl Counts {
    fn in_words(&self, ends: &[End]) -> String {
        let Self { alike, differ } = self;
        let all = PHYSICAL * ends.len();
        format!(
            "network and one physical thermometer say the same of whether an end is at $T_c$ in {alike} of {all} cases and the opposite in {differ}; errors leave {} open",
            all - alike - differ
        )
    }
}

/// Whether network and physical thermometers agree on T_c; nothing where the correlation length is off the scale.
fn headline_claim(run: &Run, torus: &Torus, ends: &[End]) -> Result<Option<Claim>> {
    let (own, counts) = (own(ends)?, counts(torus, ends));
    let Some(value) = own.gaps[CORRELATION_LENGTH] else { return Ok(None) };
    let verdict = match counts {
        Counts { alike: 0, differ: 0 } => Verdict::NotComparable,
        Counts { differ: 0, .. } => Verdict::Contradicted,
        _ => Verdict::Reproduced,
    };
    let apart = NAMES.iter().zip(own.gaps).filter_map(|(name, e)| Some((name, e?)));
    let apart: Vec<String> = apart.map(|(name, e)| format!("{name} {}", shown(e))).collect();
    let finding = Finding {
        value,
        quantity: format!(
            "distance from $T_c$ by the network less that by the correlation length, where the flow of the source's machine (units 0/1, {}) ends from T = {}, J / k_B, L = {}",
            own.name, STARTS[own.start], torus.side
        ),
        verdict,
        reason: format!(
            "The same beside all: {}. Of {} ends, where \"at\" is within {} and five errors, {}.",
            apart.join(", "),
            ends.len(),
            torus.resolution(),
            counts.in_words(ends)
        ),
    };
    let id = format!("flow-controls/thermometer-{}", torus.side);
    run.published.claim(&id, "veiga-2020/thermometer", finding).map(Some)
}

/// What an end is and what all thermometers read there.
fn end_in_words(end: &End) -> String {
    let names = NAMES.iter().take(PHYSICAL).chain(&["network", "second network"]);
    let read = names.zip(end.read).filter_map(|(name, e)| Some(format!("{name} {}", shown(e?))));
    format!(
        "{}, units {}, from T = {}: {}",
        end.name,
        end.kind.name(),
        STARTS[end.start],
        read.collect::<Vec<_>>().join(", ")
    )
}

/// Whether the network reads an end as at T_c: of the torus' machine, and of machines without any lattice.
fn by_network(run: &Run, torus: &Torus, genuine: &Genuine, end: &End) -> Result<Option<Claim>> {
    let Some(value) = end.read[PHYSICAL] else { return Ok(None) };
    let is_near = end.network_at_critical(torus);
    let (at, off) = end.physical_at_critical(torus);
    let finding = Finding {
        value,
        quantity: format!(
            "network temperature at the end from T = {}, units 0/1, {}, L = {}",
            STARTS[end.start], end.name, torus.side
        ),
        verdict: match is_near {
            Some(true) => Verdict::Reproduced,
            Some(false) if end.peaks_at_critical(torus) => Verdict::Corrected,
            Some(false) => Verdict::Contradicted,
            None => Verdict::NotComparable,
        },
        reason: format!(
            "{}The network reads genuine configurations at $T_c$ as {}; here its distribution is largest at T = {}; of the {PHYSICAL} physical thermometers {at} surely are at $T_c$ and {off} surely are not: {}.",
            if is_near.is_none() { "Errors are too large to tell. " } else { "" },
            shown(genuine.networks[0]),
            end.peak,
            end_in_words(end)
        ),
    };
    let (claim, key) = match end.training {
        Some(0) => ("flows-to-tc", "veiga-2020/flows-to-tc"),
        _ => ("no-lattice", "veiga-2020/no-lattice"),
    };
    run.published.claim(&end_id(claim, torus, end), key, finding).map(Some)
}

/// Whether the ensembles at the ends are those of the Ising model at one temperature.
fn one_temperature(torus: &Torus, ends: &[End]) -> Claim {
    let count = ends.len() * torus.seeds as usize;
    let with: usize = ends.iter().map(|end| end.with_temperature).sum();
    let chi_square = ends.iter().map(|end| end.chi_square).fold(f64::INFINITY, f64::min);
    Claim::from(lab::parts::OwnClaim {
        id: format!("flow-controls/one-temperature-{}", torus.side),
        experiment: "flow-controls".into(),
        statement: "Where the flow ends, configurations have a temperature.".into(),
        source: "implied by all who read a temperature there".into(),
        published: None,
        found: Found { mean: with as f64, error: 0.0 },
        quantity: format!(
            "of {count} ensembles at the end, L = {}, how many have one temperature",
            torus.side
        ),
        verdict: match with {
            0 => Verdict::Contradicted,
            with if with == count => Verdict::Reproduced,
            _ => Verdict::Corrected,
        },
        reason: format!(
            "Judged by the two-point function and by whether energy, |m|, correlation length and specific heat agree, at the level {LEVEL}; the best two-point fit of all has χ² = {chi_square:.1} a degree of freedom."
        ),
    })
}

/// The answer to the question whether network and physical thermometers agree on T_c.
pub(super) fn headline(torus: &Torus, genuine: &Genuine, ends: &[End]) -> Result<String> {
    let (own, counts) = (own(ends)?, counts(torus, ends));
    let answer = match counts {
        Counts { alike: 0, differ: 0 } => {
            "Errors are too large to say whether network and physical thermometers agree on $T_c$"
        }
        Counts { differ: 0, .. } => "Network and physical thermometers agree on $T_c$",
        _ => "Network and physical thermometers do not agree on $T_c$",
    };
    let apart = own.distance.iter().zip(NAMES).filter_map(|(e, name)| Some((name, (*e)?)));
    let apart: Vec<String> = apart.map(|(name, e)| format!("{name} {}", shown(e))).collect();
    Ok(format!(
        "{answer}: where the flow of Veiga and Vicente's machine ends they are off it by {}, with |m| = {} for {} at $T_c$; at {} ends of all machines {} (L = {}).",
        apart.join(", "),
        shown(own.abs_m),
        numbers::fixed(genuine.abs_m.mean, 3),
        ends.len(),
        counts.in_words(ends),
        torus.side
    ))
}
