//! The rules by which a verdict follows from numbers, each a function that says in words what it did.
//!
//! "Beyond errors" means [`SIGMAS`] standard errors, or more where few seeds stand behind the error: as many as Student's t
//! needs to be wrong once in a thousand ([`reach`]).

// tidy: long because each rule has its test here.

use report::numbers::exact;
use report::{Check, Evidence, Found, Verdict};
use stats::{Estimate, tails};

/// The least number of standard errors that counts as beyond errors.
pub const SIGMAS: f64 = 5.0;
/// How often a normal quantity with an error from a few seeds may lie beyond it by chance.
pub const STUDENT_LEVEL: f64 = 1e-3;
/// What rounding alone may do to a closed form in f64, relative.
pub const ROUNDING: f64 = 1e-12;

/// What a rule says of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling {
    /// Of a statement that says what the rule asks for.
    pub verdict: Verdict,
    /// The number that was judged, where there is one.
    pub found: Option<Estimate>,
    /// The rule, one sentence.
    pub rule: String,
}

impl Ruling {
    fn new(holds: Option<bool>, found: Option<Estimate>, rule: impl Into<String>) -> Self {
        let verdict = match holds {
            Some(true) => Verdict::Reproduced,
            Some(false) => Verdict::Contradicted,
            None => Verdict::Undecided,
        };
        Self { verdict, found, rule: rule.into() }
    }

    /// Whether it is so; none where the rule cannot tell.
    pub fn is(&self) -> Option<bool> {
        match self.verdict {
            Verdict::Reproduced => Some(true),
            Verdict::Contradicted => Some(false),
            _ => None,
        }
    }

    /// The rule as a report tells it: what was asked and is not so is told as such.
    pub(crate) fn answered(&self) -> String {
        match self.verdict {
            Verdict::Contradicted => format!("asked: {}; it is not", self.rule),
            _ => self.rule.clone(),
        }
    }

    /// The first of three where it is so, the second where it is not, the third where the rule cannot tell.
    pub fn among<T>(&self, [yes, no, open]: [T; 3]) -> T {
        match self.is() {
            Some(true) => yes,
            Some(false) => no,
            None => open,
        }
    }

    /// The opposite question, as `rule` asks it: what was reproduced is contradicted.
    pub fn negated(self, rule: impl Into<String>) -> Self {
        let verdict = match self.verdict {
            Verdict::Reproduced => Verdict::Contradicted,
            Verdict::Contradicted => Verdict::Reproduced,
            other => other,
        };
        Self { verdict, rule: rule.into(), ..self }
    }

    /// Of a statement that fails as it stands while its substance holds, as `why` says where it is so: corrected.
    pub fn corrected_if(self, substance: bool, why: impl Into<String>) -> Self {
        match self.verdict == Verdict::Contradicted && substance {
            true => {
                let rule = format!("{}, but its substance holds: {}", self.answered(), why.into());
                Self { verdict: Verdict::Corrected, rule, ..self }
            }
            false => self,
        }
    }

    /// Of a statement about other settings than ours where `differs` names a difference: not comparable.
    pub fn unless(self, differs: Option<String>) -> Self {
        match differs {
            Some(differs) => Self { verdict: Verdict::NotComparable, rule: differs, ..self },
            None => self,
        }
    }

    /// With another number to be shown in place of the one that was judged.
    pub fn showing(self, found: impl Into<Option<Estimate>>) -> Self {
        Self { found: found.into(), ..self }
    }

    /// The check of ours that this ruling decides: `statement` must be so, and what a rule cannot tell does not hold.
    pub fn check(
        self,
        name: impl Into<String>,
        statement: impl Into<String>,
        quantity: impl Into<String>,
        reason: impl Into<String>,
    ) -> Check {
        Check {
            id: name.into(),
            experiment: String::new(),
            statement: statement.into(),
            evidence: vec![Evidence {
                quantity: quantity.into(),
                found: self.found.map(Found::from),
            }],
            holds: self.verdict == Verdict::Reproduced,
            rule: self.answered(),
            reason: reason.into(),
        }
    }
}

/// How far chance may lead from an estimate: [`SIGMAS`] standard errors, or those that Student's t asks for at
/// [`STUDENT_LEVEL`] with the data behind the error. Infinite where there is no error; 0 for an exact number.
pub fn reach(e: Estimate) -> f64 {
    let sigmas = match e.count {
        0 => SIGMAS,
        1 => f64::INFINITY,
        count => tails::student_t_critical(STUDENT_LEVEL, (count - 1) as f64).max(SIGMAS),
    };
    match e.error {
        0.0 => 0.0,
        error if error.is_nan() => f64::INFINITY,
        error => sigmas * error,
    }
}

