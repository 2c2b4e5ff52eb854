//! Many z-scores at once: the family-wise rule by which all of them are right with a stated probability, or something is wrong.
//!
//! A z-score is the distance of a mean from its exact value in units of the error that the mean itself states: a standard
//! normal number if mean and error are right. Of hundreds some are large by chance, and each may be small while all lean to
//! one side. So three things are tested: the largest |z|; in groups of independent z-scores the sum of z^2, which sees errors
//! that are too small, and the sum of z, which sees a small bias everywhere; and counts of rare events, whose mean is no
//! normal number. The level is divided by the number of tests (Bonferroni), half of it for single z-scores.

use crate::verdict::{Ruling, at_most, largest, undecided};
use report::Verdict;
use report::numbers::rough;
use stats::{Estimate, tails};

/// What is known of one thing that is tested, such as a sampler.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// z-scores by group: those within a group are independent of one another.
    pub groups: Vec<Vec<f64>>,
    /// Rare events: how many there were, and how many are expected (a Poisson number).
    pub rare: Option<(u64, f64)>,
}

/// The distance of a mean from its exact value in units of its error; infinite where it has no error and yet a distance.
pub fn z_score(found: Estimate, exact: f64) -> f64 {
    let distance = found.mean - exact;
    let z = if distance == 0.0 { 0.0 } else { distance / found.error };
    if z.is_nan() { f64::INFINITY } else { z }
}

/// Whether z-scores whose errors are themselves known to some 10 % only, as those of autocorrelated series are, are no larger than
/// right ones are, but for once in 1 / `level`: then their sums cannot be judged, and a fifth is added to the bound of the
/// largest. Undecided where there is none.
pub fn by_size(level: f64, z: &[f64]) -> Ruling {
    let bound = 1.2 * tails::critical(0.5 * level / z.len().max(1) as f64);
    let largest = largest(z.iter().map(|z| z.abs()));
    match z.is_empty() {
        true => undecided(None, "there is no z-score to judge"),
        false => Ruling { rule: format!("no |z| above {bound:.2}"), ..at_most(largest, bound) },
    }
}

impl Scores {
    /// How many z-scores there are.
    pub fn count(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }

    /// The largest |z|.
    pub fn largest(&self) -> f64 {
        self.groups.iter().flatten().map(|z| z.abs()).fold(0.0, f64::max)
    }

    /// Probabilities of what is found, each uniform if all is right: of the sum of z^2 and of the sum of z in each group, and
    /// of the count.
    fn tests(&self) -> Vec<f64> {
        let sums = self.groups.iter().filter(|group| !group.is_empty()).flat_map(|group| {
            let squares = tails::chi_square(group.iter().map(|z| z * z).sum(), group.len());
            let sum = group.iter().sum::<f64>() / (group.len() as f64).sqrt();
            [squares, tails::two_sided(sum)]
        });
        let rare = self.rare.filter(|(_, expected)| *expected > 0.0);
        sums.chain(rare.map(|(found, expected)| tails::poisson(found, expected))).collect()
    }

    /// The smallest of these probabilities, times their number: how probable it is that one of them is so small.
    pub fn probability(&self) -> f64 {
        let tests = self.tests();
        let smallest = tests.iter().copied().fold(1.0, f64::min);
        (smallest * tests.len().max(1) as f64).min(1.0)
    }
}

/// Bounds that all members of a family keep with the probability 1 - level, if all is right.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    level: f64,
    /// Of every |z|.
    pub largest: f64,
    /// Of every sum and count.
    least: f64,
}

