//! The z-scores against exact values, and what all of one sampler say together.

use super::Settings;
use super::exact::Exact;
use crate::stages::{Measured, Outcome};
use stats::Estimate;
use stats::tails;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Observable {
    Energy,
    SpecificHeat,
    AbsM,
    M2,
    M4,
}

impl Observable {
    pub(super) const ALL: [Self; 5] =
        [Self::Energy, Self::SpecificHeat, Self::AbsM, Self::M2, Self::M4];

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Energy => "E",
            Self::SpecificHeat => "C",
            Self::AbsM => "|m|",
            Self::M2 => "m²",
            Self::M4 => "m⁴",
        }
    }

    fn measured(self, of: &Measured) -> Estimate {
        match self {
            Self::Energy => of.energy_per_spin,
            Self::SpecificHeat => of.specific_heat,
            Self::AbsM => of.abs_m,
            Self::M2 => of.m2,
            Self::M4 => of.m4,
        }
    }

    pub(super) fn exact(self, of: &Exact) -> Option<f64> {
        match self {
            Self::Energy => Some(of.energy_per_spin),
            Self::SpecificHeat => Some(of.specific_heat),
            Self::AbsM => of.moments.map(|m| m.abs_m),
            Self::M2 => of.moments.map(|m| m.m2),
            Self::M4 => of.moments.map(|m| m.m4),
        }
    }
}

/// The distance of a mean from its exact value in units of its error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Score {
    pub(super) temperature: f64,
    pub(super) observable: Observable,
    pub(super) z: f64,
}

/// Everything that is known of one sampler.
#[derive(Default)]
pub(super) struct Scores {
    pub(super) z: Vec<Score>,
    /// Draws with any excitation where too few are expected for a mean to be normal: by exact probability, and found.
    pub(super) expected: f64,
    pub(super) found: u64,
    /// Whether all draws at zero temperature are ground states.
    pub(super) frozen: bool,
    /// Sides and temperatures at which nothing was handed out.
    pub(super) refused: Vec<(usize, f64)>,
}

impl Scores {
    pub(super) fn new() -> Self {
        Self { frozen: true, ..Self::default() }
    }

    /// Takes in what was drawn on the torus of this side.
    pub(super) fn add(
        &mut self,
        settings: &Settings,
        side: usize,
        exact: &[Exact],
        found: &[Outcome],
    ) {
        for (exact, outcome) in exact.iter().zip(found) {
            let Outcome::Drawn(measured) = outcome else {
                self.refused.push((side, exact.temperature));
                continue;
            };
            let expected = measured.draws as f64 * exact.excited;
            let scores = Observable::ALL.iter().filter_map(|&observable| {
                let z = z(observable.measured(measured), observable.exact(exact)?);
                Some(Score { temperature: exact.temperature, observable, z })
            });
            if exact.temperature == 0.0 {
                self.frozen &= measured.excited == 0 && scores.into_iter().all(|s| s.z == 0.0);
            } else if expected < settings.least_excited {
                self.expected += expected;
                self.found += measured.excited;
            } else {
                self.z.extend(scores);
            }
        }
    }

    fn of(&self, observable: Observable) -> impl Iterator<Item = f64> + Clone {
        self.z.iter().filter(move |s| s.observable == observable).map(|s| s.z)
    }

