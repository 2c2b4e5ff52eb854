//! What the results of `flow-square` come to, in sentences.

use super::claims::end_of;
use super::sets::Kind;
use super::{Results, ends, rule_name};
use crate::square::thermometers::NAMES;
use exact::square::critical_temperature;
use flow::Rule;
use lab::parts::*;
use report::numbers;
use stats::Estimate;

/// Where flows end by network and energy, in one sentence.
pub(super) fn headline(results: &Results) -> String {
    let Results { settings, ends, cells, equilibrium, .. } = results;
    let of_rule = |&rule: &Rule| {
        let read = |thermometer: usize| {
            let at = settings.ends().map(|start| {
                let end = ends::from(ends, (Kind::All, settings.train.hidden, rule), start);
                let read = end.and_then(|end| end.temperature(thermometer));
                read.map_or("off the scale".to_owned(), shown)
            });
            at.collect::<Vec<_>>().join(" and ")
        };
        let as_they_are = settings.ends().map(|start| shown(end_of(cells, Kind::All, rule, start)));
        let as_they_are = as_they_are.collect::<Vec<_>>().join(" and ");
        let (energy, network) = (read(0), read(NAMES.len() - 1));
        let name = rule_name(rule);
        match rule {
            Rule::Sampled => {
                format!("by the {name} rule the network reads {network}, the energy {energy}")
            }
            Rule::Mean => format!(
                "by the {name} rule the network reads {as_they_are} of the expectations and {network} of spins drawn from them, the energy of these spins {energy}"
            ),
        }
    };
    let words = settings.rules.iter().map(of_rule).collect::<Vec<_>>().join("; ");
    format!(
        "Where the flow ends on the square lattice, from $T = {}$ and $T = {}$: {words} (N = {}, {}); $T_c = {:.3}$, which the network reads as {}.",
        settings.coldest(),
        settings.hottest(),
        settings.train.hidden,
        results.trained(),
        critical_temperature(),
        shown(equilibrium.reading_at_critical),
    )
}

pub(super) fn discussion(results: &Results) -> Vec<String> {
    vec![
        "Where a flow ends is a property of the machine as trained, not of the critical point. By the sampled rule flows from both ends of the scale must meet in time, at the machine's own distribution: the chain has one stationary law. The map of expectations may have several fixed points. Even a machine that had learnt its training set perfectly would end in the mixture of all its temperatures, which has no temperature. Nothing is rescaled along the flow, so that it has no direction to compare with RG.".into(),
        format!(
            "The network was trained on spins ±1. Expectations are real numbers between, outside its domain, and its reading of them is an extrapolation. {}",
            of_high(results)
        ),
        disagreement(results),
        drift(results),
    ]
}

/// What the two rules make of H, for the network.
fn of_high(results: &Results) -> String {
    let Results { settings, cells, ends, .. } = results;
    let start = settings.hottest();
    if ![Rule::Mean, Rule::Sampled].iter().all(|rule| settings.rules.contains(rule)) {
        return String::new();
    }
    let [mean, sampled] =
        [Rule::Mean, Rule::Sampled].map(|rule| end_of(cells, Kind::High, rule, start));
    let apart = (mean - sampled).sigmas_from(0.0) > SIGMAS;
    let energy = ends::from(ends, (Kind::High, settings.train.hidden, Rule::Mean), start);
    let energy = match energy.and_then(|end| end.temperature(0)) {
        Some(energy) => format!("have the energy of T = {}", shown(energy)),
        None => "have an energy off the scale".into(),
    };
    format!(
        "Trained on H, from T = {start}, it reads {} of the expectations of the mean rule and {} of the spins of the sampled rule{}; spins drawn from those expectations {energy}.",
        shown(mean),
        shown(sampled),
        if apart { ": what H does depends on the rule that is iterated" } else { "" }
    )
}

/// By how much network and physical thermometers differ where V ends.
fn disagreement(results: &Results) -> String {
    let Results { settings, ends, .. } = results;
    let rule = super::claims::main_rule(settings);
    let at = |thermometer: usize| {
        let of = (Kind::All, settings.train.hidden, rule);
        ends::from(ends, of, settings.coldest())?.temperature(thermometer)
    };
    let network = at(NAMES.len() - 1);
    let differences: Vec<(&str, Estimate)> = (0..NAMES.len() - 1)
        .filter_map(|index| Some((NAMES[index], network? - at(index)?)))
        .collect();
    let apart = differences.iter().filter(|(_, e)| e.mean.abs() > SIGMAS * e.error).count();
    let words = differences.iter().map(|(name, e)| format!("{} from the {name}", shown(*e)));
    format!(
        "Trained on V, from T = {}, the end by the {} rule is read by network and physical thermometers on the same spins. The network differs by {}: from {apart} of {} beyond {SIGMAS} errors.",
        settings.coldest(),
        rule_name(rule),
        words.collect::<Vec<_>>().join(", "),
        differences.len()
    )
}

/// How the end moves while the machine is being trained, by the energy.
fn drift(results: &Results) -> String {
    let Results { settings, ends, .. } = results;
    let (rule, start) = (super::claims::main_rule(settings), settings.coldest());
    let read: Vec<(f64, Estimate)> = ends::course(settings, ends, rule, start)
        .iter()
        .filter_map(|(time, end)| Some((*time, end.temperature(0)?)))
        .collect();
    let (Some(first), Some(last)) = (read.first(), read.last()) else {
        return "The ends during training have an energy off the scale.".into();
    };
    let moved = (last.1 - first.1).sigmas_from(0.0) > SIGMAS;
    let passes = ends::passes(&read, critical_temperature());
    let passing = passes.map_or(String::new(), |(before, after)| {
        format!(
            " On its way it passes $T_c$, between the times {} and {}.",
            numbers::exact(before),
            numbers::exact(after)
        )
    });
    let how = match (moved, last.1.mean < first.1.mean) {
        (false, _) => "stays where it is within errors",
        (true, true) => "falls",
        (true, false) => "rises",
    };
    format!(
        "While the machine is trained on V, the end by the {} rule from T = {start} {how}: by the energy from {} after the time (rate × updates) {} to {} after {}.{passing}",
        rule_name(rule),
        shown(first.1),
        numbers::exact(first.0),
        shown(last.1),
        numbers::exact(last.0)
    )
}
