//! How far our machines and the published ones are from the exact values.

use super::Settings;
use super::machines::{Observable, Torus};
use anyhow::Result;
use lab::Run;
use lab::parts::over_seeds;
use stats::Estimate;

/// The temperatures at which the published machines are compared.
pub(super) const TEMPERATURES: [f64; 5] = [1.0, 2.016, 2.269, 2.524, 3.54];

/// One published number of a machine, and ours.
pub(super) struct Cell {
    pub(super) temperature: f64,
    pub(super) hidden: usize,
    pub(super) observable: Observable,
    pub(super) exact: f64,
    /// Mean distance of a machine from the exact value.
    pub(super) ours: Estimate,
    /// Their distance, with their error.
    pub(super) theirs: Estimate,
}

/// Which is closer to the exact value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    Closer,
    Alike,
    Farther,
}

impl Cell {
    /// Ours over theirs, which cannot be known to be smaller than its error.
    pub(super) fn ratio(&self) -> f64 {
        self.ours.mean / self.theirs.mean.max(self.theirs.error)
    }

    pub(super) fn outcome(&self) -> Outcome {
        /// Errors up to which two distances cannot be told apart.
        const ALIKE: f64 = 2.0;
        let excess = self.ours.mean - self.theirs.mean.max(self.theirs.error);
        let error = self.ours.error.hypot(self.theirs.error);
        match excess {
            e if e < 0.0 => Outcome::Closer,
            e if e <= ALIKE * error => Outcome::Alike,
            _ => Outcome::Farther,
        }
    }
}

/// The published number of a machine, with its error.
pub(super) fn published(
    run: &Run,
    hidden: usize,
    temperature: f64,
    observable: Observable,
) -> Result<Estimate> {
    let key = format!("torlai-melko-2016/hidden-{hidden}");
    let [mean, error] = observable.columns();
    let mean = run.published.entry(&key, temperature, mean)?;
    let error = run.published.entry(&key, temperature, error)?;
    Ok(Estimate { error, ..Estimate::exact(mean) })
}

/// All cells, by observable, machine and temperature.
pub(super) fn cells(run: &Run, settings: &Settings, tori: &[Torus]) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    for observable in Observable::ALL {
        for (index, machine) in settings.machines.iter().enumerate() {
            for torus in tori {
                let exact = torus.exact(observable);
                let distance =
                    |found: Estimate| Estimate { mean: (found.mean - exact).abs(), ..found };
                let each = torus.machines[index].iter().map(|m| distance(observable.of(&m.means)));
                let (temperature, hidden) = (torus.temperature, machine.hidden);
                cells.push(Cell {
                    temperature,
                    hidden,
                    observable,
                    exact,
                    ours: over_seeds(&each.collect::<Vec<_>>()),
                    theirs: distance(published(run, hidden, temperature, observable)?),
                });
            }
        }
    }
    Ok(cells)
}

/// The cells of one machine and one observable.
pub(super) fn of(cells: &[Cell], hidden: usize, observable: Observable) -> Vec<&Cell> {
    cells.iter().filter(|c| c.hidden == hidden && c.observable == observable).collect()
}

/// The cell of the largest value.
pub(super) fn largest<'a>(cells: &[&'a Cell], value: impl Fn(&Cell) -> f64) -> Option<&'a Cell> {
    cells.iter().copied().max_by(|a, b| value(a).total_cmp(&value(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lucky_number_is_worth_its_error() {
        let cell = |ours: [f64; 2], theirs: [f64; 2]| {
            let estimate = |[mean, error]: [f64; 2]| Estimate { error, ..Estimate::exact(mean) };
            Cell {
                temperature: 1.0,
                hidden: 4,
                observable: Observable::Energy,
                exact: -1.0,
                ours: estimate(ours),
                theirs: estimate(theirs),
            }
        };
        assert_eq!(cell([0.1, 0.01], [0.2, 0.01]).outcome(), Outcome::Closer);
        // Their distance is 0 by chance: it could as well be 0.2.
        assert_eq!(cell([0.1, 0.01], [0.0, 0.2]).outcome(), Outcome::Closer);
        assert_eq!(cell([0.1, 0.01], [0.0, 0.2]).ratio(), 0.5);
        assert_eq!(cell([0.22, 0.01], [0.2, 0.01]).outcome(), Outcome::Alike);
        assert_eq!(cell([0.3, 0.01], [0.2, 0.01]).outcome(), Outcome::Farther);
    }
}
