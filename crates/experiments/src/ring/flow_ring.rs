//! Experiment `flow-ring`: the thesis' section 4.2, the deterministic and the sampled flow of ring configurations.

mod figures;
mod machines;
mod paths;
mod readout;

use crate::ring::rings;
use anyhow::{Context, Result};
use exact::{Ring, symmetric};
use ising::Samples;
use lab::Run;
use lab::parts::*;
use lab::published::Finding;
use lab::store::Done;
use machines::Machines;
use rayon::prelude::*;
use rbm::TrainConfig;
use report::content::{Claim, Section, Verdict};
use serde::{Deserialize, Serialize};
use stats::Estimate;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// M visible and N hidden units.
    visible: usize,
    hidden: usize,
    /// Couplings of the training sets, one machine of each kind for each.
    train_couplings: Vec<f64>,
    /// The training coupling whose flows are drawn step by step; one of the above.
    shown_coupling: f64,
    /// Couplings of the configurations that flow.
    start_couplings: Vec<f64>,
    /// Configurations that flow, per start and seed.
    starts: u32,
    /// Steps of the sampled and of the deterministic flow.
    sampled_steps: usize,
    mean_steps: usize,
    /// Machines trained by contrastive divergence: seeds, samples, epochs.
    seeds: u64,
    train_samples: u32,
    epochs: u64,
    train: TrainConfig,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_count("visible", self.visible as u64, 4, 16)?;
        check_count("hidden", self.hidden as u64, 1, 64)?;
        check_values("train_couplings", &self.train_couplings, 0.01, 100.0)?;
        check_values("start_couplings", &self.start_couplings, 0.0, 100.0)?;
        check_distinct("train_couplings", &self.train_couplings)?;
        check_distinct("start_couplings", &self.start_couplings)?;
        let shown = self.train_couplings.contains(&self.shown_coupling);
        anyhow::ensure!(
            shown,
            "shown_coupling is {}, but must be one of train_couplings",
            self.shown_coupling
        );
        check_count("starts", self.starts.into(), 10, 10_000_000)?;
        check_count("sampled_steps", self.sampled_steps as u64, 1, 100_000)?;
        check_count("mean_steps", self.mean_steps as u64, 1, 1_000_000)?;
        check_count("seeds", self.seeds, 2, 1000)?;
        check_count("train_samples", self.train_samples.into(), 10, 10_000_000)?;
        check_count("epochs", self.epochs, 1, 1_000_000)?;
        anyhow::ensure!(
            self.train.hidden == self.hidden,
            "train.hidden is {}, but hidden is {}",
            self.train.hidden,
            self.hidden
        );
        self.train.check(self.visible)?;
        check_count("train.batch", self.train.batch as u64, 1, self.train_samples.into())?;
        Ok(())
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let starts = starts(run, settings)?;
    // Per training coupling: the exact equal-weight machine, and one machine per seed trained on samples.
    let machines = settings
        .train_couplings
        .par_iter()
        .map(|&k| machines::prepare(run, settings, k))
        .collect::<Result<Vec<Machines>>>()?;

    let ends = machines
        .par_iter()
        .map(|m| readout::mean_ends(run, settings, m, &starts))
        .collect::<Result<Vec<_>>>()?;
    let paths = machines
        .par_iter()
        .map(|m| readout::sampled_paths(run, settings, m, &starts))
        .collect::<Result<Vec<_>>>()?;
    let is_shown = |k: &f64| *k == settings.shown_coupling;
    let shown_index = settings.train_couplings.iter().position(is_shown);
    let shown_index = shown_index.context("shown_coupling is not among train_couplings")?;
    let (drawn, drawn_paths) = (&machines[shown_index], &paths[shown_index]);

    let claims = claims(run, settings, drawn, &ends[shown_index], drawn_paths, &starts)?;
    Ok(Section {
        checks: vec![],
        experiment: "flow-ring".into(),
        title: "The flow of a machine trained on the Ising ring".into(),
        headline: format!("On the ring the deterministic flow orders for training at $K > K_c = {:.4}$, a transition that the ring does not have; the sampled flow of machines trained on samples ends close to where they were trained, at K = {} for training at $K = {}$.",
            symmetric::critical_coupling(settings.visible, settings.hidden)?, shown(drawn_paths.free_coupling), settings.shown_coupling),
        introduction: vec![
            "Configurations of the ring are passed through a trained machine again and again, $v \\to h \\to v'$. The thesis passes expectations (the deterministic flow, equations (75)-(77)); a Boltzmann machine proper passes samples. The two differ in kind: the first is a mean-field map, the second a Markov chain whose stationary law is the machine's own $p(v)$.".into(),
            "Both are run from the same exact ring samples, for the equal-weight machine at its exact W(K) and for machines of the same size with free weights trained by contrastive divergence on samples.".into(),
        ],
        claims,
        figures: vec![
            figures::bifurcation_figure(settings, &machines, &ends)?,
            figures::sampled_figure(settings, drawn, drawn_paths)?,
            figures::ends_figure(settings, &machines, &paths)?,
            figures::mean_figure(settings, &machines)?,
        ],
        tables: vec![
            figures::mean_table(settings, &machines, &ends)?,
            figures::sampled_table(settings, &machines, &paths)?,
        ],
        discussion: vec![
            "The deterministic flow of the equal-weight machine is $m' = \\tanh(N W \\tanh(M W m))$. Its slope at $m = 0$ is the gain $N M W^2$: below 1 every configuration ends at $m = 0$, above 1 at $\\pm m^*$. The gain crosses 1 at a finite training coupling $K_c$, a transition where the ring has none: it belongs to the mean-field map, not to the model that was trained.".into(),
            format!("The sampled flow knows no such transition: it is a Markov chain whose stationary law is the machine's own distribution, and that is where it is found to end, from hot starts and cold ones (hottest minus coldest at $K = {}$: {} for equal weights, {} for machines trained on samples). If the machine has learnt the ring, this is the training set; if equal weights keep it from learning, it is not. The tables show where machines with locked hidden units have not yet forgotten their start.",
                settings.shown_coupling, shown(drawn_paths.hot_minus_cold), shown(drawn_paths.free_hot_minus_cold)),
        ],
        settings: toml::to_string(settings)?,
    })
}

