//! Whether the flow of `flow-square` has one end, and whether what is there is an Ising ensemble.

use super::claims::main_rule;
use super::ends::{self, End, is_independent, range_over_starts};
use super::sets::Kind;
use super::{Results, rule_name};
use crate::square::thermometers::{self, LEVEL, NAMES};
use flow::Rule;
use lab::parts::*;
use report::content::{Claim, Found, Verdict};
use stats::Estimate;

/// Whether the end is one, whatever the start, judged by the energy over all starts, by every rule and at every size.
pub(super) fn independent(results: &Results) -> Claim {
    let Results { settings, ends, .. } = results;
    let over = |rule, hidden, thermometer| {
        range_over_starts(ends::trained(ends, Kind::All, hidden, rule), thermometer)
    };
    let (main, shown_size) = (main_rule(settings), settings.train.hidden);
    let value = over(main, shown_size, 0);
    let all: Vec<(Rule, usize, Option<Estimate>)> = settings
        .rules
        .iter()
        .flat_map(|&rule| settings.hidden.iter().map(move |&n| (rule, n, over(rule, n, 0))))
        .collect();
    let one = all.iter().filter(|(.., range)| range.is_some_and(is_independent)).count();
    let words = all.iter().map(|(rule, n, range)| {
        let range = range.map_or("off the scale".to_owned(), shown);
        format!("{range} at N = {n} by the {} rule", rule_name(*rule))
    });
    let others = NAMES.iter().enumerate().skip(1).filter_map(|(number, name)| {
        Some(format!("{name} {}", shown(over(main, shown_size, number)?)))
    });
    Claim::from(lab::parts::OwnClaim {
        id: "flow-square/independent-of-start".into(),
        experiment: "flow-square".into(),
        statement: "The flow ends at one temperature, wherever it began.".into(),
        source: "implied by Iso et al. (2018), who call the end a fixed point".into(),
        published: None,
        found: value.map_or(Found { mean: -1.0, error: 0.0 }, Found::from),
        quantity: format!(
            "largest minus smallest temperature by the energy after {} steps by the {} rule, over {} starts, trained on V, N = {shown_size}; −1 where one is off the scale",
            settings.steps,
            rule_name(main),
            settings.starts.len()
        ),
        verdict: match one {
            0 => Verdict::Contradicted,
            one if one == all.len() => Verdict::Reproduced,
            _ => Verdict::Corrected,
        },
        reason: format!(
            "Within {SIGMAS} errors of the two ends that are farthest apart it holds for {one} of {} flows of machines of V: {}. By other thermometers, at N = {shown_size} by the {} rule: {}.",
            all.len(),
            words.collect::<Vec<_>>().join(", "),
            rule_name(main),
            others.collect::<Vec<_>>().join(", ")
        ),
    })
}

/// Whether the ensembles at the end are those of the Ising model at one temperature.
pub(super) fn one_temperature(results: &Results) -> Claim {
    let Results { settings, ends, .. } = results;
    let hidden = settings.train.hidden;
    let of_rule = |&rule: &Rule| ends::trained(ends, Kind::All, hidden, rule);
    let judged: Vec<&End> = settings.rules.iter().flat_map(of_rule).collect();
    let count: usize = judged.iter().map(|end| end.seeds.len()).sum();
    let with: usize = judged.iter().map(|end| end.with_temperature()).sum();
    let rest =
        ends.iter().filter(|end| end.is_trained && (end.kind, end.hidden) != (Kind::All, hidden));
    let (of_rest, with_of_rest) = rest
        .fold((0, 0), |(all, with), end| (all + end.seeds.len(), with + end.with_temperature()));
    let outer = judged.iter().filter(|end| settings.ends().any(|start| start == end.start));
    let words = outer.map(|end| {
        let name = rule_name(end.rule);
        let read = thermometers::in_words(&end.seeds.iter().collect::<Vec<_>>());
        format!("{name} rule from T = {}: {read}", end.start)
    });
    Claim::from(lab::parts::OwnClaim {
        id: "flow-square/one-temperature".into(),
        experiment: "flow-square".into(),
        statement: "Where the flow ends, configurations have a temperature.".into(),
        source: "implied by Iso et al. (2018) and by all who read a temperature there".into(),
        published: None,
        found: Found { mean: with as f64, error: 0.0 },
        quantity: format!(
            "of {count} ensembles at the end, trained on V, N = {hidden}, how many have one temperature"
        ),
        verdict: match with {
            0 => Verdict::Contradicted,
            with if with == count => Verdict::Reproduced,
            _ => Verdict::Corrected,
        },
        reason: format!(
            "Judged by the two-point function and by whether energy, |m|, correlation length and specific heat agree, at the level {LEVEL}. Of all other machines and training sets {with_of_rest} of {of_rest} have one. Temperatures read: {}.",
            words.collect::<Vec<_>>().join("; ")
        ),
    })
}
