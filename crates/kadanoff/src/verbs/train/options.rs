//! The options of `train`: read by clap, made into the settings of the library.

use crate::values::{number, seed, whole};
use clap::Args;
use rbm::{Optimiser, Schedule, TrainConfig, WeightSharing};
use std::fmt;
use std::path::PathBuf;

/// The most units of the hidden layer.
const MAX_HIDDEN: usize = 1 << 20;
/// The most of what is counted in an `u32`.
const MAX_STEPS: usize = 1_000_000;
const MAX_CHAINS: usize = 1 << 20;
/// Beyond these a number would be zero or infinite in f32, or soon make others so.
const MIN: f64 = 1e-30;
const MAX: f64 = 1e6;
const MAX_MOMENTUM: f64 = 0.9999;

#[derive(Debug, Args)]
pub struct Train {
    /// The samples: a file of `sample`, or any .npz with an array spins [samples, sites] of 1 and -1, or that array alone as
    /// .npy.
    #[arg(long, value_name = "F.npz")]
    pub(super) data: PathBuf,
    /// Units of the hidden layer; those of the visible layer are the sites of the data. At most 16777216 weights.
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = whole(1, MAX_HIDDEN))]
    pub(super) hidden: usize,
    /// Epochs in all, also for a run that goes on.
    #[arg(long, value_name = "e", allow_hyphen_values = true, value_parser = whole(1, 1_000_000_000))]
    pub(super) epochs: usize,
    /// Samples per update, at most those of the data; the gradient is their mean.
    #[arg(long, value_name = "b", allow_hyphen_values = true, value_parser = whole(1, u32::MAX as usize))]
    pub(super) batch: usize,
    /// The learning rate.
    #[arg(long, value_name = "r", allow_hyphen_values = true, value_parser = number(MIN, MAX))]
    pub(super) rate: f64,
    /// The model's side of the gradient.
    ///
    /// cd:k is contrastive divergence, k Gibbs steps from the batch; pcd:chains:k as many chains that go on from update to
    /// update, k steps each; ptt parallel trajectory tempering, as many chains as the batch has samples, one step an update,
    /// which exchange states with chains of earlier stages of the run; exact a sum over all states of the smaller layer, of at
    /// most 24 units (and 65536 of the larger layer; states times these at most 2^36).
    #[arg(long, value_name = "cd:k|pcd:chains:k|ptt|exact", allow_hyphen_values = true, value_parser = GradientEstimator::parse)]
    pub(super) gradient: GradientEstimator,
    /// Steps by Adam, with beta1 = 0.9 and beta2 = 0.999, instead of plain ascent.
    #[arg(long, conflicts_with = "momentum")]
    pub(super) adam: bool,
    /// What remains of the last direction.
    #[arg(long, value_name = "m", default_value = "0", allow_hyphen_values = true, value_parser = number(0.0, MAX_MOMENTUM))]
    pub(super) momentum: f64,
    /// Decay of the weights' absolute values: the gradient loses x times the sign of a weight.
    #[arg(long, value_name = "x", default_value = "0", allow_hyphen_values = true, value_parser = number(0.0, MAX))]
    pub(super) l1: f64,
    /// Decay of the weights' squares: the gradient loses x times the weight.
    #[arg(long, value_name = "x", default_value = "0", allow_hyphen_values = true, value_parser = number(0.0, MAX))]
    pub(super) l2: f64,
    /// Leave the biases at 0, so that p(v) = p(-v) exactly.
    #[arg(long)]
    pub(super) no_bias: bool,
    /// Standard deviation of the normal initial weights; biases begin at 0.
    #[arg(long, value_name = "std", default_value = "0.01", allow_hyphen_values = true, value_parser = number(MIN, MAX))]
    pub(super) init: f64,
    /// Samples that are not trained on, only scored; as wide as the data.
    #[arg(long, value_name = "F.npz")]
    pub(super) held_out: Option<PathBuf>,
    /// The seed from which every random number comes.
    #[arg(long, value_name = "s", allow_hyphen_values = true, value_parser = seed)]
    pub(super) seed: u64,
    /// The RBM: tensors weights [visible, hidden], visible_bias and hidden_bias (F32), with the settings as metadata. The run is
    /// saved beside it, as F.safetensors.run; one that is there and not finished is not written over, see --resume.
    #[arg(long, value_name = "F.safetensors")]
    pub(super) out: PathBuf,
    /// Go on with a run, stopped or finished, from F.safetensors.run (F.safetensors stands for it too). All options must be as
    /// before, but for --epochs, --out and --json; the bytes are those of a run that was never stopped.
    #[arg(long, value_name = "F.safetensors.run")]
    pub(super) resume: Option<PathBuf>,
    /// Print one JSON document in full precision; a value that is not finite is null.
    ///
    /// It has settings, visible, updates, seconds (of this session), final (the scores at the end) and curve, a list of scores
    /// at most 101 long, from epoch 0 on at equal distances. Scores are means per sample, in nats where they are logarithms:
    /// epoch; log_likelihood (mean and error over samples, null unless the smaller layer has at most 20 units
    /// and the larger at most 65536, states times these at most 2^31); pseudo_log_likelihood; reconstruction_error, the share of
    /// units that differ after v to h to v; held_out, null or the same three for held-out samples with free_energy_gap (mean
    /// and error), their free energy above that of the data. They are those of 1000 samples (all, where there are fewer) that
    /// the seed chooses once. Where scores cost more than an epoch, the curve has fewer of them.
    #[arg(long)]
    pub(super) json: bool,
}

