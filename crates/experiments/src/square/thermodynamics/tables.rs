//! The tables: every mean, every ratio of deviations, and what each machine is as a distribution.

use super::compare::{Cell, Outcome, published};
use super::machines::{Observable, Torus};
use super::{SIDE, Settings};
use anyhow::Result;
use lab::Run;
use report::content::{Cell as Entry, Table};
use report::numbers;
use stats::Estimate;

pub(super) fn means(run: &Run, settings: &Settings, tori: &[Torus]) -> Result<Table> {
    let mut rows = Vec::new();
    for torus in tori {
        let mut row = |name: String, of: &dyn Fn(Observable) -> Result<Entry>| -> Result<()> {
            let mut row = vec![Entry::Number(torus.temperature), Entry::Text(name)];
            for observable in Observable::ALL {
                row.push(of(observable)?);
            }
            rows.push(row);
            Ok(())
        };
        row("exact".into(), &|o| Ok(Entry::Number(torus.exact(o))))?;
        row("training data".into(), &|o| {
            Ok(Entry::Measured(torus.of_data(|means| o.of(means)).into()))
        })?;
        row("Monte Carlo, Torlai and Melko".into(), &|o| {
            let key = "torlai-melko-2016/monte-carlo";
            let [column, _] = o.columns();
            Ok(Entry::Number(run.published.entry(key, torus.temperature, column)?))
        })?;
        for (index, machine) in settings.machines.iter().enumerate() {
            row(format!("N = {}", machine.hidden), &|o| {
                let found = torus.of_machine(index, |m| o.of(&m.means));
                Ok(Entry::Measured(found.into()))
            })?;
            row(format!("N = {}, Torlai and Melko", machine.hidden), &|o| {
                let found = published(run, machine.hidden, torus.temperature, o)?;
                Ok(Entry::Measured(found.into()))
            })?;
        }
    }
    Ok(Table {
        id: "thermodynamics-values".into(),
        caption: format!(
            "Energy and specific heat per spin, and |m|, of the torus of side {SIDE}. Errors of machines hold the spread over {} seeds.",
            settings.seeds
        ),
        columns: ["T", "of", "E", "|m|", "C"].map(String::from).into(),
        rows,
    })
}

pub(super) fn ratios(settings: &Settings, cells: &[Cell]) -> Table {
    let mut rows = Vec::new();
    for machine in &settings.machines {
        for &temperature in &settings.temperatures {
            let is_here = |c: &&Cell| c.hidden == machine.hidden && c.temperature == temperature;
            let mut row = vec![Entry::Number(machine.hidden as f64), Entry::Number(temperature)];
            for cell in cells.iter().filter(is_here) {
                let outcome = match cell.outcome() {
                    Outcome::Closer => "closer",
                    Outcome::Alike => "alike",
                    Outcome::Farther => "farther",
                };
                row.push(Entry::Measured(cell.ours.into()));
                row.push(Entry::Measured(cell.theirs.into()));
                row.push(Entry::Text(format!("{} {outcome}", numbers::fixed(cell.ratio(), 2))));
            }
            rows.push(row);
        }
    }
    let columns = ["N", "T"].into_iter().map(String::from);
    let of_observable = Observable::ALL.into_iter().flat_map(|observable| {
        let name = observable.columns()[0].replace('M', "|m|");
        [format!("{name}: ours"), format!("{name}: theirs"), format!("{name}: ratio")]
    });
    Table {
        id: "thermodynamics-ratios".into(),
        caption: "Distances from the exact values, ours and the published ones, and their ratio, ours to the larger of theirs and its error. Alike: the difference is less than two errors.".into(),
        columns: columns.chain(of_observable).collect(),
        rows,
    }
}

pub(super) fn machines(settings: &Settings, tori: &[Torus]) -> Table {
    let mut rows = Vec::new();
    for (index, machine) in settings.machines.iter().enumerate() {
        for torus in tori {
            let seeds = &torus.machines[index];
            let entropy_gap = torus.of_machine(index, |m| m.kl);
            let apart =
                seeds.iter().filter_map(|m| m.by_start.as_ref()).flat_map(|[data, random]| {
                    Observable::ALL.into_iter().map(|o| apart(o.of(data), o.of(random)))
                });
            let apart = apart.reduce(f64::max).map_or(Entry::Text("exact draws".into()), number);
            let slowest = seeds.iter().map(|m| m.means.abs_m.tau.max(m.means.energy.tau));
            let slowest = slowest.fold(0.5, f64::max) * settings.measuring.chains.stride as f64;
            let tau = match seeds.iter().any(|m| m.by_start.is_some()) {
                true => number(slowest),
                false => Entry::Text("–".into()),
            };
            let gap = seeds.iter().filter_map(|m| Some((m.ln_z_above?, m.ln_z)));
            let gap = gap.map(|(above, below)| above - below);
            let gap = gap.max_by(|a, b| a.mean.abs().total_cmp(&b.mean.abs()));
            rows.push(vec![
                Entry::Number(machine.hidden as f64),
                Entry::Number(torus.temperature),
                Entry::Measured(entropy_gap.into()),
                gap.map_or(Entry::Text("exact".into()), |gap| Entry::Measured(gap.into())),
                tau,
                apart,
            ]);
        }
    }
    Table {
        id: "thermodynamics-machines".into(),
        caption: "KL of the torus from the machine, per spin in nats; ln Z from above minus ln Z from below, the larger of the seeds (in nats, of the whole machine); autocorrelation time of energy or |m| in Gibbs steps, the longest; the largest distance, in its errors, of E, |m| or C of chains that began with data from those of chains that began at random.".into(),
        columns: ["N", "T", "KL per spin", "ln Z: above − below", "tau", "starts apart"]
            .map(String::from)
            .into(),
        rows,
    }
}

fn apart(a: Estimate, b: Estimate) -> f64 {
    (a - b).sigmas_from(0.0)
}

/// Three digits.
fn number(value: f64) -> Entry {
    Entry::Number(format!("{value:.2e}").parse().unwrap_or(value))
}
