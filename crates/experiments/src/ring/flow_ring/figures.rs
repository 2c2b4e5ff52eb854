//! What `flow-ring` shows: where each flow ends, as figures and tables.

use super::{Case, EQUAL, FREE, Repetition, Settings, WhichRbm, hot_minus_cold};
use crate::ring::rings::equal_weights;
use anyhow::Result;
use exact::{Ring, symmetric};
use lab::{Grid, Lab, Row};
use report::{Figure, Panel, Table, figure, grid, panel, table};
use stats::Estimate;

/// Relative error of `linalg::tanh`.
const TANH_ERROR: f64 = 1e-6;

/// Where nothing is left to fluctuate, an f32 flow is known to the accuracy of its tanh, the same for every seed.
pub(super) fn mean_end(row: Row<'_, Case, Repetition>, of: WhichRbm) -> Estimate {
    let e = row.mean(|r| of(r).mean_end);
    Estimate { error: e.error.hypot(TANH_ERROR), ..e }
}

pub(super) fn bifurcation(
    lab: &Lab,
    s: &Settings,
    flows: &Grid<Case, Repetition>,
) -> Result<Figure> {
    let (m, n) = (s.visible.size(), s.hidden.size());
    let threshold = symmetric::critical_coupling(m, n)?;
    let top = s.train_couplings.iter().copied().fold(0.0, f64::max);
    // The branch leaves the axis like a square root: points crowd above the threshold.
    let branch = grid(0.0, 1.0, 120).map(|x| threshold + (top - threshold).max(0.1) * x * x);
    let couplings: Vec<f64> = [0.01].into_iter().chain(branch).collect();
    let weights = lab.each(&couplings, |&k| Ok((k, equal_weights([m, n], k)?.0)))?;
    let over_k = |of: fn(Row<'_, Case, Repetition>) -> Estimate| {
        flows.rows().map(move |row| (row.coupling, of(row)))
    };
    Ok(figure("bifurcation", format!("The deterministic flow, M = {m}, N = {n}, from starts with $V \\ne 0$. Equal weights order for $K > K_c = {threshold:.4}$, where $N M W^2 = 1$. RBMs trained on samples have larger singular values and order earlier."))
        .panel(panel("training coupling K", "root mean square spin at the end")
            .title("where it ends")
            .y_from(0.0, 1.05)
            .line("equal weights, m* exact", weights.iter().map(|&(k, w)| (k, symmetric::mean_fixed_point(m, n, w))))
            .points("equal weights, flow", over_k(|row| mean_end(row, EQUAL)))
            .points("trained on samples", over_k(|row| mean_end(row, FREE)))
            .mark_x("K_c", threshold))
        .panel(panel("training coupling K", "largest singular value of W, squared")
            .title("what decides it")
            .line("equal weights, N M W(K)²", weights.iter().map(|&(k, w)| (k, symmetric::gain(m, n, w))))
            .points("trained on samples", over_k(|row| row.mean(|r| r.gain)))
            .mark_x("K_c", threshold)
            .mark_y("1", 1.0)))
}

pub(super) fn sampled(s: &Settings, drawn: Row<'_, Case, Repetition>) -> Result<Figure> {
    let (m, n, k) = (s.visible.size(), s.hidden.size(), drawn.coupling);
    let training = Ring::new(m, k)?.correlation(1);
    // The axis is logarithmic and starts at 1.
    let position = |step: usize| (step + 1) as f64;
    let of_kind = |title: &str, own: f64, of: WhichRbm| {
        panel("step + 1", "neighbour correlation ⟨v_i v_j⟩")
            .title(title)
            .log_x()
            .y_from(-0.05, 1.05)
            .each(s.start_couplings.iter().enumerate(), |panel, (start, k)| {
                let means = drawn.means(|r| &of(r).paths[start].neighbour);
                let points = s.read_steps().into_iter().map(position).zip(means);
                panel.points(format!("from K = {k}"), points)
            })
            .mark_y("p(v)", own)
            .mark_y("training set", training)
    };
    let mut equal = of_kind("equal weights W(K)", drawn.own, EQUAL);
    for start in s.start_couplings.iter() {
        let path = exact_path(&Ring::new(m, **start)?, n, drawn.weight, s.sampled_steps.size());
        let points = path.iter().enumerate().map(|(step, &c)| (position(step), c));
        equal = equal.dashed("exact kernel", points);
    }
    Ok(figure("sampled", format!("The sampled flow of RBMs trained at $K = {k}$ from rings at several K. Left: equal weights, points on the exact kernel; it ends at the RBM's own {:.4}, not at the training set's {training:.4}. Right: free weights trained on samples, which forget slowly, because hidden units pin to sites.", drawn.own))
        .panel(equal)
        .panel(of_kind("trained on samples", drawn.mean(|r| r.own).mean, FREE)))
}

/// Neighbour correlation along the sampled flow of equal weights, from the exact kernel on V.
fn exact_path(start: &Ring, hidden: usize, weight: f64, steps: usize) -> Vec<f64> {
    let mut p = start.magnetisation_probabilities();
    let mut path = vec![start.correlation(1)];
    for _ in 0..steps {
        p = symmetric::sampled_step(&p, hidden, weight);
        path.push(symmetric::pair_correlation(&p));
    }
    path
}

