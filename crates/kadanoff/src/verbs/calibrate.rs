//! The verb `calibrate`: thermometers are made from configurations of known temperature, and tested on others.

mod print;

use crate::files::configurations::{self, Content};
use crate::files::thermometer::Thermometer;
use crate::readings::{Instruments, Readings, side};
use crate::terminal;
use crate::values::{number, seed, whole};
use anyhow::{Context, Result};
use clap::Args;
use flow::{Calibration, Error, IsingCurves, NetworkThermometer};
use ising::{Configurations, Coupling, Lattice, Samples};
use lab::input::{BadInput, check_apart};
use lab::place::Place;
use lab::progress::Progress;
use nalgebra::DMatrix;
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The most weights: Adam holds them three times.
const MAX_WEIGHTS: usize = 1 << 24;
const MAX_WIDTH: usize = 1 << 16;
const MAX_LAYERS: usize = 16;
/// The most temperatures, which are classes.
const MAX_CLASSES: usize = 10_000;
/// The most spins that are drawn at a temperature.
const MAX_DRAWN: usize = 1 << 28;
/// Without `--held-out` one in so many samples of each temperature is held out.
const HELD_OUT: usize = 10;

#[derive(Debug, Args)]
pub struct Calibrate {
    /// Configurations of known temperature: a file of `sample` with several temperatures, or any .npz with arrays spins
    /// [samples, sites] of 1 and -1 and temperature, one a sample, in J / k_B. The temperatures that occur are the scale of the
    /// network.
    #[arg(long, value_name = "F.npz")]
    data: PathBuf,
    /// Configurations to test on, of the same temperatures and not trained on; else the last tenth of --data at each
    /// temperature is kept for that.
    #[arg(long, value_name = "F.npz")]
    held_out: Option<PathBuf>,
    /// Widths of the network's hidden layers, of tanh units: 80, or 512,256,64.
    #[arg(long, value_name = "a,b,c", default_value = "80", allow_hyphen_values = true, value_parser = Widths::parse)]
    hidden: Widths,
    /// Epochs of the network's training.
    #[arg(long, value_name = "e", default_value = "60", allow_hyphen_values = true, value_parser = whole(1, 1_000_000))]
    epochs: usize,
    /// Samples per update, at most those that are trained on.
    #[arg(long, value_name = "b", default_value = "100", allow_hyphen_values = true, value_parser = whole(1, u32::MAX as usize))]
    batch: usize,
    /// Adam's learning rate.
    #[arg(long, value_name = "r", default_value = "0.001", allow_hyphen_values = true, value_parser = number(1e-30, 1e6))]
    rate: f64,
    /// Configurations that are drawn at each of some 45 temperatures for the curves of the physical thermometers: 10000 take
    /// half a minute for 10 x 10 sites.
    #[arg(long, value_name = "n", default_value = "10000", allow_hyphen_values = true, value_parser = whole(100, 10_000_000))]
    draws: usize,
    /// The seed from which every random number comes.
    #[arg(long, value_name = "s", default_value = "1", allow_hyphen_values = true, value_parser = seed)]
    seed: u64,
    /// The thermometers: tensors scale (F64, the temperatures, ascending), weights.0 [output, input], bias.0, weights.1 and so on
    /// (F32; tanh between layers, softmax at the end) and curves (U8, of squares of 4 x 4 to 512 x 512 sites: for `flow` alone to
    /// read), with the settings as metadata.
    #[arg(long, value_name = "T.safetensors")]
    out: PathBuf,
    /// Print one JSON document in full precision; a value that is not finite is null.
    ///
    /// It has scale; loss, the cross-entropy of the last epoch in nats; accuracy, the share of held-out samples whose most
    /// probable temperature is their own; confusion, a list of lists, how many of each temperature (rows) are taken for which;
    /// held_out, of each temperature that occurs there: temperature, count, and what the thermometers read in it, under the names
    /// of `flow --json`; curves, null where there are none: side, temperatures (how many), draws and energy_error, the largest
    /// error of the interpolated energy per spin; note, null or why physical readings are missing; seconds.
    #[arg(long)]
    json: bool,
}

/// Widths of layers.
#[derive(Clone, Debug)]
struct Widths(Vec<usize>);

impl Widths {
    fn parse(text: &str) -> Result<Self, String> {
        let widths: Result<Vec<usize>, String> = text.split(',').map(whole(1, MAX_WIDTH)).collect();
        widths.ok().filter(|widths| widths.len() <= MAX_LAYERS).map(Self).ok_or_else(|| {
            format!("it must be up to {MAX_LAYERS} whole numbers from 1 to {MAX_WIDTH}, with commas between them")
        })
    }
}

/// Configurations `[site, sample]` with the temperature of each.
struct Known {
    spins: DMatrix<f32>,
    temperatures: Vec<f64>,
}

/// What was held out at one temperature, and what was read in it.
#[derive(Serialize)]
struct Test {
    temperature: f64,
    count: usize,
    #[serde(flatten)]
    readings: Readings,
}

