//! `thermodynamics`: energy, |m| and specific heat of an RBM's own samples, against those of Torlai and Melko's RBMs.

mod compare;
mod rbms;

use crate::stages::{Means, Measuring};
use ::rbm::{GradientEstimator, Optimiser, Schedule, TrainConfig, WeightSharing};
use anyhow::{Result, ensure};
use compare::{Deviation, Outcome, monte_carlo_value, published_number};
use lab::Lab;
use lab::kinds::{Ascending, Count, Seeds, check_within};
use rbms::{ExactTorus, OBSERVABLES, Trial, Trials};
use report::content::SOURCE;
use report::numbers::fixed;
use report::{Cell, Figure, Rows, Section, Table, figure, grid, panel, section, table};
use serde::{Deserialize, Serialize};

/// The side of the published torus.
const SIDE: usize = 8;

/// Settings.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Temperatures, J / k_B; of those in the published tables.
    temperatures: Ascending<f64>,
    /// The temperature whose correlations are drawn; one of the above.
    shown_temperature: f64,
    /// Independent repetitions: training data, RBMs, and what is drawn from them.
    seeds: Seeds,
    /// Independent configurations for training, and for judging, at each temperature.
    samples: Count<10, 100_000_000>,
    held_out: Count<10, 100_000_000>,
    measuring: Measuring,
    /// What all training has in common.
    common: Common,
    rbms: Vec<RbmSettings>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Common {
    optimiser: Optimiser,
    l1: f32,
    l2: f32,
    initial_std: f32,
    biases: bool,
    sharing: WeightSharing,
}

/// An RBM and how it is trained.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RbmSettings {
    hidden: usize,
    /// Random initial weights to train from; the RBM of the highest likelihood is taken.
    starts: Count<1, 1000>,
    phases: Vec<Phase>,
}

/// The rate falls from `learning_rate` to `last_rate` in equal ratios.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Phase {
    epochs: Count<1, 1_000_000>,
    batch: usize,
    gradient: GradientEstimator,
    learning_rate: f32,
    last_rate: f32,
}

impl Settings {
    fn config(&self, hidden: usize, phase: &Phase) -> TrainConfig {
        let Phase { epochs, batch, gradient, learning_rate, last_rate } = *phase;
        let Common { optimiser, l1, l2, initial_std, biases, sharing } = self.common;
        let updates = *epochs * (*self.samples / batch.max(1) as u64);
        let schedule = match last_rate == learning_rate {
            true => Schedule::Constant,
            false => Schedule::Geometric { last: last_rate, updates },
        };
        TrainConfig {
            hidden,
            batch,
            learning_rate,
            schedule,
            gradient,
            optimiser,
            l1,
            l2,
            initial_std,
            biases,
            sharing,
        }
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        ensure!(
            self.temperatures.contains(&self.shown_temperature),
            "shown_temperature is {}, but must be one of temperatures",
            self.shown_temperature
        );
        let Measuring { chains, annealing, .. } = self.measuring;
        ensure!(
            chains.number.is_multiple_of(2),
            "measuring.chains.number is {}, but must be even: half of them begin with data",
            chains.number
        );
        let annealed = annealing.chains;
        check_within("measuring.annealing.chains", annealed, 2, chains.number.size())?;
        check_within("measuring.annealing.steps", annealing.steps, 1, 1 << 30)?;
        ensure!(!self.rbms.is_empty(), "rbms is empty, but needs at least one");
        let published = crate::published()?;
        for (index, RbmSettings { hidden, starts, phases }) in self.rbms.iter().enumerate() {
            let twice = self.rbms[..index].iter().any(|other| other.hidden == *hidden);
            ensure!(!twice, "rbms has {hidden} hidden units twice, but every entry must differ");
            ensure!(
                **starts == 1 || *hidden <= ::rbm::partition::MAX_UNITS,
                "starts is {starts}, but {hidden} hidden units are too many to choose by likelihood"
            );
            for &t in self.temperatures.iter() {
                published_number(&published, *hidden, t, 0)?;
            }
            ensure!(!phases.is_empty(), "phases of rbms is empty, but needs at least one");
            for phase in phases {
                check_within("batch in phases", phase.batch, 1, self.samples.size())?;
                self.config(*hidden, phase).check(SIDE * SIDE)?;
            }
        }
        Ok(())
    }
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let trials = rbms::trials(lab, s)?;
    let deviations = compare::deviations(lab, s, &trials)?;
    let count = |outcome| deviations.iter().filter(|d| d.outcome() == outcome).count();
    Ok(section("thermodynamics", "Thermodynamics of an RBM's own samples")
        .answer(format!(
            "Of {} published energies, magnetisations and specific heats of RBMs trained on the torus of side {SIDE}, {} are farther from the exact values than those of RBMs of the same size here, {} cannot be told apart, and {} are closer.",
            deviations.len(),
            count(Outcome::Closer),
            count(Outcome::Alike),
            count(Outcome::Farther)
        ))
        .text(format!(
            "RBMs without biases are trained on {} exact independent configurations of the torus at one temperature, and their energy E, |m| and specific heat C per spin are compared with Kaufman's closed form and the transfer matrix. Their own samples are exact draws where the hidden layer can be enumerated, else Gibbs chains, half of which begin with data and half with random spins.",
            s.samples
        ))
        .claims(compare::claims(lab, s, &trials, &deviations)?)
        .check(compare::monte_carlo(lab, &trials)?)
        .figure(means_figure(lab, s, &trials)?)
        .figure(deviations_figure(s, &deviations))
        .figure(correlations_figure(s, &trials))
        .table(values_table(lab, s, &trials)?)
        .table(ratios_table(s, &deviations))
        .table(rbms_table(s, &trials))
        .discussion("Which numbers are farther from the exact values than the published ones is in the table of distances. The maximum of the likelihood is a compromise between all correlations and aims at no observable by itself, so that an RBM that is less likely may be closer in one of them."))
}

