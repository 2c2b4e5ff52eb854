//! What `flow-square` says of the sources' statements about weights, and about what hidden units see.

use super::correlators::Correlators;
use super::flows::Results;
use super::gram::Gram;
use super::{TrainingSet, unlike};
use anyhow::{Context, Result};
use lab::{Lab, Row, verdict};
use report::Claim;
use stats::Estimate;

/// The scatter of a matrix that is "nearly constant", in units of its mean diagonal; and of one that is "diagonal", the size of
/// its other entries. Ours: the source gives no number.
const NEARLY: f64 = 0.1;

/// How far two participation ratios must be told apart, sites: those of one block.
const BLOCK: f64 = 4.0;

type Weights<'a> = Row<'a, (TrainingSet, usize), Gram>;

/// The weights of the RBMs of the size shown, trained on V, H and L.
fn shown<'a>(r: &'a Results<'_>) -> Result<[Weights<'a>; 3]> {
    let of = |set| r.weights.at(&(set, r.s.train.hidden)).context("no weights");
    Ok([of(TrainingSet::V)?, of(TrainingSet::H)?, of(TrainingSet::L)?])
}

pub(super) fn spectra(lab: &Lab, r: &Results<'_>) -> Result<[Claim; 3]> {
    let (weights, s) = (shown(r)?, r.s);
    let [v, h, l] = weights.map(|of| of.mean(Gram::effective_share));
    let (first, noise) =
        (weights[2].mean(Gram::share_of_first), weights[1].mean(Gram::effective_share_of_noise));
    let between = [verdict::above(h - v, 0.0), verdict::above(v - l, 0.0)];
    let between = verdict::every(between, "between those of H and L beyond errors").showing(v);
    let flat = verdict::above(h - noise, 0.0).showing(h);
    let effective = |set| format!("effective share of eigenvalues of $W W^T$, trained on {set}");
    let slow = lab
        .says("iso-2018/spectrum-all")?
        .judged(
            between.unless(unlike(s, TrainingSet::V, [0.0, 6.0])),
            effective("V"),
            "How many equal eigenvalues would have the same two moments, as a share of all: 1 if flat.",
        )
        .and("trained on L", Some(l))
        .and("trained on H", Some(h));
    let others = r.weights.filter(|(set, n)| *set == TrainingSet::V && *n != s.train.hidden);
    Ok([
        lab.says("iso-2018/spectrum-low")?.judged(
            verdict::above(first, 0.5).unless(unlike(s, TrainingSet::L, [0.0, 0.0])),
            "largest eigenvalue of $W W^T$ as a share of all, trained on L",
            "An eigenvalue is called dominant when it is larger than all others together.",
        ),
        slow.and_all(others.map(|of| {
            (format!("trained on V, N = {}", of.case.1), Some(of.mean(Gram::effective_share)))
        })),
        lab.says("iso-2018/spectrum-high")?
            .judged(
                flat.unless(unlike(s, TrainingSet::H, [4.0, 6.0])),
                effective("H"),
                "Nearly flat is taken as flatter than the spectrum of independent weights.",
            )
            .and("of independent weights", Some(noise)),
    ])
}

pub(super) fn maps(lab: &Lab, r: &Results<'_>) -> Result<[Claim; 3]> {
    let ([v, h, l], s) = (shown(r)?, r.s);
    let at = |of: Weights<'_>, distance: f64| of.mean(|gram| gram.at_distance(distance));
    let [near, second, third] = [1.0, 2.0, 3.0].map(|distance| at(v, distance));
    let tenth = Estimate { mean: NEARLY * near.mean, error: NEARLY * near.error, ..near };
    let band = verdict::above(near - second, 0.0);
    let is_band = band.is() == Some(true);
    let scales = verdict::every(
        [band, verdict::above(third - tenth, 0.0)],
        format!("falls beyond errors, but leaves {NEARLY} of the neighbours' entry at distance 3"),
    );
    let scales = scales.corrected_if(is_band, "a band, but of nearest neighbours").showing(near);
    let of_high = at(h, 1.0);
    let diagonal = verdict::below(Estimate { mean: of_high.mean.abs(), ..of_high }, NEARLY);
    let constant = verdict::below(l.mean(Gram::scatter), NEARLY);
    let neighbours = |set| format!("mean entry of $W W^T$ for neighbours, trained on {set}");
    let units = "In units of the mean of the diagonal.";
    Ok([
        lab.says("iso-2018/map-low")?
            .judged(
                constant.unless(unlike(s, TrainingSet::L, [0.0, 0.0])),
                "scatter of the entries of $W W^T$ off the diagonal, trained on L",
                units,
            )
            .and("mean entry for neighbours", Some(at(l, 1.0))),
        lab.says("iso-2018/map-all")?
            .judged(scales.unless(unlike(s, TrainingSet::V, [0.0, 6.0])), neighbours("V"), units)
            .and("at distance 2", Some(second))
            .and("at distance 3", Some(third)),
        lab.says("iso-2018/map-high")?
            .judged(
                diagonal.showing(of_high).unless(unlike(s, TrainingSet::H, [4.0, 6.0])),
                neighbours("H"),
                units,
            )
            .and("at distance 2", Some(at(h, 2.0)))
            .and("scatter of the entries off the diagonal", Some(h.mean(Gram::scatter))),
    ])
}

/// The correlators of hidden units against those of block spins, without what the magnetisation gives to all sites.
pub(super) fn coarse_graining(lab: &Lab, r: &Results<'_>) -> Result<Claim> {
    let of = r.correlators.at(&()).context("no correlators")?;
    let mean = |ratios: &[f64]| ratios.iter().sum::<f64>() / ratios.len() as f64;
    let units = of.mean(|seed| mean(&seed.local_of_hidden));
    let blocks = of.mean(|seed| mean(&seed.local_of_blocks));
    let likeness = of.mean(Correlators::likeness);
    let differ =
        verdict::same(&[units, blocks], BLOCK).negated("participation ratios differ beyond errors");
    let ruling = verdict::every(
        [verdict::above(likeness, 0.5), differ],
        "a cosine above 0.5 with the most similar block, and other participation ratios than blocks, beyond errors",
    );
    Ok(lab
        .says("koch-2020/coarse-graining")?
        .judged(
            ruling.showing(units),
            "participation ratio of $\\langle v_i h_a \\rangle$ at $T_c$ without its mean over the sites",
            "With their mean all are wide: at $T_c$ everything is correlated with the magnetisation.",
        )
        .and("of majority spins of 2 × 2 blocks", Some(blocks))
        .and("cosine with the most similar block", Some(likeness))
        .and("of the weights", Some(of.mean(|seed| mean(&seed.of_weights)))))
}
