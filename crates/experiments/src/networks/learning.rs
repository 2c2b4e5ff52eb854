//! `learning`: training on samples of the ring against the exact optimum (ter-hoeve-2018, section 2.4).

mod bias;
mod decimation;
mod free;
mod saddle;

use crate::ring::rings;
use anyhow::{Context, Result, ensure};
use exact::{Rbm64, Ring, enumerate, symmetric};
use ising::Samples;
use lab::Lab;
use lab::kinds::{Count, Distinct, Seeds, check_within};
use lab::store::Done;
use nalgebra::DMatrix;
use rbm::{GradientEstimator, Optimiser, Schedule, TrainConfig, WeightSharing};
use report::{Section, section, shown};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// M visible units; there are M/2 hidden ones.
    visible: Count<4, 12>,
    /// K of the rings.
    couplings: Distinct<f64>,
    /// The coupling of the saddle and of the claims, one of the above.
    shown_coupling: f64,
    /// RBMs of each kind, each with samples of its own.
    seeds: Seeds,
    /// Independent configurations.
    samples: Count<10, 10_000_000>,
    comparison: Comparison,
    tied: Tied,
    saddle: Saddle,
    /// Random RBMs whose mean update is differentiated, and the standard deviation of their weights.
    fields: Count<2, 10_000>,
    field_std: f64,
}

/// Free weights from small random ones: each gradient estimator in place of the one in `train`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Comparison {
    gradients: Distinct<GradientEstimator>,
    updates: Count<1, 100_000_000>,
    train: TrainConfig,
}

/// All weights tied to one value: W is read every `spacing` updates from `burn_in` on.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tied {
    gradients: Distinct<GradientEstimator>,
    updates: Count<1, 100_000_000>,
    burn_in: u64,
    spacing: Count<1, 100_000_000>,
    train: TrainConfig,
}

/// Free weights from equal ones and normal noise of the standard deviation `noise`: by the exact gradient of all samples at
/// once, and as one would in practice. The exact gradient is then continued for `further` updates.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saddle {
    noise: f32,
    updates: Count<10, 100_000_000>,
    further: Count<10, 1_000_000_000>,
    exact: TrainConfig,
    sampled: TrainConfig,
}

const CD_1: GradientEstimator = GradientEstimator::Contrastive { steps: 1 };

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        let Self { visible, couplings, shown_coupling, comparison, tied, saddle, .. } = self;
        ensure!(visible.is_multiple_of(2), "visible is {visible}, but must be even");
        for &coupling in couplings.iter() {
            check_within("a coupling in couplings", coupling, 0.05, 5.0)?;
        }
        ensure!(
            couplings.contains(shown_coupling),
            "shown_coupling is {shown_coupling}, but must be one of couplings"
        );
        let last = tied.updates.saturating_sub(*tied.spacing);
        check_within("tied.burn_in", tied.burn_in, 0, last)?;
        check_within("saddle.noise", saddle.noise, 1e-7, 0.1)?;
        check_within("field_std", self.field_std, 1e-3, 10.0)?;
        for (key, gradients) in [("comparison", &comparison.gradients), ("tied", &tied.gradients)] {
            let both = gradients.contains(&CD_1) && gradients.contains(&GradientEstimator::Exact);
            ensure!(both, "{key}.gradients must contain CD-1 and exact");
        }
        self.check_training()
    }
}

impl Settings {
    fn check_training(&self) -> Result<()> {
        let Self { visible, samples, comparison, tied, saddle, .. } = self;
        for (key, config, gradients) in [
            ("comparison.train", comparison.train, &comparison.gradients[..]),
            ("tied.train", tied.train, &tied.gradients),
            ("saddle.exact", saddle.exact, &[]),
            ("saddle.sampled", saddle.sampled, &[]),
        ] {
            let (found, half) = (config.hidden, self.hidden());
            ensure!(found == half, "{key}.hidden is {found}, but half of visible is {half}");
            ensure!(!config.biases, "{key}.biases is true, but these RBMs have none");
            check_within(&format!("{key}.batch"), config.batch as u64, 1, **samples)?;
            for &gradient in gradients.iter().chain([&config.gradient]) {
                (TrainConfig { gradient, ..config }).check(visible.size())?;
            }
        }
        ensure!(tied.train.sharing == WeightSharing::All, "tied.train.sharing must be \"all\"");
        let plain = TrainConfig {
            optimiser: Optimiser::Ascent { momentum: 0.0 },
            schedule: Schedule::Constant,
            gradient: GradientEstimator::Exact,
            batch: samples.size(),
            ..saddle.exact
        };
        ensure!(
            saddle.exact == plain,
            "saddle.exact must be plain ascent at a constant rate, by the exact gradient of all samples"
        );
        Ok(())
    }

    fn hidden(&self) -> usize {
        self.visible.size() / 2
    }
}

