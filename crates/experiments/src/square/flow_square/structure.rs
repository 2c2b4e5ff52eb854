//! What the weights and correlators of `flow-square` say of the statements about them.

use super::sets::Kind;
use super::weights::Weights;
use super::{Results, Settings};
use anyhow::{Context, Result};
use lab::Run;
use lab::parts::*;
use lab::published::Finding;
use report::content::{Claim, Verdict};
use stats::Estimate;

/// The scatter of a matrix that is "nearly constant", in units of its mean diagonal; and of one that is "diagonal", the size of
/// its other entries. Ours: the source gives no number.
const NEARLY: f64 = 0.1;

pub(super) fn claims(run: &Run, results: &Results) -> Result<Vec<Claim>> {
    let find = |kind| {
        Weights::find(&results.weights, kind, results.settings.train.hidden)
            .with_context(|| format!("no weights of {kind:?}"))
    };
    let [all, high, low] = [find(Kind::All)?, find(Kind::High)?, find(Kind::Low)?];
    let settings = results.settings;
    let findings = [
        ("spectrum-low", "iso-2018/spectrum-low", spectrum_low(low)),
        ("spectrum-all", "iso-2018/spectrum-all", spectrum_all(results, all, high, low)),
        ("spectrum-high", "iso-2018/spectrum-high", spectrum_high(high)),
        ("map-low", "iso-2018/map-low", map_low(low)),
        ("map-all", "iso-2018/map-all", map_all(settings, all)),
        ("map-high", "iso-2018/map-high", map_high(high)),
        ("block-spins", "koch-2020/coarse-graining", block_spins(results)),
    ];
    findings
        .into_iter()
        .map(|(id, key, finding)| run.published.claim(&format!("flow-square/{id}"), key, finding))
        .collect()
}

fn verdict(holds: bool) -> Verdict {
    if holds { Verdict::Reproduced } else { Verdict::Contradicted }
}

/// Whether a is larger than b beyond errors.
fn exceeds(a: Estimate, b: Estimate) -> bool {
    let Estimate { mean, error, .. } = a - b;
    mean > SIGMAS * error
}

/// Whether a number is below a limit, errors included.
fn below(e: Estimate, limit: f64) -> bool {
    e.mean + SIGMAS * e.error < limit
}

fn spectrum_low(low: &Weights) -> Finding {
    let value = low.share_of_first();
    Finding {
        value,
        quantity: format!(
            "largest eigenvalue of $W W^T$ as a share of all, trained on L, N = {}",
            low.hidden
        ),
        verdict: verdict(exceeds(value, Estimate::exact(0.5))),
        reason: "One eigenvalue counts as dominant when it is larger than all others together."
            .into(),
    }
}

fn spectrum_all(results: &Results, all: &Weights, high: &Weights, low: &Weights) -> Finding {
    let [value, of_high, of_low] = [all, high, low].map(Weights::effective_share);
    let others = results.weights.iter().filter(|w| w.kind == Kind::All && w.hidden != all.hidden);
    let others: Vec<String> =
        others.map(|w| format!("{} at N = {}", shown(w.effective_share()), w.hidden)).collect();
    Finding {
        value,
        quantity: format!(
            "number of equal eigenvalues with the same two first moments, as a share of all, trained on V, N = {}",
            all.hidden
        ),
        verdict: verdict(exceeds(of_high, value) && exceeds(value, of_low)),
        reason: format!(
            "A spectrum that decays slowly lies between one eigenvalue and a flat spectrum; trained on L the number is {}, on H {}. Of other machines of V it is {}.",
            shown(of_low),
            shown(of_high),
            others.join(", ")
        ),
    }
}

fn spectrum_high(high: &Weights) -> Finding {
    let value = high.effective_share();
    let of_noise = high.effective_share_of_noise();
    Finding {
        value,
        quantity: format!(
            "number of equal eigenvalues with the same two first moments, as a share of all, trained on H, N = {}",
            high.hidden
        ),
        verdict: verdict(exceeds(value, of_noise)),
        reason: format!(
            "Of a flat spectrum it is 1; near flat is taken as flatter than that of independent weights, {}.",
            shown(of_noise)
        ),
    }
}