const TEMPERATURE: &str = "temperature T (J/k_B)";

fn named(s: &Settings) -> impl Iterator<Item = (usize, String)> {
    s.rbms.iter().map(|rbm| format!("N = {}", rbm.hidden)).enumerate()
}

fn means_figure(lab: &Lab, s: &Settings, trials: &Trials) -> Result<Figure> {
    let low = s.temperatures.lowest().min(1.0);
    let high = s.temperatures.highest().max(low + 0.5);
    let temperatures: Vec<f64> = grid(low, high, 80).collect();
    let exact = rbms::exact(lab, &temperatures)?;
    let mut figure = figure(
        "means",
        format!(
            "Energy, |m| and specific heat of the torus of side {SIDE}: exact, of the own samples of RBMs of N hidden units (symbols), and the published ones (dashed)."
        ),
    );
    for (number, observable) in OBSERVABLES.iter().enumerate() {
        let curve = temperatures.iter().zip(&exact).map(|(&t, values)| (t, values[number]));
        let mut panel = panel(TEMPERATURE, observable.label)
            .title(observable.symbol)
            .line("exact", curve)
            .each(named(s), |panel, (index, name)| {
                let mean = |row: &lab::Row<'_, ExactTorus, Trial>| {
                    row.mean(|trial| (observable.of)(&trial.rbms[index].means))
                };
                panel.points(name, trials.rows().map(|row| (row.temperature, mean(&row))))
            });
        for rbm in &s.rbms {
            // At all temperatures that they have within ours.
            let theirs = lab.published.rows(&format!("torlai-melko-2016/hidden-{}", rbm.hidden))?;
            let points = theirs
                .into_iter()
                .filter(|t| (low..=high).contains(t))
                .map(|t| Ok((t, published_number(&lab.published, rbm.hidden, t, number)?)));
            let label = format!("N = {}{SOURCE}Torlai, Melko", rbm.hidden);
            panel = panel.dashed(label, points.collect::<Result<Vec<_>>>()?);
        }
        figure = figure.panel(panel);
    }
    Ok(figure)
}

