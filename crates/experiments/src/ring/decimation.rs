//! Experiment `decimation`: the one-dimensional renormalization group of the thesis' chapter 3.

use anyhow::Result;
use exact::Ring;
use exact::ring::{decimate, decimate_constant};
use lab::Run;
use lab::parts::*;
use lab::published::exactly;
use report::content::{Cell, Claim, Figure, Panel, Section, Style, Table, Verdict};
use serde::{Deserialize, Serialize};

/// A coupling below which the flow has arrived at K = 0 for the eye.
const NEARLY_FREE: f64 = 1e-3;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Couplings K at which the identities are checked.
    couplings: Vec<f64>,
    /// Constants K0 at which they are checked.
    constants: Vec<f64>,
    /// Rings on which ln Z is compared, even.
    sites: Vec<usize>,
    /// Couplings from which the flow of figure 2 starts.
    starts: Vec<f64>,
    /// Steps of that flow.
    steps: usize,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_values("couplings", &self.couplings, 0.0, 300.0)?;
        check_values("constants", &self.constants, -10.0, 10.0)?;
        check_values("starts", &self.starts, 0.0, 300.0)?;
        check_count("steps", self.steps as u64, 1, 1000)?;
        anyhow::ensure!(!self.sites.is_empty(), "sites is empty, but needs at least one value");
        for &sites in &self.sites {
            let fits = sites >= 4 && sites % 2 == 0 && sites <= 1 << 24;
            anyhow::ensure!(
                fits,
                "sites contains {sites}, but a ring to be halved needs an even number from 4 to 2^24"
            );
        }
        Ok(())
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    Ok(Section {
        checks: vec![],
        experiment: "decimation".into(),
        title: "The renormalization group of the Ising ring".into(),
        headline: "Decimation is right as derived: $\\tanh K' = \\tanh^2 K$, and every finite coupling flows to 0, away from the critical point of the ring.".into(),
        introduction: vec![
            "Summing over every second spin of a ring of M spins leaves a ring of M/2 spins with the coupling $K'$, $\\tanh K' = \\tanh^2 K$, and a constant $K_0'$ per bond that keeps the partition function. This is the yardstick: a machine that coarse-grains must do to K what this map does.".into(),
        ],
        claims: claims(run, settings)?,
        figures: vec![figure(settings)],
        tables: vec![table(settings)],
        discussion: vec![
            "Every finite coupling flows to $K = 0$, the more slowly the larger it is: $K' \\simeq K - \\tfrac12 \\ln 2$ at large K. The point $K = \\infty$ (zero temperature) is the critical point of the ring, and RG leads away from it. An antiferromagnet, $K < 0$, has $K' > 0$: summing over every second spin erases the sign.".into(),
        ],
        settings: toml::to_string(settings)?,
    })
}

fn claims(run: &Run, settings: &Settings) -> Result<Vec<Claim>> {
    let points: Vec<(f64, f64)> = settings
        .couplings
        .iter()
        .flat_map(|&k| settings.constants.iter().map(move |&k0| (k, k0)))
        .collect();
    // (48) and (49) as printed, and as this project computes them, against the sum (43) over the middle spin itself.
    let [mut coupling, mut constant] = [0.0_f64; 2];
    for &(k, k0) in &points {
        let [summed, summed_constant] = sum_over_middle_spin(k, k0);
        let printed = (2.0 * (2.0 * k0).exp() * k.cosh().powi(2) / summed.cosh()).ln();
        let relative = |found: f64, exact: f64| (found - exact).abs() / (1.0 + exact.abs());
        coupling = coupling.max((summed.tanh() - k.tanh().powi(2)).abs());
        coupling = coupling.max(relative(decimate(k), summed));
        constant = constant.max(relative(printed, summed_constant));
        constant = constant.max(relative(decimate_constant(k, k0), summed_constant));
    }
    let mut ln_z = 0.0_f64;
    for &sites in &settings.sites {
        for &(k, k0) in &points {
            ln_z = ln_z.max(ring_deviation(sites, k, k0)?);
        }
    }
    let last: Vec<f64> =
        settings.starts.iter().map(|&k| flow(k, settings.steps)[settings.steps]).collect();
    let largest_last = last.iter().copied().fold(0.0, f64::max);
    // K' < K and fixed ends: nothing between can be fixed, and what falls for ever falls to 0.
    let falls = settings.couplings.iter().filter(|&&k| k > 0.0).all(|&k| decimate(k) < k);
    let ends_fixed = decimate(0.0) == 0.0 && decimate(f64::INFINITY) == f64::INFINITY;

    let claim = |id: &str, finding| {
        let key = format!("ter-hoeve-2018/decimation-{id}");
        run.published.claim(&format!("decimation/{id}"), &key, finding)
    };
    let against_sum = format!(
        "The printed formula and the project's own, over {} pairs $(K, K_0)$; nothing of (44)-(49) is used in the sum.",
        points.len()
    );
    let sites = settings.sites.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    Ok(vec![
        claim("coupling", exactly(coupling, "largest deviation from the sum (43) carried out",
            identity(coupling), against_sum.clone()))?,
        claim("constant", exactly(constant, "largest deviation from the sum (43) carried out",
            identity(constant), against_sum))?,
        claim("ln-z", exactly(ln_z, "largest relative deviation of $\\ln Z$",
            identity(ln_z), format!("$\\ln Z(M/2, K', K_0')$ against $\\ln Z(M, K, K_0)$ on rings of M = {sites} sites.")))?,
        claim("fixed-points", exactly(largest_last, &format!("largest coupling left after {} steps", settings.steps),
            if falls && ends_fixed && largest_last < NEARLY_FREE { Verdict::Reproduced } else { Verdict::Contradicted },
            "$K' < K$ at every $K > 0$ tried, and 0 and infinity map to themselves. A ring of $M = 2^n$ sites has only n steps to go.".into()))?,
    ])
}

