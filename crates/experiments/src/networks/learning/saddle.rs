//! Free weights that start equal: they are at a saddle of the KL divergence, and how they leave it.

use super::{Data, Sample, Settings};
use crate::stages::Checkpoints;
use anyhow::{Context, Result};
use exact::decimation::hidden_coupling;
use exact::{divergence, minimum};
use lab::Lab;
use lab::verdict::{agrees, below, if_known};
use nalgebra::{DMatrix, DVector};
use rbm::{Rbm, TrainConfig};
use report::{Check, Claim, Figure, Panel, Table, figure, grid, panel, rough, table};
use stats::Estimate;

/// Training from equal weights.
pub(super) struct Saddle<'a> {
    pub(super) updates: Vec<u64>,
    /// By the exact gradient of all samples at once.
    pub(super) exact: TrainingRuns<'a>,
    /// On mini-batches.
    pub(super) sampled: TrainingRuns<'a>,
    /// KL of equal weights.
    pub(super) equal_kl: f64,
    /// The curvature of KL from the ring along its most negative mode.
    curvature: f64,
    /// Growth of the spread; none where it was not seen to grow for every seed.
    growth: Option<Growth>,
}

/// One way of training, all seeds.
pub(super) struct TrainingRuns<'a> {
    pub(super) name: String,
    pub(super) runs: Vec<Run<'a>>,
}

/// One training run.
pub(super) struct Run<'a> {
    pub(super) sample: &'a Sample,
    /// KL from the ring, at the updates that are read.
    kl: Vec<f64>,
    /// The part of the weights in which hidden units differ along the longest wave.
    spread: Vec<f64>,
    /// K' of the hidden layer.
    pub(super) coupling: Vec<f64>,
    /// The weights at the end.
    pub(super) end: DMatrix<f64>,
}

/// Growth of the logarithm of the spread per update, mean over seeds.
struct Growth {
    measured: Estimate,
    /// What the Hessian of each RBM's own sample says.
    expected: Estimate,
    ratio: Estimate,
}

impl<'a> Run<'a> {
    fn new(data: &Data, sample: &'a Sample, rbms: &[Rbm]) -> Result<Self> {
        let coupling = |rbm: &Rbm| Ok(hidden_coupling(&flow::mean::in_f64(rbm)?)?.coupling);
        let last = rbms.last().context("no update is read")?;
        Ok(Self {
            sample,
            kl: rbms
                .iter()
                .map(|rbm| rbm::partition::kl(&data.q, rbm))
                .collect::<Result<_, _>>()?,
            spread: rbms.iter().map(|rbm| spread(&rbm.weights.map(f64::from))).collect(),
            coupling: rbms.iter().map(coupling).collect::<Result<_>>()?,
            end: last.weights.map(f64::from),
        })
    }
}

impl TrainingRuns<'_> {
    /// KL at the end.
    pub(super) fn end(&self) -> Estimate {
        self.runs.iter().map(|run| run.kl[run.kl.len() - 1]).collect()
    }
}

pub(super) fn run<'a>(lab: &Lab, s: &Settings, data: &'a Data) -> Result<Saddle<'a>> {
    let updates = read_updates(*s.saddle.updates);
    let train = |name: String, config: TrainConfig| -> Result<TrainingRuns<'a>> {
        let runs = lab.each(&data.samples, |sample| {
            let (start, seed) = (start(s, data, sample), sample.seed);
            let (of, start, updates) = (&sample.drawn, Some(&start), &updates);
            let rbms = lab.get(&Checkpoints { data: of, config, start, updates, seed })?.value;
            Run::new(data, sample, &rbms)
        })?;
        Ok(TrainingRuns { name, runs })
    };
    let exact = train("the exact gradient, all samples at once".to_owned(), s.saddle.exact)?;
    let name = format!("{}, mini-batches", s.saddle.sampled.gradient);
    let sampled = train(name, s.saddle.sampled)?;
    let growths = lab.each(&exact.runs, |run| growth(s, data, run, &updates))?;
    let growth = growths.into_iter().collect::<Option<Vec<(f64, f64)>>>().map(|growths| {
        let over = |of: fn(&(f64, f64)) -> f64| growths.iter().map(of).collect::<Estimate>();
        Growth { measured: over(|g| g.0), expected: over(|g| g.1), ratio: over(|g| g.0 / g.1) }
    });
    let modes = divergence::uniform_modes(&data.ring, s.hidden(), data.best_weight)?;
    let curvature = modes.into_iter().fold(f64::INFINITY, f64::min);
    Ok(Saddle { updates, exact, sampled, equal_kl: data.equal_kl, curvature, growth })
}

