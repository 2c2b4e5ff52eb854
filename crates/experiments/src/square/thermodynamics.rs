//! Experiment `thermodynamics`: energy, |m| and specific heat of a machine's own samples, against Torlai and Melko's machines.

mod claims;
mod compare;
mod figures;
mod machines;
mod tables;

use crate::stages::Measuring;
use anyhow::{Result, ensure};
use compare::Outcome;
use lab::Run;
use lab::parts::*;
use rbm::{Negative, Optimiser, Schedule, Ties, TrainConfig};
use report::content::Section;
use serde::{Deserialize, Serialize};

/// The side of the published torus.
const SIDE: usize = 8;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Temperatures, ascending, J / k_B; of those in the published tables.
    temperatures: Vec<f64>,
    /// The temperature whose correlations are drawn; one of the above.
    shown_temperature: f64,
    /// Independent repetitions: training data, machines, and what is drawn from them.
    seeds: u64,
    /// Independent configurations for training, and for judging, at each temperature.
    samples: u32,
    held_out: u32,
    measuring: Measuring,
    /// What all training has in common.
    common: Common,
    machines: Vec<Machine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Common {
    optimiser: Optimiser,
    l1: f32,
    l2: f32,
    initial_std: f32,
    biases: bool,
    ties: Ties,
}

/// A machine and how it is trained.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Machine {
    hidden: usize,
    /// Random initial weights to train from; the machine of the highest likelihood is taken.
    starts: u64,
    phases: Vec<Phase>,
}

/// The rate falls from `learning_rate` to `last_rate` in equal ratios.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Phase {
    epochs: u64,
    batch: usize,
    negative: Negative,
    learning_rate: f32,
    last_rate: f32,
}

