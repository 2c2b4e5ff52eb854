//! Where free weights go when training goes on: to decimation, for the ring itself and for samples of it.

use super::saddle::{Run, Saddle, TrainingRuns, start};
use super::{Data, Settings};
use crate::ring::rings::hidden;
use crate::stages::GradientDescent;
use anyhow::Result;
use exact::minimum;
use exact::ring::decimate;
use lab::Lab;
use lab::verdict::{Ruling, above, if_known, reach};
use nalgebra::DMatrix;
use report::{Claim, Figure, Panel, Style, Table, figure, log_spaced, panel, table};
use stats::Estimate;

/// What becomes of the RBMs of the saddle.
pub(super) struct Onward {
    /// K' of eq. (48).
    decimated: f64,
    ring: RingDescent,
    /// Of the ring itself; of samples by the exact gradient, and on mini-batches.
    ways: [Way; 3],
    /// K' over the updates of each run of the exact gradient, from where its training ended on.
    paths: Vec<Vec<(u64, f64)>>,
}

/// Descent on the divergence from the ring itself, as from infinitely many samples.
struct RingDescent {
    updates: Vec<u64>,
    coupling: Vec<f64>,
    kl: Vec<f64>,
    /// The power of the number of updates with which K' approaches eq. (48), over the last three quarters of them.
    power: f64,
}

/// K' of the hidden layers at the end of one way of training, means over those RBMs that have learnt the ring: all but those that
/// are trapped in a defect.
struct Way {
    name: String,
    /// How many have learnt the ring.
    learnt: Option<usize>,
    /// Where training ended, and after more updates.
    end: Option<Estimate>,
    later: Option<Estimate>,
    /// At the largest likelihood of the sample that is downhill from there, what training lacks of that, and KL there.
    limit: Option<Estimate>,
    left: Option<Estimate>,
    kl: Option<Estimate>,
    /// Whether all hidden layers are single rings without frustration, but for the noise of the sample.
    are_rings: bool,
}

/// KL from the ring above this share of that of equal weights is a defect.
const TRAPPED: f64 = 0.05;

pub(super) fn run(lab: &Lab, s: &Settings, data: &Data, saddle: &Saddle<'_>) -> Result<Onward> {
    let learns = |kl: f64| kl < TRAPPED * saddle.equal_kl;
    let paths = lab.each(&saddle.exact.runs, |run| {
        let updates = read_updates(*s.saddle.further);
        let weights = descend(lab, s, &run.sample.frequencies, &run.end, &updates)?;
        let point = |(&update, w)| Ok((*s.saddle.updates + update, hidden(w)?.coupling));
        let points = updates.iter().zip(&weights).map(point).collect::<Result<Vec<_>>>()?;
        Ok((points, data.kl(weights.last().unwrap_or(&run.end))?))
    })?;
    let learnt_paths = paths.iter().filter(|(_, kl)| learns(*kl));
    let later = Estimate::of_several(learnt_paths.filter_map(|(points, _)| Some(points.last()?.1)));
    let (ring, of_ring) = ring_descent(lab, s, data)?;
    let exact = Way { later, ..of_training(lab, data, &saddle.exact, learns)? };
    Ok(Onward {
        decimated: decimate(data.coupling()),
        ring,
        ways: [of_ring, exact, of_training(lab, data, &saddle.sampled, learns)?],
        paths: paths.into_iter().map(|(points, _)| points).collect(),
    })
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

fn ring_descent(lab: &Lab, s: &Settings, data: &Data) -> Result<(RingDescent, Way)> {
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
    let of_ring = Way {
        name: "the exact gradient, the ring itself".to_owned(),
        learnt: None,
        end: None,
        later: Some(Estimate::exact(late)),
        // By the power -1/2.
        limit: Some(Estimate::exact((root * late - early) / (root - 1.0))),
        left: None,
        kl: Some(Estimate::exact(0.0)),
        are_rings: true,
    };
    let power = ((late - decimated) / (early - decimated)).ln() / times.ln();
    let kl = weights.iter().map(|w| data.kl(w)).collect::<Result<_>>()?;
    Ok((RingDescent { power, kl, updates, coupling }, of_ring))
}

fn of_training(
    lab: &Lab,
    data: &Data,
    training: &TrainingRuns<'_>,
    learns: impl Fn(f64) -> bool + Sync,
) -> Result<Way> {
    const GRADIENT: f64 = 1e-8;
    const MAX_STEPS: usize = 5000;
    let all = lab.each(&training.runs, |run: &Run<'_>| {
        let q = &run.sample.frequencies;
        let lowest = minimum::descend(q, &run.end, GRADIENT, MAX_STEPS)?.weights;
        Ok((hidden(&run.end)?.coupling, hidden(&lowest)?, data.kl(&lowest)?))
    })?;
    let learnt: Vec<_> = all.into_iter().filter(|(.., kl)| learns(*kl)).collect();
    Ok(Way {
        name: training.name.clone(),
        learnt: Some(learnt.len()),
        end: Estimate::of_several(learnt.iter().map(|(end, ..)| *end)),
        later: None,
        limit: Estimate::of_several(learnt.iter().map(|(_, limit, _)| limit.coupling)),
        left: Estimate::of_several(learnt.iter().map(|(end, limit, _)| end - limit.coupling)),
        kl: Estimate::of_several(learnt.iter().map(|(.., kl)| *kl)),
        are_rings: learnt.iter().all(|(_, limit, _)| {
            limit.is_ring && limit.sign > 0.0 && limit.largest_other < 0.2 * limit.coupling
        }),
    })
}

