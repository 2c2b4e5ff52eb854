//! Where the deterministic flow goes over: the phase diagram over (T1, T2), and its law for large machines.

use super::Settings;
use anyhow::Result;
use exact::{Mixture, symmetric};
use lab::parts::*;
use rayon::prelude::*;
use report::content::{Cell, Figure, Panel, Series, Style, Table};

/// The boundary of one machine: `(T1, T2)` on it, and the largest T1 that any range may have.
struct Boundary {
    visible: usize,
    hidden: usize,
    points: Vec<(f64, f64)>,
}

pub(super) fn phase_diagram(settings: &Settings) -> Result<Figure> {
    let of_machine = |&[visible, hidden]: &[usize; 2]| -> Result<Boundary> {
        // Above T = 1/K_c not even a single temperature orders.
        let end = symmetric::critical_coupling(visible, hidden)?.recip();
        let mut points = Vec::new();
        for low in grid(0.0, end, settings.diagram_points).take(settings.diagram_points) {
            if let Some(high) = symmetric::critical_range(visible, hidden, low)? {
                points.push((low, high));
            }
        }
        points.push((end, end));
        Ok(Boundary { visible, hidden, points })
    };
    let boundaries =
        settings.architectures.par_iter().map(of_machine).collect::<Result<Vec<_>>>()?;
    let line = |b: &Boundary| {
        let label = format!("M = {}, N = {}", b.visible, b.hidden);
        curve(label, Style::Line, b.points.iter().copied())
    };
    let mut series: Vec<Series> = boundaries.iter().map(line).collect();
    let top = boundaries.iter().flat_map(|b| &b.points).fold(0.0_f64, |top, p| top.max(p.1));
    let right = boundaries.iter().flat_map(|b| &b.points).fold(0.0_f64, |right, p| right.max(p.0));
    series.push(curve("T₂ = T₁, one temperature", Style::Dashed, [(0.0, 0.0), (right, right)]));
    Ok(Figure {
        id: "temperature-ranges-diagram".into(),
        caption: "Where the deterministic flow goes over, for training on all temperatures from $T_1$ to $T_2$: below its line a machine orders, above it every configuration ends at 0. The lines meet the axis $T_1 = 0$ without a jump: whether the point $T_c = 0$ belongs to the range does not matter, how much of its neighbourhood does. Each ends on the diagonal at $1/K_c$, training at one temperature.".into(),
        panels: vec![Panel {
            title: "ordered below, disordered above".into(),
            x: axis("lowest temperature T₁ (J/k_B)"),
            y: axis_in("highest temperature T₂ (J/k_B)", 0.0, 1.05 * top),
            series,
            marks: vec![],
        }],
    })
}

/// The two ends of the boundary for one size, and what the law says of them.
pub(super) struct Size {
    visible: usize,
    hidden: usize,
    /// T2 at which the flow turns for `T1 = 0`.
    pub(super) top: f64,
    /// T1 at which it turns for T2 = `high`; `None` where `[0, high]` is disordered.
    low: Option<f64>,
    /// `sqrt(N/M) <V tanh(V / sqrt(NM))>` of the critical machine, over its value for M to infinity.
    response: f64,
}

pub(super) fn sizes(settings: &Settings) -> Result<Vec<Size>> {
    let of_size = |&visible: &usize| -> Result<Size> {
        let hidden = visible / 2;
        let top = symmetric::critical_range(visible, hidden, 0.0)?.unwrap_or(f64::NAN);
        let high = settings.high;
        let low = symmetric::critical_low(visible, hidden, high)?;
        let weight = ((visible * hidden) as f64).sqrt().recip();
        let scale = (hidden as f64 / visible as f64).sqrt();
        let response = scale * symmetric::f(visible, hidden, weight)
            / symmetric::critical_susceptibility(visible, hidden);
        Ok(Size { visible, hidden, top, low, response })
    };
    settings.law_sizes.par_iter().map(of_size).collect()
}

