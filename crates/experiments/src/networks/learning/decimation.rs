//! Where free weights go when training goes on: to decimation, for the ring itself and for samples of it.

use super::saddle::{Run, Saddle, Training, start};
use super::{Data, Sample, Settings};
use crate::stages::GradientDescent;
use anyhow::Result;
use exact::decimation::{HiddenCoupling, hidden_coupling};
use exact::ring::decimate;
use exact::{Rbm64, minimum};
use lab::Lab;
use lab::verdict::{Ruling, above, reach, undecided};
use nalgebra::DMatrix;
use report::{Claim, Figure, Panel, Style, Table, figure, log_spaced, panel, table};
use stats::Estimate;

/// What becomes of the RBMs of the saddle.
pub(super) struct Onward {
    /// K' of eq. (48).
    decimated: f64,
    ring: RingDescent,
    exact: Learnt,
    sampled: Learnt,
    /// K' over the updates of each run of the exact gradient, from where its training ended on.
    paths: Vec<Vec<(u64, f64)>>,
    /// K' at the ends of these paths, of those that have learnt the ring.
    prolonged: Option<Estimate>,
}

/// Descent on the divergence from the ring itself, as from infinitely many samples.
struct RingDescent {
    updates: Vec<u64>,
    coupling: Vec<f64>,
    kl: Vec<f64>,
    /// The power of the number of updates with which K' approaches eq. (48), over the last three quarters of them.
    power: f64,
    /// What K' tends to, by the power -1/2.
    limit: f64,
}

impl RingDescent {
    fn last(&self) -> f64 {
        self.coupling[self.coupling.len() - 1]
    }
}

/// The RBMs of one way of training that have learnt the ring: all but those that are trapped in a defect.
struct Learnt {
    runs: Vec<LearntRun>,
}

/// Beside the largest likelihood of its sample that is downhill from it.
struct LearntRun {
    /// K' where training ended.
    end: f64,
    /// The hidden layer at the minimum, and KL from the ring there.
    limit: HiddenCoupling,
    kl: f64,
}

impl Learnt {
    /// The mean over those that have learnt the ring, where there are several.
    fn mean(&self, of: impl Fn(&LearntRun) -> f64) -> Option<Estimate> {
        let values: Vec<f64> = self.runs.iter().map(of).collect();
        (values.len() > 1).then(|| Estimate::from_independent(&values))
    }

    /// K' where they tend to.
    fn limit(&self) -> Option<Estimate> {
        self.mean(|run| run.limit.coupling)
    }

    /// Whether all hidden layers are single rings without frustration, but for the noise of the sample.
    fn are_rings(&self) -> bool {
        self.runs.iter().all(|LearntRun { limit, .. }| {
            limit.is_ring && limit.sign > 0.0 && limit.largest_other < 0.2 * limit.coupling
        })
    }
}

/// KL from the ring above this share of that of equal weights is a defect.
const TRAPPED: f64 = 0.05;

pub(super) fn run(lab: &Lab, s: &Settings, data: &Data, saddle: &Saddle) -> Result<Onward> {
    let learns = |kl: f64| kl < TRAPPED * saddle.equal_kl;
    let pairs: Vec<(&Sample, &Run)> = data.samples.iter().zip(&saddle.exact.runs).collect();
    let paths = lab.each(&pairs, |(sample, run)| {
        let updates = read_updates(*s.saddle.further);
        let weights = descend(lab, s, &sample.frequencies, &run.end, &updates)?;
        let point = |(&update, w)| Ok((*s.saddle.updates + update, hidden(w)?.coupling));
        let points = updates.iter().zip(&weights).map(point).collect::<Result<Vec<_>>>()?;
        Ok((points, data.kl(weights.last().unwrap_or(&run.end))?))
    })?;
    let learnt_paths = paths.iter().filter(|(_, kl)| learns(*kl));
    let ends: Vec<f64> = learnt_paths.filter_map(|(points, _)| Some(points.last()?.1)).collect();
    Ok(Onward {
        decimated: decimate(data.coupling()),
        ring: ring_descent(lab, s, data)?,
        exact: learnt(lab, data, &saddle.exact, learns)?,
        sampled: learnt(lab, data, &saddle.sampled, learns)?,
        prolonged: (ends.len() > 1).then(|| Estimate::from_independent(&ends)),
        paths: paths.into_iter().map(|(points, _)| points).collect(),
    })
}

