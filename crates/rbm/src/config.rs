//! The settings of a training run, all written out.

use crate::Error;
use crate::optimiser::{Optimiser, Schedule};
use crate::sharing::WeightSharing;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where the model's side of the gradient comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum GradientEstimator {
    /// Contrastive divergence CD-k: chains that start from the batch at every update (`hinton-2002`; thesis (38)). Biased:
    /// it tends to the gradient of the likelihood only for k to infinity.
    Contrastive {
        /// k, the Gibbs steps of an update.
        steps: u32,
    },
    /// Persistent contrastive divergence: chains that go on from update to update (`tieleman-2008`).
    Persistent {
        /// How many chains.
        chains: usize,
        /// Gibbs steps of an update.
        steps: u32,
    },
    /// Persistent chains that exchange states with chains of checkpoints of the run (`bereux-2025`). There are as many
    /// checkpoints as the run needs, which in a long one may be dozens, and each costs what the RBM itself does.
    Tempering {
        /// How many chains each RBM has.
        chains: usize,
        /// Gibbs steps of an update.
        steps: u32,
    },
    /// Exact averages, a sum over the states of the smaller layer.
    Exact,
}

impl GradientEstimator {
    /// Chains that go on from update to update.
    pub(crate) fn chains(self) -> usize {
        match self {
            Self::Persistent { chains, .. } | Self::Tempering { chains, .. } => chains,
            Self::Contrastive { .. } | Self::Exact => 0,
        }
    }
}

impl fmt::Display for GradientEstimator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contrastive { steps } => write!(f, "CD-{steps}"),
            Self::Persistent { steps, .. } => write!(f, "PCD-{steps}"),
            Self::Tempering { steps, .. } => write!(f, "PTT-{steps}"),
            Self::Exact => f.write_str("the exact gradient"),
        }
    }
}

/// The settings of a training run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Hidden units N.
    pub hidden: usize,
    /// Samples per update; the gradient is their mean.
    pub batch: usize,
    /// The learning rate of the first update.
    pub learning_rate: f32,
    /// How the learning rate goes on.
    pub schedule: Schedule,
    /// Where the model's side of the gradient comes from.
    pub gradient: GradientEstimator,
    /// How the gradient becomes a step.
    pub optimiser: Optimiser,
    /// Decay of the weights' absolute values: the gradient loses `l1 sign(w)`.
    pub l1: f32,
    /// Decay of the weights' squares: the gradient loses `l2 w`.
    pub l2: f32,
    /// Standard deviation of the normal initial weights; biases begin at 0.
    pub initial_std: f32,
    /// Whether biases are trained; where they are not and the first RBM has none, `p(v) = p(-v)` exactly.
    pub biases: bool,
    /// Which parameters share one value.
    pub sharing: WeightSharing,
}

/// The plainest settings of each kind: gradient ascent without momentum at a constant rate, no decay, no shared
/// weights, trained biases, and initial weights of the standard deviation 0.01 (`hinton-2012`). What should be
/// otherwise is changed by name:
///
/// ```
/// use rbm::{Optimiser, TrainConfig};
///
/// let cd = TrainConfig::cd(64, 100, 0.05, 1);
/// let slow = TrainConfig { optimiser: Optimiser::Ascent { momentum: 0.5 }, initial_std: 0.1, ..cd };
/// assert_eq!((slow.hidden, slow.batch, slow.learning_rate), (64, 100, 0.05));
/// ```
impl TrainConfig {
    /// Contrastive divergence of `steps` Gibbs steps.
    pub const fn cd(hidden: usize, batch: usize, learning_rate: f32, steps: u32) -> Self {
        Self::plain(hidden, batch, learning_rate, GradientEstimator::Contrastive { steps })
    }

    /// Persistent contrastive divergence with so many `chains`, of `steps` Gibbs steps between updates.
    pub const fn pcd(
        hidden: usize,
        batch: usize,
        learning_rate: f32,
        chains: usize,
        steps: u32,
    ) -> Self {
        Self::plain(hidden, batch, learning_rate, GradientEstimator::Persistent { chains, steps })
    }