/// Below this share of what is left of its way, the descent on the ring itself extrapolates to eq. (48).
const MISSED: f64 = 0.1;

/// Does the hidden layer have a larger coupling than the ring, the opposite of a step of the renormalization group? The descent
/// on the ring itself must tend to such a step as well.
fn opposite(k: f64, decimated: f64, exact: &Way, ring: &Way) -> Ruling {
    let distance = |k: Option<Estimate>| k.map_or(f64::NAN, |k| (k.mean - decimated).abs());
    let extrapolates = distance(ring.limit) < MISSED * distance(ring.later);
    let is_step = |limit: Estimate| {
        let off = limit - decimated;
        exact.are_rings && off.mean.abs() <= reach(off) && extrapolates
    };
    if_known(
        exact.limit,
        |limit| {
            above(limit, k).corrected_if(
                is_step(limit),
                "it is opposite for equal weights, but free weights tend to a step of it, eq. (48), within errors",
            )
        },
        "more updates, until several RBMs have learnt the ring",
    )
}

impl Onward {
    /// K' that free weights tend to, against K and against eq. (48).
    pub(super) fn claim(&self, lab: &Lab, s: &Settings) -> Result<Claim> {
        let (k, [ring, exact, sampled]) = (s.shown_coupling, &self.ways);
        let reason = format!(
            "Training slows down on its way to eq. (48): {} and {} more updates are not enough. For the ring itself what is left falls as $t^{{{:.2}}}$, and with the power $-1/2$ it tends to {:.6}. {} of {} RBMs have learnt the ring.",
            s.saddle.updates,
            s.saddle.further,
            self.ring.power,
            ring.limit.map_or(f64::NAN, |limit| limit.mean),
            exact.learnt.unwrap_or(0),
            s.seeds,
        );
        let quantity = format!(
            "coupling $K'$ of the hidden layer that free weights tend to, trained on samples at $K = {k}$"
        );
        Ok(lab
            .says("ter-hoeve-2018/opposite-to-rg")?
            .judged(opposite(k, self.decimated, exact, ring), quantity, reason)
            .and("eq. (48), of the renormalization group", Some(self.decimated))
            .and("after training by the exact gradient", exact.end)
            .and("after the further updates", exact.later)
            .and("after the further updates, for the ring itself", ring.later)
            .and(
                format!("the limit after {} on mini-batches", s.saddle.sampled.gradient),
                sampled.limit,
            ))
    }