fn hidden(weights: &DMatrix<f64>) -> Result<HiddenCoupling> {
    Ok(hidden_coupling(&Rbm64::without_biases(weights.clone())?)?)
}

/// Updates of a long descent that are read: those of a logarithmic axis, the last and a quarter of it.
fn read_updates(last: u64) -> Vec<u64> {
    let mut updates: Vec<u64> = log_spaced(last).chain([last / 4]).collect();
    updates.sort_unstable();
    updates.dedup();
    updates
}

fn descend(
    lab: &Lab,
    s: &Settings,
    q: &[f64],
    start: &DMatrix<f64>,
    updates: &[u64],
) -> Result<Vec<DMatrix<f64>>> {
    let rate = s.saddle.exact.learning_rate.into();
    Ok(lab.get(&GradientDescent { q, start, rate, updates })?.value)
}

fn ring_descent(lab: &Lab, s: &Settings, data: &Data) -> Result<RingDescent> {
    let last = *s.saddle.further;
    let updates = read_updates(last);
    let start = start(s, data, &data.samples[0]).weights.map(f64::from);
    let weights = descend(lab, s, &data.q, &start, &updates)?;
    let coupling: Vec<f64> =
        weights.iter().map(|w| Ok(hidden(w)?.coupling)).collect::<Result<_>>()?;
    let at = |update: u64| coupling[updates.partition_point(|&read| read < update)];
    let (early, late, decimated) = (at(last / 4), at(last), decimate(data.coupling()));
    let times = last as f64 / (last / 4) as f64;
    let root = times.sqrt();
    Ok(RingDescent {
        power: ((late - decimated) / (early - decimated)).ln() / times.ln(),
        limit: (root * late - early) / (root - 1.0),
        kl: weights.iter().map(|w| data.kl(w)).collect::<Result<_>>()?,
        updates,
        coupling,
    })
}

fn learnt(
    lab: &Lab,
    data: &Data,
    training: &Training,
    learns: impl Fn(f64) -> bool + Sync,
) -> Result<Learnt> {
    const GRADIENT: f64 = 1e-8;
    const MAX_STEPS: usize = 5000;
    let pairs: Vec<(&Sample, &Run)> = data.samples.iter().zip(&training.runs).collect();
    let runs = lab.each(&pairs, |(sample, run)| {
        let q = &sample.frequencies;
        let lowest = minimum::descend(q, &run.end, GRADIENT, MAX_STEPS)?.weights;
        let kl = data.kl(&lowest)?;
        let found =
            || Ok(LearntRun { end: hidden(&run.end)?.coupling, limit: hidden(&lowest)?, kl });
        learns(kl).then(found).transpose()
    })?;
    Ok(Learnt { runs: runs.into_iter().flatten().collect() })
}

/// Below this share of what is left of its way, the descent on the ring itself extrapolates to eq. (48).
const MISSED: f64 = 0.1;

impl Onward {
    /// K' that free weights tend to, against K and against eq. (48).
    pub(super) fn claim(&self, lab: &Lab, s: &Settings) -> Result<Claim> {
        let (k, Self { decimated, ring, exact, sampled, .. }) = (s.shown_coupling, self);
        let (end, prolonged) = (exact.mean(|run| run.end), self.prolonged);
        let reason = format!(
            "Training slows down on its way to eq. (48): {} and {} more updates are not enough. For the ring itself what is left falls as $t^{{{:.2}}}$, and with the power $-1/2$ it tends to {:.6}. {} of {} RBMs have learnt the ring.",
            s.saddle.updates,
            s.saddle.further,
            ring.power,
            ring.limit,
            exact.runs.len(),
            s.seeds,
        );
        let quantity = format!(
            "coupling $K'$ of the hidden layer that free weights tend to, trained on samples at $K = {k}$"
        );
        Ok(lab
            .says("ter-hoeve-2018/opposite-to-rg")?
            .judged(self.opposite(k), quantity, reason)
            .and("eq. (48), of the renormalization group", Some(*decimated))
            .and("after training by the exact gradient", end)
            .and("after the further updates", prolonged)
            .and("after the further updates, for the ring itself", Some(ring.last()))
            .and(
                format!("the limit after {} on mini-batches", s.saddle.sampled.gradient),
                sampled.limit(),
            ))
    }