impl Train {
    /// Chains that go on from update to update.
    pub(super) fn chains(&self) -> usize {
        match self.gradient {
            GradientEstimator::Persistent { chains, .. } => chains,
            GradientEstimator::Tempering => self.batch,
            GradientEstimator::Contrastive { .. } | GradientEstimator::Exact => 0,
        }
    }

    pub(super) fn config(&self) -> TrainConfig {
        TrainConfig {
            hidden: self.hidden,
            batch: self.batch,
            learning_rate: self.rate as f32,
            schedule: Schedule::Constant,
            gradient: self.gradient.of_batch(self.batch),
            optimiser: match self.adam {
                true => Optimiser::Adam { beta1: 0.9, beta2: 0.999 },
                false => Optimiser::Ascent { momentum: self.momentum as f32 },
            },
            l1: self.l1 as f32,
            l2: self.l2 as f32,
            initial_std: self.init as f32,
            biases: !self.no_bias,
            sharing: WeightSharing::Free,
        }
    }
}

/// The model's side of the gradient by its name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum GradientEstimator {
    Contrastive { steps: u32 },
    Persistent { chains: usize, steps: u32 },
    Tempering,
    Exact,
}

impl GradientEstimator {
    fn parse(text: &str) -> Result<Self, String> {
        let allowed = || {
            format!(
                "it must be cd:k, pcd:chains:k, ptt or exact, with k from 1 to {MAX_STEPS} and 1 to {MAX_CHAINS} chains"
            )
        };
        Self::read(text).ok_or_else(allowed)
    }

    fn read(text: &str) -> Option<Self> {
        let steps = |text: &str| whole(1, MAX_STEPS)(text).ok().map(|k| k as u32);
        let chains = |text: &str| whole(1, MAX_CHAINS)(text).ok();
        match text.split(':').collect::<Vec<_>>()[..] {
            ["cd", k] => Some(Self::Contrastive { steps: steps(k)? }),
            ["pcd", n, k] => Some(Self::Persistent { chains: chains(n)?, steps: steps(k)? }),
            ["ptt"] => Some(Self::Tempering),
            ["exact"] => Some(Self::Exact),
            _ => None,
        }
    }

    fn of_batch(self, batch: usize) -> rbm::GradientEstimator {
        match self {
            Self::Contrastive { steps } => rbm::GradientEstimator::Contrastive { steps },
            Self::Persistent { chains, steps } => {
                rbm::GradientEstimator::Persistent { chains, steps }
            }
            Self::Tempering => rbm::GradientEstimator::Tempering { chains: batch, steps: 1 },
            Self::Exact => rbm::GradientEstimator::Exact,
        }
    }
}

impl fmt::Display for GradientEstimator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contrastive { steps } => write!(f, "cd:{steps}"),
            Self::Persistent { chains, steps } => write!(f, "pcd:{chains}:{steps}"),
            Self::Tempering => f.write_str("ptt"),
            Self::Exact => f.write_str("exact"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_phases_are_written_as_they_are_read() {
        for text in ["cd:1", "cd:1000000", "pcd:1048576:3", "ptt", "exact"] {
            assert_eq!(GradientEstimator::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "cd", "cd:0", "cd:-1", "cd:1:1", "pcd:10", "pcd:0:1", "ptt:1", "CD:1"] {
            assert!(GradientEstimator::parse(wrong).is_err(), "{wrong}");
        }
    }
}
