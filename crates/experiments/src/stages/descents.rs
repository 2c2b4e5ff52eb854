//! Minima of the exact KL divergence over free weights, by descents from many random starts.

use anyhow::{Context, Result};
use exact::ring::walls;
use exact::{Mixture, Ring, minimum};
use lab::progress::Task;
use lab::store::Stage;
use nalgebra::DMatrix;
use rayon::prelude::*;
use rbm::Rbm;
use serde::{Deserialize, Serialize};

/// The distribution to be fitted.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A ring at one coupling.
    Ring {
        /// M.
        sites: usize,
        /// K.
        coupling: f64,
    },
    /// Rings at all temperatures from `low` to `high`.
    Range {
        /// M.
        sites: usize,
        /// The lowest temperature, J / k_B.
        low: f64,
        /// The highest.
        high: f64,
    },
}

impl Target {
    /// The distribution as a mixture of rings.
    ///
    /// # Errors
    /// Those of [`Ring::new`] and [`Mixture::range`].
    pub fn mixture(self) -> Result<Mixture, exact::Error> {
        match self {
            Self::Ring { sites, coupling } => Ok(Ring::new(sites, coupling)?.into()),
            Self::Range { sites, low, high } => Mixture::range(sites, low, high),
        }
    }

    /// q(v) of all states; bit i of the index is unit i, set for +1.
    ///
    /// # Errors
    /// As [`Self::mixture`].
    pub fn probabilities(self) -> Result<Vec<f64>, exact::Error> {
        let data = self.mixture()?;
        let m = data.sites();
        let of_walls = data.configuration_probabilities();
        Ok((0..1 << m).map(|state| of_walls[walls(state, m) as usize / 2]).collect())
    }
}

/// Descents to a minimum of the KL divergence, each from normal weights of standard deviation `initial_std`.
#[derive(Debug, Serialize)]
pub struct Descend {
    /// The distribution to be fitted.
    pub target: Target,
    /// Hidden units.
    pub hidden: usize,
    /// Random starts.
    pub starts: u64,
    /// Standard deviation of the weights at the start.
    pub initial_std: f64,
    /// The seed of the starts.
    pub seed: u64,
}

/// Where one descent ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Descent {
    /// W, `[visible, hidden]`.
    pub weights: DMatrix<f64>,
    /// KL(q || p), nats.
    pub kl: f64,
    /// The Euclidean norm of its gradient.
    pub gradient_norm: f64,
}

impl Stage for Descend {
    const NAME: &'static str = "descents";
    const VERSION: u32 = 1;
    type Output = Vec<Descent>;

    fn effort(&self) -> f64 {
        // Of a few hundred gradients, each a sum over all states.
        const SECONDS_PER_TERM: f64 = 2e-7;
        let (Target::Ring { sites, .. } | Target::Range { sites, .. }) = self.target;
        let terms = 2f64.powi(sites as i32) * (sites * self.hidden) as f64;
        SECONDS_PER_TERM * terms * self.starts as f64
    }

    fn run(&self, task: &Task<'_>) -> Result<Vec<Descent>> {
        Ok(self.descend(|share| task.done(share))?)
    }
}

impl Descend {
    /// All descents, in the order of their starts; `done` is told which share of them is done.
    ///
    /// # Errors
    /// Those of [`minimum::descend`].
    pub fn descend(&self, done: impl Fn(f64) + Sync) -> Result<Vec<Descent>, exact::Error> {
        let q = self.target.probabilities()?;
        let sites = self.target.mixture()?.sites();
        // Finite however far the best weights are: KL falls like e^{-4L}, long before this many steps.
        const MAX_STEPS: usize = 20_000;
        const GRADIENT: f64 = 1e-13;
        let descend = |index: u64| {
            let mut rng = stats::stream(self.seed, Self::NAME, index);
            let start = Rbm::random(sites, self.hidden, self.initial_std as f32, &mut rng);
            let start = start.weights.map(f64::from);
            let end = minimum::descend(&q, &start, GRADIENT, MAX_STEPS)?;
            done((index + 1) as f64 / self.starts as f64);
            Ok(Descent { weights: end.weights, kl: end.kl, gradient_norm: end.gradient_norm })
        };
        (0..self.starts).into_par_iter().map(descend).collect()
    }
}

/// The descent that ended lowest.
///
/// # Errors
/// When there is none.
pub fn best(descents: &[Descent]) -> Result<&Descent> {
    descents.iter().min_by(|a, b| a.kl.total_cmp(&b.kl)).context("there is no descent")
}

/// The descents that ended as low as the lowest, to 1e-6 nats.
///
/// # Errors
/// When there is none.
pub fn reached(descents: &[Descent]) -> Result<Vec<&Descent>> {
    let lowest = best(descents)?.kl;
    Ok(descents.iter().filter(|d| d.kl < lowest + 1e-6).collect())
}
