//! Experiment `learning`: contrastive divergence on samples of the ring against the exact optimum (thesis section 2.4).

mod bias;
mod claims;
mod figures;
mod onward;
mod race;
mod saddle;
mod tables;
mod tied;

use crate::ring::rings;
use anyhow::{Context, Result, ensure};
use exact::Ring;
use ising::Samples;
use lab::Run;
use lab::parts::*;
use lab::store::Done;
use rayon::prelude::*;
use rbm::{Negative, TrainConfig};
use report::content::Section;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// M visible units.
    visible: usize,
    /// K of the rings.
    couplings: Vec<f64>,
    /// The coupling of the saddle and of the claims, one of the above.
    shown_coupling: f64,
    /// Machines of each kind, each with samples of its own.
    seeds: u64,
    /// Independent configurations.
    samples: u32,
    race: Race,
    tied: Tied,
    saddle: Saddle,
    /// Random machines whose mean update is differentiated, and the standard deviation of their weights.
    fields: u64,
    field_std: f64,
}

/// Free weights from small random ones: each kind of negative phase in place of the one in `train`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Race {
    negatives: Vec<Negative>,
    updates: u64,
    train: TrainConfig,
}

/// Tied weights: W is read every `spacing` updates from `burn_in` on.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tied {
    negatives: Vec<Negative>,
    updates: u64,
    burn_in: u64,
    spacing: u64,
    train: TrainConfig,
}

/// Free weights from equal ones and normal noise of the standard deviation `noise`: by the exact gradient of all samples at
/// once, and as one would in practice. The exact gradient is then followed on by `further` updates.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saddle {
    noise: f32,
    updates: u64,
    further: u64,
    exact: TrainConfig,
    sampled: TrainConfig,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_count("visible", self.visible as u64, 4, 12)?;
        check_values("couplings", &self.couplings, 0.05, 5.0)?;
        check_distinct("couplings", &self.couplings)?;
        let (shown, couplings) = (self.shown_coupling, &self.couplings);
        ensure!(
            couplings.contains(&shown),
            "shown_coupling is {shown}, but must be one of couplings"
        );
        check_count("seeds", self.seeds, 2, 1000)?;
        check_count("samples", self.samples.into(), 10, 10_000_000)?;
        check_count("race.updates", self.race.updates, 1, 100_000_000)?;
        check_count("tied.updates", self.tied.updates, 1, 100_000_000)?;
        check_count("tied.spacing", self.tied.spacing, 1, self.tied.updates)?;
        let last = self.tied.updates.saturating_sub(self.tied.spacing);
        check_count("tied.burn_in", self.tied.burn_in, 0, last)?;
        check_count("saddle.updates", self.saddle.updates, 10, 100_000_000)?;
        check_count("saddle.further", self.saddle.further, 10, 1_000_000_000)?;
        check_values("saddle.noise", &[self.saddle.noise.into()], 1e-7, 0.1)?;
        check_count("fields", self.fields, 2, 10_000)?;
        check_values("field_std", &[self.field_std], 1e-3, 10.0)?;
        for (key, negatives) in [("race", &self.race.negatives), ("tied", &self.tied.negatives)] {
            check_distinct(&format!("{key}.negatives"), negatives)?;
            let exact = negatives.contains(&Negative::Exact);
            let first = negatives.contains(&CD_1);
            ensure!(exact && first, "{key}.negatives must contain CD-1 and exact");
        }
        let (race, tied, saddle) = (&self.race, &self.tied, &self.saddle);
        for (key, config, negatives) in [
            ("race.train", race.train, race.negatives.as_slice()),
            ("tied.train", tied.train, &tied.negatives),
            ("saddle.exact", saddle.exact, &[]),
            ("saddle.sampled", saddle.sampled, &[]),
        ] {
            let (found, half) = (config.hidden, self.visible / 2);
            ensure!(found == half, "{key}.hidden is {found}, but half of visible is {half}");
            ensure!(!config.biases, "{key}.biases is true, but these machines have none");
            let size = format!("{key}.batch");
            check_count(&size, config.batch as u64, 1, self.samples.into())?;
            for negative in negatives.iter().copied().chain([config.negative]) {
                (TrainConfig { negative, ..config }).check(self.visible)?;
            }
        }
        let is_tied = self.tied.train.ties == rbm::Ties::All;
        ensure!(is_tied, "tied.train.ties must be \"all\"");
        let is_plain = matches!(saddle.exact.optimiser, rbm::Optimiser::Ascent { momentum } if momentum == 0.0)
            && saddle.exact.schedule == rbm::Schedule::Constant
            && saddle.exact.negative == Negative::Exact
            && saddle.exact.batch == self.samples as usize;
        ensure!(
            is_plain,
            "saddle.exact must be plain ascent at a constant rate, by the exact gradient of all samples"
        );
        Ok(())
    }
}

