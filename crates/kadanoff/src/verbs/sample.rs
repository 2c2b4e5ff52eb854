//! The verb `sample`: draws configurations in equilibrium, writes them for numpy and says how good they are.

mod options;
mod print;

use crate::files::configurations::MAX_SPINS;
use crate::files::npz::Archive;
use crate::terminal;
use crate::values::{seed, whole};
use anyhow::{Context, Result};
use clap::Args;
use ising::{Algorithm, Coupling, Drawn, Error, Lattice, Request, draw};
use lab::input::BadInput;
use lab::place::Place;
use lab::progress::Progress;
use options::{Shape, Temperatures, algorithm};
use rayon::prelude::*;
use serde::Serialize;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

/// Above so many sites temperatures wait for each other, because 512 replicas of all of them would need too much memory.
const LARGE: usize = 1 << 20;

#[derive(Debug, Args)]
pub struct Sample {
    /// Periodic: a ring, a square or W columns and H rows; sides from 1 to 65535, at most 16777216 sites.
    #[arg(long, value_name = "ring:N|square:L|rectangle:W,H", allow_hyphen_values = true, value_parser = Shape::parse)]
    lattice: Shape,
    #[command(flatten)]
    temperatures: Temperatures,
    /// Configurations at each temperature; the file may have 1073741824 spins in all.
    #[arg(long, value_name = "n", allow_hyphen_values = true, value_parser = whole(1, MAX_SPINS))]
    count: usize,
    /// metropolis, heat-bath, swendsen-wang, wolff, multispin, perfect or transfer; the best one unless told otherwise.
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = algorithm)]
    algorithm: Option<Algorithm>,
    /// The seed from which every random number comes.
    #[arg(long, value_name = "s", allow_hyphen_values = true, value_parser = seed)]
    seed: u64,
    /// Flip all spins of each configuration with probability 1/2: chains below T_c, and Wolff's clusters, hardly change the sign of m
    /// by themselves, and `effective` holds for what does not depend on it.
    #[arg(long)]
    symmetrise: bool,
    /// The file: arrays spins (int8, samples x sites, +1 or -1), temperature (float64, one a sample) and settings (JSON text).
    #[arg(long, value_name = "F.npz")]
    out: PathBuf,
    /// Print one JSON document in full precision; a value that is not finite is null.
    #[arg(long)]
    json: bool,
}

/// What was drawn at one temperature.
struct Set {
    temperature: f64,
    drawn: Drawn,
}

impl Set {
    fn algorithm(&self) -> &'static str {
        self.drawn.quality.algorithm.name()
    }
}

/// Draws, writes and prints; nothing is written or printed unless all sets are as good as they must be.
pub(super) fn run(options: &Sample) -> Result<()> {
    let temperatures = options.temperatures.list();
    options.check_size(temperatures.len())?;
    let place = Place::new(&options.out, "npz")
        .map_err(|why| BadInput(format!("--out {}: {why}", options.out.display())))?;
    let began = Instant::now();
    let sets = options.draw(temperatures)?;
    let seconds = began.elapsed().as_secs_f64();
    place
        .fill(|file| options.write(&sets, file))
        .with_context(|| format!("cannot write {}", options.out.display()))?;
    terminal::print(&match options.json {
        true => print::json(&sets, seconds)?,
        false => print::text(options, &sets, seconds),
    })
}

impl Sample {
    fn check_size(&self, temperatures: usize) -> Result<(), BadInput> {
        let (count, sites) = (self.count, self.lattice.sites());
        let spins = count.saturating_mul(temperatures).saturating_mul(sites);
        if spins <= MAX_SPINS {
            return Ok(());
        }
        Err(BadInput(format!(
            "--count {count} times {temperatures} temperatures times {sites} sites is {spins} spins, but must be at most {MAX_SPINS}"
        )))
    }

    /// The sets, in the order of the temperatures. Each has a seed of its own, whatever the threads.
    fn draw(&self, temperatures: &[f64]) -> Result<Vec<Set>> {
        let lattice = self.lattice.lattice()?;
        let progress = Progress::new(temperatures.len() as f64);
        progress.name("drawing");
        let at = |index: usize| {
            let _task = progress.task(1.0);
            self.draw_at(&lattice, temperatures[index], index)
        };
        let indices = 0..temperatures.len();
        let sets: Vec<Result<Set>> = match lattice.sites() > LARGE {
            true => indices.map(at).collect(),
            false => indices.into_par_iter().map(at).collect(),
        };
        progress.finish();
        // The first error, whichever came first.
        sets.into_iter().collect()
    }

    fn draw_at(&self, lattice: &Lattice, temperature: f64, index: usize) -> Result<Set> {
        let coupling = Coupling::from_temperature(temperature)?;
        let best = || Algorithm::best(lattice, coupling, 0.0);
        let algorithm = self.algorithm.unwrap_or_else(best);
        let name = algorithm.name();
        let request = Request {
            count: u32::try_from(self.count)?,
            algorithm: Some(algorithm),
            field: 0.0,
            symmetrise: self.symmetrise,
            least_effective: 0.5 * self.count as f64,
        };
        let seed = stats::child_seed(self.seed, "sample", index as u64);
        match draw(lattice, coupling, &request, seed) {
            Ok(drawn) => Ok(Set { temperature, drawn }),
            // What the samplers found is no fault of the options.
            Err(
                error @ (Error::Unsettled { .. }
                | Error::Effective { .. }
                | Error::Coalescence { .. }),
            ) => Err(error).with_context(|| format!("{name} at temperature {temperature}")),
            Err(error) => Err(BadInput(format!("--algorithm {name}: {error}")).into()),
        }
    }

    fn write(&self, sets: &[Set], file: File) -> io::Result<File> {
        let samples = || sets.iter().map(|set| &set.drawn.samples);
        let rows: Vec<_> =
            samples().flat_map(|set| (0..set.len()).map(move |row| (set, row))).collect();
        let temperatures: Vec<f64> =
            sets.iter().flat_map(|set| vec![set.temperature; set.drawn.samples.len()]).collect();
        let mut archive = Archive::new(file);
        archive.rows(
            "spins",
            self.lattice.sites(),
            rows.into_iter().map(|(set, row)| set.row(row)),
        )?;
        archive.numbers("temperature", temperatures.into_iter())?;
        archive.text("settings", &self.settings(sets)?)?;
        archive.finish()
    }

    /// What the configurations depend on, as JSON; an infinite temperature is "inf".
    fn settings(&self, sets: &[Set]) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Settings {
            version: &'static str,
            lattice: String,
            temperatures: Vec<serde_json::Value>,
            count: usize,
            /// At each temperature.
            algorithms: Vec<&'static str>,
            seed: u64,
            symmetrise: bool,
        }
        serde_json::to_string(&Settings {
            version: env!("CARGO_PKG_VERSION"),
            lattice: self.lattice.to_string(),
            temperatures: sets.iter().map(|set| finite_or_inf(set.temperature)).collect(),
            count: self.count,
            algorithms: sets.iter().map(Set::algorithm).collect(),
            seed: self.seed,
            symmetrise: self.symmetrise,
        })
    }
}

fn finite_or_inf(temperature: f64) -> serde_json::Value {
    match temperature.is_finite() {
        true => temperature.into(),
        false => "inf".into(),
    }
}
