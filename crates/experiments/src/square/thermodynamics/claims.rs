//! What the published machines are said to have, against what machines of their size have here.

use super::compare::{Cell, Outcome, TEMPERATURES, largest, of};
use super::machines::{Observable, Torus};
use super::{SIDE, Settings};
use anyhow::{Context, Result};
use lab::Run;
use lab::parts::{SIGMAS, shown};
use lab::published::{Finding, exactly};
use report::content::{Claim, Found, Verdict};
use report::numbers;
use stats::Estimate;

pub(super) fn claims(
    run: &Run,
    settings: &Settings,
    tori: &[Torus],
    cells: &[Cell],
) -> Result<Vec<Claim>> {
    let claim = |id: &str, finding: Finding| {
        let (id, key) = (format!("thermodynamics/{id}"), format!("torlai-melko-2016/{id}"));
        run.published.claim(&id, &key, finding)
    };
    let mut claims = Vec::new();
    for machine in &settings.machines {
        for observable in Observable::ALL {
            let of_machine = of(cells, machine.hidden, observable);
            let name = match observable {
                Observable::Energy => "energy",
                Observable::Magnetisation => "magnetisation",
                Observable::Heat => "heat",
            };
            let id = format!("hidden-{}-{name}", machine.hidden);
            claims.push(claim(&id, of_machine_and_observable(&of_machine)?)?);
        }
    }
    claims.push(beaten(cells)?);
    claims.push(claim("neurons", neurons(settings, tori)?)?);
    claims.push(claim("monte-carlo", monte_carlo(run, tori)?)?);
    Ok(claims)
}

/// Reproduced when the largest deviations agree: then the machine's size makes them. Corrected when ours is smaller and
/// none is larger than theirs: then it was the training. Fewer temperatures than theirs may lack the largest deviation.
fn of_machine_and_observable(cells: &[&Cell]) -> Result<Finding> {
    let ours = largest(cells, |c| c.ours.mean).context("no temperature")?;
    let theirs = largest(cells, |c| c.theirs.mean).context("no temperature")?;
    let worst = largest(cells, Cell::ratio).context("no temperature")?;
    let Estimate { mean: excess, error, .. } = ours.ours - theirs.theirs;
    let farther: Vec<&&Cell> = cells.iter().filter(|c| c.outcome() == Outcome::Farther).collect();
    let all = TEMPERATURES.iter().all(|t| cells.iter().any(|cell| cell.temperature == *t));
    let (verdict, why) = match excess {
        _ if !all => {
            (Verdict::NotComparable, "Theirs is the largest of more temperatures than here.")
        }
        e if e.abs() <= SIGMAS * error => {
            (Verdict::Reproduced, "The largest deviations agree within five errors.")
        }
        e if e < 0.0 && farther.is_empty() => (
            Verdict::Corrected,
            "Machines of this size can be closer: it was not the size that made the deviation.",
        ),
        e if e < 0.0 => (
            Verdict::Corrected,
            "The largest deviation was due to training, but not every one has become smaller.",
        ),
        _ => (Verdict::Contradicted, "Training for the likelihood leads farther off here."),
    };
    let closer = cells.iter().filter(|c| c.outcome() == Outcome::Closer).count();
    let ratios: Vec<String> = cells
        .iter()
        .map(|c| format!("{} at T = {}", numbers::fixed(c.ratio(), 2), c.temperature))
        .collect();
    Ok(Finding {
        value: ours.ours,
        quantity: format!("largest deviation from the exact value, at $T = {}$", ours.temperature),
        verdict,
        reason: format!(
            "{why} Theirs: {} from the exact value. Ours over theirs: {}; the largest is {}. Closer at {closer} of {} temperatures, farther at {}.",
            shown(theirs.theirs),
            ratios.join(", "),
            numbers::fixed(worst.ratio(), 2),
            cells.len(),
            farther.len()
        ),
    })
}

