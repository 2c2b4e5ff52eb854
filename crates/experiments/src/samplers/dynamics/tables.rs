//! What `dynamics` shows, as tables.

use super::cells::{self, Cell, OBSERVABLES};
use super::cost::Cost;
use super::fits::{self, Fit};
use super::{SHOWN, Settings, laws};
use crate::stages::Dynamics;
use report::content::{Cell as Entry, Table};
use stats::Estimate;

fn measured(estimate: Estimate) -> Entry {
    Entry::Measured(estimate.into())
}

pub(super) fn times(cells: &[Cell]) -> Table {
    let row = |cell: &Cell| {
        let longest = cell.tau.iter().map(|tau| tau.mean).fold(0.0, f64::max);
        let mut row =
            vec![Entry::Text(cell.dynamics.name().into()), Entry::Number(cell.side as f64)];
        row.extend(cell.tau.map(measured));
        row.push(match cell.dynamics {
            Dynamics::Wolff => Entry::Number(cell.moves),
            _ => Entry::Text(String::new()),
        });
        let length = cell.sweeps * cell.moves * cell.replicas / longest;
        row.extend([length.round(), cell.energy_off].map(Entry::Number));
        row
    };
    Table {
        id: "dynamics-times".into(),
        caption: "Integrated autocorrelation times at $T_c$ in sweeps. Length: sweeps of all runs and replicas in units of the longest of the three. Last column: standard errors between the mean energy and Kaufman's exact one; beyond 4 the chains would not have been in equilibrium.".into(),
        columns: ["dynamics", "L", "τ of E", "τ of |m|", "τ of m²", "⟨|C|⟩/N", "length", "energy off by"]
            .map(String::from)
            .into(),
        rows: cells.iter().map(row).collect(),
    }
}

/// Every fit that was tried.
pub(super) fn fits(settings: &Settings, cells: &[Cell]) -> Table {
    let mut rows = Vec::new();
    for &dynamics in &SHOWN {
        for (observable, name) in OBSERVABLES.iter().enumerate() {
            let times = cells::times(cells, dynamics, observable);
            let powers = fits::ladder(&laws::power(&times));
            let logarithms = fits::ladder(&laws::logarithm(&times));
            let mark = |ladder: &[Fit], fit: &Fit| {
                let chosen = fits::chosen(ladder, settings.acceptable);
                chosen.is_some_and(|chosen| chosen.from == fit.from)
            };
            for (power, logarithm) in powers.iter().zip(&logarithms) {
                let which = match (mark(&powers, power), mark(&logarithms, logarithm)) {
                    (true, true) => "both",
                    (true, false) => "power",
                    (false, true) => "logarithm",
                    (false, false) => "",
                };
                rows.push(vec![
                    Entry::Text(dynamics.name().into()),
                    Entry::Text((*name).into()),
                    Entry::Number(power.from as f64),
                    measured(power.slope),
                    Entry::Number(rounded(power.reduced())),
                    measured(logarithm.slope),
                    Entry::Number(rounded(logarithm.reduced())),
                    Entry::Text(which.into()),
                ]);
            }
        }
    }
    Table {
        id: "dynamics-fits".into(),
        caption: format!(
            "Weighted least squares of $\\tau = A L^z$ and $\\tau = A + B \\ln L$ from the side $L_{{min}}$ on. Chosen is the smallest $L_{{min}}$ with $\\chi^2$ per degree of freedom of at most {}, a rule that was there before the data. Of single spin flips logarithms are shown for completeness.",
            settings.acceptable
        ),
        columns: ["dynamics", "of", "L_min", "z", "χ²/dof", "B (sweeps)", "χ²/dof", "chosen"]
            .map(String::from)
            .into(),
        rows,
    }
}

/// Two decimals: what chi^2 can tell.
fn rounded(value: f64) -> f64 {
    (100.0 * value).round() / 100.0
}

pub(super) fn cost(costs: &[Cost]) -> Table {
    let row = |cost: &Cost| {
        let sites = (cost.side * cost.side) as f64;
        vec![
            Entry::Text(cost.name.into()),
            Entry::Number(cost.side as f64),
            measured(scaled(cost.per_sweep, 1e9 / sites)),
            measured(cost.tau),
            measured(scaled(cost.per_sample, 1e6)),
            Entry::Number((1.0 / cost.per_sample.mean).round()),
        ]
    };
    Table {
        id: "dynamics-seconds".into(),
        caption: "The figure above as numbers. A sweep is one of one replica, of Wolff a cluster, of perfect sampling and the transfer matrix a draw; its time is divided by the number of sites.".into(),
        columns: ["sampler", "L", "sweep / N (ns)", "τ of |m| (sweeps)", "independent configuration (µs)", "a second"]
            .map(String::from)
            .into(),
        rows: costs.iter().map(row).collect(),
    }
}

fn scaled(of: Estimate, by: f64) -> Estimate {
    Estimate { mean: of.mean * by, error: of.error * by, ..of }
}
