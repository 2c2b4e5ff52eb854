//! The verb `flow`: configurations flow through an RBM, and thermometers read every step.

mod print;

use crate::files;
use crate::files::configurations::{self, Content};
use crate::files::npz::Archive;
use crate::files::thermometer::Thermometer;
use crate::readings::{Instruments, Readings, side};
use crate::terminal;
use crate::values::{seed, whole};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use flow::{IsingCurves, Rule};
use ising::Lattice;
use lab::input::{BadInput, check_apart};
use lab::place::Place;
use lab::progress::Progress;
use nalgebra::DMatrix;
use rand::RngExt;
use rayon::prelude::*;
use rbm::Rbm;
use serde::Serialize;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

/// The most bytes of configurations in a file.
const MAX_BYTES: usize = 1 << 30;
const MAX_STEPS: usize = 1_000_000;
/// Draws of curves that are measured for one run.
const DRAWS: u32 = 2000;
/// Largest side whose curves are measured for one run.
const MAX_SIDE: usize = 128;
/// Units that are sampled with one stream of random numbers.
const BLOCK: usize = 1 << 16;

#[derive(Debug, Args)]
pub struct Flow {
    /// The RBM: safetensors with weights [visible, hidden], visible_bias and hidden_bias, all F32.
    #[arg(long, value_name = "F.safetensors")]
    rbm: PathBuf,
    /// Where the flow begins: a file of `sample`, or any .npz with an array spins [samples, sites] of 1 and -1, or that array
    /// alone as .npy. Errors take the samples as independent; all together are the ensemble that is read.
    #[arg(long, value_name = "F.npz")]
    start: PathBuf,
    /// Steps v -> h -> v'.
    #[arg(long, value_name = "n", allow_hyphen_values = true, value_parser = whole(0, MAX_STEPS))]
    steps: usize,
    /// What passes between the layers: expectations, after which units are real numbers, or samples, which are 1 and -1.
    #[arg(long, value_enum)]
    rule: By,
    /// The seed from which every random number comes.
    #[arg(long, value_name = "s", allow_hyphen_values = true, value_parser = seed)]
    seed: u64,
    /// The file: arrays spins [steps + 1, samples, sites] from the start on, int8 by the sampled rule and float32 by the mean
    /// one (at most 1073741824 bytes), temperature (float64, that of each sample at the start, where --start has it) and
    /// settings (JSON text).
    #[arg(long, value_name = "F.npz")]
    out: PathBuf,
    /// A file of `calibrate`: the network, and curves for the other four thermometers. Without it there is no network, and
    /// rougher curves are measured for squares of 4 x 4 to 128 x 128 sites: 2000 draws at some 45 temperatures, in seconds up
    /// to 32 x 32, half a minute for 64 x 64, minutes for 128 x 128.
    #[arg(long, value_name = "T.safetensors")]
    thermometer: Option<PathBuf>,
    /// Print one JSON document in full precision; a value that is not finite is null.
    ///
    /// It has steps, verdict (that of the last step), note (null, or why physical thermometers are missing) and seconds. Of each
    /// step, from 0, the start: energy_per_spin in J and abs_m (mean, error); thermometers, each with temperature and error in
    /// J / k_B, or with both null and at_most or at_least where it found a bound only (at_least null is infinity): energy, magnetisation,
    /// correlation, two-point, network, null where there is none; chi_square, degrees_of_freedom and p_value of the two-point
    /// function; agreement, the same of one temperature for energy, |m|, correlation length and specific heat; verdict:
    /// one-temperature, at-most, at-least or no-temperature, which one Ising ensemble in a thousand is given, or null.
    /// By the mean rule all this is read after sampling units of these means, once each; network reads the means, and
    /// network-sampled the samples; of_means has energy_per_spin and abs_m of the means themselves.
    #[arg(long)]
    json: bool,
}

/// The rule by its name.
#[derive(Clone, Copy, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum By {
    /// Expectations: deterministic.
    Mean,
    /// Samples: Gibbs sampling of the RBM.
    Sampled,
}

impl By {
    fn rule(self) -> Rule {
        match self {
            Self::Mean => Rule::Mean,
            Self::Sampled => Rule::Sampled,
        }
    }
}

/// All that a flow needs.
struct Input {
    rbm: Rbm,
    start: DMatrix<f32>,
    /// Of each sample at the start.
    temperatures: Option<Vec<f64>>,
    thermometer: Option<Thermometer>,
}

