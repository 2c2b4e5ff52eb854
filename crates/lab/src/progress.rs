//! The progress bar of a run: work done against work expected, on standard error when that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

/// Steps of the bar per core-second of expected work.
const STEPS: f64 = 100.0;

/// The bar of a run.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar over `effort` core-seconds; invisible unless standard error is a terminal.
    pub fn new(effort: f64) -> Self {
        let target = match std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some((effort * STEPS).ceil() as u64), target);
        let template = "{msg:>20} [{bar:40}] {percent:>3} %  {elapsed} gone, about {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }

    /// Names what is being done.
    pub fn name(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Moves the bar to `effort` core-seconds: the estimates of stages need not add up.
    pub fn set(&self, effort: f64) {
        self.bar.set_position((effort * STEPS) as u64);
    }

    /// A piece of work of this size, counted in full when it is dropped.
    pub fn task(&self, effort: f64) -> Task<'_> {
        Task { progress: self, effort, counted: Mutex::new(0) }
    }

    /// A line above the bar, if there is one to be seen.
    pub fn note(&self, line: &str) {
        self.bar.println(line);
    }

    /// A line above the bar, or instead of it.
    #[allow(clippy::print_stderr)]
    pub fn warn(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A piece of work under way.
#[derive(Debug)]
pub struct Task<'a> {
    progress: &'a Progress,
    effort: f64,
    counted: Mutex<u64>,
}

impl Task<'_> {
    /// Reports the fraction done so far.
    pub fn done(&self, fraction: f64) {
        let target = (self.effort * STEPS * fraction.clamp(0.0, 1.0)) as u64;
        let mut counted = self.counted.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        self.progress.bar.inc(target.saturating_sub(*counted));
        *counted = target.max(*counted);
    }
}

impl Drop for Task<'_> {
    fn drop(&mut self) {
        self.done(1.0);
    }
}
