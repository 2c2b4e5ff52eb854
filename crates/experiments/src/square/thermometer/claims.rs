//! Which thermometers read the temperature, and how far the others are off.

use super::Settings;
use super::readings::{LEVEL, PHYSICAL, Torus};
use anyhow::{Context, Result};
use lab::Run;
use lab::parts::*;
use lab::published::Finding;
use report::content::{Claim, Found, Verdict};
use report::numbers;
use stats::Estimate;
use stats::tails;

/// Family-wise level of the tests that our own thermometers must pass.
const FAMILY: f64 = 1e-6;

pub(super) fn headline(tori: &[Torus]) -> String {
    let worst = worst_network(tori);
    let of_network = worst.map_or_else(String::new, |worst| {
        format!(
            " Networks are off by up to {} (L = {}, {}, at $T = {}$).",
            shown(worst.bias),
            worst.side,
            worst.name,
            worst.temperature
        )
    });
    let pulls = pulls(tori);
    let right = pulls.iter().filter(|pull| pull.p_value() > FAMILY / pulls.len() as f64).count();
    format!(
        "Of {} physical thermometers {right} read known temperatures within their stated errors.{of_network}",
        pulls.len()
    )
}

pub(super) fn claims(run: &Run, settings: &Settings, tori: &[Torus]) -> Result<Vec<Claim>> {
    Ok(vec![
        run.published.claim(
            "thermometer/network",
            "ter-hoeve-2018/network-measures-temperature",
            network(settings, tori)?,
        )?,
        physical(tori),
        recognised(settings, tori),
    ])
}

/// A bias of a network over all seeds.
struct Bias<'a> {
    side: usize,
    name: &'a str,
    temperature: f64,
    bias: Estimate,
}

fn biases(tori: &[Torus]) -> Vec<Bias<'_>> {
    let mut biases = Vec::new();
    for torus in tori {
        for (index, name) in torus.networks.iter().enumerate() {
            for seeds in &torus.ensembles {
                let Some(temperature) = seeds.first().map(|e| e.temperature) else { continue };
                let read: Vec<Estimate> = seeds.iter().map(|e| e.networks[index]).collect();
                let read = over_seeds(&read);
                let bias = Estimate { mean: read.mean - temperature, ..read };
                biases.push(Bias { side: torus.side, name, temperature, bias });
            }
        }
    }
    biases
}

fn worst_network(tori: &[Torus]) -> Option<Bias<'_>> {
    biases(tori).into_iter().max_by(|a, b| a.bias.mean.abs().total_cmp(&b.bias.mean.abs()))
}

fn network(settings: &Settings, tori: &[Torus]) -> Result<Finding> {
    let critical = exact::square::critical_temperature();
    let all = biases(tori);
    let nearest = |name: &str, side: usize| {
        let mine = all.iter().filter(|b| b.name == name && b.side == side);
        mine.min_by(|a, b| {
            (a.temperature - critical).abs().total_cmp(&(b.temperature - critical).abs())
        })
    };
    let at_critical = tori.iter().flat_map(|torus| {
        torus.networks.iter().filter_map(|name| {
            let bias = nearest(name, torus.side)?;
            let bias_shown = shown(bias.bias);
            Some(format!("{bias_shown} at T = {} by {name}, L = {}", bias.temperature, torus.side))
        })
    });
    let at_critical: Vec<String> = at_critical.collect();
    let worst = worst_network(tori).context("no network")?;
    let off = all.iter().filter(|b| b.bias.sigmas_from(0.0) > SIGMAS).count();
    let spacing = settings.scale.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    let beyond = all.iter().filter(|b| b.bias.mean.abs() > 0.5 * spacing).count();
    let verdict = if off == 0 { Verdict::Reproduced } else { Verdict::Corrected };
    Ok(Finding {
        value: worst.bias,
        quantity: format!(
            "largest bias of a network, L = {}, {}, at $T = {}$",
            worst.side, worst.name, worst.temperature
        ),
        verdict,
        reason: format!(
            "Of {} readings at known temperatures {off} are off by more than five errors, {beyond} by more than half of the spacing of the scale, {spacing}. Next to $T_c$: {}.",
            all.len(),
            at_critical.join("; ")
        ),
    })
}

