//! Experiment `weight-of-coupling`: W(K) of the equal-weight machine, the thesis' section 4.1 and appendix B.

use anyhow::Result;
use exact::decimation::locked;
use exact::{Machine, Ring, enumerate, symmetric};
use lab::Run;
use lab::parts::*;
use lab::published::{Finding, exactly};
use report::content::{Cell, Claim, Figure, Panel, Section, Style, Table, Verdict};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The thesis' architecture: M visible units.
    visible: usize,
    /// N hidden units.
    hidden: usize,
    /// The coupling of figure 3.
    coupling: f64,
    /// Largest coupling of figure 4, and its number of points.
    largest_coupling: f64,
    points: usize,
    /// The couplings of figure 5.
    panels: Vec<f64>,
    /// Further architectures `[M, N]` of the table, odd N among them.
    architectures: Vec<[usize; 2]>,
    /// Couplings at which the limits of W(K) are read off.
    small_coupling: f64,
    large_coupling: f64,
    /// Weights at which the proof of appendix B is checked.
    proof_weights: Vec<f64>,
    /// Locking strength of the machine with unequal weights.
    locking: f64,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_count("visible", self.visible as u64, 6, enumerate::MOST_UNITS as u64 / 2)?;
        anyhow::ensure!(
            self.visible.is_multiple_of(2),
            "visible is {}, but must be even to be decimated",
            self.visible
        );
        check_count("hidden", self.hidden as u64, 1, 10_000)?;
        check_count("points", self.points as u64, 2, 10_000)?;
        check_values("coupling", &[self.coupling], 1e-6, 100.0)?;
        check_values("largest_coupling", &[self.largest_coupling], 1e-6, 100.0)?;
        check_values("panels", &self.panels, 1e-6, 100.0)?;
        check_values("small_coupling", &[self.small_coupling], 1e-9, 0.1)?;
        check_values("large_coupling", &[self.large_coupling], 1.0, 100.0)?;
        check_values("proof_weights", &self.proof_weights, 1e-6, 100.0)?;
        check_values("locking", &[self.locking], 0.0, 100.0)?;
        anyhow::ensure!(
            !self.architectures.is_empty(),
            "architectures is empty, but needs at least one pair [M, N]"
        );
        for &[visible, hidden] in &self.architectures {
            check_count("M in architectures", visible as u64, 2, 100_000)?;
            check_count("N in architectures", hidden as u64, 1, 100_000)?;
        }
        Ok(())
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let (m, n) = (settings.visible, settings.hidden);
    let weight_at = |k: f64| symmetric::best_weight(&Ring::new(m, k)?.into(), n);
    let weight = weight_at(settings.coupling)?;
    let couplings: Vec<f64> = grid(0.0, settings.largest_coupling, settings.points).collect();
    let weights = couplings.iter().map(|&k| weight_at(k)).collect::<Result<Vec<_>, _>>()?;

    let mut claims = root_claims(run, settings, weight, &weights)?;
    claims.extend(limit_claims(run, settings)?);
    let ring = Ring::new(m, settings.coupling)?;
    let equal = symmetric::kl(&ring.into(), n, weight);
    let unequal = kl(&ring, &locked(m, settings.coupling, settings.locking)?)?;
    Ok(Section {
        checks: vec![],
        experiment: "weight-of-coupling".into(),
        title: "The best weight of the equal-weight machine".into(),
        headline: format!("W(K) is as the thesis draws it, {weight:.6} at $K = {}$ where it reads 0.30; but equal weights are not the optimum: KL is {equal:.3} nats, {unequal:.4} with unequal ones.", settings.coupling),
        introduction: vec![
            format!("A machine of M = {m} visible and N = {n} hidden units, all weights equal to W and no biases, is fitted to the ring at the coupling K. It sees a configuration only through $V = \\sum_i v_i$, so that $KL(q\\|p)$ and its slope $dKL/dW = N(f - g)$ are sums over M + 1 numbers: exact for any M, N and parity. W(K) is found by bisection."),
        ],
        claims,
        figures: vec![
            crossing(settings, weight)?,
            weight_curve(settings, &couplings, &weights)?,
            growing_panels(settings)?,
        ],
        tables: vec![table(settings)?],
        discussion: vec![
            "W(K) begins like $\\sqrt{2K/(N(M-1))}$, with infinite slope, and grows like $2K/N$. That W diverges with K is right, but equation (102) does not prove it: two curves with one asymptote may cross anywhere. The proof is the inequality $f < M \\tanh MW$ at every finite W, checked above.".into(),
            "The premise that all weights are equal by symmetry does not hold: translation maps an optimum to another optimum, not to itself. A machine with M/2 hidden units and unequal weights, unit a locked to site 2a and coupled with K to its two neighbours, fits the ring far better: see the experiment decimation-theorem.".into(),
        ],
        settings: toml::to_string(settings)?,
    })
}

