//! What `decimation-theorem` shows, as figures.

use super::Settings;
use super::minima::{Curvature, Locked, Minimum, Path, Size};
use super::sampled::{self, Sampled};
use anyhow::{Context, Result};
use exact::decimation::hidden_coupling;
use exact::ring::decimate;
use exact::{Machine, Ring, symmetric};
use lab::parts::*;
use nalgebra::DMatrix;
use report::content::{Figure, Panel, Series, Style};

/// How the renormalization group is named in every legend.
const RG: &str = "RG, tanh K′ = tanh² K";

/// The central figure: K' over K, and K from layer to layer, on top of the renormalization group.
pub(super) fn renormalization(
    settings: &Settings,
    minima: &[Minimum],
    sampled: &[Sampled],
    layers: &[[f64; 2]],
) -> Result<Figure> {
    Ok(Figure {
        id: "decimation-theorem-flow".into(),
        caption: format!(
            "The coupling flow of machines with half as many hidden as visible units (M = {}), on top of the exact renormalization group. Left: the coupling of the hidden layer, by descent on the exact divergence, by contrastive divergence on samples (error bars: standard errors over machines), and for equal weights, whose hidden layer is no ring. Middle: the difference from eq. (48); machines trained on samples still lie above it, as all do that are not locked for good (next figure). Right: the hidden layer as the data of a second machine.",
            settings.visible
        ),
        panels: vec![
            step_panel(settings, minima, sampled)?,
            deviation_panel(minima, sampled),
            flow_panel(settings, sampled, layers)?,
        ],
    })
}

fn step_panel(settings: &Settings, minima: &[Minimum], sampled: &[Sampled]) -> Result<Panel> {
    let (m, n) = (settings.visible, settings.visible / 2);
    let top = settings.couplings.iter().copied().fold(0.0, f64::max);
    let equal = |k: f64| -> Result<(f64, f64)> {
        let weight = symmetric::best_weight(&Ring::new(m, k)?.into(), n)?;
        Ok((k, hidden_coupling(&Machine::uniform(m, n, weight)?)?.coupling))
    };
    let equal = grid(0.0, top, 60).skip(1).map(equal).collect::<Result<Vec<_>>>()?;
    let exact = minima.iter().map(|m| (m.coupling, m.hidden.coupling));
    let trained = sampled.iter().map(|s| (s.coupling_of_data, s.coupling));
    Ok(Panel {
        title: "one machine: a step".into(),
        x: axis("coupling K, visible layer"),
        y: axis("coupling K′, hidden layer"),
        series: vec![
            curve(RG, Style::Line, grid(0.0, top, 200).map(|k| (k, decimate(k)))),
            curve("exact gradient", Style::Points, exact),
            measured("trained on samples", Style::Points, trained),
            curve("equal weights (all pairs)", Style::Dashed, equal),
            curve("K′ = K", Style::Dashed, [(0.0, 0.0), (top, top)]),
        ],
        marks: vec![],
    })
}

fn deviation_panel(minima: &[Minimum], sampled: &[Sampled]) -> Panel {
    let exact = minima.iter().map(|m| (m.coupling, m.hidden.coupling - decimate(m.coupling)));
    let beyond = |s: &Sampled| (s.coupling_of_data, s.coupling - decimate(s.coupling_of_data));
    Panel {
        title: "what is left".into(),
        x: axis("coupling K, visible layer"),
        y: axis("K′ minus that of the RG"),
        series: vec![
            curve("exact gradient", Style::Points, exact),
            measured("trained on samples", Style::Points, sampled.iter().map(beyond)),
        ],
        marks: vec![mark_y("0", 0.0)],
    }
}