fn map_low(low: &Weights) -> Finding {
    let value = low.scatter();
    Finding {
        value,
        quantity: format!(
            "scatter of the entries of $W W^T$ outside the diagonal, in units of its mean diagonal, trained on L, N = {}",
            low.hidden
        ),
        verdict: verdict(below(value, NEARLY)),
        reason: format!(
            "Nearly constant is taken as a scatter below {NEARLY}; the mean entry of neighbours is {}.",
            shown(low.at_distance(1.0))
        ),
    }
}

fn map_all(settings: &Settings, all: &Weights) -> Finding {
    let far = (settings.side / 2) as f64;
    let [near, second, third, last] = [1.0, 2.0, 3.0, far].map(|r| all.at_distance(r));
    let is_band = exceeds(near, second);
    let goes_on = exceeds(third, Estimate { mean: NEARLY * near.mean, ..near });
    Finding {
        value: near,
        quantity: format!(
            "mean entry of $W W^T$ for neighbours, in units of its mean diagonal, trained on V, N = {}",
            all.hidden
        ),
        verdict: match (is_band, goes_on) {
            (true, true) => Verdict::Reproduced,
            (true, false) => Verdict::Corrected,
            (false, _) => Verdict::Contradicted,
        },
        reason: format!(
            "A decay over several scales must leave at least {NEARLY} of the neighbours' entry at distance 3. The mean is {} at distance 2, {} at 3 and {} at {far}{}.",
            shown(second),
            shown(third),
            shown(last),
            if is_band && !goes_on { ": a band, but of nearest neighbours" } else { "" }
        ),
    }
}

fn map_high(high: &Weights) -> Finding {
    let [near, second] = [1.0, 2.0].map(|r| high.at_distance(r));
    let size = Estimate { mean: near.mean.abs(), ..near };
    Finding {
        value: near,
        quantity: format!(
            "mean entry of $W W^T$ for neighbours, in units of its mean diagonal, trained on H, N = {}",
            high.hidden
        ),
        verdict: verdict(below(size, NEARLY)),
        reason: format!(
            "Diagonal is taken as neighbours below {NEARLY}; at distance 2 the mean is {}, and single entries scatter by {}.",
            shown(second),
            shown(high.scatter())
        ),
    }
}

/// The correlators of hidden units against those of block spins, without what the magnetisation gives to all sites.
fn block_spins(results: &Results) -> Finding {
    let correlators = &results.correlators;
    let value = correlators.participation(|seed| &seed.local_of_hidden);
    let blocks = correlators.participation(|seed| &seed.local_of_blocks);
    let whole = correlators.participation(|seed| &seed.of_hidden);
    let whole_of_blocks = correlators.participation(|seed| &seed.of_blocks);
    let weights = correlators.participation(|seed| &seed.of_weights);
    let apart = (value - blocks).sigmas_from(0.0) > SIGMAS;
    let are = match apart {
        true => "differ, so that hidden units are no block spins",
        false => "agree within errors, so that hidden units are not told from block spins",
    };
    Finding {
        value,
        quantity: format!(
            "participation ratio of the correlators of hidden units with the sites at $T_c$, without their mean over the sites, N = {}",
            results.settings.train.hidden
        ),
        verdict: verdict(apart),
        reason: format!(
            "Majority spins of 2 × 2 blocks have {}; the two {are}. The cosine with the most similar block is {}. With the mean the ratios are {} and {}, since at $T_c$ everything is correlated with the magnetisation; the weights reach over {} sites, those of a block over 4.",
            shown(blocks),
            shown(correlators.likeness()),
            shown(whole),
            shown(whole_of_blocks),
            shown(weights)
        ),
    }
}
