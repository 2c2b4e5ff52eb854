//! Experiment `temperature-ranges`: the thesis' open question, where the flow goes after training on a range of temperatures.

mod free;
mod law;

use anyhow::{Result, ensure};
use exact::symmetric::{self, FlowStep};
use exact::{Mixture, Ring};
use lab::Run;
use lab::parts::*;
use lab::published::{Finding, exactly};
use report::content::{Cell, Claim, Figure, Panel, Section, Style, Table, Verdict};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// M visible and N hidden units of the machine that is shown.
    visible: usize,
    hidden: usize,
    /// `[T1, T2]` of the table's training sets.
    ranges: Vec<[f64; 2]>,
    /// T2 of the ranges that are compared for what excluding T = 0 changes.
    high: f64,
    /// Spacing of the grid 0, .., `high`, on which T = 0 has a weight of its own.
    grid_step: f64,
    /// T2 of the curves of the gain over T1, up to `largest_low`.
    highs: Vec<f64>,
    largest_low: f64,
    points: usize,
    /// `[M, N]` of the phase diagram, points on each line, and M = 2N of the law.
    architectures: Vec<[usize; 2]>,
    diagram_points: usize,
    law_sizes: Vec<usize>,
    /// The sampled flow: training sets, couplings of the starts, steps.
    flow_ranges: Vec<[f64; 2]>,
    start_couplings: Vec<f64>,
    steps: usize,
    /// Descents of machines with free weights, from normal weights of this standard deviation.
    starts: u64,
    initial_std: f64,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_count("visible", self.visible as u64, 4, 12)?;
        check_count("hidden", self.hidden as u64, 2, 12)?;
        for (key, ranges) in [("ranges", &self.ranges), ("flow_ranges", &self.flow_ranges)] {
            ensure!(!ranges.is_empty(), "{key} is empty, but needs at least one pair [T1, T2]");
            for &[low, high] in ranges {
                Mixture::range(self.visible, low, high)?;
                check_values(key, &[high], 0.01, 1000.0)?;
            }
        }
        check_values("high", &[self.high], 1.0, 100.0)?;
        check_values("grid_step", &[self.grid_step], 0.01, self.high)?;
        check_values("highs", &self.highs, 0.1, 1000.0)?;
        check_values("largest_low", &[self.largest_low], 0.1, 1000.0)?;
        check_count("points", self.points as u64, 2, 10_000)?;
        ensure!(
            !self.architectures.is_empty(),
            "architectures is empty, but needs at least one pair [M, N]"
        );
        for &[visible, hidden] in &self.architectures {
            check_count("M in architectures", visible as u64, 3, 100_000)?;
            check_count("N in architectures", hidden as u64, 1, 100_000)?;
        }
        check_count("diagram_points", self.diagram_points as u64, 2, 1000)?;
        ensure!(!self.law_sizes.is_empty(), "law_sizes is empty, but needs at least one size");
        for &size in &self.law_sizes {
            check_count("an entry of law_sizes", size as u64, 4, 1_000_000)?;
        }
        check_values("start_couplings", &self.start_couplings, 0.0, 100.0)?;
        check_count("steps", self.steps as u64, 1, 100_000)?;
        check_count("starts", self.starts, 1, 100_000)?;
        check_values("initial_std", &[self.initial_std], 1e-6, 10.0)
    }
}

/// A training set, and the equal-weight machine that fits it best.
struct Trained {
    label: String,
    data: Mixture,
    weight: f64,
    gain: f64,
}

impl Trained {
    fn new(label: String, data: Mixture, hidden: usize) -> Result<Self> {
        let weight = symmetric::best_weight(&data, hidden)?;
        let gain = symmetric::gain(data.sites(), hidden, weight);
        Ok(Self { label, data, weight, gain })
    }

