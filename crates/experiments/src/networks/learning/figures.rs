//! What `learning` shows, as figures.

use super::bias::{Field, root_of_update};
use super::claims::beside_optimum;
use super::onward::Onward;
use super::race::{Curve, Race};
use super::saddle::{Passage, Saddle};
use super::tables::{EXACT, mini_batches};
use super::tied::{Limit, Tied};
use super::{CD_1, Settings};
use exact::Ring;
use lab::parts::*;
use rbm::Negative;
use report::content::{Figure, Panel, Point, Series, Style};
use stats::Estimate;

/// Divergence over the updates, a panel for each coupling.
pub(super) fn race(settings: &Settings, races: &[Race]) -> Figure {
    let panel = |race: &Race| Panel {
        title: format!("K = {}", race.coupling),
        x: log_axis("update + 1"),
        y: log_axis("KL from the ring (nats)"),
        series: race.curves.iter().flat_map(with_bars).collect(),
        marks: vec![
            mark_y("equal weights", race.equal_kl),
            mark_y("best of sample", race.best_of_sample.mean),
        ],
    };
    Figure {
        id: "learning-divergence".into(),
        caption: format!(
            "Free weights from small random ones: the exact divergence from the ring over the updates, mean and standard error over {} seeds, each with {} samples of its own and, for every rule, the same start. The best equal weights are a saddle: the larger K, the longer machines rest near it before they leave it. Best of sample: the largest likelihood of the same samples, which is as far as samples lead; a machine trapped in a defect lifts the mean.",
            settings.seeds, settings.samples
        ),
        panels: races.iter().map(panel).collect(),
    }
}

/// A line through all points and error bars at some of them.
fn with_bars(curve: &Curve) -> [Series; 2] {
    let label = curve.negative.to_string();
    let place = |&(i, e): &(usize, Estimate)| (curve.updates[i] as f64 + 1.0, e);
    let all: Vec<(usize, Estimate)> = curve.kl.iter().copied().enumerate().collect();
    let line = all.iter().map(place).map(|(x, e)| (x, e.mean));
    let points = all.iter().rev().step_by(5).map(place);
    [self::curve(label.clone(), Style::Line, line), measured(label, Style::Points, points)]
}

/// Tied weights over the updates, and where they end.
pub(super) fn tied(settings: &Settings, tied: &[Tied]) -> Figure {
    let is_shown = |limit: &&Limit| match limit.negative {
        Negative::Contrastive { steps } => steps <= 4,
        _ => true,
    };
    let panel = |of: &Tied| {
        let shown = || of.limits.iter().filter(is_shown);
        let line = |limit: &Limit, low: f64| {
            let points = of.updates.iter().zip(&limit.path).map(|(&x, &w)| (x as f64 + 1.0, w));
            let points = points.filter(|(x, _)| *x <= settings.tied.burn_in as f64);
            let points: Vec<(f64, f64)> = points.collect();
            let below = points.iter().rposition(|(_, w)| *w < low).map_or(0, |last| last + 1);
            let early = points.into_iter().skip(below);
            curve(limit.negative.to_string(), Style::Line, early)
        };
        // Beside one another, to be told apart.
        let end = |(i, limit): (usize, &Limit)| {
            let x = settings.tied.burn_in as f64 * 2.0 * 1.25f64.powi(i as i32);
            let shift = beside_optimum(of, limit.root, limit.deviation);
            let weight = Estimate { mean: of.best + shift.mean, ..shift };
            measured(limit.negative.to_string(), Style::Points, [(x, weight)])
        };
        let first = of.limits.iter().find(|limit| limit.negative == CD_1);
        let (root, bias) = first.map_or((of.best, 0.0), |l| (l.root, (l.root - of.best).abs()));
        let room = bias.max(1e-3);
        let low = of.best - 3.0 * room;
        // From where they have come in from below.
        let lines: Vec<Series> = shown().map(|limit| line(limit, low)).collect();
        let highest = lines.iter().flat_map(|line| &line.points).map(|point| point.y);
        let high = highest.fold(of.best + 2.5 * room, f64::max);
        Panel {
            title: format!("K = {}", of.coupling),
            x: log_axis("update + 1"),
            y: axis_in("tied weight W", low, high + 0.1 * room),
            series: lines.into_iter().chain(shown().enumerate().map(end)).collect(),
            marks: vec![mark_y("W(K)", of.best), mark_y("root of CD-1", root)],
        }
    };
    Figure {
        id: "learning-tied".into(),
        caption: format!(
            "Tied weights. Lines: the first updates of one machine. Points, beside one another and not at an update: where machines rest, mean and standard error over {} samples, less what the noise of the sample does to the root of the mean update. Dotted: W(K), and that root for CD-1 and the ring. CD-k beyond k = 4, which cannot be told from W(K) here, is in the table.",
            settings.seeds
        ),
        panels: tied.iter().map(panel).collect(),
    }
}

