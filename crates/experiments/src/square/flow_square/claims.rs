//! What the flows of `flow-square` say of the statements about them.

use super::ends;
use super::fixed_point;
use super::flows::{self, Cell};
use super::readout;
use super::sets::Kind;
use super::{Results, Settings, rule_name};
use crate::square::thermometers::{self, NAMES};
use anyhow::Result;
use exact::square::critical_temperature;
use flow::Rule;
use lab::Run;
use lab::parts::*;
use lab::published::Finding;
use report::content::{Claim, Verdict};
use report::numbers;
use stats::Estimate;

/// The physical thermometers, as claims are named.
const PHYSICAL: [&str; 4] = ["energy", "magnetisation", "correlation-length", "two-point"];

pub(super) fn claims(run: &Run, results: &Results) -> Result<Vec<Claim>> {
    let claim = |id: &str, key: &str, finding: Finding| {
        run.published.claim(&format!("flow-square/{id}"), key, finding)
    };
    let mut claims = Vec::new();
    for &rule in &results.settings.rules {
        for (side, start) in ["below", "above"].into_iter().zip(results.settings.ends()) {
            let (key, finding) = by_network(results, rule, start);
            claims.push(claim(&format!("{}-from-{side}", rule_name(rule)), key, finding)?);
        }
    }
    for (thermometer, name) in PHYSICAL.into_iter().enumerate() {
        let finding = by_physics(results, thermometer);
        claims.push(claim(&format!("by-{name}"), "iso-2018/flows-to-tc", finding)?);
    }
    claims.push(fixed_point::independent(results));
    claims.push(fixed_point::one_temperature(results));
    let [mean, sampled] = [source_rule(results.settings), main_rule(results.settings)];
    claims.push(claim("high", "iso-2018/high-flows-to-tc", of_high(results, mean, true))?);
    claims.push(claim("high-sampled", "veiga-2020/high", of_high(results, sampled, false))?);
    claims.push(claim("low", "iso-2018/low-flows-to-zero", of_low(results))?);
    claims.push(claim("hidden", "iso-2018/many-hidden", of_hidden(results))?);
    claims.push(claim("magnetisation", "veiga-2020/m-star", magnetisation(results))?);
    claims.push(claim("thermometer", "veiga-2020/thermometer", thermometer(results))?);
    claims.push(claim("opposite-to-rg", "iso-2018/opposite-to-rg", direction(results))?);
    Ok(claims)
}

/// The rule of the sources' code where it was run.
pub(super) fn main_rule(settings: &Settings) -> Rule {
    if settings.rules.contains(&Rule::Sampled) { Rule::Sampled } else { Rule::Mean }
}

/// The rule of Iso, Shiba and Yokoo where it was run.
fn source_rule(settings: &Settings) -> Rule {
    if settings.rules.contains(&Rule::Mean) { Rule::Mean } else { Rule::Sampled }
}

/// How close to T_c is "at T_c" for the network: the spacing of its scale.
fn resolution(settings: &Settings) -> f64 {
    settings.temperatures.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
}

/// Whether the network reads an end as it reads genuine configurations, within its scale's spacing and errors.
fn is_read_as(settings: &Settings, end: Estimate, genuine: Estimate) -> Option<bool> {
    is_near(end - genuine, resolution(settings))
}

pub(super) fn end_of(cells: &[Cell], kind: Kind, rule: Rule, start: f64) -> Estimate {
    flows::end(cells, (kind, rule, start), |steps| &steps.temperature)
}

/// V by the network; the sources did both rules between them.
fn by_network(results: &Results, rule: Rule, start: f64) -> (&'static str, Finding) {
    let Results { settings, equilibrium, cells, ends, .. } = results;
    let value = end_of(cells, Kind::All, rule, start);
    let m = flows::end(cells, (Kind::All, rule, start), |steps| &steps.abs_m);
    let at_critical = equilibrium.reading_at_critical;
    let course = ends::course(settings, ends, rule, start);
    let course: Vec<_> = course.iter().map(|(time, end)| (*time, end.as_they_are())).collect();
    let passes = ends::passes(&course, at_critical.mean);
    let (key, remark) = match rule {
        Rule::Mean => ("iso-2018/flows-to-tc", "Read of the expectations as they are."),
        Rule::Sampled => (
            "veiga-2020/flows-to-tc",
            "The source's machine has units 0/1 without biases; experiment `flow-controls` has it.",
        ),
    };
    let reason = format!(
        "Judged at these settings ({}) within {}, the spacing of the scale. Configurations truly at $T_c$ read {} and have |m| = {}; the end has |m| = {}.{} {remark}",
        results.trained(),
        resolution(settings),
        shown(at_critical),
        shown(equilibrium.abs_m_at_critical),
        shown(m),
        in_passing(passes)
    );
    let quantity = format!(
        "network temperature after {} steps by the {} rule from $T = {start}$, N = {}",
        settings.steps,
        rule_name(rule),
        settings.train.hidden
    );
    let at = is_read_as(settings, value, at_critical);
    (key, Finding { value, quantity, verdict: verdict_of(at, passes), reason })
}