    fn range(settings: &Settings, low: f64, high: f64) -> Result<Self> {
        let data = Mixture::range(settings.visible, low, high)?;
        Self::new(format!("[{low}, {high}]"), data, settings.hidden)
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let mut trained = settings
        .ranges
        .iter()
        .map(|&[low, high]| Trained::range(settings, low, high))
        .collect::<Result<Vec<_>>>()?;
    trained.extend(zero_inside(settings)?);
    let flows = settings
        .flow_ranges
        .iter()
        .map(|&[low, high]| Trained::range(settings, low, high))
        .collect::<Result<Vec<_>>>()?;
    let free = settings
        .flow_ranges
        .iter()
        .map(|&range| free::best(run, settings, range))
        .collect::<Result<Vec<_>>>()?;
    let sizes = law::sizes(settings)?;
    let (m, n, high) = (settings.visible, settings.hidden, settings.high);
    let turn = symmetric::critical_low(m, n, high)?;
    Ok(Section {
        checks: vec![],
        experiment: "temperature-ranges".into(),
        title: "Training on a range of temperatures".into(),
        headline: format!("For equal weights it is not $T_c$ but the share of ordered rings in the training set that decides: the deterministic flow orders if $N M W^2 > 1$ (trained on $[T_1, {high}]$: {}) and ends at 0 otherwise, the sampled flow ends at the machine's own distribution whatever the start.", match turn {
            Some(turn) => format!("for $T_1 < {turn:.3}$"),
            None => "for all $T_1$ alike".into(),
        }),
        introduction: vec![
            format!("The thesis asks (sections 4.3 and 5) where the flow goes when the training set covers a range of temperatures, with $T_c = 0$ in it or not. For the equal-weight machine of M = {m} visible and N = {n} hidden units the answer is exact, up to the proof that (79) has one positive root: $q(v)$ is the integral of $P(v|T)$ over the range, W that root, the deterministic flow a map of one number with slope $N M W^2$ at 0, the sampled flow a Markov chain on V."),
            "$T_c = 0$ is the end of the temperature axis, so that a range can have it at its edge ($T_1 = 0$) or outside ($T_1 > 0$). For it to be inside there are two ways, both in the table: a grid of temperatures on which $T = 0$ has a weight of its own (as in the experiments on the square lattice), and a range continued to negative temperatures, antiferromagnetic couplings.".into(),
        ],
        claims: claims(run, settings, turn)?,
        figures: vec![
            gain_figure(settings)?,
            law::phase_diagram(settings)?,
            law::law_figure(settings, &sizes),
            flow_figure(settings, &[&flows[0], &flows[flows.len().min(2) - 1], &trained[settings.ranges.len()]])?,
        ],
        tables: vec![table(settings, &trained)?, free::table(settings, &flows, &free), law::law_table(&sizes)?],
        discussion: vec![
            "The point $T_c = 0$ itself has no weight in a range, and the gain is a continuous function of $T_1$ there. Cutting off $T < T_1$ takes a share $T_1/T_2$ of nearly aligned rings out of the training set and lowers the gain in proportion: by a little for a small $T_1$, below 1 for a larger one. What counts is how much order is in the training set, not whether $T_c$ is.".into(),
            "For large M the condition is that $\\sqrt{N/M}\\, \\langle V \\tanh(V/\\sqrt{NM}) \\rangle$, for small V the susceptibility $\\langle V^2 \\rangle / M$, exceeds $\\sqrt{12 M/(1 + M/N)}\\, \\Gamma(3/4)/\\Gamma(1/4)$. A range from $T_1 = 0$ contains a share $2/(T_2 \\ln M)$ of fully aligned rings, which alone give a response of order $M/\\ln M$: for every $T_2$ a large enough machine orders. A range with $T_1 > 0$ has the finite susceptibility $\\langle e^{2/T} \\rangle$: a large enough machine disorders. So for large machines the two ranges do behave differently, contrary to the thesis' expectation; the limits $T_1 \\to 0$ and $M \\to \\infty$ do not commute.".into(),
            "The sampled flow of equal weights has no such transition. It ends at the machine's own $p(v)$, from hot and from cold starts. That is the state of no ring: its correlation and its $\\langle V^2 \\rangle$ are those of rings at different couplings.".into(),
            "With $T = 0$ inside, on a grid, a share of exactly aligned rings is added and the gain is a little larger than on the continuous range. Continued to negative temperatures the range contains as many antiferromagnets; equal weights cannot represent them and see disorder only.".into(),
            "Machines with free weights fit a mixture much better. Their largest singular value exceeds 1 for every range tried, so that 0 is unstable and their deterministic flow always goes somewhere; but not to alignment: it keeps the signs of the sites that hidden units are locked to, and ends in one of several patterns (table).".into(),
        ],
        settings: toml::to_string(settings)?,
    })
}

/// The two training sets that have T = 0 inside: a grid, and a range through 0 to negative temperatures.
fn zero_inside(settings: &Settings) -> Result<Vec<Trained>> {
    let (m, n, high) = (settings.visible, settings.hidden, settings.high);
    let cells = (high / settings.grid_step).round() as usize;
    let temperatures: Vec<f64> = grid(0.0, high, cells).collect();
    let on_grid = Mixture::of_temperatures(m, &temperatures)?;
    let half = Mixture::range(m, 0.0, high)?;
    // The antiferromagnet at T = 0 is the state of a coupling at which nothing is excited.
    let negative = |ring: &Ring| Ring::new(m, -ring.coupling().min(100.0));
    let mut parts = half.parts().to_vec();
    for (ring, share) in half.parts() {
        parts.push((negative(ring)?, *share));
    }
    Ok(vec![
        Trained::new(format!("grid 0, {}, .., {high}", settings.grid_step), on_grid, n)?,
        Trained::new(format!("[-{high}, {high}]"), Mixture::new(&parts)?, n)?,
    ])
}

fn claims(run: &Run, settings: &Settings, turn: Option<f64>) -> Result<Vec<Claim>> {
    let claim = |id: &str, finding| {
        run.published.claim(
            &format!("temperature-ranges/{id}"),
            &format!("ter-hoeve-2018/{id}"),
            finding,
        )
    };
    Ok(vec![
        claim("range-measure-zero", measure_zero(settings)?)?,
        claim("range-similar-flows", similar_flows(settings, turn)?)?,
        claim("range-expansion", expansion(settings)?)?,
    ])
}

/// A point of weight would show as a jump of the gain between `T1 = 0` and `T1 > 0`.
fn measure_zero(settings: &Settings) -> Result<Finding> {
    let gain =
        |low: f64| Ok::<f64, anyhow::Error>(Trained::range(settings, low, settings.high)?.gain);
    let (at_0, near, far) = (gain(0.0)?, gain(0.1)?, gain(0.2)?);
    let jump = at_0 - (2.0 * near - far);
    // What a straight line misses of a smooth curve is of second order.
    let verdict = match jump.abs() < 0.1 * (near - far).abs() {
        true => Verdict::Reproduced,
        false => Verdict::Contradicted,
    };
    let quantity = format!(
        "jump of $N M W^2$ at $T_1 = 0$, extrapolated from $T_1 = 0.2$ and 0.1, $T_2 = {}$",
        settings.high
    );
    Ok(exactly(
        jump,
        &quantity,
        verdict,
        format!(
            "$N M W^2$ is {at_0:.4} at 0, {near:.4} at 0.1 and {far:.4} at 0.2: in a continuous range the point has no weight. On a grid that contains $T = 0$ it has."
        ),
    ))
}

fn similar_flows(settings: &Settings, turn: Option<f64>) -> Result<Finding> {
    let (m, n, high) = (settings.visible, settings.hidden, settings.high);
    let (single, top) =
        (symmetric::critical_coupling(m, n)?.recip(), symmetric::critical_range(m, n, 0.0)?);
    let quantity = format!(
        "$T_1$ above which training on $[T_1, {high}]$ no longer orders the deterministic flow"
    );
    let bounds = format!(
        "This is so for $T_2$ between {single:.3} $= 1/K_c$ and {:.3}; below all ranges order, above none does.",
        top.unwrap_or(f64::NAN)
    );
    Ok(match turn {
        Some(turn) => exactly(
            turn,
            &quantity,
            Verdict::Corrected,
            format!(
                "Ranges without $T_c$ behave like those with it only while they come close to it: $N M W^2$ is {:.3} from $T_1 = 0$ and {:.3} from 2. Below 1 all configurations end at 0. {bounds}",
                Trained::range(settings, 0.0, high)?.gain,
                Trained::range(settings, 2.0_f64.min(0.9 * high), high)?.gain
            ),
        ),
        None => exactly(
            f64::NAN,
            &quantity,
            Verdict::Reproduced,
            format!("All ranges up to {high} behave alike. {bounds}"),
        ),
    })
}

/// The lowest excited state's weight in the range `[0, T0]` against the leading terms of its expansion.
fn expansion(settings: &Settings) -> Result<Finding> {
    let cold: f64 = 0.1;
    let excited = Mixture::range(settings.visible, 0.0, cold)?.configuration_probabilities()[1];
    let ratio = excited / (cold / 8.0 * (-4.0 / cold).exp());
    let series = 1.0 - cold / 2.0 + 3.0 * cold * cold / 8.0;
    let verdict = match (ratio - series).abs() < cold.powi(3) {
        true => Verdict::Reproduced,
        false => Verdict::Contradicted,
    };
    let quantity = format!(
        "probability of a lowest excited state for $[0, {cold}]$ over $(T_0/8)\\, e^{{-4/T_0}}$"
    );
    Ok(exactly(
        ratio,
        &quantity,
        verdict,
        format!(
            "It can be carried out, in $e^{{-4/T}}$: $\\int_0^{{T_0}} e^{{-4/T}} dT = (T_0^2/4)\\, e^{{-4/T_0}} (1 - T_0/2 + 3 T_0^2/8 - ..)$, here {series:.5}. A power series in T does not exist: all derivatives of the integrand vanish at $T = 0$."
        ),
    ))
}

fn gain_figure(settings: &Settings) -> Result<Figure> {
    let (m, n) = (settings.visible, settings.hidden);
    let mut gains = Vec::new();
    let mut ends = Vec::new();
    for &high in &settings.highs {
        let lows =
            grid(0.0, settings.largest_low, settings.points).filter(|&low| low < 0.999 * high);
        let trained = lows
            .map(|low| Ok((low, Trained::range(settings, low, high)?)))
            .collect::<Result<Vec<(f64, Trained)>>>()?;
        let of = |y: &dyn Fn(&Trained) -> f64| {
            trained.iter().map(|(low, t)| (*low, y(t))).collect::<Vec<_>>()
        };
        let label = format!("T₂ = {high}");
        gains.push(curve(&label, Style::Line, of(&|t| t.gain)));
        ends.push(curve(&label, Style::Line, of(&|t| symmetric::mean_fixed_point(m, n, t.weight))));
    }
    let lowest = || axis("lowest temperature T₁ of the training set (J/k_B)");
    Ok(Figure {
        id: "temperature-ranges-gain".into(),
        caption: format!(
            "Training on all temperatures from $T_1$ to $T_2$, M = {m}, N = {n}. Left: the slope $N M W^2$ of the deterministic flow at 0. Nothing happens at $T_1 = 0$, where $T_c$ leaves the range; it crosses 1 where enough of the cold rings are missing. Right: where the flow ends."
        ),
        panels: vec![
            Panel {
                title: "what decides".into(),
                x: lowest(),
                y: log_axis("N M W²"),
                series: gains,
                marks: vec![mark_y("1", 1.0)],
            },
            Panel {
                title: "where the deterministic flow ends".into(),
                x: lowest(),
                y: axis_in("m*", -0.02, 1.05),
                series: ends,
                marks: vec![],
            },
        ],
    })
}

fn flow_figure(settings: &Settings, trained: &[&Trained]) -> Result<Figure> {
    let n = settings.hidden;
    let panel = |t: &&Trained| -> Result<Panel> {
        let mut series = Vec::new();
        for &k in &settings.start_couplings {
            let start = Mixture::from(Ring::new(settings.visible, k)?);
            let steps = symmetric::sampled_flow(&start, n, t.weight, settings.steps)?;
            let of = |read: fn(&FlowStep) -> f64| {
                steps.iter().enumerate().map(move |(i, s)| (i as f64, read(s)))
            };
            series.push(curve(
                format!("K of ⟨vv′⟩, from {k}"),
                Style::Line,
                of(|s| s.coupling_from_correlation),
            ));
            series.push(curve(
                format!("K of ⟨V²⟩, from {k}"),
                Style::Dashed,
                of(|s| s.coupling_from_v2),
            ));
        }
        let training =
            exact::ring::coupling_from_correlation(settings.visible, t.data.correlation(1))?;
        Ok(Panel {
            title: format!("trained on {}", t.label),
            x: axis("step"),
            y: axis("coupling K of the ring that agrees"),
            series,
            marks: vec![mark_y("training set", training)],
        })
    };
    Ok(Figure {
        id: "temperature-ranges-sampled".into(),
        caption: "The sampled flow of equal-weight machines, exact, with $T_c$ at the edge of the training set, outside, and inside on a grid: the coupling of the ring that has the ensemble's correlation of neighbours (lines) or its $\\langle V^2 \\rangle$ (dashed). Hot and cold starts meet, at the machine's own distribution; that the two readings differ says that it is the ensemble of no ring at any temperature.".into(),
        panels: trained.iter().map(panel).collect::<Result<_>>()?,
    })
}

fn table(settings: &Settings, trained: &[Trained]) -> Result<Table> {
    let (m, n) = (settings.visible, settings.hidden);
    let row = |t: &Trained| -> Result<Vec<Cell>> {
        let own = symmetric::visible_sum_probabilities(m, n, t.weight);
        let spectrum = symmetric::spectrum(m, n, t.weight)?;
        let numbers = [
            t.data.v2() / m as f64,
            // Where two halves cancel, rounding is left.
            if t.data.correlation(1).abs() < ROUNDING { 0.0 } else { t.data.correlation(1) },
            t.weight,
            t.gain,
            symmetric::mean_fixed_point(m, n, t.weight),
            symmetric::second_moment(&own) / m as f64,
            symmetric::pair_correlation(&own),
            spectrum.relaxation_time_odd,
            symmetric::kl(&t.data, n, t.weight),
        ];
        let mut cells = vec![Cell::Text(t.label.clone())];
        cells.extend(numbers.map(Cell::Number));
        Ok(cells)
    };
    Ok(Table {
        id: "temperature-ranges".into(),
        caption: format!(
            "Training sets and the equal-weight machines that fit them best, M = {m}, N = {n}, exact. The deterministic flow ends at $m^*$; the sampled flow at the machine's own $\\langle V^2 \\rangle$ and correlation, $\\tau$ is the time in steps in which it forgets the sign of V. KL in nats."
        ),
        columns: [
            "temperatures",
            "⟨V²⟩/M, data",
            "⟨vv′⟩, data",
            "W",
            "N M W²",
            "m*",
            "⟨V²⟩/M, machine",
            "⟨vv′⟩, machine",
            "τ",
            "KL",
        ]
        .map(String::from)
        .into(),
        rows: trained.iter().map(row).collect::<Result<_>>()?,
    })
}