fn flow_panel(settings: &Settings, sampled: &[Sampled], layers: &[[f64; 2]]) -> Result<Panel> {
    let mut series: Vec<Series> = Vec::new();
    let (mut exact, mut trained) = (Vec::new(), Vec::new());
    for (&k, [first, second]) in settings.flow_couplings.iter().zip(layers) {
        let line = [(0.0, k), (1.0, decimate(k)), (2.0, decimate(decimate(k)))];
        series.push(curve(RG, Style::Line, line));
        exact.extend([(1.0, *first), (2.0, *second)]);
        let s = sampled::at(sampled, k)?;
        trained.extend([(1.0, Some(s.coupling)), (2.0, s.twice)]);
    }
    series.push(curve("exact gradient", Style::Points, exact));
    let trained = trained.into_iter().filter_map(|(x, y)| Some((x, y?)));
    series.push(measured("trained on samples", Style::Points, trained));
    Ok(Panel {
        title: "machine on machine: the flow".into(),
        x: axis("layer"),
        y: axis("coupling K of the layer"),
        series,
        marks: vec![],
    })
}

/// Plain descents: drawn to the saddle at equal weights, and away from it; machines trained on samples along their way.
pub(super) fn training(settings: &Settings, paths: &[Path], sampled: &Sampled) -> Result<Figure> {
    let first = paths.first().context("there is no path")?;
    let equal = exact::Ring::new(settings.visible, settings.coupling)?;
    let n = settings.visible / 2;
    let weight = exact::symmetric::best_weight(&equal.into(), n)?;
    let equal_kl = exact::symmetric::kl(&equal.into(), n, weight);
    let last = *first.steps.last().context("a path has no step")? as f64;
    let series = |of: fn(&Path) -> &[f64]| -> Vec<Series> {
        let line = |(i, p): (usize, &Path)| {
            let points = p.steps.iter().zip(of(p)).map(|(&s, &y)| (s as f64 + 1.0, y));
            curve(format!("start {}", i + 1), Style::Line, points)
        };
        paths.iter().enumerate().map(line).collect()
    };
    let panel =
        |title: &str, x, y, series, marks| Panel { title: title.into(), x, y, series, marks };
    let updates = || log_axis("update + 1");
    // From the plateau on: before it there is no hidden ring to be read.
    let along = |(i, p): (usize, &Path)| {
        let points = p.kl.iter().zip(&p.hidden).map(|(&kl, &k)| (kl, k));
        curve(format!("start {}", i + 1), Style::Line, points.filter(|(kl, _)| *kl < equal_kl))
    };
    let mut couplings: Vec<Series> = paths.iter().enumerate().map(along).collect();
    let trained = sampled.learnt().map(|t| (t.kl, t.hidden.coupling));
    couplings.push(curve("trained on samples", Style::Points, trained));
    Ok(Figure {
        id: "decimation-theorem-training".into(),
        caption: format!(
            "Plain descent with the exact gradient at $K = {}$ from small random weights, to update {last}. Each hidden unit's weights first become equal over the sites (share near 1), and KL rests near that of the best equal weights, a saddle; then the hidden units part and KL falls towards 0. Right: $K'$, read as that of a ring, rises to K on the way and means something only where KL is below $10^{{-2}}$; from there it comes down to eq. (48), and so do machines trained on samples.",
            settings.coupling
        ),
        panels: vec![
            panel(
                "divergence",
                updates(),
                log_axis("KL (nats)"),
                series(|p| &p.kl),
                vec![mark_y("equal weights", equal_kl)],
            ),
            panel(
                "share of equal weights in W",
                updates(),
                axis_in("share", -0.02, 1.05),
                series(|p| &p.uniform),
                vec![],
            ),
            panel(
                "hidden layer",
                log_axis("KL (nats)"),
                axis("coupling K′"),
                couplings,
                vec![mark_y("eq. (48)", decimate(settings.coupling))],
            ),
        ],
    })
}

/// The curvature at equal weights over K.
pub(super) fn saddle(settings: &Settings, curvatures: &[Curvature]) -> Figure {
    let mode = |k: usize| {
        let points = curvatures.iter().map(|c| (c.coupling, c.modes[k]));
        curve(format!("k = {k}"), Style::Line, points)
    };
    Figure {
        id: "decimation-theorem-saddle".into(),
        caption: format!(
            "The curvature of KL at the best equal weights, in directions $W_{{ia}} = x_i y_a$ with $\\sum_a y_a = 0$ that tell hidden units apart, for x a wave of k periods along the ring (M = {}). One negative curvature makes the point a saddle; the long wave, k = 1, is negative at every K shown. Each of these eigenvalues is (N − 1)-fold, so that only N = 1 escapes.",
            settings.visible
        ),
        panels: vec![Panel {
            title: "equal weights are a saddle".into(),
            x: axis("coupling K"),
            y: axis("eigenvalue of the Hessian (nats)"),
            series: (0..=settings.visible / 2).map(mode).collect(),
            marks: vec![mark_y("0", 0.0)],
        }],
    }
}