fn deviations_figure(s: &Settings, deviations: &[Deviation]) -> Figure {
    let caption = "How far RBMs are from the exact values, relative, on average over seeds. Of published numbers the larger of deviation and stated error: less cannot be known.";
    figure("deviations", caption).panels(OBSERVABLES.iter().enumerate(), |(number, observable)| {
        let own =
            |index| deviations.iter().filter(move |d| d.observable == number && d.rbm == index);
        let ours = |d: &Deviation| (d.temperature, d.ours / d.exact.abs());
        let theirs = |d: &Deviation| (d.temperature, d.theirs_at_least() / d.exact.abs());
        panel(TEMPERATURE, "relative deviation from the exact value")
            .title(observable.symbol)
            .log_y()
            .each(named(s), |panel, (index, name)| panel.joined(name, own(index).map(ours)))
            .each(named(s), |panel, (index, name)| {
                panel.dashed(format!("{name}{SOURCE}Torlai, Melko"), own(index).map(theirs))
            })
    })
}

fn correlations_figure(s: &Settings, trials: &Trials) -> Figure {
    const NONE: [(f64, f64); 0] = [];
    let shown = s.shown_temperature;
    let distances = || 1..=SIDE / 2;
    let row = trials.find(|torus| torus.temperature == shown);
    let data = |r: usize| Some(row?.mean(|trial| trial.data.correlations[r - 1]));
    let rbm = |index: usize, r: usize| {
        Some(row?.mean(|trial| trial.rbms[index].means.correlations[r - 1]))
    };
    let distance = "distance r along an axis (sites)";
    // All panels have the series of the first, so that they share a legend.
    let functions = panel(distance, "⟨s₀ s_r⟩")
        .title(format!("correlations at T = {shown}"))
        .joined("training data", distances().map(|r| (r, data(r))))
        .each(named(s), |panel, (index, name)| {
            panel.joined(name, distances().map(|r| (r, rbm(index, r))))
        });
    let differences = panel(distance, "difference of ⟨s₀ s_r⟩")
        .title("RBM minus data")
        .joined("training data", NONE)
        .each(named(s), |panel, (index, name)| {
            let difference = |r| Some(rbm(index, r)? - data(r)?);
            panel.joined(name, distances().map(|r| (r, difference(r))))
        });
    let divergences = panel(TEMPERATURE, "KL per spin (nats)")
        .title("divergence")
        .log_y()
        .joined("training data", NONE)
        .each(named(s), |panel, (index, name)| {
            let kl = trials.rows().map(|row| (row.temperature, row.mean(|t| t.rbms[index].kl)));
            // A logarithm has no room for what is 0 within its error.
            panel.joined(name, kl.filter(|(_, kl)| kl.mean > 0.0))
        });
    let caption = format!(
        "Left: two-point function at $T = {shown}$, of training data and of the RBMs' own samples. Middle: that of the RBMs minus that of the data. Right: KL divergence of each RBM from the torus, per spin."
    );
    figure("correlations", caption).panel(functions).panel(differences).panel(divergences)
}

fn values_table(lab: &Lab, s: &Settings, trials: &Trials) -> Result<Table> {
    let each = |of: &dyn Fn(usize) -> Result<Cell>| {
        (0..OBSERVABLES.len()).map(of).collect::<Result<Vec<Cell>>>()
    };
    let mut rows: Vec<(f64, String, Vec<Cell>)> = Vec::new();
    for row in trials.rows() {
        let t = row.temperature;
        let mean = |of: &dyn Fn(&Trial) -> &Means| {
            each(&|o| Ok(row.mean(|trial| (OBSERVABLES[o].of)(of(trial))).into()))
        };
        rows.push((t, "exact".to_owned(), each(&|o| Ok(row.exact[o].into()))?));
        rows.push((t, "training data".to_owned(), mean(&|trial| &trial.data)?));
        let monte_carlo = each(&|o| Ok(monte_carlo_value(lab, t, o)?.into()))?;
        rows.push((t, "Monte Carlo, Torlai and Melko".to_owned(), monte_carlo));
        for (index, name) in named(s) {
            let hidden = s.rbms[index].hidden;
            rows.push((t, name.clone(), mean(&|trial| &trial.rbms[index].means)?));
            let theirs = each(&|o| Ok(published_number(&lab.published, hidden, t, o)?.into()))?;
            rows.push((t, format!("{name}, Torlai and Melko"), theirs));
        }
    }
    let caption = format!(
        "Energy and specific heat per spin, and |m|, of the torus of side {SIDE}. Errors of RBMs hold the spread over {} seeds.",
        s.seeds
    );
    let symbols = OBSERVABLES.iter().enumerate().map(|(number, o)| (o.symbol, number));
    Ok(table("values", caption)
        .rows(rows)
        .column("T", |row| row.0)
        .column("of", |row| row.1.clone())
        .columns(symbols, |&number, row| row.2[number].clone())
        .into())
}