/// Flows, writes and prints; nothing is written or printed where the input is wrong.
pub(super) fn run(options: &Flow) -> Result<()> {
    let out = options.out.display();
    let place =
        Place::new(&options.out, "npz").map_err(|why| BadInput(format!("--out {out}: {why}")))?;
    let input = options.read()?;
    let began = Instant::now();
    let bar = Progress::new(options.steps.max(1) as f64);
    let side = side(input.rbm.visible());
    let note = options.note(&input, side);
    let measured = match (side, &input.thermometer, &note) {
        (Some(side), None, None) => {
            bar.name("curves of the torus");
            let seed = stats::child_seed(options.seed, "flow", 0);
            let grid = IsingCurves::grid(side, f64::INFINITY);
            Some(IsingCurves::measure(side, &grid, DRAWS, seed)?)
        }
        _ => None,
    };
    let known = input.thermometer.as_ref();
    let curves = measured.as_ref().or(known.and_then(|known| known.curves.as_ref()));
    let instruments = Instruments {
        network: known.map(|known| &known.network),
        curves: curves.filter(|_| note.is_none()),
        lattice: side.map(Lattice::square).transpose()?,
    };
    bar.name("flow");
    let mut steps = Vec::new();
    place
        .fill(|file| {
            let flowed = options.flow(&input, &instruments, &bar, &mut steps, file);
            flowed.map_err(io::Error::other)
        })
        .with_context(|| format!("{out} is not written"))?;
    bar.finish();
    let seconds = began.elapsed().as_secs_f64();
    let report = print::Report { steps: &steps, note: note.as_deref(), seconds };
    terminal::print(&match options.json {
        true => print::json(&report)?,
        false => print::text(&report, &input, options),
    })
}

impl Flow {
    fn read(&self) -> Result<Input, BadInput> {
        let mut inputs = vec![("--rbm", self.rbm.as_path()), ("--start", &self.start)];
        inputs.extend(self.thermometer.iter().map(|path| ("--thermometer", path.as_path())));
        check_apart(&self.out, &inputs)?;
        let rbm = files::rbm::read(&self.rbm)?;
        let file = self.rbm.display();
        if !is_tame(&rbm) {
            return Err(BadInput(format!(
                "--rbm {file}: its weights or biases are so large that fields are beyond the numbers of a computer"
            )));
        }
        let start = configurations::read("--start", &self.start)?;
        let ((sites, samples), visible, path) =
            (start.shape(), rbm.visible(), self.start.display());
        if sites != visible {
            return Err(BadInput(format!(
                "--start {path}: its samples have {sites} sites, but the RBM in --rbm {file} has {visible} visible units"
            )));
        }
        let temperatures = configurations::temperatures("--start", &self.start, samples)?;
        let size = self.kind().1;
        let bytes = (self.steps + 1).saturating_mul(samples).saturating_mul(sites * size);
        if bytes > MAX_BYTES {
            let steps = self.steps;
            return Err(BadInput(format!(
                "--steps {steps}: {samples} samples of {sites} sites with their start are {bytes} bytes, but must be at most {MAX_BYTES}"
            )));
        }
        let thermometer = match &self.thermometer {
            None => None,
            Some(path) => {
                let thermometer = Thermometer::read("--thermometer", path)?;
                let reads = thermometer.network.network().inputs();
                if reads != visible {
                    let path = path.display();
                    return Err(BadInput(format!(
                        "--thermometer {path}: it reads {reads} sites, but the RBM in --rbm {file} has {visible} visible units"
                    )));
                }
                Some(thermometer)
            }
        };
        Ok(Input { rbm, start, temperatures, thermometer })
    }

    /// Why no physical thermometer can read the flow.
    fn note(&self, input: &Input, side: Option<usize>) -> Option<String> {
        let (sites, samples) = input.start.shape();
        let Some(side) = side else {
            return Some(format!(
                "physical thermometers read squares of 4 x 4 to 512 x 512 sites, but the RBM has {sites} visible units"
            ));
        };
        let least = IsingCurves::least_configurations(side);
        if samples < least {
            return Some(format!(
                "physical thermometers need {least} samples of {side} x {side} sites or more, but there are {samples}"
            ));
        }
        (input.thermometer.is_none() && side > MAX_SIDE).then(|| {
            format!(
                "physical thermometers of {side} x {side} sites need the curves that `calibrate` measures, for --thermometer"
            )
        })
    }

    /// The type of the numbers that are written, and its bytes.
    fn kind(&self) -> (&'static str, usize) {
        match self.rule {
            By::Mean => ("<f4", 4),
            By::Sampled => ("|i1", 1),
        }
    }

