//! The bias of contrastive divergence: where training of tied weights ends, and the mean update as a field over free weights.

use super::free::{self, Free};
use super::{CD_1, Data, Sample, Settings};
use crate::ring::rings::gives_equal_weights;
use crate::stages::Checkpoints;
use anyhow::{Context, Result};
use exact::contrastive_divergence::{antisymmetry, equal_weight_root, jacobian, mean_update};
use exact::symmetric;
use lab::verdict::{above, agrees, all, at_most, reach};
use lab::{Grid, Lab};
use rbm::{GradientEstimator, Rbm, TrainConfig};
use report::{Cell, Check, Claim, Figure, Table, figure, log_spaced, panel, rough, table};
use stats::Estimate;

/// Where training of tied weights ends, for one ring and one gradient estimator.
pub(super) struct TiedEndpoint<'a> {
    data: &'a Data,
    gradient: GradientEstimator,
    /// The root of the mean update for the ring, and the KL divergence from the ring there.
    root: f64,
    root_kl: f64,
    /// W, mean over updates and seeds.
    pub(super) weight: Estimate,
    /// W minus the root for the RBM's own sample.
    deviation: Estimate,
    /// W of the first seed at the updates that are read.
    path: Vec<f64>,
}

impl TiedEndpoint<'_> {
    /// What the bias moves the root by.
    fn bias(&self) -> f64 {
        self.root - self.data.best_weight
    }

    /// Where training ends minus W(K), freed of the noise of the samples, which root and RBM share.
    fn measured_bias(&self) -> Estimate {
        Estimate { mean: self.bias() + self.deviation.mean, ..self.deviation }
    }

    /// The KL divergence that the bias costs.
    fn cost(&self) -> f64 {
        self.root_kl - self.data.equal_kl
    }

    /// k of CD-k.
    fn k(&self) -> Option<f64> {
        steps_of(self.gradient).map(f64::from)
    }
}

/// k of CD-k; none for chains and sums that tend to the model's own mean.
fn steps_of(gradient: GradientEstimator) -> Option<u32> {
    match gradient {
        GradientEstimator::Contrastive { steps } => Some(steps),
        _ => None,
    }
}

/// The ends by ring.
fn by_ring<'a, 'b>(ends: &'b [TiedEndpoint<'a>]) -> impl Iterator<Item = &'b [TiedEndpoint<'a>]> {
    ends.chunk_by(|a, b| a.data.coupling() == b.data.coupling())
}

/// The end of training on this ring with this gradient estimator.
pub(super) fn of<'a, 'b>(
    ends: &'b [TiedEndpoint<'a>],
    data: &Data,
    gradient: GradientEstimator,
) -> Result<&'b TiedEndpoint<'a>> {
    let found =
        ends.iter().find(|e| e.data.coupling() == data.coupling() && e.gradient == gradient);
    found.with_context(|| format!("no tied weights were trained by {gradient}"))
}

/// All updates at first, for the figure, then those that are averaged.
fn read_updates(s: &Settings) -> Vec<u64> {
    let shown = log_spaced(*s.tied.updates).filter(|&update| update < s.tied.burn_in);
    shown.chain((s.tied.burn_in..=*s.tied.updates).step_by(s.tied.spacing.size())).collect()
}

pub(super) fn ends<'a>(lab: &Lab, s: &Settings, data: &'a [Data]) -> Result<Vec<TiedEndpoint<'a>>> {
    let updates = read_updates(s);
    let first = updates.iter().filter(|&&update| update < s.tied.burn_in).count();
    let kinds = |data| s.tied.gradients.iter().map(move |&gradient| (data, gradient));
    let cases = data.iter().flat_map(kinds);
    let grid =
        lab.grid(cases, *s.seeds, |&(data, gradient): &(&Data, GradientEstimator), seed| {
            let Sample { drawn, seed, .. } = &data.samples[seed as usize];
            let config = TrainConfig { gradient, ..s.tied.train };
            let (start, seed, updates) = (None, *seed, &updates[..]);
            let rbms = lab.get(&Checkpoints { data: drawn, config, start, updates, seed })?.value;
            let path: Vec<f64> =
                rbms.iter().map(|rbm| f64::from(rbm.weights[(0, 0)].abs())).collect();
            let own_root =
                equal_weight_root(&drawn.value.up_frequencies(), s.hidden(), steps_of(gradient))?;
            Ok((path, own_root))
        })?;
    let end = |row: lab::Row<'_, (&'a Data, GradientEstimator), (Vec<f64>, f64)>| {
        let (data, gradient) = *row.case;
        let sums = data.ring.magnetisation_probabilities();
        let root = equal_weight_root(&sums, s.hidden(), steps_of(gradient))?;
        let weight = |path: &[f64]| Estimate::from_series(&path[first..]);
        let deviation = row.mean(|(path, own_root)| weight(path) - *own_root);
        Ok(TiedEndpoint {
            data,
            gradient,
            root,
            root_kl: symmetric::kl(&data.ring.into(), s.hidden(), root),
            weight: row.mean(|(path, _)| weight(path)),
            deviation: Estimate { error: deviation.error.hypot(ROUNDING), ..deviation },
            path: row.cells[0].0.clone(),
        })
    };
    grid.rows().map(end).collect()
}

