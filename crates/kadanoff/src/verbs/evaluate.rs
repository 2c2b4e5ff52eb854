//! The verb `evaluate`: how well an RBM describes samples, with ln Z by annealing from both sides and exactly if it can be.

mod print;

use crate::enumeration;
use crate::files::{self, configurations};
use crate::measured::Measured;
use crate::terminal;
use crate::values::{seed, whole};
use anyhow::Result;
use clap::Args;
use lab::input::BadInput;
use lab::progress::Progress;
use nalgebra::DMatrix;
use rayon::prelude::*;
use rbm::ais::{self, Annealed, Annealing};
use rbm::{Rbm, partition, score};
use stats::Estimate;
use std::path::PathBuf;

/// The most visible units of all chains.
const MAX_UNITS: usize = 1 << 28;
/// Chains that walk together, each such block with a stream of random numbers of its own.
const BLOCK: usize = 64;
/// Fewer effective chains say little of their own spread.
const FEW: f64 = 30.0;

#[derive(Debug, Args)]
pub struct Evaluate {
    /// The RBM: safetensors with weights [visible, hidden], visible_bias and hidden_bias, all F32.
    #[arg(long, value_name = "F.safetensors")]
    rbm: PathBuf,
    /// The samples: a file of `sample`, or any .npz with an array spins [samples, sites] of 1 and -1, or that array alone as
    /// .npy. Errors take them as independent.
    #[arg(long, value_name = "F.npz")]
    data: PathBuf,
    /// Chains of annealed importance sampling, in each direction.
    #[arg(long, value_name = "n", default_value = "512", allow_hyphen_values = true, value_parser = whole(2, 1_000_000))]
    ais_chains: usize,
    /// Distributions between independent units (with the data's means) and the RBM, one Gibbs step each.
    #[arg(long, value_name = "s", default_value = "1000", allow_hyphen_values = true, value_parser = whole(0, 100_000_000))]
    ais_steps: usize,
    /// The seed from which every random number comes.
    #[arg(long, value_name = "s", default_value = "1", allow_hyphen_values = true, value_parser = seed)]
    seed: u64,
    /// Print one JSON document in full precision; a value that is not finite is null.
    ///
    /// Means per sample, in nats: log_likelihood (mean, error) from the exact ln Z where there is one, else from the estimate,
    /// whose error it then includes; log_partition: estimate of ln Z with error, by annealing, which is too low on average,
    /// upper with upper_error, from annealing backwards, too high on average, both with as many effective_chains of all (where
    /// these are few, the error means nothing), and exact, null where both layers have more than 24 units or the larger more
    /// than 65536, or where states times these are more than 2^36; pseudo_log_likelihood, summed over units;
    /// reconstruction_error, the share of units that differ after v to h to v; errors of these two; warning, null or what
    /// speaks against the ln Z that was used, in a sentence.
    /// Annealing backwards begins at exact draws from the RBM where there is an exact ln Z, else at the ends of Gibbs
    /// chains that begin at samples of the data and walk as many steps as the annealing has: where these mix too slowly,
    /// upper is no bound.
    #[arg(long)]
    json: bool,
}

/// What is known of an RBM and its samples.
struct Judgement {
    log_likelihood: Estimate,
    pseudo: Estimate,
    reconstruction: Estimate,
    forward: Annealed,
    backward: Annealed,
    exact: Option<f64>,
}

impl Judgement {
    fn is_finite(&self) -> bool {
        let Self { log_likelihood, pseudo, reconstruction, forward, backward, exact } = self;
        let all = [log_likelihood, pseudo, reconstruction, &forward.ln_z, &backward.ln_z];
        all.iter().map(|found| found.mean).chain(*exact).all(f64::is_finite)
    }

    /// That the bounds are out of order by more than their errors or, where nothing else is known of ln Z, that they are
    /// apart or their errors doubtful.
    fn warning(&self) -> Option<String> {
        let Estimate { mean: gap, error, .. } = self.backward.ln_z - self.forward.ln_z;
        if gap.abs() <= 5.0 * error {
            let chains = self.forward.effective_chains.min(self.backward.effective_chains);
            let few = self.exact.is_none() && chains < FEW;
            return few.then(|| {
                "So few chains count that the errors of ln Z mean little; more --ais-steps may help.".to_owned()
            });
        }
        let distance = Measured { mean: gap.abs(), error }.cell();
        match (gap < 0.0, self.exact) {
            (true, Some(_)) => Some(
                "The upper bound is below the estimate: annealing has not seen all of the RBM's modes."
                    .to_owned(),
            ),
            (true, None) => Some(format!(
                "The upper bound is below the estimate by {distance}: one of them has not seen all of the RBM's modes, and the log-likelihood may be as wrong; more --ais-steps may help."
            )),
            (false, None) => Some(format!(
                "The upper bound is above the estimate by {distance}: the log-likelihood may be too high by as much; more --ais-steps bring them closer."
            )),
            (false, Some(_)) => None,
        }
    }
}