    /// Flows and writes, step by step, so that only one step is held.
    fn flow(
        &self,
        input: &Input,
        instruments: &Instruments<'_>,
        bar: &Progress,
        steps: &mut Vec<Readings>,
        file: File,
    ) -> Result<File> {
        let (sites, samples) = input.start.shape();
        let shape = [self.steps + 1, samples, sites];
        let mut archive = Archive::new(file);
        archive.begin("spins", self.kind().0, &shape)?;
        let flow = flow::Flow { rbm: &input.rbm, rule: self.rule.rule() };
        let mut rng = stats::stream(self.seed, "flow", 0);
        let mut v = input.start.clone();
        for step in 0..=self.steps {
            if step > 0 {
                v = flow.step(&v, &mut rng);
            }
            archive.bytes(&self.bytes(&v))?;
            steps.push(match self.rule {
                By::Mean => instruments.read(&v, &sampled(&v, self.seed, step))?,
                By::Sampled => instruments.read(&v, &v)?,
            });
            bar.set(step as f64);
        }
        if let Some(temperatures) = &input.temperatures {
            archive.numbers("temperature", temperatures.iter().copied())?;
        }
        archive.text("settings", &self.settings(input)?)?;
        Ok(archive.finish()?)
    }

    fn bytes(&self, v: &DMatrix<f32>) -> Vec<u8> {
        match self.rule {
            By::Mean => v.iter().flat_map(|v| v.to_le_bytes()).collect(),
            By::Sampled => v.iter().map(|&v| (v as i8).to_le_bytes()[0]).collect(),
        }
    }

    /// What the configurations depend on, as JSON.
    fn settings(&self, input: &Input) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Settings {
            version: &'static str,
            rbm: Rbm64,
            start: Content,
            rule: By,
            steps: usize,
            seed: u64,
        }
        #[derive(Serialize)]
        struct Rbm64 {
            visible: usize,
            hidden: usize,
            /// The hash of weights and biases as a file without metadata.
            blake3: String,
        }
        let Self { rule, steps, seed, .. } = *self;
        let (rbm, start) = (&input.rbm, Content::of(&input.start));
        let bytes = rbm::file::to_bytes(rbm, &rbm::file::Metadata::new());
        let blake3 = blake3::hash(&bytes).to_hex().to_string();
        let rbm = Rbm64 { visible: rbm.visible(), hidden: rbm.hidden(), blake3 };
        let version = env!("CARGO_PKG_VERSION");
        serde_json::to_string(&Settings { version, rbm, start, rule, steps, seed })
    }
}

/// Whether no field of a unit can be beyond the numbers of f32, whatever the other layer is.
fn is_tame(rbm: &Rbm) -> bool {
    let size = |numbers: &mut dyn Iterator<Item = f32>| {
        numbers.map(|x| f64::from(x.abs())).sum::<f64>() < f64::from(f32::MAX)
    };
    let w = &rbm.weights;
    let of_visible = |(i, &b): (usize, &f32)| size(&mut w.row(i).iter().copied().chain([b]));
    let of_hidden = |(a, &c): (usize, &f32)| size(&mut w.column(a).iter().copied().chain([c]));
    rbm.visible_bias.iter().enumerate().all(of_visible)
        && rbm.hidden_bias.iter().enumerate().all(of_hidden)
}

/// Units +-1 of these means; of units +-1 the same. Blocks have streams of their own, whatever the threads.
fn sampled(means: &DMatrix<f32>, seed: u64, step: usize) -> DMatrix<f32> {
    let mut units = means.clone();
    let seed = stats::child_seed(seed, "flow::step", step as u64);
    units.as_mut_slice().par_chunks_mut(BLOCK).enumerate().for_each(|(block, units)| {
        let rng = &mut stats::stream(seed, "flow::sampled", block as u64);
        for v in units {
            *v = if 2.0 * rng.random::<f32>() < 1.0 + *v { 1.0 } else { -1.0 };
        }
    });
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sampled_units_have_their_means() {
        let count = 200_000;
        for mean in [-1.0, -0.7, 0.0, 0.4, 1.0] {
            let units = sampled(&DMatrix::from_element(4, count / 4, mean), 1, 2);
            let found = units.iter().sum::<f32>() / count as f32;
            // At 6 standard errors; family-wise below 1e-6.
            let error = ((1.0 - mean * mean) / count as f32).sqrt();
            assert!((found - mean).abs() <= 6.0 * error, "{found} {mean}");
        }
    }

    #[test]
    fn rbms_beyond_numbers() {
        assert!(is_tame(&Rbm::uniform(4, 2, 1e37)));
        assert!(!is_tame(&Rbm::uniform(4, 2, 1e38)));
        assert!(!is_tame(&Rbm::uniform(2, 4, 1e38)));
    }
}
