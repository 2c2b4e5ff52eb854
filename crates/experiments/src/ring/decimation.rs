//! `decimation`: the exact renormalization group of the Ising ring, chapter 3 of the thesis.

use anyhow::{Result, ensure};
use exact::Ring;
use exact::ring::{decimate, decimate_constant};
use lab::Lab;
use lab::kinds::{Count, Distinct, Within};
use lab::verdict::{holds, identity, largest};
use report::{Check, Claim, Section, figure, grid, list, panel, section, table};
use serde::{Deserialize, Serialize};
use stats::Estimate;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Couplings K at which the identities are checked.
    couplings: Distinct<Within<0, 300>>,
    /// Constants K0 at which they are checked.
    constants: Distinct<Within<-10, 10>>,
    /// Rings on which ln Z is compared, even numbers of sites.
    sites: Distinct<Count<4, 16_777_216>>,
    /// Couplings from which the flow of figure 2 starts.
    starts: Distinct<Within<0, 300>>,
    /// Steps of that flow.
    steps: Count<1, 1000>,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        for sites in self.sites.iter() {
            ensure!(
                sites.size().is_multiple_of(2),
                "sites contains {sites}, but a ring is halved: even"
            );
        }
        Ok(())
    }
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let top = s.starts.iter().fold(1.0, |top: f64, k| top.max(**k));
    Ok(section("decimation", "The renormalization group of the Ising ring")
        .answer("Decimation is right as derived: $\\tanh K' = \\tanh^2 K$, and every finite coupling flows to 0, away from the critical point of the ring.")
        .text("Summing over every second spin of a ring of M spins leaves a ring of M/2 spins with the coupling $K'$, $\\tanh K' = \\tanh^2 K$, and a constant $K_0'$ per bond that keeps the partition function. This is the yardstick: an RBM that coarse-grains must do to K what this map does.")
        .claims(formulas(lab, s)?)
        .claim(fixed_points(lab, s)?)
        .check(stable_forms(s))
        .figure(figure("flow", "The flow of figure 2 of the thesis. Left: one decimation; the curve lies below the diagonal, so every finite K decreases. Right: repeated decimation from several K.")
            .panel(panel("coupling K", "renormalized coupling K′").title("one step")
                .line("tanh K′ = tanh² K, eq. (48)", grid(0.0, top, 200).map(|k| (k, decimate(k))))
                .dashed("K′ = K", [(0.0, 0.0), (top, top)]))
            .panel(panel("step n", "coupling K after n steps").title("the flow")
                .each(s.starts.iter(), |panel, &k| {
                    panel.joined(format!("K = {k}"), flow(*k).take(s.steps.size() + 1).enumerate())
                })))
        .table(table("couplings", "Couplings and constant after one step, and coupling after two, from $K_0 = 0$.")
            .rows(s.couplings.iter().map(|k| **k))
            .column("K", |&k| k)
            .column("K′", |&k| decimate(k))
            .column("K₀′", |&k| decimate_constant(k, 0.0))
            .column("K″", |&k| decimate(decimate(k))))
        .discussion("The larger K, the more slowly it falls: $K' \\simeq K - \\tfrac12 \\ln 2$ at large K. The point $K = \\infty$ (zero temperature) is the critical point of the ring, and the renormalization group leads away from it. An antiferromagnet, $K < 0$, has $K' > 0$: summing over every second spin erases the sign."))
}

/// Every pair (K, K0) of the settings.
fn pairs(s: &Settings) -> impl Iterator<Item = (f64, f64)> {
    s.couplings.iter().flat_map(|k| s.constants.iter().map(|k0| (**k, **k0)))
}

/// The largest over all pairs of a deviation from `[K', K0']` by the sum over the middle spin.
fn against_sum(s: &Settings, deviation: fn(f64, f64, [f64; 2]) -> f64) -> f64 {
    largest(pairs(s).map(|(k, k0)| deviation(k, k0, sum_over_middle_spin(k, k0))))
}