    pub(super) fn figure(&self, s: &Settings, saddle: &Saddle<'_>) -> Figure {
        let caption = format!(
            "From equal weights on to decimation, $K = {}$. Left: $K'$ of the hidden layer, from its largest value on, for each of {} seeds; points (horizontal position without meaning): the minimum downhill, mean over samples. Right: descent on the divergence from the ring itself; dashed: powers.",
            s.shown_coupling, s.seeds
        );
        let axes = panel("update + 1", "K′").title("coupling of the hidden layer").log_x();
        let approach = panel("update", "distance").title("the ring itself").log_x().log_y();
        figure("onward", caption)
            .panel(self.couplings(s, saddle, axes).mark_y("eq. (48)", self.decimated))
            .panel(self.approach(s, approach))
    }

    /// K' over the updates, and where it tends to.
    fn couplings(&self, s: &Settings, saddle: &Saddle<'_>, panel: Panel) -> Panel {
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
        let [of_ring, exact, sampled] = &self.ways;
        let panel = panel
            .each(&saddle.sampled.runs, |panel, run| {
                let path = read(&saddle.updates, &run.coupling);
                line(panel, Style::Line, &sampled.name, path)
            })
            .each(prolonged, |panel, (run, further)| {
                let mut path = read(&saddle.updates, &run.coupling);
                path.extend(further.iter().skip(1));
                line(panel, Style::Line, &exact.name, path)
            });
        let ring = read(&self.ring.updates, &self.ring.coupling);
        let panel = line(panel, Style::Dashed, &of_ring.name, ring);
        // Beside one another, and at no update.
        let far = 3.0 * (*s.saddle.updates + *s.saddle.further) as f64;
        let known = [(exact, far), (sampled, 1.8 * far)].into_iter();
        panel.each(known.filter(|(way, _)| way.limit.is_some()), |panel, (way, x)| {
            panel.points(&way.name, [(x, way.limit)])
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

    pub(super) fn table(&self, s: &Settings) -> Table {
        let caption = format!(
            "$K'$ of the hidden layers that leave equal weights at $K = {}$, of RBMs that learn the ring: after {} updates; after {} more by the exact gradient; at the minimum downhill for each sample, and for the ring itself by a power $-1/2$; what training lacks of that; KL from the ring there; eq. (48).",
            s.shown_coupling, s.saddle.updates, s.saddle.further
        );
        table("limits", caption)
            .rows(&self.ways)
            .column("training", |way| way.name.as_str())
            .column("learnt", |way| way.learnt.map(|count| format!("{count} of {}", s.seeds)))
            .column("K′, end", |way| way.end)
            .column("K′, later", |way| way.later)
            .column("K′, limit", |way| way.limit)
            .column("end minus limit", |way| way.left)
            .column("KL, limit", |way| way.kl)
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
        let way = |later: Option<Estimate>, limit, are_rings| {
            let (name, learnt, end, left, kl) = (String::new(), None, None, None, None);
            Way { name, learnt, end, later, limit, left, kl, are_rings }
        };
        let ruled = |couplings: &[f64], limit: f64, are_rings| {
            let [later, limit] = [decimated + 0.01, limit].map(|k| Some(Estimate::exact(k)));
            let exact = way(None, Estimate::of_several(couplings.iter().copied()), are_rings);
            opposite(k, decimated, &exact, &way(later, limit, true)).verdict
        };
        let near = [decimated - 1e-3, decimated + 1e-3, decimated, decimated];
        assert_eq!(ruled(&near, decimated, true), Verdict::Corrected);
        // No ring, another extrapolation, another coupling.
        assert_eq!(ruled(&near, decimated, false), Verdict::Contradicted);
        assert_eq!(ruled(&near, decimated + 0.005, true), Verdict::Contradicted);
        assert_eq!(ruled(&near.map(|c| c + 0.1), decimated, true), Verdict::Contradicted);
        assert_eq!(ruled(&near.map(|c| c + 1.0), decimated, true), Verdict::Reproduced);
        assert_eq!(ruled(&[0.5, 1.5], decimated, true), Verdict::Undecided);
        assert_eq!(ruled(&near[..1], decimated, true), Verdict::Undecided);
    }

    #[test]
    fn the_last_update_and_a_quarter_of_it_are_read() {
        let updates = read_updates(400_000);
        assert!(updates.contains(&100_000) && updates.ends_with(&[400_000]));
        assert!(updates.is_sorted_by(|a, b| a < b));
    }
}
