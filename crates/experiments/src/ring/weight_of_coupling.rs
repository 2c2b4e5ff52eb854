//! `weight-of-coupling`: W(K) of the equal-weight RBM, section 4.1 and appendix B of the thesis.

use anyhow::{Result, ensure};
use exact::decimation::pinned;
use exact::{Rbm64, Ring, enumerate, symmetric};
use lab::Lab;
use lab::kinds::{Count, Distinct, Positive, Within};
use lab::verdict::{ROUNDING, all, at_most, holds, identity, largest, near};
use report::{Claim, Figure, Panel, Section, Table, figure, grid, panel, section, table};
use serde::{Deserialize, Serialize};
use stats::Estimate;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The architecture of the thesis: M visible units, even, and N hidden units.
    visible: Count<6, { enumerate::MAX_UNITS as u64 / 2 }>,
    hidden: Count<1, 10_000>,
    /// The coupling of figure 3.
    coupling: Positive<100>,
    /// Largest coupling of figure 4, and its number of points.
    largest_coupling: Positive<100>,
    points: Count<2, 10_000>,
    /// The couplings of figure 5.
    panels: Distinct<Positive<100>>,
    /// Further architectures `[M, N]` of the table, odd N among them.
    architectures: Distinct<(Count<2, 100_000>, Count<1, 100_000>)>,
    /// Couplings at which the limits of W(K) are read off.
    small_coupling: Positive<1>,
    large_coupling: Within<1, 100>,
    /// Weights at which the proof of appendix B is checked.
    proof_weights: Distinct<Positive<100>>,
    /// Pinning strength of the RBM with unequal weights.
    pinning: Within<0, 100>,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        let visible = self.visible;
        ensure!(
            visible.size().is_multiple_of(2),
            "visible is {visible}, but must be even to be decimated"
        );
        Ok(())
    }
}

/// W(K) for N hidden units on a ring of M sites.
fn weight_of(m: usize, n: usize, k: f64) -> Result<f64> {
    Ok(symmetric::best_weight(&Ring::new(m, k)?.into(), n)?)
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let (m, n, k) = (s.visible.size(), s.hidden.size(), *s.coupling);
    let ring = Ring::new(m, k)?;
    let weight = weight_of(m, n, k)?;
    let couplings: Vec<f64> = grid(0.0, *s.largest_coupling, s.points.size()).collect();
    let curve = lab.each(&couplings, |&k| Ok((k, weight_of(m, n, k)?)))?;
    let equal = symmetric::kl(&ring.into(), n, weight);
    let q = enumerate::ring(&ring)?.probabilities;
    let unequal =
        enumerate::kl(&q, &enumerate::visible_probabilities(&pinned(m, k, *s.pinning)?)?)?;

    Ok(section("weight-of-coupling", "The best weight of the equal-weight RBM")
        .answer(format!("W(K) is as the thesis draws it, {weight:.6} at $K = {k}$ where it reads 0.30; but equal weights are not the optimum: KL is {equal:.3} nats, {unequal:.4} with unequal ones."))
        .text(format!("An RBM of M = {m} visible and N = {n} hidden units, all weights equal to W and no biases, is fitted to the ring at the coupling K. It sees a configuration only through $V = \\sum_i v_i$, so that $KL(q\\|p)$ and its slope $dKL/dW = N(f - g)$ are sums over M + 1 numbers: exact for any M, N and parity."))
        .claims(root_claims(lab, s, weight, &curve)?)
        .claims(limit_claims(lab, s)?)
        .figure(figure("crossing", format!("Figure 3 of the thesis, M = {m}, N = {n}: the two sides of equation (69) at $K = {k}$ cross at $W = {weight:.6}$. Right: the divergence, whose maximum at $W = 0$ is a root too."))
            .panel(both_sides(s, k, weight, 3.0 * weight)?)
            .panel(divergence(&ring, n, weight)))
        .figure(weight_figure(lab, s, curve)?)
        .figure(growth_figure(lab, s)?)
        .table(sizes_table(lab, s)?)
        .discussion("W(K) begins like $\\sqrt{2K/(N(M-1))}$, with infinite slope, and grows like $2K/N$. That W diverges with K is right, but equation (102) does not prove it: two curves with one asymptote may cross anywhere. The proof is the inequality $f < M \\tanh MW$ at every finite W, checked above.")
        .discussion("The premise that all weights are equal by symmetry does not hold: translation maps an optimum to another optimum, not to itself. An RBM with M/2 hidden units and unequal weights, unit a pinned to site 2a and coupled with K to its two neighbours, fits the ring far better: see the experiment decimation-theorem."))
}

