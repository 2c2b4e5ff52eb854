//! What is exact: the construction, the minima over all weights, descents step by step, the curvature at equal weights.

use super::Settings;
use crate::reproduce::Run;
use crate::reproduce::parts::is_shown;
use crate::stages::{self, Descend, Descent, Target};
use anyhow::{Context, Result};
use exact::decimation::{HiddenCoupling, hidden_coupling};
use exact::{Machine, Ring, decimation, divergence, enumerate, minimum, symmetric};
use nalgebra::DMatrix;
use rayon::prelude::*;
use rbm::Rbm;

/// The construction at one coupling and locking strength.
pub(super) struct Locked {
    pub(super) coupling: f64,
    pub(super) locking: f64,
    pub(super) kl: f64,
    pub(super) hidden: HiddenCoupling,
}

pub(super) fn locked(settings: &Settings) -> Result<Vec<Locked>> {
    let mut all = Vec::new();
    for &coupling in &settings.couplings {
        let q = enumerate::ring(&Ring::new(settings.visible, coupling)?)?.probabilities;
        for &locking in &settings.lockings {
            let machine = decimation::locked(settings.visible, coupling, locking)?;
            let kl = divergence::kl_gradient(&q, &machine.weights)?.0;
            all.push(Locked { coupling, locking, kl, hidden: hidden_coupling(&machine)? });
        }
    }
    Ok(all)
}

/// The inverse step at one coupling: a hidden unit on every bond.
pub(super) struct Bonds {
    pub(super) coupling: f64,
    pub(super) weight: f64,
    pub(super) kl: f64,
    pub(super) hidden: HiddenCoupling,
}

pub(super) fn bonds(settings: &Settings) -> Result<Vec<Bonds>> {
    let of_coupling = |&coupling: &f64| -> Result<Bonds> {
        let q = enumerate::ring(&Ring::new(settings.visible, coupling)?)?.probabilities;
        let machine = decimation::bonds(settings.visible, coupling)?;
        let kl = divergence::kl_gradient(&q, &machine.weights)?.0;
        let weight = machine.weights[(0, 0)];
        Ok(Bonds { coupling, weight, kl, hidden: hidden_coupling(&machine)? })
    };
    settings.couplings.iter().map(of_coupling).collect()
}

/// The minimum over all weights at one coupling, and the equal-weight machine beside it.
pub(super) struct Minimum {
    pub(super) coupling: f64,
    pub(super) best: Descent,
    /// The share of descents that ended there.
    pub(super) reached: f64,
    pub(super) hidden: HiddenCoupling,
    /// K' of a second descent, from the decimated ring of M/2 sites.
    pub(super) twice: f64,
    pub(super) equal_kl: f64,
}

pub(super) fn over_couplings(run: &Run, settings: &Settings) -> Result<Vec<Minimum>> {
    let (m, n) = (settings.visible, settings.visible / 2);
    let of_coupling = |&coupling: &f64| -> Result<Minimum> {
        let ring = Ring::new(m, coupling)?;
        let descents = descents(run, settings, m, n, coupling)?;
        let best = stages::best(&descents)?.clone();
        let hidden = hidden_coupling(&Machine::without_biases(best.weights.clone())?)?;
        let second = self::descents(run, settings, n, n / 2, hidden.coupling)?;
        let second = Machine::without_biases(stages::best(&second)?.weights.clone())?;
        let weight = symmetric::best_weight(&ring.into(), n)?;
        Ok(Minimum {
            coupling,
            reached: stages::reached(&descents)?,
            hidden,
            twice: hidden_coupling(&second)?.coupling,
            equal_kl: symmetric::kl(&ring.into(), n, weight),
            best,
        })
    };
    settings.couplings.iter().map(of_coupling).collect()
}

fn descents(
    run: &Run,
    settings: &Settings,
    sites: usize,
    hidden: usize,
    coupling: f64,
) -> Result<Vec<Descent>> {
    let label = format!("decimation-theorem/descents/{sites}-{hidden}-{coupling}");
    let stage = Descend {
        target: Target::Ring { sites, coupling },
        hidden,
        starts: settings.starts,
        initial_std: settings.initial_std,
        seed: stats::child_seed(run.seed, &label, 0),
    };
    Ok(run.store.get(&stage)?.value)
}