/// Whether an estimate lies beyond errors above 0 (`Some(true)`), below 0 (`Some(false)`), or neither.
pub fn sign(e: Estimate) -> Option<bool> {
    match e.mean.abs() > reach(e) {
        true => Some(e.mean > 0.0),
        false => None,
    }
}

/// A number in a rule, to two digits.
fn short(value: f64) -> String {
    exact(format!("{value:.1e}").parse().unwrap_or(value))
}

/// How far errors of a distance reach, in the words of a rule, and how far they should where they cannot tell; nothing of exact
/// numbers, which have no errors.
fn beyond(distance: Estimate) -> String {
    match reach(distance) {
        0.0 => String::new(),
        reach if reach.is_infinite() => " beyond errors, which are not known".into(),
        reach if reach >= distance.mean.abs() => format!(
            " beyond errors; these reach {}, and would have to reach less than {}",
            short(reach),
            short(distance.mean.abs())
        ),
        reach => format!(" beyond errors, which reach {}", short(reach)),
    }
}

/// Is it the published number? Yes within errors, where these are smaller than `resolution`; no beyond them.
pub fn agrees(found: Estimate, published: f64, resolution: f64) -> Ruling {
    let (distance, reach) = ((found.mean - published).abs(), reach(found));
    let holds = match (distance <= reach, reach <= resolution) {
        (false, _) => Some(false),
        (true, true) => Some(true),
        (true, false) => None,
    };
    let rule = match holds {
        None => format!(
            "it agrees within errors, but these reach {} and would have to reach {} at most",
            short(reach),
            short(resolution)
        ),
        _ if reach == 0.0 => exact(published),
        _ => format!("{} within errors, which reach {}", exact(published), short(reach)),
    };
    Ruling::new(holds, Some(found), rule)
}

/// Is it at a place, within `resolution`? Surely when errors do not lead out, surely not when they do not lead in.
pub fn near(found: Estimate, place: impl Into<Place>, resolution: f64) -> Ruling {
    let Place(place) = place.into();
    let distance = found - place;
    let (apart, reach) = (distance.mean.abs(), reach(distance));
    let holds = match (apart + reach <= resolution, apart - reach > resolution) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let place = exact(format!("{:.4e}", place.mean).parse().unwrap_or(place.mean));
    let bound = exact(format!("{resolution:.2e}").parse().unwrap_or(resolution));
    let rule = match holds {
        None => format!(
            "within {bound} of {place}; the errors reach {}, and would have to reach {} at most",
            short(reach),
            short((apart - resolution).abs())
        ),
        _ => match reach {
            0.0 => format!("within {bound} of {place}"),
            reach => {
                format!("within {bound} of {place} beyond errors, which reach {}", short(reach))
            }
        },
    };
    Ruling::new(holds, Some(found), rule)
}

/// Where something is said to be: an exact number, or one that was measured by the same instrument.
#[derive(Clone, Copy, Debug)]
pub struct Place(Estimate);

impl From<f64> for Place {
    fn from(exact: f64) -> Self {
        Self(Estimate::exact(exact))
    }
}

impl From<Estimate> for Place {
    fn from(measured: Estimate) -> Self {
        Self(measured)
    }
}

/// Is it larger than `bound`, beyond errors?
pub fn above(found: Estimate, bound: f64) -> Ruling {
    let rule = format!("larger than {}{}", exact(bound), beyond(found - bound));
    Ruling::new(sign(found - bound), Some(found), rule)
}

/// Is it smaller than `bound`, beyond errors?
pub fn below(found: Estimate, bound: f64) -> Ruling {
    let rule = format!("smaller than {}{}", exact(bound), beyond(found - bound));
    Ruling::new(sign(found - bound).map(|above| !above), Some(found), rule)
}

/// The largest of some deviations; NaN where one of them is, so that nothing holds by it.
pub fn largest(deviations: impl IntoIterator<Item = f64>) -> f64 {
    let larger = |most: f64, next: f64| if next.is_nan() || next > most { next } else { most };
    deviations
        .into_iter()
        .fold(0.0, |most, next| if most.is_nan() { most } else { larger(most, next) })
}