/// The aim of all this.
fn beaten(cells: &[Cell]) -> Result<Claim> {
    let count = |outcome: Outcome| cells.iter().filter(|cell| cell.outcome() == outcome).count();
    let (closer, alike) = (count(Outcome::Closer), count(Outcome::Alike));
    let all: Vec<&Cell> = cells.iter().collect();
    let worst = largest(&all, Cell::ratio).context("no cell")?;
    let named = |outcome: Outcome| {
        let cells = cells.iter().filter(|cell| cell.outcome() == outcome).map(|cell| {
            let [column, _] = cell.observable.columns();
            let ratio = numbers::fixed(cell.ratio(), 2);
            format!("{column} of N = {} at T = {} ({ratio})", cell.hidden, cell.temperature)
        });
        let cells: Vec<String> = cells.collect();
        if cells.is_empty() { "none".to_owned() } else { cells.join(", ") }
    };
    let [column, _] = worst.observable.columns();
    Ok(Claim::from(lab::parts::OwnClaim {
        id: "thermodynamics/every-number".into(),
        experiment: "thermodynamics".into(),
        statement: format!(
            "Every energy, |m| and specific heat that Torlai and Melko's machines have on the torus of side {SIDE} can be had closer to the exact value by a machine of the same size that is trained for the highest likelihood."
        ),
        source: "our aim".into(),
        published: None,
        found: Found { mean: closer as f64, error: 0.0 },
        quantity: format!("of {} numbers, how many are closer here", cells.len()),
        verdict: if closer == cells.len() { Verdict::Reproduced } else { Verdict::Contradicted },
        reason: format!(
            "{closer} closer, {alike} not to be told apart: {}. Farther: {}. The largest ratio of deviations, ours over theirs, is {} ({column} of N = {} at T = {}).",
            named(Outcome::Alike),
            named(Outcome::Farther),
            numbers::fixed(worst.ratio(), 2),
            worst.hidden,
            worst.temperature
        ),
    }))
}

/// Where a machine of fixed size is worst: at T_c, if criticality is what takes hidden units.
fn neurons(settings: &Settings, tori: &[Torus]) -> Result<Finding> {
    let critical = exact::square::critical_coupling().recip();
    let nearest = tori
        .iter()
        .min_by(|a, b| {
            (a.temperature - critical).abs().total_cmp(&(b.temperature - critical).abs())
        })
        .context("no temperature")?;
    let mut words = Vec::new();
    let (mut hardest, mut told) = (Vec::new(), Vec::new());
    for (index, machine) in settings.machines.iter().enumerate() {
        let kl = |torus: &Torus| torus.of_machine(index, |m| m.kl);
        let worst = tori.iter().max_by(|a, b| kl(a).mean.total_cmp(&kl(b).mean));
        let worst = worst.context("no temperature")?;
        hardest.push(worst.temperature);
        if kl(worst).mean < SIGMAS * kl(worst).error {
            words.push(format!("N = {}: nowhere more than five errors from 0", machine.hidden));
            continue;
        }
        told.push(worst.temperature);
        let [coldest, hottest] = [tori.first(), tori.last()].map(|torus| torus.map(kl).map(shown));
        words.push(format!(
            "N = {}: largest at T = {}, {}; at T = {} {}, at both ends {} and {}",
            machine.hidden,
            worst.temperature,
            shown(kl(worst)),
            nearest.temperature,
            shown(kl(nearest)),
            coldest.unwrap_or_default(),
            hottest.unwrap_or_default()
        ));
    }
    let verdict = match told.iter().all(|&t| t == nearest.temperature) {
        _ if told.is_empty() => Verdict::NotComparable,
        true => Verdict::Reproduced,
        false => Verdict::Corrected,
    };
    Ok(exactly(
        *hardest.first().context("no machine")?,
        "temperature at which the smallest machine is farthest from the torus (KL per spin)",
        verdict,
        format!(
            "KL per spin in nats, which no observable stands for. {}. Machines that are too small do not recover above $T_c$: what they cannot hold are the bonds themselves, of which there are two a spin.",
            words.join("; ")
        ),
    ))
}

/// Five printed decimals of Monte Carlo against exact ones.
fn monte_carlo(run: &Run, tori: &[Torus]) -> Result<Finding> {
    let (mut right, mut count, mut worst) = (0, 0, (0.0, String::new()));
    for torus in tori {
        for observable in Observable::ALL {
            let [column, _] = observable.columns();
            let key = "torlai-melko-2016/monte-carlo";
            let published = run.published.entry(key, torus.temperature, column)?;
            let exact = torus.exact(observable);
            let distance = (published - exact).abs();
            count += 1;
            right += usize::from(distance <= 0.5e-5);
            if distance / exact.abs() > worst.0 {
                let where_it_is = format!(
                    "{column} at T = {}: {published} instead of {}",
                    torus.temperature,
                    numbers::fixed(exact, 5)
                );
                worst = (distance / exact.abs(), where_it_is);
            }
        }
    }
    Ok(exactly(
        worst.0,
        "largest relative distance from the exact value",
        if right == count { Verdict::Reproduced } else { Verdict::Corrected },
        format!(
            "{} ({right} of {count} numbers are right in all their decimals.) The table gives no errors; these are means of finite runs, small against what the machines are off.",
            worst.1
        ),
    ))
}
