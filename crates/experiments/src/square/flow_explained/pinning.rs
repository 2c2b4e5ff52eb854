//! Pinning where it is certain: RBMs made by hand, the torus at one temperature with every second site copied by a hidden unit.

use super::rbms::{Reading, Start, State};
use super::{Settings, Study};
use crate::stages::{Flowing, Relaxation};
use anyhow::Result;
use flow::freezing;
use ising::Lattice;
use lab::{Grid, Lab, Row, verdict};
use rbm::Rbm;
use report::Check;
use stats::{Estimate, child_seed};

/// An RBM that copies every second site.
pub(super) struct CopyingRbm {
    /// The weight with which it does.
    pub(super) weight: f64,
    /// Whether it is the strongest one, clipped to that.
    pub(super) is_clipped: bool,
    /// Hidden units pinned to a site.
    pub(super) pinned: usize,
    rbm: Rbm,
}

/// What a repetition found of one.
pub(super) struct Copied {
    /// KL(torus ‖ RBM) of the whole lattice in nats.
    pub(super) kl: Estimate,
    pub(super) relaxation: Relaxation,
}

/// All of them: of growing weights, and last the strongest with the weights of its pinned units clipped.
pub(super) type Copies = Grid<CopyingRbm, Copied>;

pub(super) fn copies(lab: &Lab, s: &Settings, starts: &[Start<'_>]) -> Result<Copies> {
    let lattice = Lattice::square(s.side.size())?;
    let (temperature, draws) = (*s.copying.temperature, s.copying.held_out.short());
    let pinned = |rbm: &Rbm| freezing::pinned_units(rbm, s.pinned.weight, *s.pinned.participation);
    let made = |weight: f64| freezing::copying(&lattice, temperature.recip(), weight);
    let strongest = made(s.copying.weights.highest());
    let clipped = freezing::clipped(&strongest, &pinned(&strongest), s.pinned.limit);
    let all = s.copying.weights.iter().map(|&weight| (weight, false, made(weight)));
    let all = all.chain([(s.pinned.limit.into(), true, clipped)]);
    let all = all.map(|(weight, is_clipped, rbm)| CopyingRbm {
        weight,
        is_clipped,
        pinned: pinned(&rbm).len(),
        rbm,
    });
    let torus = lab.each(starts, |start| start.of.draw("frozen", &[temperature], draws))?;
    lab.grid(all, *s.seeds, |CopyingRbm { weight, is_clipped, rbm, .. }, index| {
        let (start, torus) = (&starts[index as usize], &torus[index as usize].samples.value);
        let number = weight.to_bits() ^ u64::from(*is_clipped);
        let seed = child_seed(start.of.seed, "copying", number);
        Ok(Copied {
            kl: freezing::copying_divergence(&lattice, torus, temperature.recip(), *weight),
            relaxation: start.relax(Flowing::Given(rbm), seed)?,
        })
    })
}

/// In how many repetitions starts have met.
pub(super) fn met(of: Row<'_, CopyingRbm, Copied>) -> String {
    format!("{} of {}", of.count(|found| found.relaxation.met.is_some()), of.cells.len())
}

/// Hidden units that copy a site stop the flow there, and clipping their weights hardly changes p(v).
pub(super) fn check(s: &Settings, study: &Study<'_>, copies: &Copies) -> Check {
    /// Nats of the whole lattice that count as hardly a difference of two distributions.
    const HARDLY: f64 = 1.0;
    /// The share of flips that pinning leaves at most.
    const SHARE: f64 = 0.1;
    let strongest = copies.filter(|copy| !copy.is_clipped).last();
    let both = strongest.zip(copies.find(|copy| copy.is_clipped));
    let pairs = both.iter().flat_map(|(strong, clipped)| strong.cells.iter().zip(clipped.cells));
    let shares =
        pairs.clone().map(|(of, clipped)| of.relaxation.slowest / clipped.relaxation.slowest);
    let changes = pairs.map(|(of, clipped)| clipped.kl - of.kl);
    let (shares, changes): (Vec<Estimate>, Vec<Estimate>) = (shares.collect(), changes.collect());
    let is_stopped = shares.iter().map(|&share| verdict::below(share, SHARE));
    let is_same = changes.iter().map(|&change| verdict::near(change, 0.0, HARDLY));
    let rule = format!(
        "in every repetition at most {SHARE} of the flips, and KL within {HARDLY} nat, beyond errors"
    );

    let trained = || study.rbms.cells().iter().filter_map(|states| states.last());
    let largest = trained().map(|state| state.largest_weight).fold(0.0, f64::max);
    let clipped: Vec<[f64; 2]> = trained().filter_map(effect_of_clipping).collect();
    let is_harmless = |[change, gain]: &&[f64; 2]| change.abs() < HARDLY && *gain > 1.0;
    verdict::every(is_stopped.chain(is_same), rule)
        .showing(Estimate::over_seeds(&shares))
        .check(
            "pinning",
            "Where hidden units are made to copy single sites, the sampled flow stops there, while clipping their weights hardly changes p(v).",
            "flip rate of the slowest site as a share of that with clipped weights",
            format!(
                "The torus at T = {}, every second site copied by weights of {} or, clipped, {}; hot and cold starts met in {} runs within {} steps.",
                s.copying.temperature,
                s.copying.weights.highest(),
                s.pinned.limit,
                both.map_or_else(String::new, |(of, clipped)| format!("{} and {}", met(of), met(clipped))),
                s.steps
            ),
        )
        .and(
            "change of KL(torus ‖ RBM) by clipping, nats of the whole lattice",
            Some(Estimate::over_seeds(&changes)),
        )
        .and(
            format!("of {} RBMs trained on the mixture, with a pinned unit", trained().count()),
            Some(clipped.len() as f64),
        )
        .and("of these, made faster by clipping that changes KL by less than 1 nat", {
            let harmless = clipped.iter().filter(is_harmless).count();
            (!clipped.is_empty()).then_some(harmless as f64)
        })
        .and("the largest weight of RBMs trained on the mixture", Some(largest))
}

/// What clipping the pinned units of a trained RBM changes: KL(mixture ‖ RBM) in nats, and the flip rate of the slowest site by a
/// factor; none without such units.
fn effect_of_clipping(state: &State) -> Option<[f64; 2]> {
    let Reading { kl, relaxation, clipped, .. } = state.reading.as_ref()?;
    let (kl_clipped, clipped) = clipped.as_ref()?;
    Some([kl_clipped.kl.mean - kl.kl.mean, clipped.slowest.mean / relaxation.slowest.mean])
}
