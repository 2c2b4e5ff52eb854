//! What `flow-controls` says of the source: its magnetisations, its training, its conclusion.

use super::ends::{End, Genuine, PHYSICAL};
use super::machines::STARTS;
use super::{Kind, Settings, Torus};
use crate::published::Finding;
use crate::report::content::{Claim, Found, Verdict};
use crate::reproduce::Run;
use crate::reproduce::parts::*;
use crate::reproduce::thermometers::{LEVEL, NAMES};
use anyhow::Result;
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
    let mut claims = vec![headline_claim(run, torus, ends)?];
    for end in binary().filter(|end| end.training != Some(0)) {
        claims.push(no_lattice(run, torus, genuine, end)?);
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

/// Counts of ends.
struct Counts {
    /// The network at T_c, and all physical thermometers too.
    both: usize,
    /// The network at T_c, but not all physical ones.
    alone: usize,
    /// What errors leave open.
    open: usize,
}

fn counts(torus: &Torus, ends: &[End]) -> Counts {
    let number = |of: fn(Option<bool>, Option<bool>) -> bool| {
        let of = |end: &&End| of(end.network_at_critical(torus), end.all_at_critical(torus));
        ends.iter().filter(of).count()
    };
    Counts {
        both: number(|network, physical| (network, physical) == (Some(true), Some(true))),
        alone: number(|network, physical| (network, physical) == (Some(true), Some(false))),
        open: number(|network, physical| {
            network.is_none() || (network == Some(true) && physical.is_none())
        }),
    }
}

/// Whether network and physical thermometers agree on T_c.
fn headline_claim(run: &Run, torus: &Torus, ends: &[End]) -> Result<Claim> {
    let Counts { both, alone, open } = counts(torus, ends);
    let verdict = match (both, alone) {
        (0, 0) => Verdict::NotComparable,
        (_, 0) => Verdict::Contradicted,
        _ => Verdict::Reproduced,
    };
    let network_only = ends.iter().filter(|end| {
        (end.network_at_critical(torus), end.all_at_critical(torus)) == (Some(true), Some(false))
    });
    let off: Vec<String> = network_only.take(3).map(end_in_words).collect();
    let examples =
        if off.is_empty() { String::new() } else { format!(" For instance {}.", off.join("; ")) };
    let gaps: Vec<Estimate> = ends.iter().filter_map(|end| end.gap).collect();
    let finding = Finding {
        value: root_mean_square(&gaps),
        quantity: format!(
            "network temperature minus energy temperature, root mean square of {} of {} ends of flows (the others are off the energy's scale), L = {}",
            gaps.len(),
            ends.len(),
            torus.side
        ),
        verdict,
        reason: format!(
            "Within {} and five errors the network reads {} ends as at $T_c$ for which physical thermometers can be judged; of these {both} are there by all four physical thermometers. Errors leave {open} of all ends open.{examples}",
            torus.resolution(),
            both + alone
        ),
    };
    run.published.claim(
        &format!("flow-controls/thermometer-{}", torus.side),
        "veiga-2020/thermometer",
        finding,
    )
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

/// The network reads about T_c although there was no lattice.
fn no_lattice(run: &Run, torus: &Torus, genuine: &Genuine, end: &End) -> Result<Claim> {
    let value = end.read[PHYSICAL].unwrap_or(genuine.networks[0]);
    let is_near = end.network_at_critical(torus);
    let physical = (0..PHYSICAL)
        .filter(|&thermometer| end.at_critical(torus, thermometer) == Some(true))
        .count();
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
            "{}The network reads genuine configurations at $T_c$ as {}; here its distribution is largest at T = {}; of the {PHYSICAL} physical thermometers {physical} are at $T_c$: {}.",
            if is_near.is_none() { "Errors are too large to tell. " } else { "" },
            shown(genuine.networks[0]),
            end.peak,
            end_in_words(end)
        ),
    };
    run.published.claim(&end_id("no-lattice", torus, end), "veiga-2020/no-lattice", finding)
}

/// Whether the ensembles at the ends are those of the Ising model at one temperature.
fn one_temperature(torus: &Torus, ends: &[End]) -> Claim {
    let count = ends.len() * torus.seeds as usize;
    let with: usize = ends.iter().map(|end| end.with_temperature).sum();
    let chi_square = ends.iter().map(|end| end.chi_square).fold(f64::INFINITY, f64::min);
    Claim {
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
    }
}

/// The answer to the question whether network and physical thermometers agree on T_c.
pub(super) fn headline(torus: &Torus, genuine: &Genuine, ends: &[End]) -> String {
    let Counts { both, alone, open } = counts(torus, ends);
    let answer = match (both, alone) {
        (0, 0) => "No flow ends where the network reads $T_c$ beyond doubt".to_owned(),
        (_, 0) => "Network and physical thermometers agree on $T_c$".to_owned(),
        _ => format!(
            "Network and physical thermometers do not agree on $T_c$: of {} that the network surely reads there, physical thermometers say so of {both}, and errors leave {open} of {} ends open",
            both + alone,
            ends.len()
        ),
    };
    let of_torus = ends.iter().find(|end| end.kind == Kind::Binary && end.training == Some(0));
    let example = of_torus.map(|end| {
        let m = format!("|m| = {} for {} at $T_c$", shown(end.abs_m), shown(genuine.abs_m));
        format!("; for instance {}, with {m}", end_in_words(end))
    });
    format!("{answer}{} (L = {}).", example.unwrap_or_default(), torus.side)
}