pub(super) fn at(minima: &[Minimum], coupling: f64) -> Result<&Minimum> {
    minima.iter().find(|m| m.coupling == coupling).context("coupling is not among couplings")
}

/// The minimum for one number of hidden units.
pub(super) struct Size {
    pub(super) hidden: usize,
    pub(super) kl: f64,
    pub(super) reached: f64,
    pub(super) equal_kl: f64,
    /// Eigenvalues of the Hessian at equal weights, ascending.
    pub(super) curvatures: Vec<f64>,
}

pub(super) fn over_sizes(run: &Run, settings: &Settings) -> Result<Vec<Size>> {
    let (m, k) = (settings.visible, settings.coupling);
    let ring = Ring::new(m, k)?;
    let q = enumerate::ring(&ring)?.probabilities;
    let of_size = |&hidden: &usize| -> Result<Size> {
        let descents = descents(run, settings, m, hidden, k)?;
        let weight = symmetric::best_weight(&ring.into(), hidden)?;
        let equal = DMatrix::from_element(m, hidden, weight);
        Ok(Size {
            hidden,
            kl: stages::best(&descents)?.kl,
            reached: stages::reached(&descents)?,
            equal_kl: symmetric::kl(&ring.into(), hidden, weight),
            curvatures: divergence::hessian_eigenvalues(&q, &equal)?,
        })
    };
    settings.hidden_sizes.iter().map(of_size).collect()
}

/// One plain descent with the exact gradient, from small weights.
pub(super) struct Path {
    /// Steps that are shown, spaced evenly in their logarithm.
    pub(super) steps: Vec<usize>,
    pub(super) kl: Vec<f64>,
    /// `M sum_a (mean_i W_ia)^2 / sum W^2`: the share of W in which the sites do not differ.
    pub(super) uniform: Vec<f64>,
    /// K' of the hidden layer, as a ring.
    pub(super) hidden: Vec<f64>,
}

pub(super) fn paths(run: &Run, settings: &Settings) -> Result<Vec<Path>> {
    let (m, n) = (settings.visible, settings.visible / 2);
    let q = enumerate::ring(&Ring::new(m, settings.coupling)?)?.probabilities;
    let of_index = |index: u64| -> Result<Path> {
        let mut rng = stats::stream(run.seed, "decimation-theorem/paths", index);
        let start = Rbm::random(m, n, settings.path_std as f32, &mut rng).weights.map(f64::from);
        let mut path = Path { steps: vec![], kl: vec![], uniform: vec![], hidden: vec![] };
        let mut machines = Vec::new();
        let (rate, steps) = (settings.path_rate, settings.path_steps);
        minimum::gradient_descent(&q, &start, rate, steps, |step, kl, w| {
            if is_shown(step) || step == steps {
                let along = w.row_mean().norm_squared() * m as f64;
                path.steps.push(step);
                path.kl.push(kl);
                path.uniform.push(along / w.norm_squared());
                machines.push(w.clone());
            }
        })?;
        for weights in machines {
            path.hidden.push(hidden_coupling(&Machine::without_biases(weights)?)?.coupling);
        }
        Ok(path)
    };
    (0..settings.paths).into_par_iter().map(of_index).collect()
}

/// Curvatures at the equal-weight point that tell hidden units apart, by Fourier mode 0..=M/2, at each K.
pub(super) struct Curvature {
    pub(super) coupling: f64,
    pub(super) modes: Vec<f64>,
}

pub(super) fn curvatures(settings: &Settings) -> Result<Vec<Curvature>> {
    let (m, n) = (settings.visible, settings.visible / 2);
    let largest = settings.couplings.iter().copied().fold(0.0, f64::max);
    let of_coupling = |i: usize| -> Result<Curvature> {
        let coupling = largest * i as f64 / 100.0;
        let ring = Ring::new(m, coupling)?;
        let weight = symmetric::best_weight(&ring.into(), n)?;
        let mut modes = divergence::uniform_modes(&ring, n, weight)?;
        modes.truncate(m / 2 + 1);
        Ok(Curvature { coupling, modes })
    };
    (1..=100).into_par_iter().map(of_coupling).collect()
}