/// Single values of W: the reading of figure 3, the roots of (69), K = 0, the monotonic growth, odd N.
fn root_claims(lab: &Lab, s: &Settings, weight: f64, curve: &[(f64, f64)]) -> Result<[Claim; 5]> {
    let (m, n, k) = (s.visible.size(), s.hidden.size(), *s.coupling);
    let data = Ring::new(m, k)?.into();
    let other_settings = (m, n, k) != (8, 4, 1.0);
    // Sign changes of dKL/dW over a grid that does not contain 0: every simple root makes one.
    let weights = grid(-10.0 * weight, 10.0 * weight, 4001);
    let slopes: Vec<f64> = weights.map(|w| symmetric::kl_slope(&data, n, w)).collect();
    let roots = slopes.windows(2).filter(|pair| pair[0] * pair[1] < 0.0).count();
    let above = symmetric::kl(&data, n, 0.0) - symmetric::kl(&data, n, weight);
    // W = sqrt(2K / (N (M - 1))) (1 + O(K)).
    let small = *s.small_coupling;
    let [at_small, at_twice] = [weight_of(m, n, small)?, weight_of(m, n, 2.0 * small)?];
    let of_asymptote = at_small / (2.0 * small / (n * (m - 1)) as f64).sqrt();
    let exponent = (at_twice / at_small).log2();
    let step = curve.windows(2).map(|w| w[1].1 - w[0].1).fold(f64::INFINITY, f64::min);
    let odd = (1..=9).step_by(2).map(|odd| {
        let sum = enumerate::ln_z(&Rbm64::uniform(m, odd, weight)?)?;
        Ok((sum / symmetric::ln_z(m, odd, weight) - 1.0).abs())
    });
    let odd = largest(odd.collect::<Result<Vec<_>>>()?);

    Ok([
        // Half a unit of the last digit that was read.
        lab.says("ter-hoeve-2018/w-at-1")?.judged(
            near(Estimate::exact(weight), 0.30, 0.005)
                .corrected_if((weight - 0.30).abs() < 0.01, "it is off by less than one unit of the last digit")
                .unless(other_settings.then(|| format!("said of M = 8, N = 4, $K = 1$, not of {m}, {n} and {k}"))),
            format!("the root of (69) at $K = {k}$"),
            "The published value was read off a plot; ours is exact.",
        ),
        lab.says("ter-hoeve-2018/one-root")?.judged(
            holds(roots == 1, "one sign change of $dKL/dW$")
                .corrected_if(roots == 3, "there is one positive root")
                .showing(Estimate::exact(roots as f64)),
            "sign changes of $dKL/dW$, W of either sign",
            format!("Both sides of (69) are odd in W, so $W = 0$ and $-W$ solve it too. $W = 0$ is a maximum of KL for $K > 0$: it lies {above:.4} nats above the minimum."),
        ),
        lab.says("ter-hoeve-2018/w-at-0")?.judged(
            all([
                identity(weight_of(m, n, 0.0)?),
                near(Estimate::exact(of_asymptote), 1.0, m as f64 * small),
            ]),
            "W at $K = 0$",
            format!("W falls to 0 like $K^{{{exponent:.3}}}$, as $\\sqrt{{2K/(N(M-1))}}$ does: figure 4 starts with infinite slope."),
        )
        .and(format!("W at $K = {small}$"), Some(at_small))
        .and("this, over $\\sqrt{2K/(N(M-1))}$", Some(of_asymptote)),
        lab.says("ter-hoeve-2018/monotonic")?.judged(
            holds(step > 0.0, "W grows from each point of figure 4 to the next").showing(Estimate::exact(step)),
            "smallest increase between neighbouring points of figure 4",
            format!("Shown numerically at {} couplings; the thesis gives no proof either.", curve.len()),
        ),
        lab.says("ter-hoeve-2018/odd-hidden")?.judged(
            identity(odd),
            "largest relative deviation of $\\ln Z$ from the sum over all states, N = 1, 3, .., 9",
            format!("One sum, $Z = 2^M \\sum_H d(H) (\\cosh WH)^M$, serves both parities. For example $W(K = {k}) = {:.6}$ at N = {}.", weight_of(m, n + 1, k)?, n + 1),
        ),
    ])
}

