//! What is exact: the construction, minima over all weights, plain descents, the curvature at equal weights.

use super::Settings;
use crate::ring::rings::{self, Plain, equal_weights, hidden};
use crate::stages::{self, Descent};
use anyhow::Result;
use exact::decimation::{HiddenCoupling, hidden_coupling};
use exact::ring::decimate;
use exact::{Rbm64, Ring, decimation, divergence, enumerate};
use lab::Lab;
use lab::verdict::largest;
use nalgebra::DMatrix;

/// A construction that is known in closed form: N = M/2 units pinned to sites, or N = M units on the bonds.
pub(super) struct Constructed {
    pub(super) coupling: f64,
    /// The strongest weight.
    pub(super) weight: f64,
    pub(super) kl: f64,
    pub(super) hidden: HiddenCoupling,
    /// The coupling that its hidden layer has by the theorem.
    theorem: f64,
    /// Steps in which the sampled flow forgets its start, where it was asked for.
    pub(super) memory: Option<f64>,
}

impl Constructed {
    fn of(rbm: &Rbm64, k: f64, weight: f64, theorem: f64) -> Result<Self> {
        let q = enumerate::ring(&Ring::new(rbm.visible(), k)?)?.probabilities;
        Ok(Self {
            coupling: k,
            weight,
            kl: divergence::kl_gradient(&q, &rbm.weights)?.0,
            hidden: hidden_coupling(rbm)?,
            theorem,
            memory: None,
        })
    }

    /// How far K' is from the theorem.
    pub(super) fn deviation(&self) -> f64 {
        (self.hidden.coupling - self.theorem).abs()
    }

    /// How far the hidden layer is from the ring of the theorem.
    pub(super) fn off_ring(&self) -> f64 {
        largest([self.deviation(), self.hidden.largest_other])
    }
}

/// The construction at every coupling and pinning strength.
pub(super) fn pinned(lab: &Lab, s: &Settings) -> Result<Vec<Constructed>> {
    let pinnings = || s.pinnings.iter().map(|pinning| **pinning);
    let cells: Vec<(f64, f64)> =
        s.couplings.iter().flat_map(|&k| pinnings().map(move |pinning| (k, pinning))).collect();
    lab.each(&cells, |&(k, pinning)| {
        let rbm = decimation::pinned(s.visible.size(), k, pinning)?;
        let memory = Some(enumerate::relaxation_time(&rbm)?);
        Ok(Constructed { memory, ..Constructed::of(&rbm, k, pinning, decimate(k))? })
    })
}

/// The inverse step at every coupling: a hidden unit on every bond.
pub(super) fn bonds(lab: &Lab, s: &Settings) -> Result<Vec<Constructed>> {
    lab.each(&s.couplings, |&k| {
        let rbm = decimation::bonds(s.visible.size(), k)?;
        Constructed::of(&rbm, k, rbm.weights[(0, 0)], k)
    })
}

/// The best of many descents over all weights, and equal weights beside it.
pub(super) struct Best {
    pub(super) sites: usize,
    pub(super) units: usize,
    pub(super) coupling: f64,
    pub(super) weights: DMatrix<f64>,
    pub(super) kl: f64,
    /// The descents that ended as low, and their share.
    as_low: Vec<Descent>,
    pub(super) share: f64,
    equal_weight: f64,
    pub(super) equal_kl: f64,
}

impl Best {
    pub(super) fn of(lab: &Lab, s: &Settings, shape: [usize; 2], coupling: f64) -> Result<Self> {
        let (starts, std) = (*s.starts, *s.initial_std);
        let descents = rings::descents(lab, &coupling.to_string(), shape, coupling, starts, std)?;
        let best = stages::best(&descents)?;
        let as_low: Vec<Descent> = stages::reached(&descents)?.into_iter().cloned().collect();
        let (equal_weight, equal_kl) = equal_weights(shape, coupling)?;
        Ok(Self {
            sites: shape[0],
            units: shape[1],
            coupling,
            weights: best.weights.clone(),
            kl: best.kl,
            share: as_low.len() as f64 / descents.len() as f64,
            as_low,
            equal_weight,
            equal_kl,
        })
    }

