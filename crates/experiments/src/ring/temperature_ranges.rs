//! `temperature-ranges`: where the flow goes after training on a range of temperatures, the question the thesis leaves open.

mod free;
mod large;

use anyhow::{Context, Result, ensure};
use exact::symmetric::{self, FlowStep};
use exact::{Mixture, Ring};
use free::Free;
use lab::Lab;
use lab::kinds::{Count, Distinct, Positive, Within, check_within};
use lab::verdict::{ROUNDING, Ruling, above, holds, near};
use report::{Claim, Figure, Section, Table, figure, grid, panel, section, table};
use serde::{Deserialize, Serialize};
use stats::Estimate;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// M visible and N hidden units of the RBM that is shown.
    visible: Count<4, 12>,
    hidden: Count<2, 12>,
    /// `[T1, T2]` of the table's training sets.
    ranges: Distinct<[f64; 2]>,
    /// T2 of the ranges that are compared for what excluding T = 0 changes.
    high: Within<1, 100>,
    /// Spacing of the grid 0, .., `high`, on which T = 0 has a weight of its own.
    grid_step: f64,
    /// T2 of the curves of the gain over T1, up to `largest_low`.
    highs: Distinct<Positive<1000>>,
    largest_low: Positive<1000>,
    points: Count<2, 10_000>,
    /// `[M, N]` of the phase diagram, points on each line, and M = 2N of the limit of large M.
    architectures: Distinct<(Count<3, 100_000>, Count<1, 100_000>)>,
    diagram_points: Count<2, 1000>,
    asymptote_sizes: Distinct<Count<4, 1_000_000>>,
    /// The sampled flow: training sets, couplings of the starts, steps.
    flow_ranges: Distinct<[f64; 2]>,
    start_couplings: Distinct<Within<0, 100>>,
    steps: Count<1, 100_000>,
    /// Descents of RBMs with free weights, from normal weights of this standard deviation.
    starts: Count<1, 100_000>,
    initial_std: Positive<10>,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_within("grid_step", self.grid_step, 0.01, *self.high)?;
        for (key, ranges) in [("ranges", &self.ranges), ("flow_ranges", &self.flow_ranges)] {
            for &[low, high] in ranges.iter() {
                Mixture::range(self.visible.size(), low, high)?;
                ensure!(high <= 1000.0, "{key} contains T2 = {high}, but at most 1000 is allowed");
            }
        }
        Ok(())
    }
}

/// A training set, and the equal-weight RBM that fits it best.
struct EqualWeightFit {
    label: String,
    data: Mixture,
    weight: f64,
    /// N M W^2: the deterministic flow orders where it exceeds 1.
    gain: f64,
}

impl EqualWeightFit {
    fn on(label: String, data: Mixture, s: &Settings) -> Result<Self> {
        let weight = symmetric::best_weight(&data, s.hidden.size())?;
        let gain = symmetric::gain(data.sites(), s.hidden.size(), weight);
        Ok(Self { label, data, weight, gain })
    }

    fn on_range(s: &Settings, low: f64, high: f64) -> Result<Self> {
        Self::on(format!("[{low}, {high}]"), Mixture::range(s.visible.size(), low, high)?, s)
    }
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let on_range = |&[low, high]: &[f64; 2]| EqualWeightFit::on_range(s, low, high);
    let mut trained = lab.each(&s.ranges, on_range)?;
    trained.push(on_grid(s)?);
    trained.push(through_zero(s)?);
    let flows = lab.each(&s.flow_ranges, on_range)?;
    let free = lab.each(&s.flow_ranges, |&range| Free::best(lab, s, range))?;
    let sizes = large::sizes(lab, s)?;
    let (m, n, high) = (s.visible.size(), s.hidden.size(), *s.high);
    // T1 above which training on [T1, high] no longer orders the deterministic flow.
    let turn = symmetric::critical_low(m, n, high)?;
    let orders = turn.map_or("for all $T_1$ alike".into(), |t| format!("for $T_1 < {t:.3}$"));

