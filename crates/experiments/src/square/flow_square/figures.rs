//! What `flow-square` shows, a file for each subject.

pub(super) mod correlators;
pub(super) mod ends;
pub(super) mod flows;
pub(super) mod weights;

use flow::Rule;

/// The rule as a figure names it that reads the spins of an end.
fn spins_title(rule: Rule) -> &'static str {
    match rule {
        Rule::Mean => "mean rule (spins drawn)",
        Rule::Sampled => "sampled rule",
    }
}

/// What its caption says of that.
const SPINS_DRAWN: &str = "By the mean rule thermometers read spins drawn from the expectations.";

/// The rule as a figure names it that reads the units as they are.
fn rule_title(rule: Rule) -> &'static str {
    match rule {
        Rule::Mean => "mean rule (expectations)",
        Rule::Sampled => "sampled rule",
    }
}