/// The shortest of all chains.
const CD_1: Negative = Negative::Contrastive { steps: 1 };

/// One coupling: its ring, its distribution, and the samples of every seed.
struct Rings {
    ring: Ring,
    /// q(v) of all states.
    q: Vec<f64>,
    samples: Vec<Done<Samples>>,
    /// Of each seed's training runs.
    seeds: Vec<u64>,
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let rings = settings
        .couplings
        .par_iter()
        .map(|&k| prepare(run, settings, k))
        .collect::<Result<Vec<Rings>>>()?;
    let shown = settings.couplings.iter().position(|k| *k == settings.shown_coupling);
    let shown = shown.context("shown_coupling is not among couplings")?;

    let over_rings = || rings.par_iter();
    let races = over_rings().map(|r| race::run(run, settings, r)).collect::<Result<Vec<_>>>()?;
    let tied = over_rings().map(|r| tied::run(run, settings, r)).collect::<Result<Vec<_>>>()?;
    let saddle = saddle::run(run, settings, &rings[shown])?;
    let onward = onward::run(run, settings, &rings[shown], &saddle)?;
    let fields = bias::fields(run, settings, &rings[shown])?;

    Ok(Section {
        checks: vec![],
        experiment: "learning".into(),
        title: "Learning from samples, against the exact optimum".into(),
        headline: headline(settings, &tied[shown], &saddle)?,
        introduction: introduction(settings),
        claims: claims::claims(
            run,
            settings,
            &claims::Found {
                race: &races[shown],
                tied: &tied[shown],
                saddle: &saddle,
                onward: &onward,
                fields: &fields,
            },
        )?,
        figures: vec![
            figures::race(settings, &races),
            figures::tied(settings, &tied),
            figures::bias(settings, &tied, &fields),
            figures::saddle(settings, &saddle),
            figures::onward(settings, &saddle, &onward),
        ],
        tables: vec![
            tables::race(settings, &races),
            tables::tied(settings, &tied),
            tables::fields(settings, &fields),
            tables::saddle(settings, &saddle),
            tables::onward(settings, &onward),
        ],
        discussion: discussion(),
        settings: toml::to_string(settings)?,
    })
}

use lab::parts::shown as shown_estimate;

fn headline(settings: &Settings, tied: &tied::Tied, saddle: &saddle::Saddle) -> Result<String> {
    let (first, exact) = (tied::of(tied, CD_1)?, tied::of(tied, Negative::Exact)?);
    let k = settings.shown_coupling;
    Ok(format!(
        "With tied weights the exact gradient ends at W(K), {} at $K = {k}$ where {:.4} is exact, and CD-1 beside it, at {}; with free weights machines that start at W(K) leave it, at {} of the rate that the Hessian says, and KL falls from {:.3} to {}.",
        shown_estimate(exact.weight),
        tied.best,
        shown_estimate(first.weight),
        shown_estimate(saddle.ratio),
        saddle.equal_kl,
        shown_estimate(saddle.exact.end)
    ))
}