    Ok(section("temperature-ranges", "Training on a range of temperatures")
        .answer(format!("For equal weights it is not $T_c$ but the share of ordered rings in the training set that decides: the deterministic flow orders if $N M W^2 > 1$ (trained on $[T_1, {high}]$: {orders}) and ends at 0 otherwise, the sampled flow ends at the RBM's own distribution whatever the start."))
        .text(format!("The thesis asks (sections 4.3 and 5) where the flow goes when the training set covers a range of temperatures, with $T_c = 0$ in it or not. For the equal-weight RBM of M = {m} visible and N = {n} hidden units the answer is exact, up to the proof that (79) has one positive root: $q(v)$ is the integral of $P(v|T)$ over the range, W that root, the deterministic flow a map of one number with slope $N M W^2$ at 0, the sampled flow a Markov chain on V."))
        .text("$T_c = 0$ is the end of the temperature axis: a range has it at its edge ($T_1 = 0$) or outside ($T_1 > 0$). It is inside in two more training sets of the table: a grid of temperatures on which $T = 0$ has a weight of its own, and a range continued to negative temperatures, antiferromagnetic couplings.")
        .claims(claims(lab, s, turn)?)
        .figure(gain_figure(lab, s)?)
        .figure(large::phase_diagram(lab, s)?)
        .figure(large::sizes_figure(s, &sizes))
        .figure(sampled_figure(s, &[&flows[0], &flows[1.min(flows.len() - 1)], &trained[s.ranges.len()]])?)
        .table(sets_table(s, &trained)?)
        .table(free::free_table(s, &flows, &free))
        .table(large::sizes_table(&sizes))
        .discussion("Cutting off $T < T_1$ takes a share $T_1/T_2$ of nearly aligned rings out of the training set and lowers the gain in proportion: by a little for a small $T_1$, below 1 for a larger one. For large M the limits $T_1 \\to 0$ and $M \\to \\infty$ do not commute: with $T_1 = 0$ every large enough RBM orders whatever $T_2$, with $T_1 > 0$ every large enough one disorders.")
        .discussion("With free weights the largest singular value exceeds 1 for every range tried, so that 0 is unstable; but the deterministic flow does not go to alignment: it keeps the signs of the sites that hidden units are pinned to, and ends in one of several patterns."))
}

/// T = 0 inside: a grid of temperatures as the experiments on the square lattice have it.
fn on_grid(s: &Settings) -> Result<EqualWeightFit> {
    let cells = (*s.high / s.grid_step).round() as usize;
    let temperatures: Vec<f64> = grid(0.0, *s.high, cells).collect();
    let data = Mixture::of_temperatures(s.visible.size(), &temperatures)?;
    EqualWeightFit::on(format!("grid 0, {}, .., {}", s.grid_step, s.high), data, s)
}

/// T = 0 inside: a range through 0 to negative temperatures.
fn through_zero(s: &Settings) -> Result<EqualWeightFit> {
    let m = s.visible.size();
    let half = Mixture::range(m, 0.0, *s.high)?;
    // The antiferromagnet at T = 0 is the state of a coupling at which nothing is excited.
    let gradient = |ring: &Ring| Ring::new(m, -ring.coupling().min(100.0));
    let mut parts = half.parts().to_vec();
    for (ring, share) in half.parts() {
        parts.push((gradient(ring)?, *share));
    }
    EqualWeightFit::on(format!("[-{0}, {0}]", s.high), Mixture::new(&parts)?, s)
}

