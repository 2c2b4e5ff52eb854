//! What a report comes to: statements by verdict, and how many checks hold.

use crate::content::{Check, Claim, Report, Verdict};

impl Verdict {
    /// All of them, in the order in which a report counts them.
    pub const ALL: [Self; 5] = [
        Self::Reproduced,
        Self::Corrected,
        Self::Contradicted,
        Self::Undecided,
        Self::NotComparable,
    ];

    /// As a reader sees it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::Corrected => "corrected",
            Self::Contradicted => "contradicted",
            Self::Undecided => "undecided",
            Self::NotComparable => "not comparable",
        }
    }
}

impl Report {
    /// The claims of all sections.
    pub fn claims(&self) -> impl Iterator<Item = &Claim> + Clone {
        self.sections.iter().flat_map(|s| &s.claims)
    }

    /// The checks of all sections.
    pub fn checks(&self) -> impl Iterator<Item = &Check> + Clone {
        self.sections.iter().flat_map(|s| &s.checks)
    }
}

/// The verdicts that occur, and how often.
pub(crate) fn counts<'a>(
    claims: impl Iterator<Item = &'a Claim> + Clone,
) -> impl Iterator<Item = (Verdict, usize)> {
    let count = move |verdict| claims.clone().filter(|c| c.verdict == verdict).count();
    Verdict::ALL.into_iter().map(move |v| (v, count(v))).filter(|(_, count)| *count > 0)
}

/// `64 statements`.
pub(crate) fn statements<'a>(claims: impl Iterator<Item = &'a Claim>) -> String {
    match claims.count() {
        1 => "1 statement".to_owned(),
        total => format!("{total} statements"),
    }
}

/// `40 of 41 checks hold`, where there are any.
pub(crate) fn holding<'a>(checks: impl Iterator<Item = &'a Check> + Clone) -> Option<String> {
    let holding = checks.clone().filter(|check| check.holds).count();
    match checks.count() {
        0 => None,
        1 => Some(format!("{holding} of 1 check holds")),
        total => Some(format!("{holding} of {total} checks hold")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;

    #[test]
    fn statements_and_checks_are_counted_apart() {
        let report = example::report();
        let total: usize = counts(report.claims()).map(|(_, count)| count).sum();
        assert_eq!((total, statements(report.claims())), (5, "5 statements".to_owned()));
        assert_eq!(holding(report.checks()).as_deref(), Some("1 of 2 checks hold"));
        assert_eq!(holding(report.checks().take(1)).as_deref(), Some("1 of 1 check holds"));
        assert_eq!(holding(report.checks().take(0)), None);
    }
}
