//! A run on disk: all that it needs to go on to the bytes of a run that was never stopped.

use super::options::Train;
use super::scores::Curve;
use crate::codec;
use crate::input::{BadInput, bytes};
use anyhow::Result;
use nalgebra::DMatrix;
use rbm::Trainer;
use serde::Serialize;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The most that is read back.
const MOST_BYTES: u64 = 1 << 32;

/// What the bytes of a machine depend on, under the names of the options.
#[derive(Serialize)]
pub(super) struct Settings {
    version: &'static str,
    data: Set,
    held_out: Option<Set>,
    hidden: usize,
    epochs: usize,
    batch: usize,
    rate: f64,
    negative: String,
    adam: bool,
    momentum: f64,
    l1: f64,
    l2: f64,
    no_bias: bool,
    init: f64,
    seed: u64,
}

/// A set of samples by its content, wherever its file is.
#[derive(Serialize)]
struct Set {
    samples: usize,
    sites: usize,
    /// The hash of all spins as bytes with sign, sample by sample.
    blake3: String,
}

impl Set {
    fn of(data: &DMatrix<f32>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for sample in data.column_iter() {
            let bytes: Vec<u8> = sample.iter().map(|&spin| (spin as i8).to_le_bytes()[0]).collect();
            hasher.update(&bytes);
        }
        let blake3 = hasher.finalize().to_hex().to_string();
        Self { samples: data.ncols(), sites: data.nrows(), blake3 }
    }
}

impl Settings {
    pub(super) fn new(flags: &Train, data: &DMatrix<f32>, held_out: Option<&DMatrix<f32>>) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            data: Set::of(data),
            held_out: held_out.map(Set::of),
            hidden: flags.hidden,
            epochs: flags.epochs,
            batch: flags.batch,
            rate: flags.rate,
            negative: flags.negative.to_string(),
            adam: flags.adam,
            momentum: flags.momentum,
            l1: flags.l1,
            l2: flags.l2,
            no_bias: flags.no_bias,
            init: flags.init,
            seed: flags.seed,
        }
    }
}

/// The place of the run that makes the machine at `out`.
pub(super) fn beside(out: &Path) -> PathBuf {
    // Without a slash or dot at its end.
    let mut path = out.components().collect::<PathBuf>().into_os_string();
    path.push(".run");
    path.into()
}

/// A run as it is saved: its settings as JSON, its state and its curve.
pub(super) fn encode(settings: &str, trainer: &Trainer, curve: &Curve) -> Result<Vec<u8>> {
    Ok(codec::encode(&(settings, trainer, curve))?.0)
}

/// The run that `--resume` names, if it is one of these settings and not beyond their epochs.
pub(super) fn read(path: &Path, settings: &str, epochs: usize) -> Result<(Trainer, Curve)> {
    let path = match path.extension().is_some_and(|extension| extension == "safetensors") {
        true => beside(path),
        false => path.to_owned(),
    };
    let run = path.display();
    let bad = |why: &dyn std::fmt::Display| BadInput(format!("--resume {run}: {why}"));
    let bytes = bytes(&path, MOST_BYTES).map_err(|why| bad(&why))?;
    let ((begun_with, trainer, curve), _) =
        codec::decode::<(String, Trainer, Curve)>(&bytes).map_err(|why| bad(&why))?;
    let begun_with: Map<String, Value> =
        serde_json::from_str(&begun_with).map_err(|why| bad(&why))?;
    check_same(serde_json::from_str(settings)?, &begun_with, &run)?;
    let samples = begun_with["data"]["samples"].as_u64().unwrap_or(0) as usize;
    let batches = (samples / trainer.config().batch).max(1) as u64;
    if trainer.updates() > epochs as u64 * batches {
        let done = trainer.updates().div_ceil(batches);
        return Err(BadInput(format!(
            "--epochs {epochs}: the run in {run} is already in or beyond epoch {done}"
        ))
        .into());
    }
    Ok((trainer, curve))
}

/// The first setting that differs is refused.
fn check_same(
    given: Map<String, Value>,
    begun_with: &Map<String, Value>,
    run: &impl std::fmt::Display,
) -> Result<(), BadInput> {
    let differs = |(name, value): &(String, Value)| {
        name != "epochs" && begun_with.get(name).is_none_or(|old| old != value)
    };
    let Some((name, value)) = given.into_iter().find(differs) else { return Ok(()) };
    let old = begun_with.get(&name).unwrap_or(&Value::Null);
    Err(BadInput(match name.as_str() {
        "version" => format!("--resume {run}: its version is {old}, but this is {value}"),
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
