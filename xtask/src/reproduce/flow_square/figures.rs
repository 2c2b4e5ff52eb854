//! What `flow-square` shows, a file for each subject.

pub(super) mod correlators;
pub(super) mod ends;
pub(super) mod flows;
pub(super) mod weights;

use flow::Rule;

/// The rule as a figure names it.
fn rule_title(rule: Rule) -> &'static str {
    match rule {
        Rule::Mean => "mean rule (expectations)",
        Rule::Sampled => "sampled rule",
    }
}