pub(super) fn run(options: &Evaluate) -> Result<()> {
    let (rbm, data) = options.read()?;
    let judgement = options.judge(&rbm, &data)?;
    if !judgement.is_finite() {
        let file = options.rbm.display();
        return Err(BadInput(format!(
            "--rbm {file}: its weights or biases are so large that energies are beyond the numbers of a computer"
        ))
        .into());
    }
    terminal::print(&if options.json {
        print::json(&judgement)?
    } else {
        print::text(&judgement, &rbm, &data)
    })
}

impl Evaluate {
    fn read(&self) -> Result<(Rbm, DMatrix<f32>), BadInput> {
        let rbm = files::rbm::read(&self.rbm)?;
        let file = self.rbm.display();
        let data = configurations::read("--data", &self.data)?;
        let (sites, visible) = (data.nrows(), rbm.visible());
        if sites != visible {
            let path = self.data.display();
            return Err(BadInput(format!(
                "--data {path}: its samples have {sites} sites, but the RBM in --rbm {file} has {visible} visible units"
            )));
        }
        let (chains, units) = (self.ais_chains, self.ais_chains.saturating_mul(visible));
        if units > MAX_UNITS {
            return Err(BadInput(format!(
                "--ais-chains {chains}: times {visible} visible units that is {units}, but must be at most {MAX_UNITS}"
            )));
        }
        Ok((rbm, data))
    }

    fn judge(&self, rbm: &Rbm, data: &DMatrix<f32>) -> Result<Judgement, rbm::Error> {
        let bar = Progress::new(4.0);
        let step = |done: f64, what: &str| {
            bar.set(done);
            bar.name(what);
        };
        step(0.0, "exact ln Z");
        let sum = enumeration::terms(rbm.visible(), rbm.hidden());
        let exact = sum.map(|_| partition::ln_z(rbm)).transpose()?;
        step(0.2, "annealing");
        let (base, seed) = (ais::base_bias(data), self.seed);
        let annealing = Annealing { chains: self.ais_chains, steps: self.ais_steps };
        let (forward, ends) = ais::anneal(rbm, &base, annealing, seed)?;
        step(1.5, "samples of the RBM");
        let samples = match exact {
            Some(_) => {
                let rng = &mut stats::stream(seed, "evaluate::draws", 0);
                partition::draws(rbm, self.ais_chains, rng)?
            }
            None => self.walk(rbm, &ends),
        };
        step(2.5, "annealing backwards");
        let backward = ais::reverse(rbm, &base, self.ais_steps, &samples, seed)?;
        step(3.8, "scores");
        let ln_z = exact.map_or(forward.ln_z, Estimate::exact);
        let mut log_likelihood = score::log_likelihood(rbm, data, ln_z.mean)?;
        log_likelihood.error = log_likelihood.error.hypot(ln_z.error);
        let pseudo = score::pseudo_log_likelihood(rbm, data)?;
        let reconstruction = score::reconstruction_error(rbm, data)?;
        bar.finish();
        Ok(Judgement { log_likelihood, pseudo, reconstruction, forward, backward, exact })
    }

    /// As many Gibbs steps at the RBM itself as were annealed: the ends, some of them copies, go apart.
    fn walk(&self, rbm: &Rbm, ends: &DMatrix<f32>) -> DMatrix<f32> {
        let visible = rbm.visible();
        let blocks = ends.as_slice().par_chunks(BLOCK * visible).enumerate().map(|(block, v)| {
            let rng = &mut stats::stream(self.seed, "evaluate::chains", block as u64);
            let mut v = DMatrix::from_column_slice(visible, v.len() / visible, v);
            for _ in 0..self.ais_steps {
                v = rbm.sample_visible(&rbm.sample_hidden(&v, rng), rng);
            }
            v.as_slice().to_vec()
        });
        let units = blocks.collect::<Vec<_>>().concat();
        DMatrix::from_vec(visible, ends.ncols(), units)
    }
}
