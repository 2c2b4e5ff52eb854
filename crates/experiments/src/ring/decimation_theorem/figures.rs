//! What `decimation-theorem` shows: figures and tables.

use super::Settings;
use super::exact_minima::{Best, Constructed, Curvature, DescentTrajectory, Minimum, Point};
use super::sampled::{Sampled, Trained};
use crate::ring::rings::equal_weights;
use anyhow::{Context, Result};
use exact::Rbm64;
use exact::decimation::hidden_coupling;
use exact::ring::decimate;
use lab::Lab;
use nalgebra::DMatrix;
use report::{Figure, Panel, Table, figure, grid, panel, table};

/// How the renormalization group is named in every legend.
const RG: &str = "RG, tanh K′ = tanh² K";

/// K' of a trained RBM.
fn k_of(rbm: &Trained) -> f64 {
    rbm.hidden.coupling
}

/// The central figure: K' over K, and K from layer to layer, on top of the renormalization group.
pub(super) fn flow(
    lab: &Lab,
    s: &Settings,
    minima: &[Minimum],
    sampled: &[Sampled<'_>],
    layers: &[[f64; 3]],
) -> Result<Figure> {
    let m = s.visible.size();
    let top = s.couplings.iter().copied().fold(0.0, f64::max);
    let couplings: Vec<f64> = grid(0.0, top, 60).skip(1).collect();
    let equal = lab.each(&couplings, |&k| {
        let (weight, _) = equal_weights([m, m / 2], k)?;
        Ok((k, hidden_coupling(&Rbm64::uniform(m, m / 2, weight)?)?.coupling))
    })?;
    let step = panel("coupling K, visible layer", "coupling K′, hidden layer")
        .title("one RBM: a step")
        .line(RG, grid(0.0, top, 200).map(|k| (k, decimate(k))))
        .points("exact gradient", minima.iter().map(|m| (m.best.coupling, m.hidden.coupling)))
        .points("trained on samples", sampled.iter().map(|s| (s.coupling, s.mean(k_of))))
        .dashed("equal weights (all pairs)", equal)
        .dashed("K′ = K", [(0.0, 0.0), (top, top)]);
    let exact =
        minima.iter().map(|m| (m.best.coupling, m.hidden.coupling - decimate(m.best.coupling)));
    let trained = sampled.iter().map(|s| (s.coupling, s.mean(k_of) - decimate(s.coupling)));
    let left = panel("coupling K, visible layer", "K′ minus that of the RG")
        .title("what is left")
        .points("exact gradient", exact)
        .points("trained on samples", trained)
        .mark_y("0", 0.0);
    let trained = s.flow_couplings.iter().filter_map(|k| sampled.iter().find(|s| s.coupling == *k));
    let trained = trained.flat_map(|s| [(1.0, Some(s.mean(k_of))), (2.0, s.twice())]);
    let flow = panel("layer", "coupling K of the layer")
        .title("RBM on RBM: the flow")
        .each(s.flow_couplings.iter(), |panel, &k| {
            panel.line(RG, [k, decimate(k), decimate(decimate(k))].into_iter().enumerate())
        })
        .points("exact gradient", layers.iter().flat_map(|k| [(1.0, k[1]), (2.0, k[2])]))
        .points("trained on samples", trained);
    Ok(figure("flow", format!("RBMs with half as many hidden as visible units (M = {m}) on top of the exact renormalization group. Left: the coupling of the hidden layer. Middle: the difference from eq. (48), above 0 as long as units are not pinned for good. Right: the hidden layer as the data of a second RBM."))
        .panel(step)
        .panel(left)
        .panel(flow))
}

/// Plain descents: drawn to the saddle at equal weights, and away from it; RBMs trained on samples along their way.
pub(super) fn training(
    s: &Settings,
    paths: &[DescentTrajectory],
    minimum: &Minimum,
    sampled: &Sampled<'_>,
) -> Figure {
    let numbered = || paths.iter().enumerate().map(|(i, path)| (format!("start {}", i + 1), path));
    let over_updates = |y: &str, of: fn(&Point) -> f64| {
        panel("update + 1", y).log_x().each(numbered(), |panel, (label, path)| {
            panel.line(label, path.iter().map(|p| (p.update as f64 + 1.0, of(p))))
        })
    };
    // From the plateau on: before it there is no hidden ring to be read.
    let past_saddle = |path: &DescentTrajectory| {
        let points = path.iter().filter(|p| p.kl < minimum.best.equal_kl).map(|p| (p.kl, p.hidden));
        points.collect::<Vec<_>>()
    };
    let hidden = panel("KL (nats)", "coupling K′")
        .title("hidden layer")
        .log_x()
        .each(numbered(), |panel, (label, path)| panel.line(label, past_saddle(path)))
        .points("trained on samples", sampled.learnt().map(|t| (t.kl, t.hidden.coupling)))
        .mark_y("eq. (48)", decimate(s.coupling));
    figure("training", format!("Plain descent with the exact gradient at $K = {}$ from small random weights: KL rests near that of equal weights, a saddle, until the hidden units part. Right: below $10^{{-2}}$, where $K'$ is that of a ring, it comes down to eq. (48), and so do RBMs trained on samples.", s.coupling))
        .panel(over_updates("KL (nats)", |p| p.kl).log_y()
            .title("divergence")
            .mark_y("equal weights", minimum.best.equal_kl))
        .panel(over_updates("share", |p| p.uniform)
            .title("share of equal weights in W")
            .y_from(-0.02, 1.05))
        .panel(hidden)
}

/// The curvature at equal weights over K.
pub(super) fn saddle(s: &Settings, curvatures: &[Curvature]) -> Figure {
    let m = s.visible.size();
    figure("saddle", format!("The curvature of KL at the best equal weights, in directions $W_{{ia}} = x_i y_a$ with $\\sum_a y_a = 0$ that tell hidden units apart, for x a wave of k periods along the ring (M = {m}). One negative curvature makes the point a saddle; each is (N − 1)-fold, so that only N = 1 escapes."))
        .panel(panel("coupling K", "eigenvalue of the Hessian (nats)")
            .title("equal weights are a saddle")
            .each(0..=m / 2, |panel, k| {
                panel.line(format!("k = {k}"), curvatures.iter().map(|c| (c.coupling, c.modes[k])))
            })
            .mark_y("0", 0.0))
}

/// Weights of each hidden unit around its strongest site.
pub(super) fn receptive_fields(
    s: &Settings,
    minimum: &Minimum,
    sampled: &Sampled<'_>,
) -> Result<Figure> {
    let trained = sampled.rbms().next().context("there is no RBM trained on samples")?;
    let of = |title: &str, weights: &DMatrix<f64>| -> Panel {
        panel("site, from the strongest", "weight, its sign that of the strongest")
            .title(title)
            .each(0..weights.ncols(), |panel, a| {
                panel.joined(format!("unit {}", a + 1), around_strongest(weights, a))
            })
            .mark_y("K", s.coupling)
    };
    Ok(figure("fields", format!("Weights of the hidden units, $K = {}$: each is pinned to one site, by a weight L that grows as long as one trains, and has the weight K to the two neighbours of that site. Weights at other even distances are free as far as they are antisymmetric, $W_{{2b,a}} = -W_{{2a,b}}$ up to the signs of the units.", s.coupling))
        .panel(of("exact gradient", &minimum.best.weights))
        .panel(of("trained on samples", &trained.weights.weights)))
}

fn around_strongest(weights: &DMatrix<f64>, a: usize) -> Vec<(f64, f64)> {
    let m = weights.nrows();
    let strongest = weights.column(a).icamax();
    let sign = weights[(strongest, a)].signum();
    let half = m as i64 / 2;
    let site = |r: i64| (strongest as i64 + r).rem_euclid(m as i64) as usize;
    (-half..=half).map(|r| (r as f64, sign * weights[(site(r), a)])).collect()
}

/// KL over the pinning strength, and over the number of hidden units.
pub(super) fn how_many(s: &Settings, pinned: &[Constructed], sizes: &[Best]) -> Figure {
    // What rounding leaves of 0, so that it has a place on a logarithmic axis.
    let floor = |kl: f64| kl.max(1e-16);
    let half_integer = s.couplings.iter().filter(|k| (2.0 * **k).fract() == 0.0);
    let half = s.visible.size() / 2;
    figure("size", format!("Left: the construction fits the ring ever better as its pinning grows, like $e^{{-4L}}$. Right: with fewer than M/2 = {half} hidden units no descent has found weights that fit the ring, with M/2 and more they do ($10^{{-16}}$ stands for 0); equal weights never do."))
        .panel(panel("pinning strength L", "KL (nats)").log_y()
            .title("construction, N = M/2")
            .each(half_integer, |panel, &k| {
                let points = pinned.iter().filter(|l| l.coupling == k);
                panel.joined(format!("K = {k}"), points.map(|l| (l.weight, floor(l.kl))))
            }))
        .panel(panel("hidden units N", "lowest KL found (nats)").log_y()
            .title(format!("over all weights, K = {}", s.coupling))
            .joined("best of the descents", sizes.iter().map(|s| (s.units, floor(s.kl))))
            .joined("equal weights", sizes.iter().map(|s| (s.units, floor(s.equal_kl))))
            .mark_x("M/2", half as f64))
}

pub(super) fn minima_table<'a>(
    s: &Settings,
    minima: impl IntoIterator<Item = &'a Minimum>,
) -> Table {
    table("minima", format!("Minima over all weights, N = M/2, the best of {} descents on the exact divergence; over all descents that ended as low, the largest relative deviation of $K'$ from eq. (48) and whether their hidden layers are rings; KL in nats, and the share of descents that ended there.", s.starts))
        .rows(minima)
        .column("M", |m| m.best.sites)
        .column("K", |m| m.best.coupling)
        .column("K′, eq. (48)", |m| decimate(m.best.coupling))
        .column("K′", |m| m.hidden.coupling)
        .column("deviation", |m| m.deviation)
        .column("rings", |m| if m.all_rings { "all" } else { "not all" })
        .column("KL", |m| m.best.kl)
        .column("share", |m| m.best.share)
        .column("KL, equal weights", |m| m.best.equal_kl)
        .into()
}