fn claims(lab: &Lab, s: &Settings, turn: Option<f64>) -> Result<[Claim; 3]> {
    let (m, n, high) = (s.visible.size(), s.hidden.size(), *s.high);
    let gain = |low: f64| Ok::<f64, anyhow::Error>(EqualWeightFit::on_range(s, low, high)?.gain);
    let [at_0, at_1, at_2] = [gain(0.0)?, gain(0.1)?, gain(0.2)?];
    let continuous = no_jump(at_0, at_1, at_2);
    let is_continuous = continuous.is() == Some(true);
    let single = symmetric::critical_coupling(m, n)?.recip();
    let top = symmetric::critical_range(m, n, 0.0)?.context("no range from T = 0 orders")?;
    let far = 2.0_f64.min(0.9 * high);
    // Of the integrals below, the leading term in e^{-4/T} and its corrections up to T^2.
    let cold: f64 = 0.1;
    let excited = Mixture::range(m, 0.0, cold)?.configuration_probabilities()[1];
    let ratio = excited / (cold / 8.0 * (-4.0 / cold).exp());
    let series = 1.0 - cold / 2.0 + 3.0 * cold * cold / 8.0;
    let expands = near(Estimate::exact(ratio), series, cold.powi(3)).is() == Some(true);
    // A series in T would begin with some power of it: at a fiftieth the square is 4e-4, the fourth power 1e-7.
    let colder: f64 = 0.02;
    let in_powers =
        Mixture::range(m, 0.0, colder)?.configuration_probabilities()[1] / colder.powi(4);
    Ok([
        lab.says("ter-hoeve-2018/range-measure-zero")?.judged(
            continuous,
            format!("jump of $N M W^2$ at $T_1 = 0$, extrapolated from $T_1 = 0.2$ and 0.1, $T_2 = {high}$"),
            format!("$N M W^2$ is {at_0:.4} at 0, {at_1:.4} at 0.1 and {at_2:.4} at 0.2: in a continuous range the point has no weight. On a grid that contains $T = 0$ it has."),
        ),
        lab.says("ter-hoeve-2018/range-similar-flows")?.judged(
            holds(turn.is_none(), format!("all ranges $[T_1, {high}]$ order, or none"))
                .corrected_if(is_continuous, "ranges without $T_c$ behave like those with it as long as they come close to it")
                .showing(turn.map(Estimate::exact)),
            format!("$T_1$ above which training on $[T_1, {high}]$ no longer orders the deterministic flow"),
            format!("Below $N M W^2 = 1$ all configurations end at 0. There is such a $T_1$ for $T_2$ between {single:.3} $= 1/K_c$ and {top:.3}; below all ranges order, above none does."),
        )
        .and(format!("$N M W^2$ on $[0, {high}]$"), Some(at_0))
        .and(format!("$N M W^2$ on $[{far}, {high}]$"), Some(gain(far)?)),
        lab.says("ter-hoeve-2018/range-expansion")?.judged(
            above(Estimate::exact(in_powers), ROUNDING)
                .corrected_if(expands, "it can be expanded in $e^{-4/T}$")
                .showing(Estimate::exact(ratio)),
            format!("probability of a lowest excited state for $[0, {cold}]$ over $(T_0/8)\\, e^{{-4/T_0}}$"),
            "In $e^{-4/T}$: $\\int_0^{T_0} e^{-4/T} dT = (T_0^2/4)\\, e^{-4/T_0} (1 - T_0/2 + 3 T_0^2/8 - ..)$. A power series in T does not exist: all derivatives of the integrand vanish at $T = 0$.",
        ),
    ])
}

/// A point of weight at T = 0 would show as a jump of the gain between `T1 = 0` and `T1 > 0`, here 0.1 and 0.2.
fn no_jump(at_0: f64, at_1: f64, at_2: f64) -> Ruling {
    // What a straight line misses of a smooth curve is of second order.
    let jump = at_0 - (2.0 * at_1 - at_2);
    near(Estimate::exact(jump), 0.0, 0.1 * (at_1 - at_2).abs())
}

fn gain_figure(lab: &Lab, s: &Settings) -> Result<Figure> {
    let (m, n) = (s.visible.size(), s.hidden.size());
    let curves = lab.each(&s.highs, |high| {
        let lows = grid(0.0, *s.largest_low, s.points.size()).filter(|low| *low < 0.999 * **high);
        lows.map(|low| Ok((low, EqualWeightFit::on_range(s, low, **high)?)))
            .collect::<Result<Vec<_>>>()
    })?;
    let curves = || s.highs.iter().map(|high| format!("T₂ = {high}")).zip(&curves);
    let lowest = "lowest temperature T₁ of the training set (J/k_B)";
    let end = |t: &EqualWeightFit| symmetric::mean_fixed_point(m, n, t.weight);
    Ok(figure("gain", format!("Training on all temperatures from $T_1$ to $T_2$, M = {m}, N = {n}. Left: the slope $N M W^2$ of the deterministic flow at 0; nothing happens at $T_1 = 0$, it crosses 1 where enough of the cold rings are missing. Right: where the flow ends."))
        .panel(panel(lowest, "N M W²").title("what decides").log_y().mark_y("1", 1.0)
            .each(curves(), |panel, (label, curve)| panel.line(label, curve.iter().map(|(low, t)| (*low, t.gain)))))
        .panel(panel(lowest, "m*").title("where the deterministic flow ends").y_from(-0.02, 1.05)
            .each(curves(), |panel, (label, curve)| panel.line(label, curve.iter().map(|(low, t)| (*low, end(t)))))))
}