    /// Does the hidden layer have a larger coupling than the ring, the opposite of a step of the renormalization group?
    fn opposite(&self, k: f64) -> Ruling {
        let Some(limit) = self.exact.limit() else {
            return undecided(None, "more updates, until several RBMs have learnt the ring");
        };
        let left = self.ring.last() - self.decimated;
        let extrapolates = (self.ring.limit - self.decimated).abs() < MISSED * left.abs();
        let off = limit - self.decimated;
        let is_step = self.exact.are_rings() && off.mean.abs() <= reach(off) && extrapolates;
        above(limit, k).corrected_if(
            is_step,
            "it is opposite for equal weights, but free weights tend to a step of it, eq. (48), within errors",
        )
    }

    pub(super) fn figure(&self, s: &Settings, saddle: &Saddle) -> Figure {
        let caption = format!(
            "From equal weights on to decimation, $K = {}$. Left: $K'$ of the hidden layer, from its largest value on, for each of {} seeds; points, at no update: the minimum downhill, mean over samples. Right: descent on the divergence from the ring itself; dashed: powers.",
            s.shown_coupling, s.seeds
        );
        let axes = panel("update + 1", "K′").title("coupling of the hidden layer").log_x();
        let approach = panel("update", "distance").title("the ring itself").log_x().log_y();
        figure("onward", caption)
            .panel(self.couplings(s, saddle, axes).mark_y("eq. (48)", self.decimated))
            .panel(self.approach(s, approach))
    }

    /// K' over the updates, and where it tends to.
    fn couplings(&self, s: &Settings, saddle: &Saddle, panel: Panel) -> Panel {
        // From the largest K' on: before, the layer is no ring.
        let line = |panel: Panel, style, name: &str, path: Vec<(u64, f64)>| {
            let peak = (0..path.len()).max_by(|&a, &b| path[a].1.total_cmp(&path[b].1));
            let points = path.into_iter().skip(peak.unwrap_or(0));
            panel.series(style, name, points.map(|(x, y)| (x as f64 + 1.0, y)))
        };
        let read = |updates: &[u64], coupling: &[f64]| -> Vec<(u64, f64)> {
            updates.iter().copied().zip(coupling.iter().copied()).collect()
        };
        let prolonged = saddle.exact.runs.iter().zip(&self.paths);
        let panel = panel
            .each(&saddle.sampled.runs, |panel, run| {
                let path = read(&saddle.updates, &run.coupling);
                line(panel, Style::Line, &saddle.sampled.name, path)
            })
            .each(prolonged, |panel, (run, further)| {
                let mut path = read(&saddle.updates, &run.coupling);
                path.extend(further.iter().skip(1));
                line(panel, Style::Line, &saddle.exact.name, path)
            });
        let ring = read(&self.ring.updates, &self.ring.coupling);
        let panel = line(panel, Style::Dashed, "the exact gradient, the ring itself", ring);
        // Beside one another, and at no update.
        let far = 3.0 * (*s.saddle.updates + *s.saddle.further) as f64;
        let limits =
            [(&saddle.exact, &self.exact, far), (&saddle.sampled, &self.sampled, 1.8 * far)];
        let known = limits.into_iter().filter(|(_, learnt, _)| learnt.limit().is_some());
        panel.each(known, |panel, (training, learnt, x)| {
            panel.points(training.name.as_str(), [(x, learnt.limit())])
        })
    }

    /// How descent on the divergence from the ring comes to decimation.
    fn approach(&self, s: &Settings, panel: Panel) -> Panel {
        let ring = &self.ring;
        let distance: Vec<f64> = ring.coupling.iter().map(|c| c - self.decimated).collect();
        let both =
            [("K′ minus eq. (48)", &distance, -0.5), ("KL from the ring (nats)", &ring.kl, -1.0)];
        panel.each(both, |panel, (name, values, power)| {
            // The second half of the decades, where the power is read.
            let first = (*s.saddle.further as f64).sqrt();
            let points = ring.updates.iter().map(|&x| x as f64).zip(values.iter().copied());
            let late: Vec<(f64, f64)> = points.filter(|(x, y)| *x >= first && *y > 0.0).collect();
            let end = late.last().copied().unwrap_or((1.0, 1.0));
            let guide: Vec<(f64, f64)> =
                late.iter().map(|(x, _)| (*x, end.1 * (x / end.0).powf(power))).collect();
            panel.line(name, late).dashed(format!("power {power}").replace('-', "−"), guide)
        })
    }