    /// Eigenvalues of the Hessian at equal weights, ascending.
    pub(super) fn curvatures_at_equal(&self) -> Result<Vec<f64>> {
        let q = enumerate::ring(&Ring::new(self.sites, self.coupling)?)?.probabilities;
        let equal = DMatrix::from_element(self.sites, self.units, self.equal_weight);
        Ok(divergence::hessian_eigenvalues(&q, &equal)?)
    }
}

/// The minimum with N = M/2 units, as a step of the renormalization group.
pub(super) struct Minimum {
    pub(super) best: Best,
    pub(super) hidden: HiddenCoupling,
    /// The largest relative deviation from eq. (48) of all that ended as low, and whether all of them are rings.
    pub(super) deviation: f64,
    pub(super) all_rings: bool,
}

impl Minimum {
    pub(super) fn of(lab: &Lab, s: &Settings, sites: usize, coupling: f64) -> Result<Self> {
        let best = Best::of(lab, s, [sites, sites / 2], coupling)?;
        let all = best.as_low.iter().map(|d| hidden(&d.weights)).collect::<Result<Vec<_>>>()?;
        let deviation = |h: &HiddenCoupling| (h.coupling / decimate(coupling) - 1.0).abs();
        Ok(Self {
            hidden: hidden(&best.weights)?,
            deviation: largest(all.iter().map(deviation)),
            all_rings: all.iter().all(|h| h.is_ring && h.sign > 0.0),
            best,
        })
    }
}

/// K of layers 0, 1 and 2 by descent, RBM on RBM.
pub(super) fn layers(lab: &Lab, s: &Settings, k: f64) -> Result<[f64; 3]> {
    let mut layers = [k, 0.0, 0.0];
    for layer in 0..2 {
        let (sites, label) = (s.visible.size() >> layer, format!("{k}, layer {layer}"));
        let (shape, starts, std) = ([sites, sites / 2], *s.starts, *s.initial_std);
        let descents = rings::descents(lab, &label, shape, layers[layer], starts, std)?;
        layers[layer + 1] = hidden(&stages::best(&descents)?.weights)?.coupling;
    }
    Ok(layers)
}

/// A plain descent where a logarithmic axis of updates shows it.
pub(super) type DescentTrajectory = Vec<Point>;

/// One of its updates.
pub(super) struct Point {
    pub(super) update: usize,
    pub(super) kl: f64,
    /// `M sum_a (mean_i W_ia)^2 / sum W^2`: the share of W in which the sites do not differ.
    pub(super) uniform: f64,
    /// K' of the hidden layer, as a ring.
    pub(super) hidden: f64,
}

pub(super) fn paths(lab: &Lab, s: &Settings) -> Result<Vec<DescentTrajectory>> {
    let ring = Ring::new(s.visible.size(), s.coupling)?;
    let plain = Plain { std: *s.path_std, rate: *s.path_rate, updates: s.path_steps.size() };
    let indices: Vec<u64> = (0..*s.paths).collect();
    lab.each(&indices, |&index| {
        let shown = plain.run(lab, &ring, "decimation-theorem/paths", index)?;
        let point = |(update, kl, rbm): (usize, f64, Rbm64)| {
            let w = &rbm.weights;
            let along = w.row_mean().norm_squared() * s.visible.size() as f64;
            let uniform = along / w.norm_squared();
            Ok(Point { update, kl, uniform, hidden: hidden_coupling(&rbm)?.coupling })
        };
        shown.into_iter().map(point).collect()
    })
}

/// Curvatures at the equal-weight point that tell hidden units apart, by Fourier mode 0..=M/2, at one K.
pub(super) struct Curvature {
    pub(super) coupling: f64,
    pub(super) modes: Vec<f64>,
}

pub(super) fn curvatures(lab: &Lab, s: &Settings) -> Result<Vec<Curvature>> {
    let m = s.visible.size();
    let top = s.couplings.iter().copied().fold(0.0, f64::max);
    let mut couplings: Vec<f64> = (1..=100).map(|i| top * f64::from(i) / 100.0).collect();
    // The coupling that is shown is among them to the last bit.
    couplings.extend(s.couplings.iter());
    couplings.sort_by(f64::total_cmp);
    lab.each(&couplings, |&coupling| {
        let (weight, _) = equal_weights([m, m / 2], coupling)?;
        let mut modes = divergence::uniform_modes(&Ring::new(m, coupling)?, m / 2, weight)?;
        modes.truncate(m / 2 + 1);
        Ok(Curvature { coupling, modes })
    })
}