fn sampled_figure(s: &Settings, trained: &[&EqualWeightFit]) -> Result<Figure> {
    let (m, n) = (s.visible.size(), s.hidden.size());
    let panel_of = |t: &&EqualWeightFit| {
        let training = exact::ring::coupling_from_correlation(m, t.data.correlation(1))?;
        let mut shown = panel("step", "coupling K of the ring that agrees")
            .title(format!("trained on {}", t.label))
            .mark_y("training set", training);
        for k in s.start_couplings.iter() {
            let start = Mixture::from(Ring::new(m, **k)?);
            let steps = symmetric::sampled_flow(&start, n, t.weight, s.steps.size())?;
            let of = |read: fn(&FlowStep) -> f64| steps.iter().map(read).enumerate();
            shown = shown
                .line(format!("K of ⟨vv′⟩, from {k}"), of(|s| s.coupling_from_correlation))
                .dashed(format!("K of ⟨V²⟩, from {k}"), of(|s| s.coupling_from_v2));
        }
        Ok(shown)
    };
    let panels = trained.iter().map(panel_of).collect::<Result<Vec<_>>>()?;
    Ok(figure("sampled", "The sampled flow of equal-weight RBMs, exact, with $T_c$ at the edge of the training set, outside, and inside: the coupling of the ring that has the ensemble's correlation of neighbours (lines) or its $\\langle V^2 \\rangle$ (dashed). Hot and cold starts meet at the RBM's own distribution; the two readings differ, so it is the ensemble of no ring.")
        .panels(panels, |panel| panel))
}

/// A training set, the distribution of V of its RBM, and the steps in which the sampled flow forgets the sign of V.
type SetRow<'a> = (&'a EqualWeightFit, Vec<f64>, f64);

fn sets_table(s: &Settings, trained: &[EqualWeightFit]) -> Result<Table> {
    let (m, n) = (s.visible.size(), s.hidden.size());
    let sets = trained.iter().map(|t| {
        let time = symmetric::spectrum(m, n, t.weight)?.relaxation_time_odd;
        Ok((t, symmetric::visible_sum_probabilities(m, n, t.weight), time))
    });
    // Where two halves cancel, rounding is left.
    let or_zero = |c: f64| if c.abs() < ROUNDING { 0.0 } else { c };
    Ok(table("", format!("Training sets and the equal-weight RBMs that fit them best, M = {m}, N = {n}, exact. The deterministic flow ends at $m^*$; the sampled flow at the RBM's own $\\langle V^2 \\rangle$ and correlation, $\\tau$ is the time in steps in which it forgets the sign of V. KL in nats."))
        .rows(sets.collect::<Result<Vec<SetRow<'_>>>>()?)
        .column("temperatures", |(t, ..)| t.label.clone())
        .column("⟨V²⟩/M, data", |(t, ..)| t.data.v2() / m as f64)
        .column("⟨vv′⟩, data", |(t, ..)| or_zero(t.data.correlation(1)))
        .column("W", |(t, ..)| t.weight)
        .column("N M W²", |(t, ..)| t.gain)
        .column("m*", |(t, ..)| symmetric::mean_fixed_point(m, n, t.weight))
        .column("⟨V²⟩/M, RBM", |(_, own, _)| symmetric::second_moment(own) / m as f64)
        .column("⟨vv′⟩, RBM", |(_, own, _)| symmetric::pair_correlation(own))
        .column("τ", |(.., time)| *time)
        .column("KL", |(t, ..)| symmetric::kl(&t.data, n, t.weight))
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::Verdict;

    #[test]
    fn a_point_of_weight_is_a_jump() {
        let verdict = |at_0| no_jump(at_0, 1.20, 1.10).verdict;
        assert_eq!(verdict(1.305), Verdict::Reproduced);
        assert_eq!([verdict(1.32), verdict(1.28)], [Verdict::Contradicted; 2]);
    }
}