/// A statement that does not hold after the training may have held for a moment of it.
fn verdict_of(near: Option<bool>, passes: Option<(f64, f64)>) -> Verdict {
    match (near, passes) {
        (Some(false), Some(_)) => Verdict::Corrected,
        _ => verdict_near(near),
    }
}

fn in_passing(passes: Option<(f64, f64)>) -> String {
    passes.map_or(String::new(), |(before, after)| {
        format!(
            " While the machine was trained the end passed there, between the times (rate × updates) {} and {}.",
            numbers::exact(before),
            numbers::exact(after)
        )
    })
}

/// V by a physical thermometer, from the coldest start; from both it must be at T_c.
fn by_physics(results: &Results, thermometer: usize) -> Finding {
    let Results { settings, ends, .. } = results;
    let rule = main_rule(settings);
    let from = |start, thermometer| {
        ends::from(ends, (Kind::All, settings.train.hidden, rule), start)?.temperature(thermometer)
    };
    let at = |start| from(start, thermometer);
    let quantity = format!(
        "temperature by the {} after {} steps by the {} rule from $T = {}$, N = {}",
        NAMES[thermometer],
        settings.steps,
        rule_name(rule),
        settings.coldest(),
        settings.train.hidden
    );
    let hot = at(settings.hottest());
    let told = hot.map_or("is off the scale".to_owned(), |hot| format!("is {}", shown(hot)));
    let network = NAMES.len() - 1;
    let reason = format!(
        "From $T = {}$ it {told}. This thermometer is calibrated on the same torus, so that at the critical point it would read $T_c = {:.3}$; judged within {}, as the network. Of the same spins the network reads {} at the cold end.",
        settings.hottest(),
        critical_temperature(),
        resolution(settings),
        from(settings.coldest(), network).map_or("off the scale".to_owned(), shown)
    );
    let course = ends::course(settings, ends, rule, settings.coldest());
    let course =
        course.iter().filter_map(|(time, end)| Some((*time, end.temperature(thermometer)?)));
    let passes = ends::passes(&course.collect::<Vec<_>>(), critical_temperature());
    let reason = format!("{reason}{}", in_passing(passes));
    let near = |e: Option<Estimate>| match e {
        Some(e) => is_near(e - critical_temperature(), resolution(settings)),
        None => Some(false),
    };
    let value = at(settings.coldest());
    Finding {
        // An end off the scale is a number all the same: that of the scale.
        value: value.unwrap_or(Estimate::exact(settings.coldest())),
        quantity: if value.is_some() { quantity } else { format!("{quantity}: off the scale") },
        verdict: verdict_of(all([near(value), near(hot)]), passes),
        reason,
    }
}

/// H by the network and the rule of the source, from the hottest start; `to_critical`: whether the source has it at T_c.
fn of_high(results: &Results, rule: Rule, to_critical: bool) -> Finding {
    let Results { settings, equilibrium, cells, ends, .. } = results;
    let (name, hot) = (rule_name(rule), settings.hottest());
    let value = end_of(cells, Kind::High, rule, hot);
    let cold = end_of(cells, Kind::High, rule, settings.coldest());
    let genuine = equilibrium.reading_at_critical;
    let at_critical = all([value, cold].map(|end| is_read_as(settings, end, genuine)));
    let spins = ends::from(ends, (Kind::High, settings.train.hidden, rule), hot);
    let spins = spins.map(|end| thermometers::in_words(&end.seeds.iter().collect::<Vec<_>>()));
    let as_spins =
        if rule == Rule::Mean { "spins drawn from its expectations" } else { "its spins" };
    Finding {
        value,
        quantity: format!(
            "network temperature after {} steps by the {name} rule from $T = {hot}$, trained on $T \\ge {}$, N = {}",
            settings.steps, settings.high_from, settings.train.hidden
        ),
        verdict: verdict_near(at_critical.map(|at| at == to_critical)),
        reason: format!(
            "Judged within {}, the spacing of the scale. From $T = {}$ it is {}; configurations truly at $T_c$ read {}. By all thermometers, of {as_spins}: {}. Trained for as many updates as V ({}).",
            resolution(settings),
            settings.coldest(),
            shown(cold),
            shown(genuine),
            spins.unwrap_or_default(),
            results.trained()
        ),
    }
}

