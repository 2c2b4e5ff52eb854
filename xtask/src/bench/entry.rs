//! What a figure is, what was read of it, and how the two compare with yardstick, target and golden value.

use super::repeat;
use super::yardsticks::{Yardstick, Yardsticks};
use anyhow::Result;

/// One figure.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) threads: Threads,
    pub(super) unit: &'static str,
    pub(super) kind: Kind,
    /// What it can be compared with between RBMs; nothing for numbers that are the same on all.
    pub(super) yardstick: Option<Yardstick>,
    /// Sets up, which is not timed, and measures.
    pub(super) read: fn() -> Result<Reading>,
    pub(super) target: Option<Target>,
    /// What the work must give.
    pub(super) golden: Option<Golden>,
}

/// Threads that the work is given.
#[derive(Clone, Copy)]
pub(super) enum Threads {
    These(usize),
    All,
}

/// Whether less is better or more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Time,
    Rate,
}

/// What the figure should reach.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// In the figure's own unit, on an RBM of two cores.
    Value(f64),
    /// Of the yardstick, on any RBM.
    OfYardstick(f64),
}

/// A golden value and how far from it, relatively, the result may be.
#[derive(Clone, Copy)]
pub(super) struct Golden {
    pub(super) value: f64,
    pub(super) tolerance: f64,
}

/// What was measured.
pub(super) struct Reading {
    /// The value of each repetition, in ascending order.
    values: Vec<f64>,
    /// What the work gave.
    result: f64,
    /// tau of |m| that went into the values, in sweeps.
    pub(super) tau: Option<f64>,
}

impl Reading {
    pub(super) fn new(mut values: Vec<f64>, result: f64) -> Self {
        values.sort_by(f64::total_cmp);
        Self { values, result, tau: None }
    }

    /// Seconds of each repetition of a piece of work, whose value keeps it from being optimised away.
    pub(super) fn seconds(work: &mut dyn FnMut() -> Result<f64>) -> Result<Self> {
        let (times, result) = repeat(work)?;
        Ok(Self::new(times, result))
    }

    /// Units in a second, of `units` in each repetition.
    pub(super) fn rate(units: f64, work: &mut dyn FnMut() -> Result<f64>) -> Result<Self> {
        let seconds = Self::seconds(work)?;
        let values = seconds.values.iter().map(|time| units / time).collect();
        Ok(Self::new(values, seconds.result))
    }

    /// All values times a factor.
    pub(super) fn scaled(mut self, factor: f64) -> Self {
        self.values.iter_mut().for_each(|value| *value *= factor);
        self
    }

    pub(super) fn with_tau(self, tau: f64) -> Self {
        Self { tau: Some(tau), ..self }
    }

    pub(super) fn repetitions(&self) -> usize {
        self.values.len()
    }

    pub(super) fn median(&self) -> f64 {
        let middle = self.values.len() / 2;
        if self.values.len() % 2 == 1 {
            self.values[middle]
        } else {
            self.values[middle - 1].midpoint(self.values[middle])
        }
    }

    pub(super) fn range(&self) -> (f64, f64) {
        (self.values[0], self.values[self.values.len() - 1])
    }
}

/// What was found of one entry.
pub(super) struct Figure {
    pub(super) entry: &'static Entry,
    pub(super) reading: Reading,
    /// A rate over the yardstick's, or a time in which the yardstick does so many operations, in units of 10^9.
    pub(super) of_yardstick: Option<f64>,
    /// Relative to the golden value, where there is one.
    pub(super) error: Option<f64>,
}

impl Figure {
    pub(super) fn of(entry: &'static Entry, yardsticks: &Yardsticks) -> Result<Self> {
        let reading = (entry.read)()?;
        let of_yardstick = entry.yardstick.map(|yardstick| match entry.kind {
            Kind::Time => reading.median() * yardsticks.giga(yardstick),
            Kind::Rate => reading.median() / yardsticks.giga(yardstick),
        });
        let error = entry.golden.map(|golden| (reading.result / golden.value - 1.0).abs());
        Ok(Self { entry, reading, of_yardstick, error })
    }

    pub(super) fn threads(&self) -> usize {
        match self.entry.threads {
            Threads::These(threads) => threads,
            Threads::All => rayon::current_num_threads(),
        }
    }

    /// Whether the targets are met; `None` where there is none.
    pub(super) fn met(&self) -> Option<bool> {
        let (found, target) = match self.entry.target? {
            Target::Value(target) => (self.reading.median(), target),
            Target::OfYardstick(target) => (self.of_yardstick?, target),
        };
        let fast = match self.entry.kind {
            Kind::Time => found <= target,
            Kind::Rate => found >= target,
        };
        let accurate = self.error.zip(self.entry.golden).is_none_or(|(e, g)| e <= g.tolerance);
        Some(fast && accurate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_ranges() {
        let reading = Reading::new(vec![9.0, 2.0, 1.0, 4.0], 0.0);
        assert_eq!((reading.median(), reading.range()), (3.0, (1.0, 9.0)));
        assert_eq!(Reading::new(vec![1.0, 2.0, 9.0], 0.0).median(), 2.0);
    }
}