/// (48) and (49) as printed against the sum itself, and ln Z before and after a step.
fn formulas(lab: &Lab, s: &Settings) -> Result<[Claim; 3]> {
    let coupling = against_sum(s, |k, _, [k_new, _]| (k_new.tanh() - k.tanh().powi(2)).abs());
    let constant = against_sum(s, |k, k0, [k_new, k0_new]| {
        relative((2.0 * (2.0 * k0).exp() * k.cosh().powi(2) / k_new.cosh()).ln(), k0_new)
    });
    let ln_z = lab.each(&s.sites, |sites| {
        pairs(s).map(|(k, k0)| ln_z_deviation(sites.size(), k, k0)).collect::<Result<Vec<_>>>()
    })?;
    let over_pairs = format!("Over {} pairs $(K, K_0)$.", pairs(s).count());
    Ok([
        lab.says("ter-hoeve-2018/decimation-coupling")?.judged(
            identity(coupling),
            "largest deviation of $\\tanh^2 K$ from the sum (43) over the middle spin",
            &over_pairs,
        ),
        lab.says("ter-hoeve-2018/decimation-constant")?.judged(
            identity(constant),
            "largest relative deviation of the printed $K_0'$ from the sum (43)",
            &over_pairs,
        ),
        lab.says("ter-hoeve-2018/decimation-ln-z")?.judged(
            identity(largest(ln_z.into_iter().flatten())),
            "largest relative deviation of $\\ln Z(M/2, K', K_0')$ from $\\ln Z(M, K, K_0)$",
            format!("On rings of M = {} sites.", list(s.sites.iter())),
        ),
    ])
}

/// K' < K between two fixed ends: nothing between can be fixed, and what falls for ever falls to 0.
fn fixed_points(lab: &Lab, s: &Settings) -> Result<Claim> {
    let falls = s.couplings.iter().filter(|k| ***k > 0.0).all(|k| decimate(**k) < **k);
    let ends_fixed = decimate(0.0) == 0.0 && decimate(f64::INFINITY) == f64::INFINITY;
    let left = largest(s.starts.iter().filter_map(|k| flow(**k).nth(s.steps.size())));
    let rule = "0 and infinity map to themselves, and $K' < K$ at every $K > 0$ tried";
    Ok(lab.says("ter-hoeve-2018/decimation-fixed-points")?.judged(
        holds(falls && ends_fixed, rule).showing(Estimate::exact(left)),
        format!("largest coupling left after {} steps", s.steps),
        "A ring of $M = 2^n$ sites has only n steps to go.",
    ))
}

/// The forms of (48) and (49) that all experiments use.
fn stable_forms(s: &Settings) -> Check {
    let deviation = against_sum(s, |k, k0, [k_new, k0_new]| {
        largest([relative(decimate(k), k_new), relative(decimate_constant(k, k0), k0_new)])
    });
    identity(deviation).check(
        "stable-forms",
        "The forms of (48) and (49) that neither cancel nor overflow agree with the sum.",
        "largest relative deviation of $K'$ and $K_0'$ from the sum (43)",
        "All experiments use these forms; the sum uses none of (44)-(49).",
    )
}

/// `[K', K0']` from the sum (43) over the spin between two others.
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
fn ln_z_deviation(sites: usize, k: f64, k0: f64) -> Result<f64> {
    let half = sites / 2;
    let fine = sites as f64 * k0 + Ring::new(sites, k)?.ln_z();
    let coarse = half as f64 * decimate_constant(k, k0) + Ring::new(half, decimate(k))?.ln_z();
    Ok(relative(coarse, fine))
}

/// Relative where the exact number is large, absolute where it is small.
fn relative(found: f64, exact: f64) -> f64 {
    (found - exact).abs() / (1.0 + exact.abs())
}

/// K, K', K'' and so on.
fn flow(start: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(start), |&k| Some(decimate(k)))
}
