//! Where the deterministic flow goes over from order to disorder: the phase diagram over (T1, T2), and the limit of large M.

use super::Settings;
use anyhow::{Context, Result};
use exact::{Mixture, symmetric};
use lab::Lab;
use report::{Figure, Table, figure, grid, panel, table};

pub(super) fn phase_diagram(lab: &Lab, s: &Settings) -> Result<Figure> {
    // (T1, T2) on the line of one architecture. Above T = 1/K_c not even a single temperature orders.
    let lines = lab.each(&s.architectures, |(visible, hidden)| {
        let (visible, hidden) = (visible.size(), hidden.size());
        let end = symmetric::critical_coupling(visible, hidden)?.recip();
        let mut points = Vec::new();
        for low in grid(0.0, end, s.diagram_points.size()).take(s.diagram_points.size()) {
            if let Some(high) = symmetric::critical_range(visible, hidden, low)? {
                points.push((low, high));
            }
        }
        points.push((end, end));
        Ok(points)
    })?;
    let largest = |of: fn(&(f64, f64)) -> f64| lines.iter().flatten().map(of).fold(0.0, f64::max);
    let (right, top) = (largest(|p| p.0), largest(|p| p.1));
    Ok(figure("diagram", "Where the deterministic flow goes over, for training on all temperatures from $T_1$ to $T_2$: below its line an RBM orders, above it every configuration ends at 0. The lines meet the axis $T_1 = 0$ without a jump, and end on the diagonal at $1/K_c$, training at one temperature.")
        .panel(panel("lowest temperature T₁ (J/k_B)", "highest temperature T₂ (J/k_B)")
            .title("ordered below, disordered above")
            .y_from(0.0, 1.05 * top)
            .each(s.architectures.iter().zip(lines), |panel, ((m, n), points)| {
                panel.line(format!("M = {m}, N = {n}"), points)
            })
            .dashed("T₂ = T₁, one temperature", [(0.0, 0.0), (right, right)])))
}

/// The two ends of the line for one size M = 2N, and what the limit of large M says of them.
pub(super) struct Size {
    visible: usize,
    hidden: usize,
    /// T2 at which the flow goes over for `T1 = 0`.
    top: f64,
    /// T1 at which it goes over for T2 = `high`; `None` where `[0, high]` is disordered.
    low: Option<f64>,
    /// 1/K_c: the temperature at which it goes over for training at one temperature.
    single: f64,
    /// `sqrt(N/M) <V tanh(V / sqrt(NM))>` of the critical RBM, over its value for M to infinity.
    response: f64,
    /// `<V^2> / M` of the range `[0, top]`.
    susceptibility: f64,
}

impl Size {
    fn of(visible: usize, high: f64) -> Result<Self> {
        let hidden = visible / 2;
        let top = symmetric::critical_range(visible, hidden, 0.0)?;
        let top = top.context("no range from T = 0 orders")?;
        let weight = ((visible * hidden) as f64).sqrt().recip();
        let scale = (hidden as f64 / visible as f64).sqrt();
        Ok(Self {
            visible,
            hidden,
            top,
            low: symmetric::critical_low(visible, hidden, high)?,
            single: symmetric::critical_coupling(visible, hidden)?.recip(),
            response: scale * symmetric::f(visible, hidden, weight)
                / symmetric::critical_susceptibility(visible, hidden),
            susceptibility: Mixture::range(visible, 0.0, top)?.v2() / visible as f64,
        })
    }

    /// `top` for large M: the aligned states, `2 / (T2 ln M)` of the range, alone against the critical response.
    fn top_of_large(&self) -> f64 {
        let (m, n) = (self.visible as f64, self.hidden as f64);
        let ratio = (m / n).sqrt();
        let aligned = m * ratio.tanh() / ratio;
        2.0 / m.ln() * aligned / symmetric::critical_susceptibility(self.visible, self.hidden)
    }
}

pub(super) fn sizes(lab: &Lab, s: &Settings) -> Result<Vec<Size>> {
    lab.each(&s.asymptote_sizes, |visible| Size::of(visible.size(), *s.high))
}

pub(super) fn sizes_figure(s: &Settings, sizes: &[Size]) -> Figure {
    figure("asymptote", format!("Large RBMs. Left: with $T_1 = 0$ the ordered part of the diagram grows like $\\sqrt M / \\ln M$, up to corrections of the order $1/\\ln M$. Right: with $T_2 = {}$ the boundary stays below $1/K_c$, which falls like $4/\\ln M$; it lies where rings are aligned over their whole length, $e^{{2/T_1}} > M$.", s.high))
        .panel(panel("visible units M = 2N", "T₂ on the boundary (J/k_B)").log_x().log_y()
            .title("range [0, T₂]: ordered below")
            .joined("exact", sizes.iter().map(|s| (s.visible, s.top)))
            .dashed("for M → ∞, ∝ √M / ln M", sizes.iter().map(|s| (s.visible, s.top_of_large()))))
        .panel(panel("visible units M = 2N", "T₁ on the boundary (J/k_B)").log_x()
            .title(format!("range [T₁, {}]: ordered below", s.high))
            .joined("exact", sizes.iter().map(|s| (s.visible, s.low)))
            .dashed("1/K_c, one temperature", sizes.iter().map(|s| (s.visible, s.single))))
}

pub(super) fn sizes_table(sizes: &[Size]) -> Table {
    table("sizes", "The limit of large M, N = M/2. Response: $\\sqrt{N/M}\\, \\langle V \\tanh(V/\\sqrt{NM}) \\rangle$ of the RBM at $N M W^2 = 1$, over $\\sqrt{12 M/(1 + M/N)}\\, \\Gamma(3/4)/\\Gamma(1/4)$.")
        .rows(sizes)
        .column("M", |s| s.visible)
        .column("response / asymptote", |s| s.response)
        .column("T₂ at T₁ = 0", |s| s.top)
        .column("asymptote", |s| s.top_of_large())
        .column("ratio", |s| s.top / s.top_of_large())
        .column("⟨V²⟩/M there", |s| s.susceptibility)
        .column("T where e^{2/T} = M", |s| 2.0 / (s.visible as f64).ln())
        .column("T₁ at fixed T₂", |s| s.low)
        .column("1/K_c", |s| s.single)
        .into()
}
