//! The verb `bench`: how fast the project is, as times and as ratios to yardsticks measured in the same run.

mod entries;
mod output;
mod yardsticks;

use crate::input::BadInput;
use crate::progress::Progress;
use anyhow::Result;
use entries::{ENTRIES, Entry};
use std::time::{Duration, Instant};
use yardsticks::Yardsticks;

/// Times of repetitions of one piece of work, in seconds, in ascending order.
struct Times(Vec<f64>);

impl Times {
    fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        if self.0.len() % 2 == 1 {
            self.0[middle]
        } else {
            self.0[middle - 1].midpoint(self.0[middle])
        }
    }

    fn range(&self) -> (f64, f64) {
        (self.0[0], self.0[self.0.len() - 1])
    }
}

/// Repeats `work`, and passes on what the last repetition gave.
///
/// At least five times what takes less than a second, else as often as four seconds allow. What is done in no time is
/// done many times for each time taken.
fn repeat(work: &mut dyn FnMut() -> Result<f64>) -> Result<(Times, f64)> {
    const LEAST: Duration = Duration::from_millis(1);
    const MOST: Duration = Duration::from_secs(4);
    const ENOUGH: Duration = Duration::from_millis(500);
    let began = Instant::now();
    let mut value = work()?;
    let first = began.elapsed();
    let inner = (LEAST.as_secs_f64() / first.as_secs_f64().max(1e-9)).ceil().max(1.0) as u32;
    // The first was a rehearsal, unless there is no time for more.
    let mut times = Vec::new();
    if first > MOST / 2 {
        times.push(first.as_secs_f64());
    }
    let goes_on = |times: &[f64]| match first < Duration::from_secs(1) {
        true => times.len() < 5 || began.elapsed() < ENOUGH,
        false => times.is_empty() || began.elapsed() + first < MOST,
    };
    while goes_on(&times) {
        let start = Instant::now();
        for _ in 0..inner {
            value = work()?;
        }
        times.push(start.elapsed().as_secs_f64() / f64::from(inner));
    }
    times.sort_by(f64::total_cmp);
    Ok((Times(times), value))
}

/// What was found of one entry.
struct Figure {
    entry: &'static Entry,
    times: Times,
    /// Relative to the golden value, where there is one.
    error: Option<f64>,
}

impl Figure {
    fn of(entry: &'static Entry) -> Result<Self> {
        let mut work = (entry.prepare)()?;
        let (times, value) = repeat(&mut work)?;
        let error = entry.golden.map(|golden| (value / golden.value - 1.0).abs());
        Ok(Self { entry, times, error })
    }

    /// Operations of the yardstick in the time that a unit of the work takes.
    fn cost(&self, yardsticks: &Yardsticks) -> f64 {
        self.times.median() * yardsticks.rate(self.entry.yardstick) / self.entry.units
    }

    /// Whether the targets are met; `None` where there is none.
    fn met(&self) -> Option<bool> {
        let accurate = self.error.zip(self.entry.golden).is_none_or(|(e, g)| e <= g.tolerance);
        self.entry.target.map(|target| self.times.median() <= target && accurate)
    }
}

/// Measures the figures of these names, all when none is given, and returns them as text or as one JSON document.
pub(crate) fn bench(names: &[String], json: bool) -> Result<String> {
    let known = |name: &String| ENTRIES.iter().any(|entry| entry.name == name);
    if let Some(name) = names.iter().find(|name| !known(name)) {
        let all: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
        let sentence = format!("there is no figure {name:?}; there are {}", all.join(", "));
        return Err(BadInput(sentence).into());
    }
    let wanted = |entry: &&Entry| names.is_empty() || names.iter().any(|name| name == entry.name);
    let entries: Vec<&Entry> = ENTRIES.iter().filter(wanted).collect();
    let progress = Progress::new(1.0 + entries.len() as f64);
    progress.name("yardsticks");
    let yardsticks = Yardsticks::measure()?;
    let mut figures = Vec::new();
    for entry in entries {
        progress.name(entry.name);
        progress.set(1.0 + figures.len() as f64);
        figures.push(Figure::of(entry)?);
    }
    progress.finish();
    match json {
        true => output::json(&yardsticks, &figures),
        false => Ok(output::table(&yardsticks, &figures)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_ranges() {
        let times = Times(vec![1.0, 2.0, 4.0, 9.0]);
        assert_eq!((times.median(), times.range()), (3.0, (1.0, 9.0)));
        assert_eq!(Times(vec![1.0, 2.0, 9.0]).median(), 2.0);
    }

    #[test]
    fn what_is_quick_is_repeated() {
        let mut calls = 0;
        let mut work = || {
            calls += 1;
            Ok(f64::from(calls))
        };
        let (times, value) = repeat(&mut work).unwrap();
        assert!(times.0.len() >= 5 && times.0.is_sorted());
        assert_eq!(value, f64::from(calls));
    }

    #[test]
    fn names_differ() {
        for (i, entry) in ENTRIES.iter().enumerate() {
            assert!(ENTRIES[..i].iter().all(|other| other.name != entry.name), "{}", entry.name);
        }
    }
}