/// L by the network, from the hottest start.
fn of_low(results: &Results) -> Finding {
    let Results { settings, equilibrium, cells, .. } = results;
    let rule = source_rule(settings);
    let start = settings.hottest();
    let value = end_of(cells, Kind::Low, rule, start);
    let m = flows::end(cells, (Kind::Low, rule, start), |steps| &steps.abs_m);
    let genuine = equilibrium.reading[0];
    Finding {
        value,
        quantity: format!(
            "network temperature after {} steps by the {} rule from $T = {start}$, trained on $T \\le {}$, N = {}",
            settings.steps,
            rule_name(rule),
            settings.low_to,
            settings.train.hidden
        ),
        verdict: verdict_near(is_read_as(settings, value, genuine)),
        reason: format!(
            "The network reads configurations of $T = {}$ as {}; the end has |m| = {}. The set was {} configurations, all aligned, of both signs.",
            settings.temperatures[0],
            shown(genuine),
            shown(m),
            Kind::Low.count(settings)
        ),
    }
}

/// The end against the number of hidden units, by the network and the mean rule as in the source, from both starts.
fn of_hidden(results: &Results) -> Finding {
    let Results { settings, ends, .. } = results;
    let rule = source_rule(settings);
    let sites = settings.side * settings.side;
    let least = settings.hidden.iter().copied().min().unwrap_or(0);
    let many = settings.hidden.iter().copied().max().unwrap_or(0);
    let few = if settings.train.hidden < many { settings.train.hidden } else { least };
    let change = |start| {
        let at = |hidden| Some(ends::from(ends, (Kind::All, hidden, rule), start)?.as_they_are());
        Some(at(many)? - at(few)?)
    };
    let (cold, hot) = (change(settings.coldest()), change(settings.hottest()));
    let rises = |change: Option<Estimate>| change.is_some_and(|e| e.mean > SIGMAS * e.error);
    let told = |change: Option<Estimate>| change.map_or("off the scale".to_owned(), shown);
    let words = settings.hidden.iter().filter_map(|&n| {
        let energy = ends::from(ends, (Kind::All, n, main_rule(settings)), settings.coldest());
        Some(format!("{} at N = {n}", shown(energy?.temperature(0)?)))
    });
    Finding {
        value: cold.unwrap_or(Estimate::exact(0.0)),
        quantity: format!(
            "network temperature of the units as they are at the end by the {} rule from $T = {}$, N = {many} minus N = {few}",
            rule_name(rule),
            settings.coldest()
        ),
        verdict: match (rises(cold), rises(hot)) {
            _ if many <= sites || few >= sites => Verdict::NotComparable,
            (true, true) => Verdict::Reproduced,
            (false, false) => Verdict::Contradicted,
            _ => Verdict::Corrected,
        },
        reason: format!(
            "Judged from both starts, where one machine has fewer and one more hidden units than the {sites} sites; from $T = {}$ the change is {}. By the {} rule from $T = {}$ the energy at the end has the temperature {}.",
            settings.hottest(),
            told(hot),
            rule_name(main_rule(settings)),
            settings.coldest(),
            words.collect::<Vec<_>>().join(", ")
        ),
    }
}

fn magnetisation(results: &Results) -> Finding {
    let Results { settings, cells, .. } = results;
    let rule = main_rule(settings);
    let value = flows::end(cells, (Kind::All, rule, settings.coldest()), |steps| &steps.abs_m);
    Finding {
        value,
        quantity: format!(
            "|m| at the end by the {} rule, N = {}",
            rule_name(rule),
            settings.train.hidden
        ),
        verdict: Verdict::NotComparable,
        reason: "The source's machine has units 0/1 without biases, which breaks the spin-flip symmetry, and 100 hidden units; ours has units ±1.".into(),
    }
}

fn thermometer(results: &Results) -> Finding {
    let Results { settings, equilibrium, cells, .. } = results;
    let rule = main_rule(settings);
    let excess = |rule| readout::excess_reading(settings, equilibrium, cells, rule);
    let by_mean = match settings.rules.contains(&Rule::Mean) {
        true => format!(
            " By the mean rule, whose configurations are not spins, it is {}.",
            shown(excess(Rule::Mean))
        ),
        false => String::new(),
    };
    Finding {
        value: excess(rule),
        quantity: format!(
            "network temperature at the end by the {} rule, minus that of genuine configurations with the same |m|",
            rule_name(rule)
        ),
        verdict: Verdict::NotComparable,
        reason: format!(
            "The source argues from data without lattice geometry, which are not run here. A reading that depended on |m| alone would give 0.{by_mean}"
        ),
    }
}

fn direction(results: &Results) -> Finding {
    let Results { settings, cells, .. } = results;
    let rule = main_rule(settings);
    Finding {
        value: flows::first_step(cells, Kind::All, rule, settings.hottest()),
        quantity: format!(
            "change of network temperature in the first step by the {} rule from the hottest start, N = {}",
            rule_name(rule),
            settings.train.hidden
        ),
        verdict: Verdict::NotComparable,
        reason: "RG would heat it, but RG halves the length and compares $K'$ with K. The flow changes no length; by the sampled rule it is the relaxation of a Markov chain to its stationary law.".into(),
    }
}
