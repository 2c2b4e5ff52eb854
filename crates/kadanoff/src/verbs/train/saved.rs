//! A run on disk: all that it needs to go on to the bytes of a run that was never stopped.

use super::options::Train;
use super::scores::Curve;
use crate::files::configurations::Content;
use anyhow::Result;
use experiments::stages::TRAINING_VERSION;
use lab::codec;
use lab::input::{BadInput, bytes};
use nalgebra::DMatrix;
use rbm::Trainer;
use serde::Serialize;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The most that is read back.
const MAX_BYTES: u64 = 1 << 32;

/// What the bytes of an RBM depend on, under the names of the options.
#[derive(Serialize)]
pub(super) struct Settings {
    version: &'static str,
    training_version: u32,
    data: Content,
    held_out: Option<Content>,
    hidden: usize,
    epochs: usize,
    batch: usize,
    rate: f64,
    gradient: String,
    adam: bool,
    momentum: f64,
    l1: f64,
    l2: f64,
    no_bias: bool,
    init: f64,
    seed: u64,
}

impl Settings {
    pub(super) fn new(
        options: &Train,
        data: &DMatrix<f32>,
        held_out: Option<&DMatrix<f32>>,
    ) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            training_version: TRAINING_VERSION,
            data: Content::of(data),
            held_out: held_out.map(Content::of),
            hidden: options.hidden,
            epochs: options.epochs,
            batch: options.batch,
            rate: options.rate,
            gradient: options.gradient.to_string(),
            adam: options.adam,
            momentum: options.momentum,
            l1: options.l1,
            l2: options.l2,
            no_bias: options.no_bias,
            init: options.init,
            seed: options.seed,
        }
    }
}

/// The place of the run that makes the RBM at `out`.
pub(super) fn beside(out: &Path) -> PathBuf {
    // Without a slash or dot at its end.
    let mut path = out.components().collect::<PathBuf>().into_os_string();
    path.push(".run");
    path.into()
}

/// A run as it is saved: its settings as JSON and its updates, then its state and its curve. What comes first can be read also
/// where another version has other states.
pub(super) fn encode(settings: &str, trainer: &Trainer, curve: &Curve) -> Result<Vec<u8>> {
    let mut bytes = codec::encode(&(settings, trainer.updates()))?.0;
    bytes.extend(codec::encode(&(trainer, curve))?.0);
    Ok(bytes)
}

/// What a saved run says of itself.
struct Head {
    settings: Map<String, Value>,
    updates: u64,
}

impl Head {
    /// And the bytes that follow it.
    fn decode(bytes: &[u8]) -> Result<(Self, &[u8])> {
        let ((settings, updates), _, rest) = codec::decode_first::<(String, u64)>(bytes)?;
        Ok((Self { settings: serde_json::from_str(&settings)?, updates }, rest))
    }

    /// Updates of an epoch.
    fn batches(&self) -> u64 {
        let samples = number(self.settings.get("data").and_then(|data| data.get("samples")));
        samples.checked_div(number(self.settings.get("batch"))).unwrap_or(0).max(1)
    }

    /// The epoch that it is in, or has just done.
    fn epoch(&self) -> u64 {
        self.updates.div_ceil(self.batches())
    }

    /// Epochs that it was to have.
    fn epochs(&self) -> u64 {
        number(self.settings.get("epochs"))
    }

    fn is_finished(&self) -> bool {
        self.updates >= self.epochs().saturating_mul(self.batches())
    }
}

fn number(value: Option<&Value>) -> u64 {
    value.and_then(Value::as_u64).unwrap_or(0)
}

/// The file that `--resume` names: that of the run, or of the RBM that stands for it.
fn run_of(resume: &Path) -> PathBuf {
    match resume.extension().is_some_and(|extension| extension == "safetensors") {
        true => beside(resume),
        false => resume.to_owned(),
    }
}

/// Refuses to write over a run that is not finished, unless it is the one that goes on.
pub(super) fn check_nothing_lost(run: &Path, resume: Option<&Path>) -> Result<(), BadInput> {
    let there = |path: &Path| path.canonicalize().ok();
    if there(run).is_none() || resume.is_some_and(|path| there(&run_of(path)) == there(run)) {
        return Ok(());
    }
    let head = bytes(run, MAX_BYTES)
        .and_then(|bytes| Ok(Head::decode(&bytes).map_err(|why| why.to_string())?.0));
    let run = run.display();
    let why = match head {
        Ok(head) if head.is_finished() => return Ok(()),
        Ok(head) => format!(
            "the run in {run} is in epoch {} of {} and would be lost; go on with --resume {run}, or remove it",
            head.epoch(),
            head.epochs()
        ),
        Err(why) => {
            format!("{run} would be lost, but is no run that can be read: {why}; remove it")
        }
    };
    Err(BadInput(format!("--out: {why}")))
}

/// The run that `--resume` names, if it is one of these settings and not beyond their epochs.
pub(super) fn read(path: &Path, settings: &str, epochs: usize) -> Result<(Trainer, Curve)> {
    let path = run_of(path);
    let run = path.display();
    let bad = |why: &dyn std::fmt::Display| BadInput(format!("--resume {run}: {why}"));
    let bytes = bytes(&path, MAX_BYTES).map_err(|why| bad(&why))?;
    let (head, state) = Head::decode(&bytes).map_err(|why| bad(&why))?;
    check_same(serde_json::from_str(settings)?, &head.settings, &run)?;
    let done = head.epoch();
    if done > epochs as u64 {
        return Err(BadInput(format!(
            "--epochs {epochs}: the run in {run} is already in or beyond epoch {done}"
        ))
        .into());
    }
    Ok(codec::decode(state).map_err(|why| bad(&why))?.0)
}

/// The first setting that differs is refused, the versions first.
fn check_same(
    given: Map<String, Value>,
    begun_with: &Map<String, Value>,
    run: &impl std::fmt::Display,
) -> Result<(), BadInput> {
    let differs = |(name, value): &(String, Value)| {
        name != "epochs" && begun_with.get(name).is_none_or(|old| old != value)
    };
    let (versions, others): (Vec<_>, Vec<_>) =
        given.into_iter().partition(|(name, _)| name.ends_with("version"));
    let Some((name, value)) = versions.into_iter().chain(others).find(differs) else {
        return Ok(());
    };
    let old = begun_with.get(&name).unwrap_or(&Value::Null);
    Err(BadInput(match name.as_str() {
        "version" => format!("--resume {run}: its version is {old}, but this is {value}"),
        "training_version" => format!(
            "--resume {run}: it was begun by version {old} of the training, but this is {value}, which gives other RBMs; begin anew with another --out, or remove it"
        ),
        "data" | "held_out" => {
            let option = name.replace('_', "-");
            format!("--{option}: the run in {run} was begun with other samples")
        }
        _ => {
            let option = name.replace('_', "-");
            format!(
                "--{option} {value}: the run in {run} was begun with {old}; only --epochs, --out and --json may be others than before"
            )
        }
    }))
}
