//! One step v -> h -> v' by either rule.

use nalgebra::DMatrix;
use rand::Rng;
use rbm::Rbm;
use serde::{Deserialize, Serialize};

/// What passes between the layers. The two rules differ in kind (errata E13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Expectations, thesis (50)-(51): a deterministic mean-field map; units are real numbers after the first step.
    Mean,
    /// Samples: block Gibbs sampling, a Markov chain whose stationary law is the machine's own p(v). Units stay +-1.
    Sampled,
}

/// A trained machine and the rule by which it moves configurations.
#[derive(Clone, Copy)]
pub struct Flow<'a> {
    /// The machine.
    pub rbm: &'a Rbm,
    /// The rule.
    pub rule: Rule,
}

impl Flow<'_> {
    /// One step v -> h -> v' of a batch `[visible, sample]`.
    ///
    /// # Panics
    /// When the batch has another width than the machine.
    pub fn step<R: Rng + ?Sized>(&self, v: &DMatrix<f32>, rng: &mut R) -> DMatrix<f32> {
        match self.rule {
            Rule::Mean => self.rbm.visible_mean(&self.rbm.hidden_mean(v)),
            Rule::Sampled => self.rbm.sample_visible(&self.rbm.sample_hidden(v, rng), rng),
        }
    }

    /// The flow from `start`, shown to `observe` at steps 0 (the start) to `steps`.
    ///
    /// # Panics
    /// When the batch has another width than the machine.
    pub fn run<R: Rng + ?Sized>(
        &self,
        start: DMatrix<f32>,
        steps: usize,
        rng: &mut R,
        mut observe: impl FnMut(usize, &DMatrix<f32>),
    ) {
        let mut v = start;
        observe(0, &v);
        for step in 1..=steps {
            v = self.step(&v, rng);
            observe(step, &v);
        }
    }
}