/// A ring at one coupling, and samples of it.
struct Data {
    ring: Ring,
    /// q(v) of all states.
    q: Vec<f64>,
    /// W(K), the best equal weight, and its KL divergence from the ring.
    best_weight: f64,
    equal_kl: f64,
    /// One for each seed.
    samples: Vec<Sample>,
}

/// Independent configurations of the ring.
struct Sample {
    /// Of the training runs on them.
    seed: u64,
    drawn: Done<Samples>,
    /// The frequencies of all states.
    frequencies: Vec<f64>,
}

impl Data {
    fn draw(lab: &Lab, s: &Settings, k: f64) -> Result<Self> {
        let ring = Ring::new(s.visible.size(), k)?;
        let seeds: Vec<u64> =
            (0..*s.seeds).map(|seed| lab.seed(&format!("learning/{k}"), seed)).collect();
        let samples = lab.each(&seeds, |&seed| {
            let drawn = rings::samples(lab, ring.sites(), k, s.samples.short(), seed)?;
            Ok(Sample { seed, frequencies: drawn.value.state_frequencies(), drawn })
        })?;
        let best_weight = symmetric::best_weight(&ring.into(), s.hidden())?;
        Ok(Self {
            q: enumerate::ring(&ring)?.probabilities,
            best_weight,
            equal_kl: symmetric::kl(&ring.into(), s.hidden(), best_weight),
            ring,
            samples,
        })
    }

    fn coupling(&self) -> f64 {
        self.ring.coupling()
    }

    /// The KL divergence from the ring of an RBM with these weights, in nats.
    fn kl(&self, weights: &DMatrix<f64>) -> Result<f64> {
        let p = enumerate::visible_probabilities(&Rbm64::without_biases(weights.clone())?)?;
        Ok(enumerate::kl(&self.q, &p)?)
    }
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let data = lab.each(&s.couplings, |&k| Data::draw(lab, s, k))?;
    let shown_data = data.iter().find(|data| data.coupling() == s.shown_coupling);
    let shown_data = shown_data.context("shown_coupling is not among couplings")?;

    let free = free::run(lab, s, &data)?;
    let ends = bias::ends(lab, s, &data)?;
    let fields = bias::fields(lab, s, shown_data)?;
    let saddle = saddle::run(lab, s, shown_data)?;
    let onward = decimation::run(lab, s, shown_data, &saddle)?;

    let tied = bias::of(&ends, shown_data, GradientEstimator::Exact)?;
    let first = bias::of(&ends, shown_data, CD_1)?;
    let (m, n, k) = (s.visible, s.hidden(), s.shown_coupling);
    Ok(section("learning", "Does training on samples find the exact optimum?")
        .answer(format!(
            "With all weights tied to one the exact gradient ends at W(K), {} at $K = {k}$ where {:.4} is exact, and CD-1 beside it, at {}; free weights leave W(K), and KL falls from {:.3} to {}.",
            shown(tied.weight), shown_data.best_weight, shown(first.weight), saddle.equal_kl, shown(saddle.exact.end()),
        ))
        .text(format!("RBMs of M = {m} visible and N = {n} hidden units without biases learn from {} independent configurations of the ring each; their KL divergence from the ring is a sum over all states. The gradient of the likelihood is $\\langle v_i h_a \\rangle_{{data}} - \\langle v_i h_a \\rangle_{{model}}$; CD-k takes the second mean after k steps of a chain that starts at the data, PCD from chains that go on from update to update, the exact gradient from a sum over all states.", s.samples))
        .text(format!("With tied weights training must end where the mean update is 0, which is known exactly for CD-k too: each RBM is compared with the root for its own sample, in which the noise of the sample drops out. With free weights equal ones are a saddle: RBMs start at W(K) with noise of standard deviation {}, and the part of the weights in which hidden units differ is followed as it grows.", s.saddle.noise))
        .claims(bias::claims(lab, s, shown_data, &ends, &fields, &free)?)
        .claim(saddle.claim(lab, s)?)
        .claim(onward.claim(lab, s)?)
        .checks(bias::checks(&ends, &fields)?)
        .check(saddle.check())
        .figure(free::figure(s, &free))
        .figure(bias::tied_figure(s, &ends))
        .figure(bias::bias_figure(s, &ends, &fields)?)
        .figure(saddle.figure(s))
        .figure(onward.figure(s, &saddle))
        .table(free::table(s, &free))
        .table(bias::weights_table(s, &ends))
        .table(bias::fields_table(s, &fields))
        .table(saddle.table(s))
        .table(onward.table(s))
        .discussion("CD-k is no gradient descent on average: at the best equal weights, where the gradient is 0, its mean update goes uphill in KL. The bias fades with k as fast as the chain forgets the data, and with the misfit: where the RBM fits the data the chain starts in its own stationary distribution, and CD-k has the right mean for every k.")
        .discussion("Free weights go on to decimation: each hidden unit is pinned to a site of one sublattice, and the hidden layer becomes the ring of every second site, at $K'$ of eq. (48). But the best weights are infinite, and training comes to them only as $t^{-1/2}$ (see docs/networks.md)."))
}