/// Calibrates, writes and prints; nothing is written or printed where the input is wrong.
pub(super) fn run(options: &Calibrate) -> Result<()> {
    let out = options.out.display();
    let place = Place::new(&options.out, "safetensors")
        .map_err(|why| BadInput(format!("--out {out}: {why}")))?;
    let mut inputs = vec![("--data", options.data.as_path())];
    inputs.extend(options.held_out.iter().map(|path| ("--held-out", path.as_path())));
    check_apart(&options.out, &inputs)?;
    let (train, held_out, scale) = options.read()?;
    let settings = options.settings(&train, &held_out)?;
    let mut calibration = options.begin(&train, &scale)?;
    let began = Instant::now();
    let bar = Progress::new(options.epochs as f64);
    let side = side(train.spins.nrows());
    // The network learns on one thread.
    let (loss, curves) = rayon::join(
        || options.train(&mut calibration, &train, &bar),
        || side.map(|side| options.measure(side)).transpose(),
    );
    let (loss, curves) = (loss?, curves?);
    bar.name("held-out samples");
    let thermometer = Thermometer { network: calibration.thermometer(), curves };
    let tests = test(&thermometer, &held_out, &scale)?;
    let confusion = confusion(&thermometer.network, &held_out, &scale)?;
    bar.finish();
    let seconds = began.elapsed().as_secs_f64();
    let bytes = thermometer.to_bytes(settings)?;
    place
        .fill(|mut file| file.write_all(&bytes).map(|()| file))
        .with_context(|| format!("cannot write {out}"))?;
    let report = print::Report {
        loss,
        note: note(side, &tests),
        tests,
        confusion,
        thermometer: &thermometer,
        draws: options.draws,
        seconds,
    };
    terminal::print(&match options.json {
        true => print::json(&report)?,
        false => print::text(&report, &out.to_string()),
    })
}

/// Why physical thermometers could not be tested.
fn note(side: Option<usize>, tests: &[Test]) -> Option<String> {
    let Some(side) = side else {
        return Some(
            "physical thermometers read squares of 4 x 4 to 512 x 512 sites only".to_owned(),
        );
    };
    let least = IsingCurves::least_configurations(side);
    tests.iter().any(|test| test.count < least).then(|| {
        format!("physical thermometers need {least} held-out samples of a temperature or more")
    })
}

impl Calibrate {
    /// What is trained on, what is held out, and the temperatures.
    fn read(&self) -> Result<(Known, Known, Vec<f64>), BadInput> {
        let all = Known::read("--data", &self.data)?;
        let scale = all.scale();
        let path = self.data.display();
        if scale.len() < 2 || scale.iter().any(|t| t.is_infinite()) || scale.len() > MAX_CLASSES {
            return Err(BadInput(format!(
                "--data {path}: its samples have {} temperatures up to {}, but must have 2 to {MAX_CLASSES}, all finite",
                scale.len(),
                scale[scale.len() - 1]
            )));
        }
        let (train, held_out) = match &self.held_out {
            None => all.divide(&scale).map_err(|t| {
                BadInput(format!("--data {path}: of temperature {t} it has one sample, but must have 2 or more, or --held-out must be given"))
            })?,
            Some(other) => {
                let held_out = Known::read("--held-out", other)?;
                let (sites, found) = (all.spins.nrows(), held_out.spins.nrows());
                let other = other.display();
                if found != sites {
                    return Err(BadInput(format!(
                        "--held-out {other}: its samples have {found} sites, but must have {sites} as those of --data {path}"
                    )));
                }
                if let Some(t) = held_out.scale().iter().find(|t| !scale.contains(t)) {
                    return Err(BadInput(format!(
                        "--held-out {other}: there are samples of temperature {t}, but none in --data {path}"
                    )));
                }
                (all, held_out)
            }
        };
        self.check(&train, scale.len())?;
        Ok((train, held_out, scale))
    }

    /// What the options and the data allow only together.
    fn check(&self, train: &Known, classes: usize) -> Result<(), BadInput> {
        let (sites, samples) = train.spins.shape();
        let (batch, draws) = (self.batch, self.draws);
        if batch > samples {
            return Err(BadInput(format!(
                "--batch {batch}: it must be at most {samples}, the number of samples that are trained on"
            )));
        }
        let widths = [&[sites], self.hidden.0.as_slice(), &[classes]].concat();
        let weights = widths.windows(2).map(|pair| pair[0].saturating_mul(pair[1]));
        let weights = weights.fold(0, usize::saturating_add);
        if weights > MAX_WEIGHTS {
            return Err(BadInput(format!(
                "--hidden: the network would have {weights} weights, but must have at most {MAX_WEIGHTS}"
            )));
        }
        if side(sites).is_some() && draws.saturating_mul(sites) > MAX_DRAWN {
            return Err(BadInput(format!(
                "--draws {draws}: times {sites} sites that is {} spins, but must be at most {MAX_DRAWN}",
                draws.saturating_mul(sites)
            )));
        }
        Ok(())
    }