/// W and its hidden means are f32: where nothing is left to fluctuate, W is known to this.
const ROUNDING: f64 = 1e-6;

/// The mean update at random RBMs, by gradient estimator.
pub(super) type Fields = Grid<GradientEstimator, Field>;

/// The mean update as a vector field at one RBM.
pub(super) struct Field {
    /// The antisymmetric share of its Jacobian: 0 for a gradient.
    asymmetry: f64,
    /// Cosine of the angle between the mean update and the gradient.
    cosine: f64,
}

/// For each gradient estimator of the tied weights but those with persistent chains.
pub(super) fn fields(lab: &Lab, s: &Settings, data: &Data) -> Result<Fields> {
    let is_known = |n: &GradientEstimator| {
        matches!(n, GradientEstimator::Contrastive { .. } | GradientEstimator::Exact)
    };
    let kinds = s.tied.gradients.iter().copied().filter(is_known);
    lab.grid(kinds, *s.fields, |&gradient, index| {
        let mut rng = stats::stream(lab.seed, "learning/fields", index);
        let rbm = Rbm::random(s.visible.size(), s.hidden(), s.field_std as f32, &mut rng);
        let (weights, steps) = (rbm.weights.map(f64::from), steps_of(gradient));
        let gradient = mean_update(&data.q, &weights, None)?;
        let update = mean_update(&data.q, &weights, steps)?;
        Ok(Field {
            asymmetry: antisymmetry(&jacobian(&data.q, &weights, steps)?),
            cosine: gradient.dot(&update) / (gradient.norm() * update.norm()),
        })
    })
}

fn asymmetry(fields: &Fields, gradient: GradientEstimator) -> Result<Estimate> {
    let row =
        fields.at(&gradient).with_context(|| format!("{gradient} is not among the fields"))?;
    Ok(row.mean(|field| field.asymmetry))
}

/// A KL divergence below this share of what equal weights have in any case is a very small one.
const SMALL: f64 = 0.1;