/// The bias of tied weights over k, and how far the mean update is from a gradient.
pub(super) fn bias(settings: &Settings, tied: &[Tied], fields: &[Field]) -> Figure {
    let contrastive = |negative: Negative| match negative {
        Negative::Contrastive { steps } => Some(f64::from(steps)),
        _ => None,
    };
    let mut series = Vec::new();
    for of in tied {
        let label = format!("K = {}", of.coupling);
        let points = of.limits.iter().filter_map(|limit| {
            let shift = beside_optimum(of, limit.root, limit.deviation);
            let (bias, sign) = (limit.root - of.best, (limit.root - of.best).signum());
            let e = Estimate { mean: sign * shift.mean, ..shift };
            // A bias below the error has no place on a logarithmic axis.
            Some((contrastive(limit.negative)?, e)).filter(|_| bias.abs() > 3.0 * e.error)
        });
        series.push(measured(label.clone(), Style::Points, points));
        let Ok(ring) = Ring::new(settings.visible, of.coupling) else { continue };
        let sums = ring.magnetisation_probabilities();
        let n = settings.tied.train.hidden;
        let longest = of.limits.iter().filter_map(|l| contrastive(l.negative)).fold(1.0, f64::max);
        let line = (1..=longest as u32)
            .map(|k| (f64::from(k), (root_of_update(&sums, n, Some(k)) - of.best).abs()));
        series.push(curve(label, Style::Line, line.filter(|(_, y)| *y > 1e-7)));
    }
    let over_k = |of: &dyn Fn(&Field) -> Estimate| -> Vec<(f64, Estimate)> {
        fields.iter().filter_map(|f| Some((contrastive(f.negative)?, of(f)))).collect()
    };
    let angle = |f: &Field| Estimate { mean: 1.0 - f.cosine.mean, ..f.cosine };
    Figure {
        id: "learning-bias".into(),
        caption: format!(
            "The bias of CD-k. Left: the distance of tied weights from W(K) where training ends; points measured, where the distance is above three errors, lines the exact root of the mean update down to $10^{{-7}}$. Right: the mean update as a field over free weights, exact, at {} machines with random weights of standard deviation {}, $K = {}$: the antisymmetric share of its derivatives, which is 0 for a gradient, and 1 minus the cosine of its angle with the gradient of the likelihood.",
            settings.fields, settings.field_std, settings.shown_coupling
        ),
        panels: vec![
            Panel {
                title: "tied weights".into(),
                x: axis("steps k"),
                y: log_axis("|W − W(K)|"),
                series,
                marks: vec![],
            },
            Panel {
                title: "free weights".into(),
                x: axis("steps k"),
                y: log_axis("share"),
                series: vec![
                    measured("antisymmetric share", Style::LinePoints, over_k(&|f| f.asymmetry)),
                    measured("1 − cosine", Style::LinePoints, over_k(&angle)),
                ],
                marks: vec![],
            },
        ],
    }
}

/// The way off the saddle.
pub(super) fn saddle(settings: &Settings, saddle: &Saddle) -> Figure {
    let (exact, sampled) = (EXACT.to_owned(), mini_batches(settings));
    // From update `first` up to `last`.
    let both = |first: f64, last: f64, of: fn(&Passage) -> &[Vec<f64>]| -> Vec<Series> {
        let line = |(label, path): (&String, &Vec<f64>)| {
            let points = saddle.updates.iter().zip(path).map(|(&x, &y)| (x as f64 + first, y));
            curve(label, Style::Line, points.filter(|(x, _)| *x <= last))
        };
        let sampled = of(&saddle.sampled).iter().map(|path| line((&sampled, path)));
        sampled.chain(of(&saddle.exact).iter().map(|path| line((&exact, path)))).collect()
    };
    let start = saddle.exact.spread.iter().map(|path| path[0]).fold(0.0, f64::max);
    let reach = (0.1 / start).ln() / saddle.expected_rate.mean;
    let law = grid(0.0, reach, 20).map(|x| (x, start * (saddle.expected_rate.mean * x).exp()));
    let mut spread = both(0.0, 1.8 * reach, |p| &p.spread);
    spread.push(Series {
        label: "rate of the Hessian".into(),
        style: Style::Dashed,
        points: law.map(|(x, y)| Point { x, y, error: 0.0 }).collect(),
    });
    let panel =
        |title: &str, x, y, series, marks| Panel { title: title.into(), x, y, series, marks };
    Figure {
        id: "learning-saddle".into(),
        caption: format!(
            "Free weights that start at W(K), $K = {}$, with noise of standard deviation {}; a line for each of {} samples. Left: KL rests at that of equal weights, then falls towards 0. Right: the part of the weights in which hidden units differ along the long wave grows exponentially, at the rate that the most negative curvature says; by CD-k on mini-batches too, for the hidden units enter by their means, and noise that is the same for all of them does not tell them apart.",
            settings.shown_coupling, settings.saddle.noise, settings.seeds
        ),
        panels: vec![
            panel(
                "divergence",
                log_axis("update + 1"),
                log_axis("KL from the ring (nats)"),
                both(1.0, f64::INFINITY, |p| &p.kl),
                vec![mark_y("equal weights", saddle.equal_kl)],
            ),
            panel(
                "hidden units part",
                axis("update"),
                log_axis("norm of the difference"),
                spread,
                vec![],
            ),
        ],
    }
}