/// K to infinity, and the proof in appendix B.
fn limit_claims(lab: &Lab, s: &Settings) -> Result<[Claim; 5]> {
    let (m, n, large) = (s.visible.size(), s.hidden.size(), *s.large_coupling);
    let (cold, frozen) = (Ring::new(m, large)?, Ring::new(m, f64::INFINITY)?.into());
    let slope = (weight_of(m, n, large * 1.01)? - weight_of(m, n, large)?) / (large * 0.01);
    // The approach to the linear growth is of order e^{-2K}.
    let beyond_linear = (m * m) as f64 * (-2.0 * large).exp();
    // What the first excited states, M (M - 1) of them, still weigh at this coupling.
    let excited = (m * (m - 1)) as f64 * (-4.0 * large).exp() + ROUNDING;
    let limit = |w: f64| (m as f64 * w).tanh();
    let deviation = |w: f64| (symmetric::g(&cold.into(), w) / m as f64 - limit(w)).abs();
    let weights = || s.proof_weights.iter().map(|w| **w);
    let slopes = weights().map(|w| symmetric::kl_slope(&frozen, n, w));
    let steepest = slopes.fold(f64::NEG_INFINITY, f64::max);
    // The product displayed before (96) at alpha = M, and the quantity that it stands for.
    let (one, other) = (1.0 + (-2.0 * large).exp(), 1.0 - (-2.0 * large).exp());
    let printed = (1.0 / one + 1.0 / other).powi(m as i32);
    let aligned = near(Estimate::exact(cold.configuration_probabilities()[0]), 0.5, excited);
    let half = aligned.is() == Some(true);
    let weigh = format!("The excited states may still weigh {excited:.1e}.");

    Ok([
        lab.says("ter-hoeve-2018/divergence")?.judged(
            near(Estimate::exact(slope), 2.0 / n as f64, beyond_linear),
            format!("$dW/dK$ at $K = {large}$"),
            format!("W diverges linearly, with the slope $2/N = {}$.", 2.0 / n as f64),
        ),
        lab.says("ter-hoeve-2018/proof")?.judged(
            holds(false, "a common asymptote forces the crossing of two curves to infinity")
                .corrected_if(steepest < 0.0, "$dKL/dW < 0$ at $K = \\infty$ at every W tried")
                .showing(Estimate::exact(steepest)),
            "largest $dKL/dW$ at $K = \\infty$ among the W tried",
            "What forces W to infinity is $f < M \\tanh MW$ at every finite W: at $K = \\infty$ the divergence falls with W for ever, so that no finite W is best.",
        ),
        lab.says("ter-hoeve-2018/frozen-limit")?.judged(
            at_most(largest(weights().map(deviation)), excited),
            format!("largest deviation of $g(W, K)/M$ from $\\tanh MW$ at $K = {large}$"),
            &weigh,
        ),
        lab.says("ter-hoeve-2018/aligned-weight")?.judged(
            aligned,
            format!("probability of one aligned state at $K = {large}$"),
            &weigh,
        ),
        lab.says("ter-hoeve-2018/product")?.judged(
            near(Estimate::exact(printed), 0.5, excited).corrected_if(half, "1/2 is right"),
            format!("the displayed product at $\\alpha = M$, $K = {large}$"),
            "It takes $1/(a^M + b^M)$ for $(1/a + 1/b)^M$ and tends to $2^M$.",
        ),
    ])
}

/// f(W) and g(W, K) of one coupling, which cross at `weight`.
fn both_sides(s: &Settings, k: f64, weight: f64, largest_weight: f64) -> Result<Panel> {
    let (m, n) = (s.visible.size(), s.hidden.size());
    let data = Ring::new(m, k)?.into();
    let weights = grid(0.0, largest_weight, 120);
    Ok(panel("weight W", "⟨V tanh WV⟩")
        .title(format!("K = {k}"))
        .y_from(0.0, m as f64 * 1.05)
        .line("f(W), RBM", weights.clone().map(|w| (w, symmetric::f(m, n, w))))
        .dashed("g(W, K), ring", weights.map(|w| (w, symmetric::g(&data, w))))
        .points("solution W(K)", [(weight, symmetric::g(&data, weight))]))
}