pub(super) fn claims(
    lab: &Lab,
    s: &Settings,
    data: &Data,
    ends: &[TiedEndpoint<'_>],
    fields: &Fields,
    free: &Free<'_>,
) -> Result<[Claim; 4]> {
    let k = s.shown_coupling;
    let (first, exact) = (of(ends, data, CD_1)?, of(ends, data, GradientEstimator::Exact)?);
    let longest = ends.iter().filter(|end| end.data.coupling() == k && end.k().is_some());
    let longest = longest.max_by_key(|end| steps_of(end.gradient)).unwrap_or(first);
    let free_kl = |gradient: GradientEstimator| {
        let row = free.find(|case| case.data.coupling() == k && case.gradient == gradient);
        Ok::<_, anyhow::Error>(free::end(row.context("a gradient estimator was not trained")?))
    };
    let (free_cd, free_exact) = (free_kl(CD_1)?, free_kl(GradientEstimator::Exact)?);
    let fades = longest.bias().abs() < SMALL * first.bias().abs();
    Ok([
        lab.says("ter-hoeve-2018/cd-descends")?
            .judged(
                agrees(first.measured_bias(), 0.0, 0.1 * first.bias().abs())
                    .corrected_if(fades, format!("the bias fades with k, and {} ends {} from W(K)", longest.gradient, rough(longest.bias()))),
                format!("tied weight where CD-1 ends minus W(K), $K = {k}$"),
                format!("At W(K) the gradient is 0 and the mean update of CD-1 is not: it goes uphill, from KL = {:.4} to {:.4}.", data.equal_kl, first.root_kl),
            )
            .and("the same, exact", Some(first.bias())),
        lab.says("sutskever-tieleman-2010/cd-is-no-gradient")?.judged(
            above(asymmetry(fields, CD_1)?, SYMMETRIC),
            "antisymmetric share of the Jacobian of CD-1's mean update",
            format!("A gradient has a symmetric Jacobian. Exact, at {} RBMs with random weights of standard deviation {}.", s.fields, s.field_std),
        ),
        lab.says("carreira-perpinan-hinton-2005/cd-bias-small")?
            .judged(
                all([at_most(first.cost() / data.equal_kl, SMALL), above(Estimate::exact(first.cost()), 0.0)]),
                format!("KL that the bias of CD-1 costs tied weights, as a share of their KL, $K = {k}$"),
                "Free weights can fit the ring, and there the bias vanishes with KL.",
            )
            .and("the same in nats", Some(first.cost()))
            .and("KL of free weights by CD-1, nats", Some(free_cd))
            .and("KL of free weights by the exact gradient, nats", Some(free_exact)),
        lab.says("ter-hoeve-2018/training-gives-equal")?
            .judged(
                gives_equal_weights(free_cd, data.equal_kl),
                format!("KL of free weights trained by CD-1 on samples, $K = {k}$, nats"),
                format!("W(K) = {:.6} has KL = {:.4}. Training ends at W(K) only where all weights are tied to one value.", data.best_weight, data.equal_kl),
            )
            .and("tied weight after training by the exact gradient", Some(exact.weight))
            .and("its distance from the best of its own sample", Some(exact.deviation)),
    ])
}

/// What differences of the update make of a symmetric Jacobian.
const SYMMETRIC: f64 = 1e-6;

pub(super) fn checks(ends: &[TiedEndpoint<'_>], fields: &Fields) -> Result<[Check; 2]> {
    // Persistent chains lag behind the weights, so that their root is one only for a rate that goes to 0.
    let known =
        ends.iter().filter(|end| end.k().is_some() || end.gradient == GradientEstimator::Exact);
    let deviations = known.map(|end| end.deviation.mean.abs() / reach(end.deviation));
    Ok([
        at_most(deviations.fold(0.0, f64::max), 1.0).check(
            "roots",
            "Tied weights end where the exact mean update for their own sample vanishes.",
            "largest deviation, over what errors reach",
            "Of all couplings, for CD-k and the exact gradient.",
        ),
        at_most(asymmetry(fields, GradientEstimator::Exact)?.mean, SYMMETRIC).check(
            "gradient-is-one",
            "The Jacobian of the exact gradient is symmetric.",
            "its antisymmetric share",
            "By the same differences as that of CD-k.",
        ),
    ])
}

/// The first updates of tied weights, and where they end.
pub(super) fn tied_figure(s: &Settings, ends: &[TiedEndpoint<'_>]) -> Figure {
    let updates: Vec<f64> = read_updates(s).into_iter().map(|update| update as f64 + 1.0).collect();
    let caption = format!(
        "Tied weights. Lines: the first updates of one RBM. Points (horizontal position without meaning): where training ends, mean over {} seeds, less the noise of the sample; dotted: W(K), and the root of the mean update of CD-1.",
        s.seeds
    );
    figure("tied", caption).panels(by_ring(ends), |ends| {
        let data = ends[0].data;
        // Longer chains cannot be told from W(K) here.
        let shown = ends.iter().filter(|end| end.k().is_none_or(|k| k <= 4.0));
        let shown: Vec<&TiedEndpoint<'_>> = shown.collect();
        let first = shown.iter().find(|end| end.gradient == CD_1);
        let root = first.map_or(data.best_weight, |end| end.root);
        let room = (root - data.best_weight).abs().max(1e-3);
        let low = data.best_weight - 3.0 * room;
        // From where they have come in from below.
        let early = |end: &TiedEndpoint<'_>| {
            let points = updates.iter().copied().zip(end.path.iter().copied());
            let points = points.filter(|(x, _)| *x <= s.tied.burn_in as f64);
            let points: Vec<(f64, f64)> = points.collect();
            let below = points.iter().rposition(|(_, w)| *w < low).map_or(0, |last| last + 1);
            points[below..].to_vec()
        };
        let lines: Vec<_> =
            shown.iter().map(|end| (end.gradient.to_string(), early(end))).collect();
        let highest = lines.iter().flat_map(|(_, points)| points).map(|point| point.1);
        let high = highest.fold(data.best_weight + 2.5 * room, f64::max);
        let place = |i: usize| s.tied.burn_in as f64 * 2.0 * 1.25f64.powi(i as i32);
        panel("update + 1", "tied weight W")
            .title(format!("K = {}", data.coupling()))
            .log_x()
            .y_from(low, high + 0.1 * room)
            .each(lines, |panel, (label, points)| panel.line(label, points))
            .each(shown.iter().enumerate(), |panel, (i, end)| {
                let bias = end.measured_bias();
                let weight = Estimate { mean: data.best_weight + bias.mean, ..bias };
                panel.points(end.gradient.to_string(), [(place(i), weight)])
            })
            .mark_y("W(K)", data.best_weight)
            .mark_y("root of CD-1", root)
    })
}

/// The bias of tied weights over k, and how far the mean update is from a gradient.
pub(super) fn bias_figure(
    s: &Settings,
    ends: &[TiedEndpoint<'_>],
    fields: &Fields,
) -> Result<Figure> {
    let mut tied = panel("steps k", "|W − W(K)|").title("tied weights").log_y();
    for ends in by_ring(ends) {
        let data = ends[0].data;
        let label = format!("K = {}", data.coupling());
        let points = ends.iter().filter_map(|end| {
            let (bias, measured) = (end.bias(), end.measured_bias());
            let e = Estimate { mean: bias.signum() * measured.mean, ..measured };
            // A bias below the error has no place on a logarithmic axis.
            Some((end.k()?, e)).filter(|_| bias.abs() > 3.0 * e.error)
        });
        let longest = ends.iter().filter_map(TiedEndpoint::k).fold(1.0, f64::max);
        let sums = data.ring.magnetisation_probabilities();
        let exact = |k: u32| {
            let root = equal_weight_root(&sums, s.hidden(), Some(k))?;
            Ok((f64::from(k), (root - data.best_weight).abs()))
        };
        let line = (1..=longest as u32).map(exact).collect::<Result<Vec<_>>>()?;
        tied = tied
            .points(label.clone(), points)
            .line(label, line.into_iter().filter(|(_, y)| *y > 1e-7));
    }
    let over_k = |of: fn(&Field) -> f64| {
        let point = move |row: lab::Row<'_, GradientEstimator, Field>| {
            Some((f64::from(steps_of(*row.case)?), row.mean(of)))
        };
        fields.rows().filter_map(point)
    };
    let angle = |(k, cosine): (f64, Estimate)| (k, Estimate { mean: 1.0 - cosine.mean, ..cosine });
    let caption = format!(
        "The bias of CD-k. Left: distance of tied weights from W(K) where training ends, measured where it is above three errors; lines: the exact root of the mean update. Right, at {} random RBMs, $K = {}$: the antisymmetric share of the mean update's Jacobian, and its angle with the gradient.",
        s.fields, s.shown_coupling
    );
    Ok(figure("bias", caption).panel(tied).panel(
        panel("steps k", "share")
            .title("free weights")
            .log_y()
            .joined("antisymmetric share", over_k(|field| field.asymmetry))
            .joined("1 − cosine", over_k(|field| field.cosine).map(angle)),
    ))
}

pub(super) fn weights_table(s: &Settings, ends: &[TiedEndpoint<'_>]) -> Table {
    let caption = format!(
        "Tied weights: W(K), the exact root of the mean update for the ring, where training ends (mean over {} samples of {}), its distance from the root for each RBM's own sample, and the KL that the bias costs. Persistent chains lag behind the weights as long as these move.",
        s.seeds, s.samples
    );
    table("weights", caption)
        .rows(ends)
        .column("K", |end| end.data.coupling())
        .column("gradient estimator", |end| end.gradient.to_string())
        .column("W(K)", |end| end.data.best_weight)
        .column("root", |end| end.root)
        .column("W", |end| end.weight)
        .column("W minus own root", |end| end.deviation)
        .column("excess KL", |end| end.cost())
        .into()
}

pub(super) fn fields_table(s: &Settings, fields: &Fields) -> Table {
    let caption = format!(
        "The mean update as a field over free weights, exact at each of {} random RBMs, $K = {}$; errors: spread over RBMs.",
        s.fields, s.shown_coupling
    );
    table("fields", caption)
        .rows(fields.rows())
        .column("gradient estimator", |row| row.case.to_string())
        .column("antisymmetric share", |row| row.mean(|field| field.asymmetry))
        .column("cosine with the gradient", |row| {
            let cosine = row.mean(|field| field.cosine);
            // One but for rounding.
            match 1.0 - cosine.mean < 1e-12 {
                true => Cell::from(1.0),
                false => Cell::from(cosine),
            }
        })
        .into()
}