fn introduction(settings: &Settings) -> Vec<String> {
    let (m, n) = (settings.visible, settings.visible / 2);
    vec![
        format!("Machines of M = {m} visible and N = {n} hidden units without biases learn from {} independent configurations of the ring each, drawn exactly. They are small enough to be judged exactly: KL from the ring is a sum over all states.", settings.samples),
        "The gradient of the likelihood is $\\langle v_i h_a \\rangle_{data} - \\langle v_i h_a \\rangle_{model}$. Contrastive divergence, CD-k, takes the second mean after k steps of a chain that starts at the data; the persistent kind (PCD) lets its chains go on from update to update. The exact gradient sums over all states.".into(),
        "With all weights tied to one value W, training must end where the mean update is 0. For the exact gradient that is the best weight of the sample, which tends to W(K) as the sample grows. For CD-k it is known exactly too: a machine of equal weights sees a configuration through $V = \\sum_i v_i$ alone, so that k steps of its chain are a matrix between M + 1 values. Each machine is compared with the root for its own sample, in which the noise of the sample drops out, and the mean over samples with the root for the ring.".into(),
        format!("With free weights equal ones are a saddle (see `decimation-theorem`). Machines start there, at W(K) with noise of standard deviation {}, and the part of the weights in which hidden units differ is followed as it grows from nothing.", settings.saddle.noise),
    ]
}

fn discussion() -> Vec<String> {
    [
        "Is contrastive divergence gradient descent on average? Its mean update is known here, and at the best equal weights, where the gradient is 0, it is not: CD-k moves on, uphill in KL, until it comes to rest beside the optimum. The distance falls with every step of the chain, as fast as the chain forgets the data. Nor is the mean update the gradient of anything else: its matrix of derivatives is not symmetric. Both faults fade together for $k \\to \\infty$.",
        "The bias is one of machines that cannot learn their data. Where p = q the chain starts in its own stationary law, and CD-k has the right mean for every k. Tied weights cannot fit the ring, and their bias is plain to see; free weights with N = M/2 can. What keeps those from the best of their sample is no bias: the exact gradient, which has no chains, falls short of it too, for training ends before it is there (below). Chains and mini-batches add noise, and single machines are trapped in defects, hidden units locked to sites of both sublattices, which lift a mean over few seeds.",
        "Equal weights are stationary by symmetry, and so is whatever is equal over the hidden units. Sampling does not change that: hidden units enter the update by their means, the same for equal units whatever the batch and its chains, so that not even noise tells them apart. But any difference that is there at the start grows, at the rate of the most negative curvature, and from weights drawn at random, however small, no machine stays.",
        "Free weights go on to decimation: each hidden unit locks to a site of one sublattice, and the hidden layer becomes the ring of every second site, at $K'$ of eq. (48). But the best weights are infinite. At a locking L the divergence is of the order $e^{-4L}$, and so is what drives L: $e^{4L}$ grows in proportion to the updates t, KL falls as $1/t$ and $K'$, which feels $e^{-2L}$, comes to eq. (48) as $t^{-1/2}$. A machine is therefore stopped well above it, at any number of updates that one would have the patience for; where it would end is found by following on the same descent, and by a faster way to the same minimum. For a sample of finite size that is not eq. (48) itself but scatters around it, and like any largest likelihood is off by what falls as one over the size of the sample.",
    ]
    .map(String::from)
    .into()
}

fn prepare(run: &Run, settings: &Settings, k: f64) -> Result<Rings> {
    let ring = Ring::new(settings.visible, k)?;
    let label = format!("learning/{k}");
    let seeds: Vec<u64> =
        (0..settings.seeds).map(|seed| stats::child_seed(run.seed, &label, seed)).collect();
    let draw = |&seed: &u64| rings::samples(run, settings.visible, k, settings.samples, seed);
    let samples = seeds.par_iter().map(draw).collect::<Result<Vec<_>>>()?;
    Ok(Rings { ring, q: exact::enumerate::ring(&ring)?.probabilities, samples, seeds })
}

/// The frequencies of all states in a sample; bit i of the index is unit i, set for +1.
fn frequencies(samples: &Samples) -> Vec<f64> {
    let mut q = vec![0.0; 1 << samples.sites()];
    for row in 0..samples.len() {
        let up = |i: &usize| samples.spin(row, *i) > 0;
        let state: usize = (0..samples.sites()).filter(up).map(|i| 1 << i).sum();
        q[state] += 1.0 / samples.len() as f64;
    }
    q
}
