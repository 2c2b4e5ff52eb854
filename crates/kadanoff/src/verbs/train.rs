//! The verb `train`: an RBM learns from samples, can be stopped at any update, and is written for Python.

mod options;
mod print;
mod saved;
mod scores;

use crate::enumeration;
use crate::files::configurations;
use crate::terminal;
use anyhow::{Context, Result};
use lab::input::BadInput;
use lab::place::Place;
use lab::progress::Progress;
use nalgebra::DMatrix;
use rbm::{Error, Trainer, file, partition};
use saved::Settings;
use scores::{Curve, Judge, Scores};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(super) use options::Train;

/// The most weights: Adam and a run on disk hold them three times.
const MAX_WEIGHTS: usize = 1 << 24;
/// The most units of chains that go on from update to update.
const MAX_CHAIN_UNITS: usize = 1 << 28;
/// When a run is first saved. The time to the next save doubles up to the longest: a kill costs half of a run at most, and
/// never more than that.
const FIRST_SAVE: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// Trains, writes and prints; nothing is written or printed where the input is wrong.
pub(super) fn run(options: &Train) -> Result<()> {
    let place = |path: &Path, extension| {
        Place::new(path, extension)
            .map_err(|why| BadInput(format!("--out {}: {why}", options.out.display())))
    };
    check_apart(options)?;
    let out = place(&options.out, "safetensors")?;
    let run = saved::beside(&options.out);
    let saves = place(&run, "run")?;
    saved::check_nothing_lost(&run, options.resume.as_deref())?;
    let data = configurations::read("--data", &options.data)?;
    let held_out = match &options.held_out {
        Some(path) => Some(configurations::read("--held-out", path)?),
        None => None,
    };
    check(options, &data, held_out.as_ref())?;
    let settings = Settings::new(options, &data, held_out.as_ref());
    let settings = serde_json::to_string(&settings)?;
    let judge = Judge::new(&data, held_out.as_ref(), options.seed);
    let bar = Progress::new(options.epochs as f64);
    let (mut trainer, curve) = match &options.resume {
        Some(path) => saved::read(path, &settings, options.epochs)?,
        None => {
            bar.name("scores of epoch 0");
            begin(options, &data, &judge)?
        }
    };
    let began = Instant::now();
    let mut session = Session {
        settings: &settings,
        saves: &saves,
        run: run.display().to_string(),
        judge: &judge,
        curve,
        bar,
        batches: (data.ncols() / options.batch) as f64,
        saved: began,
        until_next: FIRST_SAVE,
    };
    let last = session.train(&mut trainer, &data, options.epochs as u64);
    session.bar.finish();
    let last = last?;
    let seconds = began.elapsed().as_secs_f64();
    let bytes = file::to_bytes(trainer.rbm(), &metadata(&settings, options.seed, &trainer));
    out.fill(|mut file| file.write_all(&bytes).map(|()| file))
        .with_context(|| format!("cannot write {}", options.out.display()))?;
    let report = print::Report {
        settings: &settings,
        visible: data.nrows(),
        hidden: options.hidden,
        updates: trainer.updates(),
        seconds,
        last,
        curve: session.curve.points(),
        scored: judge.shares(&data, held_out.as_ref()),
        out: options.out.display().to_string(),
        run: session.run,
    };
    terminal::print(&if options.json { print::json(&report)? } else { print::text(&report) })
}

/// Neither the RBM nor its run may take the place of samples.
fn check_apart(options: &Train) -> Result<(), BadInput> {
    let there = |path: &Path| path.canonicalize().ok();
    let sets = [("--data", Some(&options.data)), ("--held-out", options.held_out.as_ref())];
    for written in [options.out.clone(), saved::beside(&options.out)] {
        let Some(found) = there(&written) else { continue };
        let same = |path: &&PathBuf| there(path).is_some_and(|path| path == found);
        if let Some((option, _)) = sets.iter().find(|(_, path)| path.as_ref().is_some_and(same)) {
            let (out, written) = (options.out.display(), written.display());
            return Err(BadInput(format!(
                "--out {out}: {written} would replace the samples of {option}"
            )));
        }
    }
    Ok(())
}