/// T2 on the boundary at `T1 = 0` for large M: the aligned states, `2 / (T2 ln M)` of the range, alone against the
/// critical response.
fn top_by_law(visible: usize, hidden: usize) -> f64 {
    let (m, n) = (visible as f64, hidden as f64);
    let ratio = (m / n).sqrt();
    let aligned = m * ratio.tanh() / ratio;
    2.0 / m.ln() * aligned / symmetric::critical_susceptibility(visible, hidden)
}

pub(super) fn law_figure(settings: &Settings, sizes: &[Size]) -> Figure {
    let of = |y: fn(&Size) -> Option<f64>| {
        sizes.iter().filter_map(move |s| Some((s.visible as f64, y(s)?)))
    };
    let top = Panel {
        title: "range [0, T₂]: ordered below".into(),
        x: log_axis("visible units M = 2N"),
        y: log_axis("T₂ on the boundary (J/k_B)"),
        series: vec![
            curve("exact", Style::LinePoints, of(|s| Some(s.top))),
            curve(
                "law for M → ∞, ∝ √M / ln M",
                Style::Dashed,
                of(|s| Some(top_by_law(s.visible, s.hidden))),
            ),
        ],
        marks: vec![],
    };
    let low = Panel {
        title: format!("range [T₁, {}]: ordered below", settings.high),
        x: log_axis("visible units M = 2N"),
        y: axis("T₁ on the boundary (J/k_B)"),
        series: vec![
            curve("exact", Style::LinePoints, of(|s| s.low)),
            curve(
                "1/K_c, one temperature",
                Style::Dashed,
                of(|s| symmetric::critical_coupling(s.visible, s.hidden).ok().map(f64::recip)),
            ),
        ],
        marks: vec![],
    };
    Figure {
        id: "temperature-ranges-law".into(),
        caption: format!(
            "Large machines. Left: with $T_1 = 0$ the ordered part of the diagram grows like $\\sqrt M / \\ln M$, so that every large machine orders whatever $T_2$; what the law leaves out is of the order $1/\\ln M$. Right: with $T_2 = {}$ the boundary stays below $1/K_c$, which falls like $4/\\ln M$, so that no fixed $T_1 > 0$ orders for ever. At these sizes it has hardly begun to: it lies where rings are aligned over their whole length, $e^{{2/T_1}} > M$.",
            settings.high
        ),
        panels: vec![top, low],
    }
}

pub(super) fn law_table(sizes: &[Size]) -> Result<Table> {
    let row = |s: &Size| -> Result<Vec<Cell>> {
        let data = Mixture::range(s.visible, 0.0, s.top)?;
        let law = top_by_law(s.visible, s.hidden);
        let cold = 2.0 / (s.visible as f64).ln();
        Ok(vec![
            Cell::Number(s.visible as f64),
            Cell::Number(s.response),
            Cell::Number(s.top),
            Cell::Number(law),
            Cell::Number(s.top / law),
            Cell::Number(data.v2() / s.visible as f64),
            Cell::Number(cold),
            match s.low {
                Some(low) => Cell::Number(low),
                None => Cell::Text("none".into()),
            },
            Cell::Number(symmetric::critical_coupling(s.visible, s.hidden)?.recip()),
        ])
    };
    Ok(Table {
        id: "temperature-ranges-sizes".into(),
        caption: "The law for large M, N = M/2. Response: $\\sqrt{N/M}\\, \\langle V \\tanh(V/\\sqrt{NM}) \\rangle$ of the machine at its turn, over $\\sqrt{12 M/(1 + M/N)}\\, \\Gamma(3/4)/\\Gamma(1/4)$.".into(),
        columns: ["M", "response / law", "T₂ at T₁ = 0", "law", "ratio", "⟨V²⟩/M there", "T where e^{2/T} = M", "T₁ at fixed T₂", "1/K_c"].map(String::from).into(),
        rows: sizes.iter().map(row).collect::<Result<_>>()?,
    })
}