/// `[K', K0']` from the sum (43) over the spin between two others: nothing of (44)-(49) is used.
fn sum_over_middle_spin(k: f64, k0: f64) -> [f64; 2] {
    // ln sum_s exp(2 K0 + K s (a + b)); the largest exponent is taken out against overflow.
    let ln_weight = |sum: f64| {
        let x = k * sum;
        2.0 * k0 + x.abs() + (-2.0 * x.abs()).exp().ln_1p()
    };
    let (aligned, opposed) = (ln_weight(2.0), ln_weight(0.0));
    [0.5 * (aligned - opposed), 0.5 * (aligned + opposed)]
}

/// Relative deviation of ln Z between the ring and its decimated half.
fn ring_deviation(sites: usize, k: f64, k0: f64) -> Result<f64> {
    let half = sites / 2;
    let fine = sites as f64 * k0 + Ring::new(sites, k)?.ln_z();
    let coarse = half as f64 * decimate_constant(k, k0) + Ring::new(half, decimate(k))?.ln_z();
    Ok((fine - coarse).abs() / (1.0 + fine.abs()))
}

/// K at steps 0 to `steps`.
fn flow(start: f64, steps: usize) -> Vec<f64> {
    std::iter::successors(Some(start), |&k| Some(decimate(k))).take(steps + 1).collect()
}

fn figure(settings: &Settings) -> Figure {
    let top = settings.starts.iter().copied().fold(1.0, f64::max);
    let map = Panel {
        title: "one step".into(),
        x: axis("coupling K"),
        y: axis("renormalized coupling K′"),
        series: vec![
            curve(
                "tanh K′ = tanh² K, eq. (48)",
                Style::Line,
                grid(0.0, top, 200).map(|k| (k, decimate(k))),
            ),
            curve("K′ = K", Style::Dashed, [(0.0, 0.0), (top, top)]),
        ],
        marks: vec![],
    };
    let path = |&start: &f64| {
        let steps = flow(start, settings.steps).into_iter().enumerate();
        curve(format!("K = {start}"), Style::LinePoints, steps.map(|(n, k)| (n as f64, k)))
    };
    let flows = Panel {
        title: "the flow".into(),
        x: axis("step n"),
        y: axis("coupling K after n steps"),
        series: settings.starts.iter().map(path).collect(),
        marks: vec![],
    };
    Figure {
        id: "decimation-flow".into(),
        caption: "The flow of figure 2 of the thesis. Left: one decimation; the curve lies below the diagonal, so every finite K decreases. Right: repeated decimation from several K.".into(),
        panels: vec![map, flows],
    }
}

fn table(settings: &Settings) -> Table {
    let row = |&k: &f64| {
        let once = decimate(k);
        [k, once, decimate_constant(k, 0.0), decimate(once)].map(Cell::Number).into()
    };
    Table {
        id: "decimation-couplings".into(),
        caption: "Couplings and constant after one step, and coupling after two, from $K_0 = 0$."
            .into(),
        columns: ["K", "K′", "K₀′", "K″"].map(String::from).into(),
        rows: settings.couplings.iter().map(row).collect(),
    }
}