    pub(super) fn table(&self, s: &Settings, saddle: &Saddle) -> Table {
        let caption = format!(
            "$K'$ of the hidden layers that leave equal weights at $K = {}$, of RBMs that learn the ring: after {} updates; after {} more by the exact gradient; at the minimum downhill for each sample, and for the ring itself by a power $-1/2$; what training lacks of that; KL from the ring there; eq. (48).",
            s.shown_coupling, s.saddle.updates, s.saddle.further
        );
        let of_ring = "the exact gradient, the ring itself".to_owned();
        let ring = (of_ring, None, Some(Estimate::exact(self.ring.last())));
        let exact = (saddle.exact.name.clone(), Some(&self.exact), self.prolonged);
        let sampled = (saddle.sampled.name.clone(), Some(&self.sampled), None);
        type Row<'a> = (String, Option<&'a Learnt>, Option<Estimate>);
        let limit = |(_, learnt, _): &Row<'_>| match learnt {
            Some(learnt) => learnt.limit(),
            None => Some(Estimate::exact(self.ring.limit)),
        };
        let kl = |(_, learnt, _): &Row<'_>| match learnt {
            Some(learnt) => learnt.mean(|run| run.kl),
            None => Some(Estimate::exact(0.0)),
        };
        table("limits", caption)
            .rows([ring, exact, sampled])
            .column("training", |(name, ..)| name.clone())
            .column("learnt", |(_, learnt, _)| {
                learnt.map(|l| format!("{} of {}", l.runs.len(), s.seeds))
            })
            .column("K′, end", |(_, learnt, _)| learnt.and_then(|l| l.mean(|run| run.end)))
            .column("K′, later", |(.., later)| *later)
            .column("K′, limit", limit)
            .column("end minus limit", |(_, learnt, _)| {
                learnt.and_then(|l| l.mean(|run| run.end - run.limit.coupling))
            })
            .column("KL, limit", kl)
            .column("eq. (48)", |_| self.decimated)
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::Verdict;

    #[test]
    fn every_outcome_of_the_comparison_with_a_step_of_the_renormalization_group() {
        let k = 1.0;
        let decimated = decimate(k);
        let ruled = |couplings: &[f64], limit: f64, sign: f64| {
            let run = |&coupling: &f64| LearntRun {
                end: 0.8,
                limit: HiddenCoupling {
                    coupling,
                    spread: 0.0,
                    largest_other: 0.0,
                    is_ring: true,
                    sign,
                },
                kl: 0.0,
            };
            let learnt = || Learnt { runs: couplings.iter().map(run).collect() };
            let coupling = vec![1.0, decimated + 0.01];
            let ring =
                RingDescent { updates: vec![0, 1], coupling, kl: vec![0.0; 2], power: -0.5, limit };
            let (paths, prolonged) = (Vec::new(), None);
            let onward =
                Onward { decimated, ring, exact: learnt(), sampled: learnt(), paths, prolonged };
            onward.opposite(k).verdict
        };
        let near = [decimated - 1e-3, decimated + 1e-3, decimated, decimated];
        assert_eq!(ruled(&near, decimated, 1.0), Verdict::Corrected);
        // No ring, another extrapolation, another coupling.
        assert_eq!(ruled(&near, decimated, -1.0), Verdict::Contradicted);
        assert_eq!(ruled(&near, decimated + 0.005, 1.0), Verdict::Contradicted);
        assert_eq!(ruled(&near.map(|c| c + 0.1), decimated, 1.0), Verdict::Contradicted);
        assert_eq!(ruled(&near.map(|c| c + 1.0), decimated, 1.0), Verdict::Reproduced);
        assert_eq!(ruled(&[0.5, 1.5], decimated, 1.0), Verdict::Undecided);
        assert_eq!(ruled(&near[..1], decimated, 1.0), Verdict::Undecided);
    }

    #[test]
    fn the_last_update_and_a_quarter_of_it_are_read() {
        let updates = read_updates(400_000);
        assert!(updates.contains(&100_000) && updates.ends_with(&[400_000]));
        assert!(updates.is_sorted_by(|a, b| a < b));
    }
}