/// Claims about single values of W: the reading of figure 3, the roots of (69), K = 0, the monotonic growth, odd N.
fn root_claims(run: &Run, settings: &Settings, weight: f64, weights: &[f64]) -> Result<Vec<Claim>> {
    let (m, n, k) = (settings.visible, settings.hidden, settings.coupling);
    let ring = Ring::new(m, k)?;
    let reading = match (m, n, k == 1.0) {
        // Half the last digit that was read.
        (8, 4, true) if (weight - 0.30).abs() <= 0.005 => Verdict::Reproduced,
        (8, 4, true) => Verdict::Corrected,
        _ => Verdict::NotComparable,
    };
    // Sign changes of dKL/dW over a grid that does not contain 0: every simple root makes one.
    let slopes: Vec<f64> = grid(-10.0 * weight, 10.0 * weight, 4001)
        .map(|w| symmetric::kl_slope(&ring.into(), n, w))
        .collect();
    let roots = slopes.windows(2).filter(|pair| pair[0] * pair[1] < 0.0).count();
    let excess = symmetric::kl(&ring.into(), n, 0.0) - symmetric::kl(&ring.into(), n, weight);
    let small = settings.small_coupling;
    let near_zero =
        [small, 2.0 * small].map(|k| symmetric::best_weight(&Ring::new(m, k)?.into(), n));
    let [at_small, at_twice] = [near_zero[0].clone()?, near_zero[1].clone()?];
    let exponent = (at_twice / at_small).log2();
    let step = weights.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
    let mut parity = 0.0_f64;
    for hidden in (1..=9).step_by(2) {
        let sum = enumerate::ln_z(&Machine::uniform(m, hidden, weight)?)?;
        parity = parity.max((sum / symmetric::ln_z(m, hidden, weight) - 1.0).abs());
    }
    let odd = symmetric::best_weight(&ring.into(), n + 1)?;
    let if_true = |holds: bool, verdict| if holds { verdict } else { Verdict::Contradicted };
    Ok(vec![
        claim(run, "w-at-1", exactly(weight, &format!("the root of (69) at $K = {k}$"), reading,
            "The published value was read off a plot; ours is exact, by bisection to the last bit.".into()))?,
        claim(run, "one-root", exactly(roots as f64, "sign changes of $dKL/dW$, W of either sign",
            if roots == 1 { Verdict::Reproduced } else { Verdict::Corrected },
            format!("Both sides of (69) are odd in W, so $W = 0$ and $-W$ solve it too. $W = 0$ is a maximum of KL for $K > 0$: it lies {excess:.4} above the minimum.")))?,
        claim(run, "w-at-0", exactly(at_small, &format!("W at $K = {small}$"),
            if_true(exponent > 0.0 && at_small < 10.0 * small.sqrt(), Verdict::Reproduced),
            format!("W falls to 0 like $K^{{{exponent:.3}}}$: $W \\simeq \\sqrt{{2K/(N(M-1))}}$, so figure 4 starts with infinite slope.")))?,
        claim(run, "monotonic", exactly(step, "smallest increase between neighbouring points of figure 4",
            if_true(step > 0.0, Verdict::Reproduced),
            format!("Shown numerically at {} couplings; the thesis gives no proof either.", weights.len())))?,
        claim(run, "odd-hidden", exactly(parity, "largest relative deviation from the sum over all states, odd N", identity(parity),
            format!("One sum, $Z = 2^M \\sum_H d(H) (\\cosh WH)^M$, serves both parities: checked for N = 1, 3, ..., 9. For example $W(K = {k}) = {odd:.6}$ at N = {}.", n + 1)))?,
    ])
}

