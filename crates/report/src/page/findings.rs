//! Claims and checks as the page shows them: a statement, what was found, and what it comes to.

use crate::content::{Check, Claim, Evidence, Verdict};
use crate::{numbers, prose, summary};

/// A word on a ground of its own colour.
pub(crate) struct Badge {
    pub(crate) word: String,
    /// Of the style sheet.
    pub(crate) class: String,
}

impl Badge {
    fn verdict(verdict: Verdict) -> Self {
        Self { word: verdict.word().to_owned(), class: verdict.word().replace(' ', "-") }
    }
}

/// The verdicts that occur, and how often.
pub(crate) fn counts<'a>(claims: impl Iterator<Item = &'a Claim> + Clone) -> Vec<(usize, Badge)> {
    summary::counts(claims).map(|(verdict, count)| (count, Badge::verdict(verdict))).collect()
}

/// What claims and checks have in common.
pub(crate) struct Finding {
    pub(crate) id: String,
    pub(crate) statement_html: String,
    /// The first quantity, and its value.
    pub(crate) quantity_html: String,
    pub(crate) value: String,
    /// The other quantities.
    pub(crate) others: Vec<(String, String)>,
    pub(crate) rule_html: String,
    pub(crate) reason_html: String,
    pub(crate) badge: Badge,
}

pub(crate) struct ClaimView {
    pub(crate) finding: Finding,
    pub(crate) source_html: String,
    pub(crate) published: String,
}

pub(crate) fn claim(claim: &Claim) -> ClaimView {
    let badge = Badge::verdict(claim.verdict);
    let reasons = [&claim.rule, &claim.reason];
    ClaimView {
        finding: finding(&claim.id, &claim.statement, &claim.evidence, reasons, badge),
        source_html: prose::html(&claim.source),
        published: claim.published.map_or("–".to_owned(), numbers::exact),
    }
}

pub(crate) fn check(check: &Check) -> Finding {
    let word = if check.holds { "holds" } else { "fails" };
    let badge = Badge { word: word.to_owned(), class: word.to_owned() };
    let reasons = [&check.rule, &check.reason];
    finding(&check.id, &check.statement, &check.evidence, reasons, badge)
}

fn finding(
    id: &str,
    statement: &str,
    evidence: &[Evidence],
    [rule, reason]: [&String; 2],
    badge: Badge,
) -> Finding {
    let mut shown = evidence.iter().map(|e| (prose::html(&e.quantity), numbers::or_dash(e.found)));
    let (quantity_html, value) = shown.next().unwrap_or_else(|| (String::new(), "–".to_owned()));
    Finding {
        id: id.to_owned(),
        statement_html: prose::html(statement),
        quantity_html,
        value,
        others: shown.collect(),
        rule_html: prose::html(rule.trim_end_matches('.')),
        reason_html: prose::html(reason),
        badge,
    }
}
