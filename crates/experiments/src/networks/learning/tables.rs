//! What `learning` shows, as tables.

use super::Settings;
use super::bias::Field;
use super::onward::{Learnt, Onward};
use super::race::{Curve, Race};
use super::saddle::{Passage, Saddle};
use super::tied::{Limit, Tied};
use report::content::{Cell, Table};
use stats::Estimate;

fn measured(e: Estimate) -> Cell {
    Cell::Measured(e.into())
}

fn columns<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(String::from).into()
}

pub(super) fn race(settings: &Settings, races: &[Race]) -> Table {
    let row = |(race, curve): (&Race, &Curve)| {
        let last = curve.kl.last().copied().unwrap_or(Estimate::exact(f64::NAN));
        let mut sorted = curve.ends.clone();
        sorted.sort_by(f64::total_cmp);
        vec![
            Cell::Number(race.coupling),
            Cell::Text(curve.negative.to_string()),
            measured(last),
            Cell::Number(sorted.first().copied().unwrap_or(f64::NAN)),
            Cell::Number(sorted.last().copied().unwrap_or(f64::NAN)),
            measured(race.best_of_sample),
            Cell::Number(race.equal_kl),
        ]
    };
    let cells = races.iter().flat_map(|race| race.curves.iter().map(move |curve| (race, curve)));
    Table {
        id: "learning-race".into(),
        caption: format!(
            "Free weights after {} updates: KL from the ring in nats, mean over {} seeds, the least and the most; where the likelihood of the same samples is largest, and at the best equal weights.",
            settings.race.updates, settings.seeds
        ),
        columns: columns(["K", "negative phase", "KL", "least", "most", "best of sample", "equal"]),
        rows: cells.map(row).collect(),
    }
}

pub(super) fn tied(settings: &Settings, tied: &[Tied]) -> Table {
    let row = |(tied, limit): (&Tied, &Limit)| {
        vec![
            Cell::Number(tied.coupling),
            Cell::Text(limit.negative.to_string()),
            Cell::Number(tied.best),
            Cell::Number(limit.root),
            measured(limit.weight),
            measured(limit.deviation),
            Cell::Number(limit.root_kl - tied.best_kl),
        ]
    };
    let cells = tied.iter().flat_map(|tied| tied.limits.iter().map(move |limit| (tied, limit)));
    Table {
        id: "learning-weights".into(),
        caption: format!(
            "Tied weights: W(K), the exact root of the mean update for the ring, where training ends (mean over {} samples of {}), its distance from the root for each machine's own sample, and the KL that the bias costs. Persistent chains lag behind the machine by as much as it moves, so that theirs is a root only for a learning rate that goes to 0.",
            settings.seeds, settings.samples
        ),
        columns: columns([
            "K",
            "negative phase",
            "W(K)",
            "root",
            "W",
            "W minus own root",
            "excess KL",
        ]),
        rows: cells.map(row).collect(),
    }
}

pub(super) fn fields(settings: &Settings, fields: &[Field]) -> Table {
    let row = |field: &Field| {
        vec![
            Cell::Text(field.negative.to_string()),
            measured(field.asymmetry),
            // One but for rounding.
            match 1.0 - field.cosine.mean < 1e-12 {
                true => Cell::Number(1.0),
                false => measured(field.cosine),
            },
        ]
    };
    Table {
        id: "learning-fields".into(),
        caption: format!(
            "The mean update as a field over free weights, exact at each of {} random machines, $K = {}$; errors: spread over machines.",
            settings.fields, settings.shown_coupling
        ),
        columns: columns(["negative phase", "antisymmetric share", "cosine with the gradient"]),
        rows: fields.iter().map(row).collect(),
    }
}

pub(super) fn saddle(settings: &Settings, saddle: &Saddle) -> Table {
    let row = |name: String, passage: &Passage, rates: [Cell; 3]| {
        let mut cells =
            vec![Cell::Text(name), Cell::Number(saddle.equal_kl), measured(passage.end)];
        cells.extend(rates);
        cells
    };
    let none = || [(); 3].map(|()| Cell::Text(String::new()));
    let rates = [saddle.rate, saddle.expected_rate, saddle.ratio].map(measured);
    Table {
        id: "learning-passage".into(),
        caption: format!(
            "From equal weights at $K = {}$: KL there and after {} updates, mean over {} samples. Growth of the spread per update, and what the Hessian of each sample says, whose lowest eigenvalue for the ring itself is {:.6}.",
            settings.shown_coupling, settings.saddle.updates, settings.seeds, saddle.curvature
        ),
        columns: columns([
            "training",
            "KL, equal weights",
            "KL, end",
            "growth",
            "Hessian",
            "ratio",
        ]),
        rows: vec![
            row(EXACT.into(), &saddle.exact, rates),
            row(mini_batches(settings), &saddle.sampled, none()),
        ],
    }
}

/// Names of the two ways off the saddle.
pub(super) const EXACT: &str = "the exact gradient, all samples at once";

pub(super) fn mini_batches(settings: &Settings) -> String {
    format!("{}, mini-batches", settings.saddle.sampled.negative)
}

pub(super) fn onward(settings: &Settings, onward: &Onward) -> Table {
    let none = || Cell::Text(String::new());
    let row = |name: String, learnt: &Learnt, prolonged: Cell| {
        let several = |e: Estimate| if learnt.number > 1 { measured(e) } else { none() };
        vec![
            Cell::Text(name),
            Cell::Text(format!("{} of {}", learnt.number, settings.seeds)),
            several(learnt.end),
            prolonged,
            several(learnt.limit),
            several(learnt.excess),
            several(learnt.kl),
            Cell::Number(onward.decimated),
        ]
    };
    let law = &onward.law;
    let of_law = |values: &[f64]| Cell::Number(values.last().copied().unwrap_or(f64::NAN));
    let ring = vec![
        Cell::Text("the exact gradient, the ring itself".into()),
        none(),
        none(),
        of_law(&law.coupling),
        Cell::Number(law.limit),
        none(),
        Cell::Number(0.0),
        Cell::Number(onward.decimated),
    ];
    let prolonged = match onward.exact.number {
        0 | 1 => none(),
        _ => measured(onward.prolonged),
    };
    Table {
        id: "learning-limits".into(),
        caption: format!(
            "$K'$ of the hidden layers that leave equal weights at $K = {}$, of machines that come to have less than a twentieth of the KL of equal weights: after {} updates; after {} more by the exact gradient (for the ring itself, from the start); where they tend to, which is the minimum that is downhill from each for its own sample, and for the ring itself the limit of a power $-1/2$; what training lacks of that; KL from the ring there; eq. (48).",
            settings.shown_coupling, settings.saddle.updates, settings.saddle.further
        ),
        columns: columns([
            "training",
            "learnt",
            "K′, end",
            "K′, later",
            "K′, limit",
            "end minus limit",
            "KL, limit",
            "eq. (48)",
        ]),
        rows: vec![
            ring,
            row(EXACT.into(), &onward.exact, prolonged),
            row(mini_batches(settings), &onward.sampled, none()),
        ],
    }
}