/// From the saddle on to decimation.
pub(super) fn onward(settings: &Settings, saddle: &Saddle, onward: &Onward) -> Figure {
    let k = settings.shown_coupling;
    Figure {
        id: "learning-onward".into(),
        caption: format!(
            "From equal weights on to decimation, $K = {k}$. Left: $K'$ of the hidden layer, a line for each of {} samples, from its largest value on, where hidden units part; the exact gradient is followed on by {} updates. Points, beside one another and not at an update: where the machines tend to, the minimum downhill from each for its own sample, mean and standard error over samples. Dashed: descent on the divergence from the ring itself. Right: that descent alone; what is left falls as powers of the number of updates.",
            settings.seeds, settings.saddle.further
        ),
        panels: vec![
            Panel {
                title: "coupling of the hidden layer".into(),
                x: log_axis("update + 1"),
                y: axis("K′"),
                series: couplings(settings, saddle, onward),
                marks: vec![mark_y("eq. (48)", onward.decimated)],
            },
            Panel {
                title: "the ring itself".into(),
                x: log_axis("update"),
                y: log_axis("distance"),
                series: approach(settings, onward),
                marks: vec![],
            },
        ],
    }
}

/// K' over the updates, and where it tends to.
fn couplings(settings: &Settings, saddle: &Saddle, onward: &Onward) -> Vec<Series> {
    let (exact, sampled) = (EXACT.to_owned(), mini_batches(settings));
    // From the largest K' on: before, the layer is no ring.
    let line = |label: &str, style, path: Vec<(u64, f64)>| {
        let peak = (0..path.len()).max_by(|&a, &b| path[a].1.total_cmp(&path[b].1)).unwrap_or(0);
        let points = path.into_iter().skip(peak).map(|(x, y)| (x as f64 + 1.0, y));
        curve(label, style, points)
    };
    let trained = |path: &Vec<f64>| -> Vec<(u64, f64)> {
        saddle.updates.iter().copied().zip(path.iter().copied()).collect()
    };
    let mut couplings: Vec<Series> = saddle
        .sampled
        .coupling
        .iter()
        .map(|path| line(&sampled, Style::Line, trained(path)))
        .collect();
    let prolonged = saddle.exact.coupling.iter().zip(&onward.paths).map(|(path, further)| {
        let further = further.iter().copied().skip(1);
        line(&exact, Style::Line, trained(path).into_iter().chain(further).collect())
    });
    couplings.extend(prolonged);
    let law = &onward.law;
    let of_law = || law.updates.iter().copied().zip(law.coupling.iter().copied()).collect();
    couplings.push(line("the exact gradient, the ring itself", Style::Dashed, of_law()));
    // Beside one another, and at no update.
    let far = 3.0 * (settings.saddle.updates + settings.saddle.further) as f64;
    for (label, learnt, x) in [(&exact, &onward.exact, far), (&sampled, &onward.sampled, 1.8 * far)]
    {
        if learnt.number > 1 {
            couplings.push(measured(label.clone(), Style::Points, [(x, learnt.limit)]));
        }
    }
    couplings
}

/// How descent on the divergence from the ring comes to decimation.
fn approach(settings: &Settings, onward: &Onward) -> Vec<Series> {
    let law = &onward.law;
    // The second half of the decades, where the power is read.
    let late = |values: &[f64]| -> Vec<(f64, f64)> {
        let points = law.updates.iter().map(|&x| x as f64).zip(values.iter().copied());
        let first = (settings.saddle.further as f64).sqrt();
        points.filter(|(x, y)| *x >= first && *y > 0.0).collect()
    };
    let distance: Vec<f64> = law.coupling.iter().map(|c| c - onward.decimated).collect();
    let mut approach = Vec::new();
    for (label, values, power) in
        [("K′ minus eq. (48)", &distance, -0.5), ("KL from the ring (nats)", &law.kl, -1.0)]
    {
        let points = late(values);
        let end = points.last().copied().unwrap_or((1.0, 1.0));
        let guide: Vec<(f64, f64)> =
            points.iter().map(|(x, _)| (*x, end.1 * (x / end.0).powf(power))).collect();
        approach.push(curve(label, Style::Line, points));
        approach.push(curve(format!("power {power}").replace('-', "−"), Style::Dashed, guide));
    }
    approach
}