impl Family {
    /// The bounds for these members.
    pub fn new<'a>(level: f64, members: impl IntoIterator<Item = &'a Scores>) -> Self {
        let numbers = members.into_iter().map(|scores| (scores.count(), scores.tests().len()));
        let (scores, tests) = numbers.fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
        let share = |n: usize| 0.5 * level / n.max(1) as f64;
        Self { level, largest: tails::critical(share(scores)), least: share(tests) }
    }

    /// Whether scores keep the bounds, of the largest |z| and of every sum and count; undecided where there is no score.
    pub fn judge(&self, scores: &Scores) -> Ruling {
        let tests = scores.tests();
        let kept = scores.largest() <= self.largest && tests.iter().all(|&p| p >= self.least);
        let verdict = match kept {
            _ if tests.is_empty() => Verdict::Undecided,
            true => Verdict::Reproduced,
            false => Verdict::Contradicted,
        };
        let rule = format!(
            "no |z| above {:.2}, and each sum of z², sum of z and count has p ≥ {}; correct numbers pass with probability {}",
            self.largest,
            rough(self.least),
            1.0 - self.level
        );
        Ruling { verdict, found: Some(Estimate::exact(scores.largest())), rule }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Contradicted, Reproduced, Undecided};

    fn scores(z: &[f64]) -> Scores {
        Scores { groups: vec![z.to_vec()], rare: None }
    }

    #[test]
    fn distances_without_an_error() {
        assert_eq!(z_score(Estimate::exact(-2.0), -2.0), 0.0);
        assert_eq!(z_score(Estimate::exact(-2.0), -1.9), f64::NEG_INFINITY);
        let single = Estimate { error: f64::NAN, ..Estimate::exact(1.0) };
        assert_eq!(z_score(single, 0.0), f64::INFINITY);
        assert_eq!(z_score(Estimate { error: 0.5, ..Estimate::exact(1.0) }, 0.0), 2.0);
    }

    #[test]
    fn one_far_score_and_many_near_ones_are_found_out() {
        let right = scores(&[0.3, -1.1, 0.7, 1.9, -0.4, -0.6, 0.1, -1.4]);
        let family = Family::new(1e-3, [&right]);
        let verdict = |scores: &Scores| family.judge(scores).verdict;
        assert!(verdict(&right) == Reproduced && right.probability() > 0.1);
        assert_eq!(family.judge(&right).found, Some(Estimate::exact(1.9)));
        assert!((family.largest - tails::critical(0.5e-3 / 8.0)).abs() < 1e-12);
        let wrong: [&[f64]; 5] = [
            &[0.3, -1.1, 0.7, 4.9],
            // Two errors up each of eight times: nothing is far away, all is wrong.
            &[2.0; 8],
            // Three errors up or down: their sum is 0.
            &[3.0, -3.0, 3.0, -3.0, 3.0, -3.0],
            &[f64::INFINITY],
            &[f64::NEG_INFINITY, f64::INFINITY],
        ];
        assert!(wrong.iter().all(|z| verdict(&scores(z)) == Contradicted));
        // Far apart in two groups, each of which is as it should be.
        let groups = Scores { groups: vec![vec![0.5; 3], vec![-0.5; 3]], rare: None };
        assert_eq!(verdict(&groups), Reproduced);
        assert_eq!(verdict(&Scores::default()), Undecided);
    }

    #[test]
    fn uncertain_errors_allow_a_fifth_more() {
        let verdict = |z: &[f64]| by_size(1e-6, z).verdict;
        // Two-sided at 0.5e-6: 5.03, times 1.2.
        assert_eq!(
            [verdict(&[6.0]), verdict(&[-6.0]), verdict(&[6.1])],
            [Reproduced, Reproduced, Contradicted]
        );
        assert_eq!([verdict(&[0.0, f64::NAN]), verdict(&[f64::INFINITY])], [Contradicted; 2]);
        assert_eq!(verdict(&[]), Undecided);
    }

    #[test]
    fn rare_events_are_counted() {
        let of = |found| Scores { rare: Some((found, 3.0)), ..scores(&[0.3, 1.2]) };
        let family = Family::new(1e-3, [&of(3)]);
        assert_eq!([of(3), of(20)].map(|s| family.judge(&s).verdict), [Reproduced, Contradicted]);
        let none = Scores { rare: Some((0, 0.0)), groups: vec![] };
        assert_eq!(family.judge(&none).verdict, Undecided);
        assert_eq!(none.probability(), 1.0);
    }
}