/// Weights of each hidden unit around its strongest site.
pub(super) fn receptive_fields(
    settings: &Settings,
    minimum: &Minimum,
    sampled: &Sampled,
) -> Result<Figure> {
    let k = settings.coupling;
    let trained =
        sampled.machines.first().context("every machine trained on samples is trapped")?;
    let panel = |title: &str, weights: &DMatrix<f64>| {
        let unit = |a: usize| {
            curve(format!("unit {}", a + 1), Style::LinePoints, around_strongest(weights, a))
        };
        Panel {
            title: title.into(),
            x: axis("site, from the strongest"),
            y: axis("weight, its sign that of the strongest"),
            series: (0..weights.ncols()).map(unit).collect(),
            marks: vec![mark_y("K", k)],
        }
    };
    let Machine { weights, .. } = &trained.machine;
    Ok(Figure {
        id: "decimation-theorem-fields".into(),
        caption: format!(
            "What the hidden units look at, $K = {k}$. Each is locked to one site, by a weight L that grows as long as one trains, and has the weight K to the two neighbours of that site: K, L, K, decimation. Once units are locked, weights between their sites are free as far as they are antisymmetric, $W_{{2b,a}} = -W_{{2a,b}}$ up to the signs of the units: that is what is left at other even distances."
        ),
        panels: vec![
            panel("exact gradient", &minimum.best.weights),
            panel("trained on samples", weights),
        ],
    })
}

fn around_strongest(weights: &DMatrix<f64>, a: usize) -> Vec<(f64, f64)> {
    let m = weights.nrows();
    let strongest = weights.column(a).icamax();
    let sign = weights[(strongest, a)].signum();
    let half = m as i64 / 2;
    (-half..=half)
        .map(|r| {
            let site = (strongest as i64 + r).rem_euclid(m as i64) as usize;
            (r as f64, sign * weights[(site, a)])
        })
        .collect()
}

/// KL over the locking strength, and over the number of hidden units.
pub(super) fn how_many(settings: &Settings, locked: &[Locked], sizes: &[Size]) -> Figure {
    // What rounding leaves of 0, so that it has a place on a logarithmic axis.
    let floor = |kl: f64| kl.max(1e-16);
    let of_coupling = |&k: &f64| {
        let points = locked.iter().filter(move |l| l.coupling == k);
        curve(format!("K = {k}"), Style::LinePoints, points.map(|l| (l.locking, floor(l.kl))))
    };
    let shown: Vec<f64> =
        settings.couplings.iter().copied().filter(|k| (2.0 * k).fract() == 0.0).collect();
    let construction = Panel {
        title: "construction, N = M/2".into(),
        x: axis("locking strength L"),
        y: log_axis("KL (nats)"),
        series: shown.iter().map(of_coupling).collect(),
        marks: vec![],
    };
    let of_sizes =
        |of: fn(&Size) -> f64| sizes.iter().map(move |s| (s.hidden as f64, floor(of(s))));
    let minimum = Panel {
        title: format!("over all weights, K = {}", settings.coupling),
        x: axis("hidden units N"),
        y: log_axis("lowest KL found (nats)"),
        series: vec![
            curve("best of the descents", Style::LinePoints, of_sizes(|s| s.kl)),
            curve("equal weights", Style::LinePoints, of_sizes(|s| s.equal_kl)),
        ],
        marks: vec![mark_x("M/2", settings.visible as f64 / 2.0)],
    };
    Figure {
        id: "decimation-theorem-size".into(),
        caption: format!(
            "Left: the construction fits the ring ever better as its locking grows, like $e^{{-4L}}$. Right: with fewer than M/2 = {} hidden units no descent has found weights that fit the ring, with M/2 and more they do ($10^{{-16}}$ stands for 0); equal weights never do.",
            settings.visible / 2
        ),
        panels: vec![construction, minimum],
    }
}