/// 1, 2, 3 and so on, then ever fewer, at most one in a hundred of the whole.
fn read_updates(last: u64) -> Vec<u64> {
    let most = (last / 200).max(1);
    let mut updates = vec![0];
    while let Some(&update) = updates.last().filter(|&&update| update < last) {
        updates.push((update + (update / 10).clamp(1, most)).min(last));
    }
    updates
}

/// Equal weights W(K) with noise.
pub(super) fn start(s: &Settings, data: &Data, sample: &Sample) -> Rbm {
    let mut rng = stats::stream(sample.seed, "learning/saddle", 0);
    let mut start = Rbm::random(s.visible.size(), s.hidden(), s.saddle.noise, &mut rng);
    start.weights.add_scalar_mut(data.best_weight as f32);
    start
}

/// The norm of what is left of W without its mean over hidden units, along waves of one period around the ring.
fn spread(weights: &DMatrix<f64>) -> f64 {
    let (m, mean) = (weights.nrows(), weights.column_mean());
    let angle = |i: usize| std::f64::consts::TAU * i as f64 / m as f64;
    let waves = DMatrix::from_fn(m, 2, |i, part| match part {
        0 => angle(i).cos(),
        _ => angle(i).sin(),
    });
    let apart = DMatrix::from_fn(m, weights.ncols(), |i, a| weights[(i, a)] - mean[i]);
    (waves.tr_mul(&apart)).norm() * (2.0 / m as f64).sqrt()
}

/// Growth of `ln spread` per update from ten times its start up to where it begins to be felt: measured, and of the linear
/// descent `(1 - rate H)^t` from the same start, with the Hessian H of the RBM's own sample.
fn growth(s: &Settings, data: &Data, run: &Run<'_>, updates: &[u64]) -> Result<Option<(f64, f64)>> {
    const FELT: f64 = 0.01;
    let (sample, measured) = (run.sample, &run.spread);
    let began = measured.iter().position(|s| *s > 10.0 * measured[0]);
    let ended = measured.iter().position(|s| *s > FELT);
    let (Some(a), Some(b)) = (began, ended) else { return Ok(None) };
    if a >= b {
        return Ok(None);
    }
    let rate = f64::from(s.saddle.exact.learning_rate);
    let start = start(s, data, sample).weights.map(f64::from);
    let eigen = own_hessian(data, sample, start.ncols())?.symmetric_eigen();
    let apart =
        DMatrix::from_fn(start.nrows(), start.ncols(), |i, a| start[(i, a)] - start.row(i).mean());
    let parts = eigen.eigenvectors.tr_mul(&DVector::from_column_slice(apart.as_slice()));
    let linear = |update: u64| {
        let grown = parts.zip_map(&eigen.eigenvalues, |part, curvature| {
            part * (1.0 - rate * curvature).powf(update as f64)
        });
        let grown = &eigen.eigenvectors * grown;
        spread(&DMatrix::from_column_slice(start.nrows(), start.ncols(), grown.as_slice()))
    };
    let steps = (updates[b] - updates[a]) as f64;
    let per_update = |from: f64, to: f64| (to / from).ln() / steps;
    let expected = per_update(linear(updates[a]), linear(updates[b]));
    Ok(Some((per_update(measured[a], measured[b]), expected)))
}

/// The Hessian for a sample, at the stationary point whose hidden units are all equal.
fn own_hessian(data: &Data, sample: &Sample, hidden: usize) -> Result<DMatrix<f64>> {
    const GRADIENT: f64 = 1e-9;
    const MAX_STEPS: usize = 200;
    let q = &sample.frequencies;
    let start = DMatrix::from_element(data.ring.sites(), hidden, data.best_weight);
    let mean = minimum::descend(q, &start, GRADIENT, MAX_STEPS)?.weights.column_mean();
    let point = DMatrix::from_fn(mean.len(), hidden, |i, _| mean[i]);
    Ok(divergence::hessian(q, &point)?)
}

