//! Parallel trajectory tempering: chains of the machine exchange states with chains of its own past.

use crate::Rbm;
use crate::gibbs::{expect_hidden, walk};
use crate::gradient::Units;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// A checkpoint is added when exchanges with the last one succeed less often than this; ours.
const LEAST_ACCEPTANCE: f32 = 0.3;
/// Updates over which the rate of success is averaged.
const MEMORY: f32 = 20.0;

/// A machine of the past, with chains of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rung {
    rbm: Rbm,
    chains: Units,
}

/// Checkpoints from the initial machine, whose chains forget at once, to one that is close to the present
/// (`bereux-2025`). What the chains of the present learn by exchange they would not find by themselves where p(v) has
/// separate modes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ladder {
    rungs: Vec<Rung>,
    /// Recent share of successful exchanges between the last checkpoint and the present.
    acceptance: f32,
}

impl Ladder {
    /// Without checkpoints; the first update adds the initial machine.
    pub(crate) fn new() -> Self {
        Self { rungs: Vec::new(), acceptance: 0.0 }
    }

    /// Walks all chains, exchanges between neighbours from the oldest to the present, and adds a checkpoint where the
    /// present is too far from the last one.
    pub(crate) fn advance(
        &mut self,
        rbm: &Rbm,
        chains: &mut Units,
        steps: u32,
        (seed, update): (u64, u64),
    ) {
        let rungs = self.rungs.len() as u64;
        let index = |rung: u64| (update << 16) + rung;
        for (number, rung) in self.rungs.iter_mut().enumerate() {
            expect_hidden(&rung.rbm, &mut rung.chains);
            walk(&rung.rbm, &mut rung.chains, steps, (seed, "rbm::rungs", index(number as u64)));
        }
        expect_hidden(rbm, chains);
        walk(rbm, chains, steps, (seed, "rbm::rungs", index(rungs)));
        let rng = &mut stats::stream(seed, "rbm::exchange", update);
        for upper in 1..self.rungs.len() {
            let (below, above) = self.rungs.split_at_mut(upper);
            let (below, above) = (&mut below[upper - 1], &mut above[0]);
            exchange([&below.rbm, &above.rbm], [&mut below.chains, &mut above.chains], rng);
        }
        if let Some(last) = self.rungs.last_mut() {
            let accepted = exchange([&last.rbm, rbm], [&mut last.chains, chains], rng);
            self.acceptance += (accepted - self.acceptance) / MEMORY;
        }
        expect_hidden(rbm, chains);
        if self.acceptance < LEAST_ACCEPTANCE {
            self.rungs.push(Rung { rbm: rbm.clone(), chains: chains.clone() });
            self.acceptance = 1.0;
        }
    }
}

/// Exchanges the states of two machines, chain by chain, with the probability
/// `min(1, p_0(v_1) p_1(v_0) / (p_0(v_0) p_1(v_1)))`, which leaves both distributions as they are. Returns the share of
/// exchanges; expectations of hidden units are out of date afterwards.
fn exchange<R: Rng + ?Sized>(
    [first, second]: [&Rbm; 2],
    [here, there]: [&mut Units; 2],
    rng: &mut R,
) -> f32 {
    let own = [first.free_energy(&here.visible), second.free_energy(&there.visible)];
    let other = [first.free_energy(&there.visible), second.free_energy(&here.visible)];
    let mut accepted = 0;
    for chain in 0..here.visible.ncols() {
        let ln_ratio = own[0][chain] + own[1][chain] - other[0][chain] - other[1][chain];
        if rng.random::<f64>() < ln_ratio.exp() {
            let (mut one, mut two) =
                (here.visible.column_mut(chain), there.visible.column_mut(chain));
            one.iter_mut().zip(two.iter_mut()).for_each(|(x, y)| std::mem::swap(x, y));
            accepted += 1;
        }
    }
    accepted as f32 / here.visible.ncols() as f32
}