pub(super) fn samples_table(s: &Settings, sampled: &[Sampled<'_>]) -> Table {
    table("samples", format!("The same from contrastive divergence on {} samples, over the RBMs whose KL is below {} of that of equal weights; the others, units pinned to both sublattices, are trapped. Largest other: the largest coupling of the hidden layer that is not the ring's.", s.training.samples, s.training.trapped_above))
        .rows(sampled)
        .column("K", |s| s.coupling)
        .column("K′, eq. (48)", |s| decimate(s.coupling))
        .column("K′", |s| s.mean(k_of))
        .column("largest other", |s| s.mean(|t| t.hidden.largest_other))
        .column("KL", |s| s.mean(|t| t.kl))
        .column("KL of all", |s| s.kl_of_all())
        .column("learnt", |s| format!("{} of {}", s.learnt().count(), s.rbms().count()))
        .into()
}

pub(super) fn sizes_table(s: &Settings, sizes: &[Best]) -> Result<Table> {
    let with = |size| Ok((size, Best::curvatures_at_equal(size)?));
    let rows: Vec<(&Best, Vec<f64>)> = sizes.iter().map(with).collect::<Result<_>>()?;
    Ok(table("sizes", format!("How many hidden units it takes, M = {}, $K = {}$: the best equal weights, the negative eigenvalues of the Hessian there, and the best of {} descents over all weights.", s.visible, s.coupling, s.starts))
        .rows(rows)
        .column("N", |(s, _)| s.units)
        .column("KL, equal weights", |(s, _)| s.equal_kl)
        .column("negative curvatures", |(_, all)| all.iter().filter(|c| **c < -1e-12).count())
        .column("lowest", |(_, all)| all.first().copied())
        .column("KL, best", |(s, _)| s.kl)
        .column("share that reached it", |(s, _)| s.share)
        .into())
}

pub(super) fn pinned_table(s: &Settings, pinned: &[Constructed]) -> Table {
    table("pinned", format!("The construction at $K = {}$: its hidden layer is the decimated ring at every pinning strength L, its visible layer the ring as L grows. Relaxation time: of the sampled flow $v \\to h \\to v'$, in steps.", s.coupling))
        .rows(pinned.iter().filter(|l| l.coupling == s.coupling))
        .column("L", |l| l.weight)
        .column("KL", |l| l.kl)
        .column("KL exp(4L)", |l| l.kl * (4.0 * l.weight).exp())
        .column("K′", |l| l.hidden.coupling)
        .column("deviation from eq. (48)", |l| l.deviation())
        .column("largest other coupling", |l| l.hidden.largest_other)
        .column("relaxation time (steps)", |l| l.memory)
        .into()
}

pub(super) fn bonds_table(bonds: &[Constructed]) -> Table {
    table("bonds", "The inverse step, N = M: a hidden unit on every bond, with the weight w to both of its ends, $\\tanh^2 w = \\tanh K$. Visible and hidden units together are a ring of 2M sites at w; decimated to either layer it is the ring at K.")
        .rows(bonds)
        .column("K", |b| b.coupling)
        .column("w", |b| b.weight)
        .column("KL", |b| b.kl)
        .column("K′ of the hidden layer", |b| b.hidden.coupling)
        .column("largest other coupling", |b| b.hidden.largest_other)
        .into()
}