/// How the readings of one physical thermometer on one torus scatter.
struct Pull {
    name: String,
    chi_square: f64,
    count: usize,
    largest: f64,
}

impl Pull {
    fn p_value(&self) -> f64 {
        tails::chi_square(self.chi_square, self.count)
    }
}

fn pulls(tori: &[Torus]) -> Vec<Pull> {
    let pull = |torus: &Torus, index: usize| {
        let z = torus.ensembles.iter().flatten().filter_map(|ensemble| {
            let read = ensemble.physical()[index]?;
            Some((read.mean - ensemble.temperature) / read.error)
        });
        let z: Vec<f64> = z.collect();
        Pull {
            name: format!("{}, L = {}", PHYSICAL[index], torus.side),
            chi_square: z.iter().map(|z| z * z).sum(),
            count: z.len(),
            largest: z.iter().map(|z| z.abs()).fold(0.0, f64::max),
        }
    };
    let of_torus = |torus| (0..PHYSICAL.len()).map(move |index| pull(torus, index));
    tori.iter().flat_map(of_torus).filter(|pull| pull.count > 0).collect()
}

fn physical(tori: &[Torus]) -> Claim {
    let pulls = pulls(tori);
    let level = FAMILY / pulls.len().max(1) as f64;
    let right = pulls.iter().filter(|pull| pull.p_value() > level).count();
    let words = pulls.iter().map(|pull| {
        format!(
            "{} {} for {} (largest deviation {} errors)",
            pull.name,
            numbers::fixed(pull.chi_square, 1),
            pull.count,
            numbers::fixed(pull.largest, 1)
        )
    });
    Claim::from(lab::parts::OwnClaim {
        id: "thermometer/physical".into(),
        experiment: "thermometer".into(),
        statement: "Energy, |m|, correlation length and two-point function read the temperature of equilibrium ensembles within the errors that they state.".into(),
        source: "our aim".into(),
        published: None,
        found: Found { mean: right as f64, error: 0.0 },
        quantity: format!("of {} thermometers, how many do", pulls.len()),
        verdict: if right == pulls.len() { Verdict::Reproduced } else { Verdict::Contradicted },
        reason: format!(
            "By the sum of squared deviations in units of the errors, at the family-wise level {}: {}. Readings beyond the end of a scale are left out.",
            rough(FAMILY),
            words.collect::<Vec<_>>().join("; ")
        ),
    })
}

/// Ising ensembles are said to be none as seldom as the level allows.
fn recognised(settings: &Settings, tori: &[Torus]) -> Claim {
    let ensembles = || tori.iter().flat_map(|torus| torus.ensembles.iter().flatten());
    let (count, refused) =
        (ensembles().count(), ensembles().filter(|e| !e.is_recognised()).count());
    let p: Vec<f64> = ensembles().map(|e| e.p_value()).collect();
    let mean = p.iter().sum::<f64>() / p.len() as f64;
    let chance = tails::poisson(refused as u64, LEVEL * count as f64);
    Claim::from(lab::parts::OwnClaim {
        id: "thermometer/recognised".into(),
        experiment: "thermometer".into(),
        statement: "Ensembles of the Ising model are found to have one temperature.".into(),
        source: "our aim".into(),
        published: None,
        found: Found { mean: refused as f64, error: 0.0 },
        quantity: format!("of {count} ensembles, how many are said to have no temperature"),
        verdict: if chance > FAMILY { Verdict::Reproduced } else { Verdict::Contradicted },
        reason: format!(
            "At the level {LEVEL} for each ensemble of {} configurations; a number as unlikely as this has the probability {}. The p-values of the two-point fits have the mean {} (0.5 in theory, more where all is frozen).",
            settings.ensemble,
            rough(chance),
            numbers::fixed(mean, 2)
        ),
    })
}