/// The divergence over W, and the three roots of (69).
fn divergence(ring: &Ring, n: usize, weight: f64) -> Panel {
    let kl = |w: f64| (w, symmetric::kl(&(*ring).into(), n, w));
    panel("weight W", "KL(q‖p) (nats)")
        .title("what is minimised")
        .line("KL", grid(-1.5 * weight, 2.5 * weight, 200).map(kl))
        .points("roots of (69)", [-weight, 0.0, weight].map(kl))
}

/// Figure 4 with the two limits, on linear and on logarithmic axes.
fn weight_figure(lab: &Lab, s: &Settings, curve: Vec<(f64, f64)>) -> Result<Figure> {
    let (visible, hidden, top) = (s.visible.size(), s.hidden.size(), *s.largest_coupling);
    let (m, n) = (visible as f64, hidden as f64);
    let small = |k: f64| (k, (2.0 * k / (n * (m - 1.0))).sqrt());
    let large = |k: f64| (k, (4.0 * k - ((m * m / 2.0).floor() / 4.0).ln()) / (2.0 * n));
    let lowest = curve[1].0.min(*s.small_coupling).max(1e-4);
    let decades: Vec<f64> = grid(lowest.ln(), top.ln(), 80).map(f64::exp).collect();
    let over_decades = lab.each(&decades, |&k| Ok((k, weight_of(visible, hidden, k)?)))?;
    let [square_root, linear] = ["√(2K/(N(M−1)))", "(4K − ln(M²/8))/(2N)"];
    let axes = || panel("coupling K", "weight W(K)");
    Ok(figure("curve", format!("Figure 4 of the thesis: the best weight against the coupling, M = {m}, N = {n}, with its two limits. It starts like a square root and ends linear."))
        .panel(axes()
            .line("W(K)", curve)
            .dashed(square_root, grid(0.0, 0.5 * top, 60).map(small))
            .dashed(linear, grid(0.25 * top, top, 60).map(large)))
        .panel(axes()
            .log_x()
            .log_y()
            .line("W(K)", over_decades)
            .dashed(square_root, decades.iter().map(|&k| small(k)))
            .dashed(linear, decades.iter().map(|&k| large(k)).filter(|(_, w)| *w > 0.05))))
}

/// Figure 5.
fn growth_figure(lab: &Lab, s: &Settings) -> Result<Figure> {
    let weight = |k: &Positive<100>| weight_of(s.visible.size(), s.hidden.size(), **k);
    let weights = lab.each(&s.panels, weight)?;
    let right = 1.3 * largest(weights.iter().copied());
    let panels = s.panels.iter().zip(&weights).map(|(k, &w)| both_sides(s, **k, w, right));
    Ok(figure("growth", "Figure 5 of the thesis: as K grows the solution moves out; both curves have the asymptote M.")
        .panels(panels.collect::<Result<Vec<_>>>()?, |panel| panel))
}

/// Numbers of one architecture at the coupling of figure 3.
struct Size {
    visible: usize,
    hidden: usize,
    weight: f64,
    kl: f64,
    critical: f64,
}

fn sizes_table(lab: &Lab, s: &Settings) -> Result<Table> {
    let k = *s.coupling;
    let sizes = lab.each(&s.architectures, |(visible, hidden)| {
        let (visible, hidden) = (visible.size(), hidden.size());
        let weight = weight_of(visible, hidden, k)?;
        let kl = symmetric::kl(&Ring::new(visible, k)?.into(), hidden, weight);
        let critical = symmetric::critical_coupling(visible, hidden)?;
        Ok(Size { visible, hidden, weight, kl, critical })
    })?;
    Ok(table("sizes", format!("Best weight at $K = {k}$ for several architectures; the divergence there, the gain $N M W^2$ of the deterministic flow, and the coupling $K_c$ at which the gain is 1."))
        .rows(sizes)
        .column("M", |s| s.visible.to_string())
        .column("N", |s| s.hidden.to_string())
        .column("W", |s| s.weight)
        .column("KL", |s| s.kl)
        .column("N M W²", |s| symmetric::gain(s.visible, s.hidden, s.weight))
        .column("K_c", |s| s.critical)
        .into())
}