/// What the options and the data allow only together.
fn check(
    options: &Train,
    data: &DMatrix<f32>,
    held_out: Option<&DMatrix<f32>>,
) -> Result<(), BadInput> {
    let (sites, samples) = data.shape();
    let path = options.data.display();
    let Train { hidden, batch, gradient, .. } = options;
    if *batch > samples {
        return Err(BadInput(format!(
            "--batch {batch}: it must be at most {samples}, the number of samples in --data {path}"
        )));
    }
    if sites.saturating_mul(*hidden) > MAX_WEIGHTS {
        return Err(BadInput(format!(
            "--hidden {hidden} times the {sites} sites of --data {path} is {} weights, but must be at most {MAX_WEIGHTS}",
            sites.saturating_mul(*hidden)
        )));
    }
    let (smaller, larger) = (sites.min(*hidden), sites.max(*hidden));
    let exact = *gradient == options::GradientEstimator::Exact && smaller <= partition::MAX_UNITS;
    if exact && enumeration::terms(sites, *hidden).is_none() {
        return Err(BadInput(format!(
            "--gradient {gradient}: {} states of one layer times {larger} units of the other are too many; units must be at most {}, and the product at most {}",
            1_u64 << smaller,
            enumeration::MAX_LARGER,
            enumeration::MAX_TERMS
        )));
    }
    let units = options.chains().saturating_mul(sites + hidden);
    if units > MAX_CHAIN_UNITS {
        return Err(BadInput(format!(
            "--gradient {gradient}: its chains have {units} units, but must have at most {MAX_CHAIN_UNITS}"
        )));
    }
    match (held_out, &options.held_out) {
        (Some(held_out), Some(other)) if held_out.nrows() != sites => {
            let (found, other) = (held_out.nrows(), other.display());
            Err(BadInput(format!(
                "--held-out {other}: its samples have {found} sites, but must have {sites} as those of --data {path}"
            )))
        }
        _ => Ok(()),
    }
}

/// A run before its first update, with the scores of the initial RBM.
fn begin(options: &Train, data: &DMatrix<f32>, judge: &Judge) -> Result<(Trainer, Curve)> {
    let config = options.config();
    let trainer =
        Trainer::new(config, data.nrows(), options.seed).map_err(|error| match error {
            Error::TooManyStates { .. } => BadInput(format!("--gradient exact: {error}")),
            error => BadInput(error.to_string()),
        })?;
    let mut curve = Curve::new(judge, &config, data.ncols());
    curve.push(judge.scores(trainer.rbm(), 0)?);
    Ok((trainer, curve))
}

/// What goes with the RBM.
fn metadata(settings: &str, seed: u64, trainer: &Trainer) -> file::Metadata {
    let entries = [
        ("settings", settings.to_owned()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("seed", seed.to_string()),
        ("updates", trainer.updates().to_string()),
    ];
    entries.map(|(name, text)| (name.to_owned(), text)).into()
}

/// What happens beside the training itself.
struct Session<'a> {
    settings: &'a str,
    saves: &'a Place,
    /// The name of what is saved.
    run: String,
    judge: &'a Judge,
    curve: Curve,
    bar: Progress,
    /// Updates of an epoch.
    batches: f64,
    saved: Instant,
    until_next: Duration,
}

impl Session<'_> {
    /// Trains to the end and saves the run there: the scores of the RBM. They come first, for a run that is finished on
    /// disk is one that nobody waits for.
    fn train(&mut self, trainer: &mut Trainer, data: &DMatrix<f32>, epochs: u64) -> Result<Scores> {
        let mut seen = Ok(());
        let trained = rbm::train(trainer, data, epochs, |progress| {
            seen = self.see(progress);
            if seen.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        trained.context("the training stopped, a smaller --rate may help")?;
        seen?;
        let last = match self.curve.points().last() {
            Some(scores) if scores.epoch == epochs => *scores,
            _ => {
                self.bar.name("scores of the last epoch");
                self.judge.scores(trainer.rbm(), epochs)?
            }
        };
        self.save(trainer)?;
        Ok(last)
    }

    fn see(&mut self, progress: rbm::Progress<'_>) -> Result<()> {
        let rbm::Progress { trainer, epochs, ends_epoch } = progress;
        self.bar.set(trainer.updates() as f64 / self.batches);
        if ends_epoch && self.curve.wants(epochs) {
            let scores = self.judge.scores(trainer.rbm(), epochs)?;
            self.bar.name(&scores.line());
            self.curve.push(scores);
        }
        if self.saved.elapsed() >= self.until_next {
            self.save(trainer)?;
            if self.until_next == FIRST_SAVE {
                let run = &self.run;
                self.bar.note(&format!("stopped at any time, the run goes on with --resume {run}"));
            }
            self.until_next = (2 * self.until_next).min(LONGEST);
        }
        Ok(())
    }

    fn save(&mut self, trainer: &Trainer) -> Result<()> {
        let bytes = saved::encode(self.settings, trainer, &self.curve)?;
        self.saves
            .fill(|mut file| file.write_all(&bytes).map(|()| file))
            .context("cannot save the run")?;
        self.saved = Instant::now();
        Ok(())
    }
}
