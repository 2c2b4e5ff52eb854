//! The verb `bench`: how fast the project is, in groups of figures, each also relative to a yardstick of the same run.

mod allocations;
mod entry;
mod exact;
mod flow;
mod ising;
mod output;
mod rbm;
mod yardsticks;

use anyhow::Result;
use entry::{Entry, Figure};
use lab::input::BadInput;
use lab::progress::Progress;
use std::time::{Duration, Instant};
use yardsticks::Yardsticks;

/// The groups, and the figures of each.
const GROUPS: [(&str, &[Entry]); 4] = [
    ("exact", &exact::ENTRIES),
    ("ising", &ising::ENTRIES),
    ("rbm", &rbm::ENTRIES),
    ("flow", &flow::ENTRIES),
];

/// Repeats `work`, and returns the seconds of each repetition and what the last one gave.
///
/// At least five times what takes less than a second, else as often as four seconds allow. What is done in no time is
/// done many times for each time taken.
fn repeat(work: &mut dyn FnMut() -> Result<f64>) -> Result<(Vec<f64>, f64)> {
    const MIN: Duration = Duration::from_millis(1);
    const MAX: Duration = Duration::from_secs(4);
    const ENOUGH: Duration = Duration::from_millis(500);
    let began = Instant::now();
    let mut value = work()?;
    let first = began.elapsed();
    let inner = (MIN.as_secs_f64() / first.as_secs_f64().max(1e-9)).ceil().max(1.0) as u32;
    // The first was a rehearsal, unless there is no time for more.
    let mut times = Vec::new();
    if first > MAX / 2 {
        times.push(first.as_secs_f64());
    }
    let goes_on = |times: &[f64]| match first < Duration::from_secs(1) {
        true => times.len() < 5 || began.elapsed() < ENOUGH,
        false => times.is_empty() || began.elapsed() + first < MAX,
    };
    while goes_on(&times) {
        let start = Instant::now();
        for _ in 0..inner {
            value = work()?;
        }
        times.push(start.elapsed().as_secs_f64() / f64::from(inner));
    }
    Ok((times, value))
}

/// The figures of these groups and names, each once; all when none is given.
fn chosen(names: &[String]) -> Result<Vec<&'static Entry>, BadInput> {
    let all = || GROUPS.iter().flat_map(|(group, entries)| entries.iter().map(move |e| (group, e)));
    let known = |name: &String| all().any(|(group, entry)| name == group || name == entry.name);
    if let Some(name) = names.iter().find(|name| !known(name)) {
        let groups = GROUPS.map(|(group, _)| group).join(", ");
        let mut figures: Vec<&str> = all().map(|(_, entry)| entry.name).collect();
        figures.dedup();
        return Err(BadInput(format!(
            "there is no group or figure {name:?}; there are the groups {groups} and the figures {}",
            figures.join(", ")
        )));
    }
    let wanted = |group: &str, entry: &Entry| {
        names.is_empty() || names.iter().any(|name| name == group || name == entry.name)
    };
    Ok(all().filter(|(group, entry)| wanted(group, entry)).map(|(_, entry)| entry).collect())
}

/// Measures figures and returns them as text or as one JSON document.
pub(crate) fn bench(names: &[String], json: bool) -> Result<String> {
    let entries = chosen(names)?;
    let progress = Progress::new(1.0 + entries.len() as f64);
    progress.name("yardsticks");
    let yardsticks = Yardsticks::measure()?;
    let mut figures = Vec::new();
    for entry in entries {
        progress.name(entry.name);
        progress.set(1.0 + figures.len() as f64);
        figures.push(Figure::of(entry, &yardsticks)?);
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
    fn what_is_quick_is_repeated() {
        let mut calls = 0;
        let mut work = || {
            calls += 1;
            Ok(f64::from(calls))
        };
        let (times, value) = repeat(&mut work).unwrap();
        assert!(times.len() >= 5);
        assert_eq!(value, f64::from(calls));
    }

    #[test]
    fn groups_and_figures_are_found_by_name() {
        let names = |names: &[&str]| -> Vec<&str> {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            chosen(&names).unwrap().iter().map(|entry| entry.name).collect()
        };
        let all: usize = GROUPS.iter().map(|(_, entries)| entries.len()).sum();
        assert_eq!(names(&[]).len(), all);
        assert_eq!(names(&["exact"]).len(), exact::ENTRIES.len());
        assert_eq!(names(&["exact", "ln-z", "flow", "rbm", "ising"]).len(), all);
        assert_eq!(names(&["kaufman", "ln-z", "kaufman"]), ["ln-z", "kaufman"]);
        assert_eq!(names(&["multispin_updates_per_ns"]).len(), 2);
    }
}
