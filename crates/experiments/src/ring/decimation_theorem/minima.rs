//! What is exact: the construction, the minima over all weights, descents step by step, the curvature at equal weights.

use super::Settings;
use crate::ring::rings;
use crate::stages::{self, Descent};
use anyhow::{Context, Result};
use exact::decimation::{HiddenCoupling, hidden_coupling};
use exact::ring::decimate;
use exact::{Machine, Ring, decimation, divergence, enumerate, minimum, symmetric};
use lab::Run;
use lab::parts::is_shown;
use nalgebra::DMatrix;
use rayon::prelude::*;
use rbm::Rbm;

/// The construction at one coupling and locking strength.
pub(super) struct Locked {
    pub(super) coupling: f64,
    pub(super) locking: f64,
    pub(super) kl: f64,
    pub(super) hidden: HiddenCoupling,
    /// Steps in which the sampled flow forgets its start.
    pub(super) memory: f64,
}

pub(super) fn locked(settings: &Settings) -> Result<Vec<Locked>> {
    let mut all = Vec::new();
    for &coupling in &settings.couplings {
        let q = enumerate::ring(&Ring::new(settings.visible, coupling)?)?.probabilities;
        for &locking in &settings.lockings {
            let machine = decimation::locked(settings.visible, coupling, locking)?;
            let kl = divergence::kl_gradient(&q, &machine.weights)?.0;
            let (hidden, memory) =
                (hidden_coupling(&machine)?, enumerate::relaxation_time(&machine)?);
            all.push(Locked { coupling, locking, kl, hidden, memory });
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
    pub(super) sites: usize,
    pub(super) coupling: f64,
    pub(super) best: Descent,
    /// The share of descents that ended as low.
    pub(super) reached: f64,
    pub(super) hidden: HiddenCoupling,
    /// The largest relative deviation from eq. (48) of all that ended as low, and whether all of them are rings.
    pub(super) deviation: f64,
    pub(super) all_rings: bool,
    pub(super) equal_kl: f64,
}

fn minimum_at(run: &Run, settings: &Settings, sites: usize, coupling: f64) -> Result<Minimum> {
    let n = sites / 2;
    let ring = Ring::new(sites, coupling)?;
    let (starts, std) = (settings.starts, settings.initial_std);
    let label = coupling.to_string();
    let descents = rings::descents(run, &label, [sites, n], coupling, starts, std)?;
    let best = stages::best(&descents)?.clone();
    let read = |d: &Descent| -> Result<HiddenCoupling> {
        Ok(hidden_coupling(&Machine::without_biases(d.weights.clone())?)?)
    };
    let as_low = stages::reached(&descents)?;
    let all = as_low.iter().map(|d| read(d)).collect::<Result<Vec<_>>>()?;
    let deviation = |h: &HiddenCoupling| (h.coupling / decimate(coupling) - 1.0).abs();
    Ok(Minimum {
        sites,
        coupling,
        reached: as_low.len() as f64 / descents.len() as f64,
        hidden: read(&best)?,
        deviation: all.iter().map(deviation).fold(0.0, f64::max),
        all_rings: all.iter().all(|h| h.is_ring && h.sign > 0.0),
        equal_kl: symmetric::kl(&ring.into(), n, symmetric::best_weight(&ring.into(), n)?),
        best,
    })
}

pub(super) fn over_couplings(run: &Run, settings: &Settings) -> Result<Vec<Minimum>> {
    let of = |&k: &f64| minimum_at(run, settings, settings.visible, k);
    settings.couplings.iter().map(of).collect()
}

/// Rings of other sizes, at the coupling that is shown.
pub(super) fn over_sites(run: &Run, settings: &Settings) -> Result<Vec<Minimum>> {
    let of = |&sites: &usize| minimum_at(run, settings, sites, settings.coupling);
    settings.sites.iter().map(of).collect()
}

/// K of layers 1 and 2 by descent, machine on machine, for each start of the flow.
pub(super) fn layers(run: &Run, settings: &Settings) -> Result<Vec<[f64; 2]>> {
    let of_start = |&k: &f64| -> Result<[f64; 2]> {
        let mut layers = [k, 0.0, 0.0];
        for layer in 0..2 {
            let (sites, label) = (settings.visible >> layer, format!("{k}, layer {layer}"));
            let (starts, std) = (settings.starts, settings.initial_std);
            let shape = [sites, sites / 2];
            let descents = rings::descents(run, &label, shape, layers[layer], starts, std)?;
            let best = Machine::without_biases(stages::best(&descents)?.weights.clone())?;
            layers[layer + 1] = hidden_coupling(&best)?.coupling;
        }
        Ok([layers[1], layers[2]])
    };
    settings.flow_couplings.iter().map(of_start).collect()
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
        let (starts, std) = (settings.starts, settings.initial_std);
        let descents = rings::descents(run, &k.to_string(), [m, hidden], k, starts, std)?;
        let weight = symmetric::best_weight(&ring.into(), hidden)?;
        let equal = DMatrix::from_element(m, hidden, weight);
        Ok(Size {
            hidden,
            kl: stages::best(&descents)?.kl,
            reached: stages::reached(&descents)?.len() as f64 / descents.len() as f64,
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
    let mut couplings: Vec<f64> = (1..=100).map(|i| largest * f64::from(i) / 100.0).collect();
    // The coupling that is shown is among them to the last bit.
    couplings.extend(&settings.couplings);
    couplings.sort_by(f64::total_cmp);
    let of_coupling = |coupling: f64| -> Result<Curvature> {
        let ring = Ring::new(m, coupling)?;
        let weight = symmetric::best_weight(&ring.into(), n)?;
        let mut modes = divergence::uniform_modes(&ring, n, weight)?;
        modes.truncate(m / 2 + 1);
        Ok(Curvature { coupling, modes })
    };
    couplings.into_par_iter().map(of_coupling).collect()
}