impl Saddle<'_> {
    /// Whether training stays at equal weights.
    pub(super) fn claim(&self, lab: &Lab, s: &Settings) -> Result<Claim> {
        let (gradient, k) = (s.saddle.sampled.gradient, s.shown_coupling);
        Ok(lab.says("ter-hoeve-2018/equal-by-symmetry")?
            .judged(
                below(self.sampled.end(), self.equal_kl)
                    .negated("KL stays that of equal weights, or rises"),
                format!("KL after training by {gradient} from equal weights, $K = {k}$, nats"),
                format!(
                    "Equal weights have {:.4} and are a saddle: differences between hidden units of {} at the start grow until KL falls.",
                    self.equal_kl,
                    rough(s.saddle.noise.into())
                ),
            )
            .and("the same by the exact gradient, nats", Some(self.exact.end())))
    }

    /// Whether hidden units part at the rate of the most negative curvature.
    pub(super) fn check(&self) -> Check {
        let ratio = self.growth.as_ref().map(|growth| growth.ratio);
        let needed = "more updates, until hidden units differ";
        if_known(ratio, |ratio| agrees(ratio, 1.0, 0.05), needed).check(
            "rate-of-the-hessian",
            "By the exact gradient, differences between hidden units grow at the rate that the Hessian of the sample says.",
            "measured rate over that of the Hessian",
            format!("The most negative curvature at W(K) is {:.6} for the ring itself.", self.curvature),
        )
    }

    pub(super) fn figure(&self, s: &Settings) -> Figure {
        // From update `first` up to `last`.
        let lines =
            |axes: Panel, first: f64, last: f64, of: for<'r> fn(&'r Run<'_>) -> &'r [f64]| {
                [&self.sampled, &self.exact].into_iter().fold(axes, |panel, training| {
                    panel.each(&training.runs, |panel, run| {
                        let points = self.updates.iter().map(|&x| x as f64 + first).zip(of(run));
                        let points = points.filter(|(x, _)| *x <= last).map(|(x, &y)| (x, y));
                        panel.line(training.name.as_str(), points)
                    })
                })
            };
        let start = self.exact.runs.iter().map(|run| run.spread[0]).fold(0.0, f64::max);
        let rate = self.growth.as_ref().map(|growth| growth.expected.mean);
        let reach = rate.map_or(f64::INFINITY, |rate| (0.1 / start).ln() / rate);
        let caption = format!(
            "Free weights that start at W(K), $K = {}$, with noise of standard deviation {}; a line for each of {} seeds. Right: the part of the weights in which hidden units differ along the longest wave grows at the rate of the most negative curvature.",
            s.shown_coupling, s.saddle.noise, s.seeds
        );
        let kl = panel("update + 1", "KL from the ring (nats)").title("divergence").log_x().log_y();
        let spread = panel("update", "norm of the difference").title("hidden units part").log_y();
        figure("saddle", caption)
            .panel(
                lines(kl, 1.0, f64::INFINITY, |run| &run.kl).mark_y("equal weights", self.equal_kl),
            )
            .panel(lines(spread, 0.0, 1.8 * reach, |run| &run.spread).each(rate, |panel, rate| {
                let exponential = grid(0.0, reach, 20).map(|x| (x, start * (rate * x).exp()));
                panel.dashed("rate of the Hessian", exponential)
            }))
    }

    pub(super) fn table(&self, s: &Settings) -> Table {
        let caption = format!(
            "From equal weights at $K = {}$: KL there and after {} updates, mean over {} samples; growth of the spread per update, and what the Hessian of each sample says.",
            s.shown_coupling, s.saddle.updates, s.seeds
        );
        table("passage", caption)
            .rows([(&self.exact, self.growth.as_ref()), (&self.sampled, None)])
            .column("training", |(training, _)| training.name.as_str())
            .column("KL, equal weights", |_| self.equal_kl)
            .column("KL, end", |(training, _)| training.end())
            .column("growth", |(_, growth)| growth.map(|g| g.measured))
            .column("Hessian", |(_, growth)| growth.map(|g| g.expected))
            .column("ratio", |(_, growth)| growth.map(|g| g.ratio))
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_the_norm_of_a_wave_and_blind_to_what_is_equal() {
        let angle = |i: usize| std::f64::consts::TAU * i as f64 / 8.0;
        let wave = DMatrix::from_fn(8, 2, |i, a| match a {
            0 => 0.5 + angle(i).cos(),
            _ => 0.5 - angle(i).cos(),
        });
        // The Euclidean norm: twice the sum of cos^2 over 8 sites, 8.
        assert!((spread(&wave) - 8f64.sqrt()).abs() < 1e-12);
        assert!(spread(&DMatrix::from_fn(8, 2, |i, _| i as f64)) < 1e-12);
        let short = DMatrix::from_fn(8, 2, |i, a| if (i + a) % 2 == 0 { 1.0 } else { -1.0 });
        assert!(spread(&short) < 1e-12);
    }

    #[test]
    fn updates_are_read_up_to_the_last() {
        let updates = read_updates(4000);
        assert!(updates.starts_with(&[0, 1, 2, 3]) && updates.ends_with(&[4000]));
        assert!(updates.is_sorted_by(|a, b| a < b && b - a <= 20));
    }
}