/// Claims about K to infinity, and about the proof in appendix B.
fn limit_claims(run: &Run, settings: &Settings) -> Result<Vec<Claim>> {
    let (m, n, large) = (settings.visible, settings.hidden, settings.large_coupling);
    let at = |k: f64| -> Result<f64, exact::Error> {
        symmetric::best_weight(&Ring::new(m, k)?.into(), n)
    };
    let slope = (at(large * 1.01)? - at(large)?) / (large * 0.01);
    // What the first excited states, M(M-1) of them, still weigh at this coupling: the tolerance of every limit.
    let excited = (m * (m - 1)) as f64 * (-4.0 * large).exp();
    let (cold, frozen) = (Ring::new(m, large)?, Ring::new(m, f64::INFINITY)?);
    let weights = &settings.proof_weights;
    let limit = |w: f64| (m as f64 * w).tanh();
    let deviation = |w: &f64| (symmetric::g(&cold.into(), *w) / m as f64 - limit(*w)).abs();
    let frozen_deviation = weights.iter().map(deviation).fold(0.0, f64::max);
    let steepest = weights
        .iter()
        .map(|&w| symmetric::kl_slope(&frozen.into(), n, w))
        .fold(f64::NEG_INFINITY, f64::max);
    let heaviest = weights.iter().copied().fold(0.0, f64::max);
    // The displayed product before (96) at alpha = M, and the quantity that it stands for.
    let printed =
        (1.0 / (1.0 + (-2.0 * large).exp()) + 1.0 / (1.0 - (-2.0 * large).exp())).powi(m as i32);
    let aligned = cold.configuration_probabilities()[0];
    let near = |found: f64, to: f64| (found - to).abs() <= excited + ROUNDING;
    let if_true = |holds: bool, verdict| if holds { verdict } else { Verdict::Contradicted };
    Ok(vec![
        claim(run, "divergence", exactly(slope, &format!("$dW/dK$ at $K = {large}$"),
            // The approach to the linear law is of order e^{-2K}.
            if_true((slope - 2.0 / n as f64).abs() <= (m * m) as f64 * (-2.0 * large).exp(), Verdict::Reproduced),
            format!("W diverges linearly, with the slope $2/N = {}$.", 2.0 / n as f64)))?,
        claim(run, "proof", exactly(steepest, &format!("largest $dKL/dW$ at $K = \\infty$, W from {} to {heaviest}", weights[0]),
            if_true(steepest < 0.0, Verdict::Corrected),
            "A common asymptote of f and g does not force their crossing to infinity. What does is $f < M \\tanh MW$ at every finite W: at $K = \\infty$ the divergence falls with W for ever, so that no finite W is best.".into()))?,
        claim(run, "frozen-limit", exactly(frozen_deviation, &format!("largest deviation of $g(W, K)/M$ at $K = {large}$"),
            if_true(frozen_deviation <= excited + ROUNDING, Verdict::Reproduced),
            format!("Against $\\tanh MW$; the excited states may still weigh {excited:.1e}.")))?,
        claim(run, "aligned-weight", exactly(aligned, &format!("probability of one aligned state at $K = {large}$"),
            if_true(near(aligned, 0.5), Verdict::Reproduced),
            format!("The excited states may still weigh {excited:.1e}.")))?,
        claim(run, "product", exactly(printed, &format!("the displayed product at $\\alpha = M$, $K = {large}$"),
            if near(printed, 0.5) { Verdict::Reproduced } else { Verdict::Corrected },
            "It takes $1/(a^M + b^M)$ for $(1/a + 1/b)^M$ and tends to $2^M$; the conclusion 1/2 is right.".into()))?,
    ])
}

/// KL of a machine from the ring.
fn kl(ring: &Ring, machine: &Machine) -> Result<f64> {
    let q = enumerate::ring(ring)?.probabilities;
    Ok(enumerate::kl(&q, &enumerate::visible_probabilities(machine)?)?)
}

fn claim(run: &Run, id: &str, finding: Finding) -> Result<Claim> {
    run.published.claim(
        &format!("weight-of-coupling/{id}"),
        &format!("ter-hoeve-2018/{id}"),
        finding,
    )
}

/// f(W) and g(W, K) of one coupling, as two curves.
fn both_sides(settings: &Settings, k: f64, largest_weight: f64) -> Result<Panel> {
    let (m, n) = (settings.visible, settings.hidden);
    let ring = Ring::new(m, k)?;
    let weight = symmetric::best_weight(&ring.into(), n)?;
    let weights = grid(0.0, largest_weight, 120);
    Ok(Panel {
        title: format!("K = {k}"),
        x: axis("weight W"),
        y: axis_in("⟨V tanh WV⟩", 0.0, m as f64 * 1.05),
        series: vec![
            curve(
                "f(W), machine",
                Style::Line,
                weights.clone().map(|w| (w, symmetric::f(m, n, w))),
            ),
            curve(
                "g(W, K), ring",
                Style::Dashed,
                weights.map(|w| (w, symmetric::g(&ring.into(), w))),
            ),
            curve("solution W(K)", Style::Points, [(weight, symmetric::g(&ring.into(), weight))]),
        ],
        marks: vec![],
    })
}

fn crossing(settings: &Settings, weight: f64) -> Result<Figure> {
    let (m, n, k) = (settings.visible, settings.hidden, settings.coupling);
    let ring = Ring::new(m, k)?;
    let weights = grid(-1.5 * weight, 2.5 * weight, 200);
    let divergence = Panel {
        title: "what is minimised".into(),
        x: axis("weight W"),
        y: axis("KL(q‖p) (nats)"),
        series: vec![
            curve("KL", Style::Line, weights.map(|w| (w, symmetric::kl(&ring.into(), n, w)))),
            curve(
                "roots of (69)",
                Style::Points,
                [-weight, 0.0, weight].map(|w| (w, symmetric::kl(&ring.into(), n, w))),
            ),
        ],
        marks: vec![],
    };
    Ok(Figure {
        id: "weight-of-coupling-crossing".into(),
        caption: format!(
            "Figure 3 of the thesis, M = {m}, N = {n}: the two sides of equation (69) at $K = {k}$ cross at $W = {weight:.6}$. Right: the divergence, whose maximum at $W = 0$ is a root too."
        ),
        panels: vec![both_sides(settings, k, 3.0 * weight)?, divergence],
    })
}