fn ratios_table(s: &Settings, deviations: &[Deviation]) -> Rows<(usize, f64)> {
    let cases =
        s.rbms.iter().enumerate().flat_map(|(index, _)| {
            s.temperatures.iter().map(move |&temperature| (index, temperature))
        });
    let find = move |number: usize, &(index, temperature): &(usize, f64)| {
        let is =
            |d: &&Deviation| (d.observable, d.rbm, d.temperature) == (number, index, temperature);
        deviations.iter().find(is)
    };
    let caption = "Distances from the exact values, ours and the published ones, and their ratio, ours to the larger of theirs and its error. Alike: the difference is less than two errors.";
    let rows = table("ratios", caption)
        .rows(cases)
        .column("N", |row| s.rbms[row.0].hidden)
        .column("T", |row| row.1);
    OBSERVABLES.iter().enumerate().fold(rows, |rows, (number, o)| {
        rows.column(format!("{}: ours", o.symbol), |row| find(number, row).map(|d| d.ours))
            .column(format!("{}: theirs", o.symbol), |row| find(number, row).map(|d| d.theirs))
            .column(format!("{}: ratio", o.symbol), |row| {
                let text =
                    |d: &Deviation| format!("{} {}", fixed(d.ratio(), 2), d.outcome().name());
                find(number, row).map(text)
            })
    })
}

/// What each RBM is as a distribution, and how well that is known.
fn rbms_table<'a>(
    s: &Settings,
    trials: &'a Trials,
) -> Rows<(usize, lab::Row<'a, ExactTorus, Trial>)> {
    let stride = *s.measuring.chains.stride as f64;
    let cases = (0..s.rbms.len()).flat_map(|index| trials.rows().map(move |row| (index, row)));
    let caption = "KL divergence of the torus from the RBM, per spin in nats; ln Z by annealing from above minus that from below, the larger of the seeds; the longest autocorrelation time of energy or |m| in Gibbs steps; the largest distance, in its errors, of E, |m| or C of chains that began with data from those that began at random.";
    table("rbms", caption)
        .rows(cases)
        .column("N", |(index, _)| s.rbms[*index].hidden)
        .column("T", |(_, row)| row.temperature)
        .column("KL per spin", |(index, row)| row.mean(|trial| trial.rbms[*index].kl))
        .column("ln Z: above − below", |(index, row)| {
            let rbms = row.cells.iter().map(|trial| &trial.rbms[*index]);
            let gaps = rbms.filter_map(|rbm| Some(rbm.ln_z_above? - rbm.ln_z));
            Cell::or(gaps.max_by(|a, b| a.mean.abs().total_cmp(&b.mean.abs())), "exact")
        })
        .column("tau", |(index, row)| {
            let rbms = row.cells.iter().map(|trial| &trial.rbms[*index]);
            let chains = rbms.filter(|rbm| rbm.by_start.is_some());
            let tau = chains.map(|rbm| rbm.means.abs_m.tau.max(rbm.means.energy.tau));
            tau.reduce(f64::max).map(|tau| Cell::rounded(tau.max(0.5) * stride))
        })
        .column("starts apart", |(index, row)| {
            let starts = row.cells.iter().filter_map(|trial| trial.rbms[*index].by_start.as_ref());
            let apart = starts.flat_map(|[data, random]| {
                OBSERVABLES.iter().map(|o| ((o.of)(data) - (o.of)(random)).sigmas_from(0.0))
            });
            Cell::or(apart.reduce(f64::max).map(Cell::rounded), "exact draws")
        })
}
