//! One step v -> h -> v' by either rule, for whole ensembles.

use nalgebra::{DMatrix, DVectorView};
use rand_pcg::Pcg64;
use rbm::{Rbm, Walk};
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// What passes between the layers. The two rules differ in kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Expectations, thesis (50)-(51): a deterministic mean-field map; units are real numbers after the first step.
    Mean,
    /// Samples: block Gibbs sampling, a Markov chain whose stationary distribution is the RBM's own p(v). Units stay +-1.
    Sampled,
}

/// A trained RBM and the rule by which it moves configurations.
///
/// ```
/// use flow::{Flow, Rule};
/// use nalgebra::DMatrix;
/// use rbm::Rbm;
///
/// // The sampled flow ends in the RBM's own p(v): two units held together by a hidden one have <v_0 v_1> = tanh^2 w.
/// let rbm = Rbm::uniform(2, 1, 0.5);
/// let flow = Flow { rbm: &rbm, rule: Rule::Sampled };
/// let (start, rng) = (DMatrix::from_element(2, 100, 1.0), &mut stats::stream(1, "example", 0));
/// let pair = flow.estimate(start, (20, 200), rng, |v| f64::from(v[0] * v[1]));
/// assert!(pair.sigmas_from(0.5f64.tanh().powi(2)) < 4.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Flow<'a> {
    /// The RBM.
    pub rbm: &'a Rbm,
    /// The rule.
    pub rule: Rule,
}

impl Flow<'_> {
    /// One step v -> h -> v' of a batch `[visible, sample]`.
    ///
    /// # Panics
    /// When the batch has another width than the RBM.
    pub fn step(&self, v: &DMatrix<f32>, rng: &mut Pcg64) -> DMatrix<f32> {
        self.run(v.clone(), 1, rng, |_, _| ())
    }

    /// The flow from `start` `[visible, sample]`, shown to `observe` at steps 0 (the start) to `steps`; returns its end.
    ///
    /// All threads work on it, each on columns of its own, with random bits made once from `rng`: the result does not
    /// depend on their number. The mean rule draws nothing.
    ///
    /// # Panics
    /// When the batch has another width than the RBM.
    pub fn run(
        &self,
        start: DMatrix<f32>,
        steps: usize,
        rng: &mut Pcg64,
        mut observe: impl FnMut(usize, &DMatrix<f32>),
    ) -> DMatrix<f32> {
        self.run_observed(start, steps, rng, &mut observe)
    }

    fn run_observed(
        &self,
        start: DMatrix<f32>,
        steps: usize,
        rng: &mut Pcg64,
        observe: &mut dyn FnMut(usize, &DMatrix<f32>),
    ) -> DMatrix<f32> {
        let mut walk = Walk::new(self.rbm, start);
        let mut bits = match self.rule {
            Rule::Mean => Vec::new(),
            Rule::Sampled => walk.bits(rng),
        };
        observe(0, walk.visible());
        for step in 1..=steps {
            match self.rule {
                Rule::Mean => walk.mean_step(),
                Rule::Sampled => walk.sampled_step(&mut bits),
            }
            observe(step, walk.visible());
        }
        walk.into_visible()
    }

    /// The mean of an observable over the last `steps` of `burn_in + steps` steps of the flow from `start`, whose columns
    /// are independent chains; its tau is the integrated autocorrelation time of the flow, in steps
    /// (`madras-sokal-1988`).
    ///
    /// # Panics
    /// Without columns or steps, and when the batch has another width than the RBM.
    pub fn estimate(
        &self,
        start: DMatrix<f32>,
        (burn_in, steps): (usize, usize),
        rng: &mut Pcg64,
        observable: impl Fn(DVectorView<'_, f32>) -> f64,
    ) -> Estimate {
        self.estimate_of(start, (burn_in, steps), rng, &observable)
    }

    fn estimate_of(
        &self,
        start: DMatrix<f32>,
        (burn_in, steps): (usize, usize),
        rng: &mut Pcg64,
        observable: &dyn Fn(DVectorView<'_, f32>) -> f64,
    ) -> Estimate {
        let chains = start.ncols();
        let mut series = vec![0.0; chains * steps];
        self.run(start, burn_in + steps, rng, |step, v| {
            let Some(time) = step.checked_sub(burn_in + 1) else { return };
            let places = series.iter_mut().skip(time).step_by(steps);
            places.zip(v.column_iter()).for_each(|(place, v)| *place = observable(v));
        });
        Estimate::from_chains(&series, chains)
    }
}