    /// What the file depends on, under the names of the options.
    fn settings(&self, train: &Known, held_out: &Known) -> serde_json::Result<Map<String, Value>> {
        let entries = [
            ("data", serde_json::to_value(Content::of(&train.spins))?),
            ("held_out", serde_json::to_value(Content::of(&held_out.spins))?),
            ("hidden", serde_json::to_value(&self.hidden.0)?),
            ("epochs", self.epochs.into()),
            ("batch", self.batch.into()),
            ("rate", self.rate.into()),
            ("draws", self.draws.into()),
            ("seed", self.seed.into()),
        ];
        Ok(entries.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
    }

    fn begin(&self, train: &Known, scale: &[f64]) -> Result<Calibration, Error> {
        let config = nn::TrainConfig {
            hidden: self.hidden.0.clone(),
            batch: self.batch,
            learning_rate: self.rate as f32,
        };
        let seed = stats::child_seed(self.seed, "calibrate", 0);
        Calibration::new(scale, train.spins.nrows(), config, seed)
    }

    /// The loss of the last epoch.
    fn train(&self, calibration: &mut Calibration, train: &Known, bar: &Progress) -> Result<f64> {
        bar.name("network");
        let mut loss = f64::NAN;
        let trained =
            calibration.train(&train.spins, &train.temperatures, self.epochs as u64, |epoch| {
                loss = epoch.loss;
                bar.set(epoch.number as f64);
                ControlFlow::Continue(())
            });
        bar.name("curves of the torus");
        trained.context("the training stopped, a smaller --rate may help")?;
        Ok(loss)
    }

    fn measure(&self, side: usize) -> Result<IsingCurves> {
        let seed = stats::child_seed(self.seed, "calibrate", 1);
        let (grid, draws) = (IsingCurves::grid(side, f64::INFINITY), u32::try_from(self.draws)?);
        IsingCurves::measure(side, &grid, draws, seed)
            .context("the curves of the torus could not be measured")
    }
}

impl Known {
    fn read(option: &str, path: &Path) -> Result<Self, BadInput> {
        let spins = configurations::read(option, path)?;
        match configurations::temperatures(option, path, spins.ncols())? {
            Some(temperatures) => Ok(Self { spins, temperatures }),
            None => Err(BadInput(format!(
                "{option} {}: there is no array temperature in it, as `sample` writes one",
                path.display()
            ))),
        }
    }

    /// The temperatures that occur, ascending.
    fn scale(&self) -> Vec<f64> {
        let mut scale = self.temperatures.clone();
        scale.sort_by(f64::total_cmp);
        scale.dedup();
        scale
    }

    /// The places of the samples of a temperature.
    fn places(&self, t: f64) -> Vec<usize> {
        (0..self.temperatures.len()).filter(|&i| self.temperatures[i] == t).collect()
    }

    fn select(&self, places: &[usize]) -> Self {
        let temperatures = places.iter().map(|&i| self.temperatures[i]).collect();
        Self { spins: self.spins.select_columns(places), temperatures }
    }

    /// All but the last samples of each temperature, and these.
    ///
    /// # Errors
    /// The temperature of which there is one sample.
    fn divide(&self, scale: &[f64]) -> Result<(Self, Self), f64> {
        let (mut train, mut held_out) = (Vec::new(), Vec::new());
        for &t in scale {
            let places = self.places(t);
            if places.len() < 2 {
                return Err(t);
            }
            let kept = places.len() - places.len().div_ceil(HELD_OUT);
            train.extend(&places[..kept]);
            held_out.extend(&places[kept..]);
        }
        Ok((self.select(&train), self.select(&held_out)))
    }
}

/// Reads what was held out, temperature by temperature.
fn test(thermometer: &Thermometer, held_out: &Known, scale: &[f64]) -> Result<Vec<Test>> {
    let side = thermometer.curves.as_ref().map(IsingCurves::side);
    let of = |&temperature: &f64| {
        let places = held_out.places(temperature);
        let spins = held_out.spins.select_columns(&places);
        let enough = |side| places.len() >= IsingCurves::least_configurations(side);
        let instruments = Instruments {
            network: Some(&thermometer.network),
            curves: thermometer.curves.as_ref().filter(|curves| enough(curves.side())),
            lattice: side.map(Lattice::square).transpose()?,
        };
        let readings = instruments.read(&spins, &spins)?;
        Ok(Test { temperature, count: places.len(), readings })
    };
    let occurs = |t: &&f64| held_out.temperatures.contains(t);
    scale.iter().filter(occurs).map(of).collect()
}

/// How many of each temperature (rows) are taken for which.
fn confusion(
    network: &NetworkThermometer,
    held_out: &Known,
    scale: &[f64],
) -> Result<DMatrix<u64>> {
    let mut all = DMatrix::zeros(scale.len(), scale.len());
    for &t in scale {
        let spins = held_out.spins.select_columns(&held_out.places(t));
        if spins.ncols() > 0 {
            let samples =
                Samples::at(Coupling::from_temperature(t)?, Configurations::from_matrix(&spins)?);
            all += network.confusion(&samples)?;
        }
    }
    Ok(all)
}