/// What flows, `[seed][start]`: exact independent draws of the ring, other than those for training.
fn starts(run: &Run, settings: &Settings) -> Result<Vec<Vec<Done<Samples>>>> {
    let of_seed = |seed: u64| {
        let start = |&k: &f64| {
            let label = format!("flow-ring/starts/{k}");
            let seed = stats::child_seed(run.seed, &label, seed);
            rings::samples(run, settings.visible, k, settings.starts, seed)
        };
        settings.start_couplings.iter().map(start).collect()
    };
    (0..settings.seeds).map(of_seed).collect()
}

fn claims(
    run: &Run,
    settings: &Settings,
    machines: &Machines,
    ends: &readout::Ends,
    paths: &readout::Paths,
    starts: &[Vec<Done<Samples>>],
) -> Result<Vec<Claim>> {
    let (m, n, k) = (settings.visible, settings.hidden, machines.coupling);
    let threshold = symmetric::critical_coupling(m, n)?;
    let (aligned, exact_aligned, hottest) = aligned_by_infinite_weight(settings, starts)?;
    let fixed_point = symmetric::mean_fixed_point(m, n, machines.weight);
    let turning = |m, n| symmetric::critical_coupling(m, n).map(f64::recip);
    let (smaller, larger) = (turning(6, 3)?, turning(12, 6)?);
    let claim = |id: &str, value: Estimate, quantity: String, verdict, reason: String| {
        let finding = Finding { value, quantity, verdict, reason };
        run.published.claim(&format!("flow-ring/{id}"), &format!("ter-hoeve-2018/{id}"), finding)
    };
    let aligned_verdict = match agreement(aligned, 1.0) {
        Verdict::Contradicted => Verdict::Corrected,
        agrees => agrees,
    };
    Ok(vec![
        claim("any-configuration-aligned", aligned, format!("fraction of rings at $K = {hottest}$ that (77) aligns"),
            aligned_verdict,
            format!("A configuration with $V = 0$ maps to $v = 0$; exactly $1 - P(V = 0) = {exact_aligned:.4}$ are aligned. All others are, as stated."))?,
        claim("flows-to-critical-point", ends.equal, format!("size of the spins at the end of the flow (75)-(76), training at $K = {k}$"),
            agreement(ends.equal, 1.0),
            format!("At $T_c = 0$ it would be 1, which (77) reaches for training at $T = 0$ alone. At finite K the flow ends at $m^* = {fixed_point:.6}$. The sampled flow of the same machine ends at a neighbour correlation of {}, exactly its own {:.4}.", shown(paths.equal_end), paths.equal_own))?,
        claim("finite-temperature", Estimate::exact(threshold), "training coupling $K_c$ above which all signs align".into(),
            if fixed_point > 0.0 && fixed_point < 1.0 { Verdict::Corrected } else { Verdict::Reproduced },
            format!("Spins do not end at ±1 (at $K = {k}$ they end at {fixed_point:.4}), but W being finite is not what decides: below $K_c$, where $N M W^2 < 1$, the flow ends at 0, above it every configuration with $V \\ne 0$ orders."))?,
        claim("correlation-length-grows", paths.distance_dependence, format!("correlation of neighbours minus that at distance {} after one sampled step", m / 2),
            Verdict::NotComparable,
            "What noise is meant is not said. One deterministic step gives a product state without correlations; after one sampled step of equal weights all pairs are equally correlated, so that no length can be read.".into())?,
        claim("agrees-with-iso", Estimate::exact(threshold.recip()), "training temperature $1/K_c$ at which the equal-weight flow turns".into(),
            Verdict::NotComparable,
            format!("Iso et al. train on 25 temperatures, the thesis on $T = 0$ alone. That our value lies near the $T_c$ of the square lattice is chance: it is {smaller:.3} for (M, N) = (6, 3) and {larger:.3} for (12, 6)."))?,
    ])
}

/// Fraction of the hottest starts that the limit (77) aligns, measured and exact, and their coupling.
fn aligned_by_infinite_weight(
    settings: &Settings,
    starts: &[Vec<Done<Samples>>],
) -> Result<(Estimate, f64, f64)> {
    let hottest = settings.start_couplings.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
    let (index, &k) = hottest.context("start_couplings is empty")?;
    let (m, n) = (settings.visible, settings.hidden);
    let ends_aligned = |samples: &Samples, row| {
        let mean = samples.spin_sum(row) as f64 / m as f64;
        symmetric::mean_step(m, n, f64::INFINITY, mean).abs()
    };
    let per_seed = starts.iter().map(|of_seed| {
        let samples = &of_seed[index].value;
        let aligned: Vec<f64> = (0..samples.len()).map(|row| ends_aligned(samples, row)).collect();
        Estimate::from_series(&aligned)
    });
    let measured = over_seeds(&per_seed.collect::<Vec<_>>());
    let p = Ring::new(m, k)?.magnetisation_probabilities();
    let balanced = if m % 2 == 0 { p[m / 2] } else { 0.0 };
    Ok((measured, 1.0 - balanced, k))
}