impl Settings {
    fn config(&self, hidden: usize, phase: &Phase) -> TrainConfig {
        let Phase { epochs, batch, negative, learning_rate, last_rate } = *phase;
        let Common { optimiser, l1, l2, initial_std, biases, ties } = self.common;
        let updates = epochs * (self.samples as u64 / batch.max(1) as u64);
        let schedule = match last_rate == learning_rate {
            true => Schedule::Constant,
            false => Schedule::Geometric { last: last_rate, updates },
        };
        TrainConfig {
            hidden,
            batch,
            learning_rate,
            schedule,
            negative,
            optimiser,
            l1,
            l2,
            initial_std,
            biases,
            ties,
        }
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_values("temperatures", &self.temperatures, 0.1, 100.0)?;
        check_distinct("temperatures", &self.temperatures)?;
        ensure!(
            self.temperatures.contains(&self.shown_temperature),
            "shown_temperature is {}, but must be one of temperatures",
            self.shown_temperature
        );
        check_count("seeds", self.seeds, 2, 1000)?;
        check_count("samples", self.samples.into(), 10, 100_000_000)?;
        check_count("held_out", self.held_out.into(), 10, 100_000_000)?;
        let Measuring { draws, chains, annealing } = self.measuring;
        check_count("measuring.draws", draws as u64, 100, 1 << 30)?;
        check_count("measuring.chains.number", chains.number as u64, 4, 1 << 20)?;
        ensure!(
            chains.number.is_multiple_of(2),
            "measuring.chains.number is {}, but must be even: half of them begin with data",
            chains.number
        );
        check_count("measuring.chains.burn_in", chains.burn_in as u64, 1, 1 << 30)?;
        check_count("measuring.chains.stride", chains.stride as u64, 1, 1 << 30)?;
        check_count("measuring.chains.draws", chains.draws as u64, 10, 1 << 30)?;
        let most = chains.number as u64;
        check_count("measuring.annealing.chains", annealing.chains as u64, 2, most)?;
        check_count("measuring.annealing.steps", annealing.steps as u64, 1, 1 << 30)?;
        ensure!(!self.machines.is_empty(), "machines is empty, but needs at least one");
        let sizes: Vec<usize> = self.machines.iter().map(|machine| machine.hidden).collect();
        check_distinct("the hidden units of machines", &sizes)?;
        for Machine { hidden, starts, phases } in &self.machines {
            check_count("starts in machines", *starts, 1, 1000)?;
            let exact = *starts == 1 || *hidden <= rbm::partition::MOST_UNITS;
            ensure!(
                exact,
                "starts is {starts}, but {hidden} hidden units are too many to choose by likelihood"
            );
            ensure!(!phases.is_empty(), "phases of machines is empty, but needs at least one");
            for phase in phases {
                check_count("epochs in phases", phase.epochs, 1, 1_000_000)?;
                check_count("batch in phases", phase.batch as u64, 1, self.samples.into())?;
                self.config(*hidden, phase).check(SIDE * SIDE)?;
            }
        }
        Ok(())
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let tori = machines::tori(run, settings)?;
    let cells = compare::cells(run, settings, &tori)?;
    let claims = claims::claims(run, settings, &tori, &cells)?;
    let count = |outcome: Outcome| cells.iter().filter(|cell| cell.outcome() == outcome).count();
    Ok(Section {
        checks: vec![],
        experiment: "thermodynamics".into(),
        title: "Thermodynamics of a machine's own samples".into(),
        headline: format!(
            "Of {} published energies, magnetisations and specific heats of machines trained on the torus of side {SIDE}, {} are farther from the exact values than those of machines of the same size here, {} cannot be told apart, and {} are closer.",
            cells.len(),
            count(Outcome::Closer),
            count(Outcome::Alike),
            count(Outcome::Farther)
        ),
        introduction: introduction(settings),
        claims,
        figures: vec![
            figures::means(run, settings, &tori)?,
            figures::deviations(settings, &cells),
            figures::correlations(settings, &tori)?,
        ],
        tables: vec![
            tables::means(run, settings, &tori)?,
            tables::ratios(settings, &cells),
            tables::machines(settings, &tori),
        ],
        discussion: discussion(settings),
        settings: toml::to_string(settings)?,
    })
}

fn introduction(settings: &Settings) -> Vec<String> {
    let phases = settings.machines.iter().map(|machine| {
        let phases = machine.phases.iter().map(|phase| {
            format!("{} epochs of {} in batches of {}", phase.epochs, phase.negative, phase.batch)
        });
        format!("N = {}: {}", machine.hidden, phases.collect::<Vec<_>>().join(", then "))
    });
    vec![
        format!(
            "A machine that has learnt the Ising model at one temperature draws configurations of its own: are they in equilibrium at that temperature? Torlai and Melko (2016) trained machines of 4, 16 and 64 hidden units on the torus of side {SIDE} and published the means of their samples. Here machines of the same sizes are trained on {} exact independent configurations, and their energy E, |m| and specific heat C per spin are measured by the same code as those of the data and compared with exact values: Kaufman's closed form, and the transfer matrix for |m|.",
            settings.samples
        ),
        format!(
            "The machines have no biases, so that both signs of m are equally likely exactly, and free weights ({}). Large steps on small batches come first and find where p(v) is, falling steps then average the noise away. The machine's own samples are exact draws where the hidden layer can be counted out; else Gibbs chains, half of which begin with data and half with random spins, and errors account for their autocorrelation.",
            phases.collect::<Vec<_>>().join("; ")
        ),
    ]
}

fn discussion(settings: &Settings) -> Vec<String> {
    let sizes: Vec<String> = settings.machines.iter().map(|m| m.hidden.to_string()).collect();
    vec![
        "The deviation of a machine is the distance of its mean from the exact value, averaged over seeds. A published deviation cannot be known to be smaller than its own error: the ratio is ours to the larger of the two. Ours count as closer where it is below 1, as not to be told apart up to two errors of the difference, else as farther.".into(),
        "Training maximises the likelihood, which for a machine too small for the torus is a compromise between all its correlations. It aims at no observable by itself: at the maximum the energy, |m| or the specific heat may be farther from the truth than those of a machine that is less likely. Where published means of small machines are as close as ours or closer, more training did not change it, which suggests that it is the maximum but does not prove it.".into(),
        format!(
            "What the published tables do not have is how far a machine of N = {} is from the torus as a distribution: the Kullback-Leibler divergence per spin, from held-out configurations, the exact entropy of the torus, and ln Z of the machine, exact or by annealing from below and from above.",
            sizes.join(", ")
        ),
    ]
}
