//! What `dynamics` says in words.

use super::Settings;
use super::cells::{ABS_M, Cell, ENERGY, times};
use super::claims::power;
use super::cost::Cost;
use crate::stages::Dynamics;
use lab::parts::shown;
use stats::Estimate;
use std::collections::BTreeMap;

/// The exponents.
pub(super) fn headline(settings: &Settings, cells: &[Cell]) -> String {
    let z = |dynamics, observable| match power(settings, cells, dynamics, observable) {
        Some(fit) => format!("{} (L = {} to {})", shown(fit.slope), fit.from, fit.to),
        None => "unknown, for no range of sizes fits a power law".to_owned(),
    };
    format!(
        "At $T_c$ single spin flips remember $|m|$ for a time that grows like $L^z$, $z$ = {} by Metropolis and {} by the heat bath; clusters remember the energy for some sweeps, with an effective exponent of {} by Swendsen and Wang and {} by Wolff.",
        z(Dynamics::Metropolis, ABS_M),
        z(Dynamics::HeatBath, ABS_M),
        z(Dynamics::SwendsenWang, ENERGY),
        z(Dynamics::Wolff, ENERGY),
    )
}

pub(super) fn introduction(settings: &Settings) -> Vec<String> {
    vec![
        "A Markov chain gives an independent configuration every $2 \\tau$ sweeps, $\\tau = 1/2 + \\sum_{t \\ge 1} \\rho(t)$ with the autocorrelation $\\rho$ of what is measured: here the energy E, $|m|$ and $m^2$ on L × L tori at $T_c$, after every sweep. The sum ends at the first lag beyond $6 \\tau$ of the slowest of the three, the same for all: the energy also has a share in the slowest mode, which a window of its own would cut off. Errors come from the scatter of 512 replicas or of 64 pieces of a chain, and of the runs.".into(),
        format!(
            "Metropolis and the heat bath are the multispin ones: 512 independent replicas, sites in the order of a checkerboard, one move of Metropolis in 16 left out. That changes amplitudes, not exponents; the one-replica samplers, Metropolis at random sites and the heat bath from site to site, are shown on small lattices. Every chain starts in equilibrium, {} clusters of Wolff after the one before. A sweep of Wolff is $N / \\langle |C| \\rangle$ clusters.",
            settings.start
        ),
        format!(
            "Laws are fitted by weighted least squares to all sizes, then with the smallest left out one by one, until $\\chi^2$ per degree of freedom is at most {}. What is fitted is a plain law, without corrections to scaling: the error of an exponent is that of statistics alone.",
            settings.acceptable
        ),
    ]
}

pub(super) fn discussion(cells: &[Cell], costs: &[Cost]) -> Vec<String> {
    let mut paragraphs = vec![
        "Single spin flips have one z, whatever the order of the sites and the rule; only the unit of time differs. The energy's time grows more slowly than that of $|m|$ on any lattice that can be simulated. Its variance, the specific heat, grows like $\\ln L$ with the number of length scales, and only the share of the largest scales relaxes slowly: $\\tau_E \\sim L^z / \\ln L$.".to_owned(),
    ];
    paragraphs.extend(order(cells));
    paragraphs.push("For clusters neither law can be excluded on such lattices: between L = 8 and 128 a logarithm and a power of about 1/4 differ by a few percent. The exponent between successive sizes falls slowly, as it would for a logarithm. What is certain is that a cluster sampler needs some sweeps where single spin flips need thousands.".to_owned());
    if !costs.is_empty() {
        paragraphs.push(format!(
            "Which sampler to take at $T_c$ is a matter of $2 \\tau$ sweeps times the time of a sweep. Cheapest here: {}. Multispin sweeps pay when hundreds of configurations are wanted, since 512 replicas must be brought into equilibrium; exact draws need no equilibrium at all.",
            cheapest(costs).join(", ")
        ));
    }
    paragraphs
}

/// What the order of the sites is worth, on the largest lattice that was run in both.
fn order(cells: &[Cell]) -> Option<String> {
    let ratio = |slow, fast| -> Option<(usize, Estimate)> {
        let fast = times(cells, fast, ABS_M);
        let slow = times(cells, slow, ABS_M);
        slow.iter().rev().find_map(|&(side, slow)| {
            let (_, fast) = fast.iter().find(|(other, _)| *other == side)?;
            let mean = slow.mean / fast.mean;
            let error = mean * (slow.error / slow.mean).hypot(fast.error / fast.mean);
            Some((side, Estimate { mean, error, ..slow }))
        })
    };
    let (side, metropolis) = ratio(Dynamics::RandomMetropolis, Dynamics::Metropolis)?;
    let (_, bath) = ratio(Dynamics::SequentialHeatBath, Dynamics::HeatBath)?;
    Some(format!(
        "Random sites cost Metropolis a factor of {} at L = {side} against a checkerboard, where no site waits longer than a sweep; the heat bath from site to site is {} times as slow as on a checkerboard.",
        shown(metropolis),
        shown(bath)
    ))
}

/// The cheapest sampler of each side, neighbouring sides together.
fn cheapest(costs: &[Cost]) -> Vec<String> {
    let mut best: BTreeMap<usize, &Cost> = BTreeMap::new();
    for cost in costs {
        let known = best.entry(cost.side).or_insert(cost);
        if cost.per_sample.mean < known.per_sample.mean {
            *known = cost;
        }
    }
    let mut ranges: Vec<(&str, usize, usize)> = Vec::new();
    for (&side, cost) in &best {
        match ranges.last_mut().filter(|(name, ..)| *name == cost.name) {
            Some((_, _, to)) => *to = side,
            None => ranges.push((cost.name, side, side)),
        }
    }
    let words = |(name, from, to): (&str, usize, usize)| match from == to {
        true => format!("{name} at L = {from}"),
        false => format!("{name} for L = {from} to {to}"),
    };
    ranges.into_iter().map(words).collect()
}