    /// z in increasing order.
    pub(super) fn sorted(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.z.iter().map(|s| s.z).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    pub(super) fn largest(&self) -> f64 {
        self.z.iter().map(|s| s.z.abs()).fold(0.0, f64::max)
    }

    /// Mean z, and the root of the mean z^2. Errors as if the observables of one run were one: they are correlated.
    pub(super) fn moments(&self) -> [Estimate; 2] {
        let n = self.z.len() as f64;
        let runs = Observable::ALL.iter().map(|&o| self.of(o).count()).max().unwrap_or(0) as f64;
        let mean = self.z.iter().map(|s| s.z).sum::<f64>() / n;
        let rms = (self.z.iter().map(|s| s.z * s.z).sum::<f64>() / n).sqrt();
        let estimate = |mean, error| Estimate { error, ..Estimate::exact(mean) };
        [estimate(mean, runs.sqrt().recip()), estimate(rms, (2.0 * runs).sqrt().recip())]
    }

    /// Probabilities of what is found, each uniform if the sampler is right: for each observable that of the sum of z^2
    /// and of the sum of z over all runs, which are independent, and that of the count of excited draws.
    pub(super) fn tests(&self) -> Vec<f64> {
        let sums = Observable::ALL.iter().filter(|&&o| self.of(o).count() > 0).flat_map(|&o| {
            let (n, all) = (self.of(o).count(), self.of(o));
            let squares = tails::chi_square(all.clone().map(|z| z * z).sum(), n);
            [squares, tails::two_sided(all.sum::<f64>() / (n as f64).sqrt())]
        });
        let cold = (self.expected > 0.0).then(|| tails::poisson(self.found, self.expected));
        sums.chain(cold).collect()
    }

    /// The smallest of these probabilities, times their number.
    pub(super) fn probability(&self) -> f64 {
        let tests = self.tests();
        (tests.iter().copied().fold(1.0, f64::min) * tests.len() as f64).min(1.0)
    }
}

/// Infinite where there is no error and yet a distance.
fn z(found: Estimate, exact: f64) -> f64 {
    let distance = found.mean - exact;
    let z = if distance == 0.0 { 0.0 } else { distance / found.error };
    if z.is_nan() { f64::INFINITY } else { z }
}

/// Bounds that right samplers all keep with the probability 1 - level: half of it for single z-scores, half for the
/// [tests](Scores::tests), both by Bonferroni.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The largest |z|.
    pub(super) z: f64,
    /// The smallest probability of a test.
    probability: f64,
}

impl Bounds {
    pub(super) fn new<'a>(level: f64, all: impl Iterator<Item = &'a Scores> + Clone) -> Self {
        let share = |n: usize| 0.5 * level / n.max(1) as f64;
        let (scores, tests) = (all.clone().map(|s| s.z.len()), all.map(|s| s.tests().len()));
        Self { z: tails::critical(share(scores.sum())), probability: share(tests.sum()) }
    }

    pub(super) fn hold(&self, scores: &Scores) -> bool {
        let likely = scores.tests().iter().all(|&p| p >= self.probability);
        scores.frozen && scores.largest() <= self.z && likely
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(z: &[f64]) -> Scores {
        let score = |&z: &f64| Score { temperature: 1.0, observable: Observable::Energy, z };
        Scores { z: z.iter().map(score).collect(), ..Scores::new() }
    }

    #[test]
    fn distances_without_an_error() {
        assert_eq!(z(Estimate::exact(-2.0), -2.0), 0.0);
        assert_eq!(z(Estimate::exact(-2.0), -1.9), f64::NEG_INFINITY);
        let single = Estimate { error: f64::NAN, ..Estimate::exact(1.0) };
        assert_eq!(z(single, 0.0), f64::INFINITY);
    }

    #[test]
    fn bounds_catch_one_far_point_and_many_near_ones() {
        let right = scores(&[0.3, -1.1, 0.7, 1.9, -0.4, -0.6, 0.1, -1.4]);
        let bounds = Bounds::new(1e-3, std::iter::once(&right));
        assert!(bounds.hold(&right) && right.probability() > 0.1);
        assert!((bounds.z - tails::critical(0.5e-3 / 8.0)).abs() < 1e-12);
        assert!(!bounds.hold(&scores(&[0.3, -1.1, 0.7, 4.9])));
        // Two errors up at each of 8 temperatures: nothing is far away, all is wrong.
        assert!(!bounds.hold(&scores(&[2.0; 8])));
        // Three errors up or down: their sum is 0.
        assert!(!bounds.hold(&scores(&[3.0, -3.0, 3.0, -3.0, 3.0, -3.0])));
        assert!(!bounds.hold(&scores(&[f64::INFINITY])));
        assert!(!bounds.hold(&Scores { expected: 3.0, found: 20, ..scores(&[0.3, 1.2]) }));
        assert!(!bounds.hold(&Scores { frozen: false, ..scores(&[0.3, 1.2]) }));
    }
}
