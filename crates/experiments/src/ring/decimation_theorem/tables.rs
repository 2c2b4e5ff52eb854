//! What `decimation-theorem` shows, as tables.

use super::Settings;
use super::minima::{Bonds, Locked, Minimum, Size};
use super::sampled::Sampled;
use anyhow::Result;
use exact::ring::decimate;
use lab::parts::over_exact;
use report::content::{Cell, Table};
use stats::Estimate;

pub(super) fn minima_table(settings: &Settings, minima: &[Minimum], others: &[Minimum]) -> Table {
    let row = |m: &Minimum| {
        let mut cells = vec![Cell::Number(m.sites as f64)];
        let eq = decimate(m.coupling);
        cells.extend([m.coupling, eq, m.hidden.coupling, m.deviation].map(Cell::Number));
        cells.push(Cell::Text(if m.all_rings { "all" } else { "not all" }.into()));
        cells.extend([m.best.kl, m.reached, m.equal_kl].map(Cell::Number));
        cells
    };
    Table {
        id: "decimation-theorem-minima".into(),
        caption: format!(
            "Minima over all weights, N = M/2, the best of {} descents on the exact divergence: its $K'$; over all descents that ended as low, the largest relative deviation of $K'$ from eq. (48) and whether their hidden layers are rings; KL in nats, and the share of descents that ended there.",
            settings.starts
        ),
        columns: [
            "M",
            "K",
            "K′, eq. (48)",
            "K′",
            "deviation",
            "rings",
            "KL",
            "share",
            "KL, equal weights",
        ]
        .map(String::from)
        .into(),
        rows: minima.iter().chain(others).map(row).collect(),
    }
}

pub(super) fn sampled_table(settings: &Settings, sampled: &[Sampled]) -> Table {
    let row = |s: &Sampled| {
        let others: Vec<f64> = s.learnt().map(|t| t.hidden.largest_other).collect();
        let measured = |e: Estimate| Cell::Measured(e.into());
        vec![
            Cell::Number(s.coupling_of_data),
            Cell::Number(decimate(s.coupling_of_data)),
            measured(s.coupling),
            measured(over_exact(&others)),
            measured(s.kl),
            measured(s.kl_of_all),
            Cell::Text(format!("{} of {}", s.learnt().count(), s.machines.len())),
        ]
    };
    Table {
        id: "decimation-theorem-samples".into(),
        caption: format!(
            "The same from contrastive divergence on {} samples, over the machines whose KL is below {} of that of equal weights; the others, units locked to both sublattices, are trapped. Largest other: the largest coupling of the hidden layer that is not the ring's.",
            settings.training.samples, settings.training.trapped_above
        ),
        columns: ["K", "K′, eq. (48)", "K′", "largest other", "KL", "KL of all", "learnt"]
            .map(String::from)
            .into(),
        rows: sampled.iter().map(row).collect(),
    }
}

pub(super) fn sizes_table(settings: &Settings, sizes: &[Size]) -> Result<Table> {
    let row = |s: &Size| {
        let negative = s.curvatures.iter().filter(|c| **c < -1e-12).count();
        let lowest = s.curvatures.first().copied().unwrap_or(f64::NAN);
        [s.hidden as f64, s.equal_kl, negative as f64, lowest, s.kl, s.reached]
            .map(Cell::Number)
            .into()
    };
    Ok(Table {
        id: "decimation-theorem-sizes".into(),
        caption: format!(
            "How many hidden units it takes, M = {}, $K = {}$: the best equal weights, the negative eigenvalues of the Hessian there, and the best of {} descents over all weights.",
            settings.visible, settings.coupling, settings.starts
        ),
        columns: [
            "N",
            "KL, equal weights",
            "negative curvatures",
            "lowest",
            "KL, best",
            "share that reached it",
        ]
        .map(String::from)
        .into(),
        rows: sizes.iter().map(row).collect(),
    })
}

pub(super) fn locked_table(settings: &Settings, locked: &[Locked]) -> Table {
    let shown = locked.iter().filter(|l| l.coupling == settings.coupling);
    let row = |l: &Locked| {
        let deviation = (l.hidden.coupling - decimate(l.coupling)).abs();
        [
            l.locking,
            l.kl,
            l.kl * (4.0 * l.locking).exp(),
            l.hidden.coupling,
            deviation,
            l.hidden.largest_other,
            l.memory,
        ]
        .map(Cell::Number)
        .into()
    };
    Table {
        id: "decimation-theorem-locked".into(),
        caption: format!(
            "The construction at $K = {}$: its hidden layer is the decimated ring at every locking strength L, its visible layer the ring as L grows. Memory: the steps in which the sampled flow $v \\to h \\to v'$ forgets its start.",
            settings.coupling
        ),
        columns: [
            "L",
            "KL",
            "KL exp(4L)",
            "K′",
            "deviation from eq. (48)",
            "largest other coupling",
            "memory",
        ]
        .map(String::from)
        .into(),
        rows: shown.map(row).collect(),
    }
}

pub(super) fn bonds_table(bonds: &[Bonds]) -> Table {
    let row = |b: &Bonds| {
        [b.coupling, b.weight, b.kl, b.hidden.coupling, b.hidden.largest_other]
            .map(Cell::Number)
            .into()
    };
    Table {
        id: "decimation-theorem-bonds".into(),
        caption: "The inverse step, N = M: a hidden unit on every bond, with the weight w to both of its ends, $\\tanh^2 w = \\tanh K$. Visible and hidden units together are a ring of 2M sites at w; decimated to either layer it is the ring at K.".into(),
        columns: ["K", "w", "KL", "K′ of the hidden layer", "largest other coupling"].map(String::from).into(),
        rows: bonds.iter().map(row).collect(),
    }
}