    /// The exact gradient.
    pub const fn exact(hidden: usize, batch: usize, learning_rate: f32) -> Self {
        Self::plain(hidden, batch, learning_rate, GradientEstimator::Exact)
    }

    const fn plain(
        hidden: usize,
        batch: usize,
        learning_rate: f32,
        gradient: GradientEstimator,
    ) -> Self {
        Self {
            hidden,
            batch,
            learning_rate,
            schedule: Schedule::Constant,
            gradient,
            optimiser: Optimiser::Ascent { momentum: 0.0 },
            l1: 0.0,
            l2: 0.0,
            initial_std: 0.01,
            biases: true,
            sharing: WeightSharing::Free,
        }
    }
}

impl TrainConfig {
    /// What [`crate::Trainer::new`] would say of these settings, without making an RBM.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting outside its range, [`Error::Size`] where the weight sharing does not fit the
    /// layers.
    pub fn check(&self, visible: usize) -> Result<(), Error> {
        at_least_one("the number of visible units", visible)?;
        at_least_one("the number of hidden units", self.hidden)?;
        at_least_one("the batch size", self.batch)?;
        if let GradientEstimator::Persistent { chains, .. }
        | GradientEstimator::Tempering { chains, .. } = self.gradient
        {
            at_least_one("the number of chains", chains)?;
        }
        if let GradientEstimator::Contrastive { steps }
        | GradientEstimator::Persistent { steps, .. }
        | GradientEstimator::Tempering { steps, .. } = self.gradient
        {
            at_least_one("the number of Gibbs steps", steps as usize)?;
        }
        positive("the learning rate", self.learning_rate)?;
        if let Schedule::Linear { last, updates } | Schedule::Geometric { last, updates } =
            self.schedule
        {
            positive("the last learning rate", last)?;
            at_least_one("the number of updates of the schedule", updates as usize)?;
        }
        match self.optimiser {
            Optimiser::Ascent { momentum } => below_one("the momentum", momentum)?,
            Optimiser::Adam { beta1, beta2 } => {
                below_one("Adam's beta1", beta1)?;
                below_one("Adam's beta2", beta2)?;
            }
        }
        not_negative("the L1 decay", self.l1)?;
        not_negative("the L2 decay", self.l2)?;
        positive("the standard deviation of the initial weights", self.initial_std)?;
        if self.sharing == WeightSharing::Binary {
            self.check_binary()?;
        }
        self.sharing.check(visible, self.hidden)
    }

    /// Steps must be linear in the gradient, or biases would not follow the weights.
    fn check_binary(&self) -> Result<(), Error> {
        if let Optimiser::Adam { beta1, .. } = self.optimiser {
            let what = "Adam's beta1";
            within(
                what,
                beta1.into(),
                false,
                "left out with binary weight sharing, which takes ascent",
            )?;
        }
        within("the L1 decay", self.l1.into(), self.l1 == 0.0, "0 with binary weight sharing")?;
        let trained = u8::from(self.biases).into();
        within("whether biases are trained", trained, self.biases, "1 with binary weight sharing")
    }
}

fn at_least_one(what: &'static str, value: usize) -> Result<(), Error> {
    within(what, value as f64, value > 0, "at least 1")
}

fn positive(what: &'static str, value: f32) -> Result<(), Error> {
    within(what, value.into(), value.is_finite() && value > 0.0, "positive and finite")
}

fn not_negative(what: &'static str, value: f32) -> Result<(), Error> {
    within(what, value.into(), value.is_finite() && value >= 0.0, "finite and not negative")
}

fn below_one(what: &'static str, value: f32) -> Result<(), Error> {
    within(what, value.into(), (0.0..1.0).contains(&value), "from 0 to below 1")
}

fn within(what: &'static str, value: f64, good: bool, allowed: &'static str) -> Result<(), Error> {
    match good {
        true => Ok(()),
        false => Err(Error::Setting { what, value, allowed }),
    }
}