fn weight_curve(settings: &Settings, couplings: &[f64], weights: &[f64]) -> Result<Figure> {
    let (m, n) = (settings.visible as f64, settings.hidden as f64);
    let pairs: Vec<(f64, f64)> = couplings.iter().copied().zip(weights.iter().copied()).collect();
    let small = |k: f64| (2.0 * k / (n * (m - 1.0))).sqrt();
    let large = |k: f64| (4.0 * k - ((m * m / 2.0).floor() / 4.0).ln()) / (2.0 * n);
    let top = settings.largest_coupling;
    let linear = Panel {
        title: "".into(),
        x: axis("coupling K"),
        y: axis("weight W(K)"),
        series: vec![
            curve("W(K)", Style::Line, pairs.iter().copied()),
            curve("√(2K/(N(M−1)))", Style::Dashed, grid(0.0, 0.5 * top, 60).map(|k| (k, small(k)))),
            curve(
                "(4K − ln(M²/8))/(2N)",
                Style::Dashed,
                grid(0.25 * top, top, 60).map(|k| (k, large(k))),
            ),
        ],
        marks: vec![],
    };
    let lowest = couplings.get(1).copied().unwrap_or(1e-3).min(settings.small_coupling).max(1e-4);
    let decades: Vec<f64> = grid(lowest.ln(), top.ln(), 80).map(f64::exp).collect();
    let weight = |k: f64| -> Result<(f64, f64), exact::Error> {
        Ok((k, symmetric::best_weight(&Ring::new(settings.visible, k)?.into(), settings.hidden)?))
    };
    let exact_curve = decades.iter().map(|&k| weight(k)).collect::<Result<Vec<_>, _>>()?;
    let logarithmic = Panel {
        title: "".into(),
        x: log_axis("coupling K"),
        y: log_axis("weight W(K)"),
        series: vec![
            curve("W(K)", Style::Line, exact_curve),
            curve("√(2K/(N(M−1)))", Style::Dashed, decades.iter().map(|&k| (k, small(k)))),
            curve(
                "(4K − ln(M²/8))/(2N)",
                Style::Dashed,
                decades.iter().filter(|&&k| large(k) > 0.05).map(|&k| (k, large(k))),
            ),
        ],
        marks: vec![],
    };
    Ok(Figure {
        id: "weight-of-coupling-curve".into(),
        caption: format!(
            "Figure 4 of the thesis: the best weight against the coupling, M = {m}, N = {n}, with its two limits. It starts like a square root and ends linear."
        ),
        panels: vec![linear, logarithmic],
    })
}

fn growing_panels(settings: &Settings) -> Result<Figure> {
    let mut largest = 0.0_f64;
    for &k in &settings.panels {
        largest = largest
            .max(symmetric::best_weight(&Ring::new(settings.visible, k)?.into(), settings.hidden)?);
    }
    let panel = |&k: &f64| both_sides(settings, k, 1.3 * largest);
    Ok(Figure {
        id: "weight-of-coupling-growth".into(),
        caption: "Figure 5 of the thesis: as K grows the solution moves out; both curves have the asymptote M.".into(),
        panels: settings.panels.iter().map(panel).collect::<Result<_>>()?,
    })
}

fn table(settings: &Settings) -> Result<Table> {
    let k = settings.coupling;
    let row = |&[m, n]: &[usize; 2]| -> Result<Vec<Cell>> {
        let ring = Ring::new(m, k)?;
        let weight = symmetric::best_weight(&ring.into(), n)?;
        let numbers = [
            weight,
            symmetric::kl(&ring.into(), n, weight),
            symmetric::gain(m, n, weight),
            symmetric::critical_coupling(m, n)?,
        ];
        let sizes = [m, n].map(|size| Cell::Text(size.to_string()));
        Ok(sizes.into_iter().chain(numbers.map(Cell::Number)).collect())
    };
    Ok(Table {
        id: "weight-of-coupling-sizes".into(),
        caption: format!(
            "Best weight at $K = {k}$ for several architectures, odd N among them; the divergence there, the gain $N M W^2$ of the deterministic flow, and the coupling $K_c$ at which the gain is 1."
        ),
        columns: ["M", "N", "W", "KL", "N M W²", "K_c"].map(String::from).into(),
        rows: settings.architectures.iter().map(row).collect::<Result<_>>()?,
    })
}
