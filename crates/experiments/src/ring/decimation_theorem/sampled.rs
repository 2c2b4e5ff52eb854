//! RBMs trained on samples by contrastive divergence, and second ones trained on the hidden units of the first.

use super::Settings;
use crate::ring::rings;
use crate::stages::Data;
use anyhow::Result;
use exact::decimation::{HiddenCoupling, hidden_coupling};
use exact::{Rbm64, Ring, enumerate};
use lab::{Grid, Lab, Row};
use rbm::Rbm;
use stats::Estimate;

/// One trained RBM.
pub(super) struct Trained {
    pub(super) weights: Rbm64,
    /// KL(q || p) from the distribution that its data were drawn from.
    pub(super) kl: f64,
    pub(super) hidden: HiddenCoupling,
    /// Whether it has learnt the ring, or is trapped in a defect.
    pub(super) learnt: bool,
}

impl Trained {
    /// What an RBM has made of the distribution q of its data; at `limit` and below it has learnt it.
    fn on(q: &[f64], rbm: &Rbm, limit: f64) -> Result<Self> {
        let weights = flow::mean::in_f64(rbm)?;
        let kl = enumerate::kl(q, &enumerate::visible_probabilities(&weights)?)?;
        Ok(Self { hidden: hidden_coupling(&weights)?, weights, kl, learnt: kl <= limit })
    }
}

/// An RBM, and where the flow is shown a second one on top of it.
pub(super) struct Stack {
    first: Trained,
    second: Option<Trained>,
}

pub(super) fn train(lab: &Lab, s: &Settings) -> Result<Grid<f64, Stack>> {
    let (m, training) = (s.visible.size(), &s.training);
    lab.grid(s.train_couplings.iter().copied(), *training.seeds, |&k, repetition| {
        let seed = lab.seed(&format!("decimation-theorem/train/{k}"), repetition);
        let samples = rings::samples(lab, m, k, training.samples.short(), seed)?;
        let drawn = Data::Samples(&samples);
        let rbm = training.run(lab, drawn, m / 2, seed)?;
        // Both layers are judged by what the first has to learn.
        let limit = training.trapped(m, k)?;
        let q = enumerate::ring(&Ring::new(m, k)?)?.probabilities;
        let first = Trained::on(&q, rbm.value.rbm(), limit)?;
        if !s.flow_couplings.contains(&k) {
            return Ok(Stack { first, second: None });
        }
        let hidden = Data::Hidden { of: &rbm, below: &drawn, seed };
        let second = training.run(lab, hidden, m / 4, stats::child_seed(seed, "second", 0))?;
        // Its data are the hidden units as they are, in any order and of any sign.
        let q = enumerate::visible_probabilities(&first.weights.transpose())?;
        let second = Some(Trained::on(&q, second.value.rbm(), limit)?);
        Ok(Stack { first, second })
    })
}

/// All RBMs trained at one coupling, by increasing KL.
pub(super) struct Sampled<'a> {
    pub(super) coupling: f64,
    stacks: Vec<&'a Stack>,
}

impl<'a> Sampled<'a> {
    pub(super) fn of(row: Row<'a, f64, Stack>) -> Self {
        let mut stacks: Vec<&Stack> = row.cells.iter().collect();
        stacks.sort_by(|a, b| a.first.kl.total_cmp(&b.first.kl));
        Self { coupling: *row.case, stacks }
    }

    pub(super) fn rbms(&self) -> impl Iterator<Item = &'a Trained> {
        self.stacks.iter().map(|stack| &stack.first)
    }

    pub(super) fn learnt(&self) -> impl Iterator<Item = &'a Trained> {
        self.rbms().filter(|rbm| rbm.learnt)
    }

    /// KL over all RBMs, the trapped ones included.
    pub(super) fn kl_of_all(&self) -> Estimate {
        self.rbms().map(|rbm| rbm.kl).collect()
    }

    /// The mean over those that have learnt the ring.
    pub(super) fn mean(&self, of: impl Fn(&Trained) -> f64) -> Estimate {
        self.learnt().map(of).collect()
    }

    /// K' of second RBMs where both have learnt.
    pub(super) fn twice(&self) -> Option<Estimate> {
        let firsts = self.stacks.iter().filter(|stack| stack.first.learnt);
        let seconds = firsts.filter_map(|stack| stack.second.as_ref().filter(|rbm| rbm.learnt));
        let mean: Estimate = seconds.map(|rbm| rbm.hidden.coupling).collect();
        (mean.count > 0).then_some(mean)
    }
}