/// Is an exact identity one? Yes where its largest deviation is rounding.
pub fn identity(deviation: f64) -> Ruling {
    let rule = format!("at most {ROUNDING:e}, which is rounding");
    Ruling::new(Some(deviation <= ROUNDING), Some(Estimate::exact(deviation)), rule)
}

/// Is something that is known without error so?
pub fn holds(is: bool, rule: impl Into<String>) -> Ruling {
    Ruling::new(Some(is), None, rule)
}

/// Is a bound kept by an exact number?
pub fn at_most(value: f64, bound: f64) -> Ruling {
    let rule = format!("at most {}", exact(bound));
    Ruling::new(Some(value <= bound), Some(Estimate::exact(value)), rule)
}

/// Do several estimates of one quantity agree, whatever it depends on? No where the two that are farthest apart differ beyond
/// errors; yes where they do not, and errors are smaller than `resolution`.
pub fn same(values: &[Estimate], resolution: f64) -> Ruling {
    let by_mean = |a: &&Estimate, b: &&Estimate| a.mean.total_cmp(&b.mean);
    let extremes = values.iter().min_by(by_mean).zip(values.iter().max_by(by_mean));
    let Some((low, high)) = extremes else {
        return Ruling::new(None, None, "there is nothing to compare");
    };
    let range = *high - *low;
    let holds = match (range.mean <= reach(range), reach(range) <= resolution) {
        (false, _) => Some(false),
        (true, true) => Some(true),
        (true, false) => None,
    };
    let rule = format!(
        "the largest minus the smallest within errors, which reach {} and must not reach more than {}",
        short(reach(range)),
        short(resolution)
    );
    Ruling::new(holds, Some(range), rule)
}

/// Is something so improbable, if it were as it is said, that it is not? No below `level`.
pub fn probable(probability: f64, level: f64) -> Ruling {
    let rule = format!("as probable as {level:e} at least, if it is so");
    Ruling::new(Some(probability >= level), Some(Estimate::exact(probability)), rule)
}

/// Several at once, the number shown being that of the first: not when one is not, and undecided when one is undecided.
pub fn all(rulings: impl IntoIterator<Item = Ruling>) -> Ruling {
    let rulings: Vec<Ruling> = rulings.into_iter().collect();
    let is: Vec<Option<bool>> = rulings.iter().map(Ruling::is).collect();
    let holds = match is.contains(&Some(false)) {
        true => Some(false),
        false if is.contains(&None) || is.is_empty() => None,
        false => Some(true),
    };
    let mut rules: Vec<&str> = rulings.iter().map(|ruling| ruling.rule.as_str()).collect();
    rules.dedup();
    Ruling::new(holds, rulings.first().and_then(|first| first.found), rules.join("; and "))
}

/// Many readings at once by one rule in words, as [`all`] has it; of how many readings it is not so, or cannot be told.
pub fn every(rulings: impl IntoIterator<Item = Ruling>, rule: impl Into<String>) -> Ruling {
    let rulings: Vec<Ruling> = rulings.into_iter().collect();
    let count = |answer| rulings.iter().filter(|ruling| ruling.is() == answer).count();
    let (of, no, unsure) = (rulings.len(), count(Some(false)), count(None));
    let ruling = all(rulings);
    let rule = rule.into();
    let rule = match ruling.is() {
        Some(true) => rule,
        Some(false) => format!("{rule} (not {no} of {of}, and {unsure} cannot be told)"),
        None => format!("{rule}; the errors of {unsure} of {of} readings would have to be smaller"),
    };
    Ruling { rule, ..ruling }
}

/// A statement that our settings do not speak about: `differs` says what differs.
pub fn not_comparable(found: impl Into<Option<Estimate>>, differs: impl Into<String>) -> Ruling {
    Ruling { verdict: Verdict::NotComparable, found: found.into(), rule: differs.into() }
}

/// By a rule where something is known; undecided where it is not, and `needed` says what it would take.
pub fn if_known<T>(
    found: Option<T>,
    rule: impl FnOnce(T) -> Ruling,
    needed: impl Into<String>,
) -> Ruling {
    found.map_or_else(|| undecided(None, needed), rule)
}