/// Where the sampled flow ends, for every training coupling.
pub(super) fn ends(lab: &Lab, s: &Settings, flows: &Grid<Case, Repetition>) -> Result<Figure> {
    let top = s.train_couplings.iter().copied().fold(0.0, f64::max);
    let couplings: Vec<f64> = grid(0.01, 1.05 * top, 120).collect();
    let training =
        lab.each(&couplings, |&k| Ok((k, Ring::new(s.visible.size(), k)?.correlation(1))))?;
    let own = lab.each(&couplings, |&k| Ok((k, Case::new(s, k)?.own)))?;
    Ok(figure("ends", format!("Where the sampled flow ends after {} steps, over all starts, against the training coupling: equal weights at their own p(v), RBMs trained on samples near the training set. At $T_c = 0$ the correlation would be 1.", s.sampled_steps))
        .panel(panel("training coupling K", "neighbour correlation at the end")
            .y_from(0.0, 1.02)
            .line("training set", training)
            .points("trained on samples, flow", flows.rows().map(|row| (row.coupling, row.mean(|r| r.free.end))))
            .dashed("equal weights, p(v)", own)
            .points("equal weights, flow", flows.rows().map(|row| (row.coupling, row.mean(|r| r.equal.end))))))
}

pub(super) fn mean(s: &Settings, flows: &Grid<Case, Repetition>) -> Result<Figure> {
    let (m, n) = (s.visible.size(), s.hidden.size());
    let steps = s.mean_steps.size().min(30);
    let of = |title: String, weight: f64| -> Panel {
        panel("step", "magnetisation m").title(title).y_from(-0.05, 1.05).each(
            [0.25, 0.5, 0.75, 1.0],
            |panel, start: f64| {
                let step = |&x: &f64| Some(symmetric::mean_step(m, n, weight, x));
                let path = std::iter::successors(Some(start), step).take(steps + 1);
                panel.joined(format!("from m = {start}"), path.enumerate())
            },
        )
    };
    let threshold = symmetric::critical_coupling(m, n)?;
    let (below, above): (Vec<_>, Vec<_>) = flows.rows().partition(|row| row.coupling < threshold);
    let below = below.into_iter().max_by(|a, b| a.coupling.total_cmp(&b.coupling));
    let above = above.into_iter().min_by(|a, b| a.coupling.total_cmp(&b.coupling));
    Ok(figure("mean", "The deterministic flow (75)-(76) of equal weights below and above $K_c$, and its limit (77) for training at $T = 0$.")
        .panels(below.into_iter().chain(above), |row| of(format!("trained at K = {}", row.coupling), row.weight))
        .panel(of("trained at K = ∞, eq. (77)".into(), f64::INFINITY)))
}

pub(super) fn mean_table(s: &Settings, flows: &Grid<Case, Repetition>) -> Table {
    let (m, n) = (s.visible.size(), s.hidden.size());
    table("mean-ends", format!("The deterministic flow, M = {m}, N = {n}: training coupling, exact weight, gain and fixed point of equal weights, the measured end of their flow and their KL from the ring in nats; the same for RBMs trained on samples, over {} seeds.", s.seeds))
        .rows(flows.rows())
        .column("K", |row| row.coupling)
        .column("W(K)", |row| row.weight)
        .column("N M W²", |row| symmetric::gain(m, n, row.weight))
        .column("m*", |row| symmetric::mean_fixed_point(m, n, row.weight))
        .column("end, equal", |row| mean_end(*row, EQUAL))
        .column("KL, equal", |row| row.kl)
        .column("end, trained", |row| mean_end(*row, FREE))
        .column("KL, trained", |row| row.mean(|r| r.kl))
        .into()
}

pub(super) fn sampled_table(s: &Settings, flows: &Grid<Case, Repetition>) -> Result<Table> {
    let training = |row: Row<'_, Case, Repetition>| {
        Ok(Ring::new(s.visible.size(), row.coupling)?.correlation(1))
    };
    let training = flows.rows().map(training).collect::<Result<Vec<f64>>>()?;
    Ok(table("sampled-ends", format!("The sampled flow after {} steps as neighbour correlation: the training set's, equal weights' own and the end of their flow; the own one of RBMs trained on samples, the end of their flow, how far hot and cold starts still differ, and the end read as a coupling.", s.sampled_steps))
        .rows(flows.rows().zip(training))
        .column("K", |(row, _)| row.coupling)
        .column("training set", |(_, training)| *training)
        .column("own, equal", |(row, _)| row.own)
        .column("end, equal", |(row, _)| row.mean(|r| r.equal.end))
        .column("own, trained", |(row, _)| row.mean(|r| r.own))
        .column("end, trained", |(row, _)| row.mean(|r| r.free.end))
        .column("hot − cold, trained", |(row, _)| hot_minus_cold(s, *row, FREE))
        .column("end as K", |(row, _)| row.mean(|r| r.coupling))
        .into())
}