/// What cannot be judged, and what would be needed.
pub fn undecided(found: impl Into<Option<Estimate>>, needed: impl Into<String>) -> Ruling {
    Ruling { verdict: Verdict::Undecided, found: found.into(), rule: needed.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Contradicted, Corrected, NotComparable, Reproduced, Undecided};

    /// A normal quantity with a known error.
    fn e(mean: f64, error: f64) -> Estimate {
        Estimate { error, ..Estimate::exact(mean) }
    }

    /// The same with an error from so many seeds.
    fn seeds(mean: f64, error: f64, count: u64) -> Estimate {
        Estimate { count, ..e(mean, error) }
    }

    #[test]
    fn few_seeds_reach_further() {
        assert_eq!(reach(e(1.0, 0.1)), 0.5);
        assert_eq!(reach(seeds(1.0, 0.1, 1_000_000)), 0.5);
        // Two-sided quantiles of Student's t at 1e-3: 636.62, 31.599, 8.6103.
        for (count, sigmas) in [(2, 636.619), (3, 31.599), (5, 8.610)] {
            assert!((reach(seeds(1.0, 0.1, count)) / 0.1 - sigmas).abs() < 1e-2, "{count}");
        }
        assert_eq!(reach(Estimate::exact(3.0)), 0.0);
        assert_eq!([reach(seeds(1.0, 0.1, 1)), reach(e(1.0, f64::NAN))], [f64::INFINITY; 2]);
    }

    #[test]
    fn agreement_needs_errors_that_could_tell() {
        let verdict = |found| agrees(found, 2.0, 0.3).verdict;
        assert_eq!(verdict(e(2.04, 0.01)), Reproduced);
        assert_eq!(verdict(e(2.06, 0.01)), Contradicted);
        assert_eq!(verdict(e(2.06, 0.1)), Undecided);
        assert_eq!(verdict(seeds(2.06, 0.01, 2)), Undecided);
        assert!(agrees(e(2.06, 0.1), 2.0, 0.3).rule.contains("would have to reach 0.3"));
    }

    #[test]
    fn near_and_far_are_said_only_beyond_errors() {
        let verdict = |mean, error| near(e(mean, error), 0.0, 0.25).verdict;
        assert_eq!([verdict(0.1, 0.02), verdict(-0.1, 0.02), verdict(0.25, 0.0)], [Reproduced; 3]);
        assert_eq!([verdict(0.4, 0.02), verdict(-0.4, 0.02)], [Contradicted; 2]);
        // Eleven errors off zero, and three beyond the resolution.
        assert_eq!(verdict(-0.31, 0.026), Undecided);
        assert_eq!([verdict(0.2, 0.02), verdict(0.0, 0.1), verdict(3.0, 1.0)], [Undecided; 3]);
        assert_eq!(verdict(0.0, f64::NAN), Undecided);
        // A place that is itself measured.
        assert_eq!(near(e(0.4, 0.0), e(0.0, 0.02), 0.25).verdict, Contradicted);
        assert_eq!(near(e(0.4, 0.0), e(0.0, 0.05), 0.25).verdict, Undecided);
    }

    #[test]
    fn numbers_in_rules_have_two_digits() {
        assert_eq!([short(0.034_56), short(8.24e-4), short(0.0)], ["0.035", "0.00082", "0"]);
        assert_eq!([short(f64::INFINITY), short(f64::NAN)], ["∞", "–"]);
        assert_eq!(
            above(e(1.0, 1e-3), 1e-6).rule,
            "larger than 1×10⁻⁶ beyond errors, which reach 0.005"
        );
        assert_eq!(
            above(e(0.21, 0.01), 0.2).rule,
            "larger than 0.2 beyond errors; these reach 0.05, and would have to reach less than 0.01"
        );
        assert_eq!(below(Estimate::exact(1.0), 2.0).rule, "smaller than 2");
    }

    #[test]
    fn signs_beyond_errors() {
        assert_eq!(above(e(0.3, 0.01), 0.2).verdict, Reproduced);
        assert_eq!(above(e(0.1, 0.01), 0.2).verdict, Contradicted);
        assert_eq!(above(e(0.21, 0.01), 0.2).verdict, Undecided);
        assert_eq!(below(e(0.1, 0.01), 0.2).verdict, Reproduced);
        assert_eq!(below(e(0.3, 0.01), 0.2).verdict, Contradicted);
        assert_eq!(below(e(0.21, 0.01), 0.2).verdict, Undecided);
        assert_eq!(above(Estimate::exact(0.2), 0.2).verdict, Undecided);
    }

    #[test]
    fn what_is_no_number_is_the_largest() {
        assert_eq!([largest([]), largest([1.0, 3.0, 2.0])], [0.0, 3.0]);
        assert!(largest([1.0, f64::NAN, 2.0]).is_nan());
    }

    #[test]
    fn what_is_exact() {
        assert_eq!(identity(1e-13).verdict, Reproduced);
        assert_eq!([identity(1e-11).verdict, identity(f64::NAN).verdict], [Contradicted; 2]);
        assert_eq!([holds(true, "").verdict, holds(false, "").verdict], [Reproduced, Contradicted]);
        assert_eq!(at_most(1.0, 1.0).verdict, Reproduced);
        assert_eq!(at_most(1.1, 1.0).verdict, Contradicted);
        assert_eq!(probable(0.1, 1e-3).verdict, Reproduced);
        assert_eq!(probable(1e-4, 1e-3).verdict, Contradicted);
    }

    #[test]
    fn values_that_are_the_same() {
        assert_eq!(same(&[e(1.0, 0.01), e(1.02, 0.01), e(1.01, 0.01)], 0.2).verdict, Reproduced);
        assert_eq!(same(&[e(1.0, 0.01), e(1.2, 0.01)], 0.2).verdict, Contradicted);
        assert_eq!(same(&[e(1.0, 0.1), e(1.2, 0.1)], 0.2).verdict, Undecided);
        assert_eq!(same(&[], 0.2).verdict, Undecided);
    }

    #[test]
    fn several_at_once() {
        let [yes, no, open] = [e(0.3, 0.01), e(0.1, 0.01), e(0.2, 0.01)].map(|x| above(x, 0.2));
        assert_eq!(all([yes.clone(), yes.clone()]).verdict, Reproduced);
        assert_eq!(all([yes.clone(), no.clone(), open.clone()]).verdict, Contradicted);
        assert_eq!(all([yes.clone(), open.clone()]).verdict, Undecided);
        assert_eq!(all([]).verdict, Undecided);
        assert_eq!(all([yes.clone(), no.clone()]).found, yes.found);
        let words = [&yes, &no, &open].map(|ruling| ruling.among(["yes", "no", "open"]));
        assert_eq!(words, ["yes", "no", "open"]);
        assert_eq!([yes.negated("").verdict, no.negated("").verdict], [Contradicted, Reproduced]);
    }

    #[test]
    fn many_readings_have_one_rule() {
        let of = |means: &[f64]| every(means.iter().map(|&x| below(e(x, 0.01), 0.5)), "small");
        let (yes, no, open) = (0.1, 0.9, 0.5);
        assert_eq!(of(&[yes, yes]).is(), Some(true));
        let failing = of(&[yes, no, open]);
        let rule = "small (not 1 of 3, and 1 cannot be told)".to_owned();
        assert_eq!((failing.is(), failing.rule), (Some(false), rule));
        let unsure = of(&[yes, open]);
        assert_eq!(unsure.is(), None);
        assert_eq!(unsure.rule, "small; the errors of 1 of 2 readings would have to be smaller");
    }

    #[test]
    fn substance_and_scope() {
        let fails = || holds(false, "it is 3");
        let corrected = fails().corrected_if(true, "it was 3 before");
        assert_eq!(corrected.verdict, Corrected);
        assert_eq!(
            corrected.rule,
            "asked: it is 3; it is not, but its substance holds: it was 3 before"
        );
        assert_eq!(fails().negated("it is not 3").verdict, Reproduced);
        assert_eq!(fails().corrected_if(false, "").verdict, Contradicted);
        assert_eq!(holds(true, "").corrected_if(true, "").verdict, Reproduced);
        assert_eq!(fails().unless(Some("other sizes".into())).verdict, NotComparable);
        assert_eq!(fails().unless(None).verdict, Contradicted);
        let found = Estimate::exact(1.0);
        assert_eq!(not_comparable(found, "units 0 and 1").verdict, NotComparable);
        assert_eq!(undecided(None, "more seeds").verdict, Undecided);
        let larger = |found| if_known(found, |found| above(found, 0.5), "more seeds").verdict;
        assert_eq!([larger(Some(found)), larger(None)], [Reproduced, Undecided]);
    }

    #[test]
    fn a_check_holds_only_when_it_is_sure() {
        let check = |ruling: Ruling| ruling.check("a", "it is so", "x", "").holds;
        assert!(check(identity(0.0)));
        assert!(!check(identity(1.0)) && !check(near(e(0.0, 1.0), 0.0, 0.25)));
    }
}
